//! Requests as the ports of the cores carry them.

use std::fmt;

use crate::bin::Event;

/// What a core is asked for: an event, or what only a decoder has to be told, the start of a slice. [`Event::Start`] is for decoders
/// alone, too: an encoder is ready for its next engine run as soon as one has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Drop what is left of the present slice and begin the next one.
    Slice,
    /// The event. A decoder ignores bins and bytes.
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
    /// Start the engine on the next whole byte.
    pub const START: Request = Request::Event(Event::Start);

    /// All requests of a slice to a decoder: SLICE and the START of the first engine run, then the events.
    ///
    /// ```
    /// use silicabac::{bin::Event, cycle::Request};
    /// let end = Event::Terminate { bin: true };
    /// let asked: Vec<_> = Request::of_slice(&[end]).collect();
    /// assert_eq!(asked, [Request::Slice, Request::START, Request::Event(end)]);
    /// ```
    pub fn of_slice(events: &[Event]) -> impl Iterator<Item = Request> + Clone {
        [Request::Slice, Request::START].into_iter().chain(events.iter().copied().map(Request::Event))
    }

    /// All requests of a slice to an encoder: the events without the starts.
    pub fn of_encoder(events: &[Event]) -> impl Iterator<Item = Event> + Clone {
        events.iter().copied().filter(|event| *event != Event::Start)
    }

    /// The request as the fields of `cabac_pkg::request_t`.
    pub fn fields(self) -> RequestFields {
        let fields = RequestFields::default();
        match self {
            Request::Slice => RequestFields { kind: kind::SLICE, ..fields },
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
                Event::Start => RequestFields { kind: kind::START, ..fields },
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

    /// Whether this belongs to the beginning of a slice: its header, the start of the engine, the loads.
    pub fn is_beginning(self) -> bool {
        matches!(self, Request::Slice | Request::Event(Event::Start | Event::Load { .. }))
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
            Request::Event(event) => event.fmt(f),
        }
    }
}
