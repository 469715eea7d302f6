//! The bins of a stream, which are written again with one entry of a table wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use silicabac::bin::{BinCoder, Element, Encode, Event};
use silicabac::context::{Codec, ContextModel, CtxIdx, SliceInit, SliceType};
use silicabac::observed::Observer;
use silicabac::syntax::nal::escape;
use silicabac::tables::{avc_init, hevc_init};
use silicabac::{avc, engine, hevc};

/// What an encoder has wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A bit of n, or of initValue; in H.264 from the fourth bit on, one of m.
    Initial { ctx: usize, column: usize, bit: u32 },
    /// One context is used for another.
    Context { from: usize, to: usize },
    /// A bin in a row of a binarisation: the last one, or one `before` bins before it.
    Row { element: &'static str, value: i32, before: usize },
}

/// An element, and its bins among the events.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) name: &'static str,
    pub(crate) value: i32,
    pub(crate) events: Range<usize>,
}

/// The data of a slice.
#[derive(Debug)]
pub(crate) struct Slice {
    init: SliceInit,
    /// The column of the table of initial states.
    pub(crate) column: usize,
    header: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) elements: Vec<Coded>,
    /// The cabac_zero_words after the data.
    tail: Vec<u8>,
}

/// A stream.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// For each NAL unit the bytes before it, and the unit.
    units: Vec<(Vec<u8>, Vec<u8>)>,
    /// The slices that are written again, each with its unit.
    pub(crate) slices: Vec<Slice>,
    places: BTreeMap<usize, usize>,
}

/// Records the elements and events of a slice.
#[derive(Default)]
struct Notes {
    events: Vec<Event>,
    elements: Vec<Coded>,
    begin: usize,
}

impl<C> Observer<C> for Notes {
    fn element(&mut self, _: &C, _: Element) {
        self.begin = self.events.len();
    }

    fn coded(&mut self, _: &C, element: Element, value: i32) {
        let events = self.begin..self.events.len();
        self.begin = self.events.len();
        self.elements.push(Coded { name: element.0, value, events });
    }

    fn after(&mut self, _: &C, coded: Event) {
        self.events.push(coded);
    }
}

impl Slice {
    fn new(init: SliceInit, rbsp: &[u8], data: &[u8], notes: Notes, tail: &[u8]) -> Slice {
        let column = match (init.codec, init.slice_type, init.index) {
            (_, SliceType::I, _) => 0,
            (Codec::Avc, _, index) => 1 + usize::from(index),
            (Codec::Hevc, SliceType::P, 0) | (Codec::Hevc, SliceType::B, 1) => 1,
            (Codec::Hevc, ..) => 2,
        };
        let header = rbsp[..rbsp.len() - data.len()].to_vec();
        Slice { init, column, header, events: notes.events, elements: notes.elements, tail: tail.to_vec() }
    }

    /// Whether the last bin of an element can be inverted: a terminate bin would end the slice.
    pub(crate) fn can_flip(&self, element: &Coded) -> bool {
        let last = self.events[element.events.clone()].last();
        matches!(last, Some(Event::Context { .. } | Event::Bypass { .. }))
    }

    /// The NAL unit, written again.
    fn written(&self, change: Option<&Change>) -> Vec<u8> {
        let mut events = self.events.clone();
        match change {
            Some(&Change::Initial { ctx, column, bit }) if column == self.column => {
                let right = CtxIdx::new(ctx as u16).and_then(|ctx| self.init.model(ctx));
                let wrong = self.wrong(ctx, bit);
                for event in &mut events {
                    if let Event::Load { ctx: loaded, model } = event
                        && loaded.get() == ctx
                        && Some(*model) == right
                    {
                        *model = wrong;
                    }
                }
            }
            Some(&Change::Context { from, to }) => {
                let to = CtxIdx::new(to as u16).unwrap();
                for event in &mut events {
                    match event {
                        Event::Context { ctx, .. } if ctx.get() == from => *ctx = to,
                        _ => {}
                    }
                }
            }
            Some(&Change::Row { element, value, before }) => {
                for coded in
                    self.elements.iter().filter(|coded| coded.name == element && coded.value == value)
                {
                    let event = events[coded.events.clone()].iter_mut().rev().nth(before);
                    if let Some(Event::Context { bin, .. } | Event::Bypass { bin }) = event {
                        *bin = !*bin;
                    }
                }
            }
            _ => {}
        }
        let mut encoder = engine::Encoder::new();
        encoder.play(&events).unwrap();
        escape(&[&self.header[..], &encoder.finish(), &self.tail].concat())
    }

