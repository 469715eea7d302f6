//! QPY of coding units (clause 8.6.1). Any value of CuQpDeltaVal is legal, since QPY wraps around, but the scaling of levels depends on
//! QPY.

use crate::hevc::Parameters;

/// How many coding blocks of the smallest size fit side by side in the largest coding tree block.
const WIDTH: usize = 8;

/// QPY in the coding tree block, and what it is predicted from.
#[derive(Clone, Debug)]
pub(super) struct Qp {
    slice_qp_y: i32,
    qp_bd_offset: i32,
    /// QPY of the coding unit before.
    last: i32,
    /// CuQpDeltaVal.
    delta: i32,
    predicted: i32,
    /// QPY by rows of blocks of 8x8 luma samples.
    of: [[i32; WIDTH]; WIDTH],
}

impl Qp {
    /// The state at the beginning of a slice.
    pub(super) fn new(parameters: &Parameters) -> Qp {
        let slice_qp_y = parameters.slice.slice_qp_y.into();
        let qp_bd_offset = 6 * (i32::from(parameters.sps.bit_depth_luma) - 8);
        let of = [[slice_qp_y; WIDTH]; WIDTH];
        Qp { slice_qp_y, qp_bd_offset, last: slice_qp_y, delta: 0, predicted: slice_qp_y, of }
    }

    /// Begins a tile, or a row that is a substream.
    pub(super) fn begin(&mut self) {
        self.last = self.slice_qp_y;
    }

    /// Begins a quantization group at this luma sample of the coding tree block.
    pub(super) fn group(&mut self, [x, y]: [u32; 2]) {
        let (column, row) = ((x / 8) as usize, (y / 8) as usize);
        let left = if column > 0 { self.of[row][column - 1] } else { self.last };
        let above = if row > 0 { self.of[row - 1][column] } else { self.last };
        self.predicted = (left + above + 1) >> 1;
        self.delta = 0;
    }

    /// Takes a coding unit of this size, with a CuQpDeltaVal if it is the one of its group that has it. Returns its QPY.
    pub(super) fn unit(&mut self, [x, y]: [u32; 2], log2_size: u32, delta: Option<i32>) -> i32 {
        self.delta = delta.unwrap_or(self.delta);
        let count = 52 + self.qp_bd_offset;
        let qp = (self.predicted + self.delta + count + self.qp_bd_offset) % count - self.qp_bd_offset;
        let (column, row, size) = ((x / 8) as usize, (y / 8) as usize, 1 << (log2_size - 3));
        for row in &mut self.of[row..row + size] {
            row[column..column + size].fill(qp);
        }
        self.last = qp;
        qp
    }
}
