//! What an access unit has besides its slices (clauses 7.3.2.4 to 7.3.2.8 and annex D): SEI messages before and after them, filler data,
//! and the ends of sequences and of the bitstream.
//!
//! Where delays are signalled, every IRAP picture has a buffering period and every picture its timing (D.3.2 and D.3.3): one tick from
//! picture to picture, which is time enough for any of them.

use super::picture::Shared;
use super::references::{CRA, Planned};
use super::vui::{Hrd, Vui};
use crate::dream::DreamError;
use crate::dream::header::Header;
use crate::dream::random::Random;
use crate::syntax::{BitCoder, HeaderError};

/// When a picture is removed from the buffer, and when it is output, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// Whether a coded video sequence begins with it.
    begins: bool,
    /// How long after the last IRAP picture before it the picture is removed.
    removal_delay: i64,
    /// How long after its removal it is output.
    output_delay: i64,
}

impl Timing {
    /// The timing of each picture.
    pub(super) fn of(pictures: &[Planned]) -> Vec<Timing> {
        let begins = |index: usize| begins(&pictures[index], index == 0);
        let mut sequence = 0;
        let mut ranks: Vec<(usize, i32, usize)> = Vec::new();
        for (index, planned) in pictures.iter().enumerate() {
            sequence += usize::from(begins(index));
            ranks.push((sequence, planned.order, index));
        }
        ranks.sort_unstable();
        let mut output = vec![0; pictures.len()];
        for (rank, (.., index)) in ranks.into_iter().enumerate() {
            output[index] = rank as i64;
        }
        let latest = output.iter().zip(0..).map(|(rank, index)| index - rank).max().unwrap_or(0);
        let mut last_irap = 0;
        let timing = |index: usize| {
            let now = index as i64;
            let removal_delay = now - last_irap;
            if pictures[index].is_irap() {
                last_irap = now;
            }
            Timing { begins: begins(index), removal_delay, output_delay: output[index] - now + latest }
        };
        (0..pictures.len()).map(timing).collect()
    }
}

/// Whether a coded video sequence begins with a picture.
fn begins(planned: &Planned, is_first: bool) -> bool {
    planned.is_irap() && (is_first || planned.nal_unit_type != CRA)
}

/// An SEI message: its payloadType and its payload.
type Message = (u8, Vec<u8>);

const PREFIX: u8 = 39;
const SUFFIX: u8 = 40;
const END_OF_SEQUENCE: u8 = 36;
const END_OF_BITSTREAM: u8 = 37;
const FILLER_DATA: u8 = 38;

/// Values of payloadType.
const BUFFERING_PERIOD: u8 = 0;
const PIC_TIMING: u8 = 1;
const FILLER_PAYLOAD: u8 = 3;
const USER_DATA_REGISTERED: u8 = 4;
const USER_DATA_UNREGISTERED: u8 = 5;
const RECOVERY_POINT: u8 = 6;
const ACTIVE_PARAMETER_SETS: u8 = 129;
const MASTERING_DISPLAY: u8 = 137;
const CONTENT_LIGHT_LEVEL: u8 = 144;

/// A NAL unit with these bytes.
fn unit(nal_unit_type: u8, temporal_id: i64, payload: &[u8]) -> Vec<u8> {
    [&[nal_unit_type << 1, temporal_id as u8 + 1], payload].concat()
}

/// An SEI NAL unit.
fn messages(nal_unit_type: u8, temporal_id: i64, all: &[Message]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (payload_type, payload) in all {
        bytes.push(*payload_type);
        bytes.extend(vec![255; payload.len() / 255]);
        bytes.push((payload.len() % 255) as u8);
        bytes.extend(payload);
    }
    bytes.push(0x80);
    unit(nal_unit_type, temporal_id, &bytes)
}

/// filler_data_rbsp().
pub(super) fn filler_data(random: &mut Random, temporal_id: i64) -> Vec<u8> {
    let mut bytes = vec![255; random.below(40) as usize];
    bytes.push(0x80);
    unit(FILLER_DATA, temporal_id, &bytes)
}

/// The NAL units before the slices.
pub(super) fn before(random: &mut Random, shared: &Shared<'_>) -> Result<Vec<Vec<u8>>, DreamError> {
    let (planned, timing, vui) = (shared.planned, &shared.timing, shared.sequence.vui.as_ref());
    let asked = shared.sequence.kind.asked;
    let mut groups: Vec<Vec<Message>> = Vec::new();
    if asked.sei && timing.begins && random.chance(128) {
        groups.push(vec![(ACTIVE_PARAMETER_SETS, payload(&Header::default(), active_parameter_sets)?)]);
    }
    // A NAL unit with these messages has no others.
    groups.push(delays(planned, timing, vui)?);
    let mut others = Vec::new();
    if asked.sei && planned.is_irap() && random.chance(128) {
        let mut header = Header::default();
        header.set("exact_match_flag", 1);
        header.set("broken_link_flag", matches!(planned.nal_unit_type, 16..=18));
        others.push((RECOVERY_POINT, payload(&header, recovery_point)?));
    }
    if asked.sei && timing.begins && random.chance(64) {
        let mut bytes: Vec<u8> = [34_000_u16, 16_000, 13_250, 34_500, 7_500, 3_000, 15_635, 16_450]
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect();
        bytes.extend([10_000_000_u32, 50].iter().flat_map(|value| value.to_be_bytes()));
        others.push((MASTERING_DISPLAY, bytes));
        others.push((
            CONTENT_LIGHT_LEVEL,
            [1_000_u16, 400].iter().flat_map(|value| value.to_be_bytes()).collect(),
        ));
    }
    while asked.sei && random.chance(110) {
        others.push(any(random));
    }
    if !others.is_empty() && random.chance(128) {
        groups.extend(others.into_iter().map(|message| vec![message]));
    } else {
        groups.push(others);
    }
    let groups = groups.iter().filter(|group| !group.is_empty());
    Ok(groups.map(|group| messages(PREFIX, planned.temporal_id, group)).collect())
}

