//! The search for the smallest container that keeps the accuracy, with the user's own evaluator: DC-v1 and DC-v2 of DeepCABAC, and the
//! quantisers that its authors compare them with.
//!
//! A trial is a method and two numbers: how fine the levels are, and what a bit is worth. First come all sizes with the nearest levels;
//! then, with the coarsest sizes that kept the accuracy, all prices of a bit; then, as long as that finds a better trial, the neighbours of
//! the best of each method and of those that missed the accuracy by little. Where the evaluator gives two accuracies, on two splits of the
//! data, choices are made by one and the other is reported.

mod picture;
mod table;

pub use picture::svg;
pub use table::{Fingerprint, TABLE, TableError, read_table};

use super::compress::{Options, Quantizer, Step};

/// How a trial chooses levels, and what its two numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `nearest`: the nearest level; `size` is the step, as a share of the largest absolute value of each tensor, and there is no price.
    Nearest,
    /// `relative`: levels by their cost; `size` is a step as with [`Method::Nearest`], `price` is lambda, in squared steps or, where there
    /// are standard deviations, in squares of them.
    Relative,
    /// `dc-v2` of DeepCABAC: levels by their cost; `size` is the step, one for all tensors, `price` is lambda as with [`Method::Relative`].
    DcV2,
    /// `dc-v1` of DeepCABAC, which needs standard deviations: `size` is the coarseness S, `price` is lambda in their squares.
    DcV1,
    /// `lloyd`: a codebook for each tensor; `size` is how many values it has besides zero, `price` is lambda in squares of the step between
    /// them where they are spread evenly.
    Lloyd,
    /// `kmeans`: a codebook as with [`Method::Lloyd`]; `price` is the share of the weights that are pruned first.
    KMeans,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 6] =
        [Method::Nearest, Method::Relative, Method::DcV2, Method::DcV1, Method::Lloyd, Method::KMeans];

    /// Its name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Nearest => "nearest",
            Method::Relative => "relative",
            Method::DcV2 => "dc-v2",
            Method::DcV1 => "dc-v1",
            Method::Lloyd => "lloyd",
            Method::KMeans => "kmeans",
        }
    }

    /// The method of this name.
    pub fn from_name(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name() == name)
    }

    /// The sizes to try, from fine to coarse; `largest` is the largest absolute weight of the model.
    fn sizes(self, largest: f32) -> Vec<f32> {
        // From this many bits down, four steps an octave.
        let octaves =
            |bits: i32, down: i32| (0..=4 * down).map(move |i| (i as f32 / 4.0 - bits as f32).exp2());
        match self {
            Method::Nearest | Method::Relative => octaves(7, 6).collect(),
            // The largest weight of the model is larger than those of most tensors.
            Method::DcV2 => octaves(9, 7).map(|share| share * largest).collect(),
            Method::DcV1 => [256, 192, 160, 128, 96, 64, 48, 32, 24, 16, 8, 4, 0].map(|s| s as f32).to_vec(),
            Method::Lloyd | Method::KMeans => {
                [256, 128, 64, 48, 32, 24, 16, 12, 8, 6, 4, 2].map(|n| n as f32).to_vec()
            }
        }
    }

    /// The prices to try, from low to high: what a bit is worth, or how much is pruned.
    fn prices(self, has_sigma: bool) -> &'static [f32] {
        match self {
            Method::Nearest => &[],
            // Standard deviations, which are estimates, can be far from what the accuracy depends on.
            Method::DcV1 | Method::Relative | Method::DcV2 | Method::Lloyd if has_sigma => {
                &[0.0005, 0.002, 0.006, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 8.0, 16.0]
            }
            Method::DcV1 | Method::Relative | Method::DcV2 | Method::Lloyd => {
                &[0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8, 1.1, 1.6]
            }
            Method::KMeans => &[0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 0.97],
        }
    }

    /// Whether the size and the price of a trial that was derived from another are in their ranges.
    fn is_possible(self, trial: &Trial) -> bool {
        match self {
            Method::DcV1 => (0.0..=256.0).contains(&trial.size),
            Method::Lloyd => (2.0..=4096.0).contains(&trial.size),
            Method::KMeans => (2.0..=4096.0).contains(&trial.size) && trial.price < 1.0,
            Method::Nearest | Method::Relative | Method::DcV2 => true,
        }
    }

    fn trial(self, size: f32, price: f32) -> Trial {
        let size =
            if matches!(self, Method::Lloyd | Method::KMeans) { 2.0 * (size / 2.0).round() } else { size };
        Trial { method: self, size, price }
    }
}

