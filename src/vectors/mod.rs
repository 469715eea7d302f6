//! Test vectors: slices that name the bug that they are there for, and what every coder has to make of them.
//!
//! A vector is data and independent of any coder. The oracle fills in what is expected: an encoder turns `events` into `bytes`, a decoder
//! turns `bytes` into `events`, with `error` at its bin.

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
pub use check::{CheckError, check};
pub use csv::csv;
pub use flag::Flag;
pub use hex::write as write_hex;
#[cfg(test)]
pub(crate) use json::check_requests;
pub use json::{FormatError, SCHEMA, name_like, read as read_json, unused_name, write as write_json};
pub use make::{MakeError, make};
pub use manifest::{FileError, MANIFEST, ReadSuite, check_made, files, read, read_file};
pub use trail::{Step, trail};

/// A slice as a test, with what coders have to make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Its name: unique in a suite; letters, digits and hyphens.
    pub id: String,
    /// What is in it, in words.
    pub comment: String,
    /// The bugs that it is there for, or the ways in which it is to be played.
    pub flags: Vec<Flag>,
    /// The slice header that gives its contexts their states, if all of its loads are at its start and follow from the header: with it, a
    /// core that initialises its contexts from the slice header can play the vector without LOAD requests.
    pub init: Option<SliceInit>,
    /// Requests with the bins that a decoder returns, and the start of each engine run where [`with_starts`] puts it.
    pub events: Vec<Event>,
    /// Slice data, with the bytes after its end.
    pub bytes: Vec<u8>,
    /// How many bits a decoder has read at the end.
    pub position: u64,
    /// The first error that a decoder raises.
    pub error: Option<DecodeError>,
    /// Whether the bytes were given and the events are what a decoder makes of them, so that no encoder is asked for it.
    pub decode_only: bool,
}

impl Vector {
    /// A vector of what the oracle encodes. The starts of engine runs are put where they belong.
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

    /// A vector of what the oracle decodes, given these requests; the bins and bytes in them do not matter. Engine runs start where the
    /// answers say so: after the last raw byte, or after a terminate bin that *is* 1, if more is asked for and it is no raw byte.
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

    /// The vector with this slice header, if all of its loads follow from the header.
    pub fn initialised_by(self, init: Option<SliceInit>) -> Vector {
        let init = init.filter(|init| is_initialised_by(&self.events, *init));
        Vector { init, ..self }
    }

    /// The class that it belongs to: its id with `N` for every number.
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

/// [`Vector::class`] of a vector with this id.
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

/// Whether all loads of these events stand at the start and are those of a slice header.
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
