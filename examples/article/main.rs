//! The tables of the paper on DeepCABAC (Wiedemann et al., 2020) for other networks: how small each quantiser makes a network that keeps
//! its accuracy, and how many bytes each coder needs for the levels.
//!
//!     cargo run --release --example article -- [--coarse] [--tolerance POINTS] [--method NAME]... MODEL...
//!
//! A model is one that the example `lenet` knows. Standard deviations for `x.safetensors` are read from `x.sigma.safetensors`; without
//! them there is no DC-v1. Settings are chosen on the first 2,000 test images of MNIST, and accuracies are reported on all 10,000. Rows
//! are printed as they are found, in Markdown.

#[path = "../lenet/network/mod.rs"]
mod network;

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::Cursor,
    path::{Path, PathBuf},
    process::ExitCode,
};

use network::{Images, Network, mnist::PIXELS, tensors};
use rayon::prelude::*;
use silicabac::weights::{
    compare::compared,
    compress::{Options, compress},
    container::Container,
    decompress::decompress,
    model::ModelFile,
    search::{Grid, Method, Outcome, Search, Trial, best},
};

const USAGE: &str = "usage: article [--coarse] [--tolerance POINTS] [--method NAME]... MODEL...";

/// How many images are for choosing settings.
const TUNING: usize = 2_000;
/// After this many images it is checked each time whether the accuracy can still be high enough.
const PART: usize = 160;

/// The methods, with and without standard deviations where that makes a difference.
const METHODS: [(Method, bool); 7] = [
    (Method::DcV1, true),
    (Method::DcV2, true),
    (Method::DcV2, false),
    (Method::Lloyd, true),
    (Method::Lloyd, false),
    (Method::Nearest, false),
    (Method::KMeans, false),
];

/// The fine grid without a closer look at settings that just miss the accuracy: on this few images it is too rough for that.
const FINE: Grid = Grid { misses: 0, ..Grid::FINE };

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let Some(arguments) = Arguments::parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    models: Vec<PathBuf>,
    methods: Vec<Method>,
    grid: Grid,
    /// How many points of accuracy may be lost.
    tolerance: f64,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
        let (mut models, mut methods, mut grid, mut tolerance) = (Vec::new(), Vec::new(), FINE, 0.5);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--coarse" => grid = Grid::COARSE,
                "--tolerance" => tolerance = arguments.next()?.parse().ok()?,
                "--method" => methods.push(Method::from_name(&arguments.next()?)?),
                _ if argument.starts_with('-') => return None,
                _ => models.push(argument.into()),
            }
        }
        if methods.is_empty() {
            methods = Method::ALL.to_vec();
        }
        (!models.is_empty()).then_some(Arguments { models, methods, grid, tolerance })
    }
}

fn run(arguments: &Arguments) -> Result<(), Failed> {
    let all = Images::find(None)?;
    let tuning = all.part(0..TUNING).filter(|images| !images.is_empty()).ok_or("there are too few images")?;
    println!(
        "| network | quantiser | size, price | container | of the original | accuracy | entropy | Huffman | CSR-Huffman | bzip2 | CABAC |"
    );
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for path in &arguments.models {
        let network = Tried::new(path, &all, &tuning)?;
        println!(
            "| {} | none | | {} | 100 % | {:.2} % | | | | | |",
            network.name, network.original, network.accuracy
        );
        for (method, weighs) in METHODS {
            if arguments.methods.contains(&method) && (!weighs || network.sigma.is_some()) {
                network.row(method, weighs, arguments)?;
            }
        }
    }
    Ok(())
}

/// A network for which containers are tried.
struct Tried<'a> {
    name: String,
    path: &'a Path,
    sigma: Option<PathBuf>,
    all: &'a Images,
    /// The images for choosing settings, in the order of how sure the network is of them. It gets the first ones wrong or nearly so, and
    /// the last ones clearly right; so the images that a compressed network loses are at the beginning.
    tuning: Images,
    /// The length of the model file.
    original: u64,
    /// The accuracy of the model as it is, on all images.
    accuracy: f64,
    /// The same on the images for choosing settings.
    least: f64,
    options: Options,
}

