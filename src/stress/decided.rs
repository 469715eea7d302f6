//! Long runs of outstanding bits that neither a bypass bin nor the end decides, but a context bin, or a terminate bin of 0. That takes a bit in
//! the ranges 256 and 257 alone. While the interval is about the middle, codILow is 256 or more there, and its bit is outstanding, too. But the
//! flowcharts have a bit outstanding wherever codILow is 256 or more, though all of the interval is below the middle: what comes next that
//! takes a bit decides then, and bins that take none lead to the range.

use super::builder::{Builder, quiet_to_terminate};
use crate::vectors::{Flag, Vector};

/// Runs beyond counters of 7 to 16 bits, each with each bin that decides it.
pub(super) fn vectors() -> impl Iterator<Item = Vector> {
    let lengths = (7..=14).chain([16]).map(|power| (1 << power) + 5);
    lengths.flat_map(|length| Decider::ALL.map(|decider| vector(length, decider)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decider {
    /// A less probable symbol that takes one bit: a carry.
    Lps,
    /// One that takes six.
    RareLps,
    /// A more probable symbol: no carry.
    Mps,
    /// A terminate bin of 0: no carry.
    Terminate,
}

/// A range in which bypass bins, which double the distance to the middle modulo it, keep a run for ever.
const RANGE: u32 = 383;

const EVEN: u16 = 0;
const RARE: u16 = 1;
/// The first of those whose more probable symbols take no bit.
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

    /// The context, and whether its bin is the more probable symbol; before a terminate bin the last that takes a bit.
    fn symbol(self) -> (u16, bool) {
        match self {
            Decider::Lps => (EVEN, false),
            Decider::RareLps => (RARE, false),
            Decider::Mps | Decider::Terminate => (EVEN, true),
        }
    }

    /// Whether the bin decides, or before a terminate bin, whether its bit is outstanding and all of the interval below the middle.
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

/// The interval straddles the middle.
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
