//! Dreams: legal, the same each time, and with all the features that they claim.

use std::collections::BTreeSet;
use std::{convert::Infallible, fs, path::Path, time::Duration};

use crate::common::dreamt::{FFMPEG, dreams, judge, published};
use crate::common::{command, expect, program};
use sha2::{Digest, Sha256};
use silicabac::avc::{Content, Macroblock, Stream};
use silicabac::bin::Event;
use silicabac::dream::broken::{self, Class};
use silicabac::dream::judge::play;
use silicabac::dream::reduce::{Left, reduce, reduce_hevc};
use silicabac::dream::suite::Manifest;
use silicabac::dream::{avc, avc_features, features_of_avc, features_of_hevc, hevc, hevc_features};
use silicabac::hevc as h265;
use silicabac::observed::Observer;
use silicabac::syntax::nal::START_CODE;
use silicabac::tables::hevc_contexts::HevcProfile;

/// The slices of a stream, read and written again.
fn rewritten(bytes: &[u8]) -> Vec<u8> {
    Stream::new(bytes)
        .flat_map(|unit| {
            let unit = unit.unwrap();
            assert!(!matches!(unit.content, Content::Damaged(_) | Content::Unsupported(_)), "{unit:?}");
            [unit.unit.prefix.clone(), unit.rewrite().unwrap()].concat()
        })
        .collect()
}

#[test]
fn a_dream_is_read_and_written_as_the_same_bytes() {
    for seed in 0..400 {
        let bytes = avc(seed, &[]).unwrap();
        assert!(bytes.starts_with(&[0]) && bytes[1..].starts_with(&START_CODE));
        assert_eq!(rewritten(&bytes), bytes, "seed {seed}");
    }
}

/// Features that common decoders do not support; a stream has them only if it is asked for them.
const BEYOND: [&[&str]; 6] = [
    &["high-throughput"],
    &["wpp", "tiles"],
    &["bypass-alignment", "extended-precision"],
    &["high-precision-offsets"],
    &["chroma-qp-offsets", "444"],
    &["400", "pcm"],
];

/// Features of headers and NAL units that a stream has only if it is asked for them. FFmpeg does not complain about any but the last two:
/// it does not support different bit depths, and FFmpeg 5.1 calls RASL pictures incomplete that are not to be decoded.
const ASKED: [&[&str]; 9] = [
    &["sub-layers", "vui"],
    &["tsa", "stsa"],
    &["msb-cycle"],
    &["no-output-of-prior-pics"],
    &["hrd"],
    &["hrd", "sei", "sub-layers"],
    &["sei", "filler", "end-of-sequence"],
    &["radl", "rasl", "sei"],
    &["unequal-depth"],
];

/// H.265: entry points are where substreams begin, and no bytes are left over.
#[test]
fn an_h265_dream_is_read_and_written_as_the_same_bytes() {
    let usual = (0..300).map(|seed| (seed, &[][..]));
    let beyond = (0..4).flat_map(|seed| BEYOND.into_iter().chain(ASKED).map(move |wanted| (seed, wanted)));
    let (mut entry_points, mut dependent) = (0, 0);
    for (seed, wanted) in usual.chain(beyond) {
        let bytes = hevc(seed, wanted).unwrap();
        let mut written = Vec::new();
        for unit in h265::Stream::new(&bytes[..]).map(Result::unwrap) {
            let is_whole = matches!(
                unit.content,
                h265::Content::Segment { .. } | h265::Content::ParameterSet(None) | h265::Content::Other
            );
            assert!(is_whole, "seed {seed}: {unit:?}");
            assert_eq!(unit.headers().error, None);
            assert_eq!(unit.entry_point_note(), None, "seed {seed}");
            if let h265::Content::Segment { entry_points: own, .. } = &unit.content {
                entry_points += own.len();
            }
            dependent += usize::from(unit.is_dependent());
            written.extend([unit.unit.prefix.clone(), unit.rewrite().unwrap()].concat());
        }
        assert_eq!(written, bytes, "seed {seed}");
    }
    assert!(entry_points > 200 && dependent > 200, "{entry_points} {dependent}");
}

