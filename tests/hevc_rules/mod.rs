//! Every rule of how H.265's slice segment data is read is broken by itself: a committed stream then has to be read differently, or, if
//! none has such elements, random ones have to be.
//!
//! The rules are in the code that reads and writes, where there should be nothing for tests alone. So a copy of this crate is edited, with
//! all rules at once: each becomes `if control::is(number) { another rule } else { the rule }`, and an environment variable says which one
//! is broken. They are broken only for reading; what is written is right. Three of our tests are run with the copy.

#![cfg(unix)] // links

mod table;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use table::{By, RULES};

/// The variable with the number of the rule that is broken, among all of the table.
const BROKEN: &str = "SILICABAC_BROKEN_RULE";

/// The module of the copy that says whether a rule is broken.
const CONTROL: &str = r#"
pub(crate) mod control {
    use std::{cell::Cell, env, sync::OnceLock};

    thread_local! {
        static READS: Cell<bool> = const { Cell::new(false) };
    }

    pub(crate) fn walks(reads: bool) {
        READS.set(reads);
    }

    pub(crate) fn is(number: usize) -> bool {
        static BROKEN: OnceLock<Option<usize>> = OnceLock::new();
        let broken = BROKEN.get_or_init(|| env::var("$BROKEN").ok()?.parse().ok());
        READS.get() && *broken == Some(number)
    }
}
"#;

/// Statements of a walk before which the copy notes whether the walk reads.
const WALKS: [&str; 2] = ["let width = parameters.width_of_ctbs();", "coded.clear();"];

/// The tests that are run with the copy, in this order.
const STREAMS: &str = "hevc_data::streams_are_rewritten_as_the_same_bytes";
const ELEMENTS: &str = "hevc_walk::observers_see_every_context_and_where_the_engine_starts";
const PARTS: &str = "hevc_parts::made_up_segments_are_read_in_parts_as_a_whole";

/// What the copy has in the place of `tests/all.rs`: these tests, and of the common module what needs no command.
const TESTS: &str = r#"
mod common {
    pub mod coders;
    mod inputs;
    #[path = "../../sim/tests/left_out/mod.rs"]
    mod left_out;
    pub mod segments;

    pub use inputs::{Corpus, golden_traces, hevc_streams};
}
mod hevc_data;
mod hevc_parts;
mod hevc_walk;
"#;

/// The one occurrence of a text.
fn place_of(text: &str, part: &str, file: &str) -> usize {
    assert_eq!(text.matches(part).count(), 1, "{part:?} is not once in {file}");
    text.find(part).unwrap()
}

/// The text of a file of `src/hevc/` with all its rules as conditions.
fn edited(file: &str, text: &str) -> String {
    let mut edits = Vec::new();
    let mut number = 0;
    for rule in RULES {
        if rule.file == file {
            let at = place_of(text, rule.place, file) + place_of(rule.place, rule.from, rule.place);
            let mut expression = String::new();
            for (i, (to, _)) in rule.to.iter().enumerate() {
                expression += &format!("if crate::hevc::control::is({}) {{ {to} }} else ", number + i);
            }
            edits.push((at..at + rule.from.len(), format!("({expression}{{ {} }})", rule.from)));
        }
        number += rule.to.len();
    }
    if file == "walk.rs" {
        for statement in WALKS {
            let at = place_of(text, statement, file);
            edits.push((at..at, "crate::hevc::control::walks(C::READS); ".to_owned()));
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    assert!(edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start), "rules of {file} overlap");
    let mut text = text.to_owned();
    for (range, expression) in edits.into_iter().rev() {
        text.replace_range(range, &expression);
    }
    if file == "mod.rs" { text + &CONTROL.replace("$BROKEN", BROKEN) } else { text }
}

/// A copy of this crate with all rules as conditions; files that are not edited are links.
fn copy(to: &Path) {
    let of = Path::new(env!("CARGO_MANIFEST_DIR"));
    let link_all = |folder: &str, but: &[&str]| {
        fs::create_dir_all(to.join(folder)).unwrap();
        for entry in fs::read_dir(of.join(folder)).unwrap() {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
            if !but.iter().any(|but| name == *but) {
                symlink(path, to.join(folder).join(name)).unwrap();
            }
        }
    };
    link_all("", &["src", "tests", "target", ".git", "Cargo.toml"]);
    link_all("src", &["hevc"]);
    link_all("tests", &["all.rs"]);
    fs::write(to.join("tests/all.rs"), TESTS).unwrap();
    let manifest = fs::read_to_string(of.join("Cargo.toml")).unwrap();
    let needs = "name = \"all\"\nrequired-features = [\"cli\"]\n";
    place_of(&manifest, needs, "Cargo.toml");
    fs::write(to.join("Cargo.toml"), manifest.replace(needs, "name = \"all\"\n")).unwrap();
    link_all("src/hevc", &[]);
    for file in RULES.iter().map(|rule| rule.file).chain(["mod.rs"]) {
        let path = to.join("src/hevc").join(file);
        let _ = fs::remove_file(&path);
        fs::write(path, edited(file, &fs::read_to_string(of.join("src/hevc").join(file)).unwrap())).unwrap();
    }
}

/// Builds the tests of the copy. They share the build of other crates with this one.
fn build(copy: &Path) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let build = Command::new(env!("CARGO"))
        .args(["test", "--no-run", "--offline", "--locked", "--message-format=json", "--test=all"])
        .args(["--no-default-features", "--features=asm,avc,trace"])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(copy)
        .output()
        .unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    let messages = String::from_utf8(build.stdout).unwrap();
    let path = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        (message["target"]["name"] == "all").then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    path.unwrap()
}

#[test]
#[ignore = "long"]
fn every_rule_that_is_broken_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let built = build(dir.path());
    let passes = |name: &str, broken: Option<usize>| {
        let mut run = Command::new(&built);
        run.args(["--exact", name]).env_remove(BROKEN).env("RUST_BACKTRACE", "0").current_dir(dir.path());
        run.envs(broken.map(|number| (BROKEN, number.to_string())));
        let run = run.output().unwrap();
        let text = String::from_utf8_lossy(&run.stdout);
        assert!(text.contains("running 1 test"), "{text}");
        run.status.success()
    };
    assert!([STREAMS, ELEMENTS, PARTS].iter().all(|test| passes(test, None)));
    let mut wrong = Vec::new();
    let all = RULES.iter().flat_map(|rule| rule.to.iter().map(move |(to, by)| (rule, *to, *by)));
    for (number, (rule, to, by)) in all.enumerate() {
        let noticed = match () {
            () if !passes(STREAMS, Some(number)) => Some(By::Stream),
            () if !passes(ELEMENTS, Some(number)) => Some(By::Elements),
            () if !passes(PARTS, Some(number)) => Some(By::Parts),
            () => None,
        };
        if noticed != Some(by) {
            wrong.push(format!(
                "{}: {:?} in {:?} as {to:?} is noticed by {noticed:?}",
                rule.file, rule.from, rule.place
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
