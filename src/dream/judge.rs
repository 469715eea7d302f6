//! A decoder, any command, plays a stream: how it ends, how long it takes, and what it writes.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// What a decoder did with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// How it ended; `None` if it did not, and was ended.
    pub status: Option<ExitStatus>,
    /// SHA-256 of what it wrote to its standard output, and how many bytes that were.
    pub output: (String, u64),
    /// The beginning of what it wrote to its standard error.
    pub complaint: String,
    /// How long it took.
    pub time: Duration,
}

/// How much of the standard error is kept.
const COMPLAINT: usize = 4_096;

impl Played {
    /// Whether a signal ended it, or the shell says so of what it started.
    pub fn has_crashed(&self) -> bool {
        // SIGILL, SIGABRT, SIGBUS, SIGFPE and SIGSEGV.
        const OF_SHELL: [i32; 5] = [128 + 4, 128 + 6, 128 + 7, 128 + 8, 128 + 11];
        self.status.is_some_and(|status| status.code().is_none_or(|code| OF_SHELL.contains(&code)))
    }

    /// Whether a sanitizer found something.
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

/// Runs a command of the shell in which `{}` stands for the path of the stream, and waits so long for its end.
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
    let path = stream.to_string_lossy().replace('\'', r"'\''");
    let began = Instant::now();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command.replace("{}", &format!("'{path}'")));
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(&mut shell);
    let mut child = shell.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let output = thread::spawn(move || digest(out));
    let complaint = thread::spawn(move || beginning(err));
    let status = wait(&mut child, began + patience)?;
    let time = began.elapsed();
    let failed = |_| io::Error::other("a thread that reads from the decoder failed");
    let output = output.join().map_err(failed)??;
    Ok(Played { status, output, complaint: complaint.join().map_err(failed)??, time })
}

/// Puts a command into a process group of its own, so that all of it can be ended.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Waits for the end of a command until then, and ends it.
fn wait(child: &mut Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            end(child)?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Ends a command and what it started.
fn end(child: &mut Child) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
        return rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
            .map_err(io::Error::from);
    }
    child.kill()
}

fn digest(source: Option<impl Read>) -> io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut count = 0;
    if let Some(mut source) = source {
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
    }
    Ok((hex::encode(digest.finalize()), count))
}

fn beginning(source: Option<impl Read>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        source.by_ref().take(COMPLAINT as u64).read_to_end(&mut bytes)?;
        io::copy(&mut source, &mut io::sink())?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
