//! NAL units.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::Arc;

use silicabac::context::{Codec, SliceType};
use silicabac::stream::{self, State, StreamUnit, codec_of};

use super::{Data, Inner, Present, Stream};
use crate::border::{copy_out, guarded, input, place};
use crate::context::{self, SliceInit, codec};
use crate::handle::{create, destroy, with};
use crate::status::Status;

/// A slice, or slice segment, with CABAC, of which the data can be read.
pub const SILICABAC_UNIT_SLICE: u32 = 0;
/// Slice data of a kind that is not read.
pub const SILICABAC_UNIT_UNSUPPORTED: u32 = 1;
/// A slice, or a parameter set that slices depend on, that cannot be read.
pub const SILICABAC_UNIT_DAMAGED: u32 = 2;
/// Anything else.
pub const SILICABAC_UNIT_OTHER: u32 = 3;

/// A NAL unit. What it points to stays until the next call with the stream.
#[repr(C)]
#[derive(Debug)]
pub struct Unit {
    /// Its number in the stream.
    pub number: u64,
    /// The number of the slice, or slice segment, in the stream; -1 if it is none.
    pub slice: i64,
    /// Where it begins in the stream: the first byte of its header.
    pub offset: u64,
    /// `SILICABAC_CODEC_AVC` or `SILICABAC_CODEC_HEVC`.
    pub codec: u32,
    /// One of `SILICABAC_UNIT_SLICE` to `SILICABAC_UNIT_OTHER`.
    pub state: u32,
    /// What it is, by nal_unit_type, in words.
    pub kind: *const c_char,
    /// The bytes of the unit, with emulation prevention; there can be none after the last unit.
    pub bytes: *const u8,
    /// How many they are.
    pub length: usize,
    /// The CABAC bytes of a slice, without emulation prevention, and what comes after them; null if it is none that can be read.
    pub data: *const u8,
    /// How many they are.
    pub data_length: usize,
    /// What initialises the contexts of such a slice.
    pub init: SliceInit,
}

impl Unit {
    fn of(present: &Present) -> Unit {
        let unit = &present.unit;
        let data = unit.data().filter(|_| unit.state() == State::Slice);
        Unit {
            number: unit.number(),
            slice: unit.slice_number().map_or(-1, |number| number as i64),
            offset: unit.offset(),
            codec: match **unit {
                StreamUnit::Avc(_) => context::SILICABAC_CODEC_AVC,
                StreamUnit::Hevc(_) => context::SILICABAC_CODEC_HEVC,
            },
            state: match unit.state() {
                State::Slice => SILICABAC_UNIT_SLICE,
                State::Unsupported(_) => SILICABAC_UNIT_UNSUPPORTED,
                State::Damaged(_) => SILICABAC_UNIT_DAMAGED,
                State::Other => SILICABAC_UNIT_OTHER,
            },
            kind: present.kind.as_ptr(),
            bytes: unit.unit().bytes.as_ptr(),
            length: unit.unit().bytes.len(),
            data: data.map_or(ptr::null(), <[u8]>::as_ptr),
            data_length: data.map_or(0, <[u8]>::len),
            init: unit.init().map_or(SliceInit { codec: 0, slice_type: 0, slice_qp_y: 0, index: 0 }, init),
        }
    }
}

fn init(init: silicabac::context::SliceInit) -> SliceInit {
    SliceInit {
        codec: match init.codec {
            Codec::Avc => context::SILICABAC_CODEC_AVC,
            Codec::Hevc => context::SILICABAC_CODEC_HEVC,
        },
        slice_type: match init.slice_type {
            SliceType::P => context::SILICABAC_SLICE_P,
            SliceType::B => context::SILICABAC_SLICE_B,
            SliceType::I => context::SILICABAC_SLICE_I,
        },
        slice_qp_y: init.slice_qp_y.into(),
        index: init.index.into(),
    }
}

/// Opens a stream in memory, as annex B of either standard has it, or NAL units with their lengths before them. `codec` is one of
/// `SILICABAC_CODEC_AVC`, `_HEVC` and `_UNKNOWN`; of `_UNKNOWN` the first bytes have to say it, or it is `SILICABAC_STATUS_FORMAT`. The bytes
/// stay the caller's: they have to be there, unchanged, until the stream is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_create(
    codec: u32,
    bytes: *const u8,
    length: usize,
    stream: *mut *mut Stream,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks, and that the bytes stay until the end of the stream.
    guarded(|| unsafe {
        let stream = place(stream)?;
        let bytes: &'static [u8] = input(bytes, length)?;
        let codec = match codec {
            context::SILICABAC_CODEC_UNKNOWN => {
                const ENOUGH: usize = 1 << 16;
                codec_of(&bytes[..bytes.len().min(ENOUGH)]).ok_or(Status::Format)?
            }
            known => self::codec(known)?,
        };
        let source = stream::Stream::new(codec, bytes);
        stream.write(create(Inner { source, present: None, message: String::new() }));
        Ok(())
    })
}

/// Ends a stream. A null pointer is none, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_destroy(stream: *mut Stream) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe { destroy(stream) })
}

/// Goes to the next NAL unit, whatever was read of the one before it; `SILICABAC_STATUS_END` after the last one. A unit that is damaged is
/// no error here: its `state` says so, and `silicabac_stream_message` why. `SILICABAC_STATUS_DAMAGED` is only where no unit is found at all, and
/// then none comes any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_next(stream: *mut Stream, unit: *mut Unit) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let place = place(unit)?;
        with(stream, |inner| {
            let last = inner.present.take().map(|present| present.edit).unwrap_or_default();
            inner.message.clear();
            let unit = inner.source.next().ok_or(Status::End)?.map_err(|error| {
                inner.message = error.to_string();
                Status::Damaged
            })?;
            if let State::Damaged(what) | State::Unsupported(what) = unit.state() {
                inner.message = what;
            }
            let kind = CString::new(unit.kind()).unwrap_or_default();
            let edit = last.next(&unit);
            let present = Present { data: Data::Unread, kind, edit, unit: Arc::new(unit) };
            place.write(Unit::of(inner.present.insert(present)));
            Ok(())
        })
    })
}

/// Copies to `text` what is wrong, in words, with the unit or with the last slice data that could not be read or written; an empty text if
/// nothing is. It ends with a zero. `length` tells how many bytes it has with that; if `room` is less, only that, and
/// `SILICABAC_STATUS_ROOM`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_stream_message(
    stream: *mut Stream,
    text: *mut c_char,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with(stream, |inner| {
            let message: Vec<u8> = inner.message.bytes().filter(|byte| *byte != 0).chain([0]).collect();
            copy_out(&message, text.cast(), room, length)
        })
    })
}
