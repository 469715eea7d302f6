//! Macroblocks of H.264, one after the other.

use std::sync::Arc;

use silicabac::avc::{self, MbType, Walk};
use silicabac::bin::{Decode, Tail};
use silicabac::engine::Decoder;
use silicabac::stream::StreamUnit;

use super::{Data, Failed, Present, Stream};
use crate::border::{guarded, place};
use crate::handle::with;
use crate::status::Status;

/// P_Skip or B_Skip.
pub const SILICABAC_MB_SKIP: u32 = 0;
/// A type of table 7-11.
pub const SILICABAC_MB_I: u32 = 1;
/// A type of table 7-13.
pub const SILICABAC_MB_P: u32 = 2;
/// A type of table 7-14.
pub const SILICABAC_MB_B: u32 = 3;

/// The syntax elements of a macroblock, by their names in the standard. What its type has no element for is zero. What it points to stays
/// until the next call with the stream.
#[repr(C)]
#[derive(Debug)]
pub struct Macroblock {
    /// Its address.
    pub mb_addr: u32,
    /// The column of its first luma sample. Derived: not looked at when it is written, as the next three.
    pub x: u32,
    /// The row of its first luma sample, in the frame or the field that is coded.
    pub y: u32,
    /// QPY.
    pub qp_y: i32,
    /// Whether it is a field macroblock. Of a skipped upper macroblock of a pair, what is inferred: if the lower one is not skipped, its flag
    /// holds for both.
    pub is_field: u8,
    /// Whether it is the last of the slice. Not looked at when it is written.
    pub is_last: u8,
    /// mb_field_decoding_flag; -1 where it is not in the stream.
    pub mb_field_decoding_flag: i8,
    /// transform_size_8x8_flag.
    pub transform_size_8x8_flag: u8,
    /// One of `SILICABAC_MB_SKIP` to `SILICABAC_MB_B`.
    pub mb_kind: u32,
    /// mb_type, as the table of its kind numbers it.
    pub mb_type: u32,
    /// rem_intra4x4_pred_mode by 4x4 block, or rem_intra8x8_pred_mode in the first four; -1 where the mode is the predicted one.
    pub rem_intra_pred_mode: [i8; 16],
    /// intra_chroma_pred_mode.
    pub intra_chroma_pred_mode: u8,
    /// coded_block_pattern: CodedBlockPatternLuma + 16 * CodedBlockPatternChroma, of Intra_16x16 too.
    pub coded_block_pattern: u8,
    /// mb_qp_delta.
    pub mb_qp_delta: i8,
    /// pcm_alignment_zero_bit of I_PCM, as the low bits of a byte.
    pub pcm_alignment: u8,
    /// sub_mb_type, by 8x8 block.
    pub sub_mb_type: [u8; 4],
    /// ref_idx_l0 and ref_idx_l1, by macroblock partition.
    pub ref_idx: [[u8; 4]; 2],
    /// mvd_l0 and mvd_l1, horizontal and vertical, at the place of the first 4x4 block, in rows of four, of each partition.
    pub mvd: [[[i16; 2]; 16]; 2],
    /// The transform coefficient levels of Y, Cb and Cr, block by block, each in the order of its scan: 16 places a 4x4 block, 64 an 8x8
    /// block. Of blocks without a DC level the first place holds a level of the block of DC levels.
    pub levels: *const i32,
    /// How many there are: 0 if no block is coded.
    pub level_count: usize,
    /// The bytes of the samples of I_PCM.
    pub pcm: *const u8,
    /// How many there are.
    pub pcm_count: usize,
}

/// A slice that is being read.
pub(super) struct Reading {
    walk: Walk<'static, Decoder<'static>>,
    macroblock: avc::Macroblock,
    data: &'static [u8],
    is_at_end: bool,
    /// What the walk refers to.
    _unit: Arc<StreamUnit>,
}