#[test]
fn a_seed_is_a_stream() {
    assert_eq!(avc(7, &[]).unwrap(), avc(7, &[]).unwrap());
    assert_ne!(avc(7, &[]).unwrap(), avc(8, &[]).unwrap());
    assert_eq!(hevc(7, &[]).unwrap(), hevc(7, &[]).unwrap());
    assert_ne!(hevc(7, &[]).unwrap(), hevc(8, &[]).unwrap());
}

#[test]
fn each_feature_can_be_asked_for() {
    for feature in avc_features() {
        let bytes = avc(3, &[feature]).unwrap();
        assert!(features_of_avc(&bytes).contains(feature), "{feature}");
    }
    for feature in hevc_features() {
        let bytes = hevc(3, &[feature]).unwrap();
        assert!(features_of_hevc(&bytes).contains(feature), "{feature}");
    }
    let error = avc(3, &["main", "444"]).unwrap_err();
    assert!(error.to_string().contains("main, 444"), "{error}");
}

/// Records which contexts are used.
#[derive(Default)]
struct Used(BTreeSet<usize>);

impl<C> Observer<C> for Used {
    fn after(&mut self, _: &C, coded: Event) {
        if let Event::Context { ctx, .. } = coded {
            self.0.insert(ctx.get());
        }
    }
}

