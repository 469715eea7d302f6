//! Files of more than 4 GiB, and files with more than fits into a skeleton.

use std::io::{Cursor, Write};

use silicabac::weights::model::{Format, ModelError, ModelFile, ModelWriter};

use super::made::{Made, floats, made};
use super::npz::npy;
use super::proto::{Proto, tensor};
use super::safetensors::safetensors;

#[test]
fn what_is_too_long_for_a_skeleton_is_refused_before_it_is_read() {
    let cap = 1u64 << 28;
    for hole in [cap - 80, cap + 1] {
        let end = hole + 4;
        let header = format!(r#"{{"a":{{"dtype":"F32","shape":[1],"data_offsets":[{hole},{end}]}}}}"#);
        let head = safetensors(&header, &[]);
        let made = sparse(&[(0, &head), (head.len() as u64 + hole, &floats(1))]);
        assert!(matches!(ModelFile::open(&made.path), Err(ModelError::Skeleton { .. })));
    }
    let long = vec![0; cap as usize + 1];
    let writer = ModelWriter::new(Cursor::new(Vec::new()), Format::Onnx, &long, &[]);
    assert!(matches!(writer, Err(ModelError::Mismatch(_))));
}

/// A file of more than 4 GiB, most of which is a hole.
fn sparse(pieces: &[(u64, &[u8])]) -> Made {
    use std::io::{Seek, SeekFrom};
    let made = made("far", &[]);
    let mut file = std::fs::File::options().write(true).open(&made.path).unwrap();
    for (at, bytes) in pieces {
        file.seek(SeekFrom::Start(*at)).unwrap();
        file.write_all(bytes).unwrap();
    }
    made
}

/// The length of the first tensor of such a file.
const FAR: u64 = (1 << 32) + 4096;

#[track_caller]
fn second_is_found(made: &Made) {
    let mut file = ModelFile::open(&made.path).unwrap();
    let sizes: Vec<_> = file.tensors().iter().map(|tensor| (&*tensor.name, tensor.bytes)).collect();
    assert_eq!(sizes, [("hole", FAR), ("beyond", 64)]);
    let (mut last, mut beyond) = ([1; 8], [0; 64]);
    file.read(0, FAR - 8, &mut last).unwrap();
    file.read(1, 0, &mut beyond).unwrap();
    assert_eq!((last, &beyond[..]), ([0; 8], &floats(16)[..]));
}

#[test]
fn tensors_beyond_4_gib_are_found_in_every_format() {
    let header = format!(
        r#"{{"hole":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{FAR}]}},"beyond":{{"dtype":"F32","shape":[16],"data_offsets":[{FAR},{}]}}}}"#,
        FAR / 4,
        FAR + 64
    );
    let head = safetensors(&header, &[]);
    second_is_found(&sparse(&[(0, &head), (head.len() as u64 + FAR, &floats(16))]));

    // The lengths of the graph and of the first tensor have more than 32 bits.
    let name = Proto::default().bytes(8, "hole").varint(2, 1).varint(1, FAR / 4);
    let data = Proto::default().raw_varint(9 << 3 | 2).raw_varint(FAR).0;
    let first = [&name.0[..], &data].concat();
    let second = Proto::default().message(5, tensor("beyond", 1, &[16], 9, &floats(16))).0;
    let start = Proto::default().raw_varint(5 << 3 | 2).raw_varint(first.len() as u64 + FAR).0;
    let graph = start.len() as u64 + first.len() as u64 + FAR + second.len() as u64;
    let model = Proto::default().varint(1, 8).bytes(2, "hand").raw_varint(7 << 3 | 2).raw_varint(graph).0;
    let head = [&model[..], &start, &first].concat();
    second_is_found(&sparse(&[(0, &head), (head.len() as u64 + FAR, &second)]));

    // A zip archive with 64-bit lengths in its headers and a 64-bit offset in its directory.
    let [hole, beyond] =
        [(FAR, "hole.npy", &[][..]), (64, "beyond.npy", &floats(16)[..])].map(|(bytes, name, data)| {
            let header = npy(1, "'<f4'", &format!("({},)", bytes / 4), &[]);
            let size = header.len() as u64 + bytes;
            // The first one is not read from its beginning to its end.
            let crc = crc32fast::hash(&[&header, data].concat()).to_le_bytes();
            (name, header, size, crc)
        });
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let all_ones = [0xff; 8];
    let local = |(name, header, size, crc): &(&str, Vec<u8>, u64, [u8; 4])| {
        let extra = [&words(&[1, 16])[..], &size.to_le_bytes(), &size.to_le_bytes()].concat();
        let lengths = words(&[name.len() as u16, extra.len() as u16]);
        let fixed = words(&[45, 0, 0, 0, 0x21]);
        [b"PK\x03\x04", &fixed[..], crc, &all_ones, &lengths, name.as_bytes(), &extra, header].concat()
    };
    let central = |(name, _, size, crc): &(&str, Vec<u8>, u64, [u8; 4]), at: u64| {
        let extra =
            [&words(&[1, 24])[..], &size.to_le_bytes(), &size.to_le_bytes(), &at.to_le_bytes()].concat();
        let lengths = words(&[name.len() as u16, extra.len() as u16, 0, 0, 0, 0, 0]);
        let fixed = words(&[45, 45, 0, 0, 0, 0x21]);
        [b"PK\x01\x02", &fixed[..], crc, &all_ones, &lengths, &all_ones[..4], name.as_bytes(), &extra]
            .concat()
    };
    let (first, second) = (local(&hole), local(&beyond));
    let at = first.len() as u64 + FAR;
    let directory = [central(&hole, 0), central(&beyond, at)].concat();
    let directory_at = at + second.len() as u64 + 64;
    let end_at = directory_at + directory.len() as u64;
    let numbers = [2, 2, directory.len() as u64, directory_at].map(u64::to_le_bytes).concat();
    let end64 = [b"PK\x06\x06", &44_u64.to_le_bytes()[..], &words(&[45, 45]), &[0; 8], &numbers].concat();
    let locator = [b"PK\x06\x07", &[0; 4][..], &end_at.to_le_bytes(), &1_u32.to_le_bytes()].concat();
    let end = [b"PK\x05\x06", &[0; 4][..], &words(&[2, 2]), &all_ones, &[0; 2]].concat();
    let tail = [&second[..], &floats(16), &directory, &end64, &locator, &end].concat();
    second_is_found(&sparse(&[(0, &first), (at, &tail)]));
}
