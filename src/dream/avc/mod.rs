//! Dreams of H.264: streams made up from a seed.

pub(super) mod intra;
mod legal;
mod levels;
mod marking;
mod motion;
mod order;
mod picture;
pub(super) mod reduced;
mod references;
mod sequence;
mod slice;

use super::DreamError;
use super::byte_stream::ByteStream;
use super::choice::Hits;
use super::header::Header;
use super::planted::Pattern;
use super::random::Random;
use crate::avc::ParameterSets;

/// The kind of a stream.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// profile_idc: 77, 100, 110, 122 or 244.
    profile_idc: i64,
    /// chroma_format_idc.
    chroma_format_idc: i64,
    /// BitDepthY and BitDepthC.
    bit_depth: [i64; 2],
    /// Whether there are fields, or frames whose macroblocks can be fields.
    interlaced: bool,
    asked: Asked,
}

/// What a stream has only if it is asked for. All other streams keep every reference to the end.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// Memory management control operations (commands of dec_ref_pic_marking()).
    marking: bool,
    /// The operation 5.
    reset: bool,
    /// Gaps in frame_num.
    gaps: bool,
    /// Fields although gaps or operations are asked for: common decoders do not agree on these.
    fields: bool,
    /// Picture order count of type 1, which follows from frame_num.
    cycle: bool,
    /// separate_colour_plane_flag.
    planes: bool,
    /// What the bits of slice data should contain.
    pattern: Option<Pattern>,
    /// Different BitDepthY and BitDepthC.
    unequal_depth: bool,
}

impl Asked {
    fn new(features: &[&str]) -> Asked {
        let any = |names: &[&str]| features.iter().any(|feature| names.contains(feature));
        Asked {
            marking: any(&["marking", "long-term", "mmco1", "mmco2", "mmco3", "mmco4", "mmco5", "mmco6"]),
            reset: any(&["mmco5"]),
            gaps: any(&["gaps"]),
            fields: any(&["field"]),
            cycle: any(&["order-cycle"]),
            planes: any(&["separate-planes"]),
            pattern: Pattern::of(features),
            unequal_depth: any(&["unequal-depth"]),
        }
    }

    /// Whether a frame that was a reference may be unmarked.
    fn forgets(self) -> bool {
        self.marking || self.gaps
    }
}

impl Kind {
    fn any(random: &mut Random, asked: Asked) -> Kind {
        let profile_idc = random.one_of(&[77, 100, 100, 110, 122, 244]);
        let (formats, depths): (&[i64], &[i64]) = match profile_idc {
            77 => (&[1], &[8]),
            100 => (&[0, 1, 1, 1], &[8]),
            110 => (&[0, 1, 1], &[8, 9, 10]),
            122 => (&[0, 1, 2, 2], &[8, 9, 10]),
            _ => (&[0, 1, 2, 3, 3, 3], &[8, 9, 10, 12, 14]),
        };
        let chroma_format_idc = random.one_of(formats);
        let luma = random.one_of(depths);
        let has_both = asked.unequal_depth && chroma_format_idc != 0;
        let chroma = if has_both { random.one_of(depths) } else { luma };
        let kind = Kind {
            profile_idc,
            chroma_format_idc,
            bit_depth: [luma, chroma],
            interlaced: random.chance(128),
            asked,
        };
        if asked.planes { Kind { profile_idc: 244, chroma_format_idc: 3, ..kind } } else { kind }
    }

    /// Whether macroblocks have chroma, that is, ChromaArrayType is not 0.
    fn has_chroma(&self) -> bool {
        self.chroma_format_idc != 0 && !self.asked.planes
    }
}

/// A random stream, of a kind that can have these features.
pub(super) fn dream(random: &mut Random, features: &[&str]) -> Result<Vec<u8>, DreamError> {
    let mut writer = Writer::default();
    let kind = Kind::any(random, Asked::new(features));
    let (sequence, header) = sequence::Sequence::new(random, kind);
    writer.parameter_set(header)?;
    let mut sets = Vec::new();
    for id in 0..1 + i64::from(random.below(3)) {
        let (picture, header) = sequence.picture(random, id);
        writer.parameter_set(header)?;
        sets.push(picture);
    }
    let mut hits = Hits::default();
    picture::pictures(random, &mut hits, &mut writer, &sequence, &sets)?;
    Ok(writer.stream.bytes)
}

/// The header of a NAL unit of this type.
fn unit_header(nal_unit_type: i64, nal_ref_idc: i64) -> Header {
    let mut header = Header::default();
    header.set("nal_unit_type", nal_unit_type).set("nal_ref_idc", nal_ref_idc);
    header
}

/// A byte stream under construction, and the parameter sets in it.
#[derive(Debug, Default)]
struct Writer {
    sets: ParameterSets,
    stream: ByteStream,
}

impl Writer {
    fn parameter_set(&mut self, header: Header) -> Result<(), DreamError> {
        let rbsp = self.rbsp(header)?;
        self.sets.take(&rbsp);
        self.stream.unit(&rbsp);
        Ok(())
    }

    /// The bytes of a header that ends with trailing bits.
    fn rbsp(&self, header: Header) -> Result<Vec<u8>, DreamError> {
        let (mut writer, ()) = header.write(|bits| self.sets.walk(bits))?;
        writer.push(true);
        Ok(writer.into_parts().0)
    }
}
