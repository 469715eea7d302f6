//! Arrays and bytes that a program hands over, copied while the interpreter is held; and arrays that it gets.
//!
//! Invariant: nothing is converted silently. An array of another type is a `TypeError`, one of another form a `ValueError`, and the message
//! names the argument and says what it has to be.

use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods, dtype,
};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes};

use crate::errors::raised;

/// The values of an array of one dimension.
pub(crate) fn copied<T: Element + Copy>(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    seen(name, given, |values: &[T]| Ok(values.to_vec()))
}

/// What is made of the values of an array of one dimension, with the interpreter held.
pub(crate) fn seen<T: Element + Copy, R>(
    name: &str,
    given: &Bound<'_, PyAny>,
    make: impl FnOnce(&[T]) -> PyResult<R>,
) -> PyResult<R> {
    let wanted = dtype::<T>(given.py());
    let wrong = |is: &dyn std::fmt::Display| {
        PyTypeError::new_err(format!("{name} has to be an array of {wanted}, and is {is}"))
    };
    let Ok(array) = given.cast::<PyUntypedArray>() else {
        return Err(wrong(&given.get_type().name()?));
    };
    if !array.dtype().is_equiv_to(&wanted) {
        return Err(wrong(&format_args!("one of {}", array.dtype())));
    }
    if array.ndim() != 1 || !array.is_c_contiguous() || !array.is_aligned() {
        let what = format!(
            "{name} has to be an array of one dimension without gaps; numpy.ascontiguousarray makes one"
        );
        return Err(PyValueError::new_err(what));
    }
    let array = array.cast::<PyArray1<T>>()?.try_readonly();
    let array = array.map_err(|_| raised::BusyError::new_err(format!("{name} is being written to")))?;
    make(array.as_slice()?)
}

/// An array of bins, which may be one of bool, as one of uint8 with the same memory.
pub(crate) fn as_bins<'py>(given: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match given.cast::<PyUntypedArray>().is_ok_and(|array| array.dtype().kind() == b'b') {
        true => given.call_method1("view", ("u1",)),
        false => Ok(given.clone()),
    }
}

/// Whether there are as many bins as there have to be, each 0 or 1; `all` has every bit that one of them has.
pub(crate) fn are_bins(name: &str, found: usize, count: usize, all: u8) -> PyResult<()> {
    if found != count {
        return Err(PyValueError::new_err(format!("{name} has {found} values, and has to have {count}")));
    }
    if all > 1 {
        return Err(PyValueError::new_err(format!("{name} has to have nothing but 0 and 1")));
    }
    Ok(())
}

/// Room for as many bytes as a program asks for; MemoryError if there is none.
pub(crate) fn zeros(count: usize) -> PyResult<Vec<u8>> {
    match Vec::<u8>::new().try_reserve_exact(count) {
        Ok(()) => Ok(vec![0; count]),
        Err(_) => Err(PyMemoryError::new_err(format!("there is no room for {count} bytes"))),
    }
}

/// An array as NumPy has it, of one dimension.
pub(crate) fn array<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyAny> {
    PyArray1::from_vec(py, values).into_any()
}

/// The same in another shape.
pub(crate) fn shaped<'py, T: Element>(
    py: Python<'py>,
    values: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    array(py, values).call_method1("reshape", (shape.to_vec(),))
}

/// Bytes: `bytes` as they are; of `bytearray`, `memoryview` and whatever else has a buffer of bytes, a copy.
pub(crate) fn bytes(name: &str, given: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(bytes.clone().into());
    }
    if let Ok(bytes) = given.cast::<PyByteArray>() {
        return Ok(bytes.clone().into());
    }
    let wrong = || -> PyResult<PyErr> {
        let is = given.get_type().name()?;
        Ok(PyTypeError::new_err(format!("{name} has to be bytes, and is {is}")))
    };
    let Ok(view) = given.py().import("builtins")?.call_method1("memoryview", (given,)) else {
        return Err(wrong()?);
    };
    if view.getattr("itemsize")?.extract::<usize>()? != 1 {
        return Err(wrong()?);
    }
    if !view.getattr("c_contiguous")?.extract::<bool>()? {
        return Err(PyValueError::new_err(format!("{name} has to be without gaps")));
    }
    Ok(view.call_method0("tobytes")?.cast::<PyBytes>()?.clone().into())
}
