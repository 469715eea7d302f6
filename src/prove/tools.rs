//! Finds or fetches Yosys, its smtbmc and a solver.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use silicabac_sim::{Cache, SimError, pypi::YOSYS};

use super::ProveError;
use crate::solver::Solver;
use crate::yosys::Yosys;

/// The programs that a proof needs.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(super) yosys: Yosys,
    pub(super) smtbmc: PathBuf,
    solver: Solver,
}

impl Tools {
    /// Finds the tools: Yosys as [`Yosys::find`] does, its smtbmc beside it or on the PATH, and a solver as [`Solver::find`] does. `notice`
    /// is told before anything is fetched.
    ///
    /// # Errors
    /// [`ProveError::Sim`], with the command that installs what is missing.
    pub fn find(cache: &Cache, notice: &mut dyn FnMut(&str)) -> Result<Tools, ProveError> {
        let yosys = Yosys::find(cache, notice)?;
        let name = format!("{}-smtbmc", yosys.path().file_name().unwrap_or_default().display());
        let smtbmc = yosys.beside(&name).ok_or_else(|| SimError::Tool {
            what: format!("{} comes without its {name}", yosys.path().display()),
            install: YOSYS.install,
        })?;
        let solver = Solver::find(&yosys, cache, notice)?;
        Ok(Tools { yosys, smtbmc, solver })
    }

    /// Yosys.
    pub fn yosys(&self) -> &Yosys {
        &self.yosys
    }

    /// The path of its smtbmc.
    pub fn smtbmc_path(&self) -> &Path {
        &self.smtbmc
    }

    /// The solver.
    pub fn solver(&self) -> &Solver {
        &self.solver
    }

    pub(super) fn solver_name(&self) -> &'static str {
        self.solver.name()
    }

    /// The names and versions of the tools, in one line.
    pub fn versions(&self) -> String {
        format!("{}, {}", self.yosys.version(), self.solver.name())
    }

    /// A PATH on which the solver comes first.
    pub(super) fn path(&self) -> OsString {
        let own = self.solver.path().parent().map(Path::to_owned);
        let given = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&given))).unwrap_or(given)
    }
}
