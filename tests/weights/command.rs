//! The command: compression and decompression, with files and through pipes, and what it refuses.

use std::{fs, path::Path};

use super::made::{made_up, noise, safetensors, typed, weights, weights_of};
use crate::common::{command, expect};

#[test]
fn the_command_compresses_inspects_and_decompresses() {
    let dir = tempfile::tempdir().unwrap();
    let model = made_up(dir.path());
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    expect(
        &weights(&["compress", "--coder", "cabac", model.to_str().unwrap()]),
        0,
        &["a.weight", "60x50", "deepcabac", "lossless", "all headers counted"],
    );
    expect(&weights(&["inspect", &at("model.safetensors.sbw")]), 0, &["c.weight", "3x700000"]);
    expect(&weights(&["decompress", &at("model.safetensors.sbw"), "-o", &at("again.safetensors")]), 0, &[]);
    assert_eq!(weights_of(&model)[1], weights_of(Path::new(&at("again.safetensors")))[1]);

    let mut bytes = fs::read(at("model.safetensors.sbw")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(at("damaged.sbw"), &bytes).unwrap();
    let words =
        ["tensor c.weight, slice 2: its checksum is wrong; decompress --skip-damaged reads the others"];
    expect(&weights(&["decompress", &at("damaged.sbw"), "-o", &at("none.safetensors")]), 4, &words);
    assert!(!Path::new(&at("none.safetensors")).exists());
    expect(
        &weights(&["decompress", &at("damaged.sbw"), "--skip-damaged", "-o", &at("some.safetensors")]),
        4,
        &words,
    );
    assert_eq!(
        weights_of(Path::new(&at("again.safetensors")))[0],
        weights_of(Path::new(&at("some.safetensors")))[0]
    );
    bytes = fs::read(at("model.safetensors.sbw")).unwrap();
    bytes[40] ^= 0x10;
    fs::write(at("damaged.sbw"), &bytes).unwrap();
    expect(&weights(&["inspect", &at("damaged.sbw")]), 0, &["has been put right", "a.weight"]);
    expect(&weights(&["inspect", model.to_str().unwrap()]), 4, &["does not begin with SBW2"]);
}

#[test]
fn what_cannot_be_compressed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |weights: Vec<f32>, arguments: &[&str], status: i32, words: &[&str]| {
        let model = safetensors(dir.path(), &[("w", &[20, 20], weights)]);
        let output = dir.path().join("w.sbw");
        let run = command()
            .args(["weights", "compress"])
            .arg(&model)
            .arg("-o")
            .arg(&output)
            .args(arguments)
            .output();
        expect(&run.unwrap(), status, words);
        assert!(!output.exists());
    };
    let weights = || vec![0.3; 400];
    refused(weights(), &["--step=0"], 2, &["it has to be a number above zero"]);
    refused(weights(), &["--step=1e-9"], 4, &["take a larger step"]);
    refused(weights(), &["--coarseness=3"], 2, &["--sigma"]);
    for lambda in ["nan", "-1", "inf"] {
        refused(weights(), &["--quantizer=rd", &format!("--lambda={lambda}")], 2, &["zero or above"]);
    }
    refused(weights(), &["--quantizer=kmeans", "--prune=2"], 2, &["0 to below 1"]);
    refused(weights(), &["--bits=25"], 2, &["no number from 2 to 24"]);
    refused(weights(), &["--bits=w=x"], 2, &["no number from 2 to 24"]);
    refused(weights(), &["--quantizer=best"], 2, &["nearest, rd, lloyd, kmeans"]);
    refused(weights(), &["--bits=8", "--step=0.1"], 2, &["exclude each other"]);
    refused(weights(), &["--keep=[a"], 2, &["it is no pattern"]);
    let others = tempfile::tempdir().unwrap();
    let sigma = |value: f32| {
        let mut sigma = vec![0.1; 400];
        sigma[7] = value;
        safetensors(others.path(), &[("w", &[20, 20], sigma)])
    };
    let whole = typed(&others.path().join("whole.safetensors"), "I32", &[20, 20], &[1, 0, 0, 0].repeat(400));
    let whole = format!("--sigma={}", whole.display());
    refused(weights(), &["--coarseness=30", &whole], 4, &["tensor w", "of type F64, F32, F16 or BF16"]);
    for value in [0.0, -1.0, f32::INFINITY, f32::NAN] {
        let sigma = format!("--sigma={}", sigma(value).display());
        let words = ["tensor w: the standard deviation of element 7 is", "above zero and finite"];
        refused(weights(), &["--quantizer=rd", &sigma], 4, &words);
        refused(weights(), &["--coarseness=30", &sigma], 4, &words);
        refused(weights(), &["--coarseness=257", &sigma], 2, &["0 to 256"]);
    }
}

/// A name that is misspelled is an error: otherwise a tensor that was to be kept would not be.
#[test]
fn a_pattern_that_matches_nothing_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let model = safetensors(dir.path(), &[("head.w", &[40, 40], noise(1_600))]);
    let model = model.to_str().unwrap();
    let compress =
        weights(&["compress", model, "--keep", "haed.*", "--bits", "*.w=5", "--quantizer", "x=rd"]);
    expect(&compress, 0, &["the pattern haed.* matches", "the pattern x matches the name of no tensor"]);
    assert!(!String::from_utf8_lossy(&compress.stderr).contains("*.w"));
    expect(&weights(&["compare", model, "--keep", "haed.*"]), 0, &["the pattern haed.* matches"]);
    let search = ["search", model, "--evaluate=echo 97", "--coarse", "--method=nearest", "--keep=haed.*"];
    expect(&weights(&search), 0, &["the pattern haed.* matches"]);
}

