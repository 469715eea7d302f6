//! The published vectors: made again byte for byte, valid by their schema, and damage of every kind is noticed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::common::{command, expect};
use serde_json::{Value, json};
use silicabac::bin::Event;
use silicabac::cores;
use silicabac::cosim::{Play, Stalls};
use silicabac::stress;
use silicabac::suites::{PUBLISHED, Suite};
use silicabac::vectors::{self, Flag, Vector};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

#[test]
fn generating_reproduces_what_is_published() {
    let dir = tempfile::tempdir().unwrap();
    expect(
        &command().args(["vectors", "generate"]).arg(dir.path()).output().unwrap(),
        0,
        &["smoke", "seed 1"],
    );
    let mut bytes = 0;
    for entry in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
        let made = fs::read(entry.path()).unwrap();
        bytes += made.len();
        assert!(made == fs::read(golden().join(entry.file_name())).unwrap(), "{:?}", entry.file_name());
    }
    assert!((1_000_000..20_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn what_is_published_holds_and_comes_back_as_it_was() {
    let suites = vectors::read(&golden());
    assert_eq!(suites.len(), PUBLISHED.len());
    for ((_, read), name) in suites.into_iter().zip(PUBLISHED) {
        let (suite, read) = read.unwrap();
        assert_eq!(suite, name);
        assert!(read == Suite::built_in(name, 1).unwrap().vectors, "{name}");
        for vector in &read {
            assert_eq!(vectors::check(vector), Ok(()), "{}", vector.id);
        }
    }
}

#[test]
fn the_schema_describes_the_files() {
    let schema: Value = serde_json::from_str(vectors::SCHEMA).unwrap();
    let flags: Vec<&str> = Flag::ALL.iter().map(|flag| flag.name()).collect();
    assert_eq!(schema["$defs"]["flag"]["enum"], json!(flags));
    let schema = jsonschema::validator_for(&schema).unwrap();
    for name in PUBLISHED {
        let file = fs::read(golden().join(format!("{name}.json"))).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let error =
            schema.iter_errors(&file).next().map(|error| format!("{}: {error}", error.instance_path()));
        assert_eq!(error, None, "{name}");
    }
}

/// A file of two vectors.
fn sample() -> Value {
    let smoke = stress::smoke();
    let of = |id: &str| smoke.iter().find(|vector| vector.id == id).unwrap().clone();
    let mut file = Vec::new();
    vectors::write_json("sample", &[of("pcm-1-phase-0"), of("truncated-0-1")], &mut file).unwrap();
    serde_json::from_slice(&file).unwrap()
}

#[test]
#[ignore = "long"]
fn reader_and_schema_refuse_the_same_and_the_reader_says_what_and_where() {
    let schema: Value = serde_json::from_str(vectors::SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let check = |change: &dyn Fn(&mut Value), words: &[&str]| {
        let mut file = sample();
        assert!(schema.is_valid(&file) && vectors::read_json(file.to_string().as_bytes()).is_ok());
        change(&mut file);
        assert!(!schema.is_valid(&file), "the schema takes {words:?}");
        let error = vectors::read_json(file.to_string().as_bytes()).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} is missing in {error}");
        }
    };
    let of_file = |field: &'static str, value: Value| move |file: &mut Value| file[field] = value.clone();
    check(&of_file("format", json!("other")), &["format", "silicabac-vectors"]);
    check(&of_file("version", json!(2)), &["version", "it is 2", "newer"]);
    check(&of_file("version", json!("1")), &["version"]);
    check(&of_file("vectors", json!({})), &["vectors", "no array"]);
    check(&of_file("extra", json!(1)), &["extra", "no such field"]);
    check(&|file| _ = file.as_object_mut().unwrap().remove("suite"), &["suite", "missing"]);
    let of_vector =
        |field: &'static str, value: Value| move |file: &mut Value| file["vectors"][0][field] = value.clone();
    check(&of_vector("id", json!("a b")), &["id", "letters"]);
    check(&of_vector("id", json!(7)), &["number 0", "id"]);
    check(&of_vector("comment", json!(7)), &["vector pcm-1-phase-0", "comment"]);
    check(&of_vector("comment", json!("a\nb")), &["vector pcm-1-phase-0", "comment", "control"]);
    check(&of_vector("flags", json!("Pcm")), &["vector pcm-1-phase-0", "flags"]);
    check(&of_vector("coders", json!("none")), &["vector pcm-1-phase-0", "coders", "none"]);
    check(&of_vector("bins", json!(-1)), &["vector pcm-1-phase-0", "bins"]);
    check(&of_vector("requests", json!(["X=1"])), &["vector pcm-1-phase-0"]);
    check(&of_vector("bytes", json!(["0"])), &["vector pcm-1-phase-0"]);
    check(&of_vector("error", json!({"kind": "exhausted"})), &["vector pcm-1-phase-0", "error", "bin"]);
    check(&of_vector("error", json!(null)), &["vector pcm-1-phase-0", "error", "null"]);
    check(&of_vector("position", json!("9")), &["vector pcm-1-phase-0", "position"]);
    check(&of_vector("flags", json!(["Mine"])), &["vector pcm-1-phase-0", "flags", "Mine"]);
    check(&of_file("suite", json!("../up")), &["suite", "letters"]);
    check(&of_file("suite", json!("")), &["suite", "letters"]);
    check(&of_file("vectors", json!([])), &["vectors", "nothing to check"]);
    check(&of_file("notes", json!({"Pcm": {"bug": 1, "shows": ""}})), &["notes.Pcm", "bug"]);
    check(&of_file("notes", json!({"Mine": {"bug": "", "shows": ""}})), &["notes", "Mine"]);
    check(&of_vector("crc32", json!("xyz")), &["vector pcm-1-phase-0", "crc32"]);
    check(&of_vector("more", json!(0)), &["vector pcm-1-phase-0", "more"]);
    check(
        &|file| _ = file["vectors"][1].as_object_mut().unwrap().remove("bytes"),
        &["vector truncated-0-1", "bytes", "missing"],
    );
}

/// Errors that only a reader notices, since the checksum is corrected after the edit.
fn with_checksum(mut vector: Value) -> Value {
    let field = |name: &str| vector[name].to_string();
    let what = ["id", "comment", "flags", "coders", "bins", "init"].map(field).join(",");
    let expected = ["requests", "bytes", "position", "error"].map(field).join(",");
    let crc32 = crc32fast::hash(format!("[[{what}],[{expected}]]").as_bytes());
    vector["crc32"] = json!(format!("{crc32:08x}"));
    vector
}

#[test]
fn contradictions_inside_a_vector_are_found() {
    let check = |change: &dyn Fn(&mut Value), words: &[&str]| {
        let mut file = sample();
        assert_eq!(with_checksum(file["vectors"][0].clone()), file["vectors"][0]);
        change(&mut file["vectors"][0]);
        file["vectors"][0] = with_checksum(file["vectors"][0].clone());
        let error = vectors::read_json(file.to_string().as_bytes()).unwrap_err().to_string();
        for word in ["vector pcm-1-phase-0"].iter().chain(words) {
            assert!(error.contains(word), "{word:?} is missing in {error}");
        }
    };
    check(&|vector| vector["bins"] = json!(7), &["bins: it is 7, but there are"]);
    check(&|vector| vector["requests"] = json!(["B=1 Q"]), &["requests: \"Q\" is no request"]);
    check(&|vector| vector["requests"] = json!(["C1024=1 T=1"]), &["requests: \"C1024=1\""]);
    check(&|vector| vector["requests"] = json!(["B=1"]), &["requests", "terminate bin of 1"]);
    check(&|vector| vector["requests"] = json!(["C7=1 T=1"]), &["requests: context 7 is used before"]);
    check(&|vector| vector["requests"] = json!(["B=1 R=00 T=1"]), &["requests", "raw bytes"]);
    check(&|vector| vector["flags"] = json!(["Tail"]), &["flags: notes do not say what Tail means"]);
    check(&|vector| vector["bytes"] = json!([]), &["bytes"]);
    let mut twice = sample();
    twice["vectors"][1] = twice["vectors"][0].clone();
    let error = vectors::read_json(twice.to_string().as_bytes()).unwrap_err().to_string();
    assert!(error.contains("id: another vector has it already"), "{error}");
}

/// The smoke suite as a directory.
fn smoke_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, contents) in vectors::files(&[("smoke", &stress::smoke())], &[], 1).unwrap() {
        fs::write(dir.path().join(name), contents).unwrap();
    }
    dir
}

