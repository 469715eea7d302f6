//! The report of suites on cores, as JSON and JUnit.

use std::path::Path;

use serde::Serialize;

use super::{Difference, Failure, Mismatch, Outcome, Throughput};
use crate::vectors::class_of;

/// The outcomes of all suites on all cores.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed of the random choices.
    pub seed: u64,
    /// The versions of Verilator and the compiler.
    pub tools: String,
    /// Suites that could not be read and were not played.
    pub errors: Vec<String>,
    /// One for each suite and core.
    pub outcomes: Vec<Outcome>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    seed: u64,
    tools: &'a str,
    pass: bool,
    errors: &'a [String],
    results: Vec<JsonOutcome<'a>>,
}

#[derive(Serialize)]
struct JsonOutcome<'a> {
    suite: &'a str,
    core: &'a str,
    pass: bool,
    vectors: usize,
    seconds: f64,
    bins: u64,
    clocks: u64,
    load_clocks: u64,
    bins_per_clock: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_run: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    throughput: Option<&'a Throughput>,
    lockstep_bins: u64,
    lockstep_clocks: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<JsonFailure<'a>>,
}

#[derive(Serialize)]
struct JsonFailure<'a> {
    stalls: &'a str,
    what: String,
    vector: &'a str,
    /// The class of the vector.
    class: String,
    #[serde(flatten)]
    mismatch: Option<JsonMismatch<'a>>,
    /// The file to which the shrunk failure was written as vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    shrunk: Option<&'a Path>,
    /// The command that shows the failure again.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonMismatch<'a> {
    clock: u64,
    bin: u64,
    #[serde(flatten)]
    difference: &'a Difference,
    given_up: u32,
    bins_before: Vec<String>,
}

impl Report {
    /// Whether everything passed.
    pub fn passed(&self) -> bool {
        self.errors.is_empty() && self.outcomes.iter().all(|outcome| outcome.failure.is_none())
    }

    /// A JSON object with the seed, the tools and an array of results.
    pub fn to_json(&self) -> serde_json::Value {
        let results = self.outcomes.iter().map(|outcome| JsonOutcome {
            suite: &outcome.suite,
            core: &outcome.core,
            pass: outcome.failure.is_none(),
            vectors: outcome.vectors,
            seconds: outcome.time.as_secs_f64(),
            bins: outcome.stats.bins,
            clocks: outcome.stats.clocks,
            load_clocks: outcome.stats.load_clocks,
            bins_per_clock: outcome.stats.bins_per_clock(),
            longest_run: outcome.stats.longest_run,
            throughput: outcome.throughput.as_ref(),
            lockstep_bins: outcome.total_bins,
            lockstep_clocks: outcome.total_clocks,
            failure: json_failure(outcome),
        });
        let (pass, results) = (self.passed(), results.collect());
        serde_json::json!(JsonReport {
            seed: self.seed,
            tools: &self.tools,
            pass,
            errors: &self.errors,
            results
        })
    }

    /// JUnit XML with a test case for each suite and core.
    pub fn to_junit(&self) -> String {
        let mut suite = quick_junit::TestSuite::new("cosim");
        suite.add_property(("seed", self.seed.to_string().as_str()));
        suite.add_property(("tools", self.tools.as_str()));
        for outcome in &self.outcomes {
            let failure =
                outcome.failure.as_ref().map(|(stalls, failure)| format!("under {stalls} stalls: {failure}"));
            let mut case = test_case(&outcome.suite, &outcome.core, failure);
            case.set_time(outcome.time);
            suite.add_test_case(case);
        }
        for error in &self.errors {
            let mut status = quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Error);
            status.set_message(error.as_str());
            suite.add_test_case(quick_junit::TestCase::new("files", status));
        }
        junit(suite)
    }
}

/// A JUnit test case on a core.
pub(super) fn test_case(name: &str, core: &str, failure: Option<String>) -> quick_junit::TestCase {
    let mut status = quick_junit::TestCaseStatus::success();
    if let Some(failure) = failure {
        status = quick_junit::TestCaseStatus::non_success(quick_junit::NonSuccessKind::Failure);
        status.set_message(failure);
    }
    let mut case = quick_junit::TestCase::new(name, status);
    case.set_classname(core);
    case
}

/// A JUnit report of one test suite.
pub(super) fn junit(suite: quick_junit::TestSuite) -> String {
    let mut report = quick_junit::Report::new("silicabac");
    report.add_test_suite(suite);
    // Writing to a string fails only if a time is out of range, and none is.
    report.to_string().unwrap_or_default()
}

fn json_failure(outcome: &Outcome) -> Option<JsonFailure<'_>> {
    let (stalls, failure) = outcome.failure.as_ref()?;
    let (what, vector, mismatch) = match failure {
        Failure::Coders { vector, what } => (what.clone(), vector, None),
        Failure::Core(mismatch) => {
            let Mismatch { difference, clock, vector, bin, given_up, before, .. } = &**mismatch;
            let bins_before = before.iter().map(|(number, request)| format!("{number} {request}")).collect();
            let (clock, bin, given_up) = (*clock, *bin, *given_up);
            let data = JsonMismatch { clock, bin, difference, given_up, bins_before };
            (mismatch.what(), vector, Some(data))
        }
    };
    Some(JsonFailure {
        stalls,
        what,
        vector,
        class: class_of(vector),
        mismatch,
        shrunk: outcome.shrunk.as_deref(),
        replay: outcome.replay.as_deref(),
    })
}
