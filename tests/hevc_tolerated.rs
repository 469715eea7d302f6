//! Oddities of H.265 streams that are in use: if slice data does not depend on one, every slice segment is read as before and every unit
//! comes back as the same bytes; if it does, the unit is named and left as it is, and the others are read.

use std::fs;

use crate::common::hevc_streams;
use serde_json::{Value, json};
use silicabac::hevc::{Content, LineWriter, SegmentData, Stream, StreamUnit};
use silicabac::syntax::{Info, UnitLine};

const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;

/// The units of a committed stream.
fn units_of(name: &str) -> Vec<StreamUnit> {
    let path = hevc_streams().into_iter().find(|path| path.to_string_lossy().contains(name)).unwrap();
    units(&fs::read(path).unwrap())
}

fn units(bytes: &[u8]) -> Vec<StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap()).collect()
}

fn bytes_of(unit: &StreamUnit) -> Vec<u8> {
    [&unit.unit.prefix[..], &unit.unit.bytes].concat()
}

/// A unit with this type and these bytes, after a start code.
fn made(nal_unit_type: u8, rest: &[u8]) -> Vec<u8> {
    [&[0, 0, 1, nal_unit_type << 1, 1][..], rest].concat()
}

fn is_slice(unit: &StreamUnit) -> bool {
    unit.slice_number.is_some()
}

/// The stream with edited elements of headers; `edit` gets nal_unit_type.
fn edited(units: &[StreamUnit], edit: impl Fn(u8, &mut Value)) -> Vec<u8> {
    let mut writer = LineWriter::default();
    let write = |unit: &StreamUnit| {
        let mut line = serde_json::to_value(unit.lines(false).unit).unwrap();
        edit(unit.nal_unit_type().unwrap(), &mut line["header"]);
        let line: UnitLine = serde_json::from_value(line).unwrap();
        [unit.unit.prefix.clone(), writer.write(&line, vec![]).unwrap()].concat()
    };
    units.iter().map(write).collect::<Vec<_>>().concat()
}

/// The contents of each slice segment that can be read.
fn segments(units: &[StreamUnit]) -> Vec<SegmentData> {
    let read = |unit: &StreamUnit| {
        let (parameters, before, data) = unit.segment()?;
        let mut segment = SegmentData::read(parameters, before, data).ok()?;
        (segment.tail_bits, segment.tail) = (0, vec![]);
        Some(segment)
    };
    units.iter().filter_map(read).collect()
}

fn info(units: &[StreamUnit]) -> Info {
    let mut total = Info::default();
    units.iter().for_each(|unit| total.add(unit.info()));
    total
}

/// Checks that the stream has the slice segments of another, and comes back, from its elements and from its lines.
#[track_caller]
fn check(what: &str, stream: &[u8], of: &[StreamUnit]) {
    let units = units(stream);
    let info = info(&units);
    assert_eq!(info.damaged, 0, "{what}: {:?}", info.first_damaged);
    assert!(segments(&units) == segments(of), "{what}: other slice segments");
    let mut writer = LineWriter::default();
    for unit in &units {
        assert_eq!(unit.rewrite().as_ref(), Ok(&unit.unit.bytes), "{what}: NAL unit {}", unit.number);
        let lines = unit.lines(true);
        let data = lines.coding_tree_units.into_iter();
        let data = data.map(|line| (line.ctb_addr, line.tree.into_unit().unwrap())).collect();
        if !unit.unit.bytes.is_empty() {
            assert_eq!(writer.write(&lines.unit, data).as_ref(), Ok(&unit.unit.bytes), "{what}");
        }
    }
}

/// Checks that `damaged` slice segments of the stream cannot be read, with an error that has these words, and that every unit comes back.
#[track_caller]
fn check_damaged(what: &str, stream: &[u8], damaged: u64, words: &str) {
    let units = units(stream);
    let info = info(&units);
    assert_eq!(info.damaged, damaged, "{what}: {:?}", info.first_damaged);
    assert!(info.first_damaged.iter().any(|damaged| damaged.error.contains(words)), "{what}: {info:?}");
    for unit in &units {
        match unit.rewrite() {
            Ok(bytes) => assert!(bytes == unit.unit.bytes, "{what}"),
            Err(_) => assert_eq!(unit.lines(true).unit.verbatim.unwrap().0, unit.unit.bytes, "{what}"),
        }
    }
}

