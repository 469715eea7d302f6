//! Known formats that are not supported.

use silicabac::weights::model::ModelError;

use super::made::open;

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
