//! The bytes of slice data: their first bytes, where emulation prevention interrupts them, and what follows them.

use super::item::{Axis, Item};

#[derive(Clone, Debug)]
pub(super) struct Code {
    first_bytes: Item,
    escapes: Item,
    many_escapes: Item,
    zero_words: Item,
}

impl Code {
    pub(super) fn new() -> Code {
        let counts = || Axis::new("count", ["0", "1", "2 to 16", "17 to 256", "257 or more"]);
        Code {
            // No code begins with nine ones, nor with eight ones and a zero.
            first_bytes: Item::new(
                "first-bytes",
                "slice data begins with this byte",
                vec![Axis::new("byte", 0..255)],
            ),
            escapes: Item::new(
                "escapes",
                "emulation prevention before a byte of this value, which is this byte of eight of slice data",
                vec![Axis::new("byte after it", 0..4), Axis::new("byte of eight", 0..8)],
            ),
            many_escapes: Item::new(
                "many-escapes",
                "slice data with this number of bytes of emulation prevention",
                vec![counts()],
            ),
            zero_words: Item::new(
                "zero-words",
                "this number of cabac_zero_words after slice data",
                vec![counts()],
            ),
        }
    }

    pub(super) fn items(&self) -> [&Item; 4] {
        [&self.first_bytes, &self.escapes, &self.many_escapes, &self.zero_words]
    }

    /// Takes the bytes of slice data; `tail` is the number of those that come after its last bin.
    pub(super) fn take(&mut self, data: &[u8], tail: usize) {
        self.zero_words.hit(&[place(tail / 2)]);
        let data = &data[..data.len().saturating_sub(tail)];
        self.first_bytes.hit(&[data.first().map_or(usize::MAX, |&byte| byte.into())]);
        let (mut zeros, mut count) = (0, 0);
        for (at, &byte) in data.iter().enumerate() {
            if zeros == 2 && byte < 4 {
                self.escapes.hit(&[byte.into(), at % 8]);
                (zeros, count) = (0, count + 1);
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
        }
        self.many_escapes.hit(&[place(count)]);
    }
}

/// The index of a count along its axis.
fn place(count: usize) -> usize {
    match count {
        0 | 1 => count,
        2..=16 => 2,
        17..=256 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::nal::escape;

    #[test]
    fn as_many_escapes_are_counted_as_are_written() {
        let data = [0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 4, 0, 0, 0, 7];
        let mut code = Code::new();
        code.take(&data, 0);
        let hits: u64 = code.escapes.hits.iter().sum();
        assert_eq!(hits as usize, escape(&data).len() - data.len());
        let met: Vec<String> = (0..32)
            .filter(|&cell| code.escapes.hits[cell] > 0)
            .map(|cell| code.escapes.label(cell))
            .collect();
        assert_eq!(met.len(), 4, "{met:?}");
        assert_eq!(code.many_escapes.hits, [0, 0, 1, 0, 0]);
    }
}
