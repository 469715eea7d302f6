//! Random models, and what the command makes of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use silicabac::weights::{
    compress::{Options, compress},
    model::{ModelFile, Type},
};

use crate::common::{command, expect};

/// A name, a shape and weights.
pub(crate) type Made<'a> = (&'a str, &'a [u64], Vec<f32>);

/// A safetensors file with these tensors.
pub(crate) fn safetensors(dir: &Path, tensors: &[Made<'_>]) -> PathBuf {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape, weights) in tensors {
        let start = data.len();
        data.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
        let entry =
            serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
        header.insert((*name).to_string(), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let path = dir.join("model.safetensors");
    fs::write(&path, [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()).unwrap();
    path
}

/// A safetensors file of one tensor `w` of any type, from its bytes.
pub(crate) fn typed(path: &Path, dtype: &str, shape: &[u64], data: &[u8]) -> PathBuf {
    let header =
        serde_json::json!({ "w": { "dtype": dtype, "shape": shape, "data_offsets": [0, data.len()] } });
    let header = header.to_string();
    fs::write(path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()).unwrap();
    path.to_owned()
}

/// The bytes of the first tensor of a file.
pub(crate) fn first_of(path: &Path) -> (Type, Vec<u8>) {
    let mut model = ModelFile::open(path).unwrap();
    let info = model.tensors()[0].clone();
    let mut bytes = vec![0; info.bytes as usize];
    model.read(0, 0, &mut bytes).unwrap();
    (info.element, bytes)
}

pub(crate) fn made_up(dir: &Path) -> PathBuf {
    let wave = |count: usize, scale: f32| noise(count).into_iter().map(|weight| weight * scale).collect();
    safetensors(
        dir,
        &[
            ("a.weight", &[60, 50], wave(3000, 0.5)),
            ("b.bias", &[60], wave(60, 50.0)),
            ("c.weight", &[3, 700_000], wave(2_100_000, 5.0)),
            ("empty", &[0, 4], vec![]),
        ],
    )
}

/// Numbers between -1 and 1 that lie on no grid.
pub(crate) fn noise(count: usize) -> Vec<f32> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..count).scan(7, |state, _| next(state)).collect()
}

pub(crate) fn compressed(model: &Path, options: &Options) -> Vec<u8> {
    let mut bytes = Vec::new();
    compress(&mut ModelFile::open(model).unwrap(), None, options, &mut bytes, &|_| ()).unwrap();
    bytes
}

pub(crate) fn weights_of(path: &Path) -> Vec<Vec<f32>> {
    let mut model = ModelFile::open(path).unwrap();
    let infos = model.tensors().to_vec();
    let read = |(number, info): (usize, &silicabac::weights::model::TensorInfo)| {
        let mut bytes = vec![0; info.bytes as usize];
        model.read(number, 0, &mut bytes).unwrap();
        bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    };
    infos.iter().enumerate().map(read).collect()
}

/// Runs the verb; returns its output.
pub(crate) fn weights(arguments: &[&str]) -> std::process::Output {
    command().arg("weights").args(arguments).output().unwrap()
}

/// Compresses and decompresses a model with the command; returns what it prints, and the weights before and after.
pub(crate) fn there_and_back(tensors: &[Made<'_>], arguments: &[&str]) -> (String, Vec<[Vec<f32>; 2]>) {
    let dir = tempfile::tempdir().unwrap();
    let model = safetensors(dir.path(), tensors);
    let (container, again) = (dir.path().join("c.sbw"), dir.path().join("again.safetensors"));
    let run = |words: &[&str], from: &Path, to: &Path| {
        let output = command().arg("weights").args(words).arg(from).arg("-o").arg(to).output().unwrap();
        expect(&output, 0, &[]);
        String::from_utf8(output.stdout).unwrap()
    };
    let said = run(&[&["compress"], arguments].concat(), &model, &container);
    run(&["decompress"], &container, &again);
    let both = weights_of(&model).into_iter().zip(weights_of(&again));
    (said, both.map(|(before, after)| [before, after]).collect())
}
