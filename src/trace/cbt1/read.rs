//! Reads the slices of a trace from any bytes. It reads one slice at a time, since a bin takes 42 bytes of memory, and compares every
//! count with the bytes that are left before it takes memory.

use super::{FormatError, FormatErrorKind, MAGIC, NEVER_USED, id_space};
use crate::bin::Event;
use crate::context::Codec;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::trace::{Segment, SliceHeader, Start, TracedSlice};

/// The slices of a trace, read one after the other.
#[derive(Clone, Debug)]
pub struct Slices<'a> {
    /// The standard of the stream, and so of its context numbers.
    pub codec: Codec,
    /// How many context variables the standard has, 1..=1024.
    pub contexts: u16,
    reader: Reader<'a>,
    slices: usize,
    /// How many slices and segments have been read.
    read: (usize, usize),
    segments: usize,
    is_over: bool,
}

impl<'a> Slices<'a> {
    pub(in crate::trace) fn new(bytes: &'a [u8]) -> Result<Slices<'a>, FormatError> {
        let mut reader = Reader { bytes, at: 0, field: 0, slice: None, segment: None };
        if reader.take(4)? != MAGIC {
            return Err(reader.error(FormatErrorKind::Magic));
        }
        let codec = match reader.u8()? {
            0 => Codec::Avc,
            1 => Codec::Hevc,
            value => return Err(reader.value("codec", value)),
        };
        match reader.u8()? {
            id if id == id_space(codec) => {}
            value => return Err(reader.value("idspace", value)),
        }
        let contexts = match reader.u16()? {
            contexts if (1..=CONTEXTS as u16).contains(&contexts) => contexts,
            value => return Err(reader.value("nctx", value)),
        };
        let slices = match reader.u32()? {
            0 => return Err(reader.error(FormatErrorKind::Empty)),
            count => count as usize,
        };
        let segments = reader.u32()? as usize;
        Ok(Slices { codec, contexts, reader, slices, read: (0, 0), segments, is_over: false })
    }

    fn end(&mut self) -> Result<(), FormatError> {
        self.reader.slice = None;
        self.reader.count("nsegment", self.segments, self.read.1)?;
        match self.reader.bytes.len() - self.reader.at {
            0 => Ok(()),
            more => Err(self.reader.error(FormatErrorKind::Trailing(more))),
        }
    }
}

impl Iterator for Slices<'_> {
    type Item = Result<TracedSlice, FormatError>;

    /// The next slice. An error of the trace as a whole comes after its last slice; nothing comes after an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let slice = if self.read.0 < self.slices {
            self.reader.slice = Some(self.read.0);
            read_slice(&mut self.reader, self.contexts)
        } else {
            self.is_over = true;
            return self.end().err().map(Err);
        };
        match &slice {
            Ok(slice) => self.read = (self.read.0 + 1, self.read.1 + slice.segments.len()),
            Err(_) => self.is_over = true,
        }
        Some(slice)
    }
}

fn read_slice(reader: &mut Reader, contexts: u16) -> Result<TracedSlice, FormatError> {
    let (nal_offset_low, data_offset, len) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let nal_type = reader.u8()?;
    let slice_type = match reader.u8()? {
        slice_type @ 0..=2 => slice_type,
        value => return Err(reader.value("slice_type", value)),
    };
    let (slice_qp_y, init) = (reader.u8()? as i8, reader.u8()?);
    let segment_count = match reader.u16()? {
        0 => return Err(reader.value("nsegment of a slice", 0u32)),
        count => usize::from(count),
    };
    let nal_offset = u64::from(reader.u32()?) << 32 | u64::from(nal_offset_low);
    let payload = reader.take(len as usize)?.to_vec();
    let mut segments: Vec<Segment> = Vec::new();
    for i in 0..segment_count {
        reader.segment = Some(i);
        let first_byte = segments.last().map_or(0, |before| before.offset + 1)..=len;
        segments.push(read_segment(reader, contexts, first_byte)?);
    }
    reader.segment = None;
    let header = SliceHeader { nal_offset, data_offset, nal_type, slice_type, slice_qp_y, init };
    Ok(TracedSlice { header, payload, segments })
}

