//! What becomes of a tensor: whether it is a network's weights at all, and if so which step its levels have.
//!
//! Invariant: nothing is lost that nobody asked to lose. What is no weight, by its name or by its values, is kept as it is; where the
//! rule for the step would leave next to nothing of a tensor, another step is taken, and a [`Note`] says so. A tensor is looked at once,
//! and what is kept of that is how many values there are of each size, however many there are in all.

use std::fmt;

use glob::Pattern;
use rayon::prelude::*;

use super::compress::{Options, Quantizer, Step, WeightsError};
use super::model::{TensorInfo, Type};
use super::numbers::weights;
use super::quantise::{step_of, step_v1};

/// Something else for the tensors with some names.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Which: `*` is any text, `?` any letter, `[ab]` one of some.
    pub names: Pattern,
    /// What.
    pub what: Treatment,
}

/// What is done to a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Treatment {
    /// It is kept as it is.
    Keep,
    /// Its largest absolute value has the largest level of so many bits.
    Bits(u8),
    /// Its levels are chosen so.
    Quantizer(Quantizer),
}

/// What whoever compresses a tensor should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// It is kept as it is, for this reason.
    Kept(Kept),
    /// The largest absolute value would have left no levels for the others, so the step comes of another.
    Outlier {
        /// The largest absolute value.
        largest: f32,
        /// What all but a thousandth of the weights, or all but one, lie below.
        others: f32,
    },
    /// So many of the weights that are not zero would have become zero, so the step is their median.
    Finer {
        /// The share of them.
        zeros: f64,
    },
    /// So many of the weights that are not zero become zero.
    Zeros {
        /// The share of them.
        zeros: f64,
    },
}

/// Why a tensor of numbers is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// Its name says that it is no weights but this.
    Name(&'static str),
    /// An element is no number, or infinite.
    NotFinite {
        /// Which.
        at: u64,
        /// Its value.
        value: f32,
    },
    /// All its values are sixteenths: positions, masks, or levels already.
    Sixteenths,
    /// Its values are too small, or too far apart, for a step.
    NoStep,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Kept(why) => write!(f, "kept as it is: {why}"),
            Note::Outlier { largest, others } => write!(
                f,
                "its largest weight, {largest:e}, is an outlier: the step is made for {others:e}, which the others stay below"
            ),
            Note::Finer { zeros } => write!(
                f,
                "{:.1} % of its weights would have become zero: the step is made for their median",
                100.0 * zeros
            ),
            Note::Zeros { zeros } => {
                write!(
                    f,
                    "{:.1} % of its weights that are not zero become zero; a smaller step keeps more",
                    100.0 * zeros
                )
            }
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Name(what) => write!(f, "by its name it is {what}; --bits NAME=8 compresses it none the less"),
            Kept::NotFinite { at, value } => write!(f, "element {at} is {value}"),
            Kept::Sixteenths => {
                f.write_str("all its values are sixteenths, as positions and masks are; --bits NAME=8 compresses it none the less")
            }
            Kept::NoStep => f.write_str("its values are too small or too far apart for a step"),
        }
    }
}

/// So many elements make a tensor of one dimension worth it: more than any bias or normalisation has.
const FLAT: u64 = 1 << 16;
/// The step is made for the largest weight unless it is so many times what the others stay below.
const OUTLIER: f32 = 16.0;
/// More zeros than this share of the weights that are not zero are a reason for a note.
const ZEROS: f64 = 0.95;

/// What is asked for a tensor, by its name, type and shape alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wish {
    /// It is kept, and there is nothing to say about that.
    Keep,
    /// It is kept, since its name says so.
    Name(&'static str),
    /// Its step and its levels.
    Levels {
        step: Step,
        quantizer: Quantizer,
        /// Somebody named this tensor.
        is_named: bool,
    },
}

