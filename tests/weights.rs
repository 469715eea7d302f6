//! Weights: levels come back, containers come back, damage is named, and a decoder that knows the document alone agrees.

mod common;

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
};

use common::{command, expect};
use proptest::prelude::*;
use silicabac::weights::{
    article::{ABS_GR, Layout, LevelsError, MAX_LEVEL, nearest},
    compress::{Coder, Options, Quantizer, Step, compress},
    container::{Coding, Container, ContainerError, Index, Stream, Tensor},
    decompress::{self, decompress},
    model::ModelFile,
    packed,
    plan::{Rule, Treatment},
    quantise::Values,
};

fn layout(columns: usize) -> Layout {
    Layout { abs_gr: ABS_GR, sign_contexts: true, suffix_contexts: 0, row_flags: false, columns }
}

fn levels() -> impl Strategy<Value = Vec<i32>> {
    let level = prop_oneof![
        4 => Just(0),
        4 => -3..4_i32,
        2 => -40..41_i32,
        1 => -MAX_LEVEL..=MAX_LEVEL,
    ];
    prop::collection::vec(level, 0..300)
}

proptest! {
    #[test]
    fn levels_come_back(mut levels in levels(), abs_gr in 1..30_u8, sign_contexts: bool, suffix_contexts in 0..=2_u8, row_flags: bool, columns in 1..40_usize) {
        let layout = Layout { abs_gr, sign_contexts, suffix_contexts, row_flags, columns };
        let stream = layout.encode(&mut levels);
        prop_assert_eq!(layout.decode(&stream, levels.len()), Ok(levels.clone()));
        // Another length is no level too many or too few that nobody notices.
        prop_assert_eq!(layout.decode(&stream, levels.len() + 100_000).is_err(), true);
    }

    #[test]
    fn any_bytes_are_levels_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..100_000_usize) {
        let _ = layout(64).decode(&bytes, count);
    }

    #[test]
    fn the_nearest_level_is_the_nearest(weight in prop_oneof![-20.0..20.0_f32, any::<f32>()]) {
        let level = nearest(weight);
        let limit = MAX_LEVEL as f32;
        prop_assert_eq!(level as f32, if weight.is_nan() { level as f32 } else { weight.round_ties_even().clamp(-limit, limit) });
    }

    /// Without a price the levels are the nearest ones; with one they cost less, in the stream and in the sum that is minimised.
    #[test]
    fn a_price_on_bits_makes_streams_shorter(seed: u64) {
        use rand_chacha::rand_core::{Rng, SeedableRng};
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let weights: Vec<f32> = (0..4000).map(|_| {
            let sum: u32 = (0..4).map(|_| random.next_u32() % 1000).sum();
            (sum as f32 - 1998.0) / 400.0
        }).collect();
        let (mut free, mut priced) = (Vec::new(), Vec::new());
        let stream = layout(50).encode_by_cost(&weights, &[], 0.0, &mut free);
        // Of two that are as near, either.
        let distances = |levels: &[i32]| -> Vec<f32> {
            weights.iter().zip(levels).map(|(weight, level)| (weight - *level as f32).abs()).collect()
        };
        let nearest: Vec<i32> = weights.iter().map(|weight| nearest(*weight)).collect();
        prop_assert!(distances(&free) == distances(&nearest));
        prop_assert_eq!(&stream, &layout(50).encode(&mut free.clone()));
        let shorter = layout(50).encode_by_cost(&weights, &[], 0.2, &mut priced);
        prop_assert_eq!(layout(50).decode(&shorter, 4000).unwrap(), priced);
        prop_assert!(shorter.len() < stream.len());
    }
}

#[test]
fn rows_of_zeros_cost_next_to_nothing_with_flags() {
    let weights: Vec<f32> =
        (0..40_000).map(|i| if i / 400 % 5 == 2 && i % 7 == 0 { 1.3 } else { 0.05 }).collect();
    let layout = layout(400);
    let flagged = Layout { row_flags: true, ..layout };
    let mut nearest: Vec<i32> = weights.iter().map(|weight| nearest(*weight)).collect();
    let (long, short) = (layout.encode(&mut nearest), flagged.encode(&mut nearest));
    assert!(short.len() + 80 * 400 * 2 / 100 / 8 < long.len(), "{} {}", short.len(), long.len());
    assert_eq!(flagged.decode(&short, 40_000).unwrap(), nearest);

    let mut chosen = Vec::new();
    let stream = flagged.encode_by_cost(&weights, &[], 0.05, &mut chosen);
    assert_eq!(flagged.decode(&stream, 40_000).unwrap(), chosen);
    assert_eq!(chosen, nearest);
    // A lone weight in a row is not worth a flag and its bits.
    let mut lone = vec![0.0; 40_000];
    lone[20_000] = 0.9;
    flagged.encode_by_cost(&lone, &[], 0.2, &mut chosen);
    assert!(chosen.iter().all(|level| *level == 0));
}

