//! The first difference between what a core does and what it should do, as data.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

use super::{Plan, Waves};
use crate::cycle::Request;

/// The first difference between what a core does and what it should do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("clock {clock}, vector {vector}, bin {bin}: {difference}{}", times(*.given_up))]
pub struct Mismatch {
    /// What is wrong.
    pub difference: Difference,
    /// The clock, from 0.
    pub clock: u64,
    /// The id of the vector.
    pub vector: String,
    /// The number of the bin in the vector, or of the next bin: the bin that decides what is wrong, or that waits.
    pub bin: u64,
    /// How often the vector had been given up before it failed.
    pub given_up: u32,
    /// The request with that number and up to eight before it, each with the number of its bin or of the next one.
    pub before: Vec<(u64, Request)>,
    /// The clocks around the mismatch.
    pub waves: Waves,
    /// The waits up to the mismatch, if they were recorded.
    pub plan: Option<Plan>,
}

impl Mismatch {
    /// What is wrong, in words, with how often the vector had been given up.
    pub fn what(&self) -> String {
        format!("{}{}", self.difference, times(self.given_up))
    }

    /// What is wrong and where, as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        let Mismatch { difference, clock, vector, bin, given_up, before, .. } = self;
        let requests = before.iter().map(|(bin, request)| format!("{bin} {request}"));
        let mut json = serde_json::json!(difference);
        json["what"] = self.what().into();
        json["vector"] = vector.as_str().into();
        json["bin"] = (*bin).into();
        json["clock"] = (*clock).into();
        json["given_up"] = (*given_up).into();
        json["requests"] = requests.collect();
        json
    }

    /// Writes the clocks around the mismatch as a VCD file, with what is wrong in a comment.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn write_vcd(&self, sink: impl Write) -> io::Result<()> {
        self.waves.write_vcd(sink, &self.to_json())
    }
}

fn times(given_up: u32) -> String {
    match given_up {
        0 => String::new(),
        1 => " (the vector had been given up once)".to_owned(),
        times => format!(" (the vector had been given up {times} times)"),
    }
}

/// What differs in a mismatch: in which way, where, and both values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In which way the core is wrong.
    pub cause: MismatchKind,
    /// What is wrong, in words: a port, a register or a byte of the output.
    pub field: String,
    /// The lane, if the port has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<usize>,
    /// The expected value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The value that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// The kind of a mismatch: in what way a core is wrong. JSON has it under the key `cause`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MismatchKind {
    /// It gives a wrong value.
    Wrong,
    /// It gives or takes something that it was not asked for, or gives it before it can be known.
    Unasked,
    /// A register of the standard differs from the oracle's after the same request.
    Register,
    /// An output or register differs from the twin's.
    Twin,
    /// It breaks the handshake: what it offers does not stay until it is taken.
    Handshake,
    /// There is no more transfer, although nothing makes the core wait.
    Deadlock,
    /// It ends the simulation.
    Stopped,
}

impl Difference {
    pub(super) fn new(cause: MismatchKind, field: impl Into<String>) -> Difference {
        Difference { cause, field: field.into(), lane: None, expected: None, found: None }
    }

    /// A value that differs from the expected one.
    pub(super) fn value(
        cause: MismatchKind,
        field: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
    ) -> Difference {
        let (expected, found) = (Some(expected.to_string()), Some(found.to_string()));
        Difference { expected, found, ..Difference::new(cause, field) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { cause, field, expected, found, .. } = self;
        match (cause, expected, found) {
            (MismatchKind::Register, Some(expected), Some(found)) => {
                write!(f, "{field}: the oracle has {expected}, the core {found}")?;
            }
            (MismatchKind::Twin, Some(expected), Some(found)) => {
                write!(f, "the core differs from its twin in {field}: {found}, not {expected}")?;
            }
            (_, Some(expected), Some(found)) => write!(f, "{field} is {found}, not {expected}")?,
            (MismatchKind::Deadlock, ..) => write!(f, "deadlock: {field}")?,
            _ => write!(f, "{field}")?,
        }
        match self.lane {
            Some(lane) => write!(f, " (lane {lane})"),
            None => Ok(()),
        }
    }
}
