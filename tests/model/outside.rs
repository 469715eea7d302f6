//! External data of ONNX models.

use silicabac::weights::model::{ModelError, ModelFile, Type};

use super::halves::{INTS, bytes_of, halves, varints};
use super::made::{beside, data, floats, made, open, round, write};
use super::proto::{Proto, sample_onnx, tensor};

/// A tensor whose data is said to be in another file.
fn outside(name: &str, data_type: u64, shape: &[u64], pairs: &[(&str, &str)]) -> Proto {
    let proto = shape.iter().fold(Proto::default(), |proto, &size| proto.varint(1, size));
    let proto = proto.varint(2, data_type).bytes(8, name);
    let pair = |proto: Proto, pair: &(&str, &str)| {
        proto.message(13, Proto::default().bytes(1, pair.0).bytes(2, pair.1))
    };
    pairs.iter().fold(proto, pair).varint(14, 1)
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

    // The model that comes back has the data in it, and no field that says that the data is external.
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
