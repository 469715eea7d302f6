//! Shards of safetensors with their index.

use silicabac::weights::model::{Format, ModelError, ModelFile};

use super::made::{Made, beside, data, floats, made, open, round, write};
use super::safetensors::safetensors;

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
