//! `silicabac cosim --coverage`

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::json;
use silicabac::cores;
use silicabac::cosim::{
    Model, Source,
    coverage::{self, Judgement, Kind, Points, Waivers},
};
use silicabac::files;
use silicabac::suites::Suite;
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict, judge,
    print::{Progress, counted, out, say, unless_closed},
};

/// Plays the suites to cores that count, and prints what was never hit. The function `suites` is called after the cores are built.
pub(super) fn run(
    suites: impl FnOnce() -> Result<Vec<Suite>, Failure>,
    seed: u64,
    waivers: Option<&PathBuf>,
    options: &judge::Options,
) -> Result<Verdict, Failure> {
    let waivers = waivers.map_or_else(|| Ok(Waivers::built_in()), |path| read_waivers(path))?;
    let cache = Cache::from_env()?;
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let mut models = Vec::new();
    let cores = if options.names_ours() { options.cores()? } else { cores::ALL.to_vec() };
    for core in cores {
        let (top, rtl_dir) = options.sources(core);
        let source = Source { coverage: true, ..Source::of(core, top, rtl_dir, &cache)? };
        let build = || Model::build(&source, &cache, &tools);
        models.push(Progress::while_at(&format!("building {top}"), build)?);
    }
    let suites = suites()?;
    let plays: Vec<(&Model, &Suite)> =
        models.iter().flat_map(|model| suites.iter().map(move |suite| (model, suite))).collect();
    let bar = Progress::new(plays.iter().map(|(model, suite)| coverage::work(model, suite)).sum(), "events");
    let measured = judge::in_parallel(options.jobs, &plays, |&(model, suite)| {
        bar.set_message(&suite.name);
        let mut points = Points::default();
        coverage::measure(model, suite, seed, &mut points, &mut |events| bar.inc(events)).map(|()| points)
    });
    bar.finish();
    let mut points = Points::default();
    for (measured, (_, suite)) in measured.into_iter().zip(plays) {
        match measured {
            Ok(more) => points.merge(more),
            Err(coverage::Failure::Sim(error)) => return Err(error.into()),
            Err(mismatch) => return self::mismatch(&format!("suite {}", suite.name), &mismatch),
        }
    }
    report(&points, &waivers, &format!("seed {seed}, {}", tools.versions()), options)
}

/// Prints what was hit and what was not; `played` says how it was played.
pub(super) fn report(
    points: &Points,
    waivers: &Waivers,
    played: &str,
    options: &judge::Options,
) -> Result<Verdict, Failure> {
    let judgement = waivers.judge(points);
    let reached = judgement.missed.is_empty() && judgement.needless.is_empty();
    unless_closed(match options.is_human() {
        true => print_table(points, &judgement, played),
        false => print_json(points, &judgement, played),
    })?;
    Ok(if reached { Verdict::Equal } else { Verdict::BelowGoal })
}

/// Says that a core is wrong, so that what it covers means nothing.
pub(super) fn mismatch(of: &str, failure: &coverage::Failure) -> Result<Verdict, Failure> {
    unless_closed(writeln!(out(), "MISMATCH in {of}, {failure}"))?;
    Ok(Verdict::Mismatch)
}

/// The waivers of a file.
pub(super) fn read_waivers(path: &Path) -> Result<Waivers, Failure> {
    let failed = |what: String| Failure::Waivers { path: path.to_owned(), what };
    let text = files::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Waivers::read(&text).map_err(|error| failed(error.to_string()))
}

/// Of the points of a kind in a file: all, those that were hit, and those that are waived.
type Counts = [usize; 3];

fn by_file(points: &Points, judgement: &Judgement) -> BTreeMap<String, [Counts; 2]> {
    let mut files: BTreeMap<String, [Counts; 2]> = BTreeMap::new();
    let place = |kind| usize::from(kind == Kind::Toggle);
    for (point, hits) in points.iter() {
        let counts = &mut files.entry(point.file.clone()).or_default()[place(point.kind)];
        counts[0] += 1;
        counts[1] += usize::from(hits > 0);
    }
    for (point, _) in &judgement.waived {
        files.entry(point.file.clone()).or_default()[place(point.kind)][2] += 1;
    }
    files
}

/// More missed points than this number are only counted.
const NAMED: usize = 60;

fn print_table(points: &Points, judgement: &Judgement, played: &str) -> io::Result<()> {
    let mut out = out();
    let columns = ["points", "hit", "waived"].map(|name| format!("{name:>8}")).concat();
    writeln!(out, "{:<26} {:>24} {:>24}", "", "lines", "toggles")?;
    writeln!(out, "{:<26} {columns} {columns}", "file")?;
    let mut sum = [Counts::default(); 2];
    let cells = |[points, hit, waived]: Counts| format!("{points:>8}{hit:>8}{waived:>8}");
    for (file, kinds) in by_file(points, judgement) {
        writeln!(out, "{file:<26} {} {}", cells(kinds[0]), cells(kinds[1]))?;
        for (sum, counts) in sum.iter_mut().flatten().zip(kinds.as_flattened()) {
            *sum += counts;
        }
    }
    writeln!(out, "{:<26} {} {}", "all", cells(sum[0]), cells(sum[1]))?;
    let Judgement { missed, needless, .. } = judgement;
    missed.iter().take(NAMED).try_for_each(|point| writeln!(out, "missed: {point}"))?;
    if missed.len() > NAMED {
        writeln!(out, "... and {} more (--format json)", missed.len() - NAMED)?;
    }
    needless.iter().try_for_each(|waiver| writeln!(out, "waived, but not missed: {waiver}"))?;
    match (missed.len(), needless.len()) {
        (0, 0) => writeln!(out, "every point is hit or waived; {played}"),
        (missed, needless) => {
            let [missed, needless] = [(missed, "point"), (needless, "waiver")].map(|(count, what)| {
                format!("{} {}", counted(count, what), if count == 1 { "is" } else { "are" })
            });
            writeln!(out, "{missed} missed, {needless} needless; {played}")
        }
    }
}

fn print_json(points: &Points, judgement: &Judgement, played: &str) -> io::Result<()> {
    let counts = |[points, hit, waived]: Counts| json!({"points": points, "hit": hit, "waived": waived});
    let file = |(file, [lines, toggles]): (String, [Counts; 2])| json!({"file": file, "lines": counts(lines), "toggles": counts(toggles)});
    let waived = judgement.waived.iter();
    let report = json!({
        "played": played,
        "files": by_file(points, judgement).into_iter().map(file).collect::<Vec<_>>(),
        "missed": judgement.missed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "waived": waived.map(|(point, why)| json!({"point": point.to_string(), "why": why})).collect::<Vec<_>>(),
        "needless": judgement.needless,
    });
    let mut out = out();
    serde_json::to_writer_pretty(&mut out, &report)?;
    writeln!(out)
}
