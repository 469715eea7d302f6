//! Coverage as the command prints it: what the published suites reach, and the messages for a suite that reaches too little.

use std::{cell::RefCell, collections::BTreeSet, fs, path::PathBuf};

use crate::common::{command, expect};
use serde_json::Value;
use silicabac::bin::Element;
use silicabac::context::Codec;
use silicabac::coverage::StreamCoverage;
use silicabac::hevc;
use silicabac::observed::Observer;
use silicabac::stream::{Stream, StreamUnit};
use silicabac::stress;
use silicabac::vectors::{self, Flag, Vector};

fn coverage(arguments: &[&str]) -> std::process::Output {
    command().args(["vectors", "coverage"]).args(arguments).output().unwrap()
}

#[test]
fn the_built_in_vectors_reach_everything_and_the_page_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("coverage.html");
    let output = coverage(&["--html", page.to_str().unwrap()]);
    expect(&output, 0, &["63252   63252         0  100.00", "every item is at 100 % or above"]);
    let page = fs::read_to_string(page).unwrap();
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str::<Value>(data).unwrap()["report"].take();
    assert_eq!(
        (&data["reached"], data["items"][0]["hits"].as_array().unwrap().len()),
        (&true.into(), 63_252)
    );
    for word in ["http:", "https:", "src=", "{{"] {
        assert!(!page.contains(word), "the page needs something else: {word}");
    }
}

#[test]
fn what_is_missing_is_status_5_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rest.json");
    let mut rest: Vec<Vector> = stress::directed();
    rest.retain(|vector| !vector.flags.contains(&Flag::Alignment));
    let mut file = Vec::new();
    vectors::write_json("rest", &rest, &mut file).unwrap();
    fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap();
    let words =
        ["missed of alignments:", "  codIRange 259", "... and", "more (--format json)", "below 100 %"];
    expect(&coverage(&[path]), 5, &words);
    let output = coverage(&[path, "--format", "json"]);
    expect(&output, 5, &[]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let items = json["items"].as_array().unwrap();
    let item = |name: &str| items.iter().find(|item| item["name"] == name).unwrap();
    assert!(
        item("alignments")["missed"].as_array().unwrap().iter().any(|cell| cell["is"] == "codIRange 501")
    );
    assert_eq!(item("cross")["missed"].as_array().unwrap().len(), 0);
    expect(&coverage(&[path, "--goal", "0"]), 0, &["every item is at 0 % or above"]);
}

#[test]
fn wrong_goals_and_files_are_refused() {
    for goal in ["101", "-1", "nan", "x"] {
        expect(&coverage(&[&format!("--goal={goal}")]), 2, &["no number from 0 to 100"]);
    }
    expect(&coverage(&["golden", "--suite", "smoke"]), 2, &["cannot be used with"]);
    expect(&coverage(&["/no/such/file"]), 4, &["/no/such/file"]);
}

fn cosim(arguments: &[&str]) -> std::process::Output {
    command().args(["cosim", "--coverage", "--seed", "1"]).args(arguments).output().unwrap()
}

#[test]
#[ignore = "long"]
fn every_line_of_the_cores_runs_and_every_bit_toggles_or_is_waived() {
    expect(&cosim(&[]), 0, &["cabac_encoder_pack.sv", "every point is hit or waived"]);
}