impl Options {
    /// What they ask for a tensor.
    pub(super) fn wish(&self, info: &TensorInfo, size: u64) -> Wish {
        let is_small = size < self.smallest || info.shape.len() < 2 && size < FLAT;
        let (mut step, mut quantizer, mut is_named) = (self.step, self.quantizer, false);
        if let (true, Some(bits)) = (is_small, self.small_bits) {
            (step, quantizer) = (Step::Bits(bits), Quantizer::Nearest);
        }
        for rule in self.rules.iter().filter(|rule| rule.names.matches(&info.name)) {
            match rule.what {
                Treatment::Keep => return Wish::Keep,
                Treatment::Bits(bits) => step = Step::Bits(bits),
                Treatment::Quantizer(of) => quantizer = of,
            }
            is_named = true;
        }
        match no_weights(&info.name) {
            _ if info.element == Type::Other || size == 0 => Wish::Keep,
            _ if is_named => Wish::Levels { step, quantizer, is_named },
            _ if is_small && self.small_bits.is_none() => Wish::Keep,
            Some(what) => Wish::Name(what),
            None => Wish::Levels { step, quantizer, is_named },
        }
    }
}

/// What a tensor is by its name, if it is no weights.
fn no_weights(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let parts: Vec<&str> = name.split(['.', '/', ':']).filter(|part| part.parse::<u64>().is_err()).collect();
    let last = *parts.last()?;
    let is = |names: &[&str]| names.contains(&last);
    let has = |words: &[&str]| words.iter().any(|word| last.contains(word));
    let any = |words: &[&str]| parts.iter().any(|part| words.iter().any(|word| part.contains(word)));
    Some(match () {
        () if any(&["optimizer", "optimiser", "exp_avg", "exp_inf", "momentum_buffer"]) => {
            "the state of an optimiser"
        }
        () if is(&["scales", "scale_inv"])
            || has(&[
                "qzeros",
                "zero_point",
                "g_idx",
                "absmax",
                "weight_scale",
                "input_scale",
                "quant_map",
            ]) =>
        {
            "how weights were quantised before"
        }
        () if has(&[
            "anchor",
            "grid",
            "position_ids",
            "inv_freq",
            "freqs_cis",
            "cos_cached",
            "sin_cached",
            "priors",
        ]) =>
        {
            "positions"
        }
        () if has(&["mask"]) && !has(&["mask_token"]) => "a mask",
        () if is(&["mean", "std", "var", "variance", "stats"])
            || has(&["running_mean", "running_var", "moving_mean", "moving_var", "num_batches"]) =>
        {
            "statistics"
        }
        () => return None,
    })
}

/// How large the values of a tensor are: how many lie in each eighth of an octave.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    counts: Vec<u64>,
    total: u64,
    pub(super) largest: f32,
    not_finite: Option<(u64, f32)>,
    are_sixteenths: bool,
}

/// So many bytes, a multiple of every type's, are looked at by one processor.
const BLOCK: usize = 1 << 18;

/// From here on f32 has sixteenths only.
const WHOLE: f32 = 524_288.0;

/// The bits of a magnitude that say in which eighth of an octave it is.
const OF_EIGHTH: u32 = 20;

impl Spread {
    pub(super) fn new() -> Spread {
        let counts = vec![0; 1 << (31 - OF_EIGHTH)];
        Spread { counts, total: 0, largest: 0.0, not_finite: None, are_sixteenths: true }
    }

    fn add(&mut self, value: f32) {
        let magnitude = value.abs();
        if magnitude.is_finite() {
            self.largest = self.largest.max(magnitude);
        } else {
            self.not_finite.get_or_insert((self.total, value));
        }
        self.counts[(magnitude.to_bits() >> OF_EIGHTH) as usize] += 1;
        self.are_sixteenths &= magnitude >= WHOLE || (value * 16.0).fract() == 0.0;
        self.total += 1;
    }

    /// Adds values in their raw bytes, on all processors.
    pub(super) fn add_all(&mut self, element: Type, raw: &[u8]) {
        let block = |raw: &[u8]| {
            let mut spread = Spread::new();
            weights(element, raw).into_iter().for_each(|value| spread.add(value));
            spread
        };
        for block in raw.par_chunks(BLOCK).map(block).collect::<Vec<_>>() {
            self.append(block);
        }
    }

