//! Two cores under the same inputs, compared clock by clock.

use std::collections::VecDeque;

use crate::cycle::{Core, Fields, Row, Stopped};

/// A core and its twin, and what both showed lately.
#[derive(Debug)]
pub struct Lockstep<T: Core, R> {
    /// The model.
    pub twin: T,
    /// What is compared with it.
    pub rtl: R,
    clock: u64,
    history: VecDeque<Moment<T>>,
}

/// What both cores showed in one clock.
#[derive(Clone, Debug)]
pub struct Moment<T: Core> {
    /// Counted from 0.
    pub clock: u64,
    /// What they were given.
    pub inputs: T::Inputs,
    /// What the twin showed.
    pub twin: Row<T::Outputs, T::Registers>,
    /// What the other showed.
    pub rtl: Row<T::Outputs, T::Registers>,
}

/// How lockstep ended early.
#[derive(Debug)]
pub enum Parted {
    /// The last moment of the history shows different rows.
    Different,
    /// The design stopped the simulation.
    Stopped(Stopped),
}

/// How many clocks before a mismatch are remembered.
const HISTORY: usize = 200;
/// How many clocks behind it are recorded.
const AFTERMATH: usize = 24;

impl<T, R> Lockstep<T, R>
where
    T: Core,
    R: Core<Inputs = T::Inputs, Outputs = T::Outputs, Registers = T::Registers>,
{
    /// Both cores as they are switched on.
    pub fn new(twin: T, rtl: R) -> Lockstep<T, R> {
        Lockstep { twin, rtl, clock: 0, history: VecDeque::with_capacity(HISTORY + AFTERMATH) }
    }

    /// One clock of both that is not compared, while a core that was just switched on holds who knows what.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn clock_unseen(&mut self, inputs: &T::Inputs) -> Result<(), Stopped> {
        self.rtl.clock(inputs)?;
        self.twin.clock(inputs)?;
        Ok(())
    }

    /// One clock of both; what they agree on.
    ///
    /// # Errors
    /// [`Parted`].
    #[inline]
    pub fn clock(&mut self, inputs: &T::Inputs) -> Result<Row<T::Outputs, T::Registers>, Parted> {
        let rtl = self.rtl.clock(inputs).map_err(Parted::Stopped)?;
        let twin = self.twin.clock(inputs).map_err(Parted::Stopped)?;
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(Moment { clock: self.clock, inputs: *inputs, twin, rtl });
        self.clock += 1;
        if twin == rtl { Ok(twin) } else { Err(Parted::Different) }
    }

    /// The first register in which the last clock's rows differ.
    pub fn first_difference(&self) -> Option<&'static str> {
        let Moment { twin, rtl, .. } = self.history.back()?;
        let mut values = Vec::new();
        twin.registers.visit(|_, value| values.push(value));
        let mut first = None;
        rtl.registers.visit(|i, value| first = first.or((values[i] != value).then_some(i)));
        first.map(|i| T::Registers::FIELDS[i].name)
    }

    /// How many clocks there have been.
    pub fn clocks(&self) -> u64 {
        self.clock
    }

    /// The last clocks, and some more with the last inputs, so that a waveform shows what becomes of it.
    pub fn into_history(mut self) -> Vec<Moment<T>> {
        let mut history: Vec<_> = self.history.drain(..).collect();
        if let Some(inputs) = history.last().map(|moment: &Moment<T>| moment.inputs) {
            for _ in 0..AFTERMATH {
                let (Ok(twin), Ok(rtl)) = (self.twin.clock(&inputs), self.rtl.clock(&inputs)) else { break };
                history.push(Moment { clock: self.clock, inputs, twin, rtl });
                self.clock += 1;
            }
        }
        history
    }
}
