//! How a process that simulates can end without a result, in words and for machines.

use std::{
    fmt::{self, Display},
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
};

use super::super::print::{ReportFormat, junit, out, say};

/// How a process ended that did not hand over its result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Death {
    Panicked,
    Exited(i32),
    Killed(i32),
    Memory(u64),
    Printed(u64),
    Stuck(u32),
    Silent,
}

impl Death {
    /// A word for machines.
    fn kind(&self) -> &'static str {
        match self {
            Death::Panicked => "panic",
            Death::Exited(_) => "exit",
            Death::Killed(_) => "crash",
            Death::Memory(_) => "memory",
            Death::Printed(_) => "output",
            Death::Stuck(_) => "stuck",
            Death::Silent => "silent",
        }
    }

    pub(super) fn of(status: ExitStatus) -> Death {
        match (status.code(), status.signal()) {
            (Some(PANIC), _) => Death::Panicked,
            (_, Some(signal)) => Death::Killed(signal),
            (code, None) => Death::Exited(code.unwrap_or_default()),
        }
    }
}

/// The exit status of a Rust program that panics.
const PANIC: i32 = 101;

impl Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Death::Panicked => {
                write!(f, "silicabac itself failed; the message above says where, please report it")
            }
            Death::Exited(code) => {
                write!(
                    f,
                    "the simulated core ended the program, with exit status {code}, before there was a result"
                )
            }
            Death::Killed(signal) => {
                let name = match signal {
                    4 => " (SIGILL)",
                    6 => " (SIGABRT: it gave up by itself, as without memory)",
                    8 => " (SIGFPE)",
                    9 => " (SIGKILL: by somebody else, perhaps for want of memory)",
                    7 | 10 => " (SIGBUS)",
                    11 => " (SIGSEGV)",
                    _ => "",
                };
                write!(f, "the simulation crashed with signal {signal}{name}")
            }
            Death::Memory(mib) => {
                write!(f, "the simulation took more than {mib} MiB of memory (--max-memory allows more)")
            }
            Death::Printed(mib) => {
                write!(f, "the simulated core printed more than {mib} MiB (--max-output allows more)")
            }
            Death::Stuck(seconds) => write!(
                f,
                "the core is stuck inside one clock, for {seconds} seconds: an endless loop in its Verilog \
                 (--max-clock-time allows more)"
            ),
            Death::Silent => write!(f, "the simulation has stopped and does not answer"),
        }
    }
}

/// Prints how the process ended, in place of a result.
pub(super) fn print_death(death: &Death, what: &str, format: ReportFormat) -> io::Result<()> {
    say(format_args!("error: {what}"));
    match format {
        ReportFormat::Human => Ok(()),
        ReportFormat::Json => {
            let report =
                serde_json::json!({ "pass": false, "ended": { "kind": death.kind(), "what": what } });
            writeln!(out(), "{report:#}")
        }
        ReportFormat::Junit => {
            let mut status = quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Error);
            status.set_message(what);
            let mut suite = quick_junit::TestSuite::new("simulation");
            suite.add_test_case(quick_junit::TestCase::new(death.kind(), status));
            write!(out(), "{}", junit(suite))
        }
    }
}
