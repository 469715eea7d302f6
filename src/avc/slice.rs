//! One slice with CABAC: its macroblocks, read, edited and written again.

use std::ops::RangeInclusive;

use super::macroblock::Macroblock;
use super::walk::Walk;
use crate::bin::{Decode, DecodeError, Element, Encode, Tail};
use crate::context::{Codec, SliceInit, SliceType};
use crate::engine;

/// What the parameter sets and the slice header say that slice_data depends on, by their names in the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// slice_type.
    pub slice_type: SliceType,
    /// cabac_init_idc, 0..=2; 0 in I slices.
    pub cabac_init_idc: u8,
    /// SliceQPY.
    pub slice_qp_y: i8,
    /// first_mb_in_slice: a macroblock, or in MBAFF frames a pair of them.
    pub first_mb_in_slice: u32,
    /// PicWidthInMbs.
    pub pic_width_in_mbs: u32,
    /// PicSizeInMbs.
    pub pic_size_in_mbs: u32,
    /// MbaffFrameFlag.
    pub mbaff_frame_flag: bool,
    /// field_pic_flag.
    pub field_pic_flag: bool,
    /// ChromaArrayType, 0..=3.
    pub chroma_array_type: u8,
    /// BitDepthY, 8..=14.
    pub bit_depth_luma: u8,
    /// BitDepthC, 8..=14.
    pub bit_depth_chroma: u8,
    /// transform_8x8_mode_flag.
    pub transform_8x8_mode_flag: bool,
    /// direct_8x8_inference_flag.
    pub direct_8x8_inference_flag: bool,
    /// num_ref_idx_l0_active_minus1 + 1 and the same of l1, 1..=32.
    pub num_ref_idx_active: [u8; 2],
}

impl Parameters {
    /// mbAddr of the first macroblock.
    pub(super) fn first_mb_addr(&self) -> usize {
        self.first_mb_in_slice as usize * if self.mbaff_frame_flag { 2 } else { 1 }
    }

    /// How many levels each chroma plane of a macroblock has.
    pub(super) fn chroma_levels(&self) -> usize {
        [0, 64, 128, 256][usize::from(self.chroma_array_type & 3)]
    }

    /// The larger of the two bit depths.
    pub(super) fn bit_depth(&self) -> u8 {
        if self.chroma_array_type == 0 {
            self.bit_depth_luma
        } else {
            self.bit_depth_luma.max(self.bit_depth_chroma)
        }
    }

    /// How many bytes the samples of an I_PCM macroblock take.
    pub(super) fn pcm_bytes(&self) -> usize {
        let bits = 256 * usize::from(self.bit_depth_luma)
            + 2 * self.chroma_levels() * usize::from(self.bit_depth_chroma);
        bits / 8
    }

    /// What initialises the contexts.
    pub fn init(&self) -> SliceInit {
        SliceInit {
            codec: Codec::Avc,
            slice_type: self.slice_type,
            slice_qp_y: self.slice_qp_y,
            index: self.cabac_init_idc,
        }
    }
}

/// A value that the standard does not allow, in a stream or in a macroblock that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{element} of macroblock {mb_addr} is {value}; it can be {} to {}", .legal.start(), .legal.end())]
pub struct Fault {
    /// The syntax element.
    pub element: Element,
    /// Its value.
    pub value: i32,
    /// What it can be.
    pub legal: RangeInclusive<i32>,
    /// The address of the macroblock.
    pub mb_addr: usize,
}

/// Why the data of a slice cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// An element has a value that it cannot have.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The bytes are no stream of this coder, or end too early.
    #[error("macroblock {mb_addr}: {error}")]
    Decode {
        /// The macroblock in which it was noticed.
        mb_addr: usize,
        /// What is wrong.
        error: DecodeError,
    },
    /// The slice ends without the bit that every encoder ends it with.
    #[error("rbsp_stop_one_bit, bit {bit} of the slice data, is 0")]
    StopBit {
        /// Where it is, from the first CABAC byte on.
        bit: u64,
    },
}

/// Why macroblocks cannot be written as a slice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// An element has a value that it cannot have.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// There is no macroblock, or there are more than the picture has room for, or half a pair.
    #[error("a slice that begins at macroblock {first} of {size} cannot have {count} macroblocks")]
    Count {
        /// How many there are.
        count: usize,
        /// Where the slice begins.
        first: usize,
        /// How many the picture has.
        size: usize,
    },
    /// An element has a value although it is not in the stream, such as a level of a block that coded_block_pattern says is not
    /// coded; it would be lost.
    #[error(
        "{element} of macroblock {mb_addr} would be lost: the elements before it say that it is not in the stream, or another value"
    )]
    Lost {
        /// The field of [`Macroblock`].
        element: &'static str,
        /// The address of the macroblock.
        mb_addr: usize,
    },
}

