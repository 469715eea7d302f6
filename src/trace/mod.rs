//! Bin traces: the bins of real slices, recorded with the state of every context variable and checked against two independent decoders.
//!
//! A trace on disk is a `CBT1` file (`docs/trace-format.md`) in a zstd frame with a checksum; only the frame needs the feature `trace`. In
//! memory a slice is a list of [`Event`]s, as in every other source. It also has what a judge needs: the bytes, and the states and
//! registers to expect.

mod cbt1;
#[cfg(feature = "trace")]
mod packed;
mod record;
mod write;

use std::io;

use crate::bin::{BinCoder, Event};
use crate::context::{CONTEXTS, Codec, ContextModel, CtxIdx, SliceInit, SliceType};
use crate::engine;

pub use cbt1::{FormatError, FormatErrorKind, Slices};
#[cfg(feature = "trace")]
pub use packed::Unpacked;
pub use record::{Noted, Recorder, SliceTrace};
pub use write::TraceWriter;

/// The bins of one stream, slice by slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The standard of the stream, and so of its context numbers.
    pub codec: Codec,
    /// How many context variables the standard has, 1..=1024.
    pub contexts: u16,
    /// The slices, in the order of the stream.
    pub slices: Vec<TracedSlice>,
}

/// One slice (H.264) or slice segment (H.265).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedSlice {
    /// Where the slice lies in its stream, and what initialises its contexts.
    pub header: SliceHeader,
    /// The slice data from its first CABAC byte to its end, without emulation prevention, with
    /// cabac_zero_words.
    pub payload: Vec<u8>,
    /// The engine runs, in order.
    pub segments: Vec<Segment>,
}

/// The facts about a slice that a trace keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceHeader {
    /// Byte offset of the NAL unit in the stream.
    pub nal_offset: u64,
    /// Byte offset of the slice data in the NAL unit, its header counted and emulation prevention not.
    pub data_offset: u32,
    /// nal_unit_type.
    pub nal_type: u8,
    /// H.264: P 0, B 1, I 2. H.265: B 0, P 1, I 2.
    pub slice_type: u8,
    /// SliceQPY.
    pub slice_qp_y: i8,
    /// H.264: cabac_init_idc. H.265: bit 0 swaps initType 1 and 2, bit 1 marks a dependent slice segment.
    pub init: u8,
}

impl SliceHeader {
    /// What differs from another header, in words.
    fn difference(&self, other: &SliceHeader) -> String {
        let facts = |header: &SliceHeader| {
            [
                ("its NAL unit begins at byte", header.nal_offset as i64),
                ("its data begins at byte", header.data_offset.into()),
                ("nal_unit_type is", header.nal_type.into()),
                ("slice_type is", header.slice_type.into()),
                ("SliceQPY is", header.slice_qp_y.into()),
                ("its kind of initialisation is", header.init.into()),
            ]
        };
        let differ = facts(self).into_iter().zip(facts(other)).filter(|(own, other)| own != other);
        let words = differ.map(|((what, own), (_, other))| format!("{what} {own}, but {other} in the trace"));
        words.collect::<Vec<_>>().join("; ")
    }

    /// What initialises the contexts of the slice in a stream of this standard; `None` for a dependent slice segment, which goes on with
    /// those of the segment before it.
    pub fn init(&self, codec: Codec) -> Option<SliceInit> {
        let index = match codec {
            Codec::Avc => self.init,
            Codec::Hevc if self.init & 2 != 0 => return None,
            Codec::Hevc => self.init & 1,
        };
        let slice_type = match (codec, self.slice_type) {
            (_, 2) => SliceType::I,
            (Codec::Avc, 0) | (Codec::Hevc, 1) => SliceType::P,
            _ => SliceType::B,
        };
        Some(SliceInit { codec, slice_type, slice_qp_y: self.slice_qp_y, index })
    }
}

/// One engine run: from its first nine bits to a terminate bin of 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What lies before it.
    pub start: Start,
    /// Its first byte in the payload.
    pub offset: u32,
    /// The contexts with which it begins, `None` for those that are never used. Empty after PCM samples, which keep the contexts.
    pub contexts: Vec<Option<ContextModel>>,
    /// Bins and alignments.
    pub events: Vec<Event>,
    /// The state of the context before each context bin.
    pub states: Vec<ContextModel>,
    /// CRC-32 over codIRange and codIOffset after each event, 16 bits each, little endian. After the last
    /// bin they are codIRange - 2 and the unchanged codIOffset.
    pub crc32: u32,
}

/// What lies before a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The slice header.
    Slice,
    /// PCM samples.
    Pcm,
    /// The end of another substream of H.265.
    Subset,
}

/// Why a trace could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The file cannot be opened, read or written, or its zstd frame is damaged.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is larger than any trace.
    #[error(
        "it has more than {MAX_BYTES} bytes unpacked, which no trace has; split it into traces of fewer slices"
    )]
    TooLarge,
    /// The unpacked bytes are not a trace.
    #[error("{0}")]
    Format(#[from] FormatError),
}

