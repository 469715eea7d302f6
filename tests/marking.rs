//! Dreams of H.264 whose references come and go: every command, and every reference that a slice names, is for a picture that a decoder
//! still has. The decoder here follows clause 8.2.5 by the elements of headers.

use std::{collections::BTreeSet, fs, time::Duration};

use crate::common::dreamt::FFMPEG;
use crate::common::program;
use silicabac::avc::Stream;
use silicabac::dream::{avc, judge::play};
use silicabac::syntax::HeaderElement;

/// What a dream of H.264 has only if it is asked for. FFmpeg accepts all of these; of fields it accepts some.
const ASKED: [&[&str]; 7] = [
    &["marking"],
    &["marking", "mbaff"],
    &["mmco5"],
    &["gaps"],
    &["gaps", "long-term"],
    &["order-cycle"],
    &["order-cycle", "mmco5", "gaps"],
];
const FIELDS: [&[&str]; 3] = [&["marking", "field"], &["gaps", "field"], &["mmco5", "gaps", "field"]];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Unused,
    Short,
    Long(i64),
}

/// The top and the bottom field of a frame.
#[derive(Clone, Debug)]
struct Frame {
    frame_num: i64,
    marks: [Mark; 2],
    exists: bool,
}

/// The header of a slice.
struct Header(Vec<HeaderElement>);

impl Header {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = i64> + 'a {
        self.0.iter().filter(move |coded| coded.element.0 == name).map(|coded| coded.value)
    }

    fn get(&self, name: &str) -> i64 {
        self.all(name).next().unwrap_or(0)
    }

    /// Which fields are coded.
    fn fields(&self) -> Vec<usize> {
        if self.get("field_pic_flag") == 0 {
            vec![0, 1]
        } else {
            vec![self.get("bottom_field_flag") as usize]
        }
    }

    /// PicNum or LongTermPicNum in this picture of a reference whose frame has this number, by the reference's fields.
    fn pic_num(&self, number: i64, fields: &[usize]) -> i64 {
        if self.get("field_pic_flag") == 0 { number } else { 2 * number + i64::from(fields == self.fields()) }
    }
}

/// The state of a decoder.
#[derive(Default)]
struct Decoder {
    frames: Vec<Frame>,
    most: usize,
    max_frame_num: i64,
    prev_ref_frame_num: i64,
    max_long: i64,
    /// The first field, if the second one may follow.
    first: Option<(i64, usize)>,
    is_second: bool,
    operations: BTreeSet<i64>,
}

impl Decoder {
    /// The frame and the fields of a reference with this PicNum, or LongTermPicNum.
    fn named(&self, header: &Header, number: i64, is_long: bool) -> Result<(usize, Vec<usize>), String> {
        let choices: &[&[usize]] = if header.get("field_pic_flag") == 0 { &[&[0, 1]] } else { &[&[0], &[1]] };
        for (index, frame) in self.frames.iter().enumerate().filter(|(_, frame)| frame.exists) {
            for fields in choices {
                let is_one = fields.iter().all(|&field| match frame.marks[field] {
                    Mark::Unused => false,
                    Mark::Short => {
                        let before = frame.frame_num > header.get("frame_num");
                        let wrapped = frame.frame_num - if before { self.max_frame_num } else { 0 };
                        !is_long && header.pic_num(wrapped, fields) == number
                    }
                    Mark::Long(index) => is_long && header.pic_num(index, fields) == number,
                });
                if is_one {
                    return Ok((index, fields.to_vec()));
                }
            }
        }
        Err(format!("nothing is {number}, long-term {is_long}, in {:?}", self.frames))
    }

    fn slide(&mut self) {
        if self.frames.len() >= self.most {
            let shorts =
                self.frames.iter().enumerate().filter(|(_, frame)| frame.marks.contains(&Mark::Short));
            // In these streams frames are kept in the order of decoding.
            let first = shorts.map(|(index, _)| index).next();
            self.frames.remove(first.expect("a short-term reference"));
        }
    }

    /// Prepares for the first slice of a picture.
    fn begin(&mut self, header: &Header, is_idr: bool) {
        let (frame_num, fields) = (header.get("frame_num"), header.fields());
        self.is_second = fields.len() == 1 && self.first == Some((frame_num, 1 - fields[0]));
        self.first = (fields.len() == 1 && !self.is_second).then_some((frame_num, fields[0]));
        let mut next = (self.prev_ref_frame_num + 1) % self.max_frame_num;
        if is_idr || self.is_second || frame_num == self.prev_ref_frame_num {
            return;
        }
        while next != frame_num {
            self.slide();
            self.frames.push(Frame { frame_num: next, marks: [Mark::Short; 2], exists: false });
            self.prev_ref_frame_num = next;
            next = (next + 1) % self.max_frame_num;
        }
    }

