//! Plays vectors to a core: which request comes when, what waits, what is given up, and who is guilty. What it
//! has to know of the core itself, a [`Bench`] knows.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{
    GiveUp, Judged, Mismatch, Stalls, Stats,
    lockstep::{Lockstep, Parted},
    recent::Recent,
    waves::Waves,
};
use crate::bin::Event;
use crate::cycle::{Core, Fields, Request, RowOf};
use crate::vectors::Vector;

/// The ports of a core, and what the oracle expects of it.
pub(super) trait Bench<'a>: Sized {
    /// The twin of the core.
    type Twin: Judged;

    /// Before the first clock; the core will be given these vectors, one after the other.
    fn new(vectors: &'a [&'a Vector]) -> Self;

    /// What the core is asked for to go through a vector.
    fn requests(vector: &Vector) -> Vec<Request>;

    /// The ports with a request on them; those that it does not use hold noise.
    fn offer(request: Request, noise: u32) -> InputsOf<'a, Self>;

    /// The same without a request.
    fn idle(inputs: InputsOf<'a, Self>) -> InputsOf<'a, Self>;

    /// The same in reset.
    fn reset(inputs: InputsOf<'a, Self>) -> InputsOf<'a, Self>;

    /// Sets the ports that are not for requests.
    fn other_ports(&mut self, inputs: &mut InputsOf<'a, Self>, stalls: &Stalls, rng: &mut ChaCha8Rng);

    /// Whether the core takes the request.
    fn takes(row: &RowOf<Self::Twin>) -> bool;

    /// Checks a clock, given the vector of the request that was taken in it; whether anything moved.
    fn check(
        &mut self,
        clock: Clock<'_, Self::Twin>,
        taken: Option<(Request, &'a Vector)>,
    ) -> Result<bool, Fault>;

    /// A clock has passed that is not checked.
    fn pass(&mut self, twin: &Self::Twin);

    /// After a reset this vector will be played again.
    fn forget(&mut self, vector: usize);

    /// Whether the slice of this vector can end early in this clock.
    fn can_cut_short(&self, vector: usize) -> bool;

    /// It does, and will be played again.
    fn cut_short(&mut self, vector: usize);

    /// A core like this has much to clear when it is given up.
    fn is_delicate(registers: &<Self::Twin as Core>::Registers) -> bool;

    /// Nothing more is to come from the core.
    fn is_done(&self) -> bool;

    /// To which request this register or port belongs.
    fn guilty_of(&self, name: &str) -> Guilty;

    /// Which request it is that waits when nothing moves.
    fn stuck(&self) -> Guilty;

    /// The longest run of outstanding bits.
    fn longest_run(&self) -> Option<u32>;
}

type InputsOf<'a, B> = <<B as Bench<'a>>::Twin as Core>::Inputs;

/// A clock, and both cores behind it.
pub(super) struct Clock<'c, T: Core> {
    /// What the cores were given.
    pub(super) inputs: &'c T::Inputs,
    /// What they showed.
    pub(super) row: &'c RowOf<T>,
    /// The twin behind the clock.
    pub(super) twin: &'c T,
}

/// What is wrong, and with which request.
pub(super) struct Fault {
    pub(super) guilty: Guilty,
    pub(super) what: String,
}

/// A request, counted from the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guilty {
    /// The one on the ports, if there is one.
    Offered,
    /// One that was taken, so many before the newest.
    Taken(usize),
}

/// How a vector is given up.
enum Way {
    /// By a reset.
    Reset,
    /// Its slice ends early; another one follows.
    Cut,
}

/// After so many clocks in which nothing moves, though the output is ready in many of them, nothing ever will.
const PATIENCE: u32 = 2_000;

/// [`Judged::play`].
pub(super) fn play<'a, B, R>(
    rtl: R,
    vectors: &'a [&'a Vector],
    stalls: Stalls,
    seed: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Stats, Box<Mismatch>>
