//! A real Slurm runs the scripts that are made for it, and meanwhile loses a node and its controller.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::common::{
    expect,
    slurm::{AT_ONCE, Cluster},
};
use serde_json::Value;
use silicabac::campaign::scheduler::{Array, Counts, Scheduler};

const SLURM: Scheduler = Scheduler::Slurm;
const SHARDS: u32 = 20;

/// Runs a command of the scheduler.
fn run(cluster: &Cluster, words: &[String], dir: &Path, input: &str) -> Output {
    let mut command = cluster.command(&words[0]);
    let pipes = command.args(&words[1..]).current_dir(dir).stdin(Stdio::piped());
    let mut child = pipes.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn submit(cluster: &Cluster, dir: &Path, script: &str) -> String {
    SLURM.job(&run(cluster, &SLURM.submit(), dir, script)).unwrap()
}

/// The states of the tasks; `None` while the controller does not answer.
fn counts(cluster: &Cluster, job: &str) -> Option<Counts> {
    SLURM.counts(job, &run(cluster, &SLURM.ask(job), Path::new("/"), "")).ok()
}

/// An array in which each shard takes a second and writes a file with its number.
fn array(dir: &Path, work: &str) -> Array {
    Array {
        name: "sign-off".into(),
        dir: dir.to_str().unwrap().into(),
        submission: 1,
        shards: SHARDS,
        at_once: None,
        tasks: None,
        seconds: 60,
        memory: 10,
        after: Vec::new(),
        command: ["sh", "-c", work, "it's"].map(str::to_owned).to_vec(),
        options: vec!["--partition=all".into()],
        logs: "logs".into(),
    }
}

fn place(dir: &Path) {
    fs::create_dir_all(dir.join("logs")).unwrap();
    fs::create_dir_all(dir.join("done")).unwrap();
}

fn done(dir: &Path) -> usize {
    fs::read_dir(dir.join("done")).unwrap().count()
}

const WORK: &str = "sleep 1; echo \"$0\" > \"done/$1\"";

#[test]
fn tasks_come_to_an_end_though_a_node_dies_and_then_the_controller() {
    let root = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(root.path()) else { return };
    let dir = root.path().join("a place");
    place(&dir);
    let first = submit(&cluster, &dir, &SLURM.script(&array(&dir, WORK)).unwrap());
    // An array that has to wait for the first one waits for it, and runs several shards in each task.
    let after = Array {
        submission: 2,
        tasks: Some(3),
        after: vec![first.clone()],
        ..array(&dir, "echo > \"done/after $1\"")
    };
    let second = submit(&cluster, &dir, &SLURM.script(&after).unwrap());

    cluster.wait("tasks run on all nodes", |cluster| {
        counts(cluster, &first).is_some_and(|counts| counts.running == AT_ONCE)
    });
    assert_eq!(counts(&cluster, &second), Some(Counts { waiting: 3, running: 0, ended: 0 }));
    cluster.kill_node(0);
    cluster.wait_until_written();
    cluster.kill_controller();
    assert!(SLURM.job(&run(&cluster, &SLURM.submit(), &dir, "#!/bin/sh\n")).is_err());
    sleep(Duration::from_secs(1));
    cluster.start_controller();

    cluster.wait("all tasks are over", |cluster| {
        counts(cluster, &second).is_some_and(|counts| counts.ended == 3) && done(&dir) == 2 * SHARDS as usize
    });
    assert_eq!(counts(&cluster, &first), Some(Counts { waiting: 0, running: 0, ended: SHARDS as usize }));
    assert_eq!(fs::read_to_string(dir.join("done/7")).unwrap(), "it's\n");
}

/// Tasks that do not ask to be queued again are lost with their node; a task that is cancelled is told to end.
#[test]
fn what_is_not_queued_again_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(root.path()) else { return };
    let dir = root.path();
    place(dir);
    let work =
        "trap 'echo > \"done/told $1\"; exit' TERM; echo > \"done/listens $1\"; while :; do sleep 0.1; done";
    let told = Array { shards: 1, ..array(dir, work) };
    let told =
        submit(&cluster, dir, &SLURM.script(&told).unwrap().replace("--requeue", "--requeue --nodelist=n1"));
    let lost = SLURM.script(&array(dir, "sleep 3")).unwrap();
    let lost = submit(&cluster, dir, &lost.replace("--requeue", "--no-requeue --nodelist=n0"));
    cluster.wait("tasks run on the node", |cluster| {
        let is_running = |job, tasks| counts(cluster, job).is_some_and(|counts| counts.running == tasks);
        // A task that has begun does not listen yet.
        is_running(&lost, 2) && is_running(&told, 1) && dir.join("done/listens 1").exists()
    });
    run(&cluster, &SLURM.cancel(&told), dir, "");
    cluster.kill_node(0);
    cluster
        .wait("its tasks are over", |cluster| counts(cluster, &lost).is_some_and(|counts| counts.ended == 2));
    let states =
        cluster.ask("squeue", &["--noheader", "--array", "--states=all", "--format=%T", "--jobs", &lost]);
    assert_eq!(states.matches("NODE_FAIL").count(), 2, "{states}");
    cluster.wait("it is told to end", |_| dir.join("done/told 1").exists());
    assert!(counts(&cluster, "999").is_some_and(|counts| counts == Counts::default()));
}

