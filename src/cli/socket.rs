//! `silicabac cosim --socket`

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use silicabac::cosim::{
    CoreKind,
    socket::{self, Failed, FaultKind, Rules, Socket, Source},
};
use silicabac::suites::Suite;
use silicabac::vectors::{self, Vector};
use silicabac_sim::{Cache, SimError, Tools};

use super::{
    Failure, Verdict,
    judge::{self, Core, Format},
    progress_bar, shell, unless_closed, write_file,
};

#[derive(clap::Args)]
#[group(id = "socket_options")]
#[command(next_help_heading = "Your own core, in the socket of docs/socket.md")]
pub(super) struct Options {
    /// Check a core in a socket, by its transactions: any latency, any throughput
    #[arg(long, value_enum, group = "one_core", value_name = "DIRECTION")]
    socket: Option<Core>,
    /// Its Verilog, packages first; without this, the built-in core in its socket
    #[arg(long, value_name = "FILE", num_args = 1.., requires_all = ["socket", "top"], conflicts_with = "rtl_dir")]
    rtl: Vec<PathBuf>,
    /// Where `include looks
    #[arg(long, value_name = "DIR", requires = "rtl")]
    include: Vec<PathBuf>,
    /// A macro of its Verilog
    #[arg(long, value_name = "NAME=VALUE", requires = "rtl")]
    define: Vec<String>,
    /// One more argument for Verilator
    #[arg(long, value_name = "ARGUMENT", requires = "rtl", allow_hyphen_values = true)]
    verilator_arg: Vec<String>,
    /// The core initialises contexts by itself: no loads, and only slices whose header says all
    #[arg(long, requires = "socket")]
    initialises: bool,
    /// After so many clocks in which nothing moves it is a deadlock
    #[arg(long, value_name = "CLOCKS", default_value_t = 20_000, requires = "socket")]
    patience: u32,
}

impl Options {
    /// Which core is in the socket, if there is one.
    pub(super) fn kind(&self) -> Option<CoreKind> {
        self.socket.map(CoreKind::from)
    }

    fn source(&self, kind: CoreKind, top: Option<&str>, cache: &Cache) -> Result<Source, SimError> {
        if self.rtl.is_empty() {
            return Source::built_in(kind, cache);
        }
        let defines = self.define.iter().map(|define| format!("-D{define}"));
        Ok(Source {
            kind,
            top: top.unwrap_or_default().to_owned(),
            files: self.rtl.clone(),
            include_dirs: self.include.clone(),
            arguments: defines.chain(self.verilator_arg.iter().cloned()).collect(),
            constants: Vec::new(),
        })
    }
}

/// Plays all suites to the core in the socket, and prints a verdict for each class of vectors.
pub(super) fn judge(
    kind: CoreKind,
    suites: &[Suite],
    seed: u64,
    options: &Options,
    common: &judge::Options,
) -> Result<Verdict, Failure> {
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| eprintln!("{line}"))?;
    let source = options.source(kind, common.top.as_deref(), &cache)?;
    let rules = Rules { seed, patience: options.patience, initialises: options.initialises };
    let mut seen = HashSet::new();
    let all = suites.iter().flat_map(|suite| &suite.vectors);
    let vectors: Vec<Vector> = all.filter(|vector| seen.insert(&vector.id)).cloned().collect();

    let mut report = watched(LONG, move |news| {
        let socket = Socket::build(&source, &cache, &tools)?;
        // Whoever listens may have gone; then nobody misses the news.
        let _ = news.send(News::Built(socket.clocks()));
        let classes = socket::classes(&socket, &vectors, rules);
        let _ = news.send(News::Classes(classes.len()));
        let judged = classes.into_iter().map(|class| {
            let _ = news.send(News::Class(class.name.clone()));
            socket::judge(&socket, class, rules)
        });
        Ok(Report::new(&socket, seed, tools.versions(), judged.collect()))
    })?;
    for verdict in &mut report.verdicts {
        verdict.write_vector(&report.top, &common.failures)?;
    }
    unless_closed(report.print(options, common))?;
    Ok(match report.pass {
        true => Verdict::Equal,
        false if report.verdicts.is_empty() => Verdict::BadInput,
        false => Verdict::Mismatch,
    })
}

/// What the simulation tells while it goes on.
enum News {
    /// The core is built; it counts its clocks here.
    Built(Arc<AtomicU64>),
    /// So many classes will be played.
    Classes(usize),
    /// The next one.
    Class(String),
    /// All is done.
    Done(Result<Report, SimError>),
}

/// A core that spends so long in one clock never leaves it.
const LONG: Duration = Duration::from_secs(30);