/// Standard deviations give the same result in every type.
#[test]
fn standard_deviations_are_of_any_type_of_weights() {
    let dir = tempfile::tempdir().unwrap();
    let model = safetensors(dir.path(), &[("w", &[20, 20], noise(400))]);
    let container = dir.path().join("c.sbw");
    let types: [(&str, &[u8]); 4] = [
        ("F32", &0.125_f32.to_le_bytes()),
        ("F64", &0.125_f64.to_le_bytes()),
        ("F16", &half::f16::from_f32(0.125).to_le_bytes()),
        ("BF16", &half::bf16::from_f32(0.125).to_le_bytes()),
    ];
    let made = types.map(|(dtype, of)| {
        let sigma = typed(&dir.path().join("sigma.safetensors"), dtype, &[20, 20], &of.repeat(400));
        let arguments = ["--quantizer=rd", "--coarseness=30", "--sigma", sigma.to_str().unwrap()];
        let files = [model.to_str().unwrap(), "-o", container.to_str().unwrap()];
        expect(&weights(&[&["compress"], &arguments[..], &files].concat()), 0, &[]);
        fs::read(&container).unwrap()
    });
    assert!(made.iter().all(|container| *container == made[0]));
}

#[test]
fn a_tensor_comes_out_alone_and_a_model_goes_through_pipes() {
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let wave: Vec<f32> = (0..4000).map(|i| ((i * i % 997) as f32 - 498.0) * 0.001).collect();
    let model = safetensors(dir.path(), &[("w", &[40, 100], wave.clone()), ("b", &[3], vec![1.0, 2.0, 3.0])]);
    expect(&weights(&["compress", model.to_str().unwrap()]), 0, &[]);
    let container = dir.path().join("model.safetensors.sbw");
    let extract = |name: &str, output: &str| {
        let output = dir.path().join(output);
        let run = weights(&["extract", container.to_str().unwrap(), name, "-o", output.to_str().unwrap()]);
        (run, output)
    };
    let (run, raw) = extract("b", "b.bin");
    expect(&run, 0, &[]);
    assert_eq!(fs::read(raw).unwrap(), [1.0_f32, 2.0, 3.0].map(f32::to_le_bytes).concat());
    let (run, npy) = extract("w", "w.npy");
    expect(&run, 0, &[]);
    let npy = fs::read(npy).unwrap();
    assert!(npy.starts_with(b"\x93NUMPY\x01\x00") && (npy.len() - 16_000) % 64 == 0);
    let header = String::from_utf8_lossy(&npy[10..npy.len() - 16_000]).into_owned();
    assert_eq!(header.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (40, 100, ), }");
    let step = 0.498 / 127.0;
    for (weight, back) in wave.iter().zip(npy[npy.len() - 16_000..].chunks(4)) {
        let back = f32::from_le_bytes(back.try_into().unwrap());
        assert!((weight - back).abs() <= step / 2.0 + 1e-6);
    }
    expect(&extract("v", "v.npy").0, 2, &["there is no tensor v", "inspect"]);

    // Through pipes the result is the same as with files.
    let again = dir.path().join("again.safetensors");
    expect(&weights(&["decompress", container.to_str().unwrap(), "-o", again.to_str().unwrap()]), 0, &[]);
    let pipe = "$B weights compress - -o - < $M | $B weights decompress - -o - > $O && $B weights extract $C b -o - | wc -c";
    let run = Command::new("sh")
        .args(["-c", pipe])
        .env("B", env!("CARGO_BIN_EXE_silicabac"))
        .envs([("M", &model), ("C", &container), ("O", &dir.path().join("piped"))])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    expect(&run, 0, &["12"]);
    assert!(String::from_utf8_lossy(&run.stderr).contains("all headers counted"));
    assert!(fs::read(dir.path().join("piped")).unwrap() == fs::read(again).unwrap());
    expect(
        &weights(&["search", model.to_str().unwrap(), "--evaluate", "echo 1", "-o", "-"]),
        2,
        &["name the container"],
    );
}

#[test]
fn an_index_of_shards_is_named_as_the_file_that_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let shard = safetensors(dir.path(), &[("w", &[40, 40], noise(1_600)), ("b", &[3], vec![1.0, 2.0, 3.0])]);
    fs::rename(&shard, dir.path().join("model-1.safetensors")).unwrap();
    let index = dir.path().join("model.safetensors.index.json");
    fs::write(&index, r#"{"weight_map":{"w":"model-1.safetensors","b":"model-1.safetensors"}}"#).unwrap();
    let container = dir.path().join("model.safetensors.sbw");
    fs::write(&container, "no container").unwrap();
    expect(
        &weights(&["compress", index.to_str().unwrap()]),
        4,
        &["model.safetensors.sbw", "no container of weights"],
    );
    fs::remove_file(&container).unwrap();
    expect(&weights(&["compress", index.to_str().unwrap()]), 0, &["model.safetensors.sbw"]);
    let again = dir.path().join("model.safetensors");
    expect(&weights(&["decompress", container.to_str().unwrap(), "-o", again.to_str().unwrap()]), 0, &[]);
    assert_eq!(weights_of(&again)[1], [1.0, 2.0, 3.0]);
    // Any other name stays whole.
    let other = dir.path().join("index.json");
    fs::rename(&index, &other).unwrap();
    expect(&weights(&["compress", other.to_str().unwrap()]), 0, &["index.json.sbw"]);
}