impl<'a> Tried<'a> {
    fn new(path: &'a Path, all: &'a Images, tuning: &'a Images) -> Result<Tried<'a>, Failed> {
        let model = network(path)?;
        let sigma = path.with_extension("sigma.safetensors");
        Ok(Tried {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            path,
            sigma: sigma.exists().then_some(sigma),
            all,
            tuning: hardest_first(&model, tuning),
            original: fs::metadata(path)?.len(),
            accuracy: percent(&model, all),
            least: percent(&model, tuning),
            options: Options { small_bits: Some(8), ..Options::default() },
        })
    }

    /// Prints the best setting of a method, its accuracy on all images, and how many bytes each coder needs for its levels.
    fn row(&self, method: Method, weighs: bool, arguments: &Arguments) -> Result<(), Failed> {
        let (_, _, summaries) =
            compress(&mut ModelFile::open(self.path)?, None, &self.options, std::io::sink(), &|_| ())?;
        let largest = summaries.iter().map(|summary| summary.largest).fold(0.0, f32::max);
        let least = self.least - arguments.tolerance;
        let search = Search { methods: &[method], grid: arguments.grid, has_sigma: weighs, largest, least };
        let mut outcomes = Vec::new();
        search.run(&mut outcomes, &mut |trials, outcomes: &mut Vec<Outcome>| {
            // The search goes on with this number of the first trials, and with the best one of all others.
            let enough = if outcomes.is_empty() { arguments.grid.sizes } else { 1 };
            self.try_all(trials, weighs, least, enough, outcomes)
        })?;
        let name =
            format!("{}{}", method.name(), if weighs && method != Method::DcV1 { " with sigma" } else { "" });
        let Some(Outcome { trial, bytes, .. }) = best(&outcomes, least) else {
            println!("| {} | {name} | nothing keeps the accuracy |", self.name);
            return Ok(());
        };
        let container = self.container(*trial, weighs)?;
        let accuracy = percent(&again(&container)?, self.all);
        let compared = compared(&container, &|| ())?;
        let others = compared.others;
        println!(
            "| {} | {name} | {:.3e}, {:.3} | {bytes} | {:.2} % | {accuracy:.2} % | {:.0} | {} | {} | {} | {} |",
            self.name,
            trial.size,
            trial.price,
            100.0 * *bytes as f64 / self.original as f64,
            others.entropy / 8.0,
            others.huffman,
            others.csr_huffman,
            others.bzip2,
            compared.stored,
        );
        Ok(())
    }

    /// Makes the containers of all trials, but measures no more accuracies than matter: from the smallest container on, until `enough` of
    /// them keep the accuracy, and none of a container larger than the best so far. The others count as not keeping it.
    fn try_all(
        &self,
        trials: &[Trial],
        weighs: bool,
        least: f64,
        enough: usize,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Failed> {
        let is_new = |trial: &&Trial| !outcomes.iter().any(|outcome| outcome.trial == **trial);
        let new: Vec<Trial> = trials.iter().filter(is_new).copied().collect();
        let make = |trial: &Trial| self.container(*trial, weighs).map(|container| (*trial, container));
        let mut made = new.par_iter().map(make).collect::<Result<Vec<_>, Failed>>()?;
        // Of two with the same length, the first one is the best.
        made.sort_by(|(a, one), (b, two)| {
            let length = one.len().cmp(&two.len());
            length.then(a.size.total_cmp(&b.size)).then(a.price.total_cmp(&b.price))
        });
        let most = best(outcomes, least).map_or(u64::MAX, |best| best.bytes);
        let mut kept = 0;
        for (trial, container) in made {
            let bytes = container.len() as u64;
            let is_looked_at = kept < enough && bytes < most;
            let tuning =
                if is_looked_at { percent_or_less(&again(&container)?, &self.tuning, least) } else { 0.0 };
            kept += usize::from(tuning >= least);
            outcomes.push(Outcome { trial, bytes, tuning, accuracy: tuning });
        }
        Ok(())
    }

    fn container(&self, trial: Trial, weighs: bool) -> Result<Vec<u8>, Failed> {
        let mut sigma = self.sigma.as_deref().filter(|_| weighs).map(ModelFile::open).transpose()?;
        let mut container = Vec::new();
        let mut model = ModelFile::open(self.path)?;
        compress(&mut model, sigma.as_mut(), &trial.options(&self.options), &mut container, &|_| ())?;
        Ok(container)
    }
}

/// The network in a container.
fn again(container: &[u8]) -> Result<Network, Failed> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("again.safetensors");
    decompress(&mut Container::open(Cursor::new(container))?, File::create(&path)?, &mut Err, &|_| ())?;
    network(&path)
}

fn network(path: &Path) -> Result<Network, Failed> {
    let tensors = tensors::read(path)?;
    Ok(Network::from_tensors(|name| tensors.get(name).cloned())?)
}

/// The same images in another order: first those of which the network is least sure.
fn hardest_first(network: &Network, images: &Images) -> Images {
    let margins = network.margins(images);
    let mut order: Vec<usize> = (0..images.len()).collect();
    order.sort_by(|a, b| margins[*a].total_cmp(&margins[*b]));
    let pixels = |&image: &usize| &images.pixels[image * PIXELS..(image + 1) * PIXELS];
    Images {
        pixels: order.iter().flat_map(pixels).copied().collect(),
        labels: order.iter().map(|&image| images.labels[image]).collect(),
    }
}

fn percent(network: &Network, images: &Images) -> f64 {
    100.0 * network.correct(images) as f64 / images.len() as f64
}

/// The same if it is at least `least`; otherwise, to save work, an upper bound of it.
fn percent_or_less(network: &Network, images: &Images, least: f64) -> f64 {
    let percent = |correct: usize| 100.0 * correct as f64 / images.len() as f64;
    let mut most = images.len();
    for start in (0..images.len()).step_by(PART) {
        let part = images.part(start..images.len().min(start + PART)).unwrap_or_default();
        most -= part.len() - network.correct(&part);
        if percent(most) < least {
            break;
        }
    }
    percent(most)
}
