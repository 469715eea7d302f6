//! Slice segments of H.265 with edited coding tree units: what is written is read as it was given, and the header has the entry points of the
//! new data.

use std::{fs, path::PathBuf};

use crate::common::hevc_streams;
use serde_json::Value;
use silicabac::bin::Decode;
use silicabac::engine::Decoder;
use silicabac::hevc::{
    CodingTreeUnit, Content, LineWriter, Parameters, PredictionUnit, Sao, SaoComponent, SegmentData, Stream,
    StreamUnit, WriteError, read_each,
};
use silicabac::syntax::UnitLine;
use silicabac::syntax::nal::{escape, unescape};

fn streams() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    hevc_streams().into_iter().map(|path| {
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    })
}

fn stream(name: &str) -> Vec<u8> {
    streams().find(|(path, _)| path.to_string_lossy().contains(name)).unwrap().1
}

fn units(bytes: &[u8]) -> Vec<StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap()).collect()
}

fn segment(unit: &StreamUnit) -> Option<SegmentData> {
    let (parameters, before, data) = unit.segment()?;
    Some(SegmentData::read(parameters, before, data).unwrap())
}

fn entry_points(unit: &StreamUnit) -> &[u64] {
    match &unit.content {
        Content::Segment { entry_points, .. } => entry_points,
        _ => &[],
    }
}

/// The stream with all slice segments written after an edit.
fn written(units: &[StreamUnit], mut edit: impl FnMut(&Parameters, &mut SegmentData)) -> Vec<u8> {
    let (mut bytes, mut end) = (Vec::new(), None);
    for unit in units {
        bytes.extend(&unit.unit.prefix);
        match segment(unit) {
            Some(mut data) => {
                edit(unit.segment().unwrap().0, &mut data);
                let (written, own) = unit.write(&data, end.as_ref()).unwrap().unwrap();
                bytes.extend(written);
                end = Some(own);
            }
            None => bytes.extend(&unit.unit.bytes),
        }
    }
    bytes
}

/// An edit of a coding tree unit that stays legal in any stream.
type Edit = fn(&Parameters, &mut CodingTreeUnit);

/// Makes levels larger, without a change of the parity that a hidden sign depends on.
fn larger_levels(_: &Parameters, unit: &mut CodingTreeUnit) {
    unit.levels.iter_mut().filter(|level| level.level.abs() < 300).for_each(|level| level.level *= 101);
}

fn larger_mvds(_: &Parameters, unit: &mut CodingTreeUnit) {
    // These have MvdL0 in the stream.
    let has_mvd = |unit: &&mut PredictionUnit| !unit.merge_flag && unit.inter_pred_idc != 1;
    unit.prediction_units.iter_mut().filter(has_mvd).for_each(|unit| unit.mvd[0] = [1 << 14, -(1 << 14)]);
}

/// Band offsets of zero: so many bins of 0 that the data gets emulation prevention bytes.
fn zeros(parameters: &Parameters, unit: &mut CodingTreeUnit) {
    if parameters.slice.slice_sao == [true; 2] && parameters.sps.chroma_format_idc != 0 {
        let component = SaoComponent { type_idx: 1, ..SaoComponent::default() };
        unit.sao = Sao { merge: None, components: [component; 3] };
    }
}

/// Checks that each entry point of a unit is the byte of the NAL unit at which a substream begins, by counting bytes alone. Returns how many
/// of them come after an emulation prevention byte of the data.
fn check_entry_points(unit: &StreamUnit) -> usize {
    let Content::Segment { data: first, entry_points, .. } = &unit.content else { return 0 };
    let (parameters, before, data) = unit.segment().unwrap();
    let mut starts = Vec::new();
    read_each(parameters, before, Decoder::new(data), |read_unit| {
        if read_unit.next_begins_substream {
            starts.push(read_unit.decoder.position() / 8 - 1);
        }
    })
    .1
    .unwrap();
    let header = escape(&unit.rbsp[..*first]).len();
    let mut at = header as u64;
    let mut after_emulation = 0;
    let found = entry_points.iter().map(|entry_point| {
        at += entry_point;
        let before = unescape(&unit.unit.bytes[..at as usize]).len() - first;
        after_emulation += usize::from(at as usize - header > before);
        before as u64
    });
    assert_eq!(found.collect::<Vec<_>>(), starts, "NAL unit {}", unit.number);
    after_emulation
}

