//! Other coders of weights: what they write can be read again, and exactly that is counted.

use std::io::Read;

use proptest::prelude::*;
use silicabac::weights::compare::{DecodeError, csr, entropy, huffman, narrowest, sizes};

/// Integers as in networks, mostly small, often zero; and any others.
fn levels() -> impl Strategy<Value = Vec<i32>> {
    let level = prop_oneof![40 => Just(0), 30 => -3..=3, 10 => -300..=300, 1 => any::<i32>()];
    let zeros = proptest::collection::vec(0i32..=0, 0..700);
    let others = proptest::collection::vec(level, 0..400);
    (others.clone(), zeros, others).prop_map(|(a, b, c)| [a, b, c].concat())
}

const ODD: [&[i32]; 8] = [
    &[],
    &[0],
    &[7],
    &[7; 1000],
    &[0; 1000],
    &[i32::MIN],
    &[i32::MIN, i32::MAX, 0, -1],
    &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
];

fn check(levels: &[i32], columns: usize) {
    let bytes = huffman::encode(levels);
    assert_eq!(huffman::decode(&bytes, levels.len()).as_deref(), Ok(levels));
    assert!(8.0 * bytes.len() as f64 >= entropy(levels).floor());
    let bytes = csr::encode(levels, columns);
    assert_eq!(csr::decode(&bytes, levels.len(), columns).as_deref(), Ok(levels), "{columns} columns");
}

#[test]
fn odd_tensors_come_back() {
    for levels in ODD {
        for columns in [0, 1, 2, 17, usize::MAX] {
            check(levels, columns);
            let sizes = sizes(levels, columns).unwrap();
            assert!(sizes.entropy >= 0.0 && sizes.entropy.is_finite());
        }
    }
}

#[test]
fn the_sizes_are_those_of_the_bytes() {
    let levels: Vec<i32> = (0..5000).map(|i| (i * i) % 7 * i32::from(i % 3 == 0)).collect();
    let sizes = sizes(&levels, 50).unwrap();
    assert_eq!(sizes.huffman, huffman::encode(&levels).len());
    assert_eq!(sizes.csr_huffman, csr::encode(&levels, 50).len());
    assert_eq!(sizes.entropy, entropy(&levels));
    let all = [sizes.huffman, sizes.csr_huffman, sizes.bzip2, sizes.xz, sizes.zstd];
    assert!(all.iter().all(|&size| 0 < size && size < 5000), "{all:?}");
}

#[test]
fn entropies_that_are_known() {
    assert_eq!(entropy(&[]), 0.0);
    assert_eq!(entropy(&[5; 9]), 0.0);
    assert_eq!(entropy(&[0, 1, 2, 3]), 8.0);
    assert_eq!(entropy(&[0, 0, 1, 2]), 6.0);
}

/// Eight equally frequent symbols: three bits each; the table is the alphabet's 7 and 0, seven steps of 1 and
/// eight lengths.
#[test]
fn a_huffman_code_and_its_table_counted_by_hand() {
    let levels: Vec<i32> = (0..80).map(|i| i % 8).collect();
    let table = (7 + 1) + 7 + (7 + 7);
    assert_eq!(huffman::encode(&levels).len(), (table + 80 * 3usize).div_ceil(8));
}

/// More zeros than a gap of 4 bits can count take another entry; with 5 bits they do not.
#[test]
fn sparse_rows_are_smaller_as_gaps() {
    let levels: Vec<i32> = (0..30_000).map(|i| i32::from(i % 97 == 0) * (1 + i % 5)).collect();
    assert!(csr::encode(&levels, 300).len() < huffman::encode(&levels).len() / 4);
}

#[test]
fn the_narrowest_integers() {
    assert!(narrowest(&[]).is_empty());
    assert_eq!(narrowest(&[-128, 127]), [0x80, 0x7f]);
    assert_eq!(narrowest(&[0, 128]), [0, 0, 128, 0]);
    assert_eq!(narrowest(&[-129]), [0x7f, 0xff]);
    assert_eq!(narrowest(&[32_767, -32_768]), [0xff, 0x7f, 0, 0x80]);
    assert_eq!(narrowest(&[32_768]), [0, 0x80, 0, 0]);
    assert_eq!(narrowest(&[i32::MIN]), [0, 0, 0, 0x80]);
}

#[test]
fn what_is_cut_or_longer_is_an_error() {
    let levels: Vec<i32> = (0..100).map(|i| i % 9 - 4).collect();
    let bytes = huffman::encode(&levels);
    assert_eq!(huffman::decode(&bytes[..bytes.len() - 1], 100), Err(DecodeError::End));
    assert_eq!(huffman::decode(&[&bytes[..], &[0]].concat(), 100), Err(DecodeError::Left));
    let bytes = csr::encode(&levels, 10);
    assert_eq!(csr::decode(&bytes[..bytes.len() - 1], 100, 10), Err(DecodeError::End));
    assert_eq!(csr::decode(&[&bytes[..], &[0]].concat(), 100, 10), Err(DecodeError::Left));
    assert!(csr::decode(&bytes, 100, 3).is_err());
}

/// The general coders get the bytes and nothing else: what they would write can be read again.
#[test]
fn xz_reads_what_is_counted() {
    let levels: Vec<i32> = (0..20_000).map(|i| (i * 7919) % 31 - 15).collect();
    let bytes = narrowest(&levels);
    let mut ours = Vec::new();
    liblzma::read::XzEncoder::new(&bytes[..], 9 | 1 << 31).read_to_end(&mut ours).unwrap();
    assert_eq!(sizes(&levels, 100).unwrap().xz, ours.len());
}

proptest! {
    #[test]
    fn everything_comes_back(levels in levels(), columns in 0usize..200) {
        check(&levels, columns);
    }

    #[test]
    fn huffman_is_within_a_bit_of_the_entropy(levels in levels()) {
        let table = 80.0 * (1.0 + huffman::histogram(&levels).len() as f64);
        let bits = 8.0 * huffman::encode(&levels).len() as f64;
        prop_assert!(bits <= entropy(&levels) + levels.len() as f64 + table);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), count in 0usize..300, columns in 0usize..40) {
        let _ = huffman::decode(&bytes, count);
        let _ = csr::decode(&bytes, count, columns);
    }

    #[test]
    fn no_flipped_bit_panics(levels in levels(), bit in any::<prop::sample::Index>()) {
        for mut bytes in [huffman::encode(&levels), csr::encode(&levels, 20)] {
            if !bytes.is_empty() {
                let bit = bit.index(8 * bytes.len());
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            let _ = huffman::decode(&bytes, levels.len());
            let _ = csr::decode(&bytes, levels.len(), 20);
        }
    }
}
