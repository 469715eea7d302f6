//! When a core is made to wait, and when it is made to begin again, as data.
//!
//! A [`Plan`] says this for a whole play. It counts in transfers rather than clocks, so that it means the same for a core of any latency
//! and stays meaningful while it is shrunk. Random stalls ([`Stalls`]) come on top; the resulting waits can be recorded as a plan, which
//! plays the same again without them.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use serde::{Deserialize, Serialize};

use super::{Stalls, script::Phase};
use crate::json;

/// A port at which a core is made to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// No request is offered.
    Requests,
    /// A decoder is offered no byte; no byte of an encoder is taken.
    Bytes,
    /// No answer of a decoder is taken.
    Answers,
}

/// The condition for a wait or for giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// This many requests, bytes or answers have passed over the port since the play began, or the last transfer took their count beyond
    /// this number.
    Transfer(u64),
    /// This many clocks have passed.
    Clock(u64),
    /// This many clocks have passed since a vector was last given up, or else since the play began.
    Again(u64),
    /// The oracle has reached a request of this kind for the first time.
    Phase(Phase),
}

/// A port is made to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The port.
    pub port: Port,
    /// The condition.
    pub when: When,
    /// The number of clocks from the condition to the wait.
    #[serde(default)]
    pub after: u64,
    /// The number of clocks of the wait.
    pub clocks: u64,
}

/// How a vector is given up, to be played again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By a reset of this many clocks.
    Reset(u32),
    /// Its slice ends early and the next one begins; only for decoders.
    Cut,
}

/// The ways in which the vector can be given up in this clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenWays {
    pub(super) reset: bool,
    pub(super) cut: bool,
}

impl OpenWays {
    fn have(self, way: Way) -> bool {
        match way {
            Way::Reset(_) => self.reset,
            Way::Cut => self.cut,
        }
    }
}

/// A vector is given up and played again; if the plan [moves on](Plan::moves_on), the next one is played instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveUp {
    /// The condition; [`When::Transfer`] counts requests.
    pub when: When,
    /// The number of clocks from the condition.
    #[serde(default)]
    pub after: u64,
    /// How.
    pub way: Way,
}

/// Everything in which one play differs from another of the same vectors: its waits and give-ups, the seeds of what is random otherwise, and
/// whether, in the whole play, transactions are split, outputs are taken only once they are there, and the next vector follows one that is
/// given up.
///
/// ```
/// use silicabac::cosim::{Plan, Port, Wait, When};
/// let wait = Wait { port: Port::Bytes, when: When::Transfer(17), after: 0, clocks: 300 };
/// let plan = Plan { waits: vec![wait], ..Plan::default() };
/// let text = r#"{ "waits": [{ "port": "bytes", "when": { "transfer": 17 }, "clocks": 300 }] }"#;
/// assert_eq!(serde_json::from_str::<Plan>(text).unwrap(), plan);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The seed of the values on ports that mean nothing, and of which requests form a transaction.
    #[serde(default)]
    pub noise: u64,
    /// The seed of the bits that the core does not initialise.
    #[serde(default)]
    pub power_on: u32,
    /// Requests that could form one transaction may be split.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub splits: bool,
    /// What the core gives is taken only once it is there: ready follows valid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looks_first: bool,
    /// After a vector is given up, the next one is played.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moves_on: bool,
    /// The waits; those of a port by transfers are in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// The give-ups, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub give_ups: Vec<GiveUp>,
}

impl Plan {
    /// The number of waits and give-ups.
    pub fn waits(&self) -> usize {
        self.waits.len() + self.give_ups.len()
    }

    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// Where and in which way the text is not a plan.
    pub fn read(text: &str) -> Result<Plan, serde_json::Error> {
        json::read(text.as_bytes())
    }

