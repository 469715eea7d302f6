//! Fresh streams by x265, of pictures and settings that no one has seen before: each comes back as the same bytes.
//!
//! The seed is printed; `SILICABAC_SEED=...` replays it.

mod common;

use std::{fs, path::Path, process::Command};

use common::program;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::hevc::Stream;

/// How many streams are encoded.
const STREAMS: usize = 12;

struct Settings {
    arguments: Vec<String>,
    width: usize,
    height: usize,
    chroma_samples: usize,
    frames: usize,
}

/// In one thread, and with slices only of large pictures: x265 3.5 crashes or hangs now and then in others.
fn settings(random: &mut ChaCha8Rng) -> Settings {
    let mut below = |count: u32| random.next_u32() % count;
    let (width, height) = (8 * (8 + below(14)) as usize, 8 * (8 + below(10)) as usize);
    let (csp, chroma) = [("i400", 0), ("i420", 2), ("i422", 4), ("i444", 8)][below(4) as usize];
    let mut arguments = vec![
        format!("--input-res={width}x{height}"),
        format!("--input-csp={csp}"),
        format!("--output-depth={}", [8, 10, 12][below(3) as usize]),
        format!("--qp={}", [0, 1, 4, 12, 22, 30, 40, 51][below(8) as usize]),
        format!("--ctu={}", [16, 32, 64][below(3) as usize]),
        format!("--bframes={}", below(4)),
        format!("--ref={}", 1 + below(4)),
        format!("--keyint={}", 1 + below(6)),
        format!("--tu-intra-depth={}", 1 + below(4)),
        format!("--tu-inter-depth={}", 1 + below(4)),
        format!("--max-tu-size={}", [8, 16, 32][below(3) as usize]),
        format!("--rd={}", 1 + below(6)),
        format!("--max-merge={}", 1 + below(5)),
        format!("--rdoq-level={}", below(3)),
        format!("--aq-mode={}", below(4)),
        format!("--pools={}", ["none", "2"][below(2) as usize]),
    ];
    for (one_in, option) in [
        (2, "--no-wpp"),
        (3, "--tskip"),
        (6, "--lossless"),
        (6, "--cu-lossless"),
        (3, "--rect"),
        (3, "--amp"),
        (2, "--no-signhide"),
        (3, "--no-sao"),
        (3, "--b-intra"),
        (4, "--weightb"),
        (4, "--constrained-intra"),
        (4, "--aud"),
        (6, "--no-temporal-mvp"),
    ] {
        if below(one_in) == 0 {
            arguments.push(option.to_string());
        }
    }
    let chroma_samples = width * height / 4 * chroma;
    Settings { arguments, width, height, chroma_samples, frames: 2 + below(4) as usize }
}

/// Pictures that move, with noise of some strength, in eight bits a sample.
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

/// `None` where x265 itself fails, as it does with some settings.
fn encode(x265: &Path, dir: &Path, settings: &Settings, pictures: &[u8]) -> Option<Vec<u8>> {
    let (input, output) = (dir.join("in.yuv"), dir.join("out.265"));
    fs::write(&input, pictures).unwrap();
    let run = Command::new("timeout")
        .arg("20")
        .arg(x265)
        .args(["--input-depth=8", "--fps=25", "--frame-threads=1", "--log-level=none", "--no-progress"])
        .args(&settings.arguments)
        .arg("--input")
        .arg(&input)
        .arg("--output")
        .arg(&output)
        .output()
        .unwrap();
    let stream = fs::read(&output).ok().filter(|bytes| run.status.success() && !bytes.is_empty());
    let _ = fs::remove_file(&output);
    stream
}

#[test]
fn fresh_encodes_come_back_as_the_same_bytes() {
    let Some(x265) = program("x265", "x265") else { return };
    let seed = std::env::var("SILICABAC_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into();
    let seed: u64 = seed.unwrap_or_else(now);
    println!("SILICABAC_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut segments = 0;
    for _ in 0..STREAMS {
        let settings = settings(&mut random);
        println!("x265 {}", settings.arguments.join(" "));
        let pictures = pictures(&settings, &mut random);
        let Some(stream) = encode(&x265, dir.path(), &settings, &pictures) else {
            println!("x265 failed");
            continue;
        };
        let mut written = Vec::new();
        for unit in Stream::new(&stream[..]) {
            let unit = unit.unwrap();
            written.extend_from_slice(&unit.unit.prefix);
            written
                .extend(unit.rewrite().unwrap_or_else(|error| panic!("NAL unit {}: {error}", unit.number)));
            segments += usize::from(unit.segment().is_some());
        }
        assert!(written == stream, "another stream");
    }
    assert!(segments >= STREAMS, "only {segments} slice segments");
}
