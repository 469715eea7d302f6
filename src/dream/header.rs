//! The values of a header, by the names of its elements.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::DreamError;
use crate::bin::Element;
use crate::syntax::{BitWriter, HeaderError, Values};

/// Values for a walk that writes a header. An element that is not named is 0, or has the lowest legal value; alignment bits are as the
/// standard wants them.
#[derive(Clone, Debug, Default)]
pub(super) struct Header(BTreeMap<&'static str, VecDeque<i64>>);

/// The bits that fill up a byte before slice data, in H.264 and in H.265.
const ALIGNMENT: [&str; 3] =
    ["cabac_alignment_one_bit", "alignment_bit_equal_to_one", "alignment_bit_equal_to_zero"];

impl Header {
    /// Adds a value of an element.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<i64>) -> &mut Header {
        self.0.entry(name).or_default().push_back(value.into());
        self
    }

    /// The bits up to slice data, or up to the trailing bits, and what the walk returns.
    pub(super) fn write<T>(
        self,
        walk: impl FnOnce(&mut BitWriter<Header>) -> Result<T, HeaderError>,
    ) -> Result<(BitWriter<Header>, T), DreamError> {
        let mut writer = BitWriter::new(self);
        let found = walk(&mut writer)?;
        Ok((writer, found))
    }
}

impl Values for Header {
    fn value(&mut self, element: Element, legal: &RangeInclusive<i64>) -> Option<i64> {
        if ALIGNMENT.contains(&element.0) {
            return None;
        }
        let value = self.0.get_mut(element.0).and_then(VecDeque::pop_front);
        Some(value.unwrap_or(0.clamp(*legal.start(), *legal.end())))
    }

    fn has(&self, element: Element) -> bool {
        self.0.contains_key(element.0)
    }
}
