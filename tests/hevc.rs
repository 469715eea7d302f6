//! Headers of H.265: what is read is what FFmpeg reads, and what is written is what was read.

use std::{collections::BTreeMap, fs, ops::RangeInclusive, path::PathBuf};

use crate::common::{
    Corpus,
    chosen::Chosen,
    ffmpeg::{Shown, shown},
    hevc_streams, program,
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::bin::Element;
use silicabac::hevc::headers::ParameterSets;
use silicabac::syntax::nal::{Units, unescape};
use silicabac::syntax::{BitReader, BitWriter, Elements, HeaderElement, Traced, Values};

fn all_streams() -> Vec<PathBuf> {
    let corpus = Corpus::find().map(|corpus| corpus.hevc_streams()).unwrap_or_default();
    hevc_streams().into_iter().chain(corpus).collect()
}

/// The RBSP of each NAL unit of a stream.
fn units(bytes: &[u8]) -> Vec<Vec<u8>> {
    Units::new(bytes).map(|unit| unescape(&unit.unwrap().bytes)).filter(|rbsp| !rbsp.is_empty()).collect()
}

/// The elements of the headers of each NAL unit of a stream.
fn headers(bytes: &[u8]) -> Vec<Vec<HeaderElement>> {
    let mut sets = ParameterSets::default();
    let read = |rbsp: Vec<u8>| {
        let mut reader = Traced::new(BitReader::new(&rbsp));
        sets.walk(&mut reader).unwrap_or_else(|error| panic!("{error}: {:?}", reader.elements.last()));
        reader.elements
    };
    units(bytes).into_iter().map(read).collect()
}

/// Whether a NAL unit is one of those that are read here, by its nal_unit_type.
fn is_read(unit: &[Shown]) -> bool {
    matches!(unit[1].2, 0..=9 | 16..=21 | 33..=35) && unit[2].2 == 0
}

/// FFmpeg names the bits after a profile by what they mean for that profile; here they are two elements that have no name in the standard.
fn is_constraint(name: &str) -> bool {
    name.contains("_constraint_bits_")
}

#[test]
fn headers_are_those_that_ffmpeg_shows() {
    let Some(ffmpeg) = program("ffmpeg", "ffmpeg") else { return };
    let mut elements = 0;
    for path in all_streams() {
        let ffmpeg = shown(&ffmpeg, "hevc", &path);
        let ffmpeg = ffmpeg.iter().filter(|unit| is_read(unit));
        let shown = |element: &HeaderElement| (element.bit, element.element.0.to_owned(), element.value);
        let own: Vec<Vec<Shown>> = headers(&fs::read(&path).unwrap())
            .iter()
            .map(|unit| unit.iter().map(shown).collect::<Vec<_>>())
            .filter(|unit| is_read(unit))
            .collect();
        let mut compared = 0;
        for (ffmpeg, own) in ffmpeg.zip(&own) {
            let constraints: Vec<u64> =
                own.iter().filter(|(_, name, _)| is_constraint(name)).map(|(bit, ..)| *bit).collect();
            let is_constrained =
                |bit: u64| constraints.iter().any(|first| (*first..first + 22).contains(&bit));
            let ffmpeg: Vec<_> = ffmpeg
                .iter()
                .filter(|(bit, name, _)| !name.starts_with("rbsp_") && !is_constrained(*bit))
                .collect();
            let own: Vec<_> = own.iter().filter(|(bit, ..)| !is_constrained(*bit)).collect();
            assert_eq!(own, ffmpeg, "{}, unit {compared}", path.display());
            compared += 1;
            elements += own.len();
        }
        assert!(compared + 2 >= own.len(), "{}: {compared} of {}", path.display(), own.len());
    }
    assert!(elements > 2_000, "only {elements} elements");
}

/// What is read, written again with the same values: the same bits.
#[test]
fn headers_are_written_as_they_were_read() {
    for path in all_streams() {
        let (mut reading, mut writing) = (ParameterSets::default(), ParameterSets::default());
        for rbsp in units(&fs::read(&path).unwrap()) {
            let mut reader = Traced::new(BitReader::new(&rbsp));
            reading.walk(&mut reader).unwrap();
            let elements = Elements::of(&reader.elements, |element| element.value);
            let mut writer = BitWriter::new(elements.values());
            writing.walk(&mut writer).unwrap();
            assert_eq!(writer.values().left(), None);
            reader.coder.rest().for_each(|bit| writer.push(bit));
            assert!(writer.into_parts().0 == rbsp, "{}", path.display());
        }
        assert_eq!(reading, writing);
    }
}

fn chosen(seed: u64, nal_unit_type: i64) -> Chosen {
    let special = |element: &str, _| match element {
        "alignment_bit_equal_to_one" => Some(1),
        "nuh_layer_id" | "alignment_bit_equal_to_zero" => Some(0),
        name if name.ends_with("_parameter_set_id") => Some(0),
        _ => None,
    };
    Chosen::new(seed, nal_unit_type, true, special)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Parameter sets and slice segment headers of any legal elements: what is read is what was written.
    #[test]
    fn any_elements_of_headers_come_back(seed: u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut writing, mut reading) = (ParameterSets::default(), ParameterSets::default());
        for nal_unit_type in [33, 34, 19, 1, 9, 35, 33, 34, 0] {
            let values = chosen(random.next_u64(), nal_unit_type);
            let mut writer = Traced::new(BitWriter::new(values));
            let written = writing.walk(&mut writer).unwrap();
            let rbsp = writer.coder.into_parts().0;
            let mut reader = Traced::new(BitReader::new(&rbsp));
            let read = reading.walk(&mut reader).unwrap();
            prop_assert_eq!(&reader.elements, &writer.elements);
            prop_assert_eq!(read, written);
            prop_assert_eq!(&reading, &writing);
        }
    }

    /// No bytes make the reading of a header endless.
    #[test]
    fn no_bytes_lead_a_header_astray(bytes in prop::collection::vec(any::<u8>(), 0..80), nal_unit_type in 0..64_u8) {
        let mut sets = ParameterSets::default();
        let stream = fs::read(&hevc_streams()[0]).unwrap();
        for rbsp in units(&stream).iter().take(3) {
            let _ = sets.walk(&mut BitReader::new(rbsp));
        }
        let _ = sets.walk(&mut BitReader::new(&[&[nal_unit_type << 1, 1][..], &bytes].concat()));
    }
}

