//! Long runs of outstanding bits that are decided neither by a bypass bin nor by the end, but by a context bin, or by a terminate bin of 0.
//!
//! A terminate bin of 0 takes a bit in the ranges 256 and 257 alone. While the interval straddles the middle, 512, codILow is 256 or more
//! in these ranges, so that this bit is outstanding, too, and decides nothing. But the flowcharts make a bit outstanding wherever codILow
//! is 256 or more, even if all of the interval is below the middle: then the next bin that takes a bit decides, and bins that take none
//! lead to the range 256 or 257 first.

use super::builder::{Builder, quiet_to_terminate};
use crate::vectors::{Flag, Vector};

/// Runs too long for counters of 7 to 16 bits, each length with each bin that decides it.
pub(super) fn vectors() -> impl Iterator<Item = Vector> {
    let lengths = (7..=14).chain([16]).map(|power| (1 << power) + 5);
    lengths.flat_map(|length| Decider::ALL.map(|decider| vector(length, decider)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decider {
    /// A less probable symbol that takes one bit: a carry.
    Lps,
    /// A less probable symbol that takes six bits: a carry.
    RareLps,
    /// A more probable symbol: no carry.
    Mps,
    /// A terminate bin of 0: no carry.
    Terminate,
}

/// A range in which a run of bypass bins can go on for ever: they double the distance to the middle, modulo this number.
const RANGE: u32 = 383;

const EVEN: u16 = 0;
const RARE: u16 = 1;
/// The first of the contexts whose more probable symbols take no bit.
const QUIET: u16 = 2;

impl Decider {
    const ALL: [Decider; 4] = [Decider::Lps, Decider::RareLps, Decider::Mps, Decider::Terminate];

    fn name(self) -> &'static str {
        match self {
            Decider::Lps => "lps",
            Decider::RareLps => "rare-lps",
            Decider::Mps => "mps",
            Decider::Terminate => "terminate",
        }
    }

    /// The context, and whether its bin is the more probable symbol; for a terminate bin, those of the last bin before it that takes a bit.
    fn symbol(self) -> (u16, bool) {
        match self {
            Decider::Lps => (EVEN, false),
            Decider::RareLps => (RARE, false),
            Decider::Mps | Decider::Terminate => (EVEN, true),
        }
    }

    /// Whether the bin decides; for a terminate bin, whether the bit of the bin before it is outstanding with all of the interval below the
    /// middle.
    fn decides(self, builder: &Builder) -> bool {
        let (ctx, is_mps) = self.symbol();
        let model = builder.model(ctx);
        let part = model.part(RANGE, model.val_mps() == is_mps);
        match self {
            Decider::Mps => part < 256 && builder.low() < 256,
            Decider::Terminate => {
                part < 256 && (256..384).contains(&builder.low()) && builder.low() + part <= 512
            }
            Decider::Lps | Decider::RareLps => builder.low() + RANGE - part >= 512,
        }
    }
}

fn vector(length: u32, decider: Decider) -> Vector {
    let mut builder = Builder::new(length.into());
    builder.load(EVEN, 0, true);
    builder.load(RARE, 62, true);
    builder.reach_range(|range| range == RANGE);
    while !is_run(&builder) {
        builder.bypasses(1);
    }
    while builder.bits_outstanding() < length || !decider.decides(&builder) {
        let keeps = 2 * builder.low() + RANGE < 1_024;
        builder.bypass(keeps);
    }
    let (ctx, is_mps) = decider.symbol();
    builder.symbol(ctx, is_mps);
    if decider == Decider::Terminate {
        let states = (0..8).find_map(|bins| quiet_to_terminate(builder.range(), bins));
        let all = (QUIET..).zip(states.unwrap_or_default());
        all.clone().for_each(|(ctx, model)| builder.load(ctx, model.p_state_idx(), model.val_mps()));
        all.for_each(|(ctx, _)| builder.symbol(ctx, true));
        builder.terminate(false);
    }
    builder.bypasses(9);
    let name = decider.name();
    let comment = format!(
        "a run of {length} outstanding bits, or a few more, that neither a bypass bin nor an end decides: {name}"
    );
    builder.into_vector(format!("decided-{length}-{name}"), comment, &[Flag::LongRun])
}

/// Whether the interval straddles the middle.
fn is_run(builder: &Builder) -> bool {
    builder.low() < 512 && builder.low() + builder.range() > 512
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::{BinCoder, Event};
    use crate::spec;

    #[test]
    fn its_bin_decides_a_run_of_its_length() {
        for length in [133, 1_029] {
            for decider in Decider::ALL {
                let mut encoder = spec::Encoder::new();
                let mut decided = Vec::new();
                for event in vector(length, decider).events {
                    let before = encoder.bits_outstanding();
                    let _ = encoder.play(&[event]);
                    if before >= length && encoder.bits_outstanding() < before {
                        assert!(before < length + 16, "{before}");
                        decided.push(event);
                    }
                }
                let is_its = |event: &Event| match decider {
                    Decider::Terminate => *event == Event::Terminate { bin: false },
                    _ => matches!(event, Event::Context { .. }),
                };
                assert!(decided.len() == 1 && decided.iter().all(is_its), "{decider:?}: {decided:?}");
            }
        }
    }
}
