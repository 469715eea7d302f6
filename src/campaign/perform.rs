//! Runs an item.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{End, Findings, Item, Outcome, Part};
use crate::process::{self, Ended};

/// Where items run.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What stands for `silicabac`.
    pub program: &'a Path,
    /// What paths in a plan are relative to.
    pub root: &'a Path,
    /// Where what is built is kept.
    pub cache: &'a Path,
    /// Where failures are written that are explained.
    pub failures: &'a Path,
    /// The name of the machine.
    pub host: &'a str,
    /// How long an item may take.
    pub patience: Duration,
}

/// The most that is kept of what an item says: 256 MiB.
const MOST: u64 = 1 << 28;

/// Runs an item. Whatever becomes of it is how it ended.
pub fn perform(item: &Item, place: &Place<'_>) -> End {
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let is_ours = item.command[0] == "silicabac";
    let mut command = Command::new(if is_ours { place.program } else { Path::new(&item.command[0]) });
    command.args(&item.command[1..]);
    if let Part::Check(_) | Part::Explain(_) = item.part {
        command.arg("--failures").arg(place.failures.join(file_name(&item.key)));
    }
    command.envs(&item.environment).env("SILICABAC_CACHE", place.cache).current_dir(place.root);
    let ended = process::run(command, place.patience, |out| {
        let mut bytes = Vec::new();
        let mut out = out.take(MOST);
        out.read_to_end(&mut bytes)?;
        // What is too long is read all the same, so that the command ends.
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

/// What an exit status says.
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

/// A name for a file, which says what it is of.
fn file_name(key: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = key.trim_start_matches("explain/").chars().map(plain).collect();
    name.trim_matches('.').to_owned()
}

/// Of so many items the first of each size: what has to be built for them, and about how long they take, is known then.
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
