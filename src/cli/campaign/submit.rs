//! Submits what is open to a scheduler, and asks it for the state of the jobs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde::{Deserialize, Serialize};
use silicabac::{
    campaign::{
        Item, Ledger, Part, State, first_of_each,
        scheduler::{Array, Scheduler},
    },
    shard::Shard,
};

use super::{
    directory::{Directory, Submission, now, read_json, write_json},
    open_items,
    work::{Limit, work},
};
use crate::cli::{
    Failure, Verdict,
    output::{create_dir, write_file},
    print::{counted, line, say},
    signals::Guard,
};

#[derive(Clone, Debug, Deserialize, Serialize, clap::Args)]
#[group(id = "submit_options")]
pub(super) struct Options {
    /// The scheduler: slurm, lsf or sge
    #[arg(long, value_name = "SCHEDULER")]
    to: String,
    /// How many shards [default: as many as make each take about five minutes]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    shards: Option<u32>,
    /// How many of them run at once at most
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    at_once: Option<u32>,
    /// How many tasks an array may have on this farm [default: the default of the scheduler]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    array: Option<u32>,
    /// How long a shard may take, in minutes [default: from the time that items have taken]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..1_000_000))]
    minutes: Option<u64>,
    /// How much memory a shard may take, in MiB [default: from the memory that items have taken]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    memory: Option<u64>,
    /// A directive for the scheduler, such as --option=--partition=long; repeatable
    #[arg(long, value_name = "DIRECTIVE", allow_hyphen_values = true)]
    option: Vec<String>,
    /// Write the scripts and print the commands, but do not run them
    #[arg(long)]
    dry_run: bool,
}

/// What a scheduler was given.
#[derive(Deserialize, Serialize)]
struct Job {
    scheduler: String,
    job: String,
    options: Options,
}

const JOB: &str = "job.json";

/// What items took so far, measured by their size.
struct Measured {
    /// By size of items, the mean and the largest number of seconds.
    seconds: BTreeMap<String, (f64, f64)>,
    /// In MiB.
    memory: u64,
}

impl Measured {
    fn new(items: &[Item], ledger: &Ledger) -> Measured {
        let mut of_size: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut memory = 0;
        for item in items {
            if let State::Done(end) = ledger.state(&item.key) {
                of_size.entry(item.size()).or_default().push(end.seconds);
                memory = memory.max(end.memory);
            }
        }
        let both = |seconds: Vec<f64>| {
            let most = seconds.iter().copied().fold(0.0, f64::max);
            (seconds.iter().sum::<f64>() / seconds.len().max(1) as f64, most)
        };
        Measured {
            seconds: of_size.into_iter().map(|(size, seconds)| (size, both(seconds))).collect(),
            memory,
        }
    }

    fn of(&self, item: &Item) -> Option<(f64, f64)> {
        self.seconds.get(&item.size()).copied()
    }
}

impl Options {
    fn scheduler(&self) -> Result<Scheduler, Failure> {
        self.to.parse().map_err(|error| Failure::Usage(format!("--to: {error}")))
    }
}

