//! Which tensors are packed by xz, since that is smaller than their bins.
//!
//! Levels go to xz as they come, one tensor after the other, so that nothing but its blocks is held, and those are packed while levels are
//! still chosen. Invariant: what is chosen is never larger than either, summed up over the tensors that share a stream.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use liblzma::write::XzEncoder;

use super::compress::Planned;
use super::container::{Coding, MAX_GROUP, Stream};
use super::packed;
use crate::files;

/// Packs levels of tensors.
pub(super) struct Packer {
    /// No more levels can come.
    most: u64,
    open: Option<Open>,
    /// What tensors one after the other come to.
    groups: Vec<Group>,
}

struct Open {
    members: Vec<usize>,
    bytes: u64,
    encoder: XzEncoder<Vec<u8>>,
}

/// Tensors that share a stream.
struct Group {
    /// In ascending order.
    members: Vec<usize>,
    stream: Vec<u8>,
}

impl Packer {
    pub(super) fn new(most: u64) -> Packer {
        Packer { most, open: None, groups: Vec::new() }
    }

    /// Takes levels of a tensor, which has so many bytes of them in all.
    pub(super) fn add(&mut self, number: usize, all: u64, levels: &[u8]) -> io::Result<()> {
        let is_new = self.open.as_ref().is_none_or(|open| open.members.last() != Some(&number));
        if is_new && self.open.as_ref().is_some_and(|open| open.bytes + all > MAX_GROUP) {
            self.close()?;
        }
        if all > MAX_GROUP {
            return Ok(());
        }
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                let threads = rayon::current_num_threads();
                let encoder = packed::encoder_in_blocks(Vec::new(), self.most.min(MAX_GROUP), threads)?;
                self.open.insert(Open { members: Vec::new(), bytes: 0, encoder })
            }
        };
        if is_new {
            open.members.push(number);
            open.bytes += all;
        }
        open.encoder.write_all(levels)
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(Open { members, encoder, .. }) = self.open.take() else { return Ok(()) };
        self.groups.push(Group { members, stream: encoder.finish()? });
        Ok(())
    }

    /// Puts a packed stream in the place of others where it is smaller. `spool` has the streams of all tensors in order; what comes back
    /// has those that are left.
    pub(super) fn finish(mut self, mut spool: File, done: &mut [Planned]) -> io::Result<File> {
        self.close()?;
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
