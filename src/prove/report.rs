//! What was proved, as a whole and for other programs.

use serde_json::{Value, json};

use super::{ControlVerdict, Row, Verdict};
use crate::cores::{self, CoreSpec};

/// What became of all properties.
#[derive(Clone, Debug)]
pub struct Report {
    /// A row for each property.
    pub rows: Vec<Row>,
    /// How many situations are reached from a reset on, the contract kept: proofs say something of them.
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

    /// A proof leans on the other properties of its core: where one of them is not proved, no more is than that
    /// the others hold if it does.
    pub(super) fn settle(&mut self) {
        for core in cores::ALL {
            let mut rows: Vec<_> = self.rows.iter_mut().filter(|row| row.core == core).collect();
            if rows.iter().any(|row| !matches!(row.verdict, Verdict::Proved { .. })) {
                let proved = rows.iter_mut().filter(|row| matches!(row.verdict, Verdict::Proved { .. }));
                proved.for_each(|row| row.verdict = Verdict::Leans);
            }
        }
    }

    /// The report for other programs.
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
