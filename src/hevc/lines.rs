//! A NAL unit as lines of JSON, read and written: the line of the unit ([`UnitLine`]), and after that of a slice segment a line for each
//! coding tree unit.

use serde::Serialize;

use super::headers::{Found, ParameterSets, SliceSegment};
use super::json::Tree;
use super::parameters::Fault;
use super::segment::{ReadUnit, SegmentData, WriteError};
use super::stream::{Content, Dependencies, Sent, StreamUnit};
use super::substreams::Watched;
use super::tree::CodingTreeUnit;
use crate::syntax::nal::{escape, unescape};
use crate::syntax::{Hex, LineError, UnitLine, left_over};

/// The bits of a NAL unit's own header.
const HEADER_BITS: u64 = 16;

/// The line of a coding tree unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodingTreeUnitLine {
    /// The number of its slice segment in the stream.
    pub slice: u64,
    /// CtbAddrInRs.
    pub ctb_addr: u32,
    /// Its elements.
    #[serde(flatten)]
    pub tree: Tree,
}

/// The lines of a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLines {
    /// The line of the unit.
    pub unit: UnitLine,
    /// The lines of its coding tree units, up to the one that cannot be read, if there is one.
    pub coding_tree_units: Vec<CodingTreeUnitLine>,
}

/// What was read in the coding tree units.
#[derive(Default)]
struct Shown {
    lines: Vec<CodingTreeUnitLine>,
    units: Vec<(u32, CodingTreeUnit)>,
    /// The bytes at which substreams begin, but for the first.
    starts: Vec<usize>,
}

impl StreamUnit {
    /// The unit as lines. `data` says whether slice segment data becomes lines, or is in the line of the unit as it is.
    pub fn lines(&self, data: bool) -> UnitLines {
        let headers = self.headers();
        let kind = match headers.elements.iter().find(|element| element.element.0 == "slice_type") {
            Some(element) => format!("{} {}", self.kind(), slice_type_name(element.value)),
            None => self.kind().to_owned(),
        };
        let end = headers.end;
        let mut unit = UnitLine::new(self.number, self.slice_number, kind, &self.unit, headers);
        let (mut lines, mut units) = (Vec::new(), Vec::new());
        match &self.content {
            Content::Segment { parameters, .. } if data => {
                let slice = self.slice_number.unwrap_or_default();
                let show = |shown: &mut Shown, read_unit: ReadUnit<'_, Watched<'_, ()>>| {
                    let tree = Tree::new(read_unit.coding_tree_unit, parameters, read_unit.luma_position);
                    shown.lines.push(CodingTreeUnitLine { slice, ctb_addr: read_unit.ctb_addr, tree });
                    shown.starts.extend(read_unit.next_substream());
                    shown.units.push((read_unit.ctb_addr, read_unit.coding_tree_unit.clone()));
                };
                if let Some((parts, read)) = self.observe_parts(show) {
                    let mut starts = Vec::new();
                    for ((), part) in parts {
                        lines.extend(part.lines);
                        starts.extend(part.starts);
                        units.extend(part.units);
                    }
                    match read {
                        Ok(tail) => {
                            unit.note = left_over(&tail).or_else(|| self.note_on(&starts));
                            (unit.tail_bits, unit.tail) = (tail.bits, Hex(tail.bytes.to_vec()));
                        }
                        Err(error) => unit.error = Some(error.to_string()),
                    }
                }
            }
            Content::Damaged(error) => {
                unit.error = Some(error.to_string());
                unit.take_rest(&self.rbsp, HEADER_BITS, end);
            }
            _ => unit.take_rest(&self.rbsp, HEADER_BITS, end),
        }
        // Bytes that are missing cannot be written.
        if unit.error.is_some()
            || self.unit.missing > 0
            || self.unit.bytes.is_empty()
            || !self.comes_back(&unit, units)
        {
            unit.verbatim = Some(Hex(self.unit.bytes.clone()));
        }
        UnitLines { unit, coding_tree_units: lines }
    }

    /// Whether the bytes that are written from these lines are those of the unit.
    fn comes_back(&self, line: &UnitLine, units: Vec<(u32, CodingTreeUnit)>) -> bool {
        let dependencies = |_| match &self.content {
            Content::Segment { parameters, before, .. } => Ok((parameters.clone(), before.clone())),
            other => Err(other.clone()),
        };
        unit(line, units, &self.sets, dependencies).is_ok_and(|bytes| bytes == self.unit.bytes)
    }
}

