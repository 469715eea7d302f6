//! Levels of a long group, unpacked on demand.
//!
//! Invariant: memory holds only a piece of the xz file, what a decoder needs, and the levels that are asked for. Levels are given out only
//! after the checksums of all pieces were found right, or a single wrong byte was corrected and the checksum of xz agrees. Going back means
//! unpacking again from the beginning.

use std::io::{self, Read, Seek};
use std::ops::Range;

use super::super::{packed, repair};
use super::{Container, Group, StreamError};

/// A long group that is being read.
#[derive(Debug)]
pub(super) struct Long {
    first: usize,
    /// The decoder, or why there are no levels.
    unpacking: Result<Unpacking, StreamError>,
}

#[derive(Debug)]
struct Unpacking {
    group: Group,
    decoder: packed::Decoder,
    is_end: bool,
    /// The byte that was wrong, with its correction.
    repair: Option<Repair>,
    /// The number of the piece that comes next.
    next: usize,
    /// The piece before it, of which a part has been unpacked.
    piece: Vec<u8>,
    taken: usize,
    /// How many bytes of levels have been unpacked.
    at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Repair {
    piece: usize,
    at: usize,
    by: u8,
}

/// Why levels cannot be unpacked: the file cannot be read, or is damaged.
enum Fault {
    Io(io::Error),
    Stream(StreamError),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

impl From<StreamError> for Fault {
    fn from(what: StreamError) -> Fault {
        Fault::Stream(what)
    }
}

/// The bytes of a buffer for levels that are skipped.
const PASSED: u64 = 1 << 16;

impl Unpacking {
    fn new(group: Group, repair: Option<Repair>) -> Result<Unpacking, StreamError> {
        let decoder = packed::Decoder::new().ok_or(StreamError::Unpacked)?;
        Ok(Unpacking { group, decoder, is_end: false, repair, next: 0, piece: Vec::new(), taken: 0, at: 0 })
    }
}

impl<R: Read + Seek> Container<R> {
    /// Unpacks some bytes of the levels of a long group.
    pub(super) fn unpack_long(
        &mut self,
        group: Group,
        range: Range<u64>,
    ) -> io::Result<Result<Vec<u8>, StreamError>> {
        let is_of_use = |long: &Long| {
            let is_before = long.unpacking.as_ref().map_or(true, |unpacking| unpacking.at <= range.start);
            long.first == group.first && is_before
        };
        let unpacking = match self.long.take().filter(is_of_use) {
            Some(long) => long.unpacking,
            None => or_io(self.begin(group))?,
        };
        let (unpacking, levels) = match unpacking {
            Ok(unpacking) => match or_io(self.levels(unpacking, range))? {
                Ok((unpacking, levels)) => (Ok(unpacking), Ok(levels)),
                Err(what) => (Err(what.clone()), Err(what)),
            },
            Err(what) => (Err(what.clone()), Err(what)),
        };
        self.long = Some(Long { first: group.first, unpacking });
        Ok(levels)
    }

    /// Checks all pieces of a group, and corrects a byte that is wrong if it is the only one.
    fn begin(&mut self, group: Group) -> Result<Unpacking, Fault> {
        let mut damaged = None;
        for piece in 0..self.index.tensors[group.first].streams.len() {
            let (bytes, crc32) = self.load(group.first, piece)??;
            if crc32fast::hash(&bytes) != crc32 && damaged.replace((piece, bytes, crc32)).is_some() {
                return Err(StreamError::Checksum.into());
            }
        }
        let Some((piece, bytes, crc32)) = damaged else { return Ok(Unpacking::new(group, None)?) };
        for (at, by) in repair::suspects(&bytes, crc32) {
            let repair = Some(Repair { piece, at, by });
            match self.pass(&mut Unpacking::new(group, repair)?, group.total) {
                Ok(()) => {
                    self.is_repaired = true;
                    return Ok(Unpacking::new(group, repair)?);
                }
                Err(Fault::Stream(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StreamError::Checksum.into())
    }

    fn levels(&mut self, mut unpacking: Unpacking, range: Range<u64>) -> Result<(Unpacking, Vec<u8>), Fault> {
        self.pass(&mut unpacking, range.start)?;
        let mut levels = vec![0; (range.end - range.start) as usize];
        self.fill(&mut unpacking, &mut levels)?;
        Ok((unpacking, levels))
    }

    /// Unpacks levels up to a byte, and drops them.
    fn pass(&mut self, unpacking: &mut Unpacking, to: u64) -> Result<(), Fault> {
        let mut passed = vec![0; PASSED as usize];
        while unpacking.at < to {
            let length = PASSED.min(to - unpacking.at) as usize;
            self.fill(unpacking, &mut passed[..length])?;
        }
        Ok(())
    }

    /// Fills `levels`. After the last ones of the group the file has to be at its end.
    fn fill(&mut self, unpacking: &mut Unpacking, mut levels: &mut [u8]) -> Result<(), Fault> {
        while !levels.is_empty() {
            let given = self.step(unpacking, levels)?;
            levels = &mut levels[given..];
        }
        while unpacking.at == unpacking.group.total && !unpacking.is_end {
            if self.step(unpacking, &mut [0])? > 0 {
                return Err(StreamError::Unpacked.into());
            }
        }
        Ok(())
    }

    /// Unpacks from the current piece, or reads the next one, and returns how many bytes were unpacked.
    fn step(&mut self, unpacking: &mut Unpacking, levels: &mut [u8]) -> Result<usize, Fault> {
        if unpacking.taken == unpacking.piece.len() {
            self.next_piece(unpacking)?;
        }
        let rest = &unpacking.piece[unpacking.taken..];
        let step = unpacking.decoder.step(rest, levels).ok_or(StreamError::Unpacked)?;
        unpacking.taken += step.taken;
        unpacking.at += step.given as u64;
        unpacking.is_end = step.is_end;
        let is_stuck = step.taken == 0 && step.given == 0 || step.is_end && step.given < levels.len();
        let is_right_end = step.is_end && unpacking.at == unpacking.group.total;
        if is_stuck && !is_right_end { Err(StreamError::Unpacked.into()) } else { Ok(step.given) }
    }

    fn next_piece(&mut self, unpacking: &mut Unpacking) -> Result<(), Fault> {
        let first = unpacking.group.first;
        if unpacking.next == self.index.tensors[first].streams.len() {
            return Err(StreamError::Unpacked.into());
        }
        let (mut piece, _) = self.load(first, unpacking.next)??;
        if let Some(Repair { at, by, .. }) = unpacking.repair.filter(|repair| repair.piece == unpacking.next)
        {
            piece[at] ^= by;
        }
        (unpacking.piece, unpacking.taken) = (piece, 0);
        unpacking.next += 1;
        Ok(())
    }
}

/// Makes damage a result and not an error; only a file that cannot be read is an error.
fn or_io<T>(tried: Result<T, Fault>) -> io::Result<Result<T, StreamError>> {
    match tried {
        Ok(found) => Ok(Ok(found)),
        Err(Fault::Stream(what)) => Ok(Err(what)),
        Err(Fault::Io(error)) => Err(error),
    }
}