fn check_without_cores(path: &Path) -> Output {
    command().args(["vectors", "check", "--no-cores"]).arg(path).output().unwrap()
}

#[test]
fn one_flipped_bit_anywhere_is_found_and_its_vector_named() {
    let dir = smoke_dir();
    expect(&check_without_cores(dir.path()), 0, &["vectors hold"]);
    for name in ["smoke.json", "smoke.hex"] {
        let path = dir.path().join(name);
        let whole = fs::read(&path).unwrap();
        for number in 0..120 {
            let bit = whole.len() * 8 / 120 * number + number * 5 % 8;
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &flipped).unwrap();
            let errors: Vec<String> = vectors::read(dir.path())
                .into_iter()
                .filter_map(|(_, read)| Some(read.err()?.to_string()))
                .collect();
            assert!(!errors.is_empty(), "bit {bit} of {name}");
            // Before the first vector there is none to be named.
            if let Some(id) = id_at(&whole, name, bit / 8)
                && id_at(&flipped, name, bit / 8).as_ref() == Some(&id)
            {
                assert!(
                    errors.iter().any(|error| error.contains(&id)),
                    "bit {bit} of {name}, {id}: {errors:?}"
                );
            }
        }
        fs::write(&path, &whole).unwrap();
    }
}

/// The id of the vector in which a byte of a file lies.
fn id_at(file: &[u8], name: &str, at: usize) -> Option<String> {
    let mark = if name.ends_with(".hex") { "// " } else { "\"id\": \"" };
    let text = String::from_utf8_lossy(file).into_owned();
    let line_end = at + file[at..].iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (_, id) = text.get(..line_end)?.rsplit_once(mark)?;
    Some(id.split(['"', '\n']).next()?.to_owned())
}

