//! How fast a core is: how much it takes per clock, its latency, and where it is slowest.
//!
//! A [`Meter`] watches a play in which nothing outside the core waits, so that every clock in which a request is offered and not taken is
//! due to the core. It sees only the ports, as any user of the core does, and so works for every core with any number of lanes. Its result
//! is a [`Throughput`]; those of several plays are [merged](Throughput::merge).

use std::collections::VecDeque;

use serde::{Serialize, Serializer};

use super::{
    Stats,
    player::{Observer, Wrong},
    script::Asked,
};
use crate::bin::Event;
use crate::cores::Direction;
use crate::cycle::{Inputs, LANES, Outputs, kind};
use crate::vectors::Vector;

/// The number of kinds of requests.
const KINDS: usize = 8;

/// The unit in which requests of one transaction share the clocks until the next transaction: a clock has this many shares, a number that
/// any number of lanes divides.
const SHARES: u64 = 840;

/// A stretch of this many bins, alignments and raw bytes is long enough to matter, and no buffer of a core hides it.
pub const STRETCH: usize = 64;

/// The measurements of a core in plays in which nothing outside it waits.
///
/// ```
/// use silicabac::cosim::Throughput;
/// let (mut all, mut one) = (Throughput::default(), Throughput::default());
/// (one.bins, one.clocks) = (3, 4);
/// all.merge(&one);
/// all.merge(&one);
/// assert_eq!((all.bins, all.bins_per_clock()), (6, 0.75));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Throughput {
    /// Bins coded.
    pub bins: u64,
    /// Clocks, without those that took a context load.
    pub clocks: u64,
    /// Clocks that took a context load.
    pub load_clocks: u64,
    /// Clocks that took requests: a single one, or as many bins as there are lanes.
    pub transactions: u64,
    kinds: [OfKind; KINDS],
    latency: Option<Latency>,
    /// The number of transactions that waited for no clock, for one, for two or three, for four to seven, and so on.
    waits: Vec<u64>,
    longest_wait: Option<LongestWait>,
    slowest_vector: Option<Slow>,
    slowest_stretch: Option<Stretch>,
}

/// The measurements of the requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfKind {
    /// The number of such requests.
    pub requests: u64,
    /// The time for which they held the core, in [`SHARES`] of a clock.
    shares: u64,
    /// The longest time from the clock in which such a request was taken to the clock in which the next one was.
    pub longest: u64,
}

impl OfKind {
    /// The number of clocks for which such requests held the core: from the clock in which one is taken to the clock in which the next one
    /// is. Bins of one transaction share its clocks.
    pub fn clocks(&self) -> f64 {
        self.shares as f64 / SHARES as f64
    }

    /// The number of such requests taken per clock.
    pub fn per_clock(&self) -> f64 {
        self.requests as f64 / self.clocks().max(f64::MIN_POSITIVE)
    }
}

/// The time from a request to what it gives, in clocks; 0 is the same clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// What is given.
    pub of: &'static str,
    /// The number of these.
    pub count: u64,
    /// The shortest.
    pub min: u64,
    /// The mean.
    pub mean: f64,
    /// The longest.
    pub max: u64,
}

/// The longest time for which an offered request was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LongestWait {
    /// The number of clocks.
    pub clocks: u64,
    /// The kind of the request that waits.
    pub kind: &'static str,
    /// The kind of the request that was taken before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<&'static str>,
    /// The id of its vector.
    pub vector: String,
    /// The bin that waits, or the next one.
    pub bin: u64,
}

/// The vector that takes the most clocks per bin and raw byte.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slow {
    /// Its id.
    pub vector: String,
    /// Its bins.
    pub bins: u64,
    /// Its raw bytes.
    pub raw: u64,
    /// Its clocks, without those in which context loads held the core.
    pub clocks: u64,
    /// Its clocks per bin and raw byte.
    pub clocks_each: f64,
}

/// Successive bins, alignments and raw bytes of a vector.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The number of these.
    pub length: usize,
    /// Their clocks, without those in which context loads held the core.
    pub clocks: u64,
    /// The id of their vector.
    pub vector: String,
    /// The first bin among them, or the next one.
    pub bin: u64,
    /// The number taken per clock.
    pub per_clock: f64,
}

