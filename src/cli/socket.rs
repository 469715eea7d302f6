//! `silicabac cosim --socket`

use std::{
    ffi::OsStr,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use silicabac::cores::Direction;
use silicabac::cosim::{self, Failed, Fault, Mismatch, Model, Rules, Source};
use silicabac::suites::Suite;
use silicabac::vectors::{self, Vector};
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict, fit, judge,
    output::{create_dir, free_name, write_file},
    print::{Progress, ReportFormat, junit, out, say, unless_closed},
    shell, sources,
};

#[derive(clap::Args)]
#[group(id = "socket_options")]
#[command(next_help_heading = "Your own core, in the socket of docs/socket.md")]
pub(super) struct Options {
    /// Check a core in a socket, by its transactions: any latency, any throughput
    #[arg(long, value_parser = judge::direction_names(), value_name = "DIRECTION")]
    socket: Option<Direction>,
    #[command(flatten)]
    sources: sources::Options,
    #[command(flatten)]
    can: fit::Options,
    /// After so many clocks in which nothing moves it is a deadlock [default: 20000]
    #[arg(long, value_name = "CLOCKS")]
    patience: Option<u32>,
}

/// The patience with a core of which nothing is known.
pub(super) const PATIENCE: u32 = 20_000;

impl Options {
    /// Whether a core is to be judged in the socket.
    pub(super) fn is_wanted(&self, common: &judge::Options) -> bool {
        let is_given = self.socket.is_some() || self.patience.is_some() || self.can.is_given();
        is_given || self.sources.are_given() || common.core_file().is_some()
    }

    fn source(&self, common: &judge::Options, cache: &Cache) -> Result<Source, Failure> {
        let file = self.can.read(common.core_file())?;
        if common.names_ours() {
            let what = "--core with a name is a core of ours; one of yours is a FILE.toml, or --socket with --rtl and --top";
            return Err(Failure::Usage(what.into()));
        }
        let said = |what: &str| Failure::Usage(format!("it has to be said {what} (docs/socket.md)"));
        let what = "what the core does: --socket encoder, or direction in its file";
        let direction = self.socket.or(file.direction).ok_or_else(|| said(what))?;
        let sources = self.sources.with(&file);
        match (sources.name_files(), common.top.as_ref().or(file.top.as_ref())) {
            (true, Some(top)) => Ok(Source { can: file.can, ..sources.source(direction, top)? }),
            (true, None) => Err(said("which module has the ports: --top, or top in its file")),
            (false, Some(_)) => Err(said("where the core is: --rtl, or rtl in its file")),
            (false, None) if common.core_file().is_some() || sources.are_given() => {
                Err(said("where the core is: rtl and top in its file, or --rtl and --top"))
            }
            (false, None) => {
                let core = direction.plain_core();
                let can = if self.can.is_given() { file.can } else { core.can };
                Ok(Source { copy_of: None, can, ..Source::of(core, core.top, None, cache)? })
            }
        }
    }
}

/// Plays all suites to the core in the socket, and prints a verdict for each class of vectors. The suites are asked for
/// once the core is built.
pub(super) fn judge(
    suites: impl FnOnce() -> Result<Vec<Suite>, Failure>,
    seed: u64,
    options: &Options,
    common: &judge::Options,
) -> Result<Verdict, Failure> {
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let source = options.source(common, &cache)?;
    let rules = Rules { seed, patience: options.patience.unwrap_or(PATIENCE), plan: common.plan()? };
    let model =
        Progress::while_at(&format!("building {}", source.top), || Model::build(&source, &cache, &tools))?;
    if let Some(what) = model.contradiction() {
        say(format_args!("note: {}: {what}", model.top()));
    }
    let vectors = judge::without_doubles(suites()?);
    let classes = cosim::classes(&model.fitter(), &vectors);
    let bar = Progress::new(classes.len() as u64, "classes");
    let judged = judge::in_parallel(&classes, |class| {
        bar.set_message(&class.name);
        let verdict = cosim::judge(&model, class, &rules);
        bar.inc(1);
        verdict
    });
    let mut report = Report::new(&model, seed, tools.versions(), judged);
    bar.finish();
    for verdict in &mut report.verdicts {
        verdict.write_vector(&report.top, &common.failures)?;
    }
    unless_closed(report.print(options, common))?;
    Ok(match report.pass {
        true => Verdict::Equal,
        false if report.verdicts.iter().all(|row| row.vectors == 0) => Verdict::BadInput,
        false => Verdict::Mismatch,
    })
}

