//! The command `silicabac`.
// Only `cli::print` prints.
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![deny(clippy::disallowed_methods)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
