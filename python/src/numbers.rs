//! Numbers as Python gives them: any integer, of NumPy too, within bounds that the message names.

use std::ops::RangeInclusive;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

/// An integer of any size; one beyond 64 bits, which is beyond all bounds, is the largest.
#[derive(Clone, Copy)]
pub(crate) struct Int(i128);

impl<'py> FromPyObject<'_, 'py> for Int {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Int> {
        match given.extract::<i64>() {
            Ok(number) => Ok(Int(number.into())),
            Err(error) if error.is_instance_of::<PyOverflowError>(given.py()) => {
                Ok(Int(given.extract::<u64>().map_or(i128::MAX, i128::from)))
            }
            Err(error) => Err(error),
        }
    }
}

impl Int {
    pub(crate) const ZERO: Int = Int(0);
    pub(crate) const ONE: Int = Int(1);

    /// The number, if it lies within bounds.
    pub(crate) fn within<T>(self, name: &str, bounds: RangeInclusive<T>) -> PyResult<T>
    where
        T: TryFrom<i128> + PartialOrd + std::fmt::Display,
    {
        let number = T::try_from(self.0).ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            PyValueError::new_err(format!("{name} has to be {} to {}", bounds.start(), bounds.end()))
        })
    }
}

/// A number above zero, or from zero on.
pub(crate) fn not_below_zero(name: &str, number: f32, with_zero: bool) -> PyResult<f32> {
    if number.is_finite() && (number > 0.0 || with_zero && number == 0.0) {
        return Ok(number);
    }
    let from = if with_zero { "zero or above" } else { "above zero" };
    Err(PyValueError::new_err(format!("{name} has to be {from} and finite")))
}

/// What a coder that writes cannot do without.
pub(crate) fn needed<T>(name: &str, given: Option<T>) -> PyResult<T> {
    given.ok_or_else(|| PyTypeError::new_err(format!("{name} is missing, which a coder that writes needs")))
}
