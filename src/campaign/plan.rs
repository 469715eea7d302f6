//! The plan of a campaign, as its file describes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::item::VERDICTS_ALONE;
use super::{Check, Item, Part};
use crate::cores;
use crate::suites::{self, BUILT_IN};

/// The file `plan.toml`. `docs/campaigns.md` explains each key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// The name of the campaign.
    pub name: String,
    /// Cores that play vectors.
    pub check: Option<Checks>,
    /// Cores that are mutated.
    pub mutate: Option<Mutants>,
    /// Any commands.
    #[serde(default, rename = "command")]
    pub commands: Vec<Commands>,
    /// The limits after which it ends although not everything is done.
    #[serde(default)]
    pub budget: Budget,
}

/// Each core, under each simulator, plays all suites with each seed, and all dreams.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Checks {
    cores: Vec<String>,
    suites: Vec<String>,
    seeds: Range,
    all_ways: Option<Range>,
    waits: Vec<String>,
    simulators: Vec<String>,
    dreams: Vec<String>,
    dreams_each: u64,
    coverage: bool,
    options: Vec<String>,
}

impl Default for Checks {
    fn default() -> Checks {
        Checks {
            cores: cores::ALL.iter().map(|core| core.name.to_owned()).collect(),
            suites: BUILT_IN.map(str::to_owned).to_vec(),
            seeds: Range { first: 1, last: 1 },
            all_ways: None,
            waits: Vec::new(),
            simulators: Vec::new(),
            dreams: Vec::new(),
            dreams_each: 50,
            coverage: false,
            options: Vec::new(),
        }
    }
}

/// All mutants of each core, in shards.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mutants {
    cores: Vec<String>,
    shards: u64,
    options: Vec<String>,
}

impl Default for Mutants {
    fn default() -> Mutants {
        Mutants { cores: Checks::default().cores, shards: 8, options: Vec::new() }
    }
}

/// A command that is run several times. `{number}` in it is replaced by 1, 2 and so on, `{times}` by how often it is run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Commands {
    name: String,
    run: Vec<String>,
    #[serde(default = "once")]
    times: u64,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

fn once() -> u64 {
    1
}

/// The limits after which a campaign ends although not everything is done. Items that were not begun are reported and are no failure.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// After this many minutes no more items are begun.
    pub minutes: Option<f64>,
    /// After this many bins no more items are begun.
    pub bins: Option<u64>,
    /// The campaign ends after this many items of coverage in a row that hit nothing new.
    pub nothing_new: Option<usize>,
    /// The time limit of one item, in minutes.
    pub item_minutes: Option<f64>,
    /// Whether the campaign begins again with the following numbers once everything is done.
    pub again: bool,
}

impl Budget {
    fn check(&self) -> Result<(), PlanError> {
        // About two years.
        let is_time = |minutes: f64| (0.0..=1e6).contains(&minutes);
        for (key, minutes) in [("budget.minutes", self.minutes), ("budget.item-minutes", self.item_minutes)] {
            if minutes.is_some_and(|minutes| !is_time(minutes)) {
                return Err(invalid(key, "it is no number from 0 to 1000000"));
            }
        }
        Ok(())
    }
}

/// A range of numbers, written `FIRST..LAST` with both ends included, or a single number.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Range {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Range, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let number = |text: &str| text.trim().parse().ok().filter(|number: &u64| *number < 1 << 62);
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Range { first, last }),
            _ => Err(format!("{text:?} is no range of numbers such as \"1..100\"")),
        }
    }
}

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Range, String> {
        text.parse()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}..{}", self.first, self.last),
        }
    }
}

impl Range {
    fn count(self) -> u64 {
        self.last - self.first + 1
    }

    fn has(self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// The range of the same length for this round.
    fn in_round(self, round: u64) -> Range {
        let by = self.count().saturating_mul(round);
        Range { first: self.first.saturating_add(by), last: self.last.saturating_add(by) }
    }

    /// The range in pieces of up to `each` numbers.
    fn pieces(self, each: u64) -> impl Iterator<Item = Range> {
        let firsts =
            (0..self.count().div_ceil(each.max(1))).map(move |piece| self.first + piece * each.max(1));
        firsts.map(move |first| Range { first, last: self.last.min(first + each.max(1) - 1) })
    }
}

/// Why a plan is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It is not the TOML of a plan.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A value in it is invalid.
    #[error("{key}: {what}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// There is nothing to do.
    #[error("there is nothing in it to do: it has no [check], [mutate] or [[command]]")]
    Empty,
    /// It has more items than a campaign can have.
    #[error("it comes to more than {MOST} items; make several plans of it, or larger items (dreams-each)")]
    TooMany,
}

/// The most items of a campaign.
const MOST: usize = 1_000_000;