#[test]
fn damaged_streams_of_levels_are_errors() {
    let stream = layout(10).encode(&mut [5; 300]);
    assert!(matches!(layout(10).decode(&stream[..stream.len() / 2], 300), Err(LevelsError::Decode(_))));
    assert_eq!(layout(10).decode(&[&stream[..], &[0]].concat(), 300), Err(LevelsError::End));
    assert_eq!(layout(10).decode(&stream, 299), Err(LevelsError::End));
}

/// A name, a shape and weights.
type Made<'a> = (&'a str, &'a [u64], Vec<f32>);

/// A safetensors file of one tensor for each name, with these weights.
fn safetensors(dir: &Path, tensors: &[Made<'_>]) -> PathBuf {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape, weights) in tensors {
        let start = data.len();
        data.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
        let entry =
            serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
        header.insert((*name).to_string(), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let path = dir.join("model.safetensors");
    fs::write(&path, [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()).unwrap();
    path
}

fn made_up(dir: &Path) -> PathBuf {
    let wave = |count: usize, scale: f32| noise(count).into_iter().map(|weight| weight * scale).collect();
    safetensors(
        dir,
        &[
            ("a.weight", &[60, 50], wave(3000, 0.5)),
            ("b.bias", &[60], wave(60, 50.0)),
            ("c.weight", &[3, 700_000], wave(2_100_000, 5.0)),
            ("empty", &[0, 4], vec![]),
        ],
    )
}

fn compressed(model: &Path, options: &Options) -> Vec<u8> {
    let mut bytes = Vec::new();
    compress(&mut ModelFile::open(model).unwrap(), None, options, &mut bytes, &|_| ()).unwrap();
    bytes
}

fn weights_of(path: &Path) -> Vec<Vec<f32>> {
    let mut model = ModelFile::open(path).unwrap();
    let infos = model.tensors().to_vec();
    let read = |(number, info): (usize, &silicabac::weights::model::TensorInfo)| {
        let mut bytes = vec![0; info.bytes as usize];
        model.read(number, 0, &mut bytes).unwrap();
        bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    };
    infos.iter().enumerate().map(read).collect()
}

#[test]
fn models_come_back_within_half_a_step() {
    let dir = tempfile::tempdir().unwrap();
    let model = made_up(dir.path());
    let bytes = compressed(&model, &Options::default());
    let mut container = Container::open(Cursor::new(&bytes)).unwrap();
    let again = dir.path().join("again.safetensors");
    decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
    for ((tensor, before), after) in
        container.index().tensors.iter().zip(weights_of(&model)).zip(weights_of(&again))
    {
        let step = match tensor.coding {
            Coding::Article { values: Values::Grid { step }, .. } => step,
            _ => 0.0,
        };
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(after) {
            assert!((before - after).abs() <= step * 0.5001, "{}: {before} {after} {step}", tensor.name);
        }
    }
    // The same bytes on every machine: for any number of threads here.
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| compressed(&model, &Options::default())) == bytes);
    }
}

#[test]
fn every_quantizer_comes_back_as_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let model = made_up(dir.path());
    let nearest = compressed(&model, &Options { step: Step::Bits(5), ..Options::default() }).len();
    for quantizer in [
        Quantizer::RateDistortion { lambda: 0.1 },
        Quantizer::Lloyd { lambda: 0.05, clusters: 16 },
        Quantizer::KMeans { prune: 0.5, clusters: 16 },
    ] {
        let options = Options { step: Step::Bits(5), quantizer, small_bits: Some(10), ..Options::default() };
        let mut bytes = Vec::new();
        let (length, index, summaries) =
            compress(&mut ModelFile::open(&model).unwrap(), None, &options, &mut bytes, &|_| ()).unwrap();
        assert!(
            length as usize == bytes.len() && bytes.len() < nearest,
            "{quantizer:?}: {} of {nearest}",
            bytes.len()
        );
        let mut container = Container::open(Cursor::new(&bytes)).unwrap();
        assert_eq!(container.index(), &index);
        let again = dir.path().join("again.safetensors");
        decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
        for ((before, after), summary) in weights_of(&model).iter().zip(weights_of(&again)).zip(&summaries) {
            let largest =
                before.iter().zip(after).map(|(before, after)| (before - after).abs()).fold(0.0, f32::max);
            assert!(
                (largest - summary.largest_error).abs() <= 1e-6 * summary.largest,
                "{largest} {summary:?}"
            );
        }
        if let Quantizer::KMeans { .. } = quantizer {
            assert!(summaries[0].zeros >= 1400, "{summaries:?}");
        }
    }
}

