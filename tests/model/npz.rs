//! Npz files.

use std::io::{Cursor, Read, Write};

use silicabac::weights::model::{Format, ModelError, ModelFile, Type};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::made::{data, floats, made, open, round, write};

pub(crate) fn npy(version: u8, descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut text = format!("{{'descr': {descr}, 'fortran_order': True, 'shape': {shape}, }}");
    while (text.len() + 11) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    [&bytes, text.as_bytes(), data].concat()
}

pub(crate) type Entries = Vec<(&'static str, Vec<u8>)>;

pub(crate) fn entries() -> Entries {
    vec![
        ("weight.npy", npy(1, "'<f4'", "(50, 4)", &floats(200))),
        ("half.npy", npy(2, "'<f2'", "(3L,)", b"abcdef")),
        ("scalar.npy", npy(3, "'<f4'", "()", b"1234")),
        ("empty.npy", npy(1, "'<f4'", "(0, 5)", b"")),
        ("ids.npy", npy(1, "'<i8'", "(2,)", b"0123456789abcdef")),
        ("text.npy", npy(1, "'<U2'", "(1,)", b"01234567")),
        ("pair.npy", npy(1, "[('a, \\'}', '<f4'), ('b', '<i2', (2, 3))]", "(1,)", b"0123456789abcdef")),
        ("object.npy", npy(1, "'|O'", "(1,)", b"a pickle")),
        ("notes.txt", b"not an array".to_vec()),
    ]
}

pub(crate) fn archive(entries: &Entries, method: CompressionMethod, is_large: bool) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.set_comment("a comment").unwrap();
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(method).large_file(is_large);
        zip.start_file(*name, options.unix_permissions(0o640)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>, Option<u32>, CompressionMethod)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(archive.comment(), b"a comment");
    let mut all = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        all.push((entry.name().unwrap().into_owned(), bytes, entry.unix_mode(), entry.compression()));
    }
    all
}

#[test]
fn stored_npz_comes_back_byte_for_byte() {
    for is_large in [false, true] {
        let bytes = archive(&entries(), CompressionMethod::Stored, is_large);
        let mut file = open("model.npz", &bytes).unwrap();
        assert_eq!(file.format(), Format::Npz);
        let names: Vec<_> = file.tensors().iter().map(|tensor| &tensor.name[..]).collect();
        assert_eq!(
            names,
            ["weight", "half", "scalar", "empty", "ids", "text", "pair", "object", "notes.txt"]
        );
        let types: Vec<_> = file.tensors().iter().map(|tensor| tensor.element).collect();
        assert_eq!(types[..5], [Type::F32, Type::F16, Type::F32, Type::F32, Type::Other]);
        assert_eq!((&file.tensors()[0].shape[..], file.tensors()[0].bytes), (&[50, 4][..], 800));
        assert_eq!(data(&mut file).unwrap()[1], b"abcdef");
        assert_eq!(round("model.npz", &bytes), bytes);
    }
    let none = ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap().into_inner();
    assert_eq!(round("none.npz", &none), none);
}

#[test]
fn deflated_npz_comes_back_entry_for_entry() {
    let bytes = archive(&entries(), CompressionMethod::Deflated, false);
    assert_eq!(unpacked(&round("model.npz", &bytes)), unpacked(&bytes));
    assert_eq!(ModelFile::open(&made("x", &bytes).path).unwrap().tensors().len(), entries().len());
}

#[test]
fn an_archive_of_both_kinds_and_one_with_checksums_after_the_data_come_back() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.set_comment("a comment").unwrap();
    for (index, (name, bytes)) in entries().iter().enumerate() {
        let method = [CompressionMethod::Stored, CompressionMethod::Deflated][index % 2];
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    let mixed = zip.finish().unwrap().into_inner();
    assert_eq!(unpacked(&round("model.npz", &mixed)), unpacked(&mixed));

    let mut zip = ZipWriter::new_stream(Vec::new());
    zip.set_comment("a comment").unwrap();
    for (name, bytes) in entries() {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
            .unwrap();
        zip.write_all(&bytes).unwrap();
    }
    let streamed = zip.finish().unwrap().into_inner();
    assert_eq!(unpacked(&round("model.npz", &streamed)), unpacked(&streamed));
}

#[test]
fn changed_data_gets_its_checksums() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let file = open("model.npz", &archive(&entries(), method, false)).unwrap();
        let length = file.tensors().iter().map(|tensor| tensor.bytes as usize).sum();
        let written = write(&file, &vec![0x55; length], 100).unwrap();
        // Reading them checks the checksums.
        let all = unpacked(&written);
        assert!(all[0].1.ends_with(&[0x55; 800]) && all[0].1.starts_with(b"\x93NUMPY"));
        assert_eq!(data(&mut open("model.npz", &written).unwrap()).unwrap().concat().len(), length);
    }
}

#[test]
fn damaged_data_of_an_npz_is_noticed_by_who_reads_it_forwards() {
    let bytes = archive(&entries(), CompressionMethod::Stored, false);
    let at = bytes.windows(6).position(|window| window == b"abcdef").unwrap();
    let mut damaged = bytes.clone();
    damaged[at + 3] ^= 1;
    let made = made("model.npz", &damaged);
    let mut file = ModelFile::open(&made.path).unwrap();
    let mut pair = [0; 2];
    file.read(1, 0, &mut pair).unwrap();
    file.read(1, 2, &mut pair).unwrap();
    let error = file.read(1, 4, &mut pair).unwrap_err();
    assert!(matches!(error, ModelError::Checksum { tensor } if tensor == "half"));
    // Reading in two halves does not.
    file.read(1, 4, &mut pair).unwrap();
}

#[test]
fn archives_that_are_no_npz_are_named() {
    let text = archive(&vec![("notes.txt", b"text".to_vec())], CompressionMethod::Stored, false);
    assert!(matches!(open("model.npz", &text), Err(ModelError::NoArray)));
    let refused = |entry: Vec<u8>| {
        open("x", &archive(&vec![("a.npy", entry)], CompressionMethod::Deflated, false)).unwrap_err()
    };
    let huge = npy(1, "'<f4'", "(4294967296, 4294967296)", b"");
    assert!(matches!(refused(huge), ModelError::Shape { .. }));
    assert!(matches!(refused(npy(1, "'<f4'", "(3,)", b"1234")), ModelError::Length { expected: 12, .. }));
    assert!(matches!(refused(npy(1, "'<f4'", "3", b"1234")), ModelError::Damaged { .. }));
    let two = vec![("a.npy", npy(1, "'<f4'", "(1,)", b"1234")), ("a", b"1234".to_vec())];
    let two = open("x", &archive(&two, CompressionMethod::Stored, false)).unwrap_err();
    assert!(two.to_string().contains("two entries are the array \"a\""), "{two}");
    let key = refused(npy(1, "'<f4', 'descr': '<f2'", "(1,)", b"1234"));
    assert!(key.to_string().contains("has a key twice"), "{key}");
    let mut long = npy(2, "'<f4'", "(1,)", b"1234");
    long[8..12].fill(0xff);
    assert!(matches!(refused(long), ModelError::Damaged { .. }));
}
