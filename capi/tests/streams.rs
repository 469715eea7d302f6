//! The example that stands in for a decoder hands over what the library reads, also of streams that are damaged; and what is put is written.

mod common;

use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use common::lists::Lists;
use silicabac::context::Codec;
use silicabac::hevc::{CodingTreeUnit, SegmentData};
use silicabac::stream::{StreamUnit, codec_of};
use silicabac::{avc, hevc};
use silicabac_capi as c;

fn streams() -> Vec<PathBuf> {
    let dir = common::root().join("../tests/streams");
    let mut streams: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    streams.sort();
    assert!(streams.len() > 20);
    streams
}

/// What the example counts.
#[derive(Default)]
struct Counts {
    units: u64,
    blocks: u64,
    levels: u64,
    sum: i64,
    damaged: u32,
}

impl Counts {
    fn of(stream: &[u8]) -> Counts {
        let mut counts = Counts::default();
        let codec = codec_of(stream).unwrap_or(Codec::Avc);
        for unit in silicabac::stream::Stream::new(codec, stream) {
            counts.add(&unit.unwrap());
        }
        counts
    }

    fn add(&mut self, unit: &StreamUnit) {
        let read = match unit {
            StreamUnit::Avc(unit) => {
                unit.observe((), |read_unit| self.macroblock(read_unit.macroblock)).map(|read| read.1.is_ok())
            }
            StreamUnit::Hevc(unit) => unit
                .observe((), |read_unit| self.coding_tree_unit(read_unit.coding_tree_unit))
                .map(|read| read.1.is_ok()),
        };
        let is_other = unit.state() == silicabac::stream::State::Other;
        self.damaged += u32::from(!read.unwrap_or(is_other));
    }

    fn macroblock(&mut self, macroblock: &avc::Macroblock) {
        self.units += 1;
        let levels = &macroblock.levels;
        let chroma = levels.len().saturating_sub(256) / 2;
        let size = if macroblock.transform_size_8x8_flag { 64 } else { 16 };
        let (luma, chromas) = levels.split_at(levels.len().min(256));
        let chroma_size = if chroma == 256 { size } else { 16 };
        for block in luma.chunks(size).chain(chromas.chunks(chroma_size)) {
            let coded = block.iter().filter(|level| **level != 0);
            self.levels += coded.clone().count() as u64;
            self.sum += coded.clone().map(|level| i64::from(*level)).sum::<i64>();
            self.blocks += u64::from(coded.count() > 0);
        }
    }

    fn coding_tree_unit(&mut self, unit: &hevc::CodingTreeUnit) {
        self.units += 1;
        self.blocks += unit.blocks.len() as u64;
        self.levels += unit.levels.len() as u64;
        self.sum += unit.levels.iter().map(|level| i64::from(level.level)).sum::<i64>();
    }

    fn line(&self) -> String {
        let Counts { units, blocks, levels, sum, damaged } = self;
        format!("{units} units, {blocks} blocks, {levels} levels, sum {sum}, damaged {damaged}")
    }
}

/// The stream with a byte of a slice in its middle that is another.
fn damaged(stream: &[u8], at: usize) -> Vec<u8> {
    let mut damaged = stream.to_vec();
    let at = (stream.len() / 7 * at).min(stream.len() - 9);
    damaged[at..at + 8].iter_mut().for_each(|byte| *byte ^= 0x5a);
    damaged
}

#[test]
fn the_stand_in_hands_over_what_the_library_reads() {
    let Some(program) = common::Program::compile(&common::root().join("examples/stand_in.c")) else { return };
    let mut noticed = 0;
    for path in streams() {
        let stream = std::fs::read(&path).unwrap();
        let whole = Counts::of(&stream);
        assert_eq!(whole.damaged, 0);
        assert_eq!(program.prints(&[&path]).lines().last(), Some(&*whole.line()), "{}", path.display());
        for at in [3, 5] {
            let stream = damaged(&stream, at);
            let counts = Counts::of(&stream);
            noticed += counts.damaged;
            let file = common::file(&stream);
            let printed = program.prints(&[file.path()]);
            assert_eq!(printed.lines().last(), Some(&*counts.line()), "{} {at}", path.display());
        }
    }
    assert!(noticed > 20, "{noticed}");
}

