//! Npz: a zip archive whose entries are `.npy` arrays.
//!
//! The crate `zip` reads the directory and writes new archives; what lies where is then known, and data is read as
//! everywhere (`payload`). An archive that only stores is cut like the other formats and comes back byte for byte. If
//! any entry is deflated, or has its checksum behind it, the archive is made anew from a list of its entries.
//!
//! Layout of that skeleton, numbers as varints: how many entries; of each its [`Record`]; the archive's comment.

use std::collections::HashSet;
use std::fmt;
use std::io::{Seek, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::cut::{self, MAX_SKELETON, Mark};
use super::payload::{Packing, Place};
use super::source::Source;
use super::{Format, ModelError, Parsed, TensorInfo, Type, check_length, npy, wire};

/// The first byte of the skeleton of an archive that is made anew.
pub(super) const PACKED: u8 = 2;

/// What of an entry is not its tensor's.
#[derive(Clone, Debug, Default)]
struct Record {
    is_deflated: bool,
    /// Whether its name ends with `.npy`, which that of the tensor does not.
    is_npy: bool,
    /// Date and time, as MS-DOS has them.
    time: (u16, u16),
    attributes: u32,
    header: Vec<u8>,
}

/// An entry as the directory has it.
struct Entry {
    tensor: TensorInfo,
    place: Place,
    record: Record,
    /// Where its two headers begin.
    local: u64,
    central: u64,
}

pub(super) fn parse(source: &mut Source) -> Result<Parsed, ModelError> {
    let mut archive = ZipArchive::new(source.whole()?).map_err(damaged)?;
    if archive.has_duplicate_names() {
        return Err(ModelError::damaged(Format::Npz, "two entries have the same name"));
    }
    let mut entries =
        (0..archive.len()).map(|index| entry(&mut archive, index)).collect::<Result<Vec<_>, _>>()?;
    if !entries.is_empty() && entries.iter().all(|entry| entry.record.header.is_empty()) {
        return Err(ModelError::NoArray);
    }
    let mut names = HashSet::new();
    if let Some(twice) = entries.iter().map(|entry| &entry.tensor.name).find(|name| !names.insert(*name)) {
        return Err(damaged(format_args!(
            "two entries are the array {twice:?}, one with .npy and one without"
        )));
    }
    entries.sort_by_key(|entry| entry.local);
    let comment = archive.comment().to_vec();
    drop(archive);
    source.rewind()?;

    let marks = marks(source, &entries)?;
    let places: Vec<_> = entries.iter().map(|entry| entry.place).collect();
    let (tensors, records): (Vec<_>, Vec<_>) =
        entries.into_iter().map(|entry| (entry.tensor, entry.record)).unzip();
    let skeleton = match marks {
        Some(marks) => cut::skeleton(source, &tensors, &places, Some(&marks))?,
        None => packed(&records, &comment)?,
    };
    Ok(Parsed { tensors, places, skeleton })
}

fn entry(archive: &mut ZipArchive<impl std::io::Read + Seek>, index: usize) -> Result<Entry, ModelError> {
    let raw = archive.by_index_raw(index).map_err(damaged)?;
    let full = raw.name().map_err(damaged)?.into_owned();
    let unsupported = |what: String| ModelError::Unsupported { tensor: full.clone(), what };
    if raw.encrypted() {
        return Err(unsupported("it is encrypted; write it without a password".into()));
    }
    let is_deflated = match raw.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        other => {
            let what = format!("compressed by {other}; write it with numpy.savez or numpy.savez_compressed");
            return Err(unsupported(what));
        }
    };
    let start = raw.data_start().ok_or_else(|| damaged("an entry has no data"))?;
    let (local, central) = (raw.header_start(), raw.central_header_start());
    let (size, packed, crc) = (raw.size(), raw.compressed_size(), raw.crc32());
    if !is_deflated && size != packed {
        return Err(damaged(format_args!("stored entry {full:?} has two lengths")));
    }
    let time = raw.last_modified().map(|time| (time.datepart(), time.timepart())).unwrap_or_default();
    let attributes = raw.external_attributes();
    drop(raw);

    let header = npy::header(&mut archive.by_index(index).map_err(damaged)?, &full)?;
    let lead = header.as_ref().map_or(0, |header| header.bytes.len() as u64);
    let bytes = size.checked_sub(lead).ok_or_else(|| damaged(format_args!("entry {full:?} is too short")))?;
    let stem = full.strip_suffix(".npy");
    let is_npy = stem.is_some();
    let name = stem.unwrap_or(&full).to_string();
    let (element, shape, header) = match header {
        Some(header) => {
            if let Some(bits) = header.bits {
                check_length(&name, &header.shape, bits, bytes)?;
            }
            (header.element, header.shape, header.bytes)
        }
        None => (Type::Other, vec![bytes], Vec::new()),
    };
    let tensor = TensorInfo { name, element, shape, bytes };
    let packing = if is_deflated { Packing::Deflated(packed) } else { Packing::Stored };
    let place = Place { start, lead, bytes, packing, crc: Some(crc) };
    let record = Record { is_deflated, is_npy, time, attributes, header };
    Ok(Entry { tensor, place, record, local, central })
}

