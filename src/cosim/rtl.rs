//! The Verilog of the cores: where it comes from, and a simulated one as a [`Core`].

use std::{
    fs, io,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use silicabac_sim::{Cache, Design, Direction, Instance, Library, SimError, Tools};

use crate::cores::CoreSpec;
use crate::cycle::{Core, Field, Fields, RowOf, Stopped};
use crate::files;

/// Files of `rtl/` with their names.
macro_rules! embed {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../rtl/", $name)))),*] };
}

/// The cores `encoder` and `decoder` in the socket of `docs/socket.md`: on top of their sources.
pub const SOCKETS: [(&str, &str); 2] =
    embed!["socket/cabac_encoder_socket.sv", "socket/cabac_decoder_socket.sv"];

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

/// A built core, from which simulated ones are made.
#[derive(Clone, Debug)]
pub struct Model<C: Core> {
    top: String,
    library: Library,
    input_at: Vec<usize>,
    output_at: Vec<usize>,
    debug_at: usize,
    twin: PhantomData<fn() -> C>,
}

/// The name that the cores give their packed registers.
const DEBUG: &str = "debug";

impl<C: Core> Model<C> {
    /// Builds module `top` and finds the ports of its twin `C` in it; with `coverage` it counts what runs and toggles.
    ///
    /// # Errors
    /// [`SimError`]: a file, the Verilog, a port or a tool.
    pub fn build(
        top: &str,
        sources: Vec<PathBuf>,
        coverage: bool,
        cache: &Cache,
        tools: &Tools,
    ) -> Result<Model<C>, SimError> {
        let mut design = with_sources(Design::new(top, "clk"), sources);
        design.coverage = coverage;
        let library = design.build(cache, tools)?;
        let words = |fields: &[Field], direction| -> Result<Vec<usize>, SimError> {
            fields.iter().map(|field| library.word_of(field.name, direction, field.width)).collect()
        };
        Ok(Model {
            top: top.to_owned(),
            input_at: words(C::Inputs::FIELDS, Direction::Input)?,
            output_at: words(C::Outputs::FIELDS, Direction::Output)?,
            debug_at: library.word_of(DEBUG, Direction::Output, C::Registers::WIDTH)?,
            library,
            twin: PhantomData,
        })
    }

    /// The name of the top module.
    pub fn top(&self) -> &str {
        &self.top
    }

    /// A core whose uninitialised bits are random with this seed.
    pub fn instance(&self, seed: u32) -> Rtl<'_, C> {
        Rtl {
            model: self,
            instance: self.library.instance(seed),
            inputs: vec![0; self.library.input_words()],
            outputs: vec![0; self.library.output_words()],
        }
    }
}

/// A simulated core.
#[derive(Debug)]
pub struct Rtl<'a, C: Core> {
    model: &'a Model<C>,
    instance: Instance,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
}

impl<C: Core> Rtl<'_, C> {
    /// One clock, without a look at what the core shows.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn advance(&mut self, inputs: &C::Inputs) -> Result<(), Stopped> {
        inputs.visit(|i, value| self.inputs[self.model.input_at[i]] = value);
        self.instance.clock(&self.inputs, &mut self.outputs).map_err(|stopped| Stopped(stopped.to_string()))
    }

    /// What has been covered so far, in Verilator's own format.
    ///
    /// # Errors
    /// [`SimError::Coverage`], most of all of a core that was built without it.
    pub fn coverage(&mut self) -> Result<String, SimError> {
        let failed = |path: &Path, error: io::Error| SimError::Coverage {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let dir = tempfile::env::temp_dir();
        let file = tempfile::Builder::new().tempfile_in(&dir).map_err(|error| failed(&dir, error))?;
        self.instance.write_coverage(file.path())?;
        files::read_to_string(file.path()).map_err(|error| failed(file.path(), error))
    }
}

impl<C: Core> Core for Rtl<'_, C> {
    type Inputs = C::Inputs;
    type Outputs = C::Outputs;
    type Registers = C::Registers;

    #[inline]
    fn clock(&mut self, inputs: &C::Inputs, row: &mut RowOf<C>) -> Result<(), Stopped> {
        self.advance(inputs)?;
        row.outputs = C::Outputs::build(|i| self.outputs[self.model.output_at[i]]);
        row.registers = C::Registers::unpack(&self.outputs[self.model.debug_at..]);
        Ok(())
    }
}