#[test]
fn standard_deviations_weigh_the_errors() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    let model = safetensors(
        dir.path(),
        &[("w", &[2, 1000], (0..2000).map(|i| (i % 89) as f32 / 44.0 - 1.0).collect())],
    );
    // The first row hardly matters, the second very much.
    let deviations = (0..2000).map(|i| if i < 1000 { 10.0 } else { 0.01 }).collect();
    let sigma = safetensors(&other, &[("w", &[2, 1000], deviations)]);
    let options = Options {
        step: Step::V1(60.0),
        quantizer: Quantizer::RateDistortion { lambda: 0.5 },
        ..Options::default()
    };
    let mut bytes = Vec::new();
    let mut deviations = ModelFile::open(&sigma).unwrap();
    compress(&mut ModelFile::open(&model).unwrap(), Some(&mut deviations), &options, &mut bytes, &|_| ())
        .unwrap();
    let mut container = Container::open(Cursor::new(&bytes)).unwrap();
    let levels = decompress::levels(&mut container, 0, 0).unwrap().unwrap();
    let zeros = |row: &[i32]| row.iter().filter(|level| **level == 0).count();
    assert!(
        zeros(&levels[..1000]) > 900 && zeros(&levels[1000..]) < 100,
        "{} {}",
        zeros(&levels[..1000]),
        zeros(&levels[1000..])
    );
    let missing = compress(&mut ModelFile::open(&model).unwrap(), None, &options, &mut Vec::new(), &|_| ())
        .unwrap_err();
    assert!(missing.to_string().contains("standard deviations"), "{missing}");
}

#[test]
fn damage_costs_the_tensor_alone_that_it_is_in() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = compressed(&made_up(dir.path()), &Options::default());
    let whole = Container::open(Cursor::new(&bytes)).unwrap();
    let streams: u64 = whole.index().tensors.iter().map(|tensor| tensor.stored()).sum();
    let first = bytes.len() - streams as usize;
    // Any byte of the index or before it is put right; of two nothing can be read, and none goes unnoticed.
    assert!(!whole.is_repaired());
    for at in 0..first {
        for by in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= by;
            let container = Container::open(Cursor::new(&damaged));
            let container = container.unwrap_or_else(|error| panic!("byte {at}: {error}"));
            let is_version = at == 3 && damaged[3] == b'1';
            assert!(container.is_repaired() != is_version && container.index() == whole.index(), "byte {at}");
            damaged[(at + 1) % first] ^= 0x55;
            assert!(Container::open(Cursor::new(damaged)).is_err(), "bytes {at} and the next");
        }
    }
    // Nothing can follow the end.
    let error = Container::open(Cursor::new([&bytes[..], b"more"].concat())).unwrap_err();
    assert!(matches!(error, ContainerError::Trailing(4)), "{error}");
    // A byte of the first stream.
    let mut damaged = bytes.clone();
    damaged[first + 5] ^= 1;
    let mut container = Container::open(Cursor::new(damaged)).unwrap();
    let error = container.stream(0, 0).unwrap_err().to_string();
    assert!(error.contains("tensor a.weight, slice 0: its checksum is wrong"), "{error}");
    assert!(container.stream(2, 1).is_ok());
    // The end is missing.
    let mut container = Container::open(Cursor::new(&bytes[..bytes.len() - 1])).unwrap();
    assert!(container.stream(0, 0).is_ok());
    assert!(matches!(container.stream(2, 2), Err(ContainerError::Stream { .. })));
    for length in 0..first {
        assert!(Container::open(Cursor::new(&bytes[..length])).is_err());
    }
}

/// Runs the verb; its output.
fn weights(arguments: &[&str]) -> std::process::Output {
    command().arg("weights").args(arguments).output().unwrap()
}

