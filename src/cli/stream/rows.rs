//! A table of bins: a row a bin, written as the bins are decoded.

use std::io::Write;

use silicabac::bin::{Decode, Element, Event, Place};
use silicabac::context::{Codec, ContextModel, SliceInit};
use silicabac::observed::Observer;
use silicabac::stream::{State, StreamUnit};
use silicabac::syntax::left_over;

use super::{place, selection};

const COLUMNS: &str =
    "block\tlevel\telement\tbinIdx\tkind\tctxIdx\tpStateIdx\tvalMPS\tcodIRange\tcodIOffset\tbinVal\tvalue";

/// Which bins get a row.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    /// Those of these macroblocks.
    pub(super) macroblocks: Option<selection::Range>,
    /// Those of these numbers in the slice.
    pub(super) bins: Option<(usize, usize)>,
}

/// The observer that writes the rows.
#[derive(Default)]
struct Rows {
    text: Vec<u8>,
    wanted: Wanted,
    bin: usize,
    /// The macroblock or coding tree unit.
    address: u32,
    block: Option<Place>,
    /// levelListIdx, or the place in the scan.
    level: Option<u16>,
    element: Option<Element>,
    bin_idx: usize,
    before: Before,
    /// Whether the last row is not finished: if its bin ends an element, the row gets the value of the element.
    is_open: bool,
}

/// The state of the coder before a bin.
#[derive(Default)]
struct Before {
    model: ContextModel,
    range: u32,
    offset: u32,
}

impl Rows {
    fn end_row(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.text.push(b'\n');
        }
    }

    fn is_wanted(&self) -> bool {
        let bins = self.wanted.bins.is_none_or(|(first, last)| (first..=last).contains(&self.bin));
        bins && self.wanted.macroblocks.is_none_or(|range| range.contains(self.address.into()))
    }

    fn row(&mut self, coded: Event) {
        const CAN: &str = "a vector takes any bytes";
        let Before { model, range, offset } = self.before;
        let (state, mps) = (model.p_state_idx(), u8::from(model.val_mps()));
        let (kind, bin) = match coded {
            Event::Context { ctx, bin } => (format!("context\t{}\t{state}\t{mps}", ctx.get()), bin),
            Event::Bypass { bin } => ("bypass\t\t\t".to_owned(), bin),
            Event::Terminate { bin } => ("terminate\t\t\t".to_owned(), bin),
            Event::Align => ("align\t\t\t".to_owned(), false),
            _ => return,
        };
        let block = self.block.map(|block| block.to_string()).unwrap_or_default();
        let level = self.level.map(|level| level.to_string()).unwrap_or_default();
        let element = self.element.map_or("", |element| element.0);
        let (number, address, bin_idx, bin) = (self.bin, self.address, self.bin_idx, u8::from(bin));
        write!(
            self.text,
            "{number}\t{address}\t{block}\t{level}\t{element}\t{bin_idx}\t{kind}\t{range}\t{offset}\t{bin}\t"
        )
        .expect(CAN);
        self.is_open = true;
    }
}

impl<C: Decode> Observer<C> for Rows {
    fn element(&mut self, _: &C, element: Element) {
        self.end_row();
        self.element = Some(element);
        self.bin_idx = 0;
    }

    fn coded(&mut self, _: &C, _: Element, value: i32) {
        if self.is_open {
            self.text.extend(value.to_string().bytes());
        }
        self.end_row();
    }

    fn place(&mut self, _: &C, place: Place) {
        self.end_row();
        match place {
            Place::Macroblock(address) | Place::CodingTreeUnit(address) => {
                (self.address, self.block, self.level) = (address, None, None);
            }
            Place::Block { .. } | Place::TransformBlock { .. } => {
                (self.block, self.level) = (Some(place), None)
            }
            Place::Level(level) => self.level = Some(level.into()),
            Place::Coefficient(level) => self.level = Some(level),
        }
    }

    fn before(&mut self, decoder: &C, request: Event) {
        let model = if let Event::Context { ctx, .. } = request {
            decoder.save(ctx)
        } else {
            ContextModel::default()
        };
        self.before = Before { model, range: decoder.cod_i_range(), offset: decoder.cod_i_offset() };
    }

    fn after(&mut self, _: &C, coded: Event) {
        // As in a trace, alignments are counted.
        if !coded.is_bin() && coded != Event::Align {
            return;
        }
        self.end_row();
        if self.is_wanted() {
            self.row(coded);
        }
        self.bin += 1;
        self.bin_idx += 1;
    }
}

/// The table of a slice.
#[derive(Default)]
pub(super) struct Table {
    /// A line that says which slice it is, and the rows; empty for a unit that is no slice with CABAC.
    pub(super) text: Vec<u8>,
    /// Whether there is a row.
    pub(super) has_rows: bool,
    /// Why the slice could not be read to its end.
    pub(super) error: Option<String>,
}

/// The rows of a slice.
pub(super) fn rows(unit: &StreamUnit, wanted: Wanted) -> Table {
    if let State::Damaged(error) = unit.state() {
        return Table { error: Some(error), ..Table::default() };
    }
    let Some(SliceInit { codec, slice_type, slice_qp_y, index }) = unit.init() else {
        return Table::default();
    };
    let (index_name, address) = match codec {
        Codec::Avc => ("cabac_init_idc", "mb_addr"),
        Codec::Hevc => ("cabac_init_flag", "ctb_addr"),
    };
    let place = place(unit);
    let head = format!(
        "# {place}, slice_type {slice_type:?}, SliceQPY {slice_qp_y}, {index_name} {index}\nbin\t{address}\t{COLUMNS}\n"
    );
    let head_ends = head.len();
    let rows = Rows { text: head.into_bytes(), wanted, ..Rows::default() };
    let Some((mut rows, read)) = unit.observe(rows) else { return Table::default() };
    rows.end_row();
    let has_rows = rows.text.len() > head_ends;
    if let Some(note) = read.as_ref().ok().and_then(left_over) {
        rows.text.extend(format!("# {place}: {note}\n").into_bytes());
    }
    Table { text: rows.text, has_rows, error: read.err().map(|error| error.to_string()) }
}
