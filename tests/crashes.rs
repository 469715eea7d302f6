//! What fuzzers have found, and the seeds that they begin with: `tests/crashes/TARGET/*`.

#[path = "../fuzz/cases.rs"]
#[allow(unreachable_pub)] // the fuzz targets use it too
mod cases;

use std::{fs, path::Path};

#[test]
fn what_was_found_once_stays_found() {
    let targets: [(&str, fn(&[u8])); 4] = [
        ("decoders", cases::decoders),
        ("encoders", cases::encoders),
        ("traces", cases::traces),
        ("vectors", cases::vectors),
    ];
    for (name, target) in targets {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashes").join(name);
        let files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!files.is_empty(), "{} holds no file", dir.display());
        for file in files {
            println!("{}", file.display());
            target(&fs::read(file).unwrap());
        }
    }
}
