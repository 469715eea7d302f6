//! Searches for slips that give what a core gives. The candidates are all slips that can change the shortest failing vector; they are
//! compared with the other failing vectors, then with the passing ones.

use std::{cmp::Reverse, collections::BTreeSet};

use super::coder::{Coder, given, given_until};
use super::{Explained, Slip};
use crate::bin::Event;
use crate::cores::Direction;
use crate::cosim::cause::Evidence;
use crate::cosim::{Mismatch, MismatchKind};
use crate::vectors::Vector;

/// Longer vectors are left out: they take more time than they are worth.
pub(in super::super) const LONGEST: usize = 4_000;
/// At most this many slips are found, one after the other.
const MOST: usize = 3;
/// This many of the shortest failing vectors rank the candidates.
const JUDGES: usize = 60;
/// This many of the best candidates are compared with the passing vectors.
const LIKELY: usize = 16;

/// The slips that explain failures; the one with the most vectors comes first.
pub(in super::super) fn slips(direction: Direction, all: &[Evidence<'_>]) -> Vec<Explained> {
    let short = all.iter().filter(|one| one.vector.events.len() <= LONGEST);
    let (failing, passing): (Vec<&Evidence<'_>>, Vec<&Evidence<'_>>) =
        short.partition(|one| one.failed.is_some());
    let mut unexplained: Vec<Seen<'_>> = failing.iter().filter_map(|one| Seen::of(direction, one)).collect();
    unexplained.sort_by_key(|seen| seen.vector.events.len());
    let is_harmless = |slip: Slip| {
        passing
            .iter()
            .all(|one| given(direction, one.vector, None) == given(direction, one.vector, Some(slip)))
    };
    let mut found: Vec<(usize, Explained)> = Vec::new();
    for _ in 0..2 * MOST {
        let Some(first) = unexplained.first().filter(|_| found.len() < MOST) else { break };
        let fitting = first.candidates().into_iter().filter(|slip| first.is_given_by(*slip));
        let hits = |slip: Slip| unexplained.iter().take(JUDGES).filter(|seen| seen.is_given_by(slip)).count();
        let mut counted: Vec<(usize, Slip)> = fitting.map(|slip| (hits(slip), slip)).collect();
        counted.sort_by_key(|&(hits, slip)| (Reverse(hits), slip.distance(), slip));
        let most = counted.first().map_or(0, |(hits, _)| *hits);
        let likely = counted.into_iter().filter(|(hits, _)| *hits > 1 && *hits == most).take(LIKELY);
        let mut harmless = likely.map(|(_, slip)| slip).filter(|slip| is_harmless(*slip));
        let Some(slip) = harmless.next() else {
            unexplained.remove(0);
            continue;
        };
        let is_gone = |seen: &Seen<'_>| seen.is_given_by(slip);
        let others = harmless.collect();
        let vectors = unexplained.iter().filter(|seen| is_gone(seen)).count();
        found.push((vectors, Explained { slip, harmless: passing.len(), others }));
        unexplained.retain(|seen| !is_gone(seen));
    }
    found.sort_by_key(|(vectors, _)| Reverse(*vectors));
    found.into_iter().map(|(_, explained)| explained).collect()
}

/// Whether this slip gives the mismatch of a vector.
pub(in super::super) fn explains(slip: Slip, direction: Direction, one: &Evidence<'_>) -> bool {
    Seen::of(direction, one).is_some_and(|seen| seen.is_given_by(slip))
}

/// The first wrong byte or bin that a core gave.
struct Seen<'a> {
    direction: Direction,
    vector: &'a Vector,
    /// The number of the byte or of the bin.
    number: usize,
    found: Found,
    /// What is due before it, which the core gave rightly.
    right: Vec<u8>,
}

/// In what way a byte or bin is wrong.
enum Found {
    /// It has this value.
    Value(u8),
    /// It is given although no bin after this one was taken, and this bin does not decide it.
    Early(u64),
    /// It is wrongly marked as the last (`true`) or as not the last.
    Last(bool),
}

