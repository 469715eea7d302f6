//! The requests that a core is given, and what is due for them.
//!
//! A script is lazy: the oracle codes a request when the player looks at it, at most a few requests before it is taken, and what is due is
//! kept only until it has come. So a slice may be of any length. Each play of a vector has its own oracle, whose context
//! variables belong to it alone; to give a vector up, the script begins it, or the next one, anew.

mod oracle;
mod requests;
mod transaction;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::bin::{BinCoder, Decode, Event};
use crate::context::{ContextModel, SliceInit};
use crate::cores::Direction;
use crate::cycle::{Request, error_code};
use crate::fit::{Can, Errors, Loads};
use crate::vectors::Vector;
pub(super) use oracle::State;
use oracle::{EncoderOracle, Oracle};
use requests::Requests;
pub(super) use transaction::{Room, Transaction};

/// The requests of some vectors, one after the other, and what is due for those that were taken.
pub(super) struct Script<'a> {
    direction: Direction,
    /// Whether the core is sent LOADs. A core that initialises contexts by itself is not.
    sends_loads: bool,
    /// How far a slice with an error can be judged.
    errors: Errors,
    vectors: &'a [&'a Vector],
    /// The vector whose requests come next, which of them, and its oracle.
    vector: usize,
    requests: Requests<'a>,
    oracle: Oracle<'a>,
    /// Requests that were coded but not yet taken.
    ahead: VecDeque<Asked>,
    /// The number of requests taken so far.
    taken: u64,
    /// For each play of a vector, the number of its first request and the vector.
    plays: Vec<(u64, usize)>,
    /// The oracle's state after the last request that was taken.
    mood: Mood,
    /// The bytes that an encoder still owes.
    pub(super) bytes: VecDeque<Byte>,
    /// The answers that a decoder still owes.
    pub(super) answers: VecDeque<Answer>,
}

/// A request with the oracle's results for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    /// The state of its context variable before it, or what a LOAD sets it to.
    pub(super) model: ContextModel,
    pub(super) vector: usize,
    /// The oracle's state after it.
    pub(super) mood: Mood,
    pub(super) state: State,
}

/// A summary of the oracle's state. Waits and give-ups are planned by it, since a core's registers are not always visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mood {
    pub(super) phase: Phase,
    /// bitsOutstanding, of an encoder.
    pub(super) run: u32,
}

impl Mood {
    /// Whether a core may have much to clear if the vector is given up now.
    pub(super) fn is_delicate(self) -> bool {
        self.run > 7 || !matches!(self.phase, Phase::Bins | Phase::Slice)
    }
}

/// The kind of request that the oracle has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The beginning of a slice, with the context loads.
    #[default]
    Slice,
    /// Bins.
    Bins,
    /// A terminate bin of 1: an encoder flushes.
    Flush,
    /// Raw bytes.
    Raw,
    /// The start of an engine run.
    Start,
    /// A decoder has met an error.
    Error,
}

impl Phase {
    pub(super) const COUNT: usize = 6;
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Byte {
    pub(super) data: u8,
    /// Whether it is the last byte of an engine run.
    pub(super) last: bool,
    /// Its number in its vector.
    pub(super) number: usize,
    /// The request that decides it: an encoder must have taken it first.
    pub(super) request: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) request: u64,
    /// The bin, or the raw byte.
    pub(super) value: u32,
    pub(super) is_raw: bool,
    pub(super) error: u32,
    pub(super) bits: u64,
    /// An error has made its value undefined: only the error flag is compared.
    pub(super) is_undefined: bool,
}

/// The place of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) vector: usize,
    /// Its number in the vector.
    pub(super) request: usize,
}

