//! `silicabac stream dream`

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use clap::builder::PossibleValuesParser;
use sha2::{Digest, Sha256};
use silicabac::context::Codec;
use silicabac::coverage::{StreamCoverage, fewest};
use silicabac::dream::{
    self,
    broken::{Broken, Class},
    suite::{Dreamed, MANIFEST, Manifest},
};
use silicabac::stream::Stream;

use super::{judge::read_manifest, kit};
use crate::cli::{
    Failure, Verdict,
    output::{Kind, is_stdout, to_output, write_file},
    print::{bar, say, unless_closed},
    shard,
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac stream dream --seed 7 -o s.264
  silicabac stream dream --seed 7 --features mbaff,pcm -o s.264
  silicabac stream dream --codec h265 --seed 7 --features wpp,dependent -o s.265
  silicabac stream dream --seed 1 --count 1000 -o dreams
  silicabac stream dream --seed 1 --count 1000 --shard 2/5 -o dreams
  silicabac stream dream --seed 1 --count 10000 --only-new -o suite
  silicabac stream dream --seed 1 --count 4000 --only-new=all -o corners
  silicabac stream dream --seed 1 --count 340 --broken -o broken")]
pub(super) struct Arguments {
    /// The standard
    #[arg(long, value_enum, default_value_t = Standard::H264)]
    codec: Standard,
    /// The seed; the same seed gives the same bytes
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Features that the stream has to have
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = PossibleValuesParser::new(all_features()))]
    features: Vec<String>,
    /// How many streams to make, of this seed and the next ones, in the directory that --output names, with a manifest
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    /// Keep as few of these streams as together reach what all of them reach: contexts, values of elements and places of levels, or
    /// everything that `stream coverage` measures, for which each stream is asked for another pattern of its code
    #[arg(long, value_name = "OF", requires = "count", conflicts_with_all = ["broken", "shard"], num_args = 0..=1, require_equals = true, default_missing_value = "syntax")]
    only_new: Option<New>,
    /// Break one thing in each stream: of this class, or of one class after the other
    #[arg(long, value_name = "CLASS", num_args = 0..=1, require_equals = true, default_missing_value = "all", value_parser = PossibleValuesParser::new(["all"].into_iter().chain(Class::ALL.map(Class::name))))]
    broken: Option<String>,
    /// Also write, beside each stream, its bin trace, its syntax elements as JSON lines, and what it covers
    #[arg(long, requires = "count")]
    kit: bool,
    /// Make the streams of a manifest again in the directory that --output names, with what is known of their pictures
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = ["codec", "seed", "features", "count", "broken"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    shard: shard::Options,
    /// Where to write; - is standard output
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
}

/// What a stream has to reach to be kept.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum New {
    /// Contexts, values of elements and places of levels
    Syntax,
    /// Everything
    All,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Standard {
    H264,
    H265,
}

impl Standard {
    const fn codec(self) -> Codec {
        match self {
            Standard::H264 => Codec::Avc,
            Standard::H265 => Codec::Hevc,
        }
    }

    /// Its name in manifests and file names, and the extension of its files.
    const fn names(self) -> [&'static str; 2] {
        match self {
            Standard::H264 => ["h264", "264"],
            Standard::H265 => ["h265", "265"],
        }
    }

    /// The features that streams which are to reach everything are asked for in turn.
    const fn corners(self) -> &'static [&'static [&'static str]] {
        match self {
            Standard::H264 => &[&[], &["saturated"], &["saturated", "444"], &["long-runs"], &["escapes"]],
            Standard::H265 => &[
                &[],
                &["saturated"],
                &["saturated", "chroma-qp-offsets"],
                &["long-runs"],
                &["escapes"],
                &["saturated", "bypass-alignment"],
            ],
        }
    }

    fn features(self) -> Vec<&'static str> {
        match self {
            Standard::H264 => dream::avc_features().collect(),
            Standard::H265 => dream::hevc_features().collect(),
        }
    }

    fn features_of(self, stream: &[u8]) -> BTreeSet<&'static str> {
        match self {
            Standard::H264 => dream::features_of_avc(stream),
            Standard::H265 => dream::features_of_hevc(stream),
        }
    }
}

