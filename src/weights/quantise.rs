//! From weights to levels: what values there are, and which one a weight gets.
//!
//! Values are a grid of one step, or a codebook. The levels of a grid are chosen by the nearest value or by what they cost in bits as well
//! (`levels`); a codebook is made by Lloyd's algorithm, with or without a price on bits, from a histogram, so that a tensor of any size is
//! read once and never held.

use super::levels::{MAX_LEVEL, nearest};

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
        /// The index of the value 0, which level 0 stands for.
        zero: usize,
    },
}

impl Values {
    /// The value that a level stands for; the last value of a codebook if the level is beyond it.
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

/// The step with which the largest of a tensor's absolute values gets the largest level of this many bits, `2^(bits-1) - 1`.
///
/// It is zero if the largest value is, or is too small for a step.
pub fn step_of(largest: f32, bits: u8) -> f32 {
    let levels = (1_u32 << (bits.clamp(2, 25) - 1)) - 1;
    largest / (levels.min(MAX_LEVEL as u32)) as f32
}

/// The step of DC-v1 of DeepCABAC, from the smallest standard deviation that a weight of the tensor has, the largest absolute value, and a
/// coarseness S, 0 to 256.
///
/// ```
/// use silicabac::weights::quantise::step_v1;
/// assert_eq!(step_v1(0.5, 1.0, 0.0), 0.5);
/// assert!(step_v1(0.5, 1.0, 256.0) < 0.02);
/// ```
pub fn step_v1(sigma_min: f32, largest: f32, s: f32) -> f32 {
    2.0 * largest * sigma_min / (2.0 * largest + s * sigma_min)
}

/// The values of a codebook, and how one of them is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Codebook {
    /// In ascending order; zero is one of them.
    values: Vec<f32>,
    zero: usize,
    /// For each value what choosing it costs, in squared distance.
    prices: Vec<f32>,
    /// Distances are multiplied by this power of two, so that their squares do not overflow or vanish for weights of any size.
    scale: f32,
    /// Weights with a smaller absolute value become zero.
    cut: f32,
}

impl Codebook {
    /// The values alone, as a container has them.
    pub fn values(&self) -> Values {
        Values::Codebook { values: self.values.clone(), zero: self.zero }
    }

    /// The level of a weight: that of the value with the smallest sum of price and `importance` times the squared distance.
    pub fn choose(&self, weight: f32, importance: f32) -> i32 {
        if weight.abs() < self.cut {
            return 0;
        }
        (self.cheapest(weight, importance) as i64 - self.zero as i64) as i32
    }

    fn cheapest(&self, weight: f32, importance: f32) -> usize {
        let mut best = (self.zero, f32::INFINITY);
        let above = self.values.partition_point(|value| *value < weight);
        let mut look = |outwards: &mut dyn Iterator<Item = usize>| {
            for i in outwards {
                let distance = importance * ((weight - self.values[i]) * self.scale).powi(2);
                if distance >= best.1 {
                    break;
                }
                if distance + self.prices[i] < best.1 {
                    best = (i, distance + self.prices[i]);
                }
            }
        };
        look(&mut (0..above).rev());
        look(&mut (above..self.values.len()));
        best.0
    }
}

/// The power of two that brings a step close to 1, as far as there is one.
fn scale_of(step: f32) -> f32 {
    const BIAS: u32 = 127;
    let exponent = (step.to_bits() >> 23).clamp(1, 2 * BIAS - 1);
    f32::from_bits((2 * BIAS - exponent) << 23)
}

/// Weights that lie in the same narrow bin, and have about the same importance.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    count: u64,
    importance: f64,
    /// The sum of the weights, each times its importance.
    sum: f64,
}

/// How often weights lie in each of many narrow bins, between the largest absolute value and its negative, and how much their distances
/// count.
#[derive(Clone, Debug)]
pub struct Histogram {
    largest: f32,
    /// For each class of importance all bins; an empty class has none.
    classes: Vec<Vec<Cell>>,
}

const BINS: usize = 1 << 14;

/// How many classes of importance there are, each an octave.
const CLASSES: i32 = 64;

/// The most rounds of the Lloyd algorithm; it ends before if nothing changes.
const ROUNDS: usize = 50;

impl Histogram {
    /// An empty histogram, for weights up to this absolute value.
    pub fn new(largest: f32) -> Histogram {
        Histogram { largest, classes: vec![Vec::new(); CLASSES as usize] }
    }

