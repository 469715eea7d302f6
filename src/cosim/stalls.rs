//! When the world around a core makes it wait, or makes it begin again.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

/// How often, at random. Odds are in 1/256 of all clocks: 256 is always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalls {
    /// What these stalls are called.
    pub name: &'static str,
    /// No request is offered, until one is.
    pub input: u16,
    /// No byte of slice data is offered, until one is; or whoever takes them is not ready.
    pub bytes: u16,
    /// Whoever takes the answers, one for each request, is not ready.
    pub answers: u16,
    /// How often a vector is given up at the most, and played again.
    pub give_ups: u32,
    /// Gives the first vector up in one clock exactly.
    pub give_up: Option<GiveUp>,
}

/// How and in which clock a vector is given up, to be played again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// By a reset.
    Reset(u64),
    /// Its slice ends early, and the next one begins; for decoders, as soon as nothing waits on their ports.
    Cut(u64),
}

impl Stalls {
    /// Nothing ever waits: what throughput is measured with.
    pub const NONE: Stalls =
        Stalls { name: "flowing", input: 0, bytes: 0, answers: 0, give_ups: 0, give_up: None };

    /// All that a core is played with.
    pub const ALL: [Stalls; 5] = [
        Stalls::NONE,
        Stalls { name: "uneven", input: 64, bytes: 64, answers: 64, give_ups: 2, give_up: None },
        Stalls { name: "starved", input: 160, ..Stalls::NONE },
        Stalls { name: "blocked", bytes: 235, ..Stalls::NONE },
        Stalls { name: "restarted", input: 8, bytes: 100, answers: 128, give_ups: 12, give_up: None },
    ];

    /// What a vector is played with that is given up in this clock: first without other stalls, then with some.
    pub(super) fn giving_up(give_up: GiveUp) -> [Stalls; 2] {
        let uneven = Stalls { input: 64, bytes: 64, answers: 64, ..Stalls::NONE };
        [Stalls::NONE, uneven].map(|stalls| Stalls { name: "given up", give_up: Some(give_up), ..stalls })
    }

    pub(super) fn stalls_input(&self, rng: &mut ChaCha8Rng) -> bool {
        happens(rng, self.input, 256)
    }

    pub(super) fn stalls_bytes(&self, rng: &mut ChaCha8Rng) -> bool {
        happens(rng, self.bytes, 256)
    }

    pub(super) fn stalls_answers(&self, rng: &mut ChaCha8Rng) -> bool {
        happens(rng, self.answers, 256)
    }

    /// Whether to give up now, after so many times; sooner where there is much to clear.
    pub(super) fn gives_up(&self, rng: &mut ChaCha8Rng, clock: u64, times: u32, delicate: bool) -> bool {
        match self.give_up {
            Some(GiveUp::Reset(at) | GiveUp::Cut(at)) => times == 0 && clock >= at,
            None => times < self.give_ups && happens(rng, 1, if delicate { 32 } else { 8_192 }),
        }
    }
}

fn happens(rng: &mut ChaCha8Rng, odds: u16, of: u32) -> bool {
    odds > 0 && rng.next_u32() % of < u32::from(odds)
}
