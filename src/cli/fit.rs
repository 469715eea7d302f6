//! The options that say what a core in the socket can do.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use silicabac::{
    cores::{self, CoreSpec},
    fit::{CoreFile, FileError},
};

/// A core that is named: one of ours, or the file of another.
#[derive(Clone, Debug)]
pub(super) enum CoreName {
    Ours(&'static CoreSpec),
    File(PathBuf),
}

/// What follows the name of the file of a core.
const EXTENSION: &str = "toml";

impl FromStr for CoreName {
    type Err = String;

    fn from_str(name: &str) -> Result<CoreName, String> {
        let path = PathBuf::from(name);
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            return Ok(CoreName::File(path));
        }
        cores::by_name(name).map(CoreName::Ours).ok_or_else(|| {
            let names = cores::ALL.map(|core| core.name).join(", ");
            format!("it is none of {names}, and no FILE.{EXTENSION}")
        })
    }
}

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Options {
    /// What the core can do, in place of what its file says: --can contexts=154 --can align=false
    #[arg(long, value_name = "KEY=VALUE")]
    can: Vec<String>,
    /// The core initialises contexts by itself, from the slice header: --can loads=none
    #[arg(long)]
    initialises: bool,
}

impl Options {
    /// The core as its file and these options describe it.
    pub(super) fn read(&self, file: Option<&Path>) -> Result<CoreFile, FileError> {
        CoreFile::read(file, &self.all())
    }

    /// `KEY=VALUE`, each.
    pub(super) fn all(&self) -> Vec<String> {
        let initialises = self.initialises.then(|| "loads=none".to_owned());
        self.can.iter().cloned().chain(initialises).collect()
    }

    pub(super) fn is_given(&self) -> bool {
        self.initialises || !self.can.is_empty()
    }
}
