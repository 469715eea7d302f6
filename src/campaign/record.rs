//! The records of a campaign: which machine began which item, and how it ended.

use serde::{Deserialize, Serialize};

use super::Findings;

/// A line in a file of results.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// An item begins.
    Begin {
        /// Its key.
        key: String,
        /// The name of the machine.
        host: String,
    },
    /// An item was begun and is released, because the process that did it was told to end.
    Released {
        /// Its key.
        key: String,
    },
    /// An item has ended.
    End(Box<End>),
    /// A process begins no more items, for this reason.
    Stopped {
        /// The reason.
        why: String,
    },
}

/// How an item ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct End {
    /// Its key.
    pub key: String,
    /// The name of the machine.
    pub host: String,
    /// The time at which it began, in seconds since 1970.
    pub began: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The largest memory that one of its processes used, in MiB.
    pub memory: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Its results.
    #[serde(default)]
    pub findings: Findings,
}

/// The outcome of an item.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything was equal.
    Pass,
    /// There was a mismatch, or a goal was missed.
    Fail,
    /// The item could not do its work, for this reason.
    Error(String),
}

impl End {
    /// Whether two runs of an item have the same result, whatever machine ran them and however long they took.
    pub fn agrees_with(&self, other: &End) -> bool {
        (&self.key, &self.outcome, &self.findings) == (&other.key, &other.outcome, &other.findings)
    }
}

impl Record {
    /// The line with its line break.
    pub fn to_line(&self) -> String {
        // It consists of text, numbers and lists of these alone.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// The complete lines of a file, and the number of incomplete ones: a process may be killed within a line, and a file system may leave
    /// a hole in place of one.
    pub fn read_all(file: &[u8]) -> (Vec<Record>, usize) {
        let (mut records, mut torn) = (Vec::new(), 0);
        for line in file.split_inclusive(|byte| *byte == b'\n') {
            let whole = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok());
            match whole {
                Some(record) => records.push(record),
                None => torn += 1,
            }
        }
        (records, torn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_whole_or_absent() {
        let records = [
            Record::Begin { key: "a".into(), host: "\"x\"\n".into() },
            Record::Released { key: "a".into() },
            Record::Stopped { why: "time".into() },
        ];
        let file: String = records.iter().map(Record::to_line).collect();
        let ends: Vec<usize> = file.match_indices('\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=file.len() {
            let (read, torn) = Record::read_all(&file.as_bytes()[..cut]);
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(read, records[..whole]);
            assert_eq!(torn, usize::from(cut > 0 && !ends.contains(&cut)));
        }
    }
}
