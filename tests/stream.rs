//! `silicabac stream` as a user runs it: what it prints and writes, and the messages for what it cannot read.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use crate::common::{command, expect};
use silicabac::syntax::nal::Units;

/// The committed stream of this name.
fn stream(name: &str) -> PathBuf {
    let mut all = crate::common::streams().into_iter().chain(crate::common::hevc_streams());
    all.find(|path| path.to_string_lossy().contains(name)).unwrap()
}

#[test]
fn streams_are_looked_into_traced_and_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = stream("x264_high_mbaff_cif");
    let run =
        |arguments: &[&str], file: &Path| command().arg("stream").args(arguments).arg(file).output().unwrap();
    expect(
        &run(&["info"], &path),
        0,
        &[
            "19979 bytes",
            "9 slice",
            "352x288 4:2:0 8 bit, MBAFF frames",
            "198227: 165850 context",
            "378 of 1024",
        ],
    );
    let info = run(&["info", "--format=json", "--jobs=0"], &path);
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    assert_eq!((&info["slices"]["B"], &info["bins"]["bypass"]), (&6.into(), &30252.into()));

    let again = dir.path().join("again.264");
    let output = run(&["rewrite", "--output", again.to_str().unwrap()], &path);
    expect(
        &output,
        0,
        &["10 slices decoded and encoded again, 0 passed through, 0 damaged, 0 differ; 19979 bytes"],
    );
    assert!(fs::read(&again).unwrap() == fs::read(&path).unwrap());

    let trace = dir.path().join("t.cbt.zst");
    expect(&run(&["trace", "--output", trace.to_str().unwrap()], &path), 0, &[]);
    expect(
        &command().arg("replay").arg(&trace).output().unwrap(),
        0,
        &["1 files, 10 slices, 198227 bins", "0 failures"],
    );
    let compare = ["trace", "--compare", trace.to_str().unwrap()];
    expect(&run(&compare, &path), 0, &["10 slices, 198227 bins, 0 differences"]);
    expect(&run(&compare, &stream("x264_gray")), 1, &["(slice 0), bin 0", "the trace 10", "codIRange"]);
    let table = String::from_utf8(run(&["trace", "--slice=0"], &path).stdout).unwrap();
    let rows: Vec<&str> = table.lines().take(4).collect();
    assert!(
        rows[0].starts_with("# NAL unit ")
            && rows[0].contains("(slice 0), slice_type I, SliceQPY ")
            && rows[1].starts_with("bin\tmb_addr\tblock\tlevel\telement")
    );
    assert!(rows[2].starts_with("0\t0\t\t\tmb_field_decoding_flag\t0\tcontext\t70\t"), "{}", rows[2]);
    assert_eq!(table.lines().filter(|line| line.starts_with('#')).count(), 1);

    let syntax = String::from_utf8(run(&["syntax"], &path).stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        syntax.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let macroblocks: Vec<_> = lines.iter().filter(|line| line["mb_type"].is_string()).collect();
    assert_eq!((macroblocks.len(), lines.len() - macroblocks.len()), (3960, 12));
    assert_eq!((&macroblocks[396]["slice"], &macroblocks[396]["mb_addr"]), (&1.into(), &0.into()));
}

