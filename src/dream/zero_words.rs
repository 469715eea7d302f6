//! cabac_zero_words (H.264 clause 7.4.2.10, H.265 clause 7.4.3.10): a picture may not have more bins than its bytes and its samples allow;
//! if it does, words of zeros after its last slice add bytes.

/// The bins and bytes of a picture's slices so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) bins: u64,
    pub(super) bytes: u64,
}

impl Spent {
    /// Appends to the last slice a word for each three bytes that are missing, given how many bits the samples of the picture have. The
    /// bytes of headers and those of emulation prevention are not counted, so that there may be a word more than necessary.
    pub(super) fn fill(&self, raw_bits: u64, slice: &mut Vec<u8>) {
        let needed = (3 * self.bins.saturating_sub(raw_bits / 32)).div_ceil(32);
        for _ in 0..needed.saturating_sub(self.bytes).div_ceil(3) {
            slice.extend([0, 0]);
        }
    }
}
