//! The judge that needs no stimulus: proves properties of the cores by induction (`formal/README.md`).
//!
//! A [`Bench`] is a core with its checkers. Each of its properties is proved separately, on the assumption that all properties of the bench
//! have held up to the clock before; that all of them hold after a reset is checked first. So a property is proved only if all properties
//! of its bench are: if one fails, the others that depend on it are reported as such.
//!
//! [`prove`] also shows that the proofs are not empty: every situation that a bench names is reached, and every property has a [`Control`],
//! an edit of the Verilog with which a run from a reset refutes it.

mod bench;
mod report;
mod solve;
mod tools;

use std::{
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use silicabac_sim::SimError;

use crate::cores::{self, CoreSpec};
use crate::cosim::rtl;
use crate::files;
use crate::yosys::YosysError;
pub use bench::{Bench, Control, Edit, Property, property, with_controls};
pub use report::Report;
pub use tools::Tools;

use solve::{Answer, Workshop};

/// Why no proof could be attempted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// A program is missing and cannot be fetched, or the Verilog cannot be read.
    #[error("{0}")]
    Sim(#[from] SimError),
    /// A file cannot be read or written, or a program cannot be started.
    #[error("cannot use {}: {source}", .path.display())]
    Work {
        /// The file, directory or program.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Yosys does not accept the Verilog.
    #[error("Yosys rejects the design:\n{0}")]
    Yosys(String),
}

impl From<YosysError> for ProveError {
    fn from(error: YosysError) -> ProveError {
        match error {
            YosysError::Find(error) => ProveError::Sim(error),
            YosysError::Work { path, source } => ProveError::Work { path, source },
            YosysError::Rejects(what) | YosysError::Solver { said: what, .. } => ProveError::Yosys(what),
        }
    }
}

/// Verilog files by name, packages before the files that use them.
pub type Sources = Vec<(String, String)>;

/// The Verilog of a core: the built-in one, or that of a directory.
///
/// # Errors
/// [`ProveError::Sim`] and [`ProveError::Work`].
pub fn sources(core: &CoreSpec, rtl_dir: Option<&Path>) -> Result<Sources, ProveError> {
    let Some(dir) = rtl_dir else {
        let named =
            core.sources.iter().map(|(name, text)| (rtl::file_name(name).to_owned(), (*text).to_owned()));
        return Ok(named.collect());
    };
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            files::read_to_string(path).map_err(|source| ProveError::Work { path: path.clone(), source })?;
        Ok((name, text))
    };
    rtl::in_dir(dir)?.iter().map(read).collect()
}

/// The result for a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in every clock.
    Proved {
        /// The number of clocks before, from which it follows; 0 if it follows from the registers of the clock itself.
        depth: usize,
    },
    /// It holds if the properties of the bench hold that are not proved.
    Leans,
    /// It fails.
    Refuted {
        /// The number of clocks after a reset.
        clocks: usize,
        /// The failing run as VCD.
        trace: String,
    },
    /// Neither a proof nor a failing run was found.
    Unproved(String),
}

/// The result of a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlVerdict {
    /// Its property fails on the edited Verilog.
    Refuted {
        /// The number of clocks after a reset.
        clocks: usize,
    },
    /// The property does not fail, or the edit cannot be made.
    NotRefuted(String),
}

/// A property with its result.
#[derive(Clone, Debug)]
pub struct Row {
    /// The core.
    pub core: &'static CoreSpec,
    /// The property.
    pub property: Property,
    /// Its result.
    pub verdict: Verdict,
    /// The result of its control, if it was run.
    pub control: Option<ControlVerdict>,
    /// The time of both, in seconds.
    pub seconds: f64,
}

/// A selection of what to prove.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only this core.
    pub core: Option<&'static CoreSpec>,
    /// Report only this property. All others of its core are proved too, since its proof depends on them.
    pub property: Option<String>,
    /// Whether to run the controls.
    pub controls: bool,
}

impl Wanted {
    fn reports(&self, property: &Property) -> bool {
        self.property.as_deref().is_none_or(|name| name == property.name())
    }

