//! The decoder core under test: a player that feeds it slice data and asks it for the events of vectors, under
//! random stalls, beside its twin and the oracle.

mod feed;
mod oracle;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use self::{feed::Feed, oracle::Oracle};
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
    decoder::{Decoder, Inputs, Outputs, Registers},
};
use crate::vectors::Vector;

impl Judged for Decoder {
    const KIND: CoreKind = CoreKind::Decoder;

    fn plays(_: &Vector) -> bool {
        true
    }

    fn give_ups(clock: u64) -> Vec<GiveUp> {
        vec![GiveUp::Reset(clock), GiveUp::Cut(clock)]
    }

    fn switch_on<R>(lockstep: &mut Lockstep<Self, R>) -> Result<(), Stopped>
    where
        R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
    {
        let reset = Inputs { rst: 1, ..Inputs::default() };
        let load = |ctx| Request::Event(Event::Load { ctx, model: ContextModel::default() });
        let loads =
            (0..).map_while(CtxIdx::new).map(|ctx| Inputs { rsp_ready: 1, ..Inputs::request(load(ctx)) });
        let end = [Inputs::default(), reset];
        [reset].into_iter().chain(loads).chain(end).try_for_each(|inputs| lockstep.clock_unseen(&inputs))
    }

    /// The oracle is asked for every answer: the bin or byte, the error, how much has been read; for codIRange
    /// and codIOffset after every request; and for every update of a context variable.
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
            Ok(()) => Ok(player.stats),
            Err(fault) => Err(Box::new(player.mismatch(fault))),
        }
    }
}

/// What is wrong, and with which request.
struct Fault {
    guilty: Guilty,
    what: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Guilty {
    /// The one on the ports.
    Offered,
    /// The last one that was taken before it.
    Taken,
}

impl Fault {
    fn taken(what: String) -> Fault {
        Fault { guilty: Guilty::Taken, what }
    }
}

/// How a vector is given up.
enum Way {
    /// By a reset.
    Reset,
    /// The slice ends early; another one follows.
    Cut,
}

struct Player<'a, R> {
    lockstep: Lockstep<Decoder, R>,
    vectors: &'a [&'a Vector],
    stalls: Stalls,
    rng: ChaCha8Rng,
    feed: Feed<'a>,
    oracle: Oracle<'a>,
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

