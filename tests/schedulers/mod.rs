//! The scripts for schedulers, and the parser of what schedulers print.
//!
//! `SILICABAC_RENEW=yes cargo test --test all schedulers::` writes the scripts of this folder again.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use silicabac::campaign::scheduler::{Array, Counts, Scheduler};
use tempfile::TempDir;

/// A name with every character that a shell could misread.
const DIR: &str = "/scratch/it's a \"place\" for $HOME & `others`\\";
const WORDS: [&str; 8] = ["work", "two words", "it's", "\"$HOME\"", "", "*", "a\\b", "line\nbreak"];

fn array(dir: &str, program: &str, shards: u32) -> Array {
    let words = [program].into_iter().chain(WORDS).map(str::to_owned);
    Array {
        name: "7 nights: sign-off".into(),
        dir: dir.into(),
        submission: 2,
        shards,
        at_once: None,
        tasks: None,
        seconds: 1801,
        memory: 700,
        after: Vec::new(),
        command: words.collect(),
        options: Vec::new(),
        logs: "logs".into(),
    }
}

/// The arrays whose scripts are kept in this folder.
fn kept(scheduler: Scheduler) -> [(&'static str, Array); 2] {
    let options = match scheduler {
        Scheduler::Slurm => ["--partition=long", "--account=video"],
        Scheduler::Lsf => ["-q long", "-P video"],
        Scheduler::Sge => ["-q long.q", "-P video"],
    };
    let few = array(DIR, "/opt/silicabac", 20);
    let many = Array {
        shards: 200_000,
        at_once: Some(300),
        after: vec!["17".into(), "18".into()],
        options: options.map(str::to_owned).to_vec(),
        ..few.clone()
    };
    [("few", few), ("many", many)]
}

#[test]
fn scripts_are_those_that_are_kept() {
    let renew = std::env::var_os("SILICABAC_RENEW").is_some();
    for scheduler in Scheduler::ALL {
        for (name, array) in kept(scheduler) {
            let file = format!("{}/tests/schedulers/{scheduler}_{name}.sh", env!("CARGO_MANIFEST_DIR"));
            let script = scheduler.script(&array).unwrap();
            if renew {
                fs::write(&file, &script).unwrap();
            }
            let kept = fs::read_to_string(&file).unwrap();
            assert!(
                kept == script,
                "{file} is not what is written now; the header of this test says what renews it"
            );
            let parsed = Command::new("sh").arg("-n").arg(&file).output().unwrap();
            assert!(parsed.status.success(), "{file}: {parsed:?}");
        }
    }
}

/// A directory and a program with difficult names; the scripts are in the directory of `dir`.
struct Place {
    _root: TempDir,
    dir: PathBuf,
    program: String,
}

impl Place {
    fn new(program: &str) -> Place {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("it's a \"place\" for $HOME & `others`\\");
        fs::create_dir(&dir).unwrap();
        let path = dir.join("the 'tool'");
        fs::write(&path, program).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Place { program: path.to_str().unwrap().into(), _root: root, dir }
    }

    fn array(&self, shards: u32) -> Array {
        array(self.dir.to_str().unwrap(), &self.program, shards)
    }

    fn shell(&self, scheduler: Scheduler, script: &str, task: u32) -> Command {
        let file = self.dir.join("script");
        fs::write(&file, script).unwrap();
        let index = match scheduler {
            Scheduler::Slurm => "SLURM_ARRAY_TASK_ID",
            Scheduler::Lsf => "LSB_JOBINDEX",
            Scheduler::Sge => "SGE_TASK_ID",
        };
        let mut shell = Command::new("sh");
        shell.arg(file).current_dir("/").env(index, task.to_string());
        shell
    }

    fn run(&self, scheduler: Scheduler, script: &str, task: u32) -> Output {
        self.shell(scheduler, script, task).output().unwrap()
    }
}

/// A program that prints its directory and its arguments.
const TELLS: &str = "#!/bin/sh\nprintf '<%s>\\n' \"$PWD\" \"$@\"\n";

/// What that program prints for a shard.
fn told(dir: &Path, shard: &str) -> String {
    let words = [dir.to_str().unwrap()].into_iter().chain(WORDS).chain([shard]);
    words.map(|word| format!("<{word}>\n")).collect()
}

#[test]
fn a_shell_gives_a_shard_its_words() {
    let place = Place::new(TELLS);
    for scheduler in Scheduler::ALL {
        let script = scheduler.script(&place.array(20)).unwrap();
        let output = place.run(scheduler, &script, 13);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), told(&place.dir, "13"), "{scheduler}");
        assert!(output.status.success());
        // A script without quotes is noticed.
        let bare = place.run(scheduler, &script.replace('\'', ""), 13);
        assert_ne!(String::from_utf8_lossy(&bare.stdout), told(&place.dir, "13"), "{scheduler}");
    }
}

