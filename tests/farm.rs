//! A simulated farm: 10,000 shards on 250 machines, with a simulated clock. The scheduler and the machines are simulated; what a shard has
//! to do, what counts as done and what the result is, `campaign` itself decides.
//!
//! Machines differ in speed, and some are stragglers, three times slower than the rest. They die, which tears the last line of a file; they
//! are taken away, with a warning or without; and the scheduler believes that some are dead while they go on, so that a shard is done twice
//! at once. In each case the shard is queued again after a while.
//!
//! Whatever happens, nothing is lost, nothing counts twice, and all is done within 1.1 times the ideal time. That is the time in which the
//! machines that are there could do the work of all items if it could be divided at will, plus the longest item on the slowest machine,
//! since some machine has to do that item, possibly last. A shard is not divided: the last one may begin as late as the end of the first
//! part, so that a straggler is late by a shard at most. With 40 shards for each machine that is less than the tenth; an interruption costs
//! the one item that is begun again, which is less than that.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::{
    campaign::{Check, End, Findings, Item, Ledger, Outcome, Part, Record, Row, Summary},
    shard::Shard,
};

const SHARDS: usize = 10_000;
const ITEMS: usize = 40_000;
const MACHINES: usize = 250;

fn part(shard: usize) -> Shard {
    Shard::new(shard + 1, SHARDS).unwrap()
}

/// How the items that a shard still has to do are found, from the lines of its own processes.
type Open = fn(&[Item], usize, &Ledger) -> Vec<usize>;

fn open(items: &[Item], shard: usize, ledger: &Ledger) -> Vec<usize> {
    ledger.open(items, part(shard)).collect()
}

