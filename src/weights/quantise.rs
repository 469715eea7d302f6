//! From weights to levels: what values there are, and which one a weight gets.
//!
//! Values are a grid of one step, or a codebook. The grid's levels are chosen by the nearest value or by what they cost in bits as
//! well (`article`); a codebook comes of Lloyd's algorithm, with or without a price on bits, over a histogram, so that a tensor of any
//! size is looked at once and never held.

use super::article::{MAX_LEVEL, nearest};

/// What the levels of a tensor stand for.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Level k stands for `k * step`.
    Grid {
        /// Above zero and finite.
        step: f32,
    },
    /// Level k stands for `values[zero + k]`.
    Codebook {
        /// In ascending order.
        values: Vec<f32>,
        /// Where level 0 is.
        zero: usize,
    },
}

impl Values {
    /// What a level stands for; the last value of a codebook where it has no such level.
    pub fn value(&self, level: i32) -> f32 {
        match self {
            Values::Grid { step } => level as f32 * step,
            Values::Codebook { values, zero } => {
                let at = (*zero as i64 + i64::from(level)).clamp(0, values.len() as i64 - 1);
                values.get(at as usize).copied().unwrap_or(0.0)
            }
        }
    }

    /// The level of the nearest value.
    pub fn nearest(&self, weight: f32) -> i32 {
        match self {
            Values::Grid { step } => nearest(weight / step),
            Values::Codebook { values, zero } => {
                let above = values.partition_point(|value| *value < weight);
                let is_below = above > 0
                    && values.get(above).is_none_or(|value| weight - values[above - 1] <= value - weight);
                (above - usize::from(is_below)) as i32 - *zero as i32
            }
        }
    }
}

/// The step with which the largest of a tensor's absolute values gets the largest level of so many bits, `2^(bits-1) - 1`.
///
/// It is zero if the largest value is, or is too small for one.
pub fn step_of(largest: f32, bits: u8) -> f32 {
    let levels = (1_u32 << (bits.clamp(2, 25) - 1)) - 1;
    largest / (levels.min(MAX_LEVEL as u32)) as f32
}

/// The step of the article's DC-v1: from the smallest standard deviation that a weight of the tensor has, the largest absolute
/// value, and a coarseness S, 0 to 256.
///
/// ```
/// use silicabac::weights::quantise::step_v1;
/// assert_eq!(step_v1(0.5, 1.0, 0.0), 0.5);
/// assert!(step_v1(0.5, 1.0, 256.0) < 0.02);
/// ```
pub fn step_v1(sigma_min: f32, largest: f32, s: f32) -> f32 {
    2.0 * largest * sigma_min / (2.0 * largest + s * sigma_min)
}

/// The values of a codebook, and how one is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Codebook {
    /// The values.
    pub values: Values,
    zero: usize,
    /// By value, what choosing it costs in squared distance.
    prices: Vec<f32>,
    /// Weights with a smaller absolute value become zero.
    cut: f32,
}

impl Codebook {
    /// The level of a weight: of the nearest value, its neighbour towards zero, and zero, the one that costs least.
    pub fn choose(&self, weight: f32) -> i32 {
        if weight.abs() < self.cut {
            return 0;
        }
        let nearest = self.values.nearest(weight);
        let cost = |level: i32| {
            let distance = weight - self.values.value(level);
            distance * distance + self.prices.get((self.zero as i32 + level) as usize).copied().unwrap_or(0.0)
        };
        let candidates = [nearest, nearest - nearest.signum(), 0];
        candidates.into_iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(nearest)
    }
}

/// How often weights are in each of many narrow bins, between the largest absolute value and its negative.
#[derive(Clone, Debug)]
pub struct Histogram {
    largest: f32,
    counts: Vec<u64>,
    sums: Vec<f64>,
}

const BINS: usize = 1 << 14;

impl Histogram {
    /// An empty one, for weights up to this absolute value.
    pub fn new(largest: f32) -> Histogram {
        Histogram { largest, counts: vec![0; BINS], sums: vec![0.0; BINS] }
    }

    /// Adds a weight.
    pub fn add(&mut self, weight: f32) {
        let place = (weight / self.largest + 1.0) * (BINS as f32 / 2.0);
        let bin = (place as usize).min(BINS - 1);
        self.counts[bin] += 1;
        self.sums[bin] += f64::from(weight);
    }

    /// A codebook of at most so many values besides zero, which is always one: k-means that begins with values evenly spread. Of two
    /// weights the one with the smaller absolute value becomes zero first, until this share of all has (magnitude pruning).
    ///
    /// With `lambda` above 0 a weight goes where its squared distance and `lambda` times the bits of the value are least together
    /// (the weighted Lloyd algorithm), a bit being the logarithm of how often the value is chosen; `lambda` is in squared steps of
    /// the even spread.
    pub fn codebook(&self, clusters: usize, prune: f32, lambda: f32) -> Codebook {
        let cut = self.cut(prune);
        let points: Vec<(f64, f64)> = self
            .counts
            .iter()
            .zip(&self.sums)
            .filter(|(count, _)| **count > 0)
            .map(|(&count, sum)| (sum / count as f64, count as f64))
            .map(|(mean, count)| (if mean.abs() < cut { 0.0 } else { mean }, count))
            .collect();
        let total: f64 = points.iter().map(|(_, count)| count).sum();
        let side = (clusters / 2).max(1);
        let step = f64::from(self.largest) / side as f64;
        let mut values: Vec<f64> = (0..=2 * side).map(|i| (i as f64 - side as f64) * step).collect();
        let lambda = f64::from(lambda) * step * step;
        let mut bits = vec![0.0; values.len()];
        for _ in 0..50 {
            let (mut counts, mut sums) = (vec![0.0; values.len()], vec![0.0; values.len()]);
            for &(mean, count) in &points {
                let cost = |i: usize| (mean - values[i]) * (mean - values[i]) + lambda * bits[i];
                let best = (0..values.len()).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(side);
                counts[best] += count;
                sums[best] += mean * count;
            }
            let before = values.clone();
            for i in 0..values.len() {
                // Zero stays, so that what is pruned stays so.
                if i != side && counts[i] > 0.0 {
                    values[i] = sums[i] / counts[i];
                }
                bits[i] = -(f64::max(counts[i], 0.5) / total.max(1.0)).log2();
            }
            if values.iter().zip(&before).all(|(a, b)| (a - b).abs() < step * 1e-4) {
                break;
            }
        }
        // A value that nothing chooses is none.
        let unused = -(0.5 / total.max(1.0)).log2();
        let mut chosen: Vec<(f32, f32)> = values
            .into_iter()
            .zip(bits)
            .enumerate()
            .filter(|(i, (_, bits))| *i == side || *bits < unused)
            .map(|(_, (value, bits))| (value as f32, (lambda * bits) as f32))
            .collect();
        chosen.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        chosen.dedup_by_key(|(value, _)| *value);
        let zero = chosen.partition_point(|(value, _)| *value < 0.0);
        let (values, prices) = chosen.into_iter().unzip();
        Codebook { values: Values::Codebook { values, zero }, zero, prices, cut: cut as f32 }
    }

    /// Below this absolute value lies the given share of the weights.
    fn cut(&self, share: f32) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let mut pruned = (f64::from(share.clamp(0.0, 1.0)) * total as f64) as u64;
        let half = BINS / 2;
        for distance in 0..half {
            let both = self.counts[half + distance] + self.counts[half - 1 - distance];
            if both > pruned {
                return f64::from(self.largest) * distance as f64 / half as f64;
            }
            pruned -= both;
        }
        f64::from(self.largest)
    }
}
