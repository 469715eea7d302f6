//! Many bins a call, about as fast as a loop in Rust. What is given is checked once for all bins and copied while the interpreter is held, in
//! the form that the loop needs; then the interpreter is let go. Each loop is a function of its own, in which the coder is kept in registers.

use std::cell::Cell;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use silicabac::bin::{BinCoder, Event};
use silicabac::context::CtxIdx;

use super::{Coder, each};
use crate::arrays::{are_bins, array, as_bins, seen, zeros};
use crate::errors::raised::StateError;
use crate::events::{event_array, events, is_in_run_after};
use crate::numbers::{Int, needed};

/// Codes bins one after the other.
trait Work {
    type Coded;

    fn with<C: BinCoder>(self, coder: &mut C) -> Self::Coded;
}

/// A context variable, and below it the bin that what writes is given.
#[derive(Clone, Copy)]
struct ContextBin(u16);

impl ContextBin {
    fn new(ctx_idx: u16, bin: u8) -> ContextBin {
        ContextBin(ctx_idx << 1 | u16::from(bin))
    }

    fn ctx(self) -> Option<CtxIdx> {
        CtxIdx::new(self.0 >> 1)
    }

    fn bin(self) -> bool {
        self.0 & 1 != 0
    }
}

/// Context bins of what writes.
struct Write<'a>(&'a [ContextBin]);

impl Work for Write<'_> {
    type Coded = ();

    #[inline(never)]
    fn with<C: BinCoder>(self, coder: &mut C) {
        for asked in self.0 {
            // All were looked at before.
            let Some(ctx) = asked.ctx() else { return };
            coder.context(ctx, asked.bin());
        }
    }
}

/// Context bins of a decoder.
struct Read<'a>(&'a [ContextBin], &'a mut [u8]);

impl Work for Read<'_> {
    type Coded = ();

    #[inline(never)]
    fn with<C: BinCoder>(self, coder: &mut C) {
        for (asked, bin) in self.0.iter().zip(self.1) {
            let Some(ctx) = asked.ctx() else { return };
            *bin = coder.context(ctx, false).into();
        }
    }
}

/// How many bypass bins are coded in one step.
const AT_ONCE: usize = 16;

/// Up to [`AT_ONCE`] bins as a number, the first one highest.
fn packed(bins: &[u8]) -> u16 {
    // A product of eight bytes, each 0 or 1, has them side by side in its highest byte; no two of its terms meet.
    let eight = |bins: [u8; 8]| (u64::from_le_bytes(bins).wrapping_mul(0x8040_2010_0804_0201) >> 56) as u16;
    match bins {
        &[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] => {
            eight([a, b, c, d, e, f, g, h]) << 8 | eight([i, j, k, l, m, n, o, p])
        }
        few => few.iter().fold(0, |number, bin| number << 1 | u16::from(*bin)),
    }
}

/// Bypass bins of what writes, [`AT_ONCE`] in each word; how many there are.
struct WriteBypasses<'a>(&'a [u16], usize);

impl Work for WriteBypasses<'_> {
    type Coded = ();

    #[inline(never)]
    fn with<C: BinCoder>(self, coder: &mut C) {
        let mut left = self.1;
        for word in self.0 {
            let count = left.min(AT_ONCE);
            coder.bypass_bits(count as u32, (*word).into());
            left -= count;
        }
    }
}

/// Bypass bins of a decoder.
struct ReadBypasses<'a>(&'a mut [u8]);

impl Work for ReadBypasses<'_> {
    type Coded = ();

    #[inline(never)]
    fn with<C: BinCoder>(self, coder: &mut C) {
        for bins in self.0.chunks_mut(AT_ONCE) {
            let coded = coder.bypass_bits(bins.len() as u32, 0);
            for (bin, bit) in bins.iter_mut().rev().zip(0..) {
                *bin = (coded >> bit & 1) as u8;
            }
        }
    }
}

/// Events, up to the first that cannot come where it stands.
struct Events<'a> {
    given: &'a [Event],
    is_in_run: bool,
}

impl Work for Events<'_> {
    type Coded = (Vec<Event>, bool);

    #[inline(never)]
    fn with<C: BinCoder>(self, coder: &mut C) -> (Vec<Event>, bool) {
        let mut is_in_run = self.is_in_run;
        let mut coded = Vec::with_capacity(self.given.len());
        for event in self.given {
            if is_in_run_after(*event, is_in_run).is_none() {
                break;
            }
            let answer = coder.code(*event);
            is_in_run = is_in_run_after(answer, is_in_run).unwrap_or(is_in_run);
            coded.push(answer);
        }
        (coded, is_in_run)
    }
}

