//! The status that every function returns, and its meaning in words.

use std::ffi::{CStr, c_char};

use silicabac::bin::DecodeErrorKind;

/// What came of a call. Everything but `OK` and `END` is an error, after which nothing has been done unless the function says so.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is done.
    Ok = 0,
    /// There is nothing more: no NAL unit, no macroblock, no coding tree unit.
    End = 1,
    /// A pointer is null that must not be.
    Null = 2,
    /// A pointer is not aligned as its type has to be.
    Alignment = 3,
    /// A length is more than memory can have behind the pointer.
    Length = 4,
    /// Two buffers overlap that must not.
    Overlap = 5,
    /// The pointer is no handle of this type.
    Handle = 6,
    /// The handle has been destroyed.
    Destroyed = 7,
    /// The handle is in a call of another thread.
    Busy = 8,
    /// An earlier call panicked in the middle of its work; the handle can only be destroyed.
    Broken = 9,
    /// The call panicked. That is a mistake in this library.
    Panic = 10,
    /// A value is not one that the argument can have.
    Argument = 11,
    /// The handle is of a kind, or in a state, in which this cannot be asked for.
    State = 12,
    /// The buffer is too short; the function has told how long it has to be.
    Room = 13,
    /// The first nine bits of an engine run are 510 or 511, which no encoder writes.
    Forbidden = 14,
    /// codIOffset is 256 or more at a bypass alignment.
    Misaligned = 15,
    /// A bit beyond the last byte was needed.
    Exhausted = 16,
    /// The slice, the header or the tensor is damaged; what comes after it can be read.
    Damaged = 17,
    /// It is of a kind that is not read.
    Unsupported = 18,
    /// The bytes are neither of the standards', or no container of weights.
    Format = 19,
    /// An element cannot have this value, or would be lost; nothing is written.
    Illegal = 20,
}

impl Status {
    const ALL: [(Status, &'static CStr); 21] = [
        (Status::Ok, c"it is done"),
        (Status::End, c"there is nothing more"),
        (Status::Null, c"a pointer is null"),
        (Status::Alignment, c"a pointer is not aligned"),
        (Status::Length, c"a length is more than memory can have"),
        (Status::Overlap, c"two buffers overlap"),
        (Status::Handle, c"the pointer is no handle of this type"),
        (Status::Destroyed, c"the handle has been destroyed"),
        (Status::Busy, c"the handle is in a call of another thread"),
        (Status::Broken, c"an earlier call panicked; the handle can only be destroyed"),
        (Status::Panic, c"the call panicked, which is a mistake in the library"),
        (Status::Argument, c"an argument has a value that it cannot have"),
        (Status::State, c"the handle is of a kind, or in a state, in which this cannot be asked for"),
        (Status::Room, c"the buffer is too short"),
        (Status::Forbidden, c"the engine's first nine bits are 510 or 511, which no encoder writes"),
        (Status::Misaligned, c"codIOffset is beyond the range that bypass alignment sets"),
        (Status::Exhausted, c"a bit beyond the last byte is needed"),
        (Status::Damaged, c"the data is damaged"),
        (Status::Unsupported, c"the data is of a kind that is not read"),
        (Status::Format, c"the bytes are of no format that is known here"),
        (Status::Illegal, c"an element has a value that it cannot have"),
    ];
}

impl From<DecodeErrorKind> for Status {
    fn from(kind: DecodeErrorKind) -> Status {
        match kind {
            DecodeErrorKind::Forbidden => Status::Forbidden,
            DecodeErrorKind::Misaligned => Status::Misaligned,
            DecodeErrorKind::Exhausted => Status::Exhausted,
        }
    }
}

/// What a status means, in English. The text is there for ever; of a number that is no status it says so.
#[unsafe(no_mangle)]
pub extern "C" fn silicabac_status_text(status: i32) -> *const c_char {
    let found = Status::ALL.iter().find(|(known, _)| *known as i32 == status);
    found.map_or(c"the number is no status", |(_, text)| *text).as_ptr()
}