/// A plan with the items of two cores of ours, of one that fails, and of commands, a few of which fail: 224 of them.
fn plan(dir: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        "rtl/common/cabac_range_table.sv",
        "tests/cores/textbook_encoder.v",
        "tests/cores/saturating_counter.v",
    ];
    let files = files.map(|file| format!("{:?}", root.join(file))).join(", ");
    fs::create_dir_all(dir).unwrap();
    let core = format!("direction = \"encoder\"\ntop = \"saturating_counter\"\nrtl = [{files}]");
    fs::write(dir.join("bad.toml"), core).unwrap();
    let text = r#"
name = "farm"
[check]
cores = ["encoder", "decoder", "bad.toml"]
suites = ["smoke"]
seeds = "1..6"
dreams = ["h265:1..8"]
dreams-each = 2
coverage = true
[[command]]
name = "naps"
run = ["sh", "-c", "sleep 0.1; test {number} -lt 183"]
times = 184
"#;
    fs::write(dir.join("plan.toml"), text).unwrap();
    dir.join("plan.toml")
}

/// The result of a campaign, without the path of its directory.
fn result(dir: &Path) -> Value {
    let report = crate::common::command()
        .args(["campaign", "report"])
        .arg(dir)
        .args(["--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(report.stdout).unwrap().replace(dir.to_str().unwrap(), "DIR");
    serde_json::from_str::<Value>(&text).unwrap()["result"].clone()
}

/// A campaign of 200 shards on three nodes is told to end after a node and the controller died; it is continued, and its result is that of
/// one machine.
#[test]
#[ignore = "long"]
fn a_campaign_comes_to_what_it_comes_to_on_one_machine() {
    let root = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(root.path()) else { return };
    let root = root.path().canonicalize().unwrap();
    let plan = plan(&root.join("plan"));
    let (farm, one) = (root.join("farm"), root.join("one"));
    let settings = cluster.settings();
    let silicabac = |verb: &str, path: &Path| {
        let mut command = crate::common::command();
        command.env("SLURM_CONF", &settings).arg("campaign").arg(verb).arg(path);
        command
    };
    let run = silicabac("run", &plan).arg("-o").arg(&one).output().unwrap();
    expect(
        &run,
        1,
        &["bad.toml, outstanding-N-carry: fails in 6 items", "naps: fails in 2 items, first in naps/183"],
    );

    let submit =
        silicabac("submit", &plan).arg("-o").arg(&farm).args(["--to", "slurm", "--shards", "200"]).output();
    expect(&submit.unwrap(), 0, &["slurm job 1: 200 shards"]);
    let done = || 224 - result(&farm)["open"].as_u64().unwrap();
    cluster.wait("some items are done", |_| done() > 30);
    cluster.kill_node(0);
    cluster.wait_until_written();
    cluster.kill_controller();
    expect(&silicabac("status", &farm).output().unwrap(), 4, &["slurm"]);
    cluster.start_controller();
    let before = done();
    cluster.wait("more items are done", |_| done() > before + 20);
    expect(&silicabac("cancel", &farm).output().unwrap(), 0, &["job 1 is cancelled"]);
    expect(&silicabac("status", &farm).output().unwrap(), 5, &["open"]);
    cluster.start_node(0);
    cluster.wait("all of it is over", |cluster| cluster.ask("squeue", &["--noheader"]).is_empty());

    expect(&silicabac("resume", &farm).output().unwrap(), 0, &[]);
    cluster.wait("a report is written", |_| farm.join("report.html").exists());
    expect(&silicabac("status", &farm).output().unwrap(), 0, &["224 items done, 0 given up, 0 open"]);
    expect(&silicabac("resume", &farm).output().unwrap(), 0, &["nothing is open"]);
    assert_eq!(result(&farm), result(&one));
}