/// A set that is predicted from another one, computed by hand (7-61 and 7-62): the pictures -1, -3 and 2 moved by -2.
#[test]
fn a_reference_picture_set_is_predicted() {
    let values = BTreeMap::from([
        ("num_negative_pics", vec![2]),
        ("num_positive_pics", vec![1]),
        ("delta_poc_s0_minus1", vec![0, 1]),
        ("used_by_curr_pic_s0_flag", vec![1, 1]),
        ("delta_poc_s1_minus1", vec![1]),
        ("used_by_curr_pic_s1_flag", vec![1]),
        ("inter_ref_pic_set_prediction_flag", vec![1]),
        ("delta_rps_sign", vec![1]),
        ("abs_delta_rps_minus1", vec![1]),
        ("used_by_curr_pic_flag", vec![1, 0, 1, 1]),
        ("use_delta_flag", vec![1]),
        ("num_short_term_ref_pic_sets", vec![2]),
    ]);
    struct Given(BTreeMap<&'static str, Vec<i64>>);
    impl Values for Given {
        fn value(&mut self, element: Element, legal: &RangeInclusive<i64>) -> Option<i64> {
            match self.0.get_mut(element.0) {
                Some(values) if !values.is_empty() => Some(values.remove(0)),
                _ if element.0 == "nal_unit_type" => Some(33),
                _ => Some(*legal.start()),
            }
        }
        fn has(&self, _: Element) -> bool {
            false
        }
    }
    let mut sets = ParameterSets::default();
    sets.walk(&mut BitWriter::new(Given(values))).unwrap();
    let set = &sets.sequence(0).unwrap().short_term_sets[1];
    // -1 becomes -3, -3 becomes -5, 2 becomes 0 and is dropped; the picture of the set itself is -2.
    assert_eq!(set.pictures, [vec![(-2, true), (-3, true), (-5, false)], vec![]]);
}
