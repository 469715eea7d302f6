//! Plays vectors to a core: decides when each request is offered, which ports wait and which vectors are given up, and checks what the core
//! gives.
//!
//! There is one player for all cores. It knows only the ports that all of them have, and compares transactions, the bytes of an encoder and
//! the answers of a decoder. An [`Observer`] sees every clock and may know more.

mod check;
mod device;
mod offer;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{
    Difference, Mismatch, MismatchKind, Plan, Port, Stalls, Stats,
    feed::Feed,
    script::{Script, Transaction},
    waits::{OpenWays, Waits, Way},
};
use crate::bin::Event;
use crate::context::{ContextModel, CtxIdx};
use crate::cores::Direction;
use crate::cycle::{Inputs, Outputs, Request};
use crate::vectors::Vector;
pub(super) use check::rsp_bits;
pub(super) use device::{Blame, Device, Form, Observer, Wrong};
pub(super) use offer::{codec_number, slice_type_number};

/// The vectors to be played, and how.
#[derive(Clone, Debug)]
pub struct Play<'a> {
    /// The vectors, played back to back.
    pub vectors: &'a [&'a Vector],
    /// Where the core is made to wait and where vectors are given up.
    pub plan: Plan,
    /// Random stalls in addition to the plan.
    pub stalls: Stalls,
    /// The seed of the random choices.
    pub seed: u64,
    /// After this many clocks in which nothing moves, although nothing makes the core wait, it is a deadlock.
    pub patience: u32,
    /// Whether a mismatch comes with all waits up to it.
    pub records: bool,
}

impl<'a> Play<'a> {
    /// These vectors without waits.
    pub fn flowing(vectors: &'a [&'a Vector]) -> Play<'a> {
        Play {
            vectors,
            plan: Plan::default(),
            stalls: Stalls::NONE,
            seed: 0,
            patience: PATIENCE,
            records: false,
        }
    }
}

/// The patience with our own cores, in clocks.
pub(super) const PATIENCE: u32 = 2_000;

/// Plays vectors to a core and reports to `progress` how many events are done. Returns the counts, and the core in its last state.
///
/// # Errors
/// The first [`Mismatch`].
pub(super) fn play<'a, D: Device, O: Observer>(
    device: D,
    observer: O,
    play: &Play<'a>,
    progress: &mut dyn FnMut(u64),
) -> Result<(Stats, D), Box<Mismatch>> {
    let Play { vectors, ref plan, stalls, seed, patience, records } = *play;
    let form = device.form();
    let mut player = Player {
        device,
        form,
        observer,
        script: Script::new(form.direction, vectors, &form.can),
        feed: Feed::new(if form.direction == Direction::Decoder { vectors } else { &[] }),
        noise: ChaCha8Rng::seed_from_u64(plan.noise),
        waits: Waits::new(plan.clone(), stalls, seed, records),
        vectors,
        inputs: Inputs::default(),
        outputs: Outputs::default(),
        patience,
        stats: Stats::default(),
        held: Transaction::default(),
        offered: 0,
        vector: 0,
        given_up: 0,
        idle_clocks: 0,
        bytes_given: 0,
    };
    match player.run(progress) {
        Ok(()) => Ok((player.stats, player.device)),
        Err(wrong) => Err(Box::new(player.mismatch(wrong))),
    }
}

struct Player<'a, D, O> {
    device: D,
    form: Form,
    observer: O,
    script: Script<'a>,
    feed: Feed<'a>,
    waits: Waits,
    /// Random values for ports that mean nothing.
    noise: ChaCha8Rng,
    vectors: &'a [&'a Vector],
    inputs: Inputs,
    outputs: Outputs,
    patience: u32,
    stats: Stats,
    /// The requests that are on the ports and have to stay there.
    held: Transaction,
    /// How many bytes or answers the core offered in the last clock that were not taken: they have to stay.
    offered: usize,
    /// The number of the vector that is played, and how often it has been given up.
    vector: usize,
    given_up: u32,
    /// Clocks since the last transfer, without those in which something made the core wait.
    idle_clocks: u32,
    /// The number of bytes that an encoder has given of its vector.
    bytes_given: usize,
}