/// Where the checksums are, if the archive can be cut: nothing is deflated, and each entry has its checksum in both of
/// its headers, the one before its data and the one behind all data.
fn marks(source: &mut Source, entries: &[Entry]) -> Result<Option<Vec<Mark>>, ModelError> {
    let end = |place: Place| place.start.saturating_add(place.lead).saturating_add(place.bytes);
    let ends = entries.iter().map(|entry| end(entry.place));
    let data_end = ends.max().unwrap_or(0);
    let mut marks = Vec::with_capacity(entries.len());
    for entry in entries {
        let checksum = entry.place.crc.unwrap_or(0).to_le_bytes();
        let is_regular = entry.place.packing == Packing::Stored
            && entry.central >= data_end
            && entry.local.saturating_add(30) <= entry.place.start
            && is_there(source, entry.local, b"PK\x03\x04", 14, checksum)?
            && is_there(source, entry.central, b"PK\x01\x02", 16, checksum)?;
        if !is_regular {
            return Ok(None);
        }
        let lead = entry.place.lead;
        let local = entry.place.start + lead - (entry.local + 14);
        marks.push(Mark { lead, local, central: entry.central + 16 });
    }
    Ok(Some(marks))
}

/// Whether a header is at a position, with a checksum some bytes behind its beginning.
fn is_there(
    source: &mut Source,
    position: u64,
    magic: &[u8; 4],
    checksum_at: usize,
    checksum: [u8; 4],
) -> Result<bool, ModelError> {
    let mut header = Vec::new();
    source.append(position, checksum_at as u64 + 4, &mut header)?;
    Ok(header.starts_with(magic) && header[checksum_at..] == checksum)
}

/// The skeleton of an archive that is made anew.
fn packed(records: &[Record], comment: &[u8]) -> Result<Vec<u8>, ModelError> {
    let total = records.iter().map(|record| record.header.len() as u64).sum();
    if total > MAX_SKELETON {
        return Err(ModelError::Skeleton { bytes: total });
    }
    let mut bytes = vec![PACKED];
    wire::put(records.len() as u64, &mut bytes);
    for record in records {
        wire::put(u64::from(record.is_deflated) | u64::from(record.is_npy) << 1, &mut bytes);
        wire::put(record.time.0.into(), &mut bytes);
        wire::put(record.time.1.into(), &mut bytes);
        wire::put(record.attributes.into(), &mut bytes);
        wire::put(record.header.len() as u64, &mut bytes);
        bytes.extend(&record.header);
    }
    bytes.extend(comment);
    Ok(bytes)
}

/// Takes a record off a skeleton.
fn record(skeleton: &mut &[u8]) -> Option<Record> {
    let flags = wire::take(skeleton).filter(|&flags| flags < 4)?;
    let time = (wire::take(skeleton)?.try_into().ok()?, wire::take(skeleton)?.try_into().ok()?);
    let attributes = wire::take(skeleton)?.try_into().ok()?;
    let length = usize::try_from(wire::take(skeleton)?).ok()?;
    let (header, rest) = skeleton.split_at_checked(length)?;
    *skeleton = rest;
    let (is_deflated, is_npy) = (flags & 1 != 0, flags & 2 != 0);
    Some(Record { is_deflated, is_npy, time, attributes, header: header.to_vec() })
}

/// Makes such an archive.
pub(super) struct Writer<W: Write + Seek> {
    zip: ZipWriter<W>,
    records: Vec<Record>,
}

impl<W: Write + Seek> Writer<W> {
    pub(super) fn new(sink: W, mut skeleton: &[u8], tensors: &[TensorInfo]) -> Result<Self, ModelError> {
        if wire::take(&mut skeleton) != Some(tensors.len() as u64) {
            return Err(ModelError::Mismatch("it has another number of tensors"));
        }
        let records = tensors.iter().map(|_| record(&mut skeleton)).collect::<Option<Vec<_>>>();
        let records = records.ok_or(ModelError::Mismatch("it is cut short"))?;
        let mut zip = ZipWriter::new(sink);
        zip.set_raw_comment(skeleton.into()).map_err(damaged)?;
        Ok(Writer { zip, records })
    }

    /// Ends the entry before, and begins that of this tensor.
    pub(super) fn begin(&mut self, index: usize, tensor: &TensorInfo) -> Result<(), ModelError> {
        let Record { is_deflated, is_npy, time, attributes, ref header } = self.records[index];
        let time = DateTime::try_from_msdos(time.0, time.1).unwrap_or_else(|_| DateTime::default_for_write());
        let options = SimpleFileOptions::default()
            .compression_method(if is_deflated {
                CompressionMethod::Deflated
            } else {
                CompressionMethod::Stored
            })
            .last_modified_time(time)
            .external_attributes(attributes)
            // Data that does not deflate grows a little.
            .large_file(tensor.bytes > 0xf000_0000);
        let name = if is_npy { format!("{}.npy", tensor.name) } else { tensor.name.clone() };
        self.zip.start_file(name, options).map_err(damaged)?;
        Ok(self.zip.write_all(header)?)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        Ok(self.zip.write_all(bytes)?)
    }

    pub(super) fn finish(self) -> Result<W, ModelError> {
        let mut sink = self.zip.finish().map_err(damaged)?;
        sink.flush()?;
        Ok(sink)
    }
}

impl<W: Write + Seek> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("records", &self.records.len()).finish_non_exhaustive()
    }
}

/// What the crate `zip` has to say, or this file about archives.
fn damaged(error: impl Into<Complaint>) -> ModelError {
    match error.into() {
        Complaint::Zip(ZipError::Io(error)) => error.into(),
        Complaint::Zip(error) => ModelError::damaged(Format::Npz, error),
        Complaint::Text(text) => ModelError::damaged(Format::Npz, text),
    }
}

enum Complaint {
    Zip(ZipError),
    Text(String),
}

impl From<ZipError> for Complaint {
    fn from(error: ZipError) -> Complaint {
        Complaint::Zip(error)
    }
}

impl From<&str> for Complaint {
    fn from(text: &str) -> Complaint {
        Complaint::Text(text.into())
    }
}

impl From<fmt::Arguments<'_>> for Complaint {
    fn from(text: fmt::Arguments<'_>) -> Complaint {
        Complaint::Text(text.to_string())
    }
}
