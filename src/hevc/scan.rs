//! The orders of sub-blocks, and of levels within them (clauses 6.5.3 to 6.5.5); and the part of the context of sig_coeff_flag that
//! depends on the place of a level (clause 9.3.4.2.5), in each order.

/// scanIdx: up-right diagonal, horizontal, vertical.
pub(super) const DIAGONAL: usize = 0;
pub(super) const HORIZONTAL: usize = 1;
pub(super) const VERTICAL: usize = 2;

/// A column and a row of up to eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u8,
    pub(super) y: u8,
}

/// ScanOrder of a square with sides of 1 << log2, both ways: the place of each number and the number of each place.
#[derive(Debug)]
pub(super) struct Scan {
    places: [Place; 64],
    /// The number of the place `8 * y + x`.
    numbers: [u8; 64],
}

impl Scan {
    const fn new(scan_idx: usize, log2: u32) -> Scan {
        let side = 1 << log2;
        let mut scan = Scan { places: [Place { x: 0, y: 0 }; 64], numbers: [0; 64] };
        let (mut x, mut y) = (0_u8, 0_u8);
        let mut number = 0;
        while number < side * side {
            scan.places[number] = Place { x, y };
            scan.numbers[8 * y as usize + x as usize] = number as u8;
            number += 1;
            let last = side as u8 - 1;
            match scan_idx {
                HORIZONTAL if x == last => (x, y) = (0, y + 1),
                HORIZONTAL => x += 1,
                VERTICAL if y == last => (x, y) = (x + 1, 0),
                VERTICAL => y += 1,
                // After the end of a diagonal, the next one begins at the left edge or, past the corner, at the lower edge.
                _ if y == 0 || x == last => {
                    let diagonal = x + y + 1;
                    y = if diagonal < last { diagonal } else { last };
                    x = diagonal - y;
                }
                _ => (x, y) = (x + 1, y - 1),
            }
        }
        scan
    }

    /// The place with this number in the scan.
    #[inline(always)]
    pub(super) fn place(&self, number: usize) -> Place {
        self.places[number & 63]
    }

    /// The number of this place in the scan.
    #[inline(always)]
    pub(super) fn number(&self, place: Place) -> usize {
        self.numbers[usize::from((place.y & 7) * 8 + (place.x & 7))].into()
    }
}

/// All scans, by scanIdx and log2 of the side.
pub(super) static SCANS: [[Scan; 4]; 3] = {
    const fn sides(scan_idx: usize) -> [Scan; 4] {
        [Scan::new(scan_idx, 0), Scan::new(scan_idx, 1), Scan::new(scan_idx, 2), Scan::new(scan_idx, 3)]
    }
    [sides(DIAGONAL), sides(HORIZONTAL), sides(VERTICAL)]
};

/// sigCtx of a 4x4 block by the place `4 * y + x` (ctxIdxMap, table 9-50). The last one is never used.
const CTX_IDX_MAP: [u8; 16] = [0, 1, 4, 5, 2, 3, 4, 5, 6, 6, 8, 8, 7, 7, 8, 8];

/// sigCtx by scanIdx and the number in the scan, before what depends on the block is added (9-51 to 9-55): for a 4x4 block, and by csbfCtx
/// for a sub-block of a larger one.
pub(super) static SIG_CTX: [SigCtx; 3] =
    [SigCtx::new(DIAGONAL), SigCtx::new(HORIZONTAL), SigCtx::new(VERTICAL)];

#[derive(Debug)]
pub(super) struct SigCtx {
    pub(super) of_4x4: [u8; 16],
    /// By prevCsbf.
    pub(super) of_sub_block: [[u8; 16]; 4],
}

impl SigCtx {
    const fn new(scan_idx: usize) -> SigCtx {
        let scan = Scan::new(scan_idx, 2);
        let mut ctx = SigCtx { of_4x4: [0; 16], of_sub_block: [[0; 16]; 4] };
        let mut n = 0;
        while n < 16 {
            let Place { x, y } = scan.places[n];
            ctx.of_4x4[n] = CTX_IDX_MAP[4 * y as usize + x as usize];
            ctx.of_sub_block[0][n] = match x + y {
                0 => 2,
                1 | 2 => 1,
                _ => 0,
            };
            ctx.of_sub_block[1][n] = 2 - if y < 2 { y } else { 2 };
            ctx.of_sub_block[2][n] = 2 - if x < 2 { x } else { 2 };
            ctx.of_sub_block[3][n] = 2;
            n += 1;
        }
        ctx
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagonals_go_up_and_to_the_right() {
        let places: Vec<(u8, u8)> =
            (0..16).map(|n| SCANS[DIAGONAL][2].place(n)).map(|place| (place.x, place.y)).collect();
        let expected = [
            (0, 0),
            (0, 1),
            (1, 0),
            (0, 2),
            (1, 1),
            (2, 0),
            (0, 3),
            (1, 2),
            (2, 1),
            (3, 0),
            (1, 3),
            (2, 2),
            (3, 1),
            (2, 3),
            (3, 2),
            (3, 3),
        ];
        assert_eq!(places, expected);
        for scan in SCANS.iter().flatten() {
            assert!((0..4).all(|n| n == 0 || scan.number(scan.place(n)) == n || scan.place(n).x == 0));
        }
    }
}
