//! Streams and traces: those of the project, and those of a local folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::left_out::{Wanted, leave_out};

/// The streams in `tests/streams/`, encoded for this project.
pub fn streams() -> Vec<PathBuf> {
    let streams = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams"), "264");
    assert!(!streams.is_empty(), "tests/streams/ holds no stream");
    streams
}

/// The committed H.265 streams.
pub fn hevc_streams() -> Vec<PathBuf> {
    let streams = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams"), "265");
    assert!(!streams.is_empty(), "tests/streams/ holds no H.265 stream");
    streams
}

/// A folder of further streams and traces, which may not be published; `SILICABAC_CORPUS` names it: `streams/avc/*.264`, `streams/hevc/*`,
/// and `traces/*.cbt.zst`, those of these streams named `avc_STREAM.cbt.zst` and `hevc_STREAM.cbt.zst`. If it is not set, the test is
/// skipped.
pub struct Corpus(PathBuf);

impl Corpus {
    /// The folder.
    pub fn find() -> Option<Corpus> {
        let named = std::env::var_os("SILICABAC_CORPUS").filter(|named| !named.is_empty());
        if named.is_none() {
            leave_out(Wanted::Corpus);
        }
        named.map(|named| Corpus(named.into()))
    }

    /// Its H.264 streams.
    pub fn streams(&self) -> Vec<PathBuf> {
        some(files(&self.0.join("streams/avc"), "264"), &self.0)
    }

    /// Its H.265 streams.
    pub fn hevc_streams(&self) -> Vec<PathBuf> {
        some(files(&self.0.join("streams/hevc"), ""), &self.0)
    }

    /// Its traces.
    pub fn traces(&self) -> Vec<PathBuf> {
        some(list(&self.0.join("traces")), &self.0)
    }

    /// The trace that was recorded of one of its streams, if there is one.
    pub fn trace_of(&self, stream: &Path) -> Option<PathBuf> {
        let name = |path: &Path| path.file_stem().unwrap_or_default().display().to_string();
        let trace = format!("traces/{}_{}.cbt.zst", name(stream.parent()?), name(stream));
        Some(self.0.join(trace)).filter(|path| path.is_file())
    }
}

/// Files, of which there has to be at least one, since a test without any would test nothing.
fn some(files: Vec<PathBuf>, dir: &Path) -> Vec<PathBuf> {
    assert!(!files.is_empty(), "{}, which SILICABAC_CORPUS names, is not such a folder", dir.display());
    files
}

/// The traces in `golden/`.
pub fn golden_traces() -> Vec<PathBuf> {
    let golden = list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden"));
    assert!(!golden.is_empty(), "golden/ holds no trace");
    golden
}

fn list(dir: &Path) -> Vec<PathBuf> {
    files(dir, ".cbt.zst")
}

/// The files of a folder whose names end with `end`, sorted.
fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    files
}
