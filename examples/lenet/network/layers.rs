//! The layers of a network on a block of images.
//!
//! Invariant: a layer is made for one shape of input and given no other.

/// How many images go through together: what two outputs of theirs need stays in the registers of any
/// processor with vectors.
pub(super) const BLOCK: usize = 16;

/// The outputs that are summed up together; every layer has a multiple of it.
const OUTPUTS: usize = 2;

/// A layer's values, channel by channel and row by row, each of all images of a block.
pub(super) type Block = Vec<[f32; BLOCK]>;

/// A layer.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    Linear(Linear),
    /// What is below zero becomes zero.
    Relu,
    /// The largest of every two by two values, of channels with so many rows and columns.
    Pool {
        side: usize,
    },
    /// So many zeros on each side of channels with so many rows and columns.
    Pad {
        side: usize,
        by: usize,
    },
}

impl Layer {
    /// What the layer makes of its input.
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

fn pool(input: &[[f32; BLOCK]], side: usize) -> Block {
    let pairs = input.chunks_exact(2 * side);
    let larger = |a: [f32; BLOCK], b: [f32; BLOCK]| std::array::from_fn(|image| a[image].max(b[image]));
    pairs
        .flat_map(|rows| {
            let (upper, lower) = rows.split_at(side);
            let squares = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            squares.map(|(upper, lower)| larger(larger(upper[0], upper[1]), larger(lower[0], lower[1])))
        })
        .collect()
}

fn pad(input: &[[f32; BLOCK]], side: usize, by: usize) -> Block {
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
    /// For every `OUTPUTS` outputs, the weights of the first input, then those of the second, and so on.
    weights: Vec<[f32; OUTPUTS]>,
    biases: Vec<f32>,
    /// Where the inputs are, seen from a position.
    inputs: Vec<usize>,
    positions: Vec<usize>,
}

impl Linear {
    /// Every output has a weight for every input.
    pub(super) fn dense(inputs: usize, weights: &[f32], biases: Vec<f32>) -> Linear {
        Linear::new((0..inputs).collect(), vec![0], weights, biases)
    }

    /// Squares of so many rows and columns, `kernel`, at all positions where they lie within the channels.
    pub(super) fn convolution(
        channels: usize,
        side: usize,
        kernel: usize,
        weights: &[f32],
        biases: Vec<f32>,
    ) -> Linear {
        let square = |size: usize| (0..size).flat_map(move |y| (0..size).map(move |x| y * side + x));
        let inputs =
            (0..channels).flat_map(|channel| square(kernel).map(move |at| channel * side * side + at));
        Linear::new(inputs.collect(), square(side - kernel + 1).collect(), weights, biases)
    }

    fn new(inputs: Vec<usize>, positions: Vec<usize>, weights: &[f32], biases: Vec<f32>) -> Linear {
        let count = inputs.len();
        let weights = weights
            .chunks_exact(OUTPUTS * count)
            .flat_map(|rows| {
                (0..count).map(move |input| std::array::from_fn(|output| rows[output * count + input]))
            })
            .collect();
        Linear { weights, biases, inputs, positions }
    }

    fn forward(&self, input: &[[f32; BLOCK]]) -> Block {
        let mut output = vec![[0.0; BLOCK]; self.biases.len() * self.positions.len()];
        let rows = self.weights.chunks_exact(self.inputs.len()).zip(self.biases.chunks_exact(OUTPUTS));
        let channels = output.chunks_exact_mut(OUTPUTS * self.positions.len());
        for ((weights, biases), channels) in rows.zip(channels) {
            for (at, &position) in self.positions.iter().enumerate() {
                let sums = self.sums(&input[position..], weights, biases);
                for (channel, sum) in sums.into_iter().enumerate() {
                    channels[channel * self.positions.len() + at] = sum;
                }
            }
        }
        output
    }

    fn sums(
        &self,
        input: &[[f32; BLOCK]],
        weights: &[[f32; OUTPUTS]],
        biases: &[f32],
    ) -> [[f32; BLOCK]; OUTPUTS] {
        let mut sums: [_; OUTPUTS] = std::array::from_fn(|output| [biases[output]; BLOCK]);
        for (weights, &at) in weights.iter().zip(&self.inputs) {
            let values = &input[at];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                for (sum, value) in sum.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
        sums
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
        let layer = Linear::dense(3, &[1.0, 2.0, 3.0, -1.0, 0.5, 0.0], vec![10.0, 20.0]);
        assert_eq!(first(&layer.forward(&block([1.0, 2.0, 4.0]))), [27.0, 20.0]);
    }

    #[test]
    fn a_convolution_by_hand() {
        let picks_lower_left_of_the_second = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let sums_all = [1.0; 8];
        let weights = [picks_lower_left_of_the_second, sums_all].concat();
        let layer = Linear::convolution(2, 3, 2, &weights, vec![0.0, 1.0]);
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
