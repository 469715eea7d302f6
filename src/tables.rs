//! The two tables of the arithmetic coder: the ranges of the less probable symbol and the state transitions.
//!
//! Both are data of the standard and are here once, in its order; every coder of this crate, and through its tests the Verilog, is
//! compared with them. The assertions below find most slipped digits at compile time; real streams, which touch every cell, find the rest.

pub mod avc_init;
pub mod hevc_contexts;
pub mod hevc_init;

/// codIRangeLPS for each `[pStateIdx][qCodIRangeIdx]` (rangeTabLPS: H.264 table 9-44, H.265 clause 9.3.4.3.2).
///
/// Row 63 belongs to the terminate bin alone; no context variable reaches it.
///
/// ```
/// use silicabac::tables::RANGE_TAB_LPS;
/// assert_eq!(RANGE_TAB_LPS[0], [128, 176, 208, 240]);
/// ```
#[rustfmt::skip]
pub const RANGE_TAB_LPS: [[u8; 4]; 64] = [
    [128, 176, 208, 240], //  0
    [128, 167, 197, 227], //  1
    [128, 158, 187, 216], //  2
    [123, 150, 178, 205], //  3
    [116, 142, 169, 195], //  4
    [111, 135, 160, 185], //  5
    [105, 128, 152, 175], //  6
    [100, 122, 144, 166], //  7
    [ 95, 116, 137, 158], //  8
    [ 90, 110, 130, 150], //  9
    [ 85, 104, 123, 142], // 10
    [ 81,  99, 117, 135], // 11
    [ 77,  94, 111, 128], // 12
    [ 73,  89, 105, 122], // 13
    [ 69,  85, 100, 116], // 14
    [ 66,  80,  95, 110], // 15
    [ 62,  76,  90, 104], // 16
    [ 59,  72,  86,  99], // 17
    [ 56,  69,  81,  94], // 18
    [ 53,  65,  77,  89], // 19
    [ 51,  62,  73,  85], // 20
    [ 48,  59,  69,  80], // 21
    [ 46,  56,  66,  76], // 22
    [ 43,  53,  63,  72], // 23
    [ 41,  50,  59,  69], // 24
    [ 39,  48,  56,  65], // 25
    [ 37,  45,  54,  62], // 26
    [ 35,  43,  51,  59], // 27
    [ 33,  41,  48,  56], // 28
    [ 32,  39,  46,  53], // 29
    [ 30,  37,  43,  50], // 30
    [ 29,  35,  41,  48], // 31
    [ 27,  33,  39,  45], // 32
    [ 26,  31,  37,  43], // 33
    [ 24,  30,  35,  41], // 34
    [ 23,  28,  33,  39], // 35
    [ 22,  27,  32,  37], // 36
    [ 21,  26,  30,  35], // 37
    [ 20,  24,  29,  33], // 38
    [ 19,  23,  27,  31], // 39
    [ 18,  22,  26,  30], // 40
    [ 17,  21,  25,  28], // 41
    [ 16,  20,  23,  27], // 42
    [ 15,  19,  22,  25], // 43
    [ 14,  18,  21,  24], // 44
    [ 14,  17,  20,  23], // 45
    [ 13,  16,  19,  22], // 46
    [ 12,  15,  18,  21], // 47
    [ 12,  14,  17,  20], // 48
    [ 11,  14,  16,  19], // 49
    [ 11,  13,  15,  18], // 50
    [ 10,  12,  15,  17], // 51
    [ 10,  12,  14,  16], // 52
    [  9,  11,  13,  15], // 53
    [  9,  11,  12,  14], // 54
    [  8,  10,  12,  14], // 55
    [  8,   9,  11,  13], // 56
    [  7,   9,  11,  12], // 57
    [  7,   9,  10,  12], // 58
    [  7,   8,  10,  11], // 59
    [  6,   8,   9,  11], // 60
    [  6,   7,   9,  10], // 61
    [  6,   7,   8,   9], // 62
    [  2,   2,   2,   2], // 63
];

/// pStateIdx after the less probable symbol (H.264 table 9-45, H.265 clause 9.3.4.3.2.2).
#[rustfmt::skip]
pub const TRANS_IDX_LPS: [u8; 64] = [
     0,  0,  1,  2,  2,  4,  4,  5,  6,  7,  8,  9,  9, 11, 11, 12,
    13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22, 22, 23, 24,
    24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33,
    33, 33, 34, 34, 35, 35, 35, 36, 36, 36, 37, 37, 37, 38, 38, 63,
];

/// pStateIdx after the more probable symbol (H.264 table 9-45, H.265 clause 9.3.4.3.2.2).
pub const TRANS_IDX_MPS: [u8; 64] = {
    let mut next = [0; 64];
    let mut state = 0;
    while state < 64 {
        next[state] = if state < 62 { state as u8 + 1 } else { state as u8 };
        state += 1;
    }
    next
};

/// The values that codIRange can have between bins: 256..=510 without 503, 505, 507 and 509. An odd value arises at an MPS without a
/// doubling, and above 447 every codIRangeLPS is 9 or more.
///
/// ```
/// assert_eq!(silicabac::tables::ranges().count(), 251);
/// ```
pub fn ranges() -> impl DoubleEndedIterator<Item = u32> + Clone {
    (256..=510).filter(|range| ![503, 505, 507, 509].contains(range))
}

const _: () = {
    let mut sum = 0;
    let mut state = 0;
    while state < 63 {
        let row = RANGE_TAB_LPS[state];
        assert!(row[0] >= 6 && row[3] <= 240, "an LPS range needs one to six doublings");
        assert!(row[0] <= row[1] && row[1] <= row[2] && row[2] <= row[3], "rows rise with the range");
        assert!(TRANS_IDX_LPS[state] as usize <= state, "the LPS never makes a state more skewed");
        let mut q = 0;
        while q < 4 {
            assert!(state == 0 || row[q] <= RANGE_TAB_LPS[state - 1][q], "columns fall with the state");
            sum += row[q] as u32;
            q += 1;
        }
        state += 1;
    }
    assert!(sum == 14_506, "the sum of the table");
};