/// The clocks of the first reset. At the end of a play there are four times as many idle clocks.
const FEW: u32 = 8;

impl<D: Device, O: Observer> Player<'_, D, O> {
    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), Wrong> {
        self.switch_on()?;
        let mut reported = 0;
        while !self.is_done() {
            self.clock()?;
            while reported < self.vector {
                progress(self.vectors[reported].events.len() as u64);
                reported += 1;
            }
        }
        self.vectors[reported..].iter().for_each(|vector| progress(vector.events.len() as u64));
        let stats = Stats { transfers: self.waits.transfers(), ..self.stats };
        (0..4 * FEW).try_for_each(|_| self.clock())?;
        self.stats = stats;
        Ok(())
    }

    fn is_done(&mut self) -> bool {
        !self.script.has_next() && self.script.bytes.is_empty() && self.script.answers.is_empty()
    }

    /// Resets the core. If the observer must know the contents of the context memory, fills it and resets the core again. Nothing is
    /// compared before that is done.
    fn switch_on(&mut self) -> Result<(), Wrong> {
        self.reset_unseen(FEW)?;
        if O::FILLS_CONTEXTS {
            for ctx in (0..).map_while(CtxIdx::new) {
                let load = Request::Event(Event::Load { ctx, model: ContextModel::default() });
                let inputs = Inputs { out_ready: 1, rsp_ready: 1, ..Inputs::request(load) };
                for _ in 0..self.patience {
                    self.step_unseen(inputs)?;
                    if self.outputs.req_ready == 1 {
                        break;
                    }
                }
            }
            (0..FEW).try_for_each(|_| {
                self.step_unseen(Inputs { out_ready: 1, rsp_ready: 1, ..Inputs::default() })
            })?;
            self.reset_unseen(1)?;
        }
        self.observer.drop_all(0);
        Ok(())
    }

    fn reset_unseen(&mut self, clocks: u32) -> Result<(), Wrong> {
        (0..clocks).try_for_each(|_| {
            self.make_noise();
            self.step_unseen(Inputs { rst: 1, ..self.inputs })
        })
    }

    fn step_unseen(&mut self, inputs: Inputs) -> Result<(), Wrong> {
        self.inputs = inputs;
        self.step()?;
        self.observer.follow(&self.inputs);
        Ok(())
    }

    /// One clock of the core with the current inputs.
    #[inline]
    fn step(&mut self) -> Result<(), Wrong> {
        let stopped = self.device.clock(&self.inputs);
        stopped.map_err(|stopped| {
            let newest = self.script.taken().checked_sub(1).map_or(Blame::Offered, Blame::Request);
            Wrong { blame: newest, difference: Difference::new(MismatchKind::Stopped, stopped.to_string()) }
        })?;
        self.device.outputs(&mut self.outputs);
        Ok(())
    }

    /// One clock: offers requests and bytes, checks what the core gives, and notes whether anything moves.
    #[inline]
    fn clock(&mut self) -> Result<(), Wrong> {
        let mood = self.script.mood();
        self.waits.begin(mood.phase);
        if self.script.has_next() {
            match self.gives_up(mood.is_delicate()) {
                Some(Way::Reset(clocks)) => return self.reset(clocks),
                Some(Way::Cut) => self.cut(),
                None => {}
            }
        }
        self.inputs.rst = 0;
        self.offer_requests();
        match self.form.direction {
            Direction::Encoder => self.inputs.out_ready = self.is_ready(Port::Bytes).into(),
            Direction::Decoder => {
                self.offer_byte();
                self.inputs.rsp_ready = self.is_ready(Port::Answers).into();
            }
        }
        self.inputs.save_ctx_idx = self.noise.next_u32() & 1023;
        self.step()?;
        let taken = self.requests_are_taken();
        self.observer.clock(&self.inputs, &self.outputs, self.device.debug())?;
        let came = match self.form.direction {
            Direction::Encoder => self.take_bytes()?,
            Direction::Decoder => self.give_byte()? | self.take_answers()?,
        };
        self.waits.end();
        if taken || came {
            self.idle_clocks = 0;
        } else if !self.waits.waited() {
            self.idle_clocks += 1;
            if self.idle_clocks >= self.patience && !self.is_done() {
                return Err(self.deadlock());
            }
        }
        Ok(())
    }

    /// How the vector is given up in this clock, if it is.
    #[inline]
    fn gives_up(&mut self, is_delicate: bool) -> Option<Way> {
        if !self.waits.may_give_up() {
            return None;
        }
        let ways = OpenWays {
            reset: self.form.can.reset,
            cut: self.form.direction == Direction::Decoder && self.form.can.early_slice && self.can_cut(),
        };
        self.waits.gives_up(self.given_up, is_delicate, ways)
    }

    /// Whether the player takes what the core gives. It always does if the core has no ready port. Otherwise it may wait, and under some
    /// plans it is ready only once the output is valid: then a core whose valid waits for ready never gives anything.
    #[inline]
    fn is_ready(&mut self, port: Port) -> bool {
        if !self.form.can_be_blocked {
            return true;
        }
        let sees = self.offered > 0 || !self.waits.looks_first();
        sees && !self.waits.waits(port)
    }

    /// Whether the current slice can end early. Requests on the ports cannot be taken back, and a core that owes answers would be asked for
    /// bins that no longer exist.
    fn can_cut(&mut self) -> bool {
        let vector = self.script.vector();
        self.held.requests == 0
            && self.script.has_begun()
            && !self.script.answers.iter().any(|answer| answer.request < self.script.taken())
            && self.feed.can_cut_short(vector)
    }

    /// Ends the current slice as early as possible.
    fn cut(&mut self) {
        let vector = self.script.vector();
        let next = self.after_giving_up(vector);
        self.feed.cut_short(vector, next);
        self.script.restart(next);
    }

    /// The vector that is played after one is given up: the same again, or the next.
    fn after_giving_up(&mut self, vector: usize) -> usize {
        self.begin_vector(vector);
        self.given_up += 1;
        vector + usize::from(self.waits.moves_on())
    }

    /// Notes which vector is played.
    #[inline]
    fn begin_vector(&mut self, vector: usize) {
        if self.vector != vector {
            (self.vector, self.given_up) = (vector, 0);
        }
    }

    /// Resets the core, whatever its state, and gives up the vector.
    fn reset(&mut self, clocks: u32) -> Result<(), Wrong> {
        for _ in 0..clocks.max(1) {
            // A request on the ports may stay there.
            if self.noise.next_u32().is_multiple_of(2) {
                self.make_noise();
                self.inputs.req_valid = self.noise.next_u32() & 1;
            }
            self.inputs.rst = 1;
            self.inputs.save_ctx_idx = self.noise.next_u32() & 1023;
            self.step()?;
            self.observer.clock(&self.inputs, &self.outputs, self.device.debug())?;
            self.waits.end();
        }
        let vector = self.script.vector();
        let next = self.after_giving_up(vector);
        self.script.give_up(next);
        self.feed.restart(next);
        self.observer.drop_all(self.script.taken());
        (self.held, self.bytes_given, self.offered) = (Transaction::default(), 0, 0);
        Ok(())
    }

    fn mismatch(mut self, Wrong { blame, difference }: Wrong) -> Mismatch {
        let request = match blame {
            Blame::Offered if self.held.requests > 0 => self.script.taken(),
            Blame::Offered => self.script.taken().saturating_sub(u64::from(!self.script.has_next())),
            Blame::Request(request) => request,
        };
        let scene = self.script.at(request).map(|at| self.script.scene(at)).unwrap_or_default();
        let clock = self.device.clocks().saturating_sub(1);
        let observed = difference.cause != MismatchKind::Stopped;
        let waves = self.device.waves(&mut self.observer, &self.inputs, observed);
        Mismatch {
            difference,
            clock,
            vector: scene.vector,
            bin: scene.bin,
            given_up: self.given_up,
            before: scene.requests.into(),
            waves,
            plan: self.waits.into_recorded(),
        }
    }
}
