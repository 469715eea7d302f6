//! The blocks of levels of a coding tree unit, each with what determines the scaling of its levels.

use super::qp::Qp;
use crate::hevc::{CodingTreeUnit, CodingUnit, Parameters, TransformNode};

/// A block of levels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// 0 for Y, 1 for Cb, 2 for Cr.
    pub(super) component: usize,
    pub(super) log2_size: u32,
    pub(super) coding_unit: CodingUnit,
    pub(super) node: TransformNode,
    /// QPY.
    pub(super) qp_y: i32,
}

/// Goes through a coding tree unit.
struct Finder<'a> {
    parameters: &'a Parameters,
    unit: &'a CodingTreeUnit,
    qp: &'a mut Qp,
    /// The first luma sample of the coding tree block.
    origin: [u32; 2],
    /// How many coding units and nodes it has passed.
    units: usize,
    nodes: usize,
    found: Vec<Found>,
}

/// The blocks of the coding tree unit at this luma sample, in the order of the stream.
pub(super) fn find(
    unit: &CodingTreeUnit,
    parameters: &Parameters,
    origin: [u32; 2],
    qp: &mut Qp,
) -> Vec<Found> {
    let mut finder = Finder { parameters, unit, qp, origin, units: 0, nodes: 0, found: Vec::new() };
    finder.coding_quadtree([0, 0], parameters.sps.ctb_log2_size.into());
    finder.found
}

impl Finder<'_> {
    fn coding_quadtree(&mut self, [x, y]: [u32; 2], log2_size: u32) {
        let sps = &self.parameters.sps;
        let is_inside = self.origin[0] + x < sps.pic_size[0] && self.origin[1] + y < sps.pic_size[1];
        let Some(unit) = self.unit.coding_units.get(self.units).copied().filter(|_| is_inside) else {
            return;
        };
        let log2_group = sps.ctb_log2_size - self.parameters.pps.diff_cu_qp_delta_depth;
        if log2_size >= log2_group.into() {
            self.qp.group([x, y]);
        }
        if u32::from(unit.log2_cb_size) == log2_size {
            return self.coding_unit(unit, [x, y]);
        }
        let half = 1 << (log2_size - 1);
        for at in [[x, y], [x + half, y], [x, y + half], [x + half, y + half]] {
            self.coding_quadtree(at, log2_size - 1);
        }
    }

    fn coding_unit(&mut self, unit: CodingUnit, at: [u32; 2]) {
        self.units += 1;
        let (first_node, first) = (self.nodes, self.found.len());
        let log2_size = unit.log2_cb_size.into();
        if unit.rqt_root_cbf {
            self.transform_tree(&unit, log2_size, 0, [[false; 2]; 2]);
        }
        let deltas = self.unit.transform_nodes[first_node..self.nodes].iter().map(|node| node.cu_qp_delta);
        // Whether a delta of 0 was coded makes no difference.
        let delta = deltas.map(i32::from).find(|delta| *delta != 0);
        let qp_y = self.qp.unit(at, log2_size, delta);
        self.found[first..].iter_mut().for_each(|found| found.qp_y = qp_y);
    }

    fn transform_tree(&mut self, unit: &CodingUnit, log2_size: u32, blk_idx: usize, parent: [[bool; 2]; 2]) {
        let Some(node) = self.unit.transform_nodes.get(self.nodes).copied() else { return };
        self.nodes += 1;
        let format = self.parameters.sps.chroma_array_type();
        let cbf_chroma = if format == 3 || log2_size > 2 { node.cbf_chroma } else { parent };
        if node.split_transform_flag {
            return (0..4).for_each(|blk_idx| self.transform_tree(unit, log2_size - 1, blk_idx, cbf_chroma));
        }
        let mut push = |component, log2_size| {
            self.found.push(Found { component, log2_size, coding_unit: *unit, node, qp_y: 0 });
        };
        if node.cbf_luma {
            push(0, log2_size);
        }
        let log2_size = match format {
            0 => return,
            3 => log2_size,
            _ if log2_size > 2 => log2_size - 1,
            _ if blk_idx == 3 => 2,
            _ => return,
        };
        for (plane, cbf) in cbf_chroma.into_iter().enumerate() {
            cbf.into_iter().filter(|is_coded| *is_coded).for_each(|_| push(1 + plane, log2_size));
        }
    }
}
