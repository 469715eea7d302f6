//! `silicabac stream reduce`

use std::{
    cell::Cell,
    io::{Read, Seek, Write},
    path::PathBuf,
    process::ExitStatus,
    time::Duration,
};

use clap::value_parser;
use silicabac::context::Codec;
use silicabac::dream::{
    judge::{Played, play},
    reduce::{Left, reduce, reduce_hevc},
};

use super::open;
use crate::cli::{
    Failure, Verdict,
    output::{Kind, to_output},
    print::{bar, say, unless_closed},
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac stream reduce crash.264 --check './my_decoder {} > out.yuv' -o small.264
  silicabac stream reduce differs.264 --check './compare_with_ffmpeg.sh {}' -o small.264")]
pub(super) struct Arguments {
    /// A stream on which the command fails
    #[arg(value_name = "STREAM")]
    path: PathBuf,
    /// A command of the shell, with {} for the stream, that fails on it: its status is not 0, a signal ends it, a sanitizer reports, or it hangs
    #[arg(long, value_name = "COMMAND")]
    check: String,
    /// A run that takes this number of seconds hangs
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u64).range(1..=86_400))]
    patience: u64,
    /// How many streams to try at the most
    #[arg(long, value_name = "NUMBER", default_value_t = 5_000)]
    tries: u64,
    /// Where to write the smallest stream on which it still fails in the same way; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// How a command failed: what it ended with, and whether a sanitizer reported something. A smaller stream has to make it fail in the same way.
#[derive(PartialEq, Eq)]
struct Way(Option<ExitStatus>, bool);

impl Way {
    fn of(played: &Played) -> Way {
        Way(played.status, played.is_unsound())
    }

    fn is_success(&self) -> bool {
        matches!(self, Way(Some(status), false) if status.success())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let path = &arguments.path;
    let mut opened = open(path)?;
    if !arguments.check.contains("{}") {
        return Err(Failure::Usage("--check needs a command with {} in it, for the stream".to_owned()));
    }
    let mut stream = Vec::new();
    let read = opened.bytes.read_to_end(&mut stream);
    read.map_err(|source| Failure::Read { path: path.clone(), source })?;
    opened.bar.finish_and_clear();
    let usual = if opened.codec == Codec::Avc { ".264" } else { ".265" };
    let own = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = own.unwrap_or_else(|| usual.to_owned());
    let trial = tempfile::Builder::new().suffix(&ending).tempfile().map_err(Failure::Process)?;
    let way = |stream: &[u8]| -> Result<Way, Failure> {
        let mut file = trial.as_file();
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(stream));
        written.map_err(|source| Failure::Write { path: trial.path().to_owned(), source })?;
        let patience = Duration::from_secs(arguments.patience);
        play(&arguments.check, trial.path(), patience)
            .map(|played| Way::of(&played))
            .map_err(Failure::Process)
    };
    let expected = way(&stream)?;
    if expected.is_success() {
        let what =
            format!("the command does not fail on {}, so there is nothing to look for", path.display());
        return Err(Failure::Usage(what));
    }
    let (bar, tries) = (bar(None, "tries"), Cell::new(0_u64));
    let fails = |stream: &[u8], left: &Left| {
        if tries.get() == arguments.tries {
            return Ok(false);
        }
        tries.set(tries.get() + 1);
        bar.inc(1);
        bar.set_message(told(left));
        Ok::<_, Failure>(way(stream)? == expected)
    };
    let (small, left) = match opened.codec {
        Codec::Avc => reduce(&stream, fails)?,
        Codec::Hevc => reduce_hevc(&stream, fails)?,
    };
    bar.finish_and_clear();
    to_output(Some(&arguments.output), Kind::Binary, |out| unless_closed(out.write_all(&small)))?;
    say(format_args!("{} bytes before; after {} tries {}", stream.len(), tries.get(), told(&left)));
    Ok(Verdict::Equal)
}

fn told(left: &Left) -> String {
    let Left { frames, slices, macroblocks, levels, bytes } = left;
    format!(
        "{bytes} bytes: {frames} frames, {slices} slices, {macroblocks} blocks that are not skipped, {levels} levels"
    )
}