    /// The plan as JSON, which [`read`](Self::read) reads.
    pub fn to_json(&self) -> String {
        // No plan fails to become JSON.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// The state of the waits of a play: a plan, and random stalls on top.
#[derive(Debug)]
pub(super) struct Waits {
    plan: Plan,
    stalls: Stalls,
    rng: ChaCha8Rng,
    /// The transfers of each port.
    ports: [Passed; 3],
    /// The clock in which each phase first came.
    phases: [Option<u64>; Phase::COUNT],
    clock: u64,
    /// The clock in which a vector was last given up.
    begun: u64,
    /// Whether a port has been made to wait in this clock.
    waited: bool,
    /// The next give-up of the plan.
    give_up: usize,
    /// The waits and give-ups so far, if they are recorded.
    recorded: Option<Plan>,
}

/// The transfers of a port.
#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    transfers: u64,
    /// The count before the last transfer.
    before: u64,
    /// The clock after the last transfer.
    since: u64,
    /// The first wait of the plan that may still come.
    next: usize,
}

impl Passed {
    fn has_had(self, count: u64) -> bool {
        self.transfers >= count
    }

    /// Whether this many had passed already before the last transfer.
    fn is_beyond(self, count: u64) -> bool {
        self.transfers > count && self.before >= count
    }
}

impl Waits {
    pub(super) fn new(plan: Plan, stalls: Stalls, seed: u64, records: bool) -> Waits {
        let splits = plan.splits || stalls != Stalls::NONE;
        let plan = Plan { splits, looks_first: plan.looks_first || stalls.looks_first, ..plan };
        Waits {
            recorded: records.then(|| Plan { waits: Vec::new(), give_ups: Vec::new(), ..plan }),
            plan,
            stalls,
            rng: ChaCha8Rng::seed_from_u64(seed),
            ports: [Passed::default(); 3],
            phases: [None; Phase::COUNT],
            clock: 0,
            begun: 0,
            waited: false,
            give_up: 0,
        }
    }

    /// How many transfers have passed over each port.
    pub(super) fn transfers(&self) -> [u64; 3] {
        self.ports.map(|passed| passed.transfers)
    }

    /// The waits and give-ups so far, if they were recorded.
    pub(super) fn into_recorded(self) -> Option<Plan> {
        self.recorded
    }

    /// Whether requests that could form one transaction may be split.
    pub(super) fn splits(&self) -> bool {
        self.plan.splits
    }

    /// Whether the next vector is played after one is given up.
    pub(super) fn moves_on(&self) -> bool {
        self.plan.moves_on
    }

    /// Whether what the core gives is taken only once it is there.
    #[inline]
    pub(super) fn looks_first(&self) -> bool {
        self.plan.looks_first
    }

    /// A clock begins, in which the oracle has reached this phase.
    #[inline]
    pub(super) fn begin(&mut self, phase: Phase) {
        self.waited = false;
        self.phases[phase as usize].get_or_insert(self.clock);
    }

    /// A clock has passed.
    #[inline]
    pub(super) fn end(&mut self) {
        self.clock += 1;
    }

    /// This many items have passed over a port in this clock.
    #[inline]
    pub(super) fn transferred(&mut self, port: Port, count: usize) {
        let passed = &mut self.ports[port as usize];
        passed.before = passed.transfers;
        passed.transfers += count as u64;
        passed.since = self.clock + 1;
    }

    /// Whether the port, on which something could pass, has to wait in this clock.
    #[inline]
    pub(super) fn waits(&mut self, port: Port) -> bool {
        let planned = !self.plan.waits.is_empty() && self.is_planned(port);
        let waits = self.stalls.waits(port, &mut self.rng) || planned;
        if waits {
            self.waited = true;
            self.record_wait(port);
        }
        waits
    }

    /// Whether any port had to wait in this clock. If so, a lack of transfers is no sign of a deadlock.
    pub(super) fn waited(&self) -> bool {
        self.waited
    }

