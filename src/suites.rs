//! Named lists of vectors: from traces, streams and containers of weights, from files of vectors, and those that `stress/` makes up.

#[cfg(feature = "dream")]
mod dreams;

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::bin::{BinCoder, Encode, Event, Tail};
use crate::context::{CONTEXTS, Codec, SliceInit};
use crate::engine;
use crate::files;
use crate::replay;
use crate::stream::{DataError, Stream};
use crate::stress;
use crate::trace::{Trace, TraceError, TracedSlice};
use crate::vectors::{FileError, Flag, Vector, name_like, read_file, unused_name};
use crate::weights::container::{Container, ContainerError, Tensor};
#[cfg(feature = "dream")]
pub use dreams::{Dreams, DreamsError};

/// A named list of vectors, which are played one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its name, as [`name_like`] makes it, since files are named after it.
    pub name: String,
    /// Where it comes from, so that it can be made again.
    pub origin: Origin,
    /// Its vectors.
    pub vectors: Vec<Vector>,
}

/// Where a suite comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is made from its name and a seed.
    BuiltIn,
    /// A bin trace.
    Trace(PathBuf),
    /// A stream of H.264 or H.265.
    Stream(PathBuf),
    /// A container of weights.
    Weights(PathBuf),
    /// A file of vectors.
    Vectors(PathBuf),
    /// Streams that are made up, as the argument of `cosim --dream`: a codec, seeds and features.
    Dreams(String),
}

/// The suites that are published as vectors, in the order in which they run.
pub const PUBLISHED: [&str; 5] = ["smoke", "directed", "invalid", "random", "real"];

/// All suites that need no file: the published ones, `limits`, and all recorded slices.
pub const BUILT_IN: [&str; 8] = ["smoke", "directed", "invalid", "random", "real", "limits", "avc", "hevc"];

/// More suites that need no file and run only if they are asked for by name: `long` takes minutes, and `full` is all that is published but
/// `smoke`, which is a part of it.
pub const BY_NAME: [&str; 2] = ["long", "full"];

/// The recorded slices in `golden/`, embedded so that an installed command has them.
const GOLDEN: [(&str, &[u8]); 2] =
    [("avc", include_bytes!("../golden/avc.cbt.zst")), ("hevc", include_bytes!("../golden/hevc.cbt.zst"))];

