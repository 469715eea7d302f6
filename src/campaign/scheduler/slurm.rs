//! Slurm.
//!
//! `--signal=B:` signals only the batch shell, which the shard has replaced. A job that is queued again appends to its log.

use super::{Array, Counts, Dialect, GRACE, Kind, Tasks, count, number, words};

pub(super) const DIALECT: Dialect = Dialect {
    name: "slurm",
    directive: "#SBATCH",
    index: "SLURM_ARRAY_TASK_ID",
    // MaxArraySize is 1001, and every index has to be less.
    tasks: 1000,
    directives,
    prelude: "",
    submit: &["sbatch", "--parsable"],
    job,
    cancel: |job| on_cluster("scancel", job, &[]),
    ask: |job| on_cluster("squeue", job, &["--noheader", "--array", "--states=all", "--format=%T", "--jobs"]),
    counts,
};

fn directives(array: &Array, tasks: &Tasks) -> Vec<String> {
    let at_once = tasks.at_once.map_or(String::new(), |at_once| format!("%{at_once}"));
    let mut directives = vec![
        format!("--job-name={}", tasks.name),
        format!("--array=1-{}{at_once}", tasks.count),
        "--requeue".into(),
        "--open-mode=append".into(),
        format!("--output={}/{}.%a.log", array.logs, array.submission),
        format!("--time={}", tasks.minutes),
        format!("--signal=B:TERM@{}", GRACE * 60),
        format!("--mem={}M", tasks.memory),
        "--ntasks=1".into(),
        "--cpus-per-task=1".into(),
    ];
    if !array.after.is_empty() {
        directives.push(format!("--dependency=afterany:{}", array.after("", "", ":")));
    }
    directives
}

/// `17`, or `17;cluster` if there are several clusters.
fn job(said: &str) -> Option<&str> {
    said.lines().rev().map(str::trim).find(|line| {
        let (digits, cluster) = line.split_once(';').unwrap_or((line, "x"));
        !digits.is_empty() && number(digits) == digits && !cluster.is_empty()
    })
}

/// A command on a job. The job is the last word.
fn on_cluster(program: &str, job: &str, options: &[&str]) -> Vec<String> {
    let mut command = words(&[program]);
    if let Some((_, cluster)) = job.split_once(';') {
        command.push(format!("--clusters={cluster}"));
    }
    command.extend(words(options));
    command.push(number(job).to_owned());
    command
}

fn counts(_: &str, out: &str, err: &str) -> Option<Counts> {
    if err.contains("Invalid job id specified") {
        return Some(Counts::default());
    }
    // With several clusters there is a line with the name of each.
    let states = out.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("CLUSTER:"));
    count(states, kind).filter(|_| err.trim().is_empty())
}

fn kind(state: &str) -> Option<Kind> {
    match state {
        "PENDING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => {
            Some(Kind::Waiting)
        }
        "RUNNING" | "COMPLETING" | "CONFIGURING" | "RESIZING" | "SIGNALING" | "STAGE_OUT" | "STOPPED"
        | "SUSPENDED" => Some(Kind::Running),
        "BOOT_FAIL" | "CANCELLED" | "COMPLETED" | "DEADLINE" | "FAILED" | "LAUNCH_FAILED" | "NODE_FAIL"
        | "OUT_OF_MEMORY" | "PREEMPTED" | "RECONFIG_FAIL" | "REVOKED" | "TIMEOUT" => Some(Kind::Ended),
        _ => None,
    }
}
