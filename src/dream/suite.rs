//! A directory of streams: what each is, and what pictures decoders make of it.

use serde::{Deserialize, Serialize};

use super::broken::Broken;

/// The name of the file that describes a directory of streams.
pub const MANIFEST: &str = "dreams.json";

/// What a directory of streams has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The program that made the streams, with its version.
    pub tool: String,
    /// The streams.
    pub streams: Vec<Dreamed>,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dreamed {
    /// The name of its file.
    pub file: String,
    /// `h264` or `h265`.
    pub codec: String,
    /// What makes it again, together with `wanted`.
    pub seed: u64,
    /// The features that it was asked to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<String>,
    /// The features that it has.
    pub features: Vec<String>,
    /// What is broken in it; nothing if it is legal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Broken>,
    /// SHA-256 of the file.
    pub sha256: String,
    /// What it decodes to; of a broken stream nothing is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<Pictures>,
}

/// What a stream decodes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures {
    /// SHA-256 of what a decoder writes.
    pub sha256: String,
    /// Which decoders agreed.
    pub decoders: Vec<String>,
}
