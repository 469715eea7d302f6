//! A part of a list of work, so that several machines together do all of it.
//!
//! Invariant: each item is in exactly one of all shards, and its place in the list alone decides in which. A shard is every Nth item and
//! not a range, since neighbours take about the same time.

use std::{fmt, str::FromStr};

/// Shard `number` of `count`: the items of a list in the places k, from 0, with k % count == number - 1.
///
/// ```
/// use silicabac::shard::Shard;
/// let shard: Shard = "2/3".parse()?;
/// assert_eq!(shard.of(7).collect::<Vec<_>>(), [1, 4]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    count: usize,
    number: usize,
}

impl Shard {
    /// The whole list.
    pub const ALL: Shard = Shard { count: 1, number: 1 };

    /// Shard `number`, from 1, of `count`, if there is such a shard.
    pub fn new(number: usize, count: usize) -> Option<Shard> {
        (1..=count).contains(&number).then_some(Shard { count, number })
    }

    /// Whether the item at a place is in this shard.
    pub const fn has(self, place: usize) -> bool {
        place % self.count + 1 == self.number
    }

    /// The places of the items of this shard, in a list of `items` items.
    pub fn of(self, items: usize) -> impl Iterator<Item = usize> {
        (self.number - 1..items).step_by(self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/');
        let shard = numbers.and_then(|(number, count)| Shard::new(number.parse().ok()?, count.parse().ok()?));
        shard.ok_or_else(|| "it is I/N, part I of N: from 1/N to N/N, such as 2/5".into())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_item_is_in_one_shard(items in 0..200_usize, count in 1..30_usize) {
            let shards = (1..=count).map(|number| Shard { count, number });
            let mut all: Vec<usize> = shards.clone().flat_map(|shard| shard.of(items)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..items).collect::<Vec<_>>());
            for shard in shards {
                prop_assert!((0..items).filter(|place| shard.has(*place)).eq(shard.of(items)));
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_told_what_one_is() {
        for text in ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/3", "a/b", "1/99999999999999999999999"] {
            assert!(text.parse::<Shard>().unwrap_err().contains("from 1/N to N/N"), "{text}");
        }
    }
}