/// All verdicts, for people and for machines.
#[derive(Serialize)]
struct Report {
    pass: bool,
    direction: &'static str,
    top: String,
    lanes: usize,
    /// What the core does not show.
    unchecked: Vec<&'static str>,
    seed: u64,
    tools: String,
    verdicts: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    class: String,
    vectors: usize,
    pass: bool,
    /// Vectors that are played without some of their bins.
    #[serde(skip_serializing_if = "is_zero")]
    in_part: usize,
    /// Vectors that are nothing for the core.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_applicable: Vec<NotApplicable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<RowFailure>,
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
    alone: bool,
    /// The first of its class that fails alone.
    first: String,
    bins: usize,
    stalls: &'static str,
    #[serde(flatten)]
    fault: Fault,
    what: String,
    bin: u64,
    clock: u64,
    catches: Vec<&'static str>,
    shows: Vec<&'static str>,
    /// Where the vector was written.
    file: Option<PathBuf>,
    #[serde(skip)]
    written: Vec<Vector>,
    #[serde(skip)]
    mismatch: Box<Mismatch>,
}

impl Row {
    fn new(verdict: cosim::Verdict) -> Row {
        let cosim::Verdict { class, vectors, in_part, misfits, failed } = verdict;
        let failure = failed.map(|Failed { vector, among, first, stalls, mismatch }| RowFailure {
            vector: vector.id.clone(),
            alone: among.is_empty(),
            first,
            bins: vector.bins(),
            stalls,
            fault: mismatch.fault.clone(),
            what: mismatch.what(),
            bin: mismatch.bin,
            clock: mismatch.clock,
            catches: vector.flags.iter().map(|flag| flag.bug()).collect(),
            shows: vector.flags.iter().map(|flag| flag.shows()).collect(),
            file: None,
            written: if among.is_empty() { vec![vector] } else { among },
            mismatch,
        });
        let not_applicable = misfits.into_iter();
        let not_applicable =
            not_applicable.map(|(why, vectors)| NotApplicable { vectors, reason: why.to_string() });
        Row {
            class,
            vectors,
            pass: failure.is_none() && vectors > 0,
            in_part,
            not_applicable: not_applicable.collect(),
            failure,
        }
    }

    /// Writes the vector that shows the failure, or all that it takes, to be played again; and what happened around it.
    fn write_vector(&mut self, top: &str, dir: &Path) -> Result<(), Failure> {
        let Some(failure) = &mut self.failure else { return Ok(()) };
        create_dir(dir)?;
        let name = vectors::name_like(&format!("{top}-{}", failure.vector));
        let name = free_name(dir, &name, &["json", "vcd", judge::WAITS]);
        let file = |extension: &str| dir.join(format!("{name}.{extension}"));
        write_file(&file("json"), |sink| vectors::write_json(&name, &failure.written, sink))?;
        write_file(&file("vcd"), |sink| failure.mismatch.waves.write_vcd(sink))?;
        judge::write_plan(&file(judge::WAITS), failure.mismatch.plan.as_ref())?;
        failure.file = Some(file("json"));
        Ok(())
    }
}

impl Report {
    fn new(model: &Model, seed: u64, tools: &str, verdicts: Vec<cosim::Verdict>) -> Report {
        let verdicts: Vec<Row> = verdicts.into_iter().map(Row::new).collect();
        Report {
            pass: verdicts.iter().any(|row| row.pass) && verdicts.iter().all(|row| row.failure.is_none()),
            direction: model.direction().name(),
            top: model.top().to_owned(),
            lanes: model.lanes(),
            unchecked: model.unchecked(),
            seed,
            tools: tools.to_owned(),
            verdicts,
        }
    }

