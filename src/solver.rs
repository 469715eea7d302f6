//! Finds a solver of formulas in SMT-LIB 2, and asks it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::yosys::{Yosys, YosysError, on_path, write};

/// The solvers: as Yosys' smtbmc names them, as they are called, and what limits their seconds; the fastest first.
const SOLVERS: [(&str, &str, &str); 2] = [("yices", "yices-smt2", "--timeout="), ("z3", "z3", "-T:")];

/// A solver that was found.
#[derive(Clone, Debug)]
pub struct Solver {
    name: &'static str,
    path: PathBuf,
    limit: &'static str,
}

impl Solver {
    /// Finds Yices, else Z3, beside Yosys or on the PATH.
    ///
    /// # Errors
    /// [`YosysError::Tool`].
    pub fn find(yosys: &Yosys) -> Result<Solver, YosysError> {
        let found = SOLVERS.iter().find_map(|&(name, program, limit)| {
            Some(Solver { name, path: on_path(Path::new(program), yosys.path().parent())?, limit })
        });
        let what = "there is no solver, neither Yices (yices-smt2) nor Z3 (z3)".to_owned();
        found.ok_or(YosysError::Tool { what })
    }

    /// `yices` or `z3`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it finds within so many seconds that nothing satisfies a formula, which is put into `dir`.
    ///
    /// # Errors
    /// [`YosysError::Work`]; [`YosysError::Solver`] if it says neither yes nor no.
    pub fn is_unsatisfiable(&self, dir: &Path, formula: &str, seconds: u32) -> Result<bool, YosysError> {
        const FILE: &str = "formula.smt2";
        write(dir, FILE, formula)?;
        let mut command = Command::new(&self.path);
        let output = command
            .current_dir(dir)
            .args([&format!("{}{seconds}", self.limit), FILE])
            .output()
            .map_err(|source| YosysError::Work { path: self.path.clone(), source })?;
        match String::from_utf8_lossy(&output.stdout).trim() {
            "unsat" => Ok(true),
            "sat" | "unknown" | "timeout" => Ok(false),
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
        let ask = |program: &str| {
            let solver = Solver { name: "other", path: program.into(), limit: "-T:" };
            solver.is_unsatisfiable(dir.path(), "(check-sat)\n", 1)
        };
        assert!(matches!(ask("echo"), Err(YosysError::Solver { said, .. }) if said == "-T:1 formula.smt2"));
        assert!(matches!(ask("false"), Err(YosysError::Solver { said, .. }) if said.is_empty()));
        assert!(matches!(ask("no-such-program"), Err(YosysError::Work { .. })));
    }
}
