//! The results of a campaign, for people and for machines.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use serde_json::{Value, json};
use silicabac::{
    campaign::{Cause, Core, Failing, Results, Run, Summary, Trouble},
    mutation::{self, Tally},
};

use super::directory::Directory;
use crate::cli::{
    Failure, Verdict,
    output::write_file,
    print::{ReportFormat, counted, out, unless_closed},
};

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Options {
    /// Also write an HTML page
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    format: ReportFormat,
}

pub(super) fn print(directory: &Directory, options: &Options) -> Result<Verdict, Failure> {
    let ledger = directory.ledger()?;
    let items = directory.items(&ledger)?;
    let summary = Summary::new(json!(directory.about), &items, &ledger);
    if let Some(path) = &options.html {
        let page = silicabac::report::Page::campaign(&summary).to_html();
        write_file(path, |sink| sink.write_all(page.as_bytes()))?;
    }
    let mut out = out();
    unless_closed(match options.format {
        ReportFormat::Human => print_table(&mut out, &summary),
        ReportFormat::Json => serde_json::to_writer_pretty(&mut out, &summary)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        ReportFormat::Junit => write!(out, "{}", summary.to_junit(&items, &ledger)),
    })?;
    let Results { failed, given_up, open, .. } = summary.result;
    Ok(match (failed, given_up, open) {
        (1.., _, _) => Verdict::Mismatch,
        (0, 1.., _) => Verdict::BadInput,
        (0, 0, 1..) => Verdict::BelowGoal,
        (0, 0, 0) => Verdict::Equal,
    })
}

fn print_table(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let Summary { of, result, run } = summary;
    if !result.cores.is_empty() {
        writeln!(
            out,
            "{:<32} {:>6} {:>6} {:>6} {:>9} {:>13} {:>10}  first failing seed",
            "core", "items", "passed", "failed", "vectors", "bins", "bins/clock"
        )?;
    }
    for Core { core, simulator, items, passed, failed, vectors, bins, clocks, first_failing_seed } in
        &result.cores
    {
        let name = simulator.as_ref().map_or(core.clone(), |simulator| format!("{core} ({simulator})"));
        let pace = if *clocks > 0 { format!("{:.4}", *bins as f64 / *clocks as f64) } else { "-".into() };
        let seed = first_failing_seed.map_or("-".into(), |seed| seed.to_string());
        writeln!(
            out,
            "{name:<32} {items:>6} {passed:>6} {failed:>6} {vectors:>9} {bins:>13} {pace:>10}  {seed}"
        )?;
    }
    for Failing { of, what, items, first, how, command, .. } in &result.failures {
        let what = if what.is_empty() { String::new() } else { format!(", {what}") };
        writeln!(
            out,
            "\n{of}{what}: fails in {}, first in {first}: {how}\n  replay: {command}",
            counted(*items, "item")
        )?;
    }
    for (number, Cause { core, cause, item, .. }) in (1..).zip(&result.causes) {
        writeln!(out, "\ncause {number}, {core}: {}", cause["text"].as_str().unwrap_or_default())?;
        writeln!(out, "  found in {item}")?;
        if let Some(file) = cause["file"].as_str() {
            writeln!(out, "  {file}")?;
        }
    }
    for Trouble { item, why, command } in &result.errors {
        writeln!(out, "\n{item} could not be done: {why}\n  {command}")?;
    }
    if !result.coverage.is_empty() {
        let sum =
            |of: fn(&silicabac::campaign::Share) -> usize| result.coverage.iter().map(of).sum::<usize>();
        let (hit, possible) = (sum(|share| share.hit), sum(|share| share.cells - share.excluded));
        writeln!(out, "\ncoverage: {hit} of {possible} cells")?;
    }
    print_mutants(out, result.mutants.as_ref())?;
    print_run(out, run)?;
    let Results { items, passed, failed, given_up, open, .. } = *result;
    let name = of["name"].as_str().unwrap_or_default();
    let verdict = match (failed, given_up, open) {
        (1.., _, _) => "FAILS",
        (0, 1.., _) => "could not do all",
        (0, 0, 1..) => "is not finished",
        (0, 0, 0) => "passes",
    };
    write!(out, "{name} {verdict}: of {} {passed} passed", counted(items, "item"))?;
    for (count, what) in [(failed, "failed"), (given_up, "given up"), (open, "open")] {
        if count > 0 {
            write!(out, ", {count} {what}")?;
        }
    }
    let commit = of["commit"].as_str().map_or(String::new(), |commit| format!(", commit {commit}"));
    writeln!(out, "; {:.0} s of work; {}{commit}", run.seconds, of["tool"].as_str().unwrap_or_default())
}

fn print_mutants(out: &mut impl Write, report: Option<&Value>) -> io::Result<()> {
    let report =
        report.map(|report| mutation::Report::from_json(report.to_string().as_bytes())).transpose()?;
    for Tally { core, of, mutants, killed, survived, .. } in report.iter().flat_map(mutation::Report::tallies)
    {
        let killed: usize = killed.iter().sum();
        writeln!(
            out,
            "mutants of {core}, {}: {killed} of {mutants} killed, {survived} unexplained",
            of.name()
        )?;
    }
    Ok(())
}

fn print_run(out: &mut impl Write, run: &Run) -> io::Result<()> {
    for flaky in &run.flaky {
        let ends: Vec<String> =
            flaky.ends.iter().map(|(host, outcome)| format!("{outcome:?} on {host}")).collect();
        writeln!(out, "different results of {}: {}", flaky.item, ends.join(", "))?;
    }
    let troubled = run.machines.iter().filter(|machine| machine.lost + machine.errors + machine.flaky > 0);
    for machine in troubled {
        writeln!(
            out,
            "machine {}: of {}, {} began and never ended, {} could not be done, {} had another result than elsewhere",
            machine.host,
            counted(machine.items, "item"),
            machine.lost,
            machine.errors,
            machine.flaky
        )?;
    }
    for why in &run.stopped {
        writeln!(out, "stopped: {why}")?;
    }
    Ok(())
}
