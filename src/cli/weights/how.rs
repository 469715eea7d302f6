//! How a model is compressed, as the command line says it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use glob::Pattern;
use silicabac::weights::{
    compress::{Coder, Options, Quantizer, Step},
    levels::MAX_ABS_GR,
    plan::{Rule, Treatment},
};

use super::Failure;
use super::Jobs;
use super::values::{above_zero, coarseness, not_below_zero, share};

#[derive(clap::Args)]
pub(super) struct How {
    /// Which level a weight gets: nearest, rd, lloyd or kmeans; with a pattern, in tensors of such names [default: nearest]
    #[arg(long, value_name = "[PATTERN=]NAME", value_parser = for_names::<Which>)]
    quantizer: Vec<For<Which>>,
    /// The largest absolute value of each tensor has the largest level of this number of bits, 2 to 24; with a pattern, of tensors of such
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
    /// DC-v1 of the DeepCABAC paper: its coarseness S, 0 to 256; needs --sigma
    #[arg(long, value_name = "S", group = "size", requires = "sigma", value_parser = coarseness)]
    coarseness: Option<f32>,
    /// Standard deviations of the weights, a model file with the same names and shapes; they weigh the error of each weight
    #[arg(long, value_name = "MODEL")]
    pub(super) sigma: Option<PathBuf>,
    /// For rd and lloyd: what a bit is worth, in squared steps, or for rd with --sigma in squared standard deviations
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
    /// Tensors of fewer elements, or with one dimension above 1 and fewer than 65,536, are small: they are kept lossless
    #[arg(long, value_name = "ELEMENTS", default_value_t = 256)]
    smallest: u64,
    /// Quantise small tensors as well, to levels of this number of bits, each value to the nearest
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(2..=24))]
    small_bits: Option<u8>,
    /// What levels are coded by: CABAC alone, or xz where that is smaller, which takes longer and which no core decodes
    #[arg(long, value_enum, default_value_t = By::Smallest)]
    coder: By,
    #[command(flatten)]
    pub(super) jobs: Jobs,
}

impl How {
    pub(super) fn options(&self) -> Result<Options, Failure> {
        self.options_with(for_all(&self.quantizer).unwrap_or(Which::Nearest))
    }

    /// What is asked for, with this quantizer for all tensors that have none of their own.
    pub(super) fn options_with(&self, quantizer: Which) -> Result<Options, Failure> {
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// CABAC alone: every tensor can go to a decoder core
    Cabac,
    /// CABAC or xz, whichever is smaller
    Smallest,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// The nearest one
    Nearest,
    /// The one with the smallest sum of squared distance and cost in bits
    Rd,
    /// A codebook by the weighted Lloyd algorithm
    Lloyd,
    /// A codebook by k-means, after pruning (Deep Compression)
    Kmeans,
}

/// Tensors that are no weights.
#[derive(clap::Args)]
pub(super) struct Keep {
    /// Keep tensors of such names lossless: `*` is any text, `?` any character; repeatable. What is no weights by its name is kept anyway,
    /// unless --bits or --quantizer name it
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    keep: Vec<Pattern>,
}

impl Keep {
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
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

/// The value for all tensors: the last one without a pattern.
fn for_all<T: Copy>(values: &[For<T>]) -> Option<T> {
    values.iter().rev().find(|value| value.names.is_none()).map(|value| value.value)
}

/// The values for tensors with some names, as rules.
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
