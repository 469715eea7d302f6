//! `silicabac view`

use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use serde_json::Value;
use silicabac::files::{self, MAX_TEXT};
use silicabac::mutation::{DesignReport, Report};
use silicabac::replay;
use silicabac::report::{Clocks, Page, Slice, SliceError};
use silicabac::suites::SuiteError;
use silicabac::trace::Trace;
use silicabac::vectors::{self, Vector};

use super::{
    Failure, Verdict,
    output::{Kind, to_output},
    print::say,
    stream,
};

/// Make an HTML page: a vector, a failure or a recorded slice bin by bin; verdicts, coverage, mutants
///
/// The content of the file shows what it is. A page needs no other files and no network. Keys: arrows or j and k step,
/// PageUp, PageDown, Home and End go further, / searches, f goes to the failure; `page.html#bin=1234` shows that bin.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac view golden/smoke.json --vector short-2 -o short-2.html
  silicabac view silicabac-failures/avc-cabac_encoder.json -o failure.html
  silicabac view in.264 --slice 3 -o slice.html
  silicabac view mutation.json -o mutation.html")]
pub(super) struct Arguments {
    /// Vectors or a failure (JSON), a bin trace, a stream of H.264 or H.265, or what --format json printed of `cosim`, `vectors coverage`,
    /// `stream coverage` or `mutate`; - is standard input
    file: PathBuf,
    /// Which vector of the file
    #[arg(long, value_name = "ID", conflicts_with = "slice")]
    vector: Option<String>,
    /// Which slice of the stream or trace, from 0 on [default: 0]
    #[arg(long, value_name = "NUMBER")]
    slice: Option<u64>,
    /// The page; - is standard output
    #[arg(short, long, value_name = "FILE.html")]
    output: PathBuf,
}

/// How much is looked at to see what a file is.
const LOOK_AHEAD: u64 = 1 << 16;

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let path = &arguments.file;
    let failed = |source| Failure::Read { path: path.clone(), source };
    let mut file = files::open(path).map_err(failed)?;
    let length = file.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
    let mut start = Vec::new();
    file.by_ref().take(LOOK_AHEAD).read_to_end(&mut start).map_err(failed)?;
    let is_json = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let is_trace = start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    let is_stream = !is_json && !is_trace && start.windows(3).any(|bytes| bytes == [0, 0, 1]);
    let all = Cursor::new(start).chain(file);
    if !is_json && !is_trace && !is_stream {
        // It may be a container of a stream.
        stream::open_from(path, all, length)?;
        return Err(unfit(path, NOTHING.to_owned()));
    }
    match arguments {
        Arguments { vector: Some(_), .. } if !is_json => return Err(unfit(path, NO_VECTORS.to_owned())),
        Arguments { slice: Some(_), .. } if is_json => {
            return Err(unfit(path, "it is no stream and no bin trace, which --slice is for".to_owned()));
        }
        _ => {}
    }
    let page = if is_stream {
        of_stream(arguments, all, length)?
    } else if is_trace {
        of_trace(arguments, all)?
    } else {
        let mut text = Vec::new();
        all.take(MAX_TEXT).read_to_end(&mut text).map_err(failed)?;
        of_json(arguments, &text)?
    };
    to_output(Some(&arguments.output), Kind::Text, |out| {
        let written = out.write_all(page.to_html().as_bytes());
        written.map_err(|source| Failure::Write { path: arguments.output.clone(), source })
    })?;
    Ok(Verdict::Equal)
}

fn of_stream(
    arguments: &Arguments,
    source: impl Read + 'static,
    length: Option<u64>,
) -> Result<Page, Failure> {
    let path = &arguments.file;
    let opened = stream::open_from(path, source, length)?;
    let (codec, bar) = (opened.codec, opened.bar.clone());
    let wanted = arguments.slice.unwrap_or(0);
    let mut slices = 0;
    for unit in opened.units() {
        let unit = unit.map_err(|source| Failure::Read { path: path.clone(), source })?;
        slices = unit.slice_number().map_or(slices, |number| number + 1);
        if unit.slice_number() != Some(wanted) {
            continue;
        }
        bar.finish_and_clear();
        let slice = Slice::of_stream(&unit, codec, &name(path))
            .ok_or_else(|| unfit(path, format!("slice {wanted} is no slice with CABAC that can be read")))?;
        return match slice {
            Ok(slice) => Ok(Page::slice(slice)),
            Err(error @ (SliceError::Data(_) | SliceError::TooLong(_))) => {
                Err(unfit(path, format!("slice {wanted}: {error}")))
            }
        };
    }
    bar.finish_and_clear();
    Err(match slices {
        0 => unfit(path, NOTHING.to_owned()),
        _ => unfit(path, format!("it has {slices} slices, 0 to {}, and no slice {wanted}", slices - 1)),
    })
}

fn of_trace(arguments: &Arguments, source: impl Read) -> Result<Page, Failure> {
    let path = &arguments.file;
    let trace = Trace::read_from(source).map_err(|source| Failure::Trace { path: path.clone(), source })?;
    let wanted = usize::try_from(arguments.slice.unwrap_or(0)).unwrap_or(usize::MAX);
    let slice = trace.slices.get(wanted).ok_or_else(|| {
        let slices = trace.slices.len();
        unfit(path, format!("it has {slices} slices, from 0 on, and no slice {wanted}"))
    })?;
    let replayed = replay::replay(slice);
    replayed.map_err(|source| SuiteError::Replay { path: path.clone(), slice: wanted, source })?;
    let slice = Slice::of_trace(slice, trace.codec, &name(path), wanted);
    Ok(Page::slice(slice.map_err(|error| unfit(path, format!("slice {wanted}: {error}")))?))
}

