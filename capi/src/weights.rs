//! Weights in a container in memory: its tensors, and any of them, or a slice of one, decoded into memory of the caller.
//!
//! A slice is decoded by the thread that asks; a whole tensor by all processors.

use std::ffi::{CStr, CString, c_char};
use std::io::{self, Cursor, Write};
use std::mem::MaybeUninit;

use silicabac::weights::compress::WeightsError;
use silicabac::weights::container::{Coding, Container, ContainerError};
use silicabac::weights::decompress;

use crate::border::{copy_out, guarded, input, place, room};
use crate::handle::{Opaque, Pool, Slot, create, destroy, with};
use crate::status::Status;

/// A container that is open for reading.
pub struct Weights(Slot<Inner>);

impl Opaque for Weights {
    type Value = Inner;
    const WORD: u32 = 0x51c0_3e10;

    fn of(slot: Slot<Inner>) -> Weights {
        Weights(slot)
    }

    fn slot(&self) -> &Slot<Inner> {
        &self.0
    }

    fn pool() -> &'static Pool<Weights> {
        static POOL: Pool<Weights> = Pool::new();
        &POOL
    }
}

/// What is behind the handle.
pub(crate) struct Inner {
    container: Container<Cursor<&'static [u8]>>,
    names: Vec<CString>,
    message: String,
}

/// An element of a tensor is a 32-bit floating-point number, in little endian as all are.
pub const SILICABAC_ELEMENT_F32: u32 = 0;
/// A 16-bit one.
pub const SILICABAC_ELEMENT_F16: u32 = 1;
/// A bfloat16.
pub const SILICABAC_ELEMENT_BF16: u32 = 2;
/// Anything else.
pub const SILICABAC_ELEMENT_OTHER: u32 = 3;
/// A 64-bit floating-point number.
pub const SILICABAC_ELEMENT_F64: u32 = 4;

/// It is kept as it was, packed.
pub const SILICABAC_CODING_LOSSLESS: u32 = 0;
/// As levels, in CABAC.
pub const SILICABAC_CODING_DEEPCABAC: u32 = 1;
/// As levels, packed by xz.
pub const SILICABAC_CODING_PACKED: u32 = 2;

/// A tensor. What it points to stays until the container is destroyed.
#[repr(C)]
#[derive(Debug)]
pub struct Tensor {
    /// Its name. A zero byte in it stands there as `?`.
    pub name: *const c_char,
    /// One of `SILICABAC_ELEMENT_F32` to `_F64`.
    pub element: u32,
    /// One of `SILICABAC_CODING_LOSSLESS` to `_PACKED`.
    pub coding: u32,
    /// Its shape.
    pub shape: *const u64,
    /// How many dimensions that has.
    pub rank: usize,
    /// How many bytes it is decoded to.
    pub length: u64,
    /// How many bytes of the container are its own.
    pub stored: u64,
    /// Into how many slices it is cut, which can be decoded by themselves.
    pub slice_count: u64,
}

impl Inner {
    /// Makes an error a status and a message.
    fn failed<R>(&mut self, done: Result<R, WeightsError>) -> Result<R, Status> {
        done.map_err(|error| {
            self.message = error.to_string();
            Status::Damaged
        })
    }

    fn tensor(&self, index: usize) -> Result<&silicabac::weights::container::Tensor, Status> {
        self.container.index().tensors.get(index).ok_or(Status::Argument)
    }
}

/// Opens a container in memory. `SILICABAC_STATUS_FORMAT` if it is none, and `SILICABAC_STATUS_DAMAGED` if its index cannot be read; that its
/// streams are whole is seen where they are decoded. The bytes stay the caller's: they have to be there, unchanged, until the container is
/// destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_create(
    bytes: *const u8,
    length: usize,
    weights: *mut *mut Weights,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks, and that the bytes stay until the end of the container.
    guarded(|| unsafe {
        let weights = place(weights)?;
        let bytes: &'static [u8] = input(bytes, length)?;
        let container = Container::open(Cursor::new(bytes)).map_err(|error| match error {
            ContainerError::Magic => Status::Format,
            _ => Status::Damaged,
        })?;
        let name = |name: &str| CString::new(name.replace('\0', "?")).unwrap_or_default();
        let names = container.index().tensors.iter().map(|tensor| name(&tensor.name)).collect();
        weights.write(create(Inner { container, names, message: String::new() }));
        Ok(())
    })
}

