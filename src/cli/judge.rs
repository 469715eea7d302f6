//! What the verbs that judge cores have in common.

use std::{
    collections::HashSet,
    io::{self, Write},
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use silicabac::cores::{self, CoreSpec, Direction};
use silicabac::cosim::{
    self, Failure as CosimFailure, Mismatch, Model, Outcome, Plan, Report, Slow, Source, Stalls, Throughput,
    Ways,
};
use silicabac::files;
use silicabac::shell;
use silicabac::suites::{Origin, Suite};
use silicabac::vectors::{self, Flag, Vector};
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict,
    fit::CoreName,
    jobs::Jobs,
    output::{create_dir, unused_name, write_file},
    print::{Progress, ReportFormat, counted, out, say, unless_closed},
    shard,
    supervise::Limits,
};

#[derive(clap::Args)]
pub(super) struct Options {
    /// The seed of stalls, random bins and uninitialised registers [default: a new one each time]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Only this core of ours; or yours, by the file that describes it (docs/socket.md)
    #[arg(long, value_name = "NAME|FILE.toml")]
    core: Option<CoreName>,
    /// Check the Verilog in this directory instead of the built-in cores; it needs the same ports
    #[arg(long, value_name = "DIR")]
    pub(super) rtl_dir: Option<PathBuf>,
    /// The name of the top module [default: that of the core, such as cabac_encoder]
    #[arg(long, value_name = "MODULE")]
    pub(super) top: Option<String>,
    /// Where to write the shrunk vectors and the waveform (VCD) of each failure
    #[arg(long, value_name = "DIR", default_value = FAILURES)]
    pub(super) failures: PathBuf,
    /// Make the core wait as this file of a failure says (NAME.waits.json), instead of at random
    #[arg(long, value_name = "FILE")]
    waits: Option<PathBuf>,
    /// Play vectors only as the seed decides, back to back under random stalls, and leave out large ones: for more seeds than one
    #[arg(long, conflicts_with = "waits")]
    random_ways: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(super) format: ReportFormat,
    #[command(flatten)]
    pub(super) shard: shard::Options,
    #[command(flatten)]
    pub(super) jobs: Jobs,
    #[command(flatten)]
    limits: Limits,
}

/// Where failures are written unless another directory is named.
const FAILURES: &str = "silicabac-failures";

/// What follows the name of a failure in that of the file with its waits.
pub(super) const WAITS: &str = "waits.json";

/// The cores, by their names.
pub(super) fn core_names() -> impl TypedValueParser<Value = &'static CoreSpec> {
    let names = PossibleValuesParser::new(cores::ALL.map(|core| core.name));
    names.try_map(|name| cores::by_name(&name).ok_or("there is no such core"))
}

/// Both directions, by their names.
pub(super) fn direction_names() -> impl TypedValueParser<Value = Direction> {
    let names = PossibleValuesParser::new(Direction::ALL.map(Direction::name));
    names.try_map(|name| Direction::by_name(&name).ok_or("there is no such direction"))
}

impl Options {
    /// The seed that was given, or a new one; but not for a shard, since all shards of a run have the same.
    pub(super) fn seed(&self) -> Result<u64, Failure> {
        match self.seed {
            None if self.shard.is_part() => {
                Err(Failure::Usage("--shard needs --seed, the same for all shards of a run".into()))
            }
            seed => Ok(seed.unwrap_or_else(new_seed)),
        }
    }

