//! Other decoders agree: the cores, and one that was written from docs/weights.md alone.

use std::{fs, path::Path, process::Command};

use silicabac::weights::container::Index;

use super::made::{safetensors, weights, weights_of};
use crate::common::{command, expect};

#[test]
fn weights_go_through_both_cores() {
    let dir = tempfile::tempdir().unwrap();
    let wave = (0..3000).map(|i| ((i * i % 997) as f32 - 498.0) * 0.001).collect();
    let model = safetensors(dir.path(), &[("w", &[60, 50], wave)]);
    let played = |coder: &str| {
        expect(&weights(&["compress", "--coder", coder, model.to_str().unwrap()]), 0, &[]);
        let container = dir.path().join("model.safetensors.sbw");
        command().args(["cosim", "--seed=1", "--weights"]).arg(container).output().unwrap()
    };
    expect(&played("cabac"), 0, &["model", "equal"]);
    // These weights are repeated many times.
    expect(&played("smallest"), 4, &["packed by xz, which no core decodes", "--coder cabac"]);
}

/// `tests/sbw.py` was written from docs/weights.md alone.
#[test]
fn a_decoder_in_python_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let wave = |count: usize| (0..count).map(|i| ((i * i % 997) as f32 - 498.0) * 0.001).collect();
    let model = safetensors(
        dir.path(),
        &[
            ("a", &[60, 50], wave(3000)),
            ("b", &[7], wave(7)),
            ("c", &[4, 5, 6, 20], wave(2400)),
            ("d", &[50, 60], wave(3000)),
        ],
    );
    for arguments in [
        &["--bits=8"][..],
        &["--bits=3", "--coder=cabac"],
        &["--bits=8", "--abs-gr=1", "--coder=cabac"],
        &["--bits=a=12", "--bits=d=12"],
        &["--quantizer=lloyd", "--clusters=8"],
    ] {
        expect(
            &command().args(["weights", "compress"]).arg(&model).args(arguments).output().unwrap(),
            0,
            &[],
        );
        let container = dir.path().join("model.safetensors.sbw");
        let again = dir.path().join("again.safetensors");
        expect(
            &command()
                .args(["weights", "decompress"])
                .arg(&container)
                .arg("-o")
                .arg(&again)
                .output()
                .unwrap(),
            0,
            &[],
        );
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sbw.py");
        // Of the frames of zstd in a container, the script has to unpack that of the index itself.
        let bytes = fs::read(&container).unwrap();
        let packed = &bytes[12..][..u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize];
        let index = dir.path().join("index");
        fs::write(&index, zstd::decode_all(packed).unwrap()).unwrap();
        let run = Command::new("python3").arg(script).arg(&container).arg(&index).output();
        let run = run.expect("python3 is on the PATH");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let coded = |weights: Vec<Vec<f32>>| {
            weights.into_iter().filter(|weights| weights.len() > 256).flatten().collect::<Vec<f32>>()
        };
        let read: Vec<f32> =
            run.stdout.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
        assert!(read == coded(weights_of(&again)), "{arguments:?}");
    }
}

#[test]
fn a_container_without_levels_is_nothing_to_play() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.sbw");
    let index = Index { format: 0, skeleton: vec![], tensors: vec![] };
    index.write(&mut fs::File::create(&path).unwrap(), &mut std::io::empty()).unwrap();
    expect(&command().args(["cosim", "--weights"]).arg(&path).output().unwrap(), 4, &["there is no slice"]);
}
