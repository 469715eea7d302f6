//! Finds Yosys, its smtbmc and a solver.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::ProveError;
use crate::solver::Solver;
use crate::yosys::{Yosys, YosysError, on_path};

pub use crate::yosys::INSTALL;

/// The programs that a proof needs.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(super) yosys: Yosys,
    pub(super) smtbmc: PathBuf,
    solver: Solver,
}

impl Tools {
    /// Finds the tools: Yosys as [`Yosys::find`] does, its smtbmc beside it or on the PATH, and a solver as
    /// [`Solver::find`] does.
    ///
    /// # Errors
    /// [`ProveError::Tool`], with the command that installs what is missing.
    pub fn find() -> Result<Tools, ProveError> {
        let missing = |error: YosysError| match error {
            YosysError::Tool { what } => ProveError::Tool { what },
            other => ProveError::Tool { what: other.to_string() },
        };
        let yosys = Yosys::find().map_err(missing)?;
        let name = yosys.path().file_name().unwrap_or_default().to_string_lossy();
        let smtbmc =
            on_path(Path::new(&format!("{name}-smtbmc")), yosys.path().parent()).ok_or_else(|| {
                let what = format!("{} comes without its {name}-smtbmc", yosys.path().display());
                ProveError::Tool { what }
            })?;
        let solver = Solver::find(&yosys).map_err(missing)?;
        Ok(Tools { yosys, smtbmc, solver })
    }

    /// Yosys.
    pub fn yosys(&self) -> &Yosys {
        &self.yosys
    }

    pub(super) fn solver_name(&self) -> &'static str {
        self.solver.name()
    }

    /// What the tools are, in one line.
    pub fn versions(&self) -> String {
        format!("{}, {}", self.yosys.version(), self.solver.name())
    }

    /// A search path on which the solver is first.
    pub(super) fn path(&self) -> OsString {
        let own = self.solver.path().parent().map(Path::to_owned);
        let given = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&given))).unwrap_or(given)
    }
}