#[test]
fn data_that_is_not_edited_gives_the_same_bytes() {
    let mut segments = 0;
    for (path, bytes) in streams() {
        let units = units(&bytes);
        assert!(written(&units, |_, _| {}) == bytes, "{}", path.display());
        for unit in &units {
            let Content::Segment { end: Some(end), before, .. } = &unit.content else { continue };
            let before = before.as_ref().and_then(|before| before.get());
            let (_, own) = unit.write(&segment(unit).unwrap(), before).unwrap().unwrap();
            assert_eq!(Some(&own), end.get());
            segments += 1;
        }
    }
    assert!(segments > 5, "{segments}");
}

/// Each edit of each stream is read as it was given, its entry points are right, and nothing else in its headers is another. An entry point
/// that is off by one is noticed.
#[test]
fn edited_segments_have_the_entry_points_of_their_data() {
    let (mut moved, mut kept, mut longer, mut after_emulation) = (0, 0, 0, 0);
    let edits: [Edit; 3] = [larger_levels, larger_mvds, zeros];
    for (path, bytes) in streams() {
        let of = units(&bytes);
        for edit in edits {
            let edit = |parameters: &Parameters, data: &mut SegmentData| {
                data.coding_tree_units.iter_mut().for_each(|unit| edit(parameters, unit));
            };
            let units = units(&written(&of, edit));
            assert_eq!(units.len(), of.len());
            for (unit, of) in units.iter().zip(&of) {
                let what = format!("{}, NAL unit {}", path.display(), unit.number);
                let expected = segment(of).map(|mut data| {
                    edit(of.segment().unwrap().0, &mut data);
                    data
                });
                assert!(segment(unit) == expected, "{what}");
                assert_eq!(unit.entry_point_note(), None, "{what}");
                after_emulation += check_entry_points(unit);
                let [header, header_of] = [unit, of].map(|unit| unit.lines(false).unit.header);
                let [told, told_of] = [&header, &header_of].map(|header| {
                    let mut told = serde_json::to_value(header).unwrap();
                    for name in ["offset_len_minus1", "entry_point_offset_minus1"] {
                        told.as_object_mut().unwrap().remove(name);
                    }
                    told
                });
                assert_eq!(told, told_of, "{what}");
                if entry_points(unit) != entry_points(of) {
                    moved += 1;
                    let [length, length_of] =
                        [&header, &header_of].map(|header| header.get("offset_len_minus1")[0]);
                    let most = (entry_points(unit).iter().max().unwrap() - 1).max(1);
                    assert_eq!(length, i64::from(most.ilog2()).max(length_of), "{what}");
                    kept += usize::from(length == length_of);
                    longer += usize::from(length > length_of);
                }
                for place in 0..entry_points(unit).len() {
                    for by in [1, u64::MAX] {
                        let mut wrong = unit.clone();
                        let Content::Segment { entry_points, .. } = &mut wrong.content else {
                            unreachable!()
                        };
                        entry_points[place] = entry_points[place].wrapping_add(by);
                        assert!(wrong.entry_point_note().is_some(), "{what}: {place}");
                    }
                }
            }
        }
    }
    assert!(
        moved > 10 && kept > 0 && longer > 0 && after_emulation > 0,
        "{moved} {kept} {longer} {after_emulation}"
    );
}

/// A dependent segment goes on with the end of what was written before it, whether it is edited itself or not; and its old bytes do not.
#[test]
fn dependent_segments_are_written_with_the_new_end() {
    let of = units(&stream("hm_wpp_depslices"));
    let edit = |parameters: &Parameters, data: &mut SegmentData| {
        if !parameters.is_dependent() {
            data.coding_tree_units.iter_mut().for_each(|unit| larger_levels(parameters, unit));
        }
    };
    let bytes = written(&of, edit);
    let (mut dependent, mut others, mut old_bytes) = (0, 0, Vec::new());
    for (unit, of) in units(&bytes).iter().zip(&of) {
        let is_dependent = unit.is_dependent();
        old_bytes.extend(
            [&unit.unit.prefix, if is_dependent { &of.unit.bytes } else { &unit.unit.bytes }]
                .into_iter()
                .flatten(),
        );
        if !is_dependent {
            continue;
        }
        assert_eq!(segment(unit), segment(of));
        dependent += 1;
        others += usize::from(unit.unit.bytes != of.unit.bytes);
        let refused = of.write(&segment(of).unwrap(), None).unwrap();
        assert_eq!(refused.unwrap_err(), WriteError::MissingPredecessor);
    }
    assert!(dependent > 5 && others > 0, "{dependent} {others}");
    let is_other = |(unit, of): (&StreamUnit, &StreamUnit)| {
        let (parameters, before, data) = unit.segment()?;
        Some(SegmentData::read(parameters, before, data).ok() != segment(of))
    };
    assert!(
        units(&old_bytes).iter().zip(&of).skip_while(|(unit, _)| !unit.is_dependent()).any(|pair| is_other(
            pair
        ) == Some(
            true
        ))
    );
}