/// A broken rule: a shard counts as done once it has begun.
fn open_or_begun(items: &[Item], shard: usize, ledger: &Ledger) -> Vec<usize> {
    let is_begun = |item: usize| ledger.begun(&items[item].key).next().is_some();
    if part(shard).of(items.len()).any(is_begun) { Vec::new() } else { open(items, shard, ledger) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A machine ends an item, unless it has died since it began the item.
    Ends {
        machine: usize,
        life: u64,
    },
    Dies(usize),
    IsTaken(usize),
    IsForgotten(usize),
    IsBack(usize),
    /// The scheduler notices that a machine is gone.
    Queues(usize),
}

#[derive(Default)]
struct Machine {
    speed: u64,
    is_there: bool,
    life: u64,
    run: Option<Run>,
}

/// A process, which does a shard and writes a file.
struct Run {
    shard: usize,
    items: VecDeque<usize>,
    file: Vec<u8>,
    began: u64,
}

struct Farm {
    items: Vec<Item>,
    /// The work of each item, in units of which a machine of speed 100 does one in 10 microseconds.
    work: Vec<u64>,
    open: Open,
    random: ChaCha8Rng,
    now: u64,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    queue: VecDeque<usize>,
    machines: Vec<Machine>,
    /// The files of each shard.
    files: Vec<Vec<Vec<u8>>>,
    /// The capacity of all machines: when it changed, and to what.
    capacity: Vec<(u64, u64)>,
    last_end: u64,
}

const SECOND: u64 = 1_000;

fn items() -> Vec<Item> {
    let item = |seed: u64| Item {
        key: format!("check/encoder/{seed}"),
        command: vec!["silicabac".into(), "cosim".into(), seed.to_string()],
        environment: Default::default(),
        part: Part::Check(Check { core: "encoder".into(), simulator: None, seed }),
    };
    (0..ITEMS as u64).map(item).collect()
}

/// The record of an item, which is the same whoever does it.
fn end(key: &str, number: usize, host: String, began: u64, took: u64) -> Record {
    let (vectors, bins) = (1 + number as u64 % 7, number as u64);
    let rows = vec![Row { what: "random".into(), vectors, bins, clocks: bins, failure: None }];
    let findings = Findings { rows, ..Findings::default() };
    let [began, seconds] = [began, took].map(|time| time as f64 / SECOND as f64);
    let key = key.to_owned();
    Record::End(Box::new(End { key, host, began, seconds, memory: 1, outcome: Outcome::Pass, findings }))
}

impl Farm {
    fn new(seed: u64, open: Open) -> Farm {
        let mut farm = Farm {
            items: items(),
            work: Vec::new(),
            open,
            random: ChaCha8Rng::seed_from_u64(seed),
            now: 0,
            events: BinaryHeap::new(),
            queue: (0..SHARDS).collect(),
            machines: Vec::new(),
            files: vec![Vec::new(); SHARDS],
            capacity: Vec::new(),
            last_end: 0,
        };
        // Items take one to three minutes on most machines.
        farm.work = (0..ITEMS).map(|_| farm.between(60, 180) * SECOND * 100).collect();
        for machine in 0..MACHINES {
            let speed = if machine % 50 == 0 { 33 } else { farm.between(70, 140) };
            farm.machines.push(Machine { speed, is_there: true, ..Machine::default() });
            // Within eight hours; the farm takes about five.
            for event in [Event::Dies, Event::IsTaken, Event::IsForgotten] {
                let at = farm.between(0, 30_000) * SECOND;
                farm.at(at, event(machine));
            }
        }
        farm
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.random.next_u64() % (to - from)
    }

    fn at(&mut self, after: u64, event: Event) {
        self.events.push(Reverse((self.now + after, event)));
    }

    /// Runs until all shards are done, and all processes have ended.
    fn run(mut self) -> Farm {
        self.note_capacity();
        (0..MACHINES).for_each(|machine| self.give(machine));
        while let Some(Reverse((now, event))) = self.events.pop() {
            self.now = now;
            match event {
                Event::Ends { machine, life } if self.machines[machine].life == life => self.end(machine),
                Event::Ends { .. } => (),
                Event::Dies(machine) => self.lose(machine, true),
                Event::IsTaken(machine) => self.lose(machine, false),
                Event::IsForgotten(machine) => self.forget(machine),
                Event::IsBack(machine) => {
                    self.machines[machine].is_there = true;
                    self.note_capacity();
                    self.give(machine);
                }
                Event::Queues(shard) => {
                    // It has waited longest.
                    self.queue.push_front(shard);
                    self.give_all();
                }
            }
        }
        self
    }

    fn give_all(&mut self) {
        for machine in 0..MACHINES {
            if self.queue.is_empty() {
                return;
            }
            self.give(machine);
        }
    }

    /// Gives shards to a machine that has none, until one of them has work left.
    fn give(&mut self, machine: usize) {
        while self.machines[machine].is_there && self.machines[machine].run.is_none() {
            let Some(shard) = self.queue.pop_front() else { return };
            let mut ledger = Ledger::default();
            self.files[shard].iter().for_each(|file| ledger.take(file));
            // Lines that other processes are writing at this moment are there too.
            let others = self.machines.iter().filter_map(|machine| machine.run.as_ref());
            others.filter(|run| run.shard == shard).for_each(|run| ledger.take(&run.file));
            let items = (self.open)(&self.items, shard, &ledger).into();
            self.machines[machine].run = Some(Run { shard, items, file: Vec::new(), began: self.now });
            self.begin(machine);
        }
    }

    /// Begins the next item of a shard, or ends the shard.
    fn begin(&mut self, machine: usize) {
        let of = &mut self.machines[machine];
        let Some(run) = &mut of.run else { return };
        let Some(item) = run.items.front() else {
            let run = of.run.take().unwrap();
            return self.files[run.shard].push(run.file);
        };
        let begin = Record::Begin { key: self.items[*item].key.clone(), host: machine.to_string() };
        run.file.extend(begin.to_line().bytes());
        run.began = self.now;
        let (took, life) = (self.work[*item] / of.speed, of.life);
        self.at(took, Event::Ends { machine, life });
    }

    /// The line of the item that a machine works on.
    fn line(&self, machine: usize) -> Option<String> {
        let run = self.machines[machine].run.as_ref()?;
        let item = *run.items.front()?;
        let key = &self.items[item].key;
        Some(end(key, item, machine.to_string(), run.began, self.now - run.began).to_line())
    }

    fn end(&mut self, machine: usize) {
        let Some(line) = self.line(machine) else { return };
        let Some(run) = &mut self.machines[machine].run else { return };
        run.file.extend(line.bytes());
        run.items.pop_front();
        self.last_end = self.now;
        self.begin(machine);
        self.give(machine);
    }

    /// A machine dies, or is taken away; in the second case most shards have the time to write that down.
    fn lose(&mut self, machine: usize, dies: bool) {
        if !self.machines[machine].is_there {
            return;
        }
        let last = match self.line(machine) {
            Some(line) if dies => {
                let cut = self.between(0, line.len() as u64) as usize;
                line[..cut].to_owned()
            }
            Some(_) if self.between(0, 5) > 0 => {
                let run = self.machines[machine].run.as_ref().unwrap();
                Record::Released { key: self.items[run.items[0]].key.clone() }.to_line()
            }
            _ => String::new(),
        };
        let of = &mut self.machines[machine];
        of.is_there = false;
        of.life += 1;
        if let Some(mut run) = of.run.take() {
            run.file.extend(last.bytes());
            self.files[run.shard].push(run.file);
            let after = self.between(1, 60) * SECOND;
            self.at(after, Event::Queues(run.shard));
        }
        self.go(machine);
    }

    /// The scheduler believes that a machine is dead, which goes on and writes its results.
    fn forget(&mut self, machine: usize) {
        let of = &mut self.machines[machine];
        if !of.is_there {
            return;
        }
        of.is_there = false;
        if let Some(shard) = of.run.as_ref().map(|run| run.shard) {
            self.at(SECOND, Event::Queues(shard));
        }
        self.go(machine);
    }

    /// Notes that a machine is gone, and when it comes back.
    fn go(&mut self, machine: usize) {
        self.note_capacity();
        let after = self.between(300, 3_600) * SECOND;
        self.at(after, Event::IsBack(machine));
    }

    fn note_capacity(&mut self) {
        let there = self.machines.iter().filter(|machine| machine.is_there);
        self.capacity.push((self.now, there.map(|machine| machine.speed).sum()));
    }

    /// The earliest time at which all could be done.
    fn ideal(&self) -> u64 {
        let mut left: u64 = self.work.iter().sum();
        let ends = self.capacity.iter().skip(1).map(|(time, _)| *time).chain([u64::MAX]);
        let slowest = self.machines.iter().map(|machine| machine.speed).min().unwrap();
        let longest = self.work.iter().max().unwrap() / slowest;
        for ((from, speed), to) in self.capacity.iter().zip(ends) {
            match left.checked_sub((to - from).saturating_mul(*speed)) {
                Some(rest) if rest > 0 => left = rest,
                _ => return from + left / speed + longest,
            }
        }
        unreachable!("the last capacity lasts")
    }

    fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        self.files.iter().flatten().for_each(|file| ledger.take(file));
        ledger
    }
}

