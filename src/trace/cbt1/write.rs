//! A trace as bytes.

use std::iter::repeat;

use super::{FormatError, FormatErrorKind, MAGIC, NEVER_USED, id_space};
use crate::bin::Event;
use crate::context::{Codec, ContextModel};
use crate::trace::{Segment, TracedSlice};

/// The bytes before the slices of a trace that has `slices` slices with `segments` segments.
pub(in crate::trace) fn head(
    codec: Codec,
    contexts: u16,
    slices: usize,
    segments: usize,
) -> Result<Vec<u8>, FormatError> {
    let mut writer = Writer { before: 0, bytes: MAGIC.to_vec(), slice: None, segment: None };
    if slices == 0 {
        return Err(writer.error(FormatErrorKind::Empty));
    }
    writer.bytes.extend([codec as u8, id_space(codec)]);
    writer.bytes.extend(contexts.to_le_bytes());
    writer.count_u32("npayload", slices)?;
    writer.count_u32("nsegment", segments)?;
    Ok(writer.bytes)
}

/// Writes slice `number`, of a standard with `contexts` context variables, after `before` bytes.
pub(in crate::trace) fn slice(
    contexts: u16,
    before: usize,
    number: usize,
    slice: &TracedSlice,
) -> Result<Vec<u8>, FormatError> {
    let mut writer = Writer { before, bytes: Vec::new(), slice: Some(number), segment: None };
    writer.slice(slice, contexts.into())?;
    Ok(writer.bytes)
}

struct Writer {
    before: usize,
    bytes: Vec<u8>,
    slice: Option<usize>,
    segment: Option<usize>,
}

impl Writer {
    fn slice(&mut self, slice: &TracedSlice, contexts: usize) -> Result<(), FormatError> {
        let header = &slice.header;
        let nal_offset = header.nal_offset.to_le_bytes();
        self.bytes.extend(&nal_offset[..4]);
        self.bytes.extend(header.data_offset.to_le_bytes());
        self.count_u32("len", slice.payload.len())?;
        self.bytes.extend([header.nal_type, header.slice_type, header.slice_qp_y as u8, header.init]);
        self.count_u16("nsegment", slice.segments.len())?;
        self.bytes.extend(&nal_offset[4..]);
        self.bytes.extend(&slice.payload);
        for (i, segment) in slice.segments.iter().enumerate() {
            self.segment = Some(i);
            self.segment(segment, contexts)?;
        }
        Ok(())
    }

    fn segment(&mut self, segment: &Segment, contexts: usize) -> Result<(), FormatError> {
        self.bytes.extend([segment.start as u8, 0]);
        // In memory, a segment has a place for each of 1,024 contexts, which no standard exceeds.
        let models = match segment.contexts.iter().rposition(Option::is_some) {
            Some(last) if last >= contexts => {
                return Err(self.error(FormatErrorKind::Count {
                    field: "nctx",
                    said: contexts,
                    found: last + 1,
                }));
            }
            _ if segment.contexts.is_empty() => 0,
            _ => contexts,
        };
        self.count_u16("nctxinit", models)?;
        self.bytes.extend(segment.offset.to_le_bytes());
        self.count_u32("nbins", segment.events.len())?;
        self.count_u32("nctxbins", segment.states.len())?;
        self.bytes.extend(segment.crc32.to_le_bytes());
        let bits = |model: &Option<ContextModel>| model.map_or(NEVER_USED, ContextModel::bits);
        self.bytes.extend(segment.contexts.iter().map(bits).chain(repeat(NEVER_USED)).take(models));
        for (i, &event) in segment.events.iter().enumerate() {
            let word = event_word(event).ok_or_else(|| self.error(FormatErrorKind::NoBin(i)))?;
            self.bytes.extend(word.to_le_bytes());
        }
        self.bytes.extend(segment.states.iter().map(|model| model.bits()));
        Ok(())
    }

    fn count_u16(&mut self, field: &'static str, count: usize) -> Result<(), FormatError> {
        let count = u16::try_from(count).map_err(|_| self.error(FormatErrorKind::TooMany(field)))?;
        self.bytes.extend(count.to_le_bytes());
        Ok(())
    }

    fn count_u32(&mut self, field: &'static str, count: usize) -> Result<(), FormatError> {
        let count = u32::try_from(count).map_err(|_| self.error(FormatErrorKind::TooMany(field)))?;
        self.bytes.extend(count.to_le_bytes());
        Ok(())
    }

    fn error(&self, what: FormatErrorKind) -> FormatError {
        FormatError { what, at: self.before + self.bytes.len(), slice: self.slice, segment: self.segment }
    }
}

/// Kind in bits 15 and 14, bin in bit 13, context in bits 12 to 0.
fn event_word(event: Event) -> Option<u16> {
    let word = |kind: u16, bin: bool, ctx: u16| Some(kind << 14 | u16::from(bin) << 13 | ctx);
    match event {
        Event::Context { ctx, bin } => word(0, bin, ctx.get() as u16),
        Event::Bypass { bin } => word(1, bin, 0),
        Event::Terminate { bin } => word(2, bin, 0),
        Event::Align => word(3, false, 0),
        Event::Raw(_) | Event::Start | Event::Load { .. } => None,
    }
}
