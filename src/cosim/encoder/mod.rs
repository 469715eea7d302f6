//! The encoder core under test: a player that feeds it the requests of slices under random stalls, beside its
//! twin and the oracle.

mod oracle;

use std::collections::VecDeque;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use self::oracle::{Fault, Oracle, Step};
use super::{
    Mismatch, Stalls,
    lockstep::{Lockstep, Parted},
    waves::Waves,
};
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::cycle::{
    Core, Stopped,
    encoder::{Encoder, Inputs, Outputs, Passed, Registers},
};

/// The name of the top module.
pub const TOP: &str = "cabac_encoder";

/// What a run was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bins coded.
    pub bins: u64,
    /// Clocks, but for those that took a context load.
    pub clocks: u64,
    /// Clocks that took a context load.
    pub load_clocks: u64,
    /// The longest run of outstanding bits.
    pub longest_run: u32,
}

impl Stats {
    /// Bins a clock, context loads aside.
    pub fn bins_per_clock(&self) -> f64 {
        self.bins as f64 / self.clocks.max(1) as f64
    }
}

/// After so many clocks in which nothing moves, though the output is ready in many of them, nothing ever will.
const PATIENCE: u32 = 2_000;

/// Plays `slices`, back to back, to a core and its twin, and tells `progress` how many events are done.
///
/// # Errors
/// The first [`Mismatch`]: between core and twin in any output or register; between them and the oracle in a
/// byte, in codIRange, codILow, bitsOutstanding or firstBitFlag after a request, or in an update of a context;
/// or a core that no longer moves.
pub fn play<R>(
    rtl: R,
    slices: &[Vec<Event>],
    stalls: Stalls,
    seed: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Stats, Box<Mismatch>>
where
    R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
{
    let mut player = Player::new(rtl, slices, stalls, seed);
    match player.run(progress) {
        Ok(()) => Ok(player.stats),
        Err(fault) => Err(Box::new(player.mismatch(fault))),
    }
}

/// Resets both cores and fills the context memory, which holds what it was switched on with and no reset
/// clears; then resets them again. From there on everything must be equal.
///
/// # Errors
/// [`Stopped`].
pub fn switch_on<R>(lockstep: &mut Lockstep<Encoder, R>) -> Result<(), Stopped>
where
    R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
{
    let reset = Inputs { rst: 1, ..Inputs::default() };
    let loads = (0..).map_while(CtxIdx::new).map(|ctx| Event::Load { ctx, model: ContextModel::default() });
    let end = [Inputs::default(), reset];
    [reset]
        .into_iter()
        .chain(loads.map(Inputs::request))
        .chain(end)
        .try_for_each(|inputs| lockstep.clock_unseen(&inputs))
}

struct Player<'a, R> {
    lockstep: Lockstep<Encoder, R>,
    slices: &'a [Vec<Event>],
    stalls: Stalls,
    rng: ChaCha8Rng,
    oracle: Oracle,
    stats: Stats,
    /// The slice that is played, the event that comes next, and the bin that it is.
    slice: usize,
    event: usize,
    bin: u64,
    /// The event is on the ports and has to stay there.
    held: bool,
    /// The slice has been given up once, which is enough.
    given_up: bool,
    /// The newest requests, the last taken at the back.
    recent: VecDeque<Taken>,
    /// Clocks since anything moved.
    still: u32,
    /// The requests that had passed each step before this clock.
    passed: Passed,
}

struct Taken {
    slice: usize,
    bin: u64,
    event: Event,
}

/// Eight bins to show before a mismatch, and as many requests as the core can hold.
const RECENT: usize = 8 + 8;

