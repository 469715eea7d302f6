//! The report on mutants, as tables and as JSON.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write},
};

use serde::{Deserialize, Serialize};

use super::{Fate, Of, Outcome, Pace, Proof, memory};
use crate::json;

/// The results of a whole run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The number of mutants that were asked for of each netlist.
    pub count: usize,
    /// If given, only this many of these, and of the bits of the tables, were played.
    pub sample: Option<usize>,
    /// The seed of the random choices.
    pub seed: u32,
    /// The suites, in the order in which they were played.
    pub suites: Vec<String>,
    /// The versions of all programs.
    pub tools: String,
    /// The mutants of each core with their fates.
    pub cores: Vec<CoreReport>,
}

/// The fates of the mutants of a core, with the digests of what they depend on.
#[derive(Clone, Debug)]
pub struct CoreReport {
    /// The name of the core.
    pub core: String,
    /// The digests of what was played and proved.
    pub digests: Digests,
    /// Each mutant with its fate.
    pub outcomes: Vec<Outcome>,
}

/// Digests of what verdicts depend on, each the first half of a SHA-256 in hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The netlist, without the places in files that it comes from.
    pub netlist: String,
    /// What a mutant is proved equal by.
    pub proof: String,
    /// All vectors, the ways in which they are played, and the seed of the stalls.
    pub played: String,
}

/// The number of mutants of a kind by fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The core.
    pub core: String,
    /// `netlist` or `tables`.
    pub of: Of,
    /// All mutants.
    pub mutants: usize,
    /// The number that each suite killed of those that the suites before it left.
    pub killed: Vec<usize>,
    /// The number that only take another number of clocks.
    pub paced: usize,
    /// The number that are proved equal.
    pub proved: usize,
    /// The number that are proved equal unless a run has 2^19 bits or a slice 2^21.
    pub proved_if_short: usize,
    /// The number that are explained.
    pub explained: usize,
    /// The number that survive without an explanation.
    pub survived: usize,
}

/// The JSON of a report. The verdicts of a core are grouped, since a few vectors kill most mutants.
#[derive(Serialize, Deserialize)]
struct JsonReport {
    pass: bool,
    count: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sample: Option<usize>,
    seed: u32,
    tools: String,
    suites: Vec<String>,
    #[serde(skip_deserializing)]
    tallies: Vec<Tally>,
    cores: Vec<JsonCore>,
}

#[derive(Serialize, Deserialize)]
struct JsonCore {
    core: String,
    #[serde(flatten)]
    digests: Digests,
    fates: Vec<Group>,
}

/// All mutants with the same fate.
#[derive(Serialize, Deserialize)]
struct Group {
    #[serde(flatten)]
    fate: Fate,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    netlist: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tables: Vec<String>,
}

/// Reports that are not of the same run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// Their mutants or their suites differ.
    #[error(
        "these reports are of other mutants or other suites: count, sample, seed and suites have to be the same"
    )]
    OtherRun,
    /// The netlist, the proof or the vectors differ.
    #[error("these reports are of another state of {core}, or of other vectors")]
    OtherState {
        /// The core.
        core: String,
    },
    /// A mutant has different fates in them.
    #[error("these reports differ in the fate of {mutant} of {core}")]
    OtherFate {
        /// The core.
        core: String,
        /// The mutant.
        mutant: String,
    },
}

/// Sorts outcomes by their content alone: mutants of the netlist come first, then the order is by name.
pub(super) fn in_order(outcomes: &mut [Outcome]) {
    outcomes.sort_by(|a, b| key(a).cmp(&key(b)));
}

fn key(outcome: &Outcome) -> (bool, &str) {
    (outcome.of == Of::Tables, memory::short(&outcome.mutant))
}

impl Report {
    /// Adds another report of the same run: other cores, or other [shards](crate::shard::Shard) of their mutants. The reports of all
    /// shards, merged in any order, are the report of the whole run.
    ///
    /// # Errors
    /// [`MergeError`]; the core that differs and the cores after it are then not added.
    pub fn merge(&mut self, other: Report) -> Result<(), MergeError> {
        let run = |report: &Report| (report.count, report.sample, report.seed);
        if run(self) != run(&other) || self.suites != other.suites {
            return Err(MergeError::OtherRun);
        }
        for found in other.cores {
            match self.cores.iter_mut().find(|known| known.core == found.core) {
                Some(known) => known.merge(found)?,
                None => self.cores.push(found),
            }
        }
        Ok(())
    }

