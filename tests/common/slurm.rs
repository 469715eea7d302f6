//! A Slurm cluster on this machine: a controller and three nodes, each a daemon on the loopback interface, each configured with two
//! processors, so that six tasks run at once.
//!
//! Messages have no signature (`auth/none`), jobs are process groups, and nothing is measured or limited: the cluster needs neither systemd
//! nor control groups, and no other user. A node that dies is noticed within ten seconds, and its jobs are queued again.
//!
//! The daemons, the processes that run jobs, and the jobs have the path of the settings in their environment (`SLURM_CONF`), in a directory
//! that no other cluster has. Each node has a copy of its own, by which its processes are found.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

/// How many nodes there are.
pub const NODES: usize = 3;

/// How many tasks of one processor run at once.
pub const AT_ONCE: usize = 2 * NODES;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster. When it is dropped, all of its processes are ended.
pub struct Cluster {
    dir: PathBuf,
    controller: Option<Child>,
    nodes: [Option<Child>; NODES],
}

impl Cluster {
    /// Starts a cluster that keeps all its files in this directory. If Slurm is not installed, the test is skipped.
    ///
    /// # Panics
    /// If its nodes are not ready in two minutes.
    pub fn start(dir: &Path) -> Option<Cluster> {
        for (program, package) in
            [("slurmctld", "slurmctld"), ("slurmd", "slurmd"), ("sbatch", "slurm-client")]
        {
            super::program(program, package)?;
        }
        let dir = dir.canonicalize().unwrap();
        let settings = settings(&dir);
        fs::create_dir(dir.join("state")).unwrap();
        fs::write(dir.join("slurm.conf"), &settings).unwrap();
        for node in 0..NODES {
            fs::create_dir_all(dir.join(format!("n{node}/spool"))).unwrap();
            fs::write(dir.join(format!("n{node}/slurm.conf")), &settings).unwrap();
        }
        let mut cluster = Cluster { dir, controller: None, nodes: [const { None }; NODES] };
        cluster.start_controller();
        (0..NODES).for_each(|node| cluster.start_node(node));
        cluster.wait("all nodes are idle", |cluster| {
            let states = cluster.ask("sinfo", &["--noheader", "--Node", "--format=%T"]);
            states.lines().filter(|state| *state == "idle").count() == NODES
        });
        Some(cluster)
    }

