//! The values of headers, by the names of their elements.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use crate::avc::ParameterSets;
use crate::bin::Element;
use crate::dream::DreamError;
use crate::syntax::{BitWriter, Values};

/// Values that a walk through a header is to find. What is not named is 0, or the lowest legal value; alignment bits are as the
/// standard wants them.
#[derive(Clone, Debug, Default)]
pub(super) struct Header(BTreeMap<&'static str, VecDeque<i64>>);

impl Header {
    /// That of a NAL unit of this type.
    pub(super) fn new(nal_unit_type: i64, nal_ref_idc: i64) -> Header {
        let mut header = Header::default();
        header.set("nal_unit_type", nal_unit_type).set("nal_ref_idc", nal_ref_idc);
        header
    }

    /// One more value of an element.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<i64>) -> &mut Header {
        self.0.entry(name).or_default().push_back(value.into());
        self
    }

    /// The bytes up to slice data, or up to the trailing bits, and whether the last one is full.
    pub(super) fn write(self, sets: &ParameterSets) -> Result<BitWriter<Header>, DreamError> {
        let mut writer = BitWriter::new(self);
        sets.walk(&mut writer)?;
        Ok(writer)
    }
}

impl Values for Header {
    fn value(&mut self, element: Element, legal: &RangeInclusive<i64>) -> Option<i64> {
        if element.0 == "cabac_alignment_one_bit" {
            return None;
        }
        let value = self.0.get_mut(element.0).and_then(VecDeque::pop_front);
        Some(value.unwrap_or(0.clamp(*legal.start(), *legal.end())))
    }

    fn has(&self, element: Element) -> bool {
        self.0.contains_key(element.0)
    }
}
