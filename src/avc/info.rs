//! What is in a NAL unit, in numbers.

use std::collections::BTreeMap;

use super::headers::{Content, unit_name};
use super::parameters::Parameters;
use super::stream::StreamUnit;
use crate::context::SliceType;
use crate::syntax::{Counter, Damaged, Info, left_over};

impl StreamUnit {
    /// What is in it, in numbers.
    pub fn info(&self) -> Info {
        let mut info =
            Info { bytes: (self.unit.prefix.len() + self.unit.bytes.len()) as u64, ..Info::default() };
        if let Content::Damaged(error) = &self.content {
            info.add_damaged(self.damaged(error.to_string()));
        }
        let Some(nal_unit_type) = self.nal_unit_type() else { return info };
        info.units.insert(unit_name(nal_unit_type), 1);
        if let (7, [_, profile_idc, _, level_idc, ..]) = (nal_unit_type, &self.rbsp[..]) {
            info.sequences.insert(format!("profile_idc {profile_idc}, level_idc {level_idc}"), 1);
        }
        match &self.content {
            Content::Other | Content::Damaged(_) | Content::ParameterSet(None) => {}
            Content::ParameterSet(Some(error)) => _ = info.tolerated.insert(error.to_string(), 1),
            Content::Unsupported(why) => _ = info.passed_through.insert(why.to_string(), 1),
            Content::Slice { parameters, .. } => {
                info.pictures.insert(format_of(parameters), 1);
                info.slices.insert(slice_name(parameters.slice_type), 1);
                let mut macroblocks: BTreeMap<_, u64> = BTreeMap::new();
                let read = self.observe(Counter::default(), |read_unit| {
                    *macroblocks.entry(read_unit.macroblock.mb_type).or_default() += 1;
                });
                info.macroblocks =
                    macroblocks.into_iter().map(|(kind, count)| (kind.name(), count)).collect();
                if let Some((counter, read)) = read {
                    (info.bins, info.contexts) = (counter.bins, counter.contexts);
                    if let Ok(tail) = &read
                        && let Some(note) = left_over(tail)
                    {
                        info.tolerated.insert(note, 1);
                    }
                    if let Err(error) = read {
                        info.add_damaged(self.damaged(error.to_string()));
                    }
                }
            }
        }
        info
    }

    fn damaged(&self, error: String) -> Damaged {
        Damaged { nal_unit: self.number, offset: self.offset(), slice: self.slice_number, error }
    }
}

const fn slice_name(slice_type: SliceType) -> &'static str {
    match slice_type {
        SliceType::P => "P",
        SliceType::B => "B",
        SliceType::I => "I",
    }
}

/// The format as text, such as `352x288 4:2:0 8 bit, MBAFF frames`; the size is in whole macroblocks.
fn format_of(parameters: &Parameters) -> String {
    let (width, size) = (parameters.pic_width_in_mbs, parameters.pic_size_in_mbs);
    let structure = match parameters {
        Parameters { mbaff_frame_flag: true, .. } => "MBAFF frames",
        Parameters { field_pic_flag: true, .. } => "fields",
        _ => "frames",
    };
    let chroma = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"][usize::from(parameters.chroma_array_type & 3)];
    let depth = match (parameters.bit_depth_luma, parameters.bit_depth_chroma) {
        (luma, chroma) if luma == chroma || parameters.chroma_array_type == 0 => format!("{luma}"),
        (luma, chroma) => format!("{luma} and {chroma}"),
    };
    format!("{}x{} {chroma} {depth} bit, {structure}", 16 * width, 16 * (size / width.max(1)))
}
