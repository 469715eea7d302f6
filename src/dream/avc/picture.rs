//! Pictures and their slices: order, references, headers.
//!
//! Every reference picture stays one until the end, so a list can have any of them, as often as it has room. All lists of B slices and
//! most of P slices are written out in full (clause 8.2.4.3), so it is known what they hold.

use super::legal::Limits;
use super::levels::Scaling;
use super::sequence::{LOG2_MAX, Picture, Sequence};
use super::slice::slice_data;
use super::{Writer, unit_header};
use crate::avc::Content;
use crate::context::SliceType;
use crate::dream::DreamError;
use crate::dream::choice::Hits;
use crate::dream::header::Header;
use crate::dream::random::Random;

/// A frame, or the field of it that is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Structure {
    Frame,
    Top,
    Bottom,
}

/// A frame or a field that can be predicted from.
#[derive(Clone, Copy, Debug)]
struct Reference {
    frame_num: i64,
    structure: Structure,
}

/// What the slices of a picture share.
#[derive(Clone, Debug)]
struct Shared<'a> {
    sequence: &'a Sequence,
    set: &'a Picture,
    structure: Structure,
    is_idr: bool,
    nal_ref_idc: i64,
    frame_num: i64,
    /// TopFieldOrderCnt, or that of the field, and how much larger that of the bottom field is.
    order: [i64; 2],
    references: Vec<Reference>,
}

/// All pictures of a stream.
pub(super) fn pictures(
    random: &mut Random,
    hits: &mut Hits,
    writer: &mut Writer,
    sequence: &Sequence,
    sets: &[Picture],
) -> Result<(), DreamError> {
    let mut ranks: Vec<i64> = (1..sequence.frames as i64).collect();
    if sequence.pic_order_cnt_type != 2 {
        random.shuffle(&mut ranks);
    }
    let mut frames: Vec<i64> = Vec::new();
    let mut was_reference = true;
    for (index, rank) in [0].into_iter().chain(ranks).enumerate() {
        let is_idr = index == 0;
        // Where the order of output is that of decoding, there are no two pictures in a row that nothing refers to.
        let is_reference =
            is_idr || random.chance(170) || (sequence.pic_order_cnt_type == 2 && !was_reference);
        was_reference = is_reference;
        let nal_ref_idc = if is_reference { random.within(1..=3) } else { 0 };
        let frame_num = frames.last().map_or(0, |last| last + 1);
        let is_paired = !sequence.frame_mbs_only_flag && random.chance(110);
        let bottom_later = random.within(if is_idr { 0 } else { -1 }..=2);
        let structures: &[Structure] = match (is_paired, random.chance(128)) {
            (false, _) => &[Structure::Frame],
            (true, false) => &[Structure::Top, Structure::Bottom],
            (true, true) => &[Structure::Bottom, Structure::Top],
        };
        for (field, &structure) in structures.iter().enumerate() {
            let mut references: Vec<Reference> = match structure {
                Structure::Frame => {
                    frames.iter().map(|&frame_num| Reference { frame_num, structure }).collect()
                }
                _ => {
                    let fields = [Structure::Top, Structure::Bottom];
                    let both = |&frame_num| fields.map(|structure| Reference { frame_num, structure });
                    frames.iter().flat_map(both).collect()
                }
            };
            if field == 1 && is_reference {
                references.push(Reference { frame_num, structure: structures[0] });
            }
            let order = match structure {
                Structure::Bottom => [4 * rank + bottom_later, 0],
                _ => [4 * rank, bottom_later],
            };
            let set = &sets[random.below(sets.len() as u32) as usize];
            let is_idr = is_idr && field == 0;
            let shared =
                Shared { sequence, set, structure, is_idr, nal_ref_idc, frame_num, order, references };
            shared.picture(random, hits, writer)?;
        }
        if is_reference {
            frames.push(frame_num);
        }
    }
    Ok(())
}

const P: i64 = 0;
const B: i64 = 1;
const I: i64 = 2;

