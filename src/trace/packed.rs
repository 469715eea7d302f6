//! Trace files: a trace in a zstd frame.

use std::{
    io::{Read, Write},
    path::Path,
};

use super::{MAX_BYTES, Slices, Trace, TraceError, TraceWriter};
use crate::files;

impl Trace {
    /// Reads a trace file, or a pipe ([`files::open`]).
    ///
    /// # Errors
    /// [`TraceError`]: the file cannot be read, its checksum is wrong, or its contents are no trace.
    pub fn read(path: &Path) -> Result<Trace, TraceError> {
        Trace::read_from(files::open(path)?)
    }

    /// Reads a trace from a zstd frame.
    ///
    /// # Errors
    /// As [`Trace::read`].
    pub fn read_from(packed: impl Read) -> Result<Trace, TraceError> {
        Trace::from_unpacked(&unpack(packed)?)
    }

    /// Writes a zstd frame with a checksum of its contents.
    ///
    /// ```
    /// use silicabac::trace::Trace;
    /// let trace = Trace::read("golden/avc.cbt.zst".as_ref())?;
    /// let mut packed = vec![];
    /// trace.write_to(&mut packed)?;
    /// assert_eq!(Trace::read_from(&*packed)?, trace);
    /// let empty = Trace { slices: vec![], ..trace };
    /// assert!(empty.write_to(&mut packed).unwrap_err().to_string().contains("there is no slice in it"));
    /// # Ok::<(), silicabac::trace::TraceError>(())
    /// ```
    ///
    /// # Errors
    /// [`TraceError::Io`] from `sink`; and those of [`to_unpacked`](Self::to_unpacked).
    pub fn write_to(&self, sink: impl Write) -> Result<(), TraceError> {
        pack(&self.to_unpacked()?, sink)
    }
}

impl TraceWriter {
    /// Writes a zstd frame with a checksum of its contents.
    ///
    /// # Errors
    /// [`TraceError::Io`] from `sink`; and those of [`into_unpacked`](Self::into_unpacked).
    pub fn finish(self, sink: impl Write) -> Result<(), TraceError> {
        pack(&self.into_unpacked()?, sink)
    }
}

/// A trace as its bytes, from which one slice after the other is read: about 3 bytes a bin, where a [`Trace`] takes 42.
///
/// ```
/// use silicabac::trace::{Trace, Unpacked};
/// let path = "golden/avc.cbt.zst".as_ref();
/// let unpacked = Unpacked::read(path)?;
/// let slices = unpacked.slices()?.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(slices, Trace::read(path)?.slices);
/// # Ok::<(), silicabac::trace::TraceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    bytes: Vec<u8>,
}

impl Unpacked {
    /// Unpacks a trace file, or a pipe ([`files::open`]).
    ///
    /// # Errors
    /// [`TraceError::Io`] and [`TraceError::TooLarge`].
    pub fn read(path: &Path) -> Result<Unpacked, TraceError> {
        Ok(Unpacked { bytes: unpack(files::open(path)?)? })
    }

    /// The slices, one after the other; each can be a [`FormatError`](super::FormatError).
    ///
    /// # Errors
    /// [`TraceError::Format`], if what comes before the slices is wrong.
    pub fn slices(&self) -> Result<Slices<'_>, TraceError> {
        Ok(Slices::new(&self.bytes)?)
    }
}

fn unpack(packed: impl Read) -> Result<Vec<u8>, TraceError> {
    let mut bytes = Vec::new();
    // Empty blocks could go on for ever.
    let packed = packed.take(MAX_BYTES + MAX_BYTES / 64);
    zstd::Decoder::new(packed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(TraceError::TooLarge),
        false => Ok(bytes),
    }
}

fn pack(bytes: &[u8], sink: impl Write) -> Result<(), TraceError> {
    let mut encoder = zstd::Encoder::new(sink, 19)?;
    encoder.include_checksum(true)?;
    encoder.write_all(bytes)?;
    encoder.finish()?;
    Ok(())
}
