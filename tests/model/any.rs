//! Properties of files of all formats, sound and damaged.

use std::io::Cursor;

use proptest::prelude::*;
use silicabac::weights::model::{Format, ModelError, ModelFile, ModelWriter};
use zip::CompressionMethod;

use super::halves::{INTS, halves, sample_halves, varints};
use super::made::{data, floats, made, open, survive, write};
use super::npz::{archive, entries};
use super::pickle::{Pickle, checkpoint, sample_checkpoint};
use super::proto::{Proto, constant, sample_graph, sample_onnx, tensor};
use super::safetensors::sample_safetensors;

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
        // Backwards through the tensors, and in each of them backwards, in jumps, and repeatedly at one place.
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

#[test]
fn truncations_are_errors() {
    for (name, bytes) in NAMES.iter().zip(samples()) {
        for length in 0..bytes.len() {
            let result = survive(name, &bytes[..length]);
            // A protobuf that ends after a whole field is still a protobuf.
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
