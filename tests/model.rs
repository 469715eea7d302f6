//! Model files come back as they were: safetensors, ONNX, PyTorch and stored npz byte for byte, deflated npz entry for entry;
//! models of several files as one.
//! Data can be read from anywhere, and no damage does more than be named.

use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

use proptest::prelude::*;
use silicabac::weights::model::{Format, ModelError, ModelFile, ModelWriter, Type};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// A file in a directory that goes away with it.
struct Made {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

fn made(name: &str, bytes: &[u8]) -> Made {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Made { path, _directory: directory }
}

fn open(name: &str, bytes: &[u8]) -> Result<ModelFile, ModelError> {
    ModelFile::open(&made(name, bytes).path)
}

fn data(file: &mut ModelFile) -> Result<Vec<Vec<u8>>, ModelError> {
    let lengths: Vec<_> = file.tensors().iter().map(|tensor| tensor.bytes).collect();
    let mut all = Vec::new();
    for (tensor, length) in lengths.into_iter().enumerate() {
        let mut bytes = vec![0; usize::try_from(length).unwrap().min(1 << 20)];
        file.read(tensor, 0, &mut bytes)?;
        all.push(bytes);
    }
    Ok(all)
}

/// Writes a file with some data, in pieces of a length.
fn write(file: &ModelFile, data: &[u8], piece: usize) -> Result<Vec<u8>, ModelError> {
    let sink = Cursor::new(Vec::new());
    let mut writer = ModelWriter::new(sink, file.format(), file.skeleton(), file.tensors())?;
    for bytes in data.chunks(piece) {
        writer.write(bytes)?;
    }
    let sink = writer.finish()?;
    assert_eq!(sink.position(), sink.get_ref().len() as u64);
    Ok(sink.into_inner())
}

/// Reads and writes; what comes back.
fn round(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut file = open(name, bytes).unwrap();
    let data = data(&mut file).unwrap().concat();
    let written = write(&file, &data, 7).unwrap();
    assert_eq!(written, write(&file, &data, usize::MAX).unwrap());
    written
}

fn floats(count: usize) -> Vec<u8> {
    (0..count).flat_map(|index| (index as f32 * 0.37).sin().to_le_bytes()).collect()
}

// Safetensors

fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// Several types, an empty tensor, a scalar, metadata, odd spaces, and an order that is not that of the data.
fn sample_safetensors() -> Vec<u8> {
    let header = r#"{"__metadata__": {"format":"pt", "by":"hand"},
        "late":{"dtype":"F16","shape":[3],"data_offsets":[24,30]},
        "weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "empty":{"dtype":"F32","shape":[0,7],"data_offsets":[30,30]},
        "scalar":{"data_offsets":[30,32],"dtype":"BF16","shape":[]},
        "ids":{"dtype":"I64","shape":[2],"data_offsets":[32,48]},
        "eight":{"dtype":"F8_E4M3","shape":[5],"data_offsets":[48,53]},
        "four":{"dtype":"F4","shape":[6],"data_offsets":[53,56]},
        "new":{"dtype":"Q3_K","shape":[4],"data_offsets":[56,57]}}   "#;
    safetensors(header, &(0..57).collect::<Vec<u8>>())
}

#[test]
fn safetensors_come_back_byte_for_byte() {
    let bytes = sample_safetensors();
    let mut file = open("model.bin", &bytes).unwrap();
    assert_eq!(file.format(), Format::Safetensors);
    let names: Vec<_> = file.tensors().iter().map(|tensor| &tensor.name[..]).collect();
    assert_eq!(names, ["weight", "late", "empty", "scalar", "ids", "eight", "four", "new"]);
    let types: Vec<_> = file.tensors().iter().map(|tensor| tensor.element).collect();
    assert_eq!(types[..5], [Type::F32, Type::F16, Type::F32, Type::BF16, Type::Other]);
    assert_eq!(file.tensors()[0].shape, [2, 3]);
    assert!(file.tensors()[3].shape.is_empty());
    assert_eq!(data(&mut file).unwrap()[1], [24, 25, 26, 27, 28, 29]);
    assert_eq!(round("model.bin", &bytes), bytes);
    for empty in ["{}", r#"{"__metadata__":{}}"#, r#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#]
    {
        let bytes = safetensors(empty, &[]);
        assert_eq!(round("model.safetensors", &bytes), bytes);
    }
    // Holes, which the format forbids, stay.
    let holes = safetensors(r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}"#, b"abcdefg");
    assert_eq!(round("model.safetensors", &holes), holes);
}

#[test]
fn bad_safetensors_are_named() {
    let refused =
        |header: &str, data: &[u8]| open("model.safetensors", &safetensors(header, data)).unwrap_err();
    let huge = r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#;
    assert!(matches!(refused(huge, &[0; 4]), ModelError::Shape { .. }));
    let bits = r#"{"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,4]}}"#;
    assert!(matches!(refused(bits, &[0; 4]), ModelError::Shape { .. }));
    let length = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#;
    assert!(matches!(refused(length, &[0; 4]), ModelError::Length { expected: 8, found: 4, .. }));
    let outside = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert!(matches!(refused(outside, &[0; 4]), ModelError::Place { .. }));
    let backwards = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#;
    assert!(matches!(refused(backwards, &[0; 8]), ModelError::Place { .. }));
    let end = r#"{"a":{"dtype":"X","shape":[2],"data_offsets":[18446744073709551615,18446744073709551615]}}"#;
    assert!(matches!(refused(end, &[0; 8]), ModelError::Place { .. }));
    let overlap = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}"#;
    assert!(refused(overlap, &[0; 7]).to_string().contains("\"b\""));
    let twice = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#;
    assert!(refused(twice, &[0; 2]).to_string().contains("twice"));
    for twice in [
        r#"{"__metadata__":{"a":"1"},"__metadata__":{}}"#,
        r#"{"__metadata__":{"a":"1","a":"2"}}"#,
        r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"note":1,"note":2}}"#,
    ] {
        assert!(refused(twice, &[]).to_string().contains("is there twice"), "{twice}");
    }
    let mut long = safetensors("{}", &[]);
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(open("model.safetensors", &long), Err(ModelError::Damaged { .. })));
    assert!(matches!(open("model.bin", &long), Err(ModelError::Unknown { .. })));
    assert!(matches!(ModelFile::open(&PathBuf::from("/no/such/file")), Err(ModelError::Open { .. })));
}

// Npz