impl<'a> Script<'a> {
    pub(super) fn new(direction: Direction, vectors: &'a [&'a Vector], can: &Can) -> Script<'a> {
        let mut script = Script {
            direction,
            sends_loads: can.loads != Loads::None,
            errors: can.errors,
            vectors,
            vector: 0,
            requests: Requests::default(),
            oracle: Oracle::Encoder(Box::default()),
            ahead: VecDeque::new(),
            taken: 0,
            plays: Vec::new(),
            mood: Mood::default(),
            bytes: VecDeque::new(),
            answers: VecDeque::new(),
        };
        script.begin(0);
        script
    }

    /// Begins a vector, if there is one. What is due for earlier vectors stays due.
    fn begin(&mut self, vector: usize) {
        self.vector = vector;
        self.requests = Requests::default();
        let Some(&begun) = self.vectors.get(vector) else { return };
        self.plays.push((self.taken + self.ahead.len() as u64, vector));
        self.requests = Requests::new(self.direction, begun, self.sends_loads);
        self.oracle = Oracle::new(self.direction, begun);
    }

    /// Begins a vector after the current one was given up. Nothing is due any more.
    pub(super) fn give_up(&mut self, vector: usize) {
        self.restart(vector);
        self.bytes.clear();
        self.answers.clear();
    }

    /// Begins a vector after one that ends early. What is due for requests that were taken stays due.
    pub(super) fn restart(&mut self, vector: usize) {
        self.ahead.clear();
        self.plays.retain(|&(first, _)| first <= self.taken);
        self.bytes.retain(|byte| byte.request < self.taken);
        self.answers.retain(|answer| answer.request < self.taken);
        self.mood = Mood::default();
        self.begin(vector);
    }

    /// The vector of the next request.
    #[inline]
    pub(super) fn vector(&mut self) -> usize {
        let none = self.vectors.len();
        self.next(0).map_or(none, |asked| asked.vector)
    }

    /// Whether a request of the vector has been taken since it was begun.
    pub(super) fn has_begun(&self) -> bool {
        self.at(self.taken).is_some_and(|at| at.request > 0)
    }

    /// What initialises the contexts of a vector, if a slice header says it completely.
    pub(super) fn init(&self, vector: usize) -> Option<SliceInit> {
        self.vectors.get(vector)?.init
    }

    /// The number of requests taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// The oracle's state after the last request that was taken.
    pub(super) fn mood(&self) -> Mood {
        self.mood
    }

    /// The request that comes after this many others.
    #[inline]
    pub(super) fn next(&mut self, after: usize) -> Option<&Asked> {
        while self.ahead.len() <= after {
            let asked = self.pull()?;
            self.ahead.push_back(asked);
        }
        self.ahead.get(after)
    }

    /// Whether there is another request.
    #[inline]
    pub(super) fn has_next(&mut self) -> bool {
        !self.ahead.is_empty() || self.next(0).is_some()
    }

    /// Takes the next request.
    #[inline]
    pub(super) fn take(&mut self) -> Option<Asked> {
        let asked = self.ahead.pop_front()?;
        self.taken += 1;
        self.mood = asked.mood;
        Some(asked)
    }

    fn pull(&mut self) -> Option<Asked> {
        loop {
            let Some(request) = self.requests.next() else {
                if self.vector >= self.vectors.len() {
                    return None;
                }
                self.begin(self.vector + 1);
                continue;
            };
            if !self.is_sent(&request) {
                self.oracle.initialise(request);
                continue;
            }
            let number = self.taken + self.ahead.len() as u64;
            let model = self.oracle.model(request);
            let before = self.mood_before();
            let (phase, run) = self.code(request, number, before.phase);
            if phase == Phase::Error && self.errors != Errors::Convention && !self.ends_with_error(number) {
                continue;
            }
            let mood = Mood { phase, run };
            let state = self.oracle.state(request, model);
            return Some(Asked { request, model, vector: self.vector, mood, state });
        }
    }

    /// Whether the core is sent this request: a core that initialises its contexts by itself is sent no LOADs.
    fn is_sent(&self, request: &Request) -> bool {
        self.sends_loads || !matches!(request, Request::Event(Event::Load { .. }))
    }

    /// Handles a request that meets an error or comes after one; what the core does then is undefined. A core with an error flag is asked
    /// until the first answer, which has to show the flag; a core without one is not asked any more. Returns whether the core is asked this
    /// request.
    fn ends_with_error(&mut self, number: u64) -> bool {
        let flags = self.errors == Errors::Flag;
        let answer = self.answers.back_mut().filter(|answer| answer.request == number);
        let is_answered = answer.is_some();
        if let Some(answer) = answer {
            answer.is_undefined = true;
        }
        if is_answered || !flags {
            self.requests = Requests::default();
        }
        if !flags && is_answered {
            self.answers.pop_back();
        }
        flags
    }

    fn mood_before(&self) -> Mood {
        self.ahead.back().map_or(self.mood, |asked| asked.mood)
    }

    /// Has the oracle code a request. Returns its state after it.
    fn code(&mut self, request: Request, number: u64, before: Phase) -> (Phase, u32) {
        let phase = match request {
            Request::Slice => Phase::Slice,
            Request::START => Phase::Start,
            Request::Event(Event::Load { .. }) => before,
            Request::Event(Event::Raw(_)) => Phase::Raw,
            Request::Event(event) if event.ends_engine_run() => Phase::Flush,
            Request::Event(_) => Phase::Bins,
        };
        match &mut self.oracle {
            Oracle::Encoder(oracle) => {
                let Some(event) = request.event() else { return (phase, 0) };
                let EncoderOracle { coder, given } = &mut **oracle;
                coder.code(event);
                for &data in &coder.bytes()[*given..] {
                    self.bytes.push_back(Byte { data, last: false, number: *given, request: number });
                    *given += 1;
                }
                if event.ends_engine_run()
                    && let Some(byte) = self.bytes.back_mut()
                {
                    byte.last = true;
                }
                (phase, coder.bits_outstanding())
            }
            Oracle::Decoder(oracle) => {
                let value = oracle.ask(request);
                let error = error_code(oracle.error());
                if let Some(value) = value {
                    let (is_raw, bits) = (request.is_raw(), oracle.coder.position());
                    let is_undefined = false;
                    self.answers.push_back(Answer {
                        request: number,
                        value,
                        is_raw,
                        error,
                        bits,
                        is_undefined,
                    });
                }
                (if error == 0 { phase } else { Phase::Error }, 0)
            }
        }
    }

    /// The place of a request, by its number among all requests.
    pub(super) fn at(&self, number: u64) -> Option<At> {
        let &(first, vector) = self.plays.iter().rev().find(|&&(first, _)| first <= number)?;
        Some(At { vector, request: usize::try_from(number - first).ok()? })
    }

    /// A request and up to eight before it, without LOADs, each with the number of its bin or of the next one.
    pub(super) fn scene(&self, at: At) -> Scene {
        let mut scene = Scene::default();
        let Some(&vector) = self.vectors.get(at.vector) else { return scene };
        let mut bin = 0;
        let requests = Requests::new(self.direction, vector, self.sends_loads);
        for request in requests.filter(|request| self.is_sent(request)).take(at.request + 1) {
            scene.bin = bin;
            bin += u64::from(request.is_bin());
            if !matches!(request, Request::Event(Event::Load { .. })) {
                if scene.requests.len() == SHOWN {
                    scene.requests.pop_front();
                }
                scene.requests.push_back((scene.bin, request));
            }
        }
        Scene { vector: vector.id.clone(), ..scene }
    }
}

/// The number of requests that a scene shows.
const SHOWN: usize = 9;

/// A request and the requests before it.
#[derive(Debug, Default)]
pub(super) struct Scene {
    /// The id of its vector.
    pub(super) vector: String,
    pub(super) bin: u64,
    pub(super) requests: VecDeque<(u64, Request)>,
}
