//! The report on all proofs, and its JSON.

use serde_json::{Value, json};

use super::{ControlVerdict, Row, Verdict};
use crate::cores::{self, CoreSpec};

/// The results for all properties.
#[derive(Clone, Debug)]
pub struct Report {
    /// A row for each property.
    pub rows: Vec<Row>,
    /// The number of situations that are reached from a reset within the contract: they show that the proofs are not empty.
    pub reached: usize,
    /// Situations that are not reached.
    pub unreached: Vec<(&'static CoreSpec, String)>,
    /// The tools, in one line.
    pub tools: String,
}

impl Report {
    /// Whether everything is proved, everything reached, and every control that was run refuted.
    pub fn passed(&self) -> bool {
        let is_good = |row: &Row| {
            matches!(row.verdict, Verdict::Proved { .. })
                && !matches!(row.control, Some(ControlVerdict::NotRefuted(_)))
        };
        self.unreached.is_empty() && self.rows.iter().all(is_good)
    }

    /// A proof depends on the other properties of its core. If one of these is not proved, the others hold only if it does, and become
    /// [`Verdict::Leans`].
    pub(super) fn settle(&mut self) {
        for core in cores::ALL {
            let mut rows: Vec<_> = self.rows.iter_mut().filter(|row| row.core == core).collect();
            if rows.iter().any(|row| !matches!(row.verdict, Verdict::Proved { .. })) {
                let proved = rows.iter_mut().filter(|row| matches!(row.verdict, Verdict::Proved { .. }));
                proved.for_each(|row| row.verdict = Verdict::Leans);
            }
        }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let verdict = match &row.verdict {
                Verdict::Proved { depth } => json!({ "verdict": "proved", "depth": depth }),
                Verdict::Leans => json!({ "verdict": "leans" }),
                Verdict::Refuted { clocks, .. } => json!({ "verdict": "failed", "clocks": clocks }),
                Verdict::Unproved(why) => json!({ "verdict": "unproved", "why": why }),
            };
            let control = match &row.control {
                None => Value::Null,
                Some(ControlVerdict::Refuted { clocks }) => json!({ "refuted": true, "clocks": clocks }),
                Some(ControlVerdict::NotRefuted(why)) => json!({ "refuted": false, "why": why }),
            };
            let property = &row.property;
            json!({
                "property": property.name(), "core": row.core.name, "says": property.says,
                "result": verdict, "control": control, "seconds": row.seconds,
            })
        });
        let unreached =
            self.unreached.iter().map(|(core, name)| json!({ "core": core.name, "situation": name }));
        json!({
            "pass": self.passed(), "tools": self.tools, "reached": self.reached,
            "unreached": unreached.collect::<Vec<_>>(), "properties": rows.collect::<Vec<_>>(),
        })
    }
}
