//! A line of work: pieces are taken one after the other, worked on side by side, and put away in the order in which they came.
//!
//! Whoever takes and puts away is the caller's thread alone, and works like the others where it would wait. So files are read and written
//! while others code, and none waits for the longest of some pieces, as long as there are more.

use std::collections::VecDeque;
use std::sync::mpsc::{TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use rayon::Yield;

/// Where pieces come from, and where they go.
pub(super) trait Line {
    type Piece: Send;
    type Made: Send;
    type Error;

    /// The next piece, and about how many bytes it holds; nothing at the end.
    fn take(&mut self) -> Result<Option<(usize, Self::Piece)>, Self::Error>;

    /// Puts away what has been made of a piece.
    fn put(&mut self, made: Self::Made) -> Result<(), Self::Error>;
}

/// So many bytes are held for each processor.
const HELD: usize = 8 << 20;
/// So long nothing is looked for where there is nothing to do: far less than a piece takes.
const NAP: Duration = Duration::from_micros(50);

/// Takes all pieces of a line through `work`.
pub(super) fn run<L: Line>(line: &mut L, work: impl Fn(L::Piece) -> L::Made + Sync) -> Result<(), L::Error> {
    let (work, most) = (&work, HELD * rayon::current_num_threads());
    rayon::in_place_scope_fifo(|scope| {
        let (mut open, mut held, mut is_end) = (VecDeque::new(), 0, false);
        loop {
            while !is_end && held < most {
                let Some((bytes, piece)) = line.take()? else {
                    is_end = true;
                    break;
                };
                let (sender, receiver) = sync_channel(1);
                held += bytes;
                open.push_back((bytes, receiver));
                scope.spawn_fifo(move |_| {
                    // Who does not listen has met an error before.
                    let _ = sender.send(work(piece));
                });
            }
            let Some((bytes, receiver)) = open.pop_front() else { return Ok(()) };
            held -= bytes;
            let made = loop {
                match receiver.try_recv() {
                    Ok(made) => break made,
                    // A panic, which the scope hands on.
                    Err(TryRecvError::Disconnected) => return Ok(()),
                    Err(TryRecvError::Empty) => help(),
                }
            };
            line.put(made)?;
        }
    })
}

/// Does some of the work that there is, or waits for a moment.
pub(super) fn help() {
    if rayon::yield_now() != Some(Yield::Executed) {
        thread::sleep(NAP);
    }
}
