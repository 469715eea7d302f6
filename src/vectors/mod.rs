//! Test vectors: slices that know why they exist, and what every coder has to make of them.
//!
//! A vector is data and knows no coder. The oracle fills in what is expected: an encoder turns `events` into
//! `bytes`, a decoder turns `bytes` into `events`, with `error` at its bin.

mod check;
mod csv;
mod flag;
mod hex;
mod json;
mod make;
mod manifest;
mod text;
mod trail;

use crate::bin::{BinCoder, Decode, DecodeError, Encode, Event, answers_with_starts, with_starts};
use crate::context::SliceInit;
use crate::spec;
pub use check::check;
pub use csv::csv;
pub use flag::Flag;
pub use hex::write as write_hex;
pub use json::{FormatError, SCHEMA, free_name, name_like, read as read_json, write as write_json};
pub use make::{MakeError, make};
pub use manifest::{FileError, MANIFEST, ReadSuite, check_made, files, read, read_file};
pub use trail::{Step, trail};

/// A slice, and what coders make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Its name: unique in a suite; letters, digits and hyphens.
    pub id: String,
    /// What is in it, in words.
    pub comment: String,
    /// Why it exists.
    pub flags: Vec<Flag>,
    /// What initialises its contexts, if the loads at its start are just that and there are no others: so that a
    /// coder can play it that initialises contexts by itself.
    pub init: Option<SliceInit>,
    /// Requests with the bins that a decoder returns, and each start of the engine where [`with_starts`] puts it.
    pub events: Vec<Event>,
    /// Slice data, its tail included.
    pub bytes: Vec<u8>,
    /// How many bits a decoder has read in the end.
    pub position: u64,
    /// The first error that a decoder raises.
    pub error: Option<DecodeError>,
    /// No encoder makes these bytes of these events.
    pub decode_only: bool,
}

impl Vector {
    /// What the oracle encodes. The starts of the engine are put where they belong.
    ///
    /// ```
    /// use silicabac::{bin::Event, vectors::Vector};
    /// let vector = Vector::encoded("end", "nothing but an end", &[], vec![Event::Terminate { bin: true }]);
    /// assert_eq!(vector.bytes, [0xfe, 0x80]);
    /// ```
    pub fn encoded(
        id: impl Into<String>,
        comment: impl Into<String>,
        flags: &[Flag],
        events: Vec<Event>,
    ) -> Vector {
        let mut encoder = spec::Encoder::new();
        let events = with_starts(events);
        // An encoder returns what it is given, so playing to it cannot fail.
        let _ = encoder.play(&events);
        Vector { decode_only: false, ..Vector::decoded(id, comment, flags, encoder.finish(), events) }
    }

    /// What the oracle decodes, asked for these events, whatever their bins and bytes are. Where the engine starts, only
    /// the answers say: behind raw bytes, and behind a terminate bin that *is* 1, if something else than those follows.
    ///
    /// ```
    /// use silicabac::{bin::{DecodeErrorKind, Event}, vectors::Vector};
    /// let asked = vec![Event::Bypass { bin: true }];
    /// let vector = Vector::decoded("forbidden", "nine bits of 1", &[], vec![0xff, 0xff], asked);
    /// assert_eq!(vector.error.unwrap().kind, DecodeErrorKind::Forbidden);
    /// assert_eq!(vector.events, [Event::Bypass { bin: false }]);
    /// ```
    pub fn decoded(
        id: impl Into<String>,
        comment: impl Into<String>,
        flags: &[Flag],
        bytes: Vec<u8>,
        asked: Vec<Event>,
    ) -> Vector {
        let mut decoder = spec::Decoder::new(&bytes);
        let events = answers_with_starts(asked, |event| decoder.code(event));
        Vector {
            id: id.into(),
            comment: comment.into(),
            flags: flags.to_vec(),
            init: None,
            events,
            position: decoder.position(),
            error: decoder.error(),
            bytes,
            decode_only: true,
        }
    }

    /// The vector as one of a slice with this header, if the header is all that it takes to know its loads.
    pub fn initialised_by(self, init: Option<SliceInit>) -> Vector {
        let init = init.filter(|init| is_initialised_by(&self.events, *init));
        Vector { init, ..self }
    }

    /// The kind of vector that it is: its id with `N` for every number.
    ///
    /// ```
    /// use silicabac::vectors::Vector;
    /// assert_eq!(Vector::encoded("bypass-8-phase-3", "", &[], vec![]).class(), "bypass-N-phase-N");
    /// ```
    pub fn class(&self) -> String {
        class_of(&self.id)
    }

    /// How many bins it has.
    pub fn bins(&self) -> usize {
        self.events.iter().filter(|event| event.is_bin()).count()
    }
}

/// [`Vector::class`] of the vector with this id.
pub(crate) fn class_of(id: &str) -> String {
    let mut class = String::new();
    for c in id.chars() {
        match c.is_ascii_digit() {
            false => class.push(c),
            true if !class.ends_with('N') => class.push('N'),
            true => {}
        }
    }
    class
}

/// Whether the loads of these events stand at their start and are what a slice header says.
fn is_initialised_by(events: &[Event], init: SliceInit) -> bool {
    let mut at_start = true;
    events.iter().all(|&event| match event {
        Event::Load { ctx, model } => at_start && init.model(ctx) == Some(model),
        _ => {
            at_start = false;
            true
        }
    })
}
