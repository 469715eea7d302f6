//! A slice of any H.265 stream that is made smaller and stays legal. A changed coding tree unit goes through the walk, which drops the
//! elements that it no longer has in the stream, and through the rule of `levels.rs`.
//!
//! A slice is taken together with its dependent segments, since their contexts and QPs depend on what comes before. It can become one
//! segment, or one with the slice after it, where tiles and rows allow that. Each segment gets the entry points of its new substreams.

use super::coding_units::{
    apart, drop_blocks, drop_levels, drop_unit_levels, plain_unit, predict_within, put_together,
};
use super::levels::{Scaling, limit};
use super::qp::Qp;
use crate::bin::{Element, Encode};
use crate::context::SliceType;
use crate::dream::broken::values;
use crate::dream::reduce::{Edit, Simpler};
use crate::engine;
use crate::hevc::{
    CodingTreeUnit, CodingUnit, Content, Level, Parameters, PredMode, PredictionUnit, SegmentEnd, StreamUnit,
    Walk, read_each,
};
use crate::syntax::nal::escape;
use crate::syntax::{BitCoder, Descriptor, HeaderElement};

/// A slice segment of which all parts have been read.
#[derive(Clone, Debug)]
struct Segment {
    prefix: Vec<u8>,
    header: Vec<HeaderElement>,
    parameters: Parameters,
    units: Vec<CodingTreeUnit>,
}

/// A slice: a segment, and the dependent segments that belong to it.
#[derive(Clone, Debug)]
pub(in crate::dream) struct Slice {
    segments: Vec<Segment>,
}

impl Segment {
    fn new(unit: &StreamUnit) -> Option<Segment> {
        let Content::Segment { .. } = &unit.content else { return None };
        let (parameters, before, data) = unit.segment()?;
        let mut units = Vec::new();
        let show = |read_unit: crate::hevc::ReadUnit<'_, _>| units.push(read_unit.coding_tree_unit.clone());
        read_each(parameters, before, engine::Decoder::new(data), show).1.ok()?;
        let header = unit.headers().elements;
        Some(Segment { prefix: unit.unit.prefix.clone(), header, parameters: parameters.clone(), units })
    }

    /// The header with new entry points, given the lengths of all substreams except the last.
    fn header(&self, lengths: &[u64]) -> Option<Vec<u8>> {
        let offsets = lengths.iter().map(|length| *length as i64 - 1);
        let bits = offsets.clone().max().map_or(1, |most| 64 - most.max(1).leading_zeros());
        let mut elements = Vec::new();
        for coded in &self.header {
            match coded.element.0 {
                "num_entry_point_offsets" => {
                    let element = |name, descriptor, value| {
                        let element = Element(name);
                        HeaderElement { element, descriptor, value, ..*coded }
                    };
                    elements.push(HeaderElement { value: lengths.len() as i64, ..*coded });
                    if !lengths.is_empty() {
                        elements.push(element("offset_len_minus1", Descriptor::Ue, i64::from(bits) - 1));
                    }
                    let offset = |offset| element("entry_point_offset_minus1", Descriptor::U(bits), offset);
                    elements.extend(offsets.clone().map(offset));
                }
                "offset_len_minus1" | "entry_point_offset_minus1" => {}
                _ => elements.push(*coded),
            }
        }
        let is_told = elements.iter().any(|coded| coded.element.0 == "num_entry_point_offsets");
        if !is_told && !lengths.is_empty() {
            return None;
        }
        let mut bits = values(elements)?;
        bits.alignment_bit(true, "alignment_bit_equal_to_one").ok()?;
        bits.align(false, "alignment_bit_equal_to_zero").ok()?;
        Some(bits.into_parts().0)
    }

    /// Its NAL unit, and the state at its end.
    fn write(&self, before: Option<&SegmentEnd>) -> Option<(Vec<u8>, SegmentEnd)> {
        let mut walk = Walk::new(engine::Encoder::new(), &self.parameters, before);
        let mut written = CodingTreeUnit::default();
        for (index, unit) in self.units.iter().enumerate() {
            walk.coding_tree_unit(unit, &mut written, index + 1 == self.units.len()).ok()?;
        }
        let end = walk.end();
        let data = walk.into_coder().finish();
        let (mut lengths, mut last) = (Vec::new(), 0);
        let show = |read_unit: crate::hevc::ReadUnit<'_, _>| {
            if let Some(start) = read_unit.next_substream() {
                let start = escape(&data[..start]).len() as u64;
                lengths.push(start - last);
                last = start;
            }
        };
        read_each(&self.parameters, before, engine::Decoder::new(&data), show).1.ok()?;
        Some((escape(&[&self.header(&lengths)?[..], &data].concat()), end))
    }
}

impl Slice {
    /// The slice that begins with a unit; `None` if it is not a slice, or its data cannot be read.
    pub(in crate::dream) fn new(unit: &StreamUnit) -> Option<Slice> {
        Some(Slice { segments: vec![Segment::new(unit)?] })
    }

