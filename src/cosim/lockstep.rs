//! Two cores under the same inputs, compared clock by clock.

use crate::cycle::{Core, Fields, RowOf, Stopped};

/// A core and its twin, and what both showed lately.
#[derive(Debug)]
pub struct Lockstep<T: Core, R> {
    /// The model.
    pub twin: T,
    /// What is compared with it.
    pub rtl: R,
    clock: u64,
    /// What both were given and showed in the last clocks; clock `n` at `n % HISTORY`.
    history: Vec<Shown<T>>,
    /// What the core showed in the last clock.
    rtl_row: RowOf<T>,
}

type Shown<T> = (<T as Core>::Inputs, RowOf<T>);

/// What both cores showed in one clock.
#[derive(Clone, Debug)]
pub struct Moment<T: Core> {
    /// Counted from 0.
    pub clock: u64,
    /// What they were given.
    pub inputs: T::Inputs,
    /// What the twin showed.
    pub twin: RowOf<T>,
    /// What the other showed.
    pub rtl: RowOf<T>,
}

/// How lockstep ended early.
#[derive(Debug)]
pub enum Parted {
    /// The last moment of the history shows different rows.
    Different,
    /// The design stopped the simulation.
    Stopped(Stopped),
}

/// How many clocks up to a mismatch are remembered.
const HISTORY: usize = 256;
/// How many clocks behind it are recorded.
const AFTERMATH: u64 = 24;

impl<T, R> Lockstep<T, R>
where
    T: Core,
    R: Core<Inputs = T::Inputs, Outputs = T::Outputs, Registers = T::Registers>,
{
    /// Both cores as they are switched on.
    pub fn new(twin: T, rtl: R) -> Lockstep<T, R> {
        Lockstep {
            twin,
            rtl,
            clock: 0,
            history: vec![Shown::<T>::default(); HISTORY],
            rtl_row: RowOf::<T>::default(),
        }
    }

    /// One clock of both that is not compared, while a core that was just switched on holds who knows what.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn clock_unseen(&mut self, inputs: &T::Inputs) -> Result<(), Stopped> {
        self.rtl.clock(inputs, &mut self.rtl_row)?;
        self.twin.clock(inputs, &mut RowOf::<T>::default())
    }

    /// One clock of both; what they agree on.
    ///
    /// # Errors
    /// [`Parted`].
    #[inline]
    pub fn clock(&mut self, inputs: &T::Inputs) -> Result<&RowOf<T>, Parted> {
        let (shown_inputs, twin_row) = &mut self.history[self.clock as usize % HISTORY];
        self.rtl.clock(inputs, &mut self.rtl_row).map_err(Parted::Stopped)?;
        *shown_inputs = *inputs;
        self.clock += 1;
        self.twin.clock(inputs, twin_row).map_err(Parted::Stopped)?;
        if *twin_row == self.rtl_row { Ok(&self.rtl_row) } else { Err(Parted::Different) }
    }

    /// The first register in which the last clock's rows differ, or else the first output.
    pub fn first_difference(&self) -> Option<&'static str> {
        let (_, twin) = self.history[self.clock.checked_sub(1)? as usize % HISTORY];
        differing(&twin.registers, &self.rtl_row.registers)
            .or_else(|| differing(&twin.outputs, &self.rtl_row.outputs))
    }

    /// How many clocks there have been.
    pub fn clocks(&self) -> u64 {
        self.clock
    }

    /// The last clocks, and some more with the last inputs, so that a waveform shows what becomes of it.
    pub fn into_history(mut self) -> Vec<Moment<T>> {
        let known = self.clock.min(HISTORY as u64);
        let mut history: Vec<Moment<T>> = (self.clock - known..self.clock)
            .map(|clock| {
                let (inputs, twin) = self.history[clock as usize % HISTORY];
                Moment { clock, inputs, twin, rtl: twin }
            })
            .collect();
        let Some(last) = history.last_mut() else { return history };
        last.rtl = self.rtl_row;
        let inputs = last.inputs;
        for clock in self.clock..self.clock + AFTERMATH {
            let (mut twin, mut rtl) = (RowOf::<T>::default(), RowOf::<T>::default());
            if self.twin.clock(&inputs, &mut twin).and(self.rtl.clock(&inputs, &mut rtl)).is_err() {
                break;
            }
            history.push(Moment { clock, inputs, twin, rtl });
        }
        history
    }
}

/// The name of the first field in which two structs differ.
fn differing<F: Fields>(a: &F, b: &F) -> Option<&'static str> {
    let mut values = vec![0; F::FIELDS.len()];
    a.visit(|i, value| values[i] = value);
    let mut first = None;
    b.visit(|i, value| first = first.or((values[i] != value).then_some(i)));
    first.map(|i| F::FIELDS[i].name)
}
