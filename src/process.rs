//! Commands of others: how they end, how long they take, and what they write. What such a command leaves in the background is ended with it,
//! so that none hangs whoever runs it.

use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use wait4::Wait4;

/// How a command ended.
pub(crate) struct Ended<T> {
    /// `None` if it did not, and was ended.
    pub status: Option<ExitStatus>,
    /// What was made of its standard output; `None` also if it left something that still holds its outputs.
    pub output: Option<T>,
    /// The beginning of what it wrote to its standard error.
    pub complaint: String,
    /// How long it took.
    pub time: Duration,
    /// The largest memory that it, or one of the processes that it waited for, had at once, in bytes; 0 where no system tells.
    pub memory: u64,
}

/// How much of the standard error is kept.
const COMPLAINT: usize = 4_096;

/// Runs a command, and waits so long for its end. `take` reads its standard output.
///
/// # Errors
/// It cannot be started, or what `take` says.
pub(crate) fn run<T: Send + 'static>(
    mut command: Command,
    patience: Duration,
    take: impl FnOnce(ChildStdout) -> io::Result<T> + Send + 'static,
) -> io::Result<Ended<T>> {
    let began = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(&mut command);
    let mut child = command.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let output = in_background(move || out.map(take).transpose());
    let complaint = in_background(move || beginning(err));
    let (status, memory) = wait(&mut child, began + patience)?;
    let time = began.elapsed();
    // All that could write has ended, unless it left the group of processes.
    const A_MOMENT: Duration = Duration::from_secs(10);
    match (output.recv_timeout(A_MOMENT), complaint.recv_timeout(A_MOMENT)) {
        (Ok(output), Ok(complaint)) => {
            Ok(Ended { status, output: output?, complaint: complaint?, time, memory })
        }
        _ => Ok(Ended { status: None, output: None, complaint: String::new(), time, memory }),
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

fn beginning(source: Option<impl Read>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        source.by_ref().take(COMPLAINT as u64).read_to_end(&mut bytes)?;
        io::copy(&mut source, &mut io::sink())?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
