//! The directory of a campaign, on a file system that all machines share.
//!
//! ```text
//! campaign.json, plan.toml        which campaign it is; written once
//! jobs/K/submission.json          what the K-th start was to do: the keys of its items, and in how many shards
//! jobs/K/job.json, *.sh, log/     what a scheduler was given for it
//! results/K/I/MACHINE-PROCESS-TIME.jsonl   the lines of one process that did shard I of start K
//! failures/                       vectors and waveforms of failures that were explained
//! cache/                          built cores, unless $SILICABAC_CACHE names another place
//! ```
//!
//! Invariant: a file is either written once, under another name and renamed, or is a file of lines that one process alone writes. Nothing
//! needs a lock, so a file system over a network will do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use silicabac::{
    campaign::{Item, Ledger, Place, Plan, explanations},
    files,
    fit::CoreFile,
};

use crate::cli::{
    Failure,
    output::{create_dir, write_file},
};

pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) plan: Plan,
    pub(super) about: About,
    cache: PathBuf,
    failures: PathBuf,
    program: PathBuf,
    host: String,
}

/// Which campaign it is.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct About {
    pub(super) name: String,
    /// The version of this tool.
    tool: String,
    /// The commit of the repository that holds the plan, if there is one.
    commit: Option<String>,
    /// The directory to which paths in the plan are relative.
    root: PathBuf,
    /// The files that the plan names, and their SHA-256.
    files: BTreeMap<PathBuf, String>,
}

/// The work of one start.
#[derive(Deserialize, Serialize)]
pub(super) struct Submission {
    /// Whether it is the search for causes. Its items follow from the results of earlier submissions, so each shard finds them itself, and
    /// `keys` is empty.
    pub(super) explains: bool,
    pub(super) shards: usize,
    /// When it was made, in seconds since 1970.
    pub(super) made: f64,
    pub(super) keys: Vec<String>,
}

const TOOL: &str = concat!("silicabac ", env!("CARGO_PKG_VERSION"));

pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

impl Directory {
    /// Makes the directory of a plan, or opens it if it is there.
    pub(super) fn make(plan: &Path, output: Option<&Path>) -> Result<Directory, Failure> {
        let failed = |source| Failure::Read { path: plan.to_owned(), source };
        let text = files::read_to_string(plan).map_err(failed)?;
        let read = read_plan(plan, &text)?;
        let root = fs::canonicalize(plan).map_err(failed)?.parent().map(Path::to_owned).unwrap_or_default();
        let about = About {
            name: read.name.clone(),
            tool: TOOL.into(),
            commit: commit(&root),
            files: hashes(&read, &root)?,
            root,
        };
        let default = || PathBuf::from(plan.file_stem().unwrap_or_default()).with_extension("campaign");
        let path = output.map_or_else(default, Path::to_owned);
        if path.join(ABOUT).exists() {
            let known = Directory::open(&path)?;
            // Another commit is not another campaign: only the files count, and `open` has compared these.
            if text != plan_text(&path)? || known.about.root != about.root {
                let what = format!(
                    "it is the directory of another plan; name another one with -o, or remove it ({})",
                    plan.display()
                );
                return Err(Failure::Campaign { path, what });
            }
            return Ok(known);
        }
        create_dir(&path)?;
        write_file(&path.join(PLAN), |sink| sink.write_all(text.as_bytes()))?;
        // This file is written last, so that a directory that has it is complete.
        write_json(&path.join(ABOUT), &about)?;
        Directory::open(&path)
    }

