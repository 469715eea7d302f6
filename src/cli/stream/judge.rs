//! `silicabac stream judge`

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::value_parser;
use rayon::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};
use silicabac::dream::{
    judge::{Played, play},
    suite::{Contradiction, Dreamed, MANIFEST, Manifest, Pictures},
};
use silicabac::files;

use crate::cli::{
    Failure, Verdict,
    output::write_file,
    print::{ReportFormat, bar, junit, out, say, unless_closed},
    shard,
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac stream judge dreams --decoder 'ffmpeg -v error -i {} -f rawvideo -' --record FFmpeg
  silicabac stream judge dreams --decoder './my_decoder {} /proc/self/fd/1'
  silicabac stream judge dreams --decoder './my_decoder {}' --shard 2/5")]
pub(super) struct Arguments {
    /// A directory of streams that `dream --count` made, whole or in shards
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
    /// The decoder: a command of the shell, with {} for the stream; it writes the pictures to its standard output
    #[arg(long, value_name = "COMMAND")]
    decoder: String,
    /// Write to the manifest, under this name, the decoder's pictures of the streams of which none are known, and that it agrees on the
    /// others
    #[arg(long, value_name = "NAME")]
    record: Option<String>,
    /// A run that takes this number of seconds hangs
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u64).range(1..=86_400))]
    patience: u64,
    #[command(flatten)]
    shard: shard::Options,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    format: ReportFormat,
}

/// The largest file that is read.
const MOST: u64 = 1 << 30;

/// The judgement on a decoder and a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judgement {
    Equal,
    /// It ended well, and nothing is known of the pictures.
    Unknown,
    /// The stream is broken, and it ended, however that was.
    Survives,
    Differs,
    Fails,
    Hangs,
    Unsound,
}

impl Judgement {
    fn new(played: &Played, stream: &Dreamed) -> Judgement {
        match (played.status, &stream.pictures) {
            _ if played.is_unsound() => Judgement::Unsound,
            (None, _) => Judgement::Hangs,
            _ if stream.broken.is_some() && !played.has_crashed() => Judgement::Survives,
            (Some(status), _) if !status.success() => Judgement::Fails,
            (_, None) => Judgement::Unknown,
            (_, Some(expected)) if expected.sha256 == played.output.0 => Judgement::Equal,
            _ => Judgement::Differs,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Judgement::Equal => "equal",
            Judgement::Unknown => "unknown",
            Judgement::Survives => "survives",
            Judgement::Differs => "differs",
            Judgement::Fails => "fails",
            Judgement::Hangs => "hangs",
            Judgement::Unsound => "unsound",
        }
    }

    const fn is_good(self) -> bool {
        matches!(self, Judgement::Equal | Judgement::Unknown | Judgement::Survives)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut manifest = read_directory(&arguments.directory)?;
    manifest.streams = arguments.shard.of(manifest.streams);
    let bar = bar(Some(manifest.streams.len() as u64), "streams");
    let patience = Duration::from_secs(arguments.patience);
    let played = manifest.streams.par_iter().map(|stream| {
        let path = arguments.directory.join(&stream.file);
        check(&path, stream)?;
        let played = play(&arguments.decoder, &path, patience).map_err(Failure::Process)?;
        bar.inc(1);
        Ok((Judgement::new(&played, stream), played))
    });
    let played = played.collect::<Result<Vec<_>, Failure>>()?;
    bar.finish_and_clear();
    let judged = || manifest.streams.iter().zip(&played);
    unless_closed(match arguments.format {
        ReportFormat::Human => print(judged()),
        ReportFormat::Json => print_json(judged()),
        ReportFormat::Junit => write!(out(), "{}", to_junit(arguments, judged())),
    })?;
    let count = |is: fn(Judgement) -> bool| played.iter().filter(|(judgement, _)| is(*judgement)).count();
    let (bad, unknown) =
        (count(|judgement| !judgement.is_good()), count(|judgement| judgement == Judgement::Unknown));
    let told = arguments.shard.told();
    if played.is_empty() && arguments.shard.is_part() {
        say(format_args!("{}{told}", shard::NOTHING));
    } else {
        say(format_args!(
            "{} streams: {} equal, {unknown} of which no pictures are known, {} broken and survived, {bad} bad{told}",
            played.len(),
            count(|judgement| judgement == Judgement::Equal),
            count(|judgement| judgement == Judgement::Survives),
        ));
    }
    if let Some(name) = &arguments.record {
        record(name, &mut manifest, &played);
        write_recorded(&arguments.shard.file(&arguments.directory.join(MANIFEST)), manifest)?;
    } else if unknown > 0 {
        say("note: `--record NAME` writes the pictures of a decoder that you trust to the manifest");
    }
    Ok(if bad > 0 { Verdict::Mismatch } else { Verdict::Equal })
}

/// A manifest. It may be written again, so it is no input.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let text = files::read_earlier(path).map_err(failed)?;
    let text = text.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    serde_json::from_str(&text).map_err(|source| Failure::Manifest { path: path.to_owned(), source })
}

