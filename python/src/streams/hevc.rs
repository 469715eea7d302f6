//! Coding tree units of H.265: lists in the order of the stream, each as an array with named fields.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silicabac::bin::Place;
use silicabac::hevc::{self, LumaMode, PredMode, SaoMerge, StreamUnit};
use silicabac::observed::Observer;

use super::blocks::Read;
use super::table::rows;

/// The syntax elements of a coding tree unit. Its lists are arrays with named fields, which cannot be written to.
///
/// >>> import silicabac
/// >>> unit = next(silicabac.Stream(silicabac.dreams.dream("hevc", 7)).slices())
/// >>> block = next(iter(unit))
/// >>> block.ctb_addr, block.coding_units["log2_cb_size"].dtype
/// (0, dtype('uint8'))
#[pyclass(frozen, module = "silicabac")]
pub(crate) struct CodingTreeUnit {
    read: hevc::CodingTreeUnit,
    places: Vec<Block>,
    ctb_addr: u32,
    position: [u32; 2],
    pic_size: [u32; 2],
    is_last: bool,
}

/// Where a block is.
#[derive(Clone, Copy, Default)]
struct Block {
    component: u8,
    log2_size: u8,
    x: u32,
    y: u32,
}

/// Takes down where the blocks are of the present coding tree unit.
#[derive(Default)]
struct Places {
    ctb_addr: Option<u32>,
    blocks: Vec<Block>,
}

impl<C> Observer<C> for Places {
    fn place(&mut self, _: &C, place: Place) {
        match place {
            Place::TransformBlock { component, x, y, log2_size } => {
                self.blocks.push(Block { component, log2_size, x, y });
            }
            Place::CodingTreeUnit(address) if self.ctb_addr != Some(address) => {
                self.ctb_addr = Some(address);
                self.blocks.clear();
            }
            _ => {}
        }
    }
}

/// The coding tree units of a slice segment.
pub(super) fn read(unit: &StreamUnit) -> Read<CodingTreeUnit> {
    let pic_size = unit.segment().map_or([0; 2], |(parameters, ..)| parameters.sps.pic_size);
    let mut blocks = Vec::new();
    let read = unit.observe(Places::default(), |read_unit| {
        blocks.push(CodingTreeUnit {
            read: read_unit.coding_tree_unit.clone(),
            places: read_unit.decoder.observer.blocks.clone(),
            ctb_addr: read_unit.ctb_addr,
            position: read_unit.luma_position,
            pic_size,
            is_last: read_unit.is_last,
        });
    });
    let damage = read.and_then(|(_, read)| read.err()).map(|error| error.to_string());
    Read { blocks: blocks.into_iter(), damage }
}

/// Where a square of 8x8 samples is by its number in z-scan, from this place on.
fn in_z_scan([x, y]: [u32; 2], square: u32) -> [u32; 2] {
    let every_second = |bits: u32| (0..4).fold(0, |all, bit| all | (bits >> (2 * bit) & 1) << bit);
    [x + 8 * every_second(square), y + 8 * every_second(square >> 1)]
}

impl CodingTreeUnit {
    /// The coding units, each with its place. They are in z-scan; this counts squares of 8x8 samples, and leaves out those beyond the
    /// picture, where there is no coding unit.
    fn placed(&self) -> Vec<Placed> {
        let [width, height] = self.pic_size;
        let mut square = 0;
        let placed = self.read.coding_units.iter().map(|unit| {
            let mut position = in_z_scan(self.position, square);
            while square < 64 && (position[0] >= width || position[1] >= height) {
                square += 1;
                position = in_z_scan(self.position, square);
            }
            square += 1 << (2 * u32::from(unit.log2_cb_size).clamp(3, 6) - 6);
            Placed { position, unit: *unit }
        });
        placed.collect()
    }
}

#[derive(Clone, Copy, Default)]
struct Placed {
    position: [u32; 2],
    unit: hevc::CodingUnit,
}

/// A block with its levels.
#[derive(Clone, Copy, Default)]
struct Coded {
    place: Block,
    block: hevc::ResidualBlock,
    first_level: u32,
}

rows! {
    fn coding_unit_rows(row: Placed) {
        x: row.position[0],
        y: row.position[1],
        log2_cb_size: row.unit.log2_cb_size,
        cu_transquant_bypass_flag: row.unit.cu_transquant_bypass_flag,
        pred_mode: match row.unit.pred_mode { PredMode::Inter => 0_u8, PredMode::Intra => 1, PredMode::Skip => 2 },
        part_mode: row.unit.part_mode as u8,
        prediction_unit_count: if row.unit.pred_mode == PredMode::Intra { 0_u8 } else { row.unit.part_mode.count() as u8 },
        pcm_flag: row.unit.pcm.is_some(),
        pcm_count: row.unit.pcm.unwrap_or(0),
        pcm_alignment: row.unit.pcm_alignment,
        rqt_root_cbf: row.unit.rqt_root_cbf,
        mpm_idx: row.unit.luma_modes.map(|mode| if let LumaMode::Mpm(index) = mode { index as i8 } else { -1 }),
        rem_intra_luma_pred_mode: row.unit.luma_modes.map(|mode| if let LumaMode::Rem(mode) = mode { mode } else { 0 }),
        intra_chroma_pred_mode: row.unit.intra_chroma_pred_mode,
    }
}

rows! {
    fn prediction_unit_rows(row: hevc::PredictionUnit) {
        merge_flag: row.merge_flag,
        merge_idx: row.merge_idx,
        inter_pred_idc: row.inter_pred_idc,
        ref_idx: row.ref_idx,
        mvp_flag: row.mvp_flag,
        mvd: row.mvd,
    }
}

