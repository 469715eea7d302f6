//! Finds a wrong byte with a CRC-32 and corrects it.
//!
//! A CRC is linear: the difference between the checksum that is found and the right one depends on the place and the error of a wrong byte,
//! and not on the other bytes. So the difference is traced back byte by byte from the end; where it is one that a single byte makes, that
//! byte is the wrong one. The file needs nothing besides the CRC. Of all damage to several of n bytes, a share of n/2^24 looks like damage
//! to one byte, so only data with further checks of its own is repaired.

/// The remainders of all bytes, for the CRC-32 of zip and Ethernet, lowest bit first.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = if remainder & 1 == 1 { remainder >> 1 ^ 0xedb8_8320 } else { remainder >> 1 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

/// The byte whose remainder has these uppermost eight bits: there is one for each.
const OF_UPPER: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        bytes[(TABLE[byte] >> 24) as usize] = byte as u8;
        byte += 1;
    }
    bytes
};

/// Corrects one byte, so that the CRC-32 of all is `expected`. Returns whether exactly one correction is possible, or the CRC itself is
/// wrong, in one byte.
///
/// ```
/// use silicabac::weights::repair::one_byte;
/// let (right, crc32) = (*b"an index, say", 0xef68_6af7);
/// let mut wrong = right;
/// wrong[3] ^= 0x41;
/// assert!(one_byte(&mut wrong, crc32) && wrong == right);
/// wrong[3] ^= 0x41;
/// wrong[7] ^= 0x41;
/// assert!(!one_byte(&mut wrong, crc32));
/// ```
pub fn one_byte(bytes: &mut [u8], expected: u32) -> bool {
    let difference = crc32fast::hash(bytes) ^ expected;
    let in_crc = difference.to_le_bytes().iter().filter(|byte| **byte != 0).count() <= 1;
    match suspects(bytes, expected)[..] {
        [] => in_crc,
        [(at, by)] if !in_crc => {
            bytes[at] ^= by;
            true
        }
        _ => false,
    }
}

/// The bytes each of which could be the only wrong one, and the exclusive or with its right value; the last ones come first.
pub(super) fn suspects(bytes: &[u8], expected: u32) -> Vec<(usize, u8)> {
    let mut found = Vec::new();
    let mut before = crc32fast::hash(bytes) ^ expected;
    for at in (0..bytes.len()).rev() {
        let byte = OF_UPPER[(before >> 24) as usize];
        let rest = before ^ TABLE[usize::from(byte)];
        if rest == 0 && byte != 0 {
            found.push((at, byte));
        }
        before = rest << 8 | u32::from(byte);
    }
    found
}
