//! Tensors that are no weights are kept; weights come back finite and not as zeros.

use std::{fs, io::Cursor};

use silicabac::weights::{
    compress::{Options, Quantizer, Step, compress},
    container::Container,
    decompress::decompress,
    model::{ModelFile, Type},
    plan::{Rule, Treatment},
};

use super::made::{compressed, first_of, noise, safetensors, there_and_back, typed, weights, weights_of};
use crate::common::expect;

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
        ("dense/kernel/Adam_1:0", "the state of an optimiser"),
        ("opt_state.0.nu.dense", "the state of an optimiser"),
        ("opt.m.dense", "the state of an optimiser"),
        ("state.3.square_avg", "the state of an optimiser"),
        ("head.anchor_grid", "positions"),
        ("model.bn.running_var", "statistics"),
        ("attn.causal_mask", "a mask"),
        ("model.layers.0.q_proj.weight_scale_inv", "quantised before"),
        ("fc.weight.absmax", "quantised before"),
        ("fc.SCB", "quantised before"),
        ("q_proj.MatMul_scales", "quantised before"),
        ("Adam/v/dense/kernel:0", "the state of an optimiser"),
        ("dense.kernel.m", "the state of an optimiser"),
        ("state.1.max_exp_avg_sq", "the state of an optimiser"),
        ("attn.relative_coords_table", "positions"),
        ("rotary.inv_freq", "positions"),
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
    kept(
        "slopes",
        noise(1_600).into_iter().map(|w| if w > 0.0 { f32::MIN } else { w }).collect(),
        "at the limit of its type",
    );
    // The values of squares and the like differ widely, whatever the tensor is called.
    kept("s", noise(1_600).into_iter().map(|w| w.powi(8)).collect(), "none of its values is negative");
    kept("cells", (0..1_600).map(|i| (i / 40) as f32 + 0.5).collect(), "sixteenths");
    kept("steps", (0..1_600).map(|i| f32::from_bits(i % 60)).collect(), "too small");
    // Unless a rule names it.
    let tensors = [("state.0.exp_avg", &[40, 40][..], noise(1_600)), ("b", &[40, 40], noise(1_600))];
    let (said, both) = there_and_back(&tensors, &["--bits", "*exp_avg=8", "--keep", "b"]);
    assert!(both[0][0] != both[0][1] && both[1][0] == both[1][1], "{said}");
}

/// Weights can all be positive.
#[test]
fn what_is_spread_like_weights_is_compressed() {
    for (name, of) in [
        ("codes", (|w| (w + 1.0) / 2.0) as fn(f32) -> f32),
        ("wave", |w| w.powi(9)),
        ("mask_token", |w| w),
        ("conv.weight_v", |w| w),
        ("scaled.weight", |w| w),
    ] {
        let (said, both) =
            there_and_back(&[(name, &[40, 40], noise(1_600).into_iter().map(of).collect())], &[]);
        assert!(both[0][0] != both[0][1] && !said.contains("kept as it is"), "{name}: {said}");
    }
}

/// A gain or a bias is kept, whichever of its dimensions is not 1.
#[test]
fn what_is_flat_is_kept() {
    let shapes: [&[u64]; 4] = [&[1_600], &[1_600, 1], &[1, 1_600], &[1, 1_600, 1, 1]];
    for shape in shapes {
        let tensors = [("gain", shape, noise(1_600)), ("w", &[40, 40], noise(1_600))];
        let (said, both) = there_and_back(&tensors, &[]);
        assert!(both[0][0] == both[0][1] && both[1][0] != both[1][1], "{shape:?}: {said}");
    }
    let (said, both) = there_and_back(&[("flat", &[70_000], noise(70_000))], &[]);
    assert!(both[0][0] != both[0][1], "{said}");
}

/// A user who asks for nearly all zeros gets them, and a note.
#[test]
fn what_becomes_nearly_all_zeros_is_said() {
    let asked: [&[&str]; 3] = [
        &["--quantizer=rd", "--lambda=1000"],
        &["--quantizer=kmeans", "--prune=0.97"],
        &["--relative-step=1.98"],
    ];
    for arguments in asked {
        let (said, both) = there_and_back(&[("w", &[64, 64], noise(4_096))], arguments);
        let zeros = both[0][1].iter().filter(|weight| **weight == 0.0).count();
        assert!(zeros > 3_891 && said.contains("% of its weights that are not zero become zero"), "{said}");
    }
    // Weights that were zero before do not count.
    let sparse =
        noise(4_096).into_iter().enumerate().map(|(i, weight)| if i % 50 == 0 { weight } else { 0.0 });
    let (said, _) =
        there_and_back(&[("w", &[64, 64], sparse.collect())], &["--quantizer=rd", "--lambda=0.05"]);
    assert!(!said.contains("become zero"), "{said}");
}

/// No weight that is not tiny in comparison with the others becomes zero.
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
    lost(with(0.2, 5e4), "is an outlier");
    lost(with(1e-37, 0.0), "");
    lost(with(1e-40, 0.0), "");
    // A few that are a million times the others, but too many for outliers.
    let few = noise(4_096)
        .into_iter()
        .enumerate()
        .map(|(i, weight)| if i % 40 == 3 { weight } else { weight * 1e-6 });
    lost(few.collect(), "have become zero");
}

