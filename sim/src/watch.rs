//! Which calls into designs are under way, for whoever has to notice one that never comes back.
//!
//! Each instance counts the beginnings and the ends of its calls, so that an odd number is a call under way; that costs two
//! stores a clock. A call is recognised by looking twice: the same odd number is the same call.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicU64, Ordering},
};

/// How many calls of an instance have begun and ended, together. Only the thread of the instance writes it.
#[derive(Debug, Default)]
pub(crate) struct Calls(AtomicU64);

/// Those of all instances that there are.
static ALL: Mutex<Vec<Weak<Calls>>> = Mutex::new(Vec::new());

impl Calls {
    /// Those of a new instance.
    pub(crate) fn new() -> Arc<Calls> {
        let calls = Arc::new(Calls::default());
        let mut all = all();
        all.retain(|calls| calls.strong_count() > 0);
        all.push(Arc::downgrade(&calls));
        calls
    }

    /// Runs a call.
    #[inline]
    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        let begun = self.0.load(Ordering::Relaxed) + 1;
        self.0.store(begun, Ordering::Relaxed);
        let result = call();
        self.0.store(begun + 1, Ordering::Relaxed);
        result
    }
}

fn all() -> MutexGuard<'static, Vec<Weak<Calls>>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks again and again whether some call into a design goes on and on.
///
/// ```
/// let mut watch = silicabac_sim::Watch::default();
/// assert_eq!(watch.look(), 0); // nothing is called
/// ```
#[derive(Debug, Default)]
pub struct Watch {
    /// The calls that were under way at the last look, with the number of looks that found them so.
    under_way: Vec<(Weak<Calls>, u64, u32)>,
}

impl Watch {
    /// One look at all instances of the process: how many looks in a row, this one included, have found the same call
    /// into a design under way; of several calls, the one that was found most often.
    ///
    /// Looks are counted, not seconds: while the process is stopped, as by a terminal, it looks at nothing.
    pub fn look(&mut self) -> u32 {
        let mut under_way = Vec::new();
        for calls in all().iter() {
            let number = calls.upgrade().map_or(0, |calls| calls.0.load(Ordering::Relaxed));
            if number % 2 == 1 {
                let before =
                    self.under_way.iter().find(|(other, then, _)| other.ptr_eq(calls) && *then == number);
                under_way.push((calls.clone(), number, before.map_or(0, |before| before.2) + 1));
            }
        }
        self.under_way = under_way;
        self.under_way.iter().map(|(.., looks)| *looks).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_that_goes_on_is_seen_again() {
        let (one, other) = (Calls::new(), Calls::new());
        let mut watch = Watch::default();
        one.during(|| {
            assert_eq!(watch.look(), 1);
            other.during(|| assert_eq!(watch.look(), 2));
            other.during(|| assert_eq!(watch.look(), 3));
        });
        other.during(|| assert_eq!(watch.look(), 1));
        one.during(|| assert_eq!(watch.look(), 1));
        assert_eq!(watch.look(), 0);
    }
}