/// Those of both standards.
fn all_features() -> BTreeSet<&'static str> {
    dream::avc_features().chain(dream::hevc_features()).collect()
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    if let Some(manifest) = &arguments.from {
        return again(manifest, arguments);
    }
    let known = arguments.codec.features();
    let mut wanted = Vec::new();
    for feature in &arguments.features {
        let found = known.iter().find(|name| *name == feature);
        wanted.push(*found.ok_or_else(|| {
            Failure::Usage(format!(
                "no stream of this standard has {feature}; there are {}",
                known.join(", ")
            ))
        })?);
    }
    let Some(count) = arguments.count else {
        if arguments.shard.is_part() {
            let what = "--shard is a part of several streams, which --count or --from asks for";
            return Err(Failure::Usage(what.to_owned()));
        }
        let (stream, broken) = one(arguments, &wanted, arguments.seed)?;
        to_output(Some(&arguments.output), Kind::Binary, |out| unless_closed(out.write_all(&stream)))?;
        say(format_args!("seed {}, {} bytes", arguments.seed, stream.len()));
        if let Some(Broken { nal_unit, error, .. }) = broken {
            say(format_args!("broken: NAL unit {nal_unit}: {error}"));
        }
        return Ok(Verdict::Equal);
    };
    many(arguments, &wanted, count)
}