    /// The cores of ours that were asked for.
    pub(super) fn cores(&self) -> Result<Vec<&'static CoreSpec>, Failure> {
        let usage = |what: &str| Err(Failure::Usage(what.into()));
        match (&self.core, &self.top) {
            (Some(CoreName::Ours(core)), _) => Ok(vec![core]),
            (None, None) => Ok(cores::ALL.to_vec()),
            (None, Some(_)) => usage("--top is of one core: say which, by --core"),
            (Some(CoreName::File(_)), _) => {
                usage("a core that is none of ours is for `silicabac cosim` alone")
            }
        }
    }

    /// Whether a core of ours was asked for.
    pub(super) fn names_ours(&self) -> bool {
        matches!(self.core, Some(CoreName::Ours(_)))
    }

    /// The file of the core that was asked for, if it is none of ours.
    pub(super) fn core_file(&self) -> Option<&Path> {
        match &self.core {
            Some(CoreName::File(path)) => Some(path),
            Some(CoreName::Ours(_)) | None => None,
        }
    }

    /// The top module of a core, and where its Verilog is, unless it is built in.
    pub(super) fn sources(&self, core: &CoreSpec) -> (&str, Option<&Path>) {
        (self.top.as_deref().unwrap_or(core.top), self.rtl_dir.as_deref())
    }

    /// How vectors are played.
    pub(super) fn ways(&self) -> Result<Ways, Failure> {
        let Some(path) = &self.waits else {
            return Ok(if self.random_ways { Ways::FirstStalls(Stalls::ALL.len()) } else { Ways::All });
        };
        let failed = |what: String| Failure::Waits { path: path.clone(), what };
        let text = files::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        Ok(Ways::Planned(Plan::read(&text).map_err(|error| failed(error.to_string()))?))
    }

    /// The suites without the vectors that are not played in these ways. Random ways leave out large vectors: these are only played without
    /// stalls, which is the same for every seed.
    pub(super) fn played(&self, mut suites: Vec<Suite>) -> Vec<Suite> {
        for suite in suites.iter_mut().filter(|_| self.random_ways) {
            suite.vectors.retain(|vector| !vector.flags.contains(&Flag::Large));
        }
        suites
    }

    /// The limits of a simulated core, and how to print that it exceeds one of them.
    pub(super) fn simulates(&self) -> (Limits, ReportFormat) {
        (self.limits, self.format)
    }

    /// Those of these options that another command needs to show a failure again.
    pub(super) fn of_replay(&self) -> String {
        let mut options = String::new();
        if let Some(dir) = &self.rtl_dir {
            options += &format!(" --rtl-dir {}", shell::path(dir));
        }
        if let Some(top) = &self.top {
            options += &format!(" --top={}", shell::word(top));
        }
        if self.failures != Path::new(FAILURES) {
            options += &format!(" --failures {}", shell::path(&self.failures));
        }
        options
    }

    /// The options that say how vectors are played, for a command that shows a failure again.
    pub(super) fn of_replay_ways(&self) -> String {
        let waits = self.waits.as_ref().map(|path| format!(" --waits {}", shell::path(path)));
        let random = self.random_ways.then(|| " --random-ways".to_owned());
        waits.or(random).unwrap_or_default()
    }

    /// The name that JSON and messages give to the ways in which vectors are played; none if these are all ways.
    pub(super) fn ways_name(&self) -> Option<&'static str> {
        self.random_ways.then_some("random")
    }

    /// Notes in a report which shard it is of, and in which ways vectors were played.
    fn mark(&self, mut report: serde_json::Value) -> serde_json::Value {
        if let Some(name) = self.ways_name() {
            report["ways"] = name.into();
        }
        self.shard.mark(report)
    }

    /// The end of a line that says what was done.
    fn told(&self) -> String {
        told_ways(self.ways_name()) + &self.shard.told()
    }

    /// Whether the report has the throughput of a core in a suite: in JSON always, for people only in slices from their own files, not in
    /// built-in or made-up vectors.
    fn tells_throughput(&self, suite: &Suite) -> bool {
        let is_made_up = matches!(suite.origin, Origin::BuiltIn | Origin::Dreams(_));
        self.format == ReportFormat::Json || self.is_human() && !is_made_up
    }

    pub(super) fn is_junit(&self) -> bool {
        self.format == ReportFormat::Junit
    }

    pub(super) fn is_human(&self) -> bool {
        self.format == ReportFormat::Human
    }
}

