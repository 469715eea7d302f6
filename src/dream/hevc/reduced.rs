//! A slice of any H.265 stream that is made smaller and stays legal: what is changed in a coding tree unit goes through the walk, which
//! drops the elements that are in the stream no more, and through the rule of `levels.rs`.
//!
//! A slice is taken with the dependent segments that go on with it, since their contexts and QPs depend on what comes before; each
//! segment keeps its coding tree units, and gets the entry points of its new substreams.

use super::levels::{Scaling, limit};
use super::qp::Qp;
use crate::bin::Encode;
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

/// A slice segment, taken apart.
#[derive(Clone, Debug)]
struct Segment {
    prefix: Vec<u8>,
    header: Vec<HeaderElement>,
    parameters: Parameters,
    units: Vec<CodingTreeUnit>,
}

/// A slice: a segment, and the dependent ones that go on with it.
#[derive(Clone, Debug)]
pub(in crate::dream) struct Slice {
    segments: Vec<Segment>,
}

impl Segment {
    fn new(unit: &StreamUnit) -> Option<Segment> {
        let Content::Segment { .. } = &unit.content else { return None };
        let (parameters, before, data) = unit.segment()?;
        let mut units = Vec::new();
        let show = |step: crate::hevc::Step<'_, _>| units.push(step.coding_tree_unit.clone());
        read_each(parameters, before, engine::Decoder::new(data), show).1.ok()?;
        let header = unit.headers().elements;
        Some(Segment { prefix: unit.unit.prefix.clone(), header, parameters: parameters.clone(), units })
    }

    /// The header with other entry points, given how long the substreams are, but for the last.
    fn header(&self, lengths: &[u64]) -> Option<Vec<u8>> {
        let mut lengths = lengths.iter().map(|length| *length as i64 - 1);
        let bits = lengths.clone().max().map_or(1, |most| 64 - most.max(1).leading_zeros());
        let mut elements = self.header.clone();
        for coded in &mut elements {
            match coded.element.0 {
                "offset_len_minus1" => coded.value = i64::from(bits) - 1,
                "entry_point_offset_minus1" => {
                    (coded.descriptor, coded.value) = (Descriptor::U(bits), lengths.next()?);
                }
                _ => {}
            }
        }
        if lengths.next().is_some() {
            return None;
        }
        let mut bits = values(elements)?;
        bits.alignment_bit(true, "alignment_bit_equal_to_one").ok()?;
        bits.align(false, "alignment_bit_equal_to_zero").ok()?;
        Some(bits.into_parts().0)
    }

    /// Its NAL unit, and how it ends.
    fn write(&self, before: Option<&SegmentEnd>) -> Option<(Vec<u8>, SegmentEnd)> {
        let mut walk = Walk::new(engine::Encoder::new(), &self.parameters, before);
        let mut written = CodingTreeUnit::default();
        for (index, unit) in self.units.iter().enumerate() {
            walk.coding_tree_unit(unit, &mut written, index + 1 == self.units.len()).ok()?;
        }
        let end = walk.end();
        let data = walk.into_coder().finish();
        let (mut lengths, mut last) = (Vec::new(), 0);
        let show = |step: crate::hevc::Step<'_, _>| {
            if let Some(start) = step.next_substream() {
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
    /// The slice that begins with a unit; `None` if it is none whose data can be read.
    pub(in crate::dream) fn new(unit: &StreamUnit) -> Option<Slice> {
        Some(Slice { segments: vec![Segment::new(unit)?] })
    }

    /// The slice with one more segment.
    pub(in crate::dream) fn and(mut self, unit: &StreamUnit) -> Option<Slice> {
        self.segments.push(Segment::new(unit)?);
        Some(self)
    }

    fn units(&self) -> impl Iterator<Item = &CodingTreeUnit> {
        self.segments.iter().flat_map(|segment| &segment.units)
    }

    /// Given with which coding tree units, made legal; `None` if they are those that there are.
    fn with(&self, change: impl Fn(usize, &mut CodingTreeUnit)) -> Option<Slice> {
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
        let changed = Slice { segments };
        (!changed.units().eq(self.units())).then_some(changed)
    }
}

/// What scales levels, or the largest value that stands for it.
fn scaling(parameters: &Parameters) -> Scaling {
    let weight = if parameters.sps.scaling_list_enabled_flag { 255 } else { 16 };
    Scaling { weight, chroma_qp_offset: 24 }
}

/// A coding tree unit with as few elements as there can be.
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

/// Without levels: what is merged and whole is skipped then.
fn drop_levels(unit: &mut CodingTreeUnit) {
    let mut prediction_units = unit.prediction_units.iter();
    for coding_unit in unit.coding_units.iter_mut().filter(|unit| unit.pred_mode != PredMode::Intra) {
        let count = coding_unit.part_mode.count();
        let last = prediction_units.by_ref().take(count).last();
        if coding_unit.pred_mode == PredMode::Inter && count == 1 && last.is_some_and(|last| last.merge_flag)
        {
            coding_unit.pred_mode = PredMode::Skip;
        }
        coding_unit.rqt_root_cbf = false;
    }
    unit.transform_nodes.clear();
    unit.blocks.clear();
    unit.levels.clear();
}

impl Simpler for Slice {
    fn blocks(&self) -> usize {
        self.units().count()
    }

    fn coded(&self) -> usize {
        let is_coded =
            |unit: &&CodingTreeUnit| unit.coding_units.iter().any(|unit| unit.pred_mode != PredMode::Skip);
        self.units().filter(is_coded).count()
    }

    fn levels(&self) -> Vec<(usize, usize)> {
        let levels = |(number, unit): (usize, &CodingTreeUnit)| {
            let count = unit.levels.len();
            (0..count).map(move |level| (number, level))
        };
        self.units().enumerate().flat_map(levels).collect()
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
