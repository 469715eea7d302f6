//! All levels as one xz file, packed while the rest of the work goes on.
//!
//! Packing with `xz -9e` takes longest of all, and cannot be divided. So it starts with the first levels and goes on in steps, each of
//! which is a task that queues the next one. Invariant: no step waits for anything. So it works on a single processor as well, and never
//! holds up for long the thread that reads and writes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use liblzma::write::XzEncoder;

use super::{packed, pipeline};
use crate::files;

/// The bytes of a step: about a twentieth of a second.
const STEP: u64 = packed::PIECE as u64;

/// All levels, and the file that they are packed into. Dropping it gives up the file.
pub(super) struct OneFile(Arc<Shared>);

struct Shared {
    levels: Mutex<File>,
    /// The bytes that the levels take without this file: once the file is as long, it is of no use.
    otherwise: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// How many bytes of levels have been added.
    available: u64,
    /// Whether these are all.
    is_all: bool,
    is_given_up: bool,
    /// The packing while there are too few levels for a step; `None` while a step is queued or runs.
    waiting: Option<Packing>,
    /// The result: the file, if it is short enough.
    done: Option<io::Result<Option<File>>>,
}

struct Packing {
    encoder: XzEncoder<File>,
    /// How many bytes of levels have been packed.
    at: u64,
}

impl OneFile {
    /// For at most `bytes` of levels.
    pub(super) fn new(bytes: u64) -> io::Result<OneFile> {
        let waiting = Some(Packing { encoder: packed::encoder(files::spool()?, bytes)?, at: 0 });
        let state = State { available: 0, is_all: false, is_given_up: false, waiting, done: None };
        let (levels, otherwise) = (Mutex::new(files::spool()?), AtomicU64::new(u64::MAX));
        Ok(OneFile(Arc::new(Shared { levels, otherwise, state: Mutex::new(state) })))
    }

    /// Appends levels.
    pub(super) fn add(&self, bytes: &[u8]) -> io::Result<()> {
        let at = self.0.state().available;
        let mut file = self.0.levels();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)?;
        drop(file);
        self.0.state().available += bytes.len() as u64;
        Shared::wake(&self.0);
        Ok(())
    }

    /// Says that all levels have been added, and that they take `otherwise` bytes without this file.
    pub(super) fn is_all(&self, otherwise: u64) {
        self.0.otherwise.store(otherwise, Relaxed);
        self.0.state().is_all = true;
        Shared::wake(&self.0);
    }

    /// Says that without this file the levels take `by` bytes less than [`is_all`](Self::is_all) said.
    pub(super) fn is_less(&self, by: u64) {
        self.0.otherwise.fetch_sub(by, Relaxed);
    }

    /// Some of the levels.
    pub(super) fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.0.read(range)
    }

    /// The file and its length, if it is shorter than what the levels take without it. The caller's thread helps until the file is done.
    pub(super) fn finish(self) -> io::Result<Option<(File, u64)>> {
        loop {
            let done = self.0.state().done.take();
            let Some(done) = done else {
                pipeline::help();
                continue;
            };
            let Some(mut file) = done? else { return Ok(None) };
            let length = file.stream_position()?;
            file.rewind()?;
            return Ok(Some((file, length)).filter(|_| length < self.0.otherwise.load(Relaxed)));
        }
    }
}

impl Drop for OneFile {
    fn drop(&mut self) {
        self.0.state().is_given_up = true;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn levels(&self) -> MutexGuard<'_, File> {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        let mut file = self.levels();
        file.seek(SeekFrom::Start(range.start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Queues a step, unless one is queued or runs.
    fn wake(shared: &Arc<Shared>) {
        let waiting = shared.state().waiting.take();
        if let Some(packing) = waiting {
            Shared::spawn(shared.clone(), packing);
        }
    }

    fn spawn(shared: Arc<Shared>, packing: Packing) {
        rayon::spawn(move || {
            if let Some(packing) = shared.step(packing) {
                Shared::spawn(shared, packing);
            }
        });
    }

    /// Packs the next levels, if there are enough of them; returns the packing for the next step if there may be enough for that, too.
    fn step(&self, packing: Packing) -> Option<Packing> {
        let mut state = self.state();
        let left = state.available - packing.at;
        if state.is_given_up {
            return None;
        }
        if left < STEP && !state.is_all {
            state.waiting = Some(packing);
            return None;
        }
        drop(state);
        let done = match self.pack(packing, left.min(STEP)) {
            Ok(Some(packing)) if left > 0 => return Some(packing),
            // All levels are packed, and no more come.
            Ok(Some(packing)) => packing.encoder.finish().map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.state().done = Some(done);
        None
    }

    /// Packs `bytes` more; `None` once the file is of no use.
    fn pack(&self, Packing { mut encoder, at }: Packing, bytes: u64) -> io::Result<Option<Packing>> {
        encoder.write_all(&self.read(at..at + bytes)?)?;
        let is_of_use = encoder.total_out() < self.otherwise.load(Relaxed);
        Ok(is_of_use.then_some(Packing { encoder, at: at + bytes }))
    }
}
