//! The step of a decoder in the assembly of x86-64 with BMI2 and LZCNT: the same as [`super::step::decode`], with the operations in the
//! order in which they are fast.
//!
//! A bin waits for eight operations: shift, mask, shift, mask, subtract, select, count zeros, shift. The compiler keeps that chain, but
//! puts a subtraction after a select, and loads the next context variable only when the bin is known. Here both candidates are loaded
//! before the bin is known. The block reads two tables, whose index is a byte, and writes only registers; nothing else in the crate is
//! unsafe.
#![allow(unsafe_code)]

use core::{arch::asm, mem::offset_of};

use super::step::{DECODER_TABLES, DecodedBin, DecoderTables, RANGE_SHIFT, Word};

/// The bits of codIRange below the highest.
static RANGE_BITS: u64 = 0xff << RANGE_SHIFT;

/// The same as [`super::step::decode`].
#[inline(always)]
pub(super) fn decode(Word(word): Word, mut range: u64, mut margin: u64) -> DecodedBin {
    let shift: u64;
    let next_word: u64;
    // SAFETY: the tables have 256 words each, and the index is a byte. The instructions exist, as the compiler was told (`target_feature`)
    // or the test has checked.
    unsafe {
        asm!(
            "rorx {t}, {range}, 57",
            "and {t:e}, 48",
            "movzx {index:e}, {word:l}",
            "shlx {word}, {word}, {t}",
            "mov {t}, {margin}",
            "and {word}, [rip + {mask}]",
            "sub {range}, {word}",
            "sub {t}, {word}",
            "cmovb {range}, {word}",
            "mov {word}, [{tables} + 8 * {index} + {after_mps}]",
            "cmovb {word}, [{tables} + 8 * {index} + {after_lps}]",
            "cmovae {margin}, {t}",
            "lzcnt {t}, {range}",
            "shlx {range}, {range}, {t}",
            "shlx {margin}, {margin}, {t}",
            tables = in(reg) &raw const *DECODER_TABLES,
            after_mps = const offset_of!(DecoderTables, after_mps),
            after_lps = const offset_of!(DecoderTables, after_lps),
            mask = sym RANGE_BITS,
            word = inout(reg) word => next_word,
            index = out(reg) _,
            range = inout(reg) range,
            margin = inout(reg) margin,
            t = out(reg) shift,
            options(pure, readonly, nostack),
        );
    }
    DecodedBin { range, margin, shift: shift as u32, next_word: Word(next_word) }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::io::Write;

    use super::*;
    use crate::engine::{
        models::{InUse, PackedContext},
        step,
    };

    /// Compares the two steps for every context variable in every codIRange, each with every codIOffset and with random bits ahead. Where
    /// the processor does not have the instructions nothing is compared. The test passes, and says so on standard error.
    #[test]
    fn is_the_safe_step() {
        if !(std::is_x86_feature_detected!("bmi2") && std::is_x86_feature_detected!("lzcnt")) {
            let skipped = "the step in assembly was not compared: this processor has no BMI2 or no LZCNT";
            _ = writeln!(std::io::stderr(), "{skipped}");
            return;
        }
        let mut random = 1_u64;
        for byte in 0..=u8::MAX {
            let word = Word::of(PackedContext(byte));
            for range in 256..=510_u64 {
                for margin in 0..range {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (range, margin) =
                        (range << RANGE_SHIFT, margin << RANGE_SHIFT | random >> (64 - RANGE_SHIFT));
                    assert_eq!(
                        decode(word, range, margin),
                        step::decode(word, range, margin),
                        "{word:?} {range:#x} {margin:#x}"
                    );
                }
            }
        }
    }
}