#[test]
fn tasks_do_all_shards_once() {
    let place =
        Place::new("#!/bin/sh\nfor shard; do :; done\necho \"$shard\"\n[ \"$shard\" -ne 5 ] || exit 3\n");
    for scheduler in Scheduler::ALL {
        for (shards, tasks) in [(8, 3), (9, 3), (7, 6), (3, 5), (1, 1)] {
            let array = Array { tasks: Some(tasks), ..place.array(shards) };
            let script = scheduler.script(&array).unwrap();
            let mut done = Vec::new();
            for task in 1..=tasks.min(shards) {
                let output = place.run(scheduler, &script, task);
                let said = String::from_utf8(output.stdout).unwrap();
                done.extend(said.lines().map(|line| line.parse::<u32>().unwrap()));
                // A shard that fails does not prevent the other shards of its task, and the task fails.
                let fails = said.lines().any(|line| line == "5");
                assert_eq!(output.status.code(), Some(if fails { 3 } else { 0 }), "{scheduler}");
            }
            done.sort_unstable();
            assert_eq!(done, (1..=shards).collect::<Vec<_>>(), "{scheduler}, {tasks} tasks");
        }
    }
}

/// A task that is told to end passes that on to its shard, waits until it has ended, and begins no other; with one shard in a task or
/// several.
#[test]
fn a_shard_is_told_to_end() {
    const PATIENT: &str = "\
#!/bin/sh
for shard; do :; done
trap 'echo told; sleep 0.3; echo ended; exit 9' TERM
echo \"$shard\" >&2
echo \"begun $shard\"
while :; do sleep 0.05; done
";
    let place = Place::new(PATIENT);
    for scheduler in Scheduler::ALL {
        for tasks in [2, 6] {
            let script = scheduler.script(&Array { tasks: Some(tasks), ..place.array(6) }).unwrap();
            let log = place.dir.join("log");
            let mut shell = place.shell(scheduler, &script, 2);
            let mut task =
                shell.stdout(fs::File::create(&log).unwrap()).stderr(Stdio::null()).spawn().unwrap();
            let since = Instant::now();
            while !fs::read_to_string(&log).unwrap().contains("begun") {
                assert!(since.elapsed() < Duration::from_secs(20), "{scheduler}: nothing begins");
                std::thread::sleep(Duration::from_millis(10));
            }
            let kill = Command::new("kill").arg(task.id().to_string()).status().unwrap();
            assert!(kill.success());
            assert_eq!(task.wait().unwrap().code(), Some(9), "{scheduler}");
            assert_eq!(
                fs::read_to_string(&log).unwrap(),
                "begun 2\ntold\nended\n",
                "{scheduler}, {tasks} tasks"
            );
        }
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let good = array(DIR, "/opt/silicabac", 20);
    let refused = [
        Array { shards: 0, ..good.clone() },
        Array { tasks: Some(0), ..good.clone() },
        Array { at_once: Some(0), ..good.clone() },
        Array { dir: "here".into(), ..good.clone() },
        Array { command: Vec::new(), ..good.clone() },
        Array { command: vec!["a\0b".into()], ..good.clone() },
        Array { logs: "my logs".into(), ..good.clone() },
        Array { logs: String::new(), ..good.clone() },
        Array { options: vec!["-q long\n-q short".into()], ..good.clone() },
        Array { after: vec!["all".into()], ..good.clone() },
    ];
    for scheduler in Scheduler::ALL {
        assert!(scheduler.script(&good).is_ok());
        refused.iter().for_each(|array| assert!(scheduler.script(array).is_err(), "{array:?}"));
        assert_eq!(scheduler.name().parse::<Scheduler>().unwrap(), scheduler);
    }
    assert!("pbs".parse::<Scheduler>().is_err());
    // Times beyond the limits of any scheduler do not overflow.
    let long = Array { seconds: u64::MAX, memory: u64::MAX, shards: u32::MAX, ..good };
    Scheduler::ALL.into_iter().for_each(|scheduler| assert!(scheduler.script(&long).is_ok()));
}

fn said(code: i32, out: &str, err: &str) -> Output {
    Output { status: ExitStatus::from_raw(code << 8), stdout: out.into(), stderr: err.into() }
}

#[test]
fn the_number_of_a_job_is_found() {
    use Scheduler::{Lsf, Sge, Slurm};
    let numbers = [
        (Slurm, "17\n", "17"),
        (Slurm, "welcome\n17;north\n", "17;north"),
        (Lsf, "Job <17> is submitted to queue <normal>.\n", "17"),
        (Lsf, "Checked.\nJob <17> is submitted to default queue <normal>.\n", "17"),
        (Sge, "17.1-20:1\n", "17"),
        (Sge, "welcome\n17\n", "17"),
    ];
    for (scheduler, out, job) in numbers {
        assert_eq!(scheduler.job(&said(0, out, "")).unwrap(), job);
        assert!(scheduler.job(&said(1, out, "")).is_err());
    }
    let none =
        ["", "denied", "17 jobs", "Job <> is submitted", "Job <17>", "Job <é> is submitted", "17é", "é"];
    for scheduler in Scheduler::ALL {
        for out in none {
            let error = scheduler.job(&said(0, out, "why not")).unwrap_err().to_string();
            assert!(error.contains(out) && error.contains("why not"), "{error}");
        }
    }
}

#[test]
fn the_words_of_commands() {
    let line = |words: Vec<String>| words.join(" ");
    use Scheduler::{Lsf, Sge, Slurm};
    assert_eq!(line(Slurm.submit()), "sbatch --parsable");
    assert_eq!(line(Lsf.submit()), "bsub");
    assert_eq!(line(Sge.submit()), "qsub -terse");
    assert_eq!(line(Slurm.cancel("17")), "scancel 17");
    assert_eq!(line(Slurm.cancel("17;north")), "scancel --clusters=north 17");
    assert_eq!(line(Lsf.cancel("17")), "bkill 17");
    assert_eq!(line(Sge.cancel("17")), "qdel 17");
    assert_eq!(
        line(Slurm.ask("17;north")),
        "squeue --clusters=north --noheader --array --states=all --format=%T --jobs 17"
    );
    assert_eq!(line(Lsf.ask("17")), "bjobs -a -noheader -o stat 17");
    assert_eq!(line(Sge.ask("17")), "qstat -xml -g d");
}

#[test]
fn tasks_are_counted() {
    use Scheduler::{Lsf, Sge, Slurm};
    let counts = |waiting, running, ended| Counts { waiting, running, ended };
    let task = |job, state| {
        format!(
            "<job_list state=\"running\">\n<JB_job_number>{job}</JB_job_number>\n<state>{state}</state></job_list>"
        )
    };
    let tasks =
        [task(17, "r"), task(17, "qw"), task(170, "r"), task(17, "Rq"), task(17, "Eqw"), task(17, "t")];
    let all = format!("<job_info><queue_info>{}</queue_info></job_info>", tasks.concat());
    let known = [
        (
            Slurm,
            said(0, "PENDING\nRUNNING\nCOMPLETING\nNODE_FAIL\nCOMPLETED\nTIMEOUT\n", ""),
            counts(1, 2, 3),
        ),
        (Slurm, said(0, "CLUSTER: north\nREQUEUED\n", ""), counts(1, 0, 0)),
        (Slurm, said(1, "", "slurm_load_jobs error: Invalid job id specified\n"), counts(0, 0, 0)),
        (Lsf, said(0, "PEND\nRUN\nUNKWN\nDONE\nEXIT\n", ""), counts(1, 2, 2)),
        (Lsf, said(255, "", "Job <17> is not found\n"), counts(0, 0, 0)),
        (Sge, said(0, &all, ""), counts(3, 2, 0)),
        (Sge, said(0, "<job_info></job_info>", ""), counts(0, 0, 0)),
    ];
    for (scheduler, output, counts) in known {
        assert_eq!(scheduler.counts("17", &output).unwrap(), counts, "{output:?}");
    }
    let unknown = [
        (Slurm, said(1, "", "Unable to contact slurm controller")),
        (Slurm, said(0, "ASLEEP\n", "")),
        (Lsf, said(255, "", "LSF is down. Please wait ...")),
        (Lsf, said(0, "ASLEEP", "")),
        (Sge, said(1, "", "error: commlib error: got select error")),
        (Sge, said(0, &format!("<job_info>{}</job_info>", task(17, "")), "")),
    ];
    for (scheduler, output) in unknown {
        assert!(scheduler.counts("17", &output).is_err(), "{output:?}");
    }
}