#[test]
fn wrong_hashes_and_counts_are_bad_input_that_names_file_and_field() {
    let dir = smoke_dir();
    let manifest = dir.path().join("manifest.json");
    let whole: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let check = |change: &dyn Fn(&mut Value), words: &[&str]| {
        let mut changed = whole.clone();
        change(&mut changed);
        fs::write(&manifest, changed.to_string()).unwrap();
        expect(&check_without_cores(dir.path()), 4, words);
    };
    let zeros = "0".repeat(64);
    check(&|m| m["files"][0]["sha256"] = json!(zeros), &["smoke.json: sha256: the manifest has 0000"]);
    check(&|m| m["files"][1]["sha256"] = json!(zeros), &["smoke.hex: sha256: the manifest has 0000"]);
    check(
        &|m| m["files"][0]["vectors"] = json!(3),
        &["smoke.json: vectors: the manifest has 3, but there are "],
    );
    check(&|m| m["files"][0]["bins"] = json!(3), &["smoke.json: bins: the manifest has 3"]);
    check(&|m| m["files"][0]["name"] = json!("../x.json"), &["manifest.json: files", "../x.json"]);
    check(
        &|m| m["files"][0]["name"] = json!("none.json"),
        &["files[0].name: none.json: there is no none.hex"],
    );
    check(
        &|m| {
            m["files"][0]["name"] = json!("none.json");
            m["files"][1]["name"] = json!("none.hex");
        },
        &["none.json: No such file", "none.hex: No such file", "\"smoke.hex\" is beside the manifest"],
    );
    check(&|m| m["files"][1]["words"] = json!(7), &["smoke.hex: words: the manifest has 7, but there are "]);
    for (file, field) in [(0, "vectors"), (0, "bins"), (1, "words")] {
        let remove = |m: &mut Value| _ = m["files"][file].as_object_mut().unwrap().remove(field);
        check(&remove, &[&format!("files[{file}].{field}: "), "it is missing"]);
    }
    for (file, field) in [(0, "words"), (1, "vectors"), (1, "bins"), (2, "words")] {
        let add = |m: &mut Value| m["files"][file][field] = json!(1);
        check(&add, &[&format!("files[{file}].{field}: "), "such a file has none"]);
    }
    check(
        &|m| m["files"][2]["sha256"] = json!(zeros),
        &["vectors.schema.json: sha256: the manifest has 0000"],
    );
    check(&|m| m["files"][0]["sha256"] = json!("0x7"), &["files[0].sha256: smoke.json: it is no 64 hex"]);
    check(&|m| m["files"][2]["name"] = json!("notes.txt"), &["files[2].name: notes.txt: it is neither"]);
    check(
        &|m| _ = m["files"].as_array_mut().unwrap().remove(1),
        &["smoke.json: there is no smoke.hex with it"],
    );
    check(&|m| _ = m["files"].as_array_mut().unwrap().remove(0), &["nothing to check"]);
    check(&|m| m["files"][1] = m["files"][0].clone(), &["manifest.json: files", "twice"]);
    check(&|m| m["files"] = json!([]), &["manifest.json: files", "nothing to check"]);
    check(&|m| m["more"] = json!(0), &["manifest.json", "more"]);
    check(&|m| m["version"] = json!(2), &["manifest.json: version: it is 2"]);
    check(&|m| m["format"] = json!("x"), &["manifest.json: format"]);
    check(&|m| m["files"][0]["sha256"] = json!(1), &["manifest.json: files[0].sha256"]);
    let twice = whole.to_string().replacen("\"bins\":", "\"bins\":1,\"bins\":", 1);
    fs::write(&manifest, twice).unwrap();
    expect(&check_without_cores(dir.path()), 4, &["manifest.json: line 1", "\"bins\" is there twice"]);
    let upper = whole["files"][0]["sha256"].as_str().unwrap().to_uppercase();
    let mut changed = whole.clone();
    changed["files"][0]["sha256"] = json!(upper);
    fs::write(&manifest, changed.to_string()).unwrap();
    expect(&check_without_cores(dir.path()), 0, &["vectors hold"]);
    // A suite under the name of another, with its files unchanged.
    let dir = smoke_dir();
    let mut changed = whole.clone();
    for (file, end) in [(0, "json"), (1, "hex")] {
        let [from, to] = ["smoke", "other"].map(|stem| dir.path().join(format!("{stem}.{end}")));
        fs::rename(from, to).unwrap();
        changed["files"][file]["name"] = json!(format!("other.{end}"));
    }
    fs::write(dir.path().join("manifest.json"), changed.to_string()).unwrap();
    expect(&check_without_cores(dir.path()), 4, &["other.json: suite: it is \"smoke\""]);
    fs::write(dir.path().join("manifest.json"), "{").unwrap();
    expect(&check_without_cores(dir.path()), 4, &["manifest.json"]);
    expect(&check_without_cores(Path::new("/no/such/dir")), 4, &["/no/such/dir: No such file"]);
}

