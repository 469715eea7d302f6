//! The binarisation and the contexts of DeepCABAC (Wiedemann et al., 2020), on the 64 states of H.264 and H.265, so that the decoder core
//! can decode them.
//!
//! Levels are scanned in rows. Each is sigFlag, signFlag, AbsGr(1) to AbsGr(n), and a remainder in Exp-Golomb code of which the prefix has
//! contexts. The contexts of sigFlag and signFlag depend on the level to the left: zero, negative or positive; left of the first column it
//! counts as zero. One walk encodes and decodes.
//!
//! In DeepCABAC the suffix is bypass bins. For levels of eight bits contexts make streams one to three hundredths shorter, since half of these levels
//! have a suffix of three bits or more, and small levels are more frequent. So here the first bits of a suffix can have contexts.
//!
//! With 64 states a bin costs at least 0.027 bits. Where most rows are zero, these bins are much of a stream. So a row can begin with a flag
//! that says whether any of its levels is not zero.

use crate::bin::{BinCoder, Decode, DecodeError, Element, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::engine::{Decoder, Encoder};
use crate::observed::{Observed, Observer};

/// Levels lie between this and its negative.
pub const MAX_LEVEL: i32 = 1 << 24;

/// n of DeepCABAC: how many flags AbsGr a level has.
pub const ABS_GR: u8 = 10;
/// The largest n.
pub const MAX_ABS_GR: u8 = 100;

/// The most bits of a suffix that can have contexts.
pub const MAX_SUFFIX_CONTEXTS: u8 = 2;

/// The most bins of the prefix of a remainder: as many as levels up to [`MAX_LEVEL`] need.
pub(super) const MAX_PREFIX: u32 = 24;

const SIG_FLAG: usize = 0;
const SIGN_FLAG: usize = 3;
const ABS_GR_FLAGS: usize = 6;

/// How levels are coded: how many flags AbsGr there are, and how long a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// n of DeepCABAC, 1..=[`MAX_ABS_GR`].
    pub abs_gr: u8,
    /// Whether signFlag has contexts. Where signs are as good as random, contexts cost some hundredths of a bit each.
    pub sign_contexts: bool,
    /// How many of the first bits of a suffix have contexts, 0..=[`MAX_SUFFIX_CONTEXTS`]; 0 in DeepCABAC.
    pub suffix_contexts: u8,
    /// Whether a flag before each row says if any of its levels is not zero; DeepCABAC has none.
    pub row_flags: bool,
    /// How many levels a row has, at least 1.
    pub columns: usize,
}

/// What a decoder finds wrong with a stream of levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LevelsError {
    /// It ends too early, or is not a stream of this coder.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// The level with this number is larger than [`MAX_LEVEL`].
    #[error("level {0} is beyond {MAX_LEVEL}")]
    Level(usize),
    /// The terminate bin after the last level is 0, or bytes follow.
    #[error("the stream does not end with its last level")]
    End,
}

/// The level to the left, as the choice of a context.
#[derive(Clone, Copy)]
pub(super) struct Left(usize);

impl Left {
    pub(super) const ZERO: Left = Left(0);

    #[inline(always)]
    pub(super) fn of(level: i32) -> Left {
        Left(if level == 0 { 0 } else { 1 + usize::from(level > 0) })
    }

    #[inline(always)]
    pub(super) fn sig_flag(self) -> CtxIdx {
        CtxIdx::known(SIG_FLAG + self.0)
    }

    #[inline(always)]
    pub(super) fn sign_flag(self) -> CtxIdx {
        CtxIdx::known(SIGN_FLAG + self.0)
    }
}

impl Layout {
    /// The context of AbsGr(k).
    #[inline(always)]
    pub(super) fn abs_gr(k: u32, is_negative: bool) -> CtxIdx {
        CtxIdx::known(ABS_GR_FLAGS + 2 * (k as usize - 1) + usize::from(is_negative))
    }

    #[inline(always)]
    pub(super) fn prefix(self, bin_idx: u32) -> CtxIdx {
        CtxIdx::known(ABS_GR_FLAGS + 2 * usize::from(self.abs_gr) + bin_idx as usize)
    }

    /// The context of the next bit of a suffix of k bits; `node` is a 1 followed by the bits before it.
    #[inline(always)]
    pub(super) fn suffix_bit(self, k: u32, node: u32) -> CtxIdx {
        let first = ABS_GR_FLAGS + 2 * usize::from(self.abs_gr) + MAX_PREFIX as usize;
        CtxIdx::known(first + ((k as usize) << self.suffix_contexts) + node as usize)
    }

    /// How many contexts there are.
    pub const fn contexts(self) -> usize {
        self.row_flag_index() + self.row_flags as usize
    }

    const fn row_flag_index(self) -> usize {
        let suffixes =
            if self.suffix_contexts > 0 { (MAX_PREFIX as usize + 1) << self.suffix_contexts } else { 0 };
        ABS_GR_FLAGS + 2 * self.abs_gr as usize + MAX_PREFIX as usize + suffixes
    }

    #[inline(always)]
    pub(super) fn row_flag(self) -> CtxIdx {
        CtxIdx::known(self.row_flag_index())
    }

    /// Codes one level, and returns the one that was coded.
    #[inline(always)]
    pub(super) fn level<C: BinCoder>(self, coder: &mut C, left: Left, given: i32) -> i32 {
        let given = coder.element(LEVEL_ELEMENT, given, -MAX_LEVEL..=MAX_LEVEL);
        if !coder.context(left.sig_flag(), given != 0) {
            return 0;
        }
        let is_negative = if self.sign_contexts {
            coder.context(left.sign_flag(), given < 0)
        } else {
            coder.bypass(given < 0)
        };
        let abs = given.unsigned_abs();
        let n = u32::from(self.abs_gr);
        let mut k = 1;
        while k <= n && coder.context(Layout::abs_gr(k, is_negative), abs > k) {
            k += 1;
        }
        if k > n {
            k += self.remainder(coder, abs.wrapping_sub(n + 1));
        }
        if is_negative { -(k as i32) } else { k as i32 }
    }

