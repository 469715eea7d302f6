//! `silicabac weights`

mod compare;
mod extract;
mod search;

use std::{
    fs::File,
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::{Subcommand, ValueEnum};
use glob::Pattern;
use serde::Serialize;
use silicabac::files;
use silicabac::weights::{
    article::MAX_ABS_GR,
    compress::{Coder, Options, Quantizer, Step, Summary, WeightsError, compress},
    container::{Coding, Container, ContainerError, Index, MAGIC},
    decompress::{decompress, levels},
    model::ModelFile,
    plan::{Rule, Treatment},
    quantise::Values,
    search::{Grid, Method, TABLE},
};

use super::{
    Failure, Verdict,
    output::{is_stdout, only_over, with_suffix, write_seekable, write_whole},
    print::{self, Format, Progress, out, say, unless_closed},
};
use compare::compare;
use extract::extract_tensor;
use search::Search;

/// Compress the weights of trained networks with CABAC (DeepCABAC), into streams that the decoder core decodes
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac weights compress model.safetensors -o model.sbw
  silicabac weights decompress model.sbw -o again.safetensors")]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Compress a model: safetensors, npz, ONNX or a PyTorch checkpoint
    #[command(after_help = "Examples:
  silicabac weights compress model.safetensors -o model.sbw
  silicabac weights compress model.onnx -o model.sbw --quantizer rd --bits 5")]
    Compress {
        /// The model
        #[arg(value_name = "MODEL")]
        model: PathBuf,
        /// Where to write; - is the standard output, and the result then goes to standard error [default: the model's name and .sbw, as in
        /// model.onnx.sbw]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        how: How,
        /// How to print the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Make a model file of a container again, in the format that it was made of
    #[command(after_help = "Examples:
  silicabac weights decompress model.sbw -o model.safetensors
  silicabac weights decompress damaged.sbw -o model.npz --skip-damaged")]
    Decompress {
        /// The container
        #[arg(value_name = "CONTAINER")]
        container: PathBuf,
        /// Where to write; - is the standard output
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Go on where a stream is damaged, with zeros in its place
        #[arg(long)]
        skip_damaged: bool,
        #[command(flatten)]
        jobs: Jobs,
    },
    /// Write one tensor of a container
    #[command(after_help = "Examples:
  silicabac weights extract model.sbw fc1.weight -o fc1.npy
  silicabac weights extract model.sbw fc1.weight -o - | sha256sum")]
    Extract {
        /// The container
        #[arg(value_name = "CONTAINER")]
        container: PathBuf,
        /// The name of the tensor
        #[arg(value_name = "TENSOR")]
        tensor: String,
        /// Where to write: an array of NumPy if the name ends in .npy, else its raw bytes in the order and the type of the model;
        /// - is the standard output
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        jobs: Jobs,
    },
    /// Show what is in a container, tensor by tensor
    #[command(after_help = "Examples:
  silicabac weights inspect model.sbw
  silicabac weights inspect model.sbw --format json")]
    Inspect {
        /// The container
        #[arg(value_name = "CONTAINER")]
        container: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Compare the sizes that other coders need for the same levels, after each quantizer
    #[command(after_help = "Examples:
  silicabac weights compare model.safetensors --bits 5
  silicabac weights compare model.npz --format csv")]
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
    #[command(after_help = "Examples:
  silicabac weights search model.safetensors -o model.sbw --evaluate 'python3 eval.py {}'
  silicabac weights search model.onnx -o model.sbw --evaluate './accuracy {}' --tolerance 0.5 --small-bits 8")]
    Search {
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
        /// The table of all trials; a search that finds one of the same model, evaluator and options goes on where it ends [default: the container's name and .csv]
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        /// A picture of size against accuracy [default: the container's name and .svg]
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Quantise small tensors as well, to the nearest of the levels of so many bits
        #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(2..=24))]
        small_bits: Option<u8>,
        #[command(flatten)]
        keep: Keep,
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
    /// Which level a weight gets: nearest, rd, lloyd or kmeans; with a pattern, in tensors of such names [default: nearest]
    #[arg(long, value_name = "[PATTERN=]NAME", value_parser = for_names::<Which>)]
    quantizer: Vec<For<Which>>,
    /// The largest absolute value of each tensor has the largest level of so many bits, 2 to 24; with a pattern, of tensors of such
    /// names [default: 8]
    #[arg(long, value_name = "[PATTERN=]NUMBER", value_parser = for_names::<Bits>)]
    bits: Vec<For<Bits>>,
    #[command(flatten)]
    keep: Keep,
    /// The distance between levels, the same for all tensors
    #[arg(long, value_name = "NUMBER", group = "size", value_parser = above_zero)]
    step: Option<f32>,
    /// The distance between levels, as a share of the largest absolute value of each tensor
    #[arg(long, value_name = "NUMBER", group = "size", value_parser = above_zero)]
    relative_step: Option<f32>,
    /// The article's DC-v1: its coarseness S, 0 to 256; needs --sigma
    #[arg(long, value_name = "S", group = "size", requires = "sigma", value_parser = coarseness)]
    coarseness: Option<f32>,
    /// Standard deviations of the weights, a model file with the same names and shapes; they weigh the error of each weight
    #[arg(long, value_name = "MODEL")]
    sigma: Option<PathBuf>,
    /// For rd and lloyd: what a bit is worth, in squared steps
    #[arg(long, value_name = "NUMBER", default_value_t = 0.05, value_parser = not_below_zero)]
    lambda: f32,
    /// For lloyd and kmeans: how many values there are besides zero
    #[arg(long, value_name = "NUMBER", default_value_t = 32, value_parser = clap::value_parser!(u16).range(2..=4096))]
    clusters: u16,
    /// For kmeans: the share of the smallest weights that become zero
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    prune: f32,
    /// How many flags AbsGr a level has [default: 10 or 1, whichever is better for a tensor]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_ABS_GR)))]
    abs_gr: Option<u8>,
    /// Tensors of fewer elements, or of one dimension and fewer than 65,536, are small: they are kept lossless
    #[arg(long, value_name = "ELEMENTS", default_value_t = 256)]
    smallest: u64,
    /// Quantise small tensors as well, to the nearest of the levels of so many bits
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(2..=24))]
    small_bits: Option<u8>,
    /// What levels are coded by: CABAC alone, or xz where that is smaller, which takes longer and which no core decodes
    #[arg(long, value_enum, default_value_t = By::Smallest)]
    coder: By,
    #[command(flatten)]
    jobs: Jobs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// CABAC alone: every tensor can go to a decoder core
    Cabac,
    /// CABAC or xz, whichever is smaller
    Smallest,
}

/// Tensors that are no weights.
#[derive(clap::Args)]
struct Keep {
    /// Keep tensors of such names lossless: `*` is any text, `?` any letter; repeatable. What is no weights by its name is kept anyway,
    /// unless --bits or --quantizer name it
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    keep: Vec<Pattern>,
}

impl Keep {
    fn rules(&self) -> impl Iterator<Item = Rule> {
        self.keep.iter().map(|names| Rule { names: names.clone(), what: Treatment::Keep })
    }
}

/// A value for all tensors, or for those with some names.
#[derive(Clone)]
struct For<T> {
    names: Option<Pattern>,
    value: T,
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| format!("it is no pattern: {error}"))
}