#[test]
fn what_stands_between_slices_does_not_matter() {
    let of = units_of("x265_main_ipb");
    let between = |with: &dyn Fn(usize) -> Vec<u8>| -> Vec<u8> {
        of.iter().enumerate().flat_map(|(i, unit)| [with(i), bytes_of(unit)].concat()).collect()
    };
    for nal_unit_type in (10..=15).chain(22..=31).chain(35..=63) {
        check("units of other types", &between(&|_| made(nal_unit_type, &[0x55, 0, 0, 3, 1, 0x80])), &of);
        check("of two bytes", &between(&|_| made(nal_unit_type, &[])), &of);
        check("of one byte", &between(&|_| vec![0, 0, 1, nal_unit_type << 1]), &of);
    }
    check("empty units", &between(&|i| [0, 0, 1].repeat(i % 4)), &of);
    check("zeros", &between(&|i| vec![0; i]), &of);
    let other_layer = |unit: &StreamUnit| {
        let mut bytes = unit.unit.bytes.clone();
        bytes[1] |= 8;
        [&[0, 0, 1][..], &bytes].concat()
    };
    let stream: Vec<u8> = of.iter().flat_map(|unit| [bytes_of(unit), other_layer(unit)].concat()).collect();
    let read = units(&stream);
    assert_eq!(info(&read).damaged, 0);
    assert!(segments(&read) == segments(&of));
}

#[test]
fn start_codes_delimiters_and_tails_can_be_any() {
    let of = units_of("x265_main_wpp");
    for lengths in [[2, 2], [3, 3], [2, 3], [7, 2]] {
        let start = |i: usize| [vec![0; lengths[i % 2]], vec![1]].concat();
        let stream = of.iter().enumerate().flat_map(|(i, unit)| [start(i), unit.unit.bytes.clone()].concat());
        check("start codes", &stream.collect::<Vec<u8>>(), &of);
    }
    let tail = |unit: &StreamUnit| if is_slice(unit) { [0, 0, 3].repeat(3) } else { vec![] };
    let stream = of.iter().flat_map(|unit| [bytes_of(unit), tail(unit)].concat());
    check("cabac_zero_words", &stream.collect::<Vec<u8>>(), &of);
    let stream = of.iter().flat_map(|unit| [bytes_of(unit), vec![0; 5]].concat());
    check("trailing zeros", &stream.collect::<Vec<u8>>(), &of);
    let junk = |unit: &StreamUnit| if is_slice(unit) { vec![0x12, 0x34] } else { vec![] };
    let stream: Vec<u8> = of.iter().flat_map(|unit| [bytes_of(unit), junk(unit)].concat()).collect();
    check("bytes after a slice", &stream, &of);
    assert_eq!(
        info(&units(&stream)).tolerated.values().sum::<u64>(),
        of.iter().filter(|unit| is_slice(unit)).count() as u64
    );
}

#[test]
fn parameter_sets_can_come_in_any_order_and_have_anything_after_them() {
    let of = units_of("x265_main_ipb");
    let (sets, others): (Vec<_>, Vec<_>) =
        of.iter().partition(|unit| matches!(unit.nal_unit_type(), Some(VPS | SPS | PPS)));
    let [sets, others] = [sets, others].map(|units| units.into_iter().map(bytes_of).collect::<Vec<_>>());
    let reversed: Vec<Vec<u8>> = sets.iter().rev().cloned().collect();
    check("in reverse", &[reversed.concat(), others.concat()].concat(), &of);
    let again: Vec<u8> = others.iter().flat_map(|unit| [sets.concat(), unit.clone()].concat()).collect();
    check("again and again", &again, &of);
    check("without a video parameter set", &[sets[1..].concat(), others.concat()].concat(), &of);
    let late = [sets[1..].concat(), others.concat(), sets[0].clone()].concat();
    check("a late video parameter set", &late, &of);
    for junk in [&[][..], &[0xff; 40], &[0x80]] {
        let stream = [made(VPS, junk), sets[1..].concat(), others.concat()].concat();
        check("a corrupt video parameter set", &stream, &of);
    }
    for after in [&[0x12, 0x34][..], &[0, 0, 3, 0, 0, 3], &[0x80]] {
        let sets: Vec<u8> = sets.iter().flat_map(|set| [&set[..], after].concat()).collect();
        check("bytes after a set", &[sets, others.concat()].concat(), &of);
    }
    // Parameter sets with the same numbers, of another stream, which are replaced with all that they contain.
    let other = units_of("rext444");
    let stream: Vec<u8> = other.iter().chain(&of).chain(&other).flat_map(bytes_of).collect();
    let read = units(&stream);
    assert_eq!(info(&read).damaged, 0);
    assert!(segments(&read) == [segments(&other), segments(&of), segments(&other)].concat());
}

