//! Decides which tensors are packed by xz, since that is smaller than their bins.
//!
//! All levels are packed as one file while they come, one tensor after the other ([`one_file`](super::one_file)). When all are there, they
//! are also packed in runs of whole tensors. Invariant: the result is never larger than what `xz -9e` makes of all levels, nor than their
//! bins. Packing that can no longer win is abandoned, which does not change what is written.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::blocks::Joined;
use super::compress::Planned;
use super::container::{Coding, LONG_GROUP, Stream};
use super::one_file::OneFile;
use super::packed;
use super::pipeline::{self, Pipeline};
use crate::files;

/// How streams are cut.
#[derive(Clone, Copy)]
pub(super) struct Cuts {
    /// About how many bytes a run has, and a block of a tensor that has more: enough for little to be lost where each begins.
    run: u64,
    /// With more bytes of levels than this a stream is cut into pieces.
    long: u64,
    /// The bytes of such a piece.
    piece: u64,
}

impl Default for Cuts {
    fn default() -> Cuts {
        Cuts { run: 2 << 20, long: LONG_GROUP, piece: 1 << 24 }
    }
}

/// The bytes of the widest level.
const WIDEST: u64 = 4;

/// Packs levels of tensors.
pub(super) struct Packer {
    levels: OneFile,
    members: Vec<Member>,
    cuts: Cuts,
}

/// A tensor with levels.
struct Member {
    number: usize,
    width: u8,
    /// Where its levels end.
    end: u64,
}

/// Streams one after the other, and the groups that they belong to.
struct Packed {
    file: File,
    groups: Vec<Group>,
}

/// Tensors that share a stream.
struct Group {
    /// In ascending order.
    members: Vec<usize>,
    /// How many bytes of levels they have.
    bytes: u64,
    /// How many bytes the stream has.
    length: u64,
}

impl Packer {
    /// For at most `levels` levels.
    pub(super) fn new(cuts: Cuts, levels: u64) -> io::Result<Packer> {
        let levels = OneFile::new(levels.saturating_mul(WIDEST))?;
        Ok(Packer { levels, members: Vec::new(), cuts })
    }

    /// Takes levels of a tensor, of `width` bytes each.
    pub(super) fn add(&mut self, number: usize, width: u8, levels: &[i32]) -> io::Result<()> {
        let bytes = packed::bytes_of(levels, width);
        let end = self.end() + bytes.len() as u64;
        match self.members.last_mut().filter(|last| last.number == number) {
            Some(last) => last.end = end,
            None => self.members.push(Member { number, width, end }),
        }
        self.levels.add(&bytes)
    }

    fn end(&self) -> u64 {
        self.members.last().map_or(0, |last| last.end)
    }

    /// Replaces streams by packed ones where that is smaller. `spool` has the streams of all tensors in order; the file that is returned
    /// has those that are left.
    pub(super) fn finish(self, mut spool: File, done: &mut [Planned]) -> io::Result<File> {
        let cuts = self.cuts;
        let Some(mut chosen) = self.chosen(done)? else { return Ok(spool) };
        let mut all = files::spool()?;
        spool.rewind()?;
        chosen.file.rewind()?;
        let mut groups = chosen.groups.iter().peekable();
        for (number, Planned { tensor, width, .. }) in done.iter_mut().enumerate() {
            let stored = tensor.stored();
            let Some(group) = groups.peek().filter(|group| group.members.binary_search(&number).is_ok())
            else {
                io::copy(&mut Read::by_ref(&mut spool).take(stored), &mut all)?;
                continue;
            };
            spool.seek_relative(stored as i64)?;
            let Coding::DeepCabac { values, .. } = &tensor.coding else { continue };
            let owns_xz_file = group.members.first() == Some(&number);
            tensor.streams.clear();
            if owns_xz_file {
                let piece = if group.bytes > cuts.long { cuts.piece } else { group.length };
                let mut left = group.length;
                while left > 0 {
                    let mut bytes = vec![0; left.min(piece) as usize];
                    chosen.file.read_exact(&mut bytes)?;
                    all.write_all(&bytes)?;
                    let (len, crc32) = (bytes.len() as u64, crc32fast::hash(&bytes));
                    tensor.streams.push(Stream { len, crc32 });
                    left -= len;
                }
            }
            tensor.coding = Coding::Packed { width: *width, owns_xz_file, values: values.clone() };
            if group.members.last() == Some(&number) {
                groups.next();
            }
        }
        Ok(all)
    }

