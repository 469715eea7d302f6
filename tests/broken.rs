//! Streams in which one thing is broken: it is noticed where the stream's description says, and decoders survive it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use crate::common::dreamt::{FFMPEG, dreams, judge};
use crate::common::{expect, program};
use sha2::{Digest, Sha256};
use silicabac::dream::broken::{self, Broken, Class, break_one, wrong_mode};
use silicabac::dream::judge::play;
use silicabac::dream::suite::Manifest;
use silicabac::{avc, dream, hevc};

/// Each class names the element that it breaks, if it breaks one.
#[test]
fn what_is_broken_is_noticed_where_it_says() {
    for class in Class::AVC {
        let mut found = 0;
        for seed in 0..60 {
            let stream = dream::avc(seed, &[]).unwrap();
            let Some((bytes, broken)) = break_one(&stream, class, seed) else { continue };
            found += 1;
            let names: &[&str] = match class {
                Class::CabacInitIdc => &["cabac_init_idc"],
                Class::FirstMbInSlice => &["first_mb_in_slice"],
                Class::SliceQpDelta => &["slice_qp_delta"],
                Class::PicParameterSetId => &["pic_parameter_set_id"],
                Class::NumRefIdxActive => &["num_ref_idx_l0_active_minus1"],
                Class::ModificationOfPicNumsIdc => &["modification_of_pic_nums_idc"],
                Class::MbQpDelta => &["mb_qp_delta"],
                Class::RefIdx => &["ref_idx_l0", "ref_idx_l1"],
                Class::Mvd => &["mvd_l0", "mvd_l1"],
                Class::IntraMode => &MODES,
                Class::CoeffAbsLevel => &["coeff_abs_level_minus1"],
                Class::NoEnd => &["end_of_slice_flag"],
                _ => &[],
            };
            if !names.is_empty() {
                assert!(names.contains(&broken.element.as_deref().unwrap()), "{class:?} {seed}: {broken:?}");
            }
            assert_eq!(told(&bytes, class), [broken], "{class:?} {seed}");
        }
        assert!(found >= 12, "{class:?}: only {found} of 60");
    }
}

/// The elements that code a mode of intra prediction.
const MODES: [&str; 6] = [
    "mb_type",
    "prev_intra4x4_pred_mode_flag",
    "rem_intra4x4_pred_mode",
    "prev_intra8x8_pred_mode_flag",
    "rem_intra8x8_pred_mode",
    "intra_chroma_pred_mode",
];

/// What the engine finds wrong with the units of a stream. Modes are checked only in streams of the class that breaks them.
fn told(stream: &[u8], class: Class) -> Vec<Broken> {
    let units = avc::Stream::new(stream).map(Result::unwrap);
    units.filter_map(|unit| told_of(&unit, class)).collect()
}

fn told_of(unit: &avc::StreamUnit, class: Class) -> Option<Broken> {
    let broken = |mb_addr, element: Option<&str>, error| {
        let element = element.map(str::to_owned);
        Some(Broken { class, nal_unit: unit.number, mb_addr, ctb_addr: None, element, error })
    };
    if let avc::Content::Damaged(error) = &unit.content {
        return broken(None, error.element().map(|element| element.0), error.to_string());
    }
    let parameters = unit.slice()?.0;
    let mut last = parameters.first_mb_in_slice as usize * if parameters.mbaff_frame_flag { 2 } else { 1 };
    let ((), read) = unit.observe((), |read_unit| last = read_unit.mb_addr)?;
    match read {
        Err(error) => {
            let (mb_addr, element) = match &error {
                avc::DataError::Fault(fault) => (fault.mb_addr, Some(fault.element.0)),
                avc::DataError::Decode { mb_addr, .. } => (*mb_addr, None),
                _ => (last, None),
            };
            broken(Some(mb_addr), element, error.to_string())
        }
        Ok(_) if class == Class::IntraMode => {
            let wrong = wrong_mode(unit)?;
            broken(Some(wrong.mb_addr), Some(wrong.element.0), wrong.to_string())
        }
        Ok(_) => None,
    }
}

#[test]
fn what_is_broken_in_h265_is_noticed_where_it_says() {
    for class in Class::HEVC {
        let mut found = 0;
        for seed in 0..60 {
            let stream = dream::hevc(seed, &[]).unwrap();
            let Some((bytes, broken)) = broken::hevc::break_one(&stream, class, seed) else { continue };
            found += 1;
            let name = match class {
                Class::SlicePicParameterSetId => "slice_pic_parameter_set_id",
                Class::SliceSegmentAddress => "slice_segment_address",
                Class::SliceQpDelta => "slice_qp_delta",
                Class::NumRefIdxActive => "num_ref_idx_l0_active_minus1",
                Class::FiveMinusMaxNumMergeCand => "five_minus_max_num_merge_cand",
                Class::NumEntryPointOffsets => "num_entry_point_offsets",
                Class::OffsetLen => "offset_len_minus1",
                Class::EntryPoint => "entry_point_offset_minus1",
                Class::CuQpDelta => "cu_qp_delta_abs",
                Class::Mvd => "abs_mvd_minus2",
                Class::CoeffAbsLevel => "coeff_abs_level_remaining",
                Class::NoEnd => "end_of_slice_segment_flag",
                Class::NoEndOfSubset => "end_of_subset_one_bit",
                _ => "",
            };
            if !name.is_empty() {
                assert_eq!(broken.element.as_deref(), Some(name), "{class:?} {seed}: {broken:?}");
            }
            assert_eq!(told_of_h265(&bytes, class), Some(broken), "{class:?} {seed}");
        }
        assert!(found >= 8, "{class:?}: only {found} of 60");
    }
}

