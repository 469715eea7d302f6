//! A test that is skipped says so, and is counted; where everything is required, it fails. Tools that PyPI has are fetched, so their tests
//! are never skipped.

use std::{
    env, fs,
    process::{Command, Output, id},
};

use crate::common::{
    Corpus, expect,
    left_out::{notes_of, summary},
    program,
};

#[test]
#[ignore = "run by the next test"]
fn wants_what_nobody_has() {
    assert_eq!(program("no-such-simulator", "no-such-package"), None);
    assert!(Corpus::find().is_none());
}

/// Runs the test above in a process of its own.
fn run(require: &str) -> Output {
    let mut test = Command::new(env::current_exe().unwrap());
    test.args(["--ignored", "--exact", "left_out::wants_what_nobody_has"]);
    test.env_remove("SILICABAC_CORPUS").env("SILICABAC_REQUIRE", require).output().unwrap()
}

#[test]
fn what_is_left_out_is_said_and_counted_or_fails() {
    let notes = notes_of(id());
    let _ = fs::remove_file(&notes);
    for _ in 0..2 {
        let words = [
            "LEFT OUT: left_out::wants_what_nobody_has: there is no no-such-simulator",
            "apt-get install no-such-package",
        ];
        expect(&run(""), 0, &words);
    }
    let text = summary(&fs::read_to_string(&notes).unwrap());
    assert_eq!(
        text,
        "LEFT OUT of this run: 4 tests (2 without SILICABAC_CORPUS, 2 without no-such-simulator)\n\
         to run them too: apt-get install no-such-package\n\
         for those with more streams, SILICABAC_CORPUS has to name a folder (CONTRIBUTING.md)\n"
    );
    fs::remove_file(&notes).unwrap();

    expect(&run("all"), 101, &["install it with: apt-get install no-such-package"]);
    expect(&run("programs"), 101, &["install it with: apt-get install no-such-package"]);
    expect(&run("al"), 101, &["SILICABAC_REQUIRE is \"al\""]);
    assert!(!notes.exists(), "what fails is not left out");
    assert_eq!(summary(""), "");
}