#[test]
fn a_vector_that_does_not_hold_is_a_mismatch_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let check = |change: &dyn Fn(&mut Vector), words: &[&str]| {
        let smoke = stress::smoke();
        let mut vector = smoke.iter().find(|vector| vector.id == "truncated-0-1").unwrap().clone();
        change(&mut vector);
        let path = dir.path().join("wrong.json");
        let mut file = Vec::new();
        vectors::write_json("wrong", &[vector], &mut file).unwrap();
        fs::write(&path, file).unwrap();
        expect(
            &check_without_cores(&path),
            1,
            &[&["MISMATCH in suite wrong, vector truncated-0-1"], words].concat(),
        );
    };
    check(
        &|vector| vector.error = None,
        &["error: the oracle meets Exhausted at bin 0, bit 8, not no error"],
    );
    check(&|vector| vector.bytes[0] ^= 255, &["events: the oracle decodes"]);
    check(&|vector| vector.position += 1, &["position: the oracle has read"]);
    let both = |vector: &mut Vector| {
        *vector = Vector { id: "truncated-0-1".into(), ..stress::directed()[0].clone() };
    };
    check(
        &|vector| {
            both(vector);
            vector.bytes.push(1);
            vector.bytes[0] ^= 64;
        },
        &["the oracle"],
    );
}

