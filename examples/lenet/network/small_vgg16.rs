//! VGG16 in its form for images of 32 x 32 pixels: 13 convolutions of 3 x 3 with batch norm, and two dense layers.
//!
//! The tensors have names such as `convs.0.weight`, `bns.0.running_mean` and `fc1.bias`. Digits of 28 x 28 pixels lie in the middle of 32
//! x 32 pixels, and are the same in all three channels.

use super::layers::{Layer, Linear};
use super::{NetworkError, Tensor, mnist, tensor, tensors};

/// How many outputs each convolution has, and whether pooling follows.
const CONVOLUTIONS: [(usize, bool); 13] = [
    (64, false),
    (64, true),
    (128, false),
    (128, true),
    (256, false),
    (256, false),
    (256, true),
    (512, false),
    (512, false),
    (512, true),
    (512, false),
    (512, false),
    (512, true),
];

/// The three channels of the input.
const CHANNELS: usize = 3;
const SIDE: usize = 32;

/// The constant that batch norm adds to variances.
const EPSILON: f32 = 1e-5;

pub(super) fn layers(get: &impl Fn(&str) -> Option<Tensor>) -> Result<Vec<Layer>, NetworkError> {
    let mut layers = Vec::new();
    let (mut channels, mut side) = (CHANNELS, SIDE);
    for (number, (outputs, is_pooled)) in CONVOLUTIONS.into_iter().enumerate() {
        let (weights, biases) = tensors(get, &format!("convs.{number}"), &[outputs, channels, 3, 3])?;
        let (mut weights, biases) = normalised(get, number, weights, biases)?;
        if number == 0 {
            // The channels are equal, so one channel with the sum of their weights gives the same result.
            weights = weights.chunks(9 * CHANNELS).flat_map(sum_of_channels).collect();
            channels = 1;
            layers.push(Layer::Pad { side: mnist::SIDE, by: (SIDE - mnist::SIDE) / 2 });
        }
        layers.push(Layer::Pad { side, by: 1 });
        layers.push(Layer::Linear(Linear::convolution(channels, side + 2, 3, &weights, &biases)));
        layers.push(Layer::Relu);
        if is_pooled {
            layers.push(Layer::Pool { side });
            side /= 2;
        }
        channels = outputs;
    }
    for (name, outputs) in [("fc1", 512), ("fc2", 10)] {
        let (weights, biases) = tensors(get, name, &[outputs, 512])?;
        layers.push(Layer::Linear(Linear::dense(512, &weights, &biases)));
        layers.extend((outputs > 10).then_some(Layer::Relu));
    }
    Ok(layers)
}

fn sum_of_channels(output: &[f32]) -> [f32; 9] {
    std::array::from_fn(|at| output.iter().skip(at).step_by(9).sum())
}

/// The weights and biases of a convolution with the batch norm that follows it.
fn normalised(
    get: &impl Fn(&str) -> Option<Tensor>,
    number: usize,
    mut weights: Vec<f32>,
    mut biases: Vec<f32>,
) -> Result<(Vec<f32>, Vec<f32>), NetworkError> {
    let outputs = biases.len();
    let of = |what: &str| tensor(get, &format!("bns.{number}.{what}"), &[outputs]);
    let (gain, shift) = (of("weight")?, of("bias")?);
    let (mean, variance) = (of("running_mean")?, of("running_var")?);
    let inputs = weights.len() / outputs;
    for (output, weights) in weights.chunks_mut(inputs).enumerate() {
        let scale = gain[output] / (variance[output] + EPSILON).sqrt();
        weights.iter_mut().for_each(|weight| *weight *= scale);
        biases[output] = (biases[output] - mean[output]) * scale + shift[output];
    }
    Ok((weights, biases))
}
