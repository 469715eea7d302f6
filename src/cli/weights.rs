//! `silicabac weights`

use std::{
    fs::{self, File},
    io::{self, BufReader, Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use clap::{Subcommand, ValueEnum};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::Serialize;
use silicabac::weights::{
    article::{ABS_GR, MAX_ABS_GR},
    compare::sizes,
    compress::{Options, Quantizer, Step, Summary, WeightsError, compress, decompress, levels},
    container::{Coding, Container, ContainerError, Index, columns},
    model::ModelFile,
    quantise::Values,
    search::{self, Outcome, Trial},
};

use super::{Failure, Verdict, progress_bar, unless_closed, write_file};

/// Compress the weights of trained networks with CABAC (DeepCABAC), into streams that the decoder core decodes
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Compress a model: safetensors, npz or ONNX
    Compress {
        /// The model
        #[arg(value_name = "MODEL")]
        model: PathBuf,
        /// Where to write [default: the model's name with .sbw]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        how: How,
        /// How to print the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Make a model file of a container again, in the format that it was made of
    Decompress {
        /// The container
        #[arg(value_name = "CONTAINER")]
        container: PathBuf,
        /// Where to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Go on where a stream is damaged, with zeros in its place
        #[arg(long)]
        skip_damaged: bool,
        #[command(flatten)]
        jobs: Jobs,
    },
    /// Show what is in a container, tensor by tensor
    Inspect {
        /// The container
        #[arg(value_name = "CONTAINER")]
        container: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Compare the sizes that other coders need for the same levels, after each quantizer
    Compare {
        /// The model
        #[arg(value_name = "MODEL")]
        model: PathBuf,
        #[command(flatten)]
        how: How,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Table::Human)]
        format: Table,
    },
    /// Look for the smallest container that keeps the accuracy that a command of yours measures
    Search {
        /// The model
        #[arg(value_name = "MODEL")]
        model: PathBuf,
        /// A shell command that prints the accuracy of the model file {}, as `accuracy 98.1` or in its last line; if it also prints
        /// `tuning 98.3`, that of another split, choices are made by this one
        #[arg(long, value_name = "COMMAND")]
        evaluate: String,
        /// How much accuracy may be lost, in the command's own unit
        #[arg(long, value_name = "NUMBER", default_value_t = 0.1)]
        tolerance: f64,
        /// Where to write the best container [default: the model's name with .sbw]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The table of all trials; a search that finds one goes on where it ends [default: the container's name with .csv]
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        /// A picture of size against accuracy [default: the container's name with .svg]
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Quantise small tensors as well, to the nearest of the levels of so many bits
        #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(2..=24))]
        small_bits: Option<u8>,
        #[command(flatten)]
        jobs: Jobs,
    },
}

#[derive(clap::Args)]
struct Jobs {
    /// How many processors to use; 0 is all of them
    #[arg(short, long, value_name = "NUMBER", default_value_t = 0)]
    jobs: usize,
}

#[derive(clap::Args)]
struct How {
    /// Which level a weight gets
    #[arg(long, value_enum, default_value_t = Which::Nearest)]
    quantizer: Which,
    /// The largest absolute value of each tensor has the largest level of so many bits
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u8).range(2..=24), group = "size")]
    bits: u8,
    /// The distance between levels, the same for all tensors
    #[arg(long, value_name = "NUMBER", group = "size", value_parser = above_zero)]
    step: Option<f32>,
    /// The distance between levels, as a share of the largest absolute value of each tensor
    #[arg(long, value_name = "NUMBER", group = "size", value_parser = above_zero)]
    relative_step: Option<f32>,
    /// The article's DC-v1: its coarseness S, 0 to 256; needs --sigma
    #[arg(long, value_name = "S", group = "size", requires = "sigma")]
    coarseness: Option<f32>,
    /// Standard deviations of the weights, a model file with the same names and shapes; they weigh the error of each weight
    #[arg(long, value_name = "MODEL")]
    sigma: Option<PathBuf>,
    /// For rd and lloyd: what a bit is worth, in squared steps
    #[arg(long, value_name = "NUMBER", default_value_t = 0.05)]
    lambda: f32,
    /// For lloyd and kmeans: how many values there are besides zero
    #[arg(long, value_name = "NUMBER", default_value_t = 32, value_parser = clap::value_parser!(u16).range(2..=4096))]
    clusters: u16,
    /// For kmeans: the share of the smallest weights that become zero
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    prune: f32,
    /// How many flags AbsGr a level has
    #[arg(long, value_name = "NUMBER", default_value_t = ABS_GR, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_ABS_GR)))]
    abs_gr: u8,
    /// Tensors of fewer elements, or of one dimension, are small: they are kept lossless
    #[arg(long, value_name = "ELEMENTS", default_value_t = 256)]
    smallest: u64,
    /// Quantise small tensors as well, to the nearest of the levels of so many bits
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(2..=24))]
    small_bits: Option<u8>,
    #[command(flatten)]
    jobs: Jobs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The nearest one
    Nearest,
    /// The one of which squared distance and bits are least together
    Rd,
    /// A codebook by the weighted Lloyd algorithm
    Lloyd,
    /// A codebook by k-means, after pruning (Deep Compression)
    Kmeans,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    Human,
    Json,
    Csv,
}

