//! `silicabac mutate --faults`

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use silicabac::cosim::Source;
use silicabac::files;
use silicabac::fit::CoreFile;
use silicabac::mutation::{Conviction, Design, DesignError, DesignFate, DesignJudge, Designs};
use silicabac::suites::Suite;
use silicabac::vectors::Vector;
use silicabac_sim::{Cache, Tools};

use super::{
    Failure, Verdict,
    judge::{in_parallel, without_doubles},
    output::{create_dir, write_file},
    print::{Format, Progress, out, say, unless_closed},
    socket::PATIENCE,
    sources,
};

/// What became of a fault.
#[derive(Clone, Serialize, Deserialize)]
struct Row {
    core: String,
    fault: String,
    kind: String,
    /// What that hangs on.
    digest: String,
    #[serde(flatten)]
    fate: DesignFate,
}

#[derive(Serialize, Deserialize)]
struct Report {
    pass: bool,
    seed: u64,
    tools: String,
    faults: Vec<Row>,
}

/// Judges the faults of these lists, or some of them, and prints what convicted each. What an earlier report knows, and still holds,
/// is not played again; its other cores stay in it.
pub(super) fn run(
    lists: &[PathBuf],
    sample: Option<usize>,
    seed: u64,
    suites: Vec<Suite>,
    report: Option<&Path>,
    format: Format,
) -> Result<Verdict, Failure> {
    let cache = Cache::from_env()?;
    let lists = lists.iter().map(|list| Ok(Designs::read(list)?.sample(sample)));
    let lists = lists.collect::<Result<Vec<_>, DesignError>>()?;
    let tools = Tools::find(&cache, &mut |line| say(line))?;
    let vectors = without_doubles(suites);
    if let Some(dir) = report {
        create_dir(dir)?;
    }
    let earlier = report.map(Report::read).transpose()?.flatten().unwrap_or_default();
    let kept = Mutex::new(earlier.clone());
    let cores = lists.iter().map(|list| source(&list.core)).collect::<Result<Vec<_>, _>>()?;
    let listed = lists.iter().zip(&cores).map(|(list, (source, name))| {
        let known = Known { source, name, rows: &earlier, vectors: &vectors, seed };
        let faults = list.faults.iter().map(|fault| Ok((fault, known.of(fault)?)));
        let faults = faults.collect::<Result<Vec<_>, DesignError>>()?;
        let judge = || DesignJudge::new(source, &vectors, PATIENCE, seed, &cache, &tools);
        let is_new = faults.iter().any(|(_, earlier)| matches!(earlier, Earlier::Stale(_)));
        Ok(Listed { source, name, judge: is_new.then(judge).transpose()?, faults })
    });
    let listed = listed.collect::<Result<Vec<_>, Failure>>()?;
    let all: Vec<_> = listed.iter().flat_map(|list| list.faults.iter().map(move |of| (list, of))).collect();
    let bar = Progress::new(all.len() as u64, "faults");
    let judged = in_parallel(&all, |&(Listed { source, name, judge, .. }, (fault, earlier))| {
        let row = match (earlier, judge) {
            (Earlier::Holds(row), _) => Some(row.clone()),
            (Earlier::Stale(class), Some(judge)) => {
                let fate = judge.judge(fault, class.as_deref())?;
                let digest = fault.digest(source, &fate, &vectors, seed)?;
                let (core, kind) = (name.to_string(), fault.kind.clone());
                let row = Row { core, kind, fault: fault.name.clone(), digest, fate };
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.retain(|other| !other.is_of(&row.core, &row.fault));
                kept.push(row.clone());
                let so_far = Report::new(seed, &tools, kept.clone());
                report.map(|dir| so_far.save_json(dir)).transpose()?;
                Some(row)
            }
            (Earlier::Stale(_), None) => None,
        };
        bar.inc(1);
        Ok::<_, Failure>(row)
    });
    bar.finish();
    let rows = judged.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let found = Report::new(seed, &tools, rows);
    if let Some(dir) = report {
        let mut all = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        if sample.is_none() {
            // What is in a list no more.
            let is_judged = |core: &str| found.faults.iter().any(|row| row.core == core);
            all.retain(|old| {
                !is_judged(&old.core) || found.faults.iter().any(|row| row.is_of(&old.core, &old.fault))
            });
        }
        all.sort_by(|a, b| (&a.core, &a.kind, &a.fault).cmp(&(&b.core, &b.kind, &b.fault)));
        let all = Report::new(seed, &tools, all);
        write_file(&dir.join("faults.md"), |sink| sink.write_all(all.to_markdown().as_bytes()))?;
        all.save_json(dir)?;
    }
    unless_closed(match format {
        Format::Human => found.print(),
        Format::Json => found.write_json(&mut out()),
    })?;
    Ok(if found.pass { Verdict::Equal } else { Verdict::Mismatch })
}

const JSON: &str = "faults.json";

impl Row {
    fn is_of(&self, core: &str, fault: &str) -> bool {
        self.core == core && self.fault == fault
    }
}