    /// Whether every mutant was killed, proved equal, paced or explained.
    pub fn passed(&self) -> bool {
        self.tallies().iter().all(|tally| tally.survived == 0)
    }

    /// Replaces what is known of the mutants of a core.
    pub fn put(&mut self, found: CoreReport) {
        match self.cores.iter_mut().find(|known| known.core == found.core) {
            Some(known) => *known = found,
            None => self.cores.push(found),
        }
    }

    /// A tally for the netlist and one for the tables of each core.
    pub fn tallies(&self) -> Vec<Tally> {
        let of = |report: &CoreReport, of: Of| {
            let outcomes = report.outcomes.iter().filter(|outcome| outcome.of == of);
            let fates: Vec<&Fate> = outcomes.map(|outcome| &outcome.fate).collect();
            let count = |is: &dyn Fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
            let killed_by =
                |suite: &String| count(&|fate| matches!(fate, Fate::Killed(kill) if kill.suite == *suite));
            Tally {
                core: report.core.clone(),
                of,
                mutants: fates.len(),
                killed: self.suites.iter().map(killed_by).collect(),
                paced: count(&|fate| matches!(fate, Fate::Paced(_))),
                proved: count(&|fate| *fate == Fate::Proved { proof: Proof::Equal }),
                proved_if_short: count(&|fate| *fate == Fate::Proved { proof: Proof::EqualIfShort }),
                explained: count(&|fate| matches!(fate, Fate::Explained { .. })),
                survived: count(&|fate| *fate == Fate::Survived),
            }
        };
        self.cores.iter().flat_map(|report| Of::ALL.map(|kind| of(report, kind))).collect()
    }

    /// A JSON object with the tallies and every mutant, from which [`Report::from_json`] restores the report.
    pub fn to_json(&self) -> serde_json::Value {
        let Report { count, sample, seed, ref tools, ref suites, ref cores } = *self;
        let core = |report: &CoreReport| JsonCore {
            core: report.core.clone(),
            digests: report.digests.clone(),
            fates: groups(&report.outcomes),
        };
        serde_json::json!(JsonReport {
            pass: self.passed(),
            count,
            sample,
            seed,
            tools: tools.clone(),
            suites: suites.clone(),
            tallies: self.tallies(),
            cores: cores.iter().map(core).collect(),
        })
    }

    /// Reads the JSON of [`Report::to_json`].
    ///
    /// # Errors
    /// The text is not JSON, has a key twice, or is not such a report.
    pub fn from_json(text: &[u8]) -> Result<Report, serde_json::Error> {
        let JsonReport { count, sample, seed, tools, suites, cores, .. } = json::read(text)?;
        let core = |JsonCore { core, digests, fates }: JsonCore| {
            let outcomes = fates.into_iter().flat_map(Group::outcomes).collect();
            CoreReport { core, digests, outcomes }
        };
        Ok(Report { count, sample, seed, tools, suites, cores: cores.into_iter().map(core).collect() })
    }

    /// A table of the tallies, and every mutant that was not killed.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string never fails.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Mutants of the cores, and what the published vectors make of them\n")?;
        let sample = self.sample.map(|sample| format!(", {sample} of each kind")).unwrap_or_default();
        writeln!(
            out,
            "`silicabac mutate --count {} --seed {}`{sample}; {}. [docs/mutation.md](../docs/mutation.md) says what \
             the columns mean.\n",
            self.count, self.seed, self.tools
        )?;
        write!(out, "| core | mutants of | mutants |")?;
        self.suites.iter().try_for_each(|suite| write!(out, " killed by `{suite}` |"))?;
        writeln!(out, " by pace | proved equal | equal if short | explained | unexplained |")?;
        writeln!(out, "| --- | --- |{}", " ---: |".repeat(6 + self.suites.len()))?;
        for tally in self.tallies() {
            write!(out, "| {} | {} | {} |", tally.core, tally.of.name(), tally.mutants)?;
            tally.killed.iter().try_for_each(|killed| write!(out, " {killed} |"))?;
            let Tally { paced, proved, proved_if_short, explained, survived, .. } = tally;
            writeln!(out, " {paced} | {proved} | {proved_if_short} | {explained} | {survived} |")?;
        }
        self.cores.iter().try_for_each(|report| write_survivors(out, report))
    }
}

