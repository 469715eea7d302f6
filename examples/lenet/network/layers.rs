//! The layers of a network, computed for a block of images at once.
//!
//! Invariant: a layer is made for one shape of input and is given no other.

use std::array;

/// How many images are in a block: enough to fill the vector registers of any processor.
pub(super) const BLOCK: usize = 16;

/// How many outputs are summed up together, in registers.
const OUTPUTS: usize = 8;

/// How many positions get all their outputs before the next ones do, so that their inputs stay in the cache.
const NEAR: usize = 32;

/// The values of a layer, channel by channel and row by row, each for all images of a block.
pub(super) type Block = Vec<Values>;

/// One value for each image of a block.
pub(super) type Values = [f32; BLOCK];

/// A layer.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    Linear(Linear),
    /// Negative values become zero.
    Relu,
    /// The largest of each 2x2 values, in channels of `side` rows and columns.
    Pool {
        side: usize,
    },
    /// `by` zeros on each side of channels of `side` rows and columns.
    Pad {
        side: usize,
        by: usize,
    },
}

impl Layer {
    /// The output of the layer for this input.
    pub(super) fn forward(&self, mut input: Block) -> Block {
        match self {
            Layer::Linear(linear) => linear.forward(&input),
            Layer::Relu => {
                input.iter_mut().flatten().for_each(|value| *value = value.max(0.0));
                input
            }
            Layer::Pool { side } => pool(&input, *side),
            Layer::Pad { side, by } => pad(&input, *side, *by),
        }
    }
}

fn pool(input: &[Values], side: usize) -> Block {
    let pairs = input.chunks_exact(2 * side);
    let larger = |a: Values, b: Values| array::from_fn(|image| a[image].max(b[image]));
    pairs
        .flat_map(|rows| {
            let (upper, lower) = rows.split_at(side);
            let squares = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            squares.map(|(upper, lower)| larger(larger(upper[0], upper[1]), larger(lower[0], lower[1])))
        })
        .collect()
}

fn pad(input: &[Values], side: usize, by: usize) -> Block {
    let wide = side + 2 * by;
    let mut output = vec![[0.0; BLOCK]; input.len() / (side * side) * wide * wide];
    for (channel, padded) in input.chunks_exact(side * side).zip(output.chunks_exact_mut(wide * wide)) {
        for (row, padded) in channel.chunks_exact(side).zip(padded.chunks_exact_mut(wide).skip(by)) {
            padded[by..by + side].copy_from_slice(row);
        }
    }
    output
}

/// Sums of weighted inputs, at one position or at many.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    outputs: usize,
    positions: Vec<usize>,
    /// All outputs, `OUTPUTS` at a time; the last ones may be fewer.
    sums: Vec<Sums>,
}

/// Sums that are taken together.
#[derive(Clone, Debug)]
struct Sums {
    biases: [f32; OUTPUTS],
    /// The index of an input, relative to a position, and its weights. Inputs whose weights are all zero are left out, since they add
    /// nothing.
    inputs: Vec<(u32, [f32; OUTPUTS])>,
}

impl Linear {
    /// A dense layer: every output has a weight for every input.
    pub(super) fn dense(inputs: usize, weights: &[f32], biases: &[f32]) -> Linear {
        Linear::new((0..inputs).collect(), vec![0], weights, biases)
    }

    /// A convolution with squares of `kernel` rows and columns, at all positions where they lie within the channels.
    pub(super) fn convolution(
        channels: usize,
        side: usize,
        kernel: usize,
        weights: &[f32],
        biases: &[f32],
    ) -> Linear {
        let square = |size: usize| (0..size).flat_map(move |y| (0..size).map(move |x| y * side + x));
        let inputs =
            (0..channels).flat_map(|channel| square(kernel).map(move |at| channel * side * side + at));
        Linear::new(inputs.collect(), square(side - kernel + 1).collect(), weights, biases)
    }

