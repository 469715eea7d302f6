//! Requests as the ports of the cores carry them.

use std::fmt;

use crate::bin::Event;

/// What a core can be asked for: an event, and what only a decoder has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Drop what is left of the slice and begin the next one.
    Slice,
    /// Start the engine on the next whole byte.
    Start,
    /// What an encoder is asked for too. A decoder ignores bins and bytes.
    Event(Event),
}

/// The kinds of requests, as `cabac_pkg::kind_t` numbers them.
pub mod kind {
    /// A context bin.
    pub const CONTEXT: u32 = 0;
    /// A bypass bin.
    pub const BYPASS: u32 = 1;
    /// A terminate bin.
    pub const TERMINATE: u32 = 2;
    /// H.265 bypass alignment.
    pub const ALIGN: u32 = 3;
    /// A byte that is not coded.
    pub const RAW: u32 = 4;
    /// Sets a context variable.
    pub const LOAD: u32 = 5;
    /// Starts the decoder's engine on the next whole byte.
    pub const START: u32 = 6;
    /// Begins the decoder's next slice.
    pub const SLICE: u32 = 7;

    /// What a kind is called.
    pub const fn name(kind: u32) -> &'static str {
        const NAMES: [&str; 8] = ["context", "bypass", "terminate", "align", "raw", "load", "start", "slice"];
        NAMES[kind as usize & 7]
    }
}

/// The fields of `cabac_pkg::request_t`; what a request does not use is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestFields {
    /// One of [`kind`].
    pub kind: u32,
    /// The bin.
    pub bin: u32,
    /// The context variable of CONTEXT and LOAD.
    pub ctx_idx: u32,
    /// RAW: the byte. LOAD: the state, as `ContextModel::bits` has it.
    pub data: u32,
}

impl Request {
    /// All requests of a slice, to a decoder: SLICE and START, then the events, with a START wherever the
    /// engine starts again: behind raw bytes, and behind a terminate bin of 1 that no raw bytes follow.
    ///
    /// ```
    /// use silicabac::{bin::Event, cycle::Request};
    /// let (end, pcm) = (Event::Terminate { bin: true }, Event::Raw(7));
    /// let of_event = Request::Event;
    /// assert_eq!(Request::of_slice(&[end, pcm, end]).collect::<Vec<_>>(), [
    ///     Request::Slice, Request::Start, of_event(end), of_event(pcm), Request::Start, of_event(end),
    /// ]);
    /// ```
    pub fn of_slice(events: &[Event]) -> impl Iterator<Item = Request> + Clone {
        let is_raw = |at: usize| events.get(at).map(|event| matches!(event, Event::Raw(_)));
        let starts_behind = move |(at, event): (usize, &Event)| match event {
            Event::Raw(_) => is_raw(at + 1) != Some(true),
            event => event.ends_life() && is_raw(at + 1) == Some(false),
        };
        let requests = events.iter().enumerate().flat_map(move |(at, event)| {
            [Some(Request::Event(*event)), starts_behind((at, event)).then_some(Request::Start)]
        });
        [Request::Slice, Request::Start].into_iter().chain(requests.flatten())
    }

    /// What the ports show of it.
    pub fn fields(self) -> RequestFields {
        let fields = RequestFields::default();
        match self {
            Request::Slice => RequestFields { kind: kind::SLICE, ..fields },
            Request::Start => RequestFields { kind: kind::START, ..fields },
            Request::Event(event) => match event {
                Event::Context { ctx, bin } => RequestFields {
                    kind: kind::CONTEXT,
                    bin: bin.into(),
                    ctx_idx: ctx.get() as u32,
                    ..fields
                },
                Event::Bypass { bin } => RequestFields { kind: kind::BYPASS, bin: bin.into(), ..fields },
                Event::Terminate { bin } => {
                    RequestFields { kind: kind::TERMINATE, bin: bin.into(), ..fields }
                }
                Event::Align => RequestFields { kind: kind::ALIGN, ..fields },
                Event::Raw(byte) => RequestFields { kind: kind::RAW, data: byte.into(), ..fields },
                Event::Load { ctx, model } => RequestFields {
                    kind: kind::LOAD,
                    ctx_idx: ctx.get() as u32,
                    data: model.bits().into(),
                    ..fields
                },
            },
        }
    }

    /// The event, if it is one.
    pub fn event(self) -> Option<Event> {
        if let Request::Event(event) = self { Some(event) } else { None }
    }

    /// Whether this passes a byte that is not coded.
    pub fn is_raw(self) -> bool {
        matches!(self, Request::Event(Event::Raw(_)))
    }

    /// Whether this codes a bin.
    pub fn is_bin(self) -> bool {
        self.event().is_some_and(Event::is_bin)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Slice => write!(f, "slice"),
            Request::Start => write!(f, "start"),
            Request::Event(event) => event.fmt(f),
        }
    }
}
