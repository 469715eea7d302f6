//! A trace that is written slice by slice, so that only its bytes are kept in memory.

use super::{MAX_BYTES, TraceError, TracedSlice, cbt1};
use crate::context::Codec;

/// Takes the slices of a trace, one after the other, and makes a trace file of them.
#[derive(Clone, Debug)]
pub struct TraceWriter {
    codec: Codec,
    contexts: u16,
    slices: usize,
    segments: usize,
    /// The slices as they are in the file.
    bytes: Vec<u8>,
}

impl TraceWriter {
    /// A writer that has no slice yet, of a trace of this standard with `contexts` context variables.
    pub fn new(codec: Codec, contexts: u16) -> TraceWriter {
        TraceWriter { codec, contexts, slices: 0, segments: 0, bytes: Vec::new() }
    }

    /// Appends a slice.
    ///
    /// # Errors
    /// As [`Trace::to_unpacked`](super::Trace::to_unpacked), without the error for a trace that has no slice.
    pub fn push(&mut self, slice: &TracedSlice) -> Result<(), TraceError> {
        let segments = slice.segments.len();
        let head = cbt1::head(self.codec, self.contexts, 1, segments)?;
        let bytes = cbt1::slice(self.contexts, head.len() + self.bytes.len(), self.slices, slice)?;
        if (head.len() + self.bytes.len() + bytes.len()) as u64 > MAX_BYTES {
            return Err(TraceError::TooLarge);
        }
        // Checks that the slice can be read again.
        let alone = [&head[..], &bytes].concat();
        cbt1::Slices::new(&alone)?.try_for_each(|slice| slice.map(drop))?;
        self.bytes.extend(bytes);
        self.slices += 1;
        self.segments += segments;
        Ok(())
    }

    /// The trace without a zstd frame.
    ///
    /// # Errors
    /// [`TraceError::Format`] if there is no slice, or the number of slices does not fit into its field.
    pub fn into_unpacked(self) -> Result<Vec<u8>, TraceError> {
        let mut bytes = cbt1::head(self.codec, self.contexts, self.slices, self.segments)?;
        bytes.extend(self.bytes);
        Ok(bytes)
    }
}
