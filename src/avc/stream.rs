//! The NAL units of a stream, each with what it holds.

use std::io::{self, BufRead};

use super::headers::{Content, ParameterSets};
use super::nal::{Unit, Units, escape, unescape};
use super::slice::{DataError, rewrite};

/// Reads a byte stream unit by unit, and keeps the parameter sets that it sends.
///
/// It holds no more of the stream than one NAL unit.
#[derive(Debug)]
pub struct Stream<R> {
    units: Units<R>,
    sets: ParameterSets,
}

/// A NAL unit, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUnit {
    /// Its bytes, and those before it.
    pub unit: Unit,
    /// Its bytes without emulation prevention.
    pub rbsp: Vec<u8>,
    /// What it holds.
    pub content: Content,
}

impl<R: BufRead> Stream<R> {
    /// A byte stream as of annex B, from a file or a pipe.
    pub fn new(source: R) -> Stream<R> {
        Stream { units: Units::new(source), sets: ParameterSets::default() }
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = io::Result<StreamUnit>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.units.next()?.map(|unit| {
            let rbsp = unescape(&unit.bytes);
            let content = self.sets.take(&rbsp);
            StreamUnit { unit, rbsp, content }
        }))
    }
}

impl StreamUnit {
    /// nal_unit_type; `None` where there is no NAL unit, behind the last one.
    pub fn nal_unit_type(&self) -> Option<u8> {
        self.unit.bytes.first().map(|header| header & 31)
    }

    /// The slice data from its first CABAC byte on, if it is a slice with CABAC.
    pub fn data(&self) -> Option<&[u8]> {
        match self.content {
            Content::Slice { data, .. } => self.rbsp.get(data..),
            _ => None,
        }
    }

    /// The bytes of the unit with its slice data read and written again; of what is no slice with CABAC, its bytes.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn rewrite(&self) -> Result<Vec<u8>, DataError> {
        let Content::Slice { ref parameters, data } = self.content else { return Ok(self.unit.bytes.clone()) };
        let (header, data) = self.rbsp.split_at(data);
        Ok(escape(&[header, &rewrite(parameters, data)?].concat()))
    }
}
