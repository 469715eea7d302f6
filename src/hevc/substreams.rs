//! The substreams of a slice segment, read at the same time: tiles, none of which depends on another, and rows of wavefronts, each of
//! which depends on the row above it.
//!
//! Entry points say where substreams begin, and can be wrong. So what a walk reads from an entry point on is used only if the walk before
//! it ends exactly there. Then the two walks together have read what one walk would have read: the first one has sent the second one all
//! that a single walk would know, which is the contexts after the second coding tree unit of the row and the lower edge of each coding tree
//! unit. The first walk that ends elsewhere, or with an error, goes on alone, and the results of all later walks are dropped. So entry
//! points decide how long reading takes, and nothing else.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::edges::Line;
use super::parameters::Parameters;
use super::segment::{DataError, Reached, ReadUnit, UnitBuffer, can_begin};
use super::tiles::Ctb;
use super::walk::{Saved, SegmentEnd, Walk};
use crate::bin::{Decode, DecodeError};
use crate::engine;
use crate::observed::{Observed, Observer};
use crate::syntax::Helpers;

/// A decoder with an observer.
pub type Watched<'a, O> = Observed<engine::Decoder<'a>, O>;

/// What was read of a slice segment, by one walk or by several.
#[derive(Debug)]
pub struct ReadParts<O, S> {
    /// In the order of the stream, the observer of each walk and what `show` has made of all that the walk has shown.
    pub parts: Vec<(O, S)>,
    /// How many bits were read.
    pub position: u64,
    /// How the segment ended, or why it could not be read to its end.
    pub end: Result<SegmentEnd, DataError>,
}

/// Reads a slice segment as [`read_each`](super::read_each) does, and its substreams at the same time as far as there are helpers.
/// `starts` are the bytes of `data` at which all substreams but the first should begin.
///
/// The observers together see, in their order, what a single one would see; and the same coding tree units are shown.
///
/// ```
/// use silicabac::{hevc::{ReadParts, ReadUnit, Stream, read_parts}, syntax::Helpers};
/// let bytes = std::fs::read("tests/streams/hm_tiles2x2.265")?;
/// for unit in Stream::new(&bytes[..]) {
///     let unit = unit?;
///     let Some((parameters, before, data)) = unit.segment() else { continue };
///     let (starts, helpers) = (unit.signalled_starts(), Helpers::new(3));
///     let count = |units: &mut u32, _: ReadUnit<'_, _>| *units += 1;
///     let ReadParts { parts, end, .. } =
///         read_parts::<(), u32>(parameters, before, data, &starts, &helpers, count);
///     assert!(end.is_ok() && parts.len() == 4);
///     assert_eq!(parts.iter().map(|(_, units)| units).sum::<u32>(), parameters.tiles.size());
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_parts<'a, O, S>(
    parameters: &Parameters,
    before: Option<&SegmentEnd>,
    data: &'a [u8],
    starts: &[usize],
    helpers: &Helpers,
    show: impl Fn(&mut S, ReadUnit<'_, Watched<'a, O>>) + Sync,
) -> ReadParts<O, S>
where
    O: Observer<engine::Decoder<'a>> + Default + Send,
    S: Default + Send,
{
    if !can_begin(parameters, before) {
        let slice_segment_address = parameters.slice_segment_address;
        let end = Err(DataError::MissingPredecessor { slice_segment_address });
        return ReadParts { parts: vec![Default::default()], position: 0, end };
    }
    let segment = Segment { parameters, before, data, failed: AtomicUsize::new(usize::MAX) };
    let read = helpers.share(parts(parameters, starts), |part| part.read(&segment, &show));
    let mut read = read.into_iter().flatten();
    let mut last = read.next().expect("the first part is always read");
    let mut parts = Vec::new();
    let mut bins = 0;
    while last.is_followed
        && let Some(mut next) = read.next()
    {
        let before = next.walk.follow(last.walk);
        bins += before.coder.bins();
        parts.push((before.observer, last.shown));
        last = next;
    }
    let Read { mut walk, mut shown, mut reached, .. } = last;
    let mut buffer = UnitBuffer::default();
    let end = loop {
        match reached {
            Ok(Reached::Unit | Reached::Substream(_)) => {
                reached = buffer.read(&mut walk, |read_unit| show(&mut shown, read_unit));
            }
            Ok(Reached::End) => break Ok(walk.end()),
            Err(DataError::Decode { ctb_addr, error }) => {
                let error = DecodeError { bin: bins + error.bin, ..error };
                break Err(DataError::Decode { ctb_addr, error });
            }
            Err(error) => break Err(error),
        }
    };
    let position = walk.coder().position();
    parts.push((walk.into_coder().observer, shown));
    ReadParts { parts, position, end }
}

/// A slice segment of which several parts are read at the same time.
struct Segment<'p, 'a> {
    parameters: &'p Parameters,
    before: Option<&'p SegmentEnd>,
    data: &'a [u8],
    /// The first part, as far as is known by now, that does not end where the next part begins.
    failed: AtomicUsize,
}

