//! `silicabac stream`

use std::{
    io::{self, BufRead, BufReader, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use silicabac::avc::{Content, Info, Macroblock, SliceTrace, Stream, StreamUnit, work_in_order};
use silicabac::bin::Event;
use silicabac::context::{CONTEXTS, Codec};
use silicabac::files;
use silicabac::suites::SuiteError;
use silicabac::trace::Trace;

use super::{
    Failure, Verdict,
    output::{Kind, distinct, to_output, write_file},
    print::{Format, line, out, say, unless_closed},
};

/// Look into H.264 streams, trace their bins, and write them again, bin by bin
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac stream info in.264
  silicabac stream rewrite in.264 -o out.264")]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Args)]
struct Input {
    /// An H.264 byte stream (annex B); - is standard input
    #[arg(value_name = "STREAM")]
    path: PathBuf,
    /// How many slices to work on at once; 0 is one a core
    #[arg(short, long, value_name = "NUMBER", default_value_t = 1)]
    jobs: usize,
}

#[derive(Subcommand)]
enum Verb {
    /// Tell what is in a stream: NAL units, slices, macroblocks, bins, contexts
    #[command(after_help = "Examples:
  silicabac stream info in.264
  silicabac stream info - --format json < in.264")]
    Info {
        #[command(flatten)]
        input: Input,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Write the bins of all slices, each with its macroblock, syntax element, context and state
    #[command(after_help = "Examples:
  silicabac stream trace in.264 -o bins.tsv
  silicabac stream trace in.264 -o bins.cbt.zst --jobs 0
  silicabac stream trace in.264 --compare bins.cbt.zst")]
    Trace {
        #[command(flatten)]
        input: Input,
        /// Where to write: a bin trace (CBT1) if the name ends with .cbt.zst, else a table [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Compare the bins with those of a bin trace instead, which may end before the stream
        #[arg(long, value_name = "TRACE", conflicts_with = "output")]
        compare: Option<PathBuf>,
        /// Only the first slices
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
        slices: Option<u64>,
    },
    /// Write the syntax elements of all slices as JSON, a macroblock a line
    #[command(after_help = "Examples:
  silicabac stream syntax in.264 | head
  silicabac stream syntax in.264 -o elements.jsonl --jobs 0")]
    Syntax {
        #[command(flatten)]
        input: Input,
        /// Where to write [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
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
        Verb::Info { input, format } => info(input, *format),
        Verb::Trace { input, output, compare: None, slices } => {
            trace(input, output.as_deref(), most(*slices))
        }
        Verb::Trace { input, compare: Some(trace), slices, .. } => compare(input, trace, most(*slices)),
        Verb::Syntax { input, output } => syntax(input, output.as_deref()),
        Verb::Rewrite { input, output } => rewrite(input, output),
    }
}

/// How many slices are wanted: all, unless a number is given.
fn most(slices: Option<u64>) -> usize {
    slices.and_then(|slices| usize::try_from(slices).ok()).unwrap_or(usize::MAX)
}

/// A byte stream, and how much of it has been read.
pub(super) type Opened = (Box<dyn BufRead>, ProgressBar);

/// Opens a byte stream; a container of streams is refused with the command that helps.
pub(super) fn open(path: &Path) -> Result<Opened, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let source = files::open(path).map_err(failed)?;
    let length = source.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
    let bar = match length {
        Some(length) => ProgressBar::new(length)
            .with_style(style("[{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}")),
        None => ProgressBar::new_spinner().with_style(style("{spinner} {bytes} {bytes_per_sec}")),
    };
    let mut stream = BufReader::with_capacity(1 << 16, bar.wrap_read(source));
    let start = stream.fill_buf().map_err(failed)?;
    let is_container = start.get(4..8) == Some(b"ftyp") || start.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]);
    if is_container {
        return Err(Failure::Container { path: path.to_owned() });
    }
    Ok((Box::new(stream), bar))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What could not be read or differs, and whether there was anything at all.
#[derive(Default)]
struct Count {
    units: u64,
    damaged: u64,
    differing: u64,
}

impl Count {
    fn verdict(&self) -> Verdict {
        match (self.damaged, self.differing) {
            (0, 0) if self.units > 0 => Verdict::Equal,
            (_, 1..) => Verdict::Mismatch,
            _ => Verdict::BadInput,
        }
    }
}

/// Says on the standard error what is wrong with a unit.
fn complain(bar: &ProgressBar, unit: &StreamUnit, what: impl std::fmt::Display) {
    bar.suspend(|| {
        say(format_args!("error: the slice in the NAL unit at byte {}: {what}", unit.unit.offset))
    });
}

/// Works on the units of a stream, while `sink` says to go on. `work` gives `Err` for a slice that cannot be read.
fn for_each<T: Send>(
    input: &Input,
    (stream, bar): Opened,
    work: impl Fn(&StreamUnit) -> Result<T, String> + Sync,
    mut sink: impl FnMut(&StreamUnit, T) -> io::Result<bool>,
) -> Result<Count, Failure> {
    let jobs = match input.jobs {
        0 => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        jobs => jobs,
    };
    let mut count = Count::default();
    let mut closed = Ok(());
    let read = work_in_order(Stream::new(stream), jobs, work, |unit, result| {
        count.units += u64::from(unit.nal_unit_type().is_some());
        match result {
            Ok(result) => match sink(&unit, result) {
                Ok(true) => Ok(()),
                Ok(false) => Err(Stop::Sink),
                Err(error) => {
                    closed = Err(error);
                    Err(Stop::Sink)
                }
            },
            Err(what) => {
                count.damaged += 1;
                complain(&bar, &unit, what);
                Ok(())
            }
        }
    });
    bar.finish_and_clear();
    unless_closed(closed)?;
    match read {
        Err(Stop::Stream(source)) => Err(Failure::Read { path: input.path.clone(), source }),
        _ if count.units == 0 => Err(Failure::NoUnit { path: input.path.clone() }),
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

fn info(input: &Input, format: Format) -> Result<Verdict, Failure> {
    let mut total = Info::default();
    let mut count = for_each(
        input,
        open(&input.path)?,
        |unit| Ok(Info::of(unit).0),
        |_, info| {
            total.add(info);
            Ok(true)
        },
    )?;
    count.damaged += total.damaged.values().sum::<u64>();
    unless_closed(print_info(&input.path, &total, format))?;
    Ok(count.verdict())
}

fn print_info(path: &Path, info: &Info, format: Format) -> io::Result<()> {
    let mut out = out();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, info)?;
        return writeln!(out);
    }
    // The most frequent first, and no more than a few lines of them.
    let list = |mut counts: Vec<(String, u64)>| {
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let rest = counts.split_off(counts.len().min(12));
        let mut each: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        if !rest.is_empty() {
            let more = rest.iter().map(|(_, count)| count).sum::<u64>();
            each.push(format!("{more} of {} more kinds (--format json has them)", rest.len()));
        }
        each.join(", ")
    };
    fn named<K: ToString>(counts: &std::collections::BTreeMap<K, u64>) -> Vec<(String, u64)> {
        counts.iter().map(|(name, count)| (name.to_string(), *count)).collect()
    }
    writeln!(out, "{}: {} bytes", path.display(), info.bytes)?;
    let rows = [
        ("NAL units", named(&info.units)),
        ("sequences", named(&info.sequences)),
        ("slices", named(&info.slices)),
        ("pictures", named(&info.pictures)),
        ("passed on", named(&info.passed_through)),
        ("damaged", named(&info.damaged)),
        ("macroblocks", named(&info.macroblocks)),
    ];
    for (title, counts) in rows.into_iter().filter(|(_, counts)| !counts.is_empty()) {
        writeln!(out, "{title:<12} {}", list(counts))?;
    }
    let bins = info.bins;
    writeln!(
        out,
        "{:<12} {}: {} context, {} bypass, {} terminate",
        "bins",
        bins.total(),
        bins.context,
        bins.bypass,
        bins.terminate
    )?;
    writeln!(out, "{:<12} {} of {CONTEXTS}", "contexts", info.contexts.len())
}

/// The slices of the stream, traced, up to a number of them.
fn traces(
    input: &Input,
    opened: Opened,
    slices: usize,
    mut sink: impl FnMut(usize, SliceTrace) -> io::Result<()>,
) -> Result<Count, Failure> {
    let mut next = 0;
    for_each(
        input,
        opened,
        |unit| unit.trace().transpose().map_err(|error| error.to_string()),
        |_, traced| {
            if let Some(traced) = traced.filter(|_| next < slices) {
                sink(next, traced)?;
                next += 1;
            }
            Ok(next < slices)
        },
    )
    .and_then(|count| some_slice(input, next, count))
}

/// A stream without a slice that can be read is nothing to trace, nor to compare.
fn some_slice(input: &Input, slices: usize, count: Count) -> Result<Count, Failure> {
    match (slices, count.damaged) {
        (0, 0) => Err(SuiteError::Empty(input.path.clone()).into()),
        _ => Ok(count),
    }
}

fn trace(input: &Input, output: Option<&Path>, slices: usize) -> Result<Verdict, Failure> {
    // First of all, so that no output is put over it.
    let opened = open(&input.path)?;
    if let Some(path) = output.filter(|path| path.to_string_lossy().ends_with(".cbt.zst")) {
        distinct(&[path])?;
        let mut trace = Trace { codec: Codec::Avc, contexts: CONTEXTS as u16, slices: Vec::new() };
        let count = traces(input, opened, slices, |_, traced| {
            trace.slices.push(traced.slice);
            Ok(())
        })?;
        write_file(path, |sink| trace.write_to(sink).map_err(io::Error::other))?;
        return Ok(count.verdict());
    }
    to_output(output, Kind::Text, |out| {
        Ok(traces(input, opened, slices, |slice, traced| table(out, slice, &traced))?.verdict())
    })
}

/// A row a bin.
fn table(out: &mut dyn Write, slice: usize, traced: &SliceTrace) -> io::Result<()> {
    let header = &traced.slice.header;
    writeln!(
        out,
        "# slice {slice}: NAL unit at byte {}, nal_unit_type {}, slice_type {}, SliceQPY {}, cabac_init_idc {}",
        header.nal_offset, header.nal_type, header.slice_type, header.slice_qp_y, header.init
    )?;
    writeln!(out, "bin\tmb_addr\telement\tkind\tctxIdx\tpStateIdx\tvalMPS\tbinVal")?;
    let mut number = 0;
    for segment in &traced.slice.segments {
        let mut states = segment.states.iter();
        for event in &segment.events {
            let (mb_addr, element) = traced.place(number);
            write!(out, "{number}\t{mb_addr}\t{}\t", element.map_or("", |element| element.0))?;
            match *event {
                Event::Context { ctx, bin } => {
                    let model = states.next().copied().unwrap_or_default();
                    let (state, mps) = (model.p_state_idx(), u8::from(model.val_mps()));
                    writeln!(out, "context\t{}\t{state}\t{mps}\t{}", ctx.get(), u8::from(bin))?;
                }
                Event::Bypass { bin } => writeln!(out, "bypass\t\t\t\t{}", u8::from(bin))?,
                Event::Terminate { bin } => writeln!(out, "terminate\t\t\t\t{}", u8::from(bin))?,
                _ => writeln!(out)?,
            }
            number += 1;
        }
    }
    Ok(())
}

fn compare(input: &Input, path: &Path, slices: usize) -> Result<Verdict, Failure> {
    let expected = Trace::read(path).map_err(|source| Failure::Trace { path: path.to_owned(), source })?;
    let slices = expected.slices.len().min(slices);
    let (mut compared, mut bins, mut differing) = (0, 0, 0);
    let mut count = traces(input, open(&input.path)?, slices, |slice, traced| {
        compared += 1;
        bins += traced.slice.segments.iter().map(|segment| segment.events.len()).sum::<usize>();
        if let Err(difference) = traced.slice.compare(&expected.slices[slice]) {
            differing += 1;
            let (mb_addr, element) = traced.place(difference.bin);
            let element = element.map_or("", |element| element.0);
            let what = difference.what;
            writeln!(
                out(),
                "slice {slice}, bin {}, macroblock {mb_addr}, {element}: {what}",
                difference.bin
            )?;
        }
        Ok(())
    })?;
    if compared < slices {
        line(format_args!("the stream has {compared} slices that can be read, the trace {slices}"))?;
        differing += 1;
    }
    line(format_args!("{compared} slices, {bins} bins, {differing} differences"))?;
    count.differing = differing;
    Ok(count.verdict())
}

/// A macroblock of a stream.
#[derive(Serialize)]
struct Line<'a> {
    slice: usize,
    mb_addr: usize,
    #[serde(flatten)]
    macroblock: &'a Macroblock,
}