#[test]
fn elements_that_nothing_depends_on_can_be_any() {
    for name in ["x265_main_ipb", "wpp_dep", "tiles"] {
        let of = units_of(name);
        let check_edit = |what: &str, edit: &dyn Fn(u8, &mut Value)| check(what, &edited(&of, edit), &of);
        check_edit("nothing", &|_, _| ());
        check_edit("nuh_temporal_id_plus1 of 0", &|_, header| header["nuh_temporal_id_plus1"] = 0.into());
        check_edit("profile_idc 0", &|kind, header| {
            if kind == SPS {
                (header["general_profile_idc"], header["general_level_idc"]) = (0.into(), 0.into());
            }
        });
        check_edit("numbers of buffers", &|kind, header| {
            if kind == SPS {
                header["sps_max_dec_pic_buffering_minus1"] = 0.into();
                header["sps_max_num_reorder_pics"] = 9.into();
            }
        });
        check_edit("unknown extensions", &|kind, header| {
            let of = match kind {
                SPS => "sps",
                PPS => "pps",
                _ => return,
            };
            header[format!("{of}_extension_present_flag")] = 1.into();
            for extension in ["range", "multilayer", "3d", "scc"] {
                header[format!("{of}_{extension}_extension_flag")] = 0.into();
            }
            header[format!("{of}_extension_4bits")] = 15.into();
        });
        check_edit("extra slice header bits", &|kind, header| {
            if kind == PPS {
                header["num_extra_slice_header_bits"] = 2.into();
            } else if header.get("slice_type").is_some() {
                header["slice_reserved_flag"] = json!([1, 0]);
            }
        });
        check_edit("slice header extensions", &|kind, header| {
            if kind == PPS {
                header["slice_segment_header_extension_present_flag"] = 1.into();
            } else if header.get("slice_pic_parameter_set_id").is_some() {
                header["slice_segment_header_extension_length"] = 3.into();
                header["slice_segment_header_extension_data_byte"] = json!([0, 0, 1]);
            }
        });
    }
}

#[test]
fn entry_points_that_do_not_fit_are_tolerated_and_told() {
    for name in ["wpp_dep", "tiles", "wpp_slices"] {
        let of = units_of(name);
        for (count, offset) in [(0, 1), (1, 1), (3, 7), (3, 4_000_000)] {
            let stream = edited(&of, |_, header| {
                if header.get("num_entry_point_offsets").is_some() {
                    header["num_entry_point_offsets"] = count.into();
                    for name in ["offset_len_minus1", "entry_point_offset_minus1"] {
                        header.as_object_mut().unwrap().remove(name);
                    }
                    if count > 0 {
                        header["offset_len_minus1"] = 31.into();
                        header["entry_point_offset_minus1"] = vec![offset; count].into();
                    }
                }
            });
            check(name, &stream, &of);
            let told: u64 = info(&units(&stream)).tolerated.values().sum();
            assert!(told > 0 || name == "wpp_dep" && count == 0, "{name}: {count} of {offset}");
        }
    }
}

