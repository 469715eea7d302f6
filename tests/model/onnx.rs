//! ONNX, with all of its data in one file.

use silicabac::weights::model::{Format, ModelError, Type};

use super::made::{data, floats, open, round};
use super::proto::{Proto, sample_graph, sample_onnx, tensor};

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

#[test]
fn doubles_are_weights_and_whole_numbers_are_carried() {
    let doubles: Vec<u8> = (0..20).flat_map(|value| f64::from(value).to_le_bytes()).collect();
    let graph = Proto::default()
        .message(5, tensor("doubles", 11, &[20], 10, &doubles))
        .message(5, tensor("long", 7, &[70], 7, &[5; 70]))
        .message(5, tensor("unsigned", 13, &[70], 11, &[6; 70]))
        .message(5, tensor("apart", 7, &[71], 7, &[5; 70]).varint(7, 5));
    let bytes = sample_onnx(graph);
    let file = open("model", &bytes).unwrap();
    let found: Vec<_> = file.tensors().iter().map(|tensor| (&tensor.name[..], tensor.element)).collect();
    assert_eq!(found, [("doubles", Type::F64), ("long", Type::Other), ("unsigned", Type::Other)]);
    assert_eq!(round("model", &bytes), bytes);
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
