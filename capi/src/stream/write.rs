//! Writes a slice from macroblocks, or a slice segment from coding tree units, that were read and perhaps edited.
//!
//! The header of a slice segment is written again where the entry points of the new data are others. A dependent slice segment is written
//! with the end of what was written as the segment before it, and is always read as the stream has it.

use silicabac::avc::{self, MbType, SliceData};
use silicabac::bin::Tail;
use silicabac::hevc::{self, Content, SegmentData, SegmentEnd};
use silicabac::stream::StreamUnit;
use silicabac::syntax::nal::escape;

use super::given::flag;
use super::{
    CodingTreeUnit, Data, Inner, Macroblock, Present, SILICABAC_MB_B, SILICABAC_MB_I, SILICABAC_MB_P,
    SILICABAC_MB_SKIP, Stream,
};
use crate::border::{copy_out, guarded, input, value};
use crate::handle::with;
use crate::status::Status;

/// What is to be written of a unit instead of its own slice data.
#[derive(Default)]
pub(super) struct Edit {
    macroblocks: Vec<avc::Macroblock>,
    coding_tree_units: Vec<hevc::CodingTreeUnit>,
    /// For a dependent slice segment: how the segment before it ends, if that was written with an edit.
    before: Option<SegmentEnd>,
    /// The same for the segment that follows, however many units without slice data come before that.
    end: Option<SegmentEnd>,
}

impl Edit {
    /// What there is to know for the next unit.
    pub(super) fn next(self, unit: &StreamUnit) -> Edit {
        match unit {
            StreamUnit::Hevc(unit) if unit.is_dependent() => Edit { before: self.end, ..Edit::default() },
            StreamUnit::Hevc(unit) if unit.segment().is_none() => Edit { end: self.end, ..Edit::default() },
            _ => Edit::default(),
        }
    }

    /// The bytes of a slice segment with the coding tree units that were put, or with its own after another end of the segment before it.
    fn segment(&mut self, unit: &hevc::StreamUnit) -> Result<Vec<u8>, (Status, String)> {
        let no_segment = (Status::State, String::new());
        let (parameters, before, data) = unit.segment().ok_or(no_segment.clone())?;
        let segment = if self.coding_tree_units.is_empty() {
            SegmentData::read(parameters, before, data)
                .map_err(|error| (Status::Damaged, error.to_string()))?
        } else {
            let tail = unit.observe((), |_| {}).and_then(|(_, tail)| tail.ok());
            let tail = tail.unwrap_or(Tail { bits: 0, bytes: &[] });
            let coding_tree_units = self.coding_tree_units.clone();
            SegmentData { coding_tree_units, tail_bits: tail.bits, tail: tail.bytes.to_vec() }
        };
        let written = unit.write(&segment, self.before.as_ref().or(before));
        let written = written.ok_or(no_segment)?;
        let (bytes, end) = written.map_err(|error| (Status::Illegal, error.to_string()))?;
        self.end = matches!(unit.content, Content::Segment { end: Some(_), .. }).then_some(end);
        Ok(bytes)
    }
}

impl Macroblock {
    /// The macroblock that this says.
    ///
    /// # Safety
    /// `levels` and `pcm` have as many values behind them as it says.
    unsafe fn given(&self) -> Result<avc::Macroblock, Status> {
        let number = u8::try_from(self.mb_type).map_err(|_| Status::Argument)?;
        let mb_type = match (self.mb_kind, number) {
            (SILICABAC_MB_SKIP, 0) => MbType::Skip,
            (SILICABAC_MB_I, 0..=25) => MbType::I(number),
            (SILICABAC_MB_P, 0..=3) => MbType::P(number),
            (SILICABAC_MB_B, 0..=22) => MbType::B(number),
            _ => return Err(Status::Argument),
        };
        let mb_field_decoding_flag = match self.mb_field_decoding_flag {
            -1 => None,
            other => Some(flag(other as u8)?),
        };
        // SAFETY: the caller promises this.
        let (levels, pcm) =
            unsafe { (input(self.levels, self.level_count)?, input(self.pcm, self.pcm_count)?) };
        // No macroblock has more.
        if levels.len() > 768 || pcm.len() > 768 * 14 / 8 {
            return Err(Status::Argument);
        }
        Ok(avc::Macroblock {
            mb_type,
            mb_field_decoding_flag,
            transform_size_8x8_flag: flag(self.transform_size_8x8_flag)?,
            rem_intra_pred_mode: self.rem_intra_pred_mode.map(|mode| u8::try_from(mode).ok()),
            intra_chroma_pred_mode: self.intra_chroma_pred_mode,
            sub_mb_type: self.sub_mb_type,
            ref_idx: self.ref_idx,
            mvd: self.mvd,
            coded_block_pattern: self.coded_block_pattern,
            mb_qp_delta: self.mb_qp_delta,
            levels: levels.to_vec(),
            pcm_alignment: self.pcm_alignment,
            pcm: pcm.to_vec(),
        })
    }
}

