//! Tensors whose levels are packed into one stream, and where in it each has its own.

use super::{Coding, Index};

/// Bytes in a stream of packed levels.
pub const MAX_GROUP: u64 = 1 << 26;

/// Where the levels of a packed tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The tensor whose stream it is.
    pub first: usize,
    /// The byte of that, unpacked, where the levels begin.
    pub start: u64,
    /// How many bytes that has.
    pub total: u64,
}

impl Index {
    /// For each tensor where its levels are, if they are packed; nothing if that contradicts itself.
    pub(super) fn groups(&self) -> Option<Vec<Option<Group>>> {
        let mut groups = vec![None; self.tensors.len()];
        let mut totals = vec![0; self.tensors.len()];
        let mut open = None;
        for (number, tensor) in self.tensors.iter().enumerate() {
            let Coding::Packed { width, is_first, .. } = tensor.coding else { continue };
            let bytes = tensor.elements()?.checked_mul(width.into()).filter(|bytes| *bytes > 0)?;
            let first = if is_first { number } else { open? };
            open = Some(first);
            groups[number] = Some(Group { first, start: totals[first], total: 0 });
            totals[first] = bytes.checked_add(totals[first]).filter(|total| *total <= MAX_GROUP)?;
        }
        groups.iter_mut().flatten().for_each(|group| group.total = totals[group.first]);
        Some(groups)
    }
}
