//! Checkpoints of PyTorch.

use std::io::{Cursor, Read, Write};

use silicabac::weights::model::{Format, ModelError, Type};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::made::{data, floats, open, round, survive, write};
use super::pickle::{Pickle, checkpoint, checkpoint_entries, sample_checkpoint, sample_pickle};

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
    // The directory says that the last entry is at the place of the one before.
    let directory: Vec<_> =
        (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).map(|at| at + 42).collect();
    bytes.copy_within(directory[1]..directory[1] + 4, directory[2]);
    assert!(survive("a.pt", &bytes).is_err());
    // The descriptor of one entry is where the other begins.
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
    // Each list contains the one before twice.
    let mut doubled = Pickle::new().op(b"]q\x00").whole("FloatStorage", "0", &[2]).op(b"a");
    for level in 0..200u8 {
        doubled = doubled.op([b'q', level, b'0', b']', b'(', b'h', level, b'h', level, b'e']);
    }
    assert_eq!(with(doubled.op(b".")).unwrap(), [format!("{}0", "0.".repeat(200))]);
    // Deeper than a name may be long.
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
