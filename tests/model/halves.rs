//! Halves that ONNX has as varints.

use silicabac::weights::model::{ModelError, Type};

use super::made::{data, floats, open, round, write};
use super::proto::{Proto, sample_onnx, tensor};

/// The field `int32_data`.
pub(crate) const INTS: u64 = 5;

/// Halves as `int32_data` has them.
pub(crate) fn varints(halves: &[u16]) -> Vec<u8> {
    halves.iter().fold(Proto::default(), |proto, &half| proto.raw_varint(half.into())).0
}

pub(crate) fn halves(count: usize) -> Vec<u16> {
    (0..count).map(|index| [0, 1, 0x7f, 0x80, 0x3c00, 0x3fff, 0x4000, 0xffff][index * 5 % 8]).collect()
}

pub(crate) fn bytes_of(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// Halves as varints: in the graph, in a subgraph, beside raw data, and as the last field in all messages around them.
pub(crate) fn sample_halves() -> Vec<u8> {
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
    // Halves of one byte each, of three bytes each, and so many that the lengths around them get longer or shorter.
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
    // A length that is longer than necessary would come back shorter.
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
