//! Errors, with what to do about them.

use std::{io, path::PathBuf};

/// Why a design could not be built or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A program is missing or too old; `install` is the command that installs it.
    #[error("{what}; install it with: {install}")]
    Tool {
        /// What is missing.
        what: String,
        /// A command line.
        install: &'static str,
    },
    /// There is no directory for the cache, or it cannot be read or written.
    #[error("cannot use the cache directory {}: {source}; name another in SILICABAC_CACHE", .path.display())]
    Cache {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no directory for temporary files, or it cannot be written.
    #[error("cannot use the directory {} for temporary files: {source}; name another in TMPDIR", .path.display())]
    Scratch {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A source or a file list cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file list has an error, or something that is not understood.
    #[error("{}:{line}: {what}", .path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong, and what to do.
        what: String,
    },
    /// GHDL does not accept the VHDL, or does not find the entity.
    #[error("{0}")]
    Vhdl(String),
    /// Verilator does not accept the Verilog: all errors, then hints.
    #[error("Verilator rejects the design:\n{0}")]
    Verilog(String),
    /// The C++ compiler does not accept what Verilator wrote.
    #[error("{compiler} fails on Verilator's output:\n{message}")]
    Compile {
        /// The compiler.
        compiler: String,
        /// Its output.
        message: String,
    },
    /// A port is not as the caller expects it.
    #[error("module {top}: {what}")]
    Port {
        /// The top module.
        top: String,
        /// The port, and what is wrong with it.
        what: String,
    },
    /// Coverage cannot be written.
    #[error("cannot write coverage to {}: {message}", .path.display())]
    Coverage {
        /// The file.
        path: PathBuf,
        /// Verilator's reason.
        message: String,
    },
    /// The compiled library cannot be loaded.
    #[error("cannot load {}: {message}", .path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// The loader's reason.
        message: String,
    },
}

/// The design ended the simulation by `$finish`, `$stop` or a failed assertion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the design stopped the simulation: {0}")]
pub struct Stopped(pub String);
