//! `silicabac weights search`

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use rayon::prelude::*;
use silicabac::files;
use silicabac::shell;
use silicabac::weights::{
    compress::{Coder, Options, Summary, WeightsError, compress},
    decompress::decompress,
    model::{Format, ModelFile},
    search::{self, Fingerprint, Grid, Method, Outcome, TABLE, Trial},
};

use super::super::output::{distinct, is_stdout, write_file, write_seekable, write_whole};
use super::evaluator::Named;
use super::files::{
    container_for, default_output, open_container, open_model, warn_of_patterns, weights_failure,
};
use super::print::{Progress, line, say};
use super::values::{method, tolerance};
use super::{Failure, Jobs, Keep, Verdict};
use crate::cli::shard;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// A shell command that prints the accuracy of the model file {}, as `accuracy 98.1` or in its last line; if it also prints
    /// `tuning 98.3`, that of another split, choices are made by this one
    #[arg(long, value_name = "COMMAND")]
    evaluate: String,
    /// How levels are made: relative, dc-v2, dc-v1, nearest, lloyd or kmeans; repeatable [default: relative and dc-v2, and dc-v1 with
    /// --sigma]
    #[arg(long = "method", value_name = "NAME", value_parser = method)]
    methods: Vec<Method>,
    /// Standard deviations of the weights, a model file with the same names and shapes; they weigh the error of each weight
    #[arg(long, value_name = "MODEL")]
    sigma: Option<PathBuf>,
    /// Try fewer settings, for an evaluator that takes long
    #[arg(long)]
    coarse: bool,
    /// How much accuracy may be lost, in the command's own unit [default: 0.1, or 0.001 where accuracies are at most 1]
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    tolerance: Option<f64>,
    /// Where to write the best container [default: the model's name and .sbw, as in model.onnx.sbw]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The table of all trials; that of a shard has -I-of-N in its name. A search goes on from a table of the same model, evaluator and
    /// options [default: the container's name and .csv]
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// A picture of size against accuracy [default: the container's name and .svg]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Quantise small tensors as well, to levels of this number of bits, each value to the nearest
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(2..=24))]
    small_bits: Option<u8>,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    shard: shard::Options,
    #[command(flatten)]
    pub(super) jobs: Jobs,
}

/// What is looked for, and where it is written.
pub(super) struct Search<'a> {
    model: &'a Path,
    evaluate: &'a str,
    /// Standard deviations of the weights.
    sigma: Option<&'a Path>,
    /// By default those with a step and a price of bits.
    methods: &'a [Method],
    grid: Grid,
    /// By default a tenth of a point, whether accuracies are in per cent or shares.
    tolerance: Option<f64>,
    container: PathBuf,
    csv: PathBuf,
    svg: PathBuf,
    options: Options,
    /// Which trials of each list are run here.
    shard: shard::Options,
}

