//! Trace files: a trace in a zstd frame.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use super::{MAX_BYTES, Trace, TraceError};

impl Trace {
    /// Reads a trace file.
    ///
    /// # Errors
    /// [`TraceError`]: the file cannot be read, its checksum is wrong, or its contents are no trace.
    pub fn read(path: &Path) -> Result<Trace, TraceError> {
        Trace::read_from(File::open(path)?)
    }

    /// Reads a trace from a zstd frame.
    ///
    /// # Errors
    /// As [`Trace::read`].
    pub fn read_from(packed: impl Read) -> Result<Trace, TraceError> {
        let mut bytes = Vec::new();
        zstd::Decoder::new(packed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(TraceError::TooLarge);
        }
        Trace::from_unpacked(&bytes)
    }

    /// Writes a zstd frame with a checksum of its contents.
    ///
    /// ```
    /// use silicabac::{context::Codec, trace::Trace};
    /// let trace = Trace { codec: Codec::Avc, contexts: 1024, slices: vec![] };
    /// let mut packed = vec![];
    /// trace.write_to(&mut packed).unwrap();
    /// assert_eq!(Trace::read_from(&*packed).unwrap(), trace);
    /// ```
    ///
    /// # Errors
    /// [`TraceError::Io`] from `sink`; [`TraceError::Format`], as [`to_unpacked`](Self::to_unpacked).
    pub fn write_to(&self, sink: impl Write) -> Result<(), TraceError> {
        let bytes = self.to_unpacked()?;
        let mut encoder = zstd::Encoder::new(sink, 19)?;
        encoder.include_checksum(true)?;
        encoder.write_all(&bytes)?;
        encoder.finish()?;
        Ok(())
    }
}
