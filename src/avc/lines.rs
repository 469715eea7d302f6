//! A stream as lines of JSON, both ways: a line a NAL unit with the elements of its headers, and after that of a slice a line a
//! macroblock. [`StreamUnit::lines`] makes them, and [`Writer`] makes of them the same bytes, or, of lines that were edited,
//! another stream.
//!
//! No byte gets lost: what is no known syntax stands in the line as it is, and a unit that would not come back from its elements,
//! such as a damaged one, stands there whole. `docs/stream.schema.json` describes the lines.

use std::io::{self, BufRead};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::headers::slice_type_name;
use super::headers::{Before, Content, Found, ParameterSets};
use super::macroblock::Macroblock;
use super::parameters::Fault;
use super::slice::{SliceData, WriteError, tail};
use super::stream::StreamUnit;
use super::walk::Derived;
use crate::bin::{Decode, Tail};
use crate::engine;
use crate::json;
use crate::syntax::nal::{START_CODE, escape, unescape};
use crate::syntax::{BitCoder, BitReader, BitWriter, Elements, HeaderError};

/// Bytes, in JSON a string of two hexadecimal digits each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "hex")] pub Vec<u8>);

impl Hex {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The line of a NAL unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnitLine {
    /// Its number in the stream.
    pub nal_unit: u64,
    /// Where it begins in the stream: the byte of its header. It is not read again.
    pub offset: u64,
    /// What stands before it: zeros and the start code, or its length.
    pub prefix: Hex,
    /// What nal_unit_type means, and slice_type. It is not read again.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number of the slice in the stream, if it is one. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<u64>,
    /// The elements of its headers.
    pub header: Elements,
    /// Where each of them begins, in bits from the first one of the unit without emulation prevention bytes. They are not read
    /// again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<Elements>,
    /// The bits after these elements up to the next byte, as digits, where they are no elements. rbsp_trailing_bits() is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_bits: String,
    /// The bytes after that, without emulation prevention bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Hex>,
    /// The bits after the stop bit of slice data, in its byte, where they are not zero.
    #[serde(skip_serializing_if = "is_zero")]
    pub tail_bits: u8,
    /// The bytes after that: cabac_zero_words.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub tail: Hex,
    /// All bytes of the unit as they stand in the stream, where they do not follow from the elements. Then these only tell what was
    /// read, and nothing else of this line and of its macroblocks is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Hex>,
    /// What is wrong with the unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

fn is_zero(bits: &u8) -> bool {
    *bits == 0
}

/// The line of a macroblock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MacroblockLine {
    /// The number of its slice in the stream.
    pub slice: u64,
    /// Its address.
    pub mb_addr: usize,
    /// What is derived for it. It is not read again.
    pub derived: Derived,
    /// Its elements.
    #[serde(flatten)]
    pub macroblock: Macroblock,
}

/// The lines of a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLines {
    /// That of the unit.
    pub unit: UnitLine,
    /// Those of its macroblocks, up to the one that cannot be read, if there is one.
    pub macroblocks: Vec<MacroblockLine>,
}