/// A setting to try: the same for all tensors of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// What the two numbers are.
    pub method: Method,
    /// How fine the levels are.
    pub size: f32,
    /// What a bit is worth, with 0 for the nearest level; for [`Method::KMeans`] the share of weights that are pruned.
    pub price: f32,
}

impl Trial {
    /// The options of this trial: `options`, with the trial's method, size and price.
    ///
    /// ```
    /// use silicabac::weights::compress::{Options, Quantizer, Step};
    /// use silicabac::weights::search::{Method, Trial};
    /// let trial = Trial { method: Method::DcV1, size: 64.0, price: 0.5 };
    /// let options = trial.options(&Options::default());
    /// assert_eq!(options.step, Step::V1(64.0));
    /// assert_eq!(options.quantizer, Quantizer::RateDistortion { lambda: 0.5 });
    /// ```
    pub fn options(self, options: &Options) -> Options {
        let Trial { method, size, price } = self;
        let by_cost =
            if price > 0.0 { Quantizer::RateDistortion { lambda: price } } else { Quantizer::Nearest };
        let clusters = size as usize;
        let (step, quantizer) = match method {
            Method::Nearest => (Step::Relative(size), Quantizer::Nearest),
            Method::Relative => (Step::Relative(size), by_cost),
            Method::DcV2 => (Step::Fixed(size), by_cost),
            Method::DcV1 => (Step::V1(size), by_cost),
            Method::Lloyd => (options.step, Quantizer::Lloyd { lambda: price, clusters }),
            Method::KMeans => (options.step, Quantizer::KMeans { prune: price, clusters }),
        };
        Options { step, quantizer, ..options.clone() }
    }
}

/// The result of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The setting.
    pub trial: Trial,
    /// The length of the container.
    pub bytes: u64,
    /// The accuracy that choices are made by.
    pub tuning: f64,
    /// The accuracy that is reported.
    pub accuracy: f64,
}

/// How many settings are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// With 1 all sizes and prices are tried, with 2 every second one, and so on.
    pub every: usize,
    /// With how many sizes all prices are tried.
    pub sizes: usize,
    /// The factors for sizes and prices around the best, in per cent.
    pub around: &'static [u16],
    /// How many of the trials that are smaller than the best and missed the accuracy by the least get their neighbours tried.
    pub misses: usize,
}

impl Grid {
    /// Some hundreds of trials for a method.
    pub const FINE: Grid = Grid { every: 1, sizes: 12, around: &[85, 92, 100, 108, 118], misses: 6 };
    /// Some dozens, for an evaluator that takes long.
    pub const COARSE: Grid = Grid { every: 2, sizes: 4, around: &[88, 100, 113], misses: 0 };
}

/// What is searched, and for what.
#[derive(Clone, Debug, PartialEq)]
pub struct Search<'a> {
    /// The methods to try.
    pub methods: &'a [Method],
    /// How densely the settings of each method are tried.
    pub grid: Grid,
    /// Whether there are standard deviations, on which the meaning of a price depends.
    pub has_sigma: bool,
    /// The largest absolute weight of the model.
    pub largest: f32,
    /// The least accuracy that is accepted.
    pub least: f64,
}

