//! The example that decodes weights without files decodes what the library does, whole and slice by slice.

mod common;

use std::io::Cursor;

use silicabac::weights::compress::{Options, compress};
use silicabac::weights::container::Container;
use silicabac::weights::decompress::extract;
use silicabac::weights::model::ModelFile;
use silicabac_capi as c;

/// A small network as a container.
fn container() -> Vec<u8> {
    let model = common::root().join("../examples/models/lenet300_sparse.safetensors");
    let mut model = ModelFile::open(&model).unwrap();
    let mut container = Vec::new();
    compress(&mut model, None, &Options::default(), &mut container, &|_| ()).unwrap();
    container
}

/// Each tensor: its name and its raw bytes.
fn tensors(container: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut container = Container::open(Cursor::new(container)).unwrap();
    let names: Vec<_> = container.index().tensors.iter().map(|tensor| tensor.name.clone()).collect();
    let raw = |(number, name)| {
        let mut raw = Vec::new();
        extract(&mut container, number, &mut raw, &|_| ()).unwrap();
        (name, raw)
    };
    names.into_iter().enumerate().map(raw).collect()
}

#[test]
fn weights_are_decoded_without_files() {
    let container = container();
    let tensors = tensors(&container);
    let most = tensors.iter().map(|(_, raw)| raw.len()).max().unwrap();
    let bytes: Vec<_> = container.iter().map(|byte| byte.to_string()).collect();
    let header =
        format!("#define ROOM {most}\nstatic const uint8_t container[] = {{{}}};\n", bytes.join(","));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("container.h"), header).unwrap();
    let source = dir.path().join("weights.c");
    std::fs::copy(common::root().join("examples/weights.c"), &source).unwrap();
    let Some(program) = common::Program::compile(&source) else { return };
    let lines = tensors.iter().map(|(name, raw)| {
        let hash =
            raw.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619));
        format!("{name} {} {hash:08x} {hash:08x}\n", raw.len())
    });
    assert_eq!(program.prints(&[]), lines.collect::<String>());
}

#[test]
fn damaged_containers_are_refused() {
    let whole = container();
    let mut last = whole.clone();
    *last.last_mut().unwrap() ^= 0xff;
    let (mut weights, mut count, mut length) = (std::ptr::null_mut(), 0, 0);
    let mut room = vec![0; 1 << 20];
    // SAFETY: all pointers are valid.
    unsafe {
        let mut open = |bytes: &[u8]| c::silicabac_weights_create(bytes.as_ptr(), bytes.len(), &mut weights);
        assert_eq!(open(b"no container"), c::Status::Format);
        assert_eq!(open(&whole[..20]), c::Status::Damaged);
        assert_eq!(open(&last), c::Status::Ok);
        assert_eq!(c::silicabac_weights_count(weights, &mut count), c::Status::Ok);
        let mut decode = |index, room: &mut [u8]| {
            c::silicabac_weights_decode(weights, index, room.as_mut_ptr(), room.len(), &mut length)
        };
        assert_eq!(decode(count, &mut room), c::Status::Argument);
        assert_eq!(decode(0, &mut []), c::Status::Room);
        let statuses: Vec<_> = (0..count).map(|index| decode(index, &mut room)).collect();
        assert!(statuses.contains(&c::Status::Damaged), "{statuses:?}");
        let mut text = [1; 200];
        let told = c::silicabac_weights_message(weights, text.as_mut_ptr(), text.len(), &mut length);
        assert_eq!((told, text[length - 1]), (c::Status::Ok, 0));
        assert!(length > 10);
        let mut index = 99;
        assert_eq!(c::silicabac_weights_find(weights, c"fc3.weight".as_ptr(), &mut index), c::Status::Ok);
        assert!(index < count);
        assert_eq!(c::silicabac_weights_find(weights, c"none".as_ptr(), &mut index), c::Status::Argument);
        assert_eq!(c::silicabac_weights_destroy(weights), c::Status::Ok);
    }
}
