//! The results of a core in the socket, for people and for machines: a verdict for each class of vectors, and why it fails.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use silicabac::cosim::{
    self, Difference, Evidence, Explanation, Failed, Mismatch, Model, STRETCH, Slip, Throughput,
};
use silicabac::coverage::Coverage;
use silicabac::report::{Clocks, Page, Slice};
use silicabac::shell;
use silicabac::vectors::{self, Vector};

use super::{Options, Source, coverage, speed};
use crate::cli::{
    Failure, judge,
    output::{create_dir, unused_name, write_file},
    print::{ReportFormat, counted, junit, out, unless_closed},
    shard,
};

/// All verdicts.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) pass: bool,
    /// Which part of the classes it is about, if not about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    /// In which ways vectors were played, if not in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    ways: Option<&'static str>,
    direction: &'static str,
    pub(super) top: String,
    lanes: usize,
    /// What is not checked, since the core has no port that shows it.
    unchecked: Vec<&'static str>,
    seed: u64,
    tools: String,
    /// How many vectors `--waive` left out.
    waived: usize,
    causes: Vec<Why>,
    /// The throughput in all classes together.
    #[serde(skip_serializing_if = "Option::is_none")]
    throughput: Option<Throughput>,
    /// What the vectors that were played make any coder do; `None` if only verdicts are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<serde_json::Value>,
    #[serde(skip)]
    covered: Option<Coverage>,
    /// Whether any vector of the whole run is for the core.
    #[serde(skip)]
    has_any: bool,
    /// The command that finds out why the core fails, if only verdicts are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The frequency of the core's clock, if bins a second are to be printed.
    #[serde(skip)]
    mhz: Option<f64>,
    pub(super) verdicts: Vec<Row>,
}

/// The settings of a run, and what was found for all classes together.
pub(super) struct Run<'a> {
    pub(super) seed: u64,
    pub(super) tools: &'a str,
    /// How many vectors `--waive` left out.
    pub(super) waived: usize,
    pub(super) covered: Option<Coverage>,
    /// The frequency of the core's clock, if bins a second are to be printed.
    pub(super) mhz: Option<f64>,
    /// Whether any vector of the whole run is for the core.
    pub(super) has_any: bool,
    pub(super) shard: shard::Options,
    /// In which ways vectors were played, if not in all.
    pub(super) ways: Option<&'static str>,
}

