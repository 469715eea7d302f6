//! Headers of H.264: what is read is what FFmpeg reads, what is written is what was read, and elements that slice data does not depend on
//! never prevent a stream from being read.

use std::{
    fs,
    io::{self, BufReader, Read},
    path::PathBuf,
};

use crate::common::{
    Corpus,
    chosen::Chosen,
    ffmpeg::{Shown, shown},
    hevc_streams, program, streams,
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::avc::{Content, LineWriter, ParameterSets, SliceData, Stream, StreamUnit};
use silicabac::context::Codec;
use silicabac::stream::{self, LineReader, codec_of};
use silicabac::syntax::nal::{Units, escape};
use silicabac::syntax::{BitReader, BitWriter, HeaderElement, Traced, UnitLine};

fn units(bytes: &[u8]) -> Vec<StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap()).collect()
}

fn all_streams() -> Vec<PathBuf> {
    let corpus = Corpus::find().map(|corpus| corpus.streams()).unwrap_or_default();
    streams().into_iter().chain(corpus).collect()
}

/// Whether a NAL unit is one of those that are read here: not SEI, for example.
fn is_read(unit: &[Shown]) -> bool {
    matches!(unit[2].2, 1 | 5 | 7 | 8 | 9)
}

#[test]
fn headers_are_those_that_ffmpeg_shows() {
    let Some(ffmpeg) = program("ffmpeg", "ffmpeg") else { return };
    let mut elements = 0;
    for path in all_streams() {
        let ffmpeg = shown(&ffmpeg, "h264", &path);
        let ffmpeg = ffmpeg.iter().filter(|unit| is_read(unit));
        let own: Vec<Vec<Shown>> = units(&fs::read(&path).unwrap())
            .iter()
            .map(|unit| {
                let headers = unit.headers();
                assert_eq!(headers.error, None, "{}", path.display());
                let shown =
                    |element: &HeaderElement| (element.bit, element.element.0.to_owned(), element.value);
                headers.elements.iter().map(shown).collect::<Vec<_>>()
            })
            .filter(|unit| unit.len() > 2 && is_read(unit))
            .collect();
        let mut compared = 0;
        for (ffmpeg, own) in ffmpeg.zip(&own) {
            let ffmpeg: Vec<_> = ffmpeg.iter().filter(|(_, name, _)| !name.starts_with("rbsp_")).collect();
            assert_eq!(own.iter().collect::<Vec<_>>(), ffmpeg, "{}, unit {compared}", path.display());
            compared += 1;
            elements += own.len();
        }
        // FFmpeg's parser drops units that cannot begin a picture, such as the end of a stream that was cut.
        assert!(compared + 2 >= own.len(), "{}: {compared} of {}", path.display(), own.len());
    }
    assert!(elements > 4_000, "only {elements} elements");
}

/// The lines of a stream, and how many of its units they contain as raw bytes.
fn lines(codec: Codec, bytes: &[u8], has_data: bool) -> (String, usize) {
    let (mut text, mut verbatim) = (String::new(), 0);
    for unit in stream::Stream::new(codec, bytes) {
        let lines = unit.unwrap().lines(has_data);
        verbatim += usize::from(lines.unit.verbatim.is_some());
        text += &format!("{}\n", serde_json::to_string(&lines.unit).unwrap());
        for line in &lines.data {
            text += &format!("{}\n", serde_json::to_string(line).unwrap());
        }
    }
    (text, verbatim)
}

fn stream_of(lines: &str) -> Result<Vec<u8>, String> {
    let units: Result<Vec<_>, _> = LineReader::new(lines.as_bytes()).collect();
    units.map(|units| units.concat()).map_err(|error| error.to_string())
}