impl StreamUnit {
    /// The unit as lines. `macroblocks`: whether slice data becomes lines, or stands in the line of the unit as it is.
    pub fn lines(&self, macroblocks: bool) -> UnitLines {
        let headers = self.headers();
        let mut unit = UnitLine {
            nal_unit: self.number,
            slice: self.slice_number,
            offset: self.offset(),
            prefix: Hex(self.unit.prefix.clone()),
            kind: match headers.elements.iter().find(|element| element.element.0 == "slice_type") {
                Some(element) => format!("{} {}", self.kind(), slice_type_name(element.value)),
                None => self.kind().to_owned(),
            },
            header: Elements::of(&headers.elements, |element| element.value),
            error: headers.error.map(|error| error.to_string()),
            ..UnitLine::default()
        };
        let mut lines = Vec::new();
        match (&self.content, self.slice()) {
            (Content::Slice { .. }, Some((parameters, data))) if macroblocks => {
                let slice = self.slice_number.unwrap_or_default();
                let (decoder, read) = super::read_each(parameters, engine::Decoder::new(data), |step| {
                    let (mb_addr, derived) = (step.mb_addr, step.derived);
                    lines.push(MacroblockLine {
                        slice,
                        mb_addr,
                        derived,
                        macroblock: step.macroblock.clone(),
                    });
                });
                match read.and_then(|()| tail(data, decoder.position())) {
                    Ok(Tail { bits, bytes }) => (unit.tail_bits, unit.tail) = (bits, Hex(bytes.to_vec())),
                    Err(error) => unit.error = Some(error.to_string()),
                }
            }
            _ => self.rest(headers.end, &mut unit),
        }
        let is_cut = length_prefix(&mut self.unit.prefix.clone())
            .is_some_and(|length| u32::from_be_bytes(*length) as usize != self.unit.bytes.len());
        let is_same = || {
            let macroblocks = lines.iter().map(|line| line.macroblock.clone()).collect();
            written(&unit, macroblocks, &self.sets).is_ok_and(|(bytes, _)| bytes == self.unit.bytes)
        };
        // With an error in a slice, what is missing cannot be written; elsewhere what is left stands in the line.
        if is_cut
            || self.unit.bytes.is_empty()
            || (self.slice().is_some() && unit.error.is_some())
            || !is_same()
        {
            unit.verbatim = Some(Hex(self.unit.bytes.clone()));
        }
        UnitLines { unit, macroblocks: lines }
    }

    /// Puts what stands after the headers into the line.
    fn rest(&self, end: u64, unit: &mut UnitLine) {
        let mut reader = BitReader::new(&self.rbsp);
        while reader.position() < end && reader.u(1, "bit").is_ok() {}
        if end > 8 && reader.is_at_trailing_bits() {
            return;
        }
        let digits: String =
            reader.rest().take((8 - end % 8) as usize % 8).map(|bit| if bit { '1' } else { '0' }).collect();
        unit.payload = Some(Hex(self.rbsp.get(end.div_ceil(8) as usize..).unwrap_or_default().to_vec()));
        unit.rest_bits = digits;
    }
}

/// Why lines are no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A header.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// An element of a header has a value although it is not in the stream; it would be lost.
    #[error("{0} would be lost: the elements before it say that it is not in the stream, or is fewer times")]
    LostElement(String),
    /// The bits are not digits, or do not end at a byte.
    #[error("rest_bits is {0:?}; it has to be ones and zeros up to the end of a byte")]
    RestBits(String),
    /// A unit without known elements has no payload.
    #[error("payload is missing: what stands after nal_unit_type in a unit of this type")]
    Payload,
    /// Macroblocks follow a unit that is no slice with CABAC.
    #[error("macroblocks follow, but by its header and its parameter sets the unit is {0}")]
    NoSlice(String),
    /// A slice with CABAC has no macroblock.
    #[error("no macroblock follows, and there is neither payload nor verbatim")]
    NoMacroblock,
    /// Macroblocks.
    #[error("{0}")]
    Data(#[from] WriteError),
    /// A length before a NAL unit is too short for it.
    #[error("the unit has {0} bytes, more than the length in its prefix can say")]
    TooLong(usize),
}

/// Writes the NAL units of lines, and keeps the parameter sets that it has written.
///
/// ```
/// use silicabac::avc::{Stream, lines::Writer};
/// let stream = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let (mut writer, mut written) = (Writer::default(), vec![]);
/// for unit in Stream::new(&stream[..]) {
///     let lines = unit?.lines(true);
///     let macroblocks = lines.macroblocks.into_iter().map(|line| line.macroblock).collect();
///     written.extend(writer.write(&lines.unit, macroblocks)?);
/// }
/// assert_eq!(written, stream);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer {
    sets: Arc<ParameterSets>,
}