    /// Opens a directory, if the version of the tool and all files that the plan names are those with which the campaign began.
    pub(super) fn open(path: &Path) -> Result<Directory, Failure> {
        let directory = Directory::look(path)?;
        let wrong = |what: String| Failure::Campaign { path: path.to_owned(), what };
        let About { tool, root, files, .. } = &directory.about;
        if tool != TOOL {
            return Err(wrong(format!(
                "its results are of {tool}, and this is {TOOL}: begin a new campaign with another -o"
            )));
        }
        if let Some((file, _)) =
            hashes(&directory.plan, root)?.iter().find(|(file, hash)| files.get(*file) != Some(*hash))
        {
            let file = file.display();
            return Err(wrong(format!(
                "{file} is not what it was when the campaign began: begin a new one with another -o"
            )));
        }
        Ok(directory)
    }

    /// Opens a directory to report on it, without these checks.
    pub(super) fn look(path: &Path) -> Result<Directory, Failure> {
        let failed = |source| Failure::Read { path: path.to_owned(), source };
        let path = fs::canonicalize(path).map_err(failed)?;
        let about: About = read_json(&path.join(ABOUT))?;
        let plan = read_plan(&path.join(PLAN), &plan_text(&path)?)?;
        // If several nodes of Slurm are on one machine, this variable distinguishes them.
        let named = std::env::var("SLURMD_NODENAME").ok();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Directory {
            cache: std::env::var_os("SILICABAC_CACHE").map_or_else(|| path.join("cache"), PathBuf::from),
            failures: path.join("failures"),
            program: std::env::current_exe().map_err(Failure::Process)?,
            host: named.filter(|name| !name.is_empty()).unwrap_or(host),
            path,
            plan,
            about,
        })
    }

    pub(super) fn place(&self) -> Place<'_> {
        let minutes = self.plan.budget.item_minutes.unwrap_or(24.0 * 60.0);
        Place {
            program: &self.program,
            root: &self.about.root,
            cache: &self.cache,
            failures: &self.failures,
            host: &self.host,
            patience: Duration::from_secs_f64(minutes * 60.0),
        }
    }

    /// All results so far.
    pub(super) fn ledger(&self) -> Result<Ledger, Failure> {
        let mut ledger = Ledger::default();
        for submission in sorted(&self.path.join("results"))? {
            for shard in sorted(&submission)? {
                take(&mut ledger, &shard)?;
            }
        }
        Ok(ledger)
    }

    /// The results of one shard.
    pub(super) fn ledger_of(&self, submission: u32, shard: usize) -> Result<Ledger, Failure> {
        let mut ledger = Ledger::default();
        take(&mut ledger, &self.results(submission, shard))?;
        Ok(ledger)
    }

    fn results(&self, submission: u32, shard: usize) -> PathBuf {
        self.path.join(format!("results/{submission}/{shard}"))
    }

    /// A new file for lines of a shard.
    pub(super) fn lines(&self, submission: u32, shard: usize) -> Result<PathBuf, Failure> {
        let dir = self.results(submission, shard);
        create_dir(&dir)?;
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let host: String =
            self.host.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        Ok(dir.join(format!("{host}-{}-{time}.jsonl", std::process::id())))
    }

    fn round(&self, number: u64) -> Result<Vec<Item>, Failure> {
        self.plan.items(number).map_err(|source| Failure::Plan { path: self.path.join(PLAN), source })
    }

    /// The items of the first round, and of all others that were begun.
    pub(super) fn items(&self, ledger: &Ledger) -> Result<Vec<Item>, Failure> {
        let mut items = self.round(0)?;
        for number in 1.. {
            let more = self.round(number)?;
            if !self.plan.budget.again || !more.iter().any(|item| ledger.is_known(&item.key)) {
                break;
            }
            items.extend(more);
        }
        Ok(items)
    }

    /// The items of a round that has not been begun.
    pub(super) fn next_round(&self, items: usize) -> Result<Vec<Item>, Failure> {
        let mut before = 0;
        for number in 0.. {
            let round = self.round(number)?;
            if before == items || round.is_empty() {
                return Ok(round);
            }
            before += round.len();
        }
        Ok(Vec::new())
    }

    /// Writes a submission under the next free number, and returns the number.
    pub(super) fn submit(&self, submission: &Submission) -> Result<u32, Failure> {
        let jobs = self.path.join("jobs");
        create_dir(&jobs)?;
        for number in 1.. {
            let dir = jobs.join(number.to_string());
            // If two processes try at once, only one makes the directory, also on a file system over a network.
            match fs::create_dir(&dir) {
                Ok(()) => {
                    write_json(&dir.join(SUBMISSION), submission)?;
                    return Ok(number);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Failure::Write { path: dir, source }),
            }
        }
        Ok(0)
    }

    pub(super) fn job(&self, number: u32) -> PathBuf {
        self.path.join(format!("jobs/{number}"))
    }

    /// The numbers of all submissions, in order.
    pub(super) fn submissions(&self) -> Result<Vec<u32>, Failure> {
        let names = sorted(&self.path.join("jobs"))?;
        let number = |path: &PathBuf| path.file_name()?.to_str()?.parse().ok();
        let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) fn submission(&self, number: u32) -> Result<Submission, Failure> {
        read_json(&self.job(number).join(SUBMISSION))
    }

    /// The items of a submission.
    pub(super) fn items_of(&self, submission: &Submission) -> Result<Vec<Item>, Failure> {
        if submission.explains {
            let ledger = self.ledger()?;
            return Ok(explanations(&self.items(&ledger)?, &ledger));
        }
        // Results are read only if the number of rounds depends on them: many shards begin at once, and each would read the results of all.
        let items = match self.plan.budget.again {
            true => self.items(&self.ledger()?)?,
            false => self.round(0)?,
        };
        let wanted: BTreeSet<&str> = submission.keys.iter().map(String::as_str).collect();
        Ok(items.into_iter().filter(|item| wanted.contains(item.key.as_str())).collect())
    }
}

