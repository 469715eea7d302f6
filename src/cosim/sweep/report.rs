//! The report of sweeps, as JSON and JUnit.

use serde::Serialize;

use super::{Column, Swept, Wrong};
use crate::cosim::report::{self, test_case};

/// The results of all sweeps.
#[derive(Clone, Debug)]
pub struct Report {
    /// The versions of Verilator and the compiler.
    pub tools: String,
    /// One entry for each kind of points of each core.
    pub swept: Vec<Swept>,
}

#[derive(Serialize)]
struct JsonSwept<'a> {
    core: &'a str,
    kind: &'a str,
    pass: bool,
    points: u64,
    evaluations: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<JsonFailure<'a>>,
}

#[derive(Serialize)]
struct JsonFailure<'a> {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    point: Option<&'a str>,
    /// All outputs of the step, of the oracle and of the core.
    after: Vec<JsonColumn<'a>>,
}

#[derive(Serialize)]
struct JsonColumn<'a> {
    name: &'a str,
    oracle: &'a str,
    core: &'a str,
}

impl Report {
    /// Whether everything passed.
    pub fn passed(&self) -> bool {
        self.swept.iter().all(|swept| swept.failure.is_none())
    }

    /// A JSON object with the tools and an array of results.
    pub fn to_json(&self) -> serde_json::Value {
        let results = self.swept.iter().map(|swept| JsonSwept {
            core: swept.core.name,
            kind: swept.kind,
            pass: swept.failure.is_none(),
            points: swept.points,
            evaluations: swept.evaluations,
            seconds: swept.time.as_secs_f64(),
            failure: swept.failure.as_ref().map(json_failure),
        });
        serde_json::json!({
            "tools": self.tools,
            "pass": self.passed(),
            "results": results.collect::<Vec<_>>(),
        })
    }

    /// JUnit XML with a test case for each kind of points of each core.
    pub fn to_junit(&self) -> String {
        let mut suite = quick_junit::TestSuite::new("exhaustive");
        suite.add_property(("tools", self.tools.as_str()));
        suite.add_test_cases(self.swept.iter().map(|swept| {
            test_case(swept.kind, swept.core.name, swept.failure.as_ref().map(ToString::to_string))
        }));
        report::junit(suite)
    }
}

fn json_failure(wrong: &Wrong) -> JsonFailure<'_> {
    let (point, columns) = match wrong {
        Wrong::Differs(difference) => (Some(&*difference.point), &*difference.columns),
        Wrong::Stopped(_) => (None, &[][..]),
    };
    let after = columns.iter().map(|Column { name, oracle, core }| JsonColumn { name, oracle, core });
    JsonFailure { what: wrong.to_string(), point, after: after.collect() }
}
