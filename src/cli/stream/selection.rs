//! Which units of a stream are wanted.

use std::{io, path::Path, str::FromStr};

use silicabac::stream::StreamUnit;

use super::Failure;

/// Numbers from one to another, or the first to the last: 3, 3-7, 3-, -7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: u64,
    last: u64,
}

impl Range {
    pub(super) fn contains(self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Range, String> {
        let number = |text: &str, other| match text {
            "" => Some(other),
            text => text.parse().ok(),
        };
        let range = match text.split_once('-') {
            Some((first, last)) => number(first, 0).zip(number(last, u64::MAX)),
            None => text.parse().ok().map(|only| (only, only)),
        };
        match range {
            Some((first, last)) if first <= last && text != "-" => Ok(Range { first, last }),
            _ => Err("give a number, such as 3, or a range, such as 3-7, 3- or -7".to_owned()),
        }
    }
}

#[derive(clap::Args)]
pub(super) struct Selection {
    /// Only these NAL units, by their number in the stream from 0 on, such as 3, 3-7 or 3-
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    nal_unit: Option<Range>,
    /// Only these slices, by their number in the stream from 0 on
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    slice: Option<Range>,
}

impl Selection {
    /// All of them.
    pub(super) const ALL: Selection = Selection { nal_unit: None, slice: None };

    pub(super) fn is_all(&self) -> bool {
        self.nal_unit.is_none() && self.slice.is_none()
    }

    fn has(&self, unit: &StreamUnit) -> bool {
        let slice = |slices: Range| unit.slice_number().is_some_and(|slice| slices.contains(slice));
        self.nal_unit.is_none_or(|units| units.contains(unit.number())) && self.slice.is_none_or(slice)
    }

    fn is_before_end(&self, unit: &StreamUnit) -> bool {
        let slice = |slices: Range| unit.slice_number().is_none_or(|slice| slice <= slices.last);
        self.nal_unit.is_none_or(|units| unit.number() <= units.last) && self.slice.is_none_or(slice)
    }

    /// The units that are selected; none of the stream is read beyond the last one.
    pub(super) fn of(
        &self,
        units: impl Iterator<Item = io::Result<StreamUnit>>,
    ) -> impl Iterator<Item = io::Result<StreamUnit>> {
        units
            .take_while(|unit| unit.as_ref().map_or(true, |unit| self.is_before_end(unit)))
            .filter(|unit| unit.as_ref().map_or(true, |unit| self.has(unit)))
    }

    /// The failure if no unit is selected.
    pub(super) fn nothing(&self, path: &Path) -> Failure {
        let path = path.to_owned();
        match (self.nal_unit, self.slice) {
            (None, None) => Failure::NoUnit { path },
            _ => Failure::NoSuchUnit { path },
        }
    }
}
