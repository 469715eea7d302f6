//! Zip archives: what npz and the checkpoints of PyTorch have in common.
//!
//! The crate `zip` reads the directory; the data is then read from its place in the file, as in every format (`payload`). An archive is cut
//! like the other formats if each entry that is a tensor is stored, not deflated, and has its checksum where it can be written again:
//! before its data or right after it, and in the directory.

use std::fs::File;
use std::io::{BufReader, Read};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::cut::Mark;
use super::payload::{Packing, Place};
use super::source::Source;
use super::{Format, ModelError, Parsed, npz, pytorch};

/// An open archive.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    pub(super) format: Format,
}

/// An entry as the directory has it.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) place: Place,
    /// Where its two headers begin.
    pub(super) local: u64,
    pub(super) central: u64,
    /// Date and time, as MS-DOS has them.
    pub(super) time: (u16, u16),
    pub(super) attributes: u32,
}

/// Finds the format of an archive, and takes it apart.
pub(super) fn parse(source: &mut Source) -> Result<(Format, Parsed), ModelError> {
    let failed = |error| damaged(Format::Npz, error);
    let zip = ZipArchive::new(source.whole()?).map_err(failed)?;
    let is_checkpoint = zip.file_names().flatten().any(|name| pytorch::is_pickle(&name));
    let format = if is_checkpoint { Format::PyTorch } else { Format::Npz };
    if zip.has_duplicate_names() {
        return Err(ModelError::damaged(format, "two entries have the same name"));
    }
    let archive = Archive { zip, format };
    let parsed = if is_checkpoint { pytorch::parse(archive, source) } else { npz::parse(archive, source) };
    Ok((format, parsed?))
}

impl Archive {
    pub(super) fn len(&self) -> usize {
        self.zip.len()
    }

    pub(super) fn comment(&self) -> &[u8] {
        self.zip.comment()
    }

    pub(super) fn entry(&mut self, index: usize) -> Result<Entry, ModelError> {
        let format = self.format;
        let damaged = |error| damaged(format, error);
        let raw = self.zip.by_index_raw(index).map_err(damaged)?;
        let name = raw.name().map_err(damaged)?.into_owned();
        let unsupported = |what: String| ModelError::Unsupported { tensor: name.clone(), what };
        if raw.encrypted() {
            return Err(unsupported("it is encrypted; write it without a password".into()));
        }
        let (size, packed) = (raw.size(), raw.compressed_size());
        let packing = match raw.compression() {
            CompressionMethod::Stored if size == packed => Packing::Stored,
            CompressionMethod::Stored => {
                return Err(ModelError::damaged(
                    format,
                    format_args!("stored entry {name:?} has two lengths"),
                ));
            }
            CompressionMethod::Deflated => Packing::Deflated(packed),
            other => {
                let how = match format {
                    Format::PyTorch => "torch.save",
                    _ => "numpy.savez or numpy.savez_compressed",
                };
                return Err(unsupported(format!("compressed by {other}; write it with {how}")));
            }
        };
        let start = raw.data_start().ok_or_else(|| ModelError::damaged(format, "an entry has no data"))?;
        let place = Place { packing, crc: Some(raw.crc32()), ..Place::plain(start, size) };
        let (local, central) = (raw.header_start(), raw.central_header_start());
        let time = raw.last_modified().map(|time| (time.datepart(), time.timepart())).unwrap_or_default();
        let attributes = raw.external_attributes();
        Ok(Entry { name, place, local, central, time, attributes })
    }

    /// The bytes of an entry, unpacked; their checksum is checked when they are read to their end.
    pub(super) fn reader(&mut self, index: usize) -> Result<impl Read + '_, ModelError> {
        let format = self.format;
        self.zip.by_index(index).map_err(|error| damaged(format, error))
    }
}

/// Where the checksums are, if the archive can be cut: no entry is deflated, none overlaps another, and each has its checksum in two
/// places. One is the directory after all data; the other is the header before the data or, if that header says so, right after the data.
pub(super) fn marks<'a>(
    source: &mut Source,
    entries: impl Iterator<Item = &'a Entry> + Clone,
) -> Result<Option<Vec<Mark>>, ModelError> {
    let mut marks = Vec::new();
    // Where the entry before ends in the file.
    let mut from = 0;
    for entry in entries.clone() {
        let Place { start, lead, bytes, packing, crc, .. } = entry.place;
        let checksum = crc.unwrap_or(0).to_le_bytes();
        let data = start.saturating_add(lead);
        let end = data.saturating_add(bytes);
        let is_regular = packing == Packing::Stored
            && entry.local >= from
            && entry.local.saturating_add(30) <= start
            && is_there(source, entry.central, b"PK\x01\x02", 16, checksum)?;
        if !is_regular {
            return Ok(None);
        }
        let mut flags = Vec::new();
        source.append(entry.local + 6, 1, &mut flags)?;
        let has_data_descriptor = flags[0] & 8 != 0;
        let before = if has_data_descriptor { [0; 4] } else { checksum };
        let is_found = is_there(source, entry.local, b"PK\x03\x04", 14, before)?
            && (!has_data_descriptor || is_there(source, end, b"PK\x07\x08", 4, checksum)?);
        if !is_found {
            return Ok(None);
        }
        from = if has_data_descriptor { end + 8 } else { end };
        let local = if has_data_descriptor { 0 } else { data - (entry.local + 14) };
        marks.push(Mark { lead, local, central: entry.central + 16 });
    }
    let mut entries = entries;
    Ok(entries.all(|entry| entry.central >= from).then_some(marks))
}

/// Whether a header begins at a position, with a checksum some bytes after its beginning.
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

/// An error of the crate `zip` as one of ours.
pub(super) fn damaged(format: Format, error: ZipError) -> ModelError {
    match error {
        ZipError::Io(error) => error.into(),
        error => ModelError::damaged(format, error),
    }
}
