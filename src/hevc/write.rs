//! A slice segment with other coding tree units: its data is written, and its header with entry points that are right for this data.

use super::entry_points::entry_points_of;
use super::headers::Found;
use super::segment::{SegmentData, WriteError, Written};
use super::stream::{Content, StreamUnit};
use super::walk::SegmentEnd;
use crate::syntax::nal::escape;
use crate::syntax::{BitWriter, Elements, HeaderElement, HeaderError};

const NUM_ENTRY_POINT_OFFSETS: &str = "num_entry_point_offsets";
const OFFSET_LEN_MINUS1: &str = "offset_len_minus1";
const ENTRY_POINT_OFFSET_MINUS1: &str = "entry_point_offset_minus1";

impl StreamUnit {
    /// Writes the NAL unit with this slice segment data, and returns its bytes and how the segment then ends. `None` if it is no slice
    /// segment. Data that is as it was read gives the bytes of the unit.
    ///
    /// The header gets an entry point for each substream but the first. offset_len_minus1 stays as it is if that is enough. If what the
    /// header said before the edit was wrong, or it had no entry points although substreams follow the first one, it stays as it is, and
    /// [`entry_point_note`](Self::entry_point_note) tells that.
    ///
    /// A dependent segment goes on with `before`, the end of the segment before it as that was written; if that was not edited, it is the
    /// end that [`segment`](Self::segment) returns. A dependent segment that follows an edited one has to be written as well, even if
    /// nothing else is edited in it: its bytes depend on this end. What is read of it does not. Reading goes on from the stream as it was.
    ///
    /// ```
    /// use silicabac::hevc::{SegmentData, Stream};
    /// let bytes = std::fs::read("tests/streams/hm_wpp_depslices.265")?;
    /// let (mut edited, mut before) = (Vec::new(), None);
    /// for unit in Stream::new(&bytes[..]) {
    ///     let unit = unit?;
    ///     edited.extend(&unit.unit.prefix);
    ///     let Some((parameters, end_as_read, data)) = unit.segment() else {
    ///         edited.extend(&unit.unit.bytes);
    ///         continue;
    ///     };
    ///     let mut segment = SegmentData::read(parameters, end_as_read, data)?;
    ///     for unit in &mut segment.coding_tree_units {
    ///         unit.levels.iter_mut().for_each(|level| level.level *= 3);
    ///     }
    ///     let (written, end) = unit.write(&segment, before.as_ref()).expect("a slice segment")?;
    ///     edited.extend(written);
    ///     before = Some(end);
    /// }
    /// assert!(edited.len() > bytes.len());
    /// for unit in Stream::new(&edited[..]) {
    ///     assert_eq!(unit?.entry_point_note(), None);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`WriteError`]: coding tree units that would not be read as the same again are not written.
    pub fn write(
        &self,
        data: &SegmentData,
        before: Option<&SegmentEnd>,
    ) -> Option<Result<(Vec<u8>, SegmentEnd), WriteError>> {
        let Content::Segment { parameters, data: first, entry_points, .. } = &self.content else {
            return None;
        };
        let (header, read) = self.rbsp.split_at_checked(*first)?;
        let with_header = |Written { bytes, starts, end }| {
            if bytes == read {
                return Ok((self.unit.bytes.clone(), end));
            }
            let lengths = entry_points_of(&bytes, &starts);
            let unit = if lengths == *entry_points || self.entry_point_note().is_some() {
                [header, &bytes].concat()
            } else {
                [self.header_with(&lengths)?, bytes].concat()
            };
            Ok((escape(&unit), end))
        };
        Some(data.write_with_starts(parameters, before).and_then(with_header))
    }

    /// The header with these entry points.
    fn header_with(&self, entry_points: &[u64]) -> Result<Vec<u8>, HeaderError> {
        // The number of alignment bits can be another, so they have the values that the standard gives them.
        let is_told = |coded: &HeaderElement| coded.descriptor.implied().is_none();
        let told: Vec<HeaderElement> = self.headers().elements.into_iter().filter(is_told).collect();
        let mut elements = Elements::of(&told, |coded| coded.value);
        let offsets: Vec<i64> = entry_points.iter().map(|entry_point| *entry_point as i64 - 1).collect();
        let longest = offsets.iter().max().map(|most| i64::from(most.checked_ilog2().unwrap_or(0)));
        let signalled = elements.get(OFFSET_LEN_MINUS1).first().copied().unwrap_or(0);
        elements.set(NUM_ENTRY_POINT_OFFSETS, vec![offsets.len() as i64]);
        elements.set(
            OFFSET_LEN_MINUS1,
            longest.map(|bits_minus1| bits_minus1.max(signalled)).into_iter().collect(),
        );
        elements.set(ENTRY_POINT_OFFSET_MINUS1, offsets);
        let mut writer = BitWriter::new(elements.values());
        self.sets.find(&mut writer, &mut Found::default())?;
        Ok(writer.into_parts().0)
    }
}
