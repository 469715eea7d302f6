//! `silicabac cosim --exhaustive`

use std::io::{self, Write};

use silicabac::cores::CoreSpec;
use silicabac::cosim::sweep::{Report, Sweep, Swept, Wrong};
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict,
    judge::Options,
    print::{Progress, ReportFormat, out, say, unless_closed},
};

/// Sweeps the step of each core and prints how that went.
pub(super) fn sweep(options: &Options) -> Result<Verdict, Failure> {
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let build = |core: &'static CoreSpec| {
        Progress::while_at(&format!("building the step of the {}", core.name), || {
            Sweep::build(core, options.rtl_dir.as_deref(), &cache, &tools)
        })
    };
    let sweeps = options.cores()?.into_iter().map(build).collect::<Result<Vec<_>, _>>()?;
    let bar = Progress::new(sweeps.iter().map(Sweep::work).sum(), "points");
    let mut report = Report { tools: tools.versions().to_owned(), swept: Vec::new() };
    for sweep in &sweeps {
        bar.set_message(sweep.core().name);
        report.swept.extend(sweep.run(1, &mut |points| bar.inc(points))?);
    }
    bar.finish();
    unless_closed(print(&report, options.format))?;
    Ok(if report.passed() { Verdict::Equal } else { Verdict::Mismatch })
}

fn print(report: &Report, format: ReportFormat) -> io::Result<()> {
    let mut out = out();
    match format {
        ReportFormat::Human => print_table(&mut out, report),
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &report.to_json())?;
            writeln!(out)
        }
        ReportFormat::Junit => write!(out, "{}", report.to_junit()),
    }
}

fn print_table(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(
        out,
        "{:<13} {:<10} {:>10} {:>11} {:>10}  result",
        "core", "points of", "points", "evaluations", "Mpoints/s"
    )?;
    for Swept { core, kind, points, evaluations, time, failure } in &report.swept {
        let (core, speed) = (core.name, *points as f64 / time.as_secs_f64() / 1e6);
        let result = if failure.is_none() { "equal" } else { "MISMATCH" };
        writeln!(out, "{core:<13} {kind:<10} {points:>10} {evaluations:>11} {speed:>10.1}  {result}")?;
    }
    if !report.passed() {
        writeln!(out)?;
    }
    let failed = report.swept.iter().filter_map(|swept| Some((swept, swept.failure.as_ref()?)));
    for (swept, wrong) in failed {
        writeln!(out, "MISMATCH in the step of the {}, at a point of {}", swept.core.name, swept.kind)?;
        match wrong {
            Wrong::Stopped(stopped) => writeln!(out, "  {stopped}\n")?,
            Wrong::Differs(difference) => writeln!(out, "  {}\n\n{}", difference.point, difference.table())?,
        }
    }
    let sum = |of: fn(&Swept) -> u64| report.swept.iter().map(of).sum::<u64>();
    let (points, evaluations) = (sum(|swept| swept.points), sum(|swept| swept.evaluations));
    match report.passed() {
        true => write!(out, "all equal: oracle and Verilog; {points} points, {evaluations} evaluations")?,
        false => write!(out, "not equal: oracle and Verilog")?,
    }
    writeln!(out, "; {}", report.tools)
}
