//! The observer that makes a trace of what a decoder reads.

use super::{Segment, Start};
use crate::bin::{Decode, Element, Event};
use crate::context::CONTEXTS;
use crate::observed::Observer;

/// Takes down the segments of a slice as a decoder reads them, and which syntax element each bin belongs to.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    segments: Vec<Segment>,
    crc32: crc32fast::Hasher,
    /// codIRange and codIOffset before the bin.
    interval: (u32, u32),
    noted: Vec<Noted>,
    bins: usize,
    /// The last segment has ended.
    ended: bool,
}

/// From a bin of the slice on, up to the next note, bins belong to this element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The number of the bin in the slice; alignments count.
    pub bin: usize,
    /// The element.
    pub element: Element,
}

impl Recorder {
    /// The segments of the slice, and its elements by their first bins.
    pub fn into_parts(self) -> (Vec<Segment>, Vec<Noted>) {
        (self.segments, self.noted)
    }

    /// How many bins there are so far; alignments count.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The segment that is under way; begins one if there is none.
    fn segment<C: Decode>(&mut self, decoder: &C) -> &mut Segment {
        if self.segments.is_empty() || self.ended {
            let start = if self.segments.is_empty() { Start::Slice } else { Start::Pcm };
            let contexts = if self.segments.is_empty() { vec![None; CONTEXTS] } else { Vec::new() };
            let offset = (decoder.position() / 8).saturating_sub(1) as u32;
            self.segments.push(Segment { start, offset, contexts, events: vec![], states: vec![], crc32: 0 });
            (self.ended, self.crc32) = (false, crc32fast::Hasher::new());
        }
        let last = self.segments.len() - 1;
        &mut self.segments[last]
    }
}

impl<C: Decode> Observer<C> for Recorder {
    fn element(&mut self, _: &C, element: Element) {
        self.noted.push(Noted { bin: self.bins, element });
    }

    fn before(&mut self, decoder: &C, request: Event) {
        self.interval = (decoder.cod_i_range(), decoder.cod_i_offset());
        let segment = self.segment(decoder);
        if let Event::Context { ctx, .. } = request {
            segment.states.push(decoder.save(ctx));
        }
    }

    fn after(&mut self, decoder: &C, coded: Event) {
        match coded {
            Event::Raw(_) => return,
            Event::Load { ctx, model } => {
                self.segment(decoder).contexts[ctx.get()] = Some(model);
                return;
            }
            _ => {}
        }
        self.segment(decoder).events.push(coded);
        self.bins += 1;
        let (range, offset) = match coded.ends_life() {
            // The standard ends here, without renormalisation.
            true => (self.interval.0 - 2, self.interval.1),
            false => (decoder.cod_i_range(), decoder.cod_i_offset()),
        };
        self.crc32.update(&(range as u16).to_le_bytes());
        self.crc32.update(&(offset as u16).to_le_bytes());
        if coded.ends_life() {
            let crc32 = self.crc32.clone().finalize();
            self.segment(decoder).crc32 = crc32;
            self.ended = true;
        }
    }
}
