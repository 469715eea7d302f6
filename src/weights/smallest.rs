//! Which tensors are packed by xz, since that is smaller than their bins.
//!
//! Levels are gathered as they come, one tensor after the other, up to what a stream can have; then they are packed in runs of whole tensors
//! side by side, or all together where what comes again is far away. Invariant: what is chosen is never larger than either, summed up over the
//! tensors that share a stream.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::compress::Planned;
use super::container::{Coding, MAX_GROUP, Stream};
use super::packed;
use crate::files;

/// Packs levels of tensors.
#[derive(Default)]
pub(super) struct Packer {
    /// Of all that are gathered.
    levels: Vec<u8>,
    /// Whose they are, and where those of each end.
    members: Vec<(usize, usize)>,
    /// What tensors one after the other come to.
    groups: Vec<Group>,
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
            self.members.push((number, self.levels.len()));
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
        let of = |members: &[(usize, usize)]| members.iter().map(|(number, _)| *number).collect();
        if packed::comes_again_far(&levels) {
            self.groups.push(Group { members: of(&members), stream: packed::pack_whole(&levels)? });
            return Ok(());
        }
        let ends: Vec<usize> = members.iter().map(|(_, end)| *end).collect();
        let runs = runs(&ends, packed::runs(levels.len()));
        let begin = |member: usize| if member == 0 { 0 } else { ends[member - 1] };
        let bytes: Vec<Range<usize>> = runs.iter().map(|run| begin(run.start)..begin(run.end)).collect();
        for (run, stream) in runs.into_iter().zip(packed::pack(&levels, &bytes)?) {
            self.groups.push(Group { members: of(&members[run]), stream });
        }
        Ok(())
    }

    /// Puts a packed stream in the place of others where it is smaller. `spool` has the streams of all tensors in order; what comes back
    /// has those that are left.
    pub(super) fn finish(mut self, mut spool: File, done: &mut [Planned]) -> io::Result<File> {
        self.pack()?;
        let stored =
            |group: &Group| group.members.iter().map(|&member| done[member].tensor.stored()).sum::<u64>();
        self.groups.retain(|group| (group.stream.len() as u64) < stored(group));
        if self.groups.is_empty() {
            return Ok(spool);
        }
        let mut all = files::spool()?;
        spool.seek(SeekFrom::Start(0))?;
        let mut groups = self.groups.iter().peekable();
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
    use super::runs;

    #[test]
    fn runs_are_whole_tensors_of_about_the_same_length() {
        assert_eq!(runs(&[4], 1), [0..1]);
        assert_eq!(runs(&[10, 20, 30, 40], 2), [0..2, 2..4]);
        // One that is longer than its share stands alone.
        assert_eq!(runs(&[70, 80, 90, 100], 2), [0..1, 1..4]);
        assert_eq!(runs(&[5, 95, 100], 4), [0..1, 1..2, 2..3]);
        assert_eq!(runs(&[100], 4), [0..1]);
    }
}
