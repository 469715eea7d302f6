//! Slice segments of H.265 with random parameters and elements.

use std::{ops::RangeInclusive, sync::Arc};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::bin::{Element, Encode};
use silicabac::hevc::headers::{Pcm, Picture, RangeExtension, Sequence, Slice, SliceType, Tiles};
use silicabac::hevc::{CodingTreeUnit, Parameters, SegmentData, SegmentEnd, TileGrid, Walk};

use super::coders::{Dreamer, any_legal};

/// Chooses the value of an element among those that are legal.
pub fn choose(element: Element, given: i32, random: u32, legal: [i64; 2]) -> i32 {
    match element.0 {
        "end_of_slice_segment_flag" | "end_of_subset_one_bit" => given,
        // Samples leave out the other elements, so they are rarer than other choices.
        "pcm_flag" => i32::from(random.is_multiple_of(8)),
        "cbf_luma" | "cbf_cb" | "cbf_cr" | "rqt_root_cbf" => i32::from(!random.is_multiple_of(4)),
        // So that a picture does not consist of the smallest blocks alone.
        "split_cu_flag" => i32::from(random % 8 < 3),
        // The first ones are not among the most probable modes, and lead to angles at the ends of their range.
        "rem_intra_luma_pred_mode" if random.is_multiple_of(2) => (random >> 8 & 1) as i32,
        // Mostly small ones, as in real slices, but sometimes any.
        "coeff_abs_level_remaining" | "abs_mvd_minus2" if !random.is_multiple_of(16) => {
            (i64::from(random >> 8) % 12).clamp(legal[0], legal[1]) as i32
        }
        _ => any_legal(random, legal),
    }
}

/// A slice segment of `count` coding tree units, with any elements; its bytes, and the state at its end.
pub fn dreamed(
    parameters: &Parameters,
    before: Option<&SegmentEnd>,
    count: u32,
    random: &mut ChaCha8Rng,
) -> (SegmentData, Vec<u8>, SegmentEnd) {
    let random = ChaCha8Rng::seed_from_u64(random.next_u64());
    let dreamer = Dreamer::new(random, choose);
    let mut walk = Walk::new(dreamer, parameters, before);
    let nothing = CodingTreeUnit::default();
    let coding_tree_units = (1..=count).map(|number| {
        let mut coded = CodingTreeUnit::default();
        let written = walk.coding_tree_unit(&nothing, &mut coded, number == count);
        assert_eq!(written, Ok(number == count));
        coded
    });
    let coding_tree_units = coding_tree_units.collect();
    let end = walk.end();
    let bytes = walk.into_coder().encoder.finish();
    (SegmentData { coding_tree_units, tail_bits: 0, tail: vec![] }, bytes, end)
}

/// Random parameter sets and slice headers: almost everything that the standard allows together.
pub struct Kinds<'a>(pub &'a mut ChaCha8Rng);

