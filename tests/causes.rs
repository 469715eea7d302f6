//! The causes of failures are named as a designer would name them: for cores with known faults, alone and in pairs.

use std::path::Path;
use std::sync::LazyLock;

use crate::common::tools;
use silicabac::bin::Event;
use silicabac::cores::Direction;
use silicabac::cosim::{self, Explanation, Model, Rules, Source, Ways};
use silicabac::fit::{Can, CoreFile};
use silicabac::mutation::{Design, Designs};
use silicabac::stress;
use silicabac::vectors::{Flag, Vector};

/// A list of faults, and the right core.
fn list(name: &str) -> (Source, Vec<Design>) {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cores/{name}faults.toml"));
    let Designs { core, faults } = Designs::read(&list).unwrap();
    let CoreFile { direction, top, rtl, verilator_arg: arguments, can, .. } =
        CoreFile::read(Some(&core), &[]).unwrap();
    (Source { can, arguments, ..Source::new(direction.unwrap(), top.unwrap(), rtl) }, faults)
}

/// The vectors that are played: all small ones, and those at the sizes where counters end, up to some thousands.
static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    let mut limits = stress::limits::vectors();
    limits.retain(|vector| vector.events.len() < 12_000);
    [stress::smoke(), stress::directed(), limits].concat()
});