/// Plays all suites to all cores and prints the verdicts. Files that could not be read are a part of the result, and so are suites with no
/// vector for any of the cores. The function `suites` is called after the cores are built. An item of a shard is a suite on a core.
pub(super) fn judge(
    (number, suites): (usize, impl FnOnce() -> Result<Vec<Suite>, Failure>),
    mut errors: Vec<String>,
    seed: u64,
    options: &Options,
) -> Result<Verdict, Failure> {
    let cores = options.cores()?;
    let ways = options.ways()?;
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let build = |core: &'static CoreSpec| {
        let (top, rtl_dir) = options.sources(core);
        Progress::while_at(&format!("building {top}"), || {
            Model::build(&Source::of(core, top, rtl_dir, &cache)?, &cache, &tools)
        })
    };
    let is_here = |suite: usize, core: usize| options.shard.has(suite * cores.len() + core);
    let mut models = Vec::new();
    for (place, core) in cores.iter().enumerate() {
        let is_needed = (0..number).any(|suite| is_here(suite, place));
        models.push(if is_needed { Some(build(core)?) } else { None });
    }
    let suites = options.played(suites()?);
    let mut runs: Vec<(&Suite, &Model)> = Vec::new();
    for (suite_place, suite) in suites.iter().enumerate() {
        let here = models.iter().enumerate().filter(|(place, _)| is_here(suite_place, *place));
        let here: Vec<&Model> = here.filter_map(|(_, model)| model.as_ref()).collect();
        if !here.is_empty() {
            errors.extend(nothing_to_play(suite, &cores));
        }
        runs.extend(here.into_iter().map(|model| (suite, model)));
    }
    let bar =
        Progress::new(runs.iter().map(|(suite, model)| cosim::work(model, suite, &ways)).sum(), "events");
    let run = |&(suite, model): &(&Suite, &Model)| {
        bar.set_message(&suite.name);
        let mut outcome = cosim::run(model, suite, seed, &ways, &mut |events| bar.inc(events));
        if outcome.failure.is_none() && options.tells_throughput(suite) {
            outcome.throughput = cosim::throughput(model, suite);
        }
        let mut shrunk = None;
        if outcome.failure.is_some() {
            bar.set_message(&format!("shrinking {}", suite.name));
            shrunk = shrink(model, suite, &outcome, seed, &ways, options);
            outcome.shrunk = shrunk.as_ref().and_then(|files| Some(files.as_ref().ok()?.1.clone()));
            outcome.replay = Some(replay_command(&outcome, seed, options));
        }
        (outcome, shrunk)
    };
    let mut report = Report { seed, tools: tools.versions().to_owned(), errors, outcomes: Vec::new() };
    let mut shrunk = Vec::new();
    for (outcome, files) in in_parallel(options.jobs, &runs, run) {
        if outcome.failure.is_some() {
            shrunk.push(files);
        }
        report.outcomes.push(outcome);
    }
    bar.finish();
    unless_closed(print(&report, &shrunk, options))?;
    Ok(match (report.errors.is_empty(), report.passed()) {
        (false, _) => Verdict::BadInput,
        (true, true) => Verdict::Equal,
        (true, false) => Verdict::Mismatch,
    })
}

/// The end of a line that says what was done: how vectors were played, if not in all ways.
pub(super) fn told_ways(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; {name} ways only"))
}

/// The vectors of all suites; of those with the same name only the first.
pub(super) fn without_doubles(suites: Vec<Suite>) -> Vec<Vector> {
    let mut seen = HashSet::new();
    let all = suites.into_iter().flat_map(|suite| suite.vectors);
    all.filter(|vector| seen.insert(vector.id.clone())).collect()
}

/// Does the work of all items, this number at a time. The results are in the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(
    jobs: Jobs,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = jobs.count().min(items.len());
    let next = AtomicUsize::new(0);
    let worker = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let items = numbers.map_while(|number| Some((number, items.get(number)?)));
        items.map(|(number, item)| (number, work(item))).collect::<Vec<_>>()
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|done| done.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The message for a suite of which nothing would be played.
fn nothing_to_play(suite: &Suite, cores: &[&CoreSpec]) -> Option<String> {
    let is_played = |vector: &Vector| cores.iter().any(|core| core.fitter().fit(vector).is_ok());
    let names: Vec<&str> = cores.iter().map(|core| core.name).collect();
    let what = format!("suite {}: no vector is for this core ({})", suite.name, names.join(", "));
    (!suite.vectors.iter().any(is_played)).then_some(what)
}

