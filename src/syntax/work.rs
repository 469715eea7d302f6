//! Work on the units of a stream, several at a time, with results in the order of the stream.

use std::collections::BTreeMap;
use std::io;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Does some work on every unit of a stream, `jobs` at a time, and hands the results over in the order of the stream.
///
/// No more than four units a job are held at once.
///
/// # Errors
/// The stream cannot be read, or `sink` says so.
pub fn work_in_order<U: Send, T: Send, E: From<io::Error>>(
    mut stream: impl Iterator<Item = io::Result<U>>,
    jobs: usize,
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
    let (to_work, units) = mpsc::channel::<(u64, U)>();
    let (to_sink, results) = mpsc::channel();
    let units = Mutex::new(units);
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (units, to_sink, work) = (&units, to_sink.clone(), &work);
            scope.spawn(move || {
                loop {
                    let next = units.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, unit)) = next else { return };
                    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&unit)));
                    // Nobody listens after an error.
                    let _ = to_sink.send((number, unit, result));
                }
            });
        }
        // It ends with the channel, which is dropped with this closure.
        let to_work = to_work;
        let (mut given, mut done) = (0, 0);
        let mut waiting = BTreeMap::new();
        loop {
            while given - done < 4 * jobs as u64 {
                let Some(unit) = stream.next().transpose()? else { break };
                if to_work.send((given, unit)).is_err() {
                    break;
                }
                given += 1;
            }
            if done == given {
                return Ok(());
            }
            let Ok((number, unit, result)) = results.recv() else { return Ok(()) };
            waiting.insert(number, (unit, result));
            while let Some((unit, result)) = waiting.remove(&done) {
                done += 1;
                sink(unit, result.unwrap_or_else(|panic| resume_unwind(panic)))?;
            }
        }
    })
}
