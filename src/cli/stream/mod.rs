//! `silicabac stream`, with a file for each verb. Here is what the verbs share: how a stream is gone through, and which of its units are
//! selected.

mod compare;
mod coverage;
mod dream;
mod headers;
mod info;
mod judge;
mod kit;
mod open;
mod reduce;
mod rewrite;
mod rows;
mod selection;
mod syntax;
mod synth;
mod trace;

use std::{collections::BTreeMap, io, num::NonZeroUsize, path::PathBuf, thread};

use clap::{Subcommand, value_parser};
use indicatif::ProgressBar;
use silicabac::stream::{State, StreamUnit};
use silicabac::suites::SuiteError;
use silicabac::syntax::{nal::START_CODE, work_in_order};

use self::selection::Selection;
use super::{
    Failure, Verdict,
    print::{Format, say, unless_closed},
};

pub(super) use self::open::{Opened, open, open_from};

/// Look into H.264 and H.265 streams, trace their bins, and write them again, bin by bin
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac stream info in.264
  silicabac stream headers in.264
  silicabac stream syntax in.264 -o in.jsonl
  silicabac stream synth in.jsonl -o out.264")]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Args)]
struct Input {
    /// A stream of H.264 or H.265: a byte stream (annex B), or NAL units with their lengths before them; - is standard input
    #[arg(value_name = "STREAM")]
    path: PathBuf,
    /// How many slices to work on at once, each with its dependent segments; 0 is one a processor
    #[arg(short, long, value_name = "NUMBER", default_value_t = 1, value_parser = value_parser!(u16).range(0..=256))]
    jobs: u16,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure what streams make an entropy decoder meet: contexts, states, values of elements, places of levels, bins
    Coverage(coverage::Arguments),
    /// Make up a legal stream that stresses an entropy decoder, from a seed
    Dream(dream::Arguments),
    /// Play made-up streams to a decoder, any command, and compare what it makes of them
    Judge(judge::Arguments),
    /// Make a stream smaller on which a command fails, as long as it still fails, and keep it legal
    Reduce(reduce::Arguments),
    /// Show what is in a stream: NAL units, slices, macroblocks or coding units, bins, contexts
    #[command(after_help = "Examples:
  silicabac stream info in.264
  silicabac stream info - --format json < in.264")]
    Info {
        #[command(flatten)]
        input: Input,
        /// How to print the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Write the elements of all headers, each with its value and the bit where it begins
    #[command(after_help = "Examples:
  silicabac stream headers in.264
  silicabac stream headers in.264 --nal-unit 0-1 --format json")]
    Headers {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        selection: Selection,
        /// As a table, or as lines of JSON, which `synth` takes
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
        /// Where to write [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write the bins of all slices, each with its macroblock or coding tree unit, syntax element, context, state and interval
    #[command(after_help = "Examples:
  silicabac stream trace in.264 -o bins.tsv
  silicabac stream trace in.264 --slice 3 --macroblock 17
  silicabac stream trace in.264 -o bins.cbt.zst --jobs 0
  silicabac stream trace in.264 --compare bins.cbt.zst")]
    Trace {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        selection: Selection,
        /// Only these macroblocks, by mbAddr, or coding tree units, by CtbAddrInRs, such as 17 or 17-20
        #[arg(long, visible_alias = "ctu", value_name = "RANGE", allow_hyphen_values = true)]
        macroblock: Option<selection::Range>,
        /// Where to write: a bin trace (CBT1) if the name ends with .cbt.zst, else a table [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Compare the bins with those of a bin trace instead, which may end before the stream
        #[arg(long, value_name = "TRACE", conflicts_with_all = ["output", "macroblock"])]
        compare: Option<PathBuf>,
    },
    /// Write all syntax elements as JSON, a NAL unit, a macroblock or a coding tree unit a line
    #[command(after_help = "Examples:
  silicabac stream syntax in.264 | head
  silicabac stream syntax in.264 -o elements.jsonl --jobs 0")]
    Syntax {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        selection: Selection,
        /// Where to write [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Make a stream from lines that `syntax` or `headers` wrote, edited or not
    #[command(after_help = "Examples:
  silicabac stream syntax in.264 | silicabac stream synth - -o out.264
  silicabac stream synth edited.jsonl -o out.264")]
    Synth {
        /// Lines of JSON (docs/streams.md); - is standard input
        #[arg(value_name = "LINES")]
        lines: PathBuf,
        /// Where to write; - is standard output
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Decode a stream to its syntax elements and encode them again, which gives the same bytes
    #[command(after_help = "Examples:
  silicabac stream rewrite in.264 -o out.264
  silicabac stream rewrite in.264 -o - | cmp - in.264")]
    Rewrite {
        #[command(flatten)]
        input: Input,
        /// Where to write; - is standard output
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    match &arguments.verb {
        Verb::Coverage(arguments) => coverage::run(arguments),
        Verb::Dream(arguments) => dream::run(arguments),
        Verb::Judge(arguments) => judge::run(arguments),
        Verb::Reduce(arguments) => reduce::run(arguments),
        Verb::Info { input, format } => info::info(input, *format),
        Verb::Headers { input, selection, format, output } => {
            headers::headers(input, selection, *format, output.as_deref())
        }
        Verb::Trace { input, selection, macroblock, output, compare: None } => {
            trace::trace(input, selection, macroblock.as_ref(), output.as_deref())
        }
        Verb::Trace { input, selection, compare: Some(trace), .. } => {
            compare::compare(input, selection, trace)
        }
        Verb::Syntax { input, selection, output } => syntax::syntax(input, selection, output.as_deref()),
        Verb::Synth { lines, output } => synth::synth(lines, output),
        Verb::Rewrite { input, output } => rewrite::rewrite(input, output),
    }
}

/// What could not be read or differs, and whether there was anything at all.
#[derive(Default)]
struct Count {
    units: u64,
    /// Slices with CABAC that could be read.
    slices: u64,
    damaged: u64,
    differing: u64,
    /// Slices of a kind that is not read, by the kind.
    passed_over: BTreeMap<String, u64>,
}

impl Count {
    fn verdict(&self) -> Verdict {
        match (self.damaged, self.differing) {
            (0, 0) if self.units > 0 => Verdict::Equal,
            (_, 1..) => Verdict::Mismatch,
            _ => Verdict::BadInput,
        }
    }

    /// Says which slices were not read since they are of another kind.
    fn say_passed_over(&self) {
        for (kind, slices) in &self.passed_over {
            say(format_args!("note: {slices} slices are not read: {kind}"));
        }
    }

    /// The verdict, or an error if there was no slice at all.
    fn verdict_on_slices(&self, input: &Input, selection: &Selection) -> Result<Verdict, Failure> {
        self.say_passed_over();
        match (self.slices, self.damaged) {
            (0, 0) if selection.is_all() => Err(SuiteError::Empty(input.path.clone()).into()),
            (0, 0) => Err(Failure::NoSuchSlice { path: input.path.clone() }),
            _ => Ok(self.verdict()),
        }
    }
}

/// Says on the standard error what is wrong with a unit.
fn complain(bar: &ProgressBar, unit: &StreamUnit, what: impl std::fmt::Display) {
    bar.suspend(|| say(format_args!("error: {}: {what}", place(unit))));
}

/// Which unit it is, and where.
fn place(unit: &StreamUnit) -> String {
    let what = unit.slice_number().map_or_else(|| unit.kind().to_owned(), |slice| format!("slice {slice}"));
    format!("NAL unit {} at byte {} ({what})", unit.number(), unit.offset())
}

/// What became of a unit, and what is wrong with it.
struct Done<T> {
    result: T,
    damage: Option<String>,
}

/// Works on the units of a stream that are selected, while `sink` says to go on.
fn for_each<T: Send>(
    input: &Input,
    selection: &Selection,
    opened: Opened,
    work: impl Fn(&StreamUnit) -> Done<T> + Sync,
    mut sink: impl FnMut(&StreamUnit, T) -> io::Result<bool>,
) -> Result<Count, Failure> {
    let jobs = match input.jobs {
        0 => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        jobs => jobs.into(),
    };
    let mut count = Count::default();
    let mut closed = Ok(());
    let bar = opened.bar.clone();
    let units = selection.of(opened.units());
    let read = work_in_order(units, jobs, StreamUnit::goes_on, work, |unit, Done { result, damage }| {
        count.units += u64::from(unit.is_there());
        let garbage = unit.unit().prefix.strip_suffix(&START_CODE).unwrap_or_default();
        if unit.number() == 0 && garbage.iter().any(|byte| *byte != 0) {
            let bytes = garbage.len();
            bar.suspend(|| {
                say(format_args!("note: {bytes} bytes before the first start code are no NAL unit"))
            });
        }
        match unit.state() {
            State::Slice => count.slices += u64::from(damage.is_none()),
            State::Unsupported(why) => *count.passed_over.entry(why).or_default() += 1,
            State::Damaged(_) | State::Other => {}
        }
        let sunk = sink(&unit, result);
        if let Some(what) = damage {
            count.damaged += 1;
            complain(&bar, &unit, what);
        }
        match sunk {
            Ok(true) => Ok(()),
            Ok(false) => Err(Stop::Sink),
            Err(error) => {
                closed = Err(error);
                Err(Stop::Sink)
            }
        }
    });
    bar.finish_and_clear();
    unless_closed(closed)?;
    match read {
        Err(Stop::Stream(source)) => Err(Failure::Read { path: input.path.clone(), source }),
        _ if count.units == 0 => Err(selection.nothing(&input.path)),
        _ => Ok(count),
    }
}

/// Why units are not gone through to the end.
enum Stop {
    Stream(io::Error),
    Sink,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Stream(error)
    }
}
