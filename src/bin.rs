//! Bins, which are all that passes between sources and coders: as calls ([`BinCoder`]) or as data ([`Event`]).

use alloc::vec::Vec;
use core::{fmt, ops::RangeInclusive};

use crate::context::{ContextModel, CtxIdx};

/// One request to a coder. A slice is a list of these, in the order of the stream.
///
/// An *engine run* is the bins from one start of the engine to a terminate bin of 1. After that bin either the slice ends, or raw bytes
/// follow (none at all between H.265 substreams) and then a [`Start`](Event::Start): a new engine run begins on the next byte, with the
/// context variables as they are. The first engine run begins with the coder, and no event says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A bin coded with a context variable.
    Context {
        /// The context variable.
        ctx: CtxIdx,
        /// The bin.
        bin: bool,
    },
    /// A bypass bin: a bin of even odds, coded without a context variable.
    Bypass {
        /// The bin.
        bin: bool,
    },
    /// A terminate bin: end_of_slice_flag, end_of_slice_segment_flag, end_of_subset_one_bit, pcm_flag, or the bin of mb_type that says
    /// I_PCM.
    Terminate {
        /// The bin; 1 ends the engine run.
        bin: bool,
    },
    /// H.265 bypass alignment: sets codIRange to 256 (H.265 clause 9.3.4.3.6). Not a bin.
    Align,
    /// A byte that is not coded, such as a PCM sample. It comes only straight after a terminate bin of 1 or another raw byte.
    Raw(u8),
    /// The engine starts on the next whole byte, after a terminate bin of 1 or the raw bytes that follow it.
    Start,
    /// Sets a context variable.
    Load {
        /// The context variable.
        ctx: CtxIdx,
        /// Its new state.
        model: ContextModel,
    },
}

impl Event {
    /// Whether this codes a bin. Tables and error messages count these events alone.
    pub const fn is_bin(self) -> bool {
        matches!(self, Event::Context { .. } | Event::Bypass { .. } | Event::Terminate { .. })
    }

    /// Whether this is a terminate bin of 1.
    pub const fn ends_engine_run(self) -> bool {
        matches!(self, Event::Terminate { bin: true })
    }
}

/// In a few words: `context 60 = 1`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Event::Context { ctx, bin } => write!(f, "context {} = {}", ctx.get(), u8::from(bin)),
            Event::Bypass { bin } => write!(f, "bypass = {}", u8::from(bin)),
            Event::Terminate { bin } => write!(f, "terminate = {}", u8::from(bin)),
            Event::Align => write!(f, "align"),
            Event::Raw(byte) => write!(f, "raw {byte:#04x}"),
            Event::Start => write!(f, "start"),
            Event::Load { ctx, model } => {
                let (state, mps) = (model.p_state_idx(), u8::from(model.val_mps()));
                write!(f, "load {}: state {state}, MPS {mps}", ctx.get())
            }
        }
    }
}

/// A list of events with a [`Start`](Event::Start) wherever one belongs: after raw bytes, and after a terminate bin of 1 that something
/// else than raw bytes follows. This is for lists without starts, such as those of vector files; a list that has all its starts does not
/// change.
///
/// ```
/// use silicabac::bin::{Event, with_starts};
/// let (end, pcm, bypass) = (Event::Terminate { bin: true }, Event::Raw(7), Event::Bypass { bin: true });
/// let events = with_starts([end, bypass, end, pcm, pcm, bypass, end]);
/// assert_eq!(events, [end, Event::Start, bypass, end, pcm, pcm, Event::Start, bypass, end]);
/// assert_eq!(with_starts(events.clone()), events);
/// ```
pub fn with_starts(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    answers_with_starts(events, |event| event)
}

/// Codes the requests, with a start wherever one belongs, and returns each as it was coded. The answer to a terminate bin decides whether a
/// start follows.
pub(crate) fn answers_with_starts(
    requests: impl IntoIterator<Item = Event>,
    mut code: impl FnMut(Event) -> Event,
) -> Vec<Event> {
    let is_raw = |event: &Event| matches!(event, Event::Raw(_));
    let mut requests = requests.into_iter().filter(|request| *request != Event::Start).peekable();
    let mut answers = Vec::with_capacity(requests.size_hint().0);
    while let Some(request) = requests.next() {
        let answer = code(request);
        answers.push(answer);
        let starts = match requests.peek() {
            None => is_raw(&answer),
            Some(next) => (is_raw(&answer) || answer.ends_engine_run()) && !is_raw(next),
        };
        if starts {
            answers.push(code(Event::Start));
        }
    }
    answers
}

