//! From a model file to a container in memory.

use std::path::PathBuf;

use glob::Pattern;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use silicabac::weights::compress::{Coder, Options, Quantizer, Step, compress};
use silicabac::weights::model::{ModelError, ModelFile};
use silicabac::weights::plan::{Rule, Treatment};

use super::{failed, pool};
use crate::errors::{guarded, os_error};
use crate::numbers::{Int, not_below_zero};
use crate::vectors::as_file;

/// How a model is compressed, as a program says it: by the names of the command's options.
#[derive(Default)]
struct How {
    options: Options,
    lambda: f32,
    clusters: usize,
    prune: f32,
    sigma: Option<PathBuf>,
    jobs: Option<usize>,
}

fn bits(name: &str, given: &Bound<'_, PyAny>) -> PyResult<u8> {
    given.extract::<Int>()?.within(name, 2..=24)
}

fn above_zero(name: &str, given: &Bound<'_, PyAny>) -> PyResult<f32> {
    not_below_zero(name, given.extract()?, false)
}

fn pattern(name: &str) -> PyResult<Pattern> {
    Pattern::new(name).map_err(|error| PyValueError::new_err(format!("{name:?} is no pattern: {error}")))
}

impl How {
    /// What the program asks for. `quantizer` needs the numbers that come beside it, and so is looked at last.
    fn of(given: &Bound<'_, PyDict>) -> PyResult<How> {
        let mut how = How { lambda: 0.05, clusters: 32, ..How::default() };
        how.options.coder = Coder::Smallest;
        let mut sizes = 0;
        for (name, value) in given {
            let name: String = name.extract()?;
            if value.is_none() {
                continue;
            }
            sizes += u8::from(["bits", "step", "relative_step", "coarseness"].contains(&&*name));
            how.set(&name, &value)?;
        }
        if sizes > 1 {
            let what = "bits, step, relative_step and coarseness exclude each other";
            return Err(PyValueError::new_err(what));
        }
        if let Some(name) = given.get_item("quantizer")?.filter(|name| !name.is_none()) {
            how.options.quantizer = how.quantizer(&name.extract::<String>()?)?;
        }
        if let Some(by_name) = given.get_item("quantizer_by_name")?.filter(|names| !names.is_none()) {
            for (name, quantizer) in by_name.cast::<PyDict>()? {
                let what = Treatment::Quantizer(how.quantizer(&quantizer.extract::<String>()?)?);
                how.options.rules.push(Rule { names: pattern(&name.extract::<String>()?)?, what });
            }
        }
        // The later rule holds, and what is kept is kept whatever else is said of it.
        how.options.rules.sort_by_key(|rule| rule.what == Treatment::Keep);
        Ok(how)
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let options = &mut self.options;
        let int = || value.extract::<Int>();
        match name {
            "bits" => options.step = Step::Bits(bits(name, value)?),
            "step" => options.step = Step::Fixed(above_zero(name, value)?),
            "relative_step" => options.step = Step::Relative(above_zero(name, value)?),
            "coarseness" => {
                let s = not_below_zero(name, value.extract()?, true)?;
                if s > 256.0 {
                    return Err(PyValueError::new_err("coarseness has to be 0 to 256"));
                }
                options.step = Step::V1(s);
            }
            "lambda_" => self.lambda = not_below_zero(name, value.extract()?, true)?,
            "clusters" => self.clusters = int()?.within(name, 2..=4096)?,
            "prune" => {
                self.prune = not_below_zero(name, value.extract()?, true)?;
                if self.prune >= 1.0 {
                    return Err(PyValueError::new_err("prune has to be a share, 0 to below 1"));
                }
            }
            "abs_gr" => {
                options.abs_gr = Some(int()?.within(name, 1..=silicabac::weights::levels::MAX_ABS_GR)?)
            }
            "smallest" => options.smallest = int()?.within(name, 0..=u64::MAX)?,
            "small_bits" => options.small_bits = Some(bits(name, value)?),
            "keep" => {
                for name in value.extract::<Vec<String>>()? {
                    options.rules.push(Rule { names: pattern(&name)?, what: Treatment::Keep });
                }
            }
            "bits_by_name" => {
                for (name, value) in value.cast::<PyDict>()? {
                    let names = pattern(&name.extract::<String>()?)?;
                    options.rules.push(Rule { names, what: Treatment::Bits(bits("bits_by_name", &value)?) });
                }
            }
            "coder" => {
                options.coder = match &*value.extract::<String>()? {
                    "cabac" => Coder::Cabac,
                    "smallest" => Coder::Smallest,
                    _ => return Err(PyValueError::new_err("coder has to be \"cabac\" or \"smallest\"")),
                }
            }
            "sigma" => self.sigma = Some(as_file(value.extract()?)),
            "jobs" => self.jobs = Some(int()?.within(name, 1..=1024)?),
            "quantizer" | "quantizer_by_name" => {}
            _ => return Err(PyTypeError::new_err(format!("there is no option {name}"))),
        }
        Ok(())
    }

    fn quantizer(&self, name: &str) -> PyResult<Quantizer> {
        let How { lambda, clusters, prune, .. } = *self;
        match name {
            "nearest" => Ok(Quantizer::Nearest),
            "rd" => Ok(Quantizer::RateDistortion { lambda }),
            "lloyd" => Ok(Quantizer::Lloyd { lambda, clusters }),
            "kmeans" => Ok(Quantizer::KMeans { prune, clusters }),
            _ => {
                Err(PyValueError::new_err("quantizer has to be \"nearest\", \"rd\", \"lloyd\" or \"kmeans\""))
            }
        }
    }
}

/// Compresses a model file to a container, bytes. `options` are those of `silicabac.weights.compress`; `progress` is called with how many
/// bytes of how many are done, and `note` with the name of a tensor and what a user should know about it.
#[pyfunction]
#[pyo3(signature = (path, options, progress=None, note=None))]
pub(crate) fn compress_model<'py>(
    py: Python<'py>,
    path: PathBuf,
    options: &Bound<'py, PyDict>,
    progress: Option<Py<PyAny>>,
    note: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let How { options, sigma, jobs, .. } = How::of(options)?;
    let path = as_file(path);
    guarded(|| {
        let open = |path: &PathBuf| {
            py.detach(|| ModelFile::open(path)).map_err(|error| match error {
                ModelError::Open { path, source } => os_error(source, &path),
                error => failed(error.into()),
            })
        };
        let mut model = open(&path)?;
        let mut sigma = sigma.as_ref().map(open).transpose()?;
        let total = model.tensors().iter().fold(0, |sum: u64, tensor| sum.saturating_add(tensor.bytes));
        let made = pool::run(py, jobs, total, progress.as_ref(), |progress| {
            let mut container = Vec::new();
            let (_, index, summaries) =
                compress(&mut model, sigma.as_mut(), &options, &mut container, &|bytes| progress(bytes))?;
            Ok((container, index, summaries))
        })?;
        let (container, index, summaries) = made.map_err(failed)?;
        if let Some(note) = note {
            for (tensor, summary) in index.tensors.iter().zip(summaries) {
                for found in summary.notes {
                    note.call1(py, (&tensor.name, found.to_string()))?;
                }
            }
        }
        Ok(PyBytes::new(py, &container))
    })
}