    fn is_planned(&mut self, port: Port) -> bool {
        let Passed { next, .. } = self.ports[port as usize];
        for at in next..self.plan.waits.len() {
            let wait = self.plan.waits[at];
            let is_over = if wait.port == port {
                match self.since(wait.when, port) {
                    Some(since) if since < wait.after => false,
                    Some(since) if since < wait.after + wait.clocks => return true,
                    Some(_) => true,
                    None => self.is_missed(wait),
                }
            } else {
                true
            };
            if is_over && at == self.ports[port as usize].next {
                self.ports[port as usize].next += 1;
            }
            // The waits of this port by transfers come in order, so all others are later.
            if !is_over && matches!(wait.when, When::Transfer(_)) {
                return false;
            }
        }
        false
    }

    /// For how many clocks the condition has held; `None` if it does not hold.
    fn since(&self, when: When, port: Port) -> Option<u64> {
        match when {
            When::Transfer(count) => {
                let passed = self.ports[port as usize];
                let is_now = passed.has_had(count) && !passed.is_beyond(count);
                is_now.then(|| self.clock.saturating_sub(passed.since))
            }
            When::Clock(clock) => self.clock.checked_sub(clock),
            When::Again(clocks) => self.clock.checked_sub(self.begun + clocks),
            When::Phase(phase) => self.phases[phase as usize].map(|since| self.clock - since),
        }
    }

    /// The wait was to come before a transfer that has passed.
    fn is_missed(&self, wait: Wait) -> bool {
        matches!(wait.when, When::Transfer(count) if self.ports[wait.port as usize].is_beyond(count))
    }

    /// Whether any vector may be given up.
    #[inline]
    pub(super) fn may_give_up(&self) -> bool {
        self.stalls.give_ups > 0 || self.give_up < self.plan.give_ups.len()
    }

    /// How the vector is given up in this clock, if it is; it has been given up `times` times.
    #[inline]
    pub(super) fn gives_up(&mut self, times: u32, is_delicate: bool, ways: OpenWays) -> Option<Way> {
        let way = self.planned_give_up(ways).or_else(|| {
            let gives_up = self.stalls.gives_up(&mut self.rng, times, is_delicate);
            let way = gives_up.then(|| match ways.cut && self.rng.next_u32().is_multiple_of(2) {
                true => Way::Cut,
                false => Way::Reset(1 + self.rng.next_u32() % 3),
            });
            way.filter(|way| ways.have(*way))
        })?;
        let (when, after) = self.here(Port::Requests);
        self.begun = self.clock;
        if let Some(recorded) = &mut self.recorded {
            recorded.give_ups.push(GiveUp { when, after, way });
        }
        Some(way)
    }

    fn planned_give_up(&mut self, ways: OpenWays) -> Option<Way> {
        let GiveUp { when, after, way } = *self.plan.give_ups.get(self.give_up)?;
        let requests = self.ports[Port::Requests as usize];
        let is_missed = matches!(when, When::Transfer(count) if requests.is_beyond(count));
        if is_missed {
            self.give_up += 1;
            return None;
        }
        let is_due = self.since(when, Port::Requests).is_some_and(|since| since >= after);
        if !is_due || !ways.have(way) {
            return None;
        }
        self.give_up += 1;
        Some(way)
    }

    /// The current point of a port, as a plan describes it.
    fn here(&self, port: Port) -> (When, u64) {
        let Passed { transfers, since, .. } = self.ports[port as usize];
        (When::Transfer(transfers), self.clock.saturating_sub(since))
    }