#[test]
fn vectors_are_listed_and_explained() {
    let vectors = |arguments: &[&str]| command().arg("vectors").args(arguments).output().unwrap();
    expect(&vectors(&["list"]), 0, &["state-N", "63", "catches", "classes"]);
    expect(&vectors(&["list", "pcm-1-"]), 0, &["pcm-1-phase-0", "1 raw bytes after", "vectors"]);
    let listed: Value =
        serde_json::from_slice(&vectors(&["list", "two-errors", "--format", "json"]).stdout).unwrap();
    assert!(listed.as_array().unwrap().len() > 7);
    let explained = vectors(&["explain", "two-errors-misaligned-bypass"]);
    expect(&explained, 0, &["StickyError", "it shows so", "codIOffset", "align", "Misaligned", "fe 00"]);
    expect(&vectors(&["explain", "outstanding-1000-carry"]), 0, &["more requests (--all)"]);
    expect(&vectors(&["explain", "nothing"]), 4, &["there is no vector nothing", "vectors list"]);
    let file = golden().join("smoke.json");
    expect(
        &vectors(&["explain", "short-0", "--file", file.to_str().unwrap()]),
        0,
        &["terminate = 1", "fe 80"],
    );
}

#[test]
fn the_example_in_the_manual_is_a_vector() {
    let manual = include_str!("../docs/vectors.md");
    let example = manual.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let directed: Value = serde_json::from_slice(&fs::read(golden().join("directed.json")).unwrap()).unwrap();
    assert!(directed["vectors"].as_array().unwrap().contains(&example), "{example}");
}