    /// The slice with one more segment.
    pub(in crate::dream) fn and(mut self, unit: &StreamUnit) -> Option<Slice> {
        self.segments.push(Segment::new(unit)?);
        Some(self)
    }

    fn coding_tree_units(&self) -> impl Iterator<Item = &CodingTreeUnit> {
        self.segments.iter().flat_map(|segment| &segment.units)
    }

    /// The slice with changed coding tree units, made legal; `None` if that makes no difference.
    fn with(&self, change: impl Fn(usize, &mut CodingTreeUnit)) -> Option<Slice> {
        self.remade(change).filter(|changed| !changed.coding_tree_units().eq(self.coding_tree_units()))
    }

    /// One segment with all coding tree units of these, and the header of the first; `None` where it would not be legal. In an I slice,
    /// inter prediction is replaced by intra prediction.
    fn one(segments: impl Iterator<Item = Segment>) -> Option<Slice> {
        let one = segments.reduce(|mut one, mut next| {
            if one.parameters.slice_type() == SliceType::I && next.parameters.slice_type() != SliceType::I {
                next.units.iter_mut().for_each(|unit| predict_within(unit, &one.parameters));
            }
            one.units.extend(next.units);
            one
        })?;
        let can_be = one.parameters.can_have(one.units.len());
        can_be.then(|| Slice { segments: vec![one] })?.remade(|_, _| {})
    }

    fn remade(&self, change: impl Fn(usize, &mut CodingTreeUnit)) -> Option<Slice> {
        let mut qp = Qp::new(&self.segments.first()?.parameters);
        let (mut number, mut ends) = (0, [None, None]);
        let mut segments = self.segments.clone();
        for segment in &mut segments {
            let parameters = &segment.parameters;
            let scaling = scaling(parameters);
            let mut dry = Walk::new(engine::Encoder::new(), parameters, ends[0].as_ref());
            let mut walk = Walk::new(engine::Encoder::new(), parameters, ends[1].as_ref());
            let (mut coded, mut written) = (CodingTreeUnit::default(), CodingTreeUnit::default());
            let count = segment.units.len();
            for (index, unit) in segment.units.iter_mut().enumerate() {
                change(number, unit);
                number += 1;
                let (origin, is_last) = (walk.position(), index + 1 == count);
                if parameters.begins_substream_at(walk.ctb_addr()) {
                    qp.begin();
                }
                dry.coding_tree_unit(unit, &mut coded, is_last).ok()?;
                limit(&mut coded, parameters, &scaling, origin, &mut qp);
                walk.coding_tree_unit(&coded, &mut written, is_last).ok()?;
                unit.clone_from(&written);
            }
            ends = [Some(dry.end()), Some(walk.end())];
        }
        Some(Slice { segments })
    }

    /// The slice with other coding units at these places; `change` gets each as a coding tree unit of its own.
    fn with_each(
        &self,
        places: &[(usize, usize)],
        change: impl Fn(&mut CodingTreeUnit, &Parameters),
    ) -> Option<Slice> {
        let parameters = &self.segments.first()?.parameters;
        self.with(|number, unit| {
            if !places.iter().any(|(other, _)| *other == number) {
                return;
            }
            let mut all = apart(unit);
            let own = places.iter().filter(|(other, _)| *other == number);
            for (_, place) in own {
                if let Some(one) = all.get_mut(*place) {
                    change(one, parameters);
                }
            }
            put_together(unit, &all);
        })
    }
}

/// How levels are scaled, or the largest values that are possible.
fn scaling(parameters: &Parameters) -> Scaling {
    let weight = if parameters.sps.scaling_list_enabled_flag { 255 } else { 16 };
    Scaling { weight, chroma_qp_offset: 24 }
}

/// A coding tree unit with as few elements as possible.
fn plain(pred_mode: PredMode) -> CodingTreeUnit {
    const MOST: usize = 64;
    let coding_unit = CodingUnit { log2_cb_size: 6, pred_mode, rqt_root_cbf: false, ..CodingUnit::default() };
    let prediction_unit = PredictionUnit { merge_flag: true, ..PredictionUnit::default() };
    CodingTreeUnit {
        coding_units: vec![coding_unit; MOST],
        prediction_units: vec![prediction_unit; MOST],
        ..CodingTreeUnit::default()
    }
}

impl Simpler for Slice {
    fn blocks(&self) -> usize {
        self.coding_tree_units().count()
    }

    fn coded(&self) -> usize {
        let is_coded =
            |unit: &&CodingTreeUnit| unit.coding_units.iter().any(|unit| unit.pred_mode != PredMode::Skip);
        self.coding_tree_units().filter(is_coded).count()
    }

