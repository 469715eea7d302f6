//! Hands the shards of a campaign to the scheduler of a farm: Slurm, LSF or Grid Engine.
//!
//! An [`Array`] describes a submission. It becomes a script with directives for the scheduler and commands for a shell. The scheduler's
//! answers are read for the number of the job, and for how many of its tasks wait and run. Nothing is run in this module: it handles only
//! the words of commands and the text of files, so that each can be inspected, kept and compared.
//!
//! Invariant: a task of an array can be run again at any time, even twice at once, and does the same shards. So each script asks to be
//! queued again when its machine fails or when another job preempts it, and to be warned some time before it is killed.
//!
//! | | Slurm | LSF | Grid Engine |
//! | --- | --- | --- | --- |
//! | from | 20.02 | 10.1.0.2, which knows units of memory | 8.1 |
//! | a task is warned that it will be killed by | SIGTERM | SIGTERM; SIGINT, SIGTERM | SIGUSR2 |
//! | how long before | 2 minutes; `KillWait` | 2 minutes; 10 seconds each | `notify` of the queue, a minute |

mod lsf;
mod sge;
mod shell;
mod slurm;

use std::fmt;
use std::process::Output;
use std::str::FromStr;

/// The program that distributes jobs over the machines of a farm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// Slurm.
    Slurm,
    /// IBM Spectrum LSF.
    Lsf,
    /// Grid Engine: Sun's, Univa's and the others.
    Sge,
}

/// A submission: shards, each of which is one run of a command.
#[derive(Clone, Debug)]
pub struct Array {
    /// The name of the campaign.
    pub name: String,
    /// The directory of the campaign, as an absolute path. The script changes to it.
    pub dir: String,
    /// The number of the submission within the campaign.
    pub submission: usize,
    /// The number of shards. They are counted from 1.
    pub shards: u32,
    /// How many of them run at once, at most.
    pub at_once: Option<u32>,
    /// How many tasks an array may have on this farm, if this differs from the scheduler's default ([`Scheduler::tasks`]). If there are
    /// more shards, a task does several, one after the other.
    pub tasks: Option<u32>,
    /// The time limit of a shard, in seconds.
    pub seconds: u64,
    /// The memory limit of a shard, in MiB.
    pub memory: u64,
    /// The jobs that have to be over first, whatever their outcome.
    pub after: Vec<String>,
    /// The program of a shard and its arguments. The number of the shard comes after them.
    pub command: Vec<String>,
    /// More directives in the scheduler's syntax: `--partition=long`, `-q long`.
    pub options: Vec<String>,
    /// The directory for the output of shards, inside that of the campaign. It has to exist.
    pub logs: String,
}

/// How many tasks of an array are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that wait, for the first time or again.
    pub waiting: usize,
    /// Those that a machine has, even if they are suspended.
    pub running: usize,
    /// Those that are over, as long as the scheduler knows them. Grid Engine does not report these.
    pub ended: usize,
}

/// Why something cannot be submitted, or why its state is unknown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// A part of the array cannot be expressed in a scheduler's syntax.
    #[error("{what} {text:?} {why}")]
    Array {
        /// The part.
        what: &'static str,
        /// Its text.
        text: String,
        /// Why not.
        why: &'static str,
    },
    /// The answer of a scheduler's command is not understood.
    #[error("{program} does not say {wanted}, but ended with {status} and said: {said}")]
    Said {
        /// The command.
        program: &'static str,
        /// What it was asked for.
        wanted: &'static str,
        /// Its exit status.
        status: String,
        /// All that it printed.
        said: String,
    },
    /// There is no scheduler of this name.
    #[error("{0:?} is none of slurm, lsf and sge")]
    Name(String),
}

/// The syntax of a scheduler.
struct Dialect {
    name: &'static str,
    /// The beginning of a line with directives.
    directive: &'static str,
    /// The variable that holds the number of the task.
    index: &'static str,
    /// How many tasks an array may have by default.
    tasks: u32,
    directives: fn(&Array, &Tasks) -> Vec<String>,
    /// Commands that come before all others in the script.
    prelude: &'static str,
    submit: &'static [&'static str],
    job: fn(&str) -> Option<&str>,
    cancel: fn(&str) -> Vec<String>,
    ask: fn(&str) -> Vec<String>,
    /// Reads the state of a job's tasks from standard output and standard error; `None` if they are not understood.
    counts: fn(&str, &str, &str) -> Option<Counts>,
}

