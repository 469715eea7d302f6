//! Coding tree units of H.265, one after the other.

use std::sync::Arc;

use silicabac::bin::{Decode, Place, Tail};
use silicabac::engine::Decoder;
use silicabac::hevc::{self, Content, Walk};
use silicabac::observed::{Observed, Observer};
use silicabac::stream::StreamUnit;

use super::tree::{self, CodingUnit, Level, PredictionUnit, ResidualBlock, SaoComponent, TransformNode};
use super::{Data, Failed, Present, Stream};
use crate::border::{guarded, place};
use crate::handle::with;
use crate::status::Status;

/// The syntax elements of a coding tree unit: lists in the order of the stream. What it points to stays until the next call with the
/// stream.
#[repr(C)]
#[derive(Debug)]
pub struct CodingTreeUnit {
    /// CtbAddrInRs. Derived: not looked at when it is written, as the next three.
    pub ctb_addr: u32,
    /// The column of its first luma sample.
    pub x: u32,
    /// Its row.
    pub y: u32,
    /// Whether it is the last of the slice segment.
    pub is_last: u8,
    /// sao_merge_left_flag 1, sao_merge_up_flag 2, neither 0.
    pub sao_merge: u8,
    /// The bits after the stop bit that follows end_of_subset_one_bit, as the low bits of a byte.
    pub subset_alignment: u8,
    /// sao() of Y, Cb and Cr.
    pub sao: [SaoComponent; 3],
    /// The coding units.
    pub coding_units: *const CodingUnit,
    /// How many there are.
    pub coding_unit_count: usize,
    /// The prediction units of those that are predicted from other pictures.
    pub prediction_units: *const PredictionUnit,
    /// How many there are.
    pub prediction_unit_count: usize,
    /// The transform trees, of each coding unit that has one.
    pub transform_nodes: *const TransformNode,
    /// How many nodes there are.
    pub transform_node_count: usize,
    /// The blocks that are coded.
    pub blocks: *const ResidualBlock,
    /// How many there are.
    pub block_count: usize,
    /// The levels of all blocks that are not zero.
    pub levels: *const Level,
    /// How many there are.
    pub level_count: usize,
    /// The samples of coding units that have them as they are.
    pub pcm: *const u8,
    /// How many bytes they take.
    pub pcm_count: usize,
}

/// Records where the blocks of the present coding tree unit are.
#[derive(Default)]
struct Places {
    ctb_addr: Option<u32>,
    blocks: Vec<ResidualBlock>,
}

impl<C> Observer<C> for Places {
    #[inline]
    fn place(&mut self, _: &C, place: Place) {
        match place {
            Place::TransformBlock { component, x, y, log2_size } => {
                self.blocks.push(ResidualBlock { component, log2_size, x, y, ..ResidualBlock::default() });
            }
            Place::CodingTreeUnit(address) if self.ctb_addr != Some(address) => {
                self.ctb_addr = Some(address);
                self.blocks.clear();
            }
            _ => {}
        }
    }
}

/// A decoder with a list of its own for the places of blocks.
type Watched = Observed<Decoder<'static>, Places>;

/// A slice segment that is being read.
pub(super) struct Reading {
    walk: Walk<'static, Watched>,
    nothing: hevc::CodingTreeUnit,
    read: hevc::CodingTreeUnit,
    coding_units: Vec<CodingUnit>,
    prediction_units: Vec<PredictionUnit>,
    transform_nodes: Vec<TransformNode>,
    blocks: Vec<ResidualBlock>,
    pic_size: [u32; 2],
    data: &'static [u8],
    is_at_end: bool,
    /// What the walk refers to.
    unit: Arc<StreamUnit>,
}

impl Reading {
    fn new(unit: &Arc<StreamUnit>) -> Option<Result<Reading, Failed>> {
        // SAFETY: the walk is kept beside the unit, which nobody changes, and is dropped before it.
        let held: &'static StreamUnit = unsafe { &*Arc::as_ptr(unit) };
        let StreamUnit::Hevc(held) = held else { return None };
        let (parameters, before, data) = held.segment()?;
        let slice_segment_address = parameters.slice_segment_address;
        let next = before.and_then(|before| before.next_address(parameters));
        if parameters.is_dependent() && next != Some(slice_segment_address) {
            held.ends(None);
            return Some(Err(Failed::of(hevc::DataError::MissingPredecessor { slice_segment_address })));
        }
        let watched = Observed { coder: Decoder::new(data), observer: Places::default() };
        Some(Ok(Reading {
            walk: Walk::new(watched, parameters, before),
            nothing: hevc::CodingTreeUnit::default(),
            read: hevc::CodingTreeUnit::default(),
            coding_units: Vec::new(),
            prediction_units: Vec::new(),
            transform_nodes: Vec::new(),
            blocks: Vec::new(),
            pic_size: parameters.sps.pic_size,
            data,
            is_at_end: false,
            unit: unit.clone(),
        }))
    }