/// A failure that was shrunk, and where its files are; or why it has none.
type Files = Result<(cosim::Shrunk, PathBuf), String>;

/// Writes the fewest requests that fail as vectors, and a waveform of them. A mismatch is reported even if its files cannot be written.
fn shrink(
    model: &Model,
    suite: &Suite,
    outcome: &Outcome,
    seed: u64,
    ways: &Ways,
    options: &Options,
) -> Option<Files> {
    let shrunk = cosim::shrink(model, suite, outcome, seed, ways)?;
    let written = write_failure(&shrunk, &options.failures);
    Some(written.map(|path| (shrunk, path)).map_err(|failure| failure.to_string()))
}

fn write_failure(shrunk: &cosim::Shrunk, dir: &Path) -> Result<PathBuf, Failure> {
    create_dir(dir)?;
    let Suite { name, vectors, .. } = &shrunk.suite;
    // The file that is being checked may be one that an earlier failure wrote, so it is not written over.
    let name = &unused_name(dir, name, &["json", "hex", "vcd", WAITS]);
    let file = |extension: &str| dir.join(format!("{name}.{extension}"));
    write_file(&file("json"), |sink| vectors::write_json(name, vectors, sink))?;
    write_file(&file("hex"), |sink| vectors::write_hex(vectors, sink))?;
    if let Some((_, CosimFailure::Core(mismatch))) = &shrunk.outcome.failure {
        write_file(&file("vcd"), |sink| mismatch.write_vcd(sink))?;
    }
    write_plan(&file(WAITS), shrunk.plan.as_ref())?;
    Ok(file("json"))
}

/// Writes the waits of a failure, if it takes any.
pub(super) fn write_plan(path: &Path, plan: Option<&Plan>) -> Result<(), Failure> {
    match plan.filter(|plan| plan.waits() > 0) {
        Some(plan) => write_file(path, |sink| writeln!(sink, "{}", plan.to_json())),
        None => Ok(()),
    }
}

/// A seed that is short enough to be typed again.
fn new_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_nanos() % 1_000_000_007) as u64
}

fn print(report: &Report, shrunk: &[Option<Files>], options: &Options) -> Result<(), io::Error> {
    let mut out = out();
    match options.format {
        ReportFormat::Human => print_table(&mut out, report, shrunk, options),
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &options.mark(report.to_json()))?;
            writeln!(out)
        }
        ReportFormat::Junit => write!(out, "{}", report.to_junit()),
    }
}