#[test]
fn lines_come_back_as_the_same_stream() {
    let avc = all_streams().into_iter().map(|path| (Codec::Avc, path));
    let hevc = Corpus::find().map(|corpus| corpus.hevc_streams()).unwrap_or_default();
    let hevc = hevc.into_iter().chain(hevc_streams()).map(|path| (Codec::Hevc, path));
    for (codec, path) in avc.chain(hevc) {
        let bytes = fs::read(&path).unwrap();
        assert_eq!(codec_of(&bytes), Some(codec), "{}", path.display());
        for has_data in [true, false] {
            let (lines, verbatim) = lines(codec, &bytes, has_data);
            assert!(stream_of(&lines).unwrap() == bytes, "{}", path.display());
            // Some streams have one at their end, which is not a NAL unit.
            assert!(verbatim <= 1, "{}: {verbatim} units as they are", path.display());
        }
    }
}

fn stream(name: &str) -> Vec<u8> {
    let path = streams()
        .into_iter()
        .chain(hevc_streams())
        .find(|path| path.to_string_lossy().contains(name))
        .unwrap();
    fs::read(path).unwrap()
}

#[test]
fn an_edited_header_is_written() {
    let bytes = stream("x264_main_ipb");
    let (lines, _) = lines(Codec::Avc, &bytes, true);
    let cropped = lines.replacen(
        r#""frame_cropping_flag":0"#,
        r#""frame_cropping_flag":1,"frame_crop_left_offset":1,"frame_crop_right_offset":2,"frame_crop_top_offset":3,"frame_crop_bottom_offset":4"#,
        1,
    );
    assert_ne!(lines, cropped);
    let written = stream_of(&cropped).unwrap();
    let (before, after) = (units(&bytes), units(&written));
    assert_eq!(before.len(), after.len());
    let offsets: Vec<i64> = after
        .iter()
        .flat_map(|unit| unit.headers().elements)
        .filter(|element| element.element.0.starts_with("frame_crop_"))
        .map(|element| element.value)
        .collect();
    assert_eq!(offsets, [1, 2, 3, 4]);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.slice(), after.slice());
    }
    // A longer slice header moves the data, of which no bin changes.
    let longer = lines.replacen(r#""slice_qp_delta":"#, r#""slice_qp_delta":0,"was":"#, 1);
    assert!(stream_of(&longer).unwrap_err().contains("was would be lost"));
}

