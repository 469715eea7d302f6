//! All shards of a run, in whatever order and wherever they are run, are the whole run: each item comes to the same. And streams that are
//! made up as suites.

mod common;

use std::path::Path;

use common::{command, expect, rtl_with};
use serde_json::{Value, json};
use silicabac::{cores, suites::Suite, vectors};

/// What a command prints as JSON, and its exit status.
fn run(arguments: &[&str]) -> (i32, Value) {
    let failures = tempfile::tempdir().unwrap();
    let output = command().args(arguments).current_dir(failures.path()).output().unwrap();
    let json = serde_json::from_slice(&output.stdout);
    let json = json.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), without_times(json))
}

fn without_times(mut json: Value) -> Value {
    match &mut json {
        Value::Object(fields) => {
            fields.remove("seconds");
            fields.values_mut().for_each(|value| *value = without_times(value.take()));
        }
        Value::Array(all) => all.iter_mut().for_each(|value| *value = without_times(value.take())),
        _ => {}
    }
    json
}

const SHARDS: usize = 3;

/// Runs a command in shards, in another order than theirs.
fn run_shards(arguments: &[&str]) -> Vec<(i32, Value)> {
    let mut shards = vec![(0, Value::Null); SHARDS];
    for number in [2, 3, 1] {
        let shard = format!("{number}/{SHARDS}");
        let (status, json) = run(&[arguments, &["--shard", &shard]].concat());
        assert_eq!(json["shard"], json!(shard));
        shards[number - 1] = (status, json);
    }
    shards
}

/// The items of all shards in the order of the whole run. Of these shards no two may have the same item.
fn joined(shards: &[(i32, Value)], items: &str) -> Vec<Value> {
    let lists: Vec<&Vec<Value>> = shards.iter().map(|(_, json)| json[items].as_array().unwrap()).collect();
    let longest = lists.iter().map(|list| list.len()).max().unwrap();
    (0..longest).flat_map(|row| lists.iter().filter_map(move |list| list.get(row).cloned())).collect()
}

/// The shards of a command are the whole; `items`: the field of the report with what is cut, `sums`: those that are of all items together.
#[track_caller]
fn shards_are_the_whole(arguments: &[&str], items: &str, sums: &[&str]) -> Value {
    let (status, whole) = run(arguments);
    let shards = run_shards(arguments);
    assert!(whole[items].as_array().unwrap().len() > SHARDS, "{whole}");
    assert_eq!(json!(joined(&shards, items)), whole[items]);
    assert_ne!(json!(joined(&shards[1..], items)), whole[items]);
    assert_eq!(shards.iter().map(|(status, _)| *status).max(), Some(status));
    assert_eq!(shards.iter().all(|(_, shard)| shard["pass"] == true), whole["pass"] == true);
    let rest = |json: &Value| {
        let mut rest = json.clone();
        let fields = rest.as_object_mut().unwrap();
        for field in [&[items, "shard", "pass"], sums].concat() {
            fields.remove(field);
        }
        rest
    };
    for (_, shard) in &shards {
        assert_eq!(rest(shard), rest(&whole));
    }
    whole
}

#[test]
fn suites_on_our_cores() {
    let arguments =
        ["cosim", "--suite", "smoke", "--dream", "h264:7..8", "--dream", "h265:7..8:wpp", "--seed", "5"];
    let whole = shards_are_the_whole(&[&arguments[..], &["--format", "json"]].concat(), "results", &[]);
    let results = whole["results"].as_array().unwrap();
    assert_eq!(results.len(), 3 * cores::ALL.len());
    assert_eq!(results[cores::ALL.len()]["suite"], "dreams-h264-7..8");
    assert_eq!(results[2 * cores::ALL.len()]["suite"], "dreams-h265-7..8-wpp");
}

#[test]
fn vectors_of_files_on_our_cores() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/smoke.json");
    let golden = golden.to_str().unwrap();
    let arguments = ["vectors", "check", golden, golden, "--seed", "5", "--format", "json"];
    shards_are_the_whole(&arguments, "results", &[]);
}

#[test]
fn classes_in_the_socket() {
    let arguments = ["cosim", "--socket", "encoder", "--suite", "smoke", "--seed", "5", "--format", "json"];
    let whole = shards_are_the_whole(&arguments[..], "verdicts", &["throughput", "coverage"]);
    assert_eq!(whole["pass"], true);
}

fn saturating_counter() -> Vec<String> {
    let files = [
        "rtl/common/cabac_range_table.sv",
        "tests/cores/textbook_encoder.v",
        "tests/cores/saturating_counter.v",
    ];
    files.map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file).display().to_string()).into()
}

