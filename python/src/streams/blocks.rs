//! The blocks of a slice, one after the other.

use std::sync::Arc;
use std::vec::IntoIter;

use pyo3::prelude::*;
use silicabac::stream::{State, StreamUnit};

use super::{CodingTreeUnit, Macroblock, avc, hevc};
use crate::errors::raised::{DamagedError, StateError, UnsupportedError};
use crate::held::Held;

/// An iterator over the macroblocks or coding tree units of a slice.
#[pyclass(frozen, module = "silicabac")]
pub(crate) struct Blocks(Held<Reading>);

/// How far the slice is read.
enum Reading {
    Unread(Arc<StreamUnit>),
    Avc(Read<Macroblock>),
    Hevc(Read<CodingTreeUnit>),
}

/// Blocks that were read, and what is wrong after the last of them.
pub(super) struct Read<B> {
    pub(super) blocks: IntoIter<B>,
    pub(super) damage: Option<String>,
}

impl<B> Read<B> {
    fn next(&mut self) -> PyResult<Option<B>> {
        match (self.blocks.next(), &self.damage) {
            (None, Some(what)) => Err(DamagedError::new_err(what.clone())),
            (block, _) => Ok(block),
        }
    }
}

impl Blocks {
    pub(super) fn new(unit: &Arc<StreamUnit>) -> PyResult<Blocks> {
        match unit.state() {
            State::Slice => Ok(Blocks(Held::new(Reading::Unread(unit.clone())))),
            State::Damaged(what) => Err(DamagedError::new_err(what)),
            State::Unsupported(why) => Err(UnsupportedError::new_err(why)),
            State::Other => Err(StateError::new_err("it is no slice")),
        }
    }
}

#[pymethods]
impl Blocks {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.with(|reading| {
            if let Reading::Unread(unit) = reading {
                *reading = py.detach(|| match &**unit {
                    StreamUnit::Avc(unit) => Reading::Avc(avc::read(unit)),
                    StreamUnit::Hevc(unit) => Reading::Hevc(hevc::read(unit)),
                });
            }
            Ok(match reading {
                Reading::Unread(_) => None,
                Reading::Avc(read) => {
                    read.next()?.map(|block| Bound::new(py, block)).transpose()?.map(Bound::into_any)
                }
                Reading::Hevc(read) => {
                    read.next()?.map(|block| Bound::new(py, block)).transpose()?.map(Bound::into_any)
                }
            })
        })
    }
}
