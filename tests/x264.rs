//! Streams that x264 encodes for this test, of random pictures and settings: each comes back as the same bytes.
//!
//! The seed is printed; `SILICABAC_SEED=...` replays it.

use std::{fs, path::Path, process::Command};

use crate::common::{command, expect, x264};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// How many streams are encoded.
const STREAMS: usize = 24;

struct Settings {
    arguments: Vec<String>,
    width: usize,
    height: usize,
    chroma_samples: usize,
    frames: usize,
}

fn settings(random: &mut ChaCha8Rng) -> Settings {
    let mut below = |count: u32| random.next_u32() % count;
    let (width, height) = (16 * (2 + below(8)) as usize, 16 * (2 + below(8)) as usize);
    let (csp, chroma) = [("i400", 0), ("i420", 2), ("i422", 4), ("i444", 8)][below(4) as usize];
    let mut arguments = vec![
        format!("--input-res={width}x{height}"),
        format!("--input-csp={csp}"),
        format!("--output-csp={csp}"),
        format!("--output-depth={}", [8, 10][below(2) as usize]),
        format!("--qp={}", [0, 1, 4, 12, 22, 30, 40, 51][below(8) as usize]),
        format!("--bframes={}", below(4)),
        format!("--ref={}", 1 + below(5)),
        format!("--keyint={}", 1 + below(6)),
        format!("--slices={}", 1 + below(3)),
        format!("--direct={}", ["none", "spatial", "temporal", "auto"][below(4) as usize]),
        format!("--weightp={}", below(3)),
        format!("--subme={}", 1 + below(9)),
        format!("--partitions={}", ["none", "all", "p8x8,b8x8,i8x8,i4x4"][below(3) as usize]),
    ];
    for (one_in, option) in [
        (2, "--no-8x8dct"),
        (3, "--tff"),
        (5, "--bff"),
        (4, "--constrained-intra"),
        (4, "--aud"),
        (8, "--no-cabac"),
        (6, "--slice-max-size=300"),
        (3, "--no-deblock"),
        (6, "--intra-refresh"),
        (4, "--aq-mode=0"),
    ] {
        // x264 164 crashes if it refreshes pictures without chroma.
        if below(one_in) == 0 && (chroma, option) != (0, "--intra-refresh") {
            arguments.push(option.to_string());
        }
    }
    let chroma_samples = width * height / 4 * chroma;
    Settings { arguments, width, height, chroma_samples, frames: 3 + below(4) as usize }
}

/// Pictures that move, with random noise, with eight bits in a sample.
fn pictures(settings: &Settings, random: &mut ChaCha8Rng) -> Vec<u8> {
    let (step_x, step_y, noise) = (random.next_u32() % 9, random.next_u32() % 5, 1 + random.next_u32() % 64);
    let mut bytes = Vec::new();
    for frame in 0..settings.frames as u32 {
        for y in 0..settings.height as u32 {
            for x in 0..settings.width as u32 {
                let (x, y) = (x + frame * step_x, y + frame * step_y);
                let shape = (x * 3 + y * 2) ^ (x / 8 * y / 8);
                bytes.push((shape + random.next_u32() % noise) as u8);
            }
        }
        bytes.extend(
            (0..settings.chroma_samples)
                .map(|i| (128 + i as u32 / 64 % 32 + random.next_u32() % noise) as u8),
        );
    }
    bytes
}

fn encode(x264: &Path, dir: &Path, settings: &Settings, pictures: &[u8]) -> Vec<u8> {
    let (input, output) = (dir.join("in.yuv"), dir.join("out.264"));
    fs::write(&input, pictures).unwrap();
    let run = Command::new(x264)
        .args(["--demuxer=raw", "--input-depth=8", "--threads=1", "--quiet"])
        .args(&settings.arguments)
        .arg("--output")
        .arg(&output)
        .arg(&input)
        .output()
        .unwrap();
    assert!(run.status.success(), "{:?}: {}", settings.arguments, String::from_utf8_lossy(&run.stderr));
    fs::read(&output).unwrap()
}

#[test]
fn fresh_encodes_come_back_as_the_same_bytes() {
    let Some(x264) = x264() else { return };
    let seed = std::env::var("SILICABAC_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into();
    let seed: u64 = seed.unwrap_or_else(now);
    println!("SILICABAC_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..STREAMS {
        let settings = settings(&mut random);
        println!("x264 {}", settings.arguments.join(" "));
        let pictures = pictures(&settings, &mut random);
        let stream = encode(&x264, dir.path(), &settings, &pictures);
        let (input, output) = (dir.path().join("out.264"), dir.path().join("again.264"));
        let rewritten =
            command().args(["stream", "rewrite", "--jobs=2"]).arg(&input).arg("-o").arg(&output).output();
        let passed = if settings.arguments.iter().any(|argument| argument == "--no-cabac") {
            " passed"
        } else {
            ", 0 passed"
        };
        expect(&rewritten.unwrap(), 0, &[passed, "0 damaged, 0 differ"]);
        assert!(fs::read(&output).unwrap() == stream);
    }
}