impl<'a> Seen<'a> {
    fn of(direction: Direction, one: &'a Evidence<'_>) -> Option<Seen<'a>> {
        let Mismatch { difference, bin, .. } = &**one.failed.as_ref()?;
        let value = || difference.found.as_deref().filter(|_| difference.cause == MismatchKind::Wrong);
        let number_in = |before: &str, after: &str| -> Option<usize> {
            difference.field.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
        };
        let (number, found) = match direction {
            Direction::Decoder if difference.field == "the bin" => {
                (usize::try_from(*bin).ok()?, Found::Value(value()?.parse().ok()?))
            }
            Direction::Decoder => return None,
            Direction::Encoder => {
                if let Some(number) = number_in("byte ", " of the output is given before any bin decides it")
                {
                    (number, Found::Early(*bin))
                } else if let Some(number) = number_in("out_last with byte ", " of the output") {
                    (number, Found::Last(value()? == "1"))
                } else {
                    let byte = u8::from_str_radix(value()?.strip_prefix("0x")?, 16).ok()?;
                    (number_in("byte ", " of the output")?, Found::Value(byte))
                }
            }
        };
        let mut right = given(direction, one.vector, None);
        if right.len() <= number && !matches!(found, Found::Early(_)) {
            return None;
        }
        right.truncate(number);
        Some(Seen { direction, vector: one.vector, number, found, right })
    }

    /// The slips that can change what this vector gives.
    fn candidates(&self) -> BTreeSet<Slip> {
        let mut coder = Coder::new(None, &self.vector.bytes);
        let mut slips = BTreeSet::from([Slip::NoSwap, Slip::NoAlign]);
        slips.extend((0..=8).filter(|takes| *takes != 2).map(|takes| Slip::Terminate { takes }));
        for &event in &self.vector.events {
            if let Event::Context { ctx, .. } = event {
                let (state, quarter) =
                    (coder.contexts[ctx.get()].p_state_idx(), (coder.range >> 6 & 3) as u8);
                slips.extend((1..=255).map(|is| Slip::Range { state, quarter, is }));
                slips.extend(
                    (0..63).flat_map(|is| [Slip::AfterLps { state, is }, Slip::AfterMps { state, is }]),
                );
            }
            coder.step(self.direction, event);
        }
        for &(run, carry) in &coder.runs {
            for or_more in [false, true] {
                let written = [(false, false), (false, true), (true, false), (true, true)];
                let wrong = written.into_iter().filter(|written| *written != (carry, !carry));
                slips.extend(wrong.map(|(head, rest)| Slip::Decided { carry, run, or_more, head, rest }));
                let other = [3, 4, 5, 6, 7, 8].map(|bits| run & ((1 << bits) - 1));
                let other = other.into_iter().chain([0, run.saturating_sub(1), run + 1]);
                slips.extend(other.filter(|is| *is != run).map(|is| Slip::Run { run, or_more, is }));
            }
        }
        slips
    }

    /// Whether a coder with this slip gives what is right up to the mismatch, and there what the core gave.
    fn is_given_by(&self, slip: Slip) -> bool {
        let Seen { direction, vector, number, .. } = *self;
        let wrong = match self.found {
            Found::Early(bin) => given_until(direction, vector, Some(slip), bin),
            _ => given(direction, vector, Some(slip)),
        };
        let is_so = match self.found {
            Found::Value(found) => wrong.get(number) == Some(&found),
            Found::Early(_) => wrong.len() > number,
            Found::Last(is_last) => wrong.len() > number && (wrong.len() == number + 1) == is_last,
        };
        is_so && wrong.starts_with(&self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress;

    /// Without a slip the coder is the oracle, so that every difference is due to the slip.
    #[test]
    fn without_a_slip_it_is_the_oracle() {
        for vector in stress::smoke() {
            let encoded = given(Direction::Encoder, &vector, None);
            let bins: Vec<u8> = vector
                .events
                .iter()
                .filter_map(|event| match *event {
                    Event::Context { bin, .. } | Event::Bypass { bin } | Event::Terminate { bin } => {
                        Some(bin.into())
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(given(Direction::Decoder, &vector, None), bins, "{}", vector.id);
            if !vector.decode_only {
                // No encoder writes what comes after a stop bit.
                let end = encoded.len().saturating_sub(1).min(vector.bytes.len());
                assert_eq!(encoded[..end], vector.bytes[..end], "{}", vector.id);
            }
        }
    }

    /// From the results of each slip the search finds that slip, or another with the same results.
    #[test]
    fn a_slip_is_found_from_what_it_does() {
        let smoke = stress::smoke();
        let lost = Slip::Decided { carry: true, run: 12, or_more: false, head: false, rest: false };
        let slips = [
            Slip::Range { state: 10, quarter: 2, is: 122 },
            Slip::AfterLps { state: 20, is: 14 },
            Slip::AfterMps { state: 5, is: 5 },
            Slip::NoSwap,
            Slip::NoAlign,
            Slip::Terminate { takes: 1 },
            lost,
            Slip::Run { run: 12, or_more: true, is: 4 },
        ];
        for slip in slips {
            for direction in Direction::ALL {
                let evidence: Vec<Evidence<'_>> = smoke
                    .iter()
                    .filter(|vector| !vector.decode_only)
                    .map(|vector| seen(direction, vector, slip))
                    .collect();
                let failing = evidence.iter().filter(|one| one.failed.is_some()).count();
                let found = super::slips(direction, &evidence);
                if failing > 1 {
                    let Some(best) = found.first() else {
                        panic!("{slip}, {direction:?}: nothing of {failing}")
                    };
                    let is_found = best.slip == slip || best.others.contains(&slip);
                    assert!(is_found, "{slip}, {direction:?}: {best:?}");
                    let explained = evidence.iter().filter(|one| explains(best.slip, direction, one)).count();
                    assert_eq!(explained, failing, "{slip}, {direction:?}: {best:?}");
                }
            }
        }
    }

    /// The mismatch of a core with this slip, as the player would report it.
    fn seen<'a>(direction: Direction, vector: &'a Vector, slip: Slip) -> Evidence<'a> {
        let (right, wrong) = (given(direction, vector, None), given(direction, vector, Some(slip)));
        let at = right.iter().zip(&wrong).position(|(right, wrong)| right != wrong);
        let failed = at.map(|at| {
            let difference = match direction {
                Direction::Encoder => crate::cosim::Difference::value(
                    MismatchKind::Wrong,
                    format!("byte {at} of the output"),
                    format!("{:#04x}", right[at]),
                    format!("{:#04x}", wrong[at]),
                ),
                Direction::Decoder => {
                    crate::cosim::Difference::value(MismatchKind::Wrong, "the bin", right[at], wrong[at])
                }
            };
            Box::new(Mismatch {
                difference,
                clock: 0,
                vector: vector.id.clone(),
                bin: at as u64,
                given_up: 0,
                before: Vec::new(),
                waves: crate::cosim::Waves::default(),
                plan: None,
            })
        });
        Evidence { class: "", vector, sights: Vec::new(), failed }
    }
}
