//! The command: a file for each verb, with its arguments and what it prints, and no logic.

mod campaign;
mod channel;
mod cosim;
mod coverage;
mod faults;
mod fit;
mod jobs;
mod judge;
mod man;
mod mutate;
mod output;
mod print;
mod prove;
mod replay;
mod rtl_coverage;
mod shard;
mod signals;
mod socket;
mod sources;
mod stream;
mod supervise;
mod sweep;
mod tools;
mod vectors;
mod view;
mod weights;

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use silicabac::stream::LinesError;
use silicabac::{
    mutation::{DesignError, MutationError},
    prove::ProveError,
    replay::What,
    suites::{DreamsError, Origin, Suite, SuiteError},
    trace::TraceError,
    vectors::read,
    weights::compress::WeightsError,
    yosys::YosysError,
};
use silicabac_sim::SimError;

use print::{ReportFormat, out, say, unless_closed};
use supervise::Limits;

/// A golden CABAC for silicon: checks cores and traces against the arithmetic coder of H.264 and H.265.
///
/// Exit status: 0 all equal or proved, 1 a mismatch (a deadlock is one) or no proof, 2 wrong usage, 3 a tool is
/// missing, 4 bad input, 5 below a coverage goal or not all is done.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Campaign(campaign::Arguments),
    Cosim(Box<cosim::Arguments>),
    Mutate(mutate::Arguments),
    Prove(prove::Arguments),
    Replay(replay::Arguments),
    Stream(stream::Arguments),
    Tools(tools::Arguments),
    Vectors(vectors::Arguments),
    View(view::Arguments),
    Weights(weights::Arguments),
    Man(man::Arguments),
    /// Print a completion script for a shell
    #[command(after_help = "Examples:
  silicabac completions bash > silicabac.bash
  silicabac completions zsh > _silicabac")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// The result of a verb that could do its work.
enum Verdict {
    Equal,
    Mismatch,
    BadInput,
    BelowGoal,
}