    fn print(&self, options: &Options, common: &judge::Options) -> io::Result<()> {
        let mut out = out();
        match common.format {
            ReportFormat::Human => self.print_table(&mut out, options, common),
            ReportFormat::Json => {
                serde_json::to_writer_pretty(&mut out, self)?;
                writeln!(out)
            }
            ReportFormat::Junit => write!(out, "{}", self.to_junit()),
        }
    }

    fn print_table(
        &self,
        out: &mut impl Write,
        options: &Options,
        common: &judge::Options,
    ) -> io::Result<()> {
        writeln!(out, "{:<38} {:>7}  verdict", "class", "vectors")?;
        for row in &self.verdicts {
            let Some(failure) = &row.failure else {
                let verdict = if row.pass { "pass" } else { "not applicable" };
                write!(out, "{:<38} {:>7}  {verdict}", row.class, row.vectors)?;
                for NotApplicable { vectors, reason } in &row.not_applicable {
                    match row.pass {
                        true => write!(out, "; {vectors} not applicable: {reason}")?,
                        false => write!(out, ": {reason}")?,
                    }
                }
                writeln!(out)?;
                continue;
            };
            let RowFailure { vector, bins, stalls, what, bin, alone, first, .. } = failure;
            let which = if *alone { format!("from {first} on") } else { "among the others only".into() };
            writeln!(out, "{:<38} {:>7}  FAIL  {which}, stalls: {stalls}", row.class, row.vectors)?;
            writeln!(out, "      the shortest is {vector}; at bin {bin} of {bins}: {what}")?;
            for (bug, shows) in failure.catches.iter().zip(&failure.shows) {
                writeln!(out, "      it catches {bug};\n        it shows so: {shows}")?;
            }
            if let Some(file) = &failure.file {
                writeln!(out, "      replay: {}", self.replay(file, options, common))?;
            }
        }
        let failed = self.verdicts.iter().filter(|row| row.failure.is_some()).count();
        let vectors: usize = self.verdicts.iter().map(|row| row.vectors).sum();
        let all = self.verdicts.iter().filter(|row| row.vectors > 0).count();
        let left_out: usize =
            self.verdicts.iter().flat_map(|row| &row.not_applicable).map(|few| few.vectors).sum();
        let (direction, top, lanes) = (self.direction, &self.top, self.lanes);
        match failed {
            0 if all == 0 => write!(out, "no vector is for this core")?,
            0 => write!(out, "{direction} {top} passes: {vectors} vectors of {all} classes")?,
            _ => write!(out, "{direction} {top} FAILS in {failed} of {all} classes")?,
        }
        let in_part: usize = self.verdicts.iter().map(|row| row.in_part).sum();
        if in_part > 0 {
            write!(out, "; {in_part} of the vectors in part")?;
        }
        if left_out > 0 {
            write!(out, "; {left_out} vectors are not applicable")?;
        }
        if lanes > 1 {
            write!(out, "; {lanes} requests at once")?;
        }
        if !self.unchecked.is_empty() {
            write!(out, "; not checked, since there is no such port: {}", self.unchecked.join(", "))?;
        }
        writeln!(out, "; seed {}, {}", self.seed, self.tools)
    }

    /// The command that plays what was written again.
    fn replay(&self, file: &Path, options: &Options, common: &judge::Options) -> String {
        let mut command =
            format!("silicabac cosim --socket {} --vectors {}", self.direction, shell::path(file));
        if let Some(file) = common.core_file() {
            command += &format!(" --core {}", shell::path(file));
        }
        command += &options.sources.of_replay();
        let can = options.can.all();
        command.extend(can.iter().map(|option| format!(" --can {}", shell::word(OsStr::new(option)))));
        command += &format!(" --patience {} --seed {}", options.patience.unwrap_or(PATIENCE), self.seed);
        command + &common.of_replay()
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
            if let Some(RowFailure { vector, stalls, what, bin, .. }) = &row.failure {
                status = quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Failure);
                status.set_message(format!("{vector}, under {stalls} stalls, at bin {bin}: {what}"));
            }
            suite.add_test_case(quick_junit::TestCase::new(row.class.as_str(), status));
        }
        junit(suite)
    }
}
