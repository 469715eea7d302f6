//! What an object of Python holds, for one call at a time.
//!
//! Invariant: no call waits for another one. An object that is used in a second thread while it works for the first, or from within a
//! callback of its own, says so (`BusyError`) and nothing is done; so there is no deadlock between it and the interpreter's lock. After
//! `close`, and after a panic that left the value half changed, each call says that.

use std::sync::{Mutex, TryLockError};

use pyo3::prelude::*;

use crate::errors::{guarded, raised};

/// A value that can be closed.
pub(crate) struct Held<T>(Mutex<Option<T>>);

impl<T> Held<T> {
    pub(crate) fn new(value: T) -> Held<T> {
        Held(Mutex::new(Some(value)))
    }

    /// Does something with the value.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> PyResult<R>) -> PyResult<R> {
        self.locked(|held| match held {
            Some(value) => work(value),
            None => Err(raised::ClosedError::new_err("it has been closed")),
        })
    }

    /// Gives the value up. To close it again does nothing.
    pub(crate) fn close(&self) -> PyResult<()> {
        self.locked(|held| {
            *held = None;
            Ok(())
        })
    }

    fn locked<R>(&self, work: impl FnOnce(&mut Option<T>) -> PyResult<R>) -> PyResult<R> {
        let mut held = match self.0.try_lock() {
            Ok(held) => held,
            Err(TryLockError::WouldBlock) => {
                return Err(raised::BusyError::new_err("it is in use by another call"));
            }
            Err(TryLockError::Poisoned(_)) => {
                return Err(raised::BrokenError::new_err(
                    "an earlier call panicked in the middle of its work",
                ));
            }
        };
        // A panic drops the guard while it unwinds, by which later calls know of it.
        guarded(move || work(&mut held))
    }
}
