//! Named lists of slices.

use std::path::{Path, PathBuf};

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::bin::Event;
use crate::replay;
use crate::stress::{outstanding, random};
use crate::trace::{Trace, TraceError};

/// A named list of slices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// What it is called.
    pub name: String,
    /// The trace it comes from, unless it is built in.
    pub file: Option<PathBuf>,
    /// The events of each slice.
    pub slices: Vec<Vec<Event>>,
}

/// The suites that need no file, in the order in which they run.
pub const BUILT_IN: [&str; 4] = ["avc", "hevc", "outstanding", "random"];

/// The recorded slices in `golden/`, so that an installed command has them.
const GOLDEN: [(&str, &[u8]); 2] = [
    ("avc", include_bytes!("../../golden/avc.cbt.zst")),
    ("hevc", include_bytes!("../../golden/hevc.cbt.zst")),
];

/// Why a suite cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// There is no suite of that name.
    #[error("there is no suite {0}; there are {all}", all = BUILT_IN.join(", "))]
    Unknown(String),
    /// Its trace cannot be read.
    #[error("{}: {source}", .path.display())]
    Trace {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TraceError,
    },
    /// Its trace has no slice, so there is nothing to check.
    #[error("{}: there is no slice in it", .0.display())]
    Empty(PathBuf),
    /// Its trace is not true: its bins are not those of its bytes.
    #[error("{}: slice {slice}: {source}", .path.display())]
    Replay {
        /// The file.
        path: PathBuf,
        /// The slice of the trace.
        slice: usize,
        /// Where it is wrong.
        source: replay::Difference,
    },
}

impl Suite {
    /// One of [`BUILT_IN`]; what is random in it depends on the seed.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`].
    pub fn built_in(name: &str, seed: u64) -> Result<Suite, SuiteError> {
        let slices = match name {
            "outstanding" => outstanding_runs(),
            "random" => random_slices(seed),
            _ => {
                let (_, bytes) = GOLDEN
                    .iter()
                    .find(|(golden, _)| *golden == name)
                    .ok_or_else(|| SuiteError::Unknown(name.to_string()))?;
                let golden = from_trace(Path::new(name), Trace::read_from(*bytes))?;
                return Ok(Suite { file: None, ..golden });
            }
        };
        Ok(Suite { name: name.to_string(), file: None, slices })
    }

    /// The slices of a trace file, once they have been replayed.
    ///
    /// # Errors
    /// [`SuiteError::Trace`] and [`SuiteError::Replay`].
    pub fn from_file(path: &Path) -> Result<Suite, SuiteError> {
        from_trace(path, Trace::read(path))
    }
}

fn from_trace(path: &Path, trace: Result<Trace, TraceError>) -> Result<Suite, SuiteError> {
    let trace = trace.map_err(|source| SuiteError::Trace { path: path.to_owned(), source })?;
    for (slice, traced) in trace.slices.iter().enumerate() {
        replay::replay(traced).map_err(|source| SuiteError::Replay {
            path: path.to_owned(),
            slice,
            source,
        })?;
    }
    if trace.slices.is_empty() {
        return Err(SuiteError::Empty(path.to_owned()));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Suite {
        name: name.trim_end_matches(".zst").trim_end_matches(".cbt").to_string(),
        file: Some(path.to_owned()),
        slices: trace.slices.iter().map(|slice| slice.events()).collect(),
    })
}

/// Every short run, those around the sizes at which cores break, and very long ones, with every end.
fn outstanding_runs() -> Vec<Vec<Event>> {
    let lengths = (0..=64).chain(80..=96).chain(127..=129).chain(255..=257).chain([1_000, 100_000]);
    let ends = [outstanding::End::Carry, outstanding::End::NoCarry, outstanding::End::Terminate];
    let runs = lengths.flat_map(|length| ends.map(|end| outstanding::slice(length, end)));
    // One that no counter of 18 bits holds.
    runs.chain([outstanding::slice(1 << 18, outstanding::End::Carry)]).collect()
}

fn random_slices(seed: u64) -> Vec<Vec<Event>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let lengths = [1, 10, 100, 1_000, 20_000];
    let kinds = lengths.iter().flat_map(|&bins| random::MIXES.map(|odds| (odds, bins)));
    kinds.map(|(odds, bins)| random::slice(&mut rng, odds, bins)).collect()
}
