//! Long work on all processors that a program can watch and interrupt.
//!
//! Each work has threads of its own, so that it goes on in a process that was forked from one in which there was such work. The thread of
//! the program waits beside them: it alone calls back, and asks the interpreter whether Ctrl-C was pressed, which only the main thread can.
//!
//! The library's progress can say nothing to its caller but by unwinding. So work that is to be given up unwinds where it tells its next
//! progress, without a panic's message, and that is caught here.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors::raised::PanicError;

/// How long a program that pressed Ctrl-C waits at the most until it is looked at.
const BEAT: Duration = Duration::from_millis(50);

/// Unwinds work that is given up.
struct GivenUp;

/// Does the work, which tells how many bytes it has done since it told that last. They are added up for `progress`, which is called with
/// them and with `total`.
pub(super) fn run<R: Send>(
    py: Python<'_>,
    jobs: Option<usize>,
    total: u64,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&dyn Fn(u64)) -> R + Send,
) -> PyResult<R> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).build();
    let pool = pool.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let is_given_up = AtomicBool::new(false);
    let (sender, receiver) = channel();
    let (mut made, mut refused, mut done) = (None, None, 0);
    let mut tell = |bytes: u64| {
        Python::attach(|py| {
            py.check_signals()?;
            done += bytes;
            match progress.filter(|_| bytes > 0) {
                Some(progress) => progress.call1(py, (done, total)).map(drop),
                None => Ok(()),
            }
        })
    };
    let ended = py.detach(|| {
        let receiver = receiver;
        catch_unwind(AssertUnwindSafe(|| {
            pool.in_place_scope(|scope| {
                scope.spawn(|_| {
                    let sender = sender;
                    made = Some(work(&|bytes| {
                        if is_given_up.load(Relaxed) {
                            resume_unwind(Box::new(GivenUp));
                        }
                        // The receiver is there until the sender is gone.
                        let _ = sender.send(bytes);
                    }));
                });
                loop {
                    let bytes = match receiver.recv_timeout(BEAT) {
                        Ok(bytes) => bytes,
                        Err(RecvTimeoutError::Timeout) => 0,
                        Err(RecvTimeoutError::Disconnected) => break,
                    };
                    if refused.is_none() {
                        refused = tell(bytes).err();
                        is_given_up.store(refused.is_some(), Relaxed);
                    }
                }
            });
        }))
    });
    match (refused, made, ended) {
        (Some(error), ..) => Err(error),
        (None, Some(made), Ok(())) => Ok(made),
        _ => Err(PanicError::new_err("this is a mistake in the library: work on weights panicked")),
    }
}
