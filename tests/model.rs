//! Model files come back as they were: safetensors, ONNX and stored npz byte for byte, deflated npz entry for entry.
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
    assert!(open("model.npz", &text).unwrap_err().to_string().contains("PyTorch"));
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
    let external =
        Proto::default().bytes(8, "far").message(13, Proto::default().bytes(1, "location")).varint(14, 1);
    assert!(matches!(refused(initializer(external)), ModelError::External { tensor } if tensor == "far"));
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

fn samples() -> [Vec<u8>; 5] {
    [
        sample_safetensors(),
        archive(&entries(), CompressionMethod::Stored, true),
        archive(&entries(), CompressionMethod::Deflated, false),
        sample_onnx(sample_graph()),
        sample_halves(),
    ]
}

const NAMES: [&str; 5] = ["a.safetensors", "a.npz", "a.npz", "a.onnx", "a.onnx"];

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
        for format in [Format::Safetensors, Format::Npz, Format::Onnx] {
            if (format == Format::Npz) != (file.format() == Format::Npz) {
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
    fn any_skeleton_is_refused_or_written(
        format in prop::sample::select(vec![Format::Safetensors, Format::Npz, Format::Onnx]),
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