fn print_table(
    out: &mut impl Write,
    report: &Report,
    shrunk: &[Option<Files>],
    options: &Options,
) -> io::Result<()> {
    writeln!(
        out,
        "{:<16} {:<19} {:>10} {:>10} {:>10} {:>11}  result",
        "suite", "core", "bins", "clocks", "bins/clock", "longest run"
    )?;
    for outcome in &report.outcomes {
        let Outcome { suite, core, stats, .. } = outcome;
        write!(out, "{suite:<16} {core:<19} ")?;
        match outcome.failure {
            Some(_) => writeln!(out, "{:>10} {:>10} {:>10} {:>11}  MISMATCH", "-", "-", "-", "-")?,
            None if outcome.vectors == 0 => {
                writeln!(out, "{:>10} {:>10} {:>10} {:>11}  no vector is for it", "-", "-", "-", "-")?;
            }
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
    for Outcome { suite, core, throughput, .. } in &report.outcomes {
        let slowest = throughput.as_ref().and_then(Throughput::slowest_vector);
        if let Some(Slow { vector, bins, clocks, clocks_each, .. }) = slowest {
            writeln!(
                out,
                "{suite} on {core}: the slowest slice is {vector}, {bins} bins in {clocks} clocks, {clocks_each:.4} clocks each"
            )?;
        }
    }
    let failures = report.outcomes.iter().filter_map(|outcome| Some((outcome, outcome.failure.as_ref()?)));
    for ((outcome, (stalls, failure)), shrunk) in failures.zip(shrunk) {
        print_failure(out, outcome, stalls, failure)?;
        print_shrunk(out, shrunk.as_ref())?;
        writeln!(out, "  replay: {}\n", outcome.replay.as_deref().unwrap_or_default())?;
    }
    let failed = report.outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let sum = |of: fn(&Outcome) -> u64| report.outcomes.iter().map(of).sum::<u64>();
    let (bins, clocks) = (sum(|outcome| outcome.total_bins), sum(|outcome| outcome.total_clocks));
    for error in &report.errors {
        writeln!(out, "error: {error}")?;
    }
    match failed {
        0 if report.outcomes.is_empty() && options.shard.is_part() => write!(out, "{}", shard::NOTHING)?,
        0 if report.outcomes.iter().all(|outcome| outcome.vectors == 0) => {
            write!(out, "nothing was played")?;
        }
        0 => write!(
            out,
            "all equal: oracle, engine, cycle model and Verilog; {bins} bins in {clocks} clocks of lockstep"
        )?,
        _ => write!(out, "{failed} of {} failed", counted(report.outcomes.len(), "suite"))?,
    }
    writeln!(out, "{}; seed {}, {}", options.told(), report.seed, report.tools)
}

fn print_failure(
    out: &mut impl Write,
    outcome: &Outcome,
    stalls: &str,
    failure: &CosimFailure,
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
    Ok(())
}

/// More requests of a vector than this number are only counted, and more bytes are not shown.
const SHOWN: usize = 24;

fn print_shrunk(out: &mut impl Write, shrunk: Option<&Files>) -> io::Result<()> {
    let (shrunk, path) = match shrunk {
        None => return Ok(()),
        Some(Err(failure)) => return writeln!(out, "  {failure}"),
        Some(Ok(files)) => files,
    };
    let vectors = &shrunk.suite.vectors;
    let bins: usize = vectors.iter().map(Vector::bins).sum();
    let more = if vectors.len() > 1 { format!(" of {} vectors", vectors.len()) } else { String::new() };
    let are = if bins == 1 { "is" } else { "are" };
    let bins = counted(bins, "bin");
    writeln!(out, "  {bins}{more} {are} enough; {} (.hex, and .vcd for the waveform):", path.display())?;
    for vector in vectors {
        let hex: String = vector.bytes.iter().take(SHOWN).map(|byte| format!(" {byte:02x}")).collect();
        writeln!(out, "    {}, {} bytes:{hex}", vector.id, vector.bytes.len())?;
        for event in vector.events.iter().take(SHOWN) {
            writeln!(out, "      {event}")?;
        }
        if vector.events.len() > SHOWN {
            writeln!(out, "      ... and {} more", vector.events.len() - SHOWN)?;
        }
    }
    writeln!(out)
}

/// The command that shows this failure again: the shrunk one if there is one.
fn replay_command(outcome: &Outcome, seed: u64, options: &Options) -> String {
    let mut command = match (&outcome.shrunk, &outcome.origin) {
        (Some(path), _) | (_, Origin::Vectors(path)) => {
            format!("silicabac vectors check {}", shell::path(path))
        }
        (_, Origin::Trace(path)) => format!("silicabac cosim --trace {}", shell::path(path)),
        (_, Origin::Stream(path)) => format!("silicabac cosim --stream {}", shell::path(path)),
        (_, Origin::Weights(path)) => format!("silicabac cosim --weights {}", shell::path(path)),
        (_, Origin::Dreams(dreams)) => format!("silicabac cosim --dream {dreams}"),
        (_, Origin::BuiltIn) => format!("silicabac cosim --suite {}", outcome.suite),
    };
    command += &format!(" --seed {seed}");
    if let Some(core) = outcome.copy_of {
        command += &format!(" --core {}", core.name);
    }
    if outcome.shrunk.is_none() {
        command += &options.of_replay_ways();
    }
    command + &options.of_replay()
}
