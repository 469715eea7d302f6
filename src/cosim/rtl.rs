//! The Verilog of the cores, built-in or from a directory.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use silicabac_sim::{Cache, Design, SimError};

use crate::cores::CoreSpec;
use crate::files;

/// Embeds files of `rtl/` with their names.
macro_rules! embed {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../rtl/", $name)))),*] };
}

/// The wrappers `encoder` and `decoder` that put our cores into the socket of `docs/socket.md`; they need the cores' sources.
pub const SOCKETS: [(&str, &str); 2] =
    embed!["socket/cabac_encoder_socket.sv", "socket/cabac_decoder_socket.sv"];

/// Handshake assertions that are bound to a core.
pub(super) const HANDSHAKE: [(&str, &str); 1] = embed!["socket/cabac_handshake.sv"];

/// The built-in sources of a core as files in the cache.
///
/// # Errors
/// [`SimError::Cache`].
pub fn built_in(core: &CoreSpec, cache: &Cache) -> Result<Vec<PathBuf>, SimError> {
    as_files(core.sources, cache)
}

/// Writes texts, each with its name, as files to the cache, one directory per version.
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

/// Adds sources to a design; each may include files that lie beside it.
pub(super) fn with_sources(mut design: Design, sources: Vec<PathBuf>) -> Design {
    design.include_dirs = sources.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
    design.include_dirs.dedup();
    design.sources = sources;
    design
}

/// The last component of a path in the sources.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// All `.sv` and `.v` files of a directory and its subdirectories, as in `rtl/`; those whose names end in `_pkg` come first.
///
/// # Errors
/// [`SimError::Read`] if a directory cannot be listed, or if there is no such file.
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

/// The files of a directory, or else the built-in ones of a core.
///
/// # Errors
/// Those of [`in_dir`] and [`built_in`].
pub fn sources(core: &CoreSpec, dir: Option<&Path>, cache: &Cache) -> Result<Vec<PathBuf>, SimError> {
    dir.map_or_else(|| built_in(core, cache), in_dir)
}
