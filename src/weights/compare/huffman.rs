//! Scalar Huffman: one optimal prefix code for all integers of a tensor, canonical, with its table before them.
//!
//! Invariant: what is written can be decoded with nothing but the number of integers. The table is the alphabet, ascending, as differences,
//! and the code lengths as differences too, so that it takes few bits for the bell-shaped distribution of a network's weights: with a
//! larger table the comparison would favour DeepCABAC.
//!
//! The length of a code needs no limit: a code of 64 bits takes more integers than the 65th Fibonacci number, which no memory holds. A
//! single symbol has a code of no bits, and no integers take no bits at all.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{
    DecodeError,
    bits::{Reader, Writer},
};

/// The longest code, in bits.
const LONGEST: u32 = 64;

/// The integers with their code and table.
pub fn encode(levels: &[i32]) -> Vec<u8> {
    let mut bits = Writer::default();
    write(&mut bits, levels);
    bits.finish()
}

/// Reads `count` integers from what [`encode`] has written.
///
/// # Errors
/// If the bytes are not what [`encode`] writes.
pub fn decode(bytes: &[u8], count: usize) -> Result<Vec<i32>, DecodeError> {
    let mut bits = Reader::new(bytes);
    let levels = read(&mut bits, count)?;
    bits.finish()?;
    Ok(levels)
}

/// Every integer that occurs, ascending, with how often it does.
pub fn histogram(levels: &[i32]) -> Vec<(i32, u64)> {
    let mut sorted = levels.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect()
}

/// Writes the table and the integers.
pub(super) fn write(bits: &mut Writer, levels: &[i32]) {
    let histogram = histogram(levels);
    if histogram.is_empty() {
        return;
    }
    let counts: Vec<u64> = histogram.iter().map(|&(_, count)| count).collect();
    let symbols: Vec<i32> = histogram.into_iter().map(|(symbol, _)| symbol).collect();
    let lengths = lengths(&counts);
    write_table(bits, &symbols, &lengths);
    let codes = codes(&lengths);
    for level in levels {
        if let Ok(symbol) = symbols.binary_search(level) {
            bits.write(codes[symbol], lengths[symbol]);
        }
    }
}

/// Reads the table and `count` integers.
pub(super) fn read(bits: &mut Reader<'_>, count: usize) -> Result<Vec<i32>, DecodeError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let (symbols, lengths) = read_table(bits)?;
    if let [symbol] = symbols[..] {
        return Ok(vec![symbol; count]);
    }
    let whole: u128 = lengths.iter().map(|length| 1 << (LONGEST - length)).sum();
    if whole != 1 << LONGEST {
        return Err(DecodeError::Code);
    }
    let codes = codes(&lengths);
    let tree: BTreeMap<(u32, u64), i32> = lengths.into_iter().zip(codes).zip(symbols).collect();
    (0..count).map(|_| read_symbol(bits, &tree)).collect()
}

fn read_symbol(bits: &mut Reader<'_>, tree: &BTreeMap<(u32, u64), i32>) -> Result<i32, DecodeError> {
    let mut code = 0;
    for length in 1..=LONGEST {
        code = code << 1 | u64::from(bits.bit()?);
        if let Some(&symbol) = tree.get(&(length, code)) {
            return Ok(symbol);
        }
    }
    Err(DecodeError::Code)
}

/// Writes the size of the alphabet less one, the first symbol, and for each further symbol its distance from the one before, less one. Then
/// come the lengths, each as the difference from the one before, the first as the difference from 8.
fn write_table(bits: &mut Writer, symbols: &[i32], lengths: &[u32]) {
    bits.number(symbols.len() as u32 - 1);
    bits.number(fold(symbols[0]));
    symbols.windows(2).for_each(|pair| bits.number(pair[0].abs_diff(pair[1]) - 1));
    if symbols.len() > 1 {
        let mut before = 8;
        for &length in lengths {
            bits.number(fold(length as i32 - before));
            before = length as i32;
        }
    }
}

fn read_table(bits: &mut Reader<'_>) -> Result<(Vec<i32>, Vec<u32>), DecodeError> {
    let more = bits.number()?;
    let mut symbols = vec![unfold(bits.number()?)];
    let mut last = i64::from(symbols[0]);
    for _ in 0..more {
        last += i64::from(bits.number()?) + 1;
        symbols.push(i32::try_from(last).map_err(|_| DecodeError::Number)?);
    }
    if more == 0 {
        return Ok((symbols, vec![0]));
    }
    let mut before = 8i64;
    let lengths = symbols.iter().map(|_| {
        before += i64::from(unfold(bits.number()?));
        u32::try_from(before).ok().filter(|length| (1..=LONGEST).contains(length)).ok_or(DecodeError::Code)
    });
    let lengths = lengths.collect::<Result<_, _>>()?;
    Ok((symbols, lengths))
}

/// 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
fn fold(value: i32) -> u32 {
    (value << 1 ^ value >> 31) as u32
}

fn unfold(folded: u32) -> i32 {
    (folded >> 1) as i32 ^ -((folded & 1) as i32)
}

/// The lengths of an optimal code: the two rarest are merged until one is left.
fn lengths(counts: &[u64]) -> Vec<u32> {
    let mut heap: BinaryHeap<_> =
        counts.iter().enumerate().map(|(node, &count)| Reverse((count, node))).collect();
    let mut parents = vec![0; counts.len()];
    while let (Some(Reverse((a, left))), Some(Reverse((b, right)))) = (heap.pop(), heap.pop()) {
        let parent = parents.len();
        parents.push(parent);
        (parents[left], parents[right]) = (parent, parent);
        heap.push(Reverse((a + b, parent)));
    }
    let mut depths = vec![0; parents.len()];
    for node in (0..parents.len().saturating_sub(1)).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(counts.len());
    depths
}

/// The canonical codes of these lengths: ascending with the length, then with the symbol.
fn codes(lengths: &[u32]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&symbol| lengths[symbol]);
    let mut codes = vec![0; lengths.len()];
    let mut next = 0u64;
    let mut before = 0;
    for symbol in order {
        next = next.checked_shl(lengths[symbol] - before).unwrap_or(0);
        before = lengths[symbol];
        codes[symbol] = next;
        next = next.wrapping_add(1);
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_known_tree() {
        assert_eq!(lengths(&[45, 13, 12, 16, 9, 5]), [1, 3, 3, 3, 4, 4]);
        assert_eq!(codes(&[1, 3, 3, 3, 4, 4]), [0b0, 0b100, 0b101, 0b110, 0b1110, 0b1111]);
    }

    #[test]
    fn folding_keeps_every_value() {
        for value in [0, -1, 1, i32::MIN, i32::MAX] {
            assert_eq!(unfold(fold(value)), value);
        }
        assert_eq!([0, -1, 1, -2].map(fold), [0, 1, 2, 3]);
    }

    #[test]
    fn the_counts_of_fibonacci_make_the_longest_codes() {
        let counts: Vec<u64> = std::iter::successors(Some((1, 1)), |&(a, b)| Some((b, a + b)))
            .map(|(a, _)| a)
            .take(65)
            .collect();
        let lengths = lengths(&counts);
        assert_eq!(lengths.iter().max(), Some(&LONGEST));
        let mut codes = codes(&lengths);
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 65);
    }
}
