//! Tests that want what this machine does not have: they are left out, each with a line on standard error, and the run ends
//! with how many were, and with what mends that (`sim/tests/zz_left_out.rs`). `SILICABAC_REQUIRE=all` makes each fail,
//! `SILICABAC_REQUIRE=programs` those that want a program.
//!
//! The test programs of a run are processes of one parent, which is Cargo; so what they leave out is noted in a
//! file named by its number.
#![allow(dead_code, unreachable_pub)] // each test uses a part of it

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What a test may want.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// A program that a package of Debian installs.
    Program { name: &'static str, package: &'static str },
    /// The folder that `SILICABAC_CORPUS` names.
    Corpus,
}

impl Wanted {
    fn name(self) -> &'static str {
        match self {
            Wanted::Program { name, .. } => name,
            Wanted::Corpus => "SILICABAC_CORPUS",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Wanted::Program { package, .. } => package,
            Wanted::Corpus => "",
        }
    }
}

/// Says that the test of this thread, or a part of it, is left out, and notes it.
///
/// # Panics
/// Where `SILICABAC_REQUIRE` wants it to run.
pub fn leave_out(wanted: Wanted) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let mends = match wanted {
        Wanted::Program { name, package } => {
            format!("there is no {name} on the PATH; install it with: apt-get install {package}")
        }
        Wanted::Corpus => "SILICABAC_CORPUS names no folder of streams (CONTRIBUTING.md says which)".into(),
    };
    assert!(!is_required(wanted), "{mends}");
    // Past the capture of the test harness: nothing is left out in silence.
    writeln!(io::stderr(), "LEFT OUT: {test}: {mends}").expect("standard error");
    let note = format!("{}\t{}\t{test}\n", wanted.name(), wanted.package());
    let file = notes_of(std::os::unix::process::parent_id());
    let written = fs::create_dir_all(file.parent().expect("a directory"))
        .and_then(|()| OpenOptions::new().create(true).append(true).open(&file))
        .and_then(|mut notes| notes.write_all(note.as_bytes()));
    written.unwrap_or_else(|error| panic!("cannot note in {} what is left out: {error}", file.display()));
}

fn is_required(wanted: Wanted) -> bool {
    let required = std::env::var("SILICABAC_REQUIRE").unwrap_or_default();
    match &*required {
        "" => false,
        "programs" => matches!(wanted, Wanted::Program { .. }),
        "all" => true,
        other => panic!("SILICABAC_REQUIRE is {other:?}, and not all or programs"),
    }
}

/// Where the processes of this parent note what they leave out.
pub fn notes_of(parent: u32) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("left-out/{parent}"))
}

/// What the end of a run says of such notes: nothing if there are none.
pub fn summary(notes: &str) -> String {
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    for note in notes.lines() {
        let mut fields = note.split('\t');
        if let (Some(name), Some(package)) = (fields.next(), fields.next()) {
            *counts.entry((name, package)).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return String::new();
    }
    let total: usize = counts.values().sum();
    let each: Vec<_> = counts.iter().map(|((name, _), count)| format!("{count} without {name}")).collect();
    let mut text = format!("LEFT OUT of this run: {total} tests ({})\n", each.join(", "));
    let packages: Vec<_> =
        counts.keys().map(|(_, package)| *package).filter(|name| !name.is_empty()).collect();
    if !packages.is_empty() {
        text += &format!("to run them too: apt-get install {}\n", packages.join(" "));
    }
    if counts.keys().any(|(name, _)| *name == Wanted::Corpus.name()) {
        text += "for those with more streams, SILICABAC_CORPUS has to name a folder (CONTRIBUTING.md)\n";
    }
    text
}