/// The NAL units after the slices.
pub(super) fn after(random: &mut Random, shared: &Shared<'_>) -> Vec<Vec<u8>> {
    let asked = shared.sequence.kind.asked;
    let mut units = Vec::new();
    if asked.sei && random.chance(100) {
        units.push(messages(SUFFIX, shared.planned.temporal_id, &[any(random)]));
    }
    // A CRA picture after the end of a sequence would begin another one, and could refer to nothing.
    let ends = shared.next.is_none_or(|next| begins(next, false));
    if asked.ends && ends && random.chance(160) {
        units.push(unit(END_OF_SEQUENCE, 0, &[]));
    }
    if asked.ends && shared.next.is_none() && random.chance(160) {
        units.push(unit(END_OF_BITSTREAM, 0, &[]));
    }
    units
}

/// A message that can come anywhere.
fn any(random: &mut Random) -> Message {
    let mut bytes = vec![0; random.below(300) as usize];
    random.fill(&mut bytes);
    match random.below(3) {
        0 => {
            bytes.fill(255);
            (FILLER_PAYLOAD, bytes)
        }
        1 => {
            // A country that has registered nothing that decoders know.
            const COUNTRY_AND_PROVIDER: [u8; 3] = [0x26, 0, 0];
            (USER_DATA_REGISTERED, [&COUNTRY_AND_PROVIDER[..], &bytes].concat())
        }
        _ => {
            const UUID: [u8; 16] = *b"silicabac dreams";
            (USER_DATA_UNREGISTERED, [&UUID[..], &bytes].concat())
        }
    }
}

/// A buffering period and the timing of a picture, where they are required.
fn delays(planned: &Planned, timing: &Timing, vui: Option<&Vui>) -> Result<Vec<Message>, DreamError> {
    let mut all = Vec::new();
    let Some(vui) = vui else { return Ok(all) };
    let hrd = vui.has_delays();
    if let Some(hrd) = hrd.filter(|_| planned.is_irap()) {
        let mut header = Header::default();
        for _ in 0..2 * (hrd.cpb_cnt_minus1 + 1) {
            // Less than the time in which the buffer fills up, which is 70,000 and more.
            header.set("initial_cpb_removal_delay", 60_000);
        }
        all.push((BUFFERING_PERIOD, payload(&header, |bits| buffering_period(bits, hrd))?));
    }
    if hrd.is_some() || vui.frame_field_info_present_flag {
        let mut header = Header::default();
        header.set("source_scan_type", 1);
        header.set("au_cpb_removal_delay_minus1", (timing.removal_delay - 1).max(0));
        header.set("pic_dpb_output_delay", timing.output_delay);
        all.push((PIC_TIMING, payload(&header, |bits| pic_timing(bits, vui))?));
    }
    Ok(all)
}

/// The bytes of an sei_payload() with these values.
fn payload(
    header: &Header,
    walk: impl FnOnce(&mut crate::syntax::BitWriter<Header>) -> Result<(), HeaderError>,
) -> Result<Vec<u8>, DreamError> {
    let (mut writer, ()) = header.clone().write(walk)?;
    if writer.position() % 8 != 0 {
        writer.push(true);
    }
    Ok(writer.into_parts().0)
}

/// buffering_period() (clause D.2.2), without decoding units.
fn buffering_period<C: BitCoder>(coder: &mut C, hrd: &Hrd) -> Result<(), HeaderError> {
    let [initial, removal, _] = hrd.lengths;
    coder.ue("bp_seq_parameter_set_id")?;
    // If the flag were 1, delays would follow here, and more delays below.
    coder.u_in(1, "irap_cpb_params_present_flag", 0..=0)?;
    coder.flag("concatenation_flag")?;
    coder.u(removal, "au_cpb_removal_delay_delta_minus1")?;
    for _ in hrd.present.iter().filter(|is_present| **is_present) {
        for _ in 0..=hrd.cpb_cnt_minus1 {
            coder.u(initial, "initial_cpb_removal_delay")?;
            coder.u(initial, "initial_cpb_removal_offset")?;
        }
    }
    Ok(())
}

/// pic_timing() (clause D.2.3), without decoding units.
fn pic_timing<C: BitCoder>(coder: &mut C, vui: &Vui) -> Result<(), HeaderError> {
    if vui.frame_field_info_present_flag {
        coder.u(4, "pic_struct")?;
        coder.u(2, "source_scan_type")?;
        coder.flag("duplicate_flag")?;
    }
    if let Some(hrd) = vui.has_delays() {
        coder.u(hrd.lengths[1], "au_cpb_removal_delay_minus1")?;
        coder.u(hrd.lengths[2], "pic_dpb_output_delay")?;
    }
    Ok(())
}

/// recovery_point() (clause D.2.8).
fn recovery_point<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    coder.se("recovery_poc_cnt")?;
    coder.flag("exact_match_flag")?;
    coder.flag("broken_link_flag")?;
    Ok(())
}

/// active_parameter_sets() (annex D) of one layer.
fn active_parameter_sets<C: BitCoder>(coder: &mut C) -> Result<(), HeaderError> {
    coder.u(4, "active_video_parameter_set_id")?;
    coder.flag("self_contained_cvs_flag")?;
    coder.flag("no_parameter_set_update_flag")?;
    coder.ue("num_sps_ids_minus1")?;
    coder.ue("active_seq_parameter_set_id")?;
    Ok(())
}
