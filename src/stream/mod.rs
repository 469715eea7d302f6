//! A stream of either standard: what a tool asks of its NAL units, whichever standard they are of.
//!
//! The two modules `avc` and `hevc` know nothing of each other. Here each question that both answer has one name. A third standard would
//! be one more variant, and one more line for each question.

mod lines;
mod probe;

use std::io::{self, BufRead};

use serde::Serialize;

use crate::avc;
use crate::bin::Tail;
use crate::context::{Codec, SliceInit};
use crate::engine;
use crate::hevc;
use crate::observed::Observer;
use crate::syntax::{Headers, Info, UnitLine, nal};
use crate::trace::SliceTrace;

pub use lines::{LineReader, LinesError};
pub use probe::codec_of;

/// Reads a byte stream unit by unit, as [`avc::Stream`] does.
///
/// ```
/// use silicabac::{context::Codec, stream::Stream};
/// let bytes = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let units = Stream::new(Codec::Avc, &bytes[..]).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(units.iter().filter(|unit| unit.init().is_some()).count(), 4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub enum Stream<R> {
    /// Of H.264.
    Avc(avc::Stream<R>),
    /// Of H.265.
    Hevc(hevc::Stream<R>),
}

impl<R: BufRead> Stream<R> {
    /// A stream of this standard, a byte stream as of its annex B or NAL units with their lengths before them.
    pub fn new(codec: Codec, source: R) -> Stream<R> {
        match codec {
            Codec::Avc => Stream::Avc(avc::Stream::new(source)),
            Codec::Hevc => Stream::Hevc(hevc::Stream::new(source)),
        }
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = io::Result<StreamUnit>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Stream::Avc(stream) => Some(stream.next()?.map(StreamUnit::Avc)),
            Stream::Hevc(stream) => Some(stream.next()?.map(StreamUnit::Hevc)),
        }
    }
}

/// A NAL unit, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamUnit {
    /// Of H.264.
    Avc(avc::StreamUnit),
    /// Of H.265.
    Hevc(hevc::StreamUnit),
}

/// What can be done with a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is a slice with CABAC, of which the data can be read.
    Slice,
    /// It is slice data of a kind that is not read.
    Unsupported(String),
    /// It is a slice, or a parameter set that slices depend on, but cannot be read.
    Damaged(String),
    /// It is anything else.
    Other,
}

/// Why slice data cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Of H.264.
    #[error("{0}")]
    Avc(#[from] avc::DataError),
    /// Of H.265.
    #[error("{0}")]
    Hevc(#[from] hevc::DataError),
}

/// The lines of a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLines {
    /// The line of the unit.
    pub unit: UnitLine,
    /// The lines of its slice data, up to what cannot be read.
    pub data: Vec<DataLine>,
}

/// The line of a part of slice data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum DataLine {
    /// Of H.264.
    Macroblock(avc::MacroblockLine),
    /// Of H.265.
    CodingTreeUnit(hevc::CodingTreeUnitLine),
}

/// Evaluates the answer with `unit` bound to the unit of either standard.
macro_rules! either {
    ($stream_unit:expr, $unit:ident => $answer:expr) => {
        match $stream_unit {
            StreamUnit::Avc($unit) => $answer,
            StreamUnit::Hevc($unit) => $answer,
        }
    };
}

impl StreamUnit {
    /// Its number in the stream.
    pub fn number(&self) -> u64 {
        either!(self, unit => unit.number)
    }

    /// Its number among the slices or slice segments of the stream, of whatever kind, if it is one.
    pub fn slice_number(&self) -> Option<u64> {
        either!(self, unit => unit.slice_number)
    }

    /// Its bytes, and those before it.
    pub fn unit(&self) -> &nal::Unit {
        either!(self, unit => &unit.unit)
    }

    /// Its bytes without emulation prevention.
    pub fn rbsp(&self) -> &[u8] {
        either!(self, unit => &unit.rbsp)
    }

    /// The byte of the stream at which its header begins.
    pub fn offset(&self) -> u64 {
        either!(self, unit => unit.offset())
    }

