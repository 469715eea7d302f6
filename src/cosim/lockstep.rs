//! The observer of our own cores. It gives a twin the same inputs and compares every output and register in every clock, and it checks the
//! standard's registers against the oracle after each request.
//!
//! Both are one observer, because only the twin knows which requests have passed a step of the core by the end of a clock.

use std::collections::VecDeque;

use silicabac_sim::Stopped;

use super::{
    Difference, Mismatch, MismatchKind, Model, Play, Simulated, Stats, Waves,
    player::{self, Blame, Device, Form, Observer, Wrong},
    script::{Asked, State},
};
use crate::cores::{CoreSpec, Direction};
use crate::cycle::{Field, Fields, Inputs, Outputs, Owner, Twin};
use crate::fit::Can;

/// How a core of ours is played in lockstep with its twin.
pub struct Lockstep {
    /// The width of its port `debug`.
    pub(super) debug_width: usize,
    pub(super) play: PlayCore,
    play_twin: PlayTwin,
}

type PlayCore =
    for<'a> fn(&'a Model, &Play<'a>, Progress<'_>) -> Result<(Stats, Simulated<'a>), Box<Mismatch>>;
type PlayTwin = fn(Direction, &Play<'_>, Progress<'_>) -> Result<Stats, Box<Mismatch>>;
type Progress<'a> = &'a mut dyn FnMut(u64);

impl Lockstep {
    /// With a twin of this type.
    pub const fn of<T: Twin>() -> Lockstep {
        Lockstep {
            debug_width: T::Registers::WIDTH,
            play: |model, play, progress| {
                player::play(model.simulate(play.plan.power_on), Follower::<T>::default(), play, progress)
            },
            play_twin: |direction, play, progress| {
                Ok(player::play(TwinAsDevice::<T>::new(direction), Follower::<T>::default(), play, progress)?
                    .0)
            },
        }
    }
}

impl CoreSpec {
    /// Plays vectors to the twin in place of the core, and so compares the twin with the oracle. Tells `progress` how many events are done.
    ///
    /// ```
    /// use silicabac::{cores, cosim::Play, stress};
    /// let vectors = stress::smoke();
    /// let few: Vec<_> = vectors.iter().take(3).collect();
    /// let stats = cores::by_name("encoder").unwrap().play_twin(&Play::flowing(&few), &mut |_| ())?;
    /// assert!(stats.bins > 0);
    /// # Ok::<(), Box<silicabac::cosim::Mismatch>>(())
    /// ```
    ///
    /// # Errors
    /// The first [`Mismatch`].
    pub fn play_twin(&self, play: &Play<'_>, progress: &mut dyn FnMut(u64)) -> Result<Stats, Box<Mismatch>> {
        (self.twin.play_twin)(self.direction, play, progress)
    }
}

/// A twin in place of a core.
pub(super) struct TwinAsDevice<T: Twin> {
    twin: T,
    direction: Direction,
    outputs: Outputs,
    debug: Vec<u32>,
    clocks: u64,
}

impl<T: Twin> TwinAsDevice<T> {
    pub(super) fn new(direction: Direction) -> TwinAsDevice<T> {
        TwinAsDevice {
            twin: T::default(),
            direction,
            outputs: Outputs::default(),
            debug: vec![0; WORDS],
            clocks: 0,
        }
    }
}

impl<T: Twin> Device for TwinAsDevice<T> {
    fn form(&self) -> Form {
        Form {
            direction: self.direction,
            can: Can::ALL,
            lanes: T::LANES,
            run: T::RUN,
            bytes: T::BYTES,
            can_be_blocked: true,
            shows_count: T::LANES.max(T::BYTES) > 1,
            shows_last: true,
            shows_error: true,
            shows_bits: true,
        }
    }

    fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped> {
        let mut shown = T::Registers::default();
        self.twin.clock(inputs, &mut self.outputs, &mut shown);
        self.debug.fill(0);
        shown.pack(&mut self.debug);
        self.clocks += 1;
        Ok(())
    }

    fn outputs(&self, outputs: &mut Outputs) {
        *outputs = self.outputs;
    }

    fn debug(&self) -> &[u32] {
        &self.debug
    }

    fn clocks(&self) -> u64 {
        self.clocks
    }

    fn waves<O: Observer>(&mut self, _: &mut O, _: &Inputs, _: bool) -> Waves {
        Waves::default()
    }
}

/// A twin that follows a core.
struct Follower<T: Twin> {
    twin: T,
    /// What the twin showed in the last clock.
    outputs: Outputs,
    registers: T::Registers,
    /// The number of requests that had passed each step before this clock, since the twin was made.
    passed: Vec<u64>,
    /// The number of those that are not part of the script.
    before: u64,
    /// The expected registers after each request that has not yet passed the last step with visible registers.
    expected: VecDeque<State>,
    /// The number of requests of the script before those.
    first: u64,
}

/// More words than the packed registers of any core.
const WORDS: usize = 64;

impl<T: Twin> Default for Follower<T> {
    fn default() -> Follower<T> {
        Follower {
            twin: T::default(),
            outputs: Outputs::default(),
            registers: T::Registers::default(),
            passed: vec![0; T::STEPS.len()],
            before: 0,
            expected: VecDeque::new(),
            first: 0,
        }
    }
}

impl<T: Twin> Follower<T> {
    /// The newest request of the script that had passed a step before this clock, as far as it was checked.
    fn newest(&self, step: usize) -> Blame {
        match self.passed[step].checked_sub(self.before + 1) {
            Some(request) => Blame::Request(request),
            None => Blame::Offered,
        }
    }

    /// After the newest request that has passed a step, compares the standard's registers with the oracle's.
    #[inline]
    fn check(&mut self, step: usize) -> Result<(), Wrong> {
        let Some(request) = self.passed[step].checked_sub(self.before + 1 + self.first) else {
            return Ok(());
        };
        let request = usize::try_from(request).unwrap_or(usize::MAX);
        let Some(expected) = self.expected.get(request) else {
            let what = format!("the {} step does a request that was never taken", T::STEPS[step]);
            return Err(Wrong {
                blame: self.newest(step),
                difference: Difference::new(MismatchKind::Unasked, what),
            });
        };
        let mut wrong = None;
        self.twin.shows(step, &self.registers, |quantity, found| {
            let expected = expected.get(quantity).unwrap_or(found);
            if expected != found && wrong.is_none() {
                wrong = Some((quantity, expected, found));
            }
        });
        if let Some((quantity, expected, found)) = wrong {
            let (expected, found) = (quantity.show(expected), quantity.show(found));
            let difference = Difference::value(MismatchKind::Register, quantity.name(), expected, found);
            return Err(Wrong { blame: self.newest(step), difference });
        }
        if step == T::LAST_SHOWN {
            self.expected.drain(..=request);
            self.first += request as u64 + 1;
        }
        Ok(())
    }

    /// Core and twin differ: reports the first register that differs, with its request, or else the first output.
    #[cold]
    fn difference(&self, outputs: &Outputs, debug: &[u32]) -> Wrong {
        let registers = T::Registers::unpack(debug);
        let first = first_difference(&self.registers, &registers)
            .or_else(|| first_difference(&self.outputs, outputs));
        let Some((field, lane, twin, core)) = first else {
            let difference = Difference::new(
                MismatchKind::Twin,
                "the core differs from its twin in bits that have no name",
            );
            return Wrong { blame: Blame::Offered, difference };
        };
        let difference = Difference::value(MismatchKind::Twin, field.name, twin, core);
        let difference = Difference { lane: (field.lanes > 1).then_some(lane), ..difference };
        match T::owner(field.name) {
            Some(Owner::Offered) => Wrong { blame: Blame::Offered, difference },
            Some(Owner::Step(step)) => Wrong { blame: self.newest(step), difference },
            None => {
                let field = format!("{}, which its twin says belongs to no step", field.name);
                Wrong { blame: Blame::Offered, difference: Difference { field, ..difference } }
            }
        }
    }
}

impl<T: Twin> Observer for Follower<T> {
    const FILLS_CONTEXTS: bool = true;

    fn follow(&mut self, inputs: &Inputs) {
        self.twin.clock(inputs, &mut self.outputs, &mut self.registers);
        (0..T::STEPS.len()).for_each(|step| self.passed[step] = self.twin.passed(step));
    }

    #[inline]
    fn take(&mut self, asked: &Asked) {
        self.expected.push_back(asked.state);
    }

    fn drop_all(&mut self, taken: u64) {
        self.expected.clear();
        self.first = taken;
        // A core may take requests during a reset.
        self.before = self.passed[0] - taken;
    }

    #[inline]
    fn clock(&mut self, inputs: &Inputs, outputs: &Outputs, debug: &[u32]) -> Result<(), Wrong> {
        self.twin.clock(inputs, &mut self.outputs, &mut self.registers);
        let mut words = [0; WORDS];
        self.registers.pack(&mut words);
        let width = T::Registers::WIDTH.div_ceil(32);
        if words[..width] != debug[..width] || self.outputs != *outputs {
            return Err(self.difference(outputs, debug));
        }
        for step in 0..T::STEPS.len() {
            let after = self.twin.passed(step);
            if after > self.passed[step] {
                self.passed[step] = after;
                if inputs.rst == 0 {
                    self.check(step)?;
                }
            }
        }
        Ok(())
    }

    fn shown(&self) -> Option<(Outputs, Vec<u32>)> {
        let mut words = vec![0; WORDS];
        self.registers.pack(&mut words);
        Some((self.outputs, words))
    }

    fn registers() -> &'static [Field] {
        T::Registers::FIELDS
    }
}

