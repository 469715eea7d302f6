//! What became of all mutants, for people and for machines.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use serde::Serialize;

use super::{Fate, Kill, Mutant, Outcome, Pace, Proof};
use crate::cores::CoreSpec;

/// A whole run.
#[derive(Clone, Debug)]
pub struct Report {
    /// So many mutants of each netlist were asked for.
    pub count: usize,
    /// Only so many of these, and of the bits of the tables, were played.
    pub sample: Option<usize>,
    /// What was random.
    pub seed: u32,
    /// The suites, in the order in which they were played.
    pub suites: Vec<String>,
    /// The versions of all programs.
    pub tools: String,
    /// What became of the mutants of each core.
    pub cores: Vec<(&'static CoreSpec, Vec<Outcome>)>,
}

/// What became of the mutants of a kind, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The core.
    pub core: &'static str,
    /// `netlist` or `tables`.
    pub of: &'static str,
    /// All.
    pub mutants: usize,
    /// Those that each suite killed, of what was left for it.
    pub killed: Vec<usize>,
    /// Those that only take another number of clocks.
    pub paced: usize,
    /// Those that are proved equal.
    pub proved: usize,
    /// Those that are proved equal unless a run or a slice has 2^18 bits.
    pub proved_if_short: usize,
    /// Those that are explained.
    pub explained: usize,
    /// Those that nobody explains.
    pub survived: usize,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    pass: bool,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<usize>,
    seed: u32,
    tools: &'a str,
    suites: &'a [String],
    tallies: Vec<Tally>,
    mutants: Vec<JsonMutant<'a>>,
}

#[derive(Serialize)]
struct JsonMutant<'a> {
    core: &'static str,
    mutant: String,
    fate: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stalls: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Report {
    /// Whether every mutant was killed, proved equal or explained.
    pub fn passed(&self) -> bool {
        self.tallies().iter().all(|tally| tally.survived == 0)
    }

    /// A tally for the netlist and one for the tables of each core.
    pub fn tallies(&self) -> Vec<Tally> {
        let of = |core: &CoreSpec, outcomes: &[Outcome], of: &'static str| {
            let is_of = |outcome: &&Outcome| matches!(outcome.mutant, Mutant::Table(_)) == (of == "tables");
            let fates: Vec<&Fate> = outcomes.iter().filter(is_of).map(|outcome| &outcome.fate).collect();
            let count = |is: &dyn Fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
            let killed_by =
                |suite: &String| count(&|fate| matches!(fate, Fate::Killed(kill) if kill.suite == *suite));
            Tally {
                core: core.name,
                of,
                mutants: fates.len(),
                killed: self.suites.iter().map(killed_by).collect(),
                paced: count(&|fate| matches!(fate, Fate::Paced(_))),
                proved: count(&|fate| *fate == Fate::Proved(Proof::Equal)),
                proved_if_short: count(&|fate| *fate == Fate::Proved(Proof::EqualIfShort)),
                explained: count(&|fate| matches!(fate, Fate::Explained(_))),
                survived: count(&|fate| *fate == Fate::Survived),
            }
        };
        let both = |(core, outcomes): &(&'static CoreSpec, Vec<Outcome>)| {
            [of(core, outcomes, "netlist"), of(core, outcomes, "tables")]
        };
        self.cores.iter().flat_map(both).collect()
    }

    /// An object with the tallies and every mutant, but for the bits of tables that are killed: these would be most of it.
    pub fn to_json(&self) -> serde_json::Value {
        let is_listed = |outcome: &&Outcome| {
            !matches!((&outcome.mutant, &outcome.fate), (Mutant::Table(_), Fate::Killed(_)))
        };
        let mutants = self.cores.iter().flat_map(|(core, outcomes)| {
            outcomes.iter().filter(is_listed).map(|outcome| JsonMutant::new(core, outcome))
        });
        serde_json::json!(JsonReport {
            pass: self.passed(),
            count: self.count,
            sample: self.sample,
            seed: self.seed,
            tools: &self.tools,
            suites: &self.suites,
            tallies: self.tallies(),
            mutants: mutants.collect(),
        })
    }

    /// The tallies as a table, and every mutant that was not killed.
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
            write!(out, "| {} | {} | {} |", tally.core, tally.of, tally.mutants)?;
            tally.killed.iter().try_for_each(|killed| write!(out, " {killed} |"))?;
            let Tally { paced, proved, proved_if_short, explained, survived, .. } = tally;
            writeln!(out, " {paced} | {proved} | {proved_if_short} | {explained} | {survived} |")?;
        }
        for (core, outcomes) in &self.cores {
            write_survivors(out, core, outcomes)?;
        }
        Ok(())
    }
}

/// Where the list of those of a fate stands, and what it is called; nothing for those that a vector kills.
fn section(fate: &Fate) -> Option<(u8, &'static str)> {
    match fate {
        Fate::Killed(_) => None,
        Fate::Survived => Some((0, "nobody knows why they survive")),
        Fate::Explained(_) => Some((1, "explained by hand")),
        Fate::Paced(_) => Some((2, "right, but in another number of clocks")),
        Fate::Proved(Proof::EqualIfShort) => {
            Some((3, "proved equal unless a run of outstanding bits, or a slice, has 2^18 bits"))
        }
        Fate::Proved(Proof::Equal) => Some((4, "proved equal in all that the contract allows")),
    }
}

fn write_survivors(out: &mut String, core: &CoreSpec, outcomes: &[Outcome]) -> fmt::Result {
    let mut sections: BTreeMap<(u8, &str), Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        if let Some(section) = section(&outcome.fate) {
            sections.entry(section).or_default().push(outcome);
        }
    }
    for ((_, title), of_it) in sections {
        writeln!(out, "\n## {}: {title}\n", core.name)?;
        for outcome in of_it {
            match &outcome.fate {
                Fate::Paced(Pace { suite, stalls, clocks, right }) => writeln!(
                    out,
                    "- `{}`: suite {suite}, stalls: {stalls}: {clocks} clocks, not {right}",
                    outcome.mutant
                )?,
                Fate::Explained(reason) => writeln!(out, "- `{}`: {reason}", outcome.mutant)?,
                _ => writeln!(out, "- `{}`", outcome.mutant)?,
            }
        }
    }
    Ok(())
}

impl<'a> JsonMutant<'a> {
    fn new(core: &CoreSpec, outcome: &'a Outcome) -> JsonMutant<'a> {
        let (fate, kill, reason) = match &outcome.fate {
            Fate::Killed(kill) => ("killed", Some(kill), None),
            Fate::Proved(Proof::Equal) => ("proved equal", None, None),
            Fate::Proved(Proof::EqualIfShort) => ("proved equal if short", None, None),
            Fate::Paced(_) => ("another pace", None, None),
            Fate::Explained(reason) => ("explained", None, Some(*reason)),
            Fate::Survived => ("unexplained", None, None),
        };
        let of_kill = |of: fn(&Kill) -> &str| kill.map(of);
        JsonMutant {
            core: core.name,
            mutant: outcome.mutant.to_string(),
            fate,
            suite: of_kill(|kill| &kill.suite),
            stalls: of_kill(|kill| kill.stalls),
            vector: of_kill(|kill| &kill.vector),
            reason,
        }
    }
}
