//! Pictures and their slices: order, references, headers.
//!
//! A list can have any of the references, as often as there is room. All lists of B slices and most of P slices are written out in full
//! (clause 8.2.4.3), so that their contents are known.

use super::legal::Limits;
use super::levels::Scaling;
use super::marking::{Command, Current, Memory, tell};
use super::references::{Reference, Structure, tell_list};
use super::sequence::{Picture, Sequence};
use super::slice::Slice;
use super::{Writer, unit_header};
use crate::avc::Content;
use crate::context::SliceType;
use crate::dream::DreamError;
use crate::dream::choice::Hits;
use crate::dream::header::Header;
use crate::dream::random::Random;
use crate::dream::zero_words::Spent;

/// What the slices of a picture share.
#[derive(Clone, Debug)]
struct Shared<'a> {
    sequence: &'a Sequence,
    set: &'a Picture,
    structure: Structure,
    is_idr: bool,
    nal_ref_idc: i64,
    /// FrameNumOffset + frame_num.
    count: i64,
    /// TopFieldOrderCnt, or the order count of the field, and how much larger that of the bottom field is.
    order: [i64; 2],
    references: Vec<Reference>,
    /// Whether every reference that another picture uses is still there.
    has_all: bool,
    long_term_reference_flag: bool,
    commands: Vec<Command>,
}

/// The places of frames in the order of output, and the frame that unmarks all references before it, if there is one. In the order of
/// output, too, that frame comes after all frames before it.
fn ranks(random: &mut Random, sequence: &Sequence) -> (Vec<i64>, Option<usize>) {
    let asked = sequence.kind.asked;
    let last = sequence.frames - 1;
    let resets = asked.marking && (asked.reset || random.chance(40));
    let reset = resets.then(|| random.within(1..=last as i64) as usize);
    let mut ranks: Vec<i64> = (1..sequence.frames as i64).collect();
    match reset {
        _ if sequence.pic_order_cnt_type == 2 => {}
        None => random.shuffle(&mut ranks),
        Some(reset) => {
            let (before, after) = ranks.split_at_mut(reset - 1);
            random.shuffle(before);
            random.shuffle(&mut after[1..]);
        }
    }
    for rank in ranks.iter_mut().skip(reset.unwrap_or(sequence.frames)) {
        *rank -= reset.unwrap_or(0) as i64;
    }
    ranks.insert(0, 0);
    (ranks, reset)
}