/// The macroblocks of a slice, in the order of the stream, and what follows them.
///
/// A slice that was read and not edited is written as the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceData {
    /// The macroblocks; in MBAFF frames both of a pair.
    pub macroblocks: Vec<Macroblock>,
    /// The bits behind the stop bit in its byte: zero by the standard, but not in every stream.
    pub tail_bits: u8,
    /// The bytes behind that: cabac_zero_words.
    pub tail: Vec<u8>,
}

impl SliceData {
    /// Reads slice data from its first CABAC byte on.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn read(parameters: &Parameters, data: &[u8]) -> Result<SliceData, DataError> {
        let mut macroblocks = Vec::new();
        let show = |step: Step<'_, _>| macroblocks.push(step.macroblock.clone());
        let decoder = read_each(parameters, engine::Decoder::new(data), show)?;
        let tail = tail(data, decoder.position())?;
        Ok(SliceData { macroblocks, tail_bits: tail.bits, tail: tail.bytes.to_vec() })
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`WriteError`]; nothing is written that would not be read as the same macroblocks again.
    pub fn write(&self, parameters: &Parameters) -> Result<Vec<u8>, WriteError> {
        let (count, first) = (self.macroblocks.len(), parameters.first_mb_addr());
        let size = parameters.pic_size_in_mbs as usize;
        if count == 0 || first + count > size || (parameters.mbaff_frame_flag && count % 2 == 1) {
            return Err(WriteError::Count { count, first, size });
        }
        let mut walk = Walk::new(engine::Encoder::new(), parameters);
        for (index, macroblock) in self.macroblocks.iter().enumerate() {
            walk.macroblock(&mut macroblock.clone(), index + 1 == count)?;
        }
        let mut bytes = walk.into_coder().finish();
        Tail { bits: self.tail_bits, bytes: &self.tail }.append_to(&mut bytes);
        // Every value was legal, so what was written can be read.
        let read = SliceData::read(parameters, &bytes).map(|data| data.macroblocks).unwrap_or_default();
        for (index, given) in self.macroblocks.iter().enumerate() {
            let difference = read.get(index).map_or(Some("mb_type"), |read| given.first_difference(read));
            if let Some(element) = difference {
                return Err(WriteError::Lost { element, mb_addr: first + index });
            }
        }
        Ok(bytes)
    }
}

/// What stands behind the last bin, which ended before this bit.
fn tail(data: &[u8], position: u64) -> Result<Tail<'_>, DataError> {
    let bit = position.saturating_sub(1);
    let byte = usize::try_from(bit / 8).ok().and_then(|byte| data.get(byte)).copied().unwrap_or(0);
    if byte >> (7 - bit % 8) & 1 == 0 {
        return Err(DataError::StopBit { bit });
    }
    Ok(Tail::of(data, position))
}

/// A macroblock that was read.
#[derive(Debug)]
pub struct Step<'a, C> {
    /// The decoder, behind its last bin.
    pub decoder: &'a C,
    /// Its address.
    pub mb_addr: usize,
    /// What was read.
    pub macroblock: &'a Macroblock,
    /// Whether it is the last of the slice.
    pub is_last: bool,
}

/// Reads the macroblocks of a slice with any decoder that is at its first bin, and shows each; hands over the decoder.
///
/// # Errors
/// [`DataError`].
pub fn read_each<C: Decode>(
    parameters: &Parameters,
    decoder: C,
    mut show: impl FnMut(Step<'_, C>),
) -> Result<C, DataError> {
    let mut walk = Walk::new(decoder, parameters);
    let mut macroblock = Macroblock::default();
    loop {
        let mb_addr = walk.mb_addr();
        let is_last = walk.macroblock(&mut macroblock, false);
        if let Some(error) = walk.coder().error() {
            return Err(DataError::Decode { mb_addr, error });
        }
        let is_last = is_last?;
        show(Step { decoder: walk.coder(), mb_addr, macroblock: &macroblock, is_last });
        if is_last {
            return Ok(walk.into_coder());
        }
    }
}

/// Reads slice data and writes it again, macroblock by macroblock.
///
/// # Errors
/// [`DataError`].
pub fn rewrite(parameters: &Parameters, data: &[u8]) -> Result<Vec<u8>, DataError> {
    let mut writer = Walk::new(engine::Encoder::new(), parameters);
    let mut written = Ok(false);
    let mut copy = Macroblock::default();
    let decoder = read_each(parameters, engine::Decoder::new(data), |step| {
        copy.clone_from(step.macroblock);
        if written.is_ok() {
            written = writer.macroblock(&mut copy, step.is_last);
        }
    })?;
    written?;
    let mut bytes = writer.into_coder().finish();
    tail(data, decoder.position())?.append_to(&mut bytes);
    Ok(bytes)
}