fn for_names<T: FromStr<Err = String>>(text: &str) -> Result<For<T>, String> {
    // A name can have an equals sign, a value has none.
    let (names, value) = match text.rsplit_once('=') {
        Some((names, value)) => (Some(pattern(names)?), value),
        None => (None, text),
    };
    Ok(For { names, value: value.parse()? })
}

/// What holds for all, which is said last.
fn for_all<T: Copy>(values: &[For<T>]) -> Option<T> {
    values.iter().rev().find(|value| value.names.is_none()).map(|value| value.value)
}

/// What holds for tensors with some names.
fn rules<T: Copy>(values: &[For<T>], what: impl Fn(T) -> Treatment) -> impl Iterator<Item = Rule> {
    let rule = move |value: &For<T>| Some(Rule { names: value.names.clone()?, what: what(value.value) });
    values.iter().filter_map(rule)
}

#[derive(Clone, Copy)]
struct Bits(u8);

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Bits, String> {
        let bits = text.parse().ok().filter(|bits| (2..=24).contains(bits));
        bits.map(Bits).ok_or_else(|| format!("{text:?} is no number from 2 to 24"))
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Which, String> {
        <Which as ValueEnum>::from_str(text, false)
            .map_err(|_| format!("{text:?} is none of nearest, rd, lloyd, kmeans"))
    }
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

fn not_below_zero(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
        _ => Err("it has to be a number, zero or above".to_string()),
    }
}

fn method(text: &str) -> Result<Method, String> {
    let names = Method::ALL.map(Method::name).join(", ");
    Method::from_name(text).ok_or_else(|| format!("it is none of {names}"))
}

fn tolerance(text: &str) -> Result<f64, String> {
    not_below_zero(text)?;
    text.parse().map_err(|_| "it has to be a number".to_string())
}

fn coarseness(text: &str) -> Result<f32, String> {
    not_below_zero(text)
        .ok()
        .filter(|s| *s <= 256.0)
        .ok_or_else(|| "it has to be a number from 0 to 256".to_string())
}

fn share(text: &str) -> Result<f32, String> {
    not_below_zero(text)
        .ok()
        .filter(|share| *share < 1.0)
        .ok_or_else(|| "it has to be a share, 0 to below 1".to_string())
}

