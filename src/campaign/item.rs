//! The work of a campaign: a list of runs of commands.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{End, Ledger, Outcome};
use crate::shell;

/// One run of a command. Its result depends on nothing else.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name. No two items of a campaign have the same key.
    pub key: String,
    /// The program and its arguments. `silicabac` is the program that runs the campaign.
    pub command: Vec<String>,
    /// The environment variables that are set for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The part of the plan that it belongs to.
    pub part: Part,
}

/// The kinds of work in a campaign.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A core plays vectors.
    Check(Check),
    /// The search for the causes of a check's failure.
    Explain(Check),
    /// Coverage by vectors.
    Coverage,
    /// A shard of the mutants of a core.
    Mutate,
    /// Any command.
    Command,
}

/// A check of a core.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Check {
    /// The name of one of our cores, or the file of another.
    pub core: String,
    /// The value of `$VERILATOR`, if the plan sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulator: Option<String>,
    /// The seed, or the first seed of dreams.
    pub seed: u64,
}

impl Item {
    /// The command as it is typed.
    pub fn line(&self) -> String {
        let set = self.environment.iter().map(|(name, value)| format!("{name}={}", shell::word(value)));
        set.chain(self.command.iter().map(shell::word)).collect::<Vec<_>>().join(" ")
    }

    /// What similar items have in common: the core and its simulator, or the name of the command.
    pub fn kind(&self) -> String {
        match &self.part {
            Part::Check(check) | Part::Explain(check) => match &check.simulator {
                Some(simulator) => format!("{} ({simulator})", check.core),
                None => check.core.clone(),
            },
            Part::Coverage => "coverage".into(),
            Part::Mutate => self
                .key
                .rsplit_once('/')
                .and_then(|(of, _)| of.rsplit_once('/'))
                .map_or("mutate", |(of, _)| of)
                .into(),
            Part::Command => self.key.split('/').next().unwrap_or_default().into(),
        }
    }

    /// What items that take about the same time have in common: the key without its numbers.
    pub fn size(&self) -> String {
        let mut size = String::new();
        for c in self.key.chars() {
            // A digit after a letter belongs to a name such as h264.
            match (c.is_ascii_digit(), size.chars().next_back()) {
                (true, Some('#')) => {}
                (true, before) if !before.is_some_and(|before| before.is_ascii_alphanumeric()) => {
                    size.push('#')
                }
                _ => size.push(c),
            }
        }
        size
    }

    /// The same check with the search for causes.
    fn explained(&self, check: &Check) -> Item {
        let command = self.command.iter().filter(|word| *word != VERDICTS_ALONE).cloned().collect();
        Item {
            key: format!("explain/{}", self.key),
            command,
            environment: self.environment.clone(),
            part: Part::Explain(check.clone()),
        }
    }
}

/// The option of `cosim` that leaves out the causes.
pub(super) const VERDICTS_ALONE: &str = "--no-causes";

/// The checks that are repeated to find causes. For each core under each simulator, and in the order of the items, these are the checks
/// that fail in something in which no earlier check failed; at most three.
///
/// They depend on the results alone, not on which machine found them or when.
pub fn explanations(items: &[Item], ledger: &Ledger) -> Vec<Item> {
    const MOST: usize = 3;
    let mut seen: BTreeMap<String, (usize, BTreeSet<&str>)> = BTreeMap::new();
    let mut explained = Vec::new();
    for item in items {
        let Part::Check(check) = &item.part else { continue };
        let fails = |end: &&End| end.outcome == Outcome::Fail && end.findings.causes.is_empty();
        let Some(end) = ledger.end(&item.key).filter(fails) else { continue };
        let (found, known) = seen.entry(item.kind()).or_default();
        let failing = end.findings.rows.iter().filter(|row| row.failure.is_some());
        let new = failing.filter(|row| known.insert(&row.what)).count();
        // A failure without a row, such as a core that ends the process, counts as one of its own.
        let is_new = new > 0 || end.findings.rows.is_empty() && known.insert("");
        if is_new && *found < MOST {
            *found += 1;
            explained.push(item.explained(check));
        }
    }
    explained
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_differ_in_numbers_are_of_one_size() {
        for (key, size) in [
            ("core4.toml/seed-17", "core4.toml/seed-#"),
            ("encoder/seed-17/random-ways", "encoder/seed-#/random-ways"),
            ("encoder/dreams-h264-51..100", "encoder/dreams-h264-#..#"),
            ("17", "#"),
        ] {
            let (command, environment) = (Vec::new(), BTreeMap::new());
            assert_eq!(Item { key: key.into(), command, environment, part: Part::Command }.size(), size);
        }
    }
}
