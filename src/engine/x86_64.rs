//! The step of a decoder in the assembly of x86-64 with BMI2: the same as [`super::step::decode`], with the operations in the order in
//! which they are fast.
//!
//! A bin waits for eight operations: shift, mask, shift, mask, subtract, select, count zeros, shift. The compiler keeps that chain, but
//! puts a subtraction after a select, and loads the next context variable only when the bin is known. Here both candidates are loaded
//! before the bin is known. The block reads two tables, whose index is a byte, and writes only registers; nothing else in the crate is
//! unsafe.
#![allow(unsafe_code)]

use core::{arch::asm, mem::offset_of};

use super::step::{DECODING, Decoding, Model, Step, UNIT};

/// The bits of codIRange below the highest.
static RANGE_BITS: u64 = 0xff << UNIT;

/// The same as [`super::step::decode`].
#[inline(always)]
pub(super) fn decode(model: Model, mut range: u64, mut rest: u64) -> Step {
    let shift: u64;
    let next: u32;
    // SAFETY: a row has 8 bytes in each of two tables of 256 rows, and the index is a byte. The instructions exist, as the compiler was
    // told (`target_feature`) or the test has checked.
    unsafe {
        asm!(
            "mov {t}, {range}",
            "mov {next:e}, [{tables} + 8 * {row} + {after_mps}]",
            "shr {t}, 57",
            "and {t:e}, 48",
            "shlx {lps}, [{tables} + 8 * {row} + {entries}], {t}",
            "and {lps}, [rip + {mask}]",
            "mov {t}, {rest}",
            "sub {range}, {lps}",
            "sub {t}, {lps}",
            "cmovb {range}, {lps}",
            "cmovae {rest}, {t}",
            "cmovb {next:e}, [{tables} + 8 * {row} + {after_lps}]",
            "lzcnt {t}, {range}",
            "shlx {range}, {range}, {t}",
            "shlx {rest}, {rest}, {t}",
            tables = in(reg) &raw const DECODING,
            entries = const offset_of!(Decoding, entries),
            after_mps = const offset_of!(Decoding, next),
            after_lps = const offset_of!(Decoding, next) + 4,
            row = in(reg) usize::from(model.0),
            mask = sym RANGE_BITS,
            range = inout(reg) range,
            rest = inout(reg) rest,
            next = out(reg) next,
            t = out(reg) shift,
            lps = out(reg) _,
            options(pure, readonly, nostack),
        );
    }
    Step { range, rest, shift: shift as u32, next: Model(next as u8) }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::println;

    use super::*;
    use crate::engine::step;

    /// Compares the two steps for every context variable in every codIRange, each with every codIOffset on either side of the bin and with
    /// random bits ahead.
    #[test]
    fn is_the_safe_step() {
        if !(std::is_x86_feature_detected!("bmi2") && std::is_x86_feature_detected!("lzcnt")) {
            println!("not tested: this processor has no BMI2");
            return;
        }
        let mut random = 1_u64;
        for bits in 0..=u8::MAX {
            for range in 256..=510_u64 {
                for rest in 0..range {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (range, rest) = (range << UNIT, rest << UNIT | random >> (64 - UNIT));
                    let model = Model(bits);
                    assert_eq!(
                        decode(model, range, rest),
                        step::decode(model, range, rest),
                        "{model:?} {range:#x} {rest:#x}"
                    );
                }
            }
        }
    }
}