fn above_zero(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("it has to be a number above zero".to_string()),
    }
}

impl How {
    fn options(&self) -> Options {
        self.options_with(self.quantizer)
    }

    fn options_with(&self, quantizer: Which) -> Options {
        let step = match (self.step, self.relative_step, self.coarseness) {
            (Some(step), ..) => Step::Fixed(step),
            (_, Some(share), _) => Step::Relative(share),
            (.., Some(s)) => Step::V1(s),
            _ => Step::Bits(self.bits),
        };
        let (lambda, clusters) = (self.lambda, self.clusters.into());
        let quantizer = match quantizer {
            Which::Nearest => Quantizer::Nearest,
            Which::Rd => Quantizer::RateDistortion { lambda },
            Which::Lloyd => Quantizer::Lloyd { lambda, clusters },
            Which::Kmeans => Quantizer::KMeans { prune: self.prune, clusters },
        };
        Options { step, quantizer, abs_gr: self.abs_gr, smallest: self.smallest, small_bits: self.small_bits }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let jobs = match &arguments.verb {
        Verb::Compress { how, .. } | Verb::Compare { how, .. } => how.jobs.jobs,
        Verb::Decompress { jobs, .. } | Verb::Search { jobs, .. } => jobs.jobs,
        Verb::Inspect { .. } => 1,
    };
    // With no processors at all rayon takes those that there are.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool = pool.map_err(|error| Failure::Print(io::Error::other(error)))?;
    pool.install(|| match &arguments.verb {
        Verb::Compress { model, output, how, format } => {
            compress_file(model, output.as_deref(), how, *format)
        }
        Verb::Decompress { container, output, skip_damaged, .. } => {
            decompress_file(container, output, *skip_damaged)
        }
        Verb::Compare { model, how, format } => compare(model, how, *format),
        Verb::Inspect { container, format } => inspect(container, *format),
        Verb::Search { model, output, evaluate, tolerance, csv, svg, small_bits, .. } => {
            let with = |other: &Option<PathBuf>, container: &Path, extension| {
                other.clone().unwrap_or_else(|| container.with_extension(extension))
            };
            let container = with(output, model, "sbw");
            Search {
                model,
                evaluate,
                tolerance: *tolerance,
                csv: with(csv, &container, "csv"),
                svg: with(svg, &container, "svg"),
                container,
                options: Options { small_bits: *small_bits, ..Options::default() },
            }
            .run()
        }
    })
}

fn weights_failure(path: &Path) -> impl Fn(WeightsError) -> Failure + '_ {
    |source| Failure::Weights { path: path.to_owned(), source }
}

fn open_model(path: &Path) -> Result<ModelFile, Failure> {
    ModelFile::open(path).map_err(|error| weights_failure(path)(error.into()))
}