impl Throughput {
    /// Bins per clock, without the clocks of context loads.
    pub fn bins_per_clock(&self) -> f64 {
        self.bins as f64 / self.clocks.max(1) as f64
    }

    /// The measurements of each kind of requests that occurred, with the name of the kind.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, OfKind)> {
        let named = (0..).map(kind::name).zip(self.kinds);
        named.filter(|(_, of)| of.requests > 0)
    }

    /// The time from requests to what they give.
    pub fn latency(&self) -> Option<Latency> {
        self.latency
    }

    /// The distribution of waits: a range of clocks, from and to, and the number of transactions that waited for so long, up to the longest
    /// wait.
    pub fn waits(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        let range = |place: usize| match place {
            0 => (0, 0),
            _ => (1 << (place - 1), (1 << place) - 1),
        };
        self.waits.iter().enumerate().map(move |(place, &count)| (range(place).0, range(place).1, count))
    }

    /// The longest wait.
    pub fn longest_wait(&self) -> Option<&LongestWait> {
        self.longest_wait.as_ref()
    }

    /// The vector that takes the most clocks per bin and raw byte.
    pub fn slowest_vector(&self) -> Option<&Slow> {
        self.slowest_vector.as_ref()
    }

    /// The slowest stretch.
    pub fn slowest_stretch(&self) -> Option<&Stretch> {
        self.slowest_stretch.as_ref()
    }

    /// Adds the measurements of another play.
    pub fn merge(&mut self, other: &Throughput) {
        self.bins += other.bins;
        self.clocks += other.clocks;
        self.load_clocks += other.load_clocks;
        self.transactions += other.transactions;
        for (of, more) in self.kinds.iter_mut().zip(other.kinds) {
            of.requests += more.requests;
            of.shares += more.shares;
            of.longest = of.longest.max(more.longest);
        }
        self.latency = match (self.latency, other.latency) {
            (Some(one), Some(more)) => Some(one.with(more)),
            (one, more) => one.or(more),
        };
        self.waits.resize(self.waits.len().max(other.waits.len()), 0);
        self.waits.iter_mut().zip(&other.waits).for_each(|(count, more)| *count += more);
        keep_worst(&mut self.longest_wait, &other.longest_wait, |wait| wait.clocks as f64);
        keep_worst(&mut self.slowest_vector, &other.slowest_vector, |slow| slow.clocks_each);
        keep_worst(&mut self.slowest_stretch, &other.slowest_stretch, |stretch| stretch.clocks as f64);
    }
}

fn keep_worst<T: Clone>(worst: &mut Option<T>, other: &Option<T>, badness: fn(&T) -> f64) {
    let is_worse = |other: &&T| worst.as_ref().is_none_or(|worst| badness(other) > badness(worst));
    if let Some(other) = other.as_ref().filter(is_worse) {
        *worst = Some(other.clone());
    }
}

impl Latency {
    fn with(self, other: Latency) -> Latency {
        let count = self.count + other.count;
        let sum = self.mean * self.count as f64 + other.mean * other.count as f64;
        Latency {
            of: self.of,
            count,
            min: self.min.min(other.min),
            mean: sum / count as f64,
            max: self.max.max(other.max),
        }
    }
}

impl Serialize for Throughput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = self.kinds().map(|(kind, of)| KindShown {
            kind,
            requests: of.requests,
            clocks: of.clocks(),
            requests_per_clock: of.per_clock(),
            longest: of.longest,
        });
        let waits = self.waits().map(|(from, to, transactions)| WaitsShown { from, to, transactions });
        let shown = Shown {
            bins: self.bins,
            clocks: self.clocks,
            load_clocks: self.load_clocks,
            bins_per_clock: self.bins_per_clock(),
            transactions: self.transactions,
            kinds: kinds.collect(),
            latency: self.latency,
            waits: waits.collect(),
            longest_wait: self.longest_wait(),
            slowest_vector: self.slowest_vector(),
            slowest_stretch: self.slowest_stretch(),
        };
        shown.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    bins: u64,
    clocks: u64,
    load_clocks: u64,
    bins_per_clock: f64,
    transactions: u64,
    kinds: Vec<KindShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Latency>,
    waits: Vec<WaitsShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_wait: Option<&'a LongestWait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slowest_vector: Option<&'a Slow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slowest_stretch: Option<&'a Stretch>,
}