impl Search<'_> {
    /// Has trials run, list by list, until no better one is found. `run` adds the outcomes of those trials of a list that it has not run
    /// yet.
    ///
    /// # Errors
    /// The first error of `run`.
    pub fn run<E>(
        &self,
        outcomes: &mut Vec<Outcome>,
        run: &mut impl FnMut(&[Trial], &mut Vec<Outcome>) -> Result<(), E>,
    ) -> Result<(), E> {
        let first: Vec<Trial> = self.methods.iter().flat_map(|method| self.first(*method)).collect();
        run(&first, outcomes)?;
        let second: Vec<Trial> =
            self.methods.iter().flat_map(|method| self.second(*method, outcomes)).collect();
        run(&second, outcomes)?;
        let grids = [first, second].concat();
        // Each method is searched by itself: accuracies are not smooth, and the best of the grids need not lead to the best of all.
        for method in self.methods {
            let (mut tried, mut last) = (grids.clone(), u64::MAX);
            while let Some(best) = self.best_of(*method, &tried, outcomes).filter(|best| best.bytes < last) {
                last = best.bytes;
                let close =
                    self.misses(&best, &grids, outcomes).into_iter().flat_map(|miss| self.close_to(&miss));
                let list = [self.around(&best), close.collect()].concat();
                run(&list, outcomes)?;
                tried.extend(list);
            }
        }
        Ok(())
    }

    /// The best of the lists so far. Outcomes of other trials, from a search that was interrupted within a list or from another shard, do
    /// not count, so that the search takes the same course.
    fn best_of(&self, method: Method, tried: &[Trial], outcomes: &[Outcome]) -> Option<Outcome> {
        let is_of = |outcome: &&Outcome| outcome.trial.method == method && tried.contains(&outcome.trial);
        let of_method = outcomes.iter().filter(is_of).copied();
        best(&of_method.collect::<Vec<Outcome>>(), self.least).copied()
    }

    /// All sizes, with the nearest levels.
    fn first(&self, method: Method) -> Vec<Trial> {
        let sizes = method.sizes(self.largest).into_iter().step_by(self.grid.every);
        sizes.map(|size| method.trial(size, 0.0)).collect()
    }

    /// All prices, with the sizes that kept the accuracy in the fewest bytes: fine steps with high prices make many zeros and few large
    /// errors, which often is the best of all.
    fn second(&self, method: Method, outcomes: &[Outcome]) -> Vec<Trial> {
        let first = self.first(method);
        let is_kept = |outcome: &&Outcome| outcome.tuning >= self.least && first.contains(&outcome.trial);
        let mut kept: Vec<&Outcome> = outcomes.iter().filter(is_kept).collect();
        kept.sort_by_key(|outcome| outcome.bytes);
        let prices = || method.prices(self.has_sigma).iter().step_by(self.grid.every);
        let kept = kept.into_iter().take(self.grid.sizes);
        kept.flat_map(|outcome| prices().map(|&price| method.trial(outcome.trial.size, price))).collect()
    }

    /// The neighbours of a trial: sizes and prices a little smaller and larger.
    fn around(&self, best: &Outcome) -> Vec<Trial> {
        self.multiplied(best, self.grid.around)
    }

    /// The close neighbours of a trial: sizes and prices hardly smaller and larger.
    fn close_to(&self, miss: &Outcome) -> Vec<Trial> {
        self.multiplied(miss, &[97, 100, 103])
    }

    /// The trials that are smaller than the best of a method and missed the accuracy by the least. Only the grids count, so that a search
    /// that is started again has nothing new to try.
    fn misses(&self, best: &Outcome, grids: &[Trial], outcomes: &[Outcome]) -> Vec<Outcome> {
        let is_smaller = |other: &&Outcome| {
            other.trial.method == best.trial.method
                && other.bytes < best.bytes
                && grids.contains(&other.trial)
        };
        let mut smaller: Vec<Outcome> = outcomes.iter().filter(is_smaller).copied().collect();
        smaller.sort_by(|a, b| b.tuning.total_cmp(&a.tuning).then(a.bytes.cmp(&b.bytes)));
        smaller.truncate(self.grid.misses);
        smaller
    }

    fn multiplied(&self, outcome: &Outcome, per_cents: &[u16]) -> Vec<Trial> {
        let Trial { method, size, price } = outcome.trial;
        let factors = || per_cents.iter().map(|per_cent| f32::from(*per_cent) / 100.0);
        let pairs = factors().flat_map(|by| factors().map(move |of| (by, of)));
        let trials = pairs.map(|(by, of)| method.trial(size * by, price * of));
        trials.filter(|trial| method.is_possible(trial)).collect()
    }
}

/// The smallest container of those that keep the accuracy.
pub fn best(outcomes: &[Outcome], least: f64) -> Option<&Outcome> {
    outcomes.iter().filter(|outcome| outcome.tuning >= least).min_by_key(|outcome| outcome.bytes)
}

/// The accuracies in an evaluator's output: the one to choose by, and the one to report.
///
/// They are the numbers after the last words `tuning` and `accuracy`; with one of these words, or with nothing but a number in the last
/// line, both are the same.
///
/// ```
/// use silicabac::weights::search::accuracies;
/// assert_eq!(accuracies("loading\ntuning 98.1\naccuracy 97.9\n"), Some((98.1, 97.9)));
/// assert_eq!(accuracies("0.981\n"), Some((0.981, 0.981)));
/// assert_eq!(accuracies("no idea"), None);
/// ```
pub fn accuracies(output: &str) -> Option<(f64, f64)> {
    let number = |text: &str| {
        text.trim().trim_end_matches('%').parse::<f64>().ok().filter(|number| number.is_finite())
    };
    let named = |name: &str| {
        let line = output.lines().rev().find_map(|line| line.trim().strip_prefix(name));
        line.map(|rest| rest.trim_start_matches([':', '=', ' ', '\t'])).and_then(number)
    };
    let last = || output.lines().rev().find(|line| !line.trim().is_empty()).and_then(number);
    let accuracy = named("accuracy").or_else(|| named("tuning")).or_else(last)?;
    Some((named("tuning").unwrap_or(accuracy), accuracy))
}