/// A class as it was judged.
pub(super) struct Judged {
    pub(super) verdict: cosim::Verdict,
    pub(super) time: Duration,
    /// The ids of its vectors.
    pub(super) played: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Row {
    class: String,
    pub(super) vectors: usize,
    pass: bool,
    /// How long it took to judge them.
    seconds: f64,
    /// Their throughput when nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    throughput: Option<Throughput>,
    /// Vectors that are played without some of their bins.
    #[serde(skip_serializing_if = "is_zero")]
    in_part: usize,
    /// Vectors that are not applicable to the core.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_applicable: Vec<NotApplicable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<RowFailure>,
    /// Those of its vectors that fail alone and without waits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failing: Vec<Failing>,
    /// Those that pass alone and without waits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passing: Vec<String>,
}

#[derive(Serialize)]
struct Failing {
    vector: String,
    #[serde(flatten)]
    difference: Difference,
    bin: u64,
    clock: u64,
}

impl Failing {
    fn new(evidence: &Evidence<'_>) -> Option<Failing> {
        let Mismatch { difference, bin, clock, .. } = evidence.failed.as_deref()?;
        Some(Failing {
            vector: evidence.vector().id.clone(),
            difference: difference.clone(),
            bin: *bin,
            clock: *clock,
        })
    }
}

fn merged(mut all: Throughput, other: Throughput) -> Throughput {
    all.merge(&other);
    all
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct NotApplicable {
    vectors: usize,
    reason: String,
}

#[derive(Serialize)]
struct RowFailure {
    /// The shortest vector that fails alone, or the one that fails among the others.
    vector: String,
    /// Whether it fails alone; `None` if only verdicts are wanted, as `first` is then.
    #[serde(skip_serializing_if = "Option::is_none")]
    alone: Option<bool>,
    /// The first of its class that fails alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    bins: usize,
    stalls: &'static str,
    #[serde(flatten)]
    difference: Difference,
    what: String,
    bin: u64,
    clock: u64,
    /// The causes of the failure, by their numbers from 1.
    causes: Vec<usize>,
    catches: Vec<&'static str>,
    shows: Vec<&'static str>,
    /// The command that plays its class again and finds out why it fails, if only verdicts are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
}

/// Why the core fails, and the smallest failure that shows it.
#[derive(Serialize)]
struct Why {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// The slip that explains the failures, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    slip: Option<Slip>,
    vectors: usize,
    classes: Vec<String>,
    vector: String,
    stalls: &'static str,
    bins: usize,
    #[serde(flatten)]
    difference: Difference,
    what: String,
    bin: u64,
    clock: u64,
    /// The requests up to the one that shows it, each with the number of its bin.
    requests: Vec<String>,
    /// Where the vector was written, with a waveform and the waits beside it.
    file: Option<PathBuf>,
    /// The command that plays it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
    #[serde(skip)]
    written: Vec<Vector>,
    #[serde(skip)]
    failed: Failed,
}

impl Row {
    fn new(judged: Judged, causes: &[Why], evidence: &[Evidence<'_>], verdicts_alone: bool) -> Row {
        let Judged { verdict, time, played } = judged;
        let cosim::Verdict { class, vectors, in_part, misfits, throughput, failed } = verdict;
        let numbered = (1..).zip(causes).filter(|(_, cause)| cause.classes.contains(&class));
        let numbers = numbered.map(|(number, _)| number).collect();
        let failure = failed.map(|Failed { vector, among, first, stalls, mismatch }| RowFailure {
            vector: vector.id.clone(),
            alone: (!verdicts_alone).then_some(among.is_empty()),
            first: (!verdicts_alone).then_some(first),
            bins: vector.bins(),
            stalls,
            difference: mismatch.difference.clone(),
            what: mismatch.what(),
            bin: mismatch.bin,
            clock: mismatch.clock,
            causes: numbers,
            catches: vector.flags.iter().map(|flag| flag.bug()).collect(),
            shows: vector.flags.iter().map(|flag| flag.shows()).collect(),
            replay: None,
        });
        let not_applicable = misfits.into_iter();
        let not_applicable =
            not_applicable.map(|(why, vectors)| NotApplicable { vectors, reason: why.to_string() });
        let evidence = || evidence.iter().filter(|one| one.class() == class);
        let passing = match failure {
            None => played,
            Some(_) => {
                evidence().filter(|one| one.failed.is_none()).map(|one| one.vector().id.clone()).collect()
            }
        };
        Row {
            seconds: time.as_secs_f64(),
            vectors,
            pass: failure.is_none() && vectors > 0,
            throughput,
            in_part,
            not_applicable: not_applicable.collect(),
            failing: evidence().filter_map(Failing::new).collect(),
            failure,
            passing,
            class,
        }
    }
}

impl Why {
    /// The cause with the fewest requests that show it, if they are found.
    fn new(explanation: Explanation, model: &Model, seed: u64) -> Why {
        let Explanation { text, rule, slip, vectors, classes, example } = explanation;
        let shrunk = example.shrunk(model, seed);
        let shrunk = shrunk.and_then(|shrunk| {
            let (stalls, failure) = shrunk.outcome.failure?;
            let cosim::Failure::Core(mismatch) = failure else { return None };
            let mismatch = Box::new(Mismatch { plan: shrunk.plan.or(mismatch.plan.clone()), ..*mismatch });
            Some((shrunk.suite.vectors, stalls, mismatch))
        });
        let (written, stalls, mismatch) = shrunk.unwrap_or_else(|| {
            let all =
                if example.among.is_empty() { vec![example.vector.clone()] } else { example.among.clone() };
            (all, example.stalls, example.mismatch.clone())
        });
        let requests = mismatch.before.iter().map(|(bin, request)| format!("{bin} {request}")).collect();
        Why {
            text,
            rule: rule.map(|rule| rule.to_string()),
            slip,
            vectors,
            classes,
            vector: example.vector.id.clone(),
            stalls,
            bins: written.iter().map(Vector::bins).sum(),
            difference: mismatch.difference.clone(),
            what: mismatch.what(),
            bin: mismatch.bin,
            clock: mismatch.clock,
            requests,
            file: None,
            replay: None,
            written,
            failed: Failed { mismatch, ..example },
        }
    }

    /// Writes the vectors that show the failure, so that they can be played again, and a waveform of the clocks around it.
    fn write(&mut self, top: &str, dir: &Path) -> Result<(), Failure> {
        create_dir(dir)?;
        let name = vectors::name_like(&format!("{top}-{}", self.vector));
        let name = unused_name(dir, &name, &["json", "vcd", judge::WAITS]);
        let file = |extension: &str| dir.join(format!("{name}.{extension}"));
        let mismatch = &self.failed.mismatch;
        write_file(&file("json"), |sink| vectors::write_json(&name, &self.written, sink))?;
        write_file(&file("vcd"), |sink| mismatch.write_vcd(sink))?;
        judge::write_plan(&file(judge::WAITS), mismatch.plan.as_ref())?;
        self.file = Some(file("json"));
        Ok(())
    }

    /// Prints the cause with the requests up to the failure; of many requests only the last ones.
    fn print(&self, out: &mut impl Write, number: usize) -> io::Result<()> {
        const CLASSES: usize = 6;
        let Why { text, rule, vectors, classes, vector, bins, what, bin, requests, stalls, .. } = self;
        writeln!(out, "\ncause {number}: {text}")?;
        let some = classes.iter().take(CLASSES).cloned().collect::<Vec<_>>().join(", ");
        let more = classes.len().saturating_sub(CLASSES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let vectors = counted(*vectors, "vector");
        let of = if rule.is_some() { format!("{vectors} of ") } else { String::new() };
        writeln!(out, "  {of}{}: {some}{more}", counted(classes.len(), "class"))?;
        let are = if *bins == 1 { "is" } else { "are" };
        let bins = counted(*bins, "bin");
        writeln!(out, "  {vector}, of which {bins} {are} enough, stalls: {stalls}; at bin {bin}: {what}")?;
        requests.iter().try_for_each(|request| writeln!(out, "      {request}"))?;
        if let Some(rule) = rule {
            writeln!(out, "  without what it explains: --waive '{rule}'")?;
        }
        match &self.replay {
            Some(command) => writeln!(out, "  replay: {command}"),
            None => Ok(()),
        }
    }

    /// The vector that fails, bin by bin; `None` if it is too long for a page.
    fn slice(&self) -> Option<Slice> {
        let mismatch = &self.failed.mismatch;
        let vector = self.written.iter().find(|vector| vector.id == mismatch.vector)?;
        let mut vcd = Vec::new();
        let clocks = mismatch.write_vcd(&mut vcd).ok().and_then(|()| Clocks::read(&vcd).ok());
        let slice = Slice::new(vector).ok()?.with_failure(&mismatch.to_json());
        Some(match clocks {
            Some(clocks) => slice.with_clocks(&clocks),
            None => slice,
        })
    }
}

impl Report {
    pub(super) fn new(
        model: &Model,
        run: Run<'_>,
        judged: Vec<Judged>,
        causes: Vec<Explanation>,
        evidence: &[Evidence<'_>],
    ) -> Report {
        let Run { seed, tools, waived, covered, mhz, has_any, shard, ways } = run;
        let verdicts_alone = covered.is_none();
        let causes: Vec<Why> = causes.into_iter().map(|cause| Why::new(cause, model, seed)).collect();
        let row = |judged| Row::new(judged, &causes, evidence, verdicts_alone);
        let verdicts: Vec<Row> = judged.into_iter().map(row).collect();
        Report {
            pass: has_any && verdicts.iter().all(|row| row.failure.is_none()),
            shard: shard.name(),
            ways,
            direction: model.direction().name(),
            top: model.top().to_owned(),
            lanes: model.lanes(),
            unchecked: model.unchecked(),
            seed,
            tools: tools.to_owned(),
            waived,
            coverage: covered.as_ref().map(|covered| covered.report().to_short_json()),
            covered,
            has_any,
            why: None,
            mhz,
            causes,
            throughput: verdicts.iter().filter_map(|row| row.throughput.as_ref()).cloned().reduce(merged),
            verdicts,
        }
    }

    /// Writes the smallest failure of each cause.
    pub(super) fn write_failures(
        &mut self,
        options: &Options,
        common: &judge::Options,
    ) -> Result<(), Failure> {
        for cause in &mut self.causes {
            cause.write(&self.top, &common.failures)?;
            let file = cause.file.as_ref();
            cause.replay = file.map(|file| replay((self.direction, self.seed), file, options, common));
        }
        Ok(())
    }

    /// Adds to each failure, and to the end of the report, the command that finds the causes. `played` has the options that name the
    /// suites.
    pub(super) fn say_how_to_explain(&mut self, played: &str, options: &Options, common: &judge::Options) {
        const CLASSES: usize = 6;
        let played = format!("{played}{}{}", options.of_replay(), common.of_replay_ways());
        let of = |classes: &[&str]| {
            let classes: String = classes.iter().map(|class| format!(" --class {class}")).collect();
            command((self.direction, self.seed), &format!("{played}{classes}"), options, common)
        };
        let failed: Vec<&str> =
            self.verdicts.iter().filter(|row| row.failure.is_some()).map(|row| row.class.as_str()).collect();
        let few = if failed.len() <= CLASSES || self.shard.is_some() { &failed[..] } else { &[] };
        self.why = (!failed.is_empty()).then(|| of(few));
        let commands: Vec<String> = self.verdicts.iter().map(|row| of(&[&row.class])).collect();
        for (row, command) in self.verdicts.iter_mut().zip(commands) {
            if let Some(failure) = &mut row.failure {
                failure.replay = Some(command);
            }
        }
    }

    /// Writes the page.
    pub(super) fn write_page(&self, path: &Path) -> Result<(), Failure> {
        let failures = self.causes.iter().map(Why::slice).collect();
        let page = Page::verdicts(serde_json::json!(self), failures).to_html();
        write_file(path, |sink| sink.write_all(page.as_bytes()))
    }

    pub(super) fn print(&self, format: ReportFormat) -> Result<(), Failure> {
        let mut out = out();
        unless_closed(match format {
            ReportFormat::Human => self.print_table(&mut out),
            ReportFormat::Json => serde_json::to_writer_pretty(&mut out, self)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out)),
            ReportFormat::Junit => write!(out, "{}", self.to_junit()),
        })
    }

    fn print_table(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{:<38} {:>7} {:>10}  verdict", "class", "vectors", "bins/clock")?;
        for row in &self.verdicts {
            let pace = row.throughput.as_ref();
            let pace = pace.map_or("-".to_owned(), |pace| format!("{:.4}", pace.bins_per_clock()));
            let Some(failure) = &row.failure else {
                let verdict = if row.pass { "pass" } else { "not applicable" };
                write!(out, "{:<38} {:>7} {pace:>10}  {verdict}", row.class, row.vectors)?;
                for NotApplicable { vectors, reason } in &row.not_applicable {
                    match row.pass {
                        true => write!(out, "; {vectors} not applicable: {reason}")?,
                        false => write!(out, ": {reason}")?,
                    }
                }
                writeln!(out)?;
                continue;
            };
            let RowFailure { vector, stalls, alone, first, causes, bin, what, .. } = failure;
            let which = match (alone, first) {
                (Some(true), Some(first)) => format!("from {first} on"),
                (Some(_), _) => "among the others only".to_owned(),
                (None, _) => format!("{vector}, at bin {bin}: {what}"),
            };
            let causes: Vec<String> = causes.iter().map(usize::to_string).collect();
            let why =
                if causes.is_empty() { String::new() } else { format!("; cause {}", causes.join(", ")) };
            writeln!(
                out,
                "{:<38} {:>7} {pace:>10}  FAIL  {which}, stalls: {stalls}{why}",
                row.class, row.vectors
            )?;
        }
        for (number, cause) in (1..).zip(&self.causes) {
            cause.print(out, number)?;
        }
        if !self.causes.is_empty() {
            writeln!(out)?;
        }
        if let Some(throughput) = &self.throughput {
            speed::print(out, throughput, self.mhz)?;
        }
        if let Some(covered) = &self.covered {
            coverage::print(out, covered)?;
        }
        if let Some(command) = &self.why {
            writeln!(out, "why it fails: {command}")?;
        }
        self.print_summary(out)
    }

    fn print_summary(&self, out: &mut impl Write) -> io::Result<()> {
        let failed = self.verdicts.iter().filter(|row| row.failure.is_some()).count();
        let vectors: usize = self.verdicts.iter().map(|row| row.vectors).sum();
        let all = self.verdicts.iter().filter(|row| row.vectors > 0).count();
        let left_out: usize =
            self.verdicts.iter().flat_map(|row| &row.not_applicable).map(|few| few.vectors).sum();
        let (direction, top, lanes) = (self.direction, &self.top, self.lanes);
        match failed {
            0 if self.verdicts.is_empty() && self.has_any => write!(out, "{}", shard::NOTHING)?,
            0 if all == 0 => write!(out, "no vector is for this core")?,
            0 => {
                let pace = self.throughput.as_ref().map_or(0.0, Throughput::bins_per_clock);
                write!(
                    out,
                    "{direction} {top} passes: {} of {}; {pace:.4} bins a clock",
                    counted(vectors, "vector"),
                    counted(all, "class")
                )?;
            }
            _ => write!(out, "{direction} {top} FAILS in {failed} of {}", counted(all, "class"))?,
        }
        let in_part: usize = self.verdicts.iter().map(|row| row.in_part).sum();
        if in_part > 0 {
            write!(out, "; {in_part} of the vectors in part")?;
        }
        if left_out > 0 {
            let are = if left_out == 1 { "is" } else { "are" };
            write!(out, "; {} {are} not applicable", counted(left_out, "vector"))?;
        }
        if self.waived > 0 {
            let are = if self.waived == 1 { "is" } else { "are" };
            write!(out, "; {} {are} waived", counted(self.waived, "vector"))?;
        }
        if lanes > 1 {
            write!(out, "; {lanes} requests at once")?;
        }
        if !self.unchecked.is_empty() {
            write!(out, "; not checked, since there is no such port: {}", self.unchecked.join(", "))?;
        }
        let shard = self.shard.as_ref().map_or_else(String::new, |shard| format!("; shard {shard}"));
        writeln!(out, "{}{shard}; seed {}, {}", judge::told_ways(self.ways), self.seed, self.tools)
    }

    fn to_junit(&self) -> String {
        let mut suite = quick_junit::TestSuite::new(format!("{} {}", self.direction, self.top));
        suite.add_property(("seed", self.seed.to_string().as_str()));
        suite.add_property(("tools", self.tools.as_str()));
        for row in &self.verdicts {
            let mut status = quick_junit::TestCaseStatus::success();
            if row.vectors == 0 {
                status = quick_junit::TestCaseStatus::skipped();
                let reasons = row.not_applicable.iter().map(|few| few.reason.as_str());
                status.set_message(reasons.collect::<Vec<_>>().join("; "));
            }
            if let Some(RowFailure { vector, stalls, what, bin, causes, .. }) = &row.failure {
                status = quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Failure);
                status.set_message(format!("{vector}, under {stalls} stalls, at bin {bin}: {what}"));
                let causes = causes.iter().map(|number| self.causes[number - 1].text.as_str());
                status.set_description(causes.collect::<Vec<_>>().join("\n"));
            }
            let mut case = quick_junit::TestCase::new(row.class.as_str(), status);
            case.set_classname(self.top.as_str()).set_time(Duration::from_secs_f64(row.seconds));
            suite.add_test_case(case);
        }
        junit(suite)
    }
}

/// The command that plays what was written again.
pub(super) fn replay(
    (direction, seed): (&str, u64),
    file: &Path,
    options: &Options,
    common: &judge::Options,
) -> String {
    command((direction, seed), &format!(" --vectors {}", shell::path(file)), options, common)
}

/// The command that plays vectors, which these options name, to this core.
fn command(
    (direction, seed): (&str, u64),
    played: &str,
    options: &Options,
    common: &judge::Options,
) -> String {
    let mut command = format!("silicabac cosim --socket {direction}{played}");
    if let Some(file) = common.core_file() {
        command += &format!(" --core {}", shell::path(file));
    }
    command += &options.sources.of_replay();
    let can = options.can.all();
    command.extend(can.iter().map(|option| format!(" --can {}", shell::word(option))));
    let patience = options.patience.unwrap_or(Source::PATIENCE);
    command += &format!(" --patience {patience} --seed {seed}");
    if options.stretch != STRETCH {
        command += &format!(" --stretch {}", options.stretch);
    }
    command + &common.of_replay()
}
