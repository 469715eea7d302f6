//! The byte that is wrong, found by a CRC-32.
//!
//! A CRC is linear: how far it is off depends on where a byte is wrong and by what, and not on the others. So the difference is taken
//! back byte by byte from the end; where it is one that a single byte makes, that byte is the wrong one. It costs nothing in the file.
//! Damage of several bytes looks like that of one for a share of n/2^24 of all damage to n bytes, so only what has checks of its own is
//! repaired.

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

/// Which byte has a remainder with these uppermost eight bits: there is one for each.
const OF_UPPER: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        bytes[(TABLE[byte] >> 24) as usize] = byte as u8;
        byte += 1;
    }
    bytes
};

/// Puts one byte right, so that the CRC-32 of all is `expected`: whether there is exactly one that can be, or the CRC itself is what is
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

/// The bytes of which each could be the only one that is wrong, and what it is off by; the last ones come first.
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
