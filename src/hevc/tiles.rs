//! The order in which coding tree blocks are coded (clause 6.5.1), and which of their neighbours are available (clause 6.4.1).
//!
//! A slice is a sequence of coding tree blocks in tile scan. So a neighbour in the same tile is in the slice unless it comes before the
//! first block of the slice. Nothing has to be kept of the picture for that.

use std::iter;
use std::ops::Range;

use super::headers::Tiles;

/// The boundaries of the tiles of a picture, in coding tree blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileGrid {
    /// colBd, with PicWidthInCtbsY at the end.
    columns: Vec<u32>,
    /// rowBd, with PicHeightInCtbsY at the end.
    rows: Vec<u32>,
}

impl TileGrid {
    /// The tiles of a picture of this size in coding tree blocks; without `tiles` it is one tile. `None` if they do not fit.
    ///
    /// ```
    /// use silicabac::hevc::{TileGrid, headers::Tiles};
    /// let tiles = Tiles { columns: 2, rows: 1, sizes: None };
    /// let grid = TileGrid::new(Some(&tiles), [5, 2]).unwrap();
    /// // The first tile is two columns wide, so the block below the first one comes third.
    /// assert_eq!(grid.address_in_tile_scan(5), 2);
    /// assert!(TileGrid::new(Some(&Tiles { columns: 6, ..tiles }), [5, 2]).is_none());
    /// ```
    pub fn new(tiles: Option<&Tiles>, [width, height]: [u32; 2]) -> Option<TileGrid> {
        let Some(tiles) = tiles else {
            return Some(TileGrid { columns: vec![0, width], rows: vec![0, height] });
        };
        let uniform = |size: u32, count: u32| {
            (0..=count).map(|i| (u64::from(size) * u64::from(i) / u64::from(count)) as u32).collect()
        };
        let given = |size: u32, sizes: &[u32]| {
            let mut boundaries = vec![0];
            let mut sum = 0_u32;
            for size in sizes {
                sum = sum.saturating_add(*size);
                boundaries.push(sum);
            }
            boundaries.push(size);
            boundaries
        };
        let (columns, rows): (Vec<u32>, Vec<u32>) = match &tiles.sizes {
            None => (uniform(width, tiles.columns), uniform(height, tiles.rows)),
            Some([widths, heights]) => (given(width, widths), given(height, heights)),
        };
        let rises = |boundaries: &[u32]| boundaries.windows(2).all(|pair| pair[0] < pair[1]);
        (rises(&columns) && rises(&rows)).then_some(TileGrid { columns, rows })
    }

    fn width(&self) -> u32 {
        self.columns.last().copied().unwrap_or(0)
    }

    /// PicSizeInCtbsY.
    pub fn size(&self) -> u32 {
        self.width() * self.rows.last().copied().unwrap_or(0)
    }

    /// CtbAddrRsToTs of a block of the picture.
    pub fn address_in_tile_scan(&self, ctb_addr_in_rs: u32) -> u32 {
        self.at(ctb_addr_in_rs).ctb_addr_in_ts
    }

    /// The coding tree block of this address in raster scan.
    pub(super) fn at(&self, ctb_addr_in_rs: u32) -> Ctb {
        let (x, y) = (ctb_addr_in_rs % self.width(), ctb_addr_in_rs / self.width());
        let tile = |boundaries: &[u32], at| boundaries.partition_point(|bound| *bound <= at).max(1) - 1;
        let (column, row) = (tile(&self.columns, x), tile(&self.rows, y));
        let (left, top) = (self.columns[column], self.rows[row]);
        let [width, height] = [self.columns[column + 1] - left, self.rows[row + 1] - top];
        let ctb_addr_in_ts = self.width() * top + left * height + (y - top) * width + (x - left);
        Ctb { x, y, column, row, ctb_addr_in_ts }
    }