/// Why a suite cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// Its stream cannot be read.
    #[error("{}: {source}", .path.display())]
    Stream {
        /// The file.
        path: PathBuf,
        /// Why.
        source: StreamError,
    },
    /// Its container of weights cannot be read.
    #[error("{}: {source}", .path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ContainerError,
    },
    /// Its trace or stream has no slice with CABAC, so there is nothing to check.
    #[error("{}: there is no slice with CABAC in it", .0.display())]
    Empty(PathBuf),
    /// All levels of a container of weights are packed by xz.
    #[error("{}: its levels are packed by xz, which no core decodes; compress the model with --coder cabac", .0.display())]
    Packed(PathBuf),
    /// Its trace is wrong: its bins are not those of its bytes.
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
    /// One of [`BUILT_IN`] or [`BY_NAME`]; its random parts depend on the seed.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`].
    pub fn built_in(name: &str, seed: u64) -> Result<Suite, SuiteError> {
        let vectors = match name {
            "smoke" => stress::smoke(),
            "directed" => stress::directed(),
            "invalid" => stress::damage::vectors(),
            "random" => stress::random::vectors(seed),
            "limits" => stress::limits::vectors(),
            "long" => stress::limits::long(),
            "real" => real()?,
            "full" => {
                let parts = PUBLISHED[1..].iter().map(|part| Suite::built_in(part, seed));
                parts.collect::<Result<Vec<_>, _>>()?.into_iter().flat_map(|part| part.vectors).collect()
            }
            _ => recorded(name)?,
        };
        Ok(Suite { name: name.to_string(), origin: Origin::BuiltIn, vectors })
    }

    /// The slices of a trace file, once they have been replayed.
    ///
    /// # Errors
    /// [`SuiteError::Trace`] and [`SuiteError::Replay`].
    pub fn from_trace(path: &Path) -> Result<Suite, SuiteError> {
        let trace =
            Trace::read(path).map_err(|source| SuiteError::Trace { path: path.to_owned(), source })?;
        of_trace(Origin::Trace(path.to_owned()), path, trace)
    }

    /// The slices of the tensors of a container of weights, up to `most` levels in all but at least one slice; and how many slices the
    /// container has.
    ///
    /// # Errors
    /// [`SuiteError::Weights`], and if no tensor is coded by CABAC [`SuiteError::Empty`] or [`SuiteError::Packed`].
    pub fn from_weights(path: &Path, most: u64) -> Result<(Suite, usize), SuiteError> {
        let failed = |source| SuiteError::Weights { path: path.to_owned(), source };
        let file = files::open_seekable(path).map_err(|error| failed(error.into()))?;
        let mut container = Container::open(BufReader::new(file)).map_err(failed)?;
        let (mut vectors, mut levels, mut slices) = (Vec::<Vector>::new(), 0, 0);
        let mut ids = HashSet::new();
        for (number, tensor) in container.index().tensors.clone().iter().enumerate() {
            let Some(layout) = tensor.layout() else { continue };
            for (slice, count) in tensor.parts().enumerate() {
                slices += 1;
                levels += count;
                if levels > most && !vectors.is_empty() {
                    continue;
                }
                let stream = container.stream(number, slice).map_err(failed)?;
                let events = layout.events(&stream, count as usize).map_err(|error| {
                    failed(ContainerError::Stream { name: tensor.name.clone(), slice, what: error.into() })
                })?;
                let comment = format!("{count} weights of {}, as levels", tensor.name.escape_debug());
                let id = unused_name(&format!("{}-{slice}", tensor.name), |id| ids.contains(id));
                ids.insert(id.clone());
                let vector = Vector::decoded(id, comment, &[Flag::Recorded], stream, events);
                vectors.push(Vector { decode_only: false, ..vector });
            }
        }
        if vectors.is_empty() {
            let is_packed = |tensor: &Tensor| tensor.coding.values().is_some();
            let packed = container.index().tensors.iter().any(is_packed);
            return Err(if packed { SuiteError::Packed } else { SuiteError::Empty }(path.to_owned()));
        }
        let name = name_like(&path.file_stem().unwrap_or_default().to_string_lossy());
        Ok((Suite { name, origin: Origin::Weights(path.to_owned()), vectors }, slices))
    }

    /// The slices with CABAC of a stream, once they have been replayed.
    ///
    /// # Errors
    /// [`SuiteError::Stream`], [`SuiteError::Empty`] if it has none, and [`SuiteError::Replay`].
    pub fn from_stream(path: &Path, codec: Codec, stream: impl BufRead) -> Result<Suite, SuiteError> {
        let trace = stream_trace(codec, stream);
        let trace = trace.map_err(|source| SuiteError::Stream { path: path.to_owned(), source })?;
        of_trace(Origin::Stream(path.to_owned()), path, trace)
    }

    /// The vectors of a file of vectors. They are not checked here.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn from_vectors(path: &Path) -> Result<Suite, FileError> {
        let (name, vectors) = read_file(path)?;
        Ok(Suite { name, origin: Origin::Vectors(path.to_owned()), vectors })
    }

    /// Gives each of several suites a name that none before it has, since the files of a failure are named after its suite.
    ///
    /// ```
    /// use silicabac::suites::Suite;
    /// let mut suites = vec![Suite::built_in("smoke", 1)?; 2];
    /// Suite::name_apart(&mut suites);
    /// assert_eq!((&*suites[0].name, &*suites[1].name), ("smoke", "smoke-2"));
    /// # Ok::<(), silicabac::suites::SuiteError>(())
    /// ```
    pub fn name_apart(suites: &mut [Suite]) {
        let mut taken = HashSet::new();
        for suite in suites {
            suite.name = unused_name(&suite.name, |name| taken.contains(name));
            taken.insert(suite.name.clone());
        }
    }
}