#[test]
fn the_command_compresses_inspects_and_decompresses() {
    let dir = tempfile::tempdir().unwrap();
    let model = made_up(dir.path());
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    expect(
        &weights(&["compress", "--coder", "cabac", model.to_str().unwrap()]),
        0,
        &["a.weight", "60x50", "article", "lossless", "all headers counted"],
    );
    expect(&weights(&["inspect", &at("model.safetensors.sbw")]), 0, &["c.weight", "3x700000"]);
    expect(&weights(&["decompress", &at("model.safetensors.sbw"), "-o", &at("again.safetensors")]), 0, &[]);
    assert_eq!(weights_of(&model)[1], weights_of(Path::new(&at("again.safetensors")))[1]);

    let mut bytes = fs::read(at("model.safetensors.sbw")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(at("damaged.sbw"), &bytes).unwrap();
    let words = ["tensor c.weight, slice 2: its checksum is wrong; --skip-damaged reads the others"];
    expect(&weights(&["decompress", &at("damaged.sbw"), "-o", &at("none.safetensors")]), 4, &words);
    assert!(!Path::new(&at("none.safetensors")).exists());
    expect(
        &weights(&["decompress", &at("damaged.sbw"), "--skip-damaged", "-o", &at("some.safetensors")]),
        4,
        &words,
    );
    assert_eq!(
        weights_of(Path::new(&at("again.safetensors")))[0],
        weights_of(Path::new(&at("some.safetensors")))[0]
    );
    bytes = fs::read(at("model.safetensors.sbw")).unwrap();
    bytes[40] ^= 0x10;
    fs::write(at("damaged.sbw"), &bytes).unwrap();
    expect(&weights(&["inspect", &at("damaged.sbw")]), 0, &["has been put right", "a.weight"]);
    expect(&weights(&["inspect", model.to_str().unwrap()]), 4, &["does not begin with SBW2"]);
}

#[test]
fn what_cannot_be_compressed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |weights: Vec<f32>, arguments: &[&str], status: i32, words: &[&str]| {
        let model = safetensors(dir.path(), &[("w", &[20, 20], weights)]);
        let output = dir.path().join("w.sbw");
        let run = command()
            .args(["weights", "compress"])
            .arg(&model)
            .arg("-o")
            .arg(&output)
            .args(arguments)
            .output();
        expect(&run.unwrap(), status, words);
        assert!(!output.exists());
    };
    let weights = || vec![0.3; 400];
    refused(weights(), &["--step=0"], 2, &["it has to be a number above zero"]);
    refused(weights(), &["--step=1e-9"], 4, &["take a larger step"]);
    refused(weights(), &["--coarseness=3"], 2, &["--sigma"]);
    for lambda in ["nan", "-1", "inf"] {
        refused(weights(), &["--quantizer=rd", &format!("--lambda={lambda}")], 2, &["zero or above"]);
    }
    refused(weights(), &["--quantizer=kmeans", "--prune=2"], 2, &["0 to below 1"]);
    refused(weights(), &["--bits=25"], 2, &["no number from 2 to 24"]);
    refused(weights(), &["--bits=w=x"], 2, &["no number from 2 to 24"]);
    refused(weights(), &["--quantizer=best"], 2, &["nearest, rd, lloyd, kmeans"]);
    refused(weights(), &["--bits=8", "--step=0.1"], 2, &["exclude each other"]);
    refused(weights(), &["--keep=[a"], 2, &["it is no pattern"]);
    let others = tempfile::tempdir().unwrap();
    let sigma = |value: f32| {
        let mut sigma = vec![0.1; 400];
        sigma[7] = value;
        safetensors(others.path(), &[("w", &[20, 20], sigma)])
    };
    for value in [0.0, -1.0, f32::INFINITY, f32::NAN] {
        let sigma = format!("--sigma={}", sigma(value).display());
        let words = ["tensor w: the standard deviation of element 7 is", "above zero and finite"];
        refused(weights(), &["--quantizer=rd", &sigma], 4, &words);
        refused(weights(), &["--coarseness=30", &sigma], 4, &words);
        refused(weights(), &["--coarseness=257", &sigma], 2, &["0 to 256"]);
    }
}

/// Numbers that no grid has, between -1 and 1.
fn noise(count: usize) -> Vec<f32> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..count).scan(7, |state, _| next(state)).collect()
}