    /// Adds what another one has, whose values come after these.
    fn append(&mut self, next: Spread) {
        let before = self.total;
        let not_finite = next.not_finite.map(|(at, value)| (before + at, value));
        self.not_finite = self.not_finite.or(not_finite);
        self.counts.iter_mut().zip(next.counts).for_each(|(count, more)| *count += more);
        self.largest = self.largest.max(next.largest);
        self.are_sixteenths &= next.are_sixteenths;
        self.total += next.total;
    }

    /// How many are not zero and lie in eighths below that of a magnitude.
    fn below(&self, magnitude: f32) -> u64 {
        let end = (magnitude.to_bits() >> OF_EIGHTH) as usize;
        self.counts[1..end.max(1)].iter().sum()
    }

    /// With zero, the least of all numbers, below 2^-129, count as zero.
    fn zeros(&self) -> u64 {
        self.counts[0]
    }

    /// The end of the eighth of an octave up to which all but so many of the largest lie.
    fn all_but(&self, mut largest: u64) -> f32 {
        for (eighth, &count) in self.counts.iter().enumerate().rev() {
            if count > largest {
                return f32::from_bits((eighth as u32 + 1) << OF_EIGHTH);
            }
            largest -= count;
        }
        0.0
    }

    /// A tensor's step and what there is to say about it, or that it is kept.
    pub(super) fn step(
        &self,
        info: &TensorInfo,
        wish: Step,
        is_named: bool,
        smallest_sigma: &mut dyn FnMut() -> Result<f32, WeightsError>,
    ) -> Result<(Option<f32>, Vec<Note>), WeightsError> {
        let keep = |why| Ok((None, vec![Note::Kept(why)]));
        if let Some((at, value)) = self.not_finite {
            return keep(Kept::NotFinite { at, value });
        }
        if self.largest == 0.0 {
            return Ok((Some(1.0), Vec::new()));
        }
        if self.are_sixteenths && !is_named {
            return keep(Kept::Sixteenths);
        }
        let mut notes = Vec::new();
        let step = match wish {
            Step::Bits(bits) => {
                let Some(step) = self.step_of_bits(bits, &mut notes) else { return keep(Kept::NoStep) };
                return Ok((Some(step), notes));
            }
            Step::Fixed(step) => step,
            Step::Relative(share) => share * self.largest,
            Step::V1(s) => step_v1(smallest_sigma()?, self.largest, s),
        };
        let name = info.name.clone();
        if !(step.is_finite() && step > 0.0) {
            return Err(WeightsError::Step { name, step });
        }
        if self.largest / step > LARGEST {
            return Err(WeightsError::TooFine { name, step, largest: self.largest });
        }
        let zeros = self.zeros_of(step);
        if zeros > ZEROS {
            notes.push(Note::Zeros { zeros });
        }
        Ok((Some(step), notes))
    }

    /// The step of so many bits, unless it would leave next to nothing.
    fn step_of_bits(&self, bits: u8, notes: &mut Vec<Note>) -> Option<f32> {
        let largest = self.largest;
        let others = self.all_but((self.total / 1_000).max(1));
        let mut step = step_of(largest, bits);
        if others > 0.0 && largest > OUTLIER * others {
            step = step_of(others, bits);
            notes.push(Note::Outlier { largest, others });
        }
        let zeros = self.zeros_of(step);
        if zeros > ZEROS {
            let others = self.total - self.zeros();
            step = self.all_but(others / 2);
            notes.push(Note::Finer { zeros });
        }
        (step > 0.0 && largest / step <= LARGEST).then_some(step)
    }

    /// The share of those that are not zero which a step makes zero.
    fn zeros_of(&self, step: f32) -> f64 {
        self.below(step / 2.0) as f64 / (self.total - self.zeros()).max(1) as f64
    }
}

/// The largest level, as weights are told in.
const LARGEST: f32 = (1 << 24) as f32;