/// The first thing that the engine finds wrong with a stream. Units that depend on it cannot be read either.
fn told_of_h265(stream: &[u8], class: Class) -> Option<Broken> {
    hevc::Stream::new(stream).map(Result::unwrap).find_map(|unit| {
        let broken = |ctb_addr, element: Option<&str>, error| {
            let element = element.map(str::to_owned);
            Some(Broken { class, nal_unit: unit.number, mb_addr: None, ctb_addr, element, error })
        };
        if let hevc::Content::Damaged(error) = &unit.content {
            let element = match error {
                hevc::DataError::Header(error) => error.element(),
                _ => None,
            };
            return broken(None, element.map(|element| element.0), error.to_string());
        }
        let mut last = unit.segment()?.0.slice_segment_address;
        let ((), read) = unit.observe((), |read_unit| last = read_unit.ctb_addr)?;
        let Err(error) = read else {
            return broken(None, Some("entry_point_offset_minus1"), unit.entry_point_note()?);
        };
        let (ctb_addr, element) = match &error {
            hevc::DataError::Fault(fault) => (fault.ctb_addr, Some(fault.element.0)),
            hevc::DataError::Decode { ctb_addr, .. } => (*ctb_addr, None),
            _ => (last, None),
        };
        broken(Some(ctb_addr), element, error.to_string())
    })
}

/// The published suite: the expected number of streams of each class, each made again from its seed, and noticed where its line says.
#[test]
fn the_published_broken_streams_are_noticed_where_they_say() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/broken.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    let mut classes: BTreeMap<&str, (usize, BTreeSet<Class>)> = BTreeMap::new();
    for stream in &manifest.streams {
        let broken = stream.broken.as_ref().unwrap();
        let bytes = stream.make().unwrap();
        assert_eq!(hex::encode(Sha256::digest(&bytes)), stream.sha256, "{}", stream.file);
        let told = match stream.codec.as_str() {
            "h264" => told(&bytes, broken.class),
            _ => told_of_h265(&bytes, broken.class).into_iter().collect(),
        };
        assert_eq!(told, std::slice::from_ref(broken), "{}", stream.file);
        let (count, of_codec) = classes.entry(&stream.codec).or_default();
        *count += 1;
        of_codec.insert(broken.class);
    }
    for (codec, (count, of_codec)) in &classes {
        assert!(*count >= 200 && of_codec.len() >= 15, "{codec}: {count} of {} classes", of_codec.len());
    }
    assert_eq!(classes.len(), 2);
}

/// The slice ends as it should, and all bins can be read.
#[test]
fn a_wrong_mode_is_noticed_by_who_derives_modes_alone() {
    let (stream, broken) = broken::dream(1, &[], Class::IntraMode).unwrap();
    assert_eq!(told(&stream, Class::Bit), []);
    assert_eq!(told(&stream, Class::IntraMode), [broken]);
    for seed in 0..100 {
        assert_eq!(told(&dream::avc(seed, &[]).unwrap(), Class::IntraMode), [], "seed {seed}");
    }
}

/// FFmpeg checks whether there are samples to the left and above, but not whether there are any at the corner between them.
#[test]
fn ffmpeg_refuses_what_is_predicted_from_nothing() {
    let Some(_) = program("ffmpeg", "ffmpeg") else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut refused = 0;
    for seed in 0..40 {
        let (stream, broken) = broken::dream(seed, &[], Class::IntraMode).unwrap();
        let wrong = avc::Stream::new(&stream[..]).find_map(|unit| wrong_mode(&unit.unwrap())).unwrap();
        let path = dir.path().join(format!("{seed}.264"));
        fs::write(&path, &stream).unwrap();
        let played = play(FFMPEG, &path, Duration::from_secs(20)).unwrap();
        let is_content = played.status.is_some_and(|status| status.success());
        let needs_corner =
            if wrong.block.is_some() { (4..=6).contains(&wrong.mode) } else { wrong.mode == 3 };
        assert!(!is_content || needs_corner, "seed {seed}: {broken:?}");
        refused += usize::from(!is_content);
    }
    assert!(refused >= 30, "{refused} of 40");
}

/// The pictures of a broken stream are not compared; a decoder only has to survive it.
#[test]
fn decoders_survive_broken_streams() {
    let dir = tempfile::tempdir().unwrap();
    let count = Class::AVC.len();
    dreams(dir.path(), count as u32, &["--broken"]);
    let manifest = fs::read_to_string(dir.path().join("dreams.json")).unwrap();
    for class in Class::AVC {
        assert!(manifest.contains(&format!("\"class\":\"{}\"", class.name())), "{class:?}");
    }
    let all = format!("{count} broken and survived, 0 bad");
    expect(&judge(dir.path(), "cat {}; exit 1", &[]), 0, &[&all]);
    expect(&judge(dir.path(), "kill -11 $$", &[]), 1, &["0 broken and survived", "fails    signal: 11"]);
    expect(&judge(dir.path(), "sh -c 'kill -6 $$'; exit $?", &[]), 1, &["fails    exit status: 134"]);
    if program("ffmpeg", "ffmpeg").is_some() {
        expect(&judge(dir.path(), FFMPEG, &[]), 0, &[&all]);
    }
}
