//! What can be wrong with a model file: each error says what, in which tensor, and what to do about it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::Format;
use super::cut::MAX_SKELETON;

/// Why a model file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be opened.
    #[error("{}: {source}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system cannot read or write.
    #[error("{0}")]
    Io(io::Error),
    /// It is not a file of any known format.
    #[error(
        "{}: neither safetensors nor npz nor ONNX nor a PyTorch checkpoint; if it is one of the first three, name it so \
         (.safetensors, .npz, .onnx), else convert it (safetensors.torch.save_file, numpy.savez)", .path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// It is a file of a known format that is not supported.
    #[error("it is {what}, which is not taken apart: {instead}")]
    Refused {
        /// The format.
        what: &'static str,
        /// Why, and what to do.
        instead: &'static str,
    },
    /// A file that the model names cannot be used.
    #[error("{name:?}, which the model names, {what}")]
    Beside {
        /// What it is called there.
        name: String,
        /// What is wrong, and what to do.
        what: &'static str,
    },
    /// A shard of the model cannot be read.
    #[error("shard {shard:?}: {source}")]
    Shard {
        /// What the index calls it.
        shard: String,
        /// Why.
        source: Box<ModelError>,
    },
    /// The index of a sharded model does not match the shards.
    #[error("the index of the shards does not fit: {what}; get the index and all shards again")]
    Index {
        /// What is wrong.
        what: String,
    },
    /// It ends too early.
    #[error("it ends in the middle of its data; get the file again")]
    Truncated,
    /// It contradicts its format.
    #[error("not a correct {format} file: {what}; get or export the file again")]
    Damaged {
        /// The format that it seems to have.
        format: Format,
        /// What is wrong.
        what: String,
    },
    /// A zip archive, but neither of arrays nor of a checkpoint.
    #[error(
        "no entry of the zip archive is a NumPy array, nor the pickle of a PyTorch checkpoint; write it with numpy.savez \
         or torch.save"
    )]
    NoArray,
    /// The tensor is correct, but of a kind that is not supported.
    #[error("tensor {tensor:?}: {what}")]
    Unsupported {
        /// The tensor.
        tensor: String,
        /// What is not supported, and what to do.
        what: String,
    },
    /// The dimensions of a tensor are too many or too large.
    #[error(
        "tensor {tensor:?}: its shape {shape} has more elements than a file can hold; export the file again"
    )]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its dimensions, the first few.
        shape: String,
    },
    /// The data of a tensor is not as long as its shape says.
    #[error(
        "tensor {tensor:?}: its shape needs {expected} bytes, but {found} are there; export the file again"
    )]
    Length {
        /// The tensor.
        tensor: String,
        /// By shape and type.
        expected: u64,
        /// By the file.
        found: u64,
    },
    /// The data of a tensor overlaps that of another, or lies outside the file.
    #[error(
        "tensor {tensor:?}: its data is said to lie at bytes {begin}..{end} of the file, where only \
         {from}..{to} can be; get or export the file again"
    )]
    Place {
        /// The tensor.
        tensor: String,
        /// Where the data is said to begin.
        begin: u64,
        /// And to end.
        end: u64,
        /// Where the tensor before ends.
        from: u64,
        /// Where the file ends.
        to: u64,
    },
    /// An ONNX model with its external data would be too large to be one file.
    #[error(
        "with the data of its other files the model has {bytes} bytes, and a protobuf can have {}; write its weights as \
         safetensors, and compress those",
        i32::MAX
    )]
    Inline {
        /// How many it would have.
        bytes: u64,
    },
    /// The data of a tensor does not match its checksum.
    #[error("tensor {tensor:?}: its checksum is wrong, the data has been damaged; get the file again")]
    Checksum {
        /// The tensor.
        tensor: String,
    },
    /// The file has too many bytes that are not raw data of tensors.
    #[error(
        "{bytes} bytes of the file are not raw data of tensors, more than {MAX_SKELETON}; \
         export it with raw data (ONNX: raw_data rather than int32_data)"
    )]
    Skeleton {
        /// How much.
        bytes: u64,
    },
    /// The bytes asked for are beyond the end of a tensor.
    #[error("bytes {offset}..+{length} of tensor {tensor} do not exist; ask for what `tensors` lists")]
    Range {
        /// The number of the tensor.
        tensor: usize,
        /// The first byte asked for.
        offset: u64,
        /// How many bytes.
        length: usize,
    },
    /// A skeleton is damaged, or belongs to other tensors.
    #[error("the skeleton does not fit its tensors: {0}; pass what one and the same file gave")]
    Mismatch(&'static str),
    /// More data was written than the tensors have.
    #[error("data goes on after the last tensor; write the bytes of all tensors once, in order")]
    Surplus,
    /// Less data was written than the tensors have.
    #[error("tensor {tensor:?} lacks its last {bytes} bytes; write the bytes of all tensors before the end")]
    Missing {
        /// The first tensor that is not complete.
        tensor: String,
        /// How much of it was not written.
        bytes: u64,
    },
}

impl From<io::Error> for ModelError {
    fn from(error: io::Error) -> ModelError {
        match error.kind() {
            ErrorKind::UnexpectedEof => ModelError::Truncated,
            _ => ModelError::Io(error),
        }
    }
}

impl ModelError {
    pub(super) fn damaged(format: Format, what: impl std::fmt::Display) -> ModelError {
        ModelError::Damaged { format, what: what.to_string() }
    }
}
