//! All ways in which vectors are played, the simplest first.
//!
//! All vectors are played back to back, under each kind of stalls; large ones only where nothing waits. Then the last vector is played before
//! the first, which needs no flag. Then each vector that has a flag for it is played in ways that leave nothing to chance: given up in each
//! clock, made to wait at each transfer, played thousands of times. Vectors of more than `SHORT` clocks are given up in some clocks only, and
//! at a port of more than `EACH` transfers only some are made to wait.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{GiveUp, Mismatch, Model, Plan, Play, Port, Rules, Stalls, Stats, Throughput, Wait, Way, When};
use crate::cores::Direction;
use crate::vectors::{Flag, Vector};

/// The name of the way in which a vector is given up in each of its clocks.
const GIVEN_UP: &str = "given up";
/// The name of the way in which a vector is given up where it begins, and one with another header follows.
const BROKEN_OFF: &str = "broken off";
/// The name of the way in which a vector is given up thousands of times in a row.
const GIVEN_UP_OFTEN: &str = "given up often";
/// The name of the ways in which a core is made to wait at transfers of a vector.
const WAITING: &str = "waiting";
/// The name of the ways in which vectors are played without a reset, some of them again and again.
const REPEATED: &str = "repeated";

/// For how many clocks a port waits: longer than counters of six, eight, ten, twelve and sixteen bits count. Only some transfers have
/// the longest wait, and only at a port of at most `FEW` transfers. A large vector has waits of `LARGE_WAIT` alone.
pub(super) const WAITS: [u64; 5] = [64, 300, 1_100, 5_000, LONG_WAIT];
pub(super) const LONG_WAIT: u64 = 70_000;
pub(super) const FEW: u64 = 64;
pub(super) const LARGE_WAIT: u64 = 1_100;

/// At a port of more transfers than `EACH`, only some wait: the last `LAST_TRANSFERS`, and each whose number is a power of two.
pub(super) const EACH: u64 = 310;
pub(super) const LAST_TRANSFERS: u64 = 8;

/// Where a port waits before all of its transfers, each wait is `LONGER` clocks longer than the one before. If it would be longer than
/// `LONGEST` clocks, `LONGEST` is subtracted: after 1,100 clocks come 7, so that the next round has other waits than the first.
pub(super) const LONGER: u64 = 7;
pub(super) const LONGEST: u64 = 1_100;

/// A core may fall asleep after 2,048 or 4,096 clocks without work, and lose what comes in that very clock. So each `EVERY`th of these
/// waits is close to one of the two numbers: from `LESS` clocks less to 29 more, since a core begins to count when its work is done.
pub(super) const SLEEPS: [u64; 2] = [2_048, 4_096];
pub(super) const EVERY: u64 = 16;
pub(super) const ABOUT: u64 = 32;
pub(super) const LESS: u64 = 2;

/// For how many clocks the output waits before one byte, so that a core stores all that it can.
pub(super) const FILLS: [u64; 2] = [12, 60];
/// For how many clocks the output waits before each byte, in one more play.
pub(super) const FILLED: u64 = 300;

/// Each clock in which a vector is given up takes a play of its own, so a long vector is given up in some of its clocks only: in
/// each of the `LAST`, in every seventh of the last `NEAR`, and before these at each power of two. A large vector is given up only at
/// the last powers of two, and in every seventh of the `LAST` clocks.
pub(super) const LAST: u64 = 40;
pub(super) const NEAR: u64 = 300;
/// The number of requests that begin a slice: SLICE and START.
pub(super) const BEGUN: u64 = 2;
/// A vector of at most this many clocks is short.
pub(super) const SHORT: u64 = 1_000;

/// Uneven stalls without giving up, for plays whose plan says when to give up.
pub(super) const UNEVEN_ALONE: Stalls = Stalls { give_ups: 0, ..Stalls::UNEVEN };

/// How many slices are played without a reset, or given up in a row: more than counters of twelve and sixteen bits count.
pub(super) const MANY: usize = 5_200;
pub(super) const VERY_MANY: usize = 70_100;

/// About how many clocks it takes to play vectors in all ways: enough to know what is quick.
pub(crate) fn clocks(vectors: &[&Vector]) -> u64 {
    vectors.iter().map(clocks_of).sum()
}