/// A model compressed by the command and made again: what it prints, and the weights before and after.
fn there_and_back(tensors: &[Made<'_>], arguments: &[&str]) -> (String, Vec<[Vec<f32>; 2]>) {
    let dir = tempfile::tempdir().unwrap();
    let model = safetensors(dir.path(), tensors);
    let (container, again) = (dir.path().join("c.sbw"), dir.path().join("again.safetensors"));
    let run = |words: &[&str], from: &Path, to: &Path| {
        let output = command().arg("weights").args(words).arg(from).arg("-o").arg(to).output().unwrap();
        expect(&output, 0, &[]);
        String::from_utf8(output.stdout).unwrap()
    };
    let said = run(&[&["compress"], arguments].concat(), &model, &container);
    run(&["decompress"], &container, &again);
    let both = weights_of(&model).into_iter().zip(weights_of(&again));
    (said, both.map(|(before, after)| [before, after]).collect())
}

#[test]
fn what_is_no_weights_is_kept() {
    let kept = |name: &str, weights: Vec<f32>, why: &str| {
        let shape = [40, weights.len() as u64 / 40];
        let tensors = [(name, &shape[..], weights.clone()), ("w", &[40, 40], noise(1_600))];
        let (said, both) = there_and_back(&tensors, &[]);
        let is_same = both[0][0].iter().zip(&both[0][1]).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(
            is_same && said.contains(&format!("note: {name}: kept as it is: ")) && said.contains(why),
            "{name}: {said}"
        );
        assert!(both[1][0] != both[1][1], "weights are compressed beside it");
    };
    for (name, why) in [
        ("layers.3.mlp.scales", "quantised before"),
        ("state.0.exp_avg_sq", "the state of an optimiser"),
        ("optimizer/dense/velocity:0", "the state of an optimiser"),
        ("head.anchor_grid", "positions"),
        ("model.bn.running_var", "statistics"),
        ("attn.causal_mask", "a mask"),
    ] {
        kept(name, noise(1_600), why);
    }
    let with = |value: f32| {
        let mut weights = noise(1_600);
        weights[37] = value;
        weights
    };
    kept("odd", with(f32::NAN), "element 37 is NaN");
    kept("odd", with(f32::NEG_INFINITY), "element 37 is -inf");
    kept("bias", (0..1_600).map(|i| if i % 3 == 0 { f32::MIN } else { 0.0 }).collect(), "sixteenths");
    kept("cells", (0..1_600).map(|i| (i / 40) as f32 + 0.5).collect(), "sixteenths");
    kept("steps", (0..1_600).map(|i| f32::from_bits(i % 60)).collect(), "too small");
    // Unless somebody names it.
    let tensors = [("state.0.exp_avg", &[40, 40][..], noise(1_600)), ("b", &[40, 40], noise(1_600))];
    let (said, both) = there_and_back(&tensors, &["--bits", "*exp_avg=8", "--keep", "b"]);
    assert!(both[0][0] != both[0][1] && both[1][0] == both[1][1], "{said}");
}

/// Each weight that is not tiny beside the others comes back with something left of it.
#[test]
fn no_tensor_becomes_zeros() {
    let lost = |weights: Vec<f32>, note: &str| {
        let (said, both) = there_and_back(&[("w", &[64, 64], weights)], &[]);
        let [before, after] = &both[0];
        let mut magnitudes: Vec<f32> =
            before.iter().map(|weight| weight.abs()).filter(|weight| *weight > 0.0).collect();
        magnitudes.sort_by(f32::total_cmp);
        let median = magnitudes[magnitudes.len() / 2];
        let is_lost = |(before, after): &(&f32, &f32)| **after == 0.0 && before.abs() >= median;
        assert_eq!(before.iter().zip(after).filter(is_lost).count(), 0, "{said}");
        assert!(after.iter().all(|weight| weight.is_finite()) && said.contains(note), "{said}");
    };
    let with = |scale: f32, outlier: f32| -> Vec<f32> {
        let mut weights: Vec<f32> = noise(4_096).into_iter().map(|weight| weight * scale).collect();
        weights[1_234] = outlier;
        weights
    };
    lost(with(1.0, 5e4), "is an outlier");
    lost(with(1e-3, -77.7), "is an outlier");
    lost(with(1e-37, 0.0), "");
    lost(with(1e-40, 0.0), "");
    // A few that are a million times the others, but too many for outliers.
    let few = noise(4_096)
        .into_iter()
        .enumerate()
        .map(|(i, weight)| if i % 40 == 3 { weight } else { weight * 1e-6 });
    lost(few.collect(), "have become zero");
}

#[test]
fn finite_weights_stay_finite_in_every_type() {
    use half::{bf16, f16};
    let dir = tempfile::tempdir().unwrap();
    let all =
        |largest: f32| noise(4_096).into_iter().map(move |weight| weight * largest).collect::<Vec<f32>>();
    let f32s: Vec<u8> = all(f32::MAX).iter().flat_map(|w| w.to_le_bytes()).collect();
    let f16s: Vec<u8> = all(65_504.0).iter().flat_map(|w| f16::from_f32(*w).to_le_bytes()).collect();
    let bf16s: Vec<u8> = all(3e38).iter().flat_map(|w| bf16::from_f32(*w).to_le_bytes()).collect();
    for (dtype, data) in [("F32", f32s), ("F16", f16s), ("BF16", bf16s)] {
        let header =
            format!(r#"{{"w":{{"dtype":"{dtype}","shape":[64,64],"data_offsets":[0,{}]}}}}"#, data.len());
        let model = dir.path().join("m.safetensors");
        fs::write(&model, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat())
            .unwrap();
        for step in [Step::Bits(8), Step::Bits(4), Step::Relative(0.3)] {
            let names = glob::Pattern::new("w").unwrap();
            let named = Rule { names, what: Treatment::Quantizer(Quantizer::Nearest) };
            let options = Options { step, rules: vec![named], ..Options::default() };
            let bytes = compressed(&model, &options);
            let again = dir.path().join("again.safetensors");
            let mut container = Container::open(Cursor::new(&bytes)).unwrap();
            decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
            let mut file = ModelFile::open(&again).unwrap();
            let (element, mut raw) = (file.tensors()[0].element, vec![0; data.len()]);
            file.read(0, 0, &mut raw).unwrap();
            let back = silicabac::weights::numbers::weights(element, &raw);
            let before = silicabac::weights::numbers::weights(element, &data);
            assert!(back.iter().all(|weight| weight.is_finite()) && raw != data, "{dtype} {step:?}");
            // What the report says is what came back.
            let mut sink = Vec::new();
            let (_, _, summaries) =
                compress(&mut ModelFile::open(&model).unwrap(), None, &options, &mut sink, &|_| ()).unwrap();
            let largest = before.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert_eq!(summaries[0].largest_error, largest, "{dtype} {step:?}");
        }
    }
}

/// What xz makes of all levels as one file is never smaller.
#[test]
fn xz_is_never_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let rows =
        |count: usize| (0..count).flat_map(|row| noise(50 + row % 7).into_iter().cycle().take(64)).collect();
    let models: [Vec<Made<'_>>; 3] = [
        vec![("a", &[64, 64], noise(4_096)), ("b", &[64, 64], noise(4_096))],
        vec![("a", &[64, 64], rows(64)), ("short", &[3], noise(3)), ("b", &[80, 64], rows(80))],
        vec![("a", &[64, 64], noise(4_096).iter().map(|x| x * x * x).collect()), ("b", &[10, 64], rows(10))],
    ];
    for tensors in &models {
        let model = safetensors(dir.path(), tensors);
        let stored = |coder| {
            let bytes = compressed(&model, &Options { coder, ..Options::default() });
            let mut container = Container::open(Cursor::new(&bytes)).unwrap();
            let tensors = container.index().tensors.clone();
            let mut all = Vec::new();
            for (number, tensor) in tensors.iter().enumerate() {
                for part in 0..tensor.parts().count() {
                    all.extend(decompress::levels(&mut container, number, part).unwrap().unwrap_or_default());
                }
            }
            let coded = tensors.iter().filter(|tensor| tensor.coding.values().is_some());
            (coded.map(Tensor::stored).sum::<u64>(), all)
        };
        let ((cabac, levels), (smallest, same)) = (stored(Coder::Cabac), stored(Coder::Smallest));
        assert_eq!(levels, same);
        let mut xz = packed::encoder(Vec::new(), levels.len() as u64).unwrap();
        xz.write_all(&packed::bytes_of(&levels, 1)).unwrap();
        let xz = xz.finish().unwrap().len() as u64;
        assert_eq!(smallest, cabac.min(xz), "{cabac} {xz}");
    }
}

#[test]
fn a_search_keeps_the_accuracy_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let wave = (0..4000).map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 500.0).collect();
    let model = safetensors(dir.path(), &[("w", &[40, 100], wave)]);
    // The accuracy of this evaluator is how much the file still looks like the first one, in bytes that are equal.
    let original = dir.path().join("original");
    fs::copy(&model, &original).unwrap();
    let log = dir.path().join("log");
    let evaluate = format!(
        "echo run >> {log}; echo accuracy $((100 - $(cmp -l {original} {{}} | wc -l) / 250))",
        log = log.display(),
        original = original.display()
    );
    let search =
        || weights(&["search", model.to_str().unwrap(), "--evaluate", &evaluate, "--tolerance", "60"]);
    expect(&search(), 0, &["original: ", "best: relative, size ", "accuracy: "]);
    let table = fs::read_to_string(dir.path().join("model.safetensors.sbw.csv")).unwrap();
    assert!(table.lines().count() > 30 && table.starts_with("# trials of "));
    assert!(fs::read_to_string(dir.path().join("model.safetensors.sbw.svg")).unwrap().ends_with("</svg>\n"));
    let runs = || fs::read_to_string(&log).unwrap().lines().count();
    let first = runs();
    // All trials are known; only the original is looked at again.
    expect(&search(), 0, &["trials are known"]);
    assert_eq!(runs(), first + 1);

    // A table that says anything else is not believed, and not written over.
    let csv = dir.path().join("model.safetensors.sbw.csv");
    let line = table.lines().nth(2).unwrap();
    for (wrong, words) in [
        (format!("{table}{line}\n"), "this trial stands there already"),
        (table.replacen("size,", "step,", 1), "another model"),
        (table.replacen("# trials of ", "# trials of f", 1), "another model, evaluator or other options"),
        (table[..table.len() - 9].to_owned() + ",", "it is no trial"),
        (String::new(), "line 1"),
    ] {
        fs::write(&csv, &wrong).unwrap();
        expect(&search(), 4, &["model.safetensors.sbw.csv", words, "table of trials"]);
        assert_eq!(fs::read_to_string(&csv).unwrap(), wrong);
    }
    // What was trained again, or is evaluated otherwise, has no trials yet.
    fs::write(&csv, &table).unwrap();
    let others = [&["--evaluate", "echo accuracy 100"][..], &["--evaluate", &evaluate, "--keep", "x"]];
    for other in others {
        let search = weights(&[&["search", model.to_str().unwrap(), "--tolerance", "60"], other].concat());
        expect(&search, 4, &["another model, evaluator or other options", "--csv"]);
    }
    safetensors(dir.path(), &[("w", &[40, 100], noise(4_000))]);
    fs::copy(&model, &original).unwrap();
    expect(&search(), 4, &["another model, evaluator or other options"]);
    assert_eq!(fs::read_to_string(&csv).unwrap(), table);
    fs::remove_file(&csv).unwrap();
    fs::create_dir(&csv).unwrap();
    expect(&search(), 4, &["model.safetensors.sbw.csv: it is a directory; name a file"]);

    fs::remove_dir(&csv).unwrap();
    let fails = weights(&["search", model.to_str().unwrap(), "--evaluate", "echo nothing; exit 3"]);
    expect(&fails, 4, &["the evaluator failed", "exit status: 3"]);
    let silent = weights(&["search", model.to_str().unwrap(), "--evaluate", "echo nothing"]);
    expect(&silent, 4, &["it printed no number"]);
}