impl How {
    fn options(&self) -> Result<Options, Failure> {
        self.options_with(for_all(&self.quantizer).unwrap_or(Which::Nearest))
    }

    /// What is asked for, with this quantizer for all tensors that have none of their own.
    fn options_with(&self, quantizer: Which) -> Result<Options, Failure> {
        let bits = for_all(&self.bits);
        let step = match (bits, self.step, self.relative_step, self.coarseness) {
            (Some(_), Some(_), ..) | (Some(_), _, Some(_), _) | (Some(_), .., Some(_)) => {
                let what =
                    "--bits without a pattern, --step, --relative-step and --coarseness exclude each other";
                return Err(Failure::Usage(what.into()));
            }
            (_, Some(step), ..) => Step::Fixed(step),
            (_, _, Some(share), _) => Step::Relative(share),
            (.., Some(s)) => Step::V1(s),
            _ => Step::Bits(bits.map_or(8, |Bits(bits)| bits)),
        };
        let bits = rules(&self.bits, |Bits(bits)| Treatment::Bits(bits));
        let quantizers = rules(&self.quantizer, |which| Treatment::Quantizer(self.quantizer(which)));
        let rules = bits.chain(quantizers).chain(self.keep.rules()).collect();
        Ok(Options {
            step,
            quantizer: self.quantizer(quantizer),
            abs_gr: self.abs_gr,
            smallest: self.smallest,
            small_bits: self.small_bits,
            rules,
            coder: match self.coder {
                By::Cabac => Coder::Cabac,
                By::Smallest => Coder::Smallest,
            },
        })
    }