/// The positions of coding units, which the library does not tell, tile the picture.
#[test]
fn coding_units_tile_the_picture() {
    let Some(program) = common::Program::compile(&common::root().join("examples/stand_in.c")) else { return };
    let path = common::root().join("../tests/streams/x265_main_ipb_qcif.265");
    let dump = common::file(&[]);
    program.prints(&[&path, dump.path()]);
    let text = std::fs::read_to_string(dump.path()).unwrap();
    let mut area = 0;
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        if line.starts_with("ctu 0 ") {
            seen.clear();
        }
        let words: Vec<_> = line.split(' ').collect();
        for cu in
            words.iter().enumerate().filter(|(_, word)| **word == "cu").map(|(at, _)| &words[at + 1..at + 3])
        {
            let (x, y) = cu[0].split_once(',').unwrap();
            let [x, y, size]: [u32; 3] = [x, y, cu[1]].map(|word| word.parse().unwrap());
            assert!(x % size == 0 && y % size == 0 && x + size <= 176 && y + size <= 144, "{line}");
            for square in 0..size * size / 64 {
                assert!(seen.insert((x + square % (size / 8) * 8, y + square / (size / 8) * 8)), "{line}");
            }
            area += size * size;
        }
    }
    let pictures = text.lines().filter(|line| line.starts_with("ctu 0 ")).count() as u32;
    assert!(pictures > 1 && area == pictures * 176 * 144, "{pictures} {area}");
}

/// What a slice of H.264 is written as, from the macroblocks that C has read, is what it was.
#[test]
fn macroblocks_are_written_as_they_were_read() {
    let path = Path::new("../tests/streams/x264_high_8x8_cif.264");
    let bytes = std::fs::read(common::root().join(path)).unwrap();
    let mut stream = std::ptr::null_mut();
    let mut slices = 0;
    // SAFETY: all pointers are valid, and structs are written where the status is `Ok`.
    unsafe {
        let (data, length) = (bytes.as_ptr(), bytes.len());
        assert_eq!(
            c::silicabac_stream_create(c::SILICABAC_CODEC_AVC, data, length, &mut stream),
            c::Status::Ok
        );
        let mut unit = MaybeUninit::<c::Unit>::uninit();
        while c::silicabac_stream_next(stream, unit.as_mut_ptr()) == c::Status::Ok {
            let mut macroblock = MaybeUninit::uninit();
            while c::silicabac_stream_macroblock(stream, macroblock.as_mut_ptr()) == c::Status::Ok {
                let put = c::silicabac_stream_put_macroblock(stream, macroblock.as_ptr());
                assert_eq!(put, c::Status::Ok);
            }
            let unit = unit.assume_init_ref();
            let mut written = vec![0; unit.length + 16];
            let mut length = 0;
            let (room, place) = (written.len(), written.as_mut_ptr());
            assert_eq!(c::silicabac_stream_write(stream, place, room, &mut length), c::Status::Ok);
            assert_eq!(&written[..length], std::slice::from_raw_parts(unit.bytes, unit.length));
            slices += u32::from(unit.state == c::SILICABAC_UNIT_SLICE);
        }
        assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);
    }
    assert!(slices > 0);
}

/// A stream at its first slice.
fn at_first_slice(bytes: &[u8]) -> *mut c::Stream {
    let (mut stream, mut unit) = (std::ptr::null_mut(), MaybeUninit::<c::Unit>::uninit());
    // SAFETY: all pointers are valid, and a unit is written where the status is `Ok`.
    unsafe {
        let created =
            c::silicabac_stream_create(c::SILICABAC_CODEC_UNKNOWN, bytes.as_ptr(), bytes.len(), &mut stream);
        assert_eq!(created, c::Status::Ok);
        loop {
            assert_eq!(c::silicabac_stream_next(stream, unit.as_mut_ptr()), c::Status::Ok);
            if unit.assume_init_ref().state == c::SILICABAC_UNIT_SLICE {
                return stream;
            }
        }
    }
}

