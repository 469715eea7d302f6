//! The judge of the arithmetic steps alone. It drives each step through every point that it can meet and compares all its outputs with the
//! oracle.
//!
//! A point is a request with the registers before it. There are few enough to try them all: what a step does in one clock depends on two
//! registers and a context variable, and only some register values can be reached ([`reachable`]). So nothing about a step is left to the
//! vectors; their task is to find what is wrong between steps, in the pipeline, the memory and the streams. What a point leaves open,
//! namely the bits that a decoder shifts in and the bits that an encoder holds back, varies from point to point; the sweep of each core
//! says how.
//!
//! The oracle is preset at each point and never follows the core.

pub mod reachable;
mod report;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use silicabac_sim::{Cache, Design, Direction, Library, SimError, Stopped, Tools};

use super::rtl;
use crate::context::ContextModel;
use crate::cores::CoreSpec;
use crate::cycle::Fields;
pub use report::Report;

/// The arithmetic step of a core, and its sweep.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The top module that wraps the step.
    pub top: &'static str,
    /// The files of the wrapper. Its ports are packed, since a few wide ports are faster than many.
    pub wrappers: &'static [(&'static str, &'static str)],
    /// All values that the registers before a step can have.
    pub registers: fn() -> Vec<(u16, u16)>,
    /// The number of points for each context variable at each of these values.
    pub bins: usize,
    /// Sweeps all kinds of points at these values, each kind up to its first mismatch.
    pub sweep: SweepFn,
}

/// [`Step::sweep`]: takes the core, its built step, the register values, and a callback that is told how many points are done.
pub type SweepFn =
    fn(&'static CoreSpec, &Library, Vec<(u16, u16)>, &mut dyn FnMut(u64)) -> Result<Vec<Swept>, SimError>;

/// The built step of a core, and the register values that it can meet.
#[derive(Clone, Debug)]
pub struct Sweep {
    core: &'static CoreSpec,
    library: Library,
    registers: Vec<(u16, u16)>,
}

/// The result for one kind of points.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The core whose step it is.
    pub core: &'static CoreSpec,
    /// The kind of points.
    pub kind: &'static str,
    /// The number of points, up to a mismatch.
    pub points: u64,
    /// How often the step was evaluated for them.
    pub evaluations: u64,
    /// The time that this took, including the oracle.
    pub time: Duration,
    /// The first mismatch.
    pub failure: Option<Wrong>,
}

/// What can go wrong at a point.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Wrong {
    /// The step is wrong.
    #[error("{0}")]
    Differs(#[from] Box<Difference>),
    /// The design stopped the simulation.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

/// A point at which core and oracle differ, with the outputs of both.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{point}: wrong {}", self.wrong())]
pub struct Difference {
    /// The request, the registers before it, and all other inputs.
    pub point: String,
    /// All outputs of the step.
    pub columns: Vec<Column>,
}

/// An output of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the Verilog.
    pub name: &'static str,
    /// The expected value.
    pub oracle: String,
    /// The core's value.
    pub core: String,
}

impl Sweep {
    /// Builds the step of a core from the built-in Verilog, or from a directory of other sources that have the same modules with the same
    /// ports.
    ///
    /// # Errors
    /// [`SimError`].
    pub fn build(
        core: &'static CoreSpec,
        rtl_dir: Option<&Path>,
        cache: &Cache,
        tools: &Tools,
    ) -> Result<Sweep, SimError> {
        let mut sources = rtl::sources(core, rtl_dir, cache)?;
        sources.extend(rtl::as_files(core.step.wrappers, cache)?);
        let library = rtl::with_sources(Design::combinational(core.step.top), sources).build(cache, tools)?;
        Ok(Sweep { core, library, registers: (core.step.registers)() })
    }

    /// The core whose step it is.
    pub fn core(&self) -> &'static CoreSpec {
        self.core
    }

    /// The total number of points that [`run`](Self::run) reports as progress: those of context bins, nearly all of the work.
    pub fn work(&self) -> u64 {
        (self.registers.len() * reachable::models().count() * self.core.step.bins) as u64
    }

    /// Sweeps every kind of points, each up to its first mismatch. Of the register values only each `every`th is used; 1 uses them all.
    ///
    /// # Errors
    /// [`SimError::Port`] if a wrapper does not have the packed ports that are expected.
    pub fn run(&self, every: usize, progress: &mut dyn FnMut(u64)) -> Result<Vec<Swept>, SimError> {
        let registers = self.registers.iter().copied().step_by(every.max(1)).collect();
        (self.core.step.sweep)(self.core, &self.library, registers, progress)
    }
}