/// Simulates in a thread of its own: no call comes back from a core that is stuck inside a clock.
fn watched(
    long: Duration,
    simulate: impl FnOnce(&mpsc::Sender<News>) -> Result<Report, SimError> + Send + 'static,
) -> Result<Report, Failure> {
    let (sender, news) = mpsc::channel();
    thread::spawn(move || {
        let report = simulate(&sender);
        let _ = sender.send(News::Done(report));
    });
    let bar = progress_bar(0, "classes");
    let (mut clocks, mut seen, mut since) = (None::<Arc<AtomicU64>>, 0, Instant::now());
    let mut class = String::new();
    loop {
        match news.recv_timeout(Duration::from_millis(200)) {
            Ok(News::Built(counter)) => clocks = Some(counter),
            Ok(News::Classes(count)) => bar.set_length(count as u64),
            Ok(News::Class(name)) => {
                bar.inc(u64::from(!class.is_empty()));
                bar.set_message(name.clone());
                class = name;
            }
            Ok(News::Done(report)) => {
                bar.finish_and_clear();
                return Ok(report?);
            }
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::Stuck { class }),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = clocks.as_ref().map_or(0, |clocks| clocks.load(Ordering::Relaxed));
        if now != seen || clocks.is_none() {
            (seen, since) = (now, Instant::now());
        } else if since.elapsed() > long {
            bar.finish_and_clear();
            return Err(Failure::Stuck { class });
        }
    }
}

/// All verdicts, for people and for machines.
#[derive(Serialize)]
struct Report {
    pass: bool,
    direction: &'static str,
    top: String,
    lanes: usize,
    /// What the core does not show.
    unchecked: Vec<&'static str>,
    seed: u64,
    tools: String,
    verdicts: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    class: String,
    vectors: usize,
    pass: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<RowFailure>,
}

#[derive(Serialize)]
struct RowFailure {
    /// The shortest vector that fails alone, or the one that fails among the others.
    vector: String,
    alone: bool,
    /// The first of its class that fails alone.
    first: String,
    bins: usize,
    stalls: &'static str,
    kind: FaultKind,
    what: String,
    bin: u64,
    clock: u64,
    catches: Vec<&'static str>,
    shows: Vec<&'static str>,
    /// Where the vector was written.
    file: Option<PathBuf>,
    #[serde(skip)]
    written: Vec<Vector>,
}

impl Row {
    fn new(verdict: socket::Verdict) -> Row {
        let socket::Verdict { class, vectors, failed } = verdict;
        let failure = failed.map(|Failed { vector, among, first, stalls, fault }| RowFailure {
            vector: vector.id.clone(),
            alone: among.is_empty(),
            first,
            bins: vector.bins(),
            stalls,
            kind: fault.kind,
            what: fault.what,
            bin: fault.bin,
            clock: fault.clock,
            catches: vector.flags.iter().map(|flag| flag.bug()).collect(),
            shows: vector.flags.iter().map(|flag| flag.shows()).collect(),
            file: None,
            written: if among.is_empty() { vec![vector] } else { among },
        });
        Row { class, vectors, pass: failure.is_none(), failure }
    }

    /// Writes the vector that shows the failure, or all that it takes, to be played again.
    fn write_vector(&mut self, top: &str, dir: &Path) -> Result<(), Failure> {
        let Some(failure) = &mut self.failure else { return Ok(()) };
        fs::create_dir_all(dir).map_err(|source| Failure::Write { path: dir.to_owned(), source })?;
        let name = vectors::name_like(&format!("{top}-{}", failure.vector));
        let file = dir.join(format!("{name}.json"));
        write_file(&file, |sink| vectors::write_json(&name, &failure.written, sink))?;
        failure.file = Some(file);
        Ok(())
    }
}

impl Report {
    fn new(socket: &Socket, seed: u64, tools: &str, verdicts: Vec<socket::Verdict>) -> Report {
        let verdicts: Vec<Row> = verdicts.into_iter().map(Row::new).collect();
        Report {
            pass: !verdicts.is_empty() && verdicts.iter().all(|row| row.pass),
            direction: socket.kind().name(),
            top: socket.top().to_owned(),
            lanes: socket.lanes(),
            unchecked: socket.unchecked(),
            seed,
            tools: tools.to_owned(),
            verdicts,
        }
    }