/// Why a verb could not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Sim(#[from] SimError),
    #[error("{0}")]
    Mutation(#[from] MutationError),
    #[error("{0}")]
    Design(DesignError),
    #[error("{0}")]
    Dream(#[from] silicabac::dream::DreamError),
    #[error("{}: {source}; `silicabac stream dream --count` makes such a file", .path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
    #[error("{}: {what}", .path.display())]
    Altered { path: PathBuf, what: &'static str },
    #[error("{}: {source}", .path.display())]
    Plan { path: PathBuf, source: silicabac::campaign::PlanError },
    #[error("{0}")]
    Scheduler(#[from] silicabac::campaign::scheduler::SchedulerError),
    #[error("cannot start {program}: {source}; is the scheduler installed on this machine?")]
    NoScheduler { program: String, source: io::Error },
    #[error("{}: {what}", .path.display())]
    Campaign { path: PathBuf, what: String },
    #[error("{0}")]
    Prove(#[from] ProveError),
    #[error("{0}")]
    Suite(#[from] SuiteError),
    #[error("--dream {dreams}: {source}")]
    Dreams { dreams: String, source: DreamsError },
    #[error("there is no vector {id}; `silicabac vectors list{of_file}` shows what there is")]
    NoVector { id: String, of_file: String },
    #[error("{}: {source}", .path.display())]
    Make { path: PathBuf, source: silicabac::vectors::MakeError },
    #[error("{0}")]
    File(#[from] silicabac::vectors::FileError),
    #[error("{0}")]
    Testbench(#[from] silicabac::cosim::TestbenchError),
    #[error("{0}")]
    Core(#[from] silicabac::fit::FileError),
    #[error("{0}")]
    Usage(String),
    #[error("cannot start a process for the simulation: {0}")]
    Process(io::Error),
    #[error("{}: {what}", .path.display())]
    Waivers { path: PathBuf, what: String },
    #[error("{}: {what}", .path.display())]
    Waits { path: PathBuf, what: String },
    #[error("{}: {what}", .path.display())]
    NoPage { path: PathBuf, what: String },
    #[error("cannot read {}: {source}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path} is {format}, a container of streams; `ffmpeg -i {path} -map 0:v:0 -c copy -f h264 out.264` takes an H.264 stream out of it, `-f hevc out.265` one of H.265",
        path = .path.display()
    )]
    Container { path: PathBuf, format: &'static str },
    #[error("{} is {kind}: there is no H.264 or H.265 stream to be read", .path.display())]
    NoVideo { path: PathBuf, kind: &'static str },
    #[error("{}: there is no NAL unit in it: this is no stream of H.264 or H.265", .path.display())]
    NoUnit { path: PathBuf },
    #[error("{}: it has no NAL unit of the numbers that are wanted", .path.display())]
    NoSuchUnit { path: PathBuf },
    #[error("{}: none of the NAL units that are wanted is a slice with CABAC", .path.display())]
    NoSuchSlice { path: PathBuf },
    #[error("{}: no slice that is wanted has a macroblock or coding tree unit of these numbers", .path.display())]
    NoSuchMacroblock { path: PathBuf },
    #[error("{}, {source}", .path.display())]
    Lines { path: PathBuf, source: LinesError },
    #[error("{}: there is no line in it: `silicabac stream syntax` writes such lines", .path.display())]
    NoLine { path: PathBuf },
    #[error("{}: {source}", .path.display())]
    Trace { path: PathBuf, source: TraceError },
    #[error("{}: {source}", .path.display())]
    Weights { path: PathBuf, source: WeightsError },
    #[error("{}, {source}; mend the table of trials, or take it away to begin anew", .path.display())]
    Trials { path: PathBuf, source: silicabac::weights::search::TableError },
    #[error("{}, {source}: this is no report of mutants; take it away, or name another directory", .path.display())]
    OtherReport { path: PathBuf, source: serde_json::Error },
    #[error("the evaluator failed ({what}): {command}")]
    Evaluator { command: String, what: String },
    #[error("cannot write {}: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write the output: {0}")]
    Print(io::Error),
}

pub(crate) fn main() -> ExitCode {
    let opened = channel::open().map_err(Failure::Process);
    let verb = Arguments::parse().verb;
    let guard = signals::set_up();
    let ended = opened.and_then(|()| run(&verb, &guard));
    guard.end();
    let status = ended.unwrap_or_else(|failure| failure.report());
    if let Some(channel) = channel::get() {
        channel.end(status);
    }
    ExitCode::from(status)
}

/// Runs a verb and returns its exit status. A verb that simulates does so in another process.
fn run(verb: &Verb, guard: &signals::Guard) -> Result<u8, Failure> {
    if let Some((limits, format)) = verb.simulates().filter(|_| channel::get().is_none()) {
        return supervise::run(limits, format, guard);
    }
    let verdict = match verb {
        Verb::Campaign(arguments) => campaign::run(arguments, guard),
        Verb::Cosim(arguments) => cosim::run(arguments),
        Verb::Mutate(arguments) => mutate::run(arguments),
        Verb::Prove(arguments) => prove::run(arguments),
        Verb::Replay(arguments) => replay::run(arguments),
        Verb::Stream(arguments) => stream::run(arguments),
        Verb::Tools(arguments) => tools::run(arguments),
        Verb::Vectors(arguments) => vectors::run(arguments),
        Verb::View(arguments) => view::run(arguments),
        Verb::Weights(arguments) => weights::run(arguments),
        Verb::Man(arguments) => man::run(arguments),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "silicabac", &mut script);
            unless_closed(out().write_all(&script)).map(|()| Verdict::Equal)
        }
    }?;
    Ok(match verdict {
        Verdict::Equal => 0,
        Verdict::Mismatch => 1,
        Verdict::BadInput => 4,
        Verdict::BelowGoal => 5,
    })
}

impl Verb {
    /// The limits of a simulated core, and how to print that it exceeds one of them, if the verb runs one.
    fn simulates(&self) -> Option<(Limits, ReportFormat)> {
        match self {
            Verb::Cosim(arguments) => Some(arguments.simulates()),
            Verb::Mutate(arguments) => Some(arguments.simulates()),
            Verb::Vectors(arguments) => arguments.simulates(),
            _ => None,
        }
    }
}

impl Failure {
    /// Prints the failure and returns the exit status.
    fn report(&self) -> u8 {
        say(format_args!("error: {self}"));
        match self {
            Failure::Usage(_) => 2,
            Failure::Sim(SimError::Tool { .. })
            | Failure::Mutation(
                MutationError::Sim(SimError::Tool { .. })
                | MutationError::Yosys(YosysError::Find(SimError::Tool { .. })),
            )
            | Failure::Prove(ProveError::Sim(SimError::Tool { .. }))
            | Failure::NoScheduler { .. } => 3,
            Failure::Suite(SuiteError::Replay { source, .. }) if matches!(source.what, What::Differs(_)) => 1,
            _ => 4,
        }
    }
}

/// The suites of files, each with a name of its own, and the errors in files that could not be read, which are also printed at once.
fn read_suites(paths: &[PathBuf]) -> (Vec<Suite>, Vec<String>) {
    let mut suites: Vec<Suite> = Vec::new();
    let mut errors = Vec::new();
    for (file, read) in paths.iter().flat_map(|path| read(path)) {
        match read {
            Ok((name, vectors)) => {
                suites.push(Suite { name, origin: Origin::Vectors(file), vectors });
            }
            Err(error) => {
                say(format_args!("error: {error}"));
                errors.push(error.to_string());
            }
        }
    }
    Suite::name_apart(&mut suites);
    (suites, errors)
}
