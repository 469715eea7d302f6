//! The weights that come back, by the quantiser and the step.

use std::{fs, io::Cursor};

use silicabac::weights::{
    compress::{Options, Quantizer, Step, compress},
    container::{Coding, Container},
    decompress::{self, decompress},
    model::ModelFile,
    numbers,
    quantise::Values,
};

use super::made::{compressed, first_of, made_up, noise, safetensors, typed, weights, weights_of};
use crate::common::expect;

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
            Coding::DeepCabac { values: Values::Grid { step }, .. } => step,
            _ => 0.0,
        };
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(after) {
            assert!((before - after).abs() <= step * 0.5001, "{}: {before} {after} {step}", tensor.name);
        }
    }
    // The same bytes on every machine; here with any number of threads.
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

/// Rounding to a type adds up to half of its last place to half a step; the report says how much in all.
#[test]
fn the_report_says_how_far_weights_are_off() {
    use half::{bf16, f16};
    let dir = tempfile::tempdir().unwrap();
    let all = noise(4_096);
    let types: [(&str, Vec<u8>); 3] = [
        ("F32", all.iter().flat_map(|weight| weight.to_le_bytes()).collect()),
        ("F16", all.iter().flat_map(|weight| f16::from_f32(*weight).to_le_bytes()).collect()),
        ("BF16", all.iter().flat_map(|weight| bf16::from_f32(*weight).to_le_bytes()).collect()),
    ];
    for (dtype, data) in types {
        let model = typed(&dir.path().join("m.safetensors"), dtype, &[64, 64], &data);
        let (container, again) = (dir.path().join("c.sbw"), dir.path().join("again.safetensors"));
        for (quantizer, bits) in [("nearest", 3), ("nearest", 8), ("nearest", 11), ("rd", 8)] {
            let (quantizer, bits) = (format!("--quantizer={quantizer}"), format!("--bits={bits}"));
            let files = [model.to_str().unwrap(), "-o", container.to_str().unwrap()];
            let run = weights(&[&["compress", "--format=json", &quantizer, &bits], &files[..]].concat());
            expect(&run, 0, &[]);
            let said: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
            let said = |field: &str| said["tensors"][0][field].as_f64().unwrap();
            let files = [container.to_str().unwrap(), "-o", again.to_str().unwrap()];
            expect(&weights(&[&["decompress"], &files[..]].concat()), 0, &[]);
            let (element, raw) = first_of(&again);
            let [before, after] = [&data, &raw].map(|raw| numbers::weights(element, raw));
            let off = before.iter().zip(&after).map(|(before, after)| (before - after).abs());
            let off = f64::from(off.fold(0.0, f32::max));
            assert!((said("largest_error") - off).abs() < 1e-6 * off, "{dtype} {quantizer} {bits}");
            let in_steps = off / said("step");
            assert!((said("largest_error_in_steps") - in_steps).abs() < 1e-5, "{dtype} {quantizer} {bits}");
            let place = match dtype {
                "F32" => 2.0_f64.powi(-24),
                "F16" => 2.0_f64.powi(-11),
                _ => 2.0_f64.powi(-8),
            };
            let most = 0.5001 + place / 2.0 / said("step");
            assert!(quantizer.ends_with("rd") || in_steps <= most, "{dtype} {bits}: {in_steps} {most}");
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
    // The first row has hardly any importance, the second very much.
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