    fn record_wait(&mut self, port: Port) {
        let (when, after) = self.here(port);
        let Some(recorded) = &mut self.recorded else { return };
        let last = recorded.waits.iter_mut().rev().find(|wait| wait.port == port);
        match last {
            Some(wait) if wait.when == when && wait.after + wait.clocks == after => wait.clocks += 1,
            _ => recorded.waits.push(Wait { port, when, after, clocks: 1 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: [Port; 3] = [Port::Requests, Port::Bytes, Port::Answers];

    /// The ports that wait in each clock, if something passes over every port in each clock in which it need not wait.
    fn played(waits: &mut Waits, clocks: usize) -> Vec<[bool; 3]> {
        let clock = |_| {
            waits.begin(Phase::Bins);
            let all = PORTS.map(|port| waits.waits(port));
            let passing = PORTS.into_iter().zip(all).filter(|(_, waits)| !waits);
            passing.for_each(|(port, _)| waits.transferred(port, 1));
            waits.end();
            all
        };
        (0..clocks).map(clock).collect()
    }

    #[test]
    fn what_was_recorded_plays_the_same_again() {
        let mut random = Waits::new(Plan::default(), Stalls::UNEVEN, 7, true);
        let first = played(&mut random, 500);
        let plan = random.into_recorded().expect("a record");
        assert!(plan.waits.len() > 200 && plan.splits);
        let mut planned = Waits::new(plan, Stalls::NONE, 8, false);
        assert_eq!(played(&mut planned, 500), first);
    }

    #[test]
    fn a_wait_comes_after_its_transfer_and_ends() {
        let wait = Wait { port: Port::Answers, when: When::Transfer(3), after: 0, clocks: 300 };
        let plan = Plan { waits: vec![wait], ..Plan::default() };
        let played = played(&mut Waits::new(plan, Stalls::NONE, 1, false), 400);
        let waiting: Vec<usize> = (0..400).filter(|&clock| played[clock][2]).collect();
        assert_eq!(waiting, (3..303).collect::<Vec<_>>());
        assert!(played.iter().all(|[requests, bytes, _]| !requests && !bytes));
    }

    #[test]
    fn a_wait_may_begin_with_a_clock_or_a_phase() {
        let wait = |when, after| Wait { port: Port::Bytes, when, after, clocks: 2 };
        let waits = vec![
            wait(When::Phase(Phase::Bins), 4),
            wait(When::Clock(10), 0),
            wait(When::Phase(Phase::Raw), 0),
        ];
        let played = played(&mut Waits::new(Plan { waits, ..Plan::default() }, Stalls::NONE, 1, false), 40);
        let waiting: Vec<usize> = (0..40).filter(|&clock| played[clock][1]).collect();
        assert_eq!(waiting, [4, 5, 10, 11]);
    }

    #[test]
    fn give_ups_are_counted_from_one_another() {
        let give_up = |clocks| GiveUp { when: When::Again(clocks), after: 0, way: Way::Cut };
        let give_ups = [2, 5, 1].map(give_up).to_vec();
        let mut waits = Waits::new(Plan { give_ups, ..Plan::default() }, Stalls::NONE, 1, false);
        let given_up = |_: &u64| {
            waits.begin(Phase::Bins);
            let way = waits.gives_up(0, false, OpenWays { reset: true, cut: true });
            waits.end();
            way.is_some()
        };
        assert_eq!((0..20).filter(given_up).collect::<Vec<u64>>(), [2, 7, 8]);
    }

    #[test]
    fn a_give_up_comes_once() {
        let give_up = GiveUp { when: When::Clock(5), after: 1, way: Way::Reset(2) };
        let plan = Plan { give_ups: vec![give_up], ..Plan::default() };
        let mut waits = Waits::new(plan, Stalls::NONE, 1, true);
        let ways: Vec<_> = (0..20)
            .map(|_| {
                waits.begin(Phase::Bins);
                let way = waits.gives_up(0, false, OpenWays { reset: true, cut: false });
                waits.end();
                way
            })
            .collect();
        assert_eq!(ways.iter().position(Option::is_some), Some(6));
        assert_eq!(ways.iter().flatten().collect::<Vec<_>>(), [&Way::Reset(2)]);
        assert_eq!(waits.into_recorded().expect("a record").give_ups.len(), 1);
    }
}