/// The same with steps that are shares: they are shares of the bound of the others.
#[test]
fn an_outlier_decides_no_step() {
    let with = |outlier: f32| {
        let mut weights = noise(4_096);
        weights[1_234] = outlier;
        weights
    };
    for arguments in
        [&["--relative-step=0.01"][..], &["--relative-step=0.01", "--quantizer=rd"], &["--bits=7"]]
    {
        let (said, both) = there_and_back(&[("w", &[64, 64], with(1e4))], arguments);
        let [before, after] = &both[0];
        let far = before.iter().zip(after).filter(|(before, after)| (*before - *after).abs() > 0.02);
        assert!(said.contains("is an outlier") && far.count() == 0, "{said}");
    }
    let (said, both) = there_and_back(&[("w", &[64, 64], with(1e9))], &["--relative-step=0.01"]);
    assert!(both[0][0] == both[0][1] && said.contains("too far apart for a step"), "{said}");
}

/// The size of weights makes no difference, from the smallest normal numbers to the largest.
#[test]
fn a_scale_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let back = |scale: f32, quantizer: Quantizer| {
        let weights = noise(4_096).into_iter().map(|weight| weight * scale).collect();
        let model = safetensors(dir.path(), &[("w", &[64, 64], weights)]);
        // By name: weights as large as that would be kept otherwise.
        let rule = Rule { names: glob::Pattern::new("w").unwrap(), what: Treatment::Quantizer(quantizer) };
        let options = Options { rules: vec![rule], ..Options::default() };
        let again = dir.path().join("again.safetensors");
        let mut container = Container::open(Cursor::new(compressed(&model, &options))).unwrap();
        decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
        weights_of(&again).remove(0)
    };
    for quantizer in [
        Quantizer::Nearest,
        Quantizer::RateDistortion { lambda: 0.1 },
        Quantizer::Lloyd { lambda: 0.05, clusters: 16 },
        Quantizer::KMeans { prune: 0.5, clusters: 16 },
    ] {
        let as_it_is = back(1.0, quantizer);
        for octaves in [-110.0_f32, -80.0, -50.0, 50.0, 100.0, 126.0] {
            let scale = octaves.exp2();
            let scaled: Vec<f32> = as_it_is.iter().map(|weight| weight * scale).collect();
            assert!(back(scale, quantizer) == scaled, "{quantizer:?} {octaves}");
        }
        // Subnormal numbers have fewer bits.
        let tiny = back(1e-40, quantizer);
        let far = tiny.iter().zip(noise(4_096)).filter(|(tiny, w)| (*tiny / 1e-40 - w).abs() > 0.51);
        assert_eq!(far.count(), 0, "{quantizer:?}");
    }
}

/// Weights can be of F64; those that F32 cannot represent are kept.
#[test]
fn doubles_are_weights() {
    let dir = tempfile::tempdir().unwrap();
    let back = |scale: f64, arguments: &[&str]| {
        let data: Vec<u8> =
            noise(4_096).iter().flat_map(|weight| (f64::from(*weight) * scale).to_le_bytes()).collect();
        let model = typed(&dir.path().join("m.safetensors"), "F64", &[64, 64], &data);
        let (container, again) = (dir.path().join("c.sbw"), dir.path().join("again.safetensors"));
        let files = [model.to_str().unwrap(), "-o", container.to_str().unwrap()];
        let run = weights(&[&["compress"], arguments, &files].concat());
        expect(&run, 0, &[]);
        let files = [container.to_str().unwrap(), "-o", again.to_str().unwrap()];
        expect(&weights(&[&["decompress"], &files[..]].concat()), 0, &[]);
        let (element, raw) = first_of(&again);
        assert_eq!(element, Type::F64);
        let doubles = |bytes: &[u8]| -> Vec<f64> {
            bytes.chunks(8).map(|double| f64::from_le_bytes(double.try_into().unwrap())).collect()
        };
        (doubles(&data), doubles(&raw))
    };
    for scale in [1.0, 1e30, 1e-30] {
        let (before, after) = back(scale, &["--bits=w=8"]);
        let step = scale / 127.0;
        assert!(before != after);
        assert!(before.iter().zip(after).all(|(before, after)| (before - after).abs() <= 0.501 * step));
    }
    for scale in [1e300, 1e-300, 1e-50] {
        let (before, after) = back(scale, &[]);
        assert!(before == after, "{scale}");
    }
    let (before, after) = back(1.0, &["--keep=w"]);
    assert!(before == after);
}

/// The largest error that is reported is the distance from the doubles, not from their values in F32.
#[test]
fn the_error_of_doubles_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let doubles: Vec<f64> = noise(4_096).iter().map(|weight| f64::from(*weight) * 0.1).collect();
    let data: Vec<u8> = doubles.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let model = typed(&dir.path().join("m.safetensors"), "F64", &[64, 64], &data);
    let mut container = Vec::new();
    let options = Options { step: Step::Bits(24), ..Options::default() };
    let mut model = ModelFile::open(&model).unwrap();
    let (_, _, summaries) = compress(&mut model, None, &options, &mut container, &|_| ()).unwrap();
    let again = dir.path().join("again.safetensors");
    let mut container = Container::open(Cursor::new(&container)).unwrap();
    decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
    let back = first_of(&again).1;
    let back = back.chunks(8).map(|double| f64::from_le_bytes(double.try_into().unwrap()));
    let errors = doubles.iter().zip(back).map(|(weight, back)| (weight - back).abs());
    assert_eq!(summaries[0].largest_error, errors.fold(0.0, f64::max) as f32);
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
            // The report agrees with the weights that come back.
            let mut sink = Vec::new();
            let (_, _, summaries) =
                compress(&mut ModelFile::open(&model).unwrap(), None, &options, &mut sink, &|_| ()).unwrap();
            let largest = before.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert_eq!(summaries[0].largest_error, largest, "{dtype} {step:?}");
        }
    }
}