impl<'a, R> Player<'a, R>
where
    R: Core<Inputs = Inputs, Outputs = Outputs, Registers = Registers>,
{
    fn new(rtl: R, vectors: &'a [&'a Vector], stalls: Stalls, seed: u64) -> Self {
        Player {
            lockstep: Lockstep::new(Decoder::new(), rtl),
            vectors,
            stalls,
            rng: ChaCha8Rng::seed_from_u64(seed),
            feed: Feed::new(vectors),
            oracle: Oracle::new(),
            stats: Stats::default(),
            vector: 0,
            requests: Vec::new(),
            next: 0,
            bin: 0,
            held: false,
            given_up: 0,
            recent: Recent::default(),
            still: 0,
        }
    }

    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), Fault> {
        Decoder::switch_on(&mut self.lockstep).map_err(|stopped| Fault::taken(stopped.to_string()))?;
        while let Some(vector) = self.vectors.get(self.vector) {
            self.requests = Request::of_slice(&vector.events).collect();
            while let Some(&request) = self.requests.get(self.next) {
                self.offer(request)?;
            }
            progress(vector.events.len() as u64);
            (self.vector, self.next, self.bin) = (self.vector + 1, 0, 0);
            self.given_up = 0;
        }
        while self.oracle.waits() {
            self.rest()?;
        }
        (0..4).try_for_each(|_| self.rest())
    }

    /// A clock in which the request is offered, or not yet.
    fn offer(&mut self, request: Request) -> Result<(), Fault> {
        let (clock, delicate) = (self.lockstep.clocks(), is_delicate(self.lockstep.twin.registers()));
        if self.stalls.gives_up(&mut self.rng, clock, self.given_up, delicate)
            && let Some(way) = self.way_to_give_up()
        {
            return self.give_up(request, way);
        }
        self.held = self.held || !self.stalls.stalls_input(&mut self.rng);
        if self.held { self.clock(self.request(request), Some(request)) } else { self.rest() }
    }

    /// A clock without a request: what else is on its ports means nothing.
    fn rest(&mut self) -> Result<(), Fault> {
        let noise = Inputs { rst: 0, req_valid: 0, ..self.noise() };
        self.clock(noise, None)
    }

    /// How to give up in this clock, if that can be.
    fn way_to_give_up(&mut self) -> Option<Way> {
        let can_cut = self.next > 0 && !self.held && self.feed.can_cut_short(self.vector);
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
            Way::Cut => self.feed.cut_short(self.vector),
            Way::Reset => {
                for _ in 0..=self.rng.next_u32() % 3 {
                    let with_request = self.rng.next_u32().is_multiple_of(2);
                    let offered = if with_request { self.request(request) } else { self.noise() };
                    self.clock(Inputs { rst: 1, ..offered }, None)?;
                }
                self.feed.restart(self.vector);
                self.oracle.answered();
            }
        }
        (self.next, self.bin) = (0, 0);
        self.held = false;
        self.given_up += 1;
        Ok(())
    }

    /// The ports with a request on them; those that it does not use hold anything.
    fn request(&self, request: Request) -> Inputs {
        // The same in every clock in which it waits, as the protocol has it.
        let noise = (self.next as u32).wrapping_mul(0x9e37_79b9);
        let used = Inputs::request(request);
        let (req_ctx_idx, req_model) = (noise & 1023, noise >> 10 & 127);
        match request {
            Request::Event(Event::Load { .. }) => used,
            Request::Event(Event::Context { .. }) => Inputs { req_model, ..used },
            _ => Inputs { req_ctx_idx, req_model, ..used },
        }
    }

    /// Anything on all ports.
    fn noise(&mut self) -> Inputs {
        Inputs::build(|i| self.rng.next_u32() & ((1 << Inputs::FIELDS[i].width) - 1))
    }

    fn clock(&mut self, mut inputs: Inputs, offered: Option<Request>) -> Result<(), Fault> {
        self.feed_byte(&mut inputs);
        inputs.rsp_ready = u32::from(!self.stalls.stalls_answers(&mut self.rng));
        inputs.save_ctx_idx = self.rng.next_u32() % CONTEXTS as u32;
        let row = match self.lockstep.clock(&inputs) {
            Ok(row) => *row,
            Err(parted) => return Err(self.parted(parted, offered)),
        };
        if inputs.rst == 1 {
            return Ok(());
        }
        if row.outputs.rsp_valid == 1 {
            self.oracle.check_answer(&row.outputs).map_err(Fault::taken)?;
        }
        let answered = row.outputs.rsp_valid == 1 && inputs.rsp_ready == 1;
        if answered {
            self.oracle.answered();
        }
        let fed = inputs.in_valid == 1 && row.outputs.in_ready == 1;
        if fed {
            self.feed.take().map_err(Fault::taken)?;
        }
        let taken = offered.filter(|_| row.outputs.req_ready == 1);
        if let Some(request) = taken {
            if self.oracle.waits() {
                return Err(Fault::taken(
                    "its answer is lost: the next request is taken before it is".into(),
                ));
            }
            self.take(request);
            self.oracle.check_registers(self.lockstep.twin.registers()).map_err(Fault::taken)?;
        }
        match taken {
            Some(Request::Event(Event::Load { .. })) => self.stats.load_clocks += 1,
            _ => self.stats.clocks += 1,
        }
        let finished = self.vector == self.vectors.len() && !self.oracle.waits();
        let moved = taken.is_some() || answered || fed || finished;
        self.still = if moved { 0 } else { self.still + 1 };
        match self.still < PATIENCE {
            true => Ok(()),
            false => Err(Fault {
                guilty: Guilty::Offered,
                what: format!("deadlock: nothing has moved for {PATIENCE} clocks"),
            }),
        }
    }

    /// The next byte on the ports, or nothing: then what is there means nothing.
    fn feed_byte(&mut self, inputs: &mut Inputs) {
        let noise = self.rng.next_u32();
        (inputs.in_valid, inputs.in_data, inputs.in_last) = (0, noise & 255, noise >> 8 & 1);
        let Some((byte, last)) = self.feed.next() else { return };
        self.feed.held = self.feed.held || !self.stalls.stalls_input(&mut self.rng);
        if self.feed.held {
            (inputs.in_valid, inputs.in_data, inputs.in_last) = (1, byte.into(), last.into());
        }
    }

    fn take(&mut self, request: Request) {
        self.held = false;
        if request == Request::Slice {
            self.feed.begin_slice();
        }
        let bytes = self.vectors.get(self.vector).map_or(&[][..], |vector| &vector.bytes);
        self.oracle.take(request, bytes);
        self.recent.push(self.vector, self.bin, request);
        self.next += 1;
        if request.is_bin() {
            self.bin += 1;
            self.stats.bins += 1;
        }
    }

    /// Core and twin differ, in a register or else in an output.
    fn parted(&self, parted: Parted, offered: Option<Request>) -> Fault {
        match parted {
            Parted::Stopped(stopped) => Fault::taken(stopped.to_string()),
            Parted::Different => {
                let name = self.lockstep.first_difference().unwrap_or("nothing that has a name");
                let guilty = match name {
                    "read_model" | "req_ready" if offered.is_some() => Guilty::Offered,
                    _ => Guilty::Taken,
                };
                Fault { guilty, what: format!("the core differs from its twin in {name}") }
            }
        }
    }

    fn mismatch(mut self, fault: Fault) -> Mismatch {
        if let (Guilty::Offered, Some(&request)) = (fault.guilty, self.requests.get(self.next)) {
            self.recent.push(self.vector, self.bin, request);
        }
        let (vector, bin) = self.recent.last().unwrap_or((self.vector, self.bin));
        let vector = self.vectors.get(vector).map(|vector| vector.id.clone()).unwrap_or_default();
        let what = match self.given_up {
            0 => fault.what,
            times => format!("{} (the vector had been given up {times} times)", fault.what),
        };
        let clock = self.lockstep.clocks().saturating_sub(1);
        let (before, waves) = (self.recent.shown(), Waves::new(self.lockstep.into_history()));
        Mismatch { what, clock, vector, bin, before, waves }
    }
}

/// A reset has something to clear that it seldom meets: an error, a full buffer, an answer, the end.
fn is_delicate(r: &Registers) -> bool {
    r.response_error != 0 || r.ahead_len > 24 || r.ended == 1 || r.cod_i_offset >= 256
}
