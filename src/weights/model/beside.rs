//! Files that a model names and that lie in its directory: shards, and external data.
//!
//! Invariant: a name leads to a regular file in the directory of the model, or below it. Names are checked as they are written. A link is
//! followed, since caches of models consist of links.

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use super::ModelError;
use crate::files;

/// Where a file is that a model names.
pub(super) fn path(model: &Path, name: &str) -> Result<PathBuf, ModelError> {
    let refused = |what| ModelError::Beside { name: name.into(), what };
    if files::is_stdin(model) {
        return Err(refused("lies beside the model, which comes from the standard input; name its path"));
    }
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if name.is_empty() || !Path::new(name).components().all(is_inside) {
        return Err(refused(
            "is not in the directory of the model; put both into one, and name it from there",
        ));
    }
    Ok(model.parent().unwrap_or(Path::new("")).join(name))
}

/// Opens such a file. A pipe is refused: it could not be read a second time.
pub(super) fn open(path: &Path) -> Result<File, ModelError> {
    let failed = |source| ModelError::Open { path: path.to_path_buf(), source };
    if !fs::metadata(path).map_err(failed)?.is_file() {
        let name = path.display().to_string();
        return Err(ModelError::Beside { name, what: "is no regular file; get the model again" });
    }
    files::open_seekable(path).map_err(failed)
}
