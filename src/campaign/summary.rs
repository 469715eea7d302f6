//! The results of a campaign: those of all shards together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use serde_json::Value;

use super::{Covered, End, Item, Ledger, Outcome, Part, State, explanations};
use crate::mutation;

/// The state of a campaign.
///
/// Invariant: [`result`](Summary::result) depends only on the items and their results, not on which machine did them, when, in which order,
/// or how often. What does depend on these is in [`Run`].
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The identity of the campaign.
    pub of: Value,
    /// The results.
    pub result: Results,
    /// Statistics of the run.
    pub run: Run,
}

/// The results of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    /// Whether everything is done and nothing failed.
    pub pass: bool,
    /// How many items there are.
    pub items: usize,
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many could not do their work and were given up.
    pub given_up: usize,
    /// How many are still to be done.
    pub open: usize,
    /// The cores, with what they played.
    pub cores: Vec<Core>,
    /// The first item that failed in each suite, class or command.
    pub failures: Vec<Failing>,
    /// The causes.
    pub causes: Vec<Cause>,
    /// The items that could not do their work.
    pub errors: Vec<Trouble>,
    /// The coverage.
    pub coverage: Vec<Share>,
    /// The report on mutants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutants: Option<Value>,
    /// The versions of the simulators.
    pub tools: BTreeSet<String>,
}

/// A core under a simulator.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Core {
    /// The name of one of our cores, or the file of another.
    pub core: String,
    /// The value of `$VERILATOR`, if the plan sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulator: Option<String>,
    /// The number of its items.
    pub items: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// The number of vectors that it played; with each seed they are counted again.
    pub vectors: u64,
    /// The bins of these that were played without waits.
    pub bins: u64,
    /// The clocks of these plays.
    pub clocks: u64,
    /// The seed of the first item that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failing_seed: Option<u64>,
}

/// A failure, and the item that shows it first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failing {
    /// The core and the simulator, or the command.
    pub of: String,
    /// The suite or class.
    pub what: String,
    /// The number of items that fail in it.
    pub items: usize,
    /// The first of these.
    pub first: String,
    /// Its seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What is wrong.
    pub how: String,
    /// The command that plays it again.
    pub command: String,
}

/// A cause of failures of a core.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The core.
    pub core: String,
    /// The item that showed it with the shortest vector.
    pub item: String,
    /// The number of items that showed it.
    pub items: usize,
    /// The cause, as `cosim` reports it.
    #[serde(flatten)]
    pub cause: Value,
}

/// An item that could not do its work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trouble {
    /// The item.
    pub item: String,
    /// Why not.
    pub why: String,
    /// The command that runs it again.
    pub command: String,
}

/// How much of an item of coverage was hit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// The number of its cells.
    pub cells: usize,
    /// The number of cells that cannot be hit.
    pub excluded: usize,
    /// The number of cells that were hit.
    pub hit: usize,
}

/// Statistics of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The time at which the first item began, in seconds since 1970.
    pub from: Option<f64>,
    /// The time at which the last item ended, in seconds since 1970.
    pub to: Option<f64>,
    /// The time of all items together, in seconds.
    pub seconds: f64,
    /// The largest memory of an item, in MiB.
    pub memory: u64,
    /// The machines that did the items.
    pub machines: Vec<Machine>,
    /// Items whose runs did not have the same result.
    pub flaky: Vec<Flaky>,
    /// Items that were done more than once.
    pub twice: usize,
    /// The number of incomplete lines.
    pub torn: usize,
    /// The reasons why a process began no more items.
    pub stopped: Vec<String>,
    /// How coverage grew: seconds since the first item began, and the cells that were hit by then.
    pub growth: Vec<(f64, usize)>,
}

/// A machine.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Machine {
    /// Its name.
    pub host: String,
    /// The items that came to an end there.
    pub items: usize,
    /// Their time together, in seconds.
    pub seconds: f64,
    /// At most this many items began there and never ended: how often an item was lost is always known, but not always on which machine.
    pub lost: usize,
    /// Items that could not do their work there.
    pub errors: usize,
    /// Items whose result there differs from that elsewhere.
    pub flaky: usize,
}

