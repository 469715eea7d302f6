//! All shards of a run, in any order and on any machine, are the whole run: each item gives the same result. Suites of dreams are tested,
//! too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::common::{command, expect, rtl_with};
use serde_json::{Value, json};
use silicabac::{cores, dream::suite::Manifest, suites::Suite, vectors};

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

/// Runs a command in shards, in another order than that of their numbers.
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

/// The items of all shards in the order of the whole run. No two shards may have the same item.
fn joined(shards: &[(i32, Value)], items: &str) -> Vec<Value> {
    let lists: Vec<&Vec<Value>> = shards.iter().map(|(_, json)| json[items].as_array().unwrap()).collect();
    let longest = lists.iter().map(|list| list.len()).max().unwrap();
    (0..longest).flat_map(|row| lists.iter().filter_map(move |list| list.get(row).cloned())).collect()
}

/// Checks that the shards of a command are the whole run. `items` is the field of the report with the items, `sums` are the fields about
/// all items together.
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

/// The verdicts of shards, which come without causes, are those of a whole run with causes; and each failure has the command that finds its
/// cause.
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

/// The files of a directory of streams, except its manifests, and the union of these.
fn streams(dir: &Path) -> (BTreeMap<String, Vec<u8>>, Manifest) {
    let (mut streams, mut manifests) = (BTreeMap::new(), Vec::new());
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        match path.extension().is_some_and(|extension| extension == "json") {
            true => manifests.push(serde_json::from_slice(&bytes).unwrap()),
            false => drop(streams.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), bytes)),
        }
    }
    (streams, Manifest::join(manifests).unwrap())
}

#[test]
fn streams_that_are_made_up() {
    let dir = tempfile::tempdir().unwrap();
    let dream = |name: &str, more: &[&str]| {
        let output = dir.path().join(name);
        let mut dream = command();
        dream.args(["stream", "dream", "--seed=11", "--count=7", "--broken", "-o"]).arg(&output).args(more);
        expect(&dream.output().unwrap(), 0, &[]);
        output
    };
    let whole = dream("whole", &[]);
    let shards = dream("shards", &["--shard=2/3"]);
    assert_eq!(streams(&shards).1.streams.len(), 2);
    dream("shards", &["--shard=3/3"]);
    assert_ne!(streams(&shards).0, streams(&whole).0);
    dream("shards", &["--shard=1/3"]);
    assert_eq!(streams(&shards), streams(&whole));
    assert!(shards.join("dreams-2-of-3.json").exists() && !shards.join("dreams.json").exists());

    // The same for streams that are made again.
    let from = |more: &[&str]| {
        let manifest = whole.join("dreams.json");
        let mut again = command();
        again.args(["stream", "dream", "--from"]).arg(manifest).arg("-o").arg(dir.path().join("again"));
        again.args(more).output().unwrap()
    };
    expect(&from(&["--shard=8/8"]), 0, &["nothing in this shard; shard 8/8"]);
    for shard in ["--shard=2/2", "--shard=1/2"] {
        expect(&from(&[shard]), 0, &[]);
    }
    assert_eq!(streams(&dir.path().join("again")), streams(&whole));

    let one = ["stream", "dream", "-o", "s.264", "--shard", "1/2"];
    let what = "--shard is a part of several streams, which --count or --from asks for";
    expect(&command().args(one).output().unwrap(), 2, &[what]);
    let new = ["stream", "dream", "--count=2", "--only-new", "-o", "new", "--shard=1/2"];
    expect(&command().args(new).output().unwrap(), 2, &["cannot be used with"]);
}

#[test]
fn judges_of_decoders() {
    let dir = tempfile::tempdir().unwrap();
    let dream = |name: &str, more: &[&str]| {
        let output = dir.path().join(name);
        let mut dream = command();
        dream
            .args(["stream", "dream", "--codec=h265", "--seed=5", "--count=5", "-o"])
            .arg(&output)
            .args(more);
        expect(&dream.output().unwrap(), 0, &[]);
        output
    };
    let whole = dream("whole", &[]);
    let shards = dream("shards", &["--shard=1/2"]);
    dream("shards", &["--shard=2/2"]);
    let judge = |directory: &Path, decoder: &str, more: &[&str]| {
        let mut judge = command();
        judge.args(["stream", "judge"]).arg(directory).args(["--decoder", decoder]).args(more);
        judge.output().unwrap()
    };
    // In a directory with shards of another number of shards.
    expect(&judge(&whole, "cat {}", &["--record=cat"]), 0, &["5 streams: 0 equal, 5 of which"]);
    for (shard, said) in [("3/3", "1 streams: 0 equal, 1"), ("1/3", "2 streams"), ("2/3", "shard 2/3")] {
        expect(&judge(&shards, "cat {}", &["--record=cat", "--shard", shard]), 0, &[said]);
    }
    assert_eq!(streams(&shards), streams(&whole));
    assert!(streams(&shards).1.streams.iter().all(|stream| stream.pictures.is_some()));

    let lines = |more: &[&str]| {
        let decoder = "case {} in *-6.265) exit 3;; *-8.265) head -c 99 {};; *) cat {};; esac";
        let output = judge(&shards, decoder, &[more, &["--format=json"]].concat());
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| {
            let mut line = without_times(serde_json::from_str(line).unwrap());
            line.as_object_mut().unwrap().remove("memory");
            line
        });
        (output.status.code().unwrap(), lines.collect::<Vec<_>>())
    };
    let (status, all) = lines(&[]);
    let judged = all.iter().map(|line| line["judgement"].as_str().unwrap());
    assert_eq!(
        (status, judged.collect::<Vec<_>>()),
        (1, vec!["equal", "fails", "equal", "differs", "equal"])
    );
    let shards: Vec<(i32, Vec<Value>)> = ["--shard=1/2", "--shard=2/2"].map(|shard| lines(&[shard])).into();
    assert_eq!(shards.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(shards[0].1, [&all[0], &all[2], &all[4]].map(Value::clone));
    assert_eq!(shards[1].1, [&all[1], &all[3]].map(Value::clone));
    assert_eq!(lines(&["--shard=6/6"]), (0, Vec::new()));
    let junit = judge(&whole, "cat {}", &["--shard=2/5", "--format=junit"]);
    expect(&junit, 0, &["name=\"shard\" value=\"2/5\""]);

    // A manifest of other streams with the same names.
    dream("shards", &["--features=wpp", "--shard=1/7"]);
    let what = "h265-5.265: two manifests in the directory describe it differently";
    expect(&judge(&dir.path().join("shards"), "cat {}", &[]), 4, &[what]);
}

