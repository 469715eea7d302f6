//! Inputs that fuzzers have found, and those that they start from: `tests/crashes/TARGET/*`.

#[path = "../fuzz/cases.rs"]
#[allow(unreachable_pub)] // the fuzz targets use it too
mod cases;

use std::{fs, path::Path};

#[test]
fn what_was_found_once_stays_found() {
    run("decoders", cases::decoders);
    run("encoders", cases::encoders);
    run("headers", cases::headers);
    run("hevc", cases::hevc);
    run("hevc", cases::reduce);
    run("reduce", cases::reduce);
    run("streams", cases::headers);
    run("streams", cases::streams);
    run("traces", cases::traces);
    run("vectors", cases::vectors);
    run("weights", cases::weights);
}

fn run(name: &str, target: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashes").join(name);
    let files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{} holds no file", dir.display());
    for file in files {
        println!("{}", file.display());
        target(&fs::read(file).unwrap());
    }
}
