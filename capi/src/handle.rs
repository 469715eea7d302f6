//! Handles: what C has pointers to, and the checks before a handle is used.
//!
//! Each handle begins with a word that says of which type it is and whether it is free, in a call, destroyed or broken; a call takes
//! it by one compare-and-exchange. The memory of a destroyed handle is kept for other handles of its type and never given back, so that
//! looking at the word stays defined after `destroy`: the oldest is used again first, and only once [`KEPT`] others are destroyed. What
//! a handle holds is dropped at once. So a handle that is used after its end, by two threads at once or as another type is noticed,
//! with one exception: an old pointer to memory that has been given to a new handle.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::status::Status;

/// How many destroyed handles of a type are kept before one is used again.
const KEPT: usize = 256;

/// What is added to the word of a free handle.
const BUSY: u32 = 1;
const DESTROYED: u32 = 2;
const BROKEN: u32 = 3;

/// The memory of a handle. The word comes first, so that it is found in a handle of any type; and no two handles, which two threads may
/// have, share a cache line.
#[repr(C, align(64))]
pub(crate) struct Slot<T> {
    word: AtomicU32,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is only used by a thread that has set the word to busy, or that creates or destroys the handle; and `T` can go from
// one thread to another.
unsafe impl<T: Send> Sync for Slot<T> {}

/// The destroyed handles of a type, the oldest first.
pub(crate) struct Pool<H: 'static>(Mutex<VecDeque<&'static H>>);

impl<H> Pool<H> {
    pub(crate) const fn new() -> Pool<H> {
        Pool(Mutex::new(VecDeque::new()))
    }
}

/// A type that C has handles of.
pub(crate) trait Opaque: Sized + Sync + 'static {
    /// What is behind the handle.
    type Value: Send;
    /// The word of a free handle: another for each type, with two zeros at its end.
    const WORD: u32;
    fn of(slot: Slot<Self::Value>) -> Self;
    fn slot(&self) -> &Slot<Self::Value>;
    fn pool() -> &'static Pool<Self>;
}

/// A new handle.
pub(crate) fn create<H: Opaque>(value: H::Value) -> *mut H {
    let mut pool = H::pool().0.lock().unwrap_or_else(PoisonError::into_inner);
    let old = if pool.len() > KEPT { pool.pop_front() } else { None };
    drop(pool);
    let handle = old.unwrap_or_else(|| {
        let slot = Slot { word: AtomicU32::new(H::WORD + DESTROYED), value: UnsafeCell::new(None) };
        Box::leak(Box::new(H::of(slot)))
    });
    // SAFETY: its word says that it is destroyed, and it is no longer in the pool, so that nobody else uses the value.
    unsafe { *handle.slot().value.get() = Some(value) };
    handle.slot().word.store(H::WORD, Ordering::Release);
    std::ptr::from_ref(handle).cast_mut()
}

/// The slot behind a pointer.
///
/// # Safety
/// The pointer is null, or from [`create`] of any type.
unsafe fn slot<'a, H: Opaque>(handle: *mut H) -> Result<&'a Slot<H::Value>, Status> {
    if handle.is_null() {
        return Err(Status::Null);
    }
    if !handle.is_aligned() {
        return Err(Status::Handle);
    }
    // SAFETY: handles are never given back. Of one of another type only the word is used, which comes first in each.
    Ok(unsafe { &*handle }.slot())
}

#[cold]
fn why<H: Opaque>(word: u32) -> Status {
    match word.wrapping_sub(H::WORD) {
        BUSY => Status::Busy,
        DESTROYED => Status::Destroyed,
        BROKEN => Status::Broken,
        _ => Status::Handle,
    }
}

/// A handle that is in a call. If the call does not come to its end, the handle is broken.
struct Held<'a> {
    word: &'a AtomicU32,
    after: u32,
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.word.store(self.after, Ordering::Release);
    }
}

