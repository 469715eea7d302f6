//! The weights of a model file, by the names of its tensors.

use std::{collections::BTreeMap, path::Path};

use silicabac::weights::{
    model::{ModelError, ModelFile, TensorInfo},
    numbers::weights,
};

use super::Tensor;

/// All tensors by their names.
pub(crate) type Tensors = BTreeMap<String, Tensor>;

/// The tensors of a file that are weights, or the error of the file.
pub(crate) fn read(path: &Path) -> Result<Tensors, ModelError> {
    let mut model = ModelFile::open(path)?;
    let infos = model.tensors().to_vec();
    let tensor = |(number, info): (usize, &TensorInfo)| {
        let mut bytes = vec![0; info.bytes as usize];
        model.read(number, 0, &mut bytes)?;
        let shape = info.shape.iter().map(|&size| size as usize).collect();
        Ok((info.name.clone(), (shape, weights(info.element, &bytes))))
    };
    infos.iter().enumerate().map(tensor).collect()
}
