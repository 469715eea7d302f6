//! `silicabac stream coverage`

use std::{
    io::{self, Write},
    path::PathBuf,
};

use silicabac::coverage::StreamCoverage;
use silicabac::stream::State;
use silicabac::suites::SuiteError;

use super::{Count, open};
use crate::cli::{
    Failure, Verdict,
    coverage::{percent, print_table, write_html},
    print::{Format, out, say, unless_closed},
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac stream coverage regression/*.264
  silicabac stream coverage in.265 --html coverage.html
  silicabac stream coverage in.264 --goal 80")]
pub(super) struct Arguments {
    /// Streams of one standard
    #[arg(value_name = "STREAM", required = true)]
    paths: Vec<PathBuf>,
    /// How much of what can be hit has to be hit, in every item
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    goal: f64,
    /// Also write an HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut covered: Option<(silicabac::context::Codec, StreamCoverage)> = None;
    let mut count = Count::default();
    for path in &arguments.paths {
        let opened = open(path)?;
        let (codec, coverage) =
            covered.get_or_insert_with(|| (opened.codec, StreamCoverage::new(opened.codec)));
        if *codec != opened.codec {
            let what = format!("{}: it is of the other standard than the streams before it", path.display());
            return Err(Failure::Usage(what));
        }
        let bar = opened.bar.clone();
        for unit in opened.units() {
            let unit = unit.map_err(|source| Failure::Read { path: path.clone(), source })?;
            let read = coverage.take(&unit).err().map(|error| error.to_string());
            let error = match unit.state() {
                State::Damaged(error) => Some(error),
                State::Unsupported(kind) => {
                    *count.passed_over.entry(kind).or_default() += 1;
                    None
                }
                State::Slice | State::Other => read,
            };
            if let Some(error) = error {
                count.damaged += 1;
                bar.suspend(|| {
                    say(format_args!("error: {}: {}: {error}", path.display(), super::place(&unit)))
                });
            }
        }
        bar.finish_and_clear();
    }
    count.say_passed_over();
    let nothing = || SuiteError::Empty(arguments.paths[0].clone());
    let (_, coverage) = covered.ok_or_else(nothing)?;
    let report = coverage.report();
    if report.slices == 0 {
        return Err(nothing().into());
    }
    if let Some(path) = &arguments.html {
        write_html(path, &report, &named(&arguments.paths), arguments.goal)?;
    }
    unless_closed(match arguments.format {
        Format::Human => print_table(&mut out(), &report, arguments.goal),
        Format::Json => serde_json::to_writer(out(), &report.to_json(arguments.goal))
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out())),
    })?;
    Ok(match (count.damaged, report.below(arguments.goal).is_empty()) {
        (1.., _) => Verdict::BadInput,
        (0, true) => Verdict::Equal,
        (0, false) => Verdict::BelowGoal,
    })
}

/// What a page says was measured: the names of a few streams, or how many there are.
fn named(paths: &[PathBuf]) -> String {
    const FEW: usize = 4;
    match paths {
        [first, .., last] if paths.len() > FEW => {
            format!("{} streams, {} to {}", paths.len(), first.display(), last.display())
        }
        _ => paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
    }
}