#[test]
fn vectors_that_the_manifest_does_not_list_are_found_and_other_files_are_not_minded() {
    let dir = smoke_dir();
    fs::write(dir.path().join("notes.json"), r#"{"format":"of somebody else"}"#).unwrap();
    fs::write(dir.path().join("notes.md"), "notes").unwrap();
    expect(&check_without_cores(dir.path()), 0, &["vectors hold"]);
    for name in ["more.json", "more.hex"] {
        fs::copy(dir.path().join("smoke.json"), dir.path().join(name)).unwrap();
        expect(&check_without_cores(dir.path()), 4, &[&format!("manifest.json: files: {name:?} is beside")]);
        fs::remove_file(dir.path().join(name)).unwrap();
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused_and_its_vector_named() {
    let mut file = Vec::new();
    vectors::write_json("sample", &stress::smoke()[..2], &mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    let id = stress::smoke()[1].id.clone();
    for key in ["suite", "vectors", "notes", "bug", "id", "bins", "bytes"] {
        let key = format!("\"{key}\": ");
        let (before, after) = text.rsplit_once(&key).unwrap();
        let error =
            vectors::read_json(format!("{before}{key}0, {key}{after}").as_bytes()).unwrap_err().to_string();
        assert!(error.contains("is there twice") && error.contains("line "), "{error}");
        if ["\"bins\": ", "\"bytes\": "].contains(&&*key) {
            assert!(error.contains(&id), "{id} is missing in {error}");
        }
    }
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let sample = Vector { ..stress::smoke()[0].clone() };
    let write = |suite: &str, vectors: &[Vector]| {
        vectors::write_json(suite, vectors, &mut Vec::new()).map_err(|error| error.to_string())
    };
    assert!(write("a", std::slice::from_ref(&sample)).is_ok());
    assert!(write("a b", std::slice::from_ref(&sample)).unwrap_err().contains("suite"));
    assert!(write("a", &[Vector { id: "a/b".into(), ..sample.clone() }]).unwrap_err().contains("id: "));
    assert!(
        write("a", &[Vector { comment: "\x1b[2J".into(), ..sample.clone() }])
            .unwrap_err()
            .contains("comment")
    );
    let end = Event::Terminate { bin: true };
    for events in [vec![end, end], vec![Event::Bypass { bin: true }, Event::Start, end]] {
        let error = write("a", &[Vector { events, ..sample.clone() }]).unwrap_err();
        assert!(error.contains("requests: an engine starts, or does not"), "{error}");
    }
    assert!(write("a", &[sample.clone(), sample]).unwrap_err().contains("another vector has it"));
    for text in ["", "a b/c", "...", &"x".repeat(300), "na\u{ef}ve", "-"] {
        let name = vectors::name_like(text);
        assert!(write(&name, &[]).is_ok(), "{text:?} becomes {name:?}");
    }
}

/// A slice of more than 256 KiB, most of it raw bytes, with an engine run before them and one after.
fn long_slice() -> Vector {
    let raw = (0..(1 << 18) + 1_000_u32).map(|i| Event::Raw((i.wrapping_mul(2_654_435_761) >> 24) as u8));
    let bins = |count| (0..count).map(|i| Event::Bypass { bin: i % 3 == 0 });
    let end = [Event::Terminate { bin: true }];
    let events = bins(100).chain(end).chain(raw).chain(bins(77)).chain(end).collect();
    Vector::encoded("long", "more than 256 KiB", &[Flag::Pcm], events)
}

/// The files of a suite of long slices.
fn long_dir() -> (tempfile::TempDir, Vector) {
    let (dir, vector) = (tempfile::tempdir().unwrap(), long_slice());
    assert!(vector.position > 1 << 21 && vector.bytes.len() > 1 << 18);
    for (name, contents) in vectors::files(&[("long", std::slice::from_ref(&vector))], &[], 1).unwrap() {
        fs::write(dir.path().join(name), contents).unwrap();
    }
    (dir, vector)
}

#[test]
fn a_slice_of_more_than_256_kib_goes_through_json_and_hex() {
    let (dir, vector) = long_dir();
    expect(&check_without_cores(dir.path()), 0, &["1 of 1 vectors hold"]);
    let (_, read) = vectors::read_file(&dir.path().join("long.json")).unwrap();
    assert!(read == [vector.clone()]);
    // Read as by a testbench that was written from docs/vectors.md alone.
    let hex = fs::read_to_string(dir.path().join("long.hex")).unwrap();
    let words = hex.lines().filter(|line| !line.starts_with("//"));
    let words: Vec<u64> = words.map(|line| u64::from_str_radix(line, 16).unwrap()).collect();
    assert!(words.iter().all(|word| word >> 24 == 0));
    let position = words.iter().filter(|word| *word >> 21 == 7).enumerate();
    let position: Vec<u64> = position.map(|(i, word)| (word & 0x1f_ffff) << (21 * i)).collect();
    assert_eq!((position.len(), position.iter().sum()), (2, vector.position));
    let bytes: Vec<u8> = words.iter().filter(|word| *word >> 22 == 1).map(|word| *word as u8).collect();
    assert!(bytes == vector.bytes);
    // Without the upper word it is another slice.
    let cut: Vec<&str> = hex.lines().collect();
    let last = cut.iter().rposition(|line| line.starts_with('e')).unwrap();
    let cut = [&cut[..last], &cut[last + 1..]].concat().join("\n") + "\n";
    fs::write(dir.path().join("long.hex"), cut).unwrap();
    expect(
        &check_without_cores(dir.path()),
        4,
        &["long.hex: vector long, line ", "not what the .json file says"],
    );
}

#[test]
fn a_slice_of_more_than_256_kib_goes_through_the_twins() {
    let vector = long_slice();
    let vectors = [&vector];
    for stalls in [Stalls::NONE, Stalls::ALL[1]] {
        for core in cores::ALL {
            let play = Play { stalls, seed: 1, ..Play::flowing(&vectors) };
            // A vector that is given up is played again.
            let stats = core.play_twin(&play, &mut |_| ()).unwrap_or_else(|mismatch| panic!("{mismatch}"));
            assert!(stats.bins >= 179);
        }
    }
}

#[test]
fn a_large_suite_is_in_the_manifest_alone_and_made_as_that_says() {
    let dir = tempfile::tempdir().unwrap();
    let write = |large: &[Vector]| {
        for (name, contents) in
            vectors::files(&[("smoke", &stress::smoke())], &[("limits", large)], 1).unwrap()
        {
            fs::write(dir.path().join(name), contents).unwrap();
        }
    };
    let limits = stress::limits::vectors();
    write(&limits);
    assert!(!dir.path().join("limits.json").exists());
    let manifest = fs::read_to_string(dir.path().join("manifest.json")).unwrap();
    assert!(manifest.contains("silicabac vectors generate DIR --suite limits --seed 1"), "{manifest}");
    expect(&check_without_cores(dir.path()), 0, &["limits is in no file", "as the manifest has it"]);
    write(&limits[1..]);
    let words = ["limits: its command does not make files with these hashes"];
    expect(&check_without_cores(dir.path()), 4, &words);
}

#[test]
fn a_position_that_no_slice_has_is_a_mismatch_and_no_panic() {
    let dir = smoke_dir();
    let mut vector = stress::smoke()[0].clone();
    vector.position = u64::MAX;
    for (name, contents) in vectors::files(&[("smoke", &[vector])], &[], 1).unwrap() {
        fs::write(dir.path().join(name), contents).unwrap();
    }
    expect(&check_without_cores(dir.path()), 1, &["position: the oracle has read"]);
}

#[test]
fn without_golden_the_built_in_suites_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let check =
        || command().args(["vectors", "check", "--no-cores"]).current_dir(dir.path()).output().unwrap();
    let words = PUBLISHED.map(|suite| format!("{suite} "));
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["there is no golden/ here"]).collect();
    expect(&check(), 0, &words);
    // If there is one in the current directory, it is used, complete or not.
    fs::create_dir(dir.path().join("golden")).unwrap();
    expect(&check(), 4, &["golden/manifest.json"]);
}

/// Requests that a user has written become a vector that passes all checks; an error names the line.
#[test]
fn requests_that_are_written_down_become_a_vector() {
    let dir = tempfile::tempdir().unwrap();
    let make = |text: &str| {
        fs::write(dir.path().join("requests.txt"), text).unwrap();
        let mut command = command();
        command.current_dir(dir.path()).args(["vectors", "make", "requests.txt", "--id", "mine", "-o"]);
        command.args(["mine.json", "--flag", "Wait,GiveUp", "--comment", "two bins"]).output().unwrap()
    };
    let refused = |text: &str, words: &[&str]| {
        expect(&make(text), 4, words);
        assert!(!dir.path().join("mine.json").exists());
    };
    refused("L5=62.1 C5=0\nC5=2 T=1", &["requests.txt: line 2: \"C5=2\" is no request"]);
    refused("C5=0 T=1", &["context 5 is used before it is loaded"]);
    refused("B=1 R=00 T=1", &["raw bytes where no terminate bin of 1 stands before them"]);
    refused("# nothing", &["they do not end with a terminate bin of 1"]);
    expect(&make("# a less probable symbol\nL5=62.1\n\tC5=0  T=1 # and an end"), 0, &["mine"]);
    let check = command()
        .args(["vectors", "check", "--no-cores"])
        .arg(dir.path().join("mine.json"))
        .output()
        .unwrap();
    expect(&check, 0, &["1 of 1 vectors hold"]);
}
