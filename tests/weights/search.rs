//! `weights search`.

use std::fs;

use silicabac::weights::search::{Grid, Method, Outcome, Search, Trial, best};

use super::made::{noise, safetensors, weights};
use crate::common::expect;

#[test]
fn a_search_keeps_the_accuracy_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let wave = (0..4000).map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 500.0).collect();
    let model = safetensors(dir.path(), &[("w", &[40, 100], wave)]);
    // The accuracy of this evaluator is how much the file still resembles the original, in equal bytes.
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
    // All trials are known; only the original is evaluated again.
    expect(&search(), 0, &["trials are known"]);
    assert_eq!(runs(), first + 1);

    // A table with any other contents is not used, and not overwritten.
    let csv = dir.path().join("model.safetensors.sbw.csv");
    let line = table.lines().nth(2).unwrap();
    for (wrong, words) in [
        (format!("{table}{line}\n"), "this trial is in the table already"),
        (table.replacen("size,", "step,", 1), "another model"),
        (table.replacen("# trials of ", "# trials of f", 1), "another model, evaluator or other options"),
        (table[..table.len() - 9].to_owned() + ",", "it is no trial"),
        (String::new(), "line 1"),
    ] {
        fs::write(&csv, &wrong).unwrap();
        expect(&search(), 4, &["model.safetensors.sbw.csv", words, "table of trials"]);
        assert_eq!(fs::read_to_string(&csv).unwrap(), wrong);
    }
    // After another training, or with another evaluator, there are no trials yet.
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

/// An evaluator is more than its command, and a model more than the file that names the others.
#[test]
fn a_search_goes_on_for_the_same_evaluator_and_model_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let shard = |weights: Vec<f32>| {
        fs::rename(safetensors(dir.path(), &[("w", &[40, 40], weights)]), at("model-1.safetensors")).unwrap();
    };
    shard(noise(1_600));
    let index = at("model.safetensors.index.json");
    fs::write(&index, r#"{"weight_map":{"w":"model-1.safetensors"}}"#).unwrap();
    fs::write(at("eval.sh"), "echo 97\n").unwrap();
    let evaluate =
        format!("--evaluate=sh '{}' {{}} >>{1} && cat {1}", at("eval.sh").display(), at("log").display());
    let search = || {
        let search = ["search", index.to_str().unwrap(), "--coarse", "--method=nearest", &evaluate];
        weights(&[&search[..], &["-o", at("m.sbw").to_str().unwrap()]].concat())
    };
    expect(&search(), 0, &["at least 96.9 is kept"]);
    // The files that the evaluator writes are no part of it.
    expect(&search(), 0, &["trials are known"]);
    let other = "another model, evaluator or other options";
    // Another model, or another script that finds the same accuracy for the original.
    shard(noise(1_601)[1..].to_vec());
    expect(&search(), 4, &[other]);
    shard(noise(1_600));
    expect(&search(), 0, &["trials are known"]);
    fs::write(at("eval.sh"), "echo $((90 + 7))\n").unwrap();
    expect(&search(), 4, &[other]);
}

/// Neither a mask nor an outlier keeps a search from steps that suit the weights.
#[test]
fn a_search_looks_at_steps_for_weights() {
    let dir = tempfile::tempdir().unwrap();
    let mut odd = noise(4_096);
    odd[77] = 3e4;
    let slopes =
        noise(1_600).into_iter().map(|weight| if weight > 0.0 { f32::MIN } else { weight }).collect();
    let tensors =
        [("w", &[64, 64][..], noise(4_096)), ("odd", &[64, 64], odd), ("slopes", &[40, 40], slopes)];
    let model = safetensors(dir.path(), &tensors);
    let original = dir.path().join("original");
    fs::copy(&model, &original).unwrap();
    // Correct as long as the first weights, little-endian, are as negative as they were, which zeros are not.
    let script = "import struct, sys\n\
        read = lambda path: struct.unpack('<8192f', open(path, 'rb').read()[-4 * (8192 + 1600):][:32768])\n\
        print(100 - max(abs(a - b) for a, b in zip(*map(read, sys.argv[1:]))))\n";
    let path = dir.path().join("eval.py");
    fs::write(&path, script).unwrap();
    for method in ["dc-v2", "relative", "nearest"] {
        let evaluate = format!("--evaluate=python3 {} {} {{}}", path.display(), original.display());
        let container = dir.path().join(format!("{method}.sbw"));
        let files = [model.to_str().unwrap(), "-o", container.to_str().unwrap()];
        let search = ["search", "--coarse", "--method", method, &evaluate, "--tolerance=0.3"];
        expect(&weights(&[&search[..], &files].concat()), 0, &["best: "]);
        let length = fs::metadata(&container).unwrap().len();
        // Half of it is the mask.
        assert!(length < 12_000, "{method}: {length}");
    }
}