/// What all manifests of a directory say together. Which streams belong to a shard does not depend on which manifests have them, since
/// shards that record write some manifests while others read them.
fn read_directory(directory: &Path) -> Result<Manifest, Failure> {
    let whole = directory.join(MANIFEST);
    let paths =
        shard::files(&whole).map_err(|source| Failure::Read { path: directory.to_owned(), source })?;
    if paths.is_empty() {
        return read_manifest(&whole);
    }
    let manifests = paths.iter().map(|path| read_manifest(path)).collect::<Result<Vec<_>, _>>()?;
    Manifest::join(manifests).map_err(|Contradiction(file)| {
        let what =
            "two manifests in the directory describe it differently; remove the one that is out of date";
        Failure::Altered { path: directory.join(file), what }
    })
}

/// Writes a manifest over one that may have other streams as well, which stay.
fn write_recorded(path: &Path, mut manifest: Manifest) -> Result<(), Failure> {
    let mut known = match path.exists() {
        true => read_manifest(path)?,
        false => Manifest::default(),
    };
    let recorded: BTreeSet<&str> = manifest.streams.iter().map(|stream| stream.file.as_str()).collect();
    known.streams.retain(|stream| !recorded.contains(stream.file.as_str()));
    manifest.streams.append(&mut known.streams);
    write_file(path, |out| manifest.write(out))
}

/// Whether the stream is what the manifest says.
fn check(path: &Path, stream: &Dreamed) -> Result<(), Failure> {
    let bytes = files::read(path, MOST).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    if hex::encode(Sha256::digest(&bytes)) == stream.sha256 {
        Ok(())
    } else {
        let what = "it is not the stream that the manifest describes: another SHA-256";
        Err(Failure::Altered { path: path.to_owned(), what })
    }
}

/// Keeps the pictures of streams of which none were known, and who agrees on the others.
fn record(name: &str, manifest: &mut Manifest, played: &[(Judgement, Played)]) {
    for (stream, (judgement, played)) in manifest.streams.iter_mut().zip(played) {
        if !matches!(judgement, Judgement::Equal | Judgement::Unknown) {
            continue;
        }
        let sha256 = played.output.0.clone();
        let pictures = stream.pictures.get_or_insert(Pictures { sha256, decoders: Vec::new() });
        if !pictures.decoders.iter().any(|decoder| decoder == name) {
            pictures.decoders.push(name.to_owned());
        }
    }
}

/// How a decoder ended, and what it said first.
fn how(played: &Played) -> String {
    let end = played.status.map_or("no end".to_owned(), |status| status.to_string());
    format!("{end}; {}", played.complaint.lines().next().unwrap_or_default())
}

/// A row for each stream on which the decoder is not good.
fn print<'a>(judged: impl Iterator<Item = (&'a Dreamed, &'a (Judgement, Played))>) -> io::Result<()> {
    for (stream, (judgement, played)) in judged.filter(|(_, (judgement, _))| !judgement.is_good()) {
        writeln!(out(), "{:24} {:8} {}", stream.file, judgement.name(), how(played))?;
    }
    Ok(())
}

fn print_json<'a>(judged: impl Iterator<Item = (&'a Dreamed, &'a (Judgement, Played))>) -> io::Result<()> {
    for (stream, (judgement, played)) in judged {
        let line = json!({
            "file": stream.file,
            "seed": stream.seed,
            "broken": stream.broken,
            "judgement": judgement.name(),
            "status": played.status.and_then(|status| status.code()),
            "seconds": played.time.as_secs_f64(),
            "memory": played.memory,
            "bytes": played.output.1,
            "sha256": played.output.0,
            "expected": stream.pictures.as_ref().map(|pictures| &pictures.sha256),
            "complaint": played.complaint,
        });
        writeln!(out(), "{line}")?;
    }
    Ok(())
}

/// A test case for each stream.
fn to_junit<'a>(
    arguments: &Arguments,
    judged: impl Iterator<Item = (&'a Dreamed, &'a (Judgement, Played))>,
) -> String {
    let mut suite = quick_junit::TestSuite::new("judge");
    suite.add_property(("decoder", arguments.decoder.as_str()));
    if let Some(shard) = arguments.shard.name() {
        suite.add_property(("shard", shard.as_str()));
    }
    for (stream, (judgement, played)) in judged {
        let mut status = match judgement.is_good() {
            true => quick_junit::TestCaseStatus::success(),
            false => quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Failure),
        };
        status.set_message(format!("{}: {}", judgement.name(), how(played)));
        let mut case = quick_junit::TestCase::new(stream.file.as_str(), status);
        case.set_time(played.time);
        suite.add_test_case(case);
    }
    junit(suite)
}