/// The tasks of an array, each of which does one shard or several.
struct Tasks {
    name: String,
    count: u32,
    at_once: Option<u32>,
    minutes: u64,
    memory: u64,
}

/// The minutes between the time when a task should be over, or is told to end, and the time when it is killed.
const GRACE: u64 = 2;

impl Scheduler {
    /// All schedulers.
    pub const ALL: [Scheduler; 3] = [Scheduler::Slurm, Scheduler::Lsf, Scheduler::Sge];

    fn dialect(self) -> &'static Dialect {
        match self {
            Scheduler::Slurm => &slurm::DIALECT,
            Scheduler::Lsf => &lsf::DIALECT,
            Scheduler::Sge => &sge::DIALECT,
        }
    }

    /// `slurm`, `lsf` or `sge`.
    pub fn name(self) -> &'static str {
        self.dialect().name
    }

    /// How many tasks an array may have by default: 1,000 in Slurm (`MaxArraySize`) and LSF (`MAX_JOB_ARRAY_SIZE`), 75,000 in Grid Engine
    /// (`max_aj_tasks`).
    pub fn tasks(self) -> u32 {
        self.dialect().tasks
    }

    /// The script of an array.
    ///
    /// # Errors
    /// [`SchedulerError::Array`].
    ///
    /// ```
    /// use silicabac::campaign::scheduler::{Array, Scheduler};
    ///
    /// let array = Array {
    ///     name: "sign-off".into(),
    ///     dir: "/scratch/it's mine".into(),
    ///     submission: 1,
    ///     shards: 200,
    ///     at_once: None,
    ///     tasks: None,
    ///     seconds: 1800,
    ///     memory: 500,
    ///     after: vec!["17".into()],
    ///     command: vec!["/opt/silicabac".into(), "campaign".into(), "work".into()],
    ///     options: vec!["--partition=long".into()],
    ///     logs: "logs".into(),
    /// };
    /// let script = Scheduler::Slurm.script(&array)?;
    /// assert!(script.contains("#SBATCH --array=1-200\n"));
    /// assert!(script.contains("#SBATCH --dependency=afterany:17\n"));
    /// assert!(script.ends_with("cd '/scratch/it'\\''s mine' || exit\nexec /opt/silicabac campaign work \"$SLURM_ARRAY_TASK_ID\"\n"));
    /// # Ok::<(), silicabac::campaign::scheduler::SchedulerError>(())
    /// ```
    pub fn script(self, array: &Array) -> Result<String, SchedulerError> {
        array.check()?;
        let dialect = self.dialect();
        let count = array.shards.min(array.tasks.unwrap_or(dialect.tasks));
        let each = u64::from(array.shards.div_ceil(count));
        let tasks = Tasks {
            name: array.job_name(),
            count,
            at_once: array.at_once.filter(|at_once| *at_once < count),
            minutes: array.seconds.saturating_mul(each).div_ceil(60).saturating_add(GRACE),
            memory: array.memory.max(1),
        };
        let mut directives = (dialect.directives)(array, &tasks);
        directives.extend(array.options.iter().cloned());
        let mut script = "#!/bin/sh\n".to_owned();
        for directive in directives {
            script += &format!("{} {directive}\n", dialect.directive);
        }
        script += dialect.prelude;
        script += &shell::body(array, dialect.index, count);
        Ok(script)
    }

    /// The command that submits a script. It reads the script from standard input and is run in the directory of the campaign, to which the
    /// names of logs are relative.
    pub fn submit(self) -> Vec<String> {
        self.dialect().submit.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Reads the job from the output of that command.
    ///
    /// # Errors
    /// [`SchedulerError::Said`] if it failed or printed no number.
    pub fn job(self, output: &Output) -> Result<String, SchedulerError> {
        let dialect = self.dialect();
        let said = String::from_utf8_lossy(&output.stdout);
        let job = (dialect.job)(&said).filter(|_| output.status.success());
        job.map(str::to_owned).ok_or_else(|| not_said(dialect.submit[0], "the number of the job", output))
    }

    /// The command that removes a job from the queue and ends its running tasks.
    pub fn cancel(self, job: &str) -> Vec<String> {
        (self.dialect().cancel)(job)
    }

    /// The command that asks for the states of a job's tasks.
    pub fn ask(self, job: &str) -> Vec<String> {
        (self.dialect().ask)(job)
    }

    /// Reads the output of that command. A job that the scheduler no longer knows has no tasks.
    ///
    /// # Errors
    /// [`SchedulerError::Said`] if it printed anything else.
    pub fn counts(self, job: &str, output: &Output) -> Result<Counts, SchedulerError> {
        let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        let counts = (self.dialect().counts)(job, &out, &err);
        counts.ok_or_else(|| not_said(self.asks_by(), "which tasks of the job wait and run", output))
    }

    fn asks_by(self) -> &'static str {
        match self {
            Scheduler::Slurm => "squeue",
            Scheduler::Lsf => "bjobs",
            Scheduler::Sge => "qstat",
        }
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scheduler {
    type Err = SchedulerError;

    fn from_str(name: &str) -> Result<Scheduler, SchedulerError> {
        let named = Scheduler::ALL.into_iter().find(|scheduler| scheduler.name() == name);
        named.ok_or_else(|| SchedulerError::Name(name.to_owned()))
    }
}

fn not_said(program: &'static str, wanted: &'static str, output: &Output) -> SchedulerError {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let said = format!("{}\n{}", out.trim(), err.trim());
    let said = if said.trim().is_empty() { "nothing" } else { said.trim() };
    SchedulerError::Said { program, wanted, status: output.status.to_string(), said: said.to_owned() }
}

impl Array {
    fn check(&self) -> Result<(), SchedulerError> {
        let wrong = |what, text: &str, why| Err(SchedulerError::Array { what, text: text.to_owned(), why });
        let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        let has_nul = |text: &String| text.contains('\0');
        if self.shards == 0 || self.tasks == Some(0) || self.at_once == Some(0) {
            return wrong("the number", "0", "of shards, of tasks or of tasks at once has to be at least 1");
        }
        if !self.dir.starts_with('/') {
            return wrong("the directory", &self.dir, "is not an absolute path");
        }
        if self.command.is_empty() {
            return wrong("the command", "", "is missing");
        }
        if let Some(word) = self.command.iter().chain([&self.dir]).find(|word| has_nul(word)) {
            return wrong("the word", word, "has a zero byte, which no command can be given");
        }
        if self.logs.is_empty() || !is_plain(&self.logs) {
            return wrong("the directory for logs", &self.logs, "has other letters than A-Z a-z 0-9 - _ . /");
        }
        if let Some(option) = self.options.iter().find(|option| option.contains(['\n', '\r', '\0'])) {
            return wrong("the option", option, "is more than one line");
        }
        let is_job = |job: &&String| !job.starts_with(|c: char| c.is_ascii_digit());
        if let Some(job) = self.after.iter().find(is_job) {
            return wrong("the job", job, "has no number");
        }
        Ok(())
    }

    /// The name of the job, in characters that every scheduler accepts; it begins with a letter, as Grid Engine requires.
    fn job_name(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let name: String = self.name.chars().map(plain).take(64).collect();
        let first = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "campaign-" };
        format!("{first}{name}-{}", self.submission)
    }

    /// The numbers of the jobs that have to be over, each with `prefix` and `suffix` around it, and `separator` between them.
    fn after(&self, prefix: &str, suffix: &str, separator: &str) -> String {
        let each = self.after.iter().map(|job| format!("{prefix}{}{suffix}", number(job)));
        each.collect::<Vec<_>>().join(separator)
    }
}

/// The number at the beginning of a job's name.
fn number(job: &str) -> &str {
    job.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Counts lines, each of which is the state of a task.
fn count<'a>(states: impl Iterator<Item = &'a str>, kind: fn(&str) -> Option<Kind>) -> Option<Counts> {
    let mut counts = Counts::default();
    for state in states {
        match kind(state)? {
            Kind::Waiting => counts.waiting += 1,
            Kind::Running => counts.running += 1,
            Kind::Ended => counts.ended += 1,
        }
    }
    Some(counts)
}

enum Kind {
    Waiting,
    Running,
    Ended,
}
