//! Campaigns: whoever does the items, in whatever pieces and with however many interruptions, the result is the same.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::common::{command, expect};
use serde_json::Value;
use tempfile::TempDir;

/// A directory with a plan.
fn plan(text: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("plan.toml"), text).unwrap();
    dir
}

fn campaign(dir: &TempDir, words: &str) -> Output {
    begin(dir, words).output().unwrap()
}

fn begin(dir: &TempDir, words: &str) -> Command {
    let mut command = command();
    command.arg("campaign").args(words.split(' ')).current_dir(dir.path());
    command
}

/// The result of a campaign, without who did what and when.
fn result(dir: &TempDir) -> Value {
    let output = campaign(dir, "report c --format json");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["result"].clone()
}

/// Items that take some time, one of which fails.
const SLEEPS: &str = r#"
name = "sleeps"
[[command]]
name = "sleep"
run = ["sh", "-c", "sleep 0.1; test {number} != 7"]
times = 12
"#;

#[test]
fn shards_in_any_order_that_are_killed_and_done_twice_come_to_the_same() {
    let whole = plan(SLEEPS);
    expect(&campaign(&whole, "run plan.toml -o c -j 2"), 1, &["sleep/7", "11 passed, 1 failed"]);

    let cut = plan(SLEEPS);
    expect(&campaign(&cut, "submit plan.toml -o c --to slurm --shards 5 --dry-run"), 0, &["sbatch"]);
    let shard = |number: usize| campaign(&cut, &format!("shard c 1 {number}"));
    let mut killed = begin(&cut, "shard c 1 4").stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_millis(150));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(result(&cut)["open"].as_u64() > Some(0));
    for number in [5, 2, 1, 3, 4, 2] {
        expect(&shard(number), 0, &[]);
    }
    // A file may be cut at its end, and may have a line that is damaged.
    let file = fs::read_dir(cut.path().join("c/results/1/3")).unwrap().next().unwrap().unwrap().path();
    let lines = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{lines}\0\0\0\n{{\"begin\":")).unwrap();
    assert_eq!(result(&cut), result(&whole));
    // The comparison notices an end that is missing.
    fs::write(&file, &lines[..lines.trim_end().rfind('\n').unwrap()]).unwrap();
    assert_ne!(result(&cut), result(&whole));
    expect(&campaign(&cut, "resume c --here"), 1, &["11 passed, 1 failed"]);
    assert_eq!(result(&cut), result(&whole));
}

#[test]
fn what_ends_whoever_does_it_is_given_up_and_what_is_told_to_end_gives_its_item_back() {
    let dir = plan(
        "name = \"deadly\"\n[[command]]\nname = \"kill\"\nrun = [\"sh\", \"-c\", \"kill -9 $PPID\"]\n[[command]]\nname = \"fine\"\nrun = [\"true\"]",
    );
    for _ in 0..3 {
        assert_eq!(campaign(&dir, "run plan.toml -o c -j 1").status.code(), None);
    }
    expect(&campaign(&dir, "run plan.toml -o c -j 1"), 4, &["never ended", "1 passed, 1 given up"]);

    let dir = plan("name = \"long\"\n[[command]]\nname = \"sleep\"\nrun = [\"sleep\", \"60\"]");
    // Grid Engine sends USR2 before it kills. INT is not tested: a shell makes its background processes ignore it.
    for signal in ["-TERM", "-USR2", "-USR2", "-TERM"] {
        let mut run = begin(&dir, "run plan.toml -o c -j 1").stderr(Stdio::null()).spawn().unwrap();
        let lines = dir.path().join("c/results");
        let begun = || result_lines(&lines).matches("begin").count();
        let (before, since) = (begun(), Instant::now());
        while begun() == before {
            assert!(since.elapsed() < Duration::from_secs(120), "it does not begin");
            thread::sleep(Duration::from_millis(20));
        }
        expect(&Command::new("kill").arg(signal).arg(run.id().to_string()).output().unwrap(), 0, &[]);
        run.wait().unwrap();
    }
    assert_eq!(result_lines(&dir.path().join("c/results")).matches("released").count(), 4);
    assert_eq!(result(&dir)["open"], 1);
}

/// All lines of the results of a campaign.
fn result_lines(dir: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => all += &result_lines(&entry.path()),
            false => all += &fs::read_to_string(entry.path()).unwrap(),
        }
    }
    all
}

