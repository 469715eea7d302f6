//! Files that this process is still writing, which have to be removed if a signal ends the process.
//!
//! Invariant: a file that is made through [`make`] is on the list from before anyone else can see it until it is finished or removed. In
//! all other cases a destructor removes it, but a signal runs no destructors.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

static PATHS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn paths() -> MutexGuard<'static, Vec<PathBuf>> {
    PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a file or directory on the list. When this is dropped, the file is finished or removed.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut paths = paths();
        if let Some(at) = paths.iter().position(|path| *path == self.path) {
            paths.swap_remove(at);
        }
    }
}

/// Makes a file or directory and puts it, at the path that `path_of` returns, on the list.
///
/// ```
/// use silicabac_sim::unfinished;
/// let (_kept, dir) = unfinished::make(tempfile::tempdir, |dir| dir.path())?;
/// assert!(dir.path().is_dir());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of `make`.
pub fn make<T>(
    make: impl FnOnce() -> io::Result<T>,
    path_of: impl FnOnce(&T) -> &Path,
) -> io::Result<(Unfinished, T)> {
    let mut paths = paths();
    let made = make()?;
    // The absolute path, since the current directory may change.
    let path = std::path::absolute(path_of(&made))?;
    paths.push(path.clone());
    Ok((Unfinished { path }, made))
}

/// Removes everything on the list. While the result is held, nothing is added to the list or taken off it, so a caller that holds it until
/// the process ends leaves no files.
pub fn remove_all() -> impl Sized {
    let paths = paths();
    for path in paths.iter() {
        // Another thread may be adding a last file to a directory.
        for _ in 0..20 {
            let removed = match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
                Ok(_) => fs::remove_file(path),
                Err(error) => Err(error),
            };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    thread::sleep(Duration::from_millis(10))
                }
                _ => break,
            }
        }
    }
    paths
}