    /// Checks every reference that a slice names; returns how many there are.
    fn lists(&self, header: &Header) -> Result<usize, String> {
        let scale = if header.get("field_pic_flag") == 0 { 1 } else { 2 };
        let (own, turn) = (scale * header.get("frame_num") + scale - 1, scale * self.max_frame_num);
        let (mut short, mut long) = (header.all("abs_diff_pic_num_minus1"), header.all("long_term_pic_num"));
        let (mut predicted, mut named) = (own, 0);
        for operation in header.all("modification_of_pic_nums_idc") {
            named += 1;
            match operation {
                0 | 1 => {
                    let difference = (short.next().unwrap() + 1) * if operation == 0 { -1 } else { 1 };
                    predicted = (predicted + difference).rem_euclid(turn);
                    let number = if predicted > own { predicted - turn } else { predicted };
                    self.named(header, number, false)?;
                }
                2 => _ = self.named(header, long.next().unwrap(), true)?,
                _ => predicted = own,
            }
        }
        Ok(named)
    }

    /// Marks a picture after it is decoded, given the header of one of its slices.
    fn mark(&mut self, header: &Header, is_idr: bool) -> Result<(), String> {
        if header.get("nal_ref_idc") == 0 {
            return Ok(());
        }
        let fields = header.fields();
        let mut own = Mark::Short;
        self.prev_ref_frame_num = header.get("frame_num");
        if is_idr {
            self.frames.clear();
            self.max_long = header.get("long_term_reference_flag");
            if self.max_long == 1 {
                own = Mark::Long(0);
            }
        } else if header.get("adaptive_ref_pic_marking_mode_flag") == 0 {
            if !self.is_second {
                self.slide();
            }
        } else {
            own = self.carry_out(header, &fields)?;
        }
        if !self.is_second {
            let frame_num = self.prev_ref_frame_num;
            self.frames.push(Frame { frame_num, marks: [Mark::Unused; 2], exists: true });
        }
        let last = self.frames.last_mut().ok_or("the first field is gone")?;
        fields.iter().for_each(|&field| last.marks[field] = own);
        let marks: BTreeSet<String> =
            last.marks.iter().filter(|mark| **mark != Mark::Unused).map(|mark| format!("{mark:?}")).collect();
        match self.frames.len() > self.most || marks.len() != 1 {
            true => Err(format!("{} frames of {}, the last {marks:?}", self.frames.len(), self.most)),
            false => Ok(()),
        }
    }

    /// Executes the commands of a picture; returns how the picture itself is marked.
    fn carry_out(&mut self, header: &Header, own: &[usize]) -> Result<Mark, String> {
        let pic_num = header.pic_num(header.get("frame_num"), own);
        let count = header.all("modification_of_pic_nums_idc").filter(|operation| *operation == 2).count();
        let differences: Vec<i64> = header.all("difference_of_pic_nums_minus1").collect();
        let long_nums: Vec<i64> = header.all("long_term_pic_num").skip(count).collect();
        let indices: Vec<i64> = header.all("long_term_frame_idx").collect();
        let (mut differences, mut long_nums, mut indices) =
            (differences.into_iter(), long_nums.into_iter(), indices.into_iter());
        let mut mark = Mark::Short;
        for operation in header.all("memory_management_control_operation") {
            self.operations.insert(operation);
            match operation {
                1 => {
                    let (frame, fields) =
                        self.named(header, pic_num - differences.next().unwrap() - 1, false)?;
                    fields.iter().for_each(|&field| self.frames[frame].marks[field] = Mark::Unused);
                }
                2 => {
                    let (frame, fields) = self.named(header, long_nums.next().unwrap(), true)?;
                    fields.iter().for_each(|&field| self.frames[frame].marks[field] = Mark::Unused);
                }
                3 => {
                    let (frame, fields) =
                        self.named(header, pic_num - differences.next().unwrap() - 1, false)?;
                    let index = self.index(indices.next().unwrap())?;
                    self.free(index, Some(frame));
                    fields.iter().for_each(|&field| self.frames[frame].marks[field] = Mark::Long(index));
                }
                4 => {
                    self.max_long = header.get("max_long_term_frame_idx_plus1");
                    (self.max_long..16).for_each(|index| self.free(index, None));
                }
                5 => {
                    self.frames.clear();
                    (self.max_long, self.prev_ref_frame_num) = (0, 0);
                }
                6 => {
                    let index = self.index(indices.next().unwrap())?;
                    self.free(index, self.is_second.then(|| self.frames.len() - 1));
                    mark = Mark::Long(index);
                }
                _ => {}
            }
        }
        self.frames.retain(|frame| frame.marks != [Mark::Unused; 2]);
        Ok(mark)
    }

    fn index(&self, index: i64) -> Result<i64, String> {
        if index < self.max_long { Ok(index) } else { Err(format!("index {index} of {}", self.max_long)) }
    }

