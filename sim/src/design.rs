//! Verilog in, shared library out: Verilate, write the shim, compile everything as one translation unit.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Cache, Library, SimError, Tools, cache::entry_name, ports, shim};

/// A module and the files it is made of.
#[derive(Clone, Debug)]
pub struct Design {
    /// The top module.
    pub top: String,
    /// Its clock input.
    pub clock: String,
    /// Verilog and SystemVerilog files, packages before what uses them.
    pub sources: Vec<PathBuf>,
    /// Where `` `include `` looks.
    pub include_dirs: Vec<PathBuf>,
    /// More arguments for Verilator, such as `-DNAME=VALUE` or `-GPARAMETER=VALUE`.
    pub arguments: Vec<String>,
}

/// Verilator's arguments. Signals without a value are random, so that a design which relies on one fails.
const VERILATE: [&str; 11] = [
    "--cc",
    "--prefix",
    "Vsim",
    "-O3",
    "--assert",
    "--no-timing",
    "-Wno-fatal",
    "--x-assign",
    "unique",
    "--x-initial",
    "unique",
];

/// The compiler's arguments. Two libraries in one process must not share symbols: their Verilators may differ.
const COMPILE: [&str; 6] =
    ["-std=c++17", "-fPIC", "-fvisibility=hidden", "-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL"];

impl Design {
    /// A design of no files yet.
    pub fn new(top: impl Into<String>, clock: impl Into<String>) -> Design {
        Design {
            top: top.into(),
            clock: clock.into(),
            sources: Vec::new(),
            include_dirs: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// Builds the design, unless the cache has it, and loads it.
    ///
    /// # Errors
    /// [`SimError::Read`], [`SimError::Verilog`] and [`SimError::Port`] are the design's fault, the others the
    /// machine's.
    pub fn build(&self, cache: &Cache, tools: &Tools) -> Result<Library, SimError> {
        let entry = cache.entry(&self.entry_name(tools)?, |dir| {
            let header = self.verilate(tools, dir)?;
            let ports = ports::parse(&self.top, &header)?;
            self.check_clock(&ports)?;
            self.compile(cache, tools, dir, &ports)
        })?;
        let header_path = entry.join("Vsim.h");
        let header = fs::read_to_string(&header_path)
            .map_err(|source| SimError::Cache { path: header_path, source })?;
        let mut ports = ports::parse(&self.top, &header)?;
        ports.retain(|port| port.name != self.clock);
        Library::load(&self.top, &entry.join("sim.so"), ports)
    }

    fn check_clock(&self, ports: &[ports::Port]) -> Result<(), SimError> {
        let is_clock = |port: &ports::Port| {
            port.name == self.clock && port.direction == ports::Direction::Input && port.width == 1
        };
        if ports.iter().any(is_clock) {
            return Ok(());
        }
        Err(SimError::Port {
            top: self.top.clone(),
            what: format!("there is no input {} of one bit", self.clock),
        })
    }

    /// Hashes all that the library depends on: tools, arguments, and the contents of every file.
    fn entry_name(&self, tools: &Tools) -> Result<String, SimError> {
        let mut parts: Vec<Vec<u8>> = vec![env!("CARGO_PKG_VERSION").into(), tools.versions().into()];
        parts.extend([self.top.as_bytes().to_vec(), self.clock.as_bytes().to_vec()]);
        parts.push(tools.verilator_root.as_os_str().as_encoded_bytes().to_vec());
        parts.extend(self.arguments.iter().map(|argument| argument.as_bytes().to_vec()));
        // Of the shim only its text matters, for a port of each kind.
        parts.push(include_bytes!("shim.rs").to_vec());
        for path in self.files()? {
            parts.push(path.as_os_str().as_encoded_bytes().to_vec());
            parts.push(fs::read(&path).map_err(|source| SimError::Read { path, source })?);
        }
        Ok(entry_name(&self.top, parts.iter().map(Vec::as_slice)))
    }

    /// The sources, and whatever in the include directories could be included.
    fn files(&self) -> Result<Vec<PathBuf>, SimError> {
        let mut files = self.sources.clone();
        for dir in &self.include_dirs {
            let failed = |source| SimError::Read { path: dir.clone(), source };
            let mut included = Vec::new();
            for entry in fs::read_dir(dir).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                let verilog = ["v", "vh", "sv", "svh"].map(OsStr::new);
                if path.is_file() && path.extension().is_some_and(|extension| verilog.contains(&extension)) {
                    included.push(path);
                }
            }
            included.sort();
            files.append(&mut included);
        }
        Ok(files)
    }

    /// Runs Verilator in `dir`; the header of the model.
    fn verilate(&self, tools: &Tools, dir: &Path) -> Result<String, SimError> {
        let mut command = tools.verilator();
        command.args(VERILATE).arg("--top-module").arg(&self.top).arg("--Mdir").arg(dir);
        for include in &self.include_dirs {
            command.arg(format!("-I{}", absolute(include)?.display()));
        }
        command.args(&self.arguments);
        for source in &self.sources {
            command.arg(absolute(source)?);
        }
        let output = command.output().map_err(|source| SimError::Tool {
            what: format!("cannot run {}: {source}", tools.verilator.display()),
            install: "apt-get install verilator",
        })?;
        if !output.status.success() {
            return Err(SimError::Verilog(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
        }
        let path = dir.join("Vsim.h");
        fs::read_to_string(&path).map_err(|source| SimError::Cache { path, source })
    }

    fn compile(
        &self,
        cache: &Cache,
        tools: &Tools,
        dir: &Path,
        ports: &[ports::Port],
    ) -> Result<(), SimError> {
        let failed = |source| SimError::Cache { path: dir.to_owned(), source };
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".cpp") {
                files.push(name);
            }
        }
        files.sort();
        let unit = dir.join("shim.cc");
        fs::write(&unit, shim::generate(&files, ports, &self.clock)).map_err(failed)?;
        let mut command = compiler(tools);
        command.args(["-O3", "-shared"]).arg("-I").arg(dir).arg(unit);
        for object in runtime(cache, tools)? {
            command.arg(object);
        }
        run_compiler(tools, command.args(["-pthread", "-o"]).arg(dir.join("sim.so")))
    }
}

/// The objects of Verilator's own runtime, which take longer to compile than most designs.
fn runtime(cache: &Cache, tools: &Tools) -> Result<Vec<PathBuf>, SimError> {
    const FILES: [&str; 2] = ["verilated", "verilated_threads"];
    let root = tools.verilator_root.as_os_str().as_encoded_bytes();
    let parts =
        [tools.versions().as_bytes(), root].into_iter().chain(COMPILE.iter().map(|flag| flag.as_bytes()));
    let entry = cache.entry(&entry_name("runtime", parts), |dir| {
        FILES.iter().try_for_each(|file| {
            let source = tools.verilator_root.join("include").join(file).with_extension("cpp");
            let object = dir.join(file).with_extension("o");
            run_compiler(tools, compiler(tools).args(["-O2", "-c"]).arg(source).arg("-o").arg(object))
        })
    })?;
    Ok(FILES.iter().map(|file| entry.join(file).with_extension("o")).collect())
}

fn compiler(tools: &Tools) -> Command {
    let mut command = Command::new(&tools.compiler);
    command.args(COMPILE);
    if !tools.compiler.to_string_lossy().contains("clang") {
        command.arg("-fno-gnu-unique");
    }
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

fn absolute(path: &Path) -> Result<PathBuf, SimError> {
    fs::canonicalize(path).map_err(|source| SimError::Read { path: path.to_owned(), source })
}
