//! Grid Engine.
//!
//! `h_vmem` limits addresses rather than memory, per slot; memory that a process reserves and never touches counts, so [`RESERVED`] is
//! added. A queue uses a shell of its own choice unless a script names one, and a job gets nothing of the submitter's environment unless it
//! asks for it. With `-notify` a job gets SIGUSR1 before it is suspended, which is of no interest here, and SIGUSR2 before it is killed.

use super::{Array, Counts, Dialect, Kind, Tasks, count, number, words};

/// Addresses that processes reserve beyond the memory that they use, for stacks and for the allocator of each thread, in MiB.
const RESERVED: u64 = 2048;

pub(super) const DIALECT: Dialect = Dialect {
    name: "sge",
    directive: "#$",
    index: "SGE_TASK_ID",
    // max_aj_tasks.
    tasks: 75_000,
    directives,
    prelude: "trap '' USR1\n",
    submit: &["qsub", "-terse"],
    job,
    cancel: |job| words(&["qdel", job]),
    ask: |_| words(&["qstat", "-xml", "-g", "d"]),
    counts,
};

fn directives(array: &Array, tasks: &Tasks) -> Vec<String> {
    let memory = tasks.memory.saturating_add(RESERVED);
    let mut directives = vec![
        format!("-N {}", tasks.name),
        format!("-t 1-{}", tasks.count),
        "-r y".into(),
        "-notify".into(),
        "-S /bin/sh".into(),
        "-cwd".into(),
        "-V".into(),
        "-j y".into(),
        format!("-o {}/{}.$TASK_ID.log", array.logs, array.submission),
        format!("-l h_rt={}", tasks.minutes.saturating_mul(60)),
        format!("-l h_vmem={memory}M"),
    ];
    directives.extend(tasks.at_once.map(|at_once| format!("-tc {at_once}")));
    if !array.after.is_empty() {
        directives.push(format!("-hold_jid {}", array.after("", "", ",")));
    }
    directives
}

/// `17.1-20:1`, or `17` if there is one task.
fn job(said: &str) -> Option<&str> {
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let job = number(line);
    let rest = &line[job.len()..];
    (!job.is_empty() && (rest.is_empty() || rest.starts_with('.'))).then_some(job)
}

/// One task per `<job_list>`, of all jobs of the user.
fn counts(job: &str, out: &str, _: &str) -> Option<Counts> {
    if !out.contains("</job_info>") {
        return None;
    }
    let tasks = out.split("<job_list").skip(1);
    let of_job = tasks.filter(|task| element(task, "JB_job_number") == Some(job));
    count(of_job.map(|task| element(task, "state").unwrap_or_default()), kind)
}

/// The text between the first opening and closing tag of this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, text) = text.split_once(&format!("<{name}>"))?;
    Some(text.split_once(&format!("</{name}>"))?.0.trim())
}

/// The state's letters: `qw`, `hqw`, `Eqw`, `Rq` wait; `t`, `r`, `Rr`, `s`, `dr` do not.
fn kind(state: &str) -> Option<Kind> {
    match state {
        "" => None,
        _ if state.contains(['q', 'w']) => Some(Kind::Waiting),
        _ => Some(Kind::Running),
    }
}