#[test]
fn a_tensor_comes_out_alone_and_a_model_goes_through_pipes() {
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let wave: Vec<f32> = (0..4000).map(|i| ((i * i % 997) as f32 - 498.0) * 0.001).collect();
    let model = safetensors(dir.path(), &[("w", &[40, 100], wave.clone()), ("b", &[3], vec![1.0, 2.0, 3.0])]);
    expect(&weights(&["compress", model.to_str().unwrap()]), 0, &[]);
    let container = dir.path().join("model.safetensors.sbw");
    let extract = |name: &str, output: &str| {
        let output = dir.path().join(output);
        let run = weights(&["extract", container.to_str().unwrap(), name, "-o", output.to_str().unwrap()]);
        (run, output)
    };
    let (run, raw) = extract("b", "b.bin");
    expect(&run, 0, &[]);
    assert_eq!(fs::read(raw).unwrap(), [1.0_f32, 2.0, 3.0].map(f32::to_le_bytes).concat());
    let (run, npy) = extract("w", "w.npy");
    expect(&run, 0, &[]);
    let npy = fs::read(npy).unwrap();
    assert!(npy.starts_with(b"\x93NUMPY\x01\x00") && (npy.len() - 16_000) % 64 == 0);
    let header = String::from_utf8_lossy(&npy[10..npy.len() - 16_000]).into_owned();
    assert_eq!(header.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (40, 100, ), }");
    let step = 0.498 / 127.0;
    for (weight, back) in wave.iter().zip(npy[npy.len() - 16_000..].chunks(4)) {
        let back = f32::from_le_bytes(back.try_into().unwrap());
        assert!((weight - back).abs() <= step / 2.0 + 1e-6);
    }
    expect(&extract("v", "v.npy").0, 2, &["there is no tensor v", "inspect"]);

    // Through pipes comes what comes by files.
    let again = dir.path().join("again.safetensors");
    expect(&weights(&["decompress", container.to_str().unwrap(), "-o", again.to_str().unwrap()]), 0, &[]);
    let pipe = "$B weights compress - -o - < $M | $B weights decompress - -o - > $O && $B weights extract $C b -o - | wc -c";
    let run = Command::new("sh")
        .args(["-c", pipe])
        .env("B", env!("CARGO_BIN_EXE_silicabac"))
        .envs([("M", &model), ("C", &container), ("O", &dir.path().join("piped"))])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    expect(&run, 0, &["12"]);
    assert!(String::from_utf8_lossy(&run.stderr).contains("all headers counted"));
    assert!(fs::read(dir.path().join("piped")).unwrap() == fs::read(again).unwrap());
    expect(
        &weights(&["search", model.to_str().unwrap(), "--evaluate", "echo 1", "-o", "-"]),
        2,
        &["name the container"],
    );
}