impl Plan {
    /// Reads the text of a plan.
    ///
    /// ```
    /// use silicabac::campaign::Plan;
    /// let plan = Plan::read("name = \"small\"\n[check]\ncores = [\"encoder\"]\nseeds = \"1..3\"")?;
    /// let keys: Vec<String> = plan.items(0)?.into_iter().map(|item| item.key).collect();
    /// assert_eq!(keys, ["encoder/seed-1", "encoder/seed-2", "encoder/seed-3"]);
    /// # Ok::<(), silicabac::campaign::PlanError>(())
    /// ```
    ///
    /// # Errors
    /// It is not a plan, or has nothing to do.
    pub fn read(text: &str) -> Result<Plan, PlanError> {
        let plan: Plan = toml::from_str(text)?;
        plan.budget.check()?;
        plan.items(0)?;
        Ok(plan)
    }

    /// The files that it names. If one of them changes, it is another campaign.
    pub fn files(&self) -> BTreeSet<&str> {
        let checks = self.check.iter();
        let cores = checks.clone().flat_map(|checks| &checks.cores).filter(|core| is_file(core));
        cores.chain(checks.flat_map(|checks| &checks.waits)).map(String::as_str).collect()
    }

    /// The items; those with the same work at different seeds are adjacent. Each round has the numbers that follow those of the round
    /// before.
    ///
    /// # Errors
    /// A value is invalid, two items have the same key, or there are too many items or none.
    pub fn items(&self, round: u64) -> Result<Vec<Item>, PlanError> {
        let mut items = Vec::new();
        if let Some(checks) = &self.check {
            checks.items(round, &mut items)?;
        }
        if let Some(mutants) = self.mutate.as_ref().filter(|_| round == 0) {
            mutants.items(&mut items)?;
        }
        for commands in &self.commands {
            commands.items(round, &mut items)?;
        }
        let mut keys = BTreeSet::new();
        if let Some(twice) = items.iter().find(|item| !keys.insert(&item.key)) {
            let what = "two items are called like this; give commands other names, and name each core once";
            return Err(PlanError::Value { key: twice.key.clone(), what: what.into() });
        }
        match items.len() {
            0 if round == 0 => Err(PlanError::Empty),
            _ => Ok(items),
        }
    }
}

fn is_file(core: &str) -> bool {
    core.ends_with(".toml")
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn invalid(key: &str, what: impl Into<String>) -> PlanError {
    PlanError::Value { key: key.into(), what: what.into() }
}

/// The cores, each one of ours or a file.
fn known<'a>(key: &str, cores: &'a [String]) -> Result<&'a [String], PlanError> {
    match cores.iter().find(|core| !is_file(core) && cores::by_name(core).is_none()) {
        None => Ok(cores),
        Some(core) => {
            let names = cores::ALL.map(|core| core.name).join(", ");
            Err(invalid(key, format!("{core:?} is none of {names}, and no FILE.toml")))
        }
    }
}

impl Checks {
    fn items(&self, round: u64, items: &mut Vec<Item>) -> Result<(), PlanError> {
        known("check.cores", &self.cores)?;
        if let Some(all_ways) = self.all_ways
            && (all_ways.last < self.seeds.first || self.seeds.last < all_ways.first)
        {
            let what = format!(
                "none of the seeds {} is in {all_ways}: no vector would be played in all ways",
                self.seeds
            );
            return Err(invalid("check.all-ways", what));
        }
        let seeds = self.seeds.in_round(round);
        let dreams = self.dreams.iter().map(|dream| Dreams::read(dream)).collect::<Result<Vec<_>, _>>()?;
        let simulators: Vec<Option<&String>> = match self.simulators.is_empty() {
            true => vec![None],
            false => self.simulators.iter().map(Some).collect(),
        };
        let waits: Vec<Option<&String>> = std::iter::once(None).chain(self.waits.iter().map(Some)).collect();
        let dreamt = dreams.iter().map(|dreams| dreams.of.count().div_ceil(self.dreams_each.max(1)));
        let sources = seeds.count().saturating_mul(waits.len() as u64).saturating_add(dreamt.sum());
        if sources.saturating_mul((self.cores.len() * simulators.len()) as u64) > MOST as u64 {
            return Err(PlanError::TooMany);
        }
        let mut sources = Vec::new();
        for waits in waits {
            for seed in seeds.first..=seeds.last {
                let vectors = words(["--seed", &seed.to_string(), "--suite", &self.suites.join(",")]);
                let is_in_all_ways = self.all_ways.is_none_or(|seeds| seeds.has(seed));
                let (name, ways) = match waits {
                    Some(waits) => (format!("seed-{seed}/{waits}"), words(["--waits", waits])),
                    None if is_in_all_ways => (format!("seed-{seed}"), Vec::new()),
                    None => (format!("seed-{seed}/random-ways"), words(["--random-ways"])),
                };
                sources.push(Source { name, seed, vectors, ways, is_covered: waits.is_none() });
            }
        }
        for Dreams { standard, of, features } in dreams {
            for piece in of.in_round(round).pieces(self.dreams_each) {
                let Range { first, last } = piece;
                let dream = format!("{standard}:{first}..{last}{features}");
                let name = format!("dreams-{}", dream.replace(':', "-"));
                let seed = piece.first.to_string();
                let vectors = words(["--seed", &seed, "--dream", &dream]);
                sources.push(Source { name, seed: piece.first, vectors, ways: Vec::new(), is_covered: true });
            }
        }
        for core in &self.cores {
            for simulator in &simulators {
                for Source { name, seed, vectors, ways, .. } in &sources {
                    let of = simulator.map_or(String::new(), |simulator| format!("{simulator}/"));
                    let mut command = words(["silicabac", "cosim", "--core", core]);
                    command.extend(vectors.iter().chain(ways).chain(&self.options).cloned());
                    command.extend(words(["--jobs", "1", "--format", "json"]));
                    // The failures of our own cores are always shrunk; no more can be found out about them.
                    command.extend(is_file(core).then(|| VERDICTS_ALONE.to_owned()));
                    let simulator = simulator.cloned();
                    items.push(Item {
                        key: format!("{core}/{of}{name}"),
                        command,
                        environment: simulator
                            .iter()
                            .map(|path| ("VERILATOR".into(), path.clone()))
                            .collect(),
                        part: Part::Check(Check { core: core.clone(), simulator, seed: *seed }),
                    });
                }
            }
        }
        if self.coverage {
            let covered = sources.into_iter().filter(|source| source.is_covered);
            items.extend(covered.map(|Source { name, vectors, .. }| {
                let (verb, rest) =
                    (words(["silicabac", "vectors", "coverage"]), words(["--goal", "0", "--format", "json"]));
                Item {
                    key: format!("coverage/{name}"),
                    command: [verb, vectors, rest].concat(),
                    environment: BTreeMap::new(),
                    part: Part::Coverage,
                }
            }));
        }
        Ok(())
    }
}

