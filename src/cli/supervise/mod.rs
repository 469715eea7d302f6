//! Verbs that simulate run in a process of their own, the same command once more, because a simulated core is a program: it
//! may end the process, crash, print without end, take all memory or never come back from a clock.
//!
//! Invariant: a result is printed whole, and only if the other process has handed over all of it and said so. Any other
//! end of that process is the verdict on the core, and has a name.

mod death;

use std::{
    env, fs,
    io::{self, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use death::{Death, print_death};
use indicatif::ProgressBar;

use super::{
    Failure,
    channel::{BEAT, Frame, VARIABLE},
    print::{self, ReportFormat, out, printable, say, unless_closed},
    signals::Guard,
};

/// What a simulated core may take.
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(next_help_heading = "What a simulated core may take (it is a program)")]
pub(super) struct Limits {
    /// How much memory the simulation may take, in MiB; on Linux
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    max_memory: u64,
    /// How much the core may print, in MiB; the first 64 KiB are shown
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    max_output: u64,
    /// For how long the core may be in one clock
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    max_clock_time: u32,
}

/// Runs this very command once more, in a process that simulates, and prints what it hands over. Returns its exit status.
///
/// # Errors
/// [`Failure::Print`], and [`Failure::Process`] where no process can be started.
pub(super) fn run(limits: Limits, format: ReportFormat, guard: &Guard) -> Result<u8, Failure> {
    let mut simulation = Simulation::start(limits).map_err(Failure::Process)?;
    let ended = simulation.watch();
    simulation.stop();
    guard.hold();
    match ended {
        Ok(status) => {
            unless_closed(out().write_all(simulation.result.as_bytes()))?;
            Ok(status)
        }
        Err(death) => {
            let during = match simulation.at.as_str() {
                "" => String::new(),
                at => format!(", during {at}"),
            };
            unless_closed(print_death(&death, &format!("{death}{during}"), format))?;
            Ok(1)
        }
    }
}

/// A process that simulates.
struct Simulation {
    child: Child,
    frames: mpsc::Receiver<Frame>,
    printed: Arc<AtomicU64>,
    limits: Limits,
    word: String,
    /// What it has handed over for standard output.
    result: String,
    /// The work that it last reported.
    at: String,
    bar: ProgressBar,
}

impl Simulation {
    fn start(limits: Limits) -> io::Result<Simulation> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let word = format!("{:x}-{:x}", std::process::id(), now.as_nanos());
        let mut command = Command::new(this_program()?);
        command.args(env::args_os().skip(1)).env(VARIABLE, &word);
        // Its temporary files are in our directory, so that they are removed however it ends.
        command.env("TMPDIR", tempfile::env::temp_dir());
        command.arg0(env::args_os().next().unwrap_or_default());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (told, frames) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let _ = Frame::read_all(BufReader::new(stdout)).try_for_each(|frame| told.send(frame));
            });
        }
        let printed = Arc::<AtomicU64>::default();
        if let Some(stderr) = child.stderr.take() {
            let printed = printed.clone();
            thread::spawn(move || relay(stderr, &printed));
        }
        let bar = ProgressBar::hidden();
        Ok(Simulation { child, frames, printed, limits, word, result: String::new(), at: String::new(), bar })
    }

    /// Takes frames up to the last one, and returns the exit status in it, or why the process will not send one.
    fn watch(&mut self) -> Result<u8, Death> {
        let mut silent = Duration::ZERO;
        loop {
            match self.frames.recv_timeout(LOOK) {
                Ok(frame) => {
                    silent = Duration::ZERO;
                    if let Some(status) = self.take(frame)? {
                        return Ok(status);
                    }
                }
                // Looks are counted, not seconds: while this process is stopped, so is the other.
                Err(RecvTimeoutError::Timeout) => silent += LOOK,
                Err(RecvTimeoutError::Disconnected) => return Err(self.death()),
            }
            if silent > Duration::from_secs(self.limits.max_clock_time.into()) + SILENT {
                return Err(Death::Silent);
            }
            if self.printed.load(Ordering::Relaxed) >> 20 >= self.limits.max_output {
                return Err(Death::Printed(self.limits.max_output));
            }
            if memory(&self.child).is_some_and(|bytes| bytes >> 20 >= self.limits.max_memory) {
                return Err(Death::Memory(self.limits.max_memory));
            }
        }
    }

    /// Takes a frame. Returns the exit status if it is the last one.
    fn take(&mut self, frame: Frame) -> Result<Option<u8>, Death> {
        match frame {
            Frame::Out(text) => self.result += &text,
            Frame::Say(line) => self.bar.suspend(|| say(line)),
            Frame::Progress { message, position, length, unit } => {
                if self.bar.is_hidden() || self.bar.length() != length {
                    self.bar.finish_and_clear();
                    self.bar = print::bar(length, &unit);
                }
                self.bar.set_message(printable(&message).into_owned());
                self.bar.set_position(position);
                self.at = message;
            }
            Frame::Done => {
                self.bar.finish_and_clear();
                self.bar = ProgressBar::hidden();
            }
            Frame::Beat(beats) if BEAT * beats >= Duration::from_secs(self.limits.max_clock_time.into()) => {
                return Err(Death::Stuck(self.limits.max_clock_time));
            }
            Frame::Beat(_) => {}
            Frame::End { status, word } if word == self.word => return Ok(Some(status)),
            Frame::End { .. } => {}
        }
        Ok(None)
    }

    /// Why there are no more frames.
    fn death(&mut self) -> Death {
        // The process has closed the pipe, so it should be ending; if it does not end, it has stopped.
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(Some(status)) => return Death::of(status),
                _ => thread::sleep(LOOK),
            }
        }
        Death::Silent
    }

    /// Kills the process.
    fn stop(&mut self) {
        self.bar.finish_and_clear();
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The thread that passes on what it printed may still be at work.
        thread::sleep(LOOK);
    }
}

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A process that sends no frame, not even a beat, for this much longer than a clock may take has stopped.
const SILENT: Duration = Duration::from_secs(5);

/// What a core prints beyond this number of bytes is only counted.
const SHOWN: usize = 64 << 10;

/// Passes on what a core prints, up to a length, and counts it.
fn relay(mut source: ChildStderr, printed: &AtomicU64) {
    let mut buffer = [0; 1 << 14];
    let mut shown = 0;
    while let Ok(length @ 1..) = source.read(&mut buffer) {
        let rest = SHOWN - shown;
        if rest > 0 {
            let text = String::from_utf8_lossy(&buffer[..length.min(rest)]);
            let _ = io::stderr().write_all(printable(&text).as_bytes());
            shown += length.min(rest);
            if length >= rest {
                say("\n... the core prints more than is shown");
            }
        }
        printed.fetch_add(length as u64, Ordering::Relaxed);
    }
}

/// This program, even where its file has been replaced since it was started.
fn this_program() -> io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { env::current_exe() }
}

/// The memory that a process has, in bytes; `None` if the system does not show it.
fn memory(child: &Child) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "it is a file of /proc")]
    let counts = fs::read_to_string(format!("/proc/{}/statm", child.id())).ok()?;
    let pages: u64 = counts.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