impl<'a> Search<'a> {
    pub(super) fn new(arguments: &'a Arguments) -> Result<Search<'a>, Failure> {
        let Arguments {
            model,
            evaluate,
            methods,
            sigma,
            coarse,
            tolerance,
            csv,
            svg,
            small_bits,
            keep,
            shard,
            ..
        } = arguments;
        if methods.contains(&Method::DcV1) && sigma.is_none() {
            let what = "--method dc-v1 needs standard deviations; say with --sigma where they are";
            return Err(Failure::Usage(what.into()));
        }
        let container = container_for(model, arguments.output.as_deref())?;
        if is_stdout(&container) {
            return Err(Failure::Usage("a search writes several files; name the container with -o".into()));
        }
        let beside = |given: &Option<PathBuf>, suffix, start: &[u8], otherwise| match given {
            Some(path) => Ok(path.clone()),
            None => default_output(&container, suffix, start, otherwise),
        };
        Ok(Search {
            model,
            evaluate,
            sigma: sigma.as_deref(),
            methods,
            grid: if *coarse { Grid::COARSE } else { Grid::FINE },
            tolerance: *tolerance,
            csv: beside(csv, ".csv", TABLE.as_bytes(), "no table of trials")?,
            svg: beside(svg, ".svg", b"<svg", "no picture")?,
            container,
            options: Options { small_bits: *small_bits, rules: keep.rules().collect(), ..Options::default() },
            shard: *shard,
        })
    }
}

impl Search<'_> {
    pub(super) fn run(&self) -> Result<Verdict, Failure> {
        let original = self.check_files()?;
        let named = || Named::of(self.evaluate).map_err(|(path, source)| Failure::Read { path, source });
        let before = named()?;
        let (tuning, accuracy) = self.accuracies(self.model)?;
        let evaluator = format!("{}\n{}", self.evaluate, before.unchanged(&named()?));
        let is_share = tuning.abs() <= 1.0;
        let tolerance = self.tolerance.unwrap_or(if is_share { 0.001 } else { 0.1 });
        // In floating point 97.42 - 0.1 is more than 97.32, so the difference is rounded.
        let least = ((tuning - tolerance) * 1e9).round() / 1e9;
        line(format_args!("original: {original} bytes, accuracy {tuning}; at least {least} is kept"))?;
        if is_share && tolerance >= 0.05 {
            let points = 100.0 * tolerance;
            say(format_args!(
                "warning: with accuracies up to 1 a tolerance of {tolerance} is {points} points of a hundred"
            ));
        }
        let fingerprint = self.fingerprint(&evaluator, (tuning, accuracy))?;
        let mut outcomes = self.known(&fingerprint)?;
        if !outcomes.is_empty() {
            line(format_args!("{} trials are known", outcomes.len()))?;
        }
        let methods = self.methods();
        let search = search::Search {
            methods: &methods,
            grid: self.grid,
            has_sigma: self.sigma.is_some(),
            largest: self.largest()?,
            least,
        };
        match search.run(&mut outcomes, &mut |trials, outcomes| self.trials(trials, outcomes, &fingerprint)) {
            Err(Stopped::Failed(failure)) => return Err(failure),
            Err(Stopped::Waits(open)) => {
                let told = self.shard.told();
                line(format_args!(
                    "{open} trials of other shards are not known yet; once they are, run this command again{told}"
                ))?;
                return Ok(Verdict::Equal);
            }
            Ok(()) if self.shard.is_part() => {
                line("all trials are known; the search without --shard writes the best container")?;
                return Ok(Verdict::Equal);
            }
            Ok(()) => {}
        }
        // If shards have run all trials, nothing has written the table of all trials yet.
        write_table(&self.csv, &fingerprint, &outcomes)?;
        write_file(&self.svg, |sink| {
            sink.write_all(search::svg(&outcomes, (original, tuning), least).as_bytes())
        })?;
        let Some(best) = search::best(&outcomes, least) else {
            line(format_args!("no trial keeps the accuracy; {} has them all", self.csv.display()))?;
            return Ok(Verdict::BelowGoal);
        };
        let mut model = open_model(self.model)?;
        let options = best.trial.options(&self.options);
        let mut sigma = self.sigma()?;
        write_container(&mut model, sigma.as_mut(), &options, &self.container)
            .map_err(|error| self.failed(error))?;
        line(format_args!(
            "best: {}, size {}, price {}: {} bytes, {:.2} % of the original, {} by the numbers that it was chosen by",
            best.trial.method.name(),
            best.trial.size,
            best.trial.price,
            best.bytes,
            100.0 * best.bytes as f64 / original.max(1) as f64,
            best.tuning
        ))?;
        line(format_args!("accuracy: {} (of the original: {accuracy})", best.accuracy))?;
        line(format_args!("{}, {}, {}", self.container.display(), self.csv.display(), self.svg.display()))?;
        Ok(Verdict::Equal)
    }

