//! Directories of dreams, and what a decoder makes of them.

use std::{fs, path::Path, process::Output};

use sha2::{Digest, Sha256};
use silicabac::context::Codec;
use silicabac::coverage::StreamCoverage;
use silicabac::dream::suite::Manifest;
use silicabac::stream::Stream;

use super::{command, expect};

/// The decoder that is used: it is silent unless something is wrong, and then it stops.
pub const FFMPEG: &str = "ffmpeg -v warning -threads 1 -xerror -err_detect explode -f h264 -i {} -fps_mode passthrough -f framemd5 - 2>{}.err && test ! -s {}.err";

/// Dreams from seed 1 on, `count` of them.
pub fn dreams(dir: &Path, count: u32, others: &[&str]) {
    let mut command = command();
    command.args(["stream", "dream", "--seed=1", &format!("--count={count}"), "-o"]).arg(dir).args(others);
    expect(&command.output().unwrap(), 0, &[&format!("{count} streams of {count} seeds from 1 on")]);
}

pub fn judge(dir: &Path, decoder: &str, others: &[&str]) -> Output {
    command().args(["stream", "judge"]).arg(dir).args(["--decoder", decoder]).args(others).output().unwrap()
}

/// A published manifest, and the coverage of its streams, made again from their seeds.
pub fn published(name: &str) -> (Manifest, [(Codec, StreamCoverage); 2]) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let manifest: Manifest = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    let mut covered = [Codec::Avc, Codec::Hevc].map(|codec| (codec, StreamCoverage::new(codec)));
    for stream in &manifest.streams {
        let bytes = stream.make().unwrap();
        assert_eq!(hex::encode(Sha256::digest(&bytes)), stream.sha256, "{}", stream.file);
        let (codec, coverage) = &mut covered[usize::from(stream.codec == "h265")];
        for unit in Stream::new(*codec, &bytes[..]) {
            coverage.take(&unit.unwrap()).unwrap();
        }
    }
    (manifest, covered)
}