#[test]
fn what_slice_data_depends_on_is_refused_by_name() {
    let of = units_of("x265_main_ipb");
    let slices = of.iter().filter(|unit| is_slice(unit)).count() as u64;
    let all = |edit: &dyn Fn(u8, &StreamUnit) -> Vec<u8>| -> Vec<u8> {
        of.iter().flat_map(|unit| edit(unit.nal_unit_type().unwrap(), unit)).collect()
    };
    // SliceQPY is wrong because the value is that slice_qp_delta is added to.
    let (sets, others) = of.split_at(of.iter().position(is_slice).unwrap());
    let mut stream = edited(sets, |kind, header| {
        if kind == PPS {
            header["init_qp_minus26"] = 25.into();
        }
    });
    stream.extend(others.iter().flat_map(bytes_of));
    let info = info(&units(&stream));
    assert!(
        info.first_damaged.iter().any(|damaged| damaged.error.contains("slice_qp_delta is ")),
        "{info:?}"
    );
    // A sequence parameter set that ends too early, without which nothing can be read.
    let cut = all(&|kind, unit| {
        let bytes = bytes_of(unit);
        if kind == SPS { bytes[..bytes.len().min(30)].to_vec() } else { bytes }
    });
    check_damaged("a set that ends too early", &cut, slices + 1, "the NAL unit ends within");
    check_damaged("a set that ends too early", &cut, slices + 1, "has sent no such parameter set");
    // CABAC data that continues beyond its unit.
    let half =
        |unit: &StreamUnit| bytes_of(unit)[..(unit.unit.prefix.len() + unit.unit.bytes.len()) / 2].to_vec();
    let cut = all(&|_, unit| if unit.slice_number == Some(0) { half(unit) } else { bytes_of(unit) });
    check_damaged("half a slice", &cut, 1, "coding tree unit");
    // A coding tree unit beyond the picture.
    let lower = |height: i64| {
        edited(&of, move |kind, header| {
            if kind == SPS {
                header["pic_height_in_luma_samples"] = height.into();
            }
        })
    };
    let units_of_lower = units(&lower(16));
    assert!(self::info(&units_of_lower).first_damaged[0].error.contains("end_of_slice_segment_flag"));
    // Samples deeper than the picture: pcm_sample_bit_depth_luma_minus1 has four bits.
    let with_pcm = edited(&of, |kind, header| {
        if kind == SPS {
            header["pcm_enabled_flag"] = 1.into();
            header["pcm_sample_bit_depth_luma_minus1"] = 7.into();
            header["pcm_sample_bit_depth_chroma_minus1"] = 7.into();
            header["log2_min_pcm_luma_coding_block_size_minus3"] = 0.into();
            header["log2_diff_max_min_pcm_luma_coding_block_size"] = 0.into();
            header["pcm_loop_filter_disabled_flag"] = 0.into();
        }
    });
    let deep: Vec<u8> = units(&with_pcm)
        .iter()
        .flat_map(|unit| {
            let headers = unit.headers();
            let depth = headers
                .elements
                .iter()
                .find(|element| element.element.0 == "pcm_sample_bit_depth_luma_minus1");
            let mut rbsp = unit.rbsp.clone();
            if let Some(depth) = depth {
                // 7 becomes 15.
                rbsp[(depth.bit / 8) as usize] |= 0x80 >> (depth.bit % 8);
            }
            [&unit.unit.prefix[..], &silicabac::syntax::nal::escape(&rbsp)].concat()
        })
        .collect();
    check_damaged("PCM", &deep, slices + 1, "pcm_sample_bit_depth_luma_minus1 is 15; it can be 0 to 7");
}

/// More entry points than the picture has rows, as in a header that was written for a higher picture.
#[test]
fn more_entry_points_than_rows_are_refused() {
    let of = units_of("wpp_slices");
    let higher = edited(&of, |kind, header| {
        if kind == SPS {
            header["pic_height_in_luma_samples"] = 4096.into();
        } else if header["first_slice_segment_in_pic_flag"] == 1 && header.get("slice_type").is_some() {
            header["num_entry_point_offsets"] = 30.into();
            header["offset_len_minus1"] = 7.into();
            header["entry_point_offset_minus1"] = vec![9; 30].into();
        }
    });
    let sequence = of.iter().find(|unit| unit.nal_unit_type() == Some(SPS)).unwrap();
    let stream: Vec<u8> = units(&higher)
        .iter()
        .flat_map(|unit| bytes_of(if unit.nal_unit_type() == Some(SPS) { sequence } else { unit }))
        .collect();
    let read = units(&stream);
    assert!(info(&read).first_damaged[0].error.contains("num_entry_point_offsets is 30; it can be 0 to 3"));
    assert!(read.iter().filter(|unit| matches!(unit.content, Content::Damaged(_))).count() > 4);
}