    fn print(&self, options: &Options, common: &judge::Options) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match common.format {
            Format::Human => self.print_table(&mut out, options, common),
            Format::Json => {
                serde_json::to_writer_pretty(&mut out, self)?;
                writeln!(out)
            }
            Format::Junit => write!(out, "{}", self.to_junit()),
        }
    }

    fn print_table(
        &self,
        out: &mut impl Write,
        options: &Options,
        common: &judge::Options,
    ) -> io::Result<()> {
        writeln!(out, "{:<38} {:>7}  verdict", "class", "vectors")?;
        for row in &self.verdicts {
            let Some(failure) = &row.failure else {
                writeln!(out, "{:<38} {:>7}  pass", row.class, row.vectors)?;
                continue;
            };
            let RowFailure { vector, bins, stalls, what, bin, alone, first, .. } = failure;
            let which = if *alone { format!("from {first} on") } else { "among the others only".into() };
            writeln!(out, "{:<38} {:>7}  FAIL  {which}, stalls: {stalls}", row.class, row.vectors)?;
            writeln!(out, "      the shortest is {vector}; at bin {bin} of {bins}: {what}")?;
            for (bug, shows) in failure.catches.iter().zip(&failure.shows) {
                writeln!(out, "      it catches {bug};\n        it shows so: {shows}")?;
            }
            if let Some(file) = &failure.file {
                writeln!(out, "      replay: {}", self.replay(file, options, common))?;
            }
        }
        let failed = self.verdicts.iter().filter(|row| !row.pass).count();
        let vectors: usize = self.verdicts.iter().map(|row| row.vectors).sum();
        let all = self.verdicts.len();
        let (direction, top, lanes) = (self.direction, &self.top, self.lanes);
        match failed {
            0 if all == 0 => write!(out, "no vector is for this core")?,
            0 => write!(out, "{direction} {top} passes: {vectors} vectors of {all} classes")?,
            _ => write!(out, "{direction} {top} FAILS in {failed} of {all} classes")?,
        }
        if lanes > 1 {
            write!(out, "; {lanes} requests at once")?;
        }
        if !self.unchecked.is_empty() {
            write!(out, "; not checked, since there is no such port: {}", self.unchecked.join(", "))?;
        }
        writeln!(out, "; seed {}, {}", self.seed, self.tools)
    }

    /// The command that plays what was written again.
    fn replay(&self, file: &Path, options: &Options, common: &judge::Options) -> String {
        let mut command =
            format!("silicabac cosim --socket {} --vectors {}", self.direction, shell::path(file));
        if !options.rtl.is_empty() {
            command += " --rtl";
            command.extend(options.rtl.iter().map(|file| format!(" {}", shell::path(file))));
        }
        command.extend(options.include.iter().map(|dir| format!(" --include {}", shell::path(dir))));
        let named = |name: &str, value: &String| format!(" --{name}={}", shell::word(OsStr::new(value)));
        command.extend(options.define.iter().map(|define| named("define", define)));
        command.extend(options.verilator_arg.iter().map(|argument| named("verilator-arg", argument)));
        if options.initialises {
            command += " --initialises";
        }
        command += &format!(" --patience {} --seed {}", options.patience, self.seed);
        command + &common.of_replay()
    }

    fn to_junit(&self) -> String {
        let mut suite = quick_junit::TestSuite::new(format!("{} {}", self.direction, self.top));
        suite.add_property(("seed", self.seed.to_string().as_str()));
        suite.add_property(("tools", self.tools.as_str()));
        for row in &self.verdicts {
            let mut status = quick_junit::TestCaseStatus::success();
            if let Some(RowFailure { vector, stalls, what, bin, .. }) = &row.failure {
                status = quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Failure);
                status.set_message(format!("{vector}, under {stalls} stalls, at bin {bin}: {what}"));
            }
            suite.add_test_case(quick_junit::TestCase::new(row.class.as_str(), status));
        }
        let mut report = quick_junit::Report::new("silicabac");
        report.add_test_suite(suite);
        // Writing to a string fails only if a time is out of range, and there are none.
        report.to_string().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_that_never_leaves_a_clock_is_stuck() {
        let long = Duration::from_millis(300);
        let stuck = watched(long, |news| {
            let clocks = Arc::<AtomicU64>::default();
            let _ = news.send(News::Built(clocks.clone()));
            let _ = news.send(News::Class("short-N".into()));
            // For as long as it counts clocks it is not stuck.
            for _ in 0..10 {
                clocks.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(100));
            }
            loop {
                thread::park();
            }
        });
        let class = match stuck {
            Err(Failure::Stuck { class }) => class,
            _ => String::new(),
        };
        assert_eq!(class, "short-N");
    }

    #[test]
    fn a_simulation_that_crashes_is_noticed() {
        let crashed = watched(LONG, |_| panic!("as a simulation might"));
        assert!(matches!(crashed, Err(Failure::Stuck { .. })));
    }
}
