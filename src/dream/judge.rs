//! Plays a stream to a decoder, which can be any command: how it ends, how long it takes, and what it writes.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::process::{self, Ended};
use crate::shell;

/// What a decoder did with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// How it ended; `None` if it was stopped after the time limit, or a process that it started still holds its outputs.
    pub status: Option<ExitStatus>,
    /// SHA-256 of what it wrote to its standard output, and how many bytes that were.
    pub output: (String, u64),
    /// The beginning of what it wrote to its standard error.
    pub complaint: String,
    /// How long it took.
    pub time: Duration,
    /// The largest memory that it, or one of the processes that it waited for, had at once, in bytes; 0 if the system does not say.
    pub memory: u64,
}

impl Played {
    /// Whether a signal ended it, or a process that the shell started, which the shell's status shows.
    pub fn has_crashed(&self) -> bool {
        // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV and SIGSYS.
        const OF_SHELL: [i32; 8] = [128 + 4, 128 + 5, 128 + 6, 128 + 7, 128 + 8, 128 + 9, 128 + 11, 128 + 31];
        self.status.is_some_and(|status| status.code().is_none_or(|code| OF_SHELL.contains(&code)))
    }

    /// Whether a sanitizer reported something.
    pub fn is_unsound(&self) -> bool {
        [
            "AddressSanitizer",
            "UndefinedBehaviorSanitizer",
            "MemorySanitizer",
            "LeakSanitizer",
            "runtime error:",
        ]
        .iter()
        .any(|word| self.complaint.contains(word))
    }
}

/// Runs a command of the shell in which `{}` stands for the path of the stream, and waits for its end, up to `patience`. Processes that it
/// left in the background are ended with it.
///
/// ```
/// use silicabac::dream::judge::play;
/// use std::{path::Path, time::Duration};
/// let played = play("wc -c < {}", Path::new("tests/streams/x264_gray_qcif.264"), Duration::from_secs(10))?;
/// assert!(played.status.is_some_and(|status| status.success()));
/// assert!(!played.is_unsound());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The shell cannot be started.
pub fn play(command: &str, stream: &Path, patience: Duration) -> io::Result<Played> {
    let mut sh = Command::new("sh");
    sh.arg("-c").arg(command.replace("{}", &shell::path(stream)));
    let Ended { status, output, complaint, time, memory } = process::run(sh, patience, digest)?;
    Ok(Played { status, output: output.unwrap_or_default(), complaint, time, memory })
}

fn digest(mut source: impl Read) -> io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut count = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            read => {
                digest.update(&buffer[..read]);
                count += read as u64;
            }
        }
    }
    Ok((hex::encode(digest.finalize()), count))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_decoder_still_runs_is_not_waited_for() {
        let stream = Path::new("tests/streams/x264_gray_qcif.264");
        let patience = Duration::from_secs(20);
        let played = play("cat {}; sleep 60 &", stream, patience).unwrap();
        assert!(played.status.is_some_and(|status| status.success()) && played.time < patience / 2);
        assert_eq!(played.output.1, std::fs::metadata(stream).unwrap().len());
        assert!((1 << 16..1 << 30).contains(&played.memory), "{} bytes", played.memory);
        let played = play("sleep 60", stream, Duration::from_millis(100)).unwrap();
        assert!(played.status.is_none() && played.time < patience);
    }
}