    /// The initial state that follows from an entry with a wrong bit (H.264 clause 9.3.1.1, H.265 clause 9.3.2.2).
    fn wrong(&self, ctx: usize, bit: u32) -> ContextModel {
        let (m, n) = match self.init.codec {
            Codec::Avc => {
                let (m, n) = avc_init::MN[ctx][self.column];
                if bit < 4 {
                    (m.into(), i32::from(n) ^ 1 << bit)
                } else {
                    (i32::from(m) ^ 1 << (bit - 4), n.into())
                }
            }
            Codec::Hevc => {
                let value = i32::from(hevc_init::INIT_VALUE[ctx][self.column]) ^ 1 << bit;
                ((value >> 4) * 5 - 45, ((value & 15) << 3) - 16)
            }
        };
        let state = (((m * i32::from(self.init.slice_qp_y).clamp(0, 51)) >> 4) + n).clamp(1, 126);
        let model = if state <= 63 { (63 - state, false) } else { (state - 64, true) };
        ContextModel::new(model.0 as u8, model.1).unwrap()
    }
}

impl Recorded {
    pub(crate) fn new(codec: Codec, stream: &[u8]) -> Recorded {
        match codec {
            Codec::Avc => Recorded::avc(stream),
            Codec::Hevc => Recorded::hevc(stream),
        }
    }

    fn avc(stream: &[u8]) -> Recorded {
        let mut all = Recorded { units: Vec::new(), slices: Vec::new(), places: BTreeMap::new() };
        for unit in avc::Stream::new(stream).map(Result::unwrap) {
            if let Some((parameters, data)) = unit.slice() {
                let (notes, read) = unit.observe(Notes::default(), |_| {}).unwrap();
                all.push(Slice::new(parameters.init(), &unit.rbsp, data, notes, read.unwrap().bytes));
            }
            all.units.push((unit.unit.prefix, unit.unit.bytes));
        }
        all
    }

    /// Slice segments that depend on another one, or on which another one depends, are left as they are, and so are those with entry
    /// points, which would change.
    fn hevc(stream: &[u8]) -> Recorded {
        let mut all = Recorded { units: Vec::new(), slices: Vec::new(), places: BTreeMap::new() };
        let units: Vec<hevc::StreamUnit> = hevc::Stream::new(stream).map(Result::unwrap).collect();
        let is_dependent = |index: usize| units.get(index).is_some_and(hevc::StreamUnit::is_dependent);
        for (index, unit) in units.iter().enumerate() {
            if let hevc::Content::Segment { entry_points, .. } = &unit.content
                && entry_points.is_empty()
                && !is_dependent(index)
                && !is_dependent(index + 1)
            {
                let (parameters, _, data) = unit.segment().unwrap();
                let (notes, read) = unit.observe(Notes::default(), |_| {}).unwrap();
                all.push(Slice::new(parameters.init(), &unit.rbsp, data, notes, read.unwrap().bytes));
            }
            all.units.push((unit.unit.prefix.clone(), unit.unit.bytes.clone()));
        }
        all
    }

    /// Adds a slice of the next unit.
    fn push(&mut self, slice: Slice) {
        self.places.insert(self.units.len(), self.slices.len());
        self.slices.push(slice);
    }

    /// The stream as an encoder with this error writes it.
    pub(crate) fn written(&self, change: Option<&Change>) -> Vec<u8> {
        let unit = |(index, (prefix, bytes)): (usize, &(Vec<u8>, Vec<u8>))| match self.places.get(&index) {
            Some(&slice) => [&prefix[..], &self.slices[slice].written(change)].concat(),
            None => [&prefix[..], bytes].concat(),
        };
        self.units.iter().enumerate().flat_map(unit).collect()
    }
}
