//! The CBT1 layout, both directions. Little endian throughout; `docs/trace-format.md` has the table.

use super::{Codec, Segment, SliceHeader, Start, Trace, TracedSlice};
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};

const MAGIC: &[u8; 4] = b"CBT1";
/// Stands where a context is never used.
const NEVER_USED: u8 = 0xff;
/// A segment's fixed part: what a count of segments can be held against before memory is taken for it.
const SEGMENT_BYTES: usize = 20;

/// The unpacked bytes are not a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (byte {at} of the unpacked trace{})", .slice.map_or(String::new(), |i| format!(", slice {i}")))]
pub struct FormatError {
    /// What is wrong.
    pub what: FormatErrorKind,
    /// The byte of the unpacked trace at which it was met.
    pub at: usize,
    /// The slice it lies in, if any.
    pub slice: Option<usize>,
}

/// What can be wrong with the bytes of a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatErrorKind {
    /// The first four bytes are others.
    #[error("not a bin trace: it does not begin with CBT1")]
    Magic,
    /// It ends too early.
    #[error("the trace is truncated: {0} bytes are missing")]
    Truncated(usize),
    /// Something follows the last slice.
    #[error("{0} bytes follow the last slice")]
    Trailing(usize),
    /// A field has a value that it cannot have.
    #[error("{field} is {value}, which it cannot be")]
    Value {
        /// The field, as in `docs/trace-format.md`.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// A bin names a context that the codec does not have.
    #[error("bin {bin} of the segment uses context {ctx}, but there are {contexts}")]
    Context {
        /// The bin's index in its segment.
        bin: usize,
        /// The context.
        ctx: u16,
        /// How many contexts there are.
        contexts: u16,
    },
    /// A segment is not one life of the engine.
    #[error("the segment does not end with its only terminate bin of 1")]
    End,
    /// A count does not match what it counts.
    #[error("{field} says {said}, but there are {found}")]
    Count {
        /// The field, as in `docs/trace-format.md`.
        field: &'static str,
        /// Its value.
        said: usize,
        /// The number counted.
        found: usize,
    },
}

pub(super) fn write(trace: &Trace) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(match trace.codec {
        Codec::Avc => 0,
        Codec::Hevc => 1,
    });
    out.push(id_space(trace.codec));
    out.extend(trace.contexts.to_le_bytes());
    out.extend((trace.slices.len() as u32).to_le_bytes());
    let segments: usize = trace.slices.iter().map(|slice| slice.segments.len()).sum();
    out.extend((segments as u32).to_le_bytes());
    for slice in &trace.slices {
        write_slice(slice, &mut out);
    }
    out
}

fn write_slice(slice: &TracedSlice, out: &mut Vec<u8>) {
    let header = &slice.header;
    out.extend(header.nal_offset.to_le_bytes());
    out.extend(header.data_offset.to_le_bytes());
    out.extend((slice.payload.len() as u32).to_le_bytes());
    out.extend([header.nal_type, header.slice_type, header.slice_qp_y as u8, header.init]);
    out.extend((slice.segments.len() as u16).to_le_bytes());
    out.extend(0u32.to_le_bytes());
    out.extend(&slice.payload);
    for segment in &slice.segments {
        out.extend([segment.start as u8, 0]);
        out.extend((segment.contexts.len() as u16).to_le_bytes());
        out.extend(segment.offset.to_le_bytes());
        out.extend((segment.events.len() as u32).to_le_bytes());
        out.extend((segment.states.len() as u32).to_le_bytes());
        out.extend(segment.crc32.to_le_bytes());
        out.extend(segment.contexts.iter().map(|model| model.map_or(NEVER_USED, ContextModel::bits)));
        out.extend(segment.events.iter().flat_map(|&event| event_word(event).to_le_bytes()));
        out.extend(segment.states.iter().map(|model| model.bits()));
    }
}

/// Kind in bits 15 and 14, bin in bit 13, context in bits 12 to 0.
fn event_word(event: Event) -> u16 {
    let word = |kind: u16, bin: bool, ctx: u16| kind << 14 | u16::from(bin) << 13 | ctx;
    match event {
        Event::Context { ctx, bin } => word(0, bin, ctx.get() as u16),
        Event::Bypass { bin } => word(1, bin, 0),
        Event::Terminate { bin } => word(2, bin, 0),
        Event::Align | Event::Raw(_) | Event::Load { .. } => word(3, false, 0),
    }
}