/// The report has a core that fails with its first seed, the reason, and the vector that shows it; and the coverage.
#[test]
fn checks_of_cores_are_one_report() {
    let of_project = Path::new(env!("CARGO_MANIFEST_DIR")).display().to_string();
    let dir = plan(
        "name = \"cores\"\n[check]\ncores = [\"encoder\", \"bad.toml\"]\nsuites = [\"smoke\"]\nseeds = \"4..5\"\ndreams = [\"h265:3..5\"]\ndreams-each = 2\ncoverage = true",
    );
    let files = [
        "rtl/common/cabac_range_table.sv",
        "tests/cores/textbook_encoder.v",
        "tests/cores/saturating_counter.v",
    ];
    let files = files.map(|file| format!("\"{of_project}/{file}\"")).join(", ");
    let core = format!("direction = \"encoder\"\ntop = \"saturating_counter\"\nrtl = [{files}]");
    fs::write(dir.path().join("bad.toml"), &core).unwrap();
    let said = [
        "bad.toml, outstanding-N-carry: fails in 2 items, first in bad.toml/seed-4",
        "cause 1, bad.toml",
        "coverage: ",
    ];
    expect(&campaign(&dir, "run plan.toml -o c --html page.html"), 1, &said);
    let result = result(&dir);
    assert_eq!(result["cores"][0]["passed"], 4);
    assert_eq!(result["cores"][1]["first_failing_seed"], 4);
    let cause = &result["causes"][0];
    assert!(Path::new(cause["file"].as_str().unwrap()).is_file(), "{cause}");
    assert!(fs::read_to_string(dir.path().join("page.html")).unwrap().contains("saturating_counter"));
    // What is done is not done again.
    let lines = result_lines(&dir.path().join("c/results"));
    expect(&campaign(&dir, "run plan.toml -o c"), 1, &said);
    assert_eq!(result_lines(&dir.path().join("c/results")), lines);
    let junit = campaign(&dir, "report c --format junit");
    expect(&junit, 1, &["tests=\"12\"", "failures=\"2\""]);

    fs::write(dir.path().join("bad.toml"), core + "\n").unwrap();
    expect(
        &campaign(&dir, "run plan.toml -o c"),
        4,
        &["bad.toml is not what it was when the campaign began"],
    );
    let other = fs::read_to_string(dir.path().join("plan.toml")).unwrap() + "\n[budget]\nminutes = 1\n";
    fs::write(dir.path().join("plan.toml"), other).unwrap();
    expect(&campaign(&dir, "run plan.toml -o c"), 4, &[]);
}

#[test]
fn a_budget_ends_a_campaign_and_is_told() {
    let dir = plan(&format!("{SLEEPS}[budget]\nminutes = 0.0"));
    expect(
        &campaign(&dir, "run plan.toml -o c"),
        5,
        &["stopped: the time of the budget is over", "0 passed, 12 open"],
    );
    let dir = plan(
        "name = \"few\"\n[check]\ncores = [\"encoder\"]\nsuites = [\"smoke\"]\nseeds = \"1..9\"\n[budget]\nbins = 20000",
    );
    expect(&campaign(&dir, "run plan.toml -o c -j 1"), 5, &["bins were played", "2 passed, 7 open"]);
    let dir = plan(
        "name = \"few\"\n[check]\ncores = [\"encoder\"]\nsuites = [\"invalid\"]\nseeds = \"1..9\"\ncoverage = true\n[budget]\nnothing-new = 2",
    );
    expect(
        &campaign(&dir, "run plan.toml -o c -j 1"),
        5,
        &["2 items of coverage in a row covered nothing new", "12 open"],
    );
    let dir = plan(&format!("{SLEEPS}[budget]\nminutes = 0.03\nagain = true").replace("!= 7", "-gt 0"));
    let output = campaign(&dir, "run plan.toml -o c -j 2");
    expect(&output, 5, &["stopped"]);
    assert!(result(&dir)["items"].as_u64() > Some(12), "a second round begins");
}

/// How often the commands of a list execute a target.
fn executions(list: &str, target: &str) -> u64 {
    let program = format!("release/{target}");
    let of_target = list.lines().filter(|line| line.split(' ').next().unwrap().ends_with(&program));
    let runs = of_target.map(|line| line.split(' ').find_map(|word| word.strip_prefix("-runs=")).unwrap());
    runs.map(|runs| runs.parse::<u64>().unwrap()).sum()
}

