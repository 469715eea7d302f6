//! Npz: a zip archive whose entries are `.npy` arrays.
//!
//! An archive without deflated entries is cut like the other formats (`archive`) and comes back byte for byte. If any entry is deflated, or
//! its checksum is not where it can be written again, the crate `zip` makes the archive anew from a list of its entries.
//!
//! Layout of that skeleton, numbers as varints: how many entries; of each its [`Record`]; the archive's comment.

use std::collections::HashSet;
use std::fmt;
use std::io::{Seek, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::archive::{self, Archive, Entry};
use super::cut::{self, check_skeleton};
use super::payload::Packing;
use super::source::Source;
use super::{Format, ModelError, Parsed, TensorInfo, Type, check_length, npy, wire};

/// The first byte of the skeleton of an archive that is made anew.
pub(super) const PACKED: u8 = 2;

/// What a skeleton has of an entry, besides its tensor.
#[derive(Clone, Debug, Default)]
struct Record {
    is_deflated: bool,
    /// Whether its name ends with `.npy`, which the name of the tensor does not.
    is_npy: bool,
    /// Date and time, as MS-DOS has them.
    time: (u16, u16),
    attributes: u32,
    header: Vec<u8>,
}

pub(super) fn parse(mut archive: Archive, source: &mut Source) -> Result<Parsed, ModelError> {
    let mut entries =
        (0..archive.len()).map(|index| entry(&mut archive, index)).collect::<Result<Vec<_>, _>>()?;
    if !entries.is_empty() && entries.iter().all(|(_, _, record)| record.header.is_empty()) {
        return Err(ModelError::NoArray);
    }
    let mut names = HashSet::new();
    if let Some(twice) = entries.iter().map(|(_, tensor, _)| &tensor.name).find(|name| !names.insert(*name)) {
        let what = format_args!("two entries are the array {twice:?}, one with .npy and one without");
        return Err(ModelError::damaged(Format::Npz, what));
    }
    entries.sort_by_key(|(entry, ..)| entry.local);
    let comment = archive.comment().to_vec();
    drop(archive);
    source.rewind()?;

    let marks = archive::marks(source, entries.iter().map(|(entry, ..)| entry))?;
    let places: Vec<_> = entries.iter().map(|(entry, ..)| entry.place).collect();
    let (tensors, records): (Vec<_>, Vec<_>) =
        entries.into_iter().map(|(_, tensor, record)| (tensor, record)).unzip();
    let skeleton = match marks {
        Some(marks) => cut::skeleton(source, &tensors, &places, Some(&marks))?,
        None => packed(&records, &comment)?,
    };
    Ok(Parsed { tensors, places, skeleton, others: Vec::new() })
}

fn entry(archive: &mut Archive, index: usize) -> Result<(Entry, TensorInfo, Record), ModelError> {
    let mut entry = archive.entry(index)?;
    let full = &entry.name;
    let header = npy::header(&mut archive.reader(index)?, full)?;
    let lead = header.as_ref().map_or(0, |header| header.bytes.len() as u64);
    let bytes = entry.place.bytes.checked_sub(lead);
    let short = || ModelError::damaged(Format::Npz, format_args!("entry {full:?} is too short"));
    let bytes = bytes.ok_or_else(short)?;
    let stem = full.strip_suffix(".npy");
    let is_npy = stem.is_some();
    let name = stem.unwrap_or(full).to_string();
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
    (entry.place.lead, entry.place.bytes) = (lead, bytes);
    let is_deflated = entry.place.packing != Packing::Stored;
    let record = Record { is_deflated, is_npy, time: entry.time, attributes: entry.attributes, header };
    Ok((entry, tensor, record))
}

/// The skeleton of an archive that is made anew.
fn packed(records: &[Record], comment: &[u8]) -> Result<Vec<u8>, ModelError> {
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
    check_skeleton(bytes.len() as u64)?;
    Ok(bytes)
}

/// Takes a record off the beginning of a skeleton.
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

/// Makes an archive anew.
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

fn damaged(error: ZipError) -> ModelError {
    archive::damaged(Format::Npz, error)
}
