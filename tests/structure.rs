//! Dreams of H.265 that are asked for sub-layers, leading pictures or long orders of output. Clauses 7.4.2.2, 8.3.1 and 8.3.2 are
//! implemented here a second time: the order of each picture and the pictures that it keeps follow from the headers, and all rules on these
//! hold.

use std::collections::{BTreeMap, BTreeSet};

use silicabac::dream::hevc;
use silicabac::hevc::Stream;
use silicabac::hevc::headers::ShortTermSet;

/// The elements of a picture's headers.
#[derive(Clone, Debug)]
struct Picture {
    kind: i64,
    temporal_id: i64,
    nests: bool,
    lsb: i64,
    max_lsb: i64,
    /// Differences of the short-term references, and whether each is used.
    short: Vec<(i64, bool)>,
    /// The lower bits of the long-term references, DeltaPocMsbCycleLt, and whether each is used.
    long: Vec<(i64, Option<i64>, bool)>,
    is_output: bool,
}

type Elements = BTreeMap<&'static str, Vec<i64>>;

/// The pictures of a stream.
fn pictures(stream: &[u8]) -> Vec<Picture> {
    let (mut all, mut set) = (Vec::new(), Elements::new());
    for unit in Stream::new(stream).map(Result::unwrap) {
        let mut elements = Elements::new();
        for coded in unit.headers().elements {
            elements.entry(coded.element.0).or_default().push(coded.value);
        }
        if unit.nal_unit_type() == Some(33) {
            set = elements;
            continue;
        }
        if elements.get("first_slice_segment_in_pic_flag") != Some(&vec![1]) {
            continue;
        }
        let one = |name| elements.get(name).map_or(0, |values: &Vec<i64>| values[0]);
        let max_lsb = 16 << set["log2_max_pic_order_cnt_lsb_minus4"][0];
        let (parameters, ..) = unit.segment().unwrap();
        let is_idr = matches!(one("nal_unit_type"), 19 | 20);
        all.push(Picture {
            kind: one("nal_unit_type"),
            temporal_id: one("nuh_temporal_id_plus1") - 1,
            nests: set["sps_temporal_id_nesting_flag"][0] == 1,
            lsb: one("slice_pic_order_cnt_lsb"),
            max_lsb,
            short: if is_idr { Vec::new() } else { short(&elements, &parameters.sps.short_term_sets) },
            long: long(&elements, &set),
            is_output: elements.get("pic_output_flag").is_none_or(|flag| flag[0] == 1),
        });
    }
    all
}

/// st_ref_pic_set() of a slice, or the one that it uses from the sequence parameter set.
fn short(elements: &Elements, sets: &[ShortTermSet]) -> Vec<(i64, bool)> {
    let all = |name| elements.get(name).cloned().unwrap_or_default();
    let one = |name| all(name).first().copied().unwrap_or(0);
    let of = |set: &ShortTermSet| -> Vec<(i64, bool)> {
        set.pictures.iter().flatten().map(|(delta, is_used)| (i64::from(*delta), *is_used)).collect()
    };
    if one("short_term_ref_pic_set_sps_flag") == 1 {
        return of(&sets[one("short_term_ref_pic_set_idx") as usize]);
    }
    if one("inter_ref_pic_set_prediction_flag") == 1 {
        let reference = of(&sets[sets.len() - 1 - one("delta_idx_minus1") as usize]);
        let delta_rps = (1 - 2 * one("delta_rps_sign")) * (1 + one("abs_delta_rps_minus1"));
        let mut kept = all("use_delta_flag").into_iter();
        let deltas = reference.iter().map(|(delta, _)| delta + delta_rps).chain([delta_rps]);
        let used = all("used_by_curr_pic_flag");
        let picture = |(delta, used): (i64, &i64)| {
            (*used == 1 || kept.next() == Some(1)).then_some((delta, *used == 1))
        };
        return deltas.zip(&used).filter_map(picture).collect();
    }
    let side = |deltas, used, sign| {
        let mut last = 0_i64;
        let pictures = all(deltas).into_iter().zip(all(used));
        let picture = |(delta, used): (i64, i64)| {
            last += sign * (delta + 1);
            (last, used == 1)
        };
        pictures.map(picture).collect::<Vec<_>>()
    };
    let mut set = side("delta_poc_s0_minus1", "used_by_curr_pic_s0_flag", -1);
    set.extend(side("delta_poc_s1_minus1", "used_by_curr_pic_s1_flag", 1));
    set
}

