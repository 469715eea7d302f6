//! Many bins a call. They are checked once for all of them, the interpreter is let go, and the coder is a variable of the loop, so that
//! its state is kept in registers: that is as fast as a loop in Rust.

use std::mem;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use silicabac::bin::{BinCoder, Event};
use silicabac::context::CtxIdx;

use super::{Coder, Engine, Inner};
use crate::arrays::{array, bins, copied};
use crate::errors::raised::StateError;
use crate::events::{event_array, events, is_in_life_after};
use crate::numbers::{Int, needed};

/// Codes bins one after the other.
trait Work {
    type Coded;

    fn with<C: BinCoder>(self, coder: &mut C) -> Self::Coded;
}

impl Inner {
    /// Does the work with the coder as a variable.
    fn work<W: Work>(&mut self, work: W) -> W::Coded {
        match &mut self.engine {
            Engine::Encoder(engine) => {
                let mut coder = mem::take(engine);
                let coded = work.with(&mut coder);
                *engine = coder;
                coded
            }
            Engine::Meter(engine) => {
                let mut coder = mem::take(engine);
                let coded = work.with(&mut coder);
                *engine = coder;
                coded
            }
            Engine::Decoder(reading) => reading.with_dependent_mut(|_, engine| {
                // It has no bytes of its own, so that a copy is small.
                let mut coder = engine.clone();
                let coded = work.with(&mut coder);
                *engine = coder;
                coded
            }),
        }
    }
}

/// Context bins: the context variables, and for what writes the bins, each of which becomes the one that was coded.
struct Contexts<'a>(&'a [u16], &'a mut [u8]);

impl Work for Contexts<'_> {
    type Coded = ();

    fn with<C: BinCoder>(self, coder: &mut C) {
        for (index, bin) in self.0.iter().zip(self.1) {
            // All were looked at before.
            let Some(ctx) = CtxIdx::new(*index) else { return };
            let given = !C::READS && *bin != 0;
            *bin = coder.context(ctx, given).into();
        }
    }
}

/// Bypass bins, likewise.
struct Bypasses<'a>(&'a mut [u8]);

impl Work for Bypasses<'_> {
    type Coded = ();

    fn with<C: BinCoder>(self, coder: &mut C) {
        const AT_ONCE: usize = 16;
        for bins in self.0.chunks_mut(AT_ONCE) {
            let value = bins.iter().fold(0, |value, bin| value << 1 | u32::from(*bin));
            let coded = coder.bypass_bits(bins.len() as u32, value);
            for (bin, bit) in bins.iter_mut().rev().zip(0..) {
                *bin = (coded >> bit & 1) as u8;
            }
        }
    }
}

/// Events, up to the first that cannot come where it stands.
struct Events<'a> {
    given: &'a [Event],
    is_in_life: bool,
}

impl Work for Events<'_> {
    type Coded = (Vec<Event>, bool);

    fn with<C: BinCoder>(self, coder: &mut C) -> (Vec<Event>, bool) {
        let mut is_in_life = self.is_in_life;
        let mut coded = Vec::with_capacity(self.given.len());
        for event in self.given {
            if is_in_life_after(*event, is_in_life).is_none() {
                break;
            }
            let answer = coder.code(*event);
            is_in_life = is_in_life_after(answer, is_in_life).unwrap_or(is_in_life);
            coded.push(answer);
        }
        (coded, is_in_life)
    }
}

impl Coder {
    /// The bins that what writes is given, or room for those that a decoder reads.
    fn bins(&self, count: usize, given: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<u8>> {
        if !self.writes {
            return Ok(vec![0; count]);
        }
        let bins = bins("bins", needed("bins", given)?)?;
        if bins.len() != count {
            return Err(PyValueError::new_err(format!("there are {} bins, and not {count}", bins.len())));
        }
        Ok(bins)
    }

    /// Codes bins with the interpreter let go.
    fn code_bins<'py>(
        &self,
        py: Python<'py>,
        mut bins: Vec<u8>,
        code: impl FnOnce(&mut Inner, &mut [u8]) + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bins = py.detach(|| {
            self.inner.with(|inner| {
                inner.in_life()?;
                code(inner, &mut bins);
                Ok(bins)
            })
        })?;
        Ok(array(py, bins))
    }
}

