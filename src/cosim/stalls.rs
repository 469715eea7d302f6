//! How often the world around a core makes it wait, or makes it begin again, at random.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use super::waits::Port;

/// A kind of stalls. The odds are numbers of clocks out of 256, and less than 256, so that nothing waits for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalls {
    /// What these stalls are called.
    pub name: &'static str,
    /// The odds that no request is offered, in each clock until one is.
    pub requests: u8,
    /// The odds that a decoder is offered no byte of slice data, in each clock until it is; or that no byte of an encoder is taken.
    pub bytes: u8,
    /// The odds that no answer of a decoder is taken.
    pub answers: u8,
    /// What the core gives is taken only once it is there: ready follows valid.
    pub looks_first: bool,
    /// How often a vector is given up at the most, and played again.
    pub give_ups: u32,
}

impl Stalls {
    /// Nothing ever waits: what throughput is measured with.
    pub const NONE: Stalls =
        Stalls { name: "flowing", requests: 0, bytes: 0, answers: 0, looks_first: false, give_ups: 0 };

    /// Everything waits now and then.
    pub(super) const UNEVEN: Stalls =
        Stalls { name: "uneven", requests: 64, bytes: 64, answers: 64, give_ups: 2, ..Stalls::NONE };

    /// All kinds of stalls under which a core is played.
    pub const ALL: [Stalls; 5] = [
        Stalls::NONE,
        Stalls::UNEVEN,
        Stalls { name: "starved", requests: 160, ..Stalls::NONE },
        Stalls { name: "blocked", bytes: 235, looks_first: true, ..Stalls::NONE },
        Stalls { name: "restarted", requests: 8, bytes: 100, answers: 128, give_ups: 12, ..Stalls::NONE },
    ];

    /// Whether a port waits in this clock.
    #[inline]
    pub(super) fn waits(&self, port: Port, rng: &mut ChaCha8Rng) -> bool {
        let odds = self.odds(port);
        odds > 0 && rng.next_u32() % 256 < u32::from(odds)
    }

    /// In how many of 256 clocks a port waits.
    #[inline]
    pub(super) fn odds(&self, port: Port) -> u8 {
        match port {
            Port::Requests => self.requests,
            Port::Bytes => self.bytes,
            Port::Answers => self.answers,
        }
    }

    /// Whether to give up now, if that was done `times` times before. It is more likely in a clock that is delicate, in which the core
    /// has much to clear.
    #[inline]
    pub(super) fn gives_up(&self, rng: &mut ChaCha8Rng, times: u32, is_delicate: bool) -> bool {
        times < self.give_ups && rng.next_u32().is_multiple_of(if is_delicate { 32 } else { 8_192 })
    }
}
