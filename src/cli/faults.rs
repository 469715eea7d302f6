//! `silicabac mutate --faults`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use silicabac::cosim::Source;
use silicabac::fit::CoreFile;
use silicabac::mutation::{Conviction, DesignError, DesignFate, DesignJudge, Designs};
use silicabac::suites::Suite;
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
#[derive(Serialize)]
struct Row {
    core: String,
    fault: String,
    kind: String,
    #[serde(flatten)]
    fate: DesignFate,
}

#[derive(Serialize)]
struct Report {
    pass: bool,
    seed: u64,
    tools: String,
    faults: Vec<Row>,
}

/// Judges the faults of these lists, or some of them, and prints what convicted each.
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
    let mut rows = Vec::new();
    for Designs { core, faults } in &lists {
        let (source, name) = source(core)?;
        let bar = Progress::new(faults.len() as u64, "faults");
        bar.set_message(&name);
        let judge = DesignJudge::new(&source, &vectors, PATIENCE, seed, &cache, &tools)?;
        let judged = in_parallel(faults, |fault| {
            let fate = judge.judge(fault);
            bar.inc(1);
            fate
        });
        bar.finish();
        for (fault, fate) in faults.iter().zip(judged) {
            let (core, fault, kind) = (name.clone(), fault.name.clone(), fault.kind.clone());
            rows.push(Row { core, fault, kind, fate: fate? });
        }
    }
    let pass = rows.iter().all(|row| row.fate != DesignFate::Passed);
    let found = Report { pass, seed, tools: tools.versions().to_owned(), faults: rows };
    if let Some(dir) = report {
        create_dir(dir)?;
        write_file(&dir.join("faults.md"), |sink| sink.write_all(found.to_markdown().as_bytes()))?;
        write_file(&dir.join("faults.json"), |sink| found.write_json(sink))?;
    }
    unless_closed(match format {
        Format::Human => found.print(),
        Format::Json => found.write_json(&mut out()),
    })?;
    Ok(if pass { Verdict::Equal } else { Verdict::Mismatch })
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
    fn write_json(&self, sink: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *sink, self)?;
        writeln!(sink)
    }

    fn print(&self) -> io::Result<()> {
        let mut out = out();
        for Row { core, fault, kind, fate } in &self.faults {
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
             seed {}, {}.\n\n| core | kind | fault | class | vector | played |\n| --- | --- | --- | --- | --- | --- |\n",
            self.faults.len(),
            self.passed(),
            self.seed,
            self.tools
        );
        for Row { core, fault, kind, fate } in &self.faults {
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