/// An item whose runs did not have the same result.
#[derive(Clone, Debug, Serialize)]
pub struct Flaky {
    /// Its key.
    pub item: String,
    /// The machines, each with the outcome.
    pub ends: Vec<(String, Outcome)>,
}

impl Summary {
    /// The summary of these items. `of` identifies the campaign: its name, the tool, the commit.
    pub fn new(of: Value, items: &[Item], ledger: &Ledger) -> Summary {
        let explained = explanations(items, ledger);
        let all: Vec<&Item> = items.iter().chain(&explained).collect();
        Summary { of, result: Results::new(&all, ledger), run: Run::new(&all, ledger) }
    }

    /// JUnit XML with a test case for each suite and class of each core, and for each other command.
    pub fn to_junit(&self, items: &[Item], ledger: &Ledger) -> String {
        let name = self.of["name"].as_str().unwrap_or("campaign");
        let mut suite = TestSuite::new(name);
        for key in ["tool", "commit"] {
            if let Some(value) = self.of[key].as_str() {
                suite.add_property((key, value));
            }
        }
        for item in items {
            let mut status = TestCaseStatus::success();
            let mut seconds = 0.0;
            match ledger.state(&item.key) {
                State::Done(end) => {
                    seconds = end.seconds;
                    if end.outcome == Outcome::Fail {
                        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                        let rows = end.findings.rows.iter();
                        let how =
                            rows.filter_map(|row| Some(format!("{}: {}", row.what, row.failure.as_ref()?)));
                        status.set_message(how.collect::<Vec<_>>().join("\n"));
                        status.set_description(item.line());
                    }
                }
                State::GivenUp(end) => {
                    status = TestCaseStatus::non_success(NonSuccessKind::Error);
                    status.set_message(why(end));
                    status.set_description(item.line());
                }
                State::Open => {
                    status = TestCaseStatus::skipped();
                    status.set_message("it was not done");
                }
            }
            let mut case = TestCase::new(item.key.as_str(), status);
            case.set_classname(item.kind())
                .set_time(Duration::try_from_secs_f64(seconds).unwrap_or_default());
            suite.add_test_case(case);
        }
        let mut report = Report::new("silicabac");
        report.add_test_suite(suite);
        // Writing to a string fails only if a time is out of range, and none is.
        report.to_string().unwrap_or_default()
    }
}

fn why(end: Option<&End>) -> String {
    match end.map(|end| &end.outcome) {
        Some(Outcome::Error(why)) => why.clone(),
        _ => "it was begun again and again, and never ended: it may end the process or the machine that runs it".into(),
    }
}

impl Trouble {
    fn new(item: &Item, end: Option<&End>) -> Trouble {
        Trouble { item: item.key.clone(), why: why(end), command: item.line() }
    }
}