#[test]
fn streams_that_are_no_streams_are_bad_input() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("in.264");
    let out = dir.path().join("out.264");
    let info = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        command().args(["stream", "info"]).arg(&file).output().unwrap()
    };
    expect(&info(b""), 4, &["there is no NAL unit in it"]);
    expect(&info(b"no stream at all"), 4, &["there is no NAL unit in it"]);
    expect(
        &info(b"\0\0\0\x18ftypisom"),
        4,
        &["is MP4 or QuickTime, a container", "ffmpeg -i", "-c copy -f h264 out.264"],
    );
    expect(&info(&[0x1a, 0x45, 0xdf, 0xa3, 0, 0, 1]), 4, &["is Matroska or WebM, a container"]);
    let missing = dir.path().join("missing");
    expect(
        &command().args(["stream", "info"]).arg(&missing).output().unwrap(),
        4,
        &["cannot read", "missing"],
    );

    // A slice that is cut short is passed through, and named; nothing is lost.
    let whole = fs::read(stream("x264_main_ipb")).unwrap();
    let cut = &whole[..whole.len() - 100];
    let damaged = info(cut);
    expect(&damaged, 4, &["damaged      1", "a bit beyond the last byte"]);
    let rewritten = command().args(["stream", "rewrite"]).arg(&file).arg("-o").arg(&out).output().unwrap();
    expect(&rewritten, 4, &["macroblock ", "; it is passed through", "1 damaged"]);
    assert!(fs::read(&out).unwrap() == cut);
    // If an output cannot be written, no file is left.
    let nowhere = dir.path().join("nowhere/out.264");
    let refused = command().args(["stream", "rewrite"]).arg(&file).arg("-o").arg(&nowhere).output().unwrap();
    expect(&refused, 4, &["cannot write"]);
}

#[test]
fn streams_come_from_the_standard_input_and_go_to_the_standard_output() {
    let bytes = fs::read(stream("x264_gray")).unwrap();
    let mut run = command()
        .args(["stream", "rewrite", "-", "-o", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == bytes);
}

/// A file with a stream, to run verbs of the command on.
struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    fn new(bytes: &[u8]) -> Case {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("in"), bytes).unwrap();
        Case { dir }
    }

    fn run(&self, arguments: &str) -> Output {
        let mut words: Vec<&str> = arguments.split_whitespace().collect();
        words.insert(1, "in");
        command().arg("stream").args(words).current_dir(self.dir.path()).output().unwrap()
    }

    fn out(&self) -> Vec<u8> {
        fs::read(self.dir.path().join("out")).unwrap()
    }
}

/// Checks that every verb says why a slice cannot be read, with its NAL unit, and ends with status 4; `rewrite` passes it through.
fn check_damaged(bytes: &[u8], words: &[&str]) {
    let case = Case::new(bytes);
    for verb in ["info", "trace", "syntax", "rewrite -o out"] {
        expect(&case.run(verb), 4, words);
    }
    assert!(case.out() == bytes);
    // Its lines still are the stream.
    let lines = case.run("syntax").stdout;
    let synth = Case::new(&lines);
    expect(&synth.run("synth -o out"), 0, &["NAL units"]);
    assert!(synth.out() == bytes);
}

/// The NAL units of a committed stream with their prefixes.
fn parts(name: &str) -> Vec<Vec<u8>> {
    let bytes = fs::read(stream(name)).unwrap();
    let units = silicabac::syntax::nal::Units::new(&bytes[..]);
    units.map(|unit| unit.unwrap()).map(|unit| [unit.prefix, unit.bytes].concat()).collect()
}

