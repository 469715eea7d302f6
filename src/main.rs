//! The command `silicabac`.
#![deny(clippy::disallowed_methods)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