    /// Makes this LongTermFrameIdx free in all frames but one.
    fn free(&mut self, index: i64, kept: Option<usize>) {
        let others = self.frames.iter_mut().enumerate().filter(|(number, _)| Some(*number) != kept);
        let marks = others.flat_map(|(_, frame)| &mut frame.marks);
        marks.filter(|mark| **mark == Mark::Long(index)).for_each(|mark| *mark = Mark::Unused);
    }
}

/// Checks a stream; returns how many references are named, and the operations there are. Without `marks`, pictures are not marked after
/// they are decoded.
fn check(stream: &[u8], marks: bool) -> Result<(usize, BTreeSet<i64>), String> {
    let mut decoder = Decoder::default();
    let mut last: Option<(Header, bool)> = None;
    let mut named = 0;
    for unit in Stream::new(stream).map(Result::unwrap) {
        let header = Header(unit.headers().elements);
        match unit.nal_unit_type() {
            Some(7) => {
                decoder.most = header.get("max_num_ref_frames") as usize;
                decoder.max_frame_num = 16 << header.get("log2_max_frame_num_minus4");
            }
            Some(kind @ (1 | 5)) => {
                let is_idr = kind == 5;
                if header.get("first_mb_in_slice") == 0 && header.get("colour_plane_id") == 0 {
                    if let Some((header, is_idr)) = last.take().filter(|_| marks) {
                        decoder.mark(&header, is_idr)?;
                    }
                    decoder.begin(&header, is_idr);
                    last = Some((Header(header.0.clone()), is_idr));
                }
                named += decoder.lists(&header)?;
            }
            _ => {}
        }
    }
    Ok((named, decoder.operations))
}

#[test]
fn what_is_named_is_there() {
    let (mut named, mut operations) = (0, BTreeSet::new());
    let all = ASKED.into_iter().chain(FIELDS).chain([&["p", "field"][..], &["separate-planes"]]);
    for (wanted, seed) in all.flat_map(|wanted| (0..20).map(move |seed| (wanted, seed))) {
        let stream = avc(seed, wanted).unwrap();
        let found = check(&stream, true);
        let (count, own) = found.unwrap_or_else(|error| panic!("{wanted:?}, seed {seed}: {error}"));
        named += count;
        operations.extend(own);
    }
    assert!(named > 5_000, "{named}");
    assert_eq!(operations.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_reference_that_is_not_there_is_noticed() {
    let error = check(&avc(1, &["marking", "p"]).unwrap(), false).unwrap_err();
    assert!(error.starts_with("nothing is "), "{error}");
}

/// All frames are output, and no others: none from a gap.
#[test]
fn ffmpeg_is_content_with_references_that_come_and_go() {
    let Some(_) = program("ffmpeg", "ffmpeg") else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.264");
    let counted = FFMPEG.replace("-f framemd5 -", "-f framemd5 - | tee {}.md5");
    for (wanted, seed) in ASKED.into_iter().flat_map(|wanted| (0..8).map(move |seed| (wanted, seed))) {
        let stream = avc(seed, wanted).unwrap();
        fs::write(&path, &stream).unwrap();
        let played = play(&counted, &path, Duration::from_secs(20)).unwrap();
        assert!(played.status.is_some_and(|status| status.success()), "{wanted:?}, seed {seed}: {played:?}");
        let listed = fs::read_to_string(dir.path().join("s.264.md5")).unwrap();
        let shown = listed.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(shown, frames(&stream), "{wanted:?}, seed {seed}");
    }
}

/// How many frames a stream has; each field is half of one.
fn frames(stream: &[u8]) -> usize {
    let halves = Stream::new(stream).map(Result::unwrap).map(|unit| {
        let header = Header(unit.headers().elements);
        let is_first = header.all("first_mb_in_slice").next() == Some(0);
        usize::from(is_first) * if header.get("field_pic_flag") == 1 { 1 } else { 2 }
    });
    halves.sum::<usize>() / 2
}

/// Each of the three planes of a picture is completely coded in slices of its own, and each slice is written again as it was read.
#[test]
fn separate_planes_are_all_there() {
    let mut slices = 0;
    for seed in 0..30 {
        let stream = avc(seed, &["separate-planes"]).unwrap();
        let mut coded = [0; 3];
        for unit in Stream::new(&stream[..]).map(Result::unwrap) {
            let Some((parameters, _)) = unit.slice() else { continue };
            assert_eq!(parameters.chroma_array_type, 0);
            assert_eq!(unit.rewrite().unwrap(), unit.unit.bytes);
            let plane = Header(unit.headers().elements).get("colour_plane_id");
            unit.observe((), |_| coded[plane as usize] += 1).unwrap().1.unwrap();
            slices += 1;
        }
        assert!(coded[0] > 0 && coded == [coded[0]; 3], "seed {seed}: {coded:?}");
    }
    assert!(slices > 180, "{slices}");
}
