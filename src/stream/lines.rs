//! A stream as lines of JSON, read from a file: a line for each NAL unit with the elements of its headers, and after that of a slice a
//! line for each macroblock or coding tree unit. Written as NAL units they are the same stream, or, if the lines were edited, another one.
//! `docs/stream.schema.json` describes them.

use std::io::{self, BufRead, ErrorKind};
use std::mem::take;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::avc::{self, Macroblock};
use crate::context::Codec;
use crate::hevc::{self, CodingTreeUnit, Tree};
use crate::json;
use crate::syntax::{LineError, Prefixes, UnitLine};

/// Why lines cannot be written as a stream, and which line is wrong.
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

/// Reads lines, and returns the bytes of each NAL unit with what comes before it. Nothing comes after an error.
///
/// ```
/// use silicabac::stream::LineReader;
/// let lines = r#"{"prefix":"000001","header":{"forbidden_zero_bit":0,"nal_ref_idc":0,"nal_unit_type":9,"primary_pic_type":7}}"#;
/// let units: Result<Vec<_>, _> = LineReader::new(lines.as_bytes()).collect();
/// assert_eq!(units?, [[0, 0, 1, 0x09, 0xf0]]);
/// # Ok::<(), silicabac::stream::LinesError>(())
/// ```
#[derive(Debug)]
pub struct LineReader<R> {
    source: io::Lines<R>,
    /// The number of the last line that was read.
    line: u64,
    /// The line of the unit to which `data` belongs, and the number of that line.
    unit: Option<(u64, UnitLine)>,
    /// The slice data that was read after it.
    data: Data,
    /// The numbers of the lines of that data.
    numbers: Vec<u64>,
    prefixes: Prefixes,
    avc: avc::LineWriter,
    hevc: hevc::LineWriter,
    /// The standard of the last unit whose header tells it.
    codec: Codec,
    is_done: bool,
}

/// What a line can be.
enum Line {
    Unit(Box<UnitLine>),
    Macroblock(usize, Box<Macroblock>),
    CodingTreeUnit(u32, Box<CodingTreeUnit>),
}

/// Parts of slice data, with their addresses.
#[derive(Debug, Default)]
struct Data {
    macroblocks: Vec<(usize, Macroblock)>,
    coding_tree_units: Vec<(u32, CodingTreeUnit)>,
}

impl Line {
    fn read(text: &str) -> Result<Line, String> {
        let mut keys: Map<String, Value> = json::read(text.as_bytes()).map_err(|error| error.to_string())?;
        if let Some(mb_addr) = keys.remove("mb_addr") {
            let mb_addr = serde_json::from_value(mb_addr).map_err(|error| format!("mb_addr: {error}"))?;
            keys.remove("slice");
            keys.remove("derived");
            return Ok(Line::Macroblock(mb_addr, of_keys(keys)?));
        }
        if let Some(ctb_addr) = keys.remove("ctb_addr") {
            let ctb_addr = serde_json::from_value(ctb_addr).map_err(|error| format!("ctb_addr: {error}"))?;
            keys.remove("slice");
            let unit = of_keys::<Tree>(keys)?.into_unit().map_err(|error| error.to_string())?;
            return Ok(Line::CodingTreeUnit(ctb_addr, Box::new(unit)));
        }
        Ok(Line::Unit(of_keys(keys)?))
    }
}

/// Deserialises the keys; an error names the key that is wrong.
fn of_keys<T: DeserializeOwned>(keys: Map<String, Value>) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::from(keys)).map_err(|error| match error.path().iter().next() {
        None => error.inner().to_string(),
        Some(_) => error.to_string(),
    })
}

impl<R: BufRead> LineReader<R> {
    /// A reader that has read nothing yet.
    pub fn new(source: R) -> LineReader<R> {
        LineReader {
            source: source.lines(),
            line: 0,
            unit: None,
            data: Data::default(),
            numbers: Vec::new(),
            prefixes: Prefixes::default(),
            avc: avc::LineWriter::default(),
            hevc: hevc::LineWriter::default(),
            codec: Codec::Avc,
            is_done: false,
        }
    }

    /// The next line that is not empty.
    fn read(&mut self) -> Result<Option<Line>, LinesError> {
        for text in self.source.by_ref() {
            self.line += 1;
            let line = self.line;
            let text = text.map_err(|error| match error.kind() {
                ErrorKind::InvalidData => LinesError::Line { line, what: "it is no UTF-8".to_owned() },
                _ => LinesError::Io(error),
            })?;
            if !text.trim().is_empty() {
                return Line::read(&text).map(Some).map_err(|what| LinesError::Line { line, what });
            }
        }
        Ok(None)
    }

    /// The bytes of the unit that was read last, with its data.
    fn write(&mut self) -> Option<Result<Vec<u8>, LinesError>> {
        let (line, unit) = self.unit.take()?;
        let (data, numbers) = (take(&mut self.data), take(&mut self.numbers));
        // Only NAL unit headers of H.265 have nuh_layer_id, and only those of H.264 have nal_ref_idc.
        match (unit.header.get("nuh_layer_id"), unit.header.get("nal_ref_idc")) {
            ([], [_, ..]) => self.codec = Codec::Avc,
            ([_, ..], []) => self.codec = Codec::Hevc,
            _ => {}
        }
        let written = match self.codec {
            Codec::Avc if !data.coding_tree_units.is_empty() => Err(LineError::OtherStandard),
            Codec::Hevc if !data.macroblocks.is_empty() => Err(LineError::OtherStandard),
            Codec::Avc => self.avc.write(&unit, data.macroblocks),
            Codec::Hevc => self.hevc.write(&unit, data.coding_tree_units),
        };
        let written = written.and_then(|bytes| Ok([self.prefixes.of(&unit, bytes.len())?, bytes].concat()));
        Some(written.map_err(|error| {
            let index = match error {
                LineError::Address { index, .. } => Some(index),
                LineError::Data { index, .. } => index,
                _ => None,
            };
            let line = index.and_then(|index| numbers.get(index).copied()).unwrap_or(line);
            LinesError::Line { line, what: error.to_string() }
        }))
    }

    fn unit(&mut self) -> Result<Option<Vec<u8>>, LinesError> {
        loop {
            match self.read()? {
                Some(Line::Macroblock(..) | Line::CodingTreeUnit(..)) if self.unit.is_none() => {
                    let what = "slice data comes before the line of its NAL unit".to_owned();
                    return Err(LinesError::Line { line: self.line, what });
                }
                Some(Line::Macroblock(mb_addr, macroblock)) => {
                    self.data.macroblocks.push((mb_addr, *macroblock));
                    self.numbers.push(self.line);
                }
                Some(Line::CodingTreeUnit(ctb_addr, coding_tree_unit)) => {
                    self.data.coding_tree_units.push((ctb_addr, *coding_tree_unit));
                    self.numbers.push(self.line);
                }
                Some(Line::Unit(unit)) => {
                    let written = self.write();
                    self.unit = Some((self.line, *unit));
                    if let Some(written) = written {
                        return written.map(Some);
                    }
                }
                None => return self.write().transpose(),
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
