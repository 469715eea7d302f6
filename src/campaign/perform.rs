//! Runs an item.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{End, Findings, Item, Outcome, Part};
use crate::process::{self, Ended};

/// Where items run, and with which limits.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The program that `silicabac` stands for.
    pub program: &'a Path,
    /// The directory to which paths in a plan are relative.
    pub root: &'a Path,
    /// The directory of the cache.
    pub cache: &'a Path,
    /// The directory for failures that are explained.
    pub failures: &'a Path,
    /// The name of the machine.
    pub host: &'a str,
    /// The time limit of an item.
    pub patience: Duration,
}

/// The most output of an item that is kept: 256 MiB.
const MOST: u64 = 1 << 28;

/// Runs an item. Whatever happens to it becomes its [`End`].
pub fn perform(item: &Item, place: &Place<'_>) -> End {
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let (is_ours, named) = (item.command[0] == "silicabac", Path::new(&item.command[0]));
    let mut command = match named.components().count() {
        _ if is_ours => Command::new(place.program),
        // It is a path, not a name to be looked up on the PATH.
        2.. => Command::new(place.root.join(named)),
        _ => Command::new(named),
    };
    command.args(&item.command[1..]);
    if let Part::Check(_) | Part::Explain(_) = item.part {
        command.arg("--failures").arg(place.failures.join(file_name(&item.key)));
    }
    command.envs(&item.environment).env("SILICABAC_CACHE", place.cache).current_dir(place.root);
    let ended = process::run(command, place.patience, |out| {
        let mut bytes = Vec::new();
        let mut out = out.take(MOST);
        out.read_to_end(&mut bytes)?;
        // Output beyond the limit is read all the same, so that the command can end.
        io::copy(&mut out.into_inner(), &mut io::sink())?;
        Ok(bytes)
    });
    let end = |outcome, findings, time: Duration, memory: u64| End {
        key: item.key.clone(),
        host: place.host.to_owned(),
        began,
        seconds: time.as_secs_f64(),
        memory: memory >> 20,
        outcome,
        findings,
    };
    match ended {
        Err(error) => {
            let why = format!("cannot start {}: {error}", item.command[0]);
            end(Outcome::Error(why), Findings::default(), Duration::ZERO, 0)
        }
        Ok(Ended { status, output, complaint, time, memory }) => {
            let outcome = match status {
                None => Outcome::Error(format!(
                    "it took longer than {:.1} minutes",
                    place.patience.as_secs_f64() / 60.0
                )),
                Some(status) => outcome(status, is_ours, &complaint),
            };
            let findings = match output.filter(|_| is_ours) {
                Some(output) => Findings::read(&output),
                None => Findings::default(),
            };
            end(outcome, findings, time, memory)
        }
    }
}

/// The outcome by the exit status.
fn outcome(status: ExitStatus, is_ours: bool, complaint: &str) -> Outcome {
    match status.code() {
        Some(0) => Outcome::Pass,
        Some(1 | 5) => Outcome::Fail,
        Some(_) if !is_ours => Outcome::Fail,
        _ => {
            let said = complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            Outcome::Error(format!("{status}: {said}"))
        }
    }
}

/// A file name for an item.
fn file_name(key: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = key.trim_start_matches("explain/").chars().map(plain).collect();
    name.trim_matches('.').to_owned()
}

/// The items in another order: items whose keys differ only in numbers are spread evenly, so that about the same share of each part of a
/// plan is done whenever the campaign ends.
///
/// ```
/// use silicabac::campaign::{Plan, in_turns};
/// let plan = "name = \"small\"\n[check]\ncores = [\"encoder\"]\nseeds = \"1..4\"\n[[command]]\nname = \"c\"\nrun = [\"c\"]\ntimes = 2";
/// let keys: Vec<String> = in_turns(Plan::read(plan)?.items(0)?).into_iter().map(|item| item.key).collect();
/// assert_eq!(keys, ["encoder/seed-1", "c/1", "encoder/seed-2", "encoder/seed-3", "c/2", "encoder/seed-4"]);
/// # Ok::<(), silicabac::campaign::PlanError>(())
/// ```
pub fn in_turns(items: Vec<Item>) -> Vec<Item> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut placed = Vec::new();
    for item in items {
        let size = item.size();
        let count = counts.entry(size.clone()).or_default();
        placed.push((*count, size, item));
        *count += 1;
    }
    let share = |(place, size, _): &(usize, String, Item)| (*place as f64 + 0.5) / counts[size] as f64;
    placed.sort_by(|a, b| share(a).total_cmp(&share(b)));
    placed.into_iter().map(|(_, _, item)| item).collect()
}

/// The first item of each size. Once these are done, everything is built, and it is known how long the others will take.
///
/// ```
/// use silicabac::campaign::{Plan, first_of_each};
/// let items = Plan::read("name = \"small\"\n[check]\nseeds = \"1..9\"")?.items(0)?;
/// assert_eq!(first_of_each(&items).len(), silicabac::cores::ALL.len());
/// # Ok::<(), silicabac::campaign::PlanError>(())
/// ```
pub fn first_of_each(items: &[Item]) -> Vec<&Item> {
    let mut sizes = BTreeSet::new();
    items.iter().filter(|item| sizes.insert(item.size())).collect()
}
