//! CSR-Huffman, as in Deep Compression: of every row the non-zeros, each with the number of zeros before it, in Huffman codes.
//!
//! Invariant: what is written can be decoded with nothing but the number of integers and of columns. It is three sequences, each with its
//! own code and table: how many entries a row has, their gaps, their values. A gap has a few bits; if more zeros precede, an entry of
//! value zero comes after the largest gap. The zeros after the last entry of a row need no entry.

use super::{
    DecodeError,
    bits::{Reader, Writer},
    huffman,
};

/// The bits that a gap may have: Deep Compression takes 5 for fully connected layers and 8 for convolutions.
pub const WIDTHS: [u32; 3] = [4, 5, 8];

/// The integers in CSR-Huffman, with the width of a gap that makes them shortest. Without columns they are one row.
pub fn encode(levels: &[i32], columns: usize) -> Vec<u8> {
    let all = (0u32..).zip(WIDTHS).map(|(index, width)| {
        let entries = Entries::of(levels, columns, width);
        let mut bits = Writer::default();
        bits.number(index);
        huffman::write(&mut bits, &entries.rows);
        huffman::write(&mut bits, &entries.gaps);
        huffman::write(&mut bits, &entries.values);
        bits.finish()
    });
    all.min_by_key(Vec::len).unwrap_or_default()
}

/// Reads `count` integers in rows of `columns` from what [`encode`] has written.
///
/// # Errors
/// If the bytes are not what [`encode`] writes.
pub fn decode(bytes: &[u8], count: usize, columns: usize) -> Result<Vec<i32>, DecodeError> {
    let mut bits = Reader::new(bytes);
    let width = WIDTHS.get(bits.number()? as usize).ok_or(DecodeError::Number)?;
    let columns = row_of(count, columns);
    let rows = huffman::read(&mut bits, count.div_ceil(columns))?;
    let mut entries = 0usize;
    for &row in &rows {
        let row = usize::try_from(row).ok().filter(|&row| row <= columns).ok_or(DecodeError::Row)?;
        entries = entries.checked_add(row).filter(|&sum| sum <= count).ok_or(DecodeError::Row)?;
    }
    let gaps = huffman::read(&mut bits, entries)?;
    let values = huffman::read(&mut bits, entries)?;
    bits.finish()?;
    let mut entries = gaps.into_iter().zip(values);
    let mut levels = Vec::new();
    for row in rows {
        let end = count.min(levels.len().saturating_add(columns));
        for (gap, value) in entries.by_ref().take(row as usize) {
            let gap = usize::try_from(gap).ok().filter(|gap| gap >> width == 0).ok_or(DecodeError::Number)?;
            if gap >= end - levels.len() {
                return Err(DecodeError::Row);
            }
            levels.resize(levels.len() + gap, 0);
            levels.push(value);
        }
        levels.resize(end, 0);
    }
    Ok(levels)
}

/// The length of a row: at least one.
fn row_of(count: usize, columns: usize) -> usize {
    if columns == 0 { count.max(1) } else { columns }
}

/// The three sequences: entries in each row, gaps, values.
#[derive(Default)]
struct Entries {
    rows: Vec<i32>,
    gaps: Vec<i32>,
    values: Vec<i32>,
}

impl Entries {
    fn of(levels: &[i32], columns: usize, width: u32) -> Entries {
        let largest = (1 << width) - 1;
        let mut entries = Entries::default();
        for row in levels.chunks(row_of(levels.len(), columns)) {
            let before = entries.values.len();
            let last = row.iter().rposition(|&level| level != 0).map_or(0, |last| last + 1);
            let mut gap = 0;
            for &level in &row[..last] {
                if level == 0 && gap < largest {
                    gap += 1;
                } else {
                    entries.gaps.push(gap);
                    entries.values.push(level);
                    gap = 0;
                }
            }
            entries.rows.push((entries.values.len() - before) as i32);
        }
        entries
    }
}