    /// Whether there is a NAL unit. After the last one there can be bytes that are none.
    pub fn is_there(&self) -> bool {
        !self.unit().bytes.is_empty()
    }

    /// The name of its nal_unit_type.
    pub fn kind(&self) -> &'static str {
        either!(self, unit => unit.kind())
    }

    /// What can be done with it.
    pub fn state(&self) -> State {
        match self {
            StreamUnit::Avc(unit) => match &unit.content {
                avc::Content::Slice { .. } => State::Slice,
                avc::Content::Unsupported(why) => State::Unsupported(why.to_string()),
                avc::Content::Damaged(error) => State::Damaged(error.to_string()),
                avc::Content::ParameterSet(_) | avc::Content::Other => State::Other,
            },
            StreamUnit::Hevc(unit) => match &unit.content {
                hevc::Content::Segment { .. } => State::Slice,
                hevc::Content::Unsupported(why) => State::Unsupported(why.to_string()),
                hevc::Content::Damaged(error) => State::Damaged(error.to_string()),
                hevc::Content::ParameterSet(_) | hevc::Content::Other => State::Other,
            },
        }
    }

    /// Whether reading it needs to know how the slice data of the unit before it ended.
    pub fn goes_on(&self) -> bool {
        match self {
            StreamUnit::Avc(_) => false,
            StreamUnit::Hevc(unit) => unit.is_dependent(),
        }
    }

    /// What initialises the contexts of the slice, if it is one that can be read.
    pub fn init(&self) -> Option<SliceInit> {
        match self {
            StreamUnit::Avc(unit) => unit.slice().map(|(parameters, _)| parameters.init()),
            StreamUnit::Hevc(unit) => unit.segment().map(|(parameters, ..)| parameters.init()),
        }
    }

    /// The bytes of its slice data, with what comes after them; `None` if it is no slice with CABAC.
    pub fn data(&self) -> Option<&[u8]> {
        match self {
            StreamUnit::Avc(unit) => unit.slice().map(|(_, data)| data),
            StreamUnit::Hevc(unit) => unit.segment().map(|(.., data)| data),
        }
    }

    /// The elements of its headers.
    pub fn headers(&self) -> Headers {
        either!(self, unit => unit.headers())
    }

    /// What is in it, in numbers.
    pub fn info(&self) -> Info {
        either!(self, unit => unit.info())
    }

    /// The unit as lines. `data` tells whether slice data becomes lines, or is in the line of the unit as it is.
    pub fn lines(&self, data: bool) -> UnitLines {
        match self {
            StreamUnit::Avc(unit) => {
                let avc::UnitLines { unit, macroblocks } = unit.lines(data);
                UnitLines { unit, data: macroblocks.into_iter().map(DataLine::Macroblock).collect() }
            }
            StreamUnit::Hevc(unit) => {
                let hevc::UnitLines { unit, coding_tree_units } = unit.lines(data);
                UnitLines {
                    unit,
                    data: coding_tree_units.into_iter().map(DataLine::CodingTreeUnit).collect(),
                }
            }
        }
    }

    /// Reads the slice and shows it to an observer. Returns the observer, and what comes after the slice or why it could not be read to
    /// its end. `None` if it is no slice that can be read.
    pub fn observe<O>(&self, observer: O) -> Option<(O, Result<Tail<'_>, DataError>)>
    where
        O: for<'a> Observer<engine::Decoder<'a>>,
    {
        either!(self, unit => {
            let (observer, read) = unit.observe(observer, |_| {})?;
            Some((observer, read.map_err(DataError::from)))
        })
    }

    /// The trace of the slice. `None` if it is no slice that can be read.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn trace(&self) -> Option<Result<SliceTrace, DataError>> {
        either!(self, unit => Some(unit.trace()?.map_err(DataError::from)))
    }

    /// The bytes of the unit with its slice data read and written again; if it is no slice that can be read, its bytes as they are.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn rewrite(&self) -> Result<Vec<u8>, DataError> {
        either!(self, unit => unit.rewrite().map_err(DataError::from))
    }
}
