//! Coverage: what vectors, traces and streams make a coder do, and what they do not reach yet (`docs/coverage.md`).

use std::sync::Arc;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use silicabac::coverage::{self, Report};

use crate::arrays::{array, shaped};
use crate::coders::{codec, codec_name};
use crate::errors::raised::DamagedError;
use crate::held::Held;
use crate::streams::Unit;
use crate::traces::TracedSlice;
use crate::vectors::Vector;

/// An item of coverage as it was when it was asked for: a grid of cells, with how often each was hit.
#[pyclass(frozen, module = "silicabac.coverage")]
#[derive(Clone)]
pub(crate) struct Item(Arc<coverage::Item>);

impl Item {
    fn shape(&self) -> Vec<usize> {
        self.0.axes.iter().map(|axis| axis.labels.len()).collect()
    }
}

#[pymethods]
impl Item {
    /// Its name.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name
    }

    /// What a hit is, in words.
    #[getter]
    fn what(&self) -> &'static str {
        self.0.what
    }

    /// The dimensions of the grid, each as a tuple of its name and the names of its places.
    #[getter]
    fn axes(&self) -> Vec<(&'static str, Vec<String>)> {
        self.0.axes.iter().map(|axis| (axis.name, axis.labels.clone())).collect()
    }

    /// How often each cell was hit, an array of uint64 of as many dimensions as there are axes.
    #[getter]
    fn hits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        shaped::<u64>(py, self.0.hits.clone(), &self.shape())
    }

    /// Which cells cannot be hit, an array of bool of the same shape.
    #[getter]
    fn excluded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut excluded = vec![false; self.0.cells()];
        self.0
            .exclusions
            .iter()
            .flat_map(|exclusion| &exclusion.cells)
            .for_each(|cell| excluded[*cell] = true);
        shaped::<bool>(py, excluded, &self.shape())
    }

    /// The numbers of the cells that could have been hit and were not, an array of uint64; the last axis counts fastest.
    #[getter]
    fn missed<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        array::<u64>(py, self.0.missed().into_iter().map(|cell| cell as u64).collect())
    }

    /// A cell in words, by its number. IndexError if there is none.
    fn label(&self, cell: usize) -> PyResult<String> {
        match cell < self.0.cells() {
            true => Ok(self.0.label(cell)),
            false => Err(pyo3::exceptions::PyIndexError::new_err("the item has no such cell")),
        }
    }

    /// The percentage of the cells that can be hit and were hit. It is 100 only if none is missed.
    #[getter]
    fn percent(&self) -> f64 {
        self.0.percent()
    }

    fn __repr__(&self) -> String {
        format!("<Item {}: {:.1} %>", self.0.name, self.0.percent())
    }
}

/// What both kinds of coverage are asked.
macro_rules! asked {
    ($class:ident) => {
        #[pymethods]
        impl $class {
            /// How many slices have been taken.
            #[getter]
            fn slices(&self) -> PyResult<u64> {
                self.coverage.with(|coverage| Ok(coverage.report().slices))
            }

            /// How many bins have been taken.
            #[getter]
            fn bins(&self) -> PyResult<u64> {
                self.coverage.with(|coverage| Ok(coverage.report().bins))
            }

            /// All items, as they are now.
            fn items(&self) -> PyResult<Vec<Item>> {
                self.coverage.with(|coverage| Ok(items(&coverage.report())))
            }

            /// The item of this name, as it is now. KeyError if there is none.
            fn __getitem__(&self, name: &str) -> PyResult<Item> {
                let found = self.items()?.into_iter().find(|item| item.0.name == name);
                found.ok_or_else(|| PyKeyError::new_err(name.to_string()))
            }

            /// The report as `silicabac vectors coverage --format json` has it, as text. `goal` is the percentage that every item should reach.
            #[pyo3(signature = (goal=100.0))]
            fn to_json(&self, goal: f64) -> PyResult<String> {
                self.coverage.with(|coverage| Ok(coverage.report().to_json(goal).to_string()))
            }
        }
    };
}

fn items(report: &Report<'_>) -> Vec<Item> {
    report.items.iter().map(|item| Item(Arc::new((*item).clone()))).collect()
}

/// The coverage of vectors and of recorded slices.
///
/// >>> import silicabac
/// >>> coverage = silicabac.Coverage()
/// >>> for vector in silicabac.vectors.suite("directed"):
/// ...     coverage.play(vector)
/// >>> coverage["cross"].percent
/// 100.0
#[pyclass(frozen, module = "silicabac.coverage")]
pub(crate) struct Coverage {
    coverage: Held<coverage::Coverage>,
}

#[pymethods]
impl Coverage {
    #[new]
    fn new() -> Coverage {
        Coverage { coverage: Held::new(coverage::Coverage::new()) }
    }

    /// Takes a vector as the engine decodes it. One that no encoder makes counts only for its error, its size and its flags.
    fn play(&self, py: Python<'_>, vector: &Vector) -> PyResult<()> {
        py.detach(|| {
            self.coverage.with(|coverage| {
                coverage.play(&vector.0);
                Ok(())
            })
        })
    }

    /// Takes the bins of a recorded slice.
    fn take(&self, py: Python<'_>, traced: &TracedSlice) -> PyResult<()> {
        py.detach(|| {
            self.coverage.with(|coverage| {
                coverage.begin_slice();
                traced.all_events().into_iter().for_each(|event| coverage.take(event));
                Ok(())
            })
        })
    }
}

asked! { Coverage }

/// The coverage of streams of one standard, "avc" or "hevc": context variables, values of syntax elements, places of levels, and what the
/// bins make a coder do.
///
/// >>> import silicabac
/// >>> coverage = silicabac.StreamCoverage("avc")
/// >>> for unit in silicabac.Stream(silicabac.dreams.dream("avc", 7)):
/// ...     coverage.take(unit)
/// >>> coverage["contexts"].hits.shape
/// (1024,)
#[pyclass(frozen, module = "silicabac.coverage")]
pub(crate) struct StreamCoverage {
    coverage: Held<coverage::StreamCoverage>,
    codec: silicabac::context::Codec,
}

#[pymethods]
impl StreamCoverage {
    #[new]
    fn new(codec: &str) -> PyResult<StreamCoverage> {
        let codec = self::codec(codec)?;
        Ok(StreamCoverage { coverage: Held::new(coverage::StreamCoverage::new(codec)), codec })
    }

    /// "avc" or "hevc".
    #[getter]
    fn codec(&self) -> &'static str {
        codec_name(self.codec)
    }

    /// Takes the slice data of a unit; what is no slice counts nothing. DamagedError if it cannot be read to its end: what comes before that
    /// counts. ValueError if the unit is of the other standard.
    fn take(&self, py: Python<'_>, unit: &Unit) -> PyResult<()> {
        if unit.0.init().is_some_and(|init| init.codec != self.codec) {
            return Err(pyo3::exceptions::PyValueError::new_err("the unit is of the other standard"));
        }
        let unit = unit.0.clone();
        py.detach(|| {
            self.coverage.with(|coverage| {
                coverage.take(&unit).map_err(|error| DamagedError::new_err(error.to_string()))
            })
        })
    }
}

asked! { StreamCoverage }
