//! All ways in which vectors are played, from the simplest on: back to back under each kind of stalls, and then what some of
//! them are flagged for, which is exhaustive instead of random: given up in every clock, made to wait at every transfer,
//! played thousands of times.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{GiveUp, Mismatch, Model, Plan, Play, Port, Rules, Stalls, Stats, Throughput, Wait, Way, When};
use crate::cores::Direction;
use crate::vectors::{Flag, Vector};

/// How a vector is played that is given up.
const GIVEN_UP: &str = "given up";
/// How a vector is played that is given up where it begins, before one with another header.
const BROKEN_OFF: &str = "broken off";
/// How a vector is played that is given up thousands of times.
const GIVEN_UP_OFTEN: &str = "given up often";
/// How a vector is played that waits at one of its transfers.
const WAITING: &str = "waiting";
/// How vectors are played that come again and again.
const REPEATED: &str = "repeated";

/// For how many clocks a port waits: longer than counters of six, eight, ten, twelve and sixteen bits count. The longest is for some
/// transfers of vectors that have few, and of the others a large vector has one.
pub(super) const WAITS: [u64; 5] = [64, 300, 1_100, 5_000, LONG_WAIT];
pub(super) const LONG_WAIT: u64 = 70_000;
pub(super) const FEW: u64 = 64;
pub(super) const LARGE_WAIT: u64 = 1_100;

/// A vector of more transfers waits at some only: the last ones, and at each power of two.
pub(super) const EACH: u64 = 310;
pub(super) const LAST_TRANSFERS: u64 = 8;

/// Where each number of clocks is waited for, the next wait is by so many clocks longer, up to so many.
pub(super) const LONGER: u64 = 7;
pub(super) const LONGEST: u64 = 1_100;

/// A core that falls asleep after a power of two of clocks may do so in the very clock in which something comes. So every 16th of these
/// waits is about one of two, from two clocks less to 29 more, since a core begins to count when it is done.
pub(super) const SLEEPS: [u64; 2] = [2_048, 4_096];
pub(super) const EVERY: u64 = 16;
pub(super) const ABOUT: u64 = 32;
pub(super) const LESS: u64 = 2;

/// For how many clocks the output waits so that a core stores all that it can.
pub(super) const FILLS: [u64; 2] = [12, 60];
/// For how many clocks each of its bytes waits besides, in a single play.
pub(super) const FILLED: u64 = 300;

/// Each clock in which a vector is given up takes a play of its own, so a long vector is given up in some of its clocks only: in
/// each of the last, in every seventh of those near the end, and before these at each power of two. A large one is at the last
/// powers of two and in every seventh of the last clocks.
pub(super) const LAST: u64 = 40;
pub(super) const NEAR: u64 = 300;
/// SLICE and START have been taken.
pub(super) const BEGUN: u64 = 2;
/// A vector of no more clocks is short.
pub(super) const SHORT: u64 = 1_000;

/// Uneven stalls where a plan says when to give up.
pub(super) const UNEVEN_ALONE: Stalls = Stalls { give_ups: 0, ..Stalls::UNEVEN };

/// How many slices are played without a reset, or given up in a row.
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

/// Plays vectors to a core in all ways, and tells `done` of each that goes well: the first mismatch, and in which way.
/// `records`: it is to have all waits up to it.
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

/// The same, and what the core takes when nothing waits.
pub(super) fn play_all_measured(
    model: &Model,
    vectors: &[&Vector],
    &Rules { seed, stretch, shortest, .. }: &Rules,
    measured: &mut Option<Throughput>,
) -> Result<(), (&'static str, Box<Mismatch>)> {
    let play = |name, play: Play<'_>| {
        if name == Stalls::NONE.name
            && let Ok((stats, throughput)) = model.measure(&play, stretch)
        {
            *measured = Some(throughput);
            return Ok(stats);
        }
        play_recorded(model, &play, shortest, &mut |_| ()).map_err(|mismatch| (name, mismatch))
    };
    Plays::new(model, vectors, seed, play).all()
}

/// Plays, and if it fails and that is wanted, the same again, since waits are only written down where they matter.
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
    /// Plays, in a way of this name.
    play: F,
    vectors: &'a [&'a Vector],
}

/// For how many clocks a port waits before a transfer where each is to wait for another number.
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
    /// Nothing but the seed decides what is random, so that fewer vectors meet the same.
    pub(super) fn new(model: &'a Model, vectors: &'a [&'a Vector], seed: u64, play: F) -> Plays<'a, F> {
        Plays { model, rng: ChaCha8Rng::seed_from_u64(seed), play, vectors }
    }

    /// In all ways.
    pub(super) fn all(&mut self) -> Result<(), E> {
        self.under_stalls(Stalls::ALL.len())?;
        let vectors = self.vectors;
        // What the last one leaves behind shows in the first.
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

    /// Under the first so many kinds of stalls.
    pub(super) fn under_stalls(&mut self, kinds: usize) -> Result<(), E> {
        let all = self.vectors;
        let others: Vec<&Vector> = all.iter().filter(|vector| !is_large(vector)).copied().collect();
        for stalls in Stalls::ALL.into_iter().take(kinds) {
            let vectors = if stalls == Stalls::NONE { all } else { &others };
            self.play(stalls.name, vectors, Plan::default(), stalls)?;
        }
        Ok(())
    }

    /// What shows how a vector has left a core: the same again, or where that is large, the first of all.
    fn with_next(&self, vector: &'a Vector) -> [&'a Vector; 2] {
        let next = if is_large(&vector) { self.vectors.first().copied().unwrap_or(vector) } else { vector };
        [vector, next]
    }

    /// Gives a vector up in every clock of it, in every way, and plays it again after that, and another; without other waits, then, if
    /// it is short, with some.
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

    /// How vectors are given up: by a reset of so many clocks; and those of decoders by the next slice, too.
    fn ways_to_give_up(&self, reset: u32) -> impl Iterator<Item = Way> + use<E, F> {
        let cut = (self.model.direction() == Direction::Decoder).then_some(Way::Cut);
        [Way::Reset(reset)].into_iter().chain(cut)
    }

    /// Gives a vector up in each clock in which its contexts are initialised, and plays another after that. A core takes the next
    /// slice in such a clock only if no request waits: so it comes once as soon as it can, and once after a wait from the start on.
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

    /// Gives a vector up thousands of times in a row, after each number of clocks before its last request, and then plays it. The next
    /// slice does it under stalls, since it comes only while no request waits, and not in the last clocks, since it may have to wait.
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

    /// Makes each of these ports wait before each of its transfers, so many clocks each time, and plays another vector after that.
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

    /// Makes the ports of a set wait before all of their transfers, for so many clocks; one set after the other.
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

    /// Plays vectors in turn, so many in all, without a reset between them.
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
