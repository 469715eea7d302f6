//! The headers of NAL units: parameter sets and slice headers. Each structure has one walk, in a file of its own, for every coder of
//! header bits. This file says which one a NAL unit has, and what slice data depends on.
//!
//! Only values that slice data depends on are checked. So a stream is read whatever else is wrong with its headers, as decoders in use do
//! it.

mod picture;
mod sequence;
mod slice_header;

use std::collections::BTreeMap;

pub use picture::Picture;
pub use sequence::Sequence;
pub use slice_header::SliceHeader;
pub(super) use slice_header::slice_type_name;

use super::parameters::Parameters;
use crate::context::SliceType;
use crate::syntax::{BitCoder, BitReader, HeaderError};

/// The parameter sets that a stream has sent so far, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets {
    sequences: BTreeMap<u8, Sequence>,
    pictures: BTreeMap<u8, Picture>,
}

/// Why slice data is passed through untouched: it is of a kind that is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// entropy_coding_mode_flag is 0.
    #[error("coded with CAVLC")]
    Cavlc,
    /// Slices of type SP or SI, which no CABAC profile has.
    #[error("slices of type SP and SI are not supported")]
    Switching,
    /// num_slice_groups_minus1 is above 0.
    #[error("several slice groups are not supported")]
    SliceGroups,
    /// nal_unit_type 2 to 4.
    #[error("data partitioning is not supported")]
    DataPartitioning,
    /// nal_unit_type 19.
    #[error("auxiliary coded pictures are not supported")]
    Auxiliary,
    /// nal_unit_type 20 and 21.
    #[error("slices of scalable, multiview and 3D extensions are not supported")]
    Extension,
}

/// What a NAL unit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A slice with CABAC.
    Slice {
        /// What its data depends on.
        parameters: Parameters,
        /// The byte of the RBSP at which its data begins, the header byte counted.
        data: usize,
    },
    /// Slice data of another kind, which is passed through.
    Unsupported(Unsupported),
    /// A slice whose header cannot be read, or a parameter set in which something cannot be read that slices depend on.
    Damaged(HeaderError),
    /// A parameter set; and what is wrong with it, if nothing depends on that.
    ParameterSet(Option<HeaderError>),
    /// Anything else.
    Other,
}

/// The header of a NAL unit (clause 7.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NalHeader {
    pub(super) nal_ref_idc: u8,
    pub(super) nal_unit_type: u8,
}

/// The name of a nal_unit_type (table 7-1).
pub(super) const fn unit_name(nal_unit_type: u8) -> &'static str {
    match nal_unit_type {
        1 => "slice",
        2..=4 => "slice data partition",
        5 => "IDR slice",
        6 => "SEI",
        7 => "sequence parameter set",
        8 => "picture parameter set",
        9 => "access unit delimiter",
        10 => "end of sequence",
        11 => "end of stream",
        12 => "filler data",
        13 => "sequence parameter set extension",
        14 => "prefix",
        15 => "subset sequence parameter set",
        16 => "depth parameter set",
        19 => "auxiliary slice",
        20 | 21 => "slice extension",
        _ => "other",
    }
}

fn nal_header<C: BitCoder>(coder: &mut C) -> Result<NalHeader, HeaderError> {
    coder.u(1, "forbidden_zero_bit")?;
    let nal_ref_idc = coder.u(2, "nal_ref_idc")? as u8;
    let nal_unit_type = coder.u(5, "nal_unit_type")? as u8;
    Ok(NalHeader { nal_ref_idc, nal_unit_type })
}

/// A reader of the headers in these bytes. If a parameter set has no stop bit, zero bits at the end of its elements may be missing, too,
/// since a NAL unit does not end with a zero byte. The reader supplies them.
pub(super) fn reader(rbsp: &[u8]) -> BitReader<'_> {
    let is_parameter_set = rbsp.first().is_some_and(|header| matches!(header & 31, 7 | 8));
    BitReader::new(rbsp).with_zeros(if is_parameter_set { 8 } else { 0 })
}

/// What was found in a NAL unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing that is kept.
    #[default]
    Nothing,
    Sequence(Sequence),
    Picture(Picture),
    Slice(SliceHeader),
}

/// What the walk through the headers of a NAL unit has to know before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    sets: &'a ParameterSets,
    /// Whether a picture parameter set can have the elements that the High profiles added.
    allows_extension: bool,
}

impl<'a> Before<'a> {
    /// For reading a NAL unit from these bytes.
    pub(super) fn reading(sets: &'a ParameterSets, rbsp: &[u8]) -> Before<'a> {
        let is_picture = rbsp.first().is_some_and(|header| header & 31 == 8);
        let allows_extension = is_picture && picture::extension(rbsp, |id| sets.sequence(id));
        Before { sets, allows_extension }
    }

    /// For writing a NAL unit.
    pub(super) fn writing(sets: &'a ParameterSets) -> Before<'a> {
        Before { sets, allows_extension: true }
    }

    /// Codes the headers of a NAL unit, up to the first byte of slice data, or up to the trailing bits or what is not known. Something may
    /// have been found even if there is an error.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub(super) fn walk<C: BitCoder>(self, coder: &mut C, found: &mut Found) -> Result<(), HeaderError> {
        let NalHeader { nal_ref_idc, nal_unit_type } = nal_header(coder)?;
        match nal_unit_type {
            1 | 5 | 19 => {
                *found =
                    Found::Slice(slice_header::slice_header(coder, nal_ref_idc, nal_unit_type, self.sets)?);
            }
            7 | 15 => {
                let mut set = None;
                let read = sequence::sequence(coder, &mut set);
                // Subset parameter sets have numbers of their own, and no slice that is read refers to one.
                if let Some(set) = set.filter(|_| nal_unit_type == 7) {
                    *found = Found::Sequence(set);
                }
                return read;
            }
            8 => {
                let mut set = None;
                let read =
                    picture::picture(coder, self.allows_extension, |id| self.sets.sequence(id), &mut set);
                *found = set.map_or(Found::Nothing, Found::Picture);
                return read;
            }
            9 => _ = coder.u(3, "primary_pic_type")?,
            13 => sequence::sequence_extension(coder)?,
            _ => {}
        }
        Ok(())
    }
}

impl ParameterSets {
    /// The sequence parameter set of this number.
    pub fn sequence(&self, seq_parameter_set_id: u8) -> Option<&Sequence> {
        self.sequences.get(&seq_parameter_set_id)
    }