/// A kind of points, and the function that sweeps it.
pub(crate) type Kind<J> = (&'static str, fn(&mut J, &mut Tally<'_>) -> Result<(), Wrong>);

/// Sweeps these kinds of points, each up to its first mismatch.
pub(crate) fn run<J>(
    core: &'static CoreSpec,
    kinds: &[Kind<J>],
    judge: &mut J,
    progress: &mut dyn FnMut(u64),
) -> Vec<Swept> {
    let swept = kinds.iter().map(|&(kind, sweep)| {
        let mut tally = Tally { points: 0, evaluations: 0, told: 0, progress };
        let start = Instant::now();
        let failure = sweep(judge, &mut tally).err();
        let Tally { points, evaluations, .. } = tally;
        Swept { core, kind, points, evaluations, time: start.elapsed(), failure }
    });
    swept.collect()
}

/// The counts of a sweep so far.
pub(crate) struct Tally<'a> {
    points: u64,
    evaluations: u64,
    told: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Tally<'_> {
    pub(crate) fn add(&mut self, points: u64, evaluations: u64) {
        self.points += points;
        self.evaluations += evaluations;
    }

    /// Reports how many points were added since the last report.
    pub(crate) fn tell(&mut self) {
        (self.progress)(self.points - self.told);
        self.told = self.points;
    }
}

/// The place of a packed port of a wrapper.
pub(crate) fn word_of<F: Fields>(
    library: &Library,
    name: &str,
    direction: Direction,
) -> Result<usize, SimError> {
    library.word_of(name, direction, F::WIDTH)
}

/// Numbers that vary from point to point and are the same in every run.
#[derive(Default)]
pub(crate) struct Varying(u32);

impl Varying {
    /// The next number below `limit`.
    #[inline]
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        // A linear congruential generator, of which the high bits vary most.
        self.0 = self.0.wrapping_mul(0x915f_77f5).wrapping_add(1);
        ((u64::from(self.0) * u64::from(limit)) >> 32) as u32
    }
}

impl Wrong {
    pub(crate) fn differs(
        point: String,
        oracle: Vec<(&'static str, String)>,
        core: Vec<(&'static str, String)>,
    ) -> Wrong {
        let columns = oracle.into_iter().zip(core);
        let columns = columns.map(|((name, oracle), (_, core))| Column { name, oracle, core }).collect();
        Box::new(Difference { point, columns }).into()
    }
}

impl Difference {
    /// The names of the outputs that differ.
    fn wrong(&self) -> String {
        let names =
            self.columns.iter().filter(|column| column.oracle != column.core).map(|column| column.name);
        names.collect::<Vec<_>>().join(", ")
    }

    /// A table with the names, both values, and a row that marks the differences.
    pub fn table(&self) -> String {
        let row = |title: &str, cell: &dyn Fn(&Column) -> String| {
            let cells = self.columns.iter().map(|column| {
                let width = column.name.len().max(column.oracle.len()).max(column.core.len());
                format!("  {:>width$}", cell(column))
            });
            format!("  {title:<6}{}", cells.collect::<String>()).trim_end().to_owned() + "\n"
        };
        let mark = |column: &Column| match column.oracle == column.core {
            true => String::new(),
            false => "^".repeat(column.oracle.len().max(column.core.len())),
        };
        row("", &|column| column.name.to_owned())
            + &row("oracle", &|column| column.oracle.clone())
            + &row("core", &|column| column.core.clone())
            + &row("", &mark)
    }
}

/// Every field as a column.
pub(crate) fn columns<F: Fields>(fields: &F) -> Vec<(&'static str, String)> {
    let mut columns = Vec::new();
    fields.visit(usize::MAX, |i, _, value| columns.push((F::FIELDS[i].name, value.to_string())));
    columns
}

/// The context variable of a point.
pub(crate) fn model(val_mps: u32, p_state_idx: u32) -> ContextModel {
    ContextModel::from_bits((val_mps << 6 | p_state_idx) as u8).unwrap_or_default()
}