/// Why a stream is no suite.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A slice of it cannot be read.
    #[error("NAL unit {nal_unit} at byte {offset}: {error}")]
    Data {
        /// The number of the NAL unit.
        nal_unit: u64,
        /// The byte of the stream at which its header begins.
        offset: u64,
        /// Why.
        error: DataError,
    },
}

fn stream_trace(codec: Codec, stream: impl BufRead) -> Result<Trace, StreamError> {
    let mut slices = Vec::new();
    for unit in Stream::new(codec, stream) {
        let unit = unit?;
        let Some(traced) = unit.trace() else { continue };
        let traced = traced.map_err(|error| StreamError::Data {
            nal_unit: unit.number(),
            offset: unit.offset(),
            error,
        })?;
        slices.push(traced.slice);
    }
    Ok(Trace { codec, contexts: codec.contexts() as u16, slices })
}

/// Recorded slices that are short enough to be published as text: up to 40,000 bins.
fn real() -> Result<Vec<Vector>, SuiteError> {
    let all = [recorded("avc")?, recorded("hevc")?].concat();
    Ok(all.into_iter().filter(|vector| vector.bins() <= 40_000).collect())
}

/// The slices of a golden trace.
fn recorded(name: &str) -> Result<Vec<Vector>, SuiteError> {
    let golden = GOLDEN.iter().find(|(golden, _)| *golden == name);
    let (_, bytes) = golden.ok_or_else(|| SuiteError::Unknown(name.to_string()))?;
    let path = Path::new(name);
    let trace =
        Trace::read_from(*bytes).map_err(|source| SuiteError::Trace { path: path.to_owned(), source })?;
    Ok(of_trace(Origin::BuiltIn, path, trace)?.vectors)
}

fn of_trace(origin: Origin, path: &Path, trace: Trace) -> Result<Suite, SuiteError> {
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
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = file_name
        .trim_end_matches(".zst")
        .trim_end_matches(".cbt")
        .trim_end_matches(".264")
        .trim_end_matches(".h264");
    let vectors = trace.slices.iter().enumerate();
    let vectors = vectors.map(|(i, slice)| of_slice(name_like(&format!("{stem}-{i}")), slice, trace.codec));
    Ok(Suite { name: name_like(stem), origin, vectors: vectors.collect() })
}

/// A recorded slice as a vector.
pub(crate) fn of_slice(id: String, slice: &TracedSlice, codec: Codec) -> Vector {
    let (header, runs) = (&slice.header, slice.segments.len());
    let comment = format!(
        "a recorded slice: slice_type {}, SliceQPY {}, engine runs: {runs}",
        header.slice_type, header.slice_qp_y
    );
    let init = header.init(codec);
    let events = without_needless_loads(slice.events(), init);
    let vector = Vector::decoded(id, comment, &[Flag::Recorded], slice.payload.clone(), events);
    // Some encoders set bits before PCM samples that have to be zero; no core is asked to do so.
    let mut encoder = engine::Encoder::new();
    let _ = encoder.play(&vector.events);
    let mut bytes = encoder.finish();
    Tail::of(&vector.bytes, vector.position).append_to(&mut bytes);
    Vector { decode_only: bytes != vector.bytes, ..vector.initialised_by(init) }
}

/// Leaves out loads of context variables that slices of that type do not have and that no bin uses: some decoders make them.
fn without_needless_loads(events: Vec<Event>, init: Option<SliceInit>) -> Vec<Event> {
    let Some(init) = init else { return events };
    let mut used = [false; CONTEXTS];
    for event in &events {
        if let Event::Context { ctx, .. } = event {
            used[ctx.get()] = true;
        }
    }
    let is_needless = |event: &Event| match *event {
        Event::Load { ctx, .. } => init.model(ctx).is_none() && !used[ctx.get()],
        _ => false,
    };
    events.into_iter().filter(|event| !is_needless(event)).collect()
}
