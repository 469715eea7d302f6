//! Dreams for special cases of the bits: long runs of outstanding bits, contexts in all their states, many bytes of emulation prevention,
//! cabac_zero_words.

use crate::common::dreamt::{FFMPEG, judge, published};
use crate::common::{command, expect, program};
use silicabac::bin::Event;
use silicabac::context::Codec;
use silicabac::coverage::Item;
use silicabac::dream::{avc, features_of_avc, features_of_hevc, hevc};
use silicabac::observed::Observer;
use silicabac::stream::{Stream, StreamUnit};

const ASKED: [&str; 4] = ["long-runs", "saturated", "escapes", "zero-words"];

fn dream(codec: Codec, seed: u64, feature: &'static str) -> Vec<u8> {
    match codec {
        Codec::Avc => avc(seed, &[feature]).unwrap(),
        Codec::Hevc => hevc(seed, &[feature]).unwrap(),
    }
}

fn units(codec: Codec, bytes: &[u8]) -> Vec<StreamUnit> {
    Stream::new(codec, bytes).map(Result::unwrap).collect()
}

#[test]
fn what_is_asked_for_is_there_and_comes_back_as_the_same_bytes() {
    for codec in [Codec::Avc, Codec::Hevc] {
        for (feature, seed) in ASKED.into_iter().flat_map(|feature| (0..25).map(move |seed| (feature, seed)))
        {
            let bytes = dream(codec, seed, feature);
            let features =
                if codec == Codec::Avc { features_of_avc(&bytes) } else { features_of_hevc(&bytes) };
            assert!(features.contains(feature), "{codec:?} {feature} {seed}");
            let written = units(codec, &bytes)
                .iter()
                .flat_map(|unit| [unit.unit().prefix.clone(), unit.rewrite().unwrap()].concat())
                .collect::<Vec<u8>>();
            assert_eq!(written, bytes, "{codec:?} {feature} {seed}");
        }
    }
}

#[test]
fn ffmpeg_is_content_with_them() {
    let Some(_) = program("ffmpeg", "ffmpeg") else { return };
    for (codec, format) in [("h264", "h264"), ("h265", "hevc")] {
        for feature in ASKED {
            let dir = tempfile::tempdir().unwrap();
            let mut dream = command();
            dream.args([
                "stream",
                "dream",
                "--seed=77",
                "--count=10",
                "--codec",
                codec,
                "--features",
                feature,
            ]);
            dream.arg("-o").arg(dir.path());
            expect(&dream.output().unwrap(), 0, &["10 streams of 10 seeds from 77 on"]);
            let run = judge(dir.path(), &FFMPEG.replace("h264", format), &["--record", "FFmpeg"]);
            expect(&run, 0, &["10 streams: 0 equal, 10 of which no pictures are known"]);
        }
    }
}

/// Counts bins.
#[derive(Default)]
struct Bins(u64);

impl<C> Observer<C> for Bins {
    fn after(&mut self, _: &C, coded: Event) {
        self.0 += u64::from(coded.is_bin());
    }
}

/// The largest number of bins that a picture of the stream has beyond what its bytes and its samples allow; and how many pictures have
/// cabac_zero_words. `counts_words` says whether these are counted among the bytes.
fn excess(codec: Codec, bytes: &[u8], counts_words: bool) -> (f64, usize) {
    // Bins, bytes, the bits of the samples.
    let mut pictures: Vec<(u64, u64, u64)> = Vec::new();
    let mut with_words = 0;
    for unit in units(codec, bytes) {
        let (element, first, raw_bits) = match &unit {
            StreamUnit::Avc(own) => {
                let Some((parameters, _)) = own.slice() else { continue };
                let depths = [parameters.bit_depth_luma, parameters.bit_depth_chroma].map(u64::from);
                let chroma = [0, 2 * 64, 2 * 128, 2 * 256][usize::from(parameters.chroma_array_type)];
                let bits = 256 * depths[0] + chroma * depths[1];
                ("first_mb_in_slice", 0, bits * u64::from(parameters.pic_size_in_mbs))
            }
            StreamUnit::Hevc(own) => {
                let Some((parameters, ..)) = own.segment() else { continue };
                let sps = &parameters.sps;
                let [luma, chroma] = [sps.bit_depth_luma, sps.bit_depth_chroma].map(u64::from);
                let samples: u64 = sps.pic_size.map(u64::from).iter().product();
                let chroma = [0, 1, 2, 4][usize::from(sps.chroma_array_type())] * chroma;
                ("first_slice_segment_in_pic_flag", 1, samples * (2 * luma + chroma) / 2)
            }
        };
        if unit.headers().elements.iter().any(|coded| coded.element.0 == element && coded.value == first) {
            pictures.push((0, 0, raw_bits));
        }
        let picture = pictures.last_mut().unwrap();
        let (bins, tail) = unit.observe(Bins::default()).unwrap();
        let words = tail.unwrap().bytes.len();
        assert!(words % 2 == 0);
        with_words += usize::from(words > 0);
        picture.0 += bins.0;
        let bytes = unit.unit().bytes.len();
        picture.1 += (bytes - if counts_words { 0 } else { 3 * words / 2 }) as u64;
    }
    let excess = pictures
        .iter()
        .map(|&(bins, bytes, raw)| bins as f64 - 32.0 / 3.0 * bytes as f64 - raw as f64 / 32.0);
    (excess.fold(f64::MIN, f64::max), with_words)
}

/// H.264 clause 7.4.2.10, H.265 clause 7.4.3.10.
#[test]
fn no_picture_has_more_bins_than_its_bytes_allow() {
    for codec in [Codec::Avc, Codec::Hevc] {
        let (mut with_words, mut without) = (0, 0);
        for feature in ["saturated", "zero-words"] {
            for seed in 100..115 {
                let bytes = dream(codec, seed, feature);
                let (excess_of, words) = excess(codec, &bytes, true);
                assert!(excess_of <= 0.0, "{codec:?} {feature} {seed}: {excess_of}");
                with_words += words;
                without += usize::from(excess(codec, &bytes, false).0 > 0.0);
            }
        }
        assert!(with_words > 10 && without > 10, "{codec:?}: {with_words} {without}");
    }
}

/// The cells of an item that the published streams do not reach, in words.
fn missed(item: &Item) -> Vec<String> {
    item.missed().into_iter().map(|cell| item.label(cell)).collect()
}

#[test]
fn the_published_streams_reach_what_the_documents_say() {
    let (_, covered) = published("corners.json");
    for (codec, coverage) in &covered {
        for item in coverage.report().items {
            let excluded = item.exclusions.iter().flat_map(|exclusion| &exclusion.cells);
            assert!(excluded.into_iter().all(|&cell| item.hits[cell] == 0), "{codec:?} {}", item.name);
            let missed = missed(item);
            match item.name {
                "states" => assert!(item.percent() > 98.0, "{codec:?} {}", item.percent()),
                // No picture of this size has so many bits; a run of exactly 1,000 is rare.
                "outstanding" => {
                    let is_long =
                        |cell: &String| cell.ends_with("length 1000") || cell.ends_with("length 100000");
                    assert!(missed.len() <= 5 && missed.iter().all(is_long), "{codec:?} {missed:?}");
                }
                // For this a motion vector would have to change from one end of its range to the other.
                "bypass-runs" => assert!(missed.iter().all(|cell| cell.ends_with("length 25")), "{missed:?}"),
                name => assert_eq!(missed, [""; 0], "{codec:?} {name}"),
            }
        }
    }
}
