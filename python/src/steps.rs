//! What the oracle has after each event of a vector: what a testbench needs to know when something is due.
//!
//! Invariant: all arrays have one value for each event. They come from the flowcharts, as `cosim` has them, and not from the engine, which
//! writes bytes later than they are decided.

use pyo3::prelude::*;
use silicabac::bin::{BinCoder, Decode, Event};
use silicabac::cycle::error_code;
use silicabac::{spec, vectors};

use crate::arrays::array;
use crate::errors::guarded;
use crate::vectors::Vector;

#[derive(Default)]
struct Steps {
    models: Vec<u8>,
    written: Vec<u32>,
    errors: Vec<u8>,
    positions: Vec<u64>,
}

impl Steps {
    fn of(vector: &vectors::Vector) -> Steps {
        let mut steps = Steps::default();
        let (mut encoder, mut decoder) = (spec::Encoder::new(), spec::Decoder::new(&vector.bytes));
        for &event in &vector.events {
            steps.models.push(match event {
                Event::Context { ctx, .. } => decoder.save(ctx).bits(),
                Event::Load { model, .. } => model.bits(),
                _ => 0,
            });
            // An encoder is ready for the next engine run by itself.
            if !vector.decode_only && event != Event::Start {
                encoder.code(event);
            }
            decoder.code(event);
            steps.written.push(encoder.bytes().len() as u32);
            steps.errors.push(error_code(decoder.error().map(|error| error.kind)) as u8);
            steps.positions.push(decoder.position());
        }
        steps
    }
}

#[pymethods]
impl Vector {
    /// What the oracle has at each event, as four arrays of the length of `events`:
    /// the state of its context variable before it, or the one that is loaded (uint8);
    /// how many bytes an encoder has decided after it (uint32), none if `decode_only`;
    /// the first error that a decoder has met by then, 0 for none, 1 forbidden, 2 misaligned, 3 exhausted (uint8);
    /// how many bits a decoder has read by then (uint64).
    ///
    /// >>> import silicabac
    /// >>> models, written, errors, positions = silicabac.vectors.make("mine", "", "L5=62.1 C5=0 T=1").steps()
    /// >>> models.tolist(), written.tolist(), errors.tolist(), positions.tolist()
    /// ([126, 126, 0], [0, 0, 2], [0, 0, 0], [9, 14, 14])
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<[Bound<'py, PyAny>; 4]> {
        let steps = guarded(|| Ok(py.detach(|| Steps::of(&self.0))))?;
        Ok([
            array::<u8>(py, steps.models),
            array::<u32>(py, steps.written),
            array::<u8>(py, steps.errors),
            array::<u64>(py, steps.positions),
        ])
    }
}
