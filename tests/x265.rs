//! Streams that x265 encodes for this test, of random pictures and settings: each comes back as the same bytes.
//!
//! The seed is printed; `SILICABAC_SEED=...` replays it.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use crate::common::program;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::hevc::Stream;

struct Settings {
    arguments: Vec<String>,
    width: usize,
    height: usize,
    chroma_samples: usize,
    frames: usize,
}

/// Without frame threads, and with slices only together with wavefronts, for which x265 needs three columns, and with a thread pool:
/// otherwise x265 3.5 crashes, hangs, or writes slices that do not end where the next one begins.
fn settings(random: &mut ChaCha8Rng) -> Settings {
    let mut below = |count: u32| random.next_u32() % count;
    // No picture can be smaller than a coding tree block, and many are not a multiple of it.
    let ctu = [16, 32, 64][below(3) as usize];
    // With four in blocks of 16 x265 hangs.
    let most_depth = if ctu == 16 { 3 } else { 4 };
    let mut side = || (ctu + if below(4) == 0 { 0 } else { 2 * below(50) }) as usize;
    let (width, height) = (side(), side());
    let (csp, chroma) = [("i400", 0), ("i420", 2), ("i422", 4), ("i444", 8)][below(4) as usize];
    let qp = if below(4) == 0 { [0, 1, 50, 51][below(4) as usize] } else { below(52) };
    let mut arguments = vec![
        format!("--input-res={width}x{height}"),
        format!("--input-csp={csp}"),
        format!("--output-depth={}", [8, 10, 12][below(3) as usize]),
        format!("--qp={qp}"),
        format!("--ctu={ctu}"),
        format!("--min-cu-size={}", [8, 16][below(2) as usize]),
        format!("--bframes={}", below(4)),
        format!("--ref={}", 1 + below(4)),
        format!("--keyint={}", 1 + below(6)),
        format!("--tu-intra-depth={}", 1 + below(most_depth)),
        format!("--tu-inter-depth={}", 1 + below(most_depth)),
        format!("--max-tu-size={}", [8, 16, 32][below(3) as usize].min(ctu)),
        format!("--rd={}", 1 + below(6)),
        format!("--max-merge={}", 1 + below(5)),
        format!("--rdoq-level={}", below(3)),
        format!("--aq-mode={}", below(4)),
        format!("--cbqpoffs={}", below(25) as i32 - 12),
        format!("--crqpoffs={}", below(25) as i32 - 12),
    ];
    match below(4) {
        0 => arguments.extend(["--wpp", "--pools=none"].map(String::from)),
        1 if width > 2 * ctu as usize => {
            let slices = format!("--slices={}", 2 + below(3));
            arguments.extend(["--wpp".to_owned(), "--pools=2".to_owned(), slices]);
        }
        1 | 2 => arguments.extend(["--wpp", "--pools=2"].map(String::from)),
        _ => arguments.extend(["--no-wpp", "--pools=none"].map(String::from)),
    }
    for (one_in, option) in [
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
        (4, "--repeat-headers"),
        (4, "--scaling-list=default"),
        (4, "--opt-cu-delta-qp"),
        (6, "--no-temporal-mvp"),
        (6, "--no-deblock"),
    ] {
        if below(one_in) == 0 {
            arguments.push(option.to_owned());
        }
    }
    let chroma_samples = width * height / 4 * chroma;
    Settings { arguments, width, height, chroma_samples, frames: 2 + below(4) as usize }
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

/// `None` if x265 itself fails, as it does with some settings.
fn encode(x265: &Path, dir: &Path, settings: &Settings, pictures: &[u8]) -> Option<Vec<u8>> {
    let (input, output) = (dir.join("in.yuv"), dir.join("out.265"));
    fs::write(&input, pictures).unwrap();
    let run = Command::new("timeout")
        .arg("10")
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
    come_back(12);
}

/// The same with so many streams that every setting meets every other one.
#[test]
#[ignore = "long"]
fn three_hundred_fresh_encodes_come_back_as_the_same_bytes() {
    come_back(300);
}

/// Encodes `streams` streams, reads them and writes them again. Those that x265 fails to make do not count.
fn come_back(streams: usize) {
    let Some(x265) = program("x265", "x265") else { return };
    let seed = std::env::var("SILICABAC_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into();
    let seed: u64 = seed.unwrap_or_else(now);
    println!("SILICABAC_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let (mut done, mut failed, mut segments, mut size) = (0, 0, 0, 0);
    let mut settings_seen = BTreeMap::new();
    while done < streams {
        assert!(failed <= streams, "x265 failed {failed} times");
        let settings = settings(&mut random);
        println!("x265 {}", settings.arguments.join(" "));
        let pictures = pictures(&settings, &mut random);
        let Some(stream) = encode(&x265, dir.path(), &settings, &pictures) else {
            println!("x265 failed");
            failed += 1;
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
        done += 1;
        size += stream.len();
        for argument in settings.arguments {
            *settings_seen.entry(argument).or_insert(0) += 1;
        }
    }
    println!("{done} streams, {segments} slice segments, {size} bytes; x265 failed {failed} times");
    for (argument, count) in settings_seen.iter().filter(|(argument, _)| !argument.contains("input-res")) {
        println!("{count:4} {argument}");
    }
    assert!(segments >= streams, "only {segments} slice segments");
}
