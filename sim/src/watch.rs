//! Which calls into designs are in progress, so that one that never returns can be noticed.
//!
//! Each instance counts the beginnings and ends of its calls, so that an odd number means a call in progress. This costs two stores per
//! clock. A call is recognised by looking twice: the same odd number is the same call.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicU64, Ordering},
};

/// The number of beginnings and ends of calls of an instance. Only the instance's thread writes it.
#[derive(Debug, Default)]
pub(crate) struct Calls(AtomicU64);

/// The counts of all instances.
static ALL: Mutex<Vec<Weak<Calls>>> = Mutex::new(Vec::new());

impl Calls {
    /// The count of a new instance.
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

/// Looks repeatedly whether some call into a design does not return.
///
/// ```
/// let mut watch = silicabac_sim::Watch::default();
/// assert_eq!(watch.look(), 0); // nothing is called
/// ```
#[derive(Debug, Default)]
pub struct Watch {
    /// The calls in progress at the last look, each with the number of looks that found it.
    under_way: Vec<(Weak<Calls>, u64, u32)>,
}

impl Watch {
    /// Looks at all instances of the process once. Returns for how many looks in a row, including this one, the same call into a design has
    /// been in progress; of several calls, the one with the most looks.
    ///
    /// Looks are counted, not seconds: while the process is stopped, for example by a terminal, it does not look.
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