    /// The picture parameter set of this number.
    pub fn picture(&self, pic_parameter_set_id: u8) -> Option<&Picture> {
        self.pictures.get(&pic_parameter_set_id)
    }

    /// What the RBSP of a NAL unit holds, the header byte included.
    pub(super) fn content(&self, rbsp: &[u8]) -> (Content, Found) {
        let Some(&header) = rbsp.first() else { return (Content::Other, Found::Nothing) };
        let unsupported = match header & 31 {
            2..=4 => Some(Unsupported::DataPartitioning),
            19 => Some(Unsupported::Auxiliary),
            20 | 21 => Some(Unsupported::Extension),
            1 | 5 | 7 | 8 => None,
            _ => return (Content::Other, Found::Nothing),
        };
        if let Some(why) = unsupported {
            return (Content::Unsupported(why), Found::Nothing);
        }
        let mut reader = reader(rbsp);
        let mut found = Found::Nothing;
        let read = Before::reading(self, rbsp).walk(&mut reader, &mut found);
        let content = match (&found, read) {
            (Found::Slice(header), Ok(())) => self.slice(header, (reader.position() / 8) as usize),
            (Found::Sequence(_) | Found::Picture(_), read) => Content::ParameterSet(read.err()),
            (_, Err(error)) => Content::Damaged(error),
            (Found::Nothing, Ok(())) => Content::Other,
        };
        (content, found)
    }

    /// What the RBSP of a NAL unit holds, the header byte included. A parameter set is kept.
    ///
    /// ```
    /// use silicabac::avc::{Content, ParameterSets};
    /// let mut sets = ParameterSets::default();
    /// assert_eq!(sets.take(&[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0]), Content::ParameterSet(None));
    /// assert!(sets.picture(0).is_some_and(|set| set.entropy_coding_mode_flag && set.transform_8x8_mode_flag));
    /// ```
    pub fn take(&mut self, rbsp: &[u8]) -> Content {
        let (content, found) = self.content(rbsp);
        self.keep(found);
        content
    }

    /// Codes the headers of a NAL unit with any coder, such as one that chooses the values: from forbidden_zero_bit to the first byte of
    /// slice data, or to the trailing bits.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn walk<C: BitCoder>(&self, coder: &mut C) -> Result<(), HeaderError> {
        Before::writing(self).walk(coder, &mut Found::default())
    }

    /// Keeps a parameter set.
    pub(super) fn keep(&mut self, found: Found) {
        match found {
            Found::Sequence(set) => _ = self.sequences.insert(set.seq_parameter_set_id, set),
            Found::Picture(set) => _ = self.pictures.insert(set.pic_parameter_set_id, set),
            Found::Slice(_) | Found::Nothing => {}
        }
    }

    /// What the data of a slice with this header depends on.
    pub(super) fn slice(&self, header: &SliceHeader, data: usize) -> Content {
        let Some(pps) = self.picture(header.pic_parameter_set_id) else { return Content::Other };
        let Some(sps) = self.sequence(pps.seq_parameter_set_id) else { return Content::Other };
        let slice_type = match header.slice_type {
            _ if !pps.entropy_coding_mode_flag => return Content::Unsupported(Unsupported::Cavlc),
            _ if pps.num_slice_groups_minus1 > 0 => return Content::Unsupported(Unsupported::SliceGroups),
            slice_header::P => SliceType::P,
            slice_header::B => SliceType::B,
            slice_header::I => SliceType::I,
            _ => return Content::Unsupported(Unsupported::Switching),
        };
        let frame_size = sps.pic_size_in_map_units() * if sps.frame_mbs_only_flag { 1 } else { 2 };
        let parameters = Parameters {
            slice_type,
            cabac_init_idc: header.cabac_init_idc,
            slice_qp_y: header.slice_qp_y,
            first_mb_in_slice: header.first_mb_in_slice,
            pic_width_in_mbs: sps.pic_width_in_mbs,
            pic_size_in_mbs: if header.field_pic_flag { frame_size / 2 } else { frame_size },
            mbaff_frame_flag: sps.mb_adaptive_frame_field_flag && !header.field_pic_flag,
            field_pic_flag: header.field_pic_flag,
            chroma_array_type: sps.chroma_array_type(),
            bit_depth_luma: sps.bit_depth_luma,
            bit_depth_chroma: sps.bit_depth_chroma,
            transform_8x8_mode_flag: pps.transform_8x8_mode_flag && sps.has_picture_extension(),
            direct_8x8_inference_flag: sps.direct_8x8_inference_flag,
            num_ref_idx_active: header.num_ref_idx_active,
        };
        Content::Slice { parameters, data }
    }
}
