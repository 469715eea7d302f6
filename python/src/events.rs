//! Events as arrays: four bytes each, by which a whole slice is one argument and one answer.
//!
//! The type is `silicabac.EVENT`, with the fields `kind`, `value` and `ctx_idx`; a word has them from its lowest byte on. The first four kinds
//! have the numbers of trace files (`docs/trace-format.md`).

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use silicabac::bin::Event;
use silicabac::context::{ContextModel, CtxIdx};

use crate::arrays::{array, copied};

/// The word of an event.
pub(crate) fn word(event: Event) -> u32 {
    let (kind, value, ctx_idx) = match event {
        Event::Context { ctx, bin } => (0, bin.into(), ctx.get()),
        Event::Bypass { bin } => (1, bin.into(), 0),
        Event::Terminate { bin } => (2, bin.into(), 0),
        Event::Align => (3, 0, 0),
        Event::Raw(byte) => (4, byte, 0),
        Event::Start => (5, 0, 0),
        Event::Load { ctx, model } => (6, model.bits(), ctx.get()),
    };
    (kind | u32::from(value) << 8 | (ctx_idx as u32) << 16).to_le()
}

/// The event of a word, if it is one.
fn event(word: u32) -> Option<Event> {
    let [kind, value, low, high] = u32::from_le(word).to_le_bytes();
    let bin = || if value <= 1 { Some(value == 1) } else { None };
    let ctx = || CtxIdx::new(u16::from_le_bytes([low, high]));
    Some(match kind {
        0 => Event::Context { ctx: ctx()?, bin: bin()? },
        1 => Event::Bypass { bin: bin()? },
        2 => Event::Terminate { bin: bin()? },
        3 => Event::Align,
        4 => Event::Raw(value),
        5 => Event::Start,
        6 => Event::Load { ctx: ctx()?, model: ContextModel::from_bits(value)? },
        _ => return None,
    })
}

/// The events of an array.
pub(crate) fn events(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Vec<Event>> {
    let dtype = event_type(given.py())?;
    let is_events = given.getattr("dtype").and_then(|own| own.eq(&dtype)).unwrap_or(false);
    if !is_events {
        return Err(PyTypeError::new_err(format!("{name} has to be an array of silicabac.EVENT")));
    }
    let words = copied::<u32>(name, &given.call_method1("view", ("u4",))?)?;
    let events = words.iter().enumerate().map(|(at, found)| {
        event(*found).ok_or_else(|| PyValueError::new_err(format!("{name}[{at}] is no event")))
    });
    events.collect()
}

/// An array of events.
pub(crate) fn event_array<'py>(py: Python<'py>, events: &[Event]) -> PyResult<Bound<'py, PyAny>> {
    let words = events.iter().map(|event| word(*event)).collect();
    array::<u32>(py, words).call_method1("view", (event_type(py)?,))
}

fn event_type(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("silicabac.events")?.getattr("EVENT")
}

/// Whether bins can be coded after an event, given whether they could be before it; `None` if the event cannot come there.
pub(crate) fn is_in_run_after(event: Event, is_in_run: bool) -> Option<bool> {
    match event {
        Event::Context { .. } | Event::Bypass { .. } | Event::Align => is_in_run.then_some(true),
        Event::Terminate { bin } => is_in_run.then_some(!bin),
        Event::Raw(_) => (!is_in_run).then_some(false),
        Event::Start => (!is_in_run).then_some(true),
        Event::Load { .. } => Some(is_in_run),
    }
}