    fn quantizer(&self, which: Which) -> Quantizer {
        let (lambda, clusters) = (self.lambda, self.clusters.into());
        match which {
            Which::Nearest => Quantizer::Nearest,
            Which::Rd => Quantizer::RateDistortion { lambda },
            Which::Lloyd => Quantizer::Lloyd { lambda, clusters },
            Which::Kmeans => Quantizer::KMeans { prune: self.prune, clusters },
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let jobs = match &arguments.verb {
        Verb::Compress { how, .. } | Verb::Compare { how, .. } => how.jobs.jobs,
        Verb::Decompress { jobs, .. } | Verb::Extract { jobs, .. } | Verb::Search { jobs, .. } => jobs.jobs,
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
        Verb::Extract { container, tensor, output, .. } => extract_tensor(container, tensor, output),
        Verb::Compare { model, how, format } => compare(model, how, *format),
        Verb::Inspect { container, format } => inspect(container, *format),
        Verb::Search {
            model,
            output,
            evaluate,
            methods,
            sigma,
            coarse,
            tolerance,
            csv,
            svg,
            small_bits,
            keep,
            jobs: _,
        } => {
            if methods.contains(&Method::DcV1) && sigma.is_none() {
                let what = "--method dc-v1 needs standard deviations; say with --sigma where they are";
                return Err(Failure::Usage(what.into()));
            }
            let container = container_for(model, output.as_deref())?;
            if is_stdout(&container) {
                return Err(Failure::Usage(
                    "a search writes several files; name the container with -o".into(),
                ));
            }
            let beside = |given: &Option<PathBuf>, suffix, start: &[u8], otherwise| match given {
                Some(path) => Ok(path.clone()),
                None => default_output(&container, suffix, start, otherwise),
            };
            Search {
                model,
                evaluate,
                sigma: sigma.as_deref(),
                methods,
                grid: if *coarse { Grid::COARSE } else { Grid::FINE },
                tolerance: *tolerance,
                csv: beside(csv, ".csv", TABLE.as_bytes(), "no table of trials")?,
                svg: beside(svg, ".svg", b"<svg", "no picture")?,
                container,
                options: Options {
                    small_bits: *small_bits,
                    rules: keep.rules().collect(),
                    ..Options::default()
                },
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

/// A container, and how long it is.
fn open_container(path: &Path) -> Result<(Container<BufReader<File>>, u64), Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let file = files::open_seekable(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let container = Container::open(BufReader::new(file));
    let container = container.map_err(|error| weights_failure(path)(error.into()))?;
    if container.is_repaired() {
        say(format_args!(
            "warning: {}: a byte of its index was wrong, and has been put right",
            path.display()
        ));
    }
    Ok((container, length))
}

/// Where the container of a model goes.
fn container_for(model: &Path, given: Option<&Path>) -> Result<PathBuf, Failure> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => default_output(model, ".sbw", &MAGIC, "no container of weights"),
    }
}

/// A name that nobody chose: it keeps the whole name that it is made of, and takes the place of nothing but its like.
fn default_output(
    from: &Path,
    suffix: &str,
    start: &[u8],
    otherwise: &'static str,
) -> Result<PathBuf, Failure> {
    if files::is_stdin(from) {
        return Err(Failure::Usage(
            "the standard input has no name; say with --output where to write".into(),
        ));
    }
    let path = with_suffix(from, suffix);
    only_over(&path, start, otherwise)?;
    Ok(path)
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
    /// The same, in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_error_in_steps: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

fn rows(index: &Index, length: u64, zeros: impl Fn(usize) -> Option<u64>, summaries: &[Summary]) -> Vec<Row> {
    let row = |(number, tensor): (usize, &silicabac::weights::container::Tensor)| {
        let elements = tensor.elements().unwrap_or(0);
        let (coding, values) = match &tensor.coding {
            Coding::Lossless { .. } => ("lossless", None),
            Coding::Article { values, .. } => ("article", Some(values)),
            Coding::Packed { values, .. } => ("xz", Some(values)),
        };
        let (coding, step) = match values {
            Some(Values::Codebook { values, .. }) => (format!("{coding}, {} values", values.len()), None),
            Some(Values::Grid { step }) => (coding.to_string(), Some(*step)),
            None => (coding.to_string(), None),
        };
        let is_coded = values.is_some();
        let summary = summaries.get(number);
        let largest_error = summary.filter(|_| is_coded).map(|summary| summary.largest_error);
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
            largest_error,
            largest_error_in_steps: largest_error.zip(step).map(|(error, step)| error / step),
            notes: summary.iter().flat_map(|summary| &summary.notes).map(ToString::to_string).collect(),
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

fn print(
    mut out: impl Write,
    path: &Path,
    length: u64,
    index: &Index,
    tensors: Vec<Row>,
    format: Format,
) -> io::Result<()> {
    let raw_bytes: u64 = index.tensors.iter().map(|tensor| tensor.bytes).sum();
    let elements: u64 = tensors.iter().map(|row| row.elements).sum();
    let bits_per_weight = length as f64 * 8.0 / elements.max(1) as f64;
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
    for row in &tensors {
        row.notes.iter().try_for_each(|note| writeln!(out, "note: {}: {note}", row.name))?;
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
    let (options, output) = (how.options()?, container_for(path, output)?);
    let total = model.tensors().iter().map(|tensor| tensor.bytes).sum();
    let bar = Progress::new(total, "bytes");
    let written = write_whole(&output, |sink| {
        let compressed = compress(&mut model, sigma.as_mut(), &options, sink, &|bytes| bar.inc(bytes));
        compressed.map_err(weights_failure(path))
    });
    bar.finish();
    let (length, index, summaries) = written?;
    let tensors = rows(&index, length, |number| Some(summaries[number].zeros), &summaries);
    if is_stdout(&output) {
        let mut report = Vec::new();
        print(&mut report, &output, length, &index, tensors, format).map_err(Failure::Print)?;
        say(String::from_utf8_lossy(&report).trim_end());
    } else {
        unless_closed(print(out(), &output, length, &index, tensors, format))?;
    }
    Ok(Verdict::Equal)
}

fn decompress_file(path: &Path, output: &Path, skip_damaged: bool) -> Result<Verdict, Failure> {
    let (mut container, _) = open_container(path)?;
    let total = container.index().tensors.iter().map(|tensor| tensor.bytes).sum();
    let bar = Progress::new(total, "bytes");
    let mut damaged = 0;
    let mut on_damage = |error: ContainerError| {
        damaged += 1;
        if !skip_damaged {
            return Err(error);
        }
        bar.say(format_args!("error: {}: {error}; zeros stand for it", path.display()));
        Ok(())
    };
    let written = write_seekable(output, |sink| {
        let written = decompress(&mut container, sink, &mut on_damage, &|bytes| bar.inc(bytes));
        written.map(drop).map_err(weights_failure(path))
    });
    bar.finish();
    written?;
    Ok(if damaged == 0 { Verdict::Equal } else { Verdict::BadInput })
}

fn inspect(path: &Path, format: Format) -> Result<Verdict, Failure> {
    let (mut container, length) = open_container(path)?;
    let index = container.index().clone();
    let mut damaged = 0;
    let mut zeros = Vec::new();
    for number in 0..index.tensors.len() {
        let mut sum = Some(0);
        for part in 0..index.tensors[number].parts().count() {
            match levels(&mut container, number, part) {
                Ok(levels) => {
                    let found = levels.unwrap_or_default().iter().filter(|level| **level == 0).count() as u64;
                    sum = sum.map(|sum| sum + found);
                }
                Err(error) => {
                    damaged += 1;
                    sum = None;
                    say(format_args!("error: {}: {error}", path.display()));
                }
            }
        }
        zeros.push(sum);
    }
    unless_closed(print(
        out(),
        path,
        length,
        &index,
        rows(&index, length, |number| zeros[number], &[]),
        format,
    ))?;
    Ok(if damaged == 0 { Verdict::Equal } else { Verdict::BadInput })
}