    /// The packed streams with which the whole is shortest; tensors that are in none of them keep their bins. `None` where all tensors keep
    /// them.
    fn chosen(self, done: &[Planned]) -> io::Result<Option<Packed>> {
        let Packer { levels, members, cuts } = self;
        if members.is_empty() {
            return Ok(None);
        }
        let bins = |members: &[Member]| -> u64 {
            members.iter().map(|member| done[member.number].tensor.stored()).sum()
        };
        levels.is_all(bins(&members));
        let in_runs = in_runs(&levels, &Run::all(&members, cuts.run, bins), cuts.run)?;
        let as_one = levels.finish()?.map(|(file, length)| {
            let bytes = members.last().map_or(0, |last| last.end);
            Packed { file, groups: vec![Group { members: numbers(&members), bytes, length }] }
        });
        Ok(Some(as_one.unwrap_or(in_runs)).filter(|chosen| !chosen.groups.is_empty()))
    }
}

fn numbers(members: &[Member]) -> Vec<usize> {
    members.iter().map(|member| member.number).collect()
}

/// Those runs that are shorter packed than as bins, packed block by block on all processors.
fn in_runs(levels: &OneFile, runs: &[Run<'_>], block: u64) -> io::Result<Packed> {
    let blocks = runs.iter().enumerate().flat_map(|(run, of)| of.blocks(block).map(move |at| (run, at)));
    let packed = Packed { file: files::spool()?, groups: Vec::new() };
    let mut packing = Packing { levels, runs, blocks, packed, end: 0, joined: None };
    pipeline::run(&mut packing, |(run, at, bytes)| {
        let Run { width, bins, .. } = runs[run];
        (run, at, packed::suited(&bytes, width, bins))
    })?;
    Ok(packing.packed)
}

/// Tensors that follow each other, and are packed into one stream.
struct Run<'a> {
    members: &'a [Member],
    bytes: Range<u64>,
    /// The bytes of the widest level.
    width: u8,
    /// How many bytes their bins have.
    bins: u64,
}

impl<'a> Run<'a> {
    fn all(members: &'a [Member], run: u64, bins: impl Fn(&[Member]) -> u64) -> Vec<Run<'a>> {
        let ends: Vec<u64> = members.iter().map(|member| member.end).collect();
        let count = ends.last().map_or(0, |end| end.div_ceil(run));
        let run = |run: Range<usize>| {
            let begin = if run.start == 0 { 0 } else { ends[run.start - 1] };
            let (bytes, members) = (begin..ends[run.end - 1], &members[run]);
            let width = members.iter().map(|member| member.width).max().unwrap_or(1);
            Run { members, bytes, width, bins: bins(members) }
        };
        runs(&ends, count).into_iter().map(run).collect()
    }

    /// Its blocks: one, or if the run is much longer than `block` bytes, several of about that length. No level is divided.
    fn blocks(&self, block: u64) -> impl Iterator<Item = Range<u64>> + use<> {
        let Range { start, end } = self.bytes;
        let length = end - start;
        let count = if length <= 2 * block { 1 } else { length.div_ceil(block) };
        let size = length.div_ceil(count).next_multiple_of(WIDEST);
        (0..length.div_ceil(size)).map(move |at| start + at * size..end.min(start + (at + 1) * size))
    }
}

/// Joins packed blocks to streams, and keeps those streams that are short enough.
struct Packing<'a, I> {
    levels: &'a OneFile,
    runs: &'a [Run<'a>],
    blocks: I,
    packed: Packed,
    /// Where the last stream ends that is kept.
    end: u64,
    /// The next stream so far; `None` if one of its blocks is too long.
    joined: Option<Joined>,
}