impl Writer {
    /// Takes in a unit that is not written from a line; its parameter set is kept.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.keep(self.sets.content(&unescape(bytes)).1);
    }

    fn keep(&mut self, found: Found) {
        if matches!(found, Found::Sequence(_) | Found::Picture(_)) {
            Arc::make_mut(&mut self.sets).keep(found);
        }
    }

    /// The bytes of a unit with what stands before it, of its line and its macroblocks.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn write(&mut self, unit: &UnitLine, macroblocks: Vec<Macroblock>) -> Result<Vec<u8>, LineError> {
        let (bytes, found) = match &unit.verbatim {
            Some(Hex(bytes)) => (bytes.clone(), self.sets.content(&unescape(bytes)).1),
            None => written(unit, macroblocks, &self.sets)?,
        };
        self.keep(found);
        let mut prefix = unit.prefix.0.clone();
        if let Some(length) = length_prefix(&mut prefix).filter(|_| unit.verbatim.is_none()) {
            *length = u32::try_from(bytes.len()).map_err(|_| LineError::TooLong(bytes.len()))?.to_be_bytes();
        }
        Ok([prefix, bytes].concat())
    }
}

/// What stands before a unit, if it is the length of the unit.
fn length_prefix(prefix: &mut [u8]) -> Option<&mut [u8; 4]> {
    prefix.try_into().ok().filter(|prefix: &&mut [u8; 4]| !prefix.ends_with(&START_CODE))
}

/// The bytes of a unit, and what is found in it.
fn written(
    line: &UnitLine,
    macroblocks: Vec<Macroblock>,
    sets: &ParameterSets,
) -> Result<(Vec<u8>, Found), LineError> {
    let mut writer = BitWriter::new(line.header.values());
    let mut found = Found::default();
    match Before::writing(sets).walk(&mut writer, &mut found) {
        // The rest is known as bits.
        Err(HeaderError::Missing { .. }) if line.payload.is_some() => {}
        walked => walked?,
    }
    if let Some(name) = writer.values().left() {
        return Err(LineError::LostElement(name.to_owned()));
    }
    let is_data = line.payload.is_none() && matches!(found, Found::Slice(_));
    let mut bits = line.rest_bits.clone();
    if line.payload.is_none() && !is_data {
        if writer.position() == 8 {
            return Err(LineError::Payload);
        }
        bits.push('1');
        bits.extend(
            (writer.position() + bits.len() as u64..).take_while(|bit| !bit.is_multiple_of(8)).map(|_| '0'),
        );
    }
    if bits.contains(|digit| !matches!(digit, '0' | '1'))
        || !(writer.position() + bits.len() as u64).is_multiple_of(8)
    {
        return Err(LineError::RestBits(bits));
    }
    bits.chars().for_each(|digit| writer.push(digit == '1'));
    let (mut rbsp, _) = writer.into_parts();
    let content = match &found {
        Found::Slice(header) => sets.slice(header, rbsp.len()),
        _ => Content::Other,
    };
    match content {
        Content::Slice { parameters, .. } if is_data => {
            if macroblocks.is_empty() {
                return Err(LineError::NoMacroblock);
            }
            let mut data = SliceData { macroblocks, tail_bits: line.tail_bits, tail: line.tail.0.clone() };
            for macroblock in data.macroblocks.iter_mut().filter(|macroblock| !macroblock.levels.is_empty()) {
                let whole = parameters.levels();
                if macroblock.levels.len() < whole {
                    macroblock.levels.resize(whole, 0);
                }
            }
            rbsp.extend(data.write(&parameters)?);
        }
        content if !macroblocks.is_empty() || is_data => {
            let what = match content {
                Content::Unsupported(why) => why.to_string(),
                _ => "no slice".to_owned(),
            };
            return Err(LineError::NoSlice(what));
        }
        _ => {}
    }
    rbsp.extend(line.payload.iter().flat_map(|payload| &payload.0));
    Ok((escape(&rbsp), found))
}