const fn id_space(codec: Codec) -> u8 {
    match codec {
        Codec::Avc => 1,
        Codec::Hevc => 0,
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Trace, FormatError> {
    let mut reader = Reader { bytes, at: 0, slice: None };
    if reader.take(4)? != MAGIC {
        return Err(FormatError { what: FormatErrorKind::Magic, at: 0, slice: None });
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
    let contexts = reader.u16()?;
    if !(1..=CONTEXTS as u16).contains(&contexts) {
        return Err(reader.value("nctx", contexts));
    }
    let (slice_count, segment_count) = (reader.u32()? as usize, reader.u32()? as usize);
    let mut slices = Vec::new();
    for i in 0..slice_count {
        reader.slice = Some(i);
        slices.push(read_slice(&mut reader, contexts)?);
    }
    reader.slice = None;
    let found: usize = slices.iter().map(|slice| slice.segments.len()).sum();
    reader.count("nsegment", segment_count, found)?;
    match bytes.len() - reader.at {
        0 => Ok(Trace { codec, contexts, slices }),
        more => Err(reader.error(FormatErrorKind::Trailing(more))),
    }
}

fn read_slice(reader: &mut Reader, contexts: u16) -> Result<TracedSlice, FormatError> {
    let (nal_offset, data_offset, len) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (nal_type, slice_type, qp, init) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let header = SliceHeader { nal_offset, data_offset, nal_type, slice_type, slice_qp_y: qp as i8, init };
    if slice_type > 2 {
        return Err(reader.value("slice_type", slice_type));
    }
    let segment_count = usize::from(reader.u16()?);
    reader.u32()?;
    let payload = reader.take(len as usize)?.to_vec();
    reader.expect(segment_count * SEGMENT_BYTES)?;
    let mut segments: Vec<Segment> = Vec::with_capacity(segment_count);
    for i in 0..segment_count {
        let segment = read_segment(reader, contexts, i == 0)?;
        let first = segments.last().map_or(0, |before| before.offset + 1);
        if segment.offset < first || segment.offset > len {
            return Err(reader.value("byte offset", segment.offset));
        }
        segments.push(segment);
    }
    Ok(TracedSlice { header, payload, segments })
}

fn read_segment(reader: &mut Reader, contexts: u16, first: bool) -> Result<Segment, FormatError> {
    let start = match (reader.u8()?, first) {
        (0, true) => Start::Slice,
        (1, false) => Start::Pcm,
        (2, false) => Start::Subset,
        (value, _) => return Err(reader.value("start", value)),
    };
    reader.u8()?;
    let context_count = reader.u16()?;
    if context_count != if start == Start::Pcm { 0 } else { contexts } {
        return Err(reader.value("nctxinit", context_count));
    }
    let (offset, event_count, state_count, crc32) =
        (reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?);
    let models = reader.take(context_count.into())?;
    let models = models.iter().map(|&bits| match bits {
        NEVER_USED => Ok(None),
        _ => ContextModel::from_bits(bits).map(Some).ok_or_else(|| reader.value("initial context", bits)),
    });
    let models = models.collect::<Result<_, _>>()?;
    let words = reader.take((event_count as usize).saturating_mul(2))?.chunks_exact(2);
    let words = words.map(|word| u16::from_le_bytes([word[0], word[1]]));
    let events: Vec<Event> =
        words.enumerate().map(|(i, word)| read_event(reader, word, contexts, i)).collect::<Result<_, _>>()?;
    let found = events.iter().filter(|event| matches!(event, Event::Context { .. })).count();
    reader.count("nctxbins", state_count as usize, found)?;
    if events.iter().position(|event| event.ends_life()) != events.len().checked_sub(1) {
        return Err(reader.error(FormatErrorKind::End));
    }
    let states = reader.take(found)?;
    let states = states.iter().map(|&bits| {
        ContextModel::from_bits(bits).ok_or_else(|| reader.value("state before a context bin", bits))
    });
    let states = states.collect::<Result<_, _>>()?;
    Ok(Segment { start, offset, contexts: models, events, states, crc32 })
}

fn read_event(reader: &Reader, word: u16, contexts: u16, i: usize) -> Result<Event, FormatError> {
    let (bin, id) = (word >> 13 & 1 != 0, word & 0x1fff);
    Ok(match word >> 14 {
        0 => match CtxIdx::new(id).filter(|_| id < contexts) {
            Some(ctx) => Event::Context { ctx, bin },
            None => return Err(reader.error(FormatErrorKind::Context { bin: i, ctx: id, contexts })),
        },
        1 => Event::Bypass { bin },
        2 => Event::Terminate { bin },
        _ => Event::Align,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    slice: Option<usize>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], FormatError> {
        self.expect(len)?;
        let taken = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(taken)
    }

    /// Fails unless `len` more bytes are there.
    fn expect(&self, len: usize) -> Result<(), FormatError> {
        match len.saturating_sub(self.bytes.len() - self.at) {
            0 => Ok(()),
            missing => Err(self.error(FormatErrorKind::Truncated(missing))),
        }
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

    fn count(&self, field: &'static str, said: usize, found: usize) -> Result<(), FormatError> {
        if said == found { Ok(()) } else { Err(self.error(FormatErrorKind::Count { field, said, found })) }
    }

    fn value(&self, field: &'static str, value: impl Into<u32>) -> FormatError {
        self.error(FormatErrorKind::Value { field, value: value.into() })
    }

    fn error(&self, what: FormatErrorKind) -> FormatError {
        FormatError { what, at: self.at, slice: self.slice }
    }
}