impl<I: Iterator<Item = (usize, Range<u64>)>> Pipeline for Packing<'_, I> {
    type Piece = (usize, Range<u64>, Vec<u8>);
    type Made = (usize, Range<u64>, io::Result<Option<Vec<u8>>>);
    type Error = io::Error;

    fn take(&mut self) -> io::Result<Option<(usize, Self::Piece)>> {
        let Some((run, at)) = self.blocks.next() else { return Ok(None) };
        let bytes = self.levels.read(at.clone())?;
        Ok(Some((bytes.len(), (run, at, bytes))))
    }

    fn put(&mut self, (run, at, stream): Self::Made) -> io::Result<()> {
        let Run { members, bytes, bins, .. } = &self.runs[run];
        let Packed { file, groups } = &mut self.packed;
        if at.start == bytes.start {
            file.seek(SeekFrom::Start(self.end))?;
            self.joined = Some(Joined::default());
        }
        match stream? {
            Some(stream) => self.joined.iter_mut().try_for_each(|joined| joined.add(file, &stream))?,
            None => self.joined = None,
        }
        if at.end == bytes.end
            && let Some(joined) = self.joined.take()
        {
            let length = joined.finish(file)?;
            if length < *bins {
                self.end += length;
                self.levels.is_less(bins - length);
                groups.push(Group { members: numbers(members), bytes: bytes.end - bytes.start, length });
            }
        }
        Ok(())
    }
}