where
    B: Bench<'a>,
    R: LikeTwin<B::Twin>,
{
    let mut player: Player<'a, B, R> = Player {
        bench: B::new(vectors),
        lockstep: Lockstep::new(B::Twin::default(), rtl),
        vectors,
        stalls,
        rng: ChaCha8Rng::seed_from_u64(seed),
        stats: Stats::default(),
        vector: 0,
        requests: Vec::new(),
        next: 0,
        bin: 0,
        held: false,
        given_up: 0,
        recent: Recent::default(),
        still: 0,
    };
    match player.run(progress) {
        Ok(()) => Ok(Stats { longest_run: player.bench.longest_run(), ..player.stats }),
        Err(fault) => Err(Box::new(player.mismatch(fault))),
    }
}

/// A core with the ports and registers of a twin.
pub trait LikeTwin<T: Core>:
    Core<Inputs = T::Inputs, Outputs = T::Outputs, Registers = T::Registers>
{
}

impl<T: Core, R: Core<Inputs = T::Inputs, Outputs = T::Outputs, Registers = T::Registers>> LikeTwin<T> for R {}

struct Player<'a, B: Bench<'a>, R> {
    bench: B,
    lockstep: Lockstep<B::Twin, R>,
    vectors: &'a [&'a Vector],
    stalls: Stalls,
    rng: ChaCha8Rng,
    stats: Stats,
    /// The vector that is played, its requests, which of them comes next, and the bin that it is.
    vector: usize,
    requests: Vec<Request>,
    next: usize,
    bin: u64,
    /// The request is on the ports and has to stay there.
    held: bool,
    /// How often the vector has been given up.
    given_up: u32,
    recent: Recent,
    /// Clocks since anything moved.
    still: u32,
}

