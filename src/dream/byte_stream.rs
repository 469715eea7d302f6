//! A byte stream under construction (annex B), of either standard.

use std::mem;

use crate::syntax::nal::escape;

#[derive(Debug, Default)]
pub(super) struct ByteStream {
    pub(super) bytes: Vec<u8>,
    has_picture: bool,
}

impl ByteStream {
    /// Appends a NAL unit.
    pub(super) fn unit(&mut self, rbsp: &[u8]) {
        self.bytes.extend([0, 0, 0, 1]);
        self.bytes.extend(escape(rbsp));
    }

    /// Appends a slice.
    pub(super) fn slice(&mut self, rbsp: &[u8]) {
        self.has_picture = true;
        self.unit(rbsp);
    }

    /// Begins an access unit with its delimiter. If only parameter sets have been written so far, it is put before them.
    pub(super) fn delimiter(&mut self, rbsp: &[u8]) {
        let sets = if self.has_picture { Vec::new() } else { mem::take(&mut self.bytes) };
        self.unit(rbsp);
        self.bytes.extend(sets);
    }
}
