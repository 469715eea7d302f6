//! All levels as one xz file, packed as they come, beside everything else.
//!
//! What `xz -9e` makes of them takes longest of all, and cannot be divided. So it begins with the first levels and goes on in steps, each of
//! them a task that leaves the next one behind. Invariant: no step waits for anything. So a single processor gets through as well, and who
//! reads and writes is never kept from it for long.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use liblzma::write::XzEncoder;

use super::{line, packed};
use crate::files;

/// The bytes of a step: about a twentieth of a second.
const STEP: u64 = packed::PIECE as u64;

/// All levels, and the file that they are packed into. Who drops it gives that up.
pub(super) struct OneFile(Arc<Shared>);

struct Shared {
    levels: Mutex<File>,
    /// As long as this the file is of no use.
    otherwise: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// So many bytes of levels are there.
    available: u64,
    /// Whether that is all.
    is_all: bool,
    is_given_up: bool,
    /// As long as no step is on its way.
    waiting: Option<Packing>,
    /// What has come of it: the file, if it is short enough.
    done: Option<io::Result<Option<File>>>,
}

struct Packing {
    encoder: XzEncoder<File>,
    /// So many bytes of levels have been packed.
    at: u64,
}

impl OneFile {
    /// For no more than so many bytes.
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

    /// All levels are there, and without this file come to so many bytes.
    pub(super) fn is_all(&self, otherwise: u64) {
        self.0.otherwise.store(otherwise, Relaxed);
        self.0.state().is_all = true;
        Shared::wake(&self.0);
    }

    /// Without this file they come to so many bytes less.
    pub(super) fn is_less(&self, by: u64) {
        self.0.otherwise.fetch_sub(by, Relaxed);
    }

    /// Some of the levels.
    pub(super) fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.0.read(range)
    }

    /// The file and how long it is, if that is less than what there is otherwise. Helps until it is done.
    pub(super) fn finish(self) -> io::Result<Option<(File, u64)>> {
        loop {
            let done = self.0.state().done.take();
            let Some(done) = done else {
                line::help();
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

    /// Sends a step on its way, unless one is.
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

    /// Packs the next levels, if there are enough of them: what is to be gone on with.
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
            // Nothing was left, and nothing comes.
            Ok(Some(packing)) => packing.encoder.finish().map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.state().done = Some(done);
        None
    }

    /// Packs so many bytes more; nothing once the file is of no use.
    fn pack(&self, Packing { mut encoder, at }: Packing, bytes: u64) -> io::Result<Option<Packing>> {
        encoder.write_all(&self.read(at..at + bytes)?)?;
        let is_of_use = encoder.total_out() < self.otherwise.load(Relaxed);
        Ok(is_of_use.then_some(Packing { encoder, at: at + bytes }))
    }
}