    /// Passes on the state at the end of the segment, or that it could not be read: a dependent segment that follows needs it.
    fn ends(&self, is_whole: bool) {
        if let StreamUnit::Hevc(unit) = &*self.unit
            && matches!(unit.content, Content::Segment { end: Some(_), .. })
        {
            unit.ends(is_whole.then(|| self.walk.end()));
        }
    }

    fn next(&mut self) -> Result<CodingTreeUnit, Failed> {
        if self.is_at_end {
            let end = Tail::after_stop_bit(self.data, self.walk.coder().position());
            let end = end.map_err(|bit| hevc::DataError::StopBit { bit });
            return Err(end.map_or_else(Failed::of, |_| Failed::Asked(Status::End)));
        }
        let (ctb_addr, position) = (self.walk.ctb_addr(), self.walk.position());
        let is_last = self.walk.coding_tree_unit(&self.nothing, &mut self.read, false);
        if let Some(error) = self.walk.coder().error() {
            self.ends(false);
            return Err(Failed::of(hevc::DataError::Decode { ctb_addr, error }));
        }
        self.is_at_end = is_last.map_err(|fault| {
            self.ends(false);
            Failed::of(fault)
        })?;
        if self.is_at_end {
            self.ends(true);
        }
        self.convert(position);
        Ok(self.as_c(ctb_addr, position))
    }

    /// Puts what was read into lists as C has them.
    fn convert(&mut self, [x, y]: [u32; 2]) {
        let read = &self.read;
        let [width, height] = self.pic_size;
        // Coding units are in z-scan; this counts squares of 8x8 samples.
        let mut square = 0;
        self.coding_units.clear();
        self.coding_units.extend(read.coding_units.iter().map(|unit| {
            let mut position = in_z_scan([x, y], square);
            while square < 64 && (position[0] >= width || position[1] >= height) {
                square += 1;
                position = in_z_scan([x, y], square);
            }
            square += 1 << (2 * u32::from(unit.log2_cb_size).clamp(3, 6) - 6);
            tree::coding_unit(unit, position)
        }));
        self.prediction_units.clear();
        self.prediction_units.extend(read.prediction_units.iter().map(tree::prediction_unit));
        self.transform_nodes.clear();
        self.transform_nodes.extend(read.transform_nodes.iter().map(tree::transform_node));
        self.blocks.clear();
        let mut first_level = 0;
        let places = &self.walk.coder().observer.blocks;
        self.blocks.extend(read.blocks.iter().zip(places).map(|(block, place)| {
            let level_count = block.levels.into();
            first_level += level_count;
            ResidualBlock {
                transform_skip_flag: block.transform_skip_flag.into(),
                explicit_rdpcm_dir_flag: block.explicit_rdpcm.map_or(-1, i8::from),
                first_level: first_level - level_count,
                level_count,
                ..*place
            }
        }));
    }

    fn as_c(&self, ctb_addr: u32, [x, y]: [u32; 2]) -> CodingTreeUnit {
        let read = &self.read;
        CodingTreeUnit {
            ctb_addr,
            x,
            y,
            is_last: self.is_at_end.into(),
            sao_merge: tree::sao_merge(read.sao.merge),
            subset_alignment: read.subset_alignment,
            sao: read.sao.components.map(tree::sao_component),
            coding_units: self.coding_units.as_ptr(),
            coding_unit_count: self.coding_units.len(),
            prediction_units: self.prediction_units.as_ptr(),
            prediction_unit_count: self.prediction_units.len(),
            transform_nodes: self.transform_nodes.as_ptr(),
            transform_node_count: self.transform_nodes.len(),
            blocks: self.blocks.as_ptr(),
            block_count: self.blocks.len(),
            levels: read.levels.as_ptr().cast(),
            level_count: read.levels.len(),
            pcm: read.pcm.as_ptr(),
            pcm_count: read.pcm.len(),
        }
    }
}

/// Where a square of 8x8 samples is by its number in z-scan, from this place on.
fn in_z_scan([x, y]: [u32; 2], square: u32) -> [u32; 2] {
    let every_second = |bits: u32| (0..4).fold(0, |all, bit| all | (bits >> (2 * bit) & 1) << bit);
    [x + 8 * every_second(square), y + 8 * every_second(square >> 1)]
}

impl Present {
    fn coding_tree_unit(&mut self) -> Result<CodingTreeUnit, Failed> {
        if matches!(self.data, Data::Unread) {
            let reading = Reading::new(&self.unit).unwrap_or_else(|| Err(self.refused()))?;
            self.data = Data::Hevc(Box::new(reading));
        }
        let Data::Hevc(reading) = &mut self.data else { return Err(Failed::Asked(Status::State)) };
        reading.next()
    }
}

/// Reads the next coding tree unit of the present unit, which has to be a slice segment of H.265; `SILICABAC_STATUS_END` after the last one,
/// and `SILICABAC_STATUS_DAMAGED` where the segment cannot be read on. Then the next unit can be, unless it is a dependent segment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_coding_tree_unit(
    stream: *mut Stream,
    coding_tree_unit: *mut CodingTreeUnit,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let place = place(coding_tree_unit)?;
        with(stream, |inner| {
            place.write(inner.step(Present::coding_tree_unit)?);
            Ok(())
        })
    })
}