fn long(elements: &Elements, set: &Elements) -> Vec<(i64, Option<i64>, bool)> {
    let queue = |from: &Elements, name| from.get(name).cloned().unwrap_or_default().into_iter();
    let count = |name| queue(elements, name).next().unwrap_or(0);
    let listed: Vec<(i64, i64)> =
        queue(set, "lt_ref_pic_poc_lsb_sps").zip(queue(set, "used_by_curr_pic_lt_sps_flag")).collect();
    let (mut places, mut lsbs) = (queue(elements, "lt_idx_sps"), queue(elements, "poc_lsb_lt"));
    let mut used = queue(elements, "used_by_curr_pic_lt_flag");
    let (mut present, mut cycles) =
        (queue(elements, "delta_poc_msb_present_flag"), queue(elements, "delta_poc_msb_cycle_lt"));
    let (of_set, own) = (count("num_long_term_sps"), count("num_long_term_pics"));
    let mut sum = 0;
    let mut all = Vec::new();
    for index in 0..of_set + own {
        let (lsb, is_used) = if index < of_set {
            listed[places.next().unwrap_or(0) as usize]
        } else {
            (lsbs.next().unwrap(), used.next().unwrap())
        };
        if index == of_set {
            sum = 0;
        }
        let is_told = present.next() == Some(1);
        sum += if is_told { cycles.next().unwrap() } else { 0 };
        all.push((lsb, is_told.then_some(sum), is_used == 1));
    }
    all
}

/// A picture that was decoded.
#[derive(Clone, Copy, Debug)]
struct Decoded {
    order: i64,
    kind: i64,
    temporal_id: i64,
}

/// What is wrong, picture by picture, and how many pictures are output.
fn judge(all: &[Picture]) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut kept: Vec<Decoded> = Vec::new();
    // PicOrderCntVal of the last picture of the lowest sub-layer from which the next ones are derived.
    let mut last = 0_i64;
    let mut irap = Decoded { order: 0, kind: 0, temporal_id: 0 };
    // Orders of the sequence so far; the orders before the last switch of each sub-layer; pictures that no other of their sub-layer may
    // refer to.
    let (mut orders, mut switched, mut lone) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let (mut decodes_rasl, mut has_trailing, mut output) = (false, false, 0);
    let (mut after_irap, mut radl, mut rasl) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (number, picture) in all.iter().enumerate() {
        let Picture { kind, temporal_id, max_lsb, .. } = *picture;
        let mut object = |is_wrong: bool, why: &str| {
            if is_wrong {
                wrong.push(format!("picture {number}, of type {kind}: {why}"));
            }
        };
        let is_irap = matches!(kind, 16..=21);
        let begins = is_irap && (kind != 21 || number == 0);
        let order = if begins {
            picture.lsb
        } else {
            let nearest =
                (-1..=1).rev().map(|cycle| last - last.rem_euclid(max_lsb) + cycle * max_lsb + picture.lsb);
            nearest.min_by_key(|order| (order - last).abs()).unwrap()
        };
        if begins {
            (kept, orders) = (Vec::new(), Vec::new());
            (switched, lone) = (BTreeMap::new(), BTreeSet::new());
        }
        object(orders.contains(&order), "another one has its order");
        let is_missing_allowed = begins || matches!(kind, 8 | 9) && !decodes_rasl;
        let mut now: Vec<(Decoded, bool)> = Vec::new();
        for &(delta, is_used) in &picture.short {
            let found = kept.iter().find(|other| other.order == order + delta);
            object(found.is_none() && !is_missing_allowed, "a short-term reference is not there");
            now.extend(found.map(|other| (*other, is_used)));
        }
        for &(lsb, cycle, is_used) in &picture.long {
            let base = order - order.rem_euclid(max_lsb);
            let is_it = |other: &&Decoded| match cycle {
                Some(cycle) => other.order == base - cycle * max_lsb + lsb,
                None => other.order.rem_euclid(max_lsb) == lsb,
            };
            let found = kept.iter().filter(is_it).count();
            object(
                found > 1 || found == 0 && !is_missing_allowed,
                "a long-term reference is not there, or not one",
            );
            now.extend(kept.iter().find(is_it).map(|other| (*other, is_used)));
        }
        let is_leading = matches!(kind, 6..=9);
        object(is_irap && temporal_id > 0, "an IRAP picture is not in the lowest sub-layer");
        object(is_irap && now.iter().any(|(_, is_used)| *is_used), "an IRAP picture refers to another");
        object(matches!(kind, 2..=5) && temporal_id == 0, "it switches up from nothing");
        let is_switching = matches!(kind, 2 | 3) || picture.nests && temporal_id > 0;
        object(picture.nests && temporal_id > 0 && !matches!(kind, 2 | 3 | 6..=9), "it is no TSA picture");
        for (other, is_used) in &now {
            object(other.temporal_id > temporal_id, "it keeps one of a higher sub-layer");
            object(is_switching && other.temporal_id >= temporal_id, "it keeps one of its sub-layer");
            let same = other.temporal_id == temporal_id;
            object(*is_used && same && lone.contains(&other.order), "it refers to a non-reference picture");
            let before_switch: Option<&BTreeSet<i64>> = switched.get(&temporal_id);
            let is_before = before_switch.is_some_and(|orders| orders.contains(&other.order));
            object(
                *is_used && same && (is_before || matches!(kind, 4 | 5)),
                "it refers to what precedes an STSA picture",
            );
            let is_of_irap = after_irap.contains(&other.order);
            object(
                *is_used && matches!(kind, 6 | 7) && (!is_of_irap || matches!(other.kind, 8 | 9)),
                "a RADL picture refers to what may not be there",
            );
            object(
                !is_irap && !is_leading && (!is_of_irap || other.order < irap.order),
                "a trailing picture keeps what precedes its IRAP picture",
            );
            object(
                kind == 21 && (!is_of_irap || other.order < irap.order),
                "a CRA picture keeps what precedes the IRAP picture before it",
            );
        }
        object(is_leading && (order > irap.order || has_trailing), "a leading picture is in the wrong place");
        object(!is_irap && !is_leading && order < irap.order, "a trailing picture precedes its IRAP picture");
        object(matches!(kind, 8 | 9) && !matches!(irap.kind, 16 | 21), "there can be no RASL picture");
        object(
            matches!(kind, 6 | 7) && !matches!(irap.kind, 16 | 17 | 19 | 21),
            "there can be no RADL picture",
        );
        object(
            matches!(kind, 8 | 9) && radl.iter().any(|other| *other < order),
            "a RASL picture follows a RADL one",
        );
        object(
            matches!(kind, 6 | 7) && rasl.iter().any(|other| *other > order),
            "a RASL picture follows a RADL one",
        );
        has_trailing |= !is_irap && !is_leading;
        output += usize::from(picture.is_output && (decodes_rasl || !matches!(kind, 8 | 9)));
        if is_irap {
            (decodes_rasl, has_trailing) = (!begins, false);
            after_irap.clear();
            radl.clear();
            rasl.clear();
        }
        match kind {
            6 | 7 => radl.push(order),
            8 | 9 => rasl.push(order),
            _ => {}
        }
        after_irap.insert(order);
        orders.push(order);
        kept = now.into_iter().map(|(other, _)| other).collect();
        if matches!(kind, 4 | 5) {
            let before = orders.iter().copied().filter(|other| *other != order).collect();
            switched.insert(temporal_id, before);
        }
        let own = Decoded { order, kind, temporal_id };
        if is_irap {
            irap = own;
        }
        kept.push(own);
        let is_lone = kind < 16 && kind % 2 == 0;
        if is_lone {
            lone.insert(order);
        }
        if temporal_id == 0 && !is_leading && !is_lone {
            last = order;
        }
    }
    (wrong, output)
}