impl Kinds<'_> {
    fn within(&mut self, range: RangeInclusive<u32>) -> u32 {
        range.start() + self.0.next_u32() % (range.end() - range.start() + 1)
    }

    fn byte(&mut self, range: RangeInclusive<u8>) -> u8 {
        self.within((*range.start()).into()..=(*range.end()).into()) as u8
    }

    fn flag(&mut self) -> bool {
        self.0.next_u32().is_multiple_of(2)
    }

    fn sequence(&mut self) -> Sequence {
        let min_cb_log2_size = self.byte(3..=5);
        let ctb_log2_size = self.byte(min_cb_log2_size.max(4)..=6);
        let min_tb_log2_size = self.byte(2..=min_cb_log2_size - 1);
        let max_tb_log2_size = self.byte(min_tb_log2_size..=ctb_log2_size.min(5));
        let bit_depth = [self.byte(8..=16), self.byte(8..=16)];
        let (low, high) = (min_cb_log2_size.min(5), ctb_log2_size.min(5));
        let min_pcm = self.byte(low..=high);
        let pcm = Pcm {
            bit_depth: bit_depth.map(|depth| self.byte(1..=depth)),
            log2_size: [min_pcm, self.byte(min_pcm..=high)],
        };
        let most_depth = ctb_log2_size - min_tb_log2_size;
        Sequence {
            chroma_format_idc: self.byte(0..=4).min(3),
            separate_colour_plane_flag: self.within(0..=7) == 0,
            pic_size: [self.within(1..=24) << min_cb_log2_size, self.within(1..=12) << min_cb_log2_size],
            bit_depth_luma: bit_depth[0],
            bit_depth_chroma: bit_depth[1],
            min_cb_log2_size,
            ctb_log2_size,
            min_tb_log2_size,
            max_tb_log2_size,
            max_transform_hierarchy_depth: [
                self.byte(0..=2 * most_depth).min(most_depth),
                self.byte(0..=most_depth),
            ],
            amp_enabled_flag: self.flag(),
            pcm: self.flag().then_some(pcm),
            range: RangeExtension {
                transform_skip_rotation_enabled_flag: self.flag(),
                transform_skip_context_enabled_flag: self.flag(),
                implicit_rdpcm_enabled_flag: self.flag(),
                explicit_rdpcm_enabled_flag: self.flag(),
                extended_precision_processing_flag: self.flag(),
                persistent_rice_adaptation_enabled_flag: self.flag(),
                cabac_bypass_alignment_enabled_flag: self.flag(),
            },
            ..Sequence::default()
        }
    }

    fn picture(&mut self, sps: &Sequence) -> Picture {
        let [width, height] = sps.size_in_ctbs();
        let tiles = Tiles {
            columns: self.within(1..=width.min(4)),
            rows: self.within(1..=height.min(4)),
            sizes: None,
        };
        let log2_max_transform_skip_size = self.byte(2..=5);
        Picture {
            dependent_slice_segments_enabled_flag: true,
            sign_data_hiding_enabled_flag: self.flag(),
            transform_skip_enabled_flag: self.flag(),
            cu_qp_delta_enabled_flag: self.flag(),
            diff_cu_qp_delta_depth: self.byte(0..=3),
            transquant_bypass_enabled_flag: self.flag(),
            entropy_coding_sync_enabled_flag: self.flag(),
            tiles: self.flag().then_some(tiles),
            log2_max_transform_skip_size,
            cross_component_prediction_enabled_flag: sps.chroma_array_type() == 3 && self.flag(),
            chroma_qp_offset_list: self.flag().then(|| [self.byte(0..=3), self.byte(0..=5)]),
            ..Picture::default()
        }
    }

    fn slice(&mut self) -> Slice {
        Slice {
            slice_type: [SliceType::I, SliceType::P, SliceType::B][self.within(0..=2) as usize],
            slice_temporal_mvp_enabled_flag: false,
            slice_sao: [self.flag(), self.flag()],
            num_ref_idx_active: [self.byte(1..=15), self.byte(1..=15)],
            mvd_l1_zero_flag: self.flag(),
            cabac_init_flag: self.flag(),
            max_num_merge_cand: self.byte(1..=5),
            slice_qp_y: self.byte(0..=51) as i8,
            cu_chroma_qp_offset_enabled_flag: self.flag(),
        }
    }

    pub fn parameters(&mut self) -> Parameters {
        let sps = self.sequence();
        let pps = self.picture(&sps);
        let tiles = TileGrid::new(pps.tiles.as_ref(), sps.size_in_ctbs()).unwrap();
        let slice_segment_address = self.within(0..=tiles.size() - 1);
        let mut slice = self.slice();
        slice.slice_sao[1] &= sps.chroma_array_type() != 0;
        slice.cu_chroma_qp_offset_enabled_flag &= pps.chroma_qp_offset_list.is_some();
        Parameters {
            sps: Arc::new(sps),
            pps: Arc::new(pps),
            slice,
            tiles,
            slice_segment_address,
            slice_addr_rs: slice_segment_address,
        }
    }
}

/// Slice segments in a row, the first one independent. For each its parameters, the state at the end of the one before, its contents and
/// its bytes.
pub fn segments(seed: u64) -> Vec<(Parameters, Option<SegmentEnd>, SegmentData, Vec<u8>)> {
    segments_of(seed, 7)
}

/// The same, with at most this many coding tree units.
pub fn segments_of(seed: u64, most: u32) -> Vec<(Parameters, Option<SegmentEnd>, SegmentData, Vec<u8>)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut parameters = Kinds(&mut random).parameters();
    let mut before: Option<SegmentEnd> = None;
    let mut all = Vec::new();
    for _ in 0..3 {
        let tiles = &parameters.tiles;
        let left = tiles.size() - tiles.address_in_tile_scan(parameters.slice_segment_address);
        let count = 1 + random.next_u32() % left.min(most);
        let (data, bytes, end) = dreamed(&parameters, before.as_ref(), count, &mut random);
        all.push((parameters.clone(), before.clone(), data, bytes));
        let Some(next) = end.next_address(&parameters) else { break };
        parameters.slice_segment_address = next;
        before = Some(end);
    }
    all
}
