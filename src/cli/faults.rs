//! `silicabac mutate --faults`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use silicabac::cosim::Source;
use silicabac::files;
use silicabac::fit::CoreFile;
use silicabac::mutation::{
    Conviction, Design, DesignError, DesignFate, DesignJudge, DesignReport, DesignRow, Designs,
};
use silicabac::suites::Suite;
use silicabac::vectors::Vector;
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict,
    jobs::Jobs,
    judge::{in_parallel, without_doubles},
    output::{create_dir, write_file},
    print::{Format, Progress, out, say, unless_closed},
    shard, sources,
};

/// Judges the faults of these lists, or some of them, and prints what convicted each. A fault whose verdict in an earlier report still
/// holds is not played again. The other cores of an earlier report stay in it.
pub(super) fn run(
    lists: &[PathBuf],
    (sample, shard): (Option<usize>, shard::Options),
    seed: u64,
    suites: Vec<Suite>,
    report: Option<&Path>,
    format: Format,
    jobs: Jobs,
) -> Result<Verdict, Failure> {
    let cache = Cache::from_env()?;
    let lists = lists.iter().map(|list| Ok(Designs::read(list)?.sample(sample)));
    let mut lists = lists.collect::<Result<Vec<_>, DesignError>>()?;
    let mut items = 0..;
    for list in &mut lists {
        list.faults.retain(|_| items.next().is_some_and(|item| shard.has(item)));
    }
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let vectors = without_doubles(suites);
    if let Some(dir) = report {
        create_dir(dir)?;
    }
    let earlier = report.map(read).transpose()?.flatten().map_or(Vec::new(), |report| report.faults);
    let kept = Mutex::new(earlier.clone());
    let cores = lists.iter().map(|list| source(&list.core)).collect::<Result<Vec<_>, _>>()?;
    let listed = lists.iter().zip(&cores).map(|(list, (source, name))| {
        let known = Known { source, name, rows: &earlier, vectors: &vectors, seed };
        let faults = list.faults.iter().map(|fault| Ok((fault, known.of(fault)?)));
        let faults = faults.collect::<Result<Vec<_>, DesignError>>()?;
        let judge = || DesignJudge::new(source, &vectors, seed, &cache, &tools);
        let is_new = faults.iter().any(|(_, earlier)| matches!(earlier, Earlier::Stale(_)));
        Ok(Listed { source, name, judge: is_new.then(judge).transpose()?, faults })
    });
    let listed = listed.collect::<Result<Vec<_>, Failure>>()?;
    let all: Vec<_> = listed.iter().flat_map(|list| list.faults.iter().map(move |of| (list, of))).collect();
    let bar = Progress::new(all.len() as u64, "faults");
    let judged = in_parallel(jobs, &all, |&(Listed { source, name, judge, .. }, (fault, earlier))| {
        let row = match (earlier, judge) {
            (Earlier::Holds(row), _) => Some(row.clone()),
            (Earlier::Stale(class), Some(judge)) => {
                let fate = judge.judge(fault, class.as_deref())?;
                let digest = fault.digest(source, &fate, &vectors, seed)?;
                let (core, kind) = (name.to_string(), fault.kind.clone());
                let row = DesignRow { core, kind, fault: fault.name.clone(), digest, fate };
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.retain(|other| !other.is_of(&row.core, &row.fault));
                kept.push(row.clone());
                let so_far = DesignReport::new(seed, tools.versions(), kept.clone());
                report.map(|dir| save_json(&so_far, dir)).transpose()?;
                Some(row)
            }
            (Earlier::Stale(_), None) => None,
        };
        bar.inc(1);
        Ok::<_, Failure>(row)
    });
    bar.finish();
    let rows = judged.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let found = DesignReport::new(seed, tools.versions(), rows);
    if let Some(dir) = report {
        let mut all = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        if sample.is_none() && !shard.is_part() {
            // Faults that are no longer in the list of their core are dropped.
            let is_judged = |core: &str| found.faults.iter().any(|row| row.core == core);
            all.retain(|old| {
                !is_judged(&old.core) || found.faults.iter().any(|row| row.is_of(&old.core, &old.fault))
            });
        }
        all.sort_by(|a, b| (&a.core, &a.kind, &a.fault).cmp(&(&b.core, &b.kind, &b.fault)));
        let all = DesignReport::new(seed, tools.versions(), all);
        write_file(&dir.join("faults.md"), |sink| sink.write_all(all.to_markdown().as_bytes()))?;
        save_json(&all, dir)?;
    }
    unless_closed(match format {
        Format::Human => print(&found, shard),
        Format::Json => write_json(&shard.mark(serde_json::json!(found)), &mut out()),
    })?;
    Ok(if found.pass || shard.is_part() && found.faults.is_empty() {
        Verdict::Equal
    } else {
        Verdict::Mismatch
    })
}