fn of_json(arguments: &Arguments, text: &[u8]) -> Result<Page, Failure> {
    let path = &arguments.file;
    let json: Value = serde_json::from_slice(text)
        .map_err(|error| unfit(path, format!("it begins like JSON and is none: {error}")))?;
    let of_report = |error: serde_json::Error| unfit(path, format!("it is no report of mutants: {error}"));
    let has = |key: &str| json.get(key).is_some();
    if json["format"] == "silicabac-vectors" {
        return of_vectors(arguments, text);
    }
    if arguments.vector.is_some() {
        return Err(unfit(path, NO_VECTORS.to_owned()));
    }
    if json["format"] == "silicabac-coverage" && json["items"].is_array() {
        Ok(Page::coverage(json, &name(path)))
    } else if json["verdicts"].is_array() && json["causes"].is_array() {
        let failures = json["causes"].as_array().into_iter().flatten().map(failure_of).collect();
        Ok(Page::verdicts(json, failures))
    } else if json["results"].is_array() {
        Ok(Page::verdicts(json, Vec::new()))
    } else if has("cores") && has("suites") {
        Ok(Page::mutation(&Report::from_json(text).map_err(of_report)?))
    } else if has("faults") {
        Ok(Page::designs(&DesignReport::from_json(text).map_err(of_report)?))
    } else if let Some(what) = json["ended"]["what"].as_str() {
        Err(unfit(path, format!("there is no verdict in it, since the simulation ended: {what}")))
    } else {
        Err(unfit(path, format!("this JSON is none of those that have a page; {NOTHING}")))
    }
}

fn of_vectors(arguments: &Arguments, text: &[u8]) -> Result<Page, Failure> {
    let path = &arguments.file;
    let (_, vectors) = vectors::read_json(text)
        .map_err(|source| Failure::File(vectors::FileError::Format { path: path.clone(), source }))?;
    let clocks = clocks_beside(path);
    let failure = clocks.as_ref().and_then(|clocks| clocks.failure.clone());
    let failed = failure.as_ref().and_then(|failure| failure["vector"].as_str());
    let vector = match (&arguments.vector, &vectors[..]) {
        (Some(id), _) => vectors.iter().find(|vector| vector.id == *id).ok_or_else(|| Failure::NoVector {
            id: id.clone(),
            of_file: format!(" --file {}", path.display()),
        })?,
        (None, [alone]) => alone,
        (None, all) => {
            let failed = all.iter().find(|vector| Some(&*vector.id) == failed);
            failed.ok_or_else(|| {
                let some: Vec<&str> = all.iter().take(3).map(|vector| &*vector.id).collect();
                let what = format!("{} has {} vectors: say which", path.display(), all.len());
                Failure::Usage(format!("{what}, such as --vector {}", some.join(" or ")))
            })?
        }
    };
    let is_failed = vectors.len() == 1 || failed == Some(&*vector.id);
    slice_of(vector, clocks.filter(|_| is_failed), failure.as_ref())
        .map(Page::slice)
        .map_err(|what| unfit(path, what))
}

/// A vector, with what a core did wrong.
fn slice_of(vector: &Vector, clocks: Option<Clocks>, failure: Option<&Value>) -> Result<Slice, String> {
    let slice = Slice::new(vector).map_err(|error| error.to_string())?;
    Ok(match (clocks, failure) {
        (Some(clocks), Some(failure)) => slice.with_failure(failure).with_clocks(&clocks),
        (Some(clocks), None) => slice.with_clocks(&clocks),
        (None, _) => slice,
    })
}

/// The smallest failure of a cause, where its files are still there.
fn failure_of(cause: &Value) -> Option<Slice> {
    let path = Path::new(cause["file"].as_str()?);
    let text = files::read(path, MAX_TEXT).ok()?;
    let (_, vectors) = vectors::read_json(&text).ok()?;
    let clocks = clocks_beside(path);
    let failure = clocks.as_ref().and_then(|clocks| clocks.failure.clone())?;
    let vector = vectors.iter().find(|vector| failure["vector"] == *vector.id)?;
    slice_of(vector, clocks, Some(&failure)).ok()
}

/// The waveform of the same name, if there is one that co-simulation wrote.
fn clocks_beside(path: &Path) -> Option<Clocks> {
    const MOST: u64 = 1 << 26;
    let beside = path.with_extension("vcd");
    if files::is_stdin(path) || !beside.is_file() {
        return None;
    }
    let note = |what: &dyn std::fmt::Display| say(format_args!("note: {}: {what}", beside.display()));
    let text = files::read(&beside, MOST).inspect_err(|error| note(error)).ok()?;
    Clocks::read(&text).inspect_err(|error| note(error)).ok()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

const NO_VECTORS: &str = "it is no file of vectors, which --vector is for";
const NOTHING: &str = "pages are made of vectors and failures (JSON), bin traces (.cbt.zst), streams of H.264 and H.265, and of what \
     `--format json` prints of cosim, vectors coverage, stream coverage and mutate";

fn unfit(path: &Path, what: String) -> Failure {
    Failure::NoPage { path: path.to_owned(), what }
}
