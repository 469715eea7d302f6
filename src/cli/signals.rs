//! Signals that end the process: what it has begun is removed first.
//!
//! INT, TERM, HUP and USR2 go to our child processes too; then all temporary files and directories are removed, and the process dies of the
//! signal as it would have without this module. A second signal kills at once. (Grid Engine sends USR2 to a job that it is about to kill.)
//! All temporary directories lie in one. It is on the list of [`unfinished`], as are outputs and directories of the cache while they are
//! written.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use silicabac_sim::unfinished::{self, Unfinished};
use tempfile::TempDir;

use super::print::say;

/// What lasts as long as the command runs.
pub(super) struct Guard {
    ended: Arc<AtomicBool>,
    /// All temporary files are in it. Dropped before what remembers it.
    scratch: Option<TempDir>,
    _unfinished: Option<Unfinished>,
}

/// What is still to be done when a signal ends the process.
static LAST: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());

/// Registers work that is done when a signal ends the process, after its child processes have ended.
pub(super) fn at_end(last: impl Fn() + Send + 'static) {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(last));
}

/// Called once, before anything is written.
pub(super) fn set_up() -> Guard {
    let ended = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    if let Err(error) = unix::watch(&ended) {
        say(format_args!("warning: a signal will leave temporary files: {error}"));
    }
    let make = || tempfile::Builder::new().prefix("silicabac-").tempdir();
    // If no directory can be made, the error is reported where a temporary file is needed.
    let (_unfinished, scratch) = unfinished::make(make, |dir| dir.path()).ok().unzip();
    if let Some(scratch) = &scratch {
        // This fails if it was done before; then the directory of that time is used.
        let _ = tempfile::env::override_temp_dir(scratch.path());
    }
    Guard { ended, scratch, _unfinished }
}

impl Guard {
    /// After a signal this does not return: what looks like a failure is that child processes have ended.
    pub(super) fn hold(&self) {
        while self.ended.load(Ordering::SeqCst) {
            thread::park();
        }
    }

    /// Called before the result is printed. After a signal it does not return, as [`hold`](Self::hold).
    pub(super) fn end(mut self) {
        self.hold();
        // What cannot be removed stays in the system's directory for temporary files.
        let _ = self.scratch.take().map_or(Ok(()), TempDir::close);
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        collections::BTreeSet,
        fs,
        time::{Duration, Instant},
    };

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR2},
        flag,
        iterator::Signals,
        low_level::emulate_default_handler,
    };

    use super::{Arc, AtomicBool, LAST, PoisonError, io, thread, unfinished};

    /// How long child processes have to end by themselves.
    const PATIENCE: Duration = Duration::from_secs(1);

    pub(super) fn watch(ended: &Arc<AtomicBool>) -> io::Result<()> {
        let wanted: Vec<i32> =
            [SIGINT, SIGTERM, SIGHUP, SIGUSR2].into_iter().filter(|signal| !is_ignored(*signal)).collect();
        for &signal in &wanted {
            // In this order: the first signal sets the flag, a second one finds it set.
            flag::register_conditional_default(signal, ended.clone())?;
            flag::register(signal, ended.clone())?;
        }
        // Registered last, so that the flag is set before a child is told to end: otherwise the child's end is taken for a failure of its own.
        let mut signals = Signals::new(&wanted)?;
        thread::Builder::new().name("signals".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                end_children(signal);
                LAST.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|last| last());
                let _held = unfinished::remove_all();
                // This fails only for signals that do not exist.
                let _ = emulate_default_handler(signal);
            }
        })?;
        Ok(())
    }

    /// Whether the process that started this one has it ignore the signal, as `nohup` does; false where that cannot be found out.
    fn is_ignored(signal: i32) -> bool {
        let ignored = || {
            let status = proc("self/status")?;
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        };
        ignored().is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }

    /// Hands the signal on to all processes below this one, and kills those that do not end by it.
    fn end_children(signal: i32) {
        let mut told = BTreeSet::new();
        let since = Instant::now();
        loop {
            let children = descendants();
            if children.is_empty() || since.elapsed() > 2 * PATIENCE {
                return;
            }
            for child in children {
                let signal = match since.elapsed() > PATIENCE {
                    true => Some(Signal::KILL),
                    false => Signal::from_named_raw(signal).filter(|_| told.insert(child)),
                };
                if let (Some(pid), Some(signal)) = (Pid::from_raw(child), signal) {
                    // It may have ended by now.
                    let _ = kill_process(pid, signal);
                }
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The processes below this one that have not ended. Only Linux lists them; on other systems they are left alone.
    fn descendants() -> Vec<i32> {
        let (mut found, mut next) = (Vec::new(), vec!["self".to_owned()]);
        while let Some(process) = next.pop() {
            let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
            for thread in threads {
                let children = proc(&format!("{process}/task/{}/children", thread.file_name().display()));
                for child in children.unwrap_or_default().split_whitespace() {
                    let state = proc(&format!("{child}/stat")).unwrap_or_default();
                    let has_ended = state.rsplit(')').next().is_none_or(|rest| rest.trim().starts_with('Z'));
                    if let (false, Ok(pid)) = (has_ended, child.parse()) {
                        found.push(pid);
                        next.push(child.to_owned());
                    }
                }
            }
        }
        found
    }

    fn proc(path: &str) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "it is a file of /proc")]
        fs::read_to_string(format!("/proc/{path}")).ok()
    }
}
