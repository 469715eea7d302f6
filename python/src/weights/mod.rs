//! Weights of neural networks: model files compressed to containers, and containers read tensor by tensor (`docs/weights.md`).
//!
//! Here are files and bytes. What is made of dictionaries, arrays and tensors of other libraries is in `silicabac/weights.py`.

mod compress;
mod container;
mod pool;

use pyo3::PyErr;
use silicabac::weights::compress::WeightsError;
use silicabac::weights::container::ContainerError;
use silicabac::weights::model::ModelError;

use crate::errors::raised::{DamagedError, FormatError, IllegalError};

pub(crate) use compress::compress_model;
pub(crate) use container::{Container, Tensor};

fn failed(error: WeightsError) -> PyErr {
    match error {
        WeightsError::Io(source) => source.into(),
        WeightsError::Container(error) => container_failed(error),
        WeightsError::Model(ModelError::Io(source)) => source.into(),
        WeightsError::Model(error) => FormatError::new_err(error.to_string()),
        error => IllegalError::new_err(error.to_string()),
    }
}

fn container_failed(error: ContainerError) -> PyErr {
    match error {
        ContainerError::Io(source) => source.into(),
        ContainerError::Magic => FormatError::new_err(error.to_string()),
        error => DamagedError::new_err(error.to_string()),
    }
}
