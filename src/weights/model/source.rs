//! A file that is being parsed. Its length is known, and every position or length that it claims is compared with that before it is used.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::ModelError;

#[derive(Debug)]
pub(super) struct Source {
    reader: BufReader<File>,
    position: u64,
    length: u64,
}

impl Source {
    pub(super) fn new(mut file: File) -> io::Result<Source> {
        let length = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        Ok(Source { reader: BufReader::new(file), position: 0, length })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn into_file(self) -> File {
        self.reader.into_inner()
    }

    /// Goes to a position; over a short distance the buffer is kept.
    pub(super) fn seek(&mut self, position: u64) -> Result<(), ModelError> {
        if position > self.length {
            return Err(ModelError::Truncated);
        }
        // Both are at most the length of a file, which fits an i64.
        self.reader.seek_relative(position as i64 - self.position as i64)?;
        self.position = position;
        Ok(())
    }

    pub(super) fn read(&mut self, bytes: &mut [u8]) -> Result<(), ModelError> {
        self.reader.read_exact(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Appends a range of the file; memory is taken only for bytes that are there.
    pub(super) fn append(&mut self, begin: u64, length: u64, bytes: &mut Vec<u8>) -> Result<(), ModelError> {
        if begin.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(ModelError::Truncated);
        }
        self.seek(begin)?;
        let start = bytes.len();
        bytes.resize(start + usize::try_from(length).map_err(|_| ModelError::Truncated)?, 0);
        self.read(&mut bytes[start..])
    }

    /// A reader of the whole file, for crates that need one. It moves the position of this source too: call `rewind` afterwards.
    pub(super) fn whole(&mut self) -> io::Result<BufReader<File>> {
        let mut file = self.reader.get_ref().try_clone()?;
        file.rewind()?;
        Ok(BufReader::new(file))
    }

    /// Goes to the beginning, wherever a reader of [`Source::whole`] left the file.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.reader.seek(SeekFrom::Start(0))?;
        self.position = 0;
        Ok(())
    }
}