/// A substream that is to be read.
struct Part {
    number: usize,
    ctb: Ctb,
    /// The byte of the slice segment data at which it begins; `next` is that of the next part.
    byte: usize,
    next: Option<usize>,
    above: Option<Above>,
    below: Option<Below>,
}

/// The channels from the row above, which is another part.
struct Above {
    wpp: Receiver<Option<Saved>>,
    /// The lower edge of each coding tree unit of that row.
    lines: Receiver<Line>,
}

/// The sending ends of the channels to the row below.
struct Below {
    /// For the contexts after the second coding tree unit; `None` once they have been sent.
    wpp: Option<Sender<Option<Saved>>>,
    lines: Sender<Line>,
}

/// What was read of a part.
struct Read<'p, 'a, O, S> {
    walk: Walk<'p, Watched<'a, O>>,
    shown: S,
    reached: Result<Reached, DataError>,
    /// Whether the next part begins where it ended.
    is_followed: bool,
}

fn parts(parameters: &Parameters, starts: &[usize]) -> Vec<Part> {
    let tiles = &parameters.tiles;
    let first = tiles.at(parameters.slice_segment_address);
    let others = tiles.from(first).skip(1).filter(|ctb| parameters.begins_substream(*ctb));
    let bytes = iter::once(0).chain(starts.iter().copied()).enumerate();
    let part = |((number, byte), ctb)| Part { number, ctb, byte, next: None, above: None, below: None };
    let mut parts: Vec<Part> = bytes.zip(iter::once(first).chain(others)).map(part).collect();
    for number in 1..parts.len() {
        if let [before, part] = &mut parts[number - 1..=number] {
            before.next = Some(part.byte);
            if !tiles.begins_tile(part.ctb) {
                let ((wpp, from_wpp), (lines, from_lines)) = (channel(), channel());
                before.below = Some(Below { wpp: Some(wpp), lines });
                part.above = Some(Above { wpp: from_wpp, lines: from_lines });
            }
        }
    }
    parts
}

impl Part {
    /// Reads the part. `None` if its result cannot be used any more.
    fn read<'p, 'a, O, S>(
        mut self,
        segment: &Segment<'p, 'a>,
        show: impl Fn(&mut S, ReadUnit<'_, Watched<'a, O>>),
    ) -> Option<Read<'p, 'a, O, S>>
    where
        O: Observer<engine::Decoder<'a>> + Default,
        S: Default,
    {
        let mut walk = self.begin(segment)?;
        let mut shown = S::default();
        let mut buffer = UnitBuffer::default();
        let reached = loop {
            if segment.failed.load(Ordering::Relaxed) < self.number {
                return None;
            }
            let ctb = walk.ctb;
            if let Some(above) = &self.above {
                walk.set_line_above(&above.lines.recv().ok()?);
            }
            let reached = buffer.read(&mut walk, |read_unit| show(&mut shown, read_unit));
            if let (Some(below), Ok(reached)) = (&mut self.below, &reached) {
                below.tell(&walk, ctb, reached);
            }
            if !matches!(reached, Ok(Reached::Unit)) {
                break reached;
            }
        };
        let is_followed = matches!(reached, Ok(Reached::Substream(byte)) if Some(byte) == self.next);
        if !is_followed {
            segment.failed.fetch_min(self.number, Ordering::Relaxed);
        }
        Some(Read { walk, shown, reached, is_followed })
    }

    /// A walk at its first coding tree unit.
    fn begin<'p, 'a, O>(&self, segment: &Segment<'p, 'a>) -> Option<Walk<'p, Watched<'a, O>>>
    where
        O: Observer<engine::Decoder<'a>> + Default,
    {
        let Segment { parameters, before, data, .. } = *segment;
        let watched = |coder| Observed { coder, observer: O::default() };
        if self.number == 0 {
            let walk = Walk::new(watched(engine::Decoder::new(data)), parameters, before);
            if let Some(Below { lines, .. }) = &self.below {
                let earlier = parameters.tiles.left_in_row(self.ctb);
                earlier.for_each(|x| _ = lines.send(walk.line_at(x)));
            }
            return Some(walk);
        }
        let wpp = match &self.above {
            Some(above) => above.wpp.recv().ok()?,
            None => None,
        };
        // The observer of the part before has seen the initialisation of the contexts here.
        let walk = Walk::substream(engine::Decoder::at(data, self.byte), parameters, self.ctb, wpp);
        Some(walk.with(watched))
    }
}

impl Below {
    /// Sends what the row below needs to know after a coding tree unit; `reached` is what comes after that unit. It is no error if the walk
    /// of the row below has ended by now: then it needs nothing more.
    fn tell<C: Decode>(&mut self, walk: &Walk<'_, C>, ctb: Ctb, reached: &Reached) {
        let _ = self.lines.send(walk.line_at(ctb.x));
        let is_first = walk.parameters.tiles.begins_row(ctb) && matches!(reached, Reached::Unit);
        if let Some(wpp) = self.wpp.take_if(|_| !is_first) {
            let _ = wpp.send(walk.wpp.clone());
        }
    }
}