fn clocks_of(vector: &&Vector) -> u64 {
    let (requests, bytes) = (vector.events.len() as u64, vector.bytes.len() as u64);
    let size = requests + bytes;
    let some = |all: u64, most: u64, few: u64| if all <= most { all } else { few };
    let given_up = if is_large(vector) { 12 } else { some(size, SHORT, LAST + NEAR / 7 + 12) };
    let waited = |all: u64| if is_large(vector) { 6 } else { some(all, EACH, LAST_TRANSFERS + 12) };
    let of_flag = |flag| match flag {
        Flag::GiveUp => given_up * 4 * size,
        Flag::BrokenOff => given_up * 2 * size,
        Flag::ManyGiveUps => MANY as u64 * size,
        Flag::Wait => waited(requests + bytes) * (WAITS[..4].iter().sum::<u64>() + 8 * size),
        Flag::EachWait => size * 2 * LONGEST,
        Flag::FullPacker => waited(bytes) * (FILLS.iter().sum::<u64>() + 4 * size) + bytes * FILLED,
        Flag::ManySlices => MANY as u64 * size,
        Flag::VeryManySlices => VERY_MANY as u64 * size,
        _ => 0,
    };
    let under_stalls = if is_large(vector) { size } else { 10 * size };
    under_stalls + vector.flags.iter().map(|flag| of_flag(*flag)).sum::<u64>()
}

/// Plays vectors to a core in all ways until a play fails, and calls `done` after each play that does not. The error is the mismatch
/// with the name of the way; if `records`, the mismatch has all waits up to it.
pub(crate) fn play_all(
    model: &Model,
    vectors: &[&Vector],
    seed: u64,
    records: bool,
    done: &mut dyn FnMut(&'static str, &Stats),
) -> Result<(), (&'static str, Box<Mismatch>)> {
    let play = |name, play: Play<'_>| {
        let stats = play_recorded(model, &play, records, &mut |_| ()).map_err(|mismatch| (name, mismatch))?;
        done(name, &stats);
        Ok(stats)
    };
    Plays::new(model, vectors, seed, play).all()
}

/// Does what `play_all` does with `records`, and also measures the throughput of the core in the play in which nothing waits.
pub(super) fn play_all_measured(
    model: &Model,
    vectors: &[&Vector],
    &Rules { seed, stretch, .. }: &Rules,
    measured: &mut Option<Throughput>,
) -> Result<(), (&'static str, Box<Mismatch>)> {
    let play = |name, play: Play<'_>| {
        if name == Stalls::NONE.name
            && let Ok((stats, throughput)) = model.measure(&play, stretch)
        {
            *measured = Some(throughput);
            return Ok(stats);
        }
        play_recorded(model, &play, true, &mut |_| ()).map_err(|mismatch| (name, mismatch))
    };
    Plays::new(model, vectors, seed, play).all()
}

/// Plays. If that fails and `records` is set, plays the same again and records its waits, which are of use only for a failure.
pub(super) fn play_recorded(
    model: &Model,
    play: &Play<'_>,
    records: bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Stats, Box<Mismatch>> {
    model.play(play, progress).map_err(|wrong| {
        let again = || model.play(&Play { records: true, ..play.clone() }, &mut |_| ()).err();
        records.then(again).flatten().unwrap_or(wrong)
    })
}

/// Plays vectors in one way after the other, until one fails.
pub(super) struct Plays<'a, F> {
    model: &'a Model,
    rng: ChaCha8Rng,
    /// Plays once, in the way of this name.
    play: F,
    vectors: &'a [&'a Vector],
}

/// For how many clocks a port waits before this transfer, where the number changes from transfer to transfer.
fn clocks_of_each(transfer: u64) -> u64 {
    let (turn, at) = (transfer / EVERY, transfer % EVERY);
    if at > 0 {
        return 1 + transfer * LONGER % LONGEST;
    }
    SLEEPS[(turn / ABOUT % 2) as usize] - LESS + turn % ABOUT
}

fn is_large(vector: &&Vector) -> bool {
    vector.flags.contains(&Flag::Large)
}

