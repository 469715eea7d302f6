//! `silicabac weights`

mod compare;
mod compress;
mod decompress;
mod evaluator;
mod extract;
mod files;
mod how;
mod inspect;
mod report;
mod search;
mod values;

use std::{io, path::PathBuf};

use clap::Subcommand;

use super::{
    Failure, Verdict,
    jobs::Jobs,
    print::{self, Format},
};
use compare::{Table, compare};
use compress::compress_file;
use decompress::decompress_file;
use extract::extract_tensor;
use how::{How, Keep};
use inspect::inspect;
use search::Search;

/// Compress the weights of trained networks with CABAC (DeepCABAC), into streams of which the decoder cores decode those that are CABAC
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
        /// model.onnx.sbw; of model.safetensors.index.json it is model.safetensors.sbw]
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
        /// How to print the result
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
        /// How to print the result
        #[arg(long, value_enum, default_value_t = Table::Human)]
        format: Table,
    },
    /// Look for the smallest container that keeps the accuracy that a command of yours measures
    #[command(after_help = "Examples:
  silicabac weights search model.safetensors -o model.sbw --evaluate 'python3 eval.py {}'
  silicabac weights search model.onnx -o model.sbw --evaluate './accuracy {}' --tolerance 0.5 --small-bits 8
  silicabac weights search model.onnx -o model.sbw --evaluate './accuracy {}' --shard 2/5")]
    Search(search::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let jobs = match &arguments.verb {
        Verb::Compress { how, .. } | Verb::Compare { how, .. } => how.jobs,
        Verb::Decompress { jobs, .. } | Verb::Extract { jobs, .. } => *jobs,
        Verb::Search(arguments) => arguments.jobs,
        Verb::Inspect { .. } => Jobs::ONE,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.count()).build();
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
        Verb::Search(arguments) => Search::new(arguments)?.run(),
    })
}
