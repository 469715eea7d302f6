//! A slice of any H.265 stream that is made smaller and stays legal: what is changed in a coding tree unit goes through the walk, which
//! drops the elements that are in the stream no more, and through the rule of `levels.rs`.
//!
//! A slice is taken with the dependent segments that go on with it, since their contexts and QPs depend on what comes before, and it can
//! become one segment, or one with the slice after it, where tiles and rows allow that. Each segment gets the entry points of its
//! new substreams.

use super::levels::{Scaling, limit};
use super::qp::Qp;
use crate::bin::{Element, Encode};
use crate::context::SliceType;
use crate::dream::broken::values;
use crate::dream::reduce::{Edit, Simpler};
use crate::engine;
use crate::hevc::{
    CodingTreeUnit, CodingUnit, Content, Level, Parameters, PartMode, PredMode, PredictionUnit, SegmentEnd,
    StreamUnit, TransformNode, Walk, read_each,
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
        let offsets = lengths.iter().map(|length| *length as i64 - 1);
        let bits = offsets.clone().max().map_or(1, |most| 64 - most.max(1).leading_zeros());
        let mut elements = Vec::new();
        for coded in &self.header {
            match coded.element.0 {
                "num_entry_point_offsets" => {
                    let element = |name, descriptor, value| {
                        let element = Element(name);
                        HeaderElement { element, descriptor, value, ..coded.clone() }
                    };
                    elements.push(HeaderElement { value: lengths.len() as i64, ..coded.clone() });
                    if !lengths.is_empty() {
                        elements.push(element("offset_len_minus1", Descriptor::Ue, i64::from(bits) - 1));
                    }
                    let offset = |offset| element("entry_point_offset_minus1", Descriptor::U(bits), offset);
                    elements.extend(offsets.clone().map(offset));
                }
                "offset_len_minus1" | "entry_point_offset_minus1" => {}
                _ => elements.push(coded.clone()),
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

    fn coding_tree_units(&self) -> impl Iterator<Item = &CodingTreeUnit> {
        self.segments.iter().flat_map(|segment| &segment.units)
    }

    /// Given with which coding tree units, made legal; `None` if they are those that there are.
    fn with(&self, change: impl Fn(usize, &mut CodingTreeUnit)) -> Option<Slice> {
        self.remade(change).filter(|changed| !changed.coding_tree_units().eq(self.coding_tree_units()))
    }

    /// One segment of all coding tree units of these, with the header of the first; `None` where it would not be a legal one. In an I
    /// slice, what was predicted from other pictures is predicted within this one.
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

    /// With other coding units in some coding tree units: those of these places, of which each is told as a coding tree unit.
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

/// Each coding unit of a coding tree unit as if it were all of it.
fn apart(unit: &CodingTreeUnit) -> Vec<CodingTreeUnit> {
    let (mut prediction_units, mut nodes) = (&unit.prediction_units[..], &unit.transform_nodes[..]);
    let (mut blocks, mut levels, mut pcm) = (&unit.blocks[..], &unit.levels[..], &unit.pcm[..]);
    let piece = |coding_unit: &CodingUnit| {
        let is_intra = coding_unit.pred_mode == PredMode::Intra;
        let parts = if is_intra { 0 } else { coding_unit.part_mode.count() };
        let has_tree = coding_unit.rqt_root_cbf && coding_unit.pcm.is_none();
        let size = if has_tree { tree_size(nodes) } else { 0 };
        let own_nodes = take(&mut nodes, size);
        let own_blocks = take(&mut blocks, own_nodes.iter().map(|node| usize::from(node.blocks)).sum());
        CodingTreeUnit {
            coding_units: vec![*coding_unit],
            prediction_units: take(&mut prediction_units, parts),
            levels: take(&mut levels, own_blocks.iter().map(|block| usize::from(block.levels)).sum()),
            transform_nodes: own_nodes,
            blocks: own_blocks,
            pcm: take(&mut pcm, coding_unit.pcm.unwrap_or(0).into()),
            ..CodingTreeUnit::default()
        }
    };
    unit.coding_units.iter().map(piece).collect()
}

/// So many of the first, which are gone then.
fn take<T: Clone>(all: &mut &[T], count: usize) -> Vec<T> {
    let (first, rest) = all.split_at(count.min(all.len()));
    *all = rest;
    first.to_vec()
}

/// How many nodes the first transform tree has.
fn tree_size(nodes: &[TransformNode]) -> usize {
    let (mut open, mut size) = (1, 0);
    while let Some(node) = nodes.get(size).filter(|_| open > 0) {
        open = open - 1 + if node.split_transform_flag { 4 } else { 0 };
        size += 1;
    }
    size
}

/// The reverse of [`apart`].
fn put_together(unit: &mut CodingTreeUnit, all: &[CodingTreeUnit]) {
    unit.coding_units = all.iter().flat_map(|one| one.coding_units.clone()).collect();
    unit.prediction_units = all.iter().flat_map(|one| one.prediction_units.clone()).collect();
    unit.transform_nodes = all.iter().flat_map(|one| one.transform_nodes.clone()).collect();
    unit.blocks = all.iter().flat_map(|one| one.blocks.clone()).collect();
    unit.levels = all.iter().flat_map(|one| one.levels.clone()).collect();
    unit.pcm = all.iter().flat_map(|one| one.pcm.clone()).collect();
}

/// A coding unit of this size with as few elements as there can be.
fn plain_unit(log2_cb_size: u8, pred_mode: PredMode, parameters: &Parameters) -> CodingTreeUnit {
    let rqt_root_cbf = pred_mode == PredMode::Intra;
    let coding_unit = CodingUnit { log2_cb_size, pred_mode, rqt_root_cbf, ..CodingUnit::default() };
    let prediction_unit = PredictionUnit { merge_flag: true, ..PredictionUnit::default() };
    CodingTreeUnit {
        coding_units: vec![coding_unit],
        prediction_units: if rqt_root_cbf { Vec::new() } else { vec![prediction_unit] },
        transform_nodes: if rqt_root_cbf { bare_tree(&coding_unit, parameters) } else { Vec::new() },
        ..CodingTreeUnit::default()
    }
}

/// The transform tree of an intra-predicted coding unit without levels: it is split only where it has to be.
fn bare_tree(unit: &CodingUnit, parameters: &Parameters) -> Vec<TransformNode> {
    fn grow(log2_size: u8, most: u8, splits: bool, nodes: &mut Vec<TransformNode>) {
        let split_transform_flag = splits || log2_size > most;
        nodes.push(TransformNode { split_transform_flag, ..TransformNode::default() });
        if split_transform_flag {
            (0..4).for_each(|_| grow(log2_size - 1, most, false, nodes));
        }
    }
    let mut nodes = Vec::new();
    let most = parameters.sps.max_tb_log2_size;
    grow(unit.log2_cb_size, most, unit.part_mode == PartMode::Quarters, &mut nodes);
    nodes
}

/// Without what is predicted from other pictures.
fn predict_within(unit: &mut CodingTreeUnit, parameters: &Parameters) {
    let mut all = apart(unit);
    for one in &mut all {
        let coding_unit = one.coding_units.first().filter(|unit| unit.pred_mode != PredMode::Intra);
        if let Some(&CodingUnit { log2_cb_size, .. }) = coding_unit {
            *one = plain_unit(log2_cb_size, PredMode::Intra, parameters);
        }
    }
    put_together(unit, &all);
}

/// A coding unit without levels.
fn drop_unit_levels(unit: &mut CodingTreeUnit, parameters: &Parameters) {
    let Some(coding_unit) =
        unit.coding_units.first().copied().filter(|coding_unit| coding_unit.pcm.is_none())
    else {
        return;
    };
    drop_levels(unit);
    if coding_unit.pred_mode == PredMode::Intra {
        unit.transform_nodes = bare_tree(&coding_unit, parameters);
    }
}

/// Where each block of a coding unit is told to be coded: the node, and cbf_cb or cbf_cr with its number; `None` for cbf_luma.
fn flags(unit: &CodingTreeUnit, format: u8) -> Vec<(usize, Option<[usize; 2]>)> {
    struct Flags<'a> {
        nodes: &'a [TransformNode],
        format: u8,
        next: usize,
        found: Vec<(usize, Option<[usize; 2]>)>,
    }
    impl Flags<'_> {
        /// Given the node that tells the chroma of four luma blocks of 4x4, and which quarter of it this one is.
        fn node(&mut self, log2_size: u8, blk_idx: usize, parent: usize) {
            let (own, Some(node)) = (self.next, self.nodes.get(self.next).copied()) else { return };
            self.next += 1;
            if node.split_transform_flag {
                return (0..4).for_each(|blk_idx| self.node(log2_size.saturating_sub(1), blk_idx, own));
            }
            if node.cbf_luma {
                self.found.push((own, None));
            }
            let has_own = self.format == 3 || log2_size > 2;
            let (owner, has_chroma) = if has_own { (own, true) } else { (parent, blk_idx == 3) };
            let Some(owner_node) = self.nodes.get(owner).filter(|_| has_chroma && self.format != 0) else {
                return;
            };
            for (plane, cbf) in owner_node.cbf_chroma.iter().enumerate() {
                let coded = cbf.iter().enumerate().filter(|(_, is_coded)| **is_coded);
                self.found.extend(coded.map(|(second, _)| (owner, Some([plane, second]))));
            }
        }
    }
    let log2_size = unit.coding_units.first().map_or(0, |unit| unit.log2_cb_size);
    let mut flags = Flags { nodes: &unit.transform_nodes, format, next: 0, found: Vec::new() };
    flags.node(log2_size, 0, 0);
    flags.found
}

/// A coding unit without some of its blocks of levels.
fn drop_blocks(unit: &mut CodingTreeUnit, numbers: &[usize], parameters: &Parameters) {
    let flags = flags(unit, parameters.sps.chroma_array_type());
    if flags.len() != unit.blocks.len() {
        return;
    }
    let (blocks, all) = (std::mem::take(&mut unit.blocks), std::mem::take(&mut unit.levels));
    let mut levels = &all[..];
    for (number, (block, (node, chroma))) in blocks.into_iter().zip(flags).enumerate() {
        let own = take(&mut levels, block.levels.into());
        if !numbers.contains(&number) {
            unit.blocks.push(block);
            unit.levels.extend(own);
            continue;
        }
        match chroma {
            None => unit.transform_nodes[node].cbf_luma = false,
            Some([plane, second]) => unit.transform_nodes[node].cbf_chroma[plane][second] = false,
        }
    }
    if unit.blocks.is_empty() {
        drop_unit_levels(unit, parameters);
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