/// Ends a container. A null pointer is none, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_destroy(weights: *mut Weights) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe { destroy(weights) })
}

/// Tells how many tensors there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_count(weights: *mut Weights, count: *mut usize) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let count = place(count)?;
        with(weights, |inner| {
            count.write(inner.names.len());
            Ok(())
        })
    })
}

/// Finds the tensor of this name, which ends with a zero byte; `SILICABAC_STATUS_ARGUMENT` if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_find(
    weights: *mut Weights,
    name: *const c_char,
    index: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks; the name ends with a zero byte.
    guarded(|| unsafe {
        let index = place(index)?;
        if name.is_null() {
            return Err(Status::Null);
        }
        let name = CStr::from_ptr(name);
        with(weights, |inner| {
            let found = inner.names.iter().position(|known| **known == *name);
            index.write(found.ok_or(Status::Argument)?);
            Ok(())
        })
    })
}

/// Says what a tensor is; they are numbered from 0 on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_tensor(
    weights: *mut Weights,
    index: usize,
    tensor: *mut Tensor,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let place = place(tensor)?;
        with(weights, |inner| {
            let found = inner.tensor(index)?;
            place.write(Tensor {
                name: inner.names[index].as_ptr(),
                element: found.element.into(),
                coding: match found.coding {
                    Coding::Lossless { .. } => SILICABAC_CODING_LOSSLESS,
                    Coding::DeepCabac { .. } => SILICABAC_CODING_DEEPCABAC,
                    Coding::Packed { .. } => SILICABAC_CODING_PACKED,
                },
                shape: found.shape.as_ptr(),
                rank: found.shape.len(),
                length: found.bytes,
                stored: found.stored(),
                slice_count: found.part_count(),
            });
            Ok(())
        })
    })
}

/// Room of the caller, from its beginning on.
struct Sink<'a>(&'a mut [MaybeUninit<u8>]);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.0.len());
        let (now, later) = std::mem::take(&mut self.0).split_at_mut(count);
        now.iter_mut().zip(bytes).for_each(|(place, byte)| {
            place.write(*byte);
        });
        self.0 = later;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Decodes a tensor into `bytes`, in the order and the type of the model file that it came from. `length` tells how many bytes it has; if
/// `room` is less, only that, and `SILICABAC_STATUS_ROOM`. Of a damaged tensor `bytes` holds what comes before the damage, and
/// `silicabac_weights_message` says what is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_decode(
    weights: *mut Weights,
    index: usize,
    bytes: *mut u8,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let (bytes, length) = (self::room(bytes, room)?, place(length)?);
        with(weights, |inner| {
            let needed = usize::try_from(inner.tensor(index)?.bytes).map_err(|_| Status::Length)?;
            length.write(needed);
            let mut sink = Sink(bytes.get_mut(..needed).ok_or(Status::Room)?);
            let done = decompress::extract(&mut inner.container, index, &mut sink, &|_| ());
            inner.failed(done)
        })
    })
}

/// Decodes a slice of a tensor, likewise; they are numbered from 0 on, and each but the last has the same length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_decode_slice(
    weights: *mut Weights,
    index: usize,
    slice: usize,
    bytes: *mut u8,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with(weights, |inner| {
            inner.tensor(index)?;
            let done = decompress::extract_part(&mut inner.container, index, slice);
            let raw = inner.failed(done.map_err(WeightsError::from))?;
            copy_out(&raw.ok_or(Status::Argument)?, bytes, room, length)
        })
    })
}

/// Copies to `text` what was wrong with the tensor that could not be decoded, as `silicabac_stream_message` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_weights_message(
    weights: *mut Weights,
    text: *mut c_char,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with(weights, |inner| {
            let message: Vec<u8> = inner.message.bytes().filter(|byte| *byte != 0).chain([0]).collect();
            copy_out(&message, text.cast(), room, length)
        })
    })
}
