//! Tiles, and where slice segments begin (clauses 6.3.1 and 7.4.7.1).
//!
//! A slice, and likewise a slice segment, is within a tile or consists of whole tiles. If rows are substreams, a segment that does not
//! begin at the beginning of a row ends in that row. Segments begin anywhere; where these rules need more segments, more are put in.

use super::sequence::Sequence;
use crate::dream::header::Header;
use crate::dream::random::Random;

/// The tiles of a picture: their widths and heights in coding tree blocks.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    widths: Vec<u32>,
    heights: Vec<u32>,
    is_uniform: bool,
}

/// A coding tree block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// CtbAddrInRs.
    pub(super) address: u32,
    pub(super) begins_tile: bool,
    /// Whether it is the first one of a row of its tile.
    pub(super) begins_row: bool,
}

/// A slice segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Its first coding tree block, and the one after its last one, in tile scan.
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) is_dependent: bool,
}

/// The most columns and rows of tiles that level 4.1 allows.
const MOST: u32 = 5;

impl Grid {
    pub(super) fn any(random: &mut Random, sequence: &Sequence) -> Grid {
        let size = sequence.size_in_ctbs();
        let least = [256, 64].map(|samples: u32| (samples >> sequence.ctb_log2_size).max(1));
        let most =
            [0, 1].map(|i| if sequence.kind.has_tiles { (size[i] / least[i]).clamp(1, MOST) } else { 1 });
        let mut counts = most.map(|most| random.within(1..=most.into()) as u32);
        if counts == [1, 1] {
            counts = most.map(|most| most.min(2));
        }
        let uniform = [0, 1].map(|i| uniform(size[i], counts[i]));
        let are_large = [0, 1].iter().all(|&i| uniform[i].iter().all(|&size| size >= least[i]));
        if are_large && random.chance(128) {
            let [widths, heights] = uniform;
            return Grid { widths, heights, is_uniform: true };
        }
        let [widths, heights] = [0, 1].map(|i| divide(random, size[i], counts[i], least[i]));
        Grid { widths, heights, is_uniform: false }
    }

    fn has_tiles(&self) -> bool {
        self.widths.len() * self.heights.len() > 1
    }

    /// Sets the values of a picture parameter set.
    pub(super) fn tell(&self, random: &mut Random, header: &mut Header) {
        header.set("tiles_enabled_flag", self.has_tiles());
        header.set("num_tile_columns_minus1", self.widths.len() as i64 - 1);
        header.set("num_tile_rows_minus1", self.heights.len() as i64 - 1);
        header.set("uniform_spacing_flag", self.is_uniform);
        for (sizes, name) in [(&self.widths, "column_width_minus1"), (&self.heights, "row_height_minus1")] {
            for size in &sizes[..sizes.len() - 1] {
                header.set(name, *size - 1);
            }
        }
        header.set("loop_filter_across_tiles_enabled_flag", random.chance(128));
    }

    /// The coding tree blocks in tile scan.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let picture_width: u32 = self.widths.iter().sum();
        let mut blocks = Vec::new();
        let mut top = 0;
        for height in &self.heights {
            let mut left = 0;
            for width in &self.widths {
                for (y, x) in (0..*height).flat_map(|y| (0..*width).map(move |x| (y, x))) {
                    blocks.push(Block {
                        address: (top + y) * picture_width + left + x,
                        begins_tile: x == 0 && y == 0,
                        begins_row: x == 0,
                    });
                }
                left += width;
            }
            top += height;
        }
        blocks
    }
}

/// The sizes of tiles with uniform_spacing_flag (equations 6-3 and 6-4).
fn uniform(size: u32, count: u32) -> Vec<u32> {
    (0..count).map(|i| (i + 1) * size / count - i * size / count).collect()
}

/// Random sizes, each at least `least`.
fn divide(random: &mut Random, size: u32, count: u32, least: u32) -> Vec<u32> {
    let least = if count == 1 { size } else { least };
    let mut sizes = vec![least; count as usize];
    for _ in count * least..size {
        sizes[random.below(count) as usize] += 1;
    }
    sizes
}

