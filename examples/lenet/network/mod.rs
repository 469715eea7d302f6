//! The networks that are used to judge compressed weights, two LeNets and a small VGG16, as a forward pass without a framework.
//!
//! Invariant: the result of an image depends neither on the images beside it nor on the machine: every sum is taken in the order of its
//! weights, in `f32`, beginning with the bias. So the number of correct images is exact, and a test may demand it.
//!
//! Images are computed in blocks, with the same pixel of all images side by side, so that the compiler can use vector instructions
//! whatever the shape of a layer. Then a convolution is a matrix product at several positions, and one loop does both.

mod layers;
pub(crate) mod mnist;
mod small_vgg16;
pub(crate) mod tensors;

use rayon::prelude::*;

use layers::{BLOCK, Block, Layer, Linear};
pub(crate) use mnist::Images;

/// The weights of a layer: their shape, and their values in row-major order.
pub(crate) type Tensor = (Vec<usize>, Vec<f32>);

/// Why tensors are not those of a known network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NetworkError {
    /// A tensor is missing.
    #[error("there is no tensor {0}")]
    Missing(String),
    /// A tensor does not have the shape of its layer.
    #[error("{name} has the shape {found:?} and not {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The layer's.
        expected: Vec<usize>,
    },
    /// A tensor does not have as many values as its shape says.
    #[error("{name} has {found} values, which is not what its shape says")]
    Values {
        /// The tensor.
        name: String,
        /// How many there are.
        found: usize,
    },
}

/// One of the networks, with its weights.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    layers: Vec<Layer>,
}

impl Network {
    /// The network whose tensors `get` returns: the small VGG16 if there is a `convs.0.weight`, LeNet-5 if there is a `conv1.weight`, and
    /// otherwise LeNet-300-100.
    ///
    /// LeNet-300-100 is `fc1` 784 to 300, ReLU, `fc2` to 100, ReLU, `fc3` to 10. LeNet-5 is Caffe's: `conv1`
    /// 5x5x20, the largest of 2x2, `conv2` 5x5x50, the largest of 2x2, `fc1` 800 to 500, ReLU, `fc2` to 10;
    /// there is no ReLU after a convolution. Each has a `.weight`, outputs first, and a `.bias`.
    ///
    /// # Errors
    /// [`NetworkError`] for the first tensor that is not as it should be.
    pub(crate) fn from_tensors(get: impl Fn(&str) -> Option<Tensor>) -> Result<Network, NetworkError> {
        let dense = |name, inputs, outputs| {
            let (weights, biases) = tensors(&get, name, &[outputs, inputs])?;
            Ok(Layer::Linear(Linear::dense(inputs, &weights, &biases)))
        };
        let convolution = |name, channels, side, outputs| {
            let (weights, biases) = tensors(&get, name, &[outputs, channels, 5, 5])?;
            Ok(Layer::Linear(Linear::convolution(channels, side, 5, &weights, &biases)))
        };
        let layers = if get("convs.0.weight").is_some() {
            small_vgg16::layers(&get)?
        } else if get("conv1.weight").is_some() {
            vec![
                convolution("conv1", 1, 28, 20)?,
                Layer::Pool { side: 24 },
                convolution("conv2", 20, 12, 50)?,
                Layer::Pool { side: 8 },
                dense("fc1", 800, 500)?,
                Layer::Relu,
                dense("fc2", 500, 10)?,
            ]
        } else {
            vec![
                dense("fc1", 784, 300)?,
                Layer::Relu,
                dense("fc2", 300, 100)?,
                Layer::Relu,
                dense("fc3", 100, 10)?,
            ]
        };
        Ok(Network { layers })
    }

    /// How many images the network gets right: of the ten outputs, that of the label is the largest.
    pub(crate) fn correct(&self, images: &Images) -> usize {
        self.margins(images).into_iter().filter(|margin| *margin > 0.0).count()
    }

    /// By how much the output of each image's label exceeds the largest of the nine others. Missing pixels are 0.
    pub(crate) fn margins(&self, images: &Images) -> Vec<f32> {
        let pixels = images.pixels.par_chunks(BLOCK * mnist::PIXELS);
        let labels = images.labels.par_chunks(BLOCK);
        pixels.zip(labels).flat_map_iter(|(pixels, labels)| self.margins_of_block(pixels, labels)).collect()
    }

    fn margins_of_block(&self, pixels: &[u8], labels: &[u8]) -> Vec<f32> {
        let outputs = self.forward(pixels);
        let margin = |(image, &label): (usize, &u8)| {
            let score = |digit: usize| outputs[digit][image];
            let others = (0..10).filter(|digit| *digit != usize::from(label));
            score(label.into()) - others.map(score).fold(f32::NEG_INFINITY, f32::max)
        };
        labels.iter().enumerate().map(margin).collect()
    }

    fn forward(&self, pixels: &[u8]) -> Block {
        let mut values = vec![[0.0; BLOCK]; mnist::PIXELS];
        for (image, pixels) in pixels.chunks(mnist::PIXELS).take(BLOCK).enumerate() {
            for (value, &pixel) in values.iter_mut().zip(pixels) {
                value[image] = f32::from(pixel) / 255.0;
            }
        }
        self.layers.iter().fold(values, |values, layer| layer.forward(values))
    }
}

/// The weights and biases of a layer, as many as its shape says.
fn tensors(
    get: &impl Fn(&str) -> Option<Tensor>,
    layer: &str,
    shape: &[usize],
) -> Result<(Vec<f32>, Vec<f32>), NetworkError> {
    Ok((tensor(get, &format!("{layer}.weight"), shape)?, tensor(get, &format!("{layer}.bias"), &shape[..1])?))
}

fn tensor(
    get: &impl Fn(&str) -> Option<Tensor>,
    name: &str,
    expected: &[usize],
) -> Result<Vec<f32>, NetworkError> {
    let name = name.to_owned();
    let (found, values) = get(&name).ok_or_else(|| NetworkError::Missing(name.clone()))?;
    if found != expected {
        return Err(NetworkError::Shape { name, found, expected: expected.to_vec() });
    }
    if values.len() != found.iter().product::<usize>() {
        return Err(NetworkError::Values { name, found: values.len() });
    }
    Ok(values)
}