/// Takes a macroblock down that is to be written as the next one of the present unit, a slice of H.264. The first one is that with which the
/// slice begins; what is derived of it is not looked at. `levels` and `pcm` are copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_put_macroblock(
    stream: *mut Stream,
    macroblock: *const Macroblock,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let macroblock = value(macroblock)?;
        with(stream, |inner| {
            let present = inner.present()?;
            match &*present.unit {
                StreamUnit::Avc(unit) if unit.slice().is_some() => {
                    present.edit.macroblocks.push(macroblock.given()?);
                }
                _ => return Err(Status::State),
            }
            Ok(())
        })
    })
}

/// Takes a coding tree unit down that is to be written as the next one of the present unit, a slice segment of H.265. The first one is that
/// with which the segment begins, and there are as many as are put; what is derived of one is not looked at. All lists are copied.
/// `SILICABAC_STATUS_ARGUMENT` for what no coding tree unit can have; what this segment cannot have is refused by `silicabac_stream_write`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_put_coding_tree_unit(
    stream: *mut Stream,
    coding_tree_unit: *const CodingTreeUnit,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let coding_tree_unit = value(coding_tree_unit)?;
        with(stream, |inner| {
            let present = inner.present()?;
            match &*present.unit {
                StreamUnit::Hevc(unit) if unit.segment().is_some() => {
                    present.edit.coding_tree_units.push(coding_tree_unit.given()?);
                }
                _ => return Err(Status::State),
            }
            Ok(())
        })
    })
}

impl Inner {
    /// The bytes of the present unit with its slice data written again.
    fn written(&mut self) -> Result<Vec<u8>, Status> {
        let Present { data, edit, unit, .. } = self.present.as_mut().ok_or(Status::State)?;
        let written = match &**unit {
            StreamUnit::Avc(unit) if !edit.macroblocks.is_empty() => {
                let (parameters, data_as_read) = unit.slice().ok_or(Status::State)?;
                let tail = match data {
                    Data::Avc(reading) => reading.tail(),
                    _ => None,
                };
                let macroblocks = edit.macroblocks.clone();
                let tail = tail.unwrap_or(Tail { bits: 0, bytes: &[] });
                let slice = SliceData { macroblocks, tail_bits: tail.bits, tail: tail.bytes.to_vec() };
                let header = &unit.rbsp[..unit.rbsp.len() - data_as_read.len()];
                let written = slice.write(parameters).map_err(|error| (Status::Illegal, error.to_string()));
                written.map(|data| escape(&[header, &data].concat()))
            }
            StreamUnit::Hevc(unit) if !edit.coding_tree_units.is_empty() || edit.before.is_some() => {
                edit.segment(unit)
            }
            unit => unit.rewrite().map_err(|error| (Status::Damaged, error.to_string())),
        };
        written.map_err(|(status, what)| {
            self.message = what;
            status
        })
    }
}

/// Copies the bytes of the present NAL unit, without what stands before it in the stream, with its slice data written again: of the
/// macroblocks or coding tree units that were put, or of those that are in the stream. What is no slice is copied as it is.
///
/// The header of a slice segment of H.265 gets the entry points of the new data, unless it had wrong ones, or none although substreams
/// follow the first one. A dependent slice segment that follows begins with the state at the end of what was written here, so it has to be
/// written as well, even if nothing is put for it; it is read from the stream as it was.
///
/// `SILICABAC_STATUS_ILLEGAL` if an element cannot have its value, or would be lost; `silicabac_stream_message` says which. `length` tells how
/// many bytes there are; if `room` is less, only that, and `SILICABAC_STATUS_ROOM`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_write(
    stream: *mut Stream,
    bytes: *mut u8,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe { with(stream, |inner| copy_out(&inner.written()?, bytes, room, length)) })
}