/// With fewer coding tree units there are fewer substreams, and as many entry points.
#[test]
fn there_are_as_many_entry_points_as_substreams_follow() {
    let has_rows = |unit: &StreamUnit| {
        let is_synchronised = unit.segment().is_some_and(|(parameters, ..)| {
            parameters.pps.entropy_coding_sync_enabled_flag && parameters.slice_segment_address == 0
        });
        is_synchronised && entry_points(unit).len() >= 2
    };
    let mut all = streams().map(|(_, bytes)| units(&bytes));
    let of = all.find(|units| units.iter().any(has_rows)).expect("a stream with wavefronts");
    let first = of.iter().position(has_rows).unwrap();
    let (parameters, ..) = of[first].segment().unwrap();
    let width = parameters.sps.size_in_ctbs()[0] as usize;
    let sets: Vec<u8> =
        of[..first].iter().flat_map(|unit| [&unit.unit.prefix[..], &unit.unit.bytes].concat()).collect();
    for (count, substreams) in [(1, 0), (width, 0), (width + 1, 1), (3 * width, 2)] {
        let mut data = segment(&of[first]).unwrap();
        data.coding_tree_units.truncate(count);
        data.coding_tree_units.last_mut().unwrap().subset_alignment = 0;
        let (written, _) = of[first].write(&data, None).unwrap().unwrap();
        let units = units(&[&sets[..], &of[first].unit.prefix, &written].concat());
        let unit = units.last().unwrap();
        assert_eq!(segment(unit).unwrap(), data);
        assert_eq!((entry_points(unit).len(), unit.entry_point_note()), (substreams, None));
        check_entry_points(unit);
    }
}

/// The units with other entry points in their headers: `edit` gets the elements of each header that has num_entry_point_offsets.
fn with_headers(units: &[StreamUnit], edit: impl Fn(&mut serde_json::Map<String, Value>)) -> Vec<StreamUnit> {
    let mut writer = LineWriter::default();
    let write = |unit: &StreamUnit| {
        let mut line = serde_json::to_value(unit.lines(false).unit).unwrap();
        let header = line["header"].as_object_mut().unwrap();
        if header.contains_key("num_entry_point_offsets") {
            edit(header);
        }
        let line: UnitLine = serde_json::from_value(line).unwrap();
        [unit.unit.prefix.clone(), writer.write(&line, vec![]).unwrap()].concat()
    };
    self::units(&units.iter().map(write).collect::<Vec<_>>().concat())
}

/// All coding tree units get larger levels.
fn enlarge(parameters: &Parameters, data: &mut SegmentData) {
    data.coding_tree_units.iter_mut().for_each(|unit| larger_levels(parameters, unit));
}

/// What a header says stays if that was wrong before, or if it says nothing although substreams follow.
#[test]
fn wrong_entry_points_stay_as_they_are() {
    let of = units(&stream("hm_tiles2x2"));
    for (count, words) in
        [(0, "0 entry points are signalled, but 3"), (3, "entry point 0 is byte"), (2, "2 entry points")]
    {
        let of = with_headers(&of, |header| {
            header["num_entry_point_offsets"] = count.into();
            header.remove("entry_point_offset_minus1");
            if count > 0 {
                header.insert("entry_point_offset_minus1".to_owned(), Value::from(vec![6; count]));
            } else {
                header.remove("offset_len_minus1");
            }
        });
        let mut edited = 0;
        for (unit, of) in
            units(&written(&of, enlarge)).iter().zip(&of).filter(|(_, of)| of.segment().is_some())
        {
            assert_eq!(unit.headers().elements, of.headers().elements);
            let note = unit.entry_point_note().unwrap();
            assert!(note.contains(words), "{note}");
            edited += usize::from(unit.unit.bytes != of.unit.bytes);
        }
        assert!(edited > 0);
    }
}

/// Entry points with more bits than they need keep this length.
#[test]
fn a_signalled_length_that_is_enough_stays() {
    let of = units(&stream("hm_tiles2x2"));
    let of = with_headers(&of, |header| header["offset_len_minus1"] = 31.into());
    let mut edited = 0;
    for (unit, of) in units(&written(&of, enlarge)).iter().zip(&of).filter(|(_, of)| of.segment().is_some()) {
        assert_eq!(unit.lines(false).unit.header.get("offset_len_minus1"), [31]);
        assert_eq!(unit.entry_point_note(), None);
        edited += usize::from(entry_points(unit) != entry_points(of));
    }
    assert!(edited > 0);
}