    /// How often [`prove`] calls `progress`.
    pub fn steps(&self) -> usize {
        let properties = || self.cores().flat_map(|core| core.benches).flat_map(|bench| bench.properties);
        properties().count() + properties().filter(|property| self.controls && self.reports(property)).count()
    }

    fn cores(&self) -> impl Iterator<Item = &'static CoreSpec> {
        cores::ALL.into_iter().filter(|core| {
            self.core.is_none_or(|wanted| wanted == *core)
                && core
                    .benches
                    .iter()
                    .flat_map(|bench| bench.properties)
                    .any(|property| self.reports(property))
        })
    }
}

/// Proves the selected properties of the built-in Verilog, or of that in a directory, and tells `progress` the name of each property when
/// it is done.
///
/// # Errors
/// [`ProveError`].
pub fn prove(
    rtl_dir: Option<&Path>,
    wanted: &Wanted,
    tools: &Tools,
    progress: &mut dyn FnMut(&str),
) -> Result<Report, ProveError> {
    let mut report = Report { rows: Vec::new(), unreached: Vec::new(), reached: 0, tools: tools.versions() };
    for core in wanted.cores() {
        let sources = sources(core, rtl_dir)?;
        for bench in core.benches {
            let workshop = Workshop::new(bench, &sources, tools)?;
            let reached = workshop.reach()?;
            report.reached += reached.0;
            report.unreached.extend(reached.1.into_iter().map(|name| (core, name)));
            report.rows.extend(prove_bench(core, &workshop, &sources, wanted, progress)?);
        }
    }
    report.settle();
    report.rows.retain(|row| wanted.reports(&row.property));
    Ok(report)
}

fn prove_bench(
    core: &'static CoreSpec,
    workshop: &Workshop<'_>,
    sources: &Sources,
    wanted: &Wanted,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, ProveError> {
    let bench = workshop.bench;
    let base = workshop.base()?;
    workshop.prepare_steps()?;
    let mut rows = Vec::new();
    for property in bench.properties {
        let since = Instant::now();
        let verdict = match (&base, workshop.step(property)?) {
            (Answer::Holds { .. }, Answer::Holds { depth }) => Verdict::Proved { depth },
            (Answer::Fails { cells, .. }, Answer::Holds { .. })
                if !cells.iter().any(|cell| cell == property.cell) =>
            {
                Verdict::Leans
            }
            (base, step) => match (workshop.refute(property)?, step, base) {
                (Answer::Fails { clocks, trace, .. }, ..) => Verdict::Refuted { clocks, trace },
                (_, Answer::Unknown(why), _) => Verdict::Unproved(why),
                (_, Answer::Holds { .. }, Answer::Unknown(why)) => Verdict::Unproved(why.clone()),
                _ => Verdict::Unproved("it does not follow from the clocks before".into()),
            },
        };
        let seconds = since.elapsed().as_secs_f64();
        rows.push(Row { core, property: *property, verdict, control: None, seconds });
        progress(property.name());
    }
    if wanted.controls {
        for row in rows.iter_mut().filter(|row| wanted.reports(&row.property)) {
            let since = Instant::now();
            row.control = Some(run_control(bench, &row.property, sources, workshop.tools)?);
            row.seconds += since.elapsed().as_secs_f64();
            progress(row.property.name());
        }
    }
    Ok(rows)
}

/// Checks whether a property of a bench fails with the edit of its control.
///
/// # Errors
/// [`ProveError`].
pub fn run_control(
    bench: &'static Bench,
    property: &Property,
    sources: &Sources,
    tools: &Tools,
) -> Result<ControlVerdict, ProveError> {
    let Control { file, from, .. } = property.control;
    let Some(edited) = property.control.apply(sources) else {
        return Ok(ControlVerdict::NotRefuted(format!("{from:?} is not once in {file}")));
    };
    Ok(match Workshop::refute_with(bench, &edited, tools, property)? {
        Answer::Fails { clocks, .. } => ControlVerdict::Refuted { clocks },
        Answer::Holds { depth } => {
            ControlVerdict::NotRefuted(format!("its property holds for {depth} clocks"))
        }
        Answer::Unknown(why) => ControlVerdict::NotRefuted(why),
    })
}