/// The first field in which two structs differ, with its lane and both values.
fn first_difference<F: Fields>(a: &F, b: &F) -> Option<(Field, usize, u32, u32)> {
    let mut values = Vec::new();
    a.visit(usize::MAX, |i, lane, value| values.push((i, lane, value)));
    let mut values = values.into_iter();
    let mut first = None;
    b.visit(usize::MAX, |_, _, value| {
        let (i, lane, other) = values.next().unwrap_or_default();
        first = first.or((other != value).then_some((F::FIELDS[i], lane, other, value)));
    });
    first
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::cores::{decoder::Decoder, encoder::Encoder};
    use crate::cycle::Quantity;
    use crate::stress;
    use crate::vectors::Vector;

    /// A twin that is wrong about one thing from some clock on: the quantity with number `LIE`, or, for numbers beyond, its outputs.
    #[derive(Default)]
    struct Lying<T, const LIE: usize> {
        twin: T,
        clocks: u32,
    }

    const QUANTITIES: [Quantity; 7] = [
        Quantity::CodIRange,
        Quantity::CodILow,
        Quantity::BitsOutstanding,
        Quantity::FirstBitFlag,
        Quantity::CodIOffset,
        Quantity::Update,
        Quantity::Replaced,
    ];
    const OUTPUT: usize = 7;
    const STEP: usize = 8;

    impl<T: Twin, const LIE: usize> Lying<T, LIE> {
        fn lies(&self) -> bool {
            self.clocks > 1_200
        }
    }

    impl<T: Twin, const LIE: usize> Twin for Lying<T, LIE> {
        type Registers = T::Registers;

        const STEPS: &'static [&'static str] = T::STEPS;
        const LAST_SHOWN: usize = T::LAST_SHOWN;

        fn clock(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut T::Registers) {
            self.twin.clock(inputs, outputs, shown);
            self.clocks += 1;
            outputs.req_ready ^= u32::from(LIE == OUTPUT && self.lies());
        }

        fn passed(&self, step: usize) -> u64 {
            self.twin.passed(step) + u64::from(LIE == STEP && self.lies())
        }

        fn owner(name: &str) -> Option<Owner> {
            T::owner(name)
        }

        fn shows(&self, step: usize, shown: &T::Registers, mut see: impl FnMut(Quantity, u32)) {
            self.twin.shows(step, shown, |quantity, value| {
                let lies = self.lies() && QUANTITIES.get(LIE) == Some(&quantity);
                see(quantity, value ^ u32::from(lies));
            });
        }
    }

    fn follow<T: Twin, F: Twin>(direction: Direction) -> Result<Stats, Difference> {
        static SMOKE: LazyLock<Vec<Vector>> = LazyLock::new(stress::smoke);
        let few = SMOKE.iter().filter(|vector| !vector.decode_only).step_by(3);
        let vectors: Vec<&Vector> = few.collect();
        let play = Play::flowing(&vectors);
        let played =
            player::play(TwinAsDevice::<T>::new(direction), Follower::<F>::default(), &play, &mut |_| ());
        played.map(|(stats, _)| stats).map_err(|mismatch| mismatch.difference)
    }

    #[track_caller]
    fn is_found(played: Result<Stats, Difference>, cause: MismatchKind, field: &str) {
        let difference = played.expect_err(field);
        assert!(difference.cause == cause && difference.field.contains(field), "{difference:?}");
    }

    #[test]
    fn a_right_twin_passes() {
        assert!(follow::<Encoder, Lying<Encoder, 99>>(Direction::Encoder).is_ok());
        assert!(follow::<Decoder, Lying<Decoder, 99>>(Direction::Decoder).is_ok());
    }

    #[test]
    fn every_register_of_the_standard_is_compared() {
        use Direction::{Decoder as Read, Encoder as Write};
        let register =
            |played, quantity: usize| is_found(played, MismatchKind::Register, QUANTITIES[quantity].name());
        register(follow::<Encoder, Lying<Encoder, 0>>(Write), 0);
        register(follow::<Encoder, Lying<Encoder, 1>>(Write), 1);
        register(follow::<Encoder, Lying<Encoder, 2>>(Write), 2);
        register(follow::<Encoder, Lying<Encoder, 3>>(Write), 3);
        register(follow::<Encoder, Lying<Encoder, 5>>(Write), 5);
        register(follow::<Encoder, Lying<Encoder, 6>>(Write), 6);
        register(follow::<Decoder, Lying<Decoder, 0>>(Read), 0);
        register(follow::<Decoder, Lying<Decoder, 4>>(Read), 4);
        register(follow::<Decoder, Lying<Decoder, 5>>(Read), 5);
    }

    #[test]
    fn outputs_are_compared_and_steps_do_what_was_taken() {
        is_found(
            follow::<Encoder, Lying<Encoder, OUTPUT>>(Direction::Encoder),
            MismatchKind::Twin,
            "req_ready",
        );
        is_found(
            follow::<Decoder, Lying<Decoder, OUTPUT>>(Direction::Decoder),
            MismatchKind::Twin,
            "req_ready",
        );
        let unasked = follow::<Encoder, Lying<Encoder, STEP>>(Direction::Encoder);
        is_found(unasked, MismatchKind::Unasked, "the fetch step does a request that was never taken");
    }
}
