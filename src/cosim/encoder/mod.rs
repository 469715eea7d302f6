//! The encoder core under test: a player that feeds it the requests of slices under random stalls, beside its
//! twin and the oracle.

mod oracle;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use self::oracle::{Fault, Oracle, Step};
use super::{
    CoreKind, GiveUp, Judged, Mismatch, PATIENCE, Stalls, Stats,
    lockstep::{Lockstep, Parted},
    recent::Recent,
    waves::Waves,
};
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::cycle::{
    Core, Fields, Request, Stopped,
    encoder::{Encoder, Inputs, Outputs, Passed, Registers},
};
use crate::vectors::Vector;

impl Judged for Encoder {
    const KIND: CoreKind = CoreKind::Encoder;

    fn plays(vector: &Vector) -> bool {
        !vector.decode_only
    }

    fn give_ups(clock: u64) -> Vec<GiveUp> {
        vec![GiveUp::Reset(clock)]
    }

    fn switch_on<R>(lockstep: &mut Lockstep<Self, R>) -> Result<(), Stopped>
    where
        R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
    {
        let reset = Inputs { rst: 1, ..Inputs::default() };
        let loads =
            (0..).map_while(CtxIdx::new).map(|ctx| Event::Load { ctx, model: ContextModel::default() });
        let end = [Inputs::default(), reset];
        [reset]
            .into_iter()
            .chain(loads.map(Inputs::request))
            .chain(end)
            .try_for_each(|inputs| lockstep.clock_unseen(&inputs))
    }

    /// The oracle is asked for every byte, for codIRange, codILow, bitsOutstanding and firstBitFlag after a
    /// request, and for every update of a context variable.
    fn play<R>(
        rtl: R,
        vectors: &[&Vector],
        stalls: Stalls,
        seed: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Box<Mismatch>>
    where
        R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
    {
        let mut player = Player::new(rtl, vectors, stalls, seed);
        match player.run(progress) {
            Ok(()) => Ok(Stats { longest_run: Some(player.longest_run), ..player.stats }),
            Err(fault) => Err(Box::new(player.mismatch(fault))),
        }
    }
}

struct Player<'a, R> {
    lockstep: Lockstep<Encoder, R>,
    vectors: &'a [&'a Vector],
    stalls: Stalls,
    rng: ChaCha8Rng,
    oracle: Oracle,
    stats: Stats,
    longest_run: u32,
    /// The vector that is played, the event that comes next, and the bin that it is.
    vector: usize,
    event: usize,
    bin: u64,
    /// The event is on the ports and has to stay there.
    held: bool,
    /// How often the vector has been given up.
    given_up: u32,
    recent: Recent,
    /// Clocks since anything moved.
    still: u32,
    /// The requests that had passed each step before this clock.
    passed: Passed,
}