const JSON: &str = "faults.json";

/// What an earlier report says of a core.
struct Known<'a> {
    source: &'a Source,
    name: &'a str,
    rows: &'a [DesignRow],
    vectors: &'a [Vector],
    seed: u64,
}

/// What an earlier report says of a fault.
enum Earlier {
    /// A verdict, which would be the same again.
    Holds(DesignRow),
    /// No verdict that holds; the class that convicted the fault before, if one did.
    Stale(Option<String>),
}

/// The faults of a list.
struct Listed<'a> {
    source: &'a Source,
    name: &'a str,
    /// Judges the faults without a verdict that holds; `None` if there are no such faults.
    judge: Option<DesignJudge<'a>>,
    faults: Vec<(&'a Design, Earlier)>,
}

impl Known<'_> {
    fn of(&self, fault: &Design) -> Result<Earlier, DesignError> {
        let Some(row) = self.rows.iter().find(|row| row.is_of(self.name, &fault.name)) else {
            return Ok(Earlier::Stale(None));
        };
        if row.holds(fault, self.source, self.vectors, self.seed)? {
            return Ok(Earlier::Holds(row.clone()));
        }
        Ok(Earlier::Stale(match &row.fate {
            DesignFate::Convicted(conviction) => Some(conviction.class.clone()),
            DesignFate::Equal { .. } | DesignFate::Passed => None,
        }))
    }
}

/// The core that a file describes, and its name: that of its top module.
fn source(path: &Path) -> Result<(Source, String), Failure> {
    let file = CoreFile::read(Some(path), &[])?;
    let said = |what: &str| Failure::Usage(format!("{}: it has to be said {what}", path.display()));
    let direction = file.direction.ok_or_else(|| said("what the core does: direction"))?;
    let top = file.top.clone().ok_or_else(|| said("which module has the ports: top"))?;
    let source = sources::Options::default().with(&file).source(direction, &top)?;
    Ok((Source { can: file.can, ..source }, top))
}

/// The report that is in a directory, if one is.
fn read(dir: &Path) -> Result<Option<DesignReport>, Failure> {
    let path = dir.join(JSON);
    let failed = |source| Failure::Read { path: path.clone(), source };
    let Some(text) = files::read_earlier(&path).map_err(failed)? else { return Ok(None) };
    let report = DesignReport::from_json(text.as_bytes());
    Ok(Some(report.map_err(|source| Failure::OtherReport { path: path.clone(), source })?))
}

fn save_json(report: &DesignReport, dir: &Path) -> Result<(), Failure> {
    write_file(&dir.join(JSON), |sink| write_json(report, sink))
}

fn write_json(report: &impl Serialize, sink: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *sink, report)?;
    writeln!(sink)
}

fn print(report: &DesignReport, shard: shard::Options) -> io::Result<()> {
    let mut out = out();
    let told = shard.told();
    if report.faults.is_empty() && shard.is_part() {
        return writeln!(out, "{}{told}", shard::NOTHING);
    }
    for DesignRow { core, fault, kind, fate, .. } in &report.faults {
        match fate {
            DesignFate::Convicted(Conviction { class, vector, way, what }) => {
                writeln!(out, "{core}, {kind}: {fault}\n    {class}: {vector}, {way}: {what}")?;
            }
            DesignFate::Equal { reason } => {
                writeln!(out, "{core}, {kind}: {fault}\n    is right all the same: {reason}")?;
            }
            DesignFate::Passed => writeln!(out, "{core}, {kind}: {fault}\n    PASSES")?,
        }
    }
    let (all, passed) = (report.faults.len(), report.passed());
    let verdict = if passed == 0 { "each is convicted".into() } else { format!("{passed} of {all} pass") };
    writeln!(out, "{all} faults: {verdict}{told}; seed {}, {}", report.seed, report.tools)
}

impl From<DesignError> for Failure {
    fn from(error: DesignError) -> Failure {
        match error {
            DesignError::Build { source: error @ silicabac_sim::SimError::Tool { .. }, .. } => error.into(),
            error => Failure::Design(error),
        }
    }
}
