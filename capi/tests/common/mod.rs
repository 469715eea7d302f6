//! C programs, compiled as strictly as can be and run under the sanitizers.
#![allow(dead_code, unreachable_pub)] // each test uses a part of it

#[path = "../../../sim/tests/left_out/mod.rs"]
pub mod left_out;
#[cfg(feature = "streams")]
pub mod lists;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use left_out::{Wanted, leave_out};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The static library that the tests are built with: it stands beside them.
fn archive() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let archives = std::fs::read_dir(tests.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let is_archive = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libsilicabac_capi") && name.ends_with(".a")
    };
    let age = |path: &PathBuf| path.metadata().unwrap().modified().unwrap();
    archives.filter(is_archive).max_by_key(age).expect("the static library")
}

/// A C program.
pub struct Program(PathBuf, tempfile::TempDir);

impl Program {
    /// Compiles a file by gcc, without a warning, and with the sanitizers. Without gcc the test is left out.
    pub fn compile(source: &Path) -> Option<Program> {
        let Ok(_) = Command::new("gcc").arg("--version").output() else {
            leave_out(Wanted::Program { name: "gcc", package: "gcc" });
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        let gcc = Command::new("gcc")
            .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-O1"])
            .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
            .arg("-I")
            .arg(root().join("include"))
            .arg("-o")
            .args([&program, source, &archive()])
            .args(["-lpthread", "-ldl", "-lm"])
            .output()
            .unwrap();
        assert!(gcc.status.success(), "{}", String::from_utf8_lossy(&gcc.stderr));
        Some(Program(program, dir))
    }

    /// Runs it; a sanitizer that has something to say makes it fail.
    pub fn run(&self, arguments: &[&Path]) -> Output {
        Command::new(&self.0).args(arguments).output().unwrap()
    }

    /// Runs it and hands over what it prints.
    #[track_caller]
    pub fn prints(&self, arguments: &[&Path]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A file with these bytes.
pub fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}