/// The result of one machine without any incidents.
fn alone() -> Summary {
    let (items, mut ledger) = (items(), Ledger::default());
    for (number, item) in items.iter().enumerate() {
        ledger.add(end(&item.key, number, "one".into(), 0, SECOND));
    }
    Summary::new(Default::default(), &items, &ledger)
}

#[test]
fn nothing_is_lost_nothing_counts_twice_and_no_time_is_wasted() {
    let expected = format!("{:?}", alone().result);
    for seed in 1..=3 {
        let farm = Farm::new(seed, open).run();
        let ledger = farm.ledger();
        let summary = Summary::new(Default::default(), &farm.items, &ledger);
        assert_eq!(format!("{:?}", summary.result), expected, "seed {seed}");
        // The incidents have happened: lines were torn, items were begun in vain, and some were done twice.
        let ends: usize = farm.items.iter().map(|item| ledger.ends(&item.key).len()).sum();
        let lost: usize = farm.items.iter().map(|item| ledger.lost(&item.key)).sum();
        assert!(ledger.torn() > 50 && lost > 50, "{} torn, {lost} lost", ledger.torn());
        // So counting lines counts too many items.
        assert!(summary.run.twice > 50 && ends > ITEMS, "{} twice", summary.run.twice);
        let ratio = farm.last_end as f64 / farm.ideal() as f64;
        println!(
            "seed {seed}: {} s, {ratio:.3} of ideal; {} torn, {lost} lost, {} twice",
            farm.last_end / SECOND,
            ledger.torn(),
            summary.run.twice
        );
        assert!(ratio < 1.1, "seed {seed}: {ratio}");
    }
}

/// The simulation notices a rule that drops the rest of a shard.
#[test]
fn a_rule_that_loses_items_is_noticed() {
    let farm = Farm::new(1, open_or_begun).run();
    let summary = Summary::new(Default::default(), &farm.items, &farm.ledger());
    assert!(summary.result.open > 50, "{} items are open", summary.result.open);
    assert_ne!(format!("{:?}", summary.result), format!("{:?}", alone().result));
}
