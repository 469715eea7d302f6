//! H.264 streams: what is read is what two other decoders read, and what is written is what was read.

use std::{fs, path::{Path, PathBuf}};

use silicabac::avc::{Content, Stream};

fn streams() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/streams/avc");
    let Ok(dir) = fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<_> = dir.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn streams_are_rewritten_as_the_same_bytes() {
    let mut bad = 0;
    for path in streams() {
        let bytes = fs::read(&path).unwrap();
        let (mut slices, mut failed) = (0, 0);
        for unit in Stream::new(&bytes[..]) {
            let unit = unit.unwrap();
            match &unit.content {
                Content::Slice { .. } => slices += 1,
                Content::Unsupported(why) => println!("  {why}"),
                Content::Other => {}
            }
            match unit.rewrite() {
                Ok(written) if written == unit.unit.bytes => {}
                other => { failed += 1; if failed < 3 { println!("  {:?}: {:?}", unit.content, other.map(|b| b.len())) } }
            }
        }
        println!("{} {slices} {failed}", path.file_name().unwrap().to_string_lossy());
        bad += failed;
    }
    assert_eq!(bad, 0);
}
