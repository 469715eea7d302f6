//! The exceptions of the package, and what each error of the library becomes.
//!
//! The classes are written in Python (`silicabac/errors.py`), where they can have the bases that a program expects: what has the wrong form
//! is a `ValueError` as well. A wrong argument is a `TypeError` or a `ValueError` of Python itself, and what the system refuses an
//! `OSError`.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use silicabac::bin::{DecodeError, DecodeErrorKind};

/// The exceptions by their names in Python.
pub(crate) mod raised {
    pyo3::import_exception!(silicabac.errors, BrokenError);
    pyo3::import_exception!(silicabac.errors, BusyError);
    pyo3::import_exception!(silicabac.errors, ClosedError);
    pyo3::import_exception!(silicabac.errors, DamagedError);
    pyo3::import_exception!(silicabac.errors, DecodeError);
    pyo3::import_exception!(silicabac.errors, FormatError);
    pyo3::import_exception!(silicabac.errors, IllegalError);
    pyo3::import_exception!(silicabac.errors, MismatchError);
    pyo3::import_exception!(silicabac.errors, PanicError);
    pyo3::import_exception!(silicabac.errors, StateError);
    pyo3::import_exception!(silicabac.errors, UnsupportedError);
}

/// Does work that must not panic; if it does, that is an exception too.
pub(crate) fn guarded<R>(work: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> PyErr {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    raised::PanicError::new_err(format!("this is a mistake in the library: {text}"))
}

/// What the system says of a file, with the kind of OSError that Python has for it.
pub(crate) fn os_error(error: io::Error, path: &Path) -> PyErr {
    match error.raw_os_error() {
        Some(code) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((code, text, path.to_owned()))
        }
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    }
}

/// What a decoder has met, as an exception that is handed over and not raised.
pub(crate) fn decode_error(error: DecodeError) -> PyErr {
    let kind = kind_name(error.kind);
    raised::DecodeError::new_err((error.to_string(), kind, error.bin, error.bit))
}

/// The name of a kind of error in Python, which is that of files of vectors.
pub(crate) fn kind_name(kind: DecodeErrorKind) -> &'static str {
    match kind {
        DecodeErrorKind::Forbidden => "forbidden",
        DecodeErrorKind::Misaligned => "misaligned",
        DecodeErrorKind::Exhausted => "exhausted",
    }
}
