//! The border itself: what comes from C is checked here before anything else sees it.
//!
//! Invariant: no panic crosses. Every function but those that cannot panic (`silicabac_version*`, `silicabac_status_text`) does its
//! work in [`guarded`]. Memory that the caller lends to be written is never read, since in C it need not have been initialised.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use crate::status::Status;

/// Does the work of a call; a panic becomes a status. Only the value of a handle can be half changed by then, and that handle is broken.
#[inline]
pub(crate) fn guarded(call: impl FnOnce() -> Result<(), Status>) -> Status {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(status)) => status,
        Err(_) => Status::Panic,
    }
}

/// What a check can find wrong with a pointer to a number of values.
#[inline]
fn check<T>(pointer: *const T, count: usize) -> Result<(), Status> {
    if pointer.is_null() {
        return if count == 0 { Ok(()) } else { Err(Status::Null) };
    }
    if !pointer.is_aligned() {
        return Err(Status::Alignment);
    }
    let bytes = count.checked_mul(size_of::<T>()).filter(|bytes| *bytes <= isize::MAX as usize);
    bytes.and_then(|bytes| pointer.addr().checked_add(bytes)).map(drop).ok_or(Status::Length)
}

/// Values that the caller lends to be read. With a null pointer their number has to be 0.
///
/// # Safety
/// If `pointer` is not null, `count` initialised values are there for `'a`, and nobody writes them.
#[inline]
pub(crate) unsafe fn input<'a, T>(pointer: *const T, count: usize) -> Result<&'a [T], Status> {
    check(pointer, count)?;
    if count == 0 {
        return Ok(&[]);
    }
    // SAFETY: the pointer is neither null nor misaligned and the length fits; the rest is promised to this function.
    Ok(unsafe { slice::from_raw_parts(pointer, count) })
}

/// Room that the caller lends to be written.
///
/// # Safety
/// If `pointer` is not null, there is memory for `count` values for `'a`, and nobody else uses it.
#[inline]
pub(crate) unsafe fn room<'a, T>(pointer: *mut T, count: usize) -> Result<&'a mut [MaybeUninit<T>], Status> {
    check(pointer, count)?;
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: as above, and `MaybeUninit` wants no value to be there.
    Ok(unsafe { slice::from_raw_parts_mut(pointer.cast(), count) })
}

/// Room as values, all of which are initialised.
///
/// # Safety
/// All values are initialised.
#[inline]
pub(crate) unsafe fn filled<T>(room: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: the caller promises this; `MaybeUninit` has the layout of what it holds.
    unsafe { &mut *(std::ptr::from_mut(room) as *mut [T]) }
}

/// The place of one result.
///
/// # Safety
/// As for [`room`].
#[inline]
pub(crate) unsafe fn place<'a, T>(pointer: *mut T) -> Result<&'a mut MaybeUninit<T>, Status> {
    // SAFETY: the caller promises this.
    unsafe { room(pointer, 1) }.map(|room| &mut room[0])
}

/// One value that the caller lends to be read.
///
/// # Safety
/// As for [`input`].
#[inline]
pub(crate) unsafe fn value<'a, T>(pointer: *const T) -> Result<&'a T, Status> {
    // SAFETY: the caller promises this.
    unsafe { input(pointer, 1) }.map(|values| &values[0])
}

/// Whether two buffers have no byte in common.
#[inline]
pub(crate) fn disjoint<T, U>(
    one: *const T,
    ones: usize,
    other: *const U,
    others: usize,
) -> Result<(), Status> {
    let [one_end, other_end] = [(one.addr(), ones, size_of::<T>()), (other.addr(), others, size_of::<U>())]
        .map(|(start, count, size)| start.saturating_add(count.saturating_mul(size)));
    let is_apart = ones == 0 || others == 0 || one_end <= other.addr() || other_end <= one.addr();
    if is_apart { Ok(()) } else { Err(Status::Overlap) }
}

/// Copies values to the caller, and says how many there are; if the room is too short, it only says that.
///
/// # Safety
/// As for [`room`], for `pointer` and for `length`.
pub(crate) unsafe fn copy_out<T: Copy>(
    values: &[T],
    pointer: *mut T,
    count: usize,
    length: *mut usize,
) -> Result<(), Status> {
    // SAFETY: the caller promises this.
    let (room, length) = unsafe { (room(pointer, count)?, place(length)?) };
    length.write(values.len());
    let room = room.get_mut(..values.len()).ok_or(Status::Room)?;
    room.iter_mut().zip(values).for_each(|(place, value)| {
        place.write(*value);
    });
    Ok(())
}
