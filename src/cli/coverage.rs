//! `silicabac vectors coverage`

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::builder::PossibleValuesParser;
use silicabac::cores::Direction;
use silicabac::coverage::{Coverage, Item, Report};
use silicabac::fit::{Can, Fitted, Fitter, Misfit};
use silicabac::report::Page;
use silicabac::suites::{BUILT_IN, BY_NAME, Dreams, Suite};

use super::{
    Failure, Verdict, fit,
    output::write_file,
    print::{Format, counted, out, unless_closed},
    read_suites,
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac vectors coverage --html coverage.html
  silicabac vectors coverage my_vectors.json --goal 80
  silicabac vectors coverage --suite random --seed 7
  silicabac vectors coverage --dream h264:1..50 --goal 0")]
pub(super) struct Arguments {
    /// Vector files, or directories with a manifest, instead of built-in suites
    #[arg(value_name = "PATH", conflicts_with_all = ["suite", "dream", "seed"])]
    paths: Vec<PathBuf>,
    /// Built-in suites
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "full,limits", value_parser = PossibleValuesParser::new(BUILT_IN.into_iter().chain(BY_NAME)))]
    suite: Vec<String>,
    /// The seed of the suites
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Instead of suites, the slices of streams that are made up: of these seeds, both ends included, with these features if any
    #[arg(long, value_name = "CODEC:FROM..TO[:FEATURES]", conflicts_with = "suite")]
    dream: Vec<Dreams>,
    /// Only vectors for the core that this file describes (docs/socket.md), fitted to it
    #[arg(long, value_name = "FILE.toml")]
    core: Option<PathBuf>,
    #[command(flatten)]
    can: fit::Options,
    /// How much of what can be hit has to be hit, in every item
    #[arg(long, value_name = "PERCENT", default_value_t = 100.0, value_parser = percent)]
    goal: f64,
    /// Also write an HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

type Misfits = BTreeMap<Misfit, usize>;

pub(super) fn percent(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "it is no number from 0 to 100".into())
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let (suites, errors) = if !arguments.dream.is_empty() {
        let dreamt = arguments.dream.iter().map(|dreams| {
            let suite = Suite::from_dreams(dreams, &mut || ());
            suite.map_err(|source| Failure::Dreams { dreams: dreams.to_string(), source })
        });
        (dreamt.collect::<Result<_, _>>()?, Vec::new())
    } else if arguments.paths.is_empty() {
        let built_in = arguments.suite.iter().map(|name| Suite::built_in(name, arguments.seed));
        (built_in.collect::<Result<_, _>>()?, Vec::new())
    } else {
        read_suites(&arguments.paths)
    };
    let mut coverage = Coverage::new();
    let core = arguments.can.read(arguments.core.as_deref())?;
    let is_of_a_core = arguments.core.is_some() || arguments.can.is_given();
    if is_of_a_core && core.direction.is_none() {
        let what = "it has to be said what the core does: direction in its file, or --can direction=encoder";
        return Err(Failure::Usage(what.into()));
    }
    let all = suites.iter().flat_map(|suite| &suite.vectors);
    // A decoder without limits plays all vectors.
    let can = if is_of_a_core { core.can } else { Can::ALL };
    let fitter = Fitter::new(core.direction.unwrap_or(Direction::Decoder), can);
    let Fitted { vectors, misfits, .. } = fitter.fit_all(all);
    vectors.iter().for_each(|vector| coverage.play(&fitter.judged(vector)));

    if let Some(path) = &arguments.html {
        let names: Vec<&str> = suites.iter().map(|suite| suite.name.as_str()).collect();
        write_html(path, &coverage.report(), &names.join(", "), arguments.goal)?;
    }
    unless_closed(print(&coverage, &misfits, arguments))?;
    Ok(match (errors.is_empty(), coverage.report().below(arguments.goal).is_empty()) {
        (false, _) => Verdict::BadInput,
        (true, true) => Verdict::Equal,
        (true, false) => Verdict::BelowGoal,
    })
}

/// Writes the page; `of` says what was played.
pub(super) fn write_html(path: &Path, report: &Report<'_>, of: &str, goal: f64) -> Result<(), Failure> {
    let page = Page::coverage(report.to_json(goal), of).to_html();
    write_file(path, |sink| sink.write_all(page.as_bytes()))
}

fn print(coverage: &Coverage, misfits: &Misfits, arguments: &Arguments) -> io::Result<()> {
    let mut out = out();
    match arguments.format {
        Format::Human => {
            for (why, vectors) in misfits {
                let are = if *vectors == 1 { "is" } else { "are" };
                writeln!(out, "{} {are} not applicable: {why}", counted(*vectors, "vector"))?;
            }
            print_table(&mut out, &coverage.report(), arguments.goal)
        }
        Format::Json => {
            let mut json = coverage.report().to_json(arguments.goal);
            if !misfits.is_empty() {
                let reasons = misfits.iter().map(|(why, vectors)| (why.to_string(), (*vectors).into()));
                json["not_applicable"] = reasons.collect::<serde_json::Map<_, _>>().into();
            }
            serde_json::to_writer(&mut out, &json)?;
            writeln!(out)
        }
    }
}

/// More missed cells of an item than this number are only counted.
const NAMED: usize = 24;

pub(super) fn print_table(out: &mut impl Write, report: &Report<'_>, goal: f64) -> io::Result<()> {
    let width = report.items.iter().map(|item| item.name.len()).max().unwrap_or_default();
    writeln!(out, "{:<width$} {:>7} {:>7} {:>9} {:>7}  a hit is", "item", "cells", "hit", "excluded", "%")?;
    for item in &report.items {
        let (cells, hit, excluded) = (item.cells(), item.hit_cells(), item.excluded_cells());
        // Never rounded up: 100 means all.
        let percent = (item.percent() * 100.0).floor() / 100.0;
        let Item { name, what, .. } = *item;
        writeln!(out, "{name:<width$} {cells:>7} {hit:>7} {excluded:>9} {percent:>7.2}  {what}")?;
    }
    let below = report.below(goal);
    for item in &below {
        let missed = item.missed();
        writeln!(out, "\nmissed of {}:", item.name)?;
        missed.iter().take(NAMED).try_for_each(|&cell| writeln!(out, "  {}", item.label(cell)))?;
        if missed.len() > NAMED {
            writeln!(out, "  ... and {} more (--format json)", missed.len() - NAMED)?;
        }
    }
    let Report { slices, bins, .. } = report;
    match below.len() {
        0 => writeln!(out, "{slices} slices, {bins} bins: every item is at {goal} % or above"),
        few => writeln!(out, "\n{slices} slices, {bins} bins: {few} items are below {goal} %"),
    }
}