impl<'a, R> Player<'a, R>
where
    R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
{
    fn new(rtl: R, vectors: &'a [&'a Vector], stalls: Stalls, seed: u64) -> Self {
        Player {
            lockstep: Lockstep::new(Encoder::new(), rtl),
            vectors,
            stalls,
            rng: ChaCha8Rng::seed_from_u64(seed),
            oracle: Oracle::default(),
            stats: Stats::default(),
            longest_run: 0,
            vector: 0,
            event: 0,
            bin: 0,
            held: false,
            given_up: 0,
            recent: Recent::default(),
            still: 0,
            passed: Passed::default(),
        }
    }

    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), Fault> {
        Encoder::switch_on(&mut self.lockstep)
            .map_err(|stopped| Fault::new(Step::Fetch, stopped.to_string()))?;
        self.passed = self.lockstep.twin.passed();
        while let Some(vector) = self.vectors.get(self.vector) {
            match vector.events.get(self.event) {
                Some(&event) => self.offer(event)?,
                None => {
                    progress(vector.events.len() as u64);
                    (self.vector, self.event, self.bin) = (self.vector + 1, 0, 0);
                    self.given_up = 0;
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
        let (clock, delicate) = (self.lockstep.clocks(), is_delicate(self.lockstep.twin.registers()));
        if self.stalls.gives_up(&mut self.rng, clock, self.given_up, delicate) {
            return self.give_up(event);
        }
        self.held = self.held || !self.stalls.stalls_input(&mut self.rng);
        if self.held { self.clock(self.request(event), Some(event)) } else { self.rest() }
    }

    /// A clock without a request: what else is on the ports means nothing.
    fn rest(&mut self) -> Result<(), Fault> {
        let noise = Inputs { rst: 0, in_valid: 0, ..self.noise() };
        self.clock(noise, None)
    }

    /// Resets the core for some clocks, in the middle of whatever it does, and plays the slice again.
    fn give_up(&mut self, event: Event) -> Result<(), Fault> {
        for _ in 0..=self.rng.next_u32() % 3 {
            let offered =
                if self.rng.next_u32().is_multiple_of(2) { self.request(event) } else { self.noise() };
            self.clock(Inputs { rst: 1, ..offered }, None)?;
        }
        self.oracle.forget_life();
        (self.event, self.bin) = (0, 0);
        self.held = false;
        self.given_up += 1;
        Ok(())
    }

    /// The ports with a request on them; those that it does not use hold anything.
    fn request(&self, event: Event) -> Inputs {
        // The same in every clock in which it waits, as the protocol has it.
        let noise = self.event as u32;
        let used = Inputs::request(event);
        match event {
            Event::Context { .. } => Inputs { in_data: noise & 255, ..used },
            Event::Bypass { .. } | Event::Terminate { .. } => {
                Inputs { in_ctx_idx: noise & 1023, in_data: noise >> 1 & 255, ..used }
            }
            Event::Align => {
                Inputs { in_bin: noise & 1, in_ctx_idx: noise & 1023, in_data: noise & 255, ..used }
            }
            Event::Raw(_) => Inputs { in_bin: noise & 1, in_ctx_idx: noise & 1023, ..used },
            Event::Load { .. } => {
                Inputs { in_bin: noise & 1, in_data: used.in_data | (noise & 1) << 7, ..used }
            }
        }
    }

    /// Anything on all ports.
    fn noise(&mut self) -> Inputs {
        Inputs::build(|i| self.rng.next_u32() & ((1 << Inputs::FIELDS[i].width) - 1))
    }

    fn clock(&mut self, mut inputs: Inputs, offered: Option<Event>) -> Result<(), Fault> {
        inputs.out_ready = u32::from(!self.stalls.stalls_bytes(&mut self.rng));
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
        let finished = self.vector == self.vectors.len() && self.oracle.is_done();
        let moved = taken.is_some() || given || self.passed != before || finished;
        self.still = if moved { 0 } else { self.still + 1 };
        match self.still < PATIENCE {
            true => Ok(()),
            false => Err(Fault::new(Step::Low, format!("deadlock: nothing has moved for {PATIENCE} clocks"))),
        }
    }

    fn take(&mut self, event: Event) {
        self.held = false;
        let outstanding = self.oracle.take(event);
        self.longest_run = self.longest_run.max(outstanding);
        self.recent.push(self.vector, self.bin, Request::Event(event));
        self.event += 1;
        if event.is_bin() {
            self.bin += 1;
            self.stats.bins += 1;
        }
    }

    /// Core and twin differ: the first register that does names the step, else an output does.
    fn parted(&self, parted: Parted) -> Fault {
        match parted {
            Parted::Stopped(stopped) => Fault::new(Step::Fetch, stopped.to_string()),
            Parted::Different => {
                let name = self.lockstep.first_difference().unwrap_or("nothing that has a name");
                Fault::new(Step::of(name), format!("the core differs from its twin in {name}"))
            }
        }
    }

    fn mismatch(mut self, fault: Fault) -> Mismatch {
        let passed = match fault.step {
            Step::Fetch => self.passed.fetch,
            Step::Range => self.passed.range,
            Step::Low => self.passed.low,
            Step::Pack => self.passed.pack,
        };
        // Requests behind the guilty one are in the core already.
        self.recent.forget((self.passed.fetch - passed) as usize);
        let (vector, bin) = self.recent.last().unwrap_or((self.vector, self.bin));
        let vector = self.vectors.get(vector).map(|vector| vector.id.clone()).unwrap_or_default();
        let before = self.recent.shown();
        let what = match self.given_up {
            0 => fault.what,
            times => format!("{} (the vector had been given up by a reset, {times} times)", fault.what),
        };
        let clock = self.lockstep.clocks().saturating_sub(1);
        Mismatch { what, clock, vector, bin, before, waves: Waves::new(self.lockstep.into_history()) }
    }
}

/// A reset has something to clear that it seldom meets: a long run, a flush, raw bytes, a full packer.
fn is_delicate(r: &Registers) -> bool {
    r.emit_run > 7
        || r.emit_last == 1 && r.emit_valid == 1
        || r.low_flush == 1 && r.low_valid == 1
        || r.low_raw == 1
        || r.pack_last == 1
        || r.pack_fill >= 16
        || r.cod_i_low >= 512
}