    /// A command that finds the cluster, such as `sbatch`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.settings());
        command
    }

    /// The settings file, which commands find by `$SLURM_CONF`.
    pub fn settings(&self) -> PathBuf {
        self.dir.join("slurm.conf")
    }

    /// The output of such a command; empty while the controller does not answer.
    pub fn ask(&self, program: &str, words: &[&str]) -> String {
        let output = self.command(program).args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until a condition is true.
    ///
    /// # Panics
    /// After two minutes.
    #[track_caller]
    pub fn wait(&self, what: &str, is_so: impl Fn(&Cluster) -> bool) {
        let since = Instant::now();
        while !is_so(self) {
            assert!(since.elapsed() < PATIENCE, "not within two minutes: {what}:\n{}", self.told());
            sleep(Duration::from_millis(100));
        }
    }

    /// The state of the cluster, for messages.
    pub fn told(&self) -> String {
        let log = fs::read_to_string(self.dir.join("controller.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(30).collect();
        let queue = self.ask("squeue", &["--array", "--states=all"]);
        lines.into_iter().rev().map(|line| format!("{line}\n")).collect::<String>() + &queue
    }

    /// Kills the daemon of a node and everything that runs there, at once, as if its power failed.
    pub fn kill_node(&mut self, node: usize) {
        let name = format!("n{node}");
        kill_child(&mut self.nodes[node]);
        let of_node = self.dir.join(&name).join("slurm.conf");
        self.kill_all(|environment| {
            // The process that runs a job has the node's settings; a job has those of the user who submitted it.
            environment.settings == of_node || environment.node.as_deref() == Some(&name)
        });
    }

    /// Starts the daemon of a node.
    pub fn start_node(&mut self, node: usize) {
        let name = format!("n{node}");
        let mut daemon = Command::new("slurmd");
        daemon.env("SLURM_CONF", self.dir.join(&name).join("slurm.conf")).args(["-D", "-N", &name]);
        self.nodes[node] = Some(spawn(&mut daemon));
    }

    /// Waits until the controller has saved its state, which takes five seconds or so. A controller that dies earlier forgets jobs that it
    /// has accepted and numbered.
    pub fn wait_until_written(&self) {
        let file = self.dir.join("state/job_state");
        let now = SystemTime::now();
        self.wait("the controller writes down what it knows", |_| {
            fs::metadata(&file).is_ok_and(|file| file.modified().unwrap() > now)
        });
    }

    /// Kills the controller, which has no time to save anything. Jobs go on.
    pub fn kill_controller(&mut self) {
        kill_child(&mut self.controller);
    }

    /// Starts the controller, which continues from its saved state.
    pub fn start_controller(&mut self) {
        let mut daemon = self.command("slurmctld");
        self.controller = Some(spawn(daemon.arg("-D")));
    }

    /// Kills all processes of the cluster for which `is_so`, and their children, until there are none.
    fn kill_all(&self, is_so: impl Fn(&Environment) -> bool) {
        let since = Instant::now();
        loop {
            let victims = self.processes(&is_so);
            if victims.is_empty() {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{victims:?} cannot be killed");
            // The oldest first: they are the ones that would report the end of the others.
            victims.iter().for_each(|process| kill(*process));
            sleep(Duration::from_millis(10));
        }
    }

    /// The processes of the cluster for which `is_so`, and their children, the oldest first.
    fn processes(&self, is_so: impl Fn(&Environment) -> bool) -> Vec<i32> {
        let mut all = Process::all();
        let is_ours = |of: &Environment| of.settings.starts_with(&self.dir) && is_so(of);
        let mut found: BTreeSet<i32> =
            all.iter().filter(|process| is_ours(&process.environment)).map(|process| process.id).collect();
        while let Some(below) = all.iter().find(|of| found.contains(&of.parent) && !found.contains(&of.id)) {
            found.insert(below.id);
        }
        all.retain(|process| found.contains(&process.id));
        all.sort_by_key(|process| process.began);
        all.into_iter().map(|process| process.id).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        kill_child(&mut self.controller);
        self.nodes.iter_mut().for_each(kill_child);
        self.kill_all(|_| true);
    }
}

/// What a process of a cluster has in its environment.
#[derive(Default)]
struct Environment {
    settings: PathBuf,
    node: Option<String>,
}

/// A process that has not ended.
struct Process {
    id: i32,
    parent: i32,
    began: u64,
    environment: Environment,
}

impl Process {
    /// All processes that can be looked at.
    fn all() -> Vec<Process> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| Process::of(entry.file_name().to_str()?.parse().ok()?)).collect()
    }

    fn of(id: i32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name is in brackets and may contain anything; after it come the state, the parent, and much later the start time.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let (parent, began) = (fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?);
        if *fields.first()? == "Z" {
            return None;
        }
        let mut environment = Environment::default();
        for entry in fs::read(format!("/proc/{id}/environ")).unwrap_or_default().split(|byte| *byte == 0) {
            match String::from_utf8_lossy(entry).split_once('=') {
                Some(("SLURM_CONF", path)) => environment.settings = path.into(),
                Some(("SLURMD_NODENAME", name)) => environment.node = Some(name.into()),
                _ => (),
            }
        }
        Some(Process { id, parent, began, environment })
    }
}

fn spawn(daemon: &mut Command) -> Child {
    daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill_child(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

fn kill(process: i32) {
    if let Some(process) = Pid::from_raw(process) {
        // It may have ended by now.
        let _ = kill_process(process, Signal::KILL);
    }
}

/// The settings of the controller and of all nodes.
fn settings(dir: &Path) -> String {
    let ports = ports();
    let dir = dir.to_str().unwrap();
    let user = Command::new("id").arg("-un").output().unwrap();
    let user = String::from_utf8_lossy(&user.stdout);
    let user = user.trim();
    let controller = ports[0];
    let mut text = format!(
        "\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
# How many seconds a job waits that is queued again; with fewer it waits two minutes.
AuthInfo=cred_expire=5
StateSaveLocation={dir}/state
SlurmctldPidFile={dir}/controller.pid
SlurmctldLogFile={dir}/controller.log
SlurmdSpoolDir={dir}/%n/spool
SlurmdPidFile={dir}/%n/pid
SlurmdLogFile={dir}/%n/log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
# A node that does not answer for two seconds is down, and one that answers again is up.
SlurmdTimeout=2
MessageTimeout=2
TCPTimeout=1
ReturnToService=2
KillWait=1
MinJobAge=600
"
    );
    for (node, port) in ports[1..].iter().enumerate() {
        text += &format!(
            "NodeName=n{node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=4000 State=UNKNOWN\n"
        );
    }
    text + "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
}

/// Ports that are not in use, below those that the system gives to connections, so that a daemon that is started again finds its own free.
/// No two clusters of a process get the same ports.
fn ports() -> [u16; NODES + 1] {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 1_000) as u16 * 8;
    let next = || first + GIVEN.fetch_add(1, Ordering::Relaxed);
    let free = std::iter::repeat_with(next).take(1_000);
    let free = free.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let found: Vec<u16> = free.take(NODES + 1).collect();
    found.try_into().expect("free ports")
}