/// The slice segments of a picture, which begin at up to four random places, and where the rules need it.
pub(super) fn segments(
    random: &mut Random,
    blocks: &[Block],
    has_rows: bool,
    can_depend: bool,
) -> Vec<Segment> {
    let count = blocks.len();
    // For each block whether a segment begins there, and if so whether it is dependent.
    let mut starts: Vec<Option<bool>> = vec![None; count];
    for _ in 0..random.below(5) {
        starts[random.below(count as u32) as usize] = Some(can_depend && random.chance(170));
    }
    starts[0] = Some(false);
    loop {
        let before = starts.clone();
        for first in 0..count {
            let Some(is_dependent) = starts[first] else { continue };
            let mut begin = |at: usize| {
                if at < count {
                    let kind = starts[at].get_or_insert_with(|| can_depend && random.chance(170));
                    *kind &= is_dependent;
                }
            };
            let next = |is: fn(&Block) -> bool| {
                blocks[first + 1..].iter().position(is).map_or(count, |ahead| first + 1 + ahead)
            };
            if has_rows && !blocks[first].begins_row {
                begin(next(|block| block.begins_row));
            }
            if !blocks[first].begins_tile {
                begin(next(|block| block.begins_tile));
                begin(blocks[..first].iter().rposition(|block| block.begins_tile).unwrap_or(0));
            }
        }
        if starts == before {
            break;
        }
    }
    let firsts: Vec<usize> = (0..count).filter(|&at| starts[at].is_some()).collect();
    let ends = firsts[1..].iter().copied().chain([count]);
    let segment = |(&first, end)| Segment { first, end, is_dependent: starts[first] == Some(true) };
    firsts.iter().zip(ends).map(segment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(widths: &[u32], heights: &[u32]) -> Grid {
        Grid { widths: widths.to_vec(), heights: heights.to_vec(), is_uniform: false }
    }

    /// Whether the rules hold for the blocks from one to another, as a segment or slice; written differently from the code above.
    fn is_allowed(blocks: &[Block], first: usize, end: usize, has_rows: bool) -> bool {
        let ends_tile = |end: usize| end == blocks.len() || blocks[end].begins_tile;
        let is_whole = blocks[first].begins_tile && ends_tile(end);
        let inner = &blocks[first + 1..end];
        let is_within = inner.iter().all(|block| !block.begins_tile);
        (is_whole || is_within)
            && (!has_rows || blocks[first].begins_row || inner.iter().all(|block| !block.begins_row))
    }

    #[test]
    fn slices_and_their_segments_keep_to_tiles_and_rows() {
        let mut dependent = 0;
        for seed in 0..400 {
            let random = &mut Random::new(seed);
            let grids = [grid(&[7], &[5]), grid(&[3, 4], &[2, 3]), grid(&[1, 2, 1], &[4])];
            let blocks = grids[seed as usize % 3].blocks();
            let has_rows = seed % 2 == 0;
            let all = segments(random, &blocks, has_rows, true);
            assert_eq!((all[0].first, all[0].is_dependent), (0, false));
            assert!(all.iter().all(|segment| is_allowed(&blocks, segment.first, segment.end, has_rows)));
            dependent += all.iter().filter(|segment| segment.is_dependent).count();
            let mut slices: Vec<(usize, usize)> = Vec::new();
            for segment in &all {
                match slices.last_mut() {
                    Some(last) if segment.is_dependent => last.1 = segment.end,
                    _ => slices.push((segment.first, segment.end)),
                }
            }
            assert!(
                slices.iter().all(|&(first, end)| is_allowed(&blocks, first, end, has_rows)),
                "{seed}: {all:?}"
            );
        }
        assert!(dependent > 300, "{dependent}");
    }

    #[test]
    fn tile_scan_meets_each_block_once() {
        let blocks = grid(&[2, 3], &[1, 2]).blocks();
        let addresses: Vec<u32> = blocks.iter().map(|block| block.address).collect();
        assert_eq!(addresses, [0, 1, 2, 3, 4, 5, 6, 10, 11, 7, 8, 9, 12, 13, 14]);
    }
}
