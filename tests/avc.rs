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

#[test]
fn bins_and_contexts_are_those_of_the_traces() {
    use silicabac::trace::Trace;
    let mut compared = 0;
    for path in streams() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let stem = name.trim_end_matches(".264").trim_end_matches(".h264");
        let trace = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/traces/avc_{stem}.cbt.zst"));
        let trace = Trace::read(&trace).unwrap();
        let bytes = fs::read(&path).unwrap();
        let mut units = Stream::new(&bytes[..]).filter_map(|unit| unit.unwrap().trace());
        for (i, expected) in trace.slices.iter().enumerate() {
            let (read, _) = units.next().unwrap().unwrap();
            assert_eq!(read.header, expected.header, "{name} {i}");
            assert_eq!(read.payload.len(), expected.payload.len(), "{name} {i}");
            assert!(read.payload == expected.payload, "{name} {i}");
            assert_eq!(read.segments.len(), expected.segments.len());
            for (read, expected) in read.segments.iter().zip(&expected.segments) {
                assert_eq!((read.start, read.offset, read.crc32), (expected.start, expected.offset, expected.crc32), "{name} {i}");
                assert!(read.events == expected.events && read.states == expected.states);
                compared += read.events.len();
            }
        }
    }
    println!("{compared}");
}