#[derive(Serialize)]
struct KindShown {
    kind: &'static str,
    requests: u64,
    clocks: f64,
    requests_per_clock: f64,
    longest: u64,
}

#[derive(Serialize)]
struct WaitsShown {
    from: u64,
    to: u64,
    transactions: u64,
}

/// Measures a play clock by clock.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    counted: Throughput,
    direction: Direction,
    /// The clocks so far, and the number of those in which context loads held the core.
    now: u64,
    loads: u64,
    /// The requests that were taken last, by kind; the kind and the clock; and whether this is the current clock.
    held: [u64; KINDS],
    last: Option<u32>,
    since: u64,
    is_taking: bool,
    /// For how long the offered request has waited.
    waited: u64,
    longest_wait: Option<(u64, u32, Option<u32>, Place)>,
    /// The waits of each kind of requests after each other kind or after nothing: one bit for each number of clocks, the last bit for all
    /// longer waits.
    seen: [[u64; KINDS]; KINDS + 1],
    /// When each request that may still give something was taken, beginning with number `first`.
    taken: VecDeque<u64>,
    first: u64,
    /// How much was given, and after how many clocks: the sum, the fewest and the most.
    given: u64,
    sum: u64,
    fewest: u64,
    most: u64,
    /// The place of the newest request, and when its vector began, in clocks without those of loads.
    place: Place,
    begun: u64,
    slowest: Option<(Place, u64)>,
    /// The stretches of a vector, and those of an engine run.
    stretch: Stretches,
    of_a_run: Stretches,
}

/// Searches for the slowest stretch of `length` bins, alignments and raw bytes.
#[derive(Clone, Debug)]
struct Stretches {
    length: usize,
    /// The last of these: the clock in which each was taken, without the clocks of loads, and its place.
    last: VecDeque<(u64, Place)>,
    slowest: Option<(u64, Place)>,
}

impl Stretches {
    fn new(length: usize) -> Stretches {
        Stretches { length, last: VecDeque::new(), slowest: None }
    }

    /// A bin, an alignment or a raw byte is taken.
    fn take(&mut self, now: u64, place: Place) {
        if self.last.len() == self.length
            && let Some((since, begun)) = self.last.pop_front()
            && now - since > self.slowest.map_or(0, |(clocks, _)| clocks)
        {
            self.slowest = Some((now - since, begun));
        }
        self.last.push_back((now, place));
    }
}

/// A vector, and how many of its bins and raw bytes came before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    vector: usize,
    bin: u64,
    raw: u64,
}

impl Meter {
    /// A meter that searches for slow stretches of this many bins, alignments and raw bytes.
    pub(super) fn new(direction: Direction, length: usize) -> Meter {
        Meter {
            counted: Throughput::default(),
            direction,
            now: 0,
            loads: 0,
            held: [0; KINDS],
            last: None,
            since: 0,
            is_taking: false,
            waited: 0,
            longest_wait: None,
            seen: [[0; KINDS]; KINDS + 1],
            taken: VecDeque::new(),
            first: 0,
            given: 0,
            sum: 0,
            fewest: u64::MAX,
            most: 0,
            place: Place::default(),
            begun: 0,
            slowest: None,
            stretch: Stretches::new(length),
            of_a_run: Stretches::new(length),
        }
    }

    /// The waits by the kind of the request taken before and by the kind that waited: one bit for each number of clocks.
    pub(super) fn seen(&self) -> &[[u64; KINDS]; KINDS + 1] {
        &self.seen
    }

    /// The most clocks of a stretch, within one engine run and of any stretch.
    pub(super) fn slowest(&self) -> [u64; 2] {
        [&self.of_a_run, &self.stretch].map(|stretch| stretch.slowest.map_or(0, |(clocks, _)| clocks))
    }

