//! Wrong designs: edits of the sources of a core that is not ours, and the vectors that convict each.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::common::{command, expect, tools};
use serde_json::Value;
use silicabac::cosim::Source;
use silicabac::fit::CoreFile;
use silicabac::mutation::{DesignFate, DesignJudge, DesignReport, Designs};
use silicabac::stress;
use silicabac::suites::{PUBLISHED, Suite};
use silicabac::vectors::Vector;

/// Plays these vectors to the textbook encoder with these faults.
fn judge(faults: &str, arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = |name: &str| root.join(name).display().to_string();
    let (encoder, table) = (file("tests/cores/textbook_encoder.v"), file("rtl/common/cabac_range_table.sv"));
    let dir = tempfile::tempdir().unwrap();
    let core = format!(
        "direction = 'encoder'\ntemplate = 'engine'\ntop = 'textbook_encoder'\nrtl = ['{encoder}', '{table}']\n"
    );
    fs::write(dir.path().join("core.toml"), core).unwrap();
    let list = dir.path().join("faults.toml");
    fs::write(&list, format!("core = 'core.toml'\n{}", faults.replace("ENCODER", &encoder))).unwrap();
    let mut command = command();
    command.args(["mutate", "--seed", "1", "--vectors"]).arg(file("golden/smoke.json"));
    command.arg("--report").arg(dir.path()).args(arguments).arg("--faults").arg(&list);
    let output = command.output().unwrap();
    if output.status.code() == Some(1) {
        let report = fs::read_to_string(dir.path().join("faults.md")).unwrap();
        assert!(report.contains("| textbook_encoder |") && report.contains("**passes**"), "{report}");
    }
    output
}

const SATURATES: &str = "
[[fault]]
name = 'undecided-bits-saturate-at-31'
kind = 'outstanding'
[[fault.edit]]
file = 'ENCODER'
from = \"outstanding == {COUNTER{1'b1}} ?\"
to = 'outstanding == 31 ?'
";

/// An edit that changes nothing.
const NOTHING: &str = "
[[fault]]
name = 'a-comment'
kind = 'none'
[[fault.edit]]
file = 'ENCODER'
from = '// PutBit is entered'
to = '// It is entered'
";

#[test]
fn a_fault_is_convicted_and_what_is_none_passes_unless_it_is_explained() {
    let words = [
        "outstanding: undecided-bits-saturate-at-31",
        "outstanding-N-",
        "none: a-comment\n    PASSES",
        "2 faults: 1 of 2 pass",
    ];
    expect(&judge(&format!("{SATURATES}{NOTHING}"), &[]), 1, &words);
    let explained = NOTHING.replace("kind =", "equal = 'a comment does nothing'\nkind =");
    let words = ["is right all the same: a comment does nothing", "2 faults: each is convicted"];
    expect(&judge(&format!("{SATURATES}{explained}"), &[]), 0, &words);
}

#[test]
fn what_cannot_be_edited_or_read_is_named() {
    let twice = SATURATES.replace("== {COUNTER{1'b1}} ?", "");
    expect(&judge(&twice, &[]), 4, &["fault undecided-bits-saturate-at-31", "times, not once"]);
    let elsewhere = SATURATES.replace("'ENCODER'", "'other.v'");
    expect(&judge(&elsewhere, &[]), 4, &["none of the sources of the core", "other.v"]);
    expect(&judge(&format!("{NOTHING}{NOTHING}"), &[]), 4, &["the fault a-comment is there twice"]);
    expect(&judge(&format!("{NOTHING}\nfoo = 1"), &[]), 4, &["unknown field `foo`"]);
    let no_verilog = NOTHING.replace("// It is entered", "It is entered");
    expect(&judge(&no_verilog, &[]), 4, &["fault a-comment: Verilator rejects the design"]);
    expect(&command().args(["mutate", "--faults", "a.toml", "--core", "encoder"]).output().unwrap(), 2, &[]);
}

/// A verdict of an earlier report is reused as long as it holds, and a list of faults may be in the current directory.
#[test]
fn what_an_earlier_report_knows_is_not_played_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("tests/cores/textbook_encoder.v", "encoder.v"),
        ("rtl/common/cabac_range_table.sv", "table.sv"),
        ("golden/smoke.json", "smoke.json"),
    ] {
        fs::copy(root.join(from), dir.path().join(to)).unwrap();
    }
    let core = "direction = 'encoder'\ntemplate = 'engine'\ntop = 'textbook_encoder'\nrtl = ['encoder.v', 'table.sv']\n";
    fs::write(dir.path().join("core.toml"), core).unwrap();
    let list = format!("core = 'core.toml'\n{}", SATURATES.replace("ENCODER", "encoder.v"));
    fs::write(dir.path().join("faults.toml"), list).unwrap();
    let judge_with = |seed: &str| {
        let mut command = command();
        command.current_dir(dir.path()).args(["mutate", "--vectors", "smoke.json", "--report", "."]);
        command.args(["--faults", "faults.toml", "--seed", seed]).output().unwrap()
    };
    let judge = || judge_with("1");
    expect(&judge(), 0, &["outstanding-N-", "1 faults: each is convicted"]);
    // A verdict that is wrong for this core shows that it is reused.
    let json = dir.path().join("faults.json");
    let text = fs::read_to_string(&json).unwrap();
    fs::write(&json, text.replace("flowing", "by hearsay")).unwrap();
    expect(&judge(), 0, &["by hearsay"]);
    // With another seed none is reused, but the class that convicted the fault is played first.
    for class in ["outstanding-N-terminate", "outstanding-N-no-carry"] {
        let mut report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
        report["faults"][0]["class"] = class.into();
        fs::write(&json, report.to_string()).unwrap();
        expect(&judge_with("2"), 0, &[class, "flowing"]);
    }
    // For another core none is reused.
    let encoder = dir.path().join("encoder.v");
    let text = fs::read_to_string(&encoder).unwrap();
    fs::write(&encoder, format!("{text}// The end\n")).unwrap();
    expect(&judge(), 0, &["flowing"]);
    fs::write(&json, "{}").unwrap();
    expect(&judge(), 4, &["faults.json", "missing field"]);
}

