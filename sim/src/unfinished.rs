//! What this process has begun to write and not finished, so that it can be removed when a signal ends the process.
//!
//! Invariant: what is made through [`make`] is on the list from before anybody else can see it until it has been finished
//! or removed. A destructor does the same in all other cases, but a signal runs none.

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

/// Keeps a file or a directory on the list; when this is dropped, the file is finished, or gone.
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

/// Makes a file or a directory, at the path that `path_of` tells, and puts it on the list.
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
    // By its whole path, wherever a thread will have gone by then.
    let path = std::path::absolute(path_of(&made))?;
    paths.push(path.clone());
    Ok((Unfinished { path }, made))
}

/// Removes all that is on the list. Nothing is put on it nor taken off while the result is held, so whoever holds it until
/// the process ends leaves nothing.
pub fn remove_all() -> impl Sized {
    let paths = paths();
    for path in paths.iter() {
        // Another thread may be putting a last file into a directory.
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
