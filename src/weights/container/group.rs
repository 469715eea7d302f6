//! Tensors whose levels are packed into one xz file, and where in it the levels of each are.

use super::{Coding, Index};

/// A group with more bytes of levels is long: it is unpacked on demand, and never held as a whole.
pub const LONG_GROUP: u64 = 1 << 26;

/// Larger than the number of bytes that xz can make of one byte: a match gives 273 bytes at the most, and takes 14 bins of 0.022 bits each
/// at the least, since no probability is above 2017/2048.
const MOST_OF_A_BYTE: u64 = 1 << 13;

/// Where the levels of a packed tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The tensor that owns the streams of the group.
    pub first: usize,
    /// The byte of the unpacked streams at which the levels begin.
    pub start: u64,
    /// How many bytes the unpacked streams have.
    pub total: u64,
}

impl Index {
    /// For each tensor where its levels are, if they are packed; `None` if the index contradicts itself.
    pub(super) fn groups(&self) -> Option<Vec<Option<Group>>> {
        let mut groups = vec![None; self.tensors.len()];
        let mut totals = vec![0_u64; self.tensors.len()];
        let mut open = None;
        for (number, tensor) in self.tensors.iter().enumerate() {
            let Coding::Packed { width, owns_xz_file, .. } = tensor.coding else { continue };
            let bytes = tensor.elements()?.checked_mul(width.into()).filter(|bytes| *bytes > 0)?;
            let first = if owns_xz_file { number } else { open? };
            open = Some(first);
            groups[number] = Some(Group { first, start: totals[first], total: 0 });
            // A total is refused if the bytes of the streams are too few for it.
            let most = self.tensors[first].stored().saturating_mul(MOST_OF_A_BYTE);
            totals[first] = bytes.checked_add(totals[first]).filter(|total| *total <= most)?;
        }
        groups.iter_mut().flatten().for_each(|group| group.total = totals[group.first]);
        Some(groups)
    }
}
