//! `silicabac replay`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use silicabac::{
    replay::{What, replay_all},
    trace::Unpacked,
};

use super::{
    Failure, Verdict,
    print::{Format, Progress, out, unless_closed},
};

/// Decode and encode recorded slices again on every software coder, and compare all states and bytes
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac replay golden/avc.cbt.zst
  silicabac replay golden/avc.cbt.zst golden/hevc.cbt.zst --format json")]
pub(super) struct Arguments {
    /// Bin traces (CBT1 in zstd)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Default, Serialize)]
struct Report {
    files: usize,
    slices: usize,
    bins: usize,
    bytes: usize,
    /// How many slices, or whole files, failed.
    failed: usize,
    bad_input: bool,
    /// The first of them.
    failures: Vec<Failed>,
}

/// More failures than this number are only counted.
const SHOWN: usize = 100;

/// How many slices are held, and replayed in parallel.
const AT_ONCE: usize = 32;

#[derive(Serialize)]
struct Failed {
    file: PathBuf,
    slice: Option<usize>,
    what: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut report = Report { files: arguments.files.len(), ..Report::default() };
    let bar = Progress::new(arguments.files.len() as u64, "files");
    for file in &arguments.files {
        bar.set_message(&file.file_name().unwrap_or_default().to_string_lossy());
        replay_file(file, &mut report);
        bar.inc(1);
    }
    bar.finish();
    unless_closed(print(&report, arguments.format))?;
    Ok(match (report.failed, report.bad_input) {
        (0, _) => Verdict::Equal,
        // A file is no trace, or a payload no stream, so there is nothing to compare a coder with.
        (_, true) => Verdict::BadInput,
        _ => Verdict::Mismatch,
    })
}

fn replay_file(file: &Path, report: &mut Report) {
    let mut fail = |slice, what: String, bad_input| {
        report.failed += 1;
        report.bad_input |= bad_input;
        if report.failures.len() < SHOWN {
            report.failures.push(Failed { file: file.to_owned(), slice, what });
        }
    };
    let trace = match Unpacked::read(file) {
        Ok(trace) => trace,
        Err(error) => return fail(None, error.to_string(), true),
    };
    let mut slices = match trace.slices() {
        Ok(slices) => slices,
        Err(error) => return fail(None, error.to_string(), true),
    };
    let mut first = 0;
    loop {
        let mut damage = None;
        let some =
            slices.by_ref().take(AT_ONCE).map_while(|slice| slice.map_err(|error| damage = Some(error)).ok());
        let some = some.collect::<Vec<_>>();
        for (i, result) in replay_all(&some).into_iter().enumerate() {
            if let Err(difference) = result {
                fail(Some(first + i), difference.to_string(), matches!(difference.what, What::Stream(_)));
            }
        }
        first += some.len();
        report.slices += some.len();
        let segments = some.iter().flat_map(|slice| &slice.segments);
        report.bins += segments
            .map(|segment| segment.events.iter().filter(|event| event.is_bin()).count())
            .sum::<usize>();
        report.bytes += some.iter().map(|slice| slice.payload.len()).sum::<usize>();
        match damage {
            Some(error) => return fail(None, error.to_string(), true),
            None if some.is_empty() => return,
            None => {}
        }
    }
}

fn print(report: &Report, format: Format) -> Result<(), io::Error> {
    let mut out = out();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, report)?;
        return writeln!(out);
    }
    for Failed { file, slice, what } in &report.failures {
        match slice {
            Some(slice) => writeln!(out, "{}: slice {slice}: {what}", file.display())?,
            None => writeln!(out, "{}: {what}", file.display())?,
        }
    }
    if report.failed > report.failures.len() {
        writeln!(out, "... and {} more", report.failed - report.failures.len())?;
    }
    let Report { files, slices, bins, bytes, failed, .. } = report;
    writeln!(out, "{files} files, {slices} slices, {bins} bins, {bytes} bytes, {failed} failures")
}