#[test]
fn what_cannot_be_written_or_asked_for_is_refused() {
    let dir = common::root().join("../tests/streams");
    let [avc, hevc] =
        ["x264_gray_qcif.264", "x265_main_ipb_qcif.265"].map(|name| std::fs::read(dir.join(name)).unwrap());
    let (mut length, mut room, mut macroblock) = (0, [0; 1 << 12], MaybeUninit::<c::Macroblock>::uninit());
    let place = room.as_mut_ptr();
    // SAFETY: all pointers are valid, and a macroblock is written where the status is `Ok`.
    unsafe {
        let stream = at_first_slice(&hevc);
        assert_eq!(c::silicabac_stream_macroblock(stream, macroblock.as_mut_ptr()), c::Status::State);
        assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);

        let stream = at_first_slice(&avc);
        assert_eq!(c::silicabac_stream_macroblock(stream, macroblock.as_mut_ptr()), c::Status::Ok);
        let macroblock = macroblock.assume_init_mut();
        macroblock.mb_kind = 9;
        assert_eq!(c::silicabac_stream_put_macroblock(stream, macroblock), c::Status::Argument);
        macroblock.mb_kind = c::SILICABAC_MB_I;
        macroblock.mb_qp_delta = 127;
        assert_eq!(c::silicabac_stream_put_macroblock(stream, macroblock), c::Status::Ok);
        assert_eq!(c::silicabac_stream_write(stream, place, room.len(), &mut length), c::Status::Illegal);
        let told = c::silicabac_stream_message(stream, place.cast(), room.len(), &mut length);
        assert_eq!(told, c::Status::Ok);
        let message = String::from_utf8_lossy(&room[..length]);
        assert!(message.contains("mb_qp_delta"), "{message}");
        assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);
    }
}

/// A stream of H.265 written by the calls of C, with what `edit` makes of each coding tree unit; those for which it returns `false` are not put.
fn written(bytes: &[u8], mut edit: impl FnMut(&mut Lists) -> bool) -> Vec<u8> {
    let (mut stream, mut all, mut end) = (std::ptr::null_mut(), Vec::new(), 0);
    // SAFETY: all pointers are valid, and structs are written where the status is `Ok`.
    unsafe {
        let created =
            c::silicabac_stream_create(c::SILICABAC_CODEC_HEVC, bytes.as_ptr(), bytes.len(), &mut stream);
        assert_eq!(created, c::Status::Ok);
        let (mut unit, mut read) = (MaybeUninit::<c::Unit>::uninit(), MaybeUninit::uninit());
        while c::silicabac_stream_next(stream, unit.as_mut_ptr()) == c::Status::Ok {
            while c::silicabac_stream_coding_tree_unit(stream, read.as_mut_ptr()) == c::Status::Ok {
                let mut lists = Lists::of(read.assume_init_ref());
                if edit(&mut lists) {
                    let put = c::silicabac_stream_put_coding_tree_unit(stream, &lists.as_c());
                    assert_eq!(put, c::Status::Ok);
                }
            }
            let unit = unit.assume_init_ref();
            all.extend_from_slice(&bytes[end..unit.offset as usize]);
            end = unit.offset as usize + unit.length;
            let (mut written, mut length) = (Vec::with_capacity(8 * unit.length + 16), 0);
            let status =
                c::silicabac_stream_write(stream, written.as_mut_ptr(), written.capacity(), &mut length);
            assert_eq!(status, c::Status::Ok);
            written.set_len(length);
            all.extend(written);
        }
        assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);
    }
    all
}

