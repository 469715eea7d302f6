//! How large the values of a tensor are, and which step follows from that.

use rayon::prelude::*;

use super::super::compress::{Step, WeightsError};
use super::super::model::{TensorInfo, Type};
use super::super::numbers::{doubles, largest, weights};
use super::super::quantise::{step_of, step_v1};
use super::{Kept, Note};

/// The largest weight is an outlier if it is more than this many times the bound of the others.
const OUTLIER: f32 = 16.0;
/// A step may be this many times what suits the others, so that an outlier has a level: three bits less.
const COARSER: f32 = 8.0;
/// If a larger share of the weights that are not zero becomes zero, there is a note.
const ZEROS: f64 = 0.95;
/// The same share, at 8 bits and where no value is negative, distinguishes statistics from weights: evenly spread values have 0.4 % of them, half
/// of a bell curve 1.3 %, the squares of that 15 %.
const ZEROS_OF_ONE_SIGN: f64 = 0.1;

/// How large the values of a tensor are: how many lie in each eighth of an octave.
#[derive(Clone, Debug)]
pub(in super::super) struct Spread {
    counts: Vec<u64>,
    total: u64,
    pub(in super::super) largest: f32,
    not_finite: Option<(u64, f32)>,
    are_sixteenths: bool,
    has_negative: bool,
    /// Whether a value of F64 is too small for F32.
    has_vanished: bool,
}

/// How many bytes one processor looks at, at a time: a multiple of every type's length.
const BLOCK: usize = 1 << 18;

/// From here on all numbers of f32 are multiples of a sixteenth.
const WHOLE: f32 = 524_288.0;

/// The bits of a magnitude that say in which eighth of an octave it is.
const OF_EIGHTH: u32 = 20;

impl Spread {
    pub(in super::super) fn new() -> Spread {
        let counts = vec![0; 1 << (31 - OF_EIGHTH)];
        Spread {
            counts,
            total: 0,
            largest: 0.0,
            not_finite: None,
            are_sixteenths: true,
            has_negative: false,
            has_vanished: false,
        }
    }

    fn add(&mut self, value: f32) {
        let magnitude = value.abs();
        if magnitude.is_finite() {
            self.largest = self.largest.max(magnitude);
        } else {
            self.not_finite.get_or_insert((self.total, value));
        }
        self.counts[(magnitude.to_bits() >> OF_EIGHTH) as usize] += 1;
        self.has_negative |= value < 0.0;
        self.are_sixteenths &= magnitude >= WHOLE || (value * 16.0).fract() == 0.0;
        self.total += 1;
    }

    /// Adds values, given as raw bytes, on all processors.
    pub(in super::super) fn add_all(&mut self, element: Type, raw: &[u8]) {
        let block = |raw: &[u8]| {
            let mut spread = Spread::new();
            weights(element, raw).into_iter().for_each(|value| spread.add(value));
            spread.has_vanished = element == Type::F64
                && doubles(raw).any(|value| value != 0.0 && (value as f32).abs() < f32::MIN_POSITIVE);
            spread
        };
        for block in raw.par_chunks(BLOCK).map(block).collect::<Vec<_>>() {
            self.append(block);
        }
    }

    /// Adds another spread, whose values come after these.
    fn append(&mut self, next: Spread) {
        let before = self.total;
        let not_finite = next.not_finite.map(|(at, value)| (before + at, value));
        self.not_finite = self.not_finite.or(not_finite);
        self.counts.iter_mut().zip(next.counts).for_each(|(count, more)| *count += more);
        self.largest = self.largest.max(next.largest);
        self.are_sixteenths &= next.are_sixteenths;
        self.has_negative |= next.has_negative;
        self.has_vanished |= next.has_vanished;
        self.total += next.total;
    }

    /// How many are not zero and lie in eighths of an octave below that of a magnitude.
    fn below(&self, magnitude: f32) -> u64 {
        let end = (magnitude.to_bits() >> OF_EIGHTH) as usize;
        self.counts[1..end.max(1)].iter().sum()
    }

    /// How many count as zero: those that are, and the least of all numbers, below 2^-129.
    fn zeros(&self) -> u64 {
        self.counts[0]
    }

    /// The upper end of the eighth of an octave below which all but the `largest` largest values lie.
    fn all_but(&self, mut largest: u64) -> f32 {
        for (eighth, &count) in self.counts.iter().enumerate().rev() {
            if count > largest {
                return f32::from_bits((eighth as u32 + 1) << OF_EIGHTH);
            }
            largest -= count;
        }
        0.0
    }