    /// The measurements of a play of these vectors.
    pub(super) fn throughput(mut self, stats: &Stats, vectors: &[&Vector]) -> Throughput {
        self.now = stats.clocks + stats.load_clocks;
        self.release();
        self.end_vector();
        let id = |vector: usize| vectors.get(vector).map(|vector| vector.id.clone()).unwrap_or_default();
        let of = match self.direction {
            Direction::Encoder => "bytes",
            Direction::Decoder => "answers",
        };
        let mean = self.sum as f64 / self.given.max(1) as f64;
        let latency = Latency { of, count: self.given, min: self.fewest, mean, max: self.most };
        let wait = self.longest_wait.map(|(clocks, waits, after, Place { vector, bin, .. })| LongestWait {
            clocks,
            kind: kind::name(waits),
            after: after.map(kind::name),
            vector: id(vector),
            bin,
        });
        let slow = self.slowest.map(|(Place { vector, bin: bins, raw }, clocks)| Slow {
            vector: id(vector),
            bins,
            raw,
            clocks,
            clocks_each: clocks as f64 / (bins + raw) as f64,
        });
        let stretch = self.stretch.slowest.map(|(clocks, Place { vector, bin, .. })| Stretch {
            length: self.stretch.length,
            clocks,
            vector: id(vector),
            bin,
            per_clock: self.stretch.length as f64 / clocks.max(1) as f64,
        });
        Throughput {
            bins: stats.bins,
            clocks: stats.clocks,
            load_clocks: stats.load_clocks,
            latency: (self.given > 0).then_some(latency),
            longest_wait: wait,
            slowest_vector: slow,
            slowest_stretch: stretch,
            ..self.counted
        }
    }

    /// The requests that were taken last no longer hold the core.
    fn release(&mut self) {
        let (clocks, requests) = (self.now - self.since, self.held.iter().sum::<u64>());
        for (of, count) in self.counted.kinds.iter_mut().zip(self.held).filter(|(_, count)| *count > 0) {
            of.requests += count;
            of.shares += clocks * SHARES * count / requests;
            of.longest = of.longest.max(clocks);
        }
        self.loads += if self.held[kind::LOAD as usize] > 0 { clocks } else { 0 };
        self.held = [0; KINDS];
        self.since = self.now;
    }

    /// A transaction is taken, whose first request is of this kind.
    fn begin(&mut self, first: u32) {
        if self.last.is_some() {
            self.release();
        }
        self.counted.transactions += 1;
        let place = (u64::BITS - self.waited.leading_zeros()) as usize;
        let waits = &mut self.counted.waits;
        waits.resize(waits.len().max(place + 1), 0);
        waits[place] += 1;
        let after = self.last.map_or(KINDS, |last| last as usize);
        self.seen[after][first as usize] |= 1 << self.waited.min(63);
        if self.waited > self.longest_wait.map_or(0, |(clocks, ..)| clocks) {
            self.longest_wait = Some((self.waited, first, self.last, self.place));
        }
        self.waited = 0;
        self.is_taking = true;
    }

    fn end_vector(&mut self) {
        let clocks = self.now - self.loads - self.begun;
        let coded = |place: Place| u128::from(place.bin + place.raw);
        let is_slower = |(place, other): (Place, u64)| {
            u128::from(clocks) * coded(place) > u128::from(other) * coded(self.place)
        };
        if coded(self.place) > 0 && self.slowest.is_none_or(is_slower) {
            self.slowest = Some((self.place, clocks));
        }
    }
}

impl Observer for &mut Meter {
    fn take(&mut self, asked: &Asked) {
        let kind = asked.request.fields().kind;
        if asked.vector != self.place.vector {
            self.end_vector();
            self.place = Place { vector: asked.vector, ..Place::default() };
            self.begun = self.now - self.loads;
            self.stretch.last.clear();
            self.of_a_run.last.clear();
        }
        if !self.is_taking {
            self.begin(kind);
        }
        self.held[kind as usize] += 1;
        self.last = Some(kind);
        self.taken.push_back(self.now);
        if !asked.request.is_beginning() {
            let now = self.now - self.loads;
            self.stretch.take(now, self.place);
            self.of_a_run.take(now, self.place);
        }
        // Raw bytes come between engine runs.
        if asked
            .request
            .event()
            .is_some_and(|event| event.ends_engine_run() || matches!(event, Event::Raw(_)))
        {
            self.of_a_run.last.clear();
        }
        self.place.bin += u64::from(asked.request.is_bin());
        self.place.raw += u64::from(asked.request.is_raw());
    }