impl<'a, E, F: FnMut(&'static str, Play<'_>) -> Result<Stats, E>> Plays<'a, F> {
    /// What is random depends on the seed and not on the vectors, so that a play of fewer vectors meets the same.
    pub(super) fn new(model: &'a Model, vectors: &'a [&'a Vector], seed: u64, play: F) -> Plays<'a, F> {
        Plays { model, rng: ChaCha8Rng::seed_from_u64(seed), play, vectors }
    }

    /// In all ways.
    pub(super) fn all(&mut self) -> Result<(), E> {
        self.under_stalls(Stalls::ALL.len())?;
        let vectors = self.vectors;
        // What the last vector leaves wrong in a core shows in the first.
        if let [first, .., last] = vectors {
            self.play(REPEATED, &[last, first], Plan::default(), Stalls::NONE)?;
        }
        let flagged = |flag: Flag| vectors.iter().copied().filter(move |vector| vector.flags.contains(&flag));
        flagged(Flag::GiveUp).try_for_each(|vector| self.given_up(vector))?;
        let begun: Vec<&Vector> = flagged(Flag::BrokenOff).collect();
        let mut pairs = begun.iter().zip(begun.iter().cycle().skip(1));
        pairs.try_for_each(|(&vector, &next)| self.broken_off(vector, next))?;
        flagged(Flag::ManyGiveUps).try_for_each(|vector| self.given_up_often(vector))?;
        flagged(Flag::Wait).try_for_each(|vector| self.waiting(vector, self.ports(), &WAITS))?;
        flagged(Flag::EachWait).try_for_each(|vector| self.each_wait(vector))?;
        flagged(Flag::FullPacker).try_for_each(|vector| self.filled(vector))?;
        for (flag, times) in [(Flag::ManySlices, MANY), (Flag::VeryManySlices, VERY_MANY)] {
            self.repeated(&flagged(flag).collect::<Vec<_>>(), times)?;
        }
        Ok(())
    }

    /// Plays all vectors under the first `kinds` kinds of stalls; large ones only where nothing waits.
    pub(super) fn under_stalls(&mut self, kinds: usize) -> Result<(), E> {
        let all = self.vectors;
        let others: Vec<&Vector> = all.iter().filter(|vector| !is_large(vector)).copied().collect();
        for stalls in Stalls::ALL.into_iter().take(kinds) {
            let vectors = if stalls == Stalls::NONE { all } else { &others };
            self.play(stalls.name, vectors, Plan::default(), stalls)?;
        }
        Ok(())
    }

    /// A vector, and the one after it that shows whether the core was left as it should be: the same, or after a large one the first
    /// of all.
    fn with_next(&self, vector: &'a Vector) -> [&'a Vector; 2] {
        let next = if is_large(&vector) { self.vectors.first().copied().unwrap_or(vector) } else { vector };
        [vector, next]
    }

    /// Gives a vector up in each picked clock, in each way to give up, and then plays it again and another after it. Nothing waits
    /// meanwhile; a short vector is also played under uneven stalls.
    fn given_up(&mut self, vector: &'a Vector) -> Result<(), E> {
        let stats = self.play(GIVEN_UP, &[vector], Plan::default(), Stalls::NONE)?;
        let clocks = stats.clocks + stats.load_clocks;
        let is_picked = |clock: &u64| {
            let left = clocks - clock;
            clocks <= SHORT
                || clock.is_power_of_two() && (8 * clock > clocks || !is_large(&vector))
                || left.is_multiple_of(7) && left <= if is_large(&vector) { LAST } else { NEAR }
                || left <= LAST && !is_large(&vector)
        };
        for clock in (0..clocks).filter(is_picked) {
            for way in self.ways_to_give_up(1 + clock as u32 % 3) {
                let kinds = if clocks <= SHORT { 2 } else { 1 };
                for stalls in [Stalls::NONE, UNEVEN_ALONE].into_iter().take(kinds) {
                    let give_ups = vec![GiveUp { when: When::Clock(clock), after: 0, way }];
                    let plan = Plan { give_ups, ..Plan::default() };
                    self.play(GIVEN_UP, &self.with_next(vector), plan, stalls)?;
                }
            }
        }
        Ok(())
    }

    /// How vectors are given up: by a reset of `reset` clocks, and on a decoder also by the next slice.
    fn ways_to_give_up(&self, reset: u32) -> impl Iterator<Item = Way> + use<E, F> {
        let cut = (self.model.direction() == Direction::Decoder).then_some(Way::Cut);
        [Way::Reset(reset)].into_iter().chain(cut)
    }

    /// Gives a vector up in each clock in which its contexts are initialised, and plays another after that. The next slice can end it
    /// only in a clock in which no request waits. So there are two plays with the next slice: in one it comes as soon as it can, and in
    /// the other no request is offered from START to the clock in which it is to come.
    fn broken_off(&mut self, vector: &'a Vector, next: &'a Vector) -> Result<(), E> {
        let stats = self.play(BROKEN_OFF, &[vector], Plan::default(), Stalls::NONE)?;
        for clock in 0..=stats.beginning {
            let wait = Wait { port: Port::Requests, when: When::Transfer(BEGUN), after: 0, clocks: clock };
            for way in self.ways_to_give_up(1) {
                let all = [Vec::new(), vec![wait]];
                for waits in all.into_iter().take(if way == Way::Cut { 2 } else { 1 }) {
                    let give_ups = vec![GiveUp { when: When::Clock(clock), after: 0, way }];
                    let plan = Plan { waits, give_ups, moves_on: true, ..Plan::default() };
                    self.play(BROKEN_OFF, &[vector, next], plan, Stalls::NONE)?;
                }
            }
        }
        Ok(())
    }

    /// Gives a vector up thousands of times in a row, in turn after each number of clocks before its last request, and then plays it.
    /// If the next slice ends it, there are stalls, since the next slice can come only while no request waits. Then the last quarter of
    /// the clocks is left out, since the next slice may have to wait.
    fn given_up_often(&mut self, vector: &'a Vector) -> Result<(), E> {
        let stats = self.play(GIVEN_UP_OFTEN, &[vector], Plan::default(), Stalls::NONE)?;
        for way in self.ways_to_give_up(1) {
            let (stalls, most) = match way {
                Way::Reset(_) => (Stalls::NONE, stats.asked),
                Way::Cut => (UNEVEN_ALONE, stats.asked * 3 / 4),
            };
            let give_up = |number| GiveUp { when: When::Again(1 + number % most.max(1)), after: 0, way };
            let give_ups = (0..MANY as u64).map(give_up).collect();
            let plan = Plan { give_ups, ..Plan::default() };
            self.play(GIVEN_UP_OFTEN, &[vector, vector], plan, stalls)?;
        }
        Ok(())
    }

    fn ports(&self) -> &'static [Port] {
        match self.model.direction() {
            Direction::Encoder => &[Port::Requests, Port::Bytes],
            Direction::Decoder => &[Port::Requests, Port::Bytes, Port::Answers],
        }
    }

    /// Makes a port wait once in each play, before one of its transfers, and plays another vector after that. There is a play for each of
    /// these ports, each picked transfer and each number of clocks in `waits`.
    fn waiting(&mut self, vector: &'a Vector, ports: &[Port], waits: &[u64]) -> Result<(), E> {
        let stats = self.play(WAITING, &[vector], Plan::default(), Stalls::NONE)?;
        for &port in ports {
            let end = stats.transfers[port as usize];
            let is_picked = |at: &u64| match is_large(&vector) {
                true => end - at < 2 || at.is_power_of_two() && 8 * at > end,
                false => end <= EACH || end - at <= LAST_TRANSFERS || at.is_power_of_two(),
            };
            let is_wanted = |at: u64, clocks: u64| match is_large(&vector) {
                true => clocks == LARGE_WAIT,
                false => clocks < LONG_WAIT || end <= FEW && (at.is_power_of_two() || at == end),
            };
            for transfer in (0..=end).filter(is_picked) {
                for &clocks in waits.iter().filter(|clocks| is_wanted(transfer, **clocks)) {
                    let waits = vec![Wait { port, when: When::Transfer(transfer), after: 0, clocks }];
                    let plan = Plan { waits, ..Plan::default() };
                    self.play(WAITING, &self.with_next(vector), plan, Stalls::NONE)?;
                }
            }
        }
        Ok(())
    }

    /// Makes the output wait, so that a core stores all that it can: at each byte alone, and at all of them.
    fn filled(&mut self, vector: &'a Vector) -> Result<(), E> {
        self.waiting(vector, &[Port::Bytes], &FILLS)?;
        self.always_waiting(vector, &[&[Port::Bytes]], |_| FILLED)
    }

    /// Makes each port, and then all, wait before all of their transfers, each time for another number of clocks.
    fn each_wait(&mut self, vector: &'a Vector) -> Result<(), E> {
        let ports = self.ports();
        let sets: Vec<&[Port]> = ports.chunks(1).chain([ports]).collect();
        self.always_waiting(vector, &sets, clocks_of_each)
    }

    /// Makes the ports of a set wait before all of their transfers, each for `clocks` of its number. Each set has a play of its own.
    fn always_waiting(
        &mut self,
        vector: &'a Vector,
        sets: &[&[Port]],
        clocks: fn(u64) -> u64,
    ) -> Result<(), E> {
        let stats = self.play(WAITING, &[vector], Plan::default(), Stalls::NONE)?;
        for ports in sets {
            let waits = |&port: &Port| {
                let wait = move |transfer| {
                    let (when, clocks) = (When::Transfer(transfer), clocks(transfer));
                    Wait { port, when, after: 0, clocks }
                };
                (0..=stats.transfers[port as usize]).map(wait)
            };
            let waits = ports.iter().flat_map(waits).collect();
            self.play(WAITING, &[vector], Plan { waits, ..Plan::default() }, Stalls::NONE)?;
        }
        Ok(())
    }

    /// Plays vectors in turn, `times` in all, without a reset between them.
    fn repeated(&mut self, vectors: &[&Vector], times: usize) -> Result<(), E> {
        let many: Vec<&Vector> = vectors.iter().cycle().take(times).copied().collect();
        if many.is_empty() {
            return Ok(());
        }
        self.play(REPEATED, &many, Plan::default(), Stalls::NONE).map(|_| ())
    }

    /// Plays vectors back to back. No two plays begin with the same uninitialised bits.
    fn play(
        &mut self,
        name: &'static str,
        vectors: &[&Vector],
        plan: Plan,
        stalls: Stalls,
    ) -> Result<Stats, E> {
        let plan = Plan { noise: self.rng.next_u64(), power_on: self.rng.next_u32(), ..plan };
        let seed = self.rng.next_u64();
        (self.play)(name, Play { plan, stalls, seed, ..self.model.flowing(vectors) })
    }
}
