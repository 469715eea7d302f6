//! Lists of structs as arrays with named fields, so that a program has all values of an element at once: `units["log2_cb_size"]`.
//!
//! A struct is laid out as its fields one after the other, in little endian and without gaps, and NumPy is told so. So there is no
//! assumption about how Rust lays out its own.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// A value of a field.
pub(super) trait Cell {
    /// Its type as NumPy writes it, after the lengths of arrays.
    const TYPE: &'static str;
    /// The lengths of arrays.
    fn shape() -> Vec<usize> {
        Vec::new()
    }
    /// Appends its bytes.
    fn put(&self, bytes: &mut Vec<u8>);
}

macro_rules! cells {
    ($($number:ty: $name:literal),*) => {
        $(impl Cell for $number {
            const TYPE: &'static str = $name;

            fn put(&self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        })*
    };
}

cells! { u8: "u1", i8: "i1", u16: "<u2", i16: "<i2", u32: "<u4", i32: "<i4" }

impl Cell for bool {
    const TYPE: &'static str = "u1";

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push((*self).into());
    }
}

impl<T: Cell, const N: usize> Cell for [T; N] {
    const TYPE: &'static str = T::TYPE;

    fn shape() -> Vec<usize> {
        [vec![N], T::shape()].concat()
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|cell| cell.put(bytes));
    }
}

/// A field: its name, its type and its shape.
pub(super) type Field = (&'static str, &'static str, Vec<usize>);

/// The field of this name that a value of this type is.
pub(super) fn field<T: Cell>(name: &'static str, _: &T) -> Field {
    (name, T::TYPE, T::shape())
}

/// An array of structs. It cannot be written to, since the bytes belong to NumPy as `bytes`.
pub(super) fn table<'py>(py: Python<'py>, fields: &[Field], bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let fields =
        fields.iter().map(|(name, kind, shape)| Ok((name, kind, pyo3::types::PyTuple::new(py, shape)?)));
    let fields = PyList::new(py, fields.collect::<PyResult<Vec<_>>>()?)?;
    let numpy = py.import("numpy")?;
    let dtype = numpy.call_method1("dtype", (fields,))?;
    numpy.call_method1("frombuffer", (PyBytes::new(py, bytes), dtype))
}

/// A function that makes an array of a list. Each field is said once, with its value.
macro_rules! rows {
    (fn $name:ident($row:ident: $of:ty) { $($field:ident: $value:expr,)* }) => {
        fn $name<'py>(
            py: Python<'py>,
            rows: impl Iterator<Item = $of>,
        ) -> PyResult<Bound<'py, PyAny>> {
            fn fields($row: $of) -> Vec<$crate::streams::table::Field> {
                vec![$($crate::streams::table::field(stringify!($field), &$value)),*]
            }
            let mut bytes = Vec::new();
            for $row in rows {
                $($crate::streams::table::Cell::put(&$value, &mut bytes);)*
            }
            $crate::streams::table::table(py, &fields(<$of>::default()), &bytes)
        }
    };
}
pub(super) use rows;