rows! {
    fn transform_node_rows(row: hevc::TransformNode) {
        split_transform_flag: row.split_transform_flag,
        cbf_luma: row.cbf_luma,
        cbf_chroma: row.cbf_chroma,
        cu_qp_delta: row.cu_qp_delta,
        cu_chroma_qp_offset_idx: row.cu_chroma_qp_offset.map_or(-1, |index| index as i8),
        log2_res_scale_abs_plus1: row.log2_res_scale_abs_plus1,
        res_scale_sign_flag: row.res_scale_sign_flag,
        block_count: row.blocks,
    }
}

rows! {
    fn block_rows(row: Coded) {
        component: row.place.component,
        log2_size: row.place.log2_size,
        transform_skip_flag: row.block.transform_skip_flag,
        explicit_rdpcm_dir_flag: row.block.explicit_rdpcm.map_or(-1, i8::from),
        x: row.place.x,
        y: row.place.y,
        first_level: row.first_level,
        level_count: u32::from(row.block.levels),
    }
}

rows! {
    fn level_rows(row: hevc::Level) {
        place: row.place,
        level: row.level,
    }
}

rows! {
    fn sao_rows(row: hevc::SaoComponent) {
        type_idx: row.type_idx,
        offset_abs: row.offset_abs,
        offset_sign: row.offset_sign,
        band_position: row.band_position,
        eo_class: row.eo_class,
    }
}

#[pymethods]
impl CodingTreeUnit {
    /// CtbAddrInRs.
    #[getter]
    fn ctb_addr(&self) -> u32 {
        self.ctb_addr
    }

    /// The column of its first luma sample.
    #[getter]
    fn x(&self) -> u32 {
        self.position[0]
    }

    /// Its row.
    #[getter]
    fn y(&self) -> u32 {
        self.position[1]
    }

    /// Whether it is the last of the slice segment.
    #[getter]
    fn is_last(&self) -> bool {
        self.is_last
    }

    /// sao_merge_left_flag 1, sao_merge_up_flag 2, neither 0.
    #[getter]
    fn sao_merge(&self) -> u8 {
        match self.read.sao.merge {
            None => 0,
            Some(SaoMerge::Left) => 1,
            Some(SaoMerge::Up) => 2,
        }
    }

    /// The bits after the stop bit that follows end_of_subset_one_bit, as the low bits of a byte.
    #[getter]
    fn subset_alignment(&self) -> u8 {
        self.read.subset_alignment
    }

    /// sao() of Y, Cb and Cr: sao_type_idx (0 nothing, 1 band offset, 2 edge offset; that of Cr is that of Cb), sao_offset_abs and
    /// sao_offset_sign of four offsets, sao_band_position, and sao_eo_class (that of Cr is that of Cb).
    #[getter]
    fn sao<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        sao_rows(py, self.read.sao.components.iter().copied())
    }

    /// coding_unit() of each: its place in luma samples, its elements by their names, `pred_mode` (MODE_INTER 0, MODE_INTRA 1, MODE_SKIP 2),
    /// `part_mode` as table 7-10 numbers it, how many of `prediction_units` and of the bytes of `pcm` are its own. `mpm_idx` is -1 where
    /// rem_intra_luma_pred_mode tells the mode; PART_NxN has four of both, and in 4:4:4 four of intra_chroma_pred_mode.
    #[getter]
    fn coding_units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        coding_unit_rows(py, self.placed().into_iter())
    }

    /// prediction_unit() of those that are predicted from other pictures: `merge_flag` is 1 in skipped coding units, `inter_pred_idc` is PRED_L0
    /// 0, PRED_L1 1, PRED_BI 2; ref_idx, mvp_flag and mvd (horizontal and vertical) are of list 0 and of list 1.
    #[getter]
    fn prediction_units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        prediction_unit_rows(py, self.read.prediction_units.iter().copied())
    }

    /// The nodes of transform_tree() of each coding unit that has one, each before the four that it is split into. `cbf_chroma` is of Cb and of
    /// Cr, with a second one in 4:2:2; `cu_qp_delta` is CuQpDeltaVal, in the first node of a quantization group that has something coded;
    /// `cu_chroma_qp_offset_idx` is -1 if cu_chroma_qp_offset_flag is not 1; `block_count` is how many of `blocks` are its own.
    #[getter]
    fn transform_nodes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        transform_node_rows(py, self.read.transform_nodes.iter().copied())
    }

    /// residual_coding() of each block that is coded: its component (Y 0, Cb 1, Cr 2), log2 of its width in samples of the component, its
    /// place in luma samples, and where its levels are in `levels`. `explicit_rdpcm_dir_flag` is -1 if explicit_rdpcm_flag is not 1.
    #[getter]
    fn blocks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut next = 0;
        let coded = self.read.blocks.iter().zip(&self.places).map(|(block, place)| {
            let first_level = next;
            next += u32::from(block.levels);
            Coded { place: *place, block: *block, first_level }
        });
        block_rows(py, coded)
    }

    /// The levels of all blocks that are not zero, those of a block with the last one of the scan first: `place` is 16 times the number of the
    /// sub-block, and the place within that; `level` is TransCoeffLevel.
    #[getter]
    fn levels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        level_rows(py, self.read.levels.iter().copied())
    }

    /// The samples of coding units that have them as they are.
    #[getter]
    fn pcm<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.read.pcm)
    }

    fn __repr__(&self) -> String {
        format!("<CodingTreeUnit {}>", self.ctb_addr)
    }
}
