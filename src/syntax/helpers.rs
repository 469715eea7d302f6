//! Parts of one piece of work, done at once by threads that have nothing else to do.
//!
//! Parts are begun in their order, and the thread that has begun a part ends it. So a part may wait for what an earlier one finds out,
//! however few threads there are. A worker of [`work_in_order`](super::work_in_order) is free once the stream has no more chunks for it.
//! As long as there are chunks every worker has work of its own; and to start a thread for a part of a small slice would take longer than
//! the part.

use std::cell::RefCell;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A number of threads that are free to help.
///
/// ```
/// use silicabac::syntax::Helpers;
/// let squares = Helpers::new(2).share(vec![1, 2, 3], |number| number * number);
/// assert_eq!(squares, [1, 4, 9]);
/// ```
#[derive(Debug)]
pub struct Helpers {
    /// How many threads are free. It is below zero if more are at work than should be; then the next thread that has done a part ends.
    free: AtomicIsize,
}

thread_local! {
    static OF_WORKER: RefCell<Option<Arc<Helpers>>> = const { RefCell::new(None) };
}

impl Helpers {
    /// `free` threads, besides those that share their work.
    pub const fn new(free: usize) -> Helpers {
        Helpers { free: AtomicIsize::new(free as isize) }
    }

    /// The helpers of the [`work_in_order`](super::work_in_order) that this thread is a worker of.
    pub(crate) fn of_worker() -> Option<Arc<Helpers>> {
        OF_WORKER.with_borrow(Clone::clone)
    }

    /// Makes this thread a worker with these helpers.
    pub(super) fn enlist(self: &Arc<Helpers>) {
        OF_WORKER.set(Some(Arc::clone(self)));
    }

    /// Does work of this thread, a worker, which is not free meanwhile.
    pub(super) fn while_busy<T>(&self, work: impl FnOnce() -> T) -> T {
        self.free.fetch_sub(1, Ordering::Relaxed);
        let result = work();
        self.add(1);
        result
    }

    /// Adds `free` threads that are free.
    pub(super) fn add(&self, free: usize) {
        self.free.fetch_add(free as isize, Ordering::Relaxed);
    }

    fn take(&self) -> bool {
        let take = |free: isize| (free > 0).then(|| free - 1);
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Whether any are free at this moment.
    pub(crate) fn are_there(&self) -> bool {
        self.free.load(Ordering::Relaxed) > 0
    }

    fn is_wanted_elsewhere(&self) -> bool {
        self.free.load(Ordering::Relaxed) < 0
    }

    /// Does the work on each part, in this thread and in those that are free, and returns the results in the order of the parts.
    ///
    /// # Panics
    /// If the work does.
    pub fn share<P: Send, T: Send>(&self, parts: Vec<P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
        let mut results: Vec<Option<T>> = parts.iter().map(|_| None).collect();
        let left = Mutex::new(parts.into_iter().zip(&mut results));
        let next = || lock(&left).next();
        let do_part = |(part, result): (P, &mut Option<T>)| *result = Some(work(part));
        thread::scope(|scope| {
            while let Some(part) = next() {
                let more = lock(&left).len();
                for _ in 0..more {
                    if !self.take() {
                        break;
                    }
                    let help = || {
                        while !self.is_wanted_elsewhere()
                            && let Some(part) = next()
                        {
                            do_part(part);
                        }
                        self.add(1);
                    };
                    // If no more threads can be started, those that there are do all parts.
                    if thread::Builder::new().spawn_scoped(scope, help).is_err() {
                        self.add(1);
                        break;
                    }
                }
                do_part(part);
            }
        });
        drop(left);
        results.into_iter().flatten().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_parts() {
        for free in [0, 1, 2, 7] {
            let helpers = Helpers::new(free);
            let work = |part: u64| {
                thread::sleep(Duration::from_millis(part * 7 % 5));
                part
            };
            assert!(helpers.share((0..40).collect(), work).into_iter().eq(0..40), "{free}");
            assert_eq!(helpers.free.into_inner(), free as isize);
        }
    }

    /// Three parts that wait for each other end only if three threads have begun them.
    #[test]
    fn as_many_as_are_free_help() {
        let barrier = Barrier::new(3);
        Helpers::new(2).share(vec![(); 9], |()| barrier.wait());
    }

    /// Each part waits for the one before it.
    #[test]
    fn a_part_can_wait_for_an_earlier_one() {
        for free in [0, 1, 7] {
            let (mut parts, mut before) = (Vec::new(), None);
            for number in 0..100 {
                let (done, after) = mpsc::channel();
                parts.push((number, before.replace(after), done));
            }
            let work = |(number, before, done): (u32, Option<mpsc::Receiver<u32>>, mpsc::Sender<u32>)| {
                let sum = before.map_or(0, |before| before.recv().unwrap()) + number;
                let _ = done.send(sum);
                sum
            };
            assert_eq!(Helpers::new(free).share(parts, work).last(), Some(&4950), "{free}");
        }
    }

    /// Two threads do a part each. Then one of them is wanted elsewhere, and the other does the rest.
    #[test]
    fn helpers_stop_when_they_are_wanted_elsewhere() {
        let (helpers, both) = (Helpers::new(1), Barrier::new(2));
        let own = thread::current().id();
        let is_helped = |part| {
            if part < 2 {
                both.wait();
            }
            let is_helped = thread::current().id() != own;
            if is_helped {
                helpers.free.fetch_sub(1, Ordering::Relaxed);
            }
            is_helped
        };
        let helped = helpers.share((0..20).collect(), is_helped);
        assert_eq!(helped.into_iter().filter(|is_helped| *is_helped).count(), 1);
        assert_eq!(helpers.free.into_inner(), 0);
    }
}