fn open_container(path: &Path) -> Result<Container<BufReader<File>>, Failure> {
    let file = File::open(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    Container::open(BufReader::new(file)).map_err(|error| weights_failure(path)(error.into()))
}

/// What a tensor has become.
#[derive(Serialize)]
struct Row {
    name: String,
    shape: Vec<u64>,
    elements: u64,
    coding: String,
    step: Option<f32>,
    bytes: u64,
    bits_per_weight: f64,
    share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    zeros: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_error: Option<f32>,
}

fn rows(index: &Index, length: u64, zeros: impl Fn(usize) -> Option<u64>, summaries: &[Summary]) -> Vec<Row> {
    let row = |(number, tensor): (usize, &silicabac::weights::container::Tensor)| {
        let elements = tensor.elements().unwrap_or(0);
        let (coding, step) = match &tensor.coding {
            Coding::Lossless => ("lossless".to_string(), None),
            Coding::Article { values: Values::Grid { step }, .. } => ("article".to_string(), Some(*step)),
            Coding::Article { values: Values::Codebook { values, .. }, .. } => {
                (format!("codebook of {}", values.len()), None)
            }
        };
        let is_coded = tensor.coding != Coding::Lossless;
        Row {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            elements,
            coding,
            step,
            bytes: tensor.stored(),
            bits_per_weight: tensor.stored() as f64 * 8.0 / elements.max(1) as f64,
            share: tensor.stored() as f64 / length.max(1) as f64,
            zeros: zeros(number).filter(|_| is_coded).map(|zeros| zeros as f64 / elements.max(1) as f64),
            largest_error: summaries.get(number).filter(|_| is_coded).map(|summary| summary.largest_error),
        }
    };
    index.tensors.iter().enumerate().map(row).collect()
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    bytes: u64,
    raw_bytes: u64,
    bits_per_weight: f64,
    tensors: Vec<Row>,
}

fn print(path: &Path, length: u64, index: &Index, tensors: Vec<Row>, format: Format) -> io::Result<()> {
    let raw_bytes: u64 = index.tensors.iter().map(|tensor| tensor.bytes).sum();
    let elements: u64 = tensors.iter().map(|row| row.elements).sum();
    let bits_per_weight = length as f64 * 8.0 / elements.max(1) as f64;
    let mut out = io::stdout().lock();
    if format == Format::Json {
        serde_json::to_writer_pretty(
            &mut out,
            &Report { file: path, bytes: length, raw_bytes, bits_per_weight, tensors },
        )?;
        return writeln!(out);
    }
    let width = tensors.iter().map(|row| row.name.len()).max().unwrap_or(0).clamp(6, 48);
    writeln!(
        out,
        "{:width$}  {:>16}  {:>14}  {:>10}  {:>6}  {:>10}  {:>6}  {:>6}",
        "tensor", "shape", "coding", "step", "zeros", "bytes", "bits", "share"
    )?;
    for row in &tensors {
        let name: String = row.name.chars().take(48).collect();
        let shape = row.shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
        let step = row.step.map(|step| format!("{step:.3e}")).unwrap_or_default();
        let zeros = row.zeros.map(|zeros| format!("{:.1} %", 100.0 * zeros)).unwrap_or_default();
        writeln!(
            out,
            "{name:width$}  {shape:>16}  {:>14}  {step:>10}  {zeros:>6}  {:>10}  {:>6.3}  {:>5.1}%",
            row.coding,
            row.bytes,
            row.bits_per_weight,
            100.0 * row.share
        )?;
    }
    writeln!(
        out,
        "{}: {length} bytes of {raw_bytes}, {:.2} %, {bits_per_weight:.3} bits an element, all headers counted",
        path.display(),
        100.0 * length as f64 / raw_bytes.max(1) as f64
    )
}

fn compress_file(path: &Path, output: Option<&Path>, how: &How, format: Format) -> Result<Verdict, Failure> {
    let mut model = open_model(path)?;
    let mut sigma = how.sigma.as_deref().map(open_model).transpose()?;
    let output = output.map_or_else(|| path.with_extension("sbw"), Path::to_owned);
    let total = model.tensors().iter().map(|tensor| tensor.bytes).sum();
    let bar = progress_bar(total, "bytes");
    let mut done = None;
    let mut failure = None;
    let written = write_file(&output, |sink| {
        match compress(&mut model, sigma.as_mut(), &how.options(), sink, &|bytes| bar.inc(bytes)) {
            Ok(result) => done = Some(result),
            Err(error) => failure = Some(error),
        }
        if failure.is_some() { Err(io::Error::other("nothing is written")) } else { Ok(()) }
    });
    bar.finish_and_clear();
    if let Some(error) = failure {
        return Err(weights_failure(path)(error));
    }
    written?;
    if let Some((length, index, summaries)) = done {
        let tensors = rows(&index, length, |number| Some(summaries[number].zeros), &summaries);
        unless_closed(print(&output, length, &index, tensors, format))?;
    }
    Ok(Verdict::Equal)
}

fn decompress_file(path: &Path, output: &Path, skip_damaged: bool) -> Result<Verdict, Failure> {
    let mut container = open_container(path)?;
    let total = container.index().tensors.iter().map(|tensor| tensor.bytes).sum();
    let bar = progress_bar(total, "bytes");
    let mut damaged = 0;
    let mut on_damage = |error: ContainerError| {
        damaged += 1;
        if !skip_damaged {
            return Err(error);
        }
        bar.suspend(|| eprintln!("error: {}: {error}; zeros stand for it", path.display()));
        Ok(())
    };
    let dir = output.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| Failure::Write { path: output.to_owned(), source };
    let file = super::temporary(dir).map_err(failed)?;
    let written = decompress(&mut container, file, &mut on_damage, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let file = written.map_err(weights_failure(path))?;
    super::persist(file, output).map_err(failed)?;
    Ok(if damaged == 0 { Verdict::Equal } else { Verdict::BadInput })
}

fn inspect(path: &Path, format: Format) -> Result<Verdict, Failure> {
    let mut container = open_container(path)?;
    let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let index = container.index().clone();
    let mut damaged = 0;
    let mut zeros = Vec::new();
    for number in 0..index.tensors.len() {
        let mut sum = Some(0);
        for slice in 0..index.tensors[number].streams.len() {
            match levels(&mut container, number, slice) {
                Ok(levels) => {
                    let found = levels.unwrap_or_default().iter().filter(|level| **level == 0).count() as u64;
                    sum = sum.map(|sum| sum + found);
                }
                Err(error) => {
                    damaged += 1;
                    sum = None;
                    eprintln!("error: {}: {error}", path.display());
                }
            }
        }
        zeros.push(sum);
    }
    unless_closed(print(path, length, &index, rows(&index, length, |number| zeros[number], &[]), format))?;
    Ok(if damaged == 0 { Verdict::Equal } else { Verdict::BadInput })
}

/// What all coders need after one quantizer, in bytes; tensors that are kept lossless are not counted.
#[derive(Default, Serialize)]
struct Compared {
    quantizer: String,
    weights: u64,
    entropy: f64,
    huffman: u64,
    csr_huffman: u64,
    bzip2: u64,
    xz: u64,
    zstd_19: u64,
    article: u64,
}

impl Compared {
    const COLUMNS: [&str; 7] = ["entropy", "Huffman", "CSR-Huffman", "bzip2", "xz", "zstd -19", "article"];

    fn sizes(&self) -> [f64; 7] {
        let Compared { huffman, csr_huffman, bzip2, xz, zstd_19, article, .. } = *self;
        let counted = [huffman, csr_huffman, bzip2, xz, zstd_19, article].map(|bytes| bytes as f64);
        let [huffman, csr_huffman, bzip2, xz, zstd_19, article] = counted;
        [self.entropy / 8.0, huffman, csr_huffman, bzip2, xz, zstd_19, article]
    }
}

fn compare(path: &Path, how: &How, format: Table) -> Result<Verdict, Failure> {
    let all = [Which::Nearest, Which::Rd, Which::Lloyd, Which::Kmeans];
    let count = open_model(path)?.tensors().len();
    let bar = progress_bar((all.len() * count) as u64, "tensors");
    let mut table = Vec::new();
    for quantizer in all {
        let mut model = open_model(path)?;
        let mut sigma = how.sigma.as_deref().map(open_model).transpose()?;
        let mut bytes = Vec::new();
        let compressed =
            compress(&mut model, sigma.as_mut(), &how.options_with(quantizer), &mut bytes, &|_| ());
        compressed.map_err(weights_failure(path))?;
        table.push(compared(quantizer, &bytes, &bar).map_err(weights_failure(path))?);
    }
    bar.finish_and_clear();
    unless_closed(print_compared(&table, format))?;
    Ok(Verdict::Equal)
}

fn compared(quantizer: Which, container: &[u8], bar: &ProgressBar) -> Result<Compared, WeightsError> {
    let name = quantizer.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default();
    let index = Container::open(Cursor::new(container))?.index().clone();
    let parts: Vec<Compared> = index
        .tensors
        .par_iter()
        .enumerate()
        .map(|(number, tensor)| {
            bar.inc(1);
            let mut container = Container::open(Cursor::new(container))?;
            let mut all = Vec::new();
            for slice in 0..tensor.streams.len() {
                all.extend(levels(&mut container, number, slice)?.unwrap_or_default());
            }
            if all.is_empty() {
                return Ok(Compared::default());
            }
            let sizes = sizes(&all, columns(&tensor.shape))?;
            Ok(Compared {
                quantizer: String::new(),
                weights: all.len() as u64,
                entropy: sizes.entropy,
                huffman: sizes.huffman as u64,
                csr_huffman: sizes.csr_huffman as u64,
                bzip2: sizes.bzip2 as u64,
                xz: sizes.xz as u64,
                zstd_19: sizes.zstd as u64,
                article: tensor.stored(),
            })
        })
        .collect::<Result<_, WeightsError>>()?;
    Ok(parts.into_iter().fold(Compared { quantizer: name, ..Compared::default() }, |sum, part| Compared {
        weights: sum.weights + part.weights,
        entropy: sum.entropy + part.entropy,
        huffman: sum.huffman + part.huffman,
        csr_huffman: sum.csr_huffman + part.csr_huffman,
        bzip2: sum.bzip2 + part.bzip2,
        xz: sum.xz + part.xz,
        zstd_19: sum.zstd_19 + part.zstd_19,
        article: sum.article + part.article,
        ..sum
    }))
}

fn print_compared(table: &[Compared], format: Table) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Table::Json => {
            serde_json::to_writer_pretty(&mut out, table)?;
            writeln!(out)
        }
        Table::Csv => {
            writeln!(out, "quantizer,weights,entropy,huffman,csr_huffman,bzip2,xz,zstd_19,article")?;
            table.iter().try_for_each(|row| {
                let sizes: Vec<String> = row.sizes().iter().map(|bytes| format!("{bytes:.0}")).collect();
                writeln!(out, "{},{},{}", row.quantizer, row.weights, sizes.join(","))
            })
        }
        Table::Human => {
            let titles: Vec<String> = Compared::COLUMNS.iter().map(|title| format!("{title:>12}")).collect();
            writeln!(out, "{:10}{}   bytes; below, bits a weight", "quantizer", titles.concat())?;
            for row in table {
                let bytes: Vec<String> = row.sizes().iter().map(|bytes| format!("{bytes:>12.0}")).collect();
                writeln!(out, "{:10}{}", row.quantizer, bytes.concat())?;
                let bits =
                    row.sizes().map(|bytes| format!("{:>12.3}", 8.0 * bytes / row.weights.max(1) as f64));
                writeln!(out, "{:10}{}", "", bits.concat())?;
            }
            Ok(())
        }
    }
}

