//! Protobuf at the wire level: varints, fixed numbers, runs of bytes and groups, without their meanings, which the caller knows.
//!
//! Invariant: a field lies within its message, and a message is never held, only its range in the file. So known fields can be found, and
//! unknown ones are left where they are; generated code would read everything and keep only what it knows.

use super::source::Source;
use super::{Format, ModelError};

/// What is left of a message, as a range of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) begin: u64,
    pub(super) end: u64,
}

impl Message {
    pub(super) fn length(&self) -> u64 {
        self.end - self.begin
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Varint(u64),
    Bytes(Message),
    /// A fixed number, or a group.
    Skipped,
}

/// The next field of a message: its number and what it holds.
pub(super) fn next(source: &mut Source, message: &mut Message) -> Result<Option<(u64, Value)>, ModelError> {
    if message.begin == message.end {
        return Ok(None);
    }
    source.seek(message.begin)?;
    let (number, kind, mut value) = field(source, message)?;
    if kind == GROUP {
        let mut open = 1u64;
        while open > 0 {
            match field(source, message)?.1 {
                GROUP => open += 1,
                GROUP_END => open -= 1,
                _ => {}
            }
        }
        value = Value::Skipped;
    } else if kind == GROUP_END {
        return Err(damaged(message, "a group ends that has not begun"));
    }
    Ok(Some((number, value)))
}

const GROUP: u8 = 3;
const GROUP_END: u8 = 4;

/// Reads one field, or the tag of a group.
fn field(source: &mut Source, message: &mut Message) -> Result<(u64, u8, Value), ModelError> {
    source.seek(message.begin)?;
    let tag = varint(source, message)?;
    let (number, kind) = (tag >> 3, (tag & 7) as u8);
    let skipped = match kind {
        0 => return Ok((number, kind, Value::Varint(varint(source, message)?))),
        1 => 8,
        2 => varint(source, message)?,
        GROUP | GROUP_END => 0,
        5 => 4,
        _ => return Err(damaged(message, "a field has no known wire type")),
    };
    if skipped > message.length() {
        return Err(damaged(message, "a field is longer than its message"));
    }
    let run = Message { begin: message.begin, end: message.begin + skipped };
    message.begin = run.end;
    Ok((number, kind, if kind == 2 { Value::Bytes(run) } else { Value::Skipped }))
}

/// Reads a varint at the beginning of what is left of a message.
pub(super) fn varint(source: &mut Source, message: &mut Message) -> Result<u64, ModelError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        if message.begin == message.end {
            return Err(damaged(message, "a number is cut off"));
        }
        let mut byte = [0];
        source.read(&mut byte)?;
        message.begin += 1;
        let bits = u64::from(byte[0] & 0x7f);
        if bits << shift >> shift != bits {
            break;
        }
        value |= bits << shift;
        if byte[0] < 0x80 {
            return Ok(value);
        }
    }
    Err(damaged(message, "a number has more than 64 bits"))
}

fn damaged(message: &Message, what: &str) -> ModelError {
    ModelError::damaged(Format::Onnx, format_args!("{what} at byte {}", message.begin))
}

/// Appends a varint; skeletons have varints too.
pub(super) fn put(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// How many bytes a varint takes.
pub(super) fn width(value: u64) -> u64 {
    u64::from((value | 1).ilog2() / 7 + 1)
}

/// Takes a varint off the beginning of some bytes.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