#[test]
fn dreams_use_every_context_but_those_of_si_slices() {
    let mut used = Used::default();
    let wanted: [&[&'static str]; 2] = [&[], &["444", "interlaced", "8x8"]];
    for (seed, wanted) in (0..150).flat_map(|seed| wanted.map(|wanted| (seed, wanted))) {
        for unit in Stream::new(&avc(seed, wanted).unwrap()[..]).map(Result::unwrap) {
            if let Some((observer, read)) = unit.observe(Used::default(), |_| {}) {
                read.unwrap();
                used.0.extend(observer.0);
            }
        }
    }
    let unused: Vec<usize> = (0..1024).filter(|index| !used.0.contains(index)).collect();
    // 276 is not a context: it stands for the terminate bin.
    assert_eq!(unused, [0, 1, 2, 276]);
}

#[test]
fn h265_dreams_use_every_context() {
    let mut used = Used::default();
    let wanted: [&[&'static str]; 4] =
        [&[], &["444", "b"], &["cross-component"], &["chroma-qp-offsets", "b"]];
    for (seed, wanted) in (0..60).flat_map(|seed| wanted.map(|wanted| (seed, wanted))) {
        for unit in h265::Stream::new(&hevc(seed, wanted).unwrap()[..]).map(Result::unwrap) {
            if let Some((observer, read)) = unit.observe(Used::default(), |_| {}) {
                read.unwrap();
                used.0.extend(observer.0);
            }
        }
    }
    let unused = (0..202_u16)
        .filter(|&flat| used.0.contains(&usize::from(flat)) != HevcProfile::RangeExtensions.has(flat));
    assert_eq!(unused.collect::<Vec<_>>(), [0_u16; 0]);
}

#[test]
fn ffmpeg_is_content_with_dreams() {
    let Some(_) = program("ffmpeg", "ffmpeg") else { return };
    let dir = tempfile::tempdir().unwrap();
    dreams(dir.path(), 40, &[]);
    // A damaged stream is reported.
    let damaged = dir.path().join("damaged.264");
    fs::write(&damaged, broken::dream(1, &[], Class::CabacInitIdc).unwrap().0).unwrap();
    let played = play(FFMPEG, &damaged, Duration::from_secs(20)).unwrap();
    assert!(played.status.is_some_and(|status| !status.success()), "{played:?}");
    let run = judge(dir.path(), FFMPEG, &["--record", "FFmpeg"]);
    expect(
        &run,
        0,
        &["40 streams: 0 equal, 40 of which no pictures are known, 0 broken and survived, 0 bad"],
    );
    let run = judge(dir.path(), FFMPEG, &[]);
    expect(
        &run,
        0,
        &["40 streams: 40 equal, 0 of which no pictures are known, 0 broken and survived, 0 bad"],
    );
}

#[test]
fn ffmpeg_is_content_with_dreams_of_h265() {
    let Some(_) = program("ffmpeg", "ffmpeg") else { return };
    let dir = tempfile::tempdir().unwrap();
    dreams(dir.path(), 40, &["--codec=h265"]);
    let manifest = fs::read_to_string(dir.path().join("dreams.json")).unwrap();
    assert_eq!(manifest.matches("\"codec\":\"h265\"").count(), 40);
    let run = judge(dir.path(), &FFMPEG.replace("h264", "hevc"), &["--record", "FFmpeg"]);
    expect(
        &run,
        0,
        &["40 streams: 0 equal, 40 of which no pictures are known, 0 broken and survived, 0 bad"],
    );
}

#[test]
fn ffmpeg_is_content_with_what_is_asked_for() {
    let Some(ffmpeg) = program("ffmpeg", "ffmpeg") else { return };
    for (seed, wanted) in (0..4).flat_map(|seed| ASKED[..7].iter().map(move |wanted| (seed, wanted))) {
        let stream = hevc(seed, wanted).unwrap();
        assert_eq!(complaint(&ffmpeg, "hevc", &stream), "", "{wanted:?} {seed}");
    }
}

#[test]
fn depths_that_differ_are_of_luma_and_chroma() {
    for seed in 0..20 {
        let stream = avc(seed, &["unequal-depth"]).unwrap();
        assert_eq!(rewritten(&stream), stream);
        let mut depths = BTreeSet::new();
        for unit in Stream::new(&stream[..]).map(Result::unwrap) {
            depths.extend(
                unit.slice().map(|(parameters, _)| [parameters.bit_depth_luma, parameters.bit_depth_chroma]),
            );
        }
        assert!(depths.iter().all(|[luma, chroma]| luma != chroma) && depths.len() == 1, "{depths:?}");
    }
}

/// One block and one level are left, and slices are joined where possible.
#[test]
fn coding_units_and_slices_of_h265_are_left_out() {
    let has = |stream: &[u8]| {
        let mut found = false;
        for unit in h265::Stream::new(stream).map(Result::unwrap) {
            unit.observe((), |read_unit| {
                found |= read_unit.coding_tree_unit.blocks.iter().any(|block| block.transform_skip_flag);
            });
        }
        found
    };
    let slices = |stream: &[u8]| {
        let units = h265::Stream::new(stream).map(Result::unwrap);
        units.filter(|unit| unit.slice_number.is_some()).map(|unit| unit.is_dependent()).collect::<Vec<_>>()
    };
    let (mut before, mut after) = (0, 0);
    for seed in 0..8 {
        let stream = hevc(seed, &["transform-skip", "segments"]).unwrap();
        let fails = |stream: &[u8], _: &Left| Ok::<_, Infallible>(has(stream));
        let (small, left) = reduce_hevc(&stream, fails).unwrap();
        assert!(has(&small) && largest_level(&small).0 == 1 && left.levels == 1, "seed {seed}: {left:?}");
        assert!(!slices(&small).contains(&true), "seed {seed}");
        before += slices(&stream).len();
        after += slices(&small).len();
    }
    assert!(after < before / 3, "{before} and {after} slice segments");
}

#[test]
fn features_are_those_of_the_standard() {
    let dir = tempfile::tempdir().unwrap();
    let run = |others: &[&str]| {
        let mut command = command();
        command.args(["stream", "dream", "-o"]).arg(dir.path().join("s")).args(others);
        command.output().unwrap()
    };
    expect(&run(&["--codec=h265", "--features=wpp,tiles"]), 0, &["seed 1, "]);
    expect(
        &run(&["--codec=h265", "--features=mbaff"]),
        2,
        &["no stream of this standard has mbaff; there are 10bit,"],
    );
    expect(&run(&["--features=wpp"]), 2, &["no stream of this standard has wpp"]);
    expect(
        &run(&["--codec=h265", "--broken=mb-qp-delta"]),
        2,
        &["no stream of this standard is broken so: mb-qp-delta"],
    );
    expect(&run(&["--broken=offset-len"]), 2, &["no stream of this standard is broken so: offset-len"]);
}

#[test]
fn bad_decoders_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    dreams(dir.path(), 3, &[]);
    expect(&judge(dir.path(), "cat {}", &["--record", "cat"]), 0, &["3 of which no pictures are known"]);
    expect(&judge(dir.path(), "cat {}", &[]), 0, &["3 streams: 3 equal"]);
    let manifest = fs::read_to_string(dir.path().join("dreams.json")).unwrap();
    assert_eq!(manifest.matches("\"cat\"").count(), 3);
    for (decoder, said) in [
        ("head -c 99 {}", "h264-1.264               differs"),
        ("cat {}; exit 3", "h264-2.264               fails    exit status: 3"),
        ("cat {}; kill -11 $$", "fails    signal: 11"),
        ("cat {}; sleep 60", "h264-3.264               hangs    no end"),
        (
            "cat {}; echo 'd.c:1: runtime error: shift' >&2",
            "unsound  exit status: 0; d.c:1: runtime error: shift",
        ),
    ] {
        let run = judge(dir.path(), decoder, &["--patience", "1"]);
        expect(&run, 1, &[said, "3 bad"]);
    }
    let run = judge(dir.path(), "head -c 99 {}", &["--format", "junit"]);
    expect(&run, 1, &["failures=\"3\"", "name=\"h264-3.264\"", "message=\"differs: exit status: 0; \""]);
    let run = judge(dir.path(), "cat {}", &["--format", "json"]);
    let lines = std::str::from_utf8(&run.stdout).unwrap().lines();
    for line in lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        assert!(line["memory"].as_u64().unwrap() > 1 << 16, "{line}");
    }
    fs::write(dir.path().join("h264-2.264"), "another").unwrap();
    expect(
        &judge(dir.path(), "cat {}", &[]),
        4,
        &["h264-2.264: it is not the stream that the manifest describes"],
    );
    fs::write(dir.path().join("dreams.json"), "{}").unwrap();
    expect(&judge(dir.path(), "cat {}", &[]), 4, &["dreams.json: missing field `tool`"]);
}

/// A few of many streams reach all contexts, values of elements and places of levels.
#[test]
fn a_suite_reaches_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mut dream = command();
    dream.args(["stream", "dream", "--seed=1", "--count=6000", "--only-new", "-o"]).arg(dir.path());
    expect(&dream.output().unwrap(), 0, &["streams of 6000 seeds from 1 on"]);
    let streams: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let streams: Vec<_> = streams.into_iter().filter(|path| path.extension().unwrap() == "264").collect();
    assert!(streams.len() < 200, "{} streams", streams.len());
    let items = |streams: &[std::path::PathBuf]| {
        let run = command().args(["stream", "coverage", "--format=json"]).args(streams).output().unwrap();
        assert_eq!(run.status.code(), Some(0));
        let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        report["items"].as_array().unwrap().clone()
    };
    let below = |items: &[serde_json::Value]| {
        let values = items.iter().filter(|item| {
            item["axes"][0]["name"] == "value" || item["name"] == "levels" || item["name"] == "contexts"
        });
        values
            .filter(|item| item["percent"] != 100.0)
            .map(|item| item["name"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(below(&items(&streams)), [""; 0]);
    // The first three streams alone do not.
    assert!(below(&items(&streams[..3])).len() > 5);
}

/// H.265: the same, without the contexts of screen content; QP offsets of chroma are asked for.
#[test]
fn a_suite_of_h265_reaches_everything() {
    let dir = tempfile::tempdir().unwrap();
    for (seed, count, feature) in [(1, 700, None), (2_000, 40, Some("--features=chroma-qp-offsets,444"))] {
        let mut dream = command();
        dream.args([
            "stream",
            "dream",
            "--codec=h265",
            &format!("--seed={seed}"),
            &format!("--count={count}"),
        ]);
        dream.arg("--only-new").args(feature).arg("-o").arg(dir.path());
        expect(&dream.output().unwrap(), 0, &[&format!("streams of {count} seeds")]);
    }
    let streams = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let streams = streams.filter(|path| path.extension().unwrap() == "265");
    let run = command().args(["stream", "coverage", "--format=json"]).args(streams).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let items = report["items"].as_array().unwrap();
    let values = items.iter().filter(|item| item["axes"][0]["name"] == "value");
    let below: Vec<_> = values.filter(|item| item["percent"] != 100.0).map(|item| &item["name"]).collect();
    assert_eq!(below, [""; 0]);
    let contexts = items.iter().find(|item| item["name"] == "contexts").unwrap();
    let all = (0..202).filter(|&flat| HevcProfile::RangeExtensions.has(flat)).count();
    assert_eq!(contexts["hit"], all);
}

#[test]
fn a_goal_that_is_missed_is_told() {
    let stream = crate::common::streams().remove(0);
    let run = |goal| command().args(["stream", "coverage", goal]).arg(&stream).output().unwrap();
    expect(&run("--goal=0"), 0, &["contexts", "mb_type I", "every item is at 0 % or above"]);
    expect(&run("--goal=100"), 5, &["missed of contexts:", "items are below 100 %"]);
    let run = command()
        .args(["stream", "coverage"])
        .arg(&stream)
        .args(crate::common::hevc_streams())
        .output()
        .unwrap();
    expect(&run, 2, &["it is of the other standard than the streams before it"]);
}

#[test]
fn a_directory_is_no_standard_output() {
    let output = command().args(["stream", "dream", "--count", "2", "-o", "-"]).output().unwrap();
    expect(&output, 2, &["several streams need a directory"]);
}

/// Whether a stream has a macroblock like this.
fn has(stream: &[u8], wanted: impl Fn(&Macroblock) -> bool) -> bool {
    let mut found = false;
    for unit in Stream::new(stream) {
        let unit = unit.unwrap();
        let is_read = unit.observe((), |read_unit| found |= wanted(read_unit.macroblock));
        assert!(is_read.is_none_or(|((), read)| read.is_ok()), "{unit:?}");
    }
    found
}

#[test]
fn what_is_reduced_has_what_was_looked_for_and_little_else() {
    let ffmpeg = program("ffmpeg", "ffmpeg");
    let (mut before, mut after) = (0, 0);
    for seed in 0..12 {
        let wanted = |macroblock: &Macroblock| macroblock.levels.iter().any(|level| level.abs() > 15);
        let stream = avc(seed, &[]).unwrap();
        let mut tries = 0;
        let fails = |stream: &[u8], _: &Left| {
            tries += 1;
            // Every stream that is tried is legal, whether it is kept or not.
            if let Some(ffmpeg) = ffmpeg.as_ref().filter(|_| tries % 16 == 1) {
                assert_eq!(complaint(ffmpeg, "h264", stream), "", "seed {seed}, try {tries}");
            }
            Ok::<_, Infallible>(has(stream, wanted))
        };
        if !has(&stream, wanted) {
            continue;
        }
        let (small, left) = reduce(&stream, fails).unwrap();
        assert!(has(&small, wanted));
        assert_eq!(rewritten(&small), small);
        // An 8x8 block that is coded may need a level at its first place.
        assert!(left.levels <= 2, "seed {seed}: {left:?}");
        before += stream.len();
        after += left.bytes;
    }
    assert!(before > 10_000 && after < before / 10, "{before} and {after} bytes");
}

/// The largest magnitude of a level of an H.265 stream, all of which can be read, and its number of entry points.
fn largest_level(stream: &[u8]) -> (u32, usize) {
    let (mut largest, mut entry_points) = (0, 0);
    for unit in h265::Stream::new(stream).map(Result::unwrap) {
        assert_eq!(unit.entry_point_note(), None);
        assert_eq!(unit.rewrite().unwrap(), unit.unit.bytes);
        if let h265::Content::Segment { entry_points: own, .. } = &unit.content {
            entry_points += own.len();
        }
        let levels =
            |unit: &h265::CodingTreeUnit| unit.levels.iter().map(|level| level.level.unsigned_abs()).max();
        unit.observe((), |read_unit| largest = largest.max(levels(read_unit.coding_tree_unit).unwrap_or(0)));
    }
    (largest, entry_points)
}

/// Entry points are right in every stream that is tried, and dependent slice segments continue from the segment that is before them then.
#[test]
fn what_is_reduced_of_h265_has_what_was_looked_for_and_little_else() {
    let ffmpeg = program("ffmpeg", "ffmpeg");
    let (mut before, mut after, mut entry_points) = (0, 0, 0);
    for seed in 0..40 {
        let stream = hevc(seed, &[]).unwrap();
        let (largest, own) = largest_level(&stream);
        if largest <= 15 {
            continue;
        }
        entry_points += own;
        let mut tries = 0;
        let fails = |stream: &[u8], _: &Left| {
            tries += 1;
            if let Some(ffmpeg) = ffmpeg.as_ref().filter(|_| tries % 16 == 1) {
                assert_eq!(complaint(ffmpeg, "hevc", stream), "", "seed {seed}, try {tries}");
            }
            Ok::<_, Infallible>(largest_level(stream).0 > 15)
        };
        let (small, left) = reduce_hevc(&stream, fails).unwrap();
        assert!(largest_level(&small).0 > 15);
        before += stream.len();
        after += left.bytes;
    }
    assert!(entry_points > 10, "{entry_points}");
    assert!(before > 10_000 && after < before / 3, "{before} and {after} bytes");
}

/// The messages of FFmpeg for a stream.
fn complaint(ffmpeg: &Path, format: &str, stream: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), stream).unwrap();
    let mut command = std::process::Command::new(ffmpeg);
    command
        .args(["-v", "warning", "-threads", "1", "-xerror", "-err_detect", "explode", "-f", format, "-i"])
        .arg(file.path());
    let output = command.args(["-fps_mode", "passthrough", "-f", "framemd5", "-"]).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_command_that_fails_is_asked_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let (stream, small) = (dir.path().join("s.264"), dir.path().join("small.264"));
    fs::write(&stream, avc(3, &["p"]).unwrap()).unwrap();
    let reduce = |path: &Path, check: &str| {
        let mut command = command();
        command.args(["stream", "reduce", "--check", check, "-o"]).arg(&small).arg(path).output().unwrap()
    };
    expect(&reduce(&stream, "test $(wc -c < {}) -lt 300"), 0, &["bytes before; after", "1 frames"]);
    // A few I_PCM macroblocks are left of 5,154 bytes.
    assert!((300..1_600).contains(&fs::metadata(&small).unwrap().len()));
    expect(&reduce(&stream, "test -s {}"), 2, &["does not fail on", "s.264"]);
    expect(&reduce(&stream, "false"), 2, &["with {} in it"]);
    // A different failure does not count as the same one.
    let check = "test $(wc -c < {}) -ge 1000 || exit 3; exit 4";
    expect(&reduce(&stream, check), 0, &["bytes before"]);
    assert!(fs::metadata(&small).unwrap().len() >= 1_000);
    let stream = dir.path().join("s.265");
    fs::write(&stream, hevc(3, &["p"]).unwrap()).unwrap();
    expect(&reduce(&stream, "test $(wc -c < {}) -lt 300"), 0, &["bytes before; after", "1 frames"]);
    assert!(fs::metadata(&small).unwrap().len() >= 300);
}

#[test]
fn what_comes_with_a_stream_tells_of_it() {
    let dir = tempfile::tempdir().unwrap();
    dreams(dir.path(), 2, &["--kit"]);
    let manifest = fs::read(dir.path().join("dreams.json")).unwrap();
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    for stream in &manifest.streams {
        let (path, kit) = (dir.path().join(&stream.file), &stream.kit);
        for file in kit {
            let bytes = fs::read(dir.path().join(&file.file)).unwrap();
            assert_eq!(hex::encode(Sha256::digest(&bytes)), file.sha256, "{file:?}");
        }
        let [trace, syntax, coverage] = [0, 1, 2].map(|index| dir.path().join(&kit[index].file));
        let run = |words: &[&str], path: &Path| {
            command().arg("stream").args(words).arg(path).current_dir(dir.path()).output().unwrap()
        };
        expect(&run(&["trace", "--compare", trace.to_str().unwrap()], &path), 0, &[]);
        expect(&run(&["synth", "-o", "again.264"], &syntax), 0, &["NAL units"]);
        assert_eq!(fs::read(dir.path().join("again.264")).unwrap(), fs::read(&path).unwrap());
        let coverage: serde_json::Value = serde_json::from_slice(&fs::read(coverage).unwrap()).unwrap();
        assert!(coverage["items"].as_array().unwrap().len() > 20);
    }
}

#[test]
fn a_manifest_is_made_into_its_streams_again() {
    let dir = tempfile::tempdir().unwrap();
    dreams(dir.path(), 2, &["--features", "cropped"]);
    let manifest = dir.path().join("dreams.json");
    let from = |manifest: &Path| {
        let mut command = command();
        command.args(["stream", "dream", "--from"]).arg(manifest).arg("-o").arg(dir.path().join("again"));
        command.output().unwrap()
    };
    expect(&from(&manifest), 0, &["2 streams"]);
    for file in ["dreams.json", "h264-1.264", "h264-2.264"] {
        assert_eq!(
            fs::read(dir.path().join(file)).unwrap(),
            fs::read(dir.path().join("again").join(file)).unwrap()
        );
    }
    let text = fs::read_to_string(&manifest).unwrap();
    for (from_text, to, said) in [
        ("\"seed\":1", "\"seed\":7", "another stream of a seed"),
        ("h264-1.264", "../h264-1.264", "leads out of the directory"),
        ("h264-1.264", "h264-2.264", "the same name"),
        ("h264-1.264", "dreams.json", "that of a manifest"),
        ("h264-1.264", "dreams-1-of-2.json", "that of a manifest"),
        ("\"codec\":\"h264\"", "\"codec\":\"av1\"", "the codec av1"),
        ("\"wanted\":[\"cropped\"]", "\"wanted\":[\"wpp\"]", "the feature wpp"),
        ("\"streams\"", "\"stream\"", "missing field"),
    ] {
        assert!(text.contains(from_text), "{from_text}");
        fs::write(&manifest, text.replacen(from_text, to, 1)).unwrap();
        expect(&from(&manifest), 4, &[said]);
    }
}

/// The published streams are made again from their seeds, and reach all coverage items of dreams.
#[test]
fn the_published_streams_are_made_again() {
    let (manifest, covered) = published("dreams.json");
    for (codec, coverage) in &covered {
        let report = coverage.report();
        let values =
            report.items.iter().filter(|item| item.axes[0].name == "value" || item.name == "contexts");
        let below: Vec<&str> = values.filter(|item| item.percent() < 100.0).map(|item| item.name).collect();
        assert_eq!(below, [""; 0], "{codec:?}");
    }
    let known = manifest.streams.iter().filter(|stream| stream.pictures.is_some()).count();
    assert!(known >= 261, "{known}");
}

/// Whether the delimiter comes first in each access unit.
fn has_delimiters_first(types: &[u8], delimiter: u8, is_set: impl Fn(u8) -> bool) -> bool {
    types.windows(2).all(|pair| pair[1] != delimiter || !is_set(pair[0]))
}

#[test]
fn delimiters_come_first() {
    let is_set_of_avc = |kind| matches!(kind, 7 | 8);
    assert!(!has_delimiters_first(&[7, 8, 9, 5], 9, is_set_of_avc));
    let mut delimiters = 0;
    for seed in 0..200 {
        let types: Vec<u8> = Stream::new(&avc(seed, &[]).unwrap()[..])
            .map(|unit| unit.unwrap().nal_unit_type().unwrap())
            .collect();
        assert!(has_delimiters_first(&types, 9, is_set_of_avc), "{seed}: {types:?}");
        delimiters += types.iter().filter(|&&kind| kind == 9).count();
        let types: Vec<u8> =
            h265::Stream::new(&hevc(seed, &[]).unwrap()[..]).map(|unit| unit.unwrap().rbsp[0] >> 1).collect();
        assert!(has_delimiters_first(&types, 35, |kind| matches!(kind, 32..=34)), "{seed}: {types:?}");
        delimiters += types.iter().filter(|&&kind| kind == 35).count();
    }
    assert!(delimiters > 100);
}

/// How many frames a stream has; each field is half of one.
fn frames(stream: &[u8]) -> usize {
    let halves = Stream::new(stream).map(Result::unwrap).map(|unit| {
        let elements = unit.headers().elements;
        let is = |name, value| elements.iter().any(|coded| coded.element.0 == name && coded.value == value);
        usize::from(is("first_mb_in_slice", 0)) * if is("field_pic_flag", 1) { 1 } else { 2 }
    });
    halves.sum::<usize>() / 2
}

#[test]
fn frames_are_left_out_down_to_as_few_as_it_takes() {
    let stream = (0..).map(|seed| avc(seed, &["p", "main"]).unwrap());
    let is_long = |stream: &Vec<u8>| frames(stream) == 4 && !features_of_avc(stream).contains("field");
    let stream = stream.into_iter().find(is_long).unwrap();
    for wanted in 1..=4 {
        let fails = |stream: &[u8], _: &Left| Ok::<_, Infallible>(frames(stream) >= wanted);
        let (small, left) = reduce(&stream, fails).unwrap();
        assert_eq!((left.frames, frames(&small)), (wanted, wanted));
        let last = Stream::new(&small[..]).last().unwrap().unwrap();
        assert!(last.slice_number.is_some());
    }
}

/// At most 24 weights are sent with a slice of H.265 (clause 7.4.7.3).
#[test]
fn slices_of_h265_have_few_weights() {
    let mut most = 0;
    for seed in 0..300 {
        for unit in h265::Stream::new(&hevc(seed, &[]).unwrap()[..]) {
            let elements = unit.unwrap().headers().elements;
            let count = |name: &str| {
                elements
                    .iter()
                    .filter(|element| element.element.0.starts_with(name) && element.value == 1)
                    .count()
            };
            let flags = |kind: &str| {
                count(&format!("{kind}_weight_l0_flag")) + count(&format!("{kind}_weight_l1_flag"))
            };
            most = most.max(flags("luma") + 2 * flags("chroma"));
        }
    }
    assert!((10..=24).contains(&most), "{most}");
}