impl<'a, R> Player<'a, R>
where
    R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
{
    fn new(rtl: R, slices: &'a [Vec<Event>], stalls: Stalls, seed: u64) -> Self {
        Player {
            lockstep: Lockstep::new(Encoder::new(), rtl),
            slices,
            stalls,
            rng: ChaCha8Rng::seed_from_u64(seed),
            oracle: Oracle::default(),
            stats: Stats::default(),
            slice: 0,
            event: 0,
            bin: 0,
            held: false,
            given_up: false,
            recent: VecDeque::with_capacity(RECENT),
            still: 0,
            passed: Passed::default(),
        }
    }

    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), Fault> {
        switch_on(&mut self.lockstep).map_err(|stopped| Fault::new(Step::Fetch, stopped.to_string()))?;
        self.passed = self.lockstep.twin.passed();
        while let Some(slice) = self.slices.get(self.slice) {
            match slice.get(self.event) {
                Some(&event) => self.offer(event)?,
                None => {
                    progress(slice.len() as u64);
                    (self.slice, self.event, self.bin) = (self.slice + 1, 0, 0);
                    self.given_up = false;
                }
            }
        }
        while !self.oracle.is_done() {
            self.rest()?;
        }
        (0..4).try_for_each(|_| self.rest())
    }

    /// A clock in which the event is offered, or not yet.
    fn offer(&mut self, event: Event) -> Result<(), Fault> {
        if !self.given_up && self.stalls.gives_up(&mut self.rng) {
            return self.give_up();
        }
        self.held = self.held || !self.stalls.stalls_input(&mut self.rng);
        match self.held {
            true => self.clock(Inputs::request(event), Some(event)),
            false => self.rest(),
        }
    }

    /// A clock without a request.
    fn rest(&mut self) -> Result<(), Fault> {
        self.clock(Inputs::default(), None)
    }

    /// Resets the core in the middle of whatever it does and plays the slice again.
    fn give_up(&mut self) -> Result<(), Fault> {
        self.clock(Inputs { rst: 1, ..Inputs::default() }, None)?;
        self.oracle.forget_life();
        (self.event, self.bin) = (0, 0);
        self.held = false;
        self.given_up = true;
        Ok(())
    }

    fn clock(&mut self, mut inputs: Inputs, offered: Option<Event>) -> Result<(), Fault> {
        inputs.out_ready = u32::from(!self.stalls.stalls_output(&mut self.rng));
        inputs.save_ctx_idx = self.rng.next_u32() % CONTEXTS as u32;
        let row = match self.lockstep.clock(&inputs) {
            Ok(row) => *row,
            Err(parted) => return Err(self.parted(parted)),
        };
        let before = self.passed;
        self.passed = self.lockstep.twin.passed();
        if inputs.rst == 1 {
            return Ok(());
        }
        let taken = offered.filter(|_| row.outputs.in_ready == 1);
        if let Some(event) = taken {
            self.take(event);
        }
        self.oracle.check_steps(before, self.passed, &row.registers, self.lockstep.twin.registers())?;
        let given = row.outputs.out_valid == 1 && inputs.out_ready == 1;
        if given {
            self.oracle.check_byte(row.outputs.out_data as u8, row.outputs.out_last == 1)?;
        }
        match taken {
            Some(Event::Load { .. }) => self.stats.load_clocks += 1,
            _ => self.stats.clocks += 1,
        }
        let moved =
            taken.is_some() || given || self.passed != before || offered.is_none() && self.oracle.is_done();
        self.still = if moved { 0 } else { self.still + 1 };
        match self.still < PATIENCE {
            true => Ok(()),
            false => Err(Fault::new(Step::Low, format!("deadlock: nothing has moved for {PATIENCE} clocks"))),
        }
    }

    fn take(&mut self, event: Event) {
        self.held = false;
        let outstanding = self.oracle.take(event);
        self.stats.longest_run = self.stats.longest_run.max(outstanding);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Taken { slice: self.slice, bin: self.bin, event });
        self.event += 1;
        if event.is_bin() {
            self.bin += 1;
            self.stats.bins += 1;
        }
    }

    /// Core and twin differ: the first register that does names the step, else an output does.
    fn parted(&self, parted: Parted) -> Fault {
        match parted {
            Parted::Stopped(stopped) => Fault::new(Step::Low, format!("{stopped}")),
            Parted::Different => {
                let register = self.lockstep.first_difference();
                let step = register.map_or(Step::Low, Step::of);
                Fault::new(
                    step,
                    format!("the core differs from its twin in {}", register.unwrap_or("an output")),
                )
            }
        }
    }

    fn mismatch(mut self, fault: Fault) -> Mismatch {
        let passed = match fault.step {
            Step::Fetch => self.passed.fetch,
            Step::Range => self.passed.range,
            Step::Low => self.passed.low,
        };
        // Requests behind the guilty one are in the core already.
        let behind = (self.passed.fetch - passed) as usize;
        self.recent.truncate(self.recent.len().saturating_sub(behind));
        let (slice, bin) =
            self.recent.back().map_or((self.slice, self.bin), |taken| (taken.slice, taken.bin));
        let shown = self.recent.iter().rev().filter(|taken| taken.event.is_bin()).take(9);
        let mut before: Vec<_> = shown.map(|taken| (taken.bin, taken.event)).collect();
        before.reverse();
        let clock = self.lockstep.clocks() - 1;
        Mismatch {
            what: fault.what,
            clock,
            slice,
            bin,
            before,
            waves: Waves::new(self.lockstep.into_history()),
        }
    }
}
