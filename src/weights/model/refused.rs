//! Model files of known formats that are not supported: why, and what to do instead.

use std::path::Path;

use super::ModelError;

/// The name of the format, the bytes by which it is known and their position, and what to do.
type Row = (&'static str, usize, &'static [u8], &'static str);

const BY_CONTENT: [Row; 10] = [
    (
        "a GGUF file",
        0,
        b"GGUF",
        "its tensors are quantised already, in blocks; take the model that it was made of",
    ),
    (
        "a GGML file",
        0,
        b"lmgg",
        "its tensors are quantised already, in blocks; take the model that it was made of",
    ),
    (
        "a GGJT file",
        0,
        b"tjgg",
        "its tensors are quantised already, in blocks; take the model that it was made of",
    ),
    ("an HDF5 file", 0, b"\x89HDF\r\n\x1a\n", "write the weights of a Keras model with numpy.savez"),
    ("a TensorFlow Lite file", 4, b"TFL3", "make ONNX of it with tf2onnx"),
    (
        "a checkpoint of PyTorch before 1.6",
        0,
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
        "write it with torch.save(torch.load(PATH), OUTPUT) of a later one",
    ),
    ("a Python pickle", 0, b"\x80\x02", PICKLE),
    ("a Python pickle", 0, b"\x80\x03", PICKLE),
    ("a Python pickle", 0, b"\x80\x04", PICKLE),
    ("a Python pickle", 0, b"\x80\x05", PICKLE),
];

const PICKLE: &str = "a pickle runs code when it is read; write its arrays with numpy.savez or torch.save";

/// Formats without a fixed beginning, by the extensions of their files.
const BY_NAME: [(&str, &str, &str); 3] = [
    ("pb", "a TensorFlow file", "make ONNX of it with tf2onnx"),
    ("pdparams", "a PaddlePaddle file", "make ONNX of it with paddle2onnx"),
    ("msgpack", "a Flax file", "write it with safetensors.flax.save_file"),
];

/// The error for a file that begins like this, if it is known.
pub(super) fn by_content(head: &[u8; 16]) -> Option<ModelError> {
    let is = |&&(_, at, magic, _): &&Row| head[at..].starts_with(magic);
    BY_CONTENT.iter().find(is).map(|&(what, .., instead)| ModelError::Refused { what, instead })
}

/// The error for a file of which only the name says what it is.
pub(super) fn by_name(path: &Path) -> Option<ModelError> {
    let extension = path.extension()?.to_str()?;
    let known = BY_NAME.iter().find(|row| row.0 == extension);
    known.map(|&(_, what, instead)| ModelError::Refused { what, instead })
}
