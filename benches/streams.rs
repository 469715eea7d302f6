//! Reading slice data of both standards, compared with the engine alone on the same bins and with a whole decoder on the same stream.
//!
//! The streams are made by x264 and x265 on first use, all intra at a high bitrate; or they are those that `SILICABAC_STREAM` names,
//! separated by colons. Without x264 and x265 they are small streams of the tests; without ffmpeg the row of the whole decoder is left
//! out.

use std::{
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use silicabac::{
    avc,
    bin::{BinCoder, Event},
    context::Codec,
    engine::Decoder,
    hevc,
    stream::{Stream, StreamUnit, codec_of},
    syntax::work_in_order,
};

/// How often `cargo bench` runs each; `cargo test` runs it once.
const RUNS: usize = 9;

fn is_bench() -> bool {
    env::args().any(|argument| argument == "--bench")
}

fn streams() -> Vec<PathBuf> {
    if let Some(paths) = env::var_os("SILICABAC_STREAM") {
        return env::split_paths(&paths).collect();
    }
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams");
    let made = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let x264: &[&str] =
        &["--demuxer=raw", "--input-res=1280x720", "--keyint=1", "--qp=12", "--threads=1", "--quiet"];
    let x265: &[&str] =
        &["--input-res=1280x720", "--fps=25", "--keyint=1", "--qp=12", "--pools=1", "--log-level=none"];
    [
        ("x264", x264, "intra-720p.264", "x264_main_mbaff_qcif_lowqp.264"),
        ("x265", x265, "intra-720p.265", "x265_main_ipb_qcif.265"),
    ]
    .into_iter()
    .map(|(encoder, arguments, name, other)| {
        let path = made.join(name);
        if is_bench() && (path.exists() || make(encoder, arguments, &path)) {
            path
        } else {
            small.join(other)
        }
    })
    .collect()
}

/// Makes a stream of twenty pictures of 1280x720 with much detail, each an intra picture at QP 12.
fn make(encoder: &str, arguments: &[&str], path: &Path) -> bool {
    let (width, height) = (1280_u32, 720_u32);
    let mut noise = 1_u32;
    let mut pictures = Vec::new();
    for frame in 0..20 {
        for i in 0..width * height * 3 / 2 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (i % width + 3 * frame, i / width + 2 * frame);
            pictures.push((((x * x + y * y) >> 9) + x / 4 + (noise >> 28)) as u8);
        }
    }
    let raw = path.with_extension("yuv");
    let made = fs::write(&raw, pictures).is_ok()
        && Command::new(encoder)
            .args(arguments)
            .arg("-o")
            .args([path, &raw])
            .output()
            .is_ok_and(|run| run.status.success());
    let _ = fs::remove_file(raw);
    made
}

fn read(units: &[StreamUnit]) {
    for unit in units {
        match unit {
            StreamUnit::Avc(unit) => {
                let Some((parameters, data)) = unit.slice() else { continue };
                black_box(avc::read_each(parameters, Decoder::new(data), |_| {})).1.expect("a whole slice");
            }
            StreamUnit::Hevc(unit) => {
                let Some((parameters, before, data)) = unit.segment() else { continue };
                let read = black_box(hevc::read_each(parameters, before, Decoder::new(data), |_| {})).1;
                read.expect("a whole slice segment");
            }
        }
    }
}

/// Decodes the bins alone, on the engine, which is given their contexts as events.
fn engine_alone(slices: &[(Vec<u8>, Vec<Event>)]) {
    for (payload, events) in slices {
        let mut decoder = Decoder::new(payload);
        for &event in events {
            black_box(decoder.code(event));
        }
    }
}

fn median(mut work: impl FnMut() -> Option<Duration>) -> Option<f64> {
    let runs = if is_bench() { RUNS } else { 1 };
    let mut seconds: Vec<f64> = (0..runs).filter_map(|_| Some(work()?.as_secs_f64())).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

fn timed(mut work: impl FnMut()) -> impl FnMut() -> Option<Duration> {
    move || {
        let start = Instant::now();
        work();
        Some(start.elapsed())
    }
}

fn benches(criterion: &mut Criterion) {
    for path in streams() {
        measure(criterion, &path);
    }
}

fn measure(criterion: &mut Criterion, path: &Path) {
    let bytes = fs::read(path).expect("a stream");
    let codec = codec_of(&bytes).expect("a stream of either standard");
    let units: Vec<_> = Stream::new(codec, &bytes[..]).map(|unit| unit.expect("memory")).collect();
    let traced = units.iter().filter_map(StreamUnit::trace).map(|trace| trace.expect("a whole slice").slice);
    let slices: Vec<_> = traced.map(|slice| (slice.payload.clone(), slice.events())).collect();
    let bins = slices.iter().flat_map(|(_, events)| events).filter(|event| event.is_bin()).count();

    let mut group = criterion.benchmark_group(match codec {
        Codec::Avc => "H.264 slice data",
        Codec::Hevc => "H.265 slice data",
    });
    group.throughput(Throughput::Elements(bins as u64)).sample_size(10);
    group.bench_function("read", |bencher| bencher.iter(|| read(&units)));
    group.finish();

    println!("\n{}: {} bytes, {} slices, {bins} bins", path.display(), bytes.len(), slices.len());
    println!("| | Mbin/s |\n| --- | ---: |");
    let row = |name: &str, seconds: Option<f64>| {
        seconds.map(|seconds| println!("| {name} | {:.0} |", bins as f64 / seconds / 1e6))
    };
    row("reading the syntax, one thread", median(timed(|| read(&units))));
    for jobs in [1, 2] {
        let rewrite = || {
            let units = Stream::new(codec, &bytes[..]);
            let work = |unit: &StreamUnit| black_box(unit.rewrite()).map(drop);
            work_in_order::<_, _, std::io::Error>(units, jobs, StreamUnit::goes_on, work, |_, _| Ok(()))
                .expect("memory");
        };
        row(&format!("reading and writing the stream, {jobs} at once"), median(timed(rewrite)));
    }
    row("the engine alone, told which bins come", median(timed(|| engine_alone(&slices))));
    let ffmpeg = || {
        let start = Instant::now();
        let run = Command::new("ffmpeg")
            .args(["-v", "error", "-threads", "1", "-i"])
            .arg(path)
            .args(["-f", "null", "-"])
            .output();
        run.is_ok_and(|run| run.status.success()).then(|| start.elapsed())
    };
    if is_bench() {
        row("FFmpeg's whole decoder, one thread", median(ffmpeg));
    }
}

criterion_group!(slice_data, benches);
criterion_main!(slice_data);