/// Verdicts alone are those of a whole run with causes, and each failure says what asks for them.
#[test]
fn classes_that_fail_in_the_socket() {
    let files = saturating_counter();
    let files = files.iter().map(String::as_str).collect::<Vec<_>>();
    let core = [&["--rtl"], &files[..], &["--top", "saturating_counter"]].concat();
    let arguments =
        [&["cosim", "--socket", "encoder", "--suite", "smoke", "--seed", "5"], &core[..]].concat();
    let json = [&arguments[..], &["--format", "json", "--no-causes"]].concat();
    let whole = shards_are_the_whole(&json, "verdicts", &["throughput", "why"]);
    assert_eq!((&whole["pass"], &whole["causes"]), (&json!(false), &json!([])));

    let (status, with_causes) = run(&[&arguments[..], &["--format", "json"]].concat());
    assert!(status == 1 && with_causes["causes"][0].is_object());
    for (alone, full) in
        whole["verdicts"].as_array().unwrap().iter().zip(with_causes["verdicts"].as_array().unwrap())
    {
        assert_eq!([&alone["class"], &alone["pass"]], [&full["class"], &full["pass"]]);
        let failure = &alone["failure"];
        assert_eq!(failure.is_null(), full["failure"].is_null());
        let Some(replay) = failure["replay"].as_str() else { continue };
        assert!(failure["first"].is_null() && failure["alone"].is_null());
        let words = shlex::split(replay).unwrap();
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let (status, again) = run(&[&words[..], &["--format", "json"]].concat());
        assert_eq!((status, &again["verdicts"][0]["class"]), (1, &alone["class"]));
        assert_eq!(again["verdicts"][0]["failure"]["first"], full["failure"]["first"]);
    }
    let human = command().args(&arguments).args(["--no-causes", "--waive", "kind=raw"]).output().unwrap();
    let why = "why it fails: silicabac cosim --socket encoder --suite smoke --waive kind=raw --class outstanding-N-carry";
    expect(&human, 1, &[why]);
}

#[test]
fn a_shard_without_an_item_is_no_error_and_a_run_without_any_is() {
    let cosim = ["cosim", "--suite", "smoke", "--core", "encoder", "--seed", "5"];
    let nothing = &["nothing in this shard; shard 2/2"];
    expect(&command().args(cosim).args(["--shard", "2/2"]).output().unwrap(), 0, nothing);
    let socket = ["cosim", "--socket", "encoder", "--suite", "smoke", "--class", "short-N", "--seed", "5"];
    expect(&command().args(socket).args(["--shard", "2/2"]).output().unwrap(), 0, nothing);
    let (status, json) = run(&[&socket[..], &["--shard", "2/2", "--format", "json"]].concat());
    assert_eq!((status, &json["pass"], &json["verdicts"]), (0, &json!(true), &json!([])));

    let mut vectors = Suite::built_in("invalid", 1).unwrap().vectors;
    vectors.retain(|vector| vector.decode_only);
    let file = tempfile::NamedTempFile::new().unwrap();
    vectors::write_json("invalid", &vectors, &mut file.as_file()).unwrap();
    let none = ["cosim", "--vectors", file.path().to_str().unwrap(), "--core", "encoder", "--seed", "5"];
    expect(&command().args(none).output().unwrap(), 4, &["no vector is for this core"]);
    expect(
        &command().args(none).args(["--shard", "1/2"]).output().unwrap(),
        4,
        &["no vector is for this core"],
    );
}

#[test]
fn a_shard_is_one_of_so_many_and_needs_a_seed() {
    let refused = |words: &[&str], why: &str| {
        expect(&command().args(["cosim", "--suite", "smoke"]).args(words).output().unwrap(), 2, &[why]);
    };
    refused(&["--seed", "1", "--shard", "4/3"], "it is I/N, part I of N: from 1/N to N/N, such as 2/5");
    refused(&["--shard", "1/3"], "--shard needs --seed, the same for all shards of a run");
    refused(&["--seed", "1", "--shard", "1/3", "--coverage"], "cannot be used with");
    refused(&["--seed", "1", "--shard", "1/3", "--html", "page.html"], "cannot be used with");
    refused(&["--dream", "h264:2..1"], "it is CODEC:FROM..TO, such as h264:1..50");
    refused(&["--dream", "h264:1..2:wpp"], "no stream of this standard has \"wpp\"; there are ");
    let hunt = ["cosim", "--hunt", "--seed", "1", "--shard", "1/3"];
    expect(&command().args(hunt).output().unwrap(), 2, &["cannot be used with"]);
}

/// A failure is told with its class and with what shows it again: its file, or where none can be written, the streams that are made up.
#[test]
fn a_failure_of_our_cores_says_what_shows_it_again() {
    let wrong = rtl_with(Some(("cabac_encoder_front.sv", "fetch <= req;", "fetch <= req ^ 22'd1;")));
    let rtl_dir = wrong.path().to_str().unwrap();
    let core = ["--core", "encoder", "--rtl-dir", rtl_dir, "--seed", "5", "--format", "json"];
    let replay = |arguments: &[&str]| {
        let (status, report) = run(arguments);
        let failure = &report["results"][0]["failure"];
        assert_eq!((status, failure["class"].as_str()), (1, Some("avc-dream-N-N")), "{report}");
        failure["replay"].as_str().unwrap().to_owned()
    };
    let no_directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(file!()).display().to_string();
    let dream = [&["cosim", "--dream", "h264:7..7"], &core[..]].concat();
    assert!(
        replay(&dream)
            .starts_with("silicabac vectors check silicabac-failures/dreams-h264-7..7-cabac_encoder.json")
    );
    let again = replay(&[&dream[..], &["--failures", &no_directory]].concat());
    assert!(
        again.starts_with("silicabac cosim --dream h264:7..7 --seed 5 --core encoder --rtl-dir "),
        "{again}"
    );
    let words = shlex::split(&again).unwrap();
    let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    assert_eq!(replay(&[&words[..], &["--format", "json"]].concat()), again);
}
