//! The report on wrong designs, as tables and as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Conviction, Design, DesignError, DesignFate};
use crate::cosim::Source;
use crate::json;
use crate::vectors::Vector;

/// The fates of all wrong designs of a run.
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
    /// Whether each fault is found by a vector, or has a reason why it is right all the same.
    pub pass: bool,
    /// The seed of the random choices.
    pub seed: u64,
    /// The versions of all programs.
    pub tools: String,
    /// The fate of each fault.
    pub faults: Vec<DesignRow>,
}

/// A wrong design and its fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesignRow {
    /// The core.
    pub core: String,
    /// The name of the fault.
    pub fault: String,
    /// The kind of fault.
    pub kind: String,
    /// The digest of everything that the fate depends on, from [`Design::digest`].
    pub digest: String,
    /// Its fate.
    #[serde(flatten)]
    pub fate: DesignFate,
}

impl DesignRow {
    /// Whether it has this fault of this core.
    pub fn is_of(&self, core: &str, fault: &str) -> bool {
        self.core == core && self.fault == fault
    }

    /// Whether the fate would be the same again, with these vectors and this seed. A fault that passes is always tried again.
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
    /// A report on some faults.
    pub fn new(seed: u64, tools: &str, faults: Vec<DesignRow>) -> DesignReport {
        let pass = faults.iter().all(|row| row.fate != DesignFate::Passed);
        DesignReport { pass, seed, tools: tools.to_owned(), faults }
    }

    /// Reads the JSON of a report.
    ///
    /// # Errors
    /// The text is not JSON, has a key twice, or is not such a report.
    pub fn from_json(text: &[u8]) -> Result<DesignReport, serde_json::Error> {
        json::read(text)
    }

    /// The number of faults that no vector finds.
    pub fn passed(&self) -> usize {
        self.faults.iter().filter(|row| row.fate == DesignFate::Passed).count()
    }

    /// A table by core and kind, followed by every fault.
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