/// A syntax element, by its name in the standard: what a sequence of bins stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Element(pub &'static str);

/// What syntax elements belong to, within a macroblock or a coding tree unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The macroblock with this address as a whole.
    Macroblock(u32),
    /// A block of transform coefficient levels.
    Block {
        /// ctxBlockCat.
        category: u8,
        /// Y 0, Cb 1, Cr 2.
        component: u8,
        /// Its number among those of its kind and component: luma4x4BlkIdx, luma8x8BlkIdx or chroma4x4BlkIdx; 0 for a block of DC levels.
        index: u8,
    },
    /// A level of the block, by its place in the scan (levelListIdx).
    Level(u8),
    /// H.265: the coding tree unit with this address in raster scan as a whole.
    CodingTreeUnit(u32),
    /// H.265: a transform block.
    TransformBlock {
        /// Y 0, Cb 1, Cr 2.
        component: u8,
        /// The column of the luma sample at its upper left corner.
        x: u32,
        /// Its row.
        y: u32,
        /// log2 of its width in samples of its component.
        log2_size: u8,
    },
    /// H.265: a level of the block, by its place in the scan: 16 times the number of its sub-block, plus its place within that.
    Coefficient(u16),
}

/// For example `Y3 cat 2` for a block of H.264, `Cb 16,8 4x4` for one of H.265, `macroblock 7`, `level 3`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |component: u8| ["Y", "Cb", "Cr"][usize::from(component) % 3];
        match *self {
            Place::Macroblock(address) => write!(f, "macroblock {address}"),
            Place::CodingTreeUnit(address) => write!(f, "coding tree unit {address}"),
            Place::Block { category, component, index } => {
                write!(f, "{}{index} cat {category}", name(component))
            }
            Place::TransformBlock { component, x, y, log2_size } => {
                let size = 1u64.checked_shl(log2_size.into()).unwrap_or(0);
                write!(f, "{} {x},{y} {size}x{size}", name(component))
            }
            Place::Level(level) => write!(f, "level {level}"),
            Place::Coefficient(level) => write!(f, "level {level}"),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A coder without a clock. The same calls, in the same order, write and read a stream: an encoder codes the bin that it is given and
/// returns it; a decoder ignores the bin that it is given and returns the one that it read.
///
/// Calls never fail. A decoder keeps its first error ([`Decode::error`]) and goes on as its [`DecodeErrorKind`] says. After `terminate` has returned
/// true the stream continues only through [`raw`](Self::raw) and [`start`](Self::start); a coder that is given bins instead stays in a
/// defined state, but the bins have no meaning.
pub trait BinCoder {
    /// Whether bins come from a stream (a decoder) or from the caller (an encoder).
    const READS: bool;

    /// A walk says which element the next bins stand for, which value it would write, and which values are legal; it writes the value that
    /// is returned. A coder returns the given value; another coder around it may choose another value.
    #[inline(always)]
    fn element(&mut self, element: Element, given: i32, legal: RangeInclusive<i32>) -> i32 {
        let _ = (element, legal);
        given
    }

    /// The element has been coded with this value. Like `element`, this is for observers.
    #[inline(always)]
    fn coded(&mut self, element: Element, value: i32) {
        let _ = (element, value);
    }

    /// What the next elements belong to. For observers.
    #[inline(always)]
    fn place(&mut self, place: Place) {
        let _ = place;
    }

    /// Codes a bin with a context variable and updates it.
    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool;

    /// Codes a bypass bin.
    fn bypass(&mut self, bin: bool) -> bool;

    /// Codes the low `n` bits of `value`, 32 at the most, as bypass bins, the highest first.
    fn bypass_bits(&mut self, n: u32, value: u32) -> u32 {
        (0..n.min(32)).rev().fold(0, |read, i| read << 1 | u32::from(self.bypass(value >> i & 1 != 0)))
    }

    /// Codes bypass bins of 1, and after them a 0 unless there are `most` of them. Returns how many ones they are.
    #[inline(always)]
    fn bypass_ones(&mut self, ones: u32, most: u32) -> u32 {
        let mut coded = 0;
        while coded < most && self.bypass(coded < ones) {
            coded += 1;
        }
        coded
    }

    /// Codes a terminate bin. A bin of 1 ends the engine run: an encoder writes out all it holds, the stop bit, and zeros to the end of
    /// the byte.
    fn terminate(&mut self, bin: bool) -> bool;

    /// H.265 bypass alignment (clause 9.3.4.3.6): sets codIRange to 256.
    fn align(&mut self);

    /// After a terminate bin of 1: its last bit, the stop bit. Every encoder writes 1; a decoder returns what it has read, and 1 beyond
    /// the end of its slice.
    fn stop_bit(&self) -> bool;

    /// After a terminate bin of 1: the bits after the stop bit in its byte, in place. An encoder sets them to `bits`; without this call
    /// they are zero, as the standard demands, but x264 sets the last of them. A decoder returns what they are.
    fn padding(&mut self, bits: u8) -> u8;

    /// After a terminate bin of 1: passes raw bytes, from the next whole byte of the stream on. An encoder writes `bytes`, a decoder fills
    /// them.
    fn raw(&mut self, bytes: &mut [u8]);

    /// After a terminate bin of 1 and the raw bytes that follow it: starts the engine on the next whole byte. A decoder reads nine bits;
    /// an encoder has nothing to do, since the terminate bin has made it ready.
    fn start(&mut self);

    /// Sets a context variable.
    fn load(&mut self, ctx: CtxIdx, model: ContextModel);

    /// The present state of a context variable.
    fn save(&self, ctx: CtxIdx) -> ContextModel;

    /// Does what an event says, and returns it as it was coded. Only a decoder can return another event than the given one.
    #[inline]
    fn code(&mut self, event: Event) -> Event {
        match event {
            Event::Context { ctx, bin } => return Event::Context { ctx, bin: self.context(ctx, bin) },
            Event::Bypass { bin } => return Event::Bypass { bin: self.bypass(bin) },
            Event::Terminate { bin } => return Event::Terminate { bin: self.terminate(bin) },
            Event::Raw(byte) => {
                let mut bytes = [byte];
                self.raw(&mut bytes);
                return Event::Raw(bytes[0]);
            }
            Event::Align => self.align(),
            Event::Start => self.start(),
            Event::Load { ctx, model } => self.load(ctx, model),
        }
        event
    }

    /// Codes a list of events up to the first one that the coder returns differently, which only a decoder can do. The error is the index
    /// of that event.
    ///
    /// ```
    /// use silicabac::{bin::{BinCoder, Decode, Encode, Event}, spec};
    /// let events = [Event::Bypass { bin: true }, Event::Terminate { bin: true }];
    /// let mut encoder = spec::Encoder::new();
    /// encoder.play(&events).unwrap();
    /// let bytes = encoder.finish();
    /// assert_eq!(spec::Decoder::new(&bytes).play(&events), Ok(()));
    /// ```
    fn play(&mut self, events: &[Event]) -> Result<(), usize> {
        match events.iter().position(|&event| self.code(event) != event) {
            Some(other) => Err(other),
            None => Ok(()),
        }
    }

    /// Codes a list of events to the end, and returns each as it was coded.
    fn answers(&mut self, events: &[Event]) -> Vec<Event> {
        events.iter().map(|&event| self.code(event)).collect()
    }
}

/// A coder that writes.
pub trait Encode: BinCoder {
    /// codIRange, 256..=510.
    fn cod_i_range(&self) -> u32;

    /// The low nine bits of codILow, which coders with and without a count of outstanding bits have in common.
    fn cod_i_low(&self) -> u32;

    /// Ends the stream after a terminate bin of 1, and hands over its bytes. The last one is filled up with zeros.
    fn finish(self) -> Vec<u8>;
}

/// A coder that reads.
pub trait Decode: BinCoder {
    /// codIRange: 256..=510.
    fn cod_i_range(&self) -> u32;

    /// codIOffset, nine bits, always below codIRange.
    fn cod_i_offset(&self) -> u32;

    /// How many bits have been read from the slice. After a terminate bin of 1, the last of them is the stop bit.
    fn position(&self) -> u64;

    /// The first error, if there was one.
    fn error(&self) -> Option<DecodeError>;
}

/// What a slice holds after its stop bit: the rest of that byte, then whole bytes.
///
/// These are mostly zeros, but not always: cabac_zero_words follow some slices, and x264 sets the very last bit of some. No bin implies
/// them, so a program that rewrites a slice has to copy them.
///
/// ```
/// use silicabac::bin::Tail;
/// let mut coded = vec![0x7f, 0xa0]; // eleven bits and their padding
/// Tail::of(&[0x7f, 0xa1, 0x00, 0x00], 11).append_to(&mut coded);
/// assert_eq!(coded, [0x7f, 0xa1, 0x00, 0x00]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail<'a> {
    /// The bits of the stop bit's byte that come after it, in place; the others are zero.
    pub bits: u8,
    /// The bytes after that byte.
    pub bytes: &'a [u8],
}

