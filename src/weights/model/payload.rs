//! The data of tensors, read from its file: as it is, through inflate, or as halves out of varints.
//!
//! Invariant: memory is that of a buffer and a decoder, whatever the file claims. One stream is open at a time; reading forwards continues
//! it, going back opens it again.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::PathBuf;

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;

use super::{ModelError, halves};

/// Where the data of a tensor is: after `lead` bytes of a run that begins at `start`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The number of its file among those of the model.
    pub(super) file: usize,
    pub(super) start: u64,
    /// The header of an npy array, which is not data but is in the checksum.
    pub(super) lead: u64,
    pub(super) bytes: u64,
    pub(super) packing: Packing,
    /// CRC-32 of the run, unpacked.
    pub(super) crc: Option<u32>,
}

/// How a run is to be read; a packed one has the length that it takes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Stored,
    Deflated(u64),
    /// Elements of two bytes, each a varint (`halves`).
    Varints(u64),
}

impl Place {
    /// Data that is in the file as it is.
    pub(super) fn plain(start: u64, bytes: u64) -> Place {
        Place { file: 0, start, lead: 0, bytes, packing: Packing::Stored, crc: None }
    }

    /// How many bytes of the file hold the data.
    pub(super) fn taken(&self) -> u64 {
        match self.packing {
            Packing::Stored => self.bytes,
            Packing::Deflated(length) | Packing::Varints(length) => length,
        }
    }
}

/// A file of a model.
#[derive(Debug)]
pub(super) enum Origin {
    Open(File),
    /// Opened each time it is read, since a model can have more files than a process may have open.
    Closed(PathBuf),
}

impl Origin {
    fn open(&self) -> Result<File, ModelError> {
        match self {
            Origin::Open(file) => Ok(file.try_clone()?),
            Origin::Closed(path) => super::beside::open(path),
        }
    }
}

/// Reads the data of all tensors of a model.
#[derive(Debug)]
pub(super) struct Payloads {
    files: Vec<Origin>,
    places: Vec<Place>,
    stream: Option<Stream>,
}

/// A run of bytes that is being read.
#[derive(Debug)]
struct Stream {
    tensor: usize,
    /// How many bytes of the run have been read.
    position: u64,
    run: Run,
    /// The checksum of all bytes of the run so far, unless some were skipped.
    hasher: Option<Hasher>,
}

#[derive(Debug)]
enum Run {
    Stored(BufReader<File>),
    Deflated(Box<DeflateDecoder<Take<BufReader<File>>>>),
    Varints(halves::Reader<Take<BufReader<File>>>),
}

impl Payloads {
    pub(super) fn new(files: Vec<Origin>, places: Vec<Place>) -> Payloads {
        Payloads { files, places, stream: None }
    }

    /// Reads bytes of a tensor, which have to exist.
    pub(super) fn read(
        &mut self,
        tensor: usize,
        name: &str,
        offset: u64,
        bytes: &mut [u8],
    ) -> Result<(), ModelError> {
        let place = self.places[tensor];
        let target = place.lead + offset;
        // After an error the stream is closed.
        let open = self.stream.take().filter(|open| open.tensor == tensor && open.position <= target);
        let mut stream = match open {
            Some(stream) => stream,
            None => Stream::open(self.files[place.file].open()?, tensor, &place)?,
        };
        stream.go(target, offset == 0)?;
        stream.read(bytes)?;
        if stream.position == place.lead + place.bytes
            && let (Some(hasher), Some(crc)) = (&stream.hasher, place.crc)
            && hasher.clone().finalize() != crc
        {
            return Err(ModelError::Checksum { tensor: name.into() });
        }
        self.stream = Some(stream);
        Ok(())
    }
}

impl Stream {
    fn open(file: File, tensor: usize, place: &Place) -> Result<Stream, ModelError> {
        let mut reader = BufReader::with_capacity(1 << 16, file);
        reader.seek(SeekFrom::Start(place.start))?;
        let run = match place.packing {
            Packing::Stored => Run::Stored(reader),
            Packing::Deflated(length) => Run::Deflated(Box::new(DeflateDecoder::new(reader.take(length)))),
            Packing::Varints(length) => Run::Varints(halves::Reader::new(reader.take(length))),
        };
        Ok(Stream { tensor, position: 0, run, hasher: place.crc.map(|_| Hasher::new()) })
    }

    /// Goes forwards: in a stored run by a jump, except to the first byte of data. When reading begins there the checksum is checked, which
    /// covers the lead, too.
    fn go(&mut self, target: u64, is_first: bool) -> Result<(), ModelError> {
        if let Run::Stored(reader) = &mut self.run
            && target > self.position
            && !is_first
        {
            let step = i64::try_from(target - self.position).map_err(|_| ModelError::Truncated)?;
            reader.seek_relative(step)?;
            self.position = target;
            self.hasher = None;
        }
        let mut skipped = [0; 4096];
        while self.position < target {
            let length = (target - self.position).min(4096) as usize;
            self.read(&mut skipped[..length])?;
        }
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), ModelError> {
        match &mut self.run {
            Run::Stored(reader) => reader.read_exact(bytes)?,
            Run::Deflated(decoder) => decoder.read_exact(bytes)?,
            Run::Varints(reader) => reader.read_exact(bytes)?,
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.position += bytes.len() as u64;
        Ok(())
    }
}