/// The slice segments of a stream, each with whether it is dependent. Their entry points are right.
fn segments(bytes: &[u8]) -> Vec<(bool, SegmentData)> {
    let read = |unit: hevc::StreamUnit| {
        assert_eq!(unit.entry_point_note(), None, "NAL unit {}", unit.number);
        let (parameters, before, data) = unit.segment()?;
        Some((parameters.is_dependent(), SegmentData::read(parameters, before, data).unwrap()))
    };
    hevc::Stream::new(bytes).filter_map(|unit| read(unit.unwrap())).collect()
}

fn hevc_streams() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let is_hevc = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "265");
    streams().into_iter().filter(is_hevc).map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    })
}

#[test]
fn coding_tree_units_are_written_as_they_were_read() {
    let mut units = 0;
    for (path, bytes) in hevc_streams() {
        let again = written(&bytes, |_| {
            units += 1;
            true
        });
        assert!(again == bytes, "{}", path.display());
    }
    assert!(units > 500, "{units}");
}

/// An edit that keeps the parity of levels, on which hidden signs depend.
const LARGER: i32 = 7;
const MOST: i32 = 4_000;

/// Each stream is read as it was put, with the entry points of the new data. A dependent segment for which nothing is put is written as well,
/// after the new end of the segment before it.
#[test]
fn edited_coding_tree_units_are_read_as_they_were_put() {
    let (mut substreams, mut dependent) = (0, 0);
    for (path, bytes) in hevc_streams() {
        for only_independent in [false, true] {
            let of = segments(&bytes);
            let mut addresses = of.iter().flat_map(|(is_dependent, segment)| {
                std::iter::repeat_n(!(only_independent && *is_dependent), segment.coding_tree_units.len())
            });
            let edited = written(&bytes, |lists| {
                let levels = lists.levels.iter_mut().filter(|level| level.level.abs() < MOST);
                levels.for_each(|level| level.level *= LARGER);
                let moved = |unit: &&mut c::PredictionUnit| unit.merge_flag == 0 && unit.inter_pred_idc != 1;
                lists.prediction_units.iter_mut().filter(moved).for_each(|unit| unit.mvd[0] = [999, -999]);
                lists.head.ctb_addr = 0;
                lists.coding_units.iter_mut().for_each(|unit| unit.x = 1);
                addresses.next().unwrap()
            });
            let expected: Vec<_> = of
                .into_iter()
                .map(|(is_dependent, mut segment)| {
                    if !(only_independent && is_dependent) {
                        segment.coding_tree_units.iter_mut().for_each(enlarged);
                    }
                    (is_dependent, segment)
                })
                .collect();
            assert!(edited != bytes && segments(&edited) == expected, "{}", path.display());
            dependent += expected.iter().filter(|(is_dependent, _)| *is_dependent).count();
            let starts = hevc::Stream::new(&edited[..]).map(|unit| unit.unwrap().signalled_starts().len());
            substreams += starts.sum::<usize>();
        }
    }
    assert!(substreams > 20 && dependent > 10, "{substreams} {dependent}");
}

/// The edit of the test above, in the library's own types.
fn enlarged(unit: &mut CodingTreeUnit) {
    let levels = unit.levels.iter_mut().filter(|level| level.level.abs() < MOST);
    levels.for_each(|level| level.level *= LARGER);
    for unit in unit.prediction_units.iter_mut().filter(|unit| !unit.merge_flag && unit.inter_pred_idc != 1) {
        unit.mvd[0] = [999, -999];
    }
}

/// Makes something wrong.
type Spoil = fn(&mut Lists);

