//! The command `silicabac`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