#[test]
fn weights_go_through_both_cores() {
    let dir = tempfile::tempdir().unwrap();
    let wave = (0..3000).map(|i| ((i * i % 997) as f32 - 498.0) * 0.001).collect();
    let model = safetensors(dir.path(), &[("w", &[60, 50], wave)]);
    let played = |coder: &str| {
        expect(&weights(&["compress", "--coder", coder, model.to_str().unwrap()]), 0, &[]);
        let container = dir.path().join("model.safetensors.sbw");
        command().args(["cosim", "--seed=1", "--weights"]).arg(container).output().unwrap()
    };
    expect(&played("cabac"), 0, &["model", "equal"]);
    // These weights come again and again.
    expect(&played("smallest"), 4, &["packed by xz, which no core decodes", "--coder cabac"]);
}

/// `tests/sbw.py` was written from docs/weights.md alone.
#[test]
fn a_decoder_in_python_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let wave = |count: usize| (0..count).map(|i| ((i * i % 997) as f32 - 498.0) * 0.001).collect();
    let model = safetensors(
        dir.path(),
        &[
            ("a", &[60, 50], wave(3000)),
            ("b", &[7], wave(7)),
            ("c", &[4, 5, 6, 20], wave(2400)),
            ("d", &[50, 60], wave(3000)),
        ],
    );
    for arguments in [
        &["--bits=8"][..],
        &["--bits=3", "--coder=cabac"],
        &["--bits=8", "--abs-gr=1", "--coder=cabac"],
        &["--bits=a=12", "--bits=d=12"],
        &["--quantizer=lloyd", "--clusters=8"],
    ] {
        expect(
            &command().args(["weights", "compress"]).arg(&model).args(arguments).output().unwrap(),
            0,
            &[],
        );
        let container = dir.path().join("model.safetensors.sbw");
        let again = dir.path().join("again.safetensors");
        expect(
            &command()
                .args(["weights", "decompress"])
                .arg(&container)
                .arg("-o")
                .arg(&again)
                .output()
                .unwrap(),
            0,
            &[],
        );
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sbw.py");
        // Of the frames of zstd in a container, the index is the one that the script has to see through.
        let bytes = fs::read(&container).unwrap();
        let packed = &bytes[12..][..u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize];
        let index = dir.path().join("index");
        fs::write(&index, zstd::decode_all(packed).unwrap()).unwrap();
        let run = Command::new("python3").arg(script).arg(&container).arg(&index).output();
        let run = run.expect("python3 is on the PATH");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let coded = |weights: Vec<Vec<f32>>| {
            weights.into_iter().filter(|weights| weights.len() > 256).flatten().collect::<Vec<f32>>()
        };
        let read: Vec<f32> =
            run.stdout.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
        assert!(read == coded(weights_of(&again)), "{arguments:?}");
    }
}

