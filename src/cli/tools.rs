//! `silicabac tools`

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::ValueEnum;
use serde_json::json;
use silicabac::prove;
use silicabac_sim::Cache;

use super::{
    Failure, Verdict,
    print::{out, say, unless_closed},
};

/// Show which tools are used, their versions and where they are; what is missing is fetched
///
/// Exit status: 0 all are there, 3 one is missing.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac tools
  silicabac tools yosys --format path")]
pub(super) struct Arguments {
    /// Only these tools
    #[arg(value_name = "TOOL", value_enum)]
    tools: Vec<Tool>,
    /// How to print the tools; `path` prints paths alone, one a line
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// A tool, by what it is for: `compiler` may be g++, `solver` Z3.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    Compiler,
    Verilator,
    Yosys,
    Smtbmc,
    Solver,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Path,
}

/// A tool that was found.
struct Found {
    tool: Tool,
    version: String,
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let wanted = |tool: &Tool| arguments.tools.is_empty() || arguments.tools.contains(tool);
    let cache = Cache::from_env()?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for (group, find) in [
        (&[Tool::Compiler, Tool::Verilator][..], simulation as fn(&Cache) -> Result<Vec<Found>, Failure>),
        (&[Tool::Yosys, Tool::Smtbmc, Tool::Solver], proof),
    ] {
        if group.iter().any(wanted) {
            match find(&cache) {
                Ok(tools) => found.extend(tools.into_iter().filter(|found| wanted(&found.tool))),
                Err(failure) => failures.push(failure),
            }
        }
    }
    unless_closed(print(&found, arguments.format))?;
    // The first failure is returned, so that the caller reports it; the others are printed here.
    let mut failures = failures.into_iter();
    let first = failures.next();
    failures.for_each(|failure| say(format_args!("error: {failure}")));
    first.map_or(Ok(Verdict::Equal), Err)
}

fn simulation(cache: &Cache) -> Result<Vec<Found>, Failure> {
    let tools = silicabac_sim::Tools::find(cache, &mut |line| say(line))?;
    let compiler = (Tool::Compiler, tools.compiler_version(), tools.compiler_path());
    let verilator = (Tool::Verilator, tools.verilator_version(), tools.verilator_path());
    let found = |(tool, version, path): (Tool, &str, &std::path::Path)| Found {
        tool,
        version: version.to_owned(),
        path: path.to_owned(),
    };
    Ok([compiler, verilator].map(found).into())
}

fn proof(cache: &Cache) -> Result<Vec<Found>, Failure> {
    let tools = prove::Tools::find(cache, &mut |line| say(line))?;
    let (yosys, solver) = (tools.yosys(), tools.solver());
    // An smtbmc is a part of its Yosys.
    Ok(vec![
        Found { tool: Tool::Yosys, version: yosys.version().into(), path: yosys.path().into() },
        Found { tool: Tool::Smtbmc, version: yosys.version().into(), path: tools.smtbmc_path().into() },
        Found {
            tool: Tool::Solver,
            version: solver.version().map_err(prove::ProveError::from)?,
            path: solver.path().into(),
        },
    ])
}

fn print(found: &[Found], format: Format) -> io::Result<()> {
    let mut out = out();
    let name =
        |tool: Tool| tool.to_possible_value().map_or_else(String::new, |value| value.get_name().into());
    match format {
        Format::Json => {
            let rows = found.iter().map(|Found { tool, version, path }| {
                json!({ "tool": name(*tool), "version": version, "path": path.to_string_lossy() })
            });
            serde_json::to_writer_pretty(&mut out, &rows.collect::<Vec<_>>())?;
            writeln!(out)
        }
        Format::Human => found.iter().try_for_each(|Found { tool, version, path }| {
            writeln!(out, "{:<10} {version}\n{:<10} {}", name(*tool), "", path.display())
        }),
        Format::Path => found.iter().try_for_each(|found| writeln!(out, "{}", found.path.display())),
    }
}