impl Reading {
    fn new(unit: &Arc<StreamUnit>) -> Option<Reading> {
        // SAFETY: the walk is kept beside the unit, which nobody changes, and is dropped before it.
        let held: &'static StreamUnit = unsafe { &*Arc::as_ptr(unit) };
        let StreamUnit::Avc(held) = held else { return None };
        let (parameters, data) = held.slice()?;
        let walk = Walk::new(Decoder::new(data), parameters);
        Some(Reading {
            walk,
            macroblock: avc::Macroblock::default(),
            data,
            is_at_end: false,
            _unit: unit.clone(),
        })
    }

    /// The tail of the slice, after it has been read to its end.
    pub(super) fn tail(&self) -> Option<Tail<'static>> {
        let position = self.walk.coder().position();
        self.is_at_end.then(|| Tail::after_stop_bit(self.data, position).ok()).flatten()
    }

    fn next(&mut self) -> Result<Macroblock, Failed> {
        if self.is_at_end {
            let end = Tail::after_stop_bit(self.data, self.walk.coder().position());
            let end = end.map_err(|bit| avc::DataError::StopBit { bit });
            return Err(end.map_or_else(Failed::of, |_| Failed::Asked(Status::End)));
        }
        let mb_addr = self.walk.mb_addr();
        let is_last = self.walk.macroblock(&mut self.macroblock, false);
        if let Some(error) = self.walk.coder().error() {
            return Err(Failed::of(avc::DataError::Decode { mb_addr, error }));
        }
        let is_last = is_last.map_err(Failed::of)?;
        self.is_at_end = is_last;
        Ok(Macroblock::of(&self.macroblock, mb_addr, self.walk.derived(mb_addr), is_last))
    }
}

impl Macroblock {
    fn of(read: &avc::Macroblock, mb_addr: usize, derived: avc::Derived, is_last: bool) -> Macroblock {
        let (mb_kind, mb_type) = match read.mb_type {
            MbType::Skip => (SILICABAC_MB_SKIP, 0),
            MbType::I(kind) => (SILICABAC_MB_I, kind),
            MbType::P(kind) => (SILICABAC_MB_P, kind),
            MbType::B(kind) => (SILICABAC_MB_B, kind),
        };
        Macroblock {
            mb_addr: mb_addr as u32,
            x: derived.x as u32,
            y: derived.y as u32,
            qp_y: derived.qp_y,
            is_field: derived.is_field.into(),
            is_last: is_last.into(),
            mb_field_decoding_flag: read.mb_field_decoding_flag.map_or(-1, i8::from),
            transform_size_8x8_flag: read.transform_size_8x8_flag.into(),
            mb_kind,
            mb_type: mb_type.into(),
            rem_intra_pred_mode: read.rem_intra_pred_mode.map(|mode| mode.map_or(-1, |mode| mode as i8)),
            intra_chroma_pred_mode: read.intra_chroma_pred_mode,
            coded_block_pattern: read.coded_block_pattern,
            mb_qp_delta: read.mb_qp_delta,
            pcm_alignment: read.pcm_alignment,
            sub_mb_type: read.sub_mb_type,
            ref_idx: read.ref_idx,
            mvd: read.mvd,
            levels: read.levels.as_ptr(),
            level_count: read.levels.len(),
            pcm: read.pcm.as_ptr(),
            pcm_count: read.pcm.len(),
        }
    }
}

impl Present {
    fn macroblock(&mut self) -> Result<Macroblock, Failed> {
        if matches!(self.data, Data::Unread) {
            let reading = Reading::new(&self.unit).ok_or_else(|| self.refused())?;
            self.data = Data::Avc(Box::new(reading));
        }
        let Data::Avc(reading) = &mut self.data else { return Err(Failed::Asked(Status::State)) };
        reading.next()
    }
}

/// Reads the next macroblock of the present unit, which has to be a slice of H.264; `SILICABAC_STATUS_END` after the last one, and
/// `SILICABAC_STATUS_DAMAGED` where the slice cannot be read on. Then the next unit can be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_macroblock(
    stream: *mut Stream,
    macroblock: *mut Macroblock,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let place = place(macroblock)?;
        with(stream, |inner| {
            place.write(inner.step(Present::macroblock)?);
            Ok(())
        })
    })
}
