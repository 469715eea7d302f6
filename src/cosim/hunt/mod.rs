//! Searches for the requests on which a core is slowest while nothing outside it waits.
//!
//! The search tries patterns that are changed at random. It keeps a pattern that shows something new, to change it further: either a
//! request of one kind, after a request of another or the same kind, waits for a number of clocks that is new for these two kinds, or a
//! stretch is slower than any before. A stretch is a fixed number of bins, alignments and raw bytes, because a buffer can hide a single
//! long wait but not lasting slowness. The result is made as small as possible. The same seed gives the same result.

mod mutate;
mod pattern;
mod simpler;

use std::collections::HashSet;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{Mismatch, Model, Play, throughput::Meter};
use crate::fit::Fitter;
use crate::vectors::Vector;
use mutate::{mutated, seeds};
use pattern::{Means, Pattern};
use simpler::simpler;

/// The settings of a hunt.
#[derive(Clone, Copy, Debug)]
pub struct Hunt {
    /// The seed of the random choices.
    pub seed: u64,
    /// The number of patterns that are tried.
    pub tries: u64,
    /// The length of a stretch, in bins, alignments and raw bytes.
    pub length: usize,
}

/// What a stretch may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Bins of one engine run, and loads between them.
    OneRun,
    /// Also ends and beginnings of engine runs, and raw bytes.
    AnyRuns,
}

/// The slowest stretch that was found.
#[derive(Clone, Debug)]
pub struct Slowest {
    /// What it may contain.
    pub within: Within,
    /// Its clocks, without those in which context loads hold the core.
    pub clocks: u64,
    /// The clocks of the stretch before it was simplified, which are hardly more.
    pub most: u64,
    /// The number of the try at which it was found, from 1.
    pub found_at: u64,
    /// The parts of the pattern that repeats, in words.
    pub pattern: Vec<String>,
    /// The stretch as a vector of the fewest requests.
    pub vector: Vector,
}

/// A mismatch of the core that a hunt has found.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{mismatch}")]
pub struct Caught {
    /// The vector with which it fails.
    pub vector: Vector,
    /// What is wrong.
    pub mismatch: Box<Mismatch>,
}

/// A try is this many times as long as a stretch: what makes a core slow may take some time to build up.
const LONGER: usize = 4;

/// A simpler pattern may be faster by one clock in this number.
const LESS: u64 = 16;

/// Runs the hunt and reports each try to `progress`. The result is empty if no sequence of this length fits the core.
///
/// # Errors
/// [`Caught`], if the core has a mismatch on any pattern.
pub fn hunt(model: &Model, hunt: &Hunt, progress: &mut dyn FnMut(u64)) -> Result<Vec<Slowest>, Box<Caught>> {
    let mut hunter = Hunter::new(model, hunt);
    for number in 1..=hunt.tries {
        let pattern = hunter.next(number);
        hunter.take(number, pattern)?;
        progress(1);
    }
    let best = [Within::OneRun, Within::AnyRuns].into_iter().zip(hunter.best.clone());
    let all = best.filter_map(|(within, best)| Some((within, best?)));
    let mut found: Vec<Slowest> =
        all.map(|(within, best)| hunter.smallest(within, best)).collect::<Result<_, _>>()?;
    // If a stretch within one engine run is already as slow, it is reported once.
    found.dedup_by(|any, one| any.clocks <= one.clocks);
    Ok(found)
}

/// A pattern, the most clocks of a stretch in it, and the number of its try.
#[derive(Clone, Debug)]
struct Best {
    pattern: Pattern,
    clocks: u64,
    found_at: u64,
}

/// The kind of the request before, the kind of a request, and the number of clocks that it waited.
type Feature = (usize, usize, u32);

struct Hunter<'a> {
    model: &'a Model,
    fitter: Fitter,
    means: Means,
    length: usize,
    rng: ChaCha8Rng,
    seeds: Vec<Pattern>,
    kept: Vec<Pattern>,
    seen: HashSet<Feature>,
    /// Indexed by [`Within`].
    best: [Option<Best>; 2],
}