    #[cold]
    #[inline(never)]
    fn remainder<C: BinCoder>(self, coder: &mut C, given: u32) -> u32 {
        let (mut k, mut base) = (0, 0);
        while k < MAX_PREFIX
            && coder.context(self.prefix(k), given.checked_sub(base).is_some_and(|rest| rest >> k != 0))
        {
            base += 1 << k;
            k += 1;
        }
        base + self.suffix(coder, k, given.wrapping_sub(base))
    }

    #[inline(always)]
    fn suffix<C: BinCoder>(self, coder: &mut C, k: u32, given: u32) -> u32 {
        let bits = k.min(self.suffix_contexts.into());
        let mut node = 1;
        for bit in 1..=bits {
            node =
                node << 1 | u32::from(coder.context(self.suffix_bit(k, node), given >> (k - bit) & 1 == 1));
        }
        let rest = k - bits;
        (node - (1 << bits)) << rest | coder.bypass_bits(rest, given & ((1 << rest) - 1))
    }

    /// Codes levels, starting at the beginning of a row; a decoder writes them to `levels`, an encoder reads them there.
    pub fn walk<C: BinCoder>(self, coder: &mut C, levels: &mut [i32]) {
        for row in levels.chunks_mut(self.columns.max(1)) {
            if self.row_flags && !coder.context(self.row_flag(), row.iter().any(|level| *level != 0)) {
                row.fill(0);
                continue;
            }
            let mut left = Left::ZERO;
            for level in row {
                *level = self.level(coder, left, *level);
                left = Left::of(*level);
            }
        }
    }

    /// The stream of these levels, each between -[`MAX_LEVEL`] and [`MAX_LEVEL`].
    ///
    /// ```
    /// use silicabac::weights::levels::{ABS_GR, Layout};
    /// let layout = Layout { abs_gr: ABS_GR, sign_contexts: true, suffix_contexts: 0, row_flags: false, columns: 3 };
    /// let stream = layout.encode(&mut [0, -1, 2, 0, 300, 0]);
    /// assert_eq!(layout.decode(&stream, 6).unwrap(), [0, -1, 2, 0, 300, 0]);
    /// ```
    pub fn encode(self, levels: &mut [i32]) -> Vec<u8> {
        // All contexts start in state 0 with valMPS 0, as those of a new coder do.
        let mut encoder = Encoder::new();
        self.walk(&mut encoder, levels);
        encoder.terminate(true);
        encoder.finish()
    }

    /// The levels of a stream.
    ///
    /// # Errors
    /// [`LevelsError`].
    pub fn decode(self, stream: &[u8], count: usize) -> Result<Vec<i32>, LevelsError> {
        let mut levels = Vec::new();
        let mut decoder = Decoder::new(stream);
        // A stream of a few bytes can claim any count, so memory is allocated as levels come.
        let mut remaining = count;
        while remaining > 0 {
            let block = remaining.min(self.block());
            let from = levels.len();
            levels.resize(from + block, 0);
            self.walk(&mut decoder, &mut levels[from..]);
            if let Some(error) = decoder.error() {
                return Err(error.into());
            }
            if let Some(at) = levels[from..].iter().position(|level| level.unsigned_abs() > MAX_LEVEL as u32)
            {
                return Err(LevelsError::Level(from + at));
            }
            remaining -= block;
        }
        let is_end = decoder.terminate(false);
        match decoder.error() {
            Some(error) => Err(error.into()),
            None if is_end && decoder.position().div_ceil(8) == stream.len() as u64 => Ok(levels),
            None => Err(LevelsError::End),
        }
    }

    /// All requests that a stream makes of a coder: the loads of the contexts, the bins of its levels, and the end.
    ///
    /// # Errors
    /// [`LevelsError`].
    pub fn events(self, stream: &[u8], count: usize) -> Result<Vec<Event>, LevelsError> {
        let mut levels = self.decode(stream, count)?;
        let loads = (0..self.contexts())
            .map(|ctx| Event::Load { ctx: CtxIdx::known(ctx), model: ContextModel::default() });
        let mut observed = Observed { coder: Decoder::new(stream), observer: Events(loads.collect()) };
        self.walk(&mut observed, &mut levels);
        observed.terminate(true);
        Ok(observed.observer.0)
    }

    /// How many levels are decoded before errors are looked for: whole rows.
    fn block(self) -> usize {
        let columns = self.columns.max(1);
        columns * (65_536 / columns).max(1)
    }
}

/// The level nearest to a weight in steps, the even one of two that are as near; the limits are [`MAX_LEVEL`] and its negative.
#[inline]
pub fn nearest(weight: f32) -> i32 {
    // Above this, f32 has no fractions; so adding it and subtracting it again rounds, also on processors without a rounding instruction.
    const WHOLE: f32 = 8_388_608.0;
    let magnitude = weight.abs();
    let rounded = if magnitude < WHOLE { (magnitude + WHOLE) - WHOLE } else { magnitude };
    let level = rounded.min(MAX_LEVEL as f32) as i32;
    if weight < 0.0 { -level } else { level }
}

const LEVEL_ELEMENT: Element = Element("level");

/// An observer that records all events.
struct Events(Vec<Event>);

impl<C> Observer<C> for Events {
    fn after(&mut self, _: &C, coded: Event) {
        self.0.push(coded);
    }
}
