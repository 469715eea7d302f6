//! A cache: a directory of entries, each named by a hash of everything that it was made from and built once.
//!
//! Invariant: an entry that has its final name was complete when it got that name. It is built under another name and renamed, and a lock
//! file keeps two processes from building the same entry twice. Each use checks whether the entry is still complete (`contents`); if not,
//! it is built again. Nothing is written for an entry that is there and complete.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{SimError, contents, unfinished};

/// The directory in which built things are kept between runs.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// A cache in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Cache {
        Cache { dir: dir.into() }
    }

    /// The user's cache: `$SILICABAC_CACHE`, or else `silicabac` in `$XDG_CACHE_HOME` or in `$HOME/.cache`.
    ///
    /// # Errors
    /// [`SimError::Cache`] if none of the three is set.
    pub fn from_env() -> Result<Cache, SimError> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let dir = set("SILICABAC_CACHE")
            .or_else(|| set("XDG_CACHE_HOME").map(|base| base.join("silicabac")))
            .or_else(|| set("HOME").map(|home| home.join(".cache/silicabac")));
        dir.map(Cache::new).ok_or_else(|| SimError::Cache {
            path: "~/.cache/silicabac".into(),
            source: io::Error::new(io::ErrorKind::NotFound, "HOME is not set"),
        })
    }

    /// The directory of the cache.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory of the entry `name`. If it is missing or no longer complete, `build` fills it; `build` is given an empty directory.
    ///
    /// # Errors
    /// Those of `build`, after which nothing is left in the cache, and [`SimError::Cache`].
    pub fn entry(
        &self,
        name: &str,
        build: impl FnOnce(&Path) -> Result<(), SimError>,
    ) -> Result<PathBuf, SimError> {
        let path = self.dir.join(name);
        if contents::is_whole(&path) {
            return Ok(path);
        }
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SimError::Cache { path, source }
        };
        fs::create_dir_all(&self.dir).map_err(failed(&self.dir))?;
        let lock_path = self.dir.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).map_err(failed(&lock_path))?;
        lock.lock().map_err(failed(&lock_path))?;
        if !contents::is_whole(&path) {
            self.remove_leftovers(name);
            let mut builder = tempfile::Builder::new();
            let prefix = format!("{name}~");
            builder.prefix(&prefix);
            let make = || builder.tempdir_in(&self.dir);
            let (_unfinished, new) = unfinished::make(make, |new| new.path()).map_err(failed(&self.dir))?;
            build(new.path())?;
            contents::seal(new.path()).map_err(failed(new.path()))?;
            self.move_away(&path, &prefix).map_err(failed(&path))?;
            fs::rename(new.path(), &path).map_err(failed(&path))?;
            // It was renamed; there is nothing to remove.
            let _ = new.keep();
        }
        Ok(path)
    }

    /// Moves a damaged entry away and removes it. Another process may have loaded a library in it and can go on using it: the files are
    /// removed, never overwritten.
    fn move_away(&self, path: &Path, prefix: &str) -> io::Result<()> {
        if fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        // This directory is removed with its contents when the function returns.
        let grave = tempfile::Builder::new().prefix(prefix).tempdir_in(&self.dir)?;
        fs::rename(path, grave.path().join("damaged"))
    }

    /// Removes what killed builds of this entry have left. Only the process that holds the lock builds it.
    fn remove_leftovers(&self, name: &str) {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        for entry in entries {
            let left = entry
                .file_name()
                .to_string_lossy()
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('~'));
            if left {
                // If it cannot be removed, it only takes space.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// The name of a cache entry: those characters of `prefix` that suit a file name, and a hash of all `parts` with their lengths.
pub(crate) fn entry_name<'a>(prefix: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let prefix: String = prefix.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
    digest.iter().take(12).fold(prefix + "-", |name, byte| name + &format!("{byte:02x}"))
}
