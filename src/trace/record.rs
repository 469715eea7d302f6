//! The observer that makes a trace of what a decoder reads.

use std::mem;

use super::{Segment, Start, TracedSlice};
use crate::bin::{Decode, Element, Event};
use crate::observed::Observer;

/// Records the segments of a slice as a decoder reads them, and which syntax element each bin belongs to.
///
/// An event that has no place in a trace where it comes, such as a load in the middle of an engine run, is kept in order, so that
/// [`TracedSlice::events`](super::TracedSlice::events) is right. Such a slice is refused when it is written.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The engine runs before the last one that has started.
    segments: Vec<Segment>,
    run: Segment,
    /// Raw bytes and loads between the end of that engine run and the start of the next.
    between: Vec<Event>,
    crc32: crc32fast::Hasher,
    /// codIRange and codIOffset before the bin.
    interval: (u32, u32),
    noted: Vec<Noted>,
    bins: usize,
}

/// An element, and its first bin in the slice. Its last bin comes before the first bin of the next element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The number of the bin in the slice; alignments count.
    pub bin: usize,
    /// The element.
    pub element: Element,
}

impl Recorder {
    /// The segments of the slice, and its elements by their first bins.
    pub fn into_parts(mut self) -> (Vec<Segment>, Vec<Noted>) {
        self.segments.push(self.run);
        (self.segments, self.noted)
    }

    /// Appends what another recorder saw later, from the engine start that this one saw last.
    #[cfg(feature = "avc")]
    pub(crate) fn append(&mut self, next: Recorder) {
        let Recorder { segments, run, between, crc32, interval, noted, bins } = next;
        let mut runs = segments.into_iter().chain([run]);
        if let Some(Segment { events, states, crc32, .. }) = runs.next() {
            (self.run.events, self.run.states, self.run.crc32) = (events, states, crc32);
        }
        for run in runs {
            self.segments.push(mem::replace(&mut self.run, run));
        }
        (self.between, self.crc32, self.interval) = (between, crc32, interval);
        let before = self.bins;
        self.noted.extend(noted.into_iter().map(|noted| Noted { bin: before + noted.bin, ..noted }));
        self.bins += bins;
    }

    /// How many bins have been recorded; alignments count.
    pub fn bins(&self) -> usize {
        self.bins
    }

    fn life_has_ended(&self) -> bool {
        self.run.events.last().is_some_and(|last| last.ends_engine_run())
    }

    /// The engine has started, on the byte `offset`.
    fn begin_run(&mut self, offset: u32) {
        let is_pcm = self.between.iter().any(|event| matches!(event, Event::Raw(_)));
        let next = Segment::new(if is_pcm { Start::Pcm } else { Start::Subset }, offset);
        self.segments.push(mem::replace(&mut self.run, next));
        self.crc32 = crc32fast::Hasher::new();
        for event in self.between.drain(..) {
            if let Event::Load { ctx, model } = event {
                self.run.load(ctx, model);
            }
        }
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder {
            segments: Vec::new(),
            run: Segment::new(Start::Slice, 0),
            between: Vec::new(),
            crc32: crc32fast::Hasher::new(),
            interval: (0, 0),
            noted: Vec::new(),
            bins: 0,
        }
    }
}

impl<C: Decode> Observer<C> for Recorder {
    fn element(&mut self, _: &C, element: Element) {
        self.noted.push(Noted { bin: self.bins, element });
    }

    fn before(&mut self, decoder: &C, request: Event) {
        self.interval = (decoder.cod_i_range(), decoder.cod_i_offset());
        if let Event::Context { ctx, .. } = request {
            self.run.states.push(decoder.save(ctx));
        }
    }

    fn after(&mut self, decoder: &C, coded: Event) {
        match coded {
            Event::Load { ctx, model } if self.run.events.is_empty() => return self.run.load(ctx, model),
            Event::Load { .. } | Event::Raw(_) if self.life_has_ended() => return self.between.push(coded),
            Event::Start if self.life_has_ended() => {
                // Nine bits of it have been read.
                return self.begin_run((decoder.position() / 8).saturating_sub(1) as u32);
            }
            _ => {}
        }
        self.bins += self.between.len() + 1;
        self.run.events.append(&mut self.between);
        self.run.events.push(coded);
        let (range, offset) = match coded.ends_engine_run() {
            // The standard ends here, without renormalisation.
            true => (self.interval.0 - 2, self.interval.1),
            false => (decoder.cod_i_range(), decoder.cod_i_offset()),
        };
        self.crc32.update(&(range as u16).to_le_bytes());
        self.crc32.update(&(offset as u16).to_le_bytes());
        if coded.ends_engine_run() {
            self.run.crc32 = self.crc32.clone().finalize();
        }
    }
}

/// The bins of a slice of a stream, and what they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceTrace {
    /// The bins.
    pub slice: TracedSlice,
    /// Their syntax elements, by their first bins.
    pub elements: Vec<Noted>,
    /// The addresses of the macroblocks, or CtbAddrInRs of the coding tree units, each with the number of the bin after its last one.
    pub units: Vec<(u32, usize)>,
}

impl SliceTrace {
    /// The address of the macroblock or coding tree unit, and the element, that a bin of the slice belongs to.
    pub fn place(&self, bin: usize) -> (u32, Option<Element>) {
        let unit = self.units.partition_point(|(_, end)| *end <= bin);
        let address = self.units.get(unit).or(self.units.last()).map_or(0, |(address, _)| *address);
        let element = self.elements.partition_point(|noted| noted.bin <= bin).checked_sub(1);
        (address, element.map(|element| self.elements[element].element))
    }
}