impl<'a> Hunter<'a> {
    fn new(model: &'a Model, &Hunt { seed, length, .. }: &Hunt) -> Hunter<'a> {
        let fitter = model.fitter();
        Hunter {
            model,
            means: Means::new(&fitter),
            fitter,
            length,
            rng: ChaCha8Rng::seed_from_u64(seed),
            seeds: seeds(LONGER * length),
            kept: Vec::new(),
            seen: HashSet::new(),
            best: [None, None],
        }
    }

    /// The next pattern: first each of the seeds, then small changes of one of the best patterns or of any that showed something new.
    fn next(&mut self, number: u64) -> Pattern {
        if let Some(seed) = self.seeds.get(number as usize - 1) {
            return seed.clone();
        }
        let pick = self.rng.next_u32() as usize;
        let best = self.best.get(pick % 3).and_then(|best| best.as_ref());
        let any = |number: usize| self.kept.get(number % self.kept.len().max(1)).unwrap_or(&self.seeds[0]);
        let parent = best.map_or_else(|| any(pick / 3), |best| &best.pattern);
        let other = any(self.rng.next_u32() as usize);
        mutated(parent, other, &self.means, &mut self.rng)
    }

    fn take(&mut self, number: u64, pattern: Pattern) -> Result<(), Box<Caught>> {
        let Some(meter) = self.play(&pattern)? else { return Ok(()) };
        let mut is_new = false;
        for (after, row) in meter.seen().iter().enumerate() {
            for (kind, clocks) in row.iter().enumerate() {
                for clocks in (0..u64::BITS).filter(|place| clocks >> place & 1 == 1) {
                    is_new |= self.seen.insert((after, kind, clocks));
                }
            }
        }
        for (best, clocks) in self.best.iter_mut().zip(meter.slowest()) {
            if clocks > best.as_ref().map_or(0, |best| best.clocks) {
                *best = Some(Best { pattern: pattern.clone(), clocks, found_at: number });
                is_new = true;
            }
        }
        if is_new {
            self.kept.push(pattern);
        }
        Ok(())
    }

    /// Plays a pattern if it fits the core.
    fn play(&self, pattern: &Pattern) -> Result<Option<Meter>, Box<Caught>> {
        let vector = pattern.vector("hunted", &self.means);
        let Ok(fitted) = self.fitter.fit(&vector) else { return Ok(None) };
        let vectors: Vec<&Vector> = fitted.iter().map(|piece| &**piece).collect();
        let mut meter = Meter::new(self.model.direction(), self.length);
        let play = Play { vectors: &vectors, ..self.model.flowing(&[]) };
        match self.model.play_watched(&play, &mut meter) {
            Ok(_) => Ok(Some(meter)),
            Err(mismatch) => Err(Box::new(Caught { vector, mismatch })),
        }
    }

    /// The best pattern of its kind, reduced to the fewest and simplest requests that take about as long.
    fn smallest(&self, within: Within, best: Best) -> Result<Slowest, Box<Caught>> {
        let Best { mut pattern, clocks: most, found_at } = best;
        let (mut clocks, least) = (most, most - most / LESS);
        'simpler: loop {
            for simpler in simpler(&pattern, self.length + 1) {
                let played = self.play(&simpler)?;
                let found = played.map_or(0, |meter| meter.slowest()[within as usize]);
                if found >= least {
                    (pattern, clocks) = (simpler, found);
                    continue 'simpler;
                }
            }
            break;
        }
        let name = match within {
            Within::OneRun => "slowest",
            Within::AnyRuns => "slowest-with-restarts",
        };
        let vector = pattern.vector(&format!("{name}-{}", self.length), &self.means);
        let words = pattern.parts.iter().map(|part| part.in_words(&self.means)).collect();
        Ok(Slowest { within, clocks, most, found_at, pattern: words, vector })
    }
}
