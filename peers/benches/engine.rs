//! The engine and other coders, on the same bins. At the end it prints a table of ratios, and below it the ratios of interleaved streams:
//! medians of runs in turns, so that the noise of a machine affects all coders alike.

use std::{hint::black_box, path::Path, time::Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use silicabac::{
    bin::{BinCoder, Encode},
    engine::{Decoder, Encoder, Interleaved},
};
use silicabac_peers::{Coder, Constriction, Crate, Engine, Sequence, Spec};

/// A sequence with its name.
type Named = (&'static str, Sequence);

fn sequences() -> Vec<Named> {
    let golden = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden").join(name);
    vec![
        ("P .5, 400 contexts", Sequence::context(400, 0.5)),
        ("P .7, 400 contexts", Sequence::context(400, 0.7)),
        ("P .9, 400 contexts", Sequence::context(400, 0.9)),
        ("P .99, 400 contexts", Sequence::context(400, 0.99)),
        ("P .5, 1 context", Sequence::context(1, 0.5)),
        ("P .7, 1 context", Sequence::context(1, 0.7)),
        ("P .9, 1 context", Sequence::context(1, 0.9)),
        ("P .99, 1 context", Sequence::context(1, 0.99)),
        ("P .7, 30 % bypass", Sequence::mix(400, 0.7)),
        ("bypass, one by one", Sequence::bypass()),
        ("bypass, 8 at once", Sequence::bypass_bytes()),
        ("H.264 slices", Sequence::slices(&golden("avc.cbt.zst"))),
        ("H.265 slices", Sequence::slices(&golden("hevc.cbt.zst"))),
    ]
}

fn benches(criterion: &mut Criterion) {
    let sequences = sequences();
    for (name, sequence) in &sequences {
        let mut group = criterion.benchmark_group(*name);
        group.throughput(Throughput::Elements(sequence.bins() as u64));
        let written = check::<Engine>(sequence);
        group.bench_function("decode", |bencher| {
            bencher.iter(|| sequence.read::<Engine>(black_box(&written)))
        });
        group.bench_function("encode", |bencher| bencher.iter(|| black_box(sequence).write::<Engine>()));
        group.finish();
    }
    println!(
        "\n| bins | decode: Mbin/s | to `cabac` | to the oracle | to constriction | encode: Mbin/s | to `cabac` | to the oracle | to constriction |"
    );
    println!("| --- |{}", " ---: |".repeat(8));
    for (name, sequence) in &sequences {
        println!("| {name} |{}", row(sequence));
    }
    for count in [2, 3, 4] {
        let (decode, encode) = match count {
            2 => interleaved::<2>(&sequences[1].1),
            3 => interleaved::<3>(&sequences[1].1),
            _ => interleaved::<4>(&sequences[1].1),
        };
        println!(
            "{count} streams interleaved, P .7, 400 contexts: {decode:.2} of one stream's speed decoding, {encode:.2} encoding"
        );
    }
}

/// Writes and reads a sequence, which has to come back unchanged.
fn check<C: Coder>(sequence: &Sequence) -> Vec<Vec<u8>> {
    let written = sequence.write::<C>();
    assert_eq!(sequence.read::<C>(&written), 0);
    written
}

fn row(sequence: &Sequence) -> String {
    let is_alike = matches!(sequence, Sequence::Context(..) | Sequence::Mix(..));
    let engine = check::<Engine>(sequence);
    let (other, oracle, kin) =
        (check::<Crate>(sequence), check::<Spec>(sequence), check::<Constriction>(sequence));
    let decode = medians(&mut [
        &mut || sequence.read::<Engine>(black_box(&engine)),
        &mut || sequence.read::<Crate>(black_box(&other)),
        &mut || sequence.read::<Spec>(black_box(&oracle)),
        &mut || sequence.read::<Constriction>(black_box(&kin)),
    ]);
    let encode = medians(&mut [
        &mut || black_box(sequence).write::<Engine>().len(),
        &mut || black_box(sequence).write::<Crate>().len(),
        &mut || black_box(sequence).write::<Spec>().len(),
        &mut || black_box(sequence).write::<Constriction>().len(),
    ]);
    let cells = |seconds: [f64; 4]| {
        let speed = sequence.bins() as f64 / seconds[0] / 1e6;
        let kin = if is_alike { format!("{:.2}", seconds[3] / seconds[0]) } else { String::new() };
        format!(" {speed:.0} | {:.2} | {:.1} | {kin} |", seconds[1] / seconds[0], seconds[2] / seconds[0])
    };
    cells(decode) + &cells(encode)
}

/// How often each coder is run by `cargo bench`; `cargo test` runs it once.
const RUNS: usize = 25;

/// The median of the seconds that each coder takes; they run in turns.
fn medians<const N: usize>(work: &mut [&mut dyn FnMut() -> usize; N]) -> [f64; N] {
    let mut seconds = [const { Vec::new() }; N];
    let runs = if std::env::args().any(|argument| argument == "--bench") { RUNS } else { 1 };
    for _ in 0..runs {
        for (work, seconds) in work.iter_mut().zip(&mut seconds) {
            let start = Instant::now();
            black_box(work());
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        seconds[runs / 2]
    })
}

/// How fast `N` copies of a sequence are coded at once, and one alone.
fn interleaved<const N: usize>(sequence: &Sequence) -> (f64, f64) {
    let Sequence::Context(bins, _) = sequence else { panic!("context bins are interleaved") };
    let written = check::<Engine>(sequence);
    let mut decode = || {
        let mut decoders = Interleaved([(); N].map(|()| Decoder::new(black_box(&written[0]))));
        let is_wrong = |&(ctx, bin)| usize::from(decoders.context([ctx; N], [false; N]) != [bin; N]);
        bins.iter().map(is_wrong).sum()
    };
    assert_eq!(decode(), 0);
    let mut encode = || {
        let mut encoders = Interleaved([(); N].map(|()| Encoder::new()));
        black_box(bins).iter().for_each(|&(ctx, bin)| _ = encoders.context([ctx; N], [bin; N]));
        encoders.0.map(|mut encoder| {
            encoder.terminate(true);
            encoder.finish().len()
        })[0]
    };
    let decoded = medians(&mut [&mut decode, &mut || sequence.read::<Engine>(black_box(&written))]);
    let encoded = medians(&mut [&mut encode, &mut || black_box(sequence).write::<Engine>().len()]);
    (N as f64 * decoded[1] / decoded[0], N as f64 * encoded[1] / encoded[0])
}

criterion_group!(engine, benches);
criterion_main!(engine);
