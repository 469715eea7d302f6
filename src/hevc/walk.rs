//! slice_segment_data and coding_tree_unit (clauses 7.3.8.1 to 7.3.8.4), walked once for both directions: each element is given the value
//! that the coding tree unit has, and takes the one that was coded.
//!
//! A value that the standard does not allow stops the walk at the end of its coding tree unit; until then a legal value takes its place.
//! So neither a stream nor an edited coding tree unit can lead the walk astray. The bins say where a substream ends; entry points are not
//! used.

use std::ops::RangeInclusive;

use super::binarization::truncated_unary;
use super::contexts::{SAO_MERGE_FLAG, SAO_TYPE_IDX, SPLIT_CU_FLAG, ctx};
use super::edges::{Edges, Line};
use super::parameters::{Fault, Parameters};
use super::tiles::{Available, Ctb};
use super::tree::{CodingTreeUnit, SaoComponent, SaoMerge};
use crate::bin::{BinCoder, Element, Place};
use crate::context::{ContextModel, CtxIdx};
use crate::tables::hevc_init::INIT_VALUE;

const END_OF_SLICE_SEGMENT_FLAG: Element = Element("end_of_slice_segment_flag");
const END_OF_SUBSET_ONE_BIT: Element = Element("end_of_subset_one_bit");
const STOP_BIT_OF_SUBSTREAM: Element = Element("the stop bit after end_of_subset_one_bit");
const SAO_MERGE_LEFT_FLAG: Element = Element("sao_merge_left_flag");
const SAO_MERGE_UP_FLAG: Element = Element("sao_merge_up_flag");
const SAO_TYPE_IDX_OF: [Element; 2] = [Element("sao_type_idx_luma"), Element("sao_type_idx_chroma")];
const SAO_OFFSET_ABS: Element = Element("sao_offset_abs");
const SAO_OFFSET_SIGN: Element = Element("sao_offset_sign");
const SAO_BAND_POSITION: Element = Element("sao_band_position");
const SAO_EO_CLASS: [Element; 2] = [Element("sao_eo_class_luma"), Element("sao_eo_class_chroma")];
const SPLIT_CU_FLAG_ELEMENT: Element = Element("split_cu_flag");

/// Goes through the coding tree units of a slice segment with a coder.
#[derive(Debug)]
pub struct Walk<'a, C> {
    pub(super) coder: C,
    pub(super) parameters: &'a Parameters,
    pub(super) edges: Edges,
    pub(super) stat_coeff: StatCoeff,
    /// IsCuQpDeltaCoded and IsCuChromaQpOffsetCoded.
    pub(super) is_cu_qp_delta_coded: bool,
    pub(super) is_cu_chroma_qp_offset_coded: bool,
    /// The coding tree block that comes next.
    pub(super) ctb: Ctb,
    /// The address in tile scan of the coding tree block with which the slice begins.
    slice_addr_in_ts: u32,
    /// What was saved after the second coding tree unit of a row: TableStateIdxWpp, TableMpsValWpp and TableStatCoeffWpp.
    pub(super) wpp: Option<Saved>,
    /// How many substreams have begun.
    substreams: usize,
    fault: Option<Fault>,
}

/// StatCoeff.
pub(super) type StatCoeff = [u8; 4];

/// The states of all contexts, and StatCoeff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Saved {
    models: Box<[ContextModel; INIT_VALUE.len()]>,
    stat_coeff: StatCoeff,
}

/// How a slice segment ended, with which a dependent one goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentEnd {
    ctb: Ctb,
    ds: Saved,
    wpp: Option<Saved>,
    edges: Edges,
}

impl SegmentEnd {
    /// slice_segment_address of the segment that can follow, in the picture of a segment with these parameters; `None` after the last
    /// segment of a picture.
    pub fn next_address(&self, parameters: &Parameters) -> Option<u32> {
        let tiles = &parameters.tiles;
        (self.ctb.ctb_addr_in_ts < tiles.size()).then(|| tiles.address(self.ctb))
    }