struct Search<'a> {
    model: &'a Path,
    evaluate: &'a str,
    tolerance: f64,
    container: PathBuf,
    csv: PathBuf,
    svg: PathBuf,
    options: Options,
}

impl Search<'_> {
    fn run(&self) -> Result<Verdict, Failure> {
        let (tuning, accuracy) = self.accuracies(self.model)?;
        let least = tuning - self.tolerance;
        let original = fs::metadata(self.model).map_or(0, |metadata| metadata.len());
        println!("original: {original} bytes, accuracy {tuning}; at least {least} is kept");
        let mut outcomes = self.known();
        if !outcomes.is_empty() {
            println!("{} trials are known from {}", outcomes.len(), self.csv.display());
        }
        self.trials(&search::steps(), &mut outcomes)?;
        self.trials(&search::lambdas(&outcomes, least), &mut outcomes)?;
        while let Some(best) = search::best(&outcomes, least).copied() {
            self.trials(&search::around(&best), &mut outcomes)?;
            if search::best(&outcomes, least).is_none_or(|found| found.bytes >= best.bytes) {
                break;
            }
        }
        write_file(&self.svg, |sink| {
            sink.write_all(search::svg(&outcomes, (original, tuning), least).as_bytes())
        })?;
        let Some(best) = search::best(&outcomes, least) else {
            println!("no trial keeps the accuracy; {} has them all", self.csv.display());
            return Ok(Verdict::BelowGoal);
        };
        let mut model = open_model(self.model)?;
        let options = best.trial.options(&self.options);
        write_container(&mut model, &options, &self.container).map_err(|error| self.failed(error))?;
        println!(
            "best: step {}, lambda {}: {} bytes, {:.2} % of the original, {} by the numbers that it was chosen by",
            best.trial.step,
            best.trial.lambda,
            best.bytes,
            100.0 * best.bytes as f64 / original.max(1) as f64,
            best.tuning
        );
        println!("accuracy: {} (of the original: {accuracy})", best.accuracy);
        println!("{}, {}, {}", self.container.display(), self.csv.display(), self.svg.display());
        Ok(Verdict::Equal)
    }

    fn failed(&self, error: Failed) -> Failure {
        match error {
            Failed::Weights(source) => weights_failure(self.model)(source),
            Failed::Other(failure) => failure,
        }
    }

    /// What an earlier search has left.
    fn known(&self) -> Vec<Outcome> {
        let table = fs::read_to_string(&self.csv).unwrap_or_default();
        table.lines().filter_map(Outcome::from_csv).collect()
    }

    /// Runs those trials that are not known yet, and adds a line to the table for each.
    fn trials(&self, trials: &[Trial], outcomes: &mut Vec<Outcome>) -> Result<(), Failure> {
        let is_new = |trial: &&Trial| !outcomes.iter().any(|outcome| outcome.trial == **trial);
        let new: Vec<Trial> = trials.iter().filter(is_new).copied().collect();
        let bar = progress_bar(new.len() as u64, "trials");
        let known = Mutex::new(std::mem::take(outcomes));
        let run = |&trial: &Trial| -> Result<(), Failed> {
            let outcome = self.trial(trial)?;
            let mut known = known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            known.push(outcome);
            write_file(&self.csv, |sink| {
                writeln!(sink, "{}", search::CSV_HEADER)?;
                known.iter().try_for_each(|outcome| writeln!(sink, "{}", outcome.to_csv()))
            })?;
            bar.inc(1);
            Ok(())
        };
        let result = new.par_iter().try_for_each(run);
        bar.finish_and_clear();
        *outcomes = known.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        // In no order of their own but this.
        outcomes.sort_by(|a, b| {
            (a.trial.lambda, a.trial.step)
                .partial_cmp(&(b.trial.lambda, b.trial.step))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        result.map_err(|error| self.failed(error))
    }

    fn trial(&self, trial: Trial) -> Result<Outcome, Failed> {
        let dir = tempfile::tempdir().map_err(WeightsError::from)?;
        let container = dir.path().join("trial.sbw");
        let mut model = ModelFile::open(self.model).map_err(WeightsError::from)?;
        let bytes = write_container(&mut model, &trial.options(&self.options), &container)?;
        let extension = self.model.extension().unwrap_or_default();
        let again = dir.path().join("trial").with_extension(extension);
        let mut opened = Container::open(BufReader::new(File::open(&container).map_err(WeightsError::from)?))
            .map_err(WeightsError::from)?;
        let file = File::create(&again).map_err(WeightsError::from)?;
        decompress(&mut opened, file, &mut Err, &|_| ())?;
        let (tuning, accuracy) = self.accuracies(&again).map_err(Failed::Other)?;
        Ok(Outcome { trial, bytes, tuning, accuracy })
    }

    fn accuracies(&self, model: &Path) -> Result<(f64, f64), Failure> {
        let quoted = format!("'{}'", model.display().to_string().replace('\'', "'\\''"));
        let command = self.evaluate.replace("{}", &quoted);
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
fn write_container(model: &mut ModelFile, options: &Options, path: &Path) -> Result<u64, Failed> {
    let mut result = None;
    let written = write_file(path, |sink| {
        let compressed = compress(model, None, options, sink, &|_| ());
        let is_written = compressed.is_ok();
        result = Some(compressed);
        if is_written { Ok(()) } else { Err(io::Error::other("nothing is written")) }
    });
    match result {
        Some(Err(error)) => Err(error.into()),
        Some(Ok((length, ..))) => {
            written?;
            Ok(length)
        }
        None => Err(written
            .err()
            .map_or_else(|| WeightsError::Io(io::Error::other("nothing is written")).into(), Failed::Other)),
    }
}
