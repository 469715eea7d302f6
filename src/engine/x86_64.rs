//! The step of a decoder in the assembly of x86-64 with BMI2: the same as [`super::step::decode`], with the operations in the order in
//! which they are fast.
//!
//! A bin waits for eight operations: shift, mask, shift, mask, subtract, select, count zeros, shift. The compiler keeps that chain, but
//! puts a subtraction after a select, and loads the next context variable only when the bin is known. Here both candidates are loaded
//! before the bin is known. The block reads two tables, whose index is a byte, and writes only registers; nothing else in the crate is
//! unsafe.
#![allow(unsafe_code)]

use core::{arch::asm, mem::offset_of};

use super::step::{DECODING, Decoding, Step, UNIT, Word};

/// The bits of codIRange below the highest.
static RANGE_BITS: u64 = 0xff << UNIT;

/// The same as [`super::step::decode`].
#[inline(always)]
pub(super) fn decode(Word(word): Word, mut range: u64, mut rest: u64) -> Step {
    let shift: u64;
    let next: u64;
    // SAFETY: the tables have 256 words each, and the index is a byte. The instructions exist, as the compiler was told (`target_feature`)
    // or the test has checked.
    unsafe {
        asm!(
            "rorx {t}, {range}, 57",
            "and {t:e}, 48",
            "movzx {row:e}, {word:l}",
            "shlx {word}, {word}, {t}",
            "mov {t}, {rest}",
            "and {word}, [rip + {mask}]",
            "sub {range}, {word}",
            "sub {t}, {word}",
            "cmovb {range}, {word}",
            "mov {word}, [{tables} + 8 * {row} + {after_mps}]",
            "cmovb {word}, [{tables} + 8 * {row} + {after_lps}]",
            "cmovae {rest}, {t}",
            "lzcnt {t}, {range}",
            "shlx {range}, {range}, {t}",
            "shlx {rest}, {rest}, {t}",
            tables = in(reg) &raw const *DECODING,
            after_mps = const offset_of!(Decoding, after_mps),
            after_lps = const offset_of!(Decoding, after_lps),
            mask = sym RANGE_BITS,
            word = inout(reg) word => next,
            row = out(reg) _,
            range = inout(reg) range,
            rest = inout(reg) rest,
            t = out(reg) shift,
            options(pure, readonly, nostack),
        );
    }
    Step { range, rest, shift: shift as u32, next: Word(next) }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::println;

    use super::*;
    use crate::engine::{
        models::{InUse, Model},
        step,
    };

    /// Compares the two steps for every context variable in every codIRange, each with every codIOffset on either side of the bin and with
    /// random bits ahead.
    #[test]
    fn is_the_safe_step() {
        if !(std::is_x86_feature_detected!("bmi2") && std::is_x86_feature_detected!("lzcnt")) {
            println!("not tested: this processor has no BMI2");
            return;
        }
        let mut random = 1_u64;
        for byte in 0..=u8::MAX {
            let word = Word::of(Model(byte));
            for range in 256..=510_u64 {
                for rest in 0..range {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (range, rest) = (range << UNIT, rest << UNIT | random >> (64 - UNIT));
                    assert_eq!(
                        decode(word, range, rest),
                        step::decode(word, range, rest),
                        "{word:?} {range:#x} {rest:#x}"
                    );
                }
            }
        }
    }
}