#[test]
fn what_is_wrong_with_a_line_is_said_with_its_number() {
    let (lines, _) = lines(Codec::Avc, &stream("x264_main_ipb"), true);
    let line_of = |text: &str| 1 + lines.lines().position(|line| line.contains(text)).unwrap();
    let check = |from: &str, to: &str, line: usize, words: &str| {
        let edited = lines.replacen(from, to, 1);
        assert_ne!(edited, lines);
        let error = stream_of(&edited).unwrap_err();
        assert!(error.starts_with(&format!("line {line}: ")) && error.contains(words), "{error}");
    };
    let [sps, pps] = ["log2_max_frame_num_minus4", "pic_init_qp_minus26"].map(line_of);
    check(
        r#""seq_parameter_set_id":0"#,
        r#""seq_parameter_set_id":32"#,
        sps,
        "seq_parameter_set_id is 32; it can be 0 to 31",
    );
    check(r#""level_idc":"#, r#""level":"#, sps, "level_idc is missing");
    check(
        r#""weighted_bipred_idc":"#,
        r#""weighted_bipred_idc":3,"x":"#,
        pps,
        "weighted_bipred_idc is 3; it can be 0 to 2",
    );
}

/// Lines that would make another stream than they seem to say.
#[test]
fn lines_that_mean_nothing_are_refused() {
    let bytes = stream("x264_main_ipb");
    let whole = lines(Codec::Avc, &bytes, true).0;
    let data = lines(Codec::Avc, &bytes, false).0;
    // The third line is the first slice.
    let check = |text: &str, from: &str, to: &str, line: usize, words: &str| {
        let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
        let edited = all[line - 1].replacen(from, to, 1);
        assert_ne!(edited, all[line - 1]);
        all[line - 1] = edited;
        let error = stream_of(&all.join("\n")).unwrap_err();
        assert!(error.starts_with(&format!("line {line}: ")) && error.contains(words), "{error}");
    };
    for text in [&whole, &data] {
        check(text, r#","slice_beta_offset_div2":0"#, "", 3, "slice_beta_offset_div2 is missing");
        check(text, r#","idr_pic_id":0"#, "", 3, "idr_pic_id is missing");
        for prefix in ["", "00", "0000000101", "00000120", "ff000001"] {
            let edited = format!(r#""prefix":"{prefix}""#);
            check(text, r#""prefix":"000001""#, &edited, 3, "it has to be zeros and the start code 000001");
        }
    }
    check(
        &whole,
        r#""slice":0"#,
        r#""slice":0,"rest_bits":"10101010""#,
        3,
        "there can be neither rest_bits nor payload",
    );
    check(&whole, r#""slice":0"#, r#""slice":0,"payload":"00""#, 3, "a slice whose data is in payload");
    check(&whole, r#""slice":0"#, r#""slice":0,"tail_bits":255"#, 3, "tail_bits is 255; it can be 0 to 127");
    check(&whole, r#""slice":0"#, r#""slice":0,"verbatims":"""#, 3, "unknown field `verbatims`");
    check(
        &whole,
        r#""mb_type":"I"#,
        r#""mb_qp_delta":600,"mb_type":"I"#,
        4,
        "mb_qp_delta: invalid value: integer `600`",
    );
    check(&whole, r#""levels":["#, r#""levels":[[0,1],"#, 4, "level number 0 is there twice");
    check(&whole, r#""frame_num":0"#, r#""frame_num":0,"more":[]"#, 3, "more is an empty list");
    let elsewhere = whole.replacen(r#""first_mb_in_slice":0"#, r#""first_mb_in_slice":7"#, 1);
    assert_eq!(stream_of(&elsewhere).unwrap_err(), "line 4: mb_addr is 0, but 7 comes next");
    // A missing prefix means a start code.
    let without = whole.replace(r#""prefix":"000001","#, "");
    assert!(data_of(&stream_of(&without).unwrap()) == data_of(&bytes));
}

/// Blank lines are counted, and macroblocks are identified by their addresses.
#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let whole = lines(Codec::Avc, &stream("x264_main_ipb"), true).0;
    let apart = whole.replace('\n', "\r\n\r\n");
    assert!(stream_of(&apart).unwrap() == stream("x264_main_ipb"));
    let at = whole.lines().position(|line| line.contains("\"intra_chroma_pred_mode\":")).unwrap();
    let wrong = apart.replacen("\"intra_chroma_pred_mode\":", "\"intra_chroma_pred_mode\":9", 1);
    let error = stream_of(&wrong).unwrap_err();
    assert!(
        error.starts_with(&format!("line {}: intra_chroma_pred_mode of macroblock", 2 * at + 1)),
        "{error}"
    );
    let moved = whole.replace("\"mb_addr\":", "\"mb_addr\":1");
    let error = stream_of(&moved).unwrap_err();
    assert!(error.starts_with("line 4: mb_addr is 10, but 0 comes next"), "{error}");
}

/// In a slice with CAVLC the data follows the header bit by bit, so that the header can get longer.
#[test]
fn the_header_of_a_slice_with_cavlc_can_be_edited() {
    // A parameter set for CAVLC, and the bits of a slice, which are not interpreted here.
    let with_cavlc = edited(&stream("x264_main_ipb"), 8, |rbsp| rbsp[1] &= !0b0010_0000);
    let (text, _) = lines(Codec::Avc, &with_cavlc, true);
    assert!(stream_of(&text).unwrap() == with_cavlc);
    let longer = text.replacen("\"slice_qp_delta\":-3", "\"slice_qp_delta\":-20", 1);
    assert_ne!(longer, text);
    let written = stream_of(&longer).unwrap();
    let slice = |bytes: &[u8]| units(bytes).into_iter().find(|unit| unit.slice_number == Some(0)).unwrap();
    let rest = |unit: &StreamUnit| {
        let bits = unit.rbsp.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let mut rest: Vec<u8> = bits.skip(unit.headers().end as usize).collect();
        while rest.last() == Some(&0) {
            rest.pop();
        }
        rest
    };
    assert!(rest(&slice(&written)) == rest(&slice(&with_cavlc)));
}

#[test]
fn what_is_wrong_with_a_macroblock_is_said_with_its_line() {
    let (lines, _) = lines(Codec::Avc, &stream("x264_main_ipb"), true);
    let all: Vec<&str> = lines.lines().collect();
    let at = all.iter().rposition(|line| line.contains("\"intra_chroma_pred_mode\":")).unwrap();
    let edit = |edit: &dyn Fn(&str) -> String| {
        let mut edited: Vec<String> = all.iter().map(|line| line.to_string()).collect();
        edited[at] = edit(all[at]);
        stream_of(&edited.join("\n")).unwrap_err()
    };
    let place = format!("line {}: ", at + 1);
    let check =
        |error: String, words: &str| assert!(error.starts_with(&place) && error.contains(words), "{error}");
    let (before, after) = all[at].split_once("\"intra_chroma_pred_mode\":").unwrap();
    check(
        edit(&|_| format!("{before}\"intra_chroma_pred_mode\":4{}", &after[1..])),
        "intra_chroma_pred_mode of macroblock",
    );
    check(edit(&|line| line.replace("\"mb_type\":\"", "\"mb_type\":\"X")), "is no mb_type");
    check(edit(&|line| line.replace("\"mb_addr\":", "\"mb_addr\":9")), "comes next");
    check(edit(&|line| line.replace("\"derived\":", "\"other\":")), "unknown field");
    check(edit(&|line| line.replace("\"mb_type\":", "\"mb_type\":\"Skip\",\"mb_type\":")), "is there twice");
    check(edit(&|line| line[..line.len() - 2].to_owned()), "EOF");
}

fn chosen(seed: u64, nal_unit_type: i64) -> Chosen {
    let special = |element: &str, random: i64| match element {
        "seq_parameter_set_id" | "pic_parameter_set_id" => Some(0),
        // So that some slice refers to it, and no loop is endless.
        "first_mb_in_slice" | "pic_size_in_map_units_minus1" => Some(random % 4),
        "pic_width_in_mbs_minus1" | "pic_height_in_map_units_minus1" => Some(3 + random % 4),
        _ => None,
    };
    Chosen::new(seed, nal_unit_type, nal_unit_type == 8, special)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Parameter sets and slice headers of any legal elements: what is read is what was written.
    #[test]
    fn any_elements_of_headers_come_back(seed: u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut sets = ParameterSets::default();
        for nal_unit_type in [9, 7, 13, 8, 1, 5, 7, 8, 1] {
            let values = chosen(random.next_u64(), nal_unit_type);
            let mut writer = Traced::new(BitWriter::new(values));
            sets.walk(&mut writer).unwrap();
            let (elements, mut coder) = (writer.elements, writer.coder);
            coder.push(true);
            let rbsp = coder.into_parts().0;
            let mut reader = Traced::new(BitReader::new(&rbsp));
            sets.walk(&mut reader).unwrap();
            prop_assert_eq!(&reader.elements, &elements);
            prop_assert!(reader.coder.is_at_trailing_bits());
            let content = sets.take(&rbsp);
            prop_assert!(!matches!(content, Content::Damaged(_)), "{content:?}");
            // The same in lines.
            let unit = units(&[&[0, 0, 1][..], &escape(&rbsp)].concat()).remove(0);
            if matches!(nal_unit_type, 7 | 9 | 13) {
                let line = serde_json::to_string(&unit.lines(true).unit).unwrap();
                let line: UnitLine = serde_json::from_str(&line).unwrap();
                prop_assert_eq!(&line.verbatim, &None);
                let written = LineWriter::default().write(&line, vec![]).unwrap();
                prop_assert_eq!(written, unit.unit.bytes);
            }
        }
    }

    /// However a stream is damaged, its lines are the same stream.
    #[test]
    fn lines_of_damaged_streams_come_back(
        name in prop::sample::select(vec![
            "x264_main_ipb", "x264_high444", "x264_gray", "x265_main_ipb", "hm_wpp_depslices", "hm_tiles2x2",
        ]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), prop::bool::weighted(0.3)), 1..12),
    ) {
        let mut bytes = stream(name);
        for (at, value, is_early) in edits {
            let at = at.index(if is_early { 60 } else { bytes.len() });
            bytes[at] = value;
        }
        let codec = if name.starts_with("x264") { Codec::Avc } else { Codec::Hevc };
        for has_data in [true, false] {
            prop_assert!(stream_of(&lines(codec, &bytes, has_data).0).unwrap() == bytes);
        }
    }

    /// No bytes make the reading of a header endless.
    #[test]
    fn no_bytes_lead_a_header_astray(bytes in prop::collection::vec(any::<u8>(), 0..60), nal_unit_type in 0..32_u8) {
        let mut sets = ParameterSets::default();
        for unit in units(&stream("x264_high_8x8")).iter().take(3) {
            sets.take(&unit.rbsp);
        }
        sets.take(&[&[0x60 | nal_unit_type][..], &bytes].concat());
    }
}

/// The data of the slices of a stream.
fn data_of(bytes: &[u8]) -> Vec<SliceData> {
    let all = units(bytes);
    let slices = all.iter().filter(|unit| unit.slice_number.is_some());
    slices
        .map(|unit| {
            let (parameters, data) = unit.slice().unwrap_or_else(|| panic!("{:?}", unit.content));
            SliceData::read(parameters, data).unwrap()
        })
        .collect()
}

/// The stream with its parameter sets of this type edited, as RBSP.
fn edited(bytes: &[u8], nal_unit_type: u8, edit: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let parts = units(bytes).into_iter().flat_map(|mut unit| {
        if unit.nal_unit_type() == Some(nal_unit_type) {
            edit(&mut unit.rbsp);
            unit.unit.bytes = escape(&unit.rbsp);
        }
        [unit.unit.prefix, unit.unit.bytes].concat()
    });
    parts.collect()
}

/// Some cameras write an additional byte after a parameter set.
#[test]
fn a_byte_too_much_after_a_parameter_set_changes_nothing() {
    for name in ["x264_main_ipb", "x264_high_8x8", "x264_high444"] {
        let bytes = stream(name);
        let contents = |bytes: &[u8]| units(bytes).into_iter().map(|unit| unit.content).collect::<Vec<_>>();
        let slices = contents(&bytes);
        for nal_unit_type in [7, 8] {
            for junk in 1..=255 {
                let longer = edited(&bytes, nal_unit_type, |rbsp| rbsp.push(junk));
                assert!(contents(&longer) == slices, "{name}, nal_unit_type {nal_unit_type}, byte {junk:#x}");
                let (lines, _) = lines(Codec::Avc, &longer, false);
                assert!(stream_of(&lines).unwrap() == longer);
            }
        }
    }
}

#[test]
fn a_missing_stop_bit_changes_nothing() {
    for name in ["x264_main_ipb", "x264_high_8x8"] {
        let bytes = stream(name);
        for nal_unit_type in [7, 8] {
            let shorter = edited(&bytes, nal_unit_type, |rbsp| {
                let last = rbsp.last_mut().unwrap();
                *last &= *last - 1;
                if *last == 0 {
                    rbsp.pop();
                }
            });
            assert!(
                shorter != bytes && data_of(&shorter) == data_of(&bytes),
                "{name}, nal_unit_type {nal_unit_type}"
            );
        }
    }
}

/// Parameter sets have to be there when a slice refers to them, and not before.
#[test]
fn parameter_sets_come_in_any_order_and_again() {
    let bytes = stream("x264_high_8x8");
    let all = units(&bytes);
    let part = |unit: &StreamUnit| [&unit.unit.prefix[..], &unit.unit.bytes].concat();
    let of = |nal_unit_type| {
        all.iter().find(|unit| unit.nal_unit_type() == Some(nal_unit_type)).map(part).unwrap()
    };
    let rest: Vec<u8> =
        all.iter().filter(|unit| !matches!(unit.nal_unit_type(), Some(7 | 8))).flat_map(part).collect();
    let turned = [of(8), of(7), rest.clone()].concat();
    assert!(data_of(&turned) == data_of(&bytes));
    let again = [of(7), of(8), rest.clone(), of(8), of(7), rest].concat();
    assert!(data_of(&again) == [data_of(&bytes), data_of(&bytes)].concat());
}

/// Slice data does not depend on a level that is too low, nor on what the VUI says of buffers; nor on a VUI that is cut off.
#[test]
fn what_slices_do_not_depend_on_is_not_checked() {
    let bytes = stream("x264_main_ipb");
    let slices = data_of(&bytes);
    let low = edited(&bytes, 7, |rbsp| rbsp[3] = 1);
    assert!(data_of(&low) == slices);
    let cut = edited(&bytes, 7, |rbsp| rbsp.truncate(rbsp.len() - 2));
    assert!(data_of(&cut) == slices);
    let note = units(&cut).into_iter().find_map(|unit| match unit.content {
        Content::ParameterSet(Some(error)) => Some(error.to_string()),
        _ => None,
    });
    assert!(note.unwrap().starts_with("the NAL unit ends within"));
    let (lines, verbatim) = lines(Codec::Avc, &cut, true);
    assert!(verbatim <= 1 && stream_of(&lines).unwrap() == cut);
}

/// If NAL units have their lengths before them, they are the same units, and lines come back with other lengths.
#[test]
fn lengths_can_stand_in_the_place_of_start_codes() {
    let bytes = stream("x264_main_ipb");
    let with_lengths = |bytes: &[u8]| -> Vec<u8> {
        let parts = units(bytes)
            .into_iter()
            .filter(|unit| !unit.unit.bytes.is_empty())
            .flat_map(|unit| [&(unit.unit.bytes.len() as u32).to_be_bytes()[..], &unit.unit.bytes].concat());
        parts.collect()
    };
    let lengths = with_lengths(&bytes);
    assert!(data_of(&lengths) == data_of(&bytes));
    let (text, _) = lines(Codec::Avc, &lengths, true);
    assert!(stream_of(&text).unwrap() == lengths);
    let edit = |text: &str| {
        text.replacen(r#""frame_cropping_flag":0"#, r#""frame_cropping_flag":1,"frame_crop_left_offset":0,"frame_crop_right_offset":0,"frame_crop_top_offset":0,"frame_crop_bottom_offset":900"#, 1)
    };
    let edited = stream_of(&edit(&text)).unwrap();
    assert!(edited == with_lengths(&stream_of(&edit(&lines(Codec::Avc, &bytes, true).0)).unwrap()));
    // A length that is too large for the rest of the file, and bytes that are not a length.
    for cut in [10, 1] {
        let cut = &lengths[..lengths.len() - cut];
        let (text, verbatim) = lines(Codec::Avc, cut, true);
        assert!(verbatim == 1 && stream_of(&text).unwrap() == cut);
    }
    let more = [&lengths[..], &[0, 0]].concat();
    let last = units(&more).pop().unwrap();
    assert!(
        matches!(&last.content, Content::Damaged(error) if error.to_string().contains("2 bytes more")),
        "{last:?}"
    );
    assert!(stream_of(&lines(Codec::Avc, &more, true).0).unwrap() == more);
    // A start code is not a length, though it may look like one of 359 bytes.
    let mut short = units(&bytes).into_iter().flat_map(|unit| [&[0, 0, 1][..], &unit.unit.bytes].concat());
    let short: Vec<u8> = short.by_ref().take(363).collect();
    assert!(units(&short).len() > 2);
}

/// However many zeros there are, only a few are held at once, and none is lost.
#[test]
fn zeros_without_an_end_take_no_memory() {
    let bytes = stream("x264_gray");
    let zeros = 400 << 20;
    let source = bytes.chain(io::repeat(0).take(zeros)).chain(&bytes[..]);
    let (mut total, mut kept, mut slices) = (0, 0, 0);
    for unit in Units::new(BufReader::new(source)) {
        let unit = unit.unwrap();
        total += (unit.prefix.len() + unit.bytes.len()) as u64;
        kept = kept.max(unit.prefix.len());
        slices += usize::from(unit.bytes.first().is_some_and(|header| matches!(header & 31, 1 | 5)));
    }
    assert_eq!(total, zeros + 2 * bytes.len() as u64);
    assert_eq!(slices, 8);
    assert!(kept < 3 << 20, "{kept} bytes");
}