fn syntax(input: &Input, output: Option<&Path>) -> Result<Verdict, Failure> {
    let mut slice = 0;
    let work = |unit: &StreamUnit| {
        let mut macroblocks = Vec::new();
        let read = unit.observe((), |step| macroblocks.push((step.mb_addr, step.macroblock.clone())));
        read.map(|read| read.map(|_| macroblocks).map_err(|error| error.to_string())).transpose()
    };
    let opened = open(&input.path)?;
    to_output(output, Kind::Text, |out| {
        let count = for_each(input, opened, work, |_, macroblocks| {
            let Some(macroblocks) = macroblocks else { return Ok(true) };
            for (mb_addr, macroblock) in &macroblocks {
                serde_json::to_writer(&mut *out, &Line { slice, mb_addr: *mb_addr, macroblock })?;
                writeln!(out)?;
            }
            slice += 1;
            Ok(true)
        })?;
        Ok(some_slice(input, slice, count)?.verdict())
    })
}

fn rewrite(input: &Input, output: &Path) -> Result<Verdict, Failure> {
    let (mut slices, mut bytes, mut passed, mut differing) = (0, 0, 0, 0);
    let opened = open(&input.path)?;
    let mut count = to_output(Some(output), Kind::Binary, |out| {
        let mut damaged = 0;
        // What cannot be read is passed through, so that nothing is lost.
        let work = |unit: &StreamUnit| Ok(unit.rewrite());
        let mut count = for_each(input, opened, work, |unit, rewritten| {
            let original = &unit.unit.bytes;
            let passed_through = |why: &str| {
                let offset = unit.unit.offset;
                say(format_args!(
                    "error: the slice in the NAL unit at byte {offset} is passed through: {why}"
                ));
                original
            };
            let written = match &rewritten {
                Ok(rewritten) if rewritten == original => rewritten,
                Ok(_) => {
                    differing += 1;
                    passed_through("encoded again it is another")
                }
                Err(error) => {
                    damaged += 1;
                    passed_through(&error.to_string())
                }
            };
            match unit.content {
                Content::Slice { .. } => slices += 1,
                Content::Unsupported(_) => passed += 1,
                Content::Other => {}
            }
            bytes += (unit.unit.prefix.len() + written.len()) as u64;
            out.write_all(&unit.unit.prefix)?;
            out.write_all(written)?;
            Ok(true)
        })?;
        count.damaged += damaged;
        Ok(count)
    })?;
    say(format_args!(
        "{slices} slices decoded and encoded again, {passed} passed through, {} damaged, {differing} differ; {bytes} bytes",
        count.damaged
    ));
    count.differing = differing;
    Ok(count.verdict())
}
