//! Models and containers as files: how they are opened, and the default names of outputs.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use silicabac::files;
use silicabac::weights::{
    compress::{Options, WeightsError},
    container::{Container, MAGIC},
    model::ModelFile,
    plan::Rule,
};

use super::super::output::{only_over, with_suffix};
use super::{Failure, print::say};

pub(super) fn weights_failure(path: &Path) -> impl Fn(WeightsError) -> Failure + '_ {
    |source| Failure::Weights { path: path.to_owned(), source }
}

pub(super) fn open_model(path: &Path) -> Result<ModelFile, Failure> {
    ModelFile::open(path).map_err(|error| weights_failure(path)(error.into()))
}

/// Warns of patterns that match no tensor: a tensor that one was meant for is compressed like all others.
pub(super) fn warn_of_patterns(model: &ModelFile, options: &Options) {
    for Rule { names, .. } in &options.rules {
        if !model.tensors().iter().any(|tensor| names.matches(&tensor.name)) {
            say(format_args!("warning: the pattern {names} matches the name of no tensor"));
        }
    }
}

/// A container, and how long it is.
pub(super) fn open_container(path: &Path) -> Result<(Container<BufReader<File>>, u64), Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let file = files::open_seekable(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let container = Container::open(BufReader::new(file));
    let container = container.map_err(|error| weights_failure(path)(error.into()))?;
    Ok((container, length))
}

/// Warns if a wrong byte was corrected. Called after everything that is needed of a container has been read.
pub(super) fn warn_if_repaired<R: Read + Seek>(path: &Path, container: &Container<R>) {
    if container.is_repaired() {
        say(format_args!("warning: {}: a byte of it was wrong, and has been put right", path.display()));
    }
}

/// Where the container of a model goes.
pub(super) fn container_for(model: &Path, given: Option<&Path>) -> Result<PathBuf, Failure> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => default_output(&as_one_file(model), ".sbw", &MAGIC, "no container of weights"),
    }
}

/// The name of a model as the one file that it comes back as: without the part that names an index of shards.
fn as_one_file(model: &Path) -> PathBuf {
    let name =
        model.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".index.json"));
    name.filter(|name| name.ends_with(".safetensors"))
        .map_or_else(|| model.to_owned(), |name| model.with_file_name(name))
}

/// A default name for an output: the whole name of the input and a suffix. It replaces only a file of the same kind.
pub(super) fn default_output(
    from: &Path,
    suffix: &str,
    start: &[u8],
    otherwise: &'static str,
) -> Result<PathBuf, Failure> {
    if files::is_stdin(from) {
        return Err(Failure::Usage(
            "the standard input has no name; say with --output where to write".into(),
        ));
    }
    let path = with_suffix(from, suffix);
    only_over(&path, start, otherwise)?;
    Ok(path)
}
