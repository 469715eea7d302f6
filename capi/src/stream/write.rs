//! Writes a slice of H.264 from macroblocks that were read, and perhaps edited.
//!
//! Slice segments of H.265 are only written as they were read: if the lengths of their substreams changed, the entry points in their header
//! would have to change as well.

use silicabac::avc::{self, MbType, SliceData};
use silicabac::bin::Tail;
use silicabac::stream::StreamUnit;
use silicabac::syntax::nal::escape;

use super::{
    Data, Inner, Macroblock, SILICABAC_MB_B, SILICABAC_MB_I, SILICABAC_MB_P, SILICABAC_MB_SKIP, Stream,
};
use crate::border::{copy_out, guarded, input, value};
use crate::handle::with;
use crate::status::Status;

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
        let flag = |flag: u8| if flag > 1 { Err(Status::Argument) } else { Ok(flag == 1) };
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
                StreamUnit::Avc(unit) if unit.slice().is_some() => present.given.push(macroblock.given()?),
                _ => return Err(Status::State),
            }
            Ok(())
        })
    })
}

impl Inner {
    /// The bytes of the present unit with its slice data written again.
    fn written(&mut self) -> Result<Vec<u8>, Status> {
        let present = self.present.as_ref().ok_or(Status::State)?;
        let written = match &*present.unit {
            StreamUnit::Avc(unit) if !present.given.is_empty() => {
                let (parameters, data) = unit.slice().ok_or(Status::State)?;
                let tail = match &present.data {
                    Data::Avc(reading) => reading.tail(),
                    _ => None,
                };
                let macroblocks = present.given.clone();
                let tail = tail.unwrap_or(Tail { bits: 0, bytes: &[] });
                let slice = SliceData { macroblocks, tail_bits: tail.bits, tail: tail.bytes.to_vec() };
                let header = &unit.rbsp[..unit.rbsp.len() - data.len()];
                let written = slice.write(parameters).map_err(|error| (Status::Illegal, error.to_string()));
                written.map(|data| escape(&[header, &data].concat()))
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
/// macroblocks that were put, or of those that are in the stream. What is no slice is copied as it is. `SILICABAC_STATUS_ILLEGAL` if an element
/// cannot have its value, or would be lost; `silicabac_stream_message` says which. `length` tells how many bytes there are; if `room` is
/// less, only that, and `SILICABAC_STATUS_ROOM`.
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