/// A tensor that is stored as it is.
fn lossless(name: &str, bytes: u64, streams: Vec<Stream>) -> Tensor {
    Tensor {
        name: name.into(),
        element: 3,
        shape: vec![bytes],
        bytes,
        coding: Coding::Lossless { planes: 1 },
        streams,
    }
}

#[test]
fn two_tensors_of_one_name_are_no_container() {
    let index = |names: [&str; 2]| Index {
        format: 0,
        skeleton: vec![],
        tensors: names.map(|name| lossless(name, 0, vec![])).into(),
    };
    let mut bytes = Vec::new();
    let refused = index(["aa", "aa"]).write(&mut bytes, &mut std::io::empty()).unwrap_err();
    assert!(refused.to_string().contains("two tensors are called \"aa\"") && bytes.is_empty(), "{refused}");
    index(["aa", "ab"]).write(&mut bytes, &mut std::io::empty()).unwrap();
    Container::open(Cursor::new(&bytes)).unwrap();
    let mut unpacked = zstd::decode_all(&bytes[12..]).unwrap();
    let second = unpacked.windows(2).position(|name| name == b"ab").unwrap();
    unpacked[second + 1] = b'a';
    let packed = zstd::encode_all(&*unpacked, 1).unwrap();
    let head = [(packed.len() as u32).to_le_bytes(), crc32fast::hash(&packed).to_le_bytes()].concat();
    let twice = [&b"SBW1"[..], &head, &packed].concat();
    let error = Container::open(Cursor::new(&twice)).unwrap_err().to_string();
    assert!(error.contains("two tensors have one name"), "{error}");
}

#[test]
fn a_stream_behind_4_gib_is_found_in_a_container() {
    use std::io::{Seek, SeekFrom, Write};
    let slices = 20;
    let bytes = b"behind";
    let hole = vec![Stream { len: 1 << 28, crc32: 0 }; slices];
    let behind = vec![Stream { len: bytes.len() as u64, crc32: crc32fast::hash(bytes) }];
    let tensors = vec![lossless("hole", (slices as u64) << 22, hole), lossless("behind", 9, behind)];
    let index = Index { format: 0, skeleton: vec![], tensors };
    let dir = tempfile::tempdir().unwrap();
    let mut file =
        fs::File::options().read(true).write(true).create_new(true).open(dir.path().join("far.sbw")).unwrap();
    let start = index.write(&mut file, &mut std::io::empty()).unwrap();
    file.seek(SeekFrom::Start(start + ((slices as u64) << 28))).unwrap();
    file.write_all(bytes).unwrap();
    let mut container = Container::open(file).unwrap();
    assert_eq!(container.stream(1, 0).unwrap(), bytes);
}

#[test]
fn a_container_without_levels_is_nothing_to_play() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.sbw");
    let index = Index { format: 0, skeleton: vec![], tensors: vec![] };
    index.write(&mut fs::File::create(&path).unwrap(), &mut std::io::empty()).unwrap();
    expect(&command().args(["cosim", "--weights"]).arg(&path).output().unwrap(), 4, &["there is no slice"]);
}