impl Shared<'_> {
    fn is_field(&self) -> bool {
        self.structure != Structure::Frame
    }

    fn is_mbaff(&self) -> bool {
        self.sequence.mb_adaptive_frame_field_flag && !self.is_field()
    }

    fn picture(&self, random: &mut Random, hits: &mut Hits, writer: &mut Writer) -> Result<(), DreamError> {
        let size = self.sequence.frame_size() / if self.is_field() { 2 } else { 1 };
        // Slices begin at macroblocks, or at pairs of them.
        let unit = if self.is_mbaff() { 2 } else { 1 };
        let mut starts: Vec<u32> =
            (0..random.below(4)).map(|_| random.below(size / unit)).chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        let common = random.one_of(&[P, B]);
        let types: Vec<i64> = starts
            .iter()
            .map(|_| match () {
                () if self.references.is_empty() => I,
                () if random.chance(150) => common,
                () => random.one_of(&[P, B, I]),
            })
            .collect();
        let is_uniform = types.iter().all(|&slice_type| slice_type == types[0]) && random.chance(128);
        if random.chance(60) {
            let mut delimiter = unit_header(9, 0);
            delimiter.set("primary_pic_type", 7);
            let rbsp = writer.rbsp(delimiter)?;
            writer.stream.delimiter(&rbsp);
        }
        for (index, (&start, &slice_type)) in starts.iter().zip(&types).enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(size / unit);
            let mut header = unit_header(if self.is_idr { 5 } else { 1 }, self.nal_ref_idc);
            header.set("first_mb_in_slice", start);
            header.set("slice_type", slice_type + if is_uniform { 5 } else { 0 });
            let is_temporal = self.header(random, &mut header, slice_type);
            let (written, ()) = header.write(|bits| writer.sets.walk(bits))?;
            let mut rbsp = written.into_parts().0;
            let Content::Slice { parameters, .. } = writer.sets.take(&rbsp) else {
                return Err(DreamError::NoSlice);
            };
            debug_assert_eq!(parameters.slice_type == SliceType::I, slice_type == I);
            let limits = self.limits(is_temporal);
            rbsp.extend(slice_data(random, hits, &parameters, &limits, ((end - start) * unit) as usize)?);
            writer.stream.slice(&rbsp);
        }
        Ok(())
    }

    /// What motion vectors, levels and modes have to keep to.
    fn limits(&self, is_temporal: bool) -> Limits {
        // Clause A.3.1, for level 2.1 to 3. A vector that is inferred from one of another picture can be four times as large, and the
        // other one of the two five times.
        let most = match self.sequence.has_temporal_direct && self.nal_ref_idc != 0 {
            true => [1_300, 160],
            false => [8_000, 1_000],
        };
        let direct = if is_temporal { [6_600, 820] } else { [0, 0] };
        let unit = if self.is_field() { 2 } else { 1 };
        Limits {
            constrained_intra_pred_flag: self.set.constrained_intra_pred_flag,
            scaling: Scaling {
                weight: self.set.weight,
                has_bypass: self.sequence.has_bypass,
                chroma_qp_offset: self.set.chroma_qp_offset,
            },
            motion: [most, direct].map(|[x, y]| [x, y / unit]),
        }
    }

    /// The values of a slice header after slice_type. Whether vectors can be inferred from those of another picture.
    fn header(&self, random: &mut Random, header: &mut Header, slice_type: i64) -> bool {
        let (sequence, set) = (self.sequence, self.set);
        header.set("pic_parameter_set_id", set.pic_parameter_set_id).set("frame_num", self.frame_num);
        header.set("field_pic_flag", self.is_field());
        header.set("bottom_field_flag", self.structure == Structure::Bottom);
        let [first, later] = self.order;
        match sequence.pic_order_cnt_type {
            0 => _ = header.set("pic_order_cnt_lsb", first).set("delta_pic_order_cnt_bottom", later),
            1 => _ = header.set("delta_pic_order_cnt", first).set("delta_pic_order_cnt", later),
            _ => {}
        }
        let is_temporal =
            slice_type == B && sequence.has_temporal_direct && self.nal_ref_idc == 0 && random.chance(128);
        let lists = match slice_type {
            P => 1,
            B => 2,
            _ => 0,
        };
        if lists > 0 {
            self.lists(random, header, lists, is_temporal);
        }
        header.set("direct_spatial_mv_pred_flag", !is_temporal);
        header.set("cabac_init_idc", random.within(0..=2));
        let slice_qp = random.within(-6 * (sequence.kind.bit_depth - 8)..=51);
        header.set("slice_qp_delta", slice_qp - set.pic_init_qp);
        header.set("disable_deblocking_filter_idc", random.within(0..=2));
        header.set("slice_alpha_c0_offset_div2", random.within(-6..=6));
        header.set("slice_beta_offset_div2", random.within(-6..=6));
        is_temporal
    }

    /// The lists of references, and what they are weighted with.
    fn lists(&self, random: &mut Random, header: &mut Header, lists: usize, is_temporal: bool) {
        let most = if self.is_field() { 32 } else { 16 };
        let mut counts = [0, 1].map(|_| {
            1 + if random.chance(90) { random.below(most).max(random.below(most)) } else { random.below(3) }
        });
        if is_temporal {
            // A vector is inferred together with its reference, which has to be in list 0.
            counts[0] = counts[0].max(self.references.len() as u32);
        }
        header.set("num_ref_idx_active_override_flag", 1);
        let names = [
            ["num_ref_idx_l0_active_minus1", "ref_pic_list_modification_flag_l0"],
            ["num_ref_idx_l1_active_minus1", "ref_pic_list_modification_flag_l1"],
        ];
        for (list, [count_name, flag]) in names.into_iter().enumerate().take(lists) {
            let count = counts[list] as usize;
            header.set(count_name, counts[list] - 1);
            let is_default = lists == 1 && count <= self.references.len() && random.chance(100);
            header.set(flag, !is_default);
            if is_default {
                continue;
            }
            let mut wanted = Vec::new();
            if is_temporal && list == 0 {
                wanted.clone_from(&self.references);
                random.shuffle(&mut wanted);
            }
            while wanted.len() < count {
                wanted.push(random.one_of(&self.references));
            }
            self.modification(header, &wanted);
        }
        let is_explicit =
            if lists == 1 { self.set.weighted_pred_flag } else { self.set.weighted_bipred_idc == 1 };
        if is_explicit {
            weights(random, header, &counts[..lists], self.sequence.kind.chroma_format_idc != 0);
        }
    }

    /// The commands that make a list of these (clause 8.2.4.3.1).
    fn modification(&self, header: &mut Header, wanted: &[Reference]) {
        let max_pic_num = (1 << LOG2_MAX) * if self.is_field() { 2 } else { 1 };
        let pic_num = |reference: &Reference| match self.structure {
            Structure::Frame => reference.frame_num,
            structure => 2 * reference.frame_num + i64::from(reference.structure == structure),
        };
        let mut predicted = if self.is_field() { 2 * self.frame_num + 1 } else { self.frame_num };
        for reference in wanted {
            let difference = pic_num(reference) - predicted;
            // No difference is a whole turn.
            let abs = if difference == 0 { max_pic_num } else { difference.abs() };
            header
                .set("modification_of_pic_nums_idc", difference > 0)
                .set("abs_diff_pic_num_minus1", abs - 1);
            predicted = pic_num(reference);
        }
        header.set("modification_of_pic_nums_idc", 3);
    }
}