    /// Whether the segment of these parameters begins where that one ended, in a picture of the same size.
    pub(super) fn precedes(&self, parameters: &Parameters) -> bool {
        self.next_address(parameters) == Some(parameters.slice_segment_address)
            && self.ctb == parameters.tiles.at(parameters.slice_segment_address)
            && self.edges.fits(parameters.width_of_ctbs())
    }
}

/// A coding tree unit that is given, and the same as it was coded so far. The next item of a list is given at the index that the list of
/// coded items has reached. A coder that reads is given nothing.
#[derive(Debug)]
pub(super) struct CtuPair<'a> {
    pub(super) given: &'a CodingTreeUnit,
    pub(super) coded: &'a mut CodingTreeUnit,
}

/// The next item that is given in a list. An item that is left out counts as one whose elements are all zero.
pub(super) fn next_given<T: Copy + Default>(given: &[T], coded: &[T]) -> T {
    given.get(coded.len()).copied().unwrap_or_default()
}

impl<'a, C: BinCoder> Walk<'a, C> {
    /// A walk at the first coding tree unit of a slice segment. The coder is at its first bin, and the contexts are initialised here. A
    /// dependent segment needs to know how the segment before it ended; without that it begins as if it were independent.
    pub fn new(coder: C, parameters: &'a Parameters, before: Option<&SegmentEnd>) -> Walk<'a, C> {
        let tiles = &parameters.tiles;
        let width = parameters.width_of_ctbs();
        let before = before.filter(|_| parameters.is_dependent());
        let edges = before.map_or_else(|| Edges::new(width), |before| before.edges.clone());
        let wpp = before.and_then(|before| before.wpp.clone());
        let ctb = tiles.at(parameters.slice_segment_address);
        let mut walk = Walk::at(coder, parameters, ctb, edges, wpp);
        walk.initialise(before.map(|before| &before.ds));
        walk
    }

    /// A walk at the first coding tree unit of another substream, which does not know what is above it.
    pub(super) fn substream(
        coder: C,
        parameters: &'a Parameters,
        ctb: Ctb,
        wpp: Option<Saved>,
    ) -> Walk<'a, C> {
        let edges = Edges::unknown(parameters.width_of_ctbs());
        let mut walk = Walk::at(coder, parameters, ctb, edges, wpp);
        walk.initialise(None);
        walk
    }

    /// A walk at a coding tree unit; the contexts are not initialised.
    fn at(coder: C, parameters: &'a Parameters, ctb: Ctb, edges: Edges, wpp: Option<Saved>) -> Walk<'a, C> {
        Walk {
            coder,
            parameters,
            edges,
            stat_coeff: [0; 4],
            is_cu_qp_delta_coded: false,
            is_cu_chroma_qp_offset_coded: false,
            ctb,
            slice_addr_in_ts: parameters.tiles.address_in_tile_scan(parameters.slice_addr_rs),
            wpp,
            substreams: 1,
            fault: None,
        }
    }

    /// The same walk with another coder, which gets the contexts in their present states.
    #[cfg(feature = "dream")]
    pub(crate) fn fork<D: BinCoder>(&self, mut coder: D) -> Walk<'a, D> {
        contexts().for_each(|ctx| coder.load(ctx, self.coder.save(ctx)));
        let walk = Walk::at(coder, self.parameters, self.ctb, self.edges.clone(), self.wpp.clone());
        Walk { stat_coeff: self.stat_coeff, substreams: self.substreams, ..walk }
    }

