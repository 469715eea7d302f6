//! What a coder keeps: context variables, and the registers of the standard.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use silicabac::bin::{BinCoder, Decode, Encode};
use silicabac::context::{CONTEXTS, ContextModel, CtxIdx};

use super::{Coder, Engine, Inner, SliceInit, each};
use crate::arrays::{array, copied};
use crate::errors::raised::StateError;
use crate::numbers::Int;

/// The registers of the standard.
#[pyclass(frozen, eq, get_all, module = "silicabac")]
#[derive(PartialEq)]
pub(crate) struct Registers {
    /// codIRange, 256 to 510.
    cod_i_range: u32,
    /// codIOffset of a decoder; 0 of an encoder.
    cod_i_offset: u32,
    /// The low nine bits of codILow of an encoder; 0 of a decoder.
    cod_i_low: u32,
    /// How many bits a decoder has read; after a terminate bin of 1, the last of them is the stop bit. How many bits an encoder has handed to
    /// its bytes: all of them between engine runs, some fewer within one.
    position: u64,
}

#[pymethods]
impl Registers {
    fn __repr__(&self) -> String {
        let Registers { cod_i_range, cod_i_offset, cod_i_low, position } = self;
        format!(
            "Registers(cod_i_range={cod_i_range}, cod_i_offset={cod_i_offset}, cod_i_low={cod_i_low}, position={position})"
        )
    }
}

impl Inner {
    fn registers(&self) -> PyResult<Registers> {
        match &self.engine {
            Engine::Encoder(encoder) => Ok(Registers {
                cod_i_range: encoder.cod_i_range(),
                cod_i_offset: 0,
                cod_i_low: encoder.cod_i_low(),
                position: encoder.bytes().len() as u64 * 8,
            }),
            Engine::Decoder(reading) => {
                let decoder = reading.borrow_dependent();
                Ok(Registers {
                    cod_i_range: decoder.cod_i_range(),
                    cod_i_offset: decoder.cod_i_offset(),
                    cod_i_low: 0,
                    position: decoder.position(),
                })
            }
            Engine::Meter(_) => Err(StateError::new_err("a meter has no registers")),
        }
    }
}

/// The context variables of these numbers.
fn contexts(first: usize, count: usize) -> PyResult<impl Iterator<Item = CtxIdx>> {
    let end = first.checked_add(count).filter(|end| *end <= CONTEXTS);
    let end = end.ok_or_else(|| PyValueError::new_err("there are 1,024 context variables, and no more"))?;
    Ok((first..end).filter_map(|index| CtxIdx::new(index as u16)))
}

#[pymethods]
impl Coder {
    /// Initialises the context variables as a slice header says, a SliceInit. Those that such slices do not have stay as they are.
    fn initialise(&self, init: &SliceInit) -> PyResult<()> {
        let init = init.0;
        self.inner.with(|inner| {
            let models = (0..).map_while(CtxIdx::new).filter_map(|ctx| Some((ctx, init.model(ctx)?)));
            each!(&mut inner.engine, coder => models.for_each(|(ctx, model)| coder.load(ctx, model)));
            Ok(())
        })
    }

    /// Sets context variables from the number `first` on. `models` is an array of uint8: pStateIdx, 0 to 62, in the low six bits, and valMPS
    /// in the next one. If one is none of these, nothing is set.
    ///
    /// >>> import numpy, silicabac
    /// >>> encoder = silicabac.Encoder()
    /// >>> encoder.load(5, numpy.array([62 + 64, 3], dtype=numpy.uint8))
    /// >>> encoder.save(5, 2)
    /// array([126,   3], dtype=uint8)
    fn load(&self, first: Int, models: &Bound<'_, PyAny>) -> PyResult<()> {
        let first = first.within("first", 0..=CONTEXTS)?;
        let models = copied::<u8>("models", models)?;
        let contexts = contexts(first, models.len())?;
        let models: Option<Vec<_>> = models.into_iter().map(ContextModel::from_bits).collect();
        let models = models.ok_or_else(|| {
            PyValueError::new_err("models has to have states of 0 to 62, with 64 added if valMPS is 1")
        })?;
        self.inner.with(|inner| {
            let loads = contexts.zip(models);
            each!(&mut inner.engine, coder => loads.for_each(|(ctx, model)| coder.load(ctx, model)));
            Ok(())
        })
    }

    /// The states of `count` context variables from the number `first` on, as `load` takes them.
    #[pyo3(signature = (first=Int::ZERO, count=None), text_signature = "($self, first=0, count=None)")]
    fn save<'py>(&self, py: Python<'py>, first: Int, count: Option<Int>) -> PyResult<Bound<'py, PyAny>> {
        let first = first.within("first", 0..=CONTEXTS)?;
        let count = count.map_or(Ok(CONTEXTS - first), |count| count.within("count", 0..=CONTEXTS))?;
        let contexts = contexts(first, count)?;
        let models: Vec<u8> = self.inner.with(|inner| {
            Ok(each!(&mut inner.engine, coder => contexts.map(|ctx| coder.save(ctx).bits()).collect()))
        })?;
        Ok(array(py, models))
    }

    /// The registers of an encoder or a decoder; StateError of a meter.
    fn registers(&self) -> PyResult<Registers> {
        self.inner.with(|inner| inner.registers())
    }

    /// How many bits have been read or written: `registers().position`.
    #[getter]
    fn position(&self) -> PyResult<u64> {
        self.inner.with(|inner| Ok(inner.registers()?.position))
    }
}