/// The core that a file describes.
fn right(path: &Path) -> Source {
    let CoreFile { direction, top, rtl, verilator_arg: arguments, can, .. } =
        CoreFile::read(Some(path), &[]).unwrap();
    Source { can, arguments, ..Source::new(direction.unwrap(), top.unwrap(), rtl) }
}

/// Faults that only one class of vectors convicts.
#[test]
fn what_only_one_class_shows_is_convicted_by_it() {
    let (cache, tools) = tools();
    let limits = stress::limits::vectors();
    for (core, fault, class) in [
        ("hevc_encoder/", "fill-goes-on-where-a-reset-broke-it-off", "broken-off"),
        ("hevc_encoder/", "header-of-a-fill-that-a-reset-broke-off-is-kept", "broken-off"),
        ("hevc_encoder/", "short-run-after-nine-raw-bytes-that-waited-is-not-padded", "full-flush-raw"),
        ("hevc_encoder/", "contexts-are-not-filled-again-after-256-bins", "same-header"),
        ("hevc_encoder/", "first-bin-of-the-last-context-comes-too-early", "last-first"),
        ("textbook_decoder/", "load-before-an-early-slice-is-written-again", "broken-off"),
        ("textbook_decoder/", "error-after-4096-slices-that-end-early", "many-give-ups-run"),
        ("textbook_encoder_", "empty-engine-run-256-in-a-row-is-not-padded", "empty-runs"),
    ] {
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cores/{core}faults.toml"));
        let Designs { core, faults } = Designs::read(&list).unwrap();
        let right = right(&core);
        let vectors: Vec<Vector> =
            limits.iter().filter(|vector| vector.id.starts_with(class)).cloned().collect();
        let judge = DesignJudge::new(&right, &vectors, 1, &cache, &tools).unwrap();
        let wrong = faults.iter().find(|design| design.name == fault).unwrap();
        let DesignFate::Convicted(conviction) = judge.judge(wrong, None).unwrap() else {
            panic!("{fault} passes");
        };
        assert!(conviction.class.starts_with(class), "{fault}: {conviction:?}");
    }
}

/// The lists of faults of all cores here.
fn lists() -> Vec<PathBuf> {
    let cores = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores");
    let directories = fs::read_dir(&cores).unwrap().map(|entry| entry.unwrap().path());
    let lists = directories.map(|directory| directory.join("faults.toml")).filter(|list| list.exists());
    lists.chain([cores.join("textbook_encoder_faults.toml")]).collect()
}

/// Making the report again needs no play.
#[test]
fn the_report_is_of_the_present_faults_and_vectors() {
    let cores = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores");
    let report = DesignReport::from_json(&fs::read(cores.join("faults.json")).unwrap()).unwrap();
    assert_eq!(fs::read_to_string(cores.join("faults.md")).unwrap(), report.to_markdown());
    assert!(report.pass);
    let suites = PUBLISHED.into_iter().chain(["limits"]).map(|name| Suite::built_in(name, 1).unwrap());
    let mut seen = BTreeSet::new();
    let vectors: Vec<Vector> =
        suites.flat_map(|suite| suite.vectors).filter(|vector| seen.insert(vector.id.clone())).collect();
    let mut faults = 0;
    for list in lists() {
        let designs = Designs::read(&list).unwrap();
        let right = right(&designs.core);
        for fault in &designs.faults {
            let row = report.faults.iter().find(|row| row.is_of(&right.top, &fault.name));
            let holds = row.is_some_and(|row| row.holds(fault, &right, &vectors, report.seed).unwrap());
            assert!(holds, "{}: {}: docs/mutation.md says how to make the report", right.top, fault.name);
        }
        faults += designs.faults.len();
    }
    assert_eq!(report.faults.len(), faults, "a fault of the report is in no list");
}

/// All of them are for `silicabac mutate --faults`.
#[test]
#[ignore = "long"]
fn a_sample_of_the_faults_of_a_core_is_convicted_by_all_vectors() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores/textbook_decoder/faults.toml");
    let output =
        command().args(["mutate", "--seed", "7", "--sample", "6", "--faults"]).arg(list).output().unwrap();
    expect(&output, 0, &["textbook_decoder, error:", "6 faults: each is convicted"]);
}
