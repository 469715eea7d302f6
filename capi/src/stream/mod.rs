//! A stream in memory: its NAL units one after the other, and of each slice its macroblocks or coding tree units.
//!
//! Invariant: a walk is kept in the handle beside the unit that it reads, and is dropped before the unit. What a struct points to stays until
//! the next call with the stream. Damage in a slice does not affect the next unit, so a program goes on by asking for that.

mod avc;
mod given;
mod hevc;
mod tree;
mod unit;
mod write;

use std::sync::Arc;

use silicabac::stream::{State, StreamUnit};

use crate::handle::{Opaque, Pool, Slot};
use crate::status::Status;

pub use avc::*;
pub use hevc::*;
pub use tree::*;
pub use unit::*;
pub use write::*;

/// A stream that is open for reading.
pub struct Stream(Slot<Inner>);

impl Opaque for Stream {
    type Value = Inner;
    const WORD: u32 = 0x51c0_57e0;

    fn of(slot: Slot<Inner>) -> Stream {
        Stream(slot)
    }

    fn slot(&self) -> &Slot<Inner> {
        &self.0
    }

    fn pool() -> &'static Pool<Stream> {
        static POOL: Pool<Stream> = Pool::new();
        &POOL
    }
}

/// What is behind the handle.
pub(crate) struct Inner {
    source: silicabac::stream::Stream<&'static [u8]>,
    present: Option<Present>,
    /// What is wrong with the unit, or was with the last call.
    message: String,
}

/// The unit that was read last.
struct Present {
    data: Data,
    kind: std::ffi::CString,
    /// What is to be written instead of its own slice data.
    edit: write::Edit,
    unit: Arc<StreamUnit>,
}

/// How far its slice data is read.
enum Data {
    Unread,
    Avc(Box<avc::Reading>),
    Hevc(Box<hevc::Reading>),
    Failed,
}

impl Inner {
    fn present(&mut self) -> Result<&mut Present, Status> {
        self.present.as_mut().ok_or(Status::State)
    }

    /// Does a step of reading slice data. An error in the data becomes the message, and all later steps in this unit fail.
    fn step<R>(&mut self, step: impl FnOnce(&mut Present) -> Result<R, Failed>) -> Result<R, Status> {
        let present = self.present.as_mut().ok_or(Status::State)?;
        if matches!(present.data, Data::Failed) {
            return Err(Status::Damaged);
        }
        step(present).map_err(|failed| match failed {
            Failed::Asked(status) => status,
            Failed::Data(what) => {
                present.data = Data::Failed;
                self.message = what;
                Status::Damaged
            }
        })
    }
}

/// Why there is no next macroblock or coding tree unit.
enum Failed {
    /// The call cannot be answered, for this reason.
    Asked(Status),
    /// What is wrong with the data.
    Data(String),
}

impl Failed {
    fn of(what: impl ToString) -> Failed {
        Failed::Data(what.to_string())
    }
}

impl Present {
    /// Why the slice data of this unit is not read, if it is none of the standard that was asked for.
    fn refused(&self) -> Failed {
        match self.unit.state() {
            State::Damaged(what) => Failed::Data(what),
            State::Unsupported(_) => Failed::Asked(Status::Unsupported),
            State::Slice | State::Other => Failed::Asked(Status::State),
        }
    }
}
