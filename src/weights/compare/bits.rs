//! Bits packed into bytes, from the highest place of a byte to the lowest, and the order-0 Exp-Golomb code of the numbers in tables.
//!
//! Invariant: what the reader accepts is what the writer writes; an incomplete last byte is filled with zeros.

use super::DecodeError;

/// Collects bits.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Bits of a byte that is not full yet, the last one in the lowest place.
    open: u8,
    opened: u32,
}

impl Writer {
    /// Writes the lowest `count` bits of a value, the highest of them first; at most 64.
    pub fn write(&mut self, value: u64, count: u32) {
        let mut left = count.min(64);
        while left > 0 {
            let taken = left.min(8 - self.opened);
            left -= taken;
            let part = (value >> left) & ((1 << taken) - 1);
            self.open = ((u32::from(self.open) << taken) | part as u32) as u8;
            self.opened += taken;
            if self.opened == 8 {
                self.bytes.push(self.open);
                (self.open, self.opened) = (0, 0);
            }
        }
    }

    /// Writes a number in order-0 Exp-Golomb code: of the number plus one, a zero for each bit after its first, and then its bits.
    pub fn number(&mut self, value: u32) {
        let plus = u64::from(value) + 1;
        let after = plus.ilog2();
        self.write(0, after);
        self.write(plus, after + 1);
    }

    /// All bytes, the last filled with zeros.
    pub fn finish(mut self) -> Vec<u8> {
        self.write(0, (8 - self.opened) % 8);
        self.bytes
    }
}

/// Takes the bits of bytes one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Starts with the first bit.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, position: 0 }
    }

    /// The next bit.
    ///
    /// # Errors
    /// [`DecodeError::End`].
    pub fn bit(&mut self) -> Result<bool, DecodeError> {
        let byte = self.bytes.get(self.position / 8).ok_or(DecodeError::End)?;
        let bit = byte >> (7 - self.position % 8) & 1 == 1;
        self.position += 1;
        Ok(bit)
    }

    /// A number as [`Writer::number`] writes it.
    ///
    /// # Errors
    /// [`DecodeError::End`]; [`DecodeError::Number`] if it has more than 32 bits.
    pub fn number(&mut self) -> Result<u32, DecodeError> {
        let mut after = 0;
        while !self.bit()? {
            after += 1;
            if after > 32 {
                return Err(DecodeError::Number);
            }
        }
        let mut plus = 1u64;
        for _ in 0..after {
            plus = plus << 1 | u64::from(self.bit()?);
        }
        u32::try_from(plus - 1).map_err(|_| DecodeError::Number)
    }

    /// Checks that nothing is left but the zero bits that fill the last byte.
    ///
    /// # Errors
    /// [`DecodeError::Left`].
    pub fn finish(mut self) -> Result<(), DecodeError> {
        while !self.position.is_multiple_of(8) {
            if self.bit()? {
                return Err(DecodeError::Left);
            }
        }
        if self.position / 8 == self.bytes.len() { Ok(()) } else { Err(DecodeError::Left) }
    }
}
