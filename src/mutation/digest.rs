//! Digests, by which a report recognises what its verdicts depend on.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The first half of the SHA-256 of some texts. The boundaries between the texts are part of the digest.
pub(super) fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize()[..16].iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string never fails.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
