//! A decoder, any command, plays a stream: how it ends, how long it takes, and what it writes.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use wait4::Wait4;

/// What a decoder did with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// How it ended; `None` if it did not, and was ended, or left something that still holds its outputs.
    pub status: Option<ExitStatus>,
    /// SHA-256 of what it wrote to its standard output, and how many bytes that were.
    pub output: (String, u64),
    /// The beginning of what it wrote to its standard error.
    pub complaint: String,
    /// How long it took.
    pub time: Duration,
    /// The largest memory that it, or one of the processes that it waited for, had at once, in bytes; 0 where no system tells.
    pub memory: u64,
}

/// How much of the standard error is kept.
const COMPLAINT: usize = 4_096;

impl Played {
    /// Whether a signal ended it, or the shell says so of what it started.
    pub fn has_crashed(&self) -> bool {
        // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV and SIGSYS.
        const OF_SHELL: [i32; 8] = [128 + 4, 128 + 5, 128 + 6, 128 + 7, 128 + 8, 128 + 9, 128 + 11, 128 + 31];
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

/// Runs a command of the shell in which `{}` stands for the path of the stream, and waits so long for its end. What it left in the
/// background is ended with it.
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
    let path = stream.to_str().ok_or_else(|| io::Error::other("the path of a stream has to be UTF-8"))?;
    let path = path.replace('\'', r"'\''");
    let began = Instant::now();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command.replace("{}", &format!("'{path}'")));
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(&mut shell);
    let mut child = shell.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let output = in_background(move || digest(out));
    let complaint = in_background(move || beginning(err));
    let (status, memory) = wait(&mut child, began + patience)?;
    let time = began.elapsed();
    // All that could write has ended, unless it left the group of processes.
    const A_MOMENT: Duration = Duration::from_secs(10);
    match (output.recv_timeout(A_MOMENT), complaint.recv_timeout(A_MOMENT)) {
        (Ok(output), Ok(complaint)) => {
            Ok(Played { status, output: output?, complaint: complaint?, time, memory })
        }
        _ => Ok(Played { status: None, output: (String::new(), 0), complaint: String::new(), time, memory }),
    }
}

fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = channel();
    // Nobody may wait for it any more.
    thread::spawn(move || sender.send(work()).ok());
    receiver
}

/// Puts a command into a process group of its own, so that all of it can be ended.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Waits for the end of a command until then, and ends what there is still of it. Tells how it ended, if it did, and its memory.
fn wait(child: &mut Child, until: Instant) -> io::Result<(Option<ExitStatus>, u64)> {
    let mut pause = Duration::from_millis(1);
    loop {
        let has_ended = has_ended(child)?;
        if has_ended || Instant::now() >= until {
            let killed = end(child);
            if !has_ended {
                // Of what has ended by itself, there may be nothing left to end.
                killed?;
            }
            let ended = child.wait4()?;
            return Ok((has_ended.then_some(ended.status), ended.rusage.maxrss));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Whether the command has ended. It is not waited for yet, so no other process group can have its number.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> io::Result<bool> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match Pid::from_raw(child.id() as i32) {
        Some(pid) => Ok(waitid(WaitId::Pid(pid), options)?.is_some()),
        None => Ok(child.try_wait()?.is_some()),
    }
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> io::Result<bool> {
    Ok(child.try_wait()?.is_some())
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_decoder_leaves_behind_is_not_waited_for() {
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