/// The trials in tables, sorted.
fn trials(dir: &Path) -> BTreeSet<String> {
    let tables = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let tables = tables.filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
    let lines = tables.flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines.collect()
}

#[test]
fn settings_of_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("model.safetensors");
    let header = r#"{"w":{"dtype":"F32","shape":[40,50],"data_offsets":[0,8000]}}"#;
    let weights =
        (0..2000_u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) as i32 as f32 / 1e9).to_le_bytes());
    let weights: Vec<u8> = weights.collect();
    fs::write(&model, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &weights].concat())
        .unwrap();
    let original = dir.path().join("original");
    fs::copy(&model, &original).unwrap();
    // The number of bytes is that of the original; each trial leaves a file.
    let evaluate = format!(
        "mktemp {dir}/ran/XXXXXX >/dev/null; echo $((100 - $(cmp -l {original} {{}} | wc -l) / 125))",
        dir = dir.path().display(),
        original = original.display()
    );
    fs::create_dir(dir.path().join("ran")).unwrap();
    let ran = || fs::read_dir(dir.path().join("ran")).unwrap().count();
    let search = |name: &str, more: &[&str]| {
        let dir = dir.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        let mut search = command();
        search.args(["weights", "search"]).arg(&model).arg("-o").arg(dir.join("m.sbw"));
        search.args(["--evaluate", &evaluate, "--coarse", "--method=relative", "--tolerance=50"]).args(more);
        let output = search.output().unwrap();
        expect(&output, 0, &[]);
        String::from_utf8(output.stdout).unwrap()
    };
    let best = |said: &str| said.lines().find(|line| line.starts_with("best: ")).unwrap().to_owned();
    let whole = search("whole", &[]);
    let in_whole = ran();
    let at = |name: &str| dir.path().join(name);
    let trials_of = |name: &str| trials(&at(name)).len() - 2;
    assert_eq!(in_whole, trials_of("whole") + 1);

    assert!(search("shards", &["--shard=2/3"]).contains("9 trials of other shards are not known yet"));
    assert_eq!(trials_of("shards"), 4);
    let mut rounds = 1;
    while ["--shard=3/3", "--shard=1/3", "--shard=2/3"]
        .into_iter()
        .filter(|shard| search("shards", &[shard]).contains("all trials are known"))
        .count()
        < 3
    {
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 1 && !at("shards/m.sbw").exists() && !at("shards/m.sbw.csv").exists());
    assert_eq!(trials(&at("shards")), trials(&at("whole")));
    // No trial is run twice; before its trials each search evaluates the original.
    assert_eq!(ran() - in_whole, trials_of("whole") + 1 + 3 * rounds);
    assert_eq!(best(&search("shards", &[])), best(&whole));
    assert_eq!(fs::read(at("shards/m.sbw.csv")).unwrap(), fs::read(at("whole/m.sbw.csv")).unwrap());
    assert_eq!(fs::read(at("shards/m.sbw")).unwrap(), fs::read(at("whole/m.sbw")).unwrap());

    // One machine does what shards have left.
    search("some", &["--shard=3/3"]);
    assert_eq!(best(&search("some", &[])), best(&whole));
    assert_eq!(trials(&at("some")), trials(&at("whole")));
    fs::write(at("some/m.sbw-1-of-9.csv"), "another table").unwrap();
    let mut refused = command();
    refused
        .args(["weights", "search"])
        .arg(&model)
        .args(["--evaluate", &evaluate, "-o"])
        .arg(at("some/m.sbw"));
    expect(&refused.output().unwrap(), 4, &["m.sbw-1-of-9.csv", "another model, evaluator or other options"]);
}

/// A failure has its class and what shows it again: its file, or if none can be written, the dreams that fail.
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
