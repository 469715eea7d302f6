//! IBM Spectrum LSF.
//!
//! Memory is given with its unit, since the meaning of a bare number depends on `LSF_UNIT_FOR_LIMITS` of the farm; LSF knows units from
//! 10.1.0.2 on. The time limit is in minutes. A job that depends on one that LSF has forgotten is rejected.

use super::{Array, Counts, Dialect, GRACE, Kind, Tasks, count, number, words};

pub(super) const DIALECT: Dialect = Dialect {
    name: "lsf",
    directive: "#BSUB",
    index: "LSB_JOBINDEX",
    // MAX_JOB_ARRAY_SIZE.
    tasks: 1000,
    directives,
    prelude: "",
    submit: &["bsub"],
    job,
    cancel: |job| words(&["bkill", job]),
    ask: |job| words(&["bjobs", "-a", "-noheader", "-o", "stat", job]),
    counts,
};

fn directives(array: &Array, tasks: &Tasks) -> Vec<String> {
    let at_once = tasks.at_once.map_or(String::new(), |at_once| format!("%{at_once}"));
    let mut directives = vec![
        format!("-J \"{}[1-{}]{at_once}\"", tasks.name, tasks.count),
        "-r".into(),
        format!("-o {}/{}.%I.log", array.logs, array.submission),
        format!("-W {}", tasks.minutes),
        "-wa TERM".into(),
        format!("-wt {GRACE}"),
        format!("-M {}MB", tasks.memory),
        format!("-R \"rusage[mem={}MB]\"", tasks.memory),
        "-n 1".into(),
    ];
    if !array.after.is_empty() {
        directives.push(format!("-w \"{}\"", array.after("ended(", ")", " && ")));
    }
    directives
}

/// `Job <17> is submitted to queue <normal>.`, after whatever the farm's own checks print.
fn job(said: &str) -> Option<&str> {
    let of_line = |line: &'_ str| -> Option<(usize, usize)> {
        let from = line.strip_prefix("Job <").map(|_| "Job <".len())?;
        let to = from + line[from..].find('>')?;
        line[to..].contains("submitted").then_some((from, to))
    };
    let job = said.lines().find_map(|line| of_line(line).map(|(from, to)| &line[from..to]))?;
    (!job.is_empty() && number(job) == job).then_some(job)
}

fn counts(_: &str, out: &str, err: &str) -> Option<Counts> {
    if err.contains("is not found") {
        return Some(Counts::default());
    }
    count(out.split_whitespace(), kind).filter(|_| err.trim().is_empty())
}

fn kind(state: &str) -> Option<Kind> {
    match state {
        "PEND" | "PSUSP" | "WAIT" => Some(Kind::Waiting),
        // A machine that does not answer may still run it.
        "RUN" | "PROV" | "SSUSP" | "USUSP" | "UNKWN" => Some(Kind::Running),
        "DONE" | "EXIT" | "ZOMBI" => Some(Kind::Ended),
        _ => None,
    }
}
