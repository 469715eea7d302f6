//! `silicabac cosim --socket --hunt`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use silicabac::cosim::{self, Caught, Hunt, Model, Slowest, Stalls, Within};
use silicabac::vectors::{self, Vector};

use super::{Options, verdicts::replay};
use crate::cli::{
    Failure, Verdict, judge,
    output::{create_dir, unused_name, write_file},
    print::{Progress, ReportFormat, junit, out, unless_closed},
};

/// The result of a hunt.
#[derive(Serialize)]
struct Report<'a> {
    pass: bool,
    direction: &'static str,
    top: &'a str,
    lanes: usize,
    seed: u64,
    tools: &'a str,
    hunt: Found,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failed>,
}

#[derive(Serialize)]
struct Found {
    tries: u64,
    /// How many bins, alignments and raw bytes a stretch has.
    length: usize,
    slowest: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// `one-run` or `any-runs`.
    within: &'static str,
    clocks: u64,
    clocks_each: f64,
    per_clock: f64,
    /// The clocks that it took when it was found, before it was simplified.
    most_clocks: u64,
    found_at: u64,
    /// The requests that are repeated.
    pattern: Vec<String>,
    vector: String,
    requests: usize,
    file: PathBuf,
}

/// The core is wrong.
#[derive(Serialize)]
struct Failed {
    vector: String,
    what: String,
    bin: u64,
    file: PathBuf,
}

/// Hunts, writes what is found and prints it.
pub(super) fn run(
    model: &Model,
    hunt: Hunt,
    tools: &str,
    options: &Options,
    common: &judge::Options,
) -> Result<Verdict, Failure> {
    let bar = Progress::new(hunt.tries, "tries");
    bar.set_message("hunting");
    let hunted = cosim::hunt(model, &hunt, &mut |tries| bar.inc(tries));
    bar.finish();
    let dir = &common.failures;
    let (slowest, failure) = match hunted {
        Ok(found) => {
            let rows = found.into_iter().map(|slowest| Row::new(slowest, model, hunt.length, dir));
            (rows.collect::<Result<_, _>>()?, None)
        }
        Err(caught) => (Vec::new(), Some(Failed::new(*caught, model, hunt.seed, dir)?)),
    };
    let report = Report {
        pass: failure.is_none(),
        direction: model.direction().name(),
        top: model.top(),
        lanes: model.lanes(),
        seed: hunt.seed,
        tools,
        hunt: Found { tries: hunt.tries, length: hunt.length, slowest },
        failure,
    };
    let mut out = out();
    unless_closed(match common.format {
        ReportFormat::Human => report.print(&mut out, options, common),
        ReportFormat::Json => serde_json::to_writer_pretty(&mut out, &report)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        ReportFormat::Junit => write!(out, "{}", report.to_junit()),
    })?;
    Ok(if report.pass { Verdict::Equal } else { Verdict::Mismatch })
}

/// Writes a vector under a name of its own, and returns its path.
fn write(vector: &Vector, model: &Model, dir: &Path) -> Result<PathBuf, Failure> {
    create_dir(dir)?;
    let name = vectors::name_like(&format!("{}-{}", model.top(), vector.id));
    let name = unused_name(dir, &name, &["json"]);
    let path = dir.join(format!("{name}.json"));
    write_file(&path, |sink| vectors::write_json(&name, std::slice::from_ref(vector), sink))?;
    Ok(path)
}

impl Row {
    fn new(slowest: Slowest, model: &Model, length: usize, dir: &Path) -> Result<Row, Failure> {
        let Slowest { within, clocks, most, found_at, pattern, vector } = slowest;
        Ok(Row {
            within: match within {
                Within::OneRun => "one-run",
                Within::AnyRuns => "any-runs",
            },
            clocks,
            clocks_each: clocks as f64 / length as f64,
            per_clock: length as f64 / clocks.max(1) as f64,
            most_clocks: most,
            found_at,
            pattern,
            requests: vector.events.len(),
            file: write(&vector, model, dir)?,
            vector: vector.id,
        })
    }
}

impl Failed {
    /// The failure with the fewest requests that show it, if they are found.
    fn new(caught: Caught, model: &Model, seed: u64, dir: &Path) -> Result<Failed, Failure> {
        let Caught { vector, mismatch } = caught;
        let (among, first, stalls) = (Vec::new(), vector.id.clone(), Stalls::NONE.name);
        let failed = cosim::Failed { vector, among, first, stalls, mismatch };
        let shrunk = failed.shrunk(model, seed).and_then(|shrunk| match shrunk.outcome.failure? {
            (_, cosim::Failure::Core(mismatch)) => Some((shrunk.suite.vectors.into_iter().next()?, mismatch)),
            _ => None,
        });
        let (vector, mismatch) = shrunk.unwrap_or((failed.vector, failed.mismatch));
        let (what, bin) = (mismatch.what(), mismatch.bin);
        Ok(Failed { what, bin, file: write(&vector, model, dir)?, vector: vector.id })
    }
}

impl Report<'_> {
    fn print(&self, out: &mut impl Write, options: &Options, common: &judge::Options) -> io::Result<()> {
        let Report { direction, top, hunt: Found { tries, length, slowest }, seed, tools, .. } = self;
        let replay = |file: &Path| replay((direction, *seed), file, options, common);
        if let Some(Failed { what, bin, file, .. }) = &self.failure {
            writeln!(out, "{direction} {top} is WRONG at bin {bin} of what was tried: {what}")?;
            writeln!(out, "  replay: {}", replay(file))?;
        }
        for row in slowest {
            let Row { within, clocks, clocks_each, most_clocks, found_at, pattern, requests, file, .. } = row;
            let within = match *within {
                "one-run" => "of one engine run",
                _ => "with ends and beginnings of engine runs",
            };
            writeln!(
                out,
                "{length} bins, alignments or raw bytes {within} take {clocks} clocks: {clocks_each:.4} each"
            )?;
            writeln!(
                out,
                "  found at try {found_at}, where it was {most_clocks}; {requests} requests are enough, again and again:"
            )?;
            pattern.iter().try_for_each(|part| writeln!(out, "      {part}"))?;
            writeln!(out, "  replay: {}\n", replay(file))?;
        }
        if self.pass {
            match slowest.is_empty() {
                true => write!(out, "{direction} {top}: nothing of this length is for it")?,
                false => write!(out, "{direction} {top} is right in {tries} tries")?,
            }
            write!(out, "; ")?;
        }
        writeln!(out, "seed {seed}, {tools}")
    }

    fn to_junit(&self) -> String {
        let mut suite = quick_junit::TestSuite::new(format!("{} {}", self.direction, self.top));
        suite.add_property(("seed", self.seed.to_string().as_str()));
        suite.add_property(("tools", self.tools));
        for Row { within, clocks, .. } in &self.hunt.slowest {
            suite.add_property((
                format!("clocks of the slowest stretch, {within}").as_str(),
                clocks.to_string().as_str(),
            ));
        }
        let status = match &self.failure {
            None => quick_junit::TestCaseStatus::success(),
            Some(Failed { what, bin, .. }) => {
                let mut status =
                    quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Failure);
                status.set_message(format!("at bin {bin}: {what}"));
                status
            }
        };
        suite.add_test_case(quick_junit::TestCase::new("hunt", status));
        junit(suite)
    }
}