/// The stream of a seed, and what is broken in it. Not every stream has what is to be broken.
fn one(
    arguments: &Arguments,
    wanted: &[&'static str],
    seed: u64,
) -> Result<(Vec<u8>, Option<Broken>), Failure> {
    let Some(name) = &arguments.broken else {
        let stream = match arguments.codec {
            Standard::H264 => dream::avc(seed, wanted)?,
            Standard::H265 => dream::hevc(seed, wanted)?,
        };
        return Ok((stream, None));
    };
    let classes: &[Class] = match arguments.codec {
        Standard::H264 => &Class::AVC,
        Standard::H265 => &Class::HEVC,
    };
    let class = match name.as_str() {
        "all" => classes[(seed % classes.len() as u64) as usize],
        name => *classes.iter().find(|class| class.name() == name).ok_or_else(|| {
            let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
            let names = names.join(", ");
            Failure::Usage(format!("no stream of this standard is broken so: {name}; there are {names}"))
        })?,
    };
    let (stream, broken) = match arguments.codec {
        Standard::H264 => dream::broken::dream(seed, wanted, class)?,
        Standard::H265 => dream::broken::hevc::dream(seed, wanted, class)?,
    };
    Ok((stream, Some(broken)))
}

/// What a stream covers.
fn covered(nothing: &StreamCoverage, codec: Codec, stream: &[u8]) -> StreamCoverage {
    let mut covered = nothing.clone();
    for unit in Stream::new(codec, stream).map_while(Result::ok) {
        // The stream was made here, so it can be read.
        let _ = covered.take(&unit);
    }
    covered
}

/// The directory for several streams.
fn directory(path: &Path) -> Result<&Path, Failure> {
    if is_stdout(path) {
        let what = "several streams need a directory, and - is the standard output";
        return Err(Failure::Usage(what.to_owned()));
    }
    std::fs::create_dir_all(path).map_err(|source| Failure::Write { path: path.to_owned(), source })?;
    Ok(path)
}

/// Makes the streams of a manifest again.
fn again(path: &Path, arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut manifest = read_manifest(path)?;
    check_names(&manifest).map_err(|what| Failure::Altered { path: path.to_owned(), what })?;
    let directory = directory(&arguments.output)?;
    manifest.streams = arguments.shard.of(manifest.streams);
    let bar = bar(Some(manifest.streams.len() as u64), "streams");
    for stream in &manifest.streams {
        let bytes = stream.make()?;
        if hex::encode(Sha256::digest(&bytes)) != stream.sha256 {
            let what = "this version makes another stream of a seed in it";
            return Err(Failure::Altered { path: path.to_owned(), what });
        }
        write_file(&directory.join(&stream.file), |out| out.write_all(&bytes))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    // The files beside the streams are not made again.
    manifest.streams.iter_mut().for_each(|stream| stream.kit.clear());
    let told = format!("{} streams", manifest.streams.len());
    finish(directory, arguments.shard, &manifest, &told)
}

/// A manifest may come from anyone: its files are streams in one directory, each with a name of its own.
fn check_names(manifest: &Manifest) -> Result<(), &'static str> {
    let mut names = BTreeSet::new();
    for Dreamed { file, .. } in &manifest.streams {
        let name = Path::new(file);
        if name.file_name() != Some(OsStr::new(file)) {
            return Err("a file in it has a name that leads out of the directory");
        }
        if name.extension() == Path::new(MANIFEST).extension() {
            return Err("a stream in it has a name that may be that of a manifest");
        }
        if !names.insert(file) {
            return Err("two files in it have the same name");
        }
    }
    Ok(())
}

/// Writes the manifest, and says what was done.
fn finish(
    directory: &Path,
    shard: shard::Options,
    manifest: &Manifest,
    told: &str,
) -> Result<Verdict, Failure> {
    write_file(&shard.file(&directory.join(MANIFEST)), |out| manifest.write(out))?;
    let told = if manifest.streams.is_empty() && shard.is_part() { shard::NOTHING } else { told };
    say(format_args!("{told}{}", shard.told()));
    Ok(Verdict::Equal)
}

/// The features that the stream of a seed is asked for: those that all streams have to have, and those of its corner.
fn wanted_of(arguments: &Arguments, wanted: &[&'static str], seed: u64) -> Vec<&'static str> {
    let corners: &[&[&str]] = match arguments.only_new {
        Some(New::All) => arguments.codec.corners(),
        _ => &[&[]],
    };
    wanted.iter().chain(corners[(seed % corners.len() as u64) as usize]).copied().collect()
}

/// Of some seeds, those whose streams are kept.
fn selected(
    arguments: &Arguments,
    wanted: &[&'static str],
    seeds: Vec<u64>,
    new: New,
) -> Result<Vec<u64>, Failure> {
    let nothing = StreamCoverage::new(arguments.codec.codec());
    let bar = bar(Some(seeds.len() as u64), "streams");
    let (mut all, mut candidates, mut met) = (Vec::new(), Vec::new(), Vec::new());
    for seed in seeds {
        let (stream, _) = one(arguments, &wanted_of(arguments, wanted, seed), seed)?;
        let of_stream = covered(&nothing, arguments.codec.codec(), &stream).met(new == New::All);
        all.resize(of_stream.len(), 0);
        // Streams that add nothing to those before them are not kept in memory.
        if all.iter().zip(&of_stream).any(|(all, met)| met & !all != 0) {
            all.iter_mut().zip(&of_stream).for_each(|(all, met)| *all |= met);
            candidates.push(seed);
            met.push(of_stream);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(fewest(&met).into_iter().map(|index| candidates[index]).collect())
}

fn many(arguments: &Arguments, wanted: &[&'static str], count: u64) -> Result<Verdict, Failure> {
    let directory = self::directory(&arguments.output)?;
    let all = (0..count).map(|index| arguments.seed.wrapping_add(index));
    let seeds = match arguments.only_new {
        None => arguments.shard.of(all),
        Some(new) => selected(arguments, wanted, all.collect(), new)?,
    };
    let bar = bar(Some(seeds.len() as u64), "streams");
    let mut streams = Vec::new();
    let [codec, ending] = arguments.codec.names();
    for seed in seeds {
        let wanted = wanted_of(arguments, wanted, seed);
        let (stream, broken) = one(arguments, &wanted, seed)?;
        let stem = format!("{codec}-{seed}");
        let file = format!("{stem}.{ending}");
        write_file(&directory.join(&file), |out| out.write_all(&stream))?;
        let kit = match arguments.kit {
            true => kit::write(directory, &stem, arguments.codec.codec(), &stream)?,
            false => Vec::new(),
        };
        let features = match broken {
            Some(_) => Vec::new(),
            None => arguments.codec.features_of(&stream).into_iter().map(str::to_owned).collect(),
        };
        streams.push(Dreamed {
            file,
            codec: codec.to_owned(),
            seed,
            wanted: wanted.into_iter().map(str::to_owned).collect(),
            features,
            broken,
            sha256: hex::encode(Sha256::digest(&stream)),
            kit,
            pictures: None,
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let told = format!("{} streams of {count} seeds from {} on", streams.len(), arguments.seed);
    let manifest = Manifest { tool: format!("silicabac {}", env!("CARGO_PKG_VERSION")), streams };
    finish(directory, arguments.shard, &manifest, &told)
}