/// Why lines are no stream, and which line it is.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// They cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is wrong.
    #[error("line {line}: {what}")]
    Line {
        /// Its number, from 1 on.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Reads lines, and gives the bytes of each NAL unit with what stands before it. Nothing comes after an error.
///
/// ```
/// use silicabac::avc::lines::LineReader;
/// let lines = r#"{"prefix":"000001","header":{"forbidden_zero_bit":0,"nal_ref_idc":0,"nal_unit_type":9,"primary_pic_type":7}}"#;
/// let units: Result<Vec<_>, _> = LineReader::new(lines.as_bytes()).collect();
/// assert_eq!(units?, [[0, 0, 1, 0x09, 0xf0]]);
/// # Ok::<(), silicabac::avc::lines::LinesError>(())
/// ```
#[derive(Debug)]
pub struct LineReader<R> {
    source: io::Lines<R>,
    /// The number of the last line that was read.
    line: u64,
    /// The unit that was read before its macroblocks, and the number of its line.
    unit: Option<(u64, UnitLine)>,
    writer: Writer,
    is_done: bool,
}

/// What a line can be.
enum Line {
    Unit(Box<UnitLine>),
    Macroblock { mb_addr: usize, macroblock: Box<Macroblock> },
}

impl Line {
    fn read(text: &str) -> Result<Line, serde_json::Error> {
        let mut keys: serde_json::Map<String, serde_json::Value> = json::read(text.as_bytes())?;
        let Some(mb_addr) = keys.remove("mb_addr") else {
            return Ok(Line::Unit(serde_json::from_str(text)?));
        };
        let mb_addr = serde_json::from_value(mb_addr)?;
        keys.remove("slice");
        keys.remove("derived");
        Ok(Line::Macroblock { mb_addr, macroblock: serde_json::from_value(keys.into())? })
    }
}

impl<R: BufRead> LineReader<R> {
    /// Nothing is read yet.
    pub fn new(source: R) -> LineReader<R> {
        LineReader { source: source.lines(), line: 0, unit: None, writer: Writer::default(), is_done: false }
    }

    /// The next line that is not empty.
    fn read(&mut self) -> Result<Option<Line>, LinesError> {
        for text in self.source.by_ref() {
            self.line += 1;
            let text = text?;
            if !text.trim().is_empty() {
                return Line::read(&text).map(Some).map_err(|error| self.wrong(self.line, error));
            }
        }
        Ok(None)
    }

    fn wrong(&self, line: u64, what: impl ToString) -> LinesError {
        LinesError::Line { line, what: what.to_string() }
    }

    /// The unit that was read, with its macroblocks, of which the first has this address.
    fn write(&mut self, first: usize, macroblocks: Vec<Macroblock>) -> Option<Result<Vec<u8>, LinesError>> {
        let (line, unit) = self.unit.take()?;
        Some(self.writer.write(&unit, macroblocks).map_err(|error| match error {
            LineError::Data(WriteError::Fault(Fault { mb_addr, .. }) | WriteError::Lost { mb_addr, .. }) => {
                self.wrong(line + 1 + mb_addr.saturating_sub(first) as u64, error)
            }
            error => self.wrong(line, error),
        }))
    }

    fn unit(&mut self) -> Result<Option<Vec<u8>>, LinesError> {
        let mut macroblocks = Vec::new();
        let mut first = 0;
        loop {
            match self.read()? {
                Some(Line::Macroblock { mb_addr, macroblock }) => {
                    if self.unit.is_none() {
                        return Err(
                            self.wrong(self.line, "a macroblock comes before the line of its NAL unit")
                        );
                    }
                    if macroblocks.is_empty() {
                        first = mb_addr;
                    }
                    let next = first + macroblocks.len();
                    if mb_addr != next {
                        return Err(self
                            .wrong(self.line, format_args!("mb_addr is {mb_addr}, but {next} comes next")));
                    }
                    macroblocks.push(*macroblock);
                }
                Some(Line::Unit(unit)) => {
                    let written = self.write(first, macroblocks);
                    self.unit = Some((self.line, *unit));
                    match written {
                        Some(written) => return written.map(Some),
                        None => macroblocks = Vec::new(),
                    }
                }
                None => return self.write(first, macroblocks).transpose(),
            }
        }
    }
}

impl<R: BufRead> Iterator for LineReader<R> {
    type Item = Result<Vec<u8>, LinesError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let unit = self.unit().transpose();
        self.is_done = !matches!(unit, Some(Ok(_)));
        unit
    }
}
