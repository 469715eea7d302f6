//! Which tensors are packed by xz, since that is smaller than their bins.
//!
//! Levels are gathered as they come, one tensor after the other, up to what a stream can have; then all are packed as one, and beside that in
//! runs of whole tensors. Invariant: what is chosen is never larger than what `xz -9e` makes of all, nor than their bins, summed up over all
//! that is gathered.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::compress::Planned;
use super::container::{Coding, MAX_GROUP, Stream};
use super::packed;
use crate::files;

/// Runs have about so many bytes: enough for little to be lost where each begins.
const RUN: usize = 2 << 20;

/// Packs levels of tensors.
#[derive(Default)]
pub(super) struct Packer {
    /// Of all that are gathered.
    levels: Vec<u8>,
    /// Whose they are, and where those of each end.
    members: Vec<(usize, usize)>,
    packed: Vec<Packed>,
}

/// Tensors one after the other, packed in two ways.
struct Packed {
    as_one: Group,
    in_runs: Vec<Group>,
}

/// Tensors that share a stream.
struct Group {
    /// In ascending order.
    members: Vec<usize>,
    stream: Vec<u8>,
}

impl Packer {
    /// Takes levels of a tensor, which has so many bytes of them in all.
    pub(super) fn add(&mut self, number: usize, all: u64, levels: &[u8]) -> io::Result<()> {
        if all > MAX_GROUP {
            return Ok(());
        }
        if self.members.last().is_none_or(|(last, _)| *last != number) {
            if self.levels.len() as u64 + all > MAX_GROUP {
                self.pack()?;
            }
            self.members.push((number, 0));
        }
        self.levels.extend_from_slice(levels);
        if let Some((_, end)) = self.members.last_mut() {
            *end = self.levels.len();
        }
        Ok(())
    }

    /// Packs what is gathered.
    fn pack(&mut self) -> io::Result<()> {
        let (levels, members) = (std::mem::take(&mut self.levels), std::mem::take(&mut self.members));
        if members.is_empty() {
            return Ok(());
        }
        let (numbers, ends): (Vec<usize>, Vec<usize>) = members.into_iter().unzip();
        let runs = runs(&ends, levels.len().div_ceil(RUN));
        let begin = |run: &Range<usize>| if run.start == 0 { 0 } else { ends[run.start - 1] };
        let bytes: Vec<&[u8]> = runs.iter().map(|run| &levels[begin(run)..ends[run.end - 1]]).collect();
        // All as one is what takes longest by itself, and comes first.
        let (as_one, in_runs) = rayon::join(|| packed::standard(&levels), || packed::suited(&bytes));
        let in_runs = runs.into_iter().zip(in_runs?);
        let in_runs = in_runs.map(|(run, stream)| Group { members: numbers[run].to_vec(), stream }).collect();
        self.packed.push(Packed { as_one: Group { members: numbers, stream: as_one? }, in_runs });
        Ok(())
    }

    /// Puts a packed stream in the place of others where it is smaller. `spool` has the streams of all tensors in order; what comes back
    /// has those that are left.
    pub(super) fn finish(mut self, mut spool: File, done: &mut [Planned]) -> io::Result<File> {
        self.pack()?;
        let chosen: Vec<Group> = self.packed.into_iter().flat_map(|packed| packed.chosen(done)).collect();
        if chosen.is_empty() {
            return Ok(spool);
        }
        let mut all = files::spool()?;
        spool.seek(SeekFrom::Start(0))?;
        let mut groups = chosen.iter().peekable();
        for (number, Planned { tensor, width, .. }) in done.iter_mut().enumerate() {
            let stored = tensor.stored();
            let Some(group) = groups.peek().filter(|group| group.members.binary_search(&number).is_ok())
            else {
                io::copy(&mut Read::by_ref(&mut spool).take(stored), &mut all)?;
                continue;
            };
            spool.seek_relative(stored as i64)?;
            let Coding::Article { values, .. } = &tensor.coding else { continue };
            let is_first = group.members.first() == Some(&number);
            tensor.streams.clear();
            if is_first {
                all.write_all(&group.stream)?;
                let len = group.stream.len() as u64;
                tensor.streams.push(Stream { len, crc32: crc32fast::hash(&group.stream) });
            }
            tensor.coding = Coding::Packed { width: *width, is_first, values: values.clone() };
            if group.members.last() == Some(&number) {
                groups.next();
            }
        }
        Ok(all)
    }
}

impl Packed {
    /// The streams that make it shortest, with the bins of those tensors that none of them has.
    fn chosen(self, done: &[Planned]) -> Vec<Group> {
        let stored = |group: &Group| -> usize {
            group.members.iter().map(|&member| done[member].tensor.stored() as usize).sum()
        };
        let Packed { as_one, mut in_runs } = self;
        let shortest = in_runs.iter().map(|run| run.stream.len().min(stored(run))).sum();
        if as_one.stream.len() < shortest {
            return vec![as_one];
        }
        in_runs.retain(|run| run.stream.len() < stored(run));
        in_runs
    }
}

/// Whole tensors in so many runs at the most, each about as long as the others. Told are where the tensors end, and which ones make a run.
fn runs(ends: &[usize], count: usize) -> Vec<Range<usize>> {
    let total = ends.last().copied().unwrap_or(0);
    let mut runs = Vec::new();
    let mut from = 0;
    for number in 1..=count {
        // A tensor is in the run that its middle is in.
        let limit = total * number / count;
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
    fn runs(ends: &[usize], count: usize) -> Vec<(usize, usize)> {
        super::runs(ends, count).into_iter().map(|run| (run.start, run.end)).collect()
    }

    #[test]
    fn runs_are_whole_tensors_of_about_the_same_length() {
        assert_eq!(runs(&[4], 1), [(0, 1)]);
        assert_eq!(runs(&[10, 20, 30, 40], 2), [(0, 2), (2, 4)]);
        // One that is longer than its share stands alone.
        assert_eq!(runs(&[70, 80, 90, 100], 2), [(0, 1), (1, 4)]);
        assert_eq!(runs(&[5, 95, 100], 4), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(runs(&[100], 4), [(0, 1)]);
    }
}
