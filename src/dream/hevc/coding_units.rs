//! The coding units of a coding tree unit, taken apart, and changes that make one simpler: another kind of unit, no levels, or fewer blocks
//! of them. The lists of a unit are cut so that the walk finds just what it asks for.

use crate::hevc::{
    CodingTreeUnit, CodingUnit, Parameters, PartMode, PredMode, PredictionUnit, TransformNode,
};

/// Each coding unit of a coding tree unit as a coding tree unit of its own.
pub(super) fn apart(unit: &CodingTreeUnit) -> Vec<CodingTreeUnit> {
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

/// Takes the first `count` items off a slice.
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
pub(super) fn put_together(unit: &mut CodingTreeUnit, all: &[CodingTreeUnit]) {
    unit.coding_units = all.iter().flat_map(|one| one.coding_units.clone()).collect();
    unit.prediction_units = all.iter().flat_map(|one| one.prediction_units.clone()).collect();
    unit.transform_nodes = all.iter().flat_map(|one| one.transform_nodes.clone()).collect();
    unit.blocks = all.iter().flat_map(|one| one.blocks.clone()).collect();
    unit.levels = all.iter().flat_map(|one| one.levels.clone()).collect();
    unit.pcm = all.iter().flat_map(|one| one.pcm.clone()).collect();
}

/// A coding unit of this size with as few elements as possible.
pub(super) fn plain_unit(log2_cb_size: u8, pred_mode: PredMode, parameters: &Parameters) -> CodingTreeUnit {
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

/// Replaces inter prediction by intra prediction.
pub(super) fn predict_within(unit: &mut CodingTreeUnit, parameters: &Parameters) {
    let mut all = apart(unit);
    for one in &mut all {
        let coding_unit = one.coding_units.first().filter(|unit| unit.pred_mode != PredMode::Intra);
        if let Some(&CodingUnit { log2_cb_size, .. }) = coding_unit {
            *one = plain_unit(log2_cb_size, PredMode::Intra, parameters);
        }
    }
    put_together(unit, &all);
}

/// Removes the levels of a coding unit.
pub(super) fn drop_unit_levels(unit: &mut CodingTreeUnit, parameters: &Parameters) {
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

/// Where the flag of each coded block of a coding unit is: the node, and for chroma which flag of cbf_cb (0) or cbf_cr (1); `None` for
/// cbf_luma.
fn flags(unit: &CodingTreeUnit, format: u8) -> Vec<(usize, Option<[usize; 2]>)> {
    struct Flags<'a> {
        nodes: &'a [TransformNode],
        format: u8,
        next: usize,
        found: Vec<(usize, Option<[usize; 2]>)>,
    }
    impl Flags<'_> {
        /// `parent` is the node with the chroma flags of four luma blocks of 4x4, `blk_idx` which of the four this one is.
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

/// Removes some blocks of levels of a coding unit.
pub(super) fn drop_blocks(unit: &mut CodingTreeUnit, numbers: &[usize], parameters: &Parameters) {
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

/// Removes the levels; a unit that is merged and not partitioned is skipped after that.
pub(super) fn drop_levels(unit: &mut CodingTreeUnit) {
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