/// The vectors with which each core is checked in one item.
struct Source {
    name: String,
    seed: u64,
    /// The options that select the vectors.
    vectors: Vec<String>,
    /// The options that set how they are played.
    ways: Vec<String>,
    /// Whether an item measures the coverage of the vectors.
    is_covered: bool,
}

/// Dreams, as `cosim --dream` names them, cut into pieces.
struct Dreams<'a> {
    standard: &'a str,
    of: Range,
    /// The features, with a colon before them.
    features: &'a str,
}

impl Dreams<'_> {
    fn read(text: &str) -> Result<Dreams<'_>, PlanError> {
        let wrong = |what: String| invalid("check.dreams", format!("{text:?}: {what}"));
        text.parse::<suites::Dreams>().map_err(wrong)?;
        let (standard, rest) = text.split_once(':').unwrap_or((text, ""));
        let (range, features) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
        Ok(Dreams { standard, of: range.parse().map_err(wrong)?, features })
    }
}

impl Mutants {
    fn items(&self, items: &mut Vec<Item>) -> Result<(), PlanError> {
        if let Some(core) = known("mutate.cores", &self.cores)?.iter().find(|core| is_file(core)) {
            return Err(invalid("mutate.cores", format!("{core:?}: only cores of this project are mutated")));
        }
        for core in &self.cores {
            for shard in 1..=self.shards.max(1) {
                let shard = format!("{shard}/{}", self.shards.max(1));
                let mut command = words(["silicabac", "mutate", "--core", core, "--shard", &shard]);
                command.extend(self.options.iter().cloned());
                command.extend(words(["--jobs", "1", "--format", "json"]));
                items.push(Item {
                    key: format!("mutate/{core}/{shard}"),
                    command,
                    environment: BTreeMap::new(),
                    part: Part::Mutate,
                });
            }
        }
        Ok(())
    }
}

impl Commands {
    fn items(&self, round: u64, items: &mut Vec<Item>) -> Result<(), PlanError> {
        if self.run.is_empty() {
            return Err(invalid("command.run", format!("{:?} has no words", self.name)));
        }
        if self.times as usize > MOST {
            return Err(PlanError::TooMany);
        }
        let numbers = Range { first: 1, last: self.times.max(1) }.in_round(round);
        // Without a number in its words, the command is the same in each round.
        let is_numbered =
            self.run.iter().chain(self.environment.values()).any(|word| word.contains("{number}"));
        if round > 0 && !is_numbered {
            return Ok(());
        }
        for number in numbers.first..=numbers.last {
            let filled = |word: &String| {
                word.replace("{number}", &number.to_string()).replace("{times}", &self.times.to_string())
            };
            let environment = self.environment.iter().map(|(name, value)| (name.clone(), filled(value)));
            items.push(Item {
                key: if self.times > 1 || round > 0 {
                    format!("{}/{number}", self.name)
                } else {
                    self.name.clone()
                },
                command: self.run.iter().map(filled).collect(),
                environment: environment.collect(),
                part: Part::Command,
            });
        }
        Ok(())
    }
}
