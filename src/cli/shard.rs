//! `--shard I/N`: a part of what a verb does, so that several machines do all of it.
//!
//! Invariant: item number k, in the verb's own order, belongs to shard I of N if k % N == I - 1, and what comes of an item depends on
//! neither the shard nor the other items in it. So all shards together are the whole run, whoever runs them and in whatever order.

use std::{fmt, str::FromStr};

#[derive(clap::Args, Clone, Copy, Debug, Default)]
#[group(skip)]
pub(super) struct Options {
    /// Do only this part of it, such as 2/5: every fifth item, from the second on, in the order in which they are reported
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

/// Part `number` of `count`; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    number: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(number, count)| {
            Some(Shard { number: number.parse().ok()?, count: count.parse().ok()? })
        });
        let shard = numbers.filter(|Shard { number, count }| (1..=*count).contains(number));
        shard.ok_or_else(|| "it is I/N, part I of N: from 1/N to N/N, such as 2/5".into())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl Options {
    /// Whether only a part is to be done.
    pub(super) fn is_part(&self) -> bool {
        self.shard.is_some()
    }

    /// Whether an item is to be done here.
    pub(super) fn has(&self, item: usize) -> bool {
        self.shard.is_none_or(|Shard { number, count }| item % count == number - 1)
    }

    /// Those of all items that are to be done here.
    pub(super) fn of<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let numbered = items.into_iter().enumerate();
        numbered.filter(|(number, _)| self.has(*number)).map(|(_, item)| item).collect()
    }

    /// The number of the part, from 1, and how many there are.
    pub(super) fn numbers(&self) -> (usize, usize) {
        self.shard.map_or((1, 1), |Shard { number, count }| (number, count))
    }

    /// What JSON calls it, and messages.
    pub(super) fn name(&self) -> Option<String> {
        self.shard.map(|shard| shard.to_string())
    }

    /// Says in a report which part it is of.
    pub(super) fn mark(&self, mut report: serde_json::Value) -> serde_json::Value {
        if let (Some(name), Some(object)) = (self.name(), report.as_object_mut()) {
            object.insert("shard".to_owned(), name.into());
        }
        report
    }

    /// The end of a line that says what was done.
    pub(super) fn told(&self) -> String {
        self.shard.map_or_else(String::new, |shard| format!("; shard {shard}"))
    }
}

/// What to say where no item belongs to a shard, which is no error: a run may have fewer items than shards.
pub(super) const NOTHING: &str = "nothing in this shard";

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Options {
        Options { shard: Some(text.parse().unwrap()) }
    }

    #[test]
    fn each_item_is_in_one_shard() {
        let mut all: Vec<usize> = (1..=3).flat_map(|part| options(&format!("{part}/3")).of(0..10)).collect();
        assert_eq!(options("2/3").of(0..10), [1, 4, 7]);
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(Options::default().of(0..10), (0..10).collect::<Vec<_>>());
        assert!(options("12/12").of(0..10).is_empty());
    }

    #[test]
    fn what_is_no_shard_is_told_what_one_is() {
        for text in ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/3", "a/b", "1/99999999999999999999999"] {
            assert!(text.parse::<Shard>().unwrap_err().contains("from 1/N to N/N"), "{text}");
        }
    }
}
