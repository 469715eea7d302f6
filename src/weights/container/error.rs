//! Why a container cannot be read, and what is wrong with one of its streams.

use std::io;

use super::super::levels::LevelsError;

/// Why a container cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It does not begin with the magic of a container.
    #[error("it is no .sbw container: it does not begin with SBW2 or SBW1")]
    Magic,
    /// Its index is damaged in more than one byte, so that nothing in it can be found.
    #[error("the index is damaged in more than a byte ({0}); nothing can be read")]
    Index(&'static str),
    /// Bytes follow its end.
    #[error(
        "{0} bytes follow the end of the container: it is not what was written, or another file is joined to it"
    )]
    Trailing(u64),
    /// A stream is damaged; other tensors can be read.
    #[error(
        "tensor {name}, slice {slice}: {what}; decompress --skip-damaged reads the others, with zeros in its place"
    )]
    Stream {
        /// The tensor.
        name: String,
        /// The slice.
        slice: usize,
        /// What is wrong.
        what: StreamError,
    },
}

/// What is wrong with a stream.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The file ends before the stream does.
    #[error("the file ends before it does")]
    Truncated,
    /// Its checksum is wrong.
    #[error("its checksum is wrong")]
    Checksum,
    /// It is not a stream of levels.
    #[error("{0}")]
    Levels(#[from] LevelsError),
    /// It does not unpack to what it should.
    #[error("it does not unpack to the tensor's data")]
    Unpacked,
}