impl CoreReport {
    fn merge(&mut self, other: CoreReport) -> Result<(), MergeError> {
        if self.digests != other.digests {
            return Err(MergeError::OtherState { core: other.core });
        }
        let known: HashMap<(bool, &str), &Fate> =
            self.outcomes.iter().map(|outcome| (key(outcome), &outcome.fate)).collect();
        let mut new = Vec::new();
        for outcome in other.outcomes {
            match known.get(&key(&outcome)) {
                None => new.push(outcome),
                Some(fate) if **fate == outcome.fate => {}
                Some(_) => return Err(MergeError::OtherFate { core: other.core, mutant: outcome.mutant }),
            }
        }
        self.outcomes.extend(new);
        in_order(&mut self.outcomes);
        Ok(())
    }
}

/// The place and title of the section for a fate; `None` for mutants that a vector kills.
fn section(fate: &Fate) -> Option<(u8, &'static str)> {
    match fate {
        Fate::Killed(_) => None,
        Fate::Survived => Some((0, "nobody knows why they survive")),
        Fate::Explained { .. } => Some((1, "explained by hand")),
        Fate::Paced(_) => Some((2, "right, but in another number of clocks")),
        Fate::Proved { proof: Proof::EqualIfShort } => {
            Some((3, "proved equal unless a run of outstanding bits has 2^19 bits, or a slice 2^21"))
        }
        Fate::Proved { proof: Proof::Equal } => Some((4, "proved equal in all that the contract allows")),
    }
}

fn write_survivors(out: &mut String, report: &CoreReport) -> fmt::Result {
    let mut sections: BTreeMap<(u8, &str), Vec<&Outcome>> = BTreeMap::new();
    for outcome in &report.outcomes {
        if let Some(section) = section(&outcome.fate) {
            sections.entry(section).or_default().push(outcome);
        }
    }
    for ((_, title), of_it) in sections {
        writeln!(out, "\n## {}: {title}\n", report.core)?;
        for outcome in of_it {
            match &outcome.fate {
                Fate::Paced(Pace { suite, stalls, clocks, right }) => writeln!(
                    out,
                    "- `{}`: suite {suite}, stalls: {stalls}: {clocks} clocks, not {right}",
                    outcome.mutant
                )?,
                Fate::Explained { reason } => writeln!(out, "- `{}`: {reason}", outcome.mutant)?,
                _ => writeln!(out, "- `{}`", outcome.mutant)?,
            }
        }
    }
    Ok(())
}

/// The outcomes by fate, in the order in which each fate first occurs. Killed mutants, which are nearly all, are listed without their
/// places in the sources.
fn groups(outcomes: &[Outcome]) -> Vec<Group> {
    let mut places: HashMap<&Fate, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for Outcome { mutant, of, fate } in outcomes {
        let place = *places.entry(fate).or_insert_with(|| {
            groups.push(Group { fate: fate.clone(), netlist: Vec::new(), tables: Vec::new() });
            groups.len() - 1
        });
        let name = if let Fate::Killed(_) = fate { memory::short(mutant) } else { mutant };
        match of {
            Of::Netlist => groups[place].netlist.push(name.to_owned()),
            Of::Tables => groups[place].tables.push(name.to_owned()),
        }
    }
    groups
}

impl Group {
    fn outcomes(self) -> impl Iterator<Item = Outcome> {
        let Group { fate, netlist, tables } = self;
        let named = netlist.into_iter().map(|mutant| (Of::Netlist, mutant));
        let named = named.chain(tables.into_iter().map(|mutant| (Of::Tables, mutant)));
        named.map(move |(of, mutant)| Outcome { mutant, of, fate: fate.clone() })
    }
}
