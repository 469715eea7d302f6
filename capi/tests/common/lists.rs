//! A coding tree unit with lists of its own, as a C program has one that edits it.

use silicabac_capi as c;

pub struct Lists {
    /// All that is in no list; its pointers and counts are not used.
    pub head: c::CodingTreeUnit,
    pub coding_units: Vec<c::CodingUnit>,
    pub prediction_units: Vec<c::PredictionUnit>,
    pub transform_nodes: Vec<c::TransformNode>,
    pub blocks: Vec<c::ResidualBlock>,
    pub levels: Vec<c::Level>,
    pub pcm: Vec<u8>,
}

impl Lists {
    /// A copy of what was read.
    ///
    /// # Safety
    /// The lists of `read` are still there.
    pub unsafe fn of(read: &c::CodingTreeUnit) -> Lists {
        /// # Safety
        /// As for `of`.
        unsafe fn list<T: Clone>(first: *const T, count: usize) -> Vec<T> {
            // SAFETY: the caller promises this.
            unsafe { std::slice::from_raw_parts(first, count) }.to_vec()
        }
        // SAFETY: the lists are there, and the head is plain data.
        unsafe {
            Lists {
                head: std::ptr::read(read),
                coding_units: list(read.coding_units, read.coding_unit_count),
                prediction_units: list(read.prediction_units, read.prediction_unit_count),
                transform_nodes: list(read.transform_nodes, read.transform_node_count),
                blocks: list(read.blocks, read.block_count),
                levels: list(read.levels, read.level_count),
                pcm: list(read.pcm, read.pcm_count),
            }
        }
    }

    /// The struct that says what the lists have, as long as they are there.
    pub fn as_c(&self) -> c::CodingTreeUnit {
        c::CodingTreeUnit {
            coding_units: self.coding_units.as_ptr(),
            coding_unit_count: self.coding_units.len(),
            prediction_units: self.prediction_units.as_ptr(),
            prediction_unit_count: self.prediction_units.len(),
            transform_nodes: self.transform_nodes.as_ptr(),
            transform_node_count: self.transform_nodes.len(),
            blocks: self.blocks.as_ptr(),
            block_count: self.blocks.len(),
            levels: self.levels.as_ptr(),
            level_count: self.levels.len(),
            pcm: self.pcm.as_ptr(),
            pcm_count: self.pcm.len(),
            ..self.head
        }
    }
}