pub(super) fn submit(directory: &Directory, options: &Options, guard: &Guard) -> Result<Verdict, Failure> {
    let scheduler = options.scheduler()?;
    let mut ledger = directory.ledger()?;
    let all = directory.items(&ledger)?;
    let mut open = open_items(&all, &ledger);
    // One item of each size is done here: this measures what the others will take, and builds their cores once.
    let measured = Measured::new(&all, &ledger);
    let unknown: Vec<Item> =
        first_of_each(&open).into_iter().filter(|item| measured.of(item).is_none()).cloned().collect();
    if !unknown.is_empty() && !options.dry_run {
        say(format_args!("doing {} here, to measure what such items take", counted(unknown.len(), "item")));
        let keys = unknown.iter().map(|item| item.key.clone()).collect();
        let number = directory.submit(&Submission { explains: false, shards: 1, made: now(), keys })?;
        work(directory, number, 1..=1, &unknown, &Limit::new(&directory.plan.budget, now(), 1), guard)?;
        ledger = directory.ledger()?;
        open = open_items(&open, &ledger);
    }
    if open.is_empty() {
        line("nothing is open; `silicabac campaign report` shows the results")?;
        return Ok(Verdict::Equal);
    }
    let measured = Measured::new(&all, &ledger);
    let (mean, most) = (
        |item: &Item| measured.of(item).map_or(60.0, |of| of.0),
        |item: &Item| measured.of(item).map_or(600.0, |of| of.1),
    );
    let work: f64 = open.iter().map(mean).sum();
    let shards = options.shards.unwrap_or((work / 300.0).ceil() as u32).clamp(1, open.len() as u32) as usize;
    let of_shard = |shard: Shard| shard.of(open.len()).map(|item| most(&open[item])).sum::<f64>();
    // Other jobs may run on the machine, and it may be slower.
    let seconds = 120.0
        + 2.0 * (1..=shards).filter_map(|shard| Shard::new(shard, shards)).map(of_shard).fold(0.0, f64::max);
    let memory = options.memory.unwrap_or(512 + measured.memory * 3 / 2);
    let after = Started::new(directory, scheduler, options).start(Start {
        explains: false,
        keys: open.iter().map(|item| item.key.clone()).collect(),
        shards,
        seconds: options.minutes.map_or(seconds as u64, |minutes| minutes * 60),
        memory,
        after: None,
    })?;
    say(format_args!(
        "{} in {}, {:.0} minutes of work",
        counted(open.len(), "item"),
        counted(shards, "shard"),
        work / 60.0
    ));
    let checked = all.iter().filter(|item| matches!(item.part, Part::Check(_)));
    let kinds: BTreeSet<String> = checked.clone().map(Item::kind).collect();
    let mut last = after;
    if !kinds.is_empty() {
        let longest = checked.map(most).fold(60.0, f64::max);
        last = Started::new(directory, scheduler, options).start(Start {
            explains: true,
            keys: Vec::new(),
            shards: kinds.len(),
            // At most three checks, each of which plays every vector alone and shrinks what fails.
            seconds: 600 + 30 * longest as u64,
            memory,
            after: last,
        })?;
    }
    Started::new(directory, scheduler, options).report(last)?;
    Ok(Verdict::Equal)
}

/// A submission with its limits, and the job that has to be over first.
struct Start {
    explains: bool,
    keys: Vec<String>,
    shards: usize,
    seconds: u64,
    memory: u64,
    after: Option<String>,
}

/// Gives arrays to a scheduler.
struct Started<'a> {
    directory: &'a Directory,
    scheduler: Scheduler,
    options: &'a Options,
}

impl<'a> Started<'a> {
    fn new(directory: &'a Directory, scheduler: Scheduler, options: &'a Options) -> Started<'a> {
        Started { directory, scheduler, options }
    }

    /// Writes a submission and gives it to the scheduler. Returns the job.
    fn start(&self, start: Start) -> Result<Option<String>, Failure> {
        let Start { explains, keys, shards, seconds, memory, after } = start;
        let number = self.directory.submit(&Submission { explains, shards, made: now(), keys })?;
        let dir = self.directory.path.to_string_lossy().into_owned();
        let command = [self.program(), "campaign".into(), "shard".into(), dir, number.to_string()].to_vec();
        self.give(number, shards as u32, (seconds, memory), after, command)
    }

    /// Submits the job that writes the report.
    fn report(&self, after: Option<String>) -> Result<(), Failure> {
        let number = self.directory.submit(&Submission {
            explains: false,
            shards: 1,
            made: now(),
            keys: Vec::new(),
        })?;
        let dir = self.directory.path.to_string_lossy().into_owned();
        let page = self.directory.path.join("report.html").to_string_lossy().into_owned();
        // The shell gets the number of the task as a further argument, which the script ignores.
        let script = "exec \"$0\" campaign report \"$1\" --html \"$2\"";
        let command = ["/bin/sh".into(), "-c".into(), script.into(), self.program(), dir, page].to_vec();
        self.give(number, 1, (600, self.options.memory.unwrap_or(2048)), after, command).map(drop)
    }

    fn program(&self) -> String {
        self.directory.place().program.to_string_lossy().into_owned()
    }

    fn give(
        &self,
        number: u32,
        shards: u32,
        (seconds, memory): (u64, u64),
        after: Option<String>,
        command: Vec<String>,
    ) -> Result<Option<String>, Failure> {
        let Directory { path, about, .. } = self.directory;
        let array = Array {
            name: about.name.clone(),
            dir: path.to_string_lossy().into_owned(),
            submission: number as usize,
            shards,
            at_once: self.options.at_once,
            tasks: self.options.array,
            seconds,
            memory,
            after: after.into_iter().collect(),
            command,
            options: self.options.option.clone(),
            logs: "jobs/log".into(),
        };
        create_dir(&path.join("jobs/log"))?;
        let script = self.directory.job(number).join(format!("{}.sh", self.scheduler));
        let text = self.scheduler.script(&array)?;
        write_file(&script, |sink| sink.write_all(text.as_bytes()))?;
        let words = self.scheduler.submit();
        if self.options.dry_run {
            line(format_args!("cd {} && {} < {}", path.display(), words.join(" "), script.display()))?;
            return Ok(None);
        }
        let output = run(&words, path, Some(&script))?;
        let job = self.scheduler.job(&output)?;
        let of =
            Job { scheduler: self.scheduler.name().into(), job: job.clone(), options: self.options.clone() };
        write_json(&self.directory.job(number).join(JOB), &of)?;
        line(format_args!("{} job {job}: {}", self.scheduler, counted(shards as usize, "shard")))?;
        Ok(Some(job))
    }
}