/// Divides whole tensors into at most `count` runs of about the same length. `ends` says where each tensor ends; a run is a range of their
/// numbers.
fn runs(ends: &[u64], count: u64) -> Vec<Range<usize>> {
    let total = ends.last().copied().unwrap_or(0);
    let mut runs = Vec::new();
    let mut from = 0;
    for number in 1..=count {
        // A tensor belongs to the run in which its middle lies.
        let limit = (u128::from(total) * u128::from(number) / u128::from(count)) as u64;
        let is_in = |&member: &usize| {
            let begin = if member == 0 { 0 } else { ends[member - 1] };
            (begin + ends[member]) / 2 <= limit
        };
        let to = if number == count {
            ends.len()
        } else {
            (from..ends.len()).take_while(is_in).last().map_or(from, |last| last + 1)
        };
        if to > from {
            runs.push(from..to);
        }
        from = to;
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::weights::compress::{Coder, Options, compress_in};
    use crate::weights::container::{Container, Tensor};
    use crate::weights::decompress::levels;
    use crate::weights::model::ModelFile;

    fn runs(ends: &[u64], count: u64) -> Vec<(usize, usize)> {
        super::runs(ends, count).into_iter().map(|run| (run.start, run.end)).collect()
    }

    #[test]
    fn runs_are_whole_tensors_of_about_the_same_length() {
        assert_eq!(runs(&[4], 1), [(0, 1)]);
        assert_eq!(runs(&[10, 20, 30, 40], 2), [(0, 2), (2, 4)]);
        // A tensor that is longer than its share is a run of its own.
        assert_eq!(runs(&[70, 80, 90, 100], 2), [(0, 1), (1, 4)]);
        assert_eq!(runs(&[5, 95, 100], 4), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(runs(&[100], 4), [(0, 1)]);
        assert_eq!(runs(&[1 << 50, 1 << 51], 1 << 20).len(), 2);
    }

    #[test]
    fn blocks_have_all_of_a_run_and_whole_levels() {
        for length in [1, 4, 99, 200, 201, 399, 400, 401, 8_193] {
            let run = Run { members: &[], bytes: 13..13 + length, width: 4, bins: 0 };
            let blocks: Vec<Range<u64>> = run.blocks(100).collect();
            let ends = [blocks[0].start, blocks[blocks.len() - 1].end];
            assert_eq!(ends, [13, 13 + length], "{length}");
            assert!(blocks.windows(2).all(|two| two[0].end == two[1].start), "{length}");
            assert!(blocks.iter().all(|block| block.end > block.start && (block.start - 13) % 4 == 0));
            assert_eq!(blocks.len() == 1, length <= 200, "{length}");
        }
    }

    /// Limits so low that small tensors meet all cases that otherwise only tensors of more than 64 MiB meet.
    const EARLY: Cuts = Cuts { run: 1 << 12, long: 1 << 10, piece: 999 };

    /// A model of tensors with rows of 64 weights each, and the container that it becomes.
    fn compressed(tensors: &[(&str, Vec<f32>)], coder: Coder) -> Vec<u8> {
        let mut header = serde_json::Map::new();
        let mut data = Vec::new();
        for (name, weights) in tensors {
            let start = data.len();
            data.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
            let (shape, offsets) = ([weights.len() / 64, 64], [start, data.len()]);
            let entry = serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": offsets });
            header.insert((*name).to_string(), entry);
        }
        let header = serde_json::to_vec(&header).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        let all = [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat();
        files::write_scratch(&path, &all).unwrap();
        let options = Options { coder, ..Options::default() };
        let mut bytes = Vec::new();
        compress_in(EARLY, &mut ModelFile::open(&path).unwrap(), None, &options, &mut bytes, &|_| ())
            .unwrap();
        bytes
    }

    fn noise(seed: u32, count: usize) -> Vec<f32> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        };
        (0..count).scan(seed, |state, _| next(state)).collect()
    }

    type Found = Vec<Result<Vec<i32>, String>>;

    /// The levels of all tensors of a container, read in this order, and whether a wrong byte of it was corrected.
    fn all(bytes: &[u8], order: &[usize]) -> (Found, bool) {
        let mut container = Container::open(Cursor::new(bytes.to_vec())).unwrap();
        let mut found = vec![Ok(Vec::new()); order.len()];
        for &number in order {
            found[number] = levels(&mut container, number, 0)
                .map(Option::unwrap_or_default)
                .map_err(|error| error.to_string());
        }
        (found, container.is_repaired())
    }

    fn tensors(bytes: &[u8]) -> Vec<Tensor> {
        Container::open(Cursor::new(bytes)).unwrap().index().tensors.clone()
    }

    #[test]
    fn a_long_group_is_read_piece_by_piece() {
        let twice = noise(7, 64 * 80);
        let model = [("a", twice.clone()), ("b", noise(8, 64 * 20)), ("c", twice)];
        let (packed, bins) = (compressed(&model, Coder::Smallest), compressed(&model, Coder::Cabac));
        let of_tensors = tensors(&packed);
        // Repetitions are found, since all tensors share one file; the file is cut into pieces.
        let streams: Vec<usize> = of_tensors.iter().map(|tensor| tensor.streams.len()).collect();
        assert!(streams[0] > 5 && streams[1..] == [0, 0], "{streams:?}");
        let expected = (all(&bins, &[0, 1, 2]).0, false);
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            assert!(all(&packed, &order) == expected, "{order:?}");
        }
        // The result is the same with one processor and with two.
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert!(alone.install(|| compressed(&model, Coder::Smallest)) == packed);
        let first = packed.len() - of_tensors[0].stored() as usize;
        for at in (first..packed.len()).step_by(97) {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x24;
            assert!(all(&damaged, &[0, 1, 2]) == (expected.0.clone(), true), "byte {at}");
            // A second wrong byte, of the same piece or of another.
            for second in [at + 1, at + 2_000] {
                let mut damaged = damaged.clone();
                damaged[first + (second - first) % (packed.len() - first)] ^= 0x42;
                let (found, is_repaired) = all(&damaged, &[1, 0, 2]);
                let is_told = |found: &Result<_, String>| {
                    found.as_ref().is_err_and(|error| error.contains("its checksum is wrong"))
                };
                assert!(found.iter().all(is_told) && !is_repaired, "bytes {at} and {second}: {found:?}");
            }
        }
        let (found, _) = all(&packed[..packed.len() - 1], &[0, 1, 2]);
        assert!(found.iter().all(|found| found.as_ref().is_err_and(|error| error.contains("the file ends"))));
    }

    #[test]
    fn a_long_tensor_is_packed_in_blocks_where_others_are_shorter_as_bins() {
        let rows = noise(7, 64).into_iter().cycle().take(64 * 300).collect();
        let few: Vec<f32> = noise(8, 64 * 1_000).iter().map(|weight| weight.powi(9)).collect();
        let model = [("bins", few), ("rows", rows)];
        let (packed, bins) = (compressed(&model, Coder::Smallest), compressed(&model, Coder::Cabac));
        let [first, second] = &tensors(&packed)[..] else { panic!("two tensors") };
        assert!(matches!(first.coding, Coding::DeepCabac { .. }), "{first:?}");
        assert!(matches!(second.coding, Coding::Packed { owns_xz_file: true, .. }), "{second:?}");
        assert!(all(&packed, &[0, 1]) == all(&bins, &[0, 1]));
        let file = &packed[packed.len() - second.stored() as usize..];
        let unpacked = packed::unpack(file, 64 * 300).unwrap();
        assert!(all(&bins, &[0, 1]).0[1].as_ref().unwrap() == &packed::levels_of(&unpacked, 1));
        let as_one = packed::standard(&unpacked).unwrap();
        assert!(file.len() > as_one.len() && file.len() < 5 * as_one.len());
    }
}
