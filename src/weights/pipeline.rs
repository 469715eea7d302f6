//! A pipeline: pieces are taken one after the other, worked on in parallel, and put away in the order in which they came.
//!
//! Only the caller's thread takes pieces and puts them away; when it would have to wait, it works on a piece like the others. So files are
//! read and written while others code, and no thread waits for a piece that takes long, as long as there are more pieces.

use std::collections::VecDeque;
use std::sync::mpsc::{TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use rayon::Yield;

/// The source of pieces, and the place where results go.
pub(super) trait Pipeline {
    type Piece: Send;
    type Made: Send;
    type Error;

    /// The next piece, and about how many bytes it holds; `None` at the end.
    fn take(&mut self) -> Result<Option<(usize, Self::Piece)>, Self::Error>;

    /// Puts away what has been made of a piece.
    fn put(&mut self, made: Self::Made) -> Result<(), Self::Error>;
}

/// How many bytes are held for each processor.
const HELD: usize = 8 << 20;
/// How long a thread without work sleeps before it looks again: far less than a piece takes.
const NAP: Duration = Duration::from_micros(50);

/// Takes all pieces of a pipeline through `work`. The first error of taking or putting away ends it.
pub(super) fn run<P: Pipeline>(
    pipeline: &mut P,
    work: impl Fn(P::Piece) -> P::Made + Sync,
) -> Result<(), P::Error> {
    let (work, most) = (&work, HELD * rayon::current_num_threads());
    rayon::in_place_scope_fifo(|scope| {
        let (mut open, mut held, mut is_end) = (VecDeque::new(), 0, false);
        loop {
            while !is_end && held < most {
                let Some((bytes, piece)) = pipeline.take()? else {
                    is_end = true;
                    break;
                };
                let (sender, receiver) = sync_channel(1);
                held += bytes;
                open.push_back((bytes, receiver));
                scope.spawn_fifo(move |_| {
                    // The receiver is gone only after an error.
                    let _ = sender.send(work(piece));
                });
            }
            let Some((bytes, receiver)) = open.pop_front() else { return Ok(()) };
            held -= bytes;
            let made = loop {
                match receiver.try_recv() {
                    Ok(made) => break made,
                    // A worker has panicked; the scope passes that on.
                    Err(TryRecvError::Disconnected) => return Ok(()),
                    Err(TryRecvError::Empty) => help(),
                }
            };
            pipeline.put(made)?;
        }
    })
}

/// Does some of the work of the pool, or sleeps for a moment.
pub(super) fn help() {
    if rayon::yield_now() != Some(Yield::Executed) {
        thread::sleep(NAP);
    }
}
