//! The headers of NAL units (clause 7.3): parameter sets and slice segment headers, each structure with one walk for every coder of header
//! bits. Only values that other syntax depends on are checked. A video parameter set is not parsed: nothing here needs it.

mod common;
mod picture;
mod sequence;
mod slice_segment;
mod vui;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use common::ShortTermSet;
#[cfg(feature = "dream")]
pub(crate) use common::{GENERAL, ProfileNames, SUB_LAYER, profile_tier_level};
pub use picture::{Picture, Tiles};
pub use sequence::{Pcm, RangeExtension, Sequence};
#[cfg(feature = "dream")]
pub(crate) use slice_segment::WEIGHTS;
pub use slice_segment::{Slice, SliceSegment, SliceType};
#[cfg(feature = "dream")]
pub(crate) use vui::hrd_parameters;

use crate::syntax::{BitCoder, HeaderError};

/// The parameter sets that a stream has sent so far, by their numbers.
///
/// ```
/// use silicabac::hevc::headers::ParameterSets;
/// use silicabac::syntax::{BitReader, Traced, nal::{Units, unescape}};
/// let stream = std::fs::read("tests/streams/x265_monochrome_qcif.265")?;
/// let mut sets = ParameterSets::default();
/// let mut slices = 0;
/// for unit in Units::new(&stream[..]) {
///     let rbsp = unescape(&unit?.bytes);
///     let mut reader = Traced::new(BitReader::new(&rbsp));
///     sets.walk(&mut reader)?;
///     slices += usize::from(reader.elements.iter().any(|element| element.element.0 == "slice_qp_delta"));
/// }
/// assert_eq!((slices, sets.sequence(0).map(|set| set.chroma_format_idc)), (3, Some(0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets {
    sequences: BTreeMap<u8, Arc<Sequence>>,
    pictures: BTreeMap<u8, Arc<Picture>>,
}

/// The header of a NAL unit (clause 7.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NalHeader {
    pub(super) nal_unit_type: u8,
    pub(super) nuh_layer_id: u8,
}

impl NalHeader {
    /// Whether slice data depends on such a NAL unit, of any layer.
    pub(super) const fn is_needed(self) -> bool {
        self.is_slice_segment() || matches!(self.nal_unit_type, 33 | 34)
    }

    /// Whether such a NAL unit is a slice segment, of any layer.
    pub(super) const fn is_slice_segment(self) -> bool {
        matches!(self.nal_unit_type, 0..=9 | 16..=21)
    }
}

/// Codes the header of a NAL unit.
///
/// # Errors
/// [`HeaderError`].
pub(super) fn nal_header<C: BitCoder>(coder: &mut C) -> Result<NalHeader, HeaderError> {
    coder.u(1, "forbidden_zero_bit")?;
    let nal_unit_type = coder.u(6, "nal_unit_type")? as u8;
    let nuh_layer_id = coder.u(6, "nuh_layer_id")? as u8;
    coder.u(3, "nuh_temporal_id_plus1")?;
    Ok(NalHeader { nal_unit_type, nuh_layer_id })
}

/// What was found in a NAL unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing that is kept.
    #[default]
    Nothing,
    Sequence(Sequence),
    Picture(Picture),
    Slice(SliceSegment),
}

impl ParameterSets {
    /// The sequence parameter set of this number.
    pub fn sequence(&self, sps_seq_parameter_set_id: u8) -> Option<&Arc<Sequence>> {
        self.sequences.get(&sps_seq_parameter_set_id)
    }

    /// The picture parameter set of this number.
    pub fn picture(&self, pps_pic_parameter_set_id: u8) -> Option<&Arc<Picture>> {
        self.pictures.get(&pps_pic_parameter_set_id)
    }

    /// Codes the headers of a NAL unit with any coder, from forbidden_zero_bit to the first byte of slice data, or to what is not known,
    /// such as the trailing bits. A parameter set is kept; what a slice segment header says is returned. Units of other layers are not
    /// parsed.
    ///
    /// # Errors
    /// [`HeaderError`]. A parameter set is kept all the same if all is known of it that other syntax depends on.
    pub fn walk<C: BitCoder>(&mut self, coder: &mut C) -> Result<Option<SliceSegment>, HeaderError> {
        let mut found = Found::default();
        let read = self.find(coder, &mut found);
        if let Found::Slice(segment) = found {
            return read.map(|()| Some(segment));
        }
        self.keep(found);
        read.map(|()| None)
    }

    /// Codes the headers of a NAL unit. Something may have been found even if there is an error.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub(super) fn find<C: BitCoder>(&self, coder: &mut C, found: &mut Found) -> Result<(), HeaderError> {
        let header = nal_header(coder)?;
        if header.nuh_layer_id != 0 {
            return Ok(());
        }
        match header.nal_unit_type {
            _ if header.is_slice_segment() => {
                let segment = slice_segment::slice_segment_header(coder, header.nal_unit_type, self)?;
                *found = Found::Slice(segment);
            }
            33 => {
                let mut set = None;
                let read = sequence::sequence(coder, &mut set);
                *found = set.map_or(Found::Nothing, Found::Sequence);
                return read;
            }
            34 => {
                let mut set = None;
                let read = picture::picture(coder, &mut set);
                *found = set.map_or(Found::Nothing, Found::Picture);
                return read;
            }
            35 => _ = coder.u(3, "pic_type")?,
            _ => {}
        }
        Ok(())
    }

    /// Keeps a parameter set.
    pub(super) fn keep(&mut self, found: Found) {
        match found {
            Found::Sequence(set) => _ = self.sequences.insert(set.sps_seq_parameter_set_id, Arc::new(set)),
            Found::Picture(set) => _ = self.pictures.insert(set.pps_pic_parameter_set_id, Arc::new(set)),
            Found::Slice(_) | Found::Nothing => {}
        }
    }
}