#[test]
fn a_slice_that_cannot_be_read_is_named_by_every_verb() {
    let parts = parts("x264_main_ipb");
    // The second unit is the picture parameter set.
    let without = [&parts[..1], &parts[2..]].concat().concat();
    check_damaged(
        &without,
        &["NAL unit 1 at byte", "(slice 0)", "pic_parameter_set_id is 0", "has sent no such"],
    );
    let cut = [&parts[..3], &[parts[3][..5].to_vec()][..]].concat().concat();
    check_damaged(&cut, &["NAL unit 3 at byte", "(slice 1)", "the NAL unit ends within"]);
    let lines = String::from_utf8(Case::new(&parts.concat()).run("syntax").stdout).unwrap();
    let edited = |from: &str, to: &str| {
        let mut units = parts.clone();
        let line = lines.lines().filter(|line| line.contains("\"nal_unit\"")).nth(2).unwrap();
        // No line can express it, so its bits are written without an element.
        assert!(line.contains(from), "{line}");
        let words = Case::new(lines.replacen(from, to, 1).as_bytes()).run("synth -o out");
        expect(&words, 4, &["in, line 3: ", "it can be"]);
        units.truncate(2);
        units
    };
    let far = edited("\"slice_qp_delta\":-3", "\"slice_qp_delta\":60");
    // first_mb_in_slice 0, slice_type 7, pic_parameter_set_id 0, frame_num 0, idr_pic_id 0, pic_order_cnt_lsb 0, two flags, then
    // slice_qp_delta 60: 1 0001000 1 0000 1 000000 0 0 0000001111000.
    let header = [0x65, 0b1000_1000, 0b1000_0100, 0b0000_0000, 0b0000_1111, 0b0001_0000];
    check_damaged(
        &[far.concat(), [&[0, 0, 1][..], &header].concat()].concat(),
        &["slice_qp_delta is 60; it can be -26 to 25"],
    );
    // first_mb_in_slice 99: 0000001100100.
    let header = [0x65, 0b0000_0011, 0b0010_0000, 0b1000_1000, 0b0100_0000, 0b1111_1111];
    let beyond = [parts[..2].concat(), [&[0, 0, 1][..], &header].concat()].concat();
    check_damaged(&beyond, &["first_mb_in_slice is 99; it can be 0 to 98 (bit 8)"]);
}

/// A slice that is cut in the middle: the part before the cut is read, then there is an error.
#[test]
fn a_damaged_slice_gives_what_can_be_read_of_it() {
    let whole = fs::read(stream("x264_gray")).unwrap();
    let cut = &whole[..whole.len() - 100];
    let case = Case::new(cut);
    let syntax = case.run("syntax");
    expect(&syntax, 4, &["(slice 3)", "a bit beyond the last byte"]);
    let lines = String::from_utf8(syntax.stdout).unwrap();
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["slice"], 3);
    let trace = case.run("trace --slice 3");
    expect(&trace, 4, &[]);
    let rows = String::from_utf8(trace.stdout).unwrap();
    assert!(rows.lines().count() > 100);
    assert!(rows.lines().last().unwrap().contains("a bit beyond the last byte"));
    check_damaged(cut, &["a bit beyond the last byte"]);
}

/// The bit that ends the data of a slice is missing, and a length is too large.
#[test]
fn what_is_missing_at_the_end_is_noticed_by_every_verb() {
    let parts = parts("x264_gray");
    let mut last = parts.last().unwrap().clone();
    let end = last.iter().rposition(|byte| *byte != 0).unwrap();
    last.truncate(end + 1);
    last[end] &= last[end] - 1;
    // So that the unit does not end with a zero.
    last[end] |= u8::from(last[end] == 0);
    let flipped = [&parts[..parts.len() - 1], &[last][..]].concat().concat();
    check_damaged(&flipped, &["(slice 3)", "rbsp_stop_one_bit"]);

    let bytes = fs::read(stream("x264_gray")).unwrap();
    let units = silicabac::syntax::nal::Units::new(&bytes[..]).map(|unit| unit.unwrap().bytes);
    let lengths: Vec<u8> = units
        .filter(|unit| !unit.is_empty())
        .flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], &unit].concat())
        .collect();
    expect(&Case::new(&lengths).run("info"), 0, &["IDR slice"]);
    check_damaged(&[&lengths[..], &[0, 0, 0, 9, 6, 5]].concat(), &["it has 7 bytes more than are left"]);
    check_damaged(&[&lengths[..], &[0, 0]].concat(), &["it has 2 bytes more than are left"]);
}

/// A slice that ends before its bytes do is read, with a note.
#[test]
fn bytes_after_the_end_of_a_slice_are_noted() {
    let bytes = [&fs::read(stream("x264_gray")).unwrap()[..], &[0x12, 0x34]].concat();
    let case = Case::new(&bytes);
    let words = "bytes follow the end of the slice";
    for verb in ["info", "trace", "syntax"] {
        expect(&case.run(verb), 0, &[words]);
    }
    let synth = Case::new(&case.run("syntax").stdout);
    expect(&synth.run("synth -o out"), 0, &[]);
    assert!(synth.out() == bytes);
}