#[test]
fn points_that_nothing_hits_or_waives_are_status_5_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("waivers");
    let waivers = |text: &str| {
        fs::write(&path, text).unwrap();
        cosim(&["--core", "decoder", "--suite", "smoke", "--waivers", path.to_str().unwrap()])
    };
    // One waiver is missing, another is unnecessary, and the suite is too small.
    let one = "# It is 0, 1, 6 or 16.\ncabac_decoder_request.sv toggle wanted[3]\n";
    let output = waivers(&format!("{one}\n# Wrong.\ncabac_decoder.sv toggle in_ready\n"));
    expect(&output, 5, &["cabac_decoder.sv:32: toggle rsp_bits[18]", "more (--format json)"]);
    expect(&output, 5, &["waived, but not missed: cabac_decoder.sv in_ready", "1 waiver is needless"]);
    let smoke = ["--core", "decoder", "--suite", "smoke", "--waivers", path.to_str().unwrap()];
    let json = cosim(&[&smoke[..], &["--format", "json"]].concat());
    expect(&json, 5, &["cabac_decoder_request.sv:19: toggle wanted[5]", "line case of `6'd63: trans_idx"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let is = |point: &Value| point.as_str().unwrap().contains("wanted[3]");
    assert!(!json["missed"].as_array().unwrap().iter().any(is));
    assert!(json["waived"].as_array().unwrap().iter().any(|waived| is(&waived["point"])));
    expect(&waivers("cabac_decoder_request.sv toggle wanted[3]\n"), 4, &["waivers: line 1: no reason"]);
    expect(&cosim(&["--format", "junit"]), 2, &["junit"]);
}

/// The units of streams.
fn units(codec: Codec, streams: &[PathBuf]) -> impl Iterator<Item = StreamUnit> {
    let bytes = streams.iter().map(|path| fs::read(path).unwrap());
    bytes.flat_map(move |bytes| Stream::new(codec, &bytes[..]).map(Result::unwrap).collect::<Vec<_>>())
}

fn covered(codec: Codec, streams: &[PathBuf]) -> StreamCoverage {
    let mut coverage = StreamCoverage::new(codec);
    units(codec, streams).for_each(|unit| coverage.take(&unit).unwrap());
    coverage
}

/// Records the names of the elements that are coded.
struct Names<'a>(&'a RefCell<BTreeSet<&'static str>>);

impl<C> Observer<C> for Names<'_> {
    fn coded(&mut self, _: &C, element: Element, _: i32) {
        self.0.borrow_mut().insert(element.0);
    }
}

struct Unwatched;

impl<C> Observer<C> for Unwatched {}

#[test]
fn each_element_of_the_committed_streams_is_counted() {
    for (codec, streams) in
        [(Codec::Avc, crate::common::streams()), (Codec::Hevc, crate::common::hevc_streams())]
    {
        let (mut names, coverage) = (RefCell::default(), covered(codec, &streams));
        units(codec, &streams).for_each(|unit| _ = unit.observe(Names(&names)));
        let report = coverage.report();
        let is_there = |name| report.items.iter().any(|item| item.name.split(' ').next() == Some(name));
        names.get_mut().retain(|name| !is_there(name));
        let coded_at_once: &[&str] = if codec == Codec::Hevc { &["coeff_sign_flag"] } else { &[] };
        assert_eq!(names.into_inner().into_iter().collect::<Vec<_>>(), coded_at_once);
    }
}

#[test]
fn levels_of_h265_are_counted_where_they_are() {
    let streams = crate::common::hevc_streams();
    let mut places = BTreeSet::new();
    for unit in units(Codec::Hevc, &streams) {
        let StreamUnit::Hevc(unit) = unit else { panic!("{unit:?} is no unit of H.265") };
        let levels = |read_unit: hevc::ReadUnit<'_, _>| {
            places.extend(read_unit.coding_tree_unit.levels.iter().map(|level| usize::from(level.place)));
        };
        let _ = unit.observe(Unwatched, levels);
    }
    let coverage = covered(Codec::Hevc, &streams);
    let report = coverage.report();
    let levels = report.items.iter().find(|item| item.name == "levels").unwrap();
    let hit = (0..levels.cells()).filter(|&cell| levels.hits[cell] > 0);
    assert_eq!(hit.map(|cell| cell % 1_024).collect::<BTreeSet<_>>(), places);
    let excluded = levels.exclusions.iter().flat_map(|exclusion| &exclusion.cells);
    assert!(excluded.into_iter().all(|&cell| levels.hits[cell] == 0));
}