impl Results {
    fn new(items: &[&Item], ledger: &Ledger) -> Results {
        let mut results = Results {
            pass: false,
            items: items.len(),
            passed: 0,
            failed: 0,
            given_up: 0,
            open: 0,
            cores: Vec::new(),
            failures: Vec::new(),
            causes: Vec::new(),
            errors: Vec::new(),
            coverage: Vec::new(),
            mutants: None,
            tools: BTreeSet::new(),
        };
        let mut covered: BTreeMap<String, Covered> = BTreeMap::new();
        let mut mutants = Vec::new();
        for item in items {
            let end = match ledger.state(&item.key) {
                State::Open => {
                    results.open += 1;
                    if let Some(end) = ledger.ends(&item.key).first() {
                        results.errors.push(Trouble::new(item, Some(end)));
                    }
                    continue;
                }
                State::GivenUp(end) => {
                    results.given_up += 1;
                    results.errors.push(Trouble {
                        item: item.key.clone(),
                        why: why(end),
                        command: item.line(),
                    });
                    continue;
                }
                State::Done(end) => end,
            };
            if let Part::Explain(check) = &item.part {
                // An explaining item is expected to fail again.
                results.passed += 1;
                end.findings.causes.iter().for_each(|cause| results.explain(&check.core, item, cause));
                continue;
            }
            let fails = end.outcome == Outcome::Fail;
            *if fails { &mut results.failed } else { &mut results.passed } += 1;
            if !end.findings.tools.is_empty() {
                results.tools.insert(end.findings.tools.clone());
            }
            if let Part::Check(check) = &item.part {
                results.play(item, end, fails);
                end.findings.causes.iter().for_each(|cause| results.explain(&check.core, item, cause));
            }
            if fails {
                results.fail(item, end);
            }
            for (name, more) in &end.findings.covered {
                match covered.get_mut(name) {
                    Some(all) => drop(all.merge(more)),
                    None => drop(covered.insert(name.clone(), more.clone())),
                }
            }
            mutants.extend(end.findings.mutants.clone());
        }
        results.coverage = covered
            .into_iter()
            .map(|(name, of)| Share { name, cells: of.cells, excluded: of.excluded, hit: of.count() })
            .collect();
        match merged_mutants(&mutants) {
            Ok(mutants) => results.mutants = mutants,
            Err(why) => results.errors.push(Trouble {
                item: "mutate".into(),
                why,
                command: "all shards of a campaign have to be done with the same tool and plan".into(),
            }),
        }
        results.pass = results.failed == 0 && results.given_up == 0 && results.open == 0;
        results
    }

    /// Counts what a core played in an item.
    fn play(&mut self, item: &Item, end: &End, fails: bool) {
        let Part::Check(check) = &item.part else { return };
        let is_it = |core: &Core| core.core == check.core && core.simulator == check.simulator;
        let number = self.cores.iter().position(is_it).unwrap_or_else(|| {
            let (core, simulator) = (check.core.clone(), check.simulator.clone());
            self.cores.push(Core { core, simulator, ..Core::default() });
            self.cores.len() - 1
        });
        let core = &mut self.cores[number];
        core.items += 1;
        *if fails { &mut core.failed } else { &mut core.passed } += 1;
        for row in &end.findings.rows {
            core.vectors += row.vectors;
            core.bins += row.bins;
            core.clocks += row.clocks;
        }
        if fails && core.first_failing_seed.is_none() {
            core.first_failing_seed = Some(check.seed);
        }
    }

    /// Adds the failures of an item.
    fn fail(&mut self, item: &Item, end: &End) {
        let of = item.kind();
        let seed = match &item.part {
            Part::Check(check) => Some(check.seed),
            _ => None,
        };
        let rows = end.findings.rows.iter();
        let mut failing: Vec<(&str, &str)> =
            rows.filter_map(|row| Some((row.what.as_str(), row.failure.as_deref()?))).collect();
        if failing.is_empty() {
            failing.push(("", "it failed, and gives no reason"));
        }
        for (what, how) in failing {
            if let Some(known) = self.failures.iter_mut().find(|known| known.of == of && known.what == what) {
                known.items += 1;
                continue;
            }
            self.failures.push(Failing {
                of: of.clone(),
                what: what.into(),
                items: 1,
                first: item.key.clone(),
                seed,
                how: how.into(),
                command: item.line(),
            });
        }
    }

    /// Adds a cause. A known cause keeps its shortest vector.
    fn explain(&mut self, core: &str, item: &Item, cause: &Value) {
        let name = |cause: &Value| [&cause["rule"], &cause["what"]].map(Value::to_string);
        let known =
            self.causes.iter_mut().find(|known| known.core == core && name(&known.cause) == name(cause));
        let Some(known) = known else {
            let (core, item) = (core.to_owned(), item.key.clone());
            return self.causes.push(Cause { core, item, items: 1, cause: cause.clone() });
        };
        known.items += 1;
        if cause["bins"].as_u64() < known.cause["bins"].as_u64() {
            (known.cause, known.item) = (cause.clone(), item.key.clone());
        }
    }
}