#[test]
fn slices_that_are_selected_are_compared_with_those_of_their_place() {
    let case = Case::new(&fs::read(stream("x264_main_ipb")).unwrap());
    expect(&case.run("trace -o t.cbt.zst"), 0, &[]);
    expect(&case.run("trace --compare t.cbt.zst --slice 3-4"), 0, &["2 slices", "0 differences"]);
    let other = Case::new(&fs::read(stream("x264_gray")).unwrap());
    fs::copy(case.dir.path().join("t.cbt.zst"), other.dir.path().join("t.cbt.zst")).unwrap();
    let words = ["the trace has no slice of this place", "1 differences"];
    expect(&other.run("trace --compare t.cbt.zst --slice 2"), 1, &words);
    let words = ["its NAL unit begins at byte ", "in the trace"];
    expect(&other.run("trace --compare t.cbt.zst"), 1, &words);
}

#[test]
fn what_is_no_stream_is_named() {
    let packets: Vec<u8> = (0..4).flat_map(|_| [&[0x47][..], &[0; 187]].concat()).collect();
    for (bytes, words) in [
        (&b"FLV\x01\x05\0\0\0\x09"[..], &["is FLV, a container", "ffmpeg -i in"][..]),
        (&packets, &["an MPEG transport stream", "ffmpeg -i in"]),
        (b"\0\0\0\x20ftypisom", &["is MP4", "ffmpeg -i in"]),
        (
            b"\x01\x64\0\x1f\xff\xe1\0\x1b\x67\x64\0\x1f",
            &["AVCDecoderConfigurationRecord", "no H.264 or H.265 stream"],
        ),
        (b"\0\0\x01\xb3\x16\0\xf0", &["an MPEG-1 or MPEG-2 video stream"]),
        (b"\x89PNG\r\n\x1a\n", &["a PNG image"]),
        (b"\x1f\x8b\x08\0\0\0\0", &["packed by gzip"]),
    ] {
        for verb in ["info", "trace", "syntax", "headers", "rewrite -o out"] {
            expect(&Case::new(bytes).run(verb), 4, words);
        }
    }
}

#[test]
fn units_slices_and_macroblocks_are_selected_by_number() {
    let case = Case::new(&fs::read(stream("x264_main_ipb")).unwrap());
    let lines = |arguments: &str| {
        let output = case.run(arguments);
        expect(&output, 0, &[]);
        String::from_utf8(output.stdout).unwrap()
    };
    let slices = |text: &str| text.lines().filter(|line| line.contains("\"nal_unit\"")).count();
    assert_eq!(slices(&lines("syntax --slice 2-4")), 3);
    assert_eq!(slices(&lines("syntax --nal-unit -1")), 2);
    assert!(lines("trace --slice 0 --macroblock -1").lines().count() > 5);
    let rows = lines("trace --slice 1 --macroblock 3");
    assert!(rows.lines().skip(2).all(|row| row.split('\t').nth(1) == Some("3")) && rows.lines().count() > 5);
    // The value is in the row of the last bin of an element.
    let row = rows.lines().find(|row| row.contains("end_of_slice_flag")).unwrap();
    assert!(row.ends_with("\t0\t0"), "{row}");
    let table = lines("headers --nal-unit 0");
    assert!(table.contains("level_idc") && !table.contains("first_mb_in_slice"));
    expect(&case.run("syntax --slice 99"), 4, &["no NAL unit of the numbers"]);
    expect(&case.run("syntax --slice 4-2"), 2, &["--slice"]);
    expect(&case.run("trace --nal-unit 0"), 4, &["none of the NAL units that are wanted is a slice"]);
    expect(&case.run("trace --slice 0 --macroblock 99"), 4, &["no slice that is wanted has a macroblock or"]);
}