/// What an earlier report says of a core.
struct Known<'a> {
    source: &'a Source,
    name: &'a str,
    rows: &'a [Row],
    vectors: &'a [Vector],
    seed: u64,
}

/// What an earlier report says of a fault.
enum Earlier {
    /// A verdict, which would be the same again.
    Holds(Row),
    /// Nothing that holds; which class convicted the fault, if one did.
    Stale(Option<String>),
}

/// The faults of a list.
struct Listed<'a> {
    source: &'a Source,
    name: &'a str,
    /// Who judges those of which nothing is known; none if all is.
    judge: Option<DesignJudge<'a>>,
    faults: Vec<(&'a Design, Earlier)>,
}

impl Known<'_> {
    fn of(&self, fault: &Design) -> Result<Earlier, DesignError> {
        let named = |row: &&Row| row.is_of(self.name, &fault.name) && row.kind == fault.kind;
        let Some(row) = self.rows.iter().find(named) else { return Ok(Earlier::Stale(None)) };
        let (holds, class) = match &row.fate {
            DesignFate::Convicted(conviction) => (true, Some(conviction.class.clone())),
            DesignFate::Equal { reason } => (fault.equal.as_ref() == Some(reason), None),
            DesignFate::Passed => (false, None),
        };
        let is_same = || Ok(fault.digest(self.source, &row.fate, self.vectors, self.seed)? == row.digest);
        Ok(if holds && is_same()? { Earlier::Holds(row.clone()) } else { Earlier::Stale(class) })
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

impl Report {
    fn new(seed: u64, tools: &Tools, faults: Vec<Row>) -> Report {
        let pass = faults.iter().all(|row| row.fate != DesignFate::Passed);
        Report { pass, seed, tools: tools.versions().to_owned(), faults }
    }

    fn save_json(&self, dir: &Path) -> Result<(), Failure> {
        write_file(&dir.join(JSON), |sink| self.write_json(sink))
    }

    /// The rows of the report that is in a directory, if one is.
    fn read(dir: &Path) -> Result<Option<Vec<Row>>, Failure> {
        let path = dir.join(JSON);
        let failed = |source| Failure::Read { path: path.clone(), source };
        let Some(text) = files::read_earlier(&path).map_err(failed)? else { return Ok(None) };
        let read: Result<Report, _> = serde_json::from_str(&text);
        Ok(Some(read.map_err(|source| Failure::OtherReport { path: path.clone(), source })?.faults))
    }

    fn write_json(&self, sink: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *sink, self)?;
        writeln!(sink)
    }

    fn print(&self) -> io::Result<()> {
        let mut out = out();
        for Row { core, fault, kind, fate, .. } in &self.faults {
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
        let (all, passed) = (self.faults.len(), self.passed());
        let verdict =
            if passed == 0 { "each is convicted".into() } else { format!("{passed} of {all} pass") };
        writeln!(out, "{all} faults: {verdict}; seed {}, {}", self.seed, self.tools)
    }

    fn passed(&self) -> usize {
        self.faults.iter().filter(|row| row.fate == DesignFate::Passed).count()
    }

    fn to_markdown(&self) -> String {
        let mut text = format!(
            "# Cores with faults that designers make, and what convicts each\n\n{} faults, {} of which no vector shows; \
             seed {}, {}.\n\n| core | kind | faults | convicted by |\n| --- | --- | ---: | --- |\n",
            self.faults.len(),
            self.passed(),
            self.seed,
            self.tools
        );
        let mut tallies: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
        for Row { core, kind, fate, .. } in &self.faults {
            let by = match fate {
                DesignFate::Convicted(conviction) => &conviction.class,
                DesignFate::Equal { .. } => "*is right all the same*",
                DesignFate::Passed => "**nothing**",
            };
            *tallies.entry((core, kind)).or_default().entry(by).or_default() += 1;
        }
        for ((core, kind), by) in tallies {
            let faults: usize = by.values().sum();
            let by: Vec<String> = by.iter().map(|(class, faults)| format!("{class} {faults}")).collect();
            text += &format!("| {core} | {kind} | {faults} | {} |\n", by.join(", "));
        }
        text +=
            "\n| core | kind | fault | class | vector | played |\n| --- | --- | --- | --- | --- | --- |\n";
        for Row { core, fault, kind, fate, .. } in &self.faults {
            let found = match fate {
                DesignFate::Convicted(Conviction { class, vector, way, .. }) => {
                    format!("{class} | {vector} | {way}")
                }
                DesignFate::Equal { reason } => format!("is right all the same: {reason} | |"),
                DesignFate::Passed => "**passes** | |".to_owned(),
            };
            text += &format!("| {core} | {kind} | {fault} | {found} |\n");
        }
        text
    }
}

impl From<DesignError> for Failure {
    fn from(error: DesignError) -> Failure {
        match error {
            DesignError::Build { source: error @ silicabac_sim::SimError::Tool { .. }, .. } => error.into(),
            error => Failure::Design(error),
        }
    }
}
