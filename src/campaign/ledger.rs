//! The ledger: what has been done in a campaign.

use std::collections::{BTreeMap, BTreeSet};

use super::{End, Item, Outcome, Record};
use crate::shard::Shard;

/// How often an item is begun and lost, or cannot do its work, before it is given up.
pub const TRIES: usize = 3;

/// Everything that the lines of all files say. It does not depend on the order of the lines, and where it matters, a line that occurs
/// twice, in two files or in one, counts once.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    of: BTreeMap<String, Entry>,
    stopped: BTreeSet<String>,
    torn: usize,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    begun: BTreeMap<String, usize>,
    released: usize,
    /// The ends of the item, in the order in which its runs began. Of ends that agree, only the first one counts; the others are kept for
    /// the statistics of machines.
    ends: Vec<End>,
}

/// The state of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State<'a> {
    /// It is still to be done: nobody has done it, or nobody has finished it.
    Open,
    /// It passed or failed.
    Done(&'a End),
    /// It has failed to do its work so often that it is not tried again.
    GivenUp(Option<&'a End>),
}

impl Ledger {
    /// Takes all lines of a file.
    pub fn take(&mut self, file: &[u8]) {
        let (records, torn) = Record::read_all(file);
        self.torn += torn;
        records.into_iter().for_each(|record| self.add(record));
    }

    /// Takes a line.
    pub fn add(&mut self, record: Record) {
        match record {
            Record::Begin { key, host } => *self.entry(key).begun.entry(host).or_default() += 1,
            Record::Released { key } => self.entry(key).released += 1,
            Record::End(end) => {
                let ends = &mut self.entry(end.key.clone()).ends;
                let before = |other: &End| (other.began, &other.host) < (end.began, &end.host);
                let place = ends.partition_point(before);
                ends.insert(place, *end);
            }
            Record::Stopped { why } => drop(self.stopped.insert(why)),
        }
    }

    fn entry(&mut self, key: String) -> &mut Entry {
        self.of.entry(key).or_default()
    }

    /// The end of an item that passed or failed. If runs disagree, a failing one counts.
    pub fn end(&self, key: &str) -> Option<&End> {
        let ends = &self.of.get(key)?.ends;
        let with = |outcome: Outcome| ends.iter().find(|end| end.outcome == outcome);
        with(Outcome::Fail).or_else(|| with(Outcome::Pass))
    }

    /// The state of an item.
    pub fn state(&self, key: &str) -> State<'_> {
        if let Some(end) = self.end(key) {
            return State::Done(end);
        }
        match self.of.get(key) {
            // A run in progress looks like a lost one, and counts as a try.
            Some(entry) if entry.lost() + entry.ends.len() >= TRIES => State::GivenUp(entry.ends.first()),
            _ => State::Open,
        }
    }

    /// The items that a shard still has to do, as indices: those of its own that are open. Each line belongs to the item that it names, so
    /// a shard needs only its own lines.
    ///
    /// ```
    /// use silicabac::{campaign::{Ledger, Plan}, shard::Shard};
    /// let items = Plan::read("name = \"small\"\n[check]\ncores = [\"encoder\"]\nseeds = \"1..5\"")?.items(0)?;
    /// let second: Shard = "2/2".parse()?;
    /// assert_eq!(Ledger::default().open(&items, second).collect::<Vec<_>>(), [1, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(&self, items: &[Item], shard: Shard) -> impl Iterator<Item = usize> {
        shard.of(items.len()).filter(|place| self.state(&items[*place].key) == State::Open)
    }

    /// Whether an item was ever begun.
    pub fn is_known(&self, key: &str) -> bool {
        self.of.contains_key(key)
    }

    /// All ends of an item, in the order in which they began.
    pub fn ends(&self, key: &str) -> &[End] {
        self.of.get(key).map_or(&[], |entry| &entry.ends)
    }

    /// How often an item was begun on each machine.
    pub fn begun(&self, key: &str) -> impl Iterator<Item = (&str, usize)> {
        self.of
            .get(key)
            .into_iter()
            .flat_map(|entry| entry.begun.iter().map(|(host, count)| (host.as_str(), *count)))
    }

    /// How often an item was begun and neither ended nor was released.
    pub fn lost(&self, key: &str) -> usize {
        self.of.get(key).map_or(0, Entry::lost)
    }

    /// The reasons why a process began no more items.
    pub fn stopped(&self) -> impl Iterator<Item = &str> {
        self.stopped.iter().map(String::as_str)
    }

    /// The number of incomplete lines.
    pub fn torn(&self) -> usize {
        self.torn
    }
}

impl Entry {
    fn lost(&self) -> usize {
        self.begun.values().sum::<usize>().saturating_sub(self.released + self.ends.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn end(key: &str, host: &str, began: f64, outcome: Outcome) -> Record {
        let (key, host) = (key.into(), host.into());
        let findings = Default::default();
        Record::End(Box::new(End { key, host, began, seconds: 1.0, memory: 1, outcome, findings }))
    }

    fn some_record() -> impl Strategy<Value = Record> {
        let (key, host) = ("[ab]", "[xyz]");
        let outcome = prop_oneof![Just(Outcome::Pass), Just(Outcome::Fail), Just(Outcome::Error("e".into()))];
        prop_oneof![
            (key, host).prop_map(|(key, host)| Record::Begin { key, host }),
            key.prop_map(|key| Record::Released { key }),
            (key, host, 0..4_u8, outcome).prop_map(|(key, host, began, outcome)| end(
                &key,
                &host,
                began.into(),
                outcome
            )),
        ]
    }

    proptest! {
        #[test]
        fn a_ledger_does_not_depend_on_the_order_of_its_lines(
            records in prop::collection::vec(some_record(), 0..12),
            turn in 0..12_usize,
        ) {
            let of = |records: &[Record]| {
                let mut ledger = Ledger::default();
                records.iter().for_each(|record| ledger.add(record.clone()));
                ledger
            };
            let mut turned = records.clone();
            turned.rotate_left(turn.min(records.len()));
            turned.reverse();
            let (one, other) = (of(&records), of(&turned));
            for key in ["a", "b"] {
                prop_assert_eq!(
                    one.end(key).map(|end| (&end.outcome, end.began)),
                    other.end(key).map(|end| (&end.outcome, end.began))
                );
                prop_assert_eq!(one.lost(key), other.lost(key));
                prop_assert_eq!(
                    matches!(one.state(key), State::GivenUp(_)),
                    matches!(other.state(key), State::GivenUp(_))
                );
            }
        }
    }

    #[test]
    fn an_item_is_given_up_that_ends_whoever_does_it() {
        let mut ledger = Ledger::default();
        let begin = || Record::Begin { key: "a".into(), host: "x".into() };
        for _ in 0..TRIES {
            assert_eq!(ledger.state("a"), State::Open);
            ledger.add(begin());
        }
        assert_eq!(ledger.state("a"), State::GivenUp(None));
        // A run that was released does not count as a try.
        ledger.add(Record::Released { key: "a".into() });
        assert_eq!(ledger.state("a"), State::Open);
        ledger.add(end("a", "x", 0.0, Outcome::Pass));
        assert!(matches!(ledger.state("a"), State::Done(_)));
    }
}