/// The plan of `docs/soak.md`.
#[test]
fn a_soak_has_all_cores_and_executes_each_fuzz_target_a_billion_times() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let output = command().args(["campaign", "list"]).arg(fuzz.join("soak.toml")).output().unwrap();
    expect(&output, 0, &[]);
    let list = String::from_utf8(output.stdout).unwrap();
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let targets = manifest.split("[[bin]]\nname = \"").skip(1).map(|bin| bin.split('"').next().unwrap());
    let targets: Vec<&str> = targets.collect();
    assert!(targets.contains(&"decoders"));
    for target in targets {
        assert_eq!(executions(&list, target), 1_000_000_000, "{target}");
        for seed in [1, 10_000] {
            assert!(
                list.contains(&format!("corpus/{target} ../tests/crashes/{target} -seed={seed} ")),
                "{target}"
            );
        }
    }
    assert_eq!(executions(&list, "no_target"), 0);
    for core in silicabac::cores::ALL {
        let of_core = format!("silicabac cosim --core {} ", core.name);
        for traffic in ["--seed 1000 --suite random", "--dream h264:49951..50000", "--dream h265:1..50"] {
            assert!(
                list.lines().any(|line| line.starts_with(&of_core) && line.contains(traffic)),
                "{traffic}"
            );
        }
    }
}

/// A program that is named by a relative path is looked for in the directory of the plan, wherever the campaign is started.
#[test]
fn a_program_is_looked_for_beside_its_plan() {
    let dir = plan("name = \"own\"\n[[command]]\nname = \"own\"\nrun = [\"bin/own\"]");
    fs::create_dir(dir.path().join("bin")).unwrap();
    symlink("/bin/true", dir.path().join("bin/own")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut run = command();
    run.args(["campaign", "run"]).arg(dir.path().join("plan.toml")).current_dir(elsewhere.path());
    expect(&run.output().unwrap(), 0, &["1 passed"]);
}

#[test]
fn other_seeds_than_those_of_all_ways_play_random_ways_only() {
    let dir = plan(
        "name = \"w\"\n[check]\ncores = [\"encoder\"]\nsuites = [\"smoke\"]\nseeds = \"1..3\"\nall-ways = \"2\"\ncoverage = true",
    );
    let listed = campaign(&dir, "list plan.toml");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let of = |what: &str| -> Vec<&str> { listed.lines().filter(|line| line.contains(what)).collect() };
    let is_random = |line: &&str| line.contains("--random-ways");
    assert_eq!(of(" cosim ").iter().map(is_random).collect::<Vec<_>>(), [true, false, true], "{listed}");
    assert_eq!(of(" coverage ").len(), 3);
    assert!(!of(" coverage ").iter().any(is_random));
    expect(&campaign(&dir, "run plan.toml -o c"), 0, &["6 passed"]);
}

#[test]
fn a_plan_that_means_nothing_is_refused() {
    for (text, why) in [
        ("name = \"x\"", "there is nothing in it to do"),
        ("name = \"x\"\n[check]\ncores = [\"encodr\"]", "\"encodr\" is none of encoder, decoder"),
        ("name = \"x\"\n[check]\nseeds = \"9..1\"", "is no range of numbers"),
        ("name = \"x\"\n[check]\nseeds = \"1..99999999999\"", "more than 1000000 items"),
        ("name = \"x\"\n[check]\ndreams = [\"h266:1..2\"]", "check.dreams"),
        ("name = \"x\"\n[check]\nseed = 1", "unknown field"),
        ("name = \"x\"\n[check]\nall-ways = \"first\"", "is no range of numbers"),
        (
            "name = \"x\"\n[check]\nseeds = \"5..9\"\nall-ways = \"1..4\"",
            "no vector would be played in all ways",
        ),
        ("name = \"x\"\n[check]\n[budget]\nitem-minutes = -1.0", "budget.item-minutes"),
        ("name = \"x\"\n[check]\n[budget]\nminutes = nan", "budget.minutes"),
        ("name = \"x\"\n[check]\n[budget]\nitem-minutes = 1e300", "no number from 0 to 1000000"),
        ("name = \"x\"\n[check]\ncores = [\"encoder\", \"encoder\"]", "two items are called like this"),
    ] {
        expect(&campaign(&plan(text), "list plan.toml"), 4, &[why]);
    }
    expect(
        &campaign(&plan(SLEEPS), "submit plan.toml --to torque --dry-run"),
        2,
        &["none of slurm, lsf and sge"],
    );
    let dir = plan(SLEEPS);
    let output = begin(&dir, "submit plan.toml --to slurm").env("PATH", "/bin/none").output().unwrap();
    expect(&output, 3, &["is the scheduler installed on this machine?"]);
}
