//! What is in a stream, in numbers.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::bin::{Event, Tail};
use crate::context::CONTEXTS;
use crate::observed::Observer;

/// What is in a stream, or in a part of it. The numbers of parts can be added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Info {
    /// Its bytes.
    pub bytes: u64,
    /// NAL units, by type.
    pub units: BTreeMap<&'static str, u64>,
    /// Sequence parameter sets, by profile and level.
    pub sequences: BTreeMap<String, u64>,
    /// Slices with CABAC, or slice segments, by the format of their pictures.
    pub pictures: BTreeMap<String, u64>,
    /// Slices with CABAC, or slice segments, by slice_type.
    pub slices: BTreeMap<&'static str, u64>,
    /// Slices of a kind that is passed through and not read, by the kind.
    pub passed_through: BTreeMap<String, u64>,
    /// Parameter sets that cannot be read to their end, but of which all can be read that slices depend on, by the reason.
    pub tolerated: BTreeMap<String, u64>,
    /// How many slices and parameter sets cannot be read.
    pub damaged: u64,
    /// The first of these, up to a hundred.
    pub first_damaged: Vec<Damaged>,
    /// Macroblocks of the slices with CABAC, by mb_type.
    pub macroblocks: BTreeMap<String, u64>,
    /// Coding units of the slice segments, by prediction mode and partition.
    pub coding_units: BTreeMap<String, u64>,
    /// The bins of slice data.
    pub bins: Bins,
    /// How many bins were coded with each context variable.
    pub contexts: Contexts,
}

/// A NAL unit that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// Its number in the stream.
    pub nal_unit: u64,
    /// The byte of the stream at which its header begins.
    pub offset: u64,
    /// The number of the slice in the stream, if it is one.
    pub slice: Option<u64>,
    /// What is wrong with it.
    pub error: String,
}

const MOST_DAMAGED: usize = 100;

/// How many bins were coded with each context variable, by ctxIdx; in JSON only those that were used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contexts(Vec<u64>);

impl Contexts {
    /// No bin yet of any context variable.
    fn all() -> Contexts {
        Contexts(vec![0; CONTEXTS])
    }

    fn add(&mut self, other: Contexts) {
        if self.0.is_empty() {
            *self = other;
        } else {
            self.0.iter_mut().zip(other.0).for_each(|(bins, more)| *bins += more);
        }
    }

    /// How many context variables were used.
    pub fn used(&self) -> usize {
        self.0.iter().filter(|bins| **bins > 0).count()
    }
}

impl Serialize for Contexts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().enumerate().filter(|(_, bins)| **bins > 0))
    }
}

/// Bins, by how they are coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bins {
    /// Context bins.
    pub context: u64,
    /// Bypass bins.
    pub bypass: u64,
    /// Terminate bins: end_of_slice_flag, the bin of mb_type that says I_PCM, and their like.
    pub terminate: u64,
}

impl Bins {
    /// All of them.
    pub const fn total(self) -> u64 {
        self.context + self.bypass + self.terminate
    }
}

/// The observer that counts bins.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) bins: Bins,
    pub(crate) contexts: Contexts,
}

impl Default for Counter {
    fn default() -> Counter {
        Counter { bins: Bins::default(), contexts: Contexts::all() }
    }
}

impl<C> Observer<C> for Counter {
    fn after(&mut self, _: &C, coded: Event) {
        match coded {
            Event::Context { ctx, .. } => {
                self.bins.context += 1;
                self.contexts.0[ctx.get()] += 1;
            }
            Event::Bypass { .. } => self.bins.bypass += 1,
            Event::Terminate { .. } => self.bins.terminate += 1,
            _ => {}
        }
    }
}

impl Info {
    /// Adds a unit that cannot be read.
    pub(crate) fn add_damaged(&mut self, damaged: Damaged) {
        self.damaged += 1;
        self.first_damaged.push(damaged);
    }

    /// Adds the bins that were counted in slice data.
    pub(crate) fn add_counted(&mut self, counter: Counter) {
        self.contexts.add(counter.contexts);
        self.bins.context += counter.bins.context;
        self.bins.bypass += counter.bins.bypass;
        self.bins.terminate += counter.bins.terminate;
    }

    /// Adds the numbers of another part.
    pub fn add(&mut self, other: Info) {
        fn add<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
            from.into_iter().for_each(|(key, count)| *to.entry(key).or_default() += count);
        }
        self.bytes += other.bytes;
        add(&mut self.units, other.units);
        add(&mut self.sequences, other.sequences);
        add(&mut self.pictures, other.pictures);
        add(&mut self.slices, other.slices);
        add(&mut self.passed_through, other.passed_through);
        add(&mut self.tolerated, other.tolerated);
        add(&mut self.macroblocks, other.macroblocks);
        add(&mut self.coding_units, other.coding_units);
        self.damaged += other.damaged;
        let room = MOST_DAMAGED - self.first_damaged.len();
        self.first_damaged.extend(other.first_damaged.into_iter().take(room));
        self.add_counted(Counter { bins: other.bins, contexts: other.contexts });
    }
}

/// A note on bytes after the end of a slice that are no cabac_zero_words, if there are any.
pub fn left_over(tail: &Tail<'_>) -> Option<String> {
    let is_zero = tail.bytes.iter().all(|byte| *byte == 0);
    (!is_zero).then(|| format!("{} bytes follow the end of the slice", tail.bytes.len()))
}