#[pymethods]
impl Coder {
    /// Codes a bin with each context variable of `ctx_idx`, an array of uint16 with values of 0 to 1023. What writes is given as many
    /// `bins`, an array of uint8 or bool with values of 0 and 1. Returns the bins, an array of uint8.
    ///
    /// >>> import numpy, silicabac
    /// >>> contexts = numpy.array([11, 12, 11], dtype=numpy.uint16)
    /// >>> encoder = silicabac.Encoder()
    /// >>> _ = encoder.contexts(contexts, numpy.array([1, 0, 1], dtype=numpy.uint8))
    /// >>> _ = encoder.terminate(1)
    /// >>> silicabac.Decoder(encoder.bytes()).contexts(contexts)
    /// array([1, 0, 1], dtype=uint8)
    #[pyo3(signature = (ctx_idx, bins=None))]
    fn contexts<'py>(
        &self,
        py: Python<'py>,
        ctx_idx: &Bound<'py, PyAny>,
        bins: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let contexts = copied::<u16>("ctx_idx", ctx_idx)?;
        if contexts.iter().fold(0, |all, index| all | index) >= 1024 {
            return Err(PyValueError::new_err("ctx_idx has to have values of 0 to 1023"));
        }
        let bins = self.bins(contexts.len(), bins)?;
        self.code_bins(py, bins, |inner, bins| inner.work(Contexts(&contexts, bins)))
    }

    /// Codes `count` bypass bins. What writes is given as many `bins`, an array of uint8 or bool with values of 0 and 1. Returns the
    /// bins, an array of uint8.
    #[pyo3(signature = (count, bins=None))]
    fn bypasses<'py>(
        &self,
        py: Python<'py>,
        count: Int,
        bins: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bins = self.bins(count.within("count", 0..=MAX_BYPASSES)?, bins)?;
        self.code_bins(py, bins, |inner, bins| inner.work(Bypasses(bins)))
    }

    /// Codes events of any kind, an array of `silicabac.EVENT`: bins, alignments, raw bytes, starts of engine runs, loads. Returns them as
    /// they were coded.
    ///
    /// A coder that writes codes all of them, or raises StateError if one cannot come where it stands, and codes none. A decoder may read a
    /// terminate bin that is another one than the array says. It goes on up to the first event that cannot come where it stands then, and
    /// returns the events before that one; StateError if there are none.
    ///
    /// >>> import silicabac
    /// >>> vector = silicabac.vectors.make("mine", "", "L5=62.1 C5=0 B=1011 T=1")
    /// >>> encoder = silicabac.Encoder()
    /// >>> bool((encoder.code(vector.events) == vector.events).all()), encoder.bytes() == vector.bytes
    /// (True, True)
    fn code<'py>(&self, py: Python<'py>, events: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let given = self::events("events", events)?;
        let coded = py.detach(|| {
            self.inner.with(|inner| {
                let mut is_in_life = inner.is_in_life;
                let looked_at = if self.writes { given.len() } else { given.len().min(1) };
                for (at, event) in given[..looked_at].iter().enumerate() {
                    let next = is_in_life_after(*event, is_in_life);
                    is_in_life = next.ok_or_else(|| {
                        StateError::new_err(format!("events[{at}], {event}, cannot come where it stands"))
                    })?;
                }
                let work = Events { given: &given, is_in_life: inner.is_in_life };
                let (coded, is_in_life) = inner.work(work);
                inner.is_in_life = is_in_life;
                Ok(coded)
            })
        })?;
        event_array(py, &coded)
    }
}

/// The most bypass bins of a call, so that a wrong number does not fill the memory.
const MAX_BYPASSES: usize = 1 << 32;