/// The most bytes that a reader unpacks, so that a small file cannot fill the memory.
pub const MAX_BYTES: u64 = 1 << 27;

impl Trace {
    /// Reads a trace that is not in a zstd frame.
    ///
    /// # Errors
    /// [`TraceError::Format`].
    pub fn from_unpacked(bytes: &[u8]) -> Result<Trace, TraceError> {
        let slices = Slices::new(bytes)?;
        let (codec, contexts) = (slices.codec, slices.contexts);
        Ok(Trace { codec, contexts, slices: slices.collect::<Result<_, _>>()? })
    }

    /// The trace without a zstd frame.
    ///
    /// # Errors
    /// If the trace could not be read again: [`TraceError::TooLarge`]; [`TraceError::Format`] if there is no slice, a count does not fit
    /// into its field, a segment is not one engine run of bins and alignments, or a segment has loads after PCM samples.
    pub fn to_unpacked(&self) -> Result<Vec<u8>, TraceError> {
        let mut writer = TraceWriter::new(self.codec, self.contexts);
        self.slices.iter().try_for_each(|slice| writer.push(slice))?;
        writer.into_unpacked()
    }
}

impl TracedSlice {
    /// The slice as a coder sees it: context loads, bins, alignments, raw bytes and starts.
    pub fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        // Where the bytes between two segments begin is known only after the first one is coded.
        let mut encoder = engine::Encoder::new();
        for (i, segment) in self.segments.iter().enumerate() {
            let known = events.len();
            events.extend(segment.loads());
            events.extend(&segment.events);
            // An encoder returns what it is given, so this cannot fail.
            let _ = encoder.play(&events[known..]);
            if let Some(next) = self.segments.get(i + 1) {
                let between = encoder.bytes().len()..next.offset as usize;
                let mut raw = self.payload.get(between).unwrap_or_default().to_vec();
                encoder.raw(&mut raw);
                events.extend(raw.into_iter().map(Event::Raw));
                events.push(Event::Start);
            }
        }
        events
    }
}

/// The first place in which a slice differs from what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceDifference {
    /// The number of the bin in the slice; alignments count. If it is not a bin that differs, the number after the last bin that was
    /// compared.
    pub bin: usize,
    /// What differs.
    pub what: String,
}

impl TracedSlice {
    /// Compares the slice, as it was read, with a trace of it: payload, engine runs, bins, states, registers.
    ///
    /// # Errors
    /// The first [`TraceDifference`].
    pub fn compare(&self, trace: &TracedSlice) -> Result<(), TraceDifference> {
        let differs = |bin, what| Err(TraceDifference { bin, what });
        if self.header != trace.header {
            return differs(0, self.header.difference(&trace.header));
        }
        if self.payload != trace.payload {
            return differs(0, "the slice has other bytes than that of the trace".to_string());
        }
        let mut first = 0;
        for (own, other) in self.segments.iter().zip(&trace.segments) {
            let mut states = own.states.iter().zip(&other.states);
            for (bin, (a, b)) in own.events.iter().zip(&other.events).enumerate() {
                if a != b {
                    return differs(first + bin, format!("{a}, but {b} in the trace"));
                }
                if let Event::Context { .. } = a
                    && let Some((a, b)) = states.next()
                    && a != b
                {
                    let [a, b] = [a, b].map(|model| (model.p_state_idx(), u8::from(model.val_mps())));
                    return differs(
                        first + bin,
                        format!("pStateIdx and valMPS {a:?} before it, but {b:?} in the trace"),
                    );
                }
            }
            first += own.events.len();
            let place =
                |segment: &Segment| (segment.start, segment.offset, segment.events.len(), segment.crc32);
            if place(own) != place(other) {
                return differs(
                    first,
                    format!("an engine run {:?}, but {:?} in the trace", place(own), place(other)),
                );
            }
        }
        if self.segments.len() != trace.segments.len() {
            let (own, other) = (self.segments.len(), trace.segments.len());
            return differs(first, format!("{own} engine runs, but {other} in the trace"));
        }
        Ok(())
    }
}

impl Segment {
    /// An engine run without bins or loads.
    fn new(start: Start, offset: u32) -> Segment {
        let contexts = if start == Start::Pcm { vec![] } else { vec![None; CONTEXTS] };
        Segment { start, offset, contexts, events: vec![], states: vec![], crc32: 0 }
    }

    /// Adds a load at its beginning.
    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.contexts.resize(CONTEXTS, None);
        self.contexts[ctx.get()] = Some(model);
    }

    /// The loads at its beginning.
    pub fn loads(&self) -> impl Iterator<Item = Event> {
        let numbered = (0..).map_while(CtxIdx::new).zip(&self.contexts);
        numbered.filter_map(|(ctx, model)| model.map(|model| Event::Load { ctx, model }))
    }
}