impl<'a> Tail<'a> {
    /// The tail of `slice` after its first `position` bits; empty if there are no more bits.
    pub fn of(slice: &'a [u8], position: u64) -> Tail<'a> {
        let whole = usize::try_from(position.div_ceil(8)).ok();
        let Some((coded, bytes)) = whole.and_then(|whole| slice.split_at_checked(whole)) else {
            return Tail { bits: 0, bytes: &[] };
        };
        let bits = match (position % 8, coded.last()) {
            (0, _) | (_, None) => 0,
            (used, Some(last)) => last & 0xff >> used,
        };
        Tail { bits, bytes }
    }

    /// The tail of `slice` where the last of its first `position` bits is the stop bit.
    ///
    /// # Errors
    /// The position of that bit, if it is 0.
    pub fn after_stop_bit(slice: &'a [u8], position: u64) -> Result<Tail<'a>, u64> {
        let bit = position.saturating_sub(1);
        let byte = usize::try_from(bit / 8).ok().and_then(|byte| slice.get(byte)).copied().unwrap_or(0);
        if byte >> (7 - bit % 8) & 1 == 0 { Err(bit) } else { Ok(Tail::of(slice, position)) }
    }

    /// Appends the tail to what [`Encode::finish`] returned.
    pub fn append_to(self, coded: &mut Vec<u8>) {
        if let Some(last) = coded.last_mut() {
            *last |= self.bits;
        }
        coded.extend_from_slice(self.bytes);
    }
}

/// Sets the bits after the stop bit of a byte, and returns those that were set.
pub(crate) fn pad(byte: Option<&mut u8>, bits: u8) -> u8 {
    let Some(byte) = byte else { return 0 };
    let bits = bits & byte.wrapping_sub(1) & !*byte;
    *byte |= bits;
    bits
}

/// What is wrong with a stream, and where. Only the first error of a stream is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (bin {bin}, bit {bit} of the slice)")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The index, in the slice, of the bin that met the error; at a start, a raw byte or an alignment, of the bin that comes next.
    pub bin: u64,
    /// The bit of the slice at which it was met.
    pub bit: u64,
}

/// Three ways in which bytes cannot be a stream of this coder. The standard does not say what a decoder does with them; every decoder here
/// reports the same error at the same bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    /// The first nine bits are 510 or 511, which H.264 clause 9.3.1.2 forbids. They are taken as zero.
    #[error("the engine's first nine bits are 510 or 511, which no encoder writes")]
    Forbidden,
    /// codIOffset is 256 or more where a bypass alignment sets codIRange to 256. It is taken as zero.
    #[error("codIOffset is beyond the range that bypass alignment sets")]
    Misaligned,
    /// A bin needed a bit beyond the last byte. The bits beyond it read as zero.
    #[error("a bit beyond the last byte of the slice is needed")]
    Exhausted,
}