#[test]
fn the_schema_describes_the_lines() {
    let schema = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stream.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    for path in crate::common::streams().into_iter().chain(crate::common::hevc_streams()) {
        let case = Case::new(&fs::read(&path).unwrap());
        for verb in ["syntax --slice 0-1", "headers --format json"] {
            for line in String::from_utf8(case.run(verb).stdout).unwrap().lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                let error = schema
                    .iter_errors(&line)
                    .next()
                    .map(|error| format!("{}: {error}", error.instance_path()));
                assert_eq!(error, None, "{}: {line}", path.display());
            }
        }
    }
    assert!(!schema.is_valid(&serde_json::json!({ "slice": 0, "mb_addr": 0 })));
}

#[test]
fn every_verb_takes_h265() {
    for path in crate::common::hevc_streams() {
        let bytes = fs::read(&path).unwrap();
        let case = Case::new(&bytes);
        expect(&case.run("rewrite -o out"), 0, &["0 passed through, 0 damaged, 0 differ"]);
        assert!(case.out() == bytes, "{}", path.display());
        expect(&case.run("trace -o t.cbt.zst"), 0, &[]);
        expect(&case.run("trace --compare t.cbt.zst"), 0, &[", 0 differences"]);
        for verb in ["syntax", "headers --format json"] {
            let lines = Case::new(&case.run(verb).stdout);
            expect(&lines.run("synth -o out"), 0, &[]);
            assert!(lines.out() == bytes, "{verb}: {}", path.display());
        }
    }
    let case = Case::new(&fs::read(stream("x265_main_wpp_cif")).unwrap());
    let info: serde_json::Value = serde_json::from_slice(&case.run("info --format json").stdout).unwrap();
    assert_eq!((&info["codec"], &info["damaged"]), (&"hevc".into(), &0.into()));
    expect(&case.run("info"), 0, &["H.265", "352x288 4:2:0 8 bit", "MODE_SKIP", " of 173"]);
    let wpp = Case::new(&fs::read(stream("hm_wpp_depslices")).unwrap());
    expect(&wpp.run("info"), 0, &[", WPP", "dependent segment"]);
    let table = String::from_utf8(case.run("trace --slice 0 --ctu 7").stdout).unwrap();
    let row = table.lines().find(|row| row.contains("sig_coeff_flag")).unwrap();
    let columns: Vec<_> = row.split('\t').collect();
    assert!(columns[1] == "7" && columns[2].starts_with("Y ") && columns[6] == "context", "{row}");
}

#[test]
fn an_edited_coding_tree_unit_is_written_or_refused_with_its_line() {
    let case = Case::new(&fs::read(stream("x265_main_ipb")).unwrap());
    let lines = String::from_utf8(case.run("syntax").stdout).unwrap();
    let edited = lines.replacen("\"rem_intra_luma_pred_mode\":3}", "\"rem_intra_luma_pred_mode\":4}", 1);
    let synth = Case::new(edited.as_bytes());
    expect(&synth.run("synth -o out"), 0, &[]);
    let again = String::from_utf8(Case::new(&synth.out()).run("syntax").stdout).unwrap();
    let differing: Vec<_> = again.lines().zip(edited.lines()).filter(|(a, b)| a != b).collect();
    // Only where later units begin.
    assert!(again != lines && differing.iter().all(|(line, _)| line.starts_with("{\"nal_unit\"")));
    let number = 1 + lines.lines().position(|line| line.contains("\"rem_intra_luma_pred_mode\":3}")).unwrap();
    for (old, new, words) in [
        (
            "\"rem_intra_luma_pred_mode\":3}",
            "\"rem_intra_luma_pred_mode\":32}",
            "rem_intra_luma_pred_mode of coding tree unit",
        ),
        ("\"rem_intra_luma_pred_mode\":3}", "\"rem\":3}", "unknown variant `rem`"),
    ] {
        let edited = lines.replacen(old, new, 1);
        expect(&Case::new(edited.as_bytes()).run("synth -o out"), 4, &[&format!("line {number}: "), words]);
    }
    // Neither the next address nor the standard fits.
    let first = lines.lines().position(|line| line.contains("\"ctb_addr\":0")).unwrap() + 1;
    let edited = lines.replacen("\"ctb_addr\":0", "\"ctb_addr\":5", 1);
    expect(
        &Case::new(edited.as_bytes()).run("synth -o out"),
        4,
        &[&format!("line {first}: ctb_addr is 5, but 0 comes next")],
    );
    let macroblock = "{\"mb_addr\":0,\"mb_type\":\"I_NxN\"}\n";
    let edited = lines.lines().take(first - 1).collect::<Vec<_>>().join("\n") + "\n" + macroblock;
    expect(&Case::new(edited.as_bytes()).run("synth -o out"), 4, &["are of the other standard"]);
}

