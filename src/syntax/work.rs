//! Work on the units of a stream, several at a time, with results in the order of the stream.
//!
//! Units go to the workers in chunks. To hand a chunk over takes some microseconds, so a chunk grows as long as the work on it takes next
//! to no time. So small slices gain by more processors, too, and of large ones no more are held than are worked on. Units that go on with
//! the unit before them stay in its chunk.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, mem};

use super::helpers::Helpers;

/// The time that the work on a chunk should take at least, unless it has as many units as a chunk can have.
const QUICK: Duration = Duration::from_micros(500);
const MOST_UNITS: usize = 64;

/// Does the work on every unit of a stream, `jobs` units at a time, and hands the results to `sink` in the order of the stream.
///
/// `goes_on` tells whether the work on a unit needs what the work on the unit before it finds out. Such units are worked on by one worker,
/// one after the other; all others can be worked on at the same time. At the end of the stream, when fewer units are left than jobs, work
/// that has parts is shared with the workers that have none: the substreams of an H.265 slice segment are such parts.
///
/// No more than four chunks for each job are held at once. A chunk has units whose work takes about a millisecond at the most, or one unit
/// that takes longer; and the units that go on with its last one.
///
/// ```
/// use silicabac::syntax::work_in_order;
/// let mut squares = vec![];
/// let sink = |number, square| -> Result<(), std::io::Error> { Ok(squares.push((number, square))) };
/// work_in_order((1..=3).map(Ok), 2, |_| false, |number| number * number, sink)?;
/// assert_eq!(squares, [(1, 1), (2, 4), (3, 9)]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// An error of the stream, after the results of all units before it; or the error of `sink`.
pub fn work_in_order<U: Send, T: Send, E: From<io::Error>>(
    mut stream: impl Iterator<Item = io::Result<U>>,
    jobs: usize,
    goes_on: impl Fn(&U) -> bool,
    work: impl Fn(&U) -> T + Sync,
    mut sink: impl FnMut(U, T) -> Result<(), E>,
) -> Result<(), E> {
    if jobs <= 1 {
        return stream.try_for_each(|unit| {
            let unit = unit?;
            let result = work(&unit);
            sink(unit, result)
        });
    }
    let mut stream = stream.peekable();
    let (to_work, chunks) = mpsc::channel::<(usize, Vec<U>)>();
    let (to_sink, results) = mpsc::channel();
    let chunks = Mutex::new(chunks);
    let helpers = Arc::new(Helpers::new(0));
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (chunks, to_sink, work, helpers) = (&chunks, to_sink.clone(), &work, &helpers);
            scope.spawn(move || {
                helpers.enlist();
                loop {
                    let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, chunk)) = next else { return };
                    let start = Instant::now();
                    let work_on =
                        |chunk: Vec<U>| chunk.into_iter().map(|unit| (work(&unit), unit)).collect::<Vec<_>>();
                    let done = helpers.while_busy(|| catch_unwind(AssertUnwindSafe(|| work_on(chunk))));
                    // After an error nobody receives it.
                    let _ = to_sink.send((number, done, start.elapsed()));
                }
            });
        }
        // The workers end with the channel, which is dropped with this closure.
        let to_work = to_work;
        let (mut given, mut done, mut size) = (0, 0, 1);
        let mut to_come = jobs;
        let mut waiting = BTreeMap::new();
        let mut failed = None;
        loop {
            while given - done < 4 * jobs && failed.is_none() {
                let mut chunk = Vec::new();
                let belongs = |unit: &io::Result<U>| unit.as_ref().is_ok_and(&goes_on);
                while let Some(unit) = stream.next_if(|unit| chunk.len() < size || belongs(unit)) {
                    match unit {
                        Ok(unit) => chunk.push(unit),
                        Err(error) => {
                            failed = Some(error);
                            break;
                        }
                    }
                }
                if chunk.is_empty() || to_work.send((given, chunk)).is_err() {
                    // There are no more chunks: a worker that has nothing to do is free from now on.
                    helpers.add(mem::take(&mut to_come));
                    break;
                }
                given += 1;
            }
            if done == given {
                return failed.map_or(Ok(()), |error| Err(error.into()));
            }
            let Ok((number, results, time)) = results.recv() else { return Ok(()) };
            size = if time < QUICK { (2 * size).min(MOST_UNITS) } else { (size / 2).max(1) };
            waiting.insert(number, results);
            while let Some(results) = waiting.remove(&done) {
                done += 1;
                for (result, unit) in results.unwrap_or_else(|panic| resume_unwind(panic)) {
                    sink(unit, result)?;
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Some units take long, and others none.
    #[test]
    fn results_come_in_the_order_of_the_stream() {
        for jobs in [1, 2, 5] {
            let mut seen = Vec::new();
            let work = |number: &u32| {
                if number.is_multiple_of(97) {
                    thread::sleep(Duration::from_millis(2));
                }
                number * 2
            };
            let sink = |number, double| {
                seen.push((number, double));
                Ok::<(), io::Error>(())
            };
            work_in_order((0..3_000).map(Ok), jobs, |_| false, work, sink).unwrap();
            assert!(seen.into_iter().eq((0..3_000).map(|number| (number, 2 * number))), "{jobs}");
        }
    }

    #[test]
    fn what_comes_before_an_error_is_handed_over() {
        for jobs in [1, 2, 5] {
            let units =
                (0..500).map(|number| if number < 300 { Ok(number) } else { Err(io::Error::other("torn")) });
            let mut seen = 0;
            let sink = |_, ()| {
                seen += 1;
                Ok::<(), io::Error>(())
            };
            let error = work_in_order(units, jobs, |_| false, |_| (), sink).unwrap_err();
            assert_eq!((seen, error.to_string()), (300, "torn".to_owned()), "{jobs}");
        }
    }

    /// Units go on with each other in groups of a hundred.
    #[test]
    fn units_that_go_on_are_worked_on_by_one_worker() {
        let last = Mutex::new(HashMap::new());
        let work = |number: &u32| {
            let before = last.lock().unwrap().insert(thread::current().id(), *number);
            assert!(number.is_multiple_of(100) || before == Some(number - 1), "{number} after {before:?}");
        };
        let goes_on = |number: &u32| !number.is_multiple_of(100);
        work_in_order((0..20_000).map(Ok), 4, goes_on, work, |_, ()| Ok::<(), io::Error>(())).unwrap();
    }

    /// Three parts that wait for each other, of the only unit.
    #[test]
    fn workers_without_a_unit_help() {
        let barrier = std::sync::Barrier::new(3);
        let work = |_: &u32| {
            let helpers = Helpers::of_worker().unwrap();
            while !helpers.are_there() {
                thread::yield_now();
            }
            helpers.share(vec![(); 3], |()| barrier.wait()).len()
        };
        let sink = |_, parts| {
            assert_eq!(parts, 3);
            Ok::<(), io::Error>(())
        };
        work_in_order([Ok(0)].into_iter(), 3, |_| false, work, sink).unwrap();
    }

    #[test]
    fn a_sink_that_has_enough_ends_it() {
        let mut seen = 0;
        let sink = |_, ()| {
            seen += 1;
            if seen == 10 { Err(io::Error::other("enough")) } else { Ok(()) }
        };
        assert!(work_in_order((0..).map(Ok::<u32, _>), 3, |_| false, |_| (), sink).is_err());
        assert_eq!(seen, 10);
    }

    #[test]
    #[should_panic(expected = "no such unit")]
    fn a_panic_of_the_work_is_one_of_the_caller() {
        let work = |number: &u32| assert!(*number != 400, "no such unit");
        let _ = work_in_order((0..1_000).map(Ok), 2, |_| false, work, |_, ()| Ok::<(), io::Error>(()));
    }
}