    /// Adds a weight, of which the squared distance is multiplied by `importance`.
    pub fn add(&mut self, weight: f32, importance: f32) {
        let place = (weight / self.largest + 1.0) * (BINS as f32 / 2.0);
        let bin = (place as usize).min(BINS - 1);
        let class = (importance.log2() as i32).saturating_add(CLASSES / 2).clamp(0, CLASSES - 1);
        let class = &mut self.classes[class as usize];
        if class.is_empty() {
            class.resize(BINS, Cell::default());
        }
        let cell = &mut class[bin];
        cell.count += 1;
        cell.importance += f64::from(importance);
        cell.sum += f64::from(importance) * f64::from(weight);
    }

    /// A codebook of at most `clusters` values besides zero, which is always one: k-means that starts with evenly spread values. Before
    /// that the weights with the smallest absolute values become zero, up to the share `prune` of all (magnitude pruning).
    ///
    /// With `lambda` above 0 a weight goes to the value with the smallest sum of its squared distance, times its importance, and `lambda`
    /// times the bits of the value (the weighted Lloyd algorithm). The bits are the logarithm of how often the value is chosen; `lambda` is
    /// in squared steps of the even spread.
    pub fn codebook(&self, clusters: usize, prune: f32, lambda: f32) -> Codebook {
        let cut = self.cut(prune);
        let cells = self.classes.iter().flatten().filter(|cell| cell.count > 0);
        // For each cell the mean of its weights, the importance of each, and how many there are.
        let points: Vec<(f32, f32, f64)> = cells
            .map(|cell| (cell.sum / cell.importance, cell.importance / cell.count as f64, cell.count as f64))
            .map(|(mean, importance, count)| {
                (if mean.abs() < cut { 0.0 } else { mean as f32 }, importance as f32, count)
            })
            .collect();
        let total: f64 = points.iter().map(|(_, _, count)| count).sum();
        let side = (clusters / 2).max(1);
        let step = self.largest / side as f32;
        let scale = scale_of(step);
        let lambda = f64::from(lambda) * (f64::from(step) * f64::from(scale)).powi(2);
        let bits = |count: f64| -(count.max(0.5) / total.max(1.0)).log2();
        let values: Vec<f32> = (0..=2 * side).map(|i| (i as f32 - side as f32) * step).collect();
        let prices = vec![0.0; values.len()];
        let mut codebook = Codebook { values, zero: side, prices, scale, cut: cut as f32 };
        for _ in 0..ROUNDS {
            let mut chosen = vec![(0.0, 0.0, 0.0); codebook.values.len()];
            for &(mean, importance, count) in &points {
                let value = &mut chosen[codebook.cheapest(mean, importance)];
                let importance = f64::from(importance) * count;
                *value = (value.0 + count, value.1 + importance, value.2 + importance * f64::from(mean));
            }
            let mut next: Vec<(f32, f32)> = Vec::new();
            for (i, (count, importance, sum)) in chosen.into_iter().enumerate() {
                // Zero stays, so that what is pruned stays pruned; another value that no weight chooses is dropped.
                let value = if i == codebook.zero { 0.0 } else { (sum / importance) as f32 };
                if i == codebook.zero || count > 0.0 && value != 0.0 {
                    next.push((value, (lambda * bits(count)) as f32));
                }
            }
            next.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            next.dedup_by_key(|(value, _)| *value);
            let (values, prices): (Vec<f32>, Vec<f32>) = next.into_iter().unzip();
            let stands = values.len() == codebook.values.len()
                && values.iter().zip(&codebook.values).all(|(a, b)| (a - b).abs() < step * 1e-4);
            codebook.zero = values.partition_point(|value| *value < 0.0);
            (codebook.values, codebook.prices) = (values, prices);
            if stands {
                break;
            }
        }
        codebook
    }

    /// The absolute value below which the given share of the weights lies.
    fn cut(&self, share: f32) -> f64 {
        let count = |bin: usize| {
            self.classes.iter().filter_map(|class| class.get(bin)).map(|cell| cell.count).sum::<u64>()
        };
        let total: u64 = self.classes.iter().flatten().map(|cell| cell.count).sum();
        let mut pruned = (f64::from(share.clamp(0.0, 1.0)) * total as f64) as u64;
        let half = BINS / 2;
        for distance in 0..half {
            let both = count(half + distance) + count(half - 1 - distance);
            if both > pruned {
                return f64::from(self.largest) * distance as f64 / half as f64;
            }
            pruned -= both;
        }
        f64::from(self.largest)
    }
}