/// The causes of this fault; `judged` are the classes that are also played with waits and given up.
fn causes(right: &Source, fault: &Design, judged: &[&str]) -> Vec<Explanation> {
    let (cache, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    let wrong = fault.edited(right, dir.path()).unwrap();
    let model = Model::build(&wrong, &cache, &tools).unwrap();
    let classes = cosim::classes(&model.fitter(), &VECTORS);
    let rules = Rules { seed: 1, ways: Ways::All, stretch: cosim::STRETCH, shortest: true };
    let judged = classes.iter().filter(|class| judged.contains(&&*class.name));
    let verdicts: Vec<_> = judged.map(|class| cosim::judge(&model, class, &rules)).collect();
    let played = classes.iter().map(|class| (&*class.name, class.fitted.played()));
    let all = played.flat_map(|(name, vectors)| vectors.into_iter().map(move |vector| (name, vector)));
    let evidence: Vec<_> = all.filter_map(|(name, vector)| cosim::evidence(&model, name, vector)).collect();
    let mut causes = cosim::causes(&evidence);
    causes.extend(cosim::waiting(&model, &cosim::unexplained(&verdicts, &causes)));
    causes
}

/// A list of faults, the faults of it that a core has at once, the classes that are judged in all ways, and a part of what is said of each
/// cause.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What is to be said of these faults.
const CASES: &[Case] = &[
    (
        "textbook_encoder_",
        &["run-that-a-flush-decides-is-counted-in-eight-bits"],
        &[],
        &["flush=yes & ended-run>=256"],
    ),
    ("textbook_encoder_", &["outstanding-wraps-in-ten-bits"], &[], &["ended-run>=1024"]),
    ("textbook_encoder_", &["terminate-at-257-is-not-renormalised"], &[], &["flush=no & codIRange=257"]),
    ("textbook_encoder_", &["mark-of-the-last-byte-is-a-clock-late"], &[], &["flush=yes & phase=0"]),
    (
        "textbook_encoder_",
        &["align-does-nothing-after-an-lps"],
        &[],
        &["kind=align & after-symbol=lps", "kind=align & request<=3"],
    ),
    ("textbook_encoder_", &["raw-byte-512-is-marked-last"], &[], &["raw-block>=512"]),
    (
        "textbook_encoder_",
        &["reset-keeps-a-flush"],
        &["give-up"],
        &["a reset comes in the middle of a slice"],
    ),
    (
        "textbook_encoder_",
        &["second-bin-is-left-out-after-32-stalled-clocks"],
        &["good-N"],
        &["the output is not taken"],
    ),
    ("quad_encoder/", &["range-of-384-has-the-first-column"], &[], &["codIRange=384"]),
    ("quad_encoder/", &["range-of-16-moves-by-five"], &[], &["codIRangeLPS=16"]),
    ("quad_encoder/", &["raw-byte-128-is-marked-last"], &[], &["raw-block>=128"]),
    ("hevc_encoder/", &["pcm-block-ends-after-384-bytes"], &[], &["raw-block>=385"]),
    ("hevc_encoder/", &["raw-byte-1024-is-marked-last"], &[], &["raw-block>=1024"]),
    (
        "textbook_encoder_",
        &["terminate-at-257-is-not-renormalised", "raw-byte-512-is-marked-last"],
        &[],
        &["flush=no & codIRange=257", "raw-block>=512"],
    ),
    (
        "textbook_encoder_",
        &["align-does-nothing-after-an-lps", "run-that-a-flush-decides-is-counted-in-eight-bits"],
        &[],
        &["kind=align & after-symbol=lps", "kind=align & request<=3", "flush=yes & ended-run>=256"],
    ),
    (
        "quad_encoder/",
        &["range-of-384-has-the-first-column", "raw-byte-128-is-marked-last"],
        &[],
        &["codIRange=384", "raw-block>=128"],
    ),
];

#[track_caller]
fn check((name, wrong, judged, told): &Case) {
    let (right, faults) = list(name);
    let found = |wanted: &&str| faults.iter().find(|fault| fault.name == *wanted).unwrap();
    let fault = wrong.iter().map(found).cloned().reduce(|one, other| one.and(&other)).unwrap();
    let causes = causes(&right, &fault, judged);
    let said = |cause: &Explanation| match &cause.rule {
        Some(rule) => format!("{rule}: {}", cause.text),
        None => cause.text.clone(),
    };
    let all: Vec<String> = causes.iter().map(said).collect();
    println!("{name}{wrong:?}:\n  {}", all.join("\n  "));
    // One line counts the failures without a cause, and is not a cause.
    let told_apart = all.iter().filter(|one| !one.contains("vectors more fail")).count();
    assert_eq!(told_apart, told.len(), "{wrong:?}");
    for what in *told {
        assert!(all.iter().any(|one| one.contains(what)), "{what} is not said of {wrong:?}");
    }
}

#[test]
fn a_fault_is_told_by_its_cause() {
    check(&CASES[2]);
}

/// All faults, or those with a part of a name.
#[test]
#[ignore = "long"]
fn faults_are_told_by_their_causes_alone_and_in_pairs() {
    let part = std::env::var("SILICABAC_CAUSE").unwrap_or_default();
    let some = CASES.iter().filter(|(_, wrong, ..)| wrong.iter().any(|name| name.contains(&part)));
    let wrong: Vec<_> = some.filter(|case| std::panic::catch_unwind(|| check(case)).is_err()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The textbook encoder; `body` makes its `data` wrong.
fn textbook_with(body: &str) -> Model {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wrong.v");
    let ports = "input wire clk, rst, req_valid, output wire req_ready, input wire [2:0] req_kind, input wire req_bin,
        input wire [6:0] req_model, input wire [7:0] req_data, output wire out_valid, input wire out_ready,
        output wire [7:0] out_data, output wire out_last";
    let core =
        "textbook_encoder core (.req_count(4'd1), .req_ctx_idx(10'd0), .slice_codec(1'b0), .slice_type(2'd0),
        .slice_qp(8'd0), .slice_index(2'd0), .out_count(), .out_data(data), .*);";
    let text = format!(
        "module wrong({ports}); wire [7:0] data; wire take = req_valid && req_ready; {body} {core} endmodule"
    );
    std::fs::write(&path, text).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files =
        ["rtl/common/cabac_range_table.sv", "tests/cores/textbook_encoder.v"].map(|file| root.join(file));
    // No vector is given up, so that failures under stalls depend on waits alone.
    let can = Can { reset: false, ..Can::ENGINE };
    let source = Source { can, ..Source::new(Direction::Encoder, "wrong", [&files[..], &[path]].concat()) };
    let (cache, tools) = tools();
    Model::build(&source, &cache, &tools).unwrap()
}

/// What is said of a core that fails on these vectors together under stalls, but on none alone and without waits.
fn said_of_waits(model: &Model, vectors: &[Vector]) -> Vec<String> {
    let classes = cosim::classes(&model.fitter(), vectors);
    let rules = Rules { seed: 1, ways: Ways::All, stretch: cosim::STRETCH, shortest: true };
    let verdicts: Vec<_> = classes.iter().map(|class| cosim::judge(model, class, &rules)).collect();
    let causes = cosim::waiting(model, &cosim::unexplained(&verdicts, &[]));
    causes.into_iter().map(|cause| cause.text).collect()
}

fn bypass_bins(id: &str, flags: &[Flag], bins: usize) -> Vector {
    let events = [vec![Event::Bypass { bin: true }; bins], vec![Event::Terminate { bin: true }]].concat();
    Vector::encoded(id, "", flags, events)
}

/// A core that is wrong only after so many requests that no short vector shows it.
#[test]
fn what_only_a_very_long_slice_shows_is_told_so() {
    let model = textbook_with(
        "reg [19:0] taken; always @(posedge clk) if (rst) taken <= 0; else if (take) taken <= taken + 1;
        assign out_data = data ^ (taken > 300005);",
    );
    let vectors = [bypass_bins("very-long-1", &[Flag::Large], 300_010), bypass_bins("short-1", &[], 0)];
    assert!(cosim::evidence(&model, "very-long-N", &vectors[0]).is_none());
    let long = "a vector fails if it has 300011 requests; no cause is looked for in vectors of more than 300000 requests";
    assert_eq!(said_of_waits(&model, &vectors), [long]);
}

/// A core that is wrong if no request comes for three clocks at one bit of a byte.
#[test]
fn the_bit_of_a_byte_at_which_a_wait_falls_is_told() {
    let model = textbook_with(
        "reg [2:0] place, waited; reg wrong;
        always @(posedge clk) begin
            if (take) place <= req_kind == 7 ? 3'd1 : place + 3'd1;
            waited <= req_valid ? 0 : waited == 7 ? 3'd7 : waited + 3'd1;
            if (waited == 2 && !req_valid && place == 5) wrong <= 1;
            if (out_valid && out_ready || rst) wrong <= 0;
            if (rst) {place, waited} <= 0;
        end
        assign out_data = data ^ wrong;",
    );
    let said = said_of_waits(&model, &[bypass_bins("bypass-1", &[], 60)]);
    let told = "a vector fails if no request is offered for 3 clocks or more at bit 5 of a byte; without that it passes";
    assert_eq!(said, [told]);
}
