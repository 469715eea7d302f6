//! The options that name what a user's core is made of.

use std::path::PathBuf;

use silicabac::cores::Direction;
use silicabac::cosim::Source;
use silicabac::files;
use silicabac::fit::CoreFile;
use silicabac::shell;
use silicabac_sim::{FileList, SimError};

use super::print::say;

#[derive(Clone, Default, clap::Args)]
#[group(id = "source_options")]
#[command(next_help_heading = "Your own core, in the socket of docs/socket.md")]
pub(super) struct Options {
    /// Its Verilog, packages first, its VHDL (.vhd, .vhdl), and file lists (.f) of these; without this, the built-in core
    /// in its socket
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "rtl_dir")]
    rtl: Vec<PathBuf>,
    /// A directory that `include searches
    #[arg(long, value_name = "DIR")]
    include: Vec<PathBuf>,
    /// A macro of its Verilog
    #[arg(long, value_name = "NAME=VALUE")]
    define: Vec<String>,
    /// One more argument for Verilator, such as -GNAME=VALUE for a parameter of the top module
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    verilator_arg: Vec<String>,
    /// One more argument for GHDL, which translates VHDL, such as -gNAME=VALUE for a generic of the top entity
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    ghdl_arg: Vec<String>,
    /// If Verilator rejects the core, show its warnings too, not only how many there are of each kind
    #[arg(long)]
    show_warnings: bool,
}

impl Options {
    /// Whether any of them is given.
    pub(super) fn are_given(&self) -> bool {
        let lists = [&self.define, &self.verilator_arg, &self.ghdl_arg];
        self.name_files()
            || !self.include.is_empty()
            || self.show_warnings
            || lists.iter().any(|list| !list.is_empty())
    }

    /// Whether they name the files of a core.
    pub(super) fn name_files(&self) -> bool {
        !self.rtl.is_empty()
    }

    /// What the file of a core says, and then these options.
    pub(super) fn with(&self, file: &CoreFile) -> Options {
        Options {
            rtl: [&file.rtl[..], &self.rtl].concat(),
            include: [&file.include[..], &self.include].concat(),
            define: [&file.define[..], &self.define].concat(),
            verilator_arg: [&file.verilator_arg[..], &self.verilator_arg].concat(),
            ghdl_arg: [&file.ghdl_arg[..], &self.ghdl_arg].concat(),
            show_warnings: self.show_warnings,
        }
    }

    /// The core that they name. Options in a file list that mean nothing here are reported.
    pub(super) fn source(&self, direction: Direction, top: &str) -> Result<Source, SimError> {
        let mut source = Source::new(direction, top, Vec::new());
        source.include_dirs.clone_from(&self.include);
        for path in &self.rtl {
            if FileList::is_one(path) {
                add(FileList::read(path, &mut |path| files::read_to_string(path))?, &mut source);
            } else {
                source.files.push(path.clone());
            }
        }
        source.files.iter().for_each(|path| files::remember_input(path));
        // Of two values of a macro the last counts.
        source.arguments.extend(self.define.iter().map(|define| format!("-D{define}")));
        source.arguments.extend(self.verilator_arg.iter().cloned());
        source.ghdl_arguments.clone_from(&self.ghdl_arg);
        source.show_warnings = self.show_warnings;
        Ok(source)
    }

    /// These options, for a command that builds the same core.
    pub(super) fn of_replay(&self) -> String {
        let mut options = String::new();
        if !self.rtl.is_empty() {
            options += " --rtl";
            options.extend(self.rtl.iter().map(|file| format!(" {}", shell::path(file))));
        }
        options.extend(self.include.iter().map(|dir| format!(" --include {}", shell::path(dir))));
        for (name, values) in
            [("define", &self.define), ("verilator-arg", &self.verilator_arg), ("ghdl-arg", &self.ghdl_arg)]
        {
            options.extend(values.iter().map(|value| format!(" --{name}={}", shell::word(value))));
        }
        options
    }
}

/// Adds what a file list names.
fn add(list: FileList, source: &mut Source) {
    list.skipped.iter().for_each(say);
    source.files.extend(list.sources);
    source.include_dirs.extend(list.include_dirs);
    source.arguments.extend(list.arguments);
    for (option, paths) in [("-v", &list.libraries), ("-y", &list.library_dirs)] {
        for path in paths {
            files::remember_input(path);
            source.arguments.extend([option.to_owned(), path.display().to_string()]);
        }
    }
}