const fn slice_type_name(slice_type: i64) -> &'static str {
    match slice_type {
        0 => "B",
        1 => "P",
        _ => "I",
    }
}

/// Writes the NAL units of lines, and keeps those values of written units on which later units depend.
///
/// ```
/// use silicabac::hevc::{LineWriter, Stream};
/// let stream = std::fs::read("tests/streams/x265_main_ipb_qcif.265")?;
/// let mut writer = LineWriter::default();
/// for unit in Stream::new(&stream[..]) {
///     let unit = unit?;
///     let lines = unit.lines(true);
///     let units: Result<Vec<_>, silicabac::hevc::TreeError> =
///         lines.coding_tree_units.into_iter().map(|line| Ok((line.ctb_addr, line.tree.into_unit()?))).collect();
///     assert_eq!(writer.write(&lines.unit, units?)?, unit.unit.bytes);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LineWriter {
    sent: Sent,
}

impl LineWriter {
    /// Takes note of a unit that is not written from a line.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.sent.content(&unescape(bytes));
    }

    /// The bytes of a unit, given its line and its coding tree units, each with its address.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn write(
        &mut self,
        line: &UnitLine,
        units: Vec<(u32, CodingTreeUnit)>,
    ) -> Result<Vec<u8>, LineError> {
        let bytes = match &line.verbatim {
            Some(Hex(bytes)) => bytes.clone(),
            None => unit(line, units, &self.sent.sets, |segment| self.sent.dependencies(segment))?,
        };
        self.pass(&bytes);
        Ok(bytes)
    }
}

/// The bytes of a unit. `dependencies` returns what the data of a slice segment depends on, or what the unit is instead of one.
fn unit(
    line: &UnitLine,
    units: Vec<(u32, CodingTreeUnit)>,
    sets: &ParameterSets,
    dependencies: impl FnOnce(SliceSegment) -> Result<Dependencies, Content>,
) -> Result<Vec<u8>, LineError> {
    let mut found = Found::default();
    let writer = line.headers(|writer| sets.find(writer, &mut found))?;
    let segment = match found {
        Found::Slice(segment) if line.payload.is_none() => segment,
        _ if units.is_empty() => return line.write_rest(writer, HEADER_BITS),
        Found::Slice(_) => {
            return Err(LineError::NoSlice("a slice segment whose data is in payload".to_owned()));
        }
        _ => return Err(LineError::NoSlice("no slice segment".to_owned())),
    };
    let (mut rbsp, _) = writer.into_parts();
    match dependencies(segment) {
        Ok(dependencies) => rbsp.extend(segment_data(line, &dependencies, units)?),
        Err(Content::Unsupported(why)) => return Err(LineError::NoSlice(why.to_string())),
        Err(Content::Damaged(error)) => return Err(LineError::NoSlice(error.to_string())),
        Err(_) => return Err(LineError::NoSlice("no slice segment".to_owned())),
    }
    Ok(escape(&rbsp))
}

/// The data of a slice segment, as it is in the RBSP.
fn segment_data(
    line: &UnitLine,
    (parameters, before): &Dependencies,
    units: Vec<(u32, CodingTreeUnit)>,
) -> Result<Vec<u8>, LineError> {
    let addresses: Vec<u32> = units.iter().map(|(ctb_addr, _)| *ctb_addr).collect();
    let expected = parameters.tiles.addresses_from(parameters.slice_segment_address);
    line.check_data("ctb_addr", addresses.iter().copied(), expected)?;
    let coding_tree_units = units.into_iter().map(|(_, unit)| unit).collect();
    let data = SegmentData { coding_tree_units, tail_bits: line.tail_bits, tail: line.tail.0.clone() };
    let written = data.write(parameters, before.as_ref().and_then(|before| before.get()));
    written.map(|(bytes, _)| bytes).map_err(|error| {
        let ctb_addr = match &error {
            WriteError::Fault(Fault { ctb_addr, .. }) | WriteError::Lost { ctb_addr, .. } => Some(*ctb_addr),
            WriteError::Count { .. } | WriteError::MissingPredecessor | WriteError::Header(_) => None,
        };
        let index = addresses.iter().position(|address| Some(*address) == ctb_addr);
        LineError::Data { index, what: error.to_string() }
    })
}
