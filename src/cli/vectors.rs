//! `silicabac vectors`

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{
    Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use serde::Serialize;
use silicabac::cores::Direction;
use silicabac::cosim::{Source, TestbenchFor, classes, testbench};
use silicabac::files;
use silicabac::fit::{Fitted, Fitter};
use silicabac::suites::{BUILT_IN, BY_NAME, Dreams, PUBLISHED, Suite};
use silicabac::vectors::{self, Flag, Vector, trail};

use super::{
    Failure, Verdict, coverage, fit, judge,
    output::{create_dir, write_file},
    print::{Format, ReportFormat, counted, out, say, unless_closed},
    read_suites,
    supervise::Limits,
};

/// Write, check, list and explain test vectors for cores
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac vectors list
  silicabac vectors explain short-2")]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write all suites: .json, .hex for $readmemh, their schema and a manifest
    #[command(after_help = "Examples:
  silicabac vectors generate
  silicabac vectors generate my_golden --seed 7")]
    Generate {
        /// Where to write them
        #[arg(default_value = GOLDEN)]
        dir: PathBuf,
        /// The seed of the random suite
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        seed: u64,
        /// Only these suites, those that are too large to be published among them
        #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(BUILT_IN.into_iter().chain(BY_NAME)))]
        suite: Vec<String>,
    },
    /// Check vector files, and every coder against them: oracle, engine, cycle models and Verilog cores
    #[command(after_help = "Examples:
  silicabac vectors check golden --no-cores
  silicabac vectors check golden --seed 1 --shard 2/5
  silicabac vectors check silicabac-failures/avc-cabac_encoder.json --rtl-dir my_rtl --core encoder")]
    Check {
        /// Vector files, or directories with a manifest [default: golden/, and where there is none the built-in suites]
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Leave the cores out; then no Verilator is needed
        #[arg(long, conflicts_with_all = ["seed", "core", "rtl_dir", "top", "failures", "format", "shard"])]
        no_cores: bool,
        #[command(flatten)]
        options: judge::Options,
    },
    /// Write vectors for tools that know nothing of Silicabac: a testbench that checks itself, tables, or words for $readmemh
    #[command(after_help = "Examples:
  silicabac vectors export --format sv-testbench --socket decoder -o testbench
  silicabac vectors export --format csv --suite directed,invalid
  silicabac vectors export --format hex --dream h265:1..20 -o dreams")]
    Export {
        /// What to write
        #[arg(long, value_enum)]
        format: Export,
        /// The testbench is for this core, in the socket of docs/socket.md
        #[arg(long, value_parser = judge::direction_names(), value_name = "DIRECTION")]
        socket: Option<Direction>,
        /// Only vectors for the core that this file describes (docs/socket.md), fitted to it
        #[arg(long, value_name = "FILE.toml")]
        core: Option<PathBuf>,
        #[command(flatten)]
        can: fit::Options,
        /// Which suites; by default full, which is all that is published, and limits too in a testbench
        #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(BUILT_IN.into_iter().chain(BY_NAME)))]
        suite: Vec<String>,
        /// Vectors of a file instead
        #[arg(long, value_name = "FILE", conflicts_with = "suite")]
        file: Option<PathBuf>,
        /// Instead the slices of streams that are made up (docs/dreams.md): of these seeds, both ends included, with these features if any
        #[arg(long, value_name = "CODEC:FROM..TO[:FEATURES]", conflicts_with_all = ["suite", "file"])]
        dream: Vec<Dreams>,
        /// Where to write
        #[arg(short, long, value_name = "DIR", default_value = "silicabac-export")]
        output: PathBuf,
    },
    /// Make a vector from requests, written as in vector files: L5=62.1 C5=011 B=10 T=1
    #[command(after_help = "Examples:
  silicabac vectors make requests.txt --id mine -o mine.json
  silicabac vectors make - --id mine --flag GiveUp,Wait -o mine.json")]
    Make {
        /// The requests, between blanks and lines; # begins a remark; - is standard input
        requests: PathBuf,
        /// What the vector is called
        #[arg(long)]
        id: String,
        /// What is in it
        #[arg(long, default_value = "")]
        comment: String,
        /// How it is to be played, or which bug it catches: flags of vector files, such as GiveUp or Wait
        #[arg(long, value_name = "FLAG", value_delimiter = ',', value_parser = flags())]
        flag: Vec<Flag>,
        /// The file
        #[arg(short, long, value_name = "FILE.json")]
        output: PathBuf,
    },
    /// Show what vectors make a coder do, and what they do not
    Coverage(coverage::Arguments),
    /// List the built-in vectors: the classes of them, or all whose names contain a word
    #[command(after_help = "Examples:
  silicabac vectors list
  silicabac vectors list carry --format json")]
    List {
        /// A part of their names
        word: Option<String>,
        /// Vectors of a file instead of the built-in ones
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// How to print the list
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Explain why a vector exists, and show its bins, registers and bytes
    #[command(after_help = "Examples:
  silicabac vectors explain short-2
  silicabac vectors explain avc-0 --file silicabac-failures/avc-cabac_encoder.json --all")]
    Explain {
        /// Its name
        id: String,
        /// A vector of a file instead of a built-in one
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Show all requests, however many there are
        #[arg(long)]
        all: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Export {
    /// SystemVerilog and the files that it reads, for any simulator
    SvTestbench,
    /// A row a vector, and a row a request
    Csv,
    /// Words for $readmemh, as beside the published vectors (docs/vectors.md); dpi/ reads them (docs/dpi.md)
    Hex,
}

impl Arguments {
    /// The limits of a simulated core, and how to print that it exceeds one of them, if cores are checked.
    pub(super) fn simulates(&self) -> Option<(Limits, ReportFormat)> {
        match &self.verb {
            Verb::Check { no_cores: false, options, .. } => Some(options.simulates()),
            _ => None,
        }
    }
}

/// Prints how many vectors a core cannot play, and why.
fn tell_misfits<'a>(all: impl IntoIterator<Item = &'a Fitted<'a>>) {
    let mut misfits = BTreeMap::new();
    for (why, vectors) in all.into_iter().flat_map(|fitted| &fitted.misfits) {
        *misfits.entry(why).or_insert(0) += vectors;
    }
    for (why, vectors) in misfits {
        let are = if vectors == 1 { "is" } else { "are" };
        say(format_args!("{} {are} not applicable: {why}", counted(vectors, "vector")));
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    match &arguments.verb {
        Verb::Generate { dir, seed, suite } => generate(dir, *seed, suite),
        Verb::Check { paths, no_cores, options } => check(paths, *no_cores, options),
        Verb::Export { format, socket, core, can, suite, file, dream, output } => {
            let described = can.read(core.as_deref())?;
            let vectors = match file {
                Some(file) => vectors::read_file(file)?.1,
                None if !dream.is_empty() => dreamt(dream)?,
                None => {
                    let wanted = match (suite.is_empty(), format) {
                        (false, _) => suite.clone(),
                        (true, Export::SvTestbench) => vec!["full".into(), "limits".into()],
                        (true, Export::Csv | Export::Hex) => vec!["full".into()],
                    };
                    let suites = wanted.iter().map(|name| Suite::built_in(name, 1));
                    suites
                        .collect::<Result<Vec<_>, _>>()?
                        .into_iter()
                        .flat_map(|suite| suite.vectors)
                        .collect()
                }
            };
            let direction = socket.or(described.direction);
            let is_for_a_core = *format == Export::SvTestbench || core.is_some() || can.is_given();
            if is_for_a_core && direction.is_none() {
                let what = "what the core does: --socket encoder, or direction in its file";
                return Err(Failure::Usage(format!("it has to be said {what}")));
            }
            let fitter = direction.map(|direction| Fitter::new(direction, described.can));
            let of_tables = |vectors: &[Vector]| match format {
                Export::Hex => {
                    let mut words = Vec::new();
                    // Writing to memory cannot fail.
                    let _ = vectors::write_hex(vectors, &mut words);
                    vec![("vectors.hex".to_owned(), words)]
                }
                _ => vectors::csv(vectors).map(|(name, table)| (name.to_owned(), table.into_bytes())).into(),
            };
            let files: Vec<(String, Vec<u8>)> = match (format, direction, fitter) {
                (Export::SvTestbench, Some(direction), Some(fitter)) => {
                    let classes = classes(&fitter, &vectors);
                    tell_misfits(classes.iter().map(|class| &class.fitted));
                    let top = described.top.as_deref();
                    let core =
                        TestbenchFor { direction, can: described.can, top, patience: Source::PATIENCE };
                    testbench(&core, &classes)?
                }
                (_, _, Some(fitter)) => {
                    let fitted = fitter.fit_all(&vectors);
                    tell_misfits([&fitted]);
                    of_tables(&fitted.into_vectors())
                }
                _ => of_tables(&vectors),
            };
            export(&files, output)
        }
        Verb::Make { requests, id, comment, flag, output } => {
            let text = files::read_to_string(requests)
                .map_err(|source| Failure::Read { path: requests.clone(), source })?;
            let vector = vectors::make(id, comment, flag, &text)
                .map_err(|source| Failure::Make { path: requests.clone(), source })?;
            write_file(output, |sink| vectors::write_json(id, std::slice::from_ref(&vector), sink))?;
            unless_closed(explain(&vector, ROWS))?;
            Ok(Verdict::Equal)
        }
        Verb::Coverage(arguments) => coverage::run(arguments),
        Verb::List { word, file, format } => {
            let all = known(file.as_ref())?;
            let named: Vec<_> = match word {
                Some(word) => all.iter().filter(|vector| vector.id.contains(word)).collect(),
                None => all.iter().collect(),
            };
            unless_closed(match (format, word) {
                (Format::Json, _) => print_json(&named),
                (Format::Human, None) => print_classes(&named),
                (Format::Human, Some(_)) => print_vectors(&named),
            })?;
            Ok(Verdict::Equal)
        }
        Verb::Explain { id, file, all } => {
            let known = known(file.as_ref())?;
            let vector = known.iter().find(|vector| vector.id == *id);
            let of_file = file.as_ref().map(|file| format!(" --file {}", file.display())).unwrap_or_default();
            let vector = vector.ok_or_else(|| Failure::NoVector { id: id.clone(), of_file })?;
            unless_closed(explain(vector, if *all { usize::MAX } else { ROWS }))?;
            Ok(Verdict::Equal)
        }
    }
}

/// The flags of vectors, by their names.
fn flags() -> impl TypedValueParser<Value = Flag> {
    let names = PossibleValuesParser::new(Flag::ALL.iter().map(|flag| flag.name()));
    names.try_map(|name| {
        Flag::ALL.iter().copied().find(|flag| flag.name() == name).ok_or("there is no such flag")
    })
}

/// Where vectors are published, in a checkout of this project and in any other.
const GOLDEN: &str = "golden";

/// All suites that are published.
fn published(seed: u64) -> Result<Vec<Suite>, Failure> {
    Ok(PUBLISHED.iter().map(|name| Suite::built_in(name, seed)).collect::<Result<_, _>>()?)
}

/// Suites as [`vectors::files`] takes them.
fn parts(suites: &[Suite]) -> Vec<(&str, &[Vector])> {
    suites.iter().map(|suite| (suite.name.as_str(), suite.vectors.as_slice())).collect()
}

/// The suite that is in no file of `golden/`, but in its manifest.
const LARGE: &str = "limits";

fn generate(dir: &Path, seed: u64, only: &[String]) -> Result<Verdict, Failure> {
    let named =
        |names: &[&str]| names.iter().map(|name| Suite::built_in(name, seed)).collect::<Result<Vec<_>, _>>();
    let (suites, large) = match only {
        [] => (published(seed)?, named(&[LARGE])?),
        only => (named(&only.iter().map(String::as_str).collect::<Vec<_>>())?, Vec::new()),
    };
    create_dir(dir)?;
    let files = vectors::files(&parts(&suites), &parts(&large), seed)
        .map_err(|source| Failure::Write { path: dir.to_owned(), source })?;
    for (name, contents) in &files {
        write_file(&dir.join(name), |sink| sink.write_all(contents))?;
    }
    let mut out = out();
    unless_closed(suites.iter().try_for_each(|Suite { name, vectors, .. }| {
        let bins: usize = vectors.iter().map(Vector::bins).sum();
        writeln!(out, "{name:<10} {:>6} vectors {bins:>9} bins", vectors.len())
    }))?;
    let bytes: usize = files.iter().map(|(_, contents)| contents.len()).sum();
    unless_closed(writeln!(out, "{} files, {bytes} bytes in {}; seed {seed}", files.len(), dir.display()))?;
    Ok(Verdict::Equal)
}

fn export(files: &[(String, Vec<u8>)], dir: &Path) -> Result<Verdict, Failure> {
    create_dir(dir)?;
    for (name, contents) in files {
        write_file(&dir.join(name), |sink| sink.write_all(contents))?;
    }
    let mut out = out();
    unless_closed(files.iter().try_for_each(|(name, contents)| {
        writeln!(out, "{:<40} {:>10} bytes", dir.join(name).display(), contents.len())
    }))?;
    Ok(Verdict::Equal)
}

fn check(paths: &[PathBuf], no_cores: bool, options: &judge::Options) -> Result<Verdict, Failure> {
    let seed = options.seed()?;
    let golden = Path::new(GOLDEN);
    let (suites, mut errors) = match paths {
        [] if golden.exists() => read_suites(&[golden.to_owned()]),
        [] => {
            say(format_args!("there is no {GOLDEN}/ here: the built-in suites are checked"));
            (published(seed)?, Vec::new())
        }
        paths => read_suites(paths),
    };
    let dirs = if paths.is_empty() { vec![golden.to_owned()] } else { paths.to_vec() };
    for (suite, checked) in dirs.iter().flat_map(|dir| vectors::check_made(dir, &mut made)) {
        match checked {
            Ok(()) => say(format_args!("{suite} is in no file, and is made as the manifest has it")),
            Err(error) => {
                say(format_args!("error: {error}"));
                errors.push(error.to_string());
            }
        }
    }
    match (no_cores, errors.is_empty()) {
        (false, _) => judge::judge((suites.len(), || Ok(suites)), errors, seed, options),
        (true, true) => check_software(&suites),
        (true, false) => check_software(&suites).map(|_| Verdict::BadInput),
    }
}

/// A suite that a manifest has a command for.
fn made(suite: &str, seed: u64) -> Option<Vec<Vector>> {
    Suite::built_in(suite, seed).ok().map(|suite| suite.vectors)
}

fn check_software(suites: &[Suite]) -> Result<Verdict, Failure> {
    let mut out = out();
    let mut verdict = Verdict::Equal;
    for Suite { name, vectors, .. } in suites {
        let wrong: Vec<_> =
            vectors.iter().filter_map(|vector| Some((&vector.id, vectors::check(vector).err()?))).collect();
        for (id, what) in &wrong {
            verdict = Verdict::Mismatch;
            unless_closed(writeln!(out, "MISMATCH in suite {name}, vector {id}: {what}"))?;
        }
        let (right, count) = (vectors.len() - wrong.len(), vectors.len());
        unless_closed(writeln!(out, "{name:<10} {right} of {count} vectors hold for oracle and engine"))?;
    }
    Ok(verdict)
}

/// The slices of streams that are made up.
fn dreamt(dreams: &[Dreams]) -> Result<Vec<Vector>, Failure> {
    let suites = dreams.iter().map(|dreams| {
        let suite = Suite::from_dreams(dreams, &mut || ());
        suite.map_err(|source| Failure::Dreams { dreams: dreams.to_string(), source })
    });
    Ok(suites.collect::<Result<Vec<_>, _>>()?.into_iter().flat_map(|suite| suite.vectors).collect())
}

/// The vectors of a file, or all that are built in.
fn known(file: Option<&PathBuf>) -> Result<Vec<Vector>, Failure> {
    Ok(match file {
        Some(file) => vectors::read_file(file)?.1,
        None => Suite::built_in("full", 1)?.vectors,
    })
}

fn print_classes(vectors: &[&Vector]) -> io::Result<()> {
    let mut classes: BTreeMap<String, Vec<&Vector>> = BTreeMap::new();
    for vector in vectors {
        classes.entry(vector.class()).or_default().push(vector);
    }
    let mut out = out();
    writeln!(out, "{:<34} {:>7} {:>8}  {:<8} catches", "class", "vectors", "bins", "coders")?;
    for (class, vectors) in &classes {
        let bins: usize = vectors.iter().map(|vector| vector.bins()).sum();
        let catches = vectors[0].flags.first().map_or("", |flag| flag.bug());
        writeln!(out, "{class:<34} {:>7} {bins:>8}  {:<8} {catches}", vectors.len(), coders(vectors[0]))?;
    }
    let (vectors, classes) = (counted(vectors.len(), "vector"), counted(classes.len(), "class"));
    writeln!(out, "{vectors} of {classes}; add a word to see those whose names contain it")
}

fn coders(vector: &Vector) -> &'static str {
    if vector.decode_only { "decoder" } else { "both" }
}

fn print_vectors(vectors: &[&Vector]) -> io::Result<()> {
    let mut out = out();
    for vector in vectors {
        let error = vector.error.map(|error| format!(": {error}")).unwrap_or_default();
        let (id, comment) = (&vector.id, &vector.comment);
        writeln!(out, "{id:<34} {:>7} bins  {:<8} {comment}{error}", vector.bins(), coders(vector))?;
    }
    writeln!(out, "{} vectors", vectors.len())
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    class: String,
    comment: &'a str,
    flags: Vec<&'a str>,
    coders: &'a str,
    bins: usize,
    bytes: usize,
    error: Option<String>,
}

fn print_json(vectors: &[&Vector]) -> io::Result<()> {
    let listed: Vec<Listed<'_>> = vectors
        .iter()
        .map(|vector| Listed {
            id: &vector.id,
            class: vector.class(),
            comment: &vector.comment,
            flags: vector.flags.iter().map(|flag| flag.name()).collect(),
            coders: coders(vector),
            bins: vector.bins(),
            bytes: vector.bytes.len(),
            error: vector.error.map(|error| error.to_string()),
        })
        .collect();
    let mut out = out();
    serde_json::to_writer_pretty(&mut out, &listed)?;
    writeln!(out)
}

/// More requests than this number are shown only if asked for.
const ROWS: usize = 200;

fn explain(vector: &Vector, rows: usize) -> io::Result<()> {
    let mut out = out();
    writeln!(out, "{}\n  {}", vector.id, vector.comment)?;
    for flag in &vector.flags {
        writeln!(out, "  {} catches {};\n    it shows so: {}", flag.name(), flag.bug(), flag.shows())?;
    }
    match vector.decode_only {
        false => writeln!(
            out,
            "  for encoders and decoders: {} bins, {} bytes",
            vector.bins(),
            vector.bytes.len()
        )?,
        true => writeln!(
            out,
            "  for decoders only, no encoder makes this: {} bins, {} bytes",
            vector.bins(),
            vector.bytes.len()
        )?,
    }
    writeln!(out, "  error: {}\n", vector.error.map_or("none".into(), |error| error.to_string()))?;

    writeln!(
        out,
        "{:>6}  {:<26} {:>9} {:>7} {:>11} {:>10} {:>9}",
        "bin", "request", "codIRange", "codILow", "outstanding", "codIOffset", "bits read"
    )?;
    let mut steps = trail(vector);
    for step in steps.by_ref().take(rows) {
        let bin = step.bin.map_or(String::new(), |bin| bin.to_string());
        let number = |value: Option<u32>| value.map_or("-".into(), |value| value.to_string());
        writeln!(
            out,
            "{bin:>6}  {:<26} {:>9} {:>7} {:>11} {:>10} {:>9}{}",
            step.request.to_string(),
            step.cod_i_range,
            number(step.cod_i_low),
            number(step.bits_outstanding),
            step.cod_i_offset,
            step.position,
            step.error.map_or(String::new(), |error| format!("  {error:?}")),
        )?;
    }
    match steps.count() {
        0 => {}
        more => writeln!(out, "  ... and {} (--all)", counted(more, "more request"))?,
    }
    writeln!(out, "\nbytes:")?;
    for line in vector.bytes.chunks(16).take(rows) {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "  {}", hex.join(" "))?;
    }
    match vector.bytes.len().div_ceil(16).saturating_sub(rows) {
        0 => Ok(()),
        more => writeln!(out, "  ... and {more} more lines (--all)"),
    }
}
