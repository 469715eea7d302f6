//! When the world around a core makes it wait.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

/// How often, at random. Odds are in 1/256 of all clocks: 256 is always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalls {
    /// What these stalls are called.
    pub name: &'static str,
    /// No request is offered, until one is.
    pub input: u16,
    /// The output is not ready.
    pub output: u16,
    /// A slice is given up and played again; in 1/65,536 of all clocks, once in a slice at the most.
    pub give_up: u16,
}

impl Stalls {
    /// Nothing ever waits: what throughput is measured with.
    pub const NONE: Stalls = Stalls { name: "flowing", input: 0, output: 0, give_up: 0 };

    /// All that a core is played with.
    pub const ALL: [Stalls; 4] = [
        Stalls::NONE,
        Stalls { name: "uneven", input: 64, output: 64, give_up: 16 },
        Stalls { name: "starved", input: 200, output: 0, give_up: 0 },
        Stalls { name: "blocked", input: 0, output: 240, give_up: 0 },
    ];

    pub(super) fn stalls_input(&self, rng: &mut ChaCha8Rng) -> bool {
        happens(rng, self.input)
    }

    pub(super) fn stalls_output(&self, rng: &mut ChaCha8Rng) -> bool {
        happens(rng, self.output)
    }

    pub(super) fn gives_up(&self, rng: &mut ChaCha8Rng) -> bool {
        self.give_up > 0 && rng.next_u32() % 65_536 < u32::from(self.give_up)
    }
}

fn happens(rng: &mut ChaCha8Rng, odds: u16) -> bool {
    odds > 0 && rng.next_u32() % 256 < u32::from(odds)
}
