//! Safetensors.

use std::path::PathBuf;

use silicabac::weights::model::{Format, ModelError, ModelFile, Type};

use super::made::{data, open, round};

pub(crate) fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// Several types, an empty tensor, a scalar, metadata, odd spaces, and an order that is not that of the data.
pub(crate) fn sample_safetensors() -> Vec<u8> {
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