    /// The same walk with another coder, which is made from this one.
    pub(super) fn with<D: BinCoder>(self, make: impl FnOnce(C) -> D) -> Walk<'a, D> {
        let Walk { coder, parameters, ctb, edges, wpp, stat_coeff, .. } = self;
        Walk { stat_coeff, ..Walk::at(make(coder), parameters, ctb, edges, wpp) }
    }

    /// Fills in what this walk did not know from the walk before it, which has ended where this one began. Returns the coder of that one.
    pub(super) fn follow(&mut self, before: Walk<'a, C>) -> C {
        self.edges.complete(&before.edges);
        self.wpp = self.wpp.take().or(before.wpp);
        before.coder
    }

    /// The coder.
    pub fn coder(&self) -> &C {
        &self.coder
    }

    /// Hands over the coder.
    pub fn into_coder(self) -> C {
        self.coder
    }

    /// How the segment ends, after its last coding tree unit: a dependent slice segment that follows goes on with it.
    pub fn end(&self) -> SegmentEnd {
        SegmentEnd { ctb: self.ctb, ds: self.saved(), wpp: self.wpp.clone(), edges: self.edges.clone() }
    }

    /// CtbAddrInRs of the next coding tree unit.
    pub fn ctb_addr(&self) -> u32 {
        self.parameters.tiles.address(self.ctb)
    }

    /// The column and the row of its first luma sample.
    pub fn position(&self) -> [u32; 2] {
        [self.ctb.x, self.ctb.y].map(|ctb| ctb << self.parameters.sps.ctb_log2_size)
    }

    /// How many substreams have begun up to it.
    pub fn substreams(&self) -> usize {
        self.substreams
    }

    /// The lower edge of the coding tree block that was coded last in this column of blocks.
    pub(super) fn line_at(&self, column: u32) -> Line {
        let log2_size = self.parameters.sps.ctb_log2_size.into();
        self.edges.line(column << log2_size, log2_size)
    }

    /// Sets the lower edge of the coding tree block above the next one, which another walk has coded.
    pub(super) fn set_line_above(&mut self, line: &Line) {
        let log2_size = self.parameters.sps.ctb_log2_size.into();
        self.edges.set_line(self.ctb.x << log2_size, log2_size, line);
    }

    fn available(&self) -> Available {
        self.parameters.tiles.neighbours(self.ctb, self.slice_addr_in_ts)
    }

    /// The initialisation of clause 9.3.1, where a slice segment, a tile, or a row with entropy_coding_sync_enabled_flag begins. `ds` is
    /// what a dependent slice segment that begins here goes on with.
    fn initialise(&mut self, ds: Option<&Saved>) {
        let tiles = &self.parameters.tiles;
        let begins_synchronised =
            self.parameters.pps.entropy_coding_sync_enabled_flag && tiles.begins_row(self.ctb);
        let saved = if tiles.begins_tile(self.ctb) {
            None
        } else if begins_synchronised {
            self.wpp.as_ref().filter(|_| self.available().above_right)
        } else {
            ds
        };
        let init = self.parameters.init();
        for (index, ctx) in contexts().enumerate() {
            let model = match saved {
                Some(saved) => init.model(ctx).map(|_| saved.models[index]),
                None => init.model(ctx),
            };
            if let Some(model) = model {
                self.coder.load(ctx, model);
            }
        }
        self.stat_coeff = saved.map_or([0; 4], |saved| saved.stat_coeff);
    }

    fn saved(&self) -> Saved {
        let mut models = Box::new([ContextModel::default(); INIT_VALUE.len()]);
        models.iter_mut().zip(contexts()).for_each(|(model, ctx)| *model = self.coder.save(ctx));
        Saved { models, stat_coeff: self.stat_coeff }
    }

    /// Codes the next coding tree unit, and returns whether it is the last of the slice segment. A coder that writes takes that from
    /// `is_last`; a coder that reads ignores what it is given.
    ///
    /// # Errors
    /// The first element whose value is not legal, be it from the stream or from the caller.
    pub fn coding_tree_unit(
        &mut self,
        given: &CodingTreeUnit,
        coded: &mut CodingTreeUnit,
        is_last: bool,
    ) -> Result<bool, Fault> {
        coded.clear();
        let place = Place::CodingTreeUnit(self.ctb_addr());
        self.coder.place(place);
        let log2_size = self.parameters.sps.ctb_log2_size.into();
        let [x, y] = self.position();
        let available = self.available();
        self.edges.begin(x, log2_size, available);
        let mut unit = CtuPair { given, coded };
        if self.parameters.slice.slice_sao.contains(&true) {
            self.sao(&mut unit, available);
        }
        self.coding_quadtree(&mut unit, [x, y], log2_size, 0);
        self.coder.place(place);
        let is_synchronised = self.parameters.pps.entropy_coding_sync_enabled_flag;
        if is_synchronised && self.parameters.tiles.is_second(self.ctb) {
            self.wpp = Some(self.saved());
        }
        let is_end = self.terminate(END_OF_SLICE_SEGMENT_FLAG, is_last);
        let next = self.parameters.tiles.next(self.ctb);
        if !is_end && next.ctb_addr_in_ts == self.parameters.tiles.size() {
            self.record_fault(END_OF_SLICE_SEGMENT_FLAG, 0, 1..=1);
        }
        let begins_substream = self.parameters.begins_substream(next);
        if !is_end && begins_substream && self.fault.is_none() {
            if !self.terminate(END_OF_SUBSET_ONE_BIT, true) {
                self.record_fault(END_OF_SUBSET_ONE_BIT, 0, 1..=1);
            } else if !self.coder.stop_bit() {
                self.record_fault(STOP_BIT_OF_SUBSTREAM, 0, 1..=1);
            }
        }
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        self.ctb = next;
        if !is_end && begins_substream {
            coded.subset_alignment = self.coder.padding(given.subset_alignment);
            self.coder.start();
            self.substreams += 1;
            self.initialise(None);
        }
        Ok(is_end)
    }

    fn terminate(&mut self, element: Element, given: bool) -> bool {
        let given = self.coder.element(element, i32::from(given), 0..=1);
        let coded = self.coder.terminate(given != 0);
        self.coder.coded(element, coded.into());
        coded
    }

    /// Records the first value that is not legal.
    #[cold]
    pub(super) fn record_fault(&mut self, element: Element, value: i32, legal: RangeInclusive<i32>) {
        let ctb_addr = self.ctb_addr();
        self.fault.get_or_insert(Fault { element, value, legal, ctb_addr });
    }

    /// Codes an element. If its value is not legal, the lowest legal value takes its place.
    #[inline(always)]
    pub(super) fn element(
        &mut self,
        element: Element,
        given: i32,
        legal: RangeInclusive<i32>,
        code: impl FnOnce(&mut C, u32) -> u32,
    ) -> i32 {
        let mut given = self.coder.element(element, given, legal.clone());
        if !C::READS && !legal.contains(&given) {
            self.record_fault(element, given, legal.clone());
            given = *legal.start();
        }
        let coded = code(&mut self.coder, given as u32) as i32;
        self.coder.coded(element, coded);
        if legal.contains(&coded) {
            return coded;
        }
        self.record_fault(element, coded, legal.clone());
        *legal.start()
    }

    #[inline(always)]
    pub(super) fn flag(&mut self, element: Element, given: bool, index: usize) -> bool {
        let given = self.coder.element(element, i32::from(given), 0..=1);
        let coded = self.coder.context(ctx(index), given != 0);
        self.coder.coded(element, coded.into());
        coded
    }

    /// An element of `bits` bypass bins.
    #[inline(always)]
    pub(super) fn bits(&mut self, element: Element, given: u8, bits: u32) -> u8 {
        let legal = 0..=(1 << bits) - 1;
        self.element(element, given.into(), legal, |coder, given| coder.bypass_bits(bits, given)) as u8
    }

    /// A sign: a bypass bin that is 1 for negative values. `lowest` is its lowest legal value: 1 if the value has to be negative.
    #[inline(always)]
    pub(super) fn sign(&mut self, element: Element, given: bool, lowest: i32) -> bool {
        let code = |coder: &mut C, given| coder.bypass(given != 0).into();
        self.element(element, given.into(), lowest..=1, code) != 0
    }

    fn sao(&mut self, unit: &mut CtuPair<'_>, available: Available) {
        let given = unit.given.sao;
        for (merge, element, is_available) in [
            (SaoMerge::Left, SAO_MERGE_LEFT_FLAG, available.left),
            (SaoMerge::Up, SAO_MERGE_UP_FLAG, available.above),
        ] {
            if is_available && self.flag(element, given.merge == Some(merge), SAO_MERGE_FLAG) {
                unit.coded.sao.merge = Some(merge);
                return;
            }
        }
        let components = if self.parameters.sps.chroma_array_type() == 0 { 1 } else { 3 };
        for component in 0..components {
            if self.parameters.slice.slice_sao[component.min(1)] {
                let given = given.components[component];
                let of_cb = (component == 2).then_some(unit.coded.sao.components[1]);
                unit.coded.sao.components[component] = self.sao_component(component, given, of_cb);
            }
        }
    }

    /// The elements of sao() for a component, given those of Cb if it is Cr.
    fn sao_component(
        &mut self,
        component: usize,
        given: SaoComponent,
        of_cb: Option<SaoComponent>,
    ) -> SaoComponent {
        let plane = component.min(1);
        let type_idx = match of_cb {
            Some(cb) => cb.type_idx,
            None => self.element(SAO_TYPE_IDX_OF[plane], given.type_idx.into(), 0..=2, |coder, given| {
                truncated_unary(coder, given, 2, |bin_idx| (bin_idx == 0).then_some(ctx(SAO_TYPE_IDX)))
            }) as u8,
        };
        let mut coded = SaoComponent { type_idx, ..SaoComponent::default() };
        if coded.type_idx == 0 {
            return coded;
        }
        let c_max = (1 << (self.parameters.bit_depth(component).min(10) - 5)) - 1;
        for i in 0..4 {
            let code = |coder: &mut C, given| truncated_unary(coder, given, c_max, |_| None);
            let legal = 0..=c_max as i32;
            coded.offset_abs[i] = self.element(SAO_OFFSET_ABS, given.offset_abs[i].into(), legal, code) as u8;
        }
        if coded.type_idx == 1 {
            for i in 0..4 {
                if coded.offset_abs[i] != 0 {
                    coded.offset_sign[i] = self.sign(SAO_OFFSET_SIGN, given.offset_sign[i], 0);
                }
            }
            coded.band_position = self.bits(SAO_BAND_POSITION, given.band_position, 5);
        } else {
            coded.eo_class = match of_cb {
                Some(cb) => cb.eo_class,
                None => self.bits(SAO_EO_CLASS[plane], given.eo_class, 2),
            };
        }
        coded
    }

    fn coding_quadtree(&mut self, unit: &mut CtuPair<'_>, [x, y]: [u32; 2], log2_size: u32, depth: u8) {
        let parameters = self.parameters;
        let [width, height] = parameters.sps.pic_size;
        let is_smallest = log2_size <= parameters.sps.min_cb_log2_size.into();
        let fits = x + (1 << log2_size) <= width && y + (1 << log2_size) <= height;
        let splits = if fits && !is_smallest {
            let near = self.edges.neighbours(x, y);
            let inc = usize::from(near[0].depth > depth) + usize::from(near[1].depth > depth);
            let given = next_given(&unit.given.coding_units, &unit.coded.coding_units);
            self.flag(SPLIT_CU_FLAG_ELEMENT, u32::from(given.log2_cb_size) < log2_size, SPLIT_CU_FLAG + inc)
        } else {
            !is_smallest
        };
        if log2_size >= parameters.log2_min_cu_qp_delta_size() {
            self.is_cu_qp_delta_coded = false;
        }
        if log2_size >= parameters.log2_min_cu_chroma_qp_offset_size() {
            self.is_cu_chroma_qp_offset_coded = false;
        }
        if !splits {
            return self.coding_unit(unit, [x, y], log2_size, depth);
        }
        let half = 1 << (log2_size - 1);
        for [x, y] in [[x, y], [x + half, y], [x, y + half], [x + half, y + half]] {
            if x < width && y < height {
                self.coding_quadtree(unit, [x, y], log2_size - 1, depth + 1);
            }
        }
    }
}

/// All contexts, in their order.
fn contexts() -> impl Iterator<Item = CtxIdx> {
    (0..INIT_VALUE.len()).map(ctx)
}
