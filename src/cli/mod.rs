//! One file a verb: arguments and printing, no logic.

mod cosim;
mod coverage;
mod judge;
mod man;
mod mutate;
mod prove;
mod replay;
mod rtl_coverage;
mod socket;
mod stream;
mod sweep;
mod vectors;
mod weights;

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use silicabac::{
    mutation::MutationError,
    prove::ProveError,
    replay::What,
    suites::{Suite, SuiteError},
    trace::TraceError,
    vectors::read,
    weights::compress::WeightsError,
    yosys::YosysError,
};
use silicabac_sim::SimError;

/// A golden CABAC for silicon: checks cores and traces against the arithmetic coder of H.264 and H.265.
///
/// Exit status: 0 all equal or proved, 1 a mismatch (a deadlock is one) or no proof, 2 wrong usage, 3 a tool is
/// missing, 4 bad input, 5 below a coverage goal.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Cosim(Box<cosim::Arguments>),
    Mutate(mutate::Arguments),
    Prove(prove::Arguments),
    Replay(replay::Arguments),
    Stream(stream::Arguments),
    Vectors(vectors::Arguments),
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

/// How a verb ended that had all it needed.
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
    Prove(#[from] ProveError),
    #[error("{0}")]
    Suite(#[from] SuiteError),
    #[error("there is no vector {id}; `silicabac vectors list{of_file}` shows what there is")]
    NoVector { id: String, of_file: String },
    #[error("{0}")]
    File(#[from] silicabac::vectors::FileError),
    #[error(
        "the core is stuck inside one clock, in vectors of class {class}: an endless loop in its Verilog"
    )]
    Stuck { class: String },
    #[error("{}: {what}", .path.display())]
    Waivers { path: PathBuf, what: String },
    #[error("cannot read {}: {source}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path} is a container of streams; `ffmpeg -i {path} -map 0:v:0 -c copy -f h264 out.264` takes the stream out of it",
        path = .path.display()
    )]
    Container { path: PathBuf },
    #[error("{}: there is no NAL unit in it: this is no H.264 byte stream", .path.display())]
    NoUnit { path: PathBuf },
    #[error("{}: {source}", .path.display())]
    Trace { path: PathBuf, source: TraceError },
    #[error("{}: {source}", .path.display())]
    Weights { path: PathBuf, source: WeightsError },
    #[error("the evaluator failed ({what}): {command}")]
    Evaluator { command: String, what: String },
    #[error("cannot write {}: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write the output: {0}")]
    Print(io::Error),
}

pub(crate) fn main() -> ExitCode {
    let result = match Arguments::parse().verb {
        Verb::Cosim(arguments) => cosim::run(&arguments),
        Verb::Mutate(arguments) => mutate::run(&arguments),
        Verb::Prove(arguments) => prove::run(&arguments),
        Verb::Replay(arguments) => replay::run(&arguments),
        Verb::Stream(arguments) => stream::run(&arguments),
        Verb::Vectors(arguments) => vectors::run(&arguments),
        Verb::Weights(arguments) => weights::run(&arguments),
        Verb::Man(arguments) => man::run(&arguments),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "silicabac", &mut script);
            unless_closed(io::stdout().write_all(&script)).map(|()| Verdict::Equal)
        }
    };
    ExitCode::from(match result {
        Ok(Verdict::Equal) => 0,
        Ok(Verdict::Mismatch) => 1,
        Ok(Verdict::BadInput) => 4,
        Ok(Verdict::BelowGoal) => 5,
        Err(failure) => {
            eprintln!("error: {failure}");
            match failure {
                Failure::Sim(SimError::Tool { .. })
                | Failure::Mutation(
                    MutationError::Sim(SimError::Tool { .. }) | MutationError::Yosys(YosysError::Tool { .. }),
                )
                | Failure::Prove(ProveError::Tool { .. }) => 3,
                Failure::Stuck { .. } => 1,
                Failure::Suite(SuiteError::Replay { source, .. })
                    if matches!(source.what, What::Differs(_)) =>
                {
                    1
                }
                _ => 4,
            }
        }
    })
}

/// Whoever reads may have seen enough, as with `silicabac ... | head`; that changes no verdict.
fn unless_closed(printed: io::Result<()>) -> Result<(), Failure> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Print(error)),
        _ => Ok(()),
    }
}

/// A progress bar on a terminal, nothing elsewhere.
fn progress_bar(total: u64, unit: &str) -> ProgressBar {
    let template = format!("{{msg:14}} [{{wide_bar}}] {{human_pos}}/{{human_len}} {unit} {{eta}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

/// Writes a file under another name and renames it, so that it is there whole or not at all.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    write_whole(path, |sink| write(sink).map_err(failed))
}

/// The same for what can fail in more ways than writing can.
fn write_whole<T, E: From<Failure>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    let mut sink = io::BufWriter::new(temporary(path).map_err(failed)?);
    let result = write(&mut sink)?;
    let file = sink.into_inner().map_err(|error| failed(error.into_error()))?;
    persist(file, path).map_err(failed)?;
    Ok(result)
}

/// A file in the directory of another, which is gone unless it is given that one's name.
fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any other file that the user makes; alone, a temporary file is nobody else's to read.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(dir)
}

/// Gives a temporary file its name.
fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The suites of files, each with a name of its own, and what could not be read, which is said at once.
fn read_suites(paths: &[PathBuf]) -> (Vec<Suite>, Vec<String>) {
    let mut suites: Vec<Suite> = Vec::new();
    let mut errors = Vec::new();
    for (file, read) in paths.iter().flat_map(|path| read(path)) {
        match read {
            Ok((name, vectors)) => {
                // What is left of a failure is named after its suite.
                let taken = |name: &str| suites.iter().any(|suite| suite.name == name);
                let mut names = std::iter::once(name.clone()).chain((2..).map(|i| format!("{name}-{i}")));
                let name = names.find(|name| !taken(name)).unwrap_or_default();
                suites.push(Suite { name, file: Some(file), vectors });
            }
            Err(error) => {
                eprintln!("error: {error}");
                errors.push(error.to_string());
            }
        }
    }
    (suites, errors)
}
