//! Where a core went wrong, as data.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

use super::{Plan, Waves};
use crate::cycle::Request;

/// Where a core first went wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[error("clock {clock}, vector {vector}, bin {bin}: {fault}{}", times(*.given_up))]
pub struct Mismatch {
    /// What is wrong.
    pub fault: Fault,
    /// The clock, from 0.
    pub clock: u64,
    /// The id of the vector.
    pub vector: String,
    /// The bin of the vector, or the next one: the one that decides what is wrong, or that waits.
    pub bin: u64,
    /// How often the vector that was played had been given up before.
    pub given_up: u32,
    /// That request and up to eight before it, each with the number of its bin or the next one.
    pub before: Vec<(u64, Request)>,
    /// The clocks around it.
    pub waves: Waves,
    /// The waits up to it, if they were recorded.
    pub plan: Option<Plan>,
}

impl Mismatch {
    /// What is wrong, in words, and how often the vector had been given up.
    pub fn what(&self) -> String {
        format!("{}{}", self.fault, times(self.given_up))
    }

    /// What is wrong and where, for machines.
    pub fn to_json(&self) -> serde_json::Value {
        let Mismatch { fault, clock, vector, bin, given_up, before, .. } = self;
        let requests = before.iter().map(|(bin, request)| format!("{bin} {request}"));
        let mut json = serde_json::json!(fault);
        json["what"] = self.what().into();
        json["vector"] = vector.as_str().into();
        json["bin"] = (*bin).into();
        json["clock"] = (*clock).into();
        json["given_up"] = (*given_up).into();
        json["requests"] = requests.collect();
        json
    }

    /// Writes the clocks around it as a VCD file, with what is wrong in a comment.
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

/// What is wrong with a core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// In what way.
    pub cause: Cause,
    /// In what: a port, a register, a byte of the output; in words.
    pub field: String,
    /// The lane of a port that has lanes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<usize>,
    /// What it has to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// In what way a core is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It gives something that is wrong.
    Wrong,
    /// It gives or takes something that it has not been asked for, or before it can know it.
    Unasked,
    /// A register of the standard is not what the oracle's is after the same request.
    Register,
    /// An output or register is not what the twin's is.
    Twin,
    /// It breaks the handshake: what it offers does not stay until it is taken.
    Handshake,
    /// Nothing moves any more, though nothing makes it wait.
    Deadlock,
    /// It ends the simulation.
    Stopped,
}

impl Fault {
    pub(super) fn new(cause: Cause, field: impl Into<String>) -> Fault {
        Fault { cause, field: field.into(), lane: None, expected: None, found: None }
    }

    /// A value that is not what it has to be.
    pub(super) fn value(
        cause: Cause,
        field: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
    ) -> Fault {
        let (expected, found) = (Some(expected.to_string()), Some(found.to_string()));
        Fault { expected, found, ..Fault::new(cause, field) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { cause, field, expected, found, .. } = self;
        match (cause, expected, found) {
            (Cause::Register, Some(expected), Some(found)) => {
                write!(f, "{field}: the oracle has {expected}, the core {found}")?;
            }
            (Cause::Twin, Some(expected), Some(found)) => {
                write!(f, "the core differs from its twin in {field}: {found}, not {expected}")?;
            }
            (_, Some(expected), Some(found)) => write!(f, "{field} is {found}, not {expected}")?,
            (Cause::Deadlock, ..) => write!(f, "deadlock: {field}")?,
            _ => write!(f, "{field}")?,
        }
        match self.lane {
            Some(lane) => write!(f, " (lane {lane})"),
            None => Ok(()),
        }
    }
}