fn read_segment(
    reader: &mut Reader,
    contexts: u16,
    first_byte: core::ops::RangeInclusive<u32>,
) -> Result<Segment, FormatError> {
    let start = match (reader.u8()?, reader.segment) {
        (0, Some(0)) => Start::Slice,
        (1, Some(1..)) => Start::Pcm,
        (2, Some(1..)) => Start::Subset,
        (value, _) => return Err(reader.value("start", value)),
    };
    match reader.u8()? {
        0 => {}
        value => return Err(reader.value("byte after start", value)),
    }
    let context_count = match reader.u16()? {
        count if count == if start == Start::Pcm { 0 } else { contexts } => count.into(),
        value => return Err(reader.value("nctxinit", value)),
    };
    let offset = match reader.u32()? {
        offset if first_byte.contains(&offset) => offset,
        value => return Err(reader.value("byte offset", value)),
    };
    let (event_count, state_count, crc32) = (reader.u32()? as usize, reader.u32()? as usize, reader.u32()?);

    let models = reader.list(context_count, 1, |reader, _| match reader.u8()? {
        NEVER_USED => Ok(None),
        bits => reader.model("initial context", bits).map(Some),
    })?;
    let events = reader.list(event_count, 2, |reader, i| {
        let word = reader.u16()?;
        event_of(word, contexts)
            .ok_or_else(|| reader.error(FormatErrorKind::Context { bin: i, ctx: word & 0x1fff, contexts }))
    })?;
    if events.iter().position(|event| event.ends_engine_run()).map(|end| end + 1) != Some(events.len()) {
        return Err(reader.error(FormatErrorKind::End));
    }
    let found = events.iter().filter(|event| matches!(event, Event::Context { .. })).count();
    reader.count("nctxbins", state_count, found)?;
    let states = reader.list(found, 1, |reader, _| {
        let bits = reader.u8()?;
        reader.model("state before a context bin", bits)
    })?;
    Ok(Segment { start, offset, contexts: models, events, states, crc32 })
}

/// `None` for a context that does not exist.
fn event_of(word: u16, contexts: u16) -> Option<Event> {
    let (bin, id) = (word >> 13 & 1 != 0, word & 0x1fff);
    Some(match word >> 14 {
        0 => Event::Context { ctx: CtxIdx::new(id).filter(|_| id < contexts)?, bin },
        1 => Event::Bypass { bin },
        2 => Event::Terminate { bin },
        _ => Event::Align,
    })
}

#[derive(Clone, Debug)]
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the field that was read last begins: the place that an error reports.
    field: usize,
    slice: Option<usize>,
    segment: Option<usize>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], FormatError> {
        self.field = self.at;
        self.expect(len)?;
        self.at += len;
        Ok(&self.bytes[self.field..self.at])
    }

    /// Fails unless `len` more bytes are there.
    fn expect(&self, len: usize) -> Result<(), FormatError> {
        match len.saturating_sub(self.bytes.len() - self.at) {
            0 => Ok(()),
            missing => Err(self.error(FormatErrorKind::Truncated(missing))),
        }
    }

    /// Reads `count` elements of `size` bytes each.
    fn list<T>(
        &mut self,
        count: usize,
        size: usize,
        element: impl Fn(&mut Self, usize) -> Result<T, FormatError>,
    ) -> Result<Vec<T>, FormatError> {
        self.field = self.at;
        self.expect(count.saturating_mul(size))?;
        (0..count).map(|i| element(self, i)).collect()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8, FormatError> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, FormatError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_le_bytes)
    }

    fn model(&self, field: &'static str, bits: u8) -> Result<ContextModel, FormatError> {
        ContextModel::from_bits(bits).ok_or_else(|| self.value(field, bits))
    }

    fn count(&self, field: &'static str, said: usize, found: usize) -> Result<(), FormatError> {
        if said == found { Ok(()) } else { Err(self.error(FormatErrorKind::Count { field, said, found })) }
    }

    fn value(&self, field: &'static str, value: impl Into<u32>) -> FormatError {
        self.error(FormatErrorKind::Value { field, value: value.into() })
    }

    fn error(&self, what: FormatErrorKind) -> FormatError {
        FormatError { what, at: self.field, slice: self.slice, segment: self.segment }
    }
}