    /// A tensor's step and the notes on it, or why the tensor is kept.
    pub(in super::super) fn step(
        &self,
        info: &TensorInfo,
        wish: Step,
        has_rule: bool,
        smallest_sigma: &mut dyn FnMut() -> Result<f32, WeightsError>,
    ) -> Result<(Option<f32>, Vec<Note>), WeightsError> {
        let keep = |why| Ok((None, vec![Note::Kept(why)]));
        if let Some((at, value)) = self.not_finite {
            return keep(Kept::NotFinite { at, value });
        }
        if self.has_vanished && self.largest < f32::MIN_POSITIVE {
            return keep(Kept::NoStep);
        }
        if self.largest == 0.0 {
            return Ok((Some(1.0), Vec::new()));
        }
        if self.are_sixteenths && !has_rule {
            return keep(Kept::Sixteenths);
        }
        if self.largest >= largest(info.element) / 2.0 && !has_rule {
            return keep(Kept::Limit(self.largest));
        }
        let zeros = self.zeros_of(step_of(self.largest, 8));
        if !self.has_negative && zeros > ZEROS_OF_ONE_SIGN && !has_rule {
            return keep(Kept::OneSign { zeros });
        }
        let mut notes = Vec::new();
        let outlier = self.outlier();
        let step = match wish {
            Step::Bits(bits) => {
                let Some(step) = self.step_of_bits(bits, &mut notes) else { return keep(Kept::NoStep) };
                return Ok((Some(step), notes));
            }
            Step::Fixed(step) => step,
            Step::Relative(share) => match outlier {
                Some(others) => {
                    let step = self.beside_outlier(share * others);
                    notes.push(Note::Outlier { largest: self.largest, others: step / share });
                    step
                }
                None => share * self.largest,
            },
            Step::V1(s) => step_v1(smallest_sigma()?, self.largest, s),
        };
        let name = info.name.clone();
        if !(step.is_finite() && step > 0.0) {
            return Err(WeightsError::Step { name, step });
        }
        if self.largest / step > LARGEST {
            // The step that suits the others is too fine for the outlier to have a level.
            if outlier.is_some_and(|others| others / step <= LARGEST) {
                return keep(Kept::NoStep);
            }
            return Err(WeightsError::TooFine { name, step, largest: self.largest });
        }
        Ok((Some(step), notes))
    }

    /// A step that suits all but outliers; or where that is not much coarser, the finest step with which the largest has a level.
    fn beside_outlier(&self, step: f32) -> f32 {
        let finest = self.largest / LARGEST;
        if step < finest && finest <= COARSER * step { finest } else { step }
    }

    /// The bound of all but a thousandth of the weights, or of all but one, if the largest is an outlier.
    fn outlier(&self) -> Option<f32> {
        let others = self.all_but((self.total / 1_000).max(1));
        (others > 0.0 && self.largest > OUTLIER * others).then_some(others)
    }

    /// How many of the weights are zero before quantisation.
    pub(in super::super) fn before(&self) -> Before {
        Before { zeros: self.zeros(), others: self.not_zero() }
    }

    /// The step for this many bits, or a finer one if that would make nearly all zero.
    fn step_of_bits(&self, bits: u8, notes: &mut Vec<Note>) -> Option<f32> {
        let largest = self.largest;
        let mut step = step_of(largest, bits);
        if let Some(others) = self.outlier() {
            let suited = step_of(others, bits);
            step = self.beside_outlier(suited);
            notes.push(Note::Outlier { largest, others: others * (step / suited) });
        }
        let zeros = self.zeros_of(step);
        if zeros > ZEROS {
            step = self.all_but(self.not_zero() / 2);
            notes.push(Note::Finer { zeros });
        }
        (step > 0.0 && largest / step <= LARGEST).then_some(step)
    }

    /// The share of those that are not zero which become zero with a step.
    fn zeros_of(&self, step: f32) -> f64 {
        self.below(step / 2.0) as f64 / self.not_zero() as f64
    }

    /// How many are not zero, at least one, so that it can be a divisor.
    fn not_zero(&self) -> u64 {
        (self.total - self.zeros()).max(1)
    }
}

/// The weights of a tensor before quantisation: how many are zero, and how many are not.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Before {
    zeros: u64,
    others: u64,
}

impl Before {
    /// The note for a tensor of which this many levels are zero.
    pub(in super::super) fn note(self, levels: u64) -> Option<Note> {
        let zeros = levels.saturating_sub(self.zeros) as f64 / self.others as f64;
        (zeros > ZEROS).then_some(Note::Zeros { zeros })
    }
}

/// The largest level, as f32.
const LARGEST: f32 = (1 << 24) as f32;