    /// CtbAddrInRs of a block and of those that are coded after it.
    pub(super) fn addresses_from(&self, ctb_addr_in_rs: u32) -> impl Iterator<Item = u32> {
        let blocks = iter::successors(Some(self.at(ctb_addr_in_rs)), |ctb| Some(self.next(*ctb)));
        blocks.map(|ctb| self.address(ctb))
    }

    /// A block and those of the picture that are coded after it.
    pub(super) fn from(&self, ctb: Ctb) -> impl Iterator<Item = Ctb> {
        let blocks = iter::successors(Some(ctb), |ctb| Some(self.next(*ctb)));
        blocks.take_while(|ctb| ctb.ctb_addr_in_ts < self.size())
    }

    /// CtbAddrInRs.
    pub(super) fn address(&self, ctb: Ctb) -> u32 {
        ctb.y * self.width() + ctb.x
    }

    /// The block that is coded after this one; after the last one, a block that is not in the picture.
    pub(super) fn next(&self, ctb: Ctb) -> Ctb {
        let Ctb { mut x, mut y, mut column, mut row, ctb_addr_in_ts } = ctb;
        x += 1;
        if x == self.columns[column + 1] {
            y += 1;
            if y == self.rows[row + 1] {
                column += 1;
                if column + 1 == self.columns.len() {
                    column = 0;
                    // After the last tile it stays in the last row of tiles, so that there is such a row.
                    row = (row + 1).min(self.rows.len() - 2);
                } else {
                    y = self.rows[row];
                }
            }
            x = self.columns[column];
        }
        Ctb { x, y, column, row, ctb_addr_in_ts: ctb_addr_in_ts + 1 }
    }

    /// Whether it is the first block of a tile.
    pub(super) fn begins_tile(&self, ctb: Ctb) -> bool {
        self.begins_row(ctb) && ctb.y == self.rows[ctb.row]
    }

    /// Whether it is the first block of a row within its tile.
    pub(super) fn begins_row(&self, ctb: Ctb) -> bool {
        ctb.x == self.columns[ctb.column]
    }

    /// The columns of the blocks before it in its row within its tile.
    pub(super) fn left_in_row(&self, ctb: Ctb) -> Range<u32> {
        self.columns[ctb.column]..ctb.x
    }

    /// Whether it is the second block of its row within its tile.
    pub(super) fn is_second(&self, ctb: Ctb) -> bool {
        ctb.x == self.columns[ctb.column] + 1
    }

    /// Which neighbours are available, in a slice that begins at this address in tile scan.
    pub(super) fn neighbours(&self, ctb: Ctb, slice_addr_in_ts: u32) -> Available {
        let (left, top) = (self.columns[ctb.column], self.rows[ctb.row]);
        let width = self.columns[ctb.column + 1] - left;
        let in_slice = |back: u32| ctb.ctb_addr_in_ts >= slice_addr_in_ts.saturating_add(back);
        Available {
            left: ctb.x > left && in_slice(1),
            above: ctb.y > top && in_slice(width),
            above_right: ctb.y > top && ctb.x + 1 < left + width && in_slice(width - 1),
        }
    }
}

/// A coding tree block, and the tile that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ctb {
    pub(super) x: u32,
    pub(super) y: u32,
    column: usize,
    row: usize,
    pub(super) ctb_addr_in_ts: u32,
}

/// Which coding tree blocks around one are available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Available {
    pub(super) left: bool,
    pub(super) above: bool,
    pub(super) above_right: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tiles of unequal sizes: the blocks follow one another as their addresses say.
    #[test]
    fn the_next_block_has_the_next_address() {
        let tiles = Tiles { columns: 3, rows: 2, sizes: Some([vec![2, 1], vec![3]]) };
        for tiles in [None, Some(&tiles)] {
            let grid = TileGrid::new(tiles, [7, 5]).unwrap();
            let mut ctb = grid.at(0);
            let mut seen = Vec::new();
            for address in 0..35 {
                assert_eq!((ctb.ctb_addr_in_ts, ctb), (address, grid.at(grid.address(ctb))));
                seen.push(grid.address(ctb));
                ctb = grid.next(ctb);
            }
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..35));
        }
    }
}