    fn new(inputs: Vec<usize>, positions: Vec<usize>, weights: &[f32], biases: &[f32]) -> Linear {
        let rows = weights.chunks(OUTPUTS * inputs.len()).zip(biases.chunks(OUTPUTS));
        let sums = rows.map(|(weights, biases)| Sums::new(&inputs, weights, biases)).collect();
        Linear { outputs: biases.len(), positions, sums }
    }

    fn forward(&self, input: &[Values]) -> Block {
        let count = self.positions.len();
        let mut output = vec![[0.0; BLOCK]; self.outputs * count];
        for (number, positions) in self.positions.chunks(NEAR).enumerate() {
            for (sums, channels) in self.sums.iter().zip(output.chunks_mut(OUTPUTS * count)) {
                for (at, &position) in positions.iter().enumerate() {
                    let channels = channels.iter_mut().skip(number * NEAR + at).step_by(count);
                    channels.zip(sums.at(&input[position..])).for_each(|(channel, sum)| *channel = sum);
                }
            }
        }
        output
    }
}

impl Sums {
    fn new(inputs: &[usize], weights: &[f32], biases: &[f32]) -> Sums {
        let of = |values: &[f32], output: usize| values.get(output).copied().unwrap_or_default();
        let weights_of = |(number, &at): (usize, &usize)| {
            let weights: [f32; OUTPUTS] =
                array::from_fn(|output| of(weights, output * inputs.len() + number));
            weights.iter().any(|&weight| weight != 0.0).then_some((at as u32, weights))
        };
        Sums {
            biases: array::from_fn(|output| of(biases, output)),
            inputs: inputs.iter().enumerate().filter_map(weights_of).collect(),
        }
    }

    fn at(&self, input: &[Values]) -> [Values; OUTPUTS] {
        // Eight variables, since an array of sums would be kept in memory.
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = self.biases.map(|bias| [bias; BLOCK]);
        for (at, weights) in &self.inputs {
            let values = &input[*at as usize];
            add(&mut a, weights[0], values);
            add(&mut b, weights[1], values);
            add(&mut c, weights[2], values);
            add(&mut d, weights[3], values);
            add(&mut e, weights[4], values);
            add(&mut f, weights[5], values);
            add(&mut g, weights[6], values);
            add(&mut h, weights[7], values);
        }
        [a, b, c, d, e, f, g, h]
    }
}

#[inline(always)]
fn add(sums: &mut Values, weight: f32, values: &Values) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(block: &Block) -> Vec<f32> {
        block.iter().map(|values| values[0]).collect()
    }

    fn block(values: impl IntoIterator<Item = f32>) -> Block {
        values.into_iter().map(|value| [value; BLOCK]).collect()
    }

    #[test]
    fn a_dense_layer_by_hand() {
        let layer = Linear::dense(3, &[1.0, 2.0, 3.0, -1.0, 0.5, 0.0], &[10.0, 20.0]);
        assert_eq!(first(&layer.forward(&block([1.0, 2.0, 4.0]))), [27.0, 20.0]);
    }

    #[test]
    fn a_convolution_by_hand() {
        let picks_lower_left_of_the_second = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let sums_all = [1.0; 8];
        let weights = [picks_lower_left_of_the_second, sums_all].concat();
        let layer = Linear::convolution(2, 3, 2, &weights, &[0.0, 1.0]);
        let output = first(&layer.forward(&block((0..18).map(|value| value as f32))));
        assert_eq!(output[..4], [12.0, 13.0, 15.0, 16.0]);
        assert_eq!(output[4..], [53.0, 61.0, 77.0, 85.0]);
    }

    #[test]
    fn zeros_around() {
        let padded = pad(&block([1.0, 2.0, 3.0, 4.0]), 2, 1);
        let rows = [[0.0; 4], [0.0, 1.0, 2.0, 0.0], [0.0, 3.0, 4.0, 0.0], [0.0; 4]];
        assert_eq!(first(&padded), rows.concat());
    }

    #[test]
    fn the_largest_of_four() {
        let values = [1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 8.0, 7.0, -4.0, -3.0, 0.0, 0.0, -2.0, -1.0, 0.0, 1.0];
        assert_eq!(first(&pool(&block(values), 4)), [4.0, 8.0, -1.0, 1.0]);
    }
}