impl<'a, B, R> Player<'a, B, R>
where
    B: Bench<'a>,
    R: LikeTwin<B::Twin>,
{
    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), Fault> {
        B::Twin::switch_on(&mut self.lockstep)
            .map_err(|stopped| Fault { guilty: Guilty::Offered, what: stopped.to_string() })?;
        self.bench.pass(&self.lockstep.twin);
        while let Some(vector) = self.vectors.get(self.vector) {
            self.requests = B::requests(vector);
            while let Some(&request) = self.requests.get(self.next) {
                self.offer(request)?;
            }
            progress(vector.events.len() as u64);
            (self.vector, self.next, self.bin) = (self.vector + 1, 0, 0);
            self.given_up = 0;
        }
        while !self.bench.is_done() {
            self.rest()?;
        }
        (0..4).try_for_each(|_| self.rest())
    }

    /// A clock in which the request is offered, or not yet.
    fn offer(&mut self, request: Request) -> Result<(), Fault> {
        let delicate = B::is_delicate(self.lockstep.twin.registers());
        if self.stalls.gives_up(&mut self.rng, self.lockstep.clocks(), self.given_up, delicate)
            && let Some(way) = self.way_to_give_up()
        {
            return self.give_up(request, way);
        }
        self.held = self.held || !self.stalls.stalls_input(&mut self.rng);
        if self.held { self.clock(self.ports(request), Some(request)) } else { self.rest() }
    }

    /// A clock without a request: what else is on its ports means nothing.
    fn rest(&mut self) -> Result<(), Fault> {
        let noise = self.noise();
        self.clock(B::idle(noise), None)
    }

    /// The ports with a request on them, the same in every clock in which it waits, as the protocol has it.
    fn ports(&self, request: Request) -> InputsOf<'a, B> {
        B::offer(request, (self.next as u32).wrapping_mul(0x9e37_79b9) >> 3)
    }

    /// Anything on all ports.
    fn noise(&mut self) -> InputsOf<'a, B> {
        let width = |i: usize| InputsOf::<'a, B>::FIELDS[i].width;
        Fields::build(|i| self.rng.next_u32() & ((1 << width(i)) - 1))
    }

    /// How to give up in this clock, if that can be.
    fn way_to_give_up(&mut self) -> Option<Way> {
        let can_cut = self.next > 0 && !self.held && self.bench.can_cut_short(self.vector);
        match self.stalls.give_up {
            Some(GiveUp::Reset(_)) => Some(Way::Reset),
            Some(GiveUp::Cut(_)) => can_cut.then_some(Way::Cut),
            None if can_cut && self.rng.next_u32().is_multiple_of(2) => Some(Way::Cut),
            None => Some(Way::Reset),
        }
    }

    /// Gives the vector up in the middle of whatever it does and plays it again.
    fn give_up(&mut self, request: Request, way: Way) -> Result<(), Fault> {
        match way {
            Way::Cut => self.bench.cut_short(self.vector),
            Way::Reset => {
                for _ in 0..=self.rng.next_u32() % 3 {
                    let with_request = self.rng.next_u32().is_multiple_of(2);
                    let offered = if with_request { self.ports(request) } else { self.noise() };
                    self.clock_in_reset(B::reset(offered))?;
                }
                self.bench.forget(self.vector);
            }
        }
        (self.next, self.bin) = (0, 0);
        self.held = false;
        self.given_up += 1;
        Ok(())
    }

    fn clock_in_reset(&mut self, mut inputs: InputsOf<'a, B>) -> Result<(), Fault> {
        self.bench.other_ports(&mut inputs, &self.stalls, &mut self.rng);
        let parted = self.lockstep.clock(&inputs).err();
        parted.map_or(Ok(()), |parted| Err(self.parted(parted)))?;
        self.bench.pass(&self.lockstep.twin);
        Ok(())
    }

    fn clock(&mut self, mut inputs: InputsOf<'a, B>, offered: Option<Request>) -> Result<(), Fault> {
        self.bench.other_ports(&mut inputs, &self.stalls, &mut self.rng);
        let row = match self.lockstep.clock(&inputs) {
            Ok(row) => *row,
            Err(parted) => return Err(self.parted(parted)),
        };
        let taken = offered.filter(|_| B::takes(&row));
        let of_vector = taken.zip(self.vectors.get(self.vector).copied());
        match taken {
            Some(Request::Event(Event::Load { .. })) => self.stats.load_clocks += 1,
            _ => self.stats.clocks += 1,
        }
        if let Some(request) = taken {
            self.take(request);
        }
        let clock = Clock { inputs: &inputs, row: &row, twin: &self.lockstep.twin };
        let moved = self.bench.check(clock, of_vector)?;
        let finished = self.vector == self.vectors.len() && self.bench.is_done();
        self.still = if moved || finished { 0 } else { self.still + 1 };
        match self.still < PATIENCE {
            true => Ok(()),
            false => {
                let what = format!("deadlock: nothing has moved for {PATIENCE} clocks");
                Err(Fault { guilty: self.bench.stuck(), what })
            }
        }
    }

    fn take(&mut self, request: Request) {
        self.held = false;
        self.recent.push(self.vector, self.bin, request);
        self.next += 1;
        if request.is_bin() {
            self.bin += 1;
            self.stats.bins += 1;
        }
    }

    /// Core and twin differ: the first register that does says whose fault it is, else an output does.
    fn parted(&self, parted: Parted) -> Fault {
        match parted {
            Parted::Stopped(stopped) => Fault { guilty: Guilty::Taken(0), what: stopped.to_string() },
            Parted::Different => {
                let name = self.lockstep.first_difference().unwrap_or("nothing that has a name");
                let what = format!("the core differs from its twin in {name}");
                Fault { guilty: self.bench.guilty_of(name), what }
            }
        }
    }

    fn mismatch(mut self, fault: Fault) -> Mismatch {
        match (fault.guilty, self.requests.get(self.next)) {
            (Guilty::Offered, Some(&request)) if self.held => {
                self.recent.push(self.vector, self.bin, request)
            }
            (Guilty::Offered, _) => {}
            (Guilty::Taken(behind), _) => self.recent.forget(behind),
        }
        let (vector, bin) = self.recent.last().unwrap_or((self.vector, self.bin));
        let vector = self.vectors.get(vector).map(|vector| vector.id.clone()).unwrap_or_default();
        let what = match self.given_up {
            0 => fault.what,
            1 => format!("{} (the vector had been given up once)", fault.what),
            times => format!("{} (the vector had been given up {times} times)", fault.what),
        };
        let clock = self.lockstep.clocks().saturating_sub(1);
        let (before, waves) = (self.recent.shown(), Waves::new(self.lockstep.into_history()));
        Mismatch { what, clock, vector, bin, before, waves }
    }
}