const ABOUT: &str = "campaign.json";
const PLAN: &str = "plan.toml";
const SUBMISSION: &str = "submission.json";

fn plan_text(dir: &Path) -> Result<String, Failure> {
    let path = dir.join(PLAN);
    files::read_to_string(&path).map_err(|source| Failure::Read { path, source })
}

fn read_plan(path: &Path, text: &str) -> Result<Plan, Failure> {
    Plan::read(text).map_err(|source| Failure::Plan { path: path.to_owned(), source })
}

pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    write_file(path, |sink| {
        serde_json::to_writer_pretty(&mut *sink, value)?;
        writeln!(sink)
    })
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let text =
        files::read_earlier(path).map_err(failed)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::Campaign { path: path.to_owned(), what: error.to_string() })
}

/// The paths in a directory, sorted by name; none if the directory does not exist.
fn sorted(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |source| Failure::Read { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// Adds the lines of all files of a shard to the ledger.
fn take(ledger: &mut Ledger, shard: &Path) -> Result<(), Failure> {
    for path in sorted(shard)? {
        let lines = files::read(&path, files::MAX_TEXT).map_err(|source| Failure::Read { path, source })?;
        ledger.take(&lines);
    }
    Ok(())
}

/// The files that a plan names, and those that the files of its cores name.
fn hashes(plan: &Plan, root: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut paths: Vec<PathBuf> = plan.files().into_iter().map(|file| root.join(file)).collect();
    for core in
        paths.clone().iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
    {
        paths.extend(CoreFile::read(Some(core), &[])?.rtl);
    }
    let hash = |path: PathBuf| {
        let bytes = files::read(&path, files::MAX_TEXT);
        let bytes = bytes.map_err(|source| Failure::Read { path: path.clone(), source })?;
        Ok((path, hex::encode(Sha256::digest(bytes))))
    };
    paths.into_iter().map(hash).collect()
}

/// The commit that the directory is at, if it is in a repository and there is git.
fn commit(root: &Path) -> Option<String> {
    let described = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output();
    let described = described.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&described.stdout).trim().to_owned())
}