thread_local! {
    /// Room for the context bins of a call, so that the next one need not ask the system for memory.
    static ROOM: Cell<Vec<ContextBin>> = const { Cell::new(Vec::new()) };
}

/// The most context bins for which room is kept.
const MOST_KEPT: usize = 1 << 22;

/// Does work with room for context bins.
fn with_room<R>(work: impl FnOnce(&mut Vec<ContextBin>) -> R) -> R {
    let mut room = ROOM.take();
    room.clear();
    let done = work(&mut room);
    if room.capacity() <= MOST_KEPT {
        ROOM.set(room);
    }
    done
}

/// Fills room with the context variables of an array, each with its bin if there are bins.
fn fill(
    room: &mut Vec<ContextBin>,
    ctx_idx: &Bound<'_, PyAny>,
    bins: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    seen("ctx_idx", ctx_idx, |contexts: &[u16]| {
        if contexts.iter().fold(0, |all, index| all | index) >= 1024 {
            return Err(PyValueError::new_err("ctx_idx has to have values of 0 to 1023"));
        }
        match bins {
            None => room.extend(contexts.iter().map(|index| ContextBin::new(*index, 0))),
            Some(bins) => seen("bins", bins, |bins: &[u8]| {
                are_bins("bins", bins.len(), contexts.len(), bins.iter().fold(0, |all, bin| all | bin))?;
                room.extend(contexts.iter().zip(bins).map(|(index, bin)| ContextBin::new(*index, *bin)));
                Ok(())
            })?,
        }
        Ok(())
    })
}

impl Coder {
    /// Codes bins with the interpreter let go.
    fn code_bins(&self, py: Python<'_>, work: impl Work<Coded = ()> + Send) -> PyResult<()> {
        py.detach(|| {
            self.inner.with(|inner| {
                inner.in_run()?;
                each!(&mut inner.engine, coder => work.with(coder));
                Ok(())
            })
        })
    }
}

#[pymethods]
impl Coder {
    /// Codes a bin with each context variable of `ctx_idx`, an array of uint16 with values of 0 to 1023. What writes is given as many
    /// `bins`, an array of uint8 or bool with values of 0 and 1. Returns the bins, an array of uint8: of a decoder a new one, and otherwise that
    /// which was given.
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
        let given = if self.writes { Some(as_bins(needed("bins", bins)?)?) } else { None };
        with_room(|room| {
            fill(room, ctx_idx, given.as_ref())?;
            if let Some(given) = given {
                self.code_bins(py, Write(room))?;
                return Ok(given);
            }
            let mut bins = vec![0; room.len()];
            self.code_bins(py, Read(room, &mut bins))?;
            Ok(array(py, bins))
        })
    }

    /// Codes `count` bypass bins. What writes is given as many `bins`, an array of uint8 or bool with values of 0 and 1. Returns the
    /// bins as `contexts` does.
    #[pyo3(signature = (count, bins=None))]
    fn bypasses<'py>(
        &self,
        py: Python<'py>,
        count: Int,
        bins: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let count = count.within("count", 0..=MAX_BYPASSES)?;
        if !self.writes {
            let mut bins = zeros(count)?;
            self.code_bins(py, ReadBypasses(&mut bins))?;
            return Ok(array(py, bins));
        }
        let given = as_bins(needed("bins", bins)?)?;
        let words = seen("bins", &given, |bins: &[u8]| {
            are_bins("bins", bins.len(), count, bins.iter().fold(0, |all, bin| all | bin))?;
            Ok(bins.chunks(AT_ONCE).map(packed).collect::<Vec<_>>())
        })?;
        self.code_bins(py, WriteBypasses(&words, count))?;
        Ok(given)
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
                let mut is_in_run = inner.is_in_run;
                let looked_at = if self.writes { given.len() } else { given.len().min(1) };
                for (at, event) in given[..looked_at].iter().enumerate() {
                    let next = is_in_run_after(*event, is_in_run);
                    is_in_run = next.ok_or_else(|| {
                        StateError::new_err(format!("events[{at}], {event}, cannot come where it stands"))
                    })?;
                }
                let work = Events { given: &given, is_in_run: inner.is_in_run };
                let (coded, is_in_run) = each!(&mut inner.engine, coder => work.with(coder));
                inner.is_in_run = is_in_run;
                Ok(coded)
            })
        })?;
        event_array(py, &coded)
    }
}

/// The most bypass bins of a call, so that a wrong number does not fill the memory.
const MAX_BYPASSES: usize = 1 << 32;