/// Runs a command of a scheduler, with a script to read.
fn run(words: &[String], dir: &Path, script: Option<&Path>) -> Result<Output, Failure> {
    let input = match script {
        None => Stdio::null(),
        Some(script) => {
            #[expect(clippy::disallowed_methods, reason = "it was written a moment ago")]
            let file =
                File::open(script).map_err(|source| Failure::Read { path: script.to_owned(), source })?;
            file.into()
        }
    };
    let output = Command::new(&words[0]).args(&words[1..]).current_dir(dir).stdin(input).output();
    output.map_err(|source| Failure::NoScheduler { program: words[0].clone(), source })
}

/// All jobs that a scheduler was given, in order, also those that are over.
fn jobs(directory: &Directory) -> Result<Vec<(u32, Job)>, Failure> {
    let mut jobs = Vec::new();
    for number in directory.submissions()? {
        let path = directory.job(number).join(JOB);
        if path.exists() {
            jobs.push((number, read_json(&path)?));
        }
    }
    Ok(jobs)
}

fn scheduler_of(job: &Job) -> Result<Scheduler, Failure> {
    Ok(job.scheduler.parse()?)
}

pub(super) fn status(directory: &Directory) -> Result<Verdict, Failure> {
    let ledger = directory.ledger()?;
    let items = directory.items(&ledger)?;
    let [mut done, mut given_up, mut begun] = [0; 3];
    for item in &items {
        match ledger.state(&item.key) {
            State::Done(_) => done += 1,
            State::GivenUp(_) => given_up += 1,
            State::Open => begun += usize::from(ledger.lost(&item.key) > 0),
        }
    }
    let open = items.len() - done - given_up;
    line(format_args!(
        "{}: {done} of {} done, {given_up} given up, {open} open, {begun} of these begun",
        directory.about.name,
        counted(items.len(), "item")
    ))?;
    for (number, job) in jobs(directory)? {
        let scheduler = scheduler_of(&job)?;
        let counts = scheduler.counts(&job.job, &run(&scheduler.ask(&job.job), &directory.path, None)?)?;
        let what = if directory.submission(number)?.explains { "causes" } else { "items" };
        line(format_args!(
            "{scheduler} job {} ({what}): {} waiting, {} running",
            job.job, counts.waiting, counts.running
        ))?;
    }
    Ok(if open == 0 { Verdict::Equal } else { Verdict::BelowGoal })
}

pub(super) fn cancel(directory: &Directory) -> Result<Verdict, Failure> {
    // The last one first, so that no job begins because the one that it waits for is cancelled.
    for (_, job) in jobs(directory)?.into_iter().rev() {
        let scheduler = scheduler_of(&job)?;
        let counts = scheduler.counts(&job.job, &run(&scheduler.ask(&job.job), &directory.path, None)?)?;
        if counts.waiting + counts.running == 0 {
            continue;
        }
        let output = run(&scheduler.cancel(&job.job), &directory.path, None)?;
        if !output.status.success() {
            let what = format!(
                "{scheduler} does not cancel job {}: {}",
                job.job,
                String::from_utf8_lossy(&output.stderr).trim()
            );
            return Err(Failure::Campaign { path: directory.path.clone(), what });
        }
        line(format_args!("{scheduler} job {} is cancelled", job.job))?;
    }
    Ok(Verdict::Equal)
}

/// The options of the last submission, if there was one. It is an error if the scheduler still has one of the jobs.
pub(super) fn last(directory: &Directory) -> Result<Option<Options>, Failure> {
    let jobs = jobs(directory)?;
    for (_, job) in &jobs {
        let scheduler = scheduler_of(job)?;
        let counts = scheduler.counts(&job.job, &run(&scheduler.ask(&job.job), &directory.path, None)?)?;
        if counts.waiting + counts.running > 0 {
            let what = format!(
                "{scheduler} still has job {}, {} waiting and {} running; `silicabac campaign status` shows how far it is, and `cancel` cancels it",
                job.job, counts.waiting, counts.running
            );
            return Err(Failure::Campaign { path: directory.path.clone(), what });
        }
    }
    Ok(jobs.into_iter().next_back().map(|(_, job)| job.options))
}
