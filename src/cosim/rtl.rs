//! The Verilog of the cores: where it comes from.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use silicabac_sim::{Cache, Design, SimError};

use crate::cores::CoreSpec;
use crate::files;

/// Files of `rtl/` with their names.
macro_rules! embed {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../rtl/", $name)))),*] };
}

/// The cores `encoder` and `decoder` in the socket of `docs/socket.md`: on top of their sources.
pub const SOCKETS: [(&str, &str); 2] =
    embed!["socket/cabac_encoder_socket.sv", "socket/cabac_decoder_socket.sv"];

/// Assertions of a handshake, to be bound to a core.
pub(super) const HANDSHAKE: [(&str, &str); 1] = embed!["socket/cabac_handshake.sv"];

/// The built-in sources of a core as files in the cache.
///
/// # Errors
/// [`SimError::Cache`].
pub fn built_in(core: &CoreSpec, cache: &Cache) -> Result<Vec<PathBuf>, SimError> {
    as_files(core.sources, cache)
}

/// Texts, each with its name, as files in the cache, one directory for each version of them.
pub(super) fn as_files(sources: &[(&str, &str)], cache: &Cache) -> Result<Vec<PathBuf>, SimError> {
    let mut crc32 = crc32fast::Hasher::new();
    sources.iter().for_each(|(_, text)| crc32.update(text.as_bytes()));
    let dir = cache.entry(&format!("rtl-{:08x}", crc32.finalize()), |dir| {
        sources.iter().try_for_each(|(name, text)| {
            let path = dir.join(file_name(name));
            files::write_scratch(&path, text).map_err(|source| SimError::Cache { path, source })
        })
    })?;
    Ok(sources.iter().map(|(name, _)| dir.join(file_name(name))).collect())
}

/// A design with these sources, each of which may include what lies beside it.
pub(super) fn with_sources(mut design: Design, sources: Vec<PathBuf>) -> Design {
    design.include_dirs = sources.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
    design.include_dirs.dedup();
    design.sources = sources;
    design
}

/// The last part of a path in the sources.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Every `.sv` and `.v` file of a directory and of those in it, as `rtl/` has them; those that end in `_pkg` first.
///
/// # Errors
/// [`SimError::Read`] if one cannot be listed, or there is no such file.
pub fn in_dir(dir: &Path) -> Result<Vec<PathBuf>, SimError> {
    let list = |dir: &Path| -> Result<Vec<PathBuf>, SimError> {
        let failed = |source| SimError::Read { path: dir.to_owned(), source };
        let entries = fs::read_dir(dir).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(entries.iter().map(fs::DirEntry::path).collect())
    };
    let is_verilog =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "sv" || extension == "v");
    let mut sources = Vec::new();
    for path in list(dir)? {
        sources.extend(if path.is_dir() { list(&path)? } else { vec![path] });
    }
    sources.retain(is_verilog);
    let is_package =
        |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_pkg"));
    sources.sort_by_key(|path| (!is_package(path), path.clone()));
    if sources.is_empty() {
        let source = io::Error::new(io::ErrorKind::NotFound, "there is no .sv or .v file in it");
        return Err(SimError::Read { path: dir.to_owned(), source });
    }
    sources.iter().for_each(|path| files::remember_input(path));
    Ok(sources)
}

/// The files of a directory, or the built-in ones of a core.
///
/// # Errors
/// Those of [`in_dir`] and [`built_in`].
pub fn sources(core: &CoreSpec, dir: Option<&Path>, cache: &Cache) -> Result<Vec<PathBuf>, SimError> {
    dir.map_or_else(|| built_in(core, cache), in_dir)
}