const WANTED: [&[&str]; 7] = [
    &["sub-layers"],
    &["tsa", "stsa"],
    &["radl", "rasl"],
    &["leading", "sub-layers"],
    &["msb-cycle"],
    &["msb-cycle", "sub-layers"],
    &["no-output-of-prior-pics"],
];

#[test]
fn pictures_keep_to_their_sub_layers_and_iraps() {
    let mut counts = BTreeMap::new();
    for wanted in WANTED {
        for seed in 0..25 {
            let all = pictures(&hevc(seed, wanted).unwrap());
            assert_eq!(judge(&all).0, [""; 0], "{wanted:?} {seed}");
            all.iter().for_each(|picture| *counts.entry(picture.kind).or_insert(0) += 1);
        }
    }
    assert!((0..10).chain(16..22).all(|kind| counts[&kind] > 5), "{counts:?}");
}

/// One picture is changed at a time, and all kinds of errors are found.
#[test]
fn pictures_that_do_not_are_noticed() {
    let mut said = BTreeSet::new();
    for (wanted, seed) in WANTED.iter().flat_map(|wanted| (0..12).map(move |seed| (wanted, seed))) {
        let all = pictures(&hevc(seed, wanted).unwrap());
        for index in 0..all.len() {
            let changes: [fn(&mut Picture); 9] = [
                |picture| picture.temporal_id += 1,
                |picture| picture.kind = 3,
                |picture| picture.kind = 4,
                |picture| picture.kind = 0,
                |picture| picture.kind = 7,
                |picture| picture.kind = 9,
                |picture| picture.kind = 18,
                |picture| picture.lsb = (picture.lsb + 5) % picture.max_lsb,
                |picture| picture.short.iter_mut().for_each(|(_, is_used)| *is_used = true),
            ];
            for change in changes {
                let mut all = all.clone();
                change(&mut all[index]);
                said.extend(judge(&all).0.iter().filter_map(|why| why.split(": ").nth(1).map(str::to_owned)));
            }
        }
    }
    assert!(said.len() >= 17, "{said:#?}");
}

/// The output is known: all pictures except RASL pictures of a sequence that begins there, and those with pic_output_flag 0.
#[test]
fn ffmpeg_outputs_the_pictures_that_are_to_be_output() {
    let Some(ffmpeg) = crate::common::program("ffmpeg", "ffmpeg") else { return };
    for (wanted, seed) in WANTED.iter().flat_map(|wanted| (0..4).map(move |seed| (wanted, seed))) {
        let stream = hevc(seed, wanted).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &stream).unwrap();
        let mut command = std::process::Command::new(&ffmpeg);
        command.args(["-v", "error", "-threads", "1", "-f", "hevc", "-i"]).arg(file.path());
        let run = command.args(["-fps_mode", "passthrough", "-f", "framemd5", "-"]).output().unwrap();
        let frames =
            String::from_utf8_lossy(&run.stdout).lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(frames, judge(&pictures(&stream)).1, "{wanted:?} {seed}");
    }
}