/// Screen content is named, and passed through.
#[test]
fn slices_of_screen_content_are_passed_through_by_name() {
    let case = Case::new(&fs::read(stream("x265_main_ipb")).unwrap());
    let lines = String::from_utf8(case.run("headers --format json").stdout).unwrap();
    let sps = |scc: &str| {
        let extensions = "\"sps_extension_present_flag\":1,\"sps_range_extension_flag\":0,\"sps_multilayer_extension_flag\":0,\
            \"sps_3d_extension_flag\":0,\"sps_scc_extension_flag\":1,\"sps_extension_4bits\":0";
        lines.replacen("\"sps_extension_present_flag\":0", &format!("{extensions},{scc}"), 1)
    };
    let pps = |scc: &str| {
        let extensions = "\"pps_extension_present_flag\":1,\"pps_range_extension_flag\":0,\"pps_multilayer_extension_flag\":0,\
            \"pps_3d_extension_flag\":0,\"pps_scc_extension_flag\":1,\"pps_extension_4bits\":0";
        lines.replacen("\"pps_extension_present_flag\":0", &format!("{extensions},{scc}"), 1)
    };
    let palette = "\"sps_curr_pic_ref_enabled_flag\":0,\"palette_mode_enabled_flag\":1,\"palette_max_size\":31,\
        \"delta_palette_max_predictor_size\":32,\"sps_palette_predictor_initializers_present_flag\":0,\
        \"motion_vector_resolution_control_idc\":0,\"intra_boundary_filtering_disabled_flag\":0";
    let transform = "\"pps_curr_pic_ref_enabled_flag\":0,\"residual_adaptive_colour_transform_enabled_flag\":1,\
        \"pps_slice_act_qp_offsets_present_flag\":0,\"pps_act_y_qp_offset_plus5\":0,\"pps_act_cb_qp_offset_plus5\":0,\
        \"pps_act_cr_qp_offset_plus3\":0,\"pps_palette_predictor_initializers_present_flag\":0";
    for (lines, words) in [(sps(palette), "palette mode"), (pps(transform), "adaptive colour transform")] {
        let synth = Case::new(lines.as_bytes());
        expect(&synth.run("synth -o out"), 0, &[]);
        let case = Case::new(&synth.out());
        for verb in ["info", "syntax"] {
            expect(&case.run(verb), 0, &["10 ", words]);
        }
        expect(&case.run("rewrite -o out"), 0, &["0 slices decoded", "10 passed through, 0 damaged"]);
        assert!(case.out() == synth.out());
    }
}

/// NAL units with their lengths before them.
fn with_lengths(first: &[&[u8]], others: &[Vec<u8>]) -> Vec<u8> {
    let units = first.iter().copied().chain(others.iter().map(|unit| &unit[..]));
    units.flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
}

