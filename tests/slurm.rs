//! A real Slurm runs the scripts that are made for it, and loses a node and its controller meanwhile.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use common::slurm::{AT_ONCE, Cluster};
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

/// Where the tasks are; nothing while the controller does not answer.
fn counts(cluster: &Cluster, job: &str) -> Option<Counts> {
    SLURM.counts(job, &run(cluster, &SLURM.ask(job), Path::new("/"), "")).ok()
}

/// A shard that takes a second and writes a file of its number.
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
    // What asks for the first to be over waits for it, and runs several shards a task.
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

/// Tasks that do not ask to be queued again are lost with their node; one that is cancelled is told to end.
#[test]
fn what_is_not_queued_again_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(root.path()) else { return };
    let dir = root.path();
    place(dir);
    let work = "trap 'echo > \"done/told $1\"; exit' TERM; while :; do sleep 0.1; done";
    let told = Array { shards: 1, ..array(dir, work) };
    let told =
        submit(&cluster, dir, &SLURM.script(&told).unwrap().replace("--requeue", "--requeue --nodelist=n1"));
    let lost = SLURM.script(&array(dir, "sleep 3")).unwrap();
    let lost = submit(&cluster, dir, &lost.replace("--requeue", "--no-requeue --nodelist=n0"));
    cluster.wait("tasks run on the node", |cluster| {
        let is_running = |job, tasks| counts(cluster, job).is_some_and(|counts| counts.running == tasks);
        is_running(&lost, 2) && is_running(&told, 1)
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