/// Does something with what is behind a handle.
///
/// # Safety
/// As for [`slot`].
#[inline]
pub(crate) unsafe fn with<H: Opaque, R>(
    handle: *mut H,
    call: impl FnOnce(&mut H::Value) -> Result<R, Status>,
) -> Result<R, Status> {
    // SAFETY: the caller promises this.
    let slot = unsafe { slot(handle)? };
    let taken = slot.word.compare_exchange(H::WORD, H::WORD + BUSY, Ordering::Acquire, Ordering::Relaxed);
    taken.map_err(why::<H>)?;
    let mut held = Held { word: &slot.word, after: H::WORD + BROKEN };
    // SAFETY: this call has set the word to busy.
    let value = unsafe { &mut *slot.value.get() };
    let done = value.as_mut().ok_or(Status::Handle).and_then(call);
    held.after = H::WORD;
    done
}

/// Ends a handle, and drops what is behind it.
///
/// # Safety
/// As for [`slot`].
pub(crate) unsafe fn destroy<H: Opaque>(handle: *mut H) -> Result<(), Status> {
    if handle.is_null() {
        return Ok(());
    }
    // SAFETY: the caller promises this.
    let slot = unsafe { slot(handle)? };
    let end =
        |from| slot.word.compare_exchange(from, H::WORD + DESTROYED, Ordering::AcqRel, Ordering::Relaxed);
    end(H::WORD).or_else(|_| end(H::WORD + BROKEN)).map_err(why::<H>)?;
    // SAFETY: this call has set the word to destroyed, and the handle is not yet in the pool.
    let value = unsafe { (*slot.value.get()).take() };
    // SAFETY: as in `slot`; the handle is of this type, as its word says.
    let handle: &'static H = unsafe { &*handle };
    H::pool().0.lock().unwrap_or_else(PoisonError::into_inner).push_back(handle);
    drop(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::border::guarded;

    struct Handle(Slot<u32>);

    impl Opaque for Handle {
        type Value = u32;
        const WORD: u32 = 0x1000;

        fn of(slot: Slot<u32>) -> Handle {
            Handle(slot)
        }

        fn slot(&self) -> &Slot<u32> {
            &self.0
        }

        fn pool() -> &'static Pool<Handle> {
            static POOL: Pool<Handle> = Pool::new();
            &POOL
        }
    }

    /// What is behind a handle.
    fn value(handle: *mut Handle) -> Result<u32, Status> {
        // SAFETY: all handles here are from `create`.
        unsafe { with(handle, |value| Ok(*value)) }
    }

    fn end(handle: *mut Handle) -> Result<(), Status> {
        // SAFETY: all handles here are from `create`.
        unsafe { destroy(handle) }
    }

    /// One test, since the handles of a type have one pool.
    #[test]
    fn what_is_done_with_a_handle_that_cannot_be_is_noticed() {
        ends_are_noticed_until_many_others_have_ended();
        a_panic_breaks_its_handle_and_goes_no_further();
    }

    fn ends_are_noticed_until_many_others_have_ended() {
        let first = create::<Handle>(7);
        assert_eq!(value(first), Ok(7));
        assert_eq!(end(first), Ok(()));
        assert_eq!((value(first), end(first)), (Err(Status::Destroyed), Err(Status::Destroyed)));
        for _ in 0..KEPT {
            let other = create::<Handle>(8);
            assert_ne!(other, first);
            assert_eq!(end(other), Ok(()));
        }
        assert_eq!(value(first), Err(Status::Destroyed));
        assert_eq!((create::<Handle>(9), value(first)), (first, Ok(9)));
        assert_eq!(value(std::ptr::null_mut()), Err(Status::Null));
    }

    fn a_panic_breaks_its_handle_and_goes_no_further() {
        let other = create::<Handle>(1);
        // A handle within a call is in use, also for the thread that makes it.
        // SAFETY: the handle is from `create`.
        let inner = unsafe { with(other, |_| Ok((value(other), end(other)))) };
        assert_eq!(inner, Ok((Err(Status::Busy), Err(Status::Busy))));
        // SAFETY: the handle is from `create`.
        let status = guarded(|| unsafe { with(other, |_| panic!("on purpose")) });
        assert_eq!(status, Status::Panic);
        assert_eq!(value(other), Err(Status::Broken));
        assert_eq!(end(other), Ok(()));
        assert_eq!(value(other), Err(Status::Destroyed));
    }
}