fn npy(version: u8, descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
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

type Entries = Vec<(&'static str, Vec<u8>)>;

fn entries() -> Entries {
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

fn archive(entries: &Entries, method: CompressionMethod, is_large: bool) -> Vec<u8> {
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
fn an_archive_of_both_kinds_and_one_with_checksums_behind_come_back() {
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
    // By halves it is not.
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

// ONNX

/// A protobuf, field by field.
#[derive(Default)]
struct Proto(Vec<u8>);

impl Proto {
    fn raw_varint(mut self, mut value: u64) -> Proto {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    fn varint(self, field: u64, value: u64) -> Proto {
        self.raw_varint(field << 3).raw_varint(value)
    }

    fn bytes(self, field: u64, bytes: impl AsRef<[u8]>) -> Proto {
        let bytes = bytes.as_ref();
        let mut proto = self.raw_varint(field << 3 | 2).raw_varint(bytes.len() as u64);
        proto.0.extend(bytes);
        proto
    }

    fn message(self, field: u64, message: Proto) -> Proto {
        self.bytes(field, message.0)
    }

    /// Fields that no version of ONNX has: a varint, both fixed numbers, a run of bytes, groups in each other.
    fn unknown(self) -> Proto {
        let mut proto = self.varint(1000, 7).bytes(1001, b"unknown").raw_varint(1002 << 3 | 1);
        proto.0.extend(8u64.to_le_bytes());
        proto = proto.raw_varint(1003 << 3 | 5);
        proto.0.extend(4u32.to_le_bytes());
        proto
            .raw_varint(900 << 3 | 3)
            .raw_varint(5 << 3 | 3)
            .varint(1, 2)
            .raw_varint(5 << 3 | 4)
            .raw_varint(900 << 3 | 4)
    }
}

fn tensor(name: &str, data_type: u64, shape: &[u64], field: u64, data: &[u8]) -> Proto {
    let proto = shape.iter().fold(Proto::default(), |proto, &size| proto.varint(1, size));
    proto.varint(2, data_type).bytes(field, data).bytes(8, name)
}

fn constant(output: &str, value: Proto) -> Proto {
    let attribute = Proto::default().bytes(1, "value").message(5, value).varint(20, 4);
    // The output behind the attribute, where it is allowed to be too.
    Proto::default().bytes(4, "Constant").message(5, attribute).bytes(2, output)
}

fn sample_graph() -> Proto {
    let inner = Proto::default()
        .message(1, constant("inner constant", tensor("", 1, &[20], 9, &floats(20))))
        .message(5, tensor("inner", 1, &[16], 9, &floats(16)));
    let branch = Proto::default()
        .bytes(2, "branch result")
        .bytes(4, "If")
        .message(5, Proto::default().bytes(1, "then_branch").message(6, inner))
        .unknown();
    let data_first =
        Proto::default().bytes(9, floats(64)).varint(2, 10).bytes(1, [128, 1]).bytes(8, "packed shape");
    let halves = Proto::default()
        .bytes(4, floats(8))
        .bytes(4, floats(8))
        .varint(1, 16)
        .varint(2, 1)
        .bytes(8, "in two");
    Proto::default()
        .bytes(2, "graph")
        .message(5, tensor("weight", 1, &[5, 10], 9, &floats(50)).unknown())
        .message(1, constant("constant", tensor("its own name", 16, &[2, 32], 9, &floats(32))))
        .message(1, branch)
        .message(5, tensor("as floats", 1, &[25], 4, &floats(25)))
        .message(5, data_first)
        .message(5, halves)
        .message(5, tensor("bytes", 3, &[100], 9, &[1; 100]))
        .message(5, tensor("scalar", 1, &[], 9, &floats(1)))
        .message(5, tensor("empty", 1, &[0], 9, &[]))
        .message(15, Proto::default().message(1, tensor("sparse", 1, &[30], 9, &floats(30))).varint(3, 900))
        .unknown()
}

fn sample_onnx(graph: Proto) -> Vec<u8> {
    Proto::default()
        .varint(1, 8)
        .bytes(2, "hand")
        .message(7, graph)
        .message(8, Proto::default().varint(2, 17))
        .unknown()
        .0
}

#[test]
fn onnx_comes_back_byte_for_byte() {
    let bytes = sample_onnx(sample_graph());
    let mut file = open("model", &bytes).unwrap();
    assert_eq!(file.format(), Format::Onnx);
    let found: Vec<_> = file
        .tensors()
        .iter()
        .map(|tensor| (&tensor.name[..], tensor.element, &tensor.shape[..], tensor.bytes))
        .collect();
    assert_eq!(
        found,
        [
            ("weight", Type::F32, &[5, 10][..], 200),
            ("constant", Type::BF16, &[2, 32], 128),
            ("inner constant", Type::F32, &[20], 80),
            ("inner", Type::F32, &[16], 64),
            ("as floats", Type::F32, &[25], 100),
            ("packed shape", Type::F16, &[128], 256),
            ("bytes", Type::Other, &[100], 100),
            ("sparse", Type::F32, &[30], 120),
        ]
    );
    assert_eq!(data(&mut file).unwrap()[4], floats(25));
    assert!(file.skeleton().len() + 1048 < bytes.len() + 30);
    assert_eq!(round("model", &bytes), bytes);
}

#[test]
fn tensors_of_one_name_in_graphs_side_by_side_are_told_apart() {
    let branch = |name: &str| {
        let graph = Proto::default().message(5, tensor("w", 1, &[16], 9, &floats(16)));
        Proto::default().bytes(1, name).message(6, graph)
    };
    let node =
        Proto::default().bytes(4, "If").message(5, branch("then_branch")).message(5, branch("else_branch"));
    let taken = Proto::default().message(5, tensor("w#2", 1, &[16], 9, &floats(16))).message(1, node);
    let bytes = sample_onnx(taken);
    let names: Vec<_> =
        open("model", &bytes).unwrap().tensors().iter().map(|tensor| tensor.name.clone()).collect();
    assert_eq!(names, ["w#2", "w", "w#3"]);
    assert_eq!(round("model", &bytes), bytes);
}

/// Halves as `int32_data` has them.
fn varints(halves: &[u16]) -> Vec<u8> {
    halves.iter().fold(Proto::default(), |proto, &half| proto.raw_varint(half.into())).0
}

fn halves(count: usize) -> Vec<u16> {
    (0..count).map(|index| [0, 1, 0x7f, 0x80, 0x3c00, 0x3fff, 0x4000, 0xffff][index * 5 % 8]).collect()
}

fn bytes_of(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// Halves as varints: in the graph, in a subgraph, beside raw data, and last in all messages around them.
fn sample_halves() -> Vec<u8> {
    let last =
        Proto::default().varint(1, 90).varint(2, 16).bytes(8, "last").bytes(INTS, varints(&halves(90)));
    let inner = Proto::default()
        .message(5, tensor("deep", 10, &[64], INTS, &varints(&halves(64))))
        .message(5, tensor("raw", 1, &[16], 9, &floats(16)))
        .message(5, last);
    let branch = Proto::default().bytes(4, "If").message(5, Proto::default().message(6, inner));
    let graph = Proto::default()
        .message(5, tensor("half", 10, &[8, 10], INTS, &varints(&halves(80))).unknown())
        .message(5, tensor("short", 10, &[4], INTS, &varints(&halves(4))))
        .message(1, branch);
    let mut bytes = Proto::default().varint(1, 8).bytes(2, "hand").message(7, graph);
    bytes = bytes.message(8, Proto::default().varint(2, 17));
    bytes.0
}

/// The field `int32_data`.
const INTS: u64 = 5;

#[test]
fn halves_that_are_varints_are_shown_as_two_bytes_and_come_back() {
    let bytes = sample_halves();
    let mut file = open("model", &bytes).unwrap();
    let found: Vec<_> =
        file.tensors().iter().map(|tensor| (&tensor.name[..], tensor.element, tensor.bytes)).collect();
    assert_eq!(
        found,
        [
            ("half", Type::F16, 160),
            ("deep", Type::F16, 128),
            ("raw", Type::F32, 64),
            ("last", Type::BF16, 180)
        ]
    );
    assert_eq!(data(&mut file).unwrap()[3], bytes_of(&halves(90)));
    assert_eq!(round("model", &bytes), bytes);
}

#[test]
fn halves_of_other_lengths_get_new_lengths_around_them() {
    let file = open("model", &sample_halves()).unwrap();
    // Each of one byte, each of three, and so many that the lengths around have more or fewer bytes.
    for half in [0u16, 0xffff] {
        let data = [bytes_of(&[half; 144]), floats(16), bytes_of(&[half; 90])].concat();
        let written = write(&file, &data, 13).unwrap();
        let mut again = open("model", &written).unwrap();
        assert_eq!(again.tensors(), file.tensors());
        assert_eq!(self::data(&mut again).unwrap().concat(), data);
        assert_eq!(round("model", &written), written);
    }
}

#[test]
fn what_would_not_come_back_from_halves_is_carried_as_it_is() {
    let graph = |data_type: u64, run: &[u8]| {
        sample_onnx(Proto::default().message(5, tensor("a", data_type, &[40], INTS, run)))
    };
    let mut long = varints(&halves(40));
    long.splice(0..1, [0x80, 0]);
    let mut wide = varints(&halves(39));
    wide.extend([0x80, 0x80, 4]);
    let mut negative = varints(&halves(39));
    negative.extend([0xff; 9]);
    negative.push(1);
    let mut open_end = varints(&halves(40));
    *open_end.last_mut().unwrap() |= 0x80;
    for (data_type, run) in
        [(10, &long), (16, &wide), (10, &negative), (16, &open_end), (3, &varints(&halves(40)))]
    {
        let bytes = graph(data_type, run);
        let file = open("model", &bytes).unwrap();
        assert_eq!((file.tensors()[0].element, file.tensors()[0].bytes), (Type::Other, run.len() as u64));
        assert_eq!(round("model", &bytes), bytes);
    }
    // A length that is longer than it need be would come back shorter.
    let inner = tensor("a", 10, &[40], INTS, &varints(&halves(40)));
    let length = inner.0.len() as u64;
    let mut padded = Proto::default().raw_varint(5 << 3 | 2).raw_varint(length | 0x80 << 7);
    *padded.0.last_mut().unwrap() = 0;
    padded.0.extend(inner.0);
    let bytes = sample_onnx(padded);
    assert_eq!(open("model", &bytes).unwrap().tensors()[0].element, Type::Other);
    assert_eq!(round("model", &bytes), bytes);

    let few = sample_onnx(Proto::default().message(5, tensor("a", 10, &[41], INTS, &varints(&halves(40)))));
    assert!(matches!(open("model", &few), Err(ModelError::Length { expected: 82, found: 80, .. })));
}

#[test]
fn doubles_and_whole_numbers_are_carried() {
    let doubles: Vec<u8> = (0..20).flat_map(|value| f64::from(value).to_le_bytes()).collect();
    let graph = Proto::default()
        .message(5, tensor("doubles", 11, &[20], 10, &doubles))
        .message(5, tensor("long", 7, &[70], 7, &[5; 70]))
        .message(5, tensor("unsigned", 13, &[70], 11, &[6; 70]))
        .message(5, tensor("apart", 7, &[71], 7, &[5; 70]).varint(7, 5));
    let bytes = sample_onnx(graph);
    let file = open("model", &bytes).unwrap();
    let found: Vec<_> = file.tensors().iter().map(|tensor| (&tensor.name[..], tensor.element)).collect();
    assert_eq!(found, [("doubles", Type::Other), ("long", Type::Other), ("unsigned", Type::Other)]);
    assert_eq!(round("model", &bytes), bytes);
}

/// A tensor whose data is said to be in another file.
fn outside(name: &str, data_type: u64, shape: &[u64], pairs: &[(&str, &str)]) -> Proto {
    let proto = shape.iter().fold(Proto::default(), |proto, &size| proto.varint(1, size));
    let proto = proto.varint(2, data_type).bytes(8, name);
    let pair = |proto: Proto, pair: &(&str, &str)| {
        proto.message(13, Proto::default().bytes(1, pair.0).bytes(2, pair.1))
    };
    pairs.iter().fold(proto, pair).varint(14, 1)
}

/// Writes files into the directory of a model.
fn beside(made: &Made, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = made.path.parent().unwrap().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn data_in_other_files_comes_back_in_one() {
    let inner = Proto::default().message(
        5,
        outside("deep", 10, &[4, 5], &[("location", "more/deep.bin"), ("checksum", "x")]).bytes(12, "a note"),
    );
    let branch = Proto::default().bytes(4, "If").message(5, Proto::default().message(6, inner));
    let near = |name: &str, from: &str, length: &str| {
        outside(name, 1, &[5, 10], &[("location", "weights.data"), ("offset", from), ("length", length)])
    };
    let graph = |first: Proto, second: Proto, branch: Proto| {
        let graph = Proto::default().message(5, first);
        graph
            .message(5, tensor("half", 10, &[80], INTS, &varints(&halves(80))))
            .message(1, branch)
            .message(5, second)
    };
    let bytes = sample_onnx(graph(near("first", "8", "200"), near("second", "208", "200").unknown(), branch));
    let made = made("model.onnx", &bytes);
    let weights = [b"a header", &floats(100)[..]].concat();
    beside(&made, &[("weights.data", &weights), ("more/deep.bin", &bytes_of(&halves(20)))]);

    let mut file = ModelFile::open(&made.path).unwrap();
    let names: Vec<_> = file.tensors().iter().map(|tensor| (&tensor.name[..], tensor.element)).collect();
    assert_eq!(
        names,
        [("first", Type::F32), ("half", Type::F16), ("deep", Type::F16), ("second", Type::F32)]
    );
    let all = data(&mut file).unwrap();
    assert_eq!([&all[0][..], &all[3]].concat(), floats(100));
    assert_eq!(all[2], bytes_of(&halves(20)));

    // What comes back has the data where nothing says any more that it is elsewhere.
    let inline = |name: &str, data: &[u8]| {
        Proto::default().varint(1, 5).varint(1, 10).varint(2, 1).bytes(8, name).bytes(9, data)
    };
    let deep = Proto::default().varint(1, 4).varint(1, 5).varint(2, 10).bytes(8, "deep");
    let inner = Proto::default().message(5, deep.bytes(9, bytes_of(&halves(20))).bytes(12, "a note"));
    let branch = Proto::default().bytes(4, "If").message(5, Proto::default().message(6, inner));
    let (first, second) = (inline("first", &floats(100)[..200]), inline("second", &floats(100)[200..]));
    let expected = sample_onnx(graph(first, second.unknown(), branch));
    assert_eq!(write(&file, &all.concat(), 11).unwrap(), expected);
}

#[test]
fn data_without_halves_beside_it_is_passed_through() {
    let far = |length| outside("far", 1, &[20], &[("location", "w"), ("offset", "0"), ("length", length)]);
    let empty = outside("empty", 1, &[0], &[("location", "w"), ("length", "0")]);
    let made = made("m.onnx", &sample_onnx(Proto::default().message(5, far("80")).message(5, empty)));
    beside(&made, &[("w", &floats(20))]);
    let mut file = ModelFile::open(&made.path).unwrap();
    let data = data(&mut file).unwrap().concat();
    let one = write(&file, &data, 9).unwrap();
    let mut again = open("m.onnx", &one).unwrap();
    assert_eq!((again.tensors()[0].bytes, self::data(&mut again).unwrap().concat()), (80, floats(20)));
    assert_eq!(round("m.onnx", &one), one);
    // The other file is cut short between opening and reading.
    beside(&made, &[("w", &floats(10))]);
    let mut file = ModelFile::open(&made.path);
    assert!(matches!(&file, Err(ModelError::Place { begin: 0, end: 80, to: 40, .. })));
    beside(&made, &[("w", &floats(20))]);
    file = ModelFile::open(&made.path);
    beside(&made, &[("w", &floats(10))]);
    assert!(matches!(file.unwrap().read(0, 0, &mut [0; 80]), Err(ModelError::Truncated)));
}

#[test]
fn other_files_that_cannot_be_are_named() {
    let refused = |pairs: &[(&str, &str)]| {
        let made = made("m.onnx", &sample_onnx(Proto::default().message(5, outside("far", 1, &[4], pairs))));
        beside(&made, &[("w", &floats(4)), ("directory/w", b"")]);
        ModelFile::open(&made.path).unwrap_err()
    };
    for location in ["../w", "/etc/passwd", "", "a/../../w", "."] {
        let error = refused(&[("location", location)]);
        let is_named =
            matches!(&error, ModelError::Beside { name, .. } if name == location || location == ".");
        assert!(is_named, "{location}: {error}");
    }
    assert!(matches!(refused(&[("location", "directory")]), ModelError::Beside { .. }));
    assert!(
        matches!(refused(&[("location", "none")]), ModelError::Open { path, .. } if path.ends_with("none"))
    );
    assert!(refused(&[("offset", "0")]).to_string().contains("no location"));
    assert!(refused(&[("location", "w"), ("offset", "-1")]).to_string().contains("no number"));
    assert!(refused(&[("location", "w"), ("location", "w")]).to_string().contains("two values"));
    assert!(matches!(refused(&[("location", "w"), ("offset", "17")]), ModelError::Place { begin: 17, .. }));
    let end = [("location", "w"), ("offset", "16"), ("length", "18446744073709551615")];
    assert!(matches!(refused(&end), ModelError::Place { .. }));
    assert!(matches!(refused(&[("location", "w"), ("length", "12")]), ModelError::Length { .. }));

    let large = outside("large", 1, &[1 << 30], &[("location", "w")]);
    let made = made("m.onnx", &sample_onnx(Proto::default().message(5, large)));
    beside(&made, &[("w", b"")]);
    let other = made.path.with_file_name("w");
    std::fs::File::options().write(true).open(other).unwrap().set_len(1 << 32).unwrap();
    assert!(matches!(ModelFile::open(&made.path), Err(ModelError::Inline { .. })));
}

// Shards

const INDEX: &str = "model.safetensors.index.json";

fn shards(map: &str, files: &[(&str, &[u8])]) -> Made {
    let index = format!(r#"{{"metadata":{{"total_size":1}},"weight_map":{{{map}}}}}"#);
    let made = made(INDEX, index.as_bytes());
    beside(&made, files);
    made
}

#[test]
fn shards_come_back_as_one_file() {
    let one = safetensors(
        r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[1,17]},"odd":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#,
        &[&[7][..], &floats(4)].concat(),
    );
    let two = safetensors(
        r#"{"__metadata__":{"other":"x"},"a \"a\"":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#,
        &floats(3),
    );
    let map = r#""a \"a\"":"2.safetensors","b":"1.safetensors","odd":"1.safetensors""#;
    let made = shards(map, &[("1.safetensors", &one), ("2.safetensors", &two)]);
    let mut file = ModelFile::open(&made.path).unwrap();
    assert_eq!(file.format(), Format::Safetensors);
    let all = data(&mut file).unwrap();
    assert_eq!(all, [floats(4), floats(3), vec![7]]);
    let written = write(&file, &all.concat(), 5).unwrap();
    assert!(written[8..].starts_with(br#"{"__metadata__":{"format":"pt"},"b":{"#));
    let mut again = open("model.safetensors", &written).unwrap();
    assert_eq!(again.tensors(), file.tensors());
    assert_eq!(data(&mut again).unwrap(), all);
    assert_eq!(round("model.safetensors", &written), written);

    let none = shards("", &[]);
    let file = ModelFile::open(&none.path).unwrap();
    assert!(open("none.safetensors", &write(&file, &[], 1).unwrap()).unwrap().tensors().is_empty());
}

#[test]
fn shards_that_do_not_fit_are_named() {
    let shard = safetensors(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, &floats(1));
    let refused = |map: &str, files: &[(&str, &[u8])]| {
        let error = ModelFile::open(&shards(map, files).path).unwrap_err();
        (error.to_string(), error)
    };
    let (text, missing) = refused(r#""a":"1","b":"2""#, &[("1", &shard)]);
    assert!(matches!(missing, ModelError::Shard { shard, .. } if shard == "2"), "{text}");
    assert!(refused(r#""a":"1","b":"1""#, &[("1", &shard)]).0.contains("\"b\" is not in \"1\""));
    let both: [(&str, &[u8]); 2] = [("1", &shard), ("2", &shard)];
    assert!(refused(r#""a":"1","b":"2""#, &both).0.contains("\"a\" is in \"1\" and in \"2\""));
    assert!(refused(r#""a":"1","a":"1""#, &both).0.contains("twice"));
    for outside in ["../1", "/1", ""] {
        assert!(matches!(refused(&format!(r#""a":"{outside}""#), &both).1, ModelError::Beside { .. }));
    }
    let (text, damaged) = refused(r#""a":"1""#, &[("1", &shard[..shard.len() - 1])]);
    assert!(matches!(damaged, ModelError::Shard { .. }), "{text}");
    let itself = refused(&format!(r#""a":"{INDEX}""#), &[]).0;
    assert!(itself.contains("not safetensors"), "{itself}");
    for other in [r#"{"layers":3}"#, r#"{"weight_map":{"a":1}}"#, "{\"", "{}", "{\n  \"weight_map\": [] }"] {
        assert!(matches!(open("config.json", other.as_bytes()), Err(ModelError::Index { .. })), "{other}");
    }
}

#[test]
fn formats_that_are_not_taken_apart_say_what_to_do() {
    let padded = |bytes: &[u8]| [bytes, &[0; 40]].concat();
    for (name, bytes, what) in [
        ("a.gguf", padded(b"GGUF\x03"), "GGUF"),
        ("a.h5", padded(b"\x89HDF\r\n\x1a\n"), "HDF5"),
        ("a", padded(b"\x1c\0\0\0TFL3"), "tf2onnx"),
        ("a.pt", padded(b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."), "before 1.6"),
        ("a.pkl", padded(b"\x80\x04\x95"), "pickle"),
        ("frozen.pb", padded(b"\x0a\x10"), "TensorFlow"),
    ] {
        let error = open(name, &bytes).unwrap_err();
        assert!(matches!(error, ModelError::Refused { .. }), "{name}: {error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(
        open("saved_model.pb", &padded(b"\x08\x01\x12\x00")).unwrap_err().to_string().contains("tf2onnx")
    );
}

// PyTorch

/// A pickle as `torch.save` writes it, instruction by instruction.
#[derive(Clone, Default)]
struct Pickle(Vec<u8>);

impl Pickle {
    fn new() -> Pickle {
        Pickle(vec![0x80, 2])
    }

    fn op(mut self, bytes: impl AsRef<[u8]>) -> Pickle {
        self.0.extend(bytes.as_ref());
        self
    }

    fn text(self, text: &str) -> Pickle {
        self.op(b"X").op((text.len() as u32).to_le_bytes()).op(text)
    }

    fn number(self, number: u64) -> Pickle {
        match number {
            0..0x100 => self.op(b"K").op([number as u8]),
            0x100..0x1_0000 => self.op(b"M").op((number as u16).to_le_bytes()),
            _ => self.op([0x8a, 8]).op(number.to_le_bytes()),
        }
    }

    fn tuple(self, numbers: &[u64]) -> Pickle {
        numbers.iter().fold(self.op(b"("), |pickle, &number| pickle.number(number)).op(b"t")
    }

    fn storage(self, class: &str, key: &str, count: u64) -> Pickle {
        let pickle = self.op(b"(").text("storage").op(format!("ctorch\n{class}\n"));
        pickle.text(key).text("cpu").number(count).op(b"tQ")
    }

    /// A tensor from some element of a storage on.
    fn tensor(self, class: &str, key: &str, count: u64, from: u64, shape: &[u64], strides: &[u64]) -> Pickle {
        let pickle = self.op(b"ctorch._utils\n_rebuild_tensor_v2\nq\x00(").storage(class, key, count);
        let pickle = pickle.number(from).tuple(shape).tuple(strides);
        pickle.op(b"\x89ccollections\nOrderedDict\n)RtR")
    }

    fn whole(self, class: &str, key: &str, shape: &[u64]) -> Pickle {
        let mut strides: Vec<u64> = shape
            .iter()
            .skip(1)
            .rev()
            .scan(1, |all, size| {
                *all *= size;
                Some(*all)
            })
            .collect();
        strides.reverse();
        strides.extend((!shape.is_empty()).then_some(1));
        self.tensor(class, key, shape.iter().product(), 0, shape, &strides)
    }
}

/// A state dict of layers, of a parameter, of what is tied or a view, and what else a checkpoint has.
fn sample_pickle() -> Vec<u8> {
    Pickle::new()
        .op(b"}q\x01(")
        .text("model")
        .op(b"ccollections\nOrderedDict\n)Rq\x02(")
        .text("layers.0.weight")
        .whole("FloatStorage", "0", &[4, 5])
        .text("layers.0.bias")
        .op(b"ctorch._utils\n_rebuild_parameter\n(")
        .whole("HalfStorage", "1", &[7])
        .op(b"\x88ccollections\nOrderedDict\n)RtR")
        .text("embed")
        .whole("BFloat16Storage", "2", &[3, 1, 2])
        .text("tied")
        .whole("BFloat16Storage", "2", &[3, 1, 2])
        .text("steps")
        .whole("LongStorage", "3", &[])
        .text("empty")
        .whole("FloatStorage", "4", &[0, 2])
        .op(b"u}")
        .text("_metadata")
        .op(b"ccollections\nOrderedDict\n)Rsb")
        .text("parts")
        .op(b"](")
        .tensor("FloatStorage", "5", 6, 0, &[2, 3], &[1, 2])
        .tensor("FloatStorage", "6", 6, 2, &[4], &[1])
        .whole("FloatStorage", "7", &[2, 3])
        .whole("FloatStorage", "7", &[6])
        .storage("FloatStorage", "8", 2)
        .op(b"e")
        .number(12)
        .whole("FloatStorage", "9", &[2])
        .text("lr")
        .op(b"G\x3f\x50\x62\x4d\xd2\xf1\xa9\xfcJ\xff\xff\xff\xffNN0u.")
        .0
}

fn checkpoint_entries(pickle: Vec<u8>, byteorder: &str) -> Vec<(String, Vec<u8>)> {
    let mut entries = vec![
        ("m/data.pkl".to_string(), pickle),
        ("m/.format_version".to_string(), b"1".to_vec()),
        ("m/byteorder".to_string(), byteorder.into()),
    ];
    for (number, length) in [80, 14, 12, 8, 0, 24, 24, 24, 8, 8, 5].into_iter().enumerate() {
        entries.push((format!("m/data/{number}"), floats(20)[..length].to_vec()));
    }
    entries.push(("m/version".to_string(), b"3\n".to_vec()));
    entries
}

/// An archive as `torch.save` writes it: checksums and lengths behind the data, and data at multiples of 64.
fn checkpoint(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let at = bytes.len() as u32;
        let padding = (64 - (bytes.len() + 30 + name.len() + 4) % 64) % 64;
        let (crc, length) = (crc32fast::hash(data), data.len() as u32);
        let flags = if data.is_empty() { 0x800 } else { 0x808 };
        bytes.extend(b"PK\x03\x04");
        bytes.extend(words(&[0, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        bytes.extend(words(&[name.len() as u16, padding as u16 + 4]));
        bytes.extend(name.bytes().chain(*b"FB").chain((padding as u16).to_le_bytes()));
        bytes.extend(vec![b'Z'; padding]);
        bytes.extend(data);
        if !data.is_empty() {
            bytes.extend(b"PK\x07\x08");
            bytes.extend([crc, length, length].iter().flat_map(|word| word.to_le_bytes()));
        }
        directory.extend(b"PK\x01\x02");
        directory.extend(words(&[0, 0, flags, 0, 0, 0]));
        directory.extend([crc, length, length].iter().flat_map(|word| word.to_le_bytes()));
        directory.extend(words(&[name.len() as u16, 0, 0, 0, 0, 0, 0]));
        directory.extend(at.to_le_bytes().into_iter().chain(name.bytes()));
    }
    let (count, at) = (entries.len() as u16, bytes.len() as u32);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend(words(&[0, 0, count, count]));
    bytes.extend((directory.len() as u32).to_le_bytes().into_iter().chain(at.to_le_bytes()));
    bytes.extend([0, 0]);
    bytes
}

fn sample_checkpoint() -> Vec<u8> {
    checkpoint(&checkpoint_entries(sample_pickle(), "little"))
}

#[test]
fn checkpoints_come_back_byte_for_byte() {
    let bytes = sample_checkpoint();
    let mut file = open("model.pt", &bytes).unwrap();
    assert_eq!(file.format(), Format::PyTorch);
    let found: Vec<_> =
        file.tensors().iter().map(|tensor| (&tensor.name[..], tensor.element, &tensor.shape[..])).collect();
    assert_eq!(
        found,
        [
            ("model.layers.0.weight", Type::F32, &[4, 5][..]),
            ("model.layers.0.bias", Type::F16, &[7]),
            ("model.embed", Type::BF16, &[3, 1, 2]),
            ("model.steps", Type::Other, &[8]),
            ("parts.0", Type::Other, &[24]),
            ("parts.1", Type::Other, &[24]),
            ("parts.2", Type::Other, &[24]),
            ("m/data/8", Type::Other, &[8]),
            ("12", Type::F32, &[2]),
            ("m/data/10", Type::Other, &[5]),
        ]
    );
    assert_eq!(data(&mut file).unwrap()[0], floats(20));
    assert_eq!(round("model.bin", &bytes), bytes);
    // The crate's own writer, which puts the checksum before the data.
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in checkpoint_entries(sample_pickle(), "little") {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
            .unwrap();
        zip.write_all(&bytes).unwrap();
    }
    let other = zip.finish().unwrap().into_inner();
    assert_eq!(open("model.pt", &other).unwrap().tensors(), file.tensors());
    assert_eq!(round("model.pt", &other), other);
}

#[test]
fn changed_data_of_a_checkpoint_gets_its_checksums() {
    let bytes = sample_checkpoint();
    let file = open("model.pt", &bytes).unwrap();
    let length = file.tensors().iter().map(|tensor| tensor.bytes as usize).sum();
    let written = write(&file, &vec![0x55; length], 100).unwrap();
    assert_eq!(written.len(), bytes.len());
    let mut archive = ZipArchive::new(Cursor::new(&written)).unwrap();
    for index in 0..archive.len() {
        archive.by_index(index).unwrap().read_to_end(&mut Vec::new()).unwrap();
    }
    let again = open("model.pt", &written).unwrap();
    assert_eq!(again.tensors(), file.tensors());
    assert_eq!(round("model.pt", &written), written);
}

#[test]
fn entries_in_each_other_are_not_cut() {
    let pickle = Pickle::new().op(b"].").0;
    let entries = ["a/data.pkl", "a/data/0", "a/data/1"].map(|name| (name.to_string(), pickle.clone()));
    let mut bytes = checkpoint(&entries);
    assert_eq!(round("a.pt", &bytes), bytes);
    // The last one is said to be where the one before is.
    let directory: Vec<_> =
        (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).map(|at| at + 42).collect();
    bytes.copy_within(directory[1]..directory[1] + 4, directory[2]);
    assert!(survive("a.pt", &bytes).is_err());
    // One's descriptor where the other one begins.
    let mut bytes = checkpoint(&entries);
    let at = bytes.windows(8).position(|window| window == b"a/data/1").unwrap() - 30;
    let (from, size) = (directory[1], 4 + pickle.len() as u32);
    bytes[from - 22..from - 18].copy_from_slice(&size.to_le_bytes());
    bytes[from - 18..from - 14].copy_from_slice(&size.to_le_bytes());
    assert!(at > 0 && survive("a.pt", &bytes).is_err());
}

#[test]
fn a_pickle_that_holds_itself_or_much_is_read_once() {
    let with = |pickle: Pickle| {
        let bytes = checkpoint(&[("data.pkl".into(), pickle.0), ("data/0".into(), floats(2))]);
        open("a.pt", &bytes)
            .map(|file| file.tensors().iter().map(|tensor| tensor.name.clone()).collect::<Vec<_>>())
    };
    let itself = Pickle::new().op(b"]q\x01(h\x01").whole("FloatStorage", "0", &[2]).op(b"h\x01e.");
    assert_eq!(with(itself).unwrap(), ["1"]);
    // Each list holds the one before twice.
    let mut doubled = Pickle::new().op(b"]q\x00").whole("FloatStorage", "0", &[2]).op(b"a");
    for level in 0..200u8 {
        doubled = doubled.op([b'q', level, b'0', b']', b'(', b'h', level, b'h', level, b'e']);
    }
    assert_eq!(with(doubled.op(b".")).unwrap(), [format!("{}0", "0.".repeat(200))]);
    // Deeper than a name is long.
    let mut deep = Pickle::new();
    for _ in 0..100_000 {
        deep = deep.op(b"]");
    }
    deep = deep.whole("FloatStorage", "0", &[2]);
    for _ in 0..100_000 {
        deep = deep.op(b"a");
    }
    assert_eq!(with(deep.op(b".")).unwrap(), ["data/0"]);
    // An object with a state, and protocol 4.
    let object =
        Pickle::new().op(b"cmine\nNet\n)\x81}").text("w").whole("FloatStorage", "0", &[2]).op(b"sb.");
    assert_eq!(with(object).unwrap(), ["w"]);
    let mut four = Pickle(vec![0x80, 4, 0x95]).op([9; 8]).op(b"}\x94\x8c\x01w");
    four = four.op(b"\x8c\x0ctorch._utils\x8c\x12_rebuild_tensor_v2\x93(").storage("FloatStorage", "0", 2);
    assert_eq!(with(four.op(b"K\x00K\x02\x85K\x01\x85tRs.")).unwrap(), ["w"]);
}

#[test]
fn bad_checkpoints_are_named() {
    let refused = |bytes: &[u8]| {
        let error = open("model.pt", bytes).unwrap_err();
        (error.to_string(), error)
    };
    let big = checkpoint(&checkpoint_entries(sample_pickle(), "big"));
    assert!(refused(&big).0.contains("little-endian"));
    let mut script = checkpoint_entries(sample_pickle(), "little");
    script.push(("m/constants.pkl".into(), vec![]));
    assert!(refused(&checkpoint(&script)).0.contains("state_dict"));
    let with = |pickle: Pickle| refused(&checkpoint(&checkpoint_entries(pickle.0, "little")));
    for (pickle, what) in [
        (&b"\x80\x02}"[..], "cut short"),
        (b"\x80\x06.", "protocol"),
        (b"\x80\x02i", "does not write"),
        (b"\x80\x02.", "takes more"),
        (b"\x80\x02](a.", "takes more"),
        (b"\x80\x02t.", "mark"),
        (b"\x80\x02h\x07.", "not kept"),
        (b"\x80\x02}(Nu.", "without a value"),
        (b"\x80\x02X\xff\xff\xff\xffa.", "cut short"),
        (b"\x80\x02KKKK\x93.", "no text"),
    ] {
        let (text, error) = with(Pickle(pickle.to_vec()));
        assert!(matches!(error, ModelError::Damaged { format: Format::PyTorch, .. }), "{text}");
        assert!(text.contains(what), "{text}");
    }
    assert!(with(Pickle::new().whole("FloatStorage", "77", &[2]).op(b".")).0.contains("m/data/77"));
    let (_, short) = with(Pickle::new().whole("FloatStorage", "0", &[21]).op(b"."));
    assert!(matches!(short, ModelError::Length { expected: 84, found: 80, .. }));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in checkpoint_entries(sample_pickle(), "little") {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    assert!(refused(&zip.finish().unwrap().into_inner()).0.contains("torch.save"));
}

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

/// How long the first tensor of such a file is.
const FAR: u64 = (1 << 32) + 4096;

#[track_caller]
fn second_is_found(made: &Made) {
    let mut file = ModelFile::open(&made.path).unwrap();
    let sizes: Vec<_> = file.tensors().iter().map(|tensor| (&*tensor.name, tensor.bytes)).collect();
    assert_eq!(sizes, [("hole", FAR), ("behind", 64)]);
    let (mut last, mut behind) = ([1; 8], [0; 64]);
    file.read(0, FAR - 8, &mut last).unwrap();
    file.read(1, 0, &mut behind).unwrap();
    assert_eq!((last, &behind[..]), ([0; 8], &floats(16)[..]));
}

#[test]
fn tensors_behind_4_gib_are_found_in_every_format() {
    let header = format!(
        r#"{{"hole":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{FAR}]}},"behind":{{"dtype":"F32","shape":[16],"data_offsets":[{FAR},{}]}}}}"#,
        FAR / 4,
        FAR + 64
    );
    let head = safetensors(&header, &[]);
    second_is_found(&sparse(&[(0, &head), (head.len() as u64 + FAR, &floats(16))]));

    // The lengths of the graph and of the first tensor have more than 32 bits.
    let name = Proto::default().bytes(8, "hole").varint(2, 1).varint(1, FAR / 4);
    let data = Proto::default().raw_varint(9 << 3 | 2).raw_varint(FAR).0;
    let first = [&name.0[..], &data].concat();
    let second = Proto::default().message(5, tensor("behind", 1, &[16], 9, &floats(16))).0;
    let start = Proto::default().raw_varint(5 << 3 | 2).raw_varint(first.len() as u64 + FAR).0;
    let graph = start.len() as u64 + first.len() as u64 + FAR + second.len() as u64;
    let model = Proto::default().varint(1, 8).bytes(2, "hand").raw_varint(7 << 3 | 2).raw_varint(graph).0;
    let head = [&model[..], &start, &first].concat();
    second_is_found(&sparse(&[(0, &head), (head.len() as u64 + FAR, &second)]));

    // A zip archive with 64-bit lengths in its headers and a 64-bit offset in its directory.
    let [hole, behind] =
        [(FAR, "hole.npy", &[][..]), (64, "behind.npy", &floats(16)[..])].map(|(bytes, name, data)| {
            let header = npy(1, "'<f4'", &format!("({},)", bytes / 4), &[]);
            let size = header.len() as u64 + bytes;
            // Nobody reads the first from its beginning to its end.
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
    let (first, second) = (local(&hole), local(&behind));
    let at = first.len() as u64 + FAR;
    let directory = [central(&hole, 0), central(&behind, at)].concat();
    let directory_at = at + second.len() as u64 + 64;
    let end_at = directory_at + directory.len() as u64;
    let numbers = [2, 2, directory.len() as u64, directory_at].map(u64::to_le_bytes).concat();
    let end64 = [b"PK\x06\x06", &44_u64.to_le_bytes()[..], &words(&[45, 45]), &[0; 8], &numbers].concat();
    let locator = [b"PK\x06\x07", &[0; 4][..], &end_at.to_le_bytes(), &1_u32.to_le_bytes()].concat();
    let end = [b"PK\x05\x06", &[0; 4][..], &words(&[2, 2]), &all_ones, &[0; 2]].concat();
    let tail = [&second[..], &floats(16), &directory, &end64, &locator, &end].concat();
    second_is_found(&sparse(&[(0, &first), (at, &tail)]));
}

#[test]
fn bad_onnx_is_named() {
    let refused = |graph: Proto| open("model.onnx", &sample_onnx(graph)).unwrap_err();
    let initializer = |tensor: Proto| Proto::default().message(5, tensor);
    let huge = tensor("huge", 1, &[1 << 40, 1 << 40], 9, &floats(16));
    assert!(matches!(refused(initializer(huge)), ModelError::Shape { .. }));
    let negative = tensor("negative", 1, &[u64::MAX, 2], 9, &floats(16));
    assert!(matches!(refused(initializer(negative)), ModelError::Shape { .. }));
    let short = tensor("short", 1, &[17], 9, &floats(16));
    assert!(matches!(refused(initializer(short)), ModelError::Length { expected: 68, found: 64, .. }));
    let many = tensor("many", 1, &[1; 1000], 9, &floats(16));
    assert!(matches!(refused(initializer(many)), ModelError::Shape { .. }));
    let packed = Proto::default().bytes(1, [1; 1000]).varint(2, 1).bytes(9, floats(1));
    assert!(matches!(refused(initializer(packed)), ModelError::Shape { .. }));
    let mut deep = Proto::default();
    for _ in 0..10_000 {
        deep = Proto::default().message(1, Proto::default().message(5, Proto::default().message(6, deep)));
    }
    assert!(refused(deep).to_string().contains("lie in each other"));
    let two = Proto::default()
        .message(5, tensor("w", 1, &[16], 9, &floats(16)))
        .message(5, tensor("w", 1, &[], 9, &floats(1)));
    assert!(refused(two).to_string().contains("two initialisers of one graph are called \"w\""));
    let wide = Proto::default().varint(1, 8).raw_varint(7 << 3 | 2);
    let wide = [&wide.0[..], &[0x80; 9], &[0x7f, 0]].concat();
    assert!(open("model.onnx", &wide).unwrap_err().to_string().contains("more than 64 bits"));
    let none = open("model.onnx", &Proto::default().varint(1, 8).bytes(2, "hand").0).unwrap_err();
    assert!(none.to_string().contains("no graph"));
}

// All formats

fn samples() -> [Vec<u8>; 6] {
    [
        sample_safetensors(),
        archive(&entries(), CompressionMethod::Stored, true),
        archive(&entries(), CompressionMethod::Deflated, false),
        sample_onnx(sample_graph()),
        sample_halves(),
        sample_checkpoint(),
    ]
}

const NAMES: [&str; 6] = ["a.safetensors", "a.npz", "a.npz", "a.onnx", "a.onnx", "a.pt"];

#[test]
fn data_is_read_from_anywhere() {
    for (name, bytes) in NAMES.iter().zip(samples()) {
        let made = made(name, &bytes);
        let mut file = ModelFile::open(&made.path).unwrap();
        let all = data(&mut file).unwrap();
        // Backwards through the tensors, and backwards, by leaps and on the spot in each of them.
        for (tensor, expected) in all.iter().enumerate().rev() {
            for step in [1, 3, 8] {
                let starts = (0..expected.len()).step_by(step);
                for start in starts.clone().rev().chain(starts).flat_map(|start| [start, start]) {
                    let mut bytes = vec![0; step.min(expected.len() - start)];
                    file.read(tensor, start as u64, &mut bytes).unwrap();
                    assert_eq!(bytes, expected[start..start + bytes.len()]);
                }
            }
            let length = expected.len() as u64;
            file.read(tensor, length, &mut []).unwrap();
            for (offset, count) in [(length, 1), (length + 1, 0), (u64::MAX, 2)] {
                let outside = file.read(tensor, offset, &mut vec![0; count]);
                assert!(matches!(outside, Err(ModelError::Range { .. })));
            }
        }
        assert!(matches!(file.read(all.len(), 0, &mut []), Err(ModelError::Range { .. })));
    }
}

#[test]
fn a_writer_takes_exactly_the_data() {
    for (name, bytes) in NAMES.iter().zip(samples()) {
        let file = open(name, &bytes).unwrap();
        let length = file.tensors().iter().map(|tensor| tensor.bytes as usize).sum::<usize>();
        assert!(matches!(write(&file, &vec![0; length + 1], 50), Err(ModelError::Surplus)));
        assert!(matches!(write(&file, &vec![0; length - 1], 50), Err(ModelError::Missing { bytes: 1, .. })));
        assert!(matches!(write(&file, &[], 50), Err(ModelError::Missing { .. })));
    }
}

/// Opens, reads and writes whatever this is.
fn survive(name: &str, bytes: &[u8]) -> Result<(), ModelError> {
    let mut file = open(name, bytes)?;
    let data = data(&mut file)?.concat();
    write(&file, &data, 64).map(drop)
}

#[test]
fn truncations_are_errors() {
    for (name, bytes) in NAMES.iter().zip(samples()) {
        for length in 0..bytes.len() {
            let result = survive(name, &bytes[..length]);
            // Where a protobuf ends with a whole field, it is one.
            if !name.ends_with(".onnx") {
                assert!(result.is_err(), "{name} of {length} bytes");
            }
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    for (name, bytes) in NAMES.iter().zip(samples()) {
        for at in 0..bytes.len() {
            for value in [[0, 0xff][at % 2], bytes[at] ^ 1 << (at % 8)] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                let _ = survive(name, &damaged);
            }
        }
    }
}

#[test]
fn skeletons_that_do_not_fit_are_refused() {
    for (name, bytes) in NAMES.iter().zip(samples()) {
        let file = open(name, &bytes).unwrap();
        let attempt = |format, skeleton: &[u8], tensors: &[_]| {
            let mut writer = ModelWriter::new(Cursor::new(Vec::new()), format, skeleton, tensors)?;
            while writer.write(&[0; 64]).is_ok() {}
            writer.finish().map(drop)
        };
        let is_zip = |format| matches!(format, Format::Npz | Format::PyTorch);
        for format in Format::ALL {
            if is_zip(format) != is_zip(file.format()) {
                assert!(matches!(
                    attempt(format, file.skeleton(), file.tensors()),
                    Err(ModelError::Mismatch(_))
                ));
            }
        }
        let fewer = attempt(file.format(), file.skeleton(), &file.tensors()[1..]);
        assert!(matches!(fewer, Err(ModelError::Mismatch(_))));
        for at in 0..file.skeleton().len() {
            let _ = attempt(file.format(), &file.skeleton()[..at], file.tensors());
            for value in [0, 0xff, file.skeleton()[at] ^ 1] {
                let mut damaged = file.skeleton().to_vec();
                damaged[at] = value;
                let _ = attempt(file.format(), &damaged, file.tensors());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(
        name in prop::sample::select(vec!["a.safetensors", "a.npz", "a.onnx", "a"]),
        head in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"\x08\x07\x12", b"\x20\0\0\0\0\0\0\0{\"a\":"]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = survive(name, &[head, &bytes].concat());
    }

    #[test]
    fn any_pickle_is_refused_or_read(
        pickle in prop::collection::vec(
            prop::sample::select(b"}](tNKXq\0h\0RQbsuae.\x81\x85\x86\x87\x93\x8c\x94 201cm\nf\n\x8a\x01\x08".to_vec()), 0..200),
    ) {
        let mut pickle = Pickle::new().whole("FloatStorage", "0", &[2]).op(pickle);
        pickle.0.push(b'.');
        let _ = survive("a.pt", &checkpoint(&[("a/data.pkl".into(), pickle.0), ("a/data/0".into(), floats(2))]));
    }

    #[test]
    fn any_skeleton_is_refused_or_written(
        format in prop::sample::select(Format::ALL.to_vec()),
        kind in 0u8..5,
        skeleton in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let tensors: Vec<_> = open("a", &sample_safetensors()).unwrap().tensors()[..2].to_vec();
        let skeleton = [&[kind, 2], &skeleton[..]].concat();
        if let Ok(mut writer) = ModelWriter::new(Cursor::new(Vec::new()), format, &skeleton, &tensors) {
            let _ = writer.write(&[0; 30]);
            let _ = writer.finish();
        }
    }

    #[test]
    fn any_onnx_tensors_come_back(
        tensors in prop::collection::vec((1u64..200, "[a-z]{0,6}", any::<bool>(), 0..3), 0..12),
        piece in 1usize..500,
    ) {
        let mut graph = Proto::default();
        for (number, (count, name, is_constant, kind)) in tensors.into_iter().enumerate() {
            let name = format!("{name}{number}");
            let (data_type, field, data) = match kind {
                0 => (1, 9, floats(count as usize)),
                1 => (1, 4, floats(count as usize)),
                _ => (10, INTS, varints(&halves(count as usize))),
            };
            let tensor = tensor(&name, data_type, &[count], field, &data);
            graph = if is_constant { graph.message(1, constant(&name, tensor)) } else { graph.message(5, tensor) };
        }
        let bytes = sample_onnx(graph);
        let mut file = open("a", &bytes).unwrap();
        let data = data(&mut file).unwrap().concat();
        prop_assert_eq!(write(&file, &data, piece).unwrap(), bytes);
    }
}