/// The method that is best on the grids need not be best after each method has been refined.
#[test]
fn every_method_is_refined() {
    let methods = [Method::Nearest, Method::Relative];
    let search = Search { methods: &methods, grid: Grid::FINE, has_sigma: false, largest: 1.0, least: 98.0 };
    // One method keeps the accuracy everywhere; the other up to a step between those of the grids, where it is the smaller one.
    let outcome = |trial: &Trial| {
        let is_kept = trial.method == Method::Nearest || trial.size < 0.144;
        let bytes = if trial.method == Method::Nearest { 7_500.0 } else { 1_000.0 / trial.size };
        let tuning = if is_kept { 99.0 } else { 90.0 };
        Outcome { trial: *trial, bytes: bytes as u64, tuning, accuracy: tuning }
    };
    let mut outcomes = Vec::new();
    let run = &mut |trials: &[Trial], outcomes: &mut Vec<Outcome>| {
        outcomes.extend(trials.iter().map(outcome));
        Ok::<(), ()>(())
    };
    search.run(&mut outcomes, run).unwrap();
    let best = best(&outcomes, 98.0).unwrap();
    assert!(best.trial.method == Method::Relative && best.bytes < 7_500, "{best:?}");
}

/// Accuracies are not smooth: near a smaller container that misses the accuracy by little there can be one that keeps it.
#[test]
fn what_misses_by_little_is_looked_at_closely() {
    let methods = [Method::Nearest];
    let search = Search { methods: &methods, grid: Grid::FINE, has_sigma: false, largest: 1.0, least: 98.0 };
    // Steps of up to 0.1 keep the accuracy; one above them nearly does, and a step close to that one does.
    let outcome = |trial: &Trial| {
        let is_close = |to: f32| (trial.size / to - 1.0).abs() < 0.001;
        let kept = trial.size < 0.1 || is_close(0.25 * 1.03);
        let tuning = if kept {
            98.5
        } else if is_close(0.25) {
            97.9
        } else {
            90.0
        };
        Outcome { trial: *trial, bytes: (1_000.0 / trial.size) as u64, tuning, accuracy: tuning }
    };
    let mut outcomes = Vec::new();
    let run = &mut |trials: &[Trial], outcomes: &mut Vec<Outcome>| {
        outcomes.extend(trials.iter().map(outcome));
        Ok::<(), ()>(())
    };
    search.run(&mut outcomes, run).unwrap();
    let best = best(&outcomes, 98.0).unwrap();
    assert!((best.trial.size - 0.2575).abs() < 1e-3, "{best:?}");
    let coarse = Search { grid: Grid::COARSE, ..search };
    outcomes.clear();
    coarse.run(&mut outcomes, run).unwrap();
    assert!(silicabac::weights::search::best(&outcomes, 98.0).unwrap().trial.size < 0.1);
}

/// A tolerance in per cent is far too large for accuracies that are shares.
#[test]
fn a_tolerance_goes_by_how_accuracies_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let model = safetensors(dir.path(), &[("w", &[40, 100], noise(4_000))]);
    let search = |accuracy: &str, more: &[&str]| {
        let evaluate = format!("--evaluate=echo {accuracy}");
        let arguments = ["search", model.to_str().unwrap(), "--coarse", "--method=nearest", &evaluate];
        let search = weights(&[&arguments, more].concat());
        fs::remove_file(dir.path().join("model.safetensors.sbw.csv")).unwrap();
        search
    };
    expect(&search("0.9", &[]), 0, &["at least 0.899 is kept"]);
    expect(&search("97.42", &[]), 0, &["at least 97.32 is kept"]);
    let far = search("0.9", &["--tolerance=0.1"]);
    expect(&far, 0, &["at least 0.8 is kept", "a tolerance of 0.1 is 10 points of a hundred"]);
}