#[test]
fn the_standard_and_the_lengths_are_told_from_any_first_units() {
    let sei = |header: &[u8], length: usize| [header, &vec![0x55; length - header.len()]].concat();
    for (name, header, codec) in
        [("x264_gray", &[0x06, 0x05][..], "avc"), ("x265_main_ipb", &[0x4e, 0x01, 0x05], "hevc")]
    {
        let bytes = fs::read(stream(name)).unwrap();
        let units = Units::new(&bytes[..]).map(|unit| unit.unwrap().bytes);
        let units: Vec<_> = units.filter(|unit| !unit.is_empty()).collect();
        let check = |bytes: &[u8]| {
            let case = Case::new(bytes);
            let output = case.run("info --format json");
            expect(&output, 0, &[]);
            let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((&info["codec"], &info["damaged"]), (&codec.into(), &0.into()));
            assert!(info["bins"]["context"].as_u64().unwrap() > 1000);
            expect(&case.run("rewrite -o out"), 0, &[]);
            assert!(case.out() == bytes);
        };
        // As long as what is looked at first, and longer.
        for length in [10, 300, 70_000, 2_000_000] {
            let sei = sei(header, length);
            check(&[&[0, 0, 0, 1][..], &sei, &bytes].concat());
            check(&with_lengths(&[&sei], &units));
            check(&with_lengths(&[&sei, &sei], &units));
        }
        check(&[&vec![0; 100_000][..], &bytes].concat());
        // Units that neither standard knows, of one byte, and empty.
        check(&[&[0, 0, 1, 0x7c, 0x01].repeat(20_000)[..], &bytes].concat());
        check(&with_lengths(&[&[0x7c, 0x01], &[], &[0x7c]], &units));
        // In H.265 it would be a slice segment.
        if codec == "avc" {
            check(&with_lengths(&[&[], &[0, 1, 0x80]], &units));
        }
    }
}

#[test]
fn needless_emulation_prevention_stays() {
    // Two zeros in a slice that a byte above 3 follows.
    let place = |bytes: &Vec<u8>| {
        (1000..bytes.len() - 2).find(|&at| bytes[at..at + 2] == [0, 0] && bytes[at + 2] > 3)
    };
    let mut streams = crate::common::streams().into_iter().map(|path| fs::read(path).unwrap());
    let (at, mut bytes) = streams.find_map(|bytes| Some((place(&bytes)?, bytes))).unwrap();
    bytes.insert(at + 2, 3);
    let case = Case::new(&bytes);
    expect(&case.run("rewrite -o out"), 0, &["0 damaged, 0 differ"]);
    assert!(case.out() == bytes);
}

#[test]
fn more_jobs_than_anybody_has_processors_are_refused() {
    expect(&Case::new(b"").run("info -j 60000"), 2, &["60000 is not in 0..=256"]);
}

/// Streams that were once refused although decoders accept them, or ignored without a message.
#[test]
fn streams_that_were_misread_once_are_read_or_refused() {
    let of = |name: &str| {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashes/headers").join(name)).unwrap()
    };
    let slices = |name: &str| {
        let case = Case::new(&of(name));
        let output = case.run("info --format json");
        expect(&output, 0, &[]);
        let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(info["damaged"], 0, "{name}");
        info["slices"].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum::<u64>()
    };
    for name in ["cabac", "avcc", "sps_junk_byte", "sps_no_stopbit", "sps_vui_maxdec0"] {
        assert_eq!(slices(name), 10, "{name}");
    }
    assert_eq!((slices("jm_sepplane444"), slices("level1_cif")), (3, 3));
    check_damaged(
        &of("bitflips0"),
        &["NAL unit 3 at byte 730 (slice 0): end_of_slice_flag of macroblock 29"],
    );
    check_damaged(&of("no_pps"), &["NAL unit 1 at byte 32 (slice 0): pic_parameter_set_id is 0"]);
    check_damaged(
        &of("qp_oob"),
        &["NAL unit 2 at byte 42 (slice 0): slice_qp_delta is 60; it can be -23 to 28 (bit 30)"],
    );
    check_damaged(
        &of("trunc_hdr"),
        &["NAL unit 12 at byte 5783 (slice 9): the NAL unit ends within first_mb_in_slice"],
    );
    expect(&Case::new(&of("x.flv")).run("info"), 4, &["is FLV, a container"]);
    assert_eq!(slices("real.hevc"), 5);
}
