//! What is in a NAL unit, in numbers.

use std::collections::BTreeMap;

use super::parameters::Parameters;
use super::segment::ReadUnit;
use super::stream::{Content, StreamUnit};
use super::substreams::Watched;
use super::tree::{CodingUnit, PartMode, PredMode};
use crate::context::SliceType;
use crate::syntax::{Counter, Damaged, Info, left_over};

/// What was counted in the coding tree units.
#[derive(Default)]
struct Shown {
    coding_units: BTreeMap<(PredMode, PartMode, bool), u64>,
    /// The bytes at which substreams begin, but for the first.
    starts: Vec<usize>,
}

impl Shown {
    fn show(&mut self, read_unit: ReadUnit<'_, Watched<'_, Counter>>) {
        for CodingUnit { pred_mode, part_mode, pcm, .. } in &read_unit.coding_tree_unit.coding_units {
            *self.coding_units.entry((*pred_mode, *part_mode, pcm.is_some())).or_default() += 1;
        }
        self.starts.extend(read_unit.next_substream());
    }
}

impl StreamUnit {
    /// What is in it, in numbers.
    pub fn info(&self) -> Info {
        let mut info =
            Info { bytes: (self.unit.prefix.len() + self.unit.bytes.len()) as u64, ..Info::default() };
        if let Content::Damaged(error) = &self.content {
            info.add_damaged(self.damaged(error.to_string()));
        }
        if self.nal_unit_type().is_none() {
            return info;
        }
        info.units.insert(self.kind(), 1);
        match &self.content {
            Content::Other | Content::Damaged(_) => {}
            Content::ParameterSet(error) => {
                if let Some(sequence) = self.profile() {
                    info.sequences.insert(sequence, 1);
                }
                if let Some(error) = error {
                    info.tolerated.insert(error.to_string(), 1);
                }
            }
            Content::Unsupported(why) => _ = info.passed_through.insert(why.to_string(), 1),
            Content::Segment { parameters, .. } => {
                info.pictures.insert(format_of(parameters), 1);
                info.slices.insert(segment_name(parameters), 1);
                let Some((parts, read)) = self.observe_parts(Shown::show) else { return info };
                let mut starts = Vec::new();
                for (counter, shown) in parts {
                    info.add_counted(counter);
                    starts.extend(shown.starts);
                    for (kind, count) in shown.coding_units {
                        *info.coding_units.entry(unit_name(kind)).or_default() += count;
                    }
                }
                match read {
                    Ok(tail) => {
                        info.tolerated.extend(left_over(&tail).map(|note| (note, 1)));
                        // One key for all such errors, since the text of each has other numbers.
                        let wrong =
                            self.note_on(&starts).map(|_| "entry points that do not fit the substreams");
                        info.tolerated.extend(wrong.map(|note| (note.to_owned(), 1)));
                    }
                    Err(error) => info.add_damaged(self.damaged(error.to_string())),
                }
            }
        }
        info
    }

    /// general_profile_idc and general_level_idc of a sequence parameter set.
    fn profile(&self) -> Option<String> {
        let elements = self.headers().elements;
        let value =
            |name| elements.iter().find(|element| element.element.0 == name).map(|element| element.value);
        value("sps_seq_parameter_set_id")?;
        let (profile_idc, level_idc) = (value("general_profile_idc")?, value("general_level_idc")?);
        Some(format!("general_profile_idc {profile_idc}, general_level_idc {level_idc}"))
    }

    fn damaged(&self, error: String) -> Damaged {
        Damaged { nal_unit: self.number, offset: self.offset(), slice: self.slice_number, error }
    }
}

fn segment_name(parameters: &Parameters) -> &'static str {
    match (parameters.slice_type(), parameters.is_dependent()) {
        (SliceType::P, false) => "P",
        (SliceType::B, false) => "B",
        (SliceType::I, false) => "I",
        (SliceType::P, true) => "P, dependent segment",
        (SliceType::B, true) => "B, dependent segment",
        (SliceType::I, true) => "I, dependent segment",
    }
}

fn unit_name((pred_mode, part_mode, is_pcm): (PredMode, PartMode, bool)) -> String {
    let name = |kind: serde_json::Result<serde_json::Value>| match kind {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    };
    let (mode, parts) = (name(serde_json::to_value(pred_mode)), name(serde_json::to_value(part_mode)));
    match pred_mode {
        PredMode::Skip => mode,
        _ if is_pcm => mode + " PCM",
        _ => format!("{mode} {parts}"),
    }
}

/// The format as text, such as `352x288 4:2:0 8 bit, coding tree blocks of 64, WPP, tiles 2x2`.
fn format_of(parameters: &Parameters) -> String {
    let (sps, pps) = (&parameters.sps, &parameters.pps);
    let [width, height] = sps.pic_size;
    let chroma = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"][usize::from(sps.chroma_array_type() & 3)];
    let depth = match (sps.bit_depth_luma, sps.bit_depth_chroma) {
        (luma, chroma) if luma == chroma || sps.chroma_array_type() == 0 => format!("{luma}"),
        (luma, chroma) => format!("{luma} and {chroma}"),
    };
    let wpp = if pps.entropy_coding_sync_enabled_flag { ", WPP" } else { "" };
    let tiles =
        pps.tiles.as_ref().map_or(String::new(), |tiles| format!(", tiles {}x{}", tiles.columns, tiles.rows));
    let block = 1 << sps.ctb_log2_size;
    format!("{width}x{height} {chroma} {depth} bit, coding tree blocks of {block}{wpp}{tiles}")
}