    fn methods(&self) -> Vec<Method> {
        let default = [Method::Relative, Method::DcV2, Method::DcV1];
        let is_possible = |method: &Method| *method != Method::DcV1 || self.sigma.is_some();
        let default = default.into_iter().filter(is_possible);
        if self.methods.is_empty() { default.collect() } else { self.methods.to_vec() }
    }

    fn sigma(&self) -> Result<Option<ModelFile>, Failure> {
        self.sigma.map(open_model).transpose()
    }

    /// The largest weight of the model.
    fn largest(&self) -> Result<f32, Failure> {
        let options = Options { coder: Coder::Cabac, ..self.options.clone() };
        let (_, _, summaries) = compress(&mut open_model(self.model)?, None, &options, io::sink(), &|_| ())
            .map_err(weights_failure(self.model))?;
        Ok(summaries.iter().map(Summary::largest_with_levels).fold(0.0, f32::max))
    }

    fn failed(&self, error: Failed) -> Failure {
        match error {
            Failed::Weights(source) => weights_failure(self.model)(source),
            Failed::Other(failure) => failure,
        }
    }

    /// Checks, before the first trial, that the model can be read repeatedly and the outputs can be written. Returns the length of the
    /// model.
    fn check_files(&self) -> Result<u64, Failure> {
        let failed = |source| Failure::Read { path: self.model.to_owned(), source };
        if !fs::metadata(self.model).map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("a search reads it again and again; make a file of it")));
        }
        warn_of_patterns(&open_model(self.model)?, &self.options);
        match self.shard.is_part() {
            true => distinct(&[&self.table()])?,
            false => distinct(&[&self.container, &self.csv, &self.svg])?,
        }
        fs::metadata(self.model).map(|metadata| metadata.len()).map_err(failed)
    }

    fn fingerprint(&self, evaluator: &str, accuracies: (f64, f64)) -> Result<Fingerprint, Failure> {
        let (mut model, mut sigma) = (open_model(self.model)?, self.sigma()?);
        Fingerprint::new(&mut model, sigma.as_mut(), &self.options, evaluator, accuracies)
            .map_err(|error| weights_failure(self.model)(error.into()))
    }

    /// The table of the trials that are run here.
    fn table(&self) -> PathBuf {
        self.shard.file(&self.csv)
    }

    /// The outcomes in the tables of earlier searches and of other shards.
    fn known(&self, fingerprint: &Fingerprint) -> Result<Vec<Outcome>, Failure> {
        let failed = |source| Failure::Read { path: self.csv.clone(), source };
        let tables = shard::files(&self.csv).map_err(failed)?;
        let mut all: Vec<Outcome> = Vec::new();
        for path in tables {
            let failed = |source| Failure::Read { path: path.clone(), source };
            let table = files::read_earlier(&path).map_err(failed)?.unwrap_or_default();
            let outcomes = search::read_table(&table, fingerprint)
                .map_err(|source| Failure::Trials { path: path.clone(), source })?;
            add(&mut all, outcomes);
        }
        Ok(all)
    }

    /// Runs the trials of a list that are not known yet, and adds a line to the table for each. A shard runs its share of them, and then
    /// needs the results of the others from their tables.
    fn trials(
        &self,
        trials: &[Trial],
        outcomes: &mut Vec<Outcome>,
        fingerprint: &Fingerprint,
    ) -> Result<(), Stopped> {
        let mut list: Vec<Trial> = Vec::new();
        for trial in trials {
            if !list.contains(trial) {
                list.push(*trial);
            }
        }
        let unknown = |outcomes: &[Outcome], mut trials: Vec<Trial>| {
            trials.retain(|trial| !outcomes.iter().any(|outcome| outcome.trial == *trial));
            trials
        };
        let new = unknown(outcomes, self.shard.of(list.iter().copied()));
        let bar = Progress::new(new.len() as u64, "trials");
        let known = Mutex::new(std::mem::take(outcomes));
        let table = self.table();
        let run = |&trial: &Trial| -> Result<(), Failed> {
            let outcome = self.trial(trial)?;
            let mut known = known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            known.push(outcome);
            write_table(&table, fingerprint, &known)?;
            bar.inc(1);
            Ok(())
        };
        let result = new.par_iter().try_for_each(run);
        bar.finish();
        *outcomes = known.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        result.map_err(|error| self.failed(error))?;
        if self.shard.is_part() {
            add(outcomes, self.known(fingerprint)?);
        }
        // The order does not depend on which trial ended first.
        outcomes.sort_by(|a, b| {
            (a.trial.method.name(), a.trial.price, a.trial.size)
                .partial_cmp(&(b.trial.method.name(), b.trial.price, b.trial.size))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        match unknown(outcomes, list).len() {
            0 => Ok(()),
            open => Err(Stopped::Waits(open)),
        }
    }

    fn trial(&self, trial: Trial) -> Result<Outcome, Failed> {
        let dir = tempfile::tempdir().map_err(WeightsError::from)?;
        let container = dir.path().join("trial.sbw");
        let mut model = ModelFile::open(self.model).map_err(WeightsError::from)?;
        let mut sigma = self.sigma().map_err(Failed::Other)?;
        let bytes = write_container(&mut model, sigma.as_mut(), &trial.options(&self.options), &container)?;
        // A model of several files comes back as one file.
        let extension = match model.format() {
            Format::Safetensors => "safetensors".as_ref(),
            _ => self.model.extension().unwrap_or_default(),
        };
        let again = dir.path().join("trial").with_extension(extension);
        let (mut opened, _) = open_container(&container)?;
        write_seekable(&again, |sink| {
            decompress(&mut opened, sink, &mut Err, &|_| ()).map(drop).map_err(Failed::from)
        })?;
        let (tuning, accuracy) = self.accuracies(&again).map_err(Failed::Other)?;
        Ok(Outcome { trial, bytes, tuning, accuracy })
    }

    fn accuracies(&self, model: &Path) -> Result<(f64, f64), Failure> {
        let command = self.evaluate.replace("{}", &shell::path(model));
        let failed = |what: String| Failure::Evaluator { command: command.clone(), what };
        let run =
            Command::new("sh").arg("-c").arg(&command).output().map_err(|error| failed(error.to_string()))?;
        if !run.status.success() {
            let last = String::from_utf8_lossy(&run.stderr).lines().last().unwrap_or_default().to_string();
            return Err(failed(format!("{}: {last}", run.status)));
        }
        let output = String::from_utf8_lossy(&run.stdout);
        search::accuracies(&output).ok_or_else(|| failed("it printed no number".to_string()))
    }
}

fn write_table(path: &Path, fingerprint: &Fingerprint, outcomes: &[Outcome]) -> Result<(), Failure> {
    write_file(path, |sink| {
        writeln!(sink, "{}", fingerprint.heading())?;
        outcomes.iter().try_for_each(|outcome| writeln!(sink, "{}", outcome.to_csv()))
    })
}

/// Adds the outcomes of trials that have none yet.
fn add(outcomes: &mut Vec<Outcome>, more: Vec<Outcome>) {
    for outcome in more {
        if !outcomes.iter().any(|known| known.trial == outcome.trial) {
            outcomes.push(outcome);
        }
    }
}

/// Why a search does not go on.
enum Stopped {
    Failed(Failure),
    /// The next list follows from trials of other shards, of which this number is not done.
    Waits(usize),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Stopped {
        Stopped::Failed(failure)
    }
}

/// Why a trial failed.
enum Failed {
    Weights(WeightsError),
    Other(Failure),
}

impl From<WeightsError> for Failed {
    fn from(error: WeightsError) -> Failed {
        Failed::Weights(error)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Failed {
        Failed::Other(failure)
    }
}

/// Compresses a model into a file; its length.
fn write_container(
    model: &mut ModelFile,
    sigma: Option<&mut ModelFile>,
    options: &Options,
    path: &Path,
) -> Result<u64, Failed> {
    write_whole(path, |sink| Ok(compress(model, sigma, options, sink, &|_| ())?.0))
}