    fn levels(&self) -> Vec<(usize, usize)> {
        let levels = |(number, unit): (usize, &CodingTreeUnit)| {
            let count = unit.levels.len();
            (0..count).map(move |level| (number, level))
        };
        self.coding_tree_units().enumerate().flat_map(levels).collect()
    }

    fn edited(&self, edit: Edit, numbers: &[usize]) -> Option<Slice> {
        let may_skip = self.segments.first()?.parameters.slice_type() != SliceType::I;
        if edit == Edit::Skip && !may_skip {
            return None;
        }
        self.with(|number, unit| {
            if !numbers.contains(&number) {
                return;
            }
            match edit {
                Edit::Skip => *unit = plain(PredMode::Skip),
                Edit::Plain if unit.coding_units.iter().all(|unit| unit.pred_mode == PredMode::Skip) => {}
                Edit::Plain => *unit = plain(PredMode::Intra),
                Edit::Bare => drop_levels(unit),
                Edit::Still => {
                    unit.prediction_units.iter_mut().for_each(|unit| unit.mvd = Default::default())
                }
            }
        })
    }

    fn units(&self) -> Vec<(usize, usize)> {
        let units = |(number, unit): (usize, &CodingTreeUnit)| {
            let count = unit.coding_units.len();
            (0..if count > 1 { count } else { 0 }).map(move |place| (number, place))
        };
        self.coding_tree_units().enumerate().flat_map(units).collect()
    }

    fn with_units(&self, edit: Edit, places: &[(usize, usize)]) -> Option<Slice> {
        if edit == Edit::Skip && self.segments.first()?.parameters.slice_type() == SliceType::I {
            return None;
        }
        self.with_each(places, |unit, parameters| {
            let Some(CodingUnit { log2_cb_size, pred_mode, .. }) = unit.coding_units.first().copied() else {
                return;
            };
            match edit {
                Edit::Skip => *unit = plain_unit(log2_cb_size, PredMode::Skip, parameters),
                Edit::Plain if pred_mode == PredMode::Skip => {}
                Edit::Plain => *unit = plain_unit(log2_cb_size, PredMode::Intra, parameters),
                Edit::Bare => drop_unit_levels(unit, parameters),
                Edit::Still => {
                    unit.prediction_units.iter_mut().for_each(|unit| unit.mvd = Default::default())
                }
            }
        })
    }

    fn residuals(&self) -> Vec<(usize, usize)> {
        let blocks = |(number, unit): (usize, &CodingTreeUnit)| {
            let count = unit.blocks.len();
            (0..count).map(move |block| (number, block))
        };
        self.coding_tree_units().enumerate().flat_map(blocks).collect()
    }

    fn without_residuals(&self, places: &[(usize, usize)]) -> Option<Slice> {
        let parameters = &self.segments.first()?.parameters;
        self.with(|number, unit| {
            let own: Vec<usize> =
                places.iter().filter(|(other, _)| *other == number).map(|(_, block)| *block).collect();
            if own.is_empty() {
                return;
            }
            let (mut all, mut first) = (apart(unit), 0);
            for one in &mut all {
                let next = first + one.blocks.len();
                let blocks = own.iter().filter(|block| (first..next).contains(*block));
                let blocks: Vec<usize> = blocks.map(|block| block - first).collect();
                if !blocks.is_empty() {
                    drop_blocks(one, &blocks, parameters);
                }
                first = next;
            }
            put_together(unit, &all);
        })
    }

    fn joined(&self, other: &Slice) -> Option<Slice> {
        Slice::one(self.segments.iter().chain(&other.segments).cloned())
    }

    fn whole(&self) -> Option<Slice> {
        let is_divided = self.segments.len() > 1;
        is_divided.then(|| Slice::one(self.segments.iter().cloned()))?
    }

    /// The last level of a block stays, and is 1 or -1.
    fn without_levels(&self, places: &[(usize, usize)]) -> Option<Slice> {
        self.with(|number, unit| {
            let all = std::mem::take(&mut unit.levels);
            let mut at = 0;
            for block in &mut unit.blocks {
                let first = unit.levels.len();
                let own = at..(at + usize::from(block.levels)).min(all.len());
                let kept = own.clone().filter(|level| !places.contains(&(number, *level)));
                unit.levels.extend(kept.map(|level| all[level]));
                if unit.levels.len() == first
                    && let Some(&Level { place, level }) = all.get(at)
                {
                    unit.levels.push(Level { place, level: level.signum() });
                }
                at = own.end;
                block.levels = (unit.levels.len() - first) as u16;
            }
        })
    }

    fn write(&self) -> Option<Vec<u8>> {
        let (mut bytes, mut end) = (Vec::new(), None);
        for segment in &self.segments {
            let (unit, own) = segment.write(end.as_ref())?;
            bytes.extend(&segment.prefix);
            bytes.extend(unit);
            end = Some(own);
        }
        Some(bytes)
    }
}