/// Writes all pictures of a stream.
pub(super) fn pictures(
    random: &mut Random,
    hits: &mut Hits,
    writer: &mut Writer,
    sequence: &Sequence,
    sets: &[Picture],
) -> Result<(), DreamError> {
    let (ranks, reset) = ranks(random, sequence);
    let asked = sequence.kind.asked;
    let mut memory = Memory::new(sequence.max_num_ref_frames, 1 << sequence.log2_max_frame_num);
    let (mut was_reference, mut next_count) = (true, 0);
    for (index, rank) in ranks.into_iter().enumerate() {
        let is_idr = index == 0;
        let resets = reset == Some(index);
        // If the order of output is that of decoding, two pictures in a row cannot both be non-reference pictures.
        let is_reference = is_idr
            || random.chance(170)
            || (sequence.pic_order_cnt_type == 2 && !was_reference)
            || sequence.cycle.wants_reference(was_reference, index == 1 || reset == Some(index - 1))
            || resets;
        was_reference = is_reference;
        let nal_ref_idc = if is_reference { random.within(1..=3) } else { 0 };
        if asked.gaps && !is_idr && memory.allows_gap() && random.chance(100) {
            for _ in 0..random.within(1..=6) {
                memory.gap(next_count);
                next_count += 1;
            }
        }
        let count = next_count;
        let may_be_paired = !sequence.frame_mbs_only_flag && !resets && (asked.fields || !asked.forgets());
        let is_paired = may_be_paired && random.chance(110);
        let bottom_later = random.within(if is_idr { 0 } else { -1 }..=2);
        let structures: &[Structure] = match (is_paired, random.chance(128)) {
            (false, _) => &[Structure::Frame],
            (true, false) => &[Structure::Top, Structure::Bottom],
            (true, true) => &[Structure::Bottom, Structure::Top],
        };
        // If the bottom field of an IDR picture comes first, its order is 0.
        let bottom_later = if is_idr && structures[0] == Structure::Bottom { 0 } else { bottom_later };
        for (field, &structure) in structures.iter().enumerate() {
            let order = match structure {
                Structure::Bottom => [4 * rank + bottom_later, 0],
                _ => [4 * rank, bottom_later],
            };
            let set = &sets[random.below(sets.len() as u32) as usize];
            let is_idr = is_idr && field == 0;
            let (references, has_all) = match is_idr {
                true => (Vec::new(), true),
                false => (memory.references(count, structure), memory.is_complete),
            };
            let long_term_reference_flag = is_idr && asked.marking && random.chance(80);
            let current = Current { count, structure, is_second: field == 1 && is_reference };
            let mut commands = Vec::new();
            if is_idr {
                memory.begin(current, long_term_reference_flag);
            } else if is_reference
                && asked.marking
                && (resets || memory.needs_command(current) || random.chance(200))
            {
                commands = memory.mark(random, current, resets);
            } else if is_reference {
                memory.take(current);
            }
            let shared = Shared {
                sequence,
                set,
                structure,
                is_idr,
                nal_ref_idc,
                count,
                order,
                references,
                has_all,
                long_term_reference_flag,
                commands,
            };
            shared.picture(random, hits, writer)?;
        }
        if is_reference {
            next_count = if resets { 1 } else { count + 1 };
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
        // Slices begin at macroblocks, or at pairs of them in MBAFF frames.
        let unit = if self.is_mbaff() { 2 } else { 1 };
        let planes = if self.sequence.kind.asked.planes { 3 } else { 1 };
        let mut slices: Vec<(u32, u32, i64)> = Vec::new();
        for plane in 0..planes {
            let mut starts: Vec<u32> =
                (0..random.below(4)).map(|_| random.below(size / unit)).chain([0]).collect();
            starts.sort_unstable();
            starts.dedup();
            let ends = starts.iter().copied().skip(1).chain([size / unit]);
            slices.extend(starts.iter().copied().zip(ends).map(|(start, end)| (start, end, plane)));
        }
        let common = random.one_of(&[P, B]);
        let types: Vec<i64> = slices
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
        let mut spent = Spent::default();
        for (index, (&(start, end, plane), &slice_type)) in slices.iter().zip(&types).enumerate() {
            let mut header = unit_header(if self.is_idr { 5 } else { 1 }, self.nal_ref_idc);
            header.set("first_mb_in_slice", start);
            header.set("slice_type", slice_type + if is_uniform { 5 } else { 0 });
            header.set("colour_plane_id", plane);
            let is_temporal = self.header(random, &mut header, slice_type);
            let (written, ()) = header.write(|bits| writer.sets.walk(bits))?;
            let mut rbsp = written.into_parts().0;
            let Content::Slice { parameters, .. } = writer.sets.take(&rbsp) else {
                return Err(DreamError::NoSlice);
            };
            debug_assert_eq!(parameters.slice_type == SliceType::I, slice_type == I);
            let limits = self.limits(is_temporal);
            let slice = Slice {
                parameters: &parameters,
                limits: &limits,
                count: ((end - start) * unit) as usize,
                pattern: self.sequence.kind.asked.pattern,
                is_last: index + 1 == slices.len(),
            };
            rbsp.extend(slice.data(random, hits, &mut spent)?);
            writer.stream.slice(&rbsp);
        }
        Ok(())
    }

    /// The limits for motion vectors, levels and modes.
    fn limits(&self, is_temporal: bool) -> Limits {
        // Clause A.3.1, for level 2.1 to 3. A vector that is inferred from one of another picture can be four times as large, and the
        // second one that is inferred with it five times.
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

    /// Sets the values of a slice header after slice_type. Returns whether vectors can be inferred from those of another picture.
    fn header(&self, random: &mut Random, header: &mut Header, slice_type: i64) -> bool {
        let (sequence, set) = (self.sequence, self.set);
        header.set("pic_parameter_set_id", set.pic_parameter_set_id).set("frame_num", self.frame_num());
        header.set("field_pic_flag", self.is_field());
        header.set("bottom_field_flag", self.structure == Structure::Bottom);
        self.picture_order(header);
        let is_temporal = slice_type == B
            && sequence.has_temporal_direct
            && self.nal_ref_idc == 0
            && self.has_all
            && random.chance(128);
        let lists = match slice_type {
            P => 1,
            B => 2,
            _ => 0,
        };
        if lists > 0 {
            self.lists(random, header, lists, is_temporal);
        }
        header.set("long_term_reference_flag", self.long_term_reference_flag);
        tell(header, &self.commands);
        header.set("direct_spatial_mv_pred_flag", !is_temporal);
        header.set("cabac_init_idc", random.within(0..=2));
        let slice_qp = random.within(-6 * (sequence.kind.bit_depth[0] - 8)..=51);
        header.set("slice_qp_delta", slice_qp - set.pic_init_qp);
        header.set("disable_deblocking_filter_idc", random.within(0..=2));
        header.set("slice_alpha_c0_offset_div2", random.within(-6..=6));
        header.set("slice_beta_offset_div2", random.within(-6..=6));
        is_temporal
    }

    fn frame_num(&self) -> i64 {
        self.count.rem_euclid(1 << self.sequence.log2_max_frame_num)
    }

    /// CurrPicNum and MaxPicNum.
    fn pic_nums(&self) -> [i64; 2] {
        let max_frame_num = 1 << self.sequence.log2_max_frame_num;
        if self.is_field() {
            [2 * self.frame_num() + 1, 2 * max_frame_num]
        } else {
            [self.frame_num(), max_frame_num]
        }
    }

    /// Sets the elements of clause 8.2.1.
    fn picture_order(&self, header: &mut Header) {
        let (sequence, [first, later]) = (self.sequence, self.order);
        match sequence.pic_order_cnt_type {
            0 => _ = header.set("pic_order_cnt_lsb", first).set("delta_pic_order_cnt_bottom", later),
            1 => {
                let expected = sequence.cycle.expected(self.count, self.nal_ref_idc != 0);
                let bottom = sequence.cycle.offset_for_top_to_bottom_field;
                let first = match self.structure {
                    Structure::Bottom => first - bottom,
                    // The smaller of the two order counts of an IDR frame is 0.
                    Structure::Frame if self.is_idr => (-bottom).max(0),
                    _ => first,
                };
                header
                    .set("delta_pic_order_cnt", first - expected)
                    .set("delta_pic_order_cnt", later - bottom);
            }
            _ => {}
        }
    }

    /// Sets the lists of references, and their weights.
    fn lists(&self, random: &mut Random, header: &mut Header, lists: usize, is_temporal: bool) {
        let sequence = self.sequence;
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
            // With gaps, a list that is not written out may contain frames that are missing.
            let may_be_default = lists == 1 && count <= self.references.len() && !sequence.kind.asked.gaps;
            let is_default = may_be_default && random.chance(100);
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
            tell_list(header, &wanted, self.structure, self.pic_nums());
        }
        let is_explicit =
            if lists == 1 { self.set.weighted_pred_flag } else { self.set.weighted_bipred_idc == 1 };
        if is_explicit {
            weights(random, header, &counts[..lists], sequence.kind.has_chroma());
        }
    }
}

/// Sets pred_weight_table(). The sum of two weights that are used together may be 128 at most (clause 8.4.2.3).
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