/// pred_weight_table(): of two weights together no more is allowed than 128 (clause 8.4.2.3).
fn weights(random: &mut Random, header: &mut Header, counts: &[u32], has_chroma: bool) {
    let (largest_denom, weight) = if counts.len() == 2 { (6, -64..=64) } else { (7, -128..=127) };
    header.set("luma_log2_weight_denom", random.within(0..=largest_denom));
    header.set("chroma_log2_weight_denom", random.within(0..=largest_denom));
    let names = [
        ["luma_weight_l0_flag", "luma_weight_l0", "luma_offset_l0"],
        ["luma_weight_l1_flag", "luma_weight_l1", "luma_offset_l1"],
    ];
    let chroma = [
        ["chroma_weight_l0_flag", "chroma_weight_l0", "chroma_offset_l0"],
        ["chroma_weight_l1_flag", "chroma_weight_l1", "chroma_offset_l1"],
    ];
    for (list, &count) in counts.iter().enumerate() {
        for _ in 0..count {
            for (names, values) in [(names[list], 1), (chroma[list], 2)] {
                let is_there = random.chance(80) && (values == 1 || has_chroma);
                header.set(names[0], is_there);
                for _ in 0..if is_there { values } else { 0 } {
                    header.set(names[1], random.within(weight.clone()));
                    header.set(names[2], random.within(-128..=127));
                }
            }
        }
    }
}
