//! Dreams of H.265: streams made up from a seed.

mod asked;
mod blocks;
mod coding_units;
mod data;
mod layout;
mod levels;
mod picture;
mod picture_set;
mod profile;
mod qp;
pub(super) mod reduced;
mod references;
mod scaling;
mod sei;
mod sequence;
mod structure;
mod vui;
mod weights;

use super::DreamError;
use super::byte_stream::ByteStream;
use super::choice::Hits;
use super::header::Header;
use super::random::Random;
use crate::hevc::headers::{ParameterSets, SliceSegment};

/// A random stream, of a kind that can have these features.
pub(super) fn dream(random: &mut Random, features: &[&str]) -> Result<Vec<u8>, DreamError> {
    let mut writer = Writer::default();
    let kind = profile::Kind::any(random, features);
    let mut plan = references::plan(random, &kind);
    let sequence = sequence::Sequence::new(random, kind, &plan);
    sequence.order(&mut plan.pictures);
    writer.video_parameter_set(sequence.video_parameter_set(), &sequence)?;
    writer.parameter_set(sequence.header(random))?;
    let mut sets = Vec::new();
    for id in 0..1 + i64::from(random.below(3)) {
        let (set, header) = picture_set::PictureSet::new(random, &sequence, id);
        writer.parameter_set(header)?;
        sets.push(set);
    }
    let mut hits = Hits::default();
    let timing = sei::Timing::of(&plan.pictures);
    for (index, planned) in plan.pictures.iter().enumerate() {
        let set = &sets[random.below(sets.len() as u32) as usize];
        let next = plan.pictures.get(index + 1);
        picture::Shared { sequence: &sequence, set, planned, timing: timing[index], next }.picture(
            random,
            &mut hits,
            &mut writer,
        )?;
    }
    Ok(writer.stream.bytes)
}

/// The header of a NAL unit of this type and this TemporalId.
fn unit_header(nal_unit_type: i64, temporal_id: i64) -> Header {
    let mut header = Header::default();
    header.set("nal_unit_type", nal_unit_type).set("nuh_temporal_id_plus1", temporal_id + 1);
    header
}

/// A byte stream under construction, and the parameter sets in it.
#[derive(Debug, Default)]
struct Writer {
    sets: ParameterSets,
    stream: ByteStream,
}

impl Writer {
    fn video_parameter_set(
        &mut self,
        header: Header,
        sequence: &sequence::Sequence,
    ) -> Result<(), DreamError> {
        let highest = sequence.max_sub_layers_minus1();
        let (mut writer, ()) = header.write(|bits| sequence::video_parameter_set_rbsp(bits, highest))?;
        writer.push(true);
        self.stream.unit(&writer.into_parts().0);
        Ok(())
    }

    fn parameter_set(&mut self, header: Header) -> Result<(), DreamError> {
        let rbsp = self.rbsp(header)?;
        self.stream.unit(&rbsp);
        Ok(())
    }

    /// The bytes of a header that ends with trailing bits.
    fn rbsp(&mut self, header: Header) -> Result<Vec<u8>, DreamError> {
        let (mut writer, _) = header.write(|bits| self.sets.walk(bits))?;
        writer.push(true);
        Ok(writer.into_parts().0)
    }

    /// The bytes of a slice segment header, and what it means.
    fn slice_segment(&mut self, header: Header) -> Result<(Vec<u8>, SliceSegment), DreamError> {
        let (writer, segment) = header.write(|bits| self.sets.walk(bits))?;
        Ok((writer.into_parts().0, segment.ok_or(DreamError::NoSlice)?))
    }
}