#[test]
fn what_no_coding_tree_unit_can_have_is_refused() {
    let dir = common::root().join("../tests/streams");
    let [avc, hevc] =
        ["x264_gray_qcif.264", "x265_main_wpp_cif.265"].map(|name| std::fs::read(dir.join(name)).unwrap());
    let wrong: [Spoil; 20] = [
        |lists| lists.head.sao_merge = 3,
        |lists| lists.head.sao[1].offset_sign[2] = 2,
        |lists| lists.head.subset_alignment = 128,
        |lists| lists.coding_units[0].log2_cb_size = 7,
        |lists| lists.coding_units[0].pred_mode = 3,
        |lists| lists.coding_units[0].part_mode = 8,
        |lists| lists.coding_units[0].prediction_unit_count = 1,
        |lists| lists.coding_units[0].pcm_flag = 2,
        |lists| lists.coding_units[0].pcm_count = 1,
        |lists| lists.coding_units[0].mpm_idx[3] = -2,
        |lists| {
            (lists.coding_units[0].mpm_idx[3], lists.coding_units[0].rem_intra_luma_pred_mode[3]) = (0, 1)
        },
        |lists| lists.coding_units = vec![c::CodingUnit::default(); 65],
        |lists| lists.transform_nodes[0].cbf_chroma[1][1] = 2,
        |lists| lists.transform_nodes[0].cu_chroma_qp_offset_idx = -2,
        |lists| lists.blocks[0].explicit_rdpcm_dir_flag = 2,
        |lists| lists.blocks[0].first_level += 1,
        |lists| lists.blocks[0].level_count = 0,
        |lists| lists.levels[0].level = 0,
        |lists| lists.levels[0].place = 1024,
        |lists| _ = lists.levels.pop(),
    ];
    let illegal: [(Spoil, &str); 4] = [
        (|lists| lists.levels[0].level = 40_000, "coeff_abs_level_remaining"),
        (|lists| lists.coding_units[0].intra_chroma_pred_mode[0] = 5, "intra_chroma_pred_mode"),
        (|lists| lists.transform_nodes[0].block_count += 1, "transform_tree"),
        (|lists| lists.pcm.push(0), "pcm_sample"),
    ];
    let (mut length, mut room) = (0, vec![0; 1 << 16]);
    let place = room.as_mut_ptr();
    let lists = |stream| {
        let mut read = MaybeUninit::uninit();
        // SAFETY: the pointers are valid, and the struct is written where the status is `Ok`.
        unsafe {
            assert_eq!(c::silicabac_stream_coding_tree_unit(stream, read.as_mut_ptr()), c::Status::Ok);
            Lists::of(read.assume_init_ref())
        }
    };
    let put = |stream, edit: Spoil| {
        let mut lists = lists(stream);
        edit(&mut lists);
        // SAFETY: the pointers are valid.
        unsafe { c::silicabac_stream_put_coding_tree_unit(stream, &lists.as_c()) }
    };
    // SAFETY: all pointers are valid.
    unsafe {
        let [of_avc, of_hevc] = [at_first_slice(&avc), at_first_slice(&hevc)];
        assert_eq!(c::silicabac_stream_put_coding_tree_unit(of_hevc, std::ptr::null()), c::Status::Null);
        let lists = lists(of_hevc);
        assert_eq!(c::silicabac_stream_put_coding_tree_unit(of_avc, &lists.as_c()), c::Status::State);
        let without = c::CodingTreeUnit { levels: std::ptr::null(), ..lists.as_c() };
        assert_eq!(c::silicabac_stream_put_coding_tree_unit(of_hevc, &without), c::Status::Null);
        assert_eq!(c::silicabac_stream_destroy(of_avc), c::Status::Ok);
        assert_eq!(c::silicabac_stream_destroy(of_hevc), c::Status::Ok);

        for (number, edit) in wrong.into_iter().enumerate() {
            let stream = at_first_slice(&hevc);
            assert_eq!(put(stream, edit), c::Status::Argument, "{number}");
            // Nothing was taken down.
            assert_eq!(c::silicabac_stream_write(stream, place, room.len(), &mut length), c::Status::Ok);
            assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);
        }
        for (edit, words) in illegal {
            let stream = at_first_slice(&hevc);
            assert_eq!(put(stream, edit), c::Status::Ok, "{words}");
            assert_eq!(c::silicabac_stream_write(stream, place, room.len(), &mut length), c::Status::Illegal);
            let told = c::silicabac_stream_message(stream, place.cast(), room.len(), &mut length);
            assert_eq!(told, c::Status::Ok);
            let message = String::from_utf8_lossy(std::slice::from_raw_parts(place, length));
            assert!(message.contains(words), "{message}");
            assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);
        }
    }
}