/// The reports of all shards merged, or the reason why they are not of one run.
fn merged_mutants(reports: &[Value]) -> Result<Option<Value>, String> {
    let read = |report: &Value| {
        mutation::Report::from_json(report.to_string().as_bytes()).map_err(|error| error.to_string())
    };
    let Some((first, others)) = reports.split_first() else { return Ok(None) };
    let mut all = read(first)?;
    for other in others {
        all.merge(read(other)?).map_err(|error| error.to_string())?;
    }
    Ok(Some(all.to_json()))
}

impl Run {
    fn new(items: &[&Item], ledger: &Ledger) -> Run {
        let mut run = Run {
            from: None,
            to: None,
            seconds: 0.0,
            memory: 0,
            machines: Vec::new(),
            flaky: Vec::new(),
            twice: 0,
            torn: ledger.torn(),
            stopped: ledger.stopped().map(str::to_owned).collect(),
            growth: Vec::new(),
        };
        let mut machines: BTreeMap<&str, Machine> = BTreeMap::new();
        let mut ends = Vec::new();
        for item in items {
            let of_item = ledger.ends(&item.key);
            ends.extend(of_item);
            let done: Vec<&End> =
                of_item.iter().filter(|end| !matches!(end.outcome, Outcome::Error(_))).collect();
            run.twice += usize::from(done.len() > 1);
            let is_flaky = done.windows(2).any(|pair| !pair[0].agrees_with(pair[1]));
            if is_flaky {
                let ends = done.iter().map(|end| (end.host.clone(), end.outcome.clone())).collect();
                run.flaky.push(Flaky { item: item.key.clone(), ends });
            }
            for end in of_item {
                let machine = machines.entry(&end.host).or_default();
                machine.items += 1;
                machine.seconds += end.seconds;
                machine.errors += usize::from(matches!(end.outcome, Outcome::Error(_)));
                machine.flaky += usize::from(is_flaky);
            }
            for (host, begun) in ledger.begun(&item.key).filter(|_| ledger.lost(&item.key) > 0) {
                let ended = of_item.iter().filter(|end| end.host == host).count();
                machines.entry(host).or_default().lost +=
                    begun.saturating_sub(ended).min(ledger.lost(&item.key));
            }
        }
        let least = |a: f64, b: f64| a.min(b);
        run.from = ends.iter().map(|end| end.began).reduce(least);
        run.to = ends.iter().map(|end| end.began + end.seconds).reduce(f64::max);
        run.seconds = ends.iter().map(|end| end.seconds).sum();
        run.memory = ends.iter().map(|end| end.memory).max().unwrap_or_default();
        run.machines =
            machines.into_iter().map(|(host, machine)| Machine { host: host.into(), ..machine }).collect();
        run.growth = growth(&ends, run.from.unwrap_or_default());
        run
    }
}

/// How coverage grew, with an entry for each end that hit something new.
fn growth(ends: &[&End], from: f64) -> Vec<(f64, usize)> {
    let mut covering: Vec<&&End> = ends.iter().filter(|end| !end.findings.covered.is_empty()).collect();
    covering.sort_by(|a, b| (a.began + a.seconds).total_cmp(&(b.began + b.seconds)));
    let mut all: BTreeMap<&str, Covered> = BTreeMap::new();
    let (mut hit, mut growth) = (0, Vec::new());
    for end in covering {
        let mut new = 0;
        for (name, more) in &end.findings.covered {
            let empty = || Covered { hit: Vec::new(), ..more.clone() };
            new += all.entry(name).or_insert_with(empty).merge(more);
        }
        if new > 0 {
            hit += new;
            growth.push((end.began + end.seconds - from, hit));
        }
    }
    growth
}
