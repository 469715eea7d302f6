//! A slice in the form that a page shows: a column for each quantity that the oracle shows after a request.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Clocks, Elements};
use crate::bin::{DecodeErrorKind, Event};
use crate::context::ContextModel;
use crate::cycle::Request;
use crate::tables::RANGE_TAB_LPS;
use crate::vectors::{Step, Vector, trail};

/// The most requests of a page: with more, a browser would take seconds to load it.
pub const MOST_REQUESTS: usize = 2_000_000;

/// A slice has more requests than a page can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has {0} requests, and a page shows up to {MOST_REQUESTS}")]
pub struct TooLong(pub usize);

/// A slice that is shown bin by bin.
#[derive(Clone, Debug)]
pub struct Slice {
    title: String,
    steps: Vec<Step>,
    data: Value,
}

/// The steps, as one column per quantity; -1 stands for no value.
#[derive(Default, Serialize)]
struct Columns {
    /// One letter per step: `s`tart, `c`ontext, `b`ypass, `t`erminate, `a`lign, `r`aw, `l`oad.
    kind: String,
    /// The bin, or the raw byte.
    value: Vec<i16>,
    /// The number of the bin, or of the next one.
    bin: Vec<u64>,
    ctx: Vec<i16>,
    /// 2 pStateIdx + valMPS before and after the step.
    model: Vec<i16>,
    next: Vec<i16>,
    range: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder: Option<EncoderColumns>,
    offset: Vec<u32>,
    position: Vec<u64>,
}

/// The registers of an encoder, if an encoder makes the bytes.
#[derive(Default, Serialize)]
struct EncoderColumns {
    low: Vec<u32>,
    outstanding: Vec<u32>,
    written: Vec<usize>,
    /// firstBitFlag, one digit per step.
    first: String,
}

impl Slice {
    /// All steps of the oracle with a vector.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(vector: &Vector) -> Result<Slice, TooLong> {
        if vector.events.len() > MOST_REQUESTS {
            return Err(TooLong(vector.events.len()));
        }
        let steps: Vec<Step> = trail(vector).collect();
        let error = steps.iter().position(|step| step.error.is_some());
        let error = error.and_then(|at| Some(json!({ "step": at, "is": name_of(steps[at].error?) })));
        let flags = vector.flags.iter();
        let flags: Vec<Value> = flags
            .map(|flag| json!({ "name": flag.name(), "bug": flag.bug(), "shows": flag.shows() }))
            .collect();
        let data = json!({
            "id": vector.id,
            "comment": vector.comment,
            "flags": flags,
            "decode_only": vector.decode_only,
            "bins": vector.bins(),
            "bytes": bytes_of(vector),
            "error": error,
            "lps": RANGE_TAB_LPS.as_slice(),
            "steps": columns(&steps, !vector.decode_only),
        });
        Ok(Slice { title: vector.id.clone(), steps, data })
    }

    /// Sets a title in place of the id of its vector.
    pub fn titled(mut self, title: String) -> Slice {
        self.title = title;
        self
    }

    /// Adds the syntax element of each bin.
    pub fn with_elements(mut self, elements: &Elements) -> Slice {
        let is_named = |step: &Step| step.bin.is_some() || step.request == Request::Event(Event::Align);
        self.data["elements"] = elements.to_json(self.steps.iter().map(is_named));
        self
    }

    /// Adds a mismatch of a core, in the form of [`Mismatch::to_json`](crate::cosim::Mismatch::to_json), and marks its request.
    pub fn with_failure(mut self, failure: &Value) -> Slice {
        let last = failure["requests"].as_array().and_then(|requests| requests.last()?.as_str());
        let bin = failure["bin"].as_u64();
        let mut numbered = 0;
        let numbered = self.steps.iter().enumerate().map(|(at, step)| {
            let number = numbered;
            numbered += u64::from(step.bin.is_some());
            (at, number, step)
        });
        let of_bin: Vec<(usize, &Step)> =
            numbered.filter(|(_, number, _)| Some(*number) == bin).map(|(at, _, step)| (at, step)).collect();
        let is_last = |step: &Step| bin.is_some_and(|bin| last == Some(&*format!("{bin} {}", step.request)));
        let failing = of_bin.iter().rfind(|(_, step)| is_last(step)).or(of_bin.last());
        let failing = failing.map_or(self.steps.len().saturating_sub(1), |(at, _)| *at);
        let mut failure = failure.clone();
        failure["step"] = failing.into();
        self.data["failure"] = failure;
        self
    }

    /// Adds the clocks around a failure.
    pub fn with_clocks(mut self, clocks: &Clocks) -> Slice {
        self.data["clocks"] = json!(clocks);
        self
    }

    /// Adds a remark, such as where the slice comes from.
    pub fn with_note(mut self, note: String) -> Slice {
        self.data["note"] = note.into();
        self
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn into_json(self) -> Value {
        let mut data = self.data;
        data["title"] = self.title.into();
        data
    }
}

fn bytes_of(vector: &Vector) -> String {
    let mut hex = String::with_capacity(2 * vector.bytes.len());
    for byte in &vector.bytes {
        hex.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
    }
    hex
}

fn name_of(error: DecodeErrorKind) -> &'static str {
    match error {
        DecodeErrorKind::Forbidden => "Forbidden",
        DecodeErrorKind::Misaligned => "Misaligned",
        DecodeErrorKind::Exhausted => "Exhausted",
    }
}

fn columns(steps: &[Step], is_encoded: bool) -> Columns {
    let mut columns = Columns { encoder: is_encoded.then(EncoderColumns::default), ..Columns::default() };
    let packed = |model: Option<ContextModel>| {
        model.map_or(-1, |model| i16::from(model.p_state_idx()) * 2 + i16::from(model.val_mps()))
    };
    let mut bins = 0;
    for step in steps {
        let (kind, value, ctx) = match step.request {
            Request::Slice | Request::Event(Event::Start) => ('s', -1, None),
            Request::Event(event) => match event {
                Event::Context { ctx, bin } => ('c', bin.into(), Some(ctx)),
                Event::Bypass { bin } => ('b', bin.into(), None),
                Event::Terminate { bin } => ('t', bin.into(), None),
                Event::Align => ('a', -1, None),
                Event::Raw(byte) => ('r', byte.into(), None),
                Event::Load { ctx, .. } => ('l', -1, Some(ctx)),
                Event::Start => ('s', -1, None),
            },
        };
        columns.kind.push(kind);
        columns.value.push(value);
        columns.bin.push(bins);
        bins += u64::from(step.bin.is_some());
        columns.ctx.push(ctx.map_or(-1, |ctx| ctx.get() as i16));
        columns.model.push(packed(step.model));
        columns.next.push(packed(step.next));
        columns.range.push(step.cod_i_range);
        if let Some(encoder) = &mut columns.encoder {
            encoder.low.push(step.cod_i_low.unwrap_or_default());
            encoder.outstanding.push(step.bits_outstanding.unwrap_or_default());
            encoder.written.push(step.written.unwrap_or_default());
            encoder.first.push(if step.first_bit_flag == Some(true) { '1' } else { '0' });
        }
        columns.offset.push(step.cod_i_offset);
        columns.position.push(step.position);
    }
    columns
}
