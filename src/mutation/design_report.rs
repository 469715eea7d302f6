//! What became of wrong designs, for people and for machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Conviction, Design, DesignError, DesignFate};
use crate::cosim::Source;
use crate::json;
use crate::vectors::Vector;

/// A campaign of wrong designs.
///
/// ```
/// use silicabac::mutation::{DesignFate, DesignReport, DesignRow};
/// let [core, fault, kind, digest] = ["packer", "late", "wait", "00"].map(String::from);
/// let report = DesignReport::new(1, "", vec![DesignRow { core, fault, kind, digest, fate: DesignFate::Passed }]);
/// assert!(!report.pass && report.to_markdown().contains("| packer | wait | late | **passes** | |"));
/// let json = serde_json::to_string(&report)?;
/// assert_eq!(DesignReport::from_json(json.as_bytes())?, report);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesignReport {
    /// Whether each is convicted, or right all the same.
    pub pass: bool,
    /// What was random.
    pub seed: u64,
    /// The versions of all programs.
    pub tools: String,
    /// What became of each.
    pub faults: Vec<DesignRow>,
}

/// What became of a wrong design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesignRow {
    /// The core.
    pub core: String,
    /// What is wrong.
    pub fault: String,
    /// The kind of fault.
    pub kind: String,
    /// What that hangs on, as [`Design::digest`] has it.
    pub digest: String,
    /// What became of it.
    #[serde(flatten)]
    pub fate: DesignFate,
}

impl DesignRow {
    /// Whether it is of this fault of a core.
    pub fn is_of(&self, core: &str, fault: &str) -> bool {
        self.core == core && self.fault == fault
    }

    /// Whether the fault would meet the same fate again, played these vectors with this seed. A fault that passes is always tried again.
    ///
    /// # Errors
    /// Those of [`Design::digest`].
    pub fn holds(
        &self,
        fault: &Design,
        right: &Source,
        vectors: &[Vector],
        seed: u64,
    ) -> Result<bool, DesignError> {
        let may_hold = match &self.fate {
            DesignFate::Convicted(_) => true,
            DesignFate::Equal { reason } => fault.equal.as_ref() == Some(reason),
            DesignFate::Passed => false,
        };
        Ok(may_hold
            && self.kind == fault.kind
            && self.digest == fault.digest(right, &self.fate, vectors, seed)?)
    }
}

impl DesignReport {
    /// A report of what became of some faults.
    pub fn new(seed: u64, tools: &str, faults: Vec<DesignRow>) -> DesignReport {
        let pass = faults.iter().all(|row| row.fate != DesignFate::Passed);
        DesignReport { pass, seed, tools: tools.to_owned(), faults }
    }

    /// Reads what a report was written as.
    ///
    /// # Errors
    /// The text is no JSON, has a key twice, or is no such report.
    pub fn from_json(text: &[u8]) -> Result<DesignReport, serde_json::Error> {
        json::read(text)
    }

    /// How many faults no vector shows.
    pub fn passed(&self) -> usize {
        self.faults.iter().filter(|row| row.fate == DesignFate::Passed).count()
    }

    /// A table by core and kind, and then every fault.
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "# Cores with faults that designers make, and what convicts each\n\n{} faults, {} of which no vector shows; \
             seed {}, {}.\n\n| core | kind | faults | convicted by |\n| --- | --- | ---: | --- |\n",
            self.faults.len(),
            self.passed(),
            self.seed,
            self.tools
        );
        let mut tallies: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
        for DesignRow { core, kind, fate, .. } in &self.faults {
            let by = match fate {
                DesignFate::Convicted(conviction) => &conviction.class,
                DesignFate::Equal { .. } => "*is right all the same*",
                DesignFate::Passed => "**nothing**",
            };
            *tallies.entry((core, kind)).or_default().entry(by).or_default() += 1;
        }
        for ((core, kind), by) in tallies {
            let faults: usize = by.values().sum();
            let by: Vec<String> = by.iter().map(|(class, faults)| format!("{class} {faults}")).collect();
            text += &format!("| {core} | {kind} | {faults} | {} |\n", by.join(", "));
        }
        text +=
            "\n| core | kind | fault | class | vector | played |\n| --- | --- | --- | --- | --- | --- |\n";
        for DesignRow { core, fault, kind, fate, .. } in &self.faults {
            let found = match fate {
                DesignFate::Convicted(Conviction { class, vector, way, .. }) => {
                    format!("{class} | {vector} | {way}")
                }
                DesignFate::Equal { reason } => format!("is right all the same: {reason} | |"),
                DesignFate::Passed => "**passes** | |".to_owned(),
            };
            text += &format!("| {core} | {kind} | {fault} | {found} |\n");
        }
        text
    }
}
