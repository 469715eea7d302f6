//! Entry points: where a slice segment's header says that its substreams begin.
//!
//! Entry points count the bytes of the NAL unit, emulation prevention bytes included; all other positions here count the bytes of slice
//! segment data.

use std::mem;
use std::ops::RangeInclusive;

use super::stream::{Content, StreamUnit};
use crate::syntax::nal::escape;

/// The positions of the bytes of the RBSP that have an emulation prevention byte before them.
struct Emulations(Vec<usize>);

impl Emulations {
    fn of(bytes: &[u8]) -> Emulations {
        let emulations = memchr::memmem::find_iter(bytes, &[0, 0, 3]).enumerate();
        Emulations(emulations.map(|(before, at)| at + 2 - before).collect())
    }

    /// The position in the NAL unit of a byte of the RBSP. If an emulation prevention byte comes before it, the range has that one too:
    /// between two substreams it may belong to either.
    fn in_unit(&self, at: usize) -> RangeInclusive<u64> {
        let before = self.0.partition_point(|byte| *byte < at);
        let is_between = self.0.get(before) == Some(&at);
        (at + before) as u64..=(at + before + usize::from(is_between)) as u64
    }
}

/// The entry points of slice segment data, given the bytes at which all substreams but the first begin: how many bytes of the NAL unit each
/// substream but the last has. Neither a header nor a substream ends with a zero byte, so no emulation prevention byte is between two.
pub(super) fn entry_points_of(data: &[u8], starts: &[usize]) -> Vec<u64> {
    let emulations = Emulations::of(&escape(data));
    let mut begin = 0;
    let ends = starts.iter().map(|start| *emulations.in_unit(*start).start());
    ends.map(|end| end - mem::replace(&mut begin, end)).collect()
}

impl StreamUnit {
    /// The bytes of the slice segment data at which all substreams but the first begin, if the entry points are right. The list ends
    /// before the first one beyond the data.
    ///
    /// ```
    /// use silicabac::hevc::{Stream, read_each};
    /// let bytes = std::fs::read("tests/streams/hm_tiles2x2.265")?;
    /// let units = Stream::new(&bytes[..]).collect::<Result<Vec<_>, _>>()?;
    /// let starts: Vec<_> = units.iter().map(|unit| unit.signalled_starts().len()).collect();
    /// assert_eq!(starts.iter().max(), Some(&3));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn signalled_starts(&self) -> Vec<usize> {
        let Content::Segment { entry_points, data: first, .. } = &self.content else { return Vec::new() };
        if entry_points.is_empty() {
            return Vec::new();
        }
        let emulations = Emulations::of(&self.unit.bytes);
        let mut signalled = *emulations.in_unit(*first).end();
        let mut before = 0;
        let starts = entry_points.iter().map_while(|entry_point| {
            signalled = signalled.saturating_add(*entry_point);
            while emulations.0.get(before).is_some_and(|byte| ((byte + before) as u64) < signalled) {
                before += 1;
            }
            let byte = signalled - before as u64;
            (byte < self.rbsp.len() as u64).then_some(byte as usize - first)
        });
        starts.collect()
    }

    /// A note on entry points that are not where substreams begin. An encoder in use signals three entry points for one row. Decoders that
    /// need them for speed alone accept such streams.
    ///
    /// ```
    /// use silicabac::hevc::Stream;
    /// let bytes = std::fs::read("tests/streams/hm_wpp_depslices.265")?;
    /// assert!(Stream::new(&bytes[..]).all(|unit| unit.is_ok_and(|unit| unit.entry_point_note().is_none())));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn entry_point_note(&self) -> Option<String> {
        let mut starts = Vec::new();
        let (_, read) = self.observe((), |read_unit| starts.extend(read_unit.next_substream()))?;
        read.ok().and_then(|_| self.note_on(&starts))
    }

    /// The same, given the bytes of the slice segment data at which all substreams but the first begin.
    pub(super) fn note_on(&self, starts: &[usize]) -> Option<String> {
        let Content::Segment { parameters, entry_points, data: first, .. } = &self.content else {
            return None;
        };
        if parameters.pps.tiles.is_none() && !parameters.pps.entropy_coding_sync_enabled_flag {
            return None;
        }
        if starts.len() != entry_points.len() {
            let (signalled, found) = (entry_points.len(), starts.len());
            return Some(format!(
                "{signalled} entry points are signalled, but {found} substreams follow the first one"
            ));
        }
        let emulations = Emulations::of(&self.unit.bytes);
        let mut signalled = *emulations.in_unit(*first).end();
        for (number, (start, entry_point)) in starts.iter().zip(entry_points).enumerate() {
            signalled = signalled.saturating_add(*entry_point);
            let found = emulations.in_unit(first + start);
            if !found.contains(&signalled) {
                return Some(format!(
                    "entry point {number} is byte {signalled} of the NAL unit, but the substream begins at byte {}",
                    found.start()
                ));
            }
        }
        None
    }
}