    fn drop_all(&mut self, taken: u64) {
        self.taken.clear();
        self.first = taken;
    }

    fn clock(&mut self, inputs: &Inputs, _: &Outputs, _: &[u32]) -> Result<(), Wrong> {
        self.waited += u64::from(inputs.req_valid == 1 && !self.is_taking);
        self.is_taking = false;
        self.now += 1;
        Ok(())
    }

    fn gives(&mut self, request: u64) {
        while self.first < request {
            self.taken.pop_front();
            self.first += 1;
        }
        // The current clock has been counted already.
        let clocks = self.now - 1 - self.taken.front().copied().unwrap_or(self.now - 1);
        self.given += 1;
        self.sum += clocks;
        self.fewest = self.fewest.min(clocks);
        self.most = self.most.max(clocks);
    }
}

const _: () = {
    let mut lanes = 1;
    while lanes <= LANES {
        assert!(SHARES.is_multiple_of(lanes as u64));
        lanes += 1;
    }
};

#[cfg(test)]
mod tests {
    use silicabac_sim::Stopped;

    use super::super::{
        Play, Waves,
        lockstep::TwinAsDevice,
        player::{Device, Form, play},
    };
    use super::*;
    use crate::cores::{decoder::Decoder, encoder::Encoder};
    use crate::cycle::Twin;
    use crate::stress;

    /// A core that takes at most one request in three clocks.
    struct Third<T: Twin>(TwinAsDevice<T>);

    impl<T: Twin> Device for Third<T> {
        fn form(&self) -> Form {
            self.0.form()
        }

        fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped> {
            let req_valid = inputs.req_valid & u32::from(self.0.clocks().is_multiple_of(3));
            self.0.clock(&Inputs { req_valid, ..*inputs })
        }

        fn outputs(&self, outputs: &mut Outputs) {
            self.0.outputs(outputs);
            outputs.req_ready &= u32::from(self.0.clocks() % 3 == 1);
        }

        fn debug(&self) -> &[u32] {
            self.0.debug()
        }

        fn clocks(&self) -> u64 {
            self.0.clocks()
        }

        fn waves<O: Observer>(&mut self, _: &mut O, _: &Inputs, _: bool) -> Waves {
            Waves::default()
        }
    }

    fn measured(device: impl Device, vectors: &[&Vector]) -> Throughput {
        let mut meter = Meter::new(device.form().direction, STRETCH);
        let (stats, _) = play(device, &mut meter, &Play::flowing(vectors), &mut |_| ()).unwrap();
        meter.throughput(&stats, vectors)
    }

    fn smoke() -> Vec<Vector> {
        stress::smoke().into_iter().filter(|vector| !vector.decode_only).collect()
    }

    fn of_both(vectors: &[&Vector]) -> [Throughput; 4] {
        let (encoder, decoder) = (Direction::Encoder, Direction::Decoder);
        [
            measured(TwinAsDevice::<Encoder>::new(encoder), vectors),
            measured(TwinAsDevice::<Decoder>::new(decoder), vectors),
            measured(Third(TwinAsDevice::<Encoder>::new(encoder)), vectors),
            measured(Third(TwinAsDevice::<Decoder>::new(decoder)), vectors),
        ]
    }

    #[test]
    fn every_clock_is_held_by_something_and_every_transaction_has_waited() {
        let all = smoke();
        for throughput in of_both(&all.iter().collect::<Vec<_>>()) {
            let clocks: f64 = throughput.kinds().map(|(_, of)| of.clocks()).sum();
            assert_eq!(clocks, (throughput.clocks + throughput.load_clocks) as f64);
            let waited: u64 = throughput.waits().map(|(.., count)| count).sum();
            assert_eq!(waited, throughput.transactions);
            let requests: u64 = throughput.kinds().map(|(_, of)| of.requests).sum();
            assert_eq!(requests, throughput.transactions);
            let bins = all.iter().map(|vector| vector.bins() as u64).sum::<u64>();
            assert_eq!(throughput.bins, bins);
        }
    }

