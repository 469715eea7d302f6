//! How long the engine and the walks take for each bin: the minimum of some rounds, a line for each kind of bins. `peers/against` runs it
//! in turns with the same program over another commit of the library, and prints the ratios.

use std::{env, hint::black_box, path::Path, time::Instant};

use silicabac::{
    avc,
    bin::{BinCoder, Encode},
    engine::{Decoder, Encoder, Interleaved},
    files, hevc,
    stream::{Stream, StreamUnit, codec_of},
};
use silicabac_peers::{Engine, Sequence};

/// How often each row is measured.
const ROUNDS: usize = 5;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let only = env::args().nth(1).unwrap_or_default();
    let wanted = |name: &str| name.contains(&only);
    let golden = |name: &str| root.join("golden").join(name);
    let (avc, hevc) = (golden("avc.cbt.zst"), golden("hevc.cbt.zst"));
    let rows: [(&str, &dyn Fn() -> Sequence); 13] = [
        ("H.264 slices, context bins", &|| Sequence::slice_contexts(&avc)),
        ("H.265 slices, context bins", &|| Sequence::slice_contexts(&hevc)),
        ("H.264 slices", &|| Sequence::slices(&avc)),
        ("H.265 slices", &|| Sequence::slices(&hevc)),
        ("P .7, 1 context", &|| Sequence::context(1, 0.7)),
        ("P .99, 1 context", &|| Sequence::context(1, 0.99)),
        ("P .5, 400 contexts", &|| Sequence::context(400, 0.5)),
        ("P .7, 400 contexts", &|| Sequence::context(400, 0.7)),
        ("P .9, 400 contexts", &|| Sequence::context(400, 0.9)),
        ("P .99, 400 contexts", &|| Sequence::context(400, 0.99)),
        ("P .7, 30 % bypass", &|| Sequence::mix(400, 0.7)),
        ("bypass, one by one", &Sequence::bypass),
        ("bypass, 8 at once", &Sequence::bypass_bytes),
    ];
    for (name, sequence) in rows.into_iter().filter(|(name, _)| wanted(name)) {
        let sequence = sequence();
        let written = sequence.write::<Engine>();
        assert_eq!(sequence.read::<Engine>(&written), 0, "{name}");
        let decode = fastest(|| sequence.read::<Engine>(black_box(&written)));
        let encode = fastest(|| black_box(&sequence).write::<Engine>().len());
        print(name, "decode", decode, sequence.bins());
        print(name, "encode", encode, sequence.bins());
    }
    if wanted("interleaved") {
        let sequence = Sequence::context(400, 0.7);
        interleaved::<2>(&sequence);
        interleaved::<3>(&sequence);
        interleaved::<4>(&sequence);
    }
    for path in streams(&root.join("tests/streams")) {
        let name = format!("walk of {}", path.rsplit('/').next().unwrap_or(&path));
        if wanted(&name) {
            walk(&name, &path);
        }
    }
}

fn streams(small: &Path) -> Vec<String> {
    if let Ok(paths) = env::var("SILICABAC_STREAM") {
        return paths.split(':').map(str::to_owned).collect();
    }
    let names = ["x264_main_mbaff_qcif_lowqp.264", "x265_main_ipb_qcif.265"];
    names.map(|name| small.join(name).to_string_lossy().into_owned()).to_vec()
}

/// The least number of seconds that the work takes.
fn fastest<T>(mut work: impl FnMut() -> T) -> f64 {
    let seconds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}

fn print(name: &str, direction: &str, seconds: f64, bins: usize) {
    println!("{name}\t{direction}\t{:.4}", seconds * 1e9 / bins as f64);
}

fn interleaved<const N: usize>(sequence: &Sequence) {
    let Sequence::Context(bins, _) = sequence else { unreachable!("context bins are interleaved") };
    let written = sequence.write::<Engine>();
    let decode = || {
        let mut decoders = Interleaved([(); N].map(|()| Decoder::new(black_box(&written[0]))));
        let is_wrong = |&(ctx, bin)| usize::from(decoders.context([ctx; N], [false; N]) != [bin; N]);
        bins.iter().map(is_wrong).sum::<usize>()
    };
    let encode = || {
        let mut encoders = Interleaved([(); N].map(|()| Encoder::new()));
        black_box(bins).iter().for_each(|&(ctx, bin)| _ = encoders.context([ctx; N], [bin; N]));
        encoders.0.map(|mut encoder| {
            encoder.terminate(true);
            encoder.finish().len()
        })
    };
    let name = format!("{N} streams interleaved");
    print(&name, "decode", fastest(decode), N * bins.len());
    print(&name, "encode", fastest(encode), N * bins.len());
}

fn walk(name: &str, path: &str) {
    let bytes = files::read(Path::new(path), 1 << 30).unwrap_or_else(|error| panic!("{path}: {error}"));
    let codec = codec_of(&bytes).expect("a stream of either standard");
    let units: Vec<_> = Stream::new(codec, &bytes[..]).map(|unit| unit.expect("memory")).collect();
    let traces = units.iter().filter_map(StreamUnit::trace).map(|trace| trace.expect("a whole slice").slice);
    let bins = traces.map(|slice| slice.events().iter().filter(|event| event.is_bin()).count()).sum();
    print(name, "decode", fastest(|| units.iter().for_each(read)), bins);
}

fn read(unit: &StreamUnit) {
    match unit {
        StreamUnit::Avc(unit) => {
            let Some((parameters, data)) = unit.slice() else { return };
            black_box(avc::read_each(parameters, Decoder::new(data), |_| {})).1.expect("a whole slice");
        }
        StreamUnit::Hevc(unit) => {
            let Some((parameters, before, data)) = unit.segment() else { return };
            black_box(hevc::read_each(parameters, before, Decoder::new(data), |_| {}))
                .1
                .expect("a whole segment");
        }
    }
}
