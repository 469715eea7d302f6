//! Pictures and their slice segments: the values of their headers.
//!
//! Whatever has to be the same in all slices of a picture is chosen once. Lists of references may have any of those that the picture can
//! use, in any order; if motion is inferred from another picture, every list that collocated_ref_idx selects from contains that picture.

use super::data::{self, Rules};
use super::layout::segments;
use super::levels::Scaling;
use super::picture_set::PictureSet;
use super::qp::Qp;
use super::references::{LongTerm, Planned, tell_set};
use super::sei::{self, Timing};
use super::sequence::Sequence;
use super::{Writer, unit_header, weights};
use crate::dream::DreamError;
use crate::dream::choice::Hits;
use crate::dream::header::Header;
use crate::dream::random::Random;
use crate::dream::zero_words::Spent;
use crate::hevc::{Parameters, TileGrid};

/// What the slices of a picture share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared<'a> {
    pub(super) sequence: &'a Sequence,
    pub(super) set: &'a PictureSet,
    pub(super) planned: &'a Planned,
    pub(super) timing: Timing,
    /// The next picture in the order of decoding.
    pub(super) next: Option<&'a Planned>,
}

const B: i64 = 0;
const P: i64 = 1;
const I: i64 = 2;

impl Shared<'_> {
    pub(super) fn picture(
        &self,
        random: &mut Random,
        hits: &mut Hits,
        writer: &mut Writer,
    ) -> Result<(), DreamError> {
        if random.chance(60) {
            let mut delimiter = unit_header(35, self.planned.temporal_id);
            delimiter.set("pic_type", 2);
            let rbsp = writer.rbsp(delimiter)?;
            writer.stream.delimiter(&rbsp);
        }
        for unit in sei::before(random, self)? {
            writer.stream.unit(&unit);
        }
        let blocks = self.set.grid.blocks();
        let has_rows = self.sequence.kind.has_rows;
        let all = segments(random, &blocks, has_rows, self.set.dependent_slice_segments_enabled_flag);
        let common = self.common(random);
        let mut spent = Spent::default();
        let mut slice: Option<(Parameters, data::Before)> = None;
        for segment in &all {
            let address = blocks[segment.first].address;
            let mut header = common.clone();
            header.set("first_slice_segment_in_pic_flag", segment.first == 0);
            header
                .set("dependent_slice_segment_flag", segment.is_dependent)
                .set("slice_segment_address", address);
            let (parameters, before, qp_offset) = match (&slice, segment.is_dependent) {
                (Some((parameters, before)), true) => {
                    let parameters = Parameters { slice_segment_address: address, ..parameters.clone() };
                    (parameters, before.clone(), before.qp_offset)
                }
                _ => {
                    let qp_offset = self.slice(random, &mut header);
                    let parameters = self.parameters(writer, &header, address)?;
                    let qp = Qp::new(&parameters);
                    (parameters, data::Before { end: None, qp, qp_offset }, qp_offset)
                }
            };
            let rules = Rules {
                scaling: Scaling { weight: self.set.weight, chroma_qp_offset: qp_offset },
                most_richness: if self.sequence.samples() > 24_000 { 1 } else { 4 },
                is_last: segment.end == blocks.len(),
                pattern: self.sequence.kind.pattern,
            };
            let made = data::segment(
                random,
                hits,
                &parameters,
                before,
                &blocks[segment.first..segment.end],
                &rules,
                &mut spent,
            )?;
            self.entry_points(random, &mut header, &made.entry_points);
            let (mut rbsp, _) = writer.slice_segment(header)?;
            rbsp.extend(&made.bytes);
            writer.stream.slice(&rbsp);
            slice = Some((parameters, made.after));
            if self.sequence.kind.asked.filler && random.chance(100) {
                writer.stream.unit(&sei::filler_data(random, self.planned.temporal_id));
            }
        }
        for unit in sei::after(random, self) {
            writer.stream.unit(&unit);
        }
        Ok(())
    }

    /// What the data of a slice with this header depends on.
    fn parameters(
        &self,
        writer: &mut Writer,
        header: &Header,
        address: u32,
    ) -> Result<Parameters, DreamError> {
        let (_, segment) = writer.slice_segment(header.clone())?;
        let pps = writer.sets.picture(segment.slice_pic_parameter_set_id).ok_or(DreamError::NoSlice)?.clone();
        let sps = writer.sets.sequence(pps.pps_seq_parameter_set_id).ok_or(DreamError::NoSlice)?.clone();
        let tiles = TileGrid::new(pps.tiles.as_ref(), sps.size_in_ctbs()).ok_or(DreamError::NoSlice)?;
        let slice = segment.slice.ok_or(DreamError::NoSlice)?;
        Ok(Parameters { sps, pps, slice, tiles, slice_segment_address: address, slice_addr_rs: address })
    }

    /// The values that all slice segments of the picture share.
    fn common(&self, random: &mut Random) -> Header {
        let (sequence, planned) = (self.sequence, self.planned);
        let mut header = unit_header(planned.nal_unit_type, planned.temporal_id);
        header.set("no_output_of_prior_pics_flag", planned.no_output_of_prior_pics_flag);
        header.set("slice_pic_parameter_set_id", self.set.id);
        header.set("pic_output_flag", planned.is_irap() || random.chance(200));
        header.set("slice_pic_order_cnt_lsb", sequence.lsb(planned.order));
        let sets = &sequence.short_term_sets;
        let listed: Vec<usize> = (0..sets.len()).filter(|&index| sets[index] == planned.short).collect();
        let is_listed = !listed.is_empty() && random.chance(200);
        header.set("short_term_ref_pic_set_sps_flag", is_listed);
        if is_listed {
            header.set("short_term_ref_pic_set_idx", random.one_of(&listed) as i64);
        } else {
            tell_set(random, &mut header, &planned.short, sets, true);
        }
        self.long_term(random, &mut header);
        let has_motion = sequence.sps_temporal_mvp_enabled_flag && planned.collocated.is_some();
        header.set("slice_temporal_mvp_enabled_flag", has_motion);
        header
    }

    /// Sets the long-term references: first those that the sequence parameter set lists.
    fn long_term(&self, random: &mut Random, header: &mut Header) {
        let sequence = self.sequence;
        let (of_sequence, own): (Vec<LongTerm>, Vec<LongTerm>) =
            self.planned.long.iter().partition(|long| sequence.listed(long).is_some());
        header.set("num_long_term_sps", of_sequence.len() as i64).set("num_long_term_pics", own.len() as i64);
        for all in [&of_sequence, &own] {
            // DeltaPocMsbCycleLt of the reference before.
            let mut last = 0;
            for long in all {
                let lsb = sequence.lsb(long.order);
                if let Some(place) = sequence.listed(long) {
                    header.set("lt_idx_sps", place as i64);
                } else {
                    header.set("poc_lsb_lt", lsb).set("used_by_curr_pic_lt_flag", long.is_used);
                }
                // Two pictures may have the same lowest bits.
                let is_needed = sequence.kind.asked.has_structure();
                header.set("delta_poc_msb_present_flag", is_needed || random.chance(80));
                let order = self.planned.order;
                let msb = (order - sequence.lsb(order)) - (long.order - lsb);
                let cycle = msb >> sequence.log2_max_pic_order_cnt_lsb;
                if is_needed {
                    header.set("delta_poc_msb_cycle_lt", cycle - last);
                }
                last = cycle;
            }
        }
    }

    /// Sets the values of one slice. Returns by how much the QP of chroma may be larger than that of luma.
    fn slice(&self, random: &mut Random, header: &mut Header) -> i64 {
        let (sequence, set) = (self.sequence, self.set);
        for _ in 0..set.num_extra_slice_header_bits {
            header.set("slice_reserved_flag", random.chance(128));
        }
        let has_references = !self.planned.references(0).is_empty() && !self.planned.is_irap();
        let slice_type = if has_references { random.one_of(&[P, P, B, B, B, I]) } else { I };
        header.set("slice_type", slice_type);
        header
            .set("slice_sao_luma_flag", random.chance(190))
            .set("slice_sao_chroma_flag", random.chance(190));
        match slice_type {
            P => self.prediction(random, header, 1),
            B => self.prediction(random, header, 2),
            _ => {}
        }
        header.set("slice_qp_delta", random.within(-sequence.kind.qp_bd_offset()..=51) - set.init_qp);
        let mut most = 0;
        for (name, offset) in
            ["slice_cb_qp_offset", "slice_cr_qp_offset"].into_iter().zip(set.chroma_qp_offset)
        {
            let own = random.within(-12 - offset.min(0)..=12 - offset.max(0));
            header.set(name, own);
            most = most.max(offset + own).max(offset);
        }
        header.set("cu_chroma_qp_offset_enabled_flag", random.chance(190));
        header.set("deblocking_filter_override_flag", random.chance(128));
        header.set("slice_deblocking_filter_disabled_flag", random.chance(100));
        header.set("slice_beta_offset_div2", random.within(-6..=6));
        header.set("slice_tc_offset_div2", random.within(-6..=6));
        header.set("slice_loop_filter_across_slices_enabled_flag", random.chance(128));
        most + set.most_cu_chroma_qp_offset
    }

    /// Sets the values of P and B slices for their references.
    fn prediction(&self, random: &mut Random, header: &mut Header, lists: usize) {
        let (sequence, set) = (self.sequence, self.set);
        let names = [
            ["num_ref_idx_l0_active_minus1", "ref_pic_list_modification_flag_l0", "list_entry_l0"],
            ["num_ref_idx_l1_active_minus1", "ref_pic_list_modification_flag_l1", "list_entry_l1"],
        ];
        let collocated = self.planned.collocated.filter(|_| sequence.sps_temporal_mvp_enabled_flag);
        let from = if lists == 2 { random.below(2) as usize } else { 0 };
        header.set("num_ref_idx_active_override_flag", 1);
        let mut counts = Vec::new();
        for (list, [count_name, flag, entry]) in names.into_iter().enumerate().take(lists) {
            let initial = self.planned.references(list);
            let wanted = if list == from { collocated } else { None };
            let mut count = 1 + if random.chance(50) { random.below(15) } else { random.below(4) } as usize;
            let is_modified = set.lists_modification_present_flag && initial.len() > 1 && random.chance(150);
            let mut entries: Vec<usize> = (0..count).map(|index| index % initial.len()).collect();
            if is_modified {
                entries.iter_mut().for_each(|entry| *entry = random.below(initial.len() as u32) as usize);
            }
            if let Some(order) = wanted
                && entries.iter().all(|&entry| initial[entry] != order)
            {
                let place = initial.iter().position(|&other| other == order).unwrap_or(0);
                if is_modified {
                    entries[random.below(count as u32) as usize] = place;
                } else {
                    count = place + 1;
                    entries = (0..count).collect();
                }
            }
            header.set(count_name, count as i64 - 1).set(flag, is_modified);
            for place in entries.iter().filter(|_| is_modified) {
                header.set(entry, *place as i64);
            }
            if let Some(order) = wanted {
                let places: Vec<usize> =
                    (0..count).filter(|&index| initial[entries[index]] == order).collect();
                header.set("collocated_from_l0_flag", list == 0);
                header.set("collocated_ref_idx", random.one_of(&places) as i64);
            }
            counts.push(count as u32);
        }
        header.set("mvd_l1_zero_flag", random.chance(64)).set("cabac_init_flag", random.chance(128));
        let is_weighted = if lists == 2 { set.weighted_bipred_flag } else { set.weighted_pred_flag };
        if is_weighted {
            let kind = &sequence.kind;
            let is_precise = sequence.range.high_precision_offsets_enabled_flag;
            let half = kind.bit_depth.map(|depth| 1 << if is_precise { depth - 1 } else { 7 });
            weights::tell(random, header, &counts, kind.chroma_format_idc != 0, half);
        }
        header.set("five_minus_max_num_merge_cand", random.within(0..=4));
    }

    /// Sets the entry points of substreams, and the rest of a slice segment header.
    fn entry_points(&self, random: &mut Random, header: &mut Header, lengths: &[u64]) {
        header.set("num_entry_point_offsets", lengths.len() as i64);
        if let Some(longest) = lengths.iter().max() {
            let bits = i64::from(64 - (longest - 1).leading_zeros()).max(1);
            header.set("offset_len_minus1", random.within(bits..=32) - 1);
        }
        for length in lengths {
            header.set("entry_point_offset_minus1", *length as i64 - 1);
        }
        let length = random.within(0..=5);
        header.set("slice_segment_header_extension_length", length);
        for _ in 0..length {
            header.set("slice_segment_header_extension_data_byte", random.within(0..=255));
        }
    }
}