    #[test]
    fn a_core_that_is_slow_is_measured_to_be() {
        let all = smoke();
        let [_, fast, _, slow] = of_both(&all.iter().collect::<Vec<_>>());
        let of =
            |throughput: &Throughput, kind| throughput.kinds().find(|(name, _)| *name == kind).unwrap().1;
        assert_eq!(
            (of(&fast, "bypass").per_clock(), of(&slow, "bypass").clocks()),
            (1.0, 3.0 * of(&slow, "bypass").requests as f64)
        );
        assert_eq!((of(&fast, "bypass").longest, of(&slow, "bypass").longest), (1, 3));
        let most = |throughput: &Throughput| {
            throughput.waits().max_by_key(|(.., count)| *count).map(|(from, to, _)| (from, to))
        };
        assert_eq!((most(&fast), most(&slow)), (Some((0, 0)), Some((2, 3))));
        let stretch = slow.slowest_stretch().unwrap();
        assert!(stretch.length == 64 && (192..260).contains(&stretch.clocks), "{stretch:?}");
        assert!(fast.slowest_stretch().unwrap().clocks < 90);
        let latency = fast.latency().unwrap();
        assert_eq!((latency.of, latency.min, latency.max), ("answers", 1, 1));
    }

    #[test]
    fn the_longest_wait_is_found_where_it_is() {
        let long = stress::outstanding::slice(2_000, stress::outstanding::End::Carry);
        let long = Vector::encoded("long", "", &[], long);
        let all = smoke();
        let few: Vec<&Vector> = [&long].into_iter().chain(all.iter().take(3)).collect();
        let [encoder, ..] = of_both(&few);
        // While a run is written, eight bits per clock, the beginning of the next slice waits.
        let wait = encoder.longest_wait().unwrap();
        assert!(wait.vector == few[1].id && wait.clocks > 200 && wait.bin == 0, "{wait:?}");
        assert_eq!(encoder.waits().last().map(|(from, ..)| from), Some(128));
    }

    #[test]
    fn a_stretch_of_an_engine_run_has_no_raw_bytes() {
        let run = [
            vec![Event::Bypass { bin: true }; 40],
            vec![Event::Terminate { bin: true }],
            vec![Event::Raw(7); 40],
        ];
        let ends = [run.concat().repeat(3), vec![Event::Terminate { bin: true }]].concat();
        let slowest = |events: Vec<Event>| {
            let vector = Vector::encoded("", "", &[], events);
            let mut meter = Meter::new(Direction::Encoder, STRETCH);
            let core = TwinAsDevice::<Encoder>::new(Direction::Encoder);
            play(core, &mut meter, &Play::flowing(&[&vector]), &mut |_| ()).unwrap();
            meter.slowest()
        };
        let [one, any] = slowest(ends);
        assert!(one == 0 && any >= STRETCH as u64, "{one} {any}");
        let [one, any] =
            slowest([vec![Event::Bypass { bin: true }; 70], vec![Event::Terminate { bin: true }]].concat());
        assert!(one == any && one >= STRETCH as u64, "{one} {any}");
    }

    #[test]
    fn what_is_measured_apart_is_merged_to_what_is_measured_together() {
        let all = smoke();
        let (some, others) = all.split_at(all.len() / 2);
        let each = [some, others].map(|few| of_both(&few.iter().collect::<Vec<_>>()));
        let together = of_both(&all.iter().collect::<Vec<_>>());
        for (core, together) in together.iter().enumerate() {
            let mut merged = each[0][core].clone();
            merged.merge(&each[1][core]);
            assert_eq!((merged.bins, merged.load_clocks), (together.bins, together.load_clocks));
            let (one, other) = (merged.latency().unwrap(), together.latency().unwrap());
            assert_eq!((one.count, one.min, one.max), (other.count, other.min, other.max));
            assert!((one.mean - other.mean).abs() < 1e-9);
            let counts = |throughput: &Throughput| {
                throughput.kinds().map(|(kind, of)| (kind, of.requests)).collect::<Vec<_>>()
            };
            assert_eq!(counts(&merged), counts(together));
        }
    }
}
