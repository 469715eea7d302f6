//! One slice with CABAC: its macroblocks, read, edited and written again.

use super::macroblock::Macroblock;
use super::parameters::{Fault, Parameters};
use super::walk::{Derived, Walk};
use crate::bin::{Decode, DecodeError, Encode, Tail};
use crate::engine;
use crate::syntax::HeaderError;

/// Why a slice cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Its header or a parameter set cannot be read.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// An element has a value that it cannot have.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The bytes are no stream of this coder, or end too early.
    #[error("macroblock {mb_addr}: {error}")]
    Decode {
        /// The macroblock in which the error was met.
        mb_addr: usize,
        /// What is wrong.
        error: DecodeError,
    },
    /// The slice ends without a stop bit, with which every encoder ends it.
    #[error("rbsp_stop_one_bit, bit {bit} of the slice data, is 0")]
    StopBit {
        /// Its position, from the first CABAC byte on.
        bit: u64,
    },
}

/// Why macroblocks cannot be written as a slice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// An element has a value that it cannot have.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// There is no macroblock, or there are more than fit into the picture, or only one of a pair.
    #[error("a slice that begins at macroblock {first} of {size} cannot have {count} macroblocks")]
    Count {
        /// How many there are.
        count: usize,
        /// Where the slice begins.
        first: usize,
        /// How many the picture has.
        size: usize,
    },
    /// What is given differs from what would be read again: a value is given for an element that is not in the stream, such as a level of a
    /// block that coded_block_pattern says is not coded, or another value than the one that follows from earlier elements. What is given
    /// would be lost.
    #[error(
        "{element} of macroblock {mb_addr} would be lost: by the elements before it, it is not in the stream or has another value"
    )]
    Lost {
        /// The first element that differs.
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
    /// The bits after the stop bit in its byte: zero by the standard, but not in every stream.
    pub tail_bits: u8,
    /// The bytes after that byte: cabac_zero_words.
    pub tail: Vec<u8>,
}

impl SliceData {
    /// Reads slice data from its first CABAC byte on.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn read(parameters: &Parameters, data: &[u8]) -> Result<SliceData, DataError> {
        let mut macroblocks = Vec::new();
        let show = |read_unit: ReadUnit<'_, _>| macroblocks.push(read_unit.macroblock.clone());
        let (decoder, read) = read_each(parameters, engine::Decoder::new(data), show);
        read?;
        let tail = tail(data, decoder.position())?;
        Ok(SliceData { macroblocks, tail_bits: tail.bits, tail: tail.bytes.to_vec() })
    }

    /// Writes the slice data.
    ///
    /// # Errors
    /// [`WriteError`]: macroblocks that would not be read as the same again are not written.
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

/// What comes after the last bin, of which this is the end position.
pub(super) fn tail(data: &[u8], position: u64) -> Result<Tail<'_>, DataError> {
    Tail::after_stop_bit(data, position).map_err(|bit| DataError::StopBit { bit })
}

/// A macroblock that was read.
#[derive(Debug)]
pub struct ReadUnit<'a, C> {
    /// The decoder, after the last bin of the macroblock.
    pub decoder: &'a C,
    /// Its address.
    pub mb_addr: usize,
    /// What is derived for it.
    pub derived: Derived,
    /// What was read.
    pub macroblock: &'a Macroblock,
    /// Whether it is the last of the slice.
    pub is_last: bool,
}

/// Reads the macroblocks of a slice with any decoder that is at its first bin, and shows each. Returns the decoder, and whether the slice
/// could be read to its end. If not, the macroblocks before the one that could not be read have been shown.
///
/// ```
/// use silicabac::{avc::{MbType, Stream, read_each}, engine::Decoder};
/// let bytes = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let mut intra = 0;
/// for unit in Stream::new(&bytes[..]) {
///     if let Some((parameters, data)) = unit?.slice() {
///         read_each(parameters, Decoder::new(data), |read_unit| intra += usize::from(read_unit.macroblock.mb_type.is_intra())).1?;
///     }
/// }
/// assert!(intra >= 99);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_each<C: Decode>(
    parameters: &Parameters,
    decoder: C,
    mut show: impl FnMut(ReadUnit<'_, C>),
) -> (C, Result<(), DataError>) {
    let mut walk = Walk::new(decoder, parameters);
    let mut macroblock = Macroblock::default();
    loop {
        let mb_addr = walk.mb_addr();
        let is_last = walk.macroblock(&mut macroblock, false);
        if let Some(error) = walk.coder().error() {
            return (walk.into_coder(), Err(DataError::Decode { mb_addr, error }));
        }
        let is_last = match is_last {
            Ok(is_last) => is_last,
            Err(fault) => return (walk.into_coder(), Err(fault.into())),
        };
        let derived = walk.derived(mb_addr);
        show(ReadUnit { decoder: walk.coder(), mb_addr, derived, macroblock: &macroblock, is_last });
        if is_last {
            return (walk.into_coder(), Ok(()));
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
    let (decoder, read) = read_each(parameters, engine::Decoder::new(data), |read_unit| {
        copy.clone_from(read_unit.macroblock);
        if written.is_ok() {
            written = writer.macroblock(&mut copy, read_unit.is_last);
        }
    });
    read?;
    written?;
    let mut bytes = writer.into_coder().finish();
    tail(data, decoder.position())?.append_to(&mut bytes);
    Ok(bytes)
}
