//! The syntax element to which each bin of a slice belongs, and its place in the picture.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Slice, TooLong};
use crate::bin::{Element, Event, Place};
use crate::context::Codec;
use crate::observed::Observer;
use crate::stream::{DataError, StreamUnit};
use crate::suites;
use crate::trace::TracedSlice;
use crate::vectors::name_like;

/// An observer that records the element of each bin and of each alignment.
#[derive(Clone, Debug, Default)]
pub struct Elements {
    names: Table<&'static str>,
    places: Table<String>,
    /// For each bin: the numbers of its element and of its place, and its index within the element.
    bins: Vec<Bin>,
    /// The first bin of the current element.
    first: usize,
    element: Option<usize>,
    place: Option<usize>,
    unit: Option<Place>,
    block: Option<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Bin {
    element: Option<usize>,
    place: Option<usize>,
    index: usize,
    value: Option<i32>,
}

/// A table of values that repeat, so that each is stored once and referred to by its number.
#[derive(Clone, Debug)]
struct Table<T> {
    known: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { known: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn number(&mut self, name: T) -> usize {
        *self.numbers.entry(name).or_insert_with_key(|name| {
            self.known.push(name.clone());
            self.known.len() - 1
        })
    }
}

impl<C> Observer<C> for Elements {
    fn element(&mut self, _: &C, element: Element) {
        self.element = Some(self.names.number(element.0));
        self.first = self.bins.len();
    }

    fn coded(&mut self, _: &C, _: Element, value: i32) {
        self.bins[self.first..].iter_mut().for_each(|bin| bin.value = Some(value));
    }

    fn place(&mut self, _: &C, place: Place) {
        let name = match place {
            Place::Macroblock(_) | Place::CodingTreeUnit(_) => {
                (self.unit, self.block) = (Some(place), None);
                place.to_string()
            }
            Place::Block { .. } | Place::TransformBlock { .. } => {
                self.block = Some(place);
                within([self.unit, Some(place), None])
            }
            Place::Level(_) | Place::Coefficient(_) => within([self.unit, self.block, Some(place)]),
        };
        self.place = Some(self.places.number(name));
    }

    fn after(&mut self, _: &C, coded: Event) {
        if coded.is_bin() || coded == Event::Align {
            let index = self.bins.len() - self.first;
            self.bins.push(Bin { element: self.element, place: self.place, index, value: None });
        }
    }
}

fn within(places: [Option<Place>; 3]) -> String {
    places.iter().flatten().map(Place::to_string).collect::<Vec<_>>().join(", ")
}

impl Elements {
    /// The columns for all steps. `named` says which steps have an element.
    pub(super) fn to_json(&self, named: impl Iterator<Item = bool>) -> Value {
        let mut bins = self.bins.iter();
        let rows: Vec<Option<&Bin>> = named.map(|is_named| is_named.then(|| bins.next()).flatten()).collect();
        let column = |of: &dyn Fn(&Bin) -> Option<usize>| -> Vec<i64> {
            rows.iter().map(|bin| bin.and_then(of).map_or(-1, |number| number as i64)).collect()
        };
        json!({
            "names": self.names.known,
            "places": self.places.known,
            "element": column(&|bin| bin.element),
            "place": column(&|bin| bin.place),
            "index": column(&|bin| Some(bin.index)),
            "value": rows.iter().map(|bin| bin.and_then(|bin| bin.value)).collect::<Vec<_>>(),
        })
    }
}

impl Slice {
    /// The slice in a unit of a stream, with the elements of its bins. `None` if the unit is not a slice that can be read. `stream` is the
    /// name of the stream.
    ///
    /// # Errors
    /// [`SliceError`].
    pub fn of_stream(unit: &StreamUnit, codec: Codec, stream: &str) -> Option<Result<Slice, SliceError>> {
        let (elements, _) = unit.observe(Elements::default())?;
        let traced = unit.trace()?;
        Some(traced.map_err(SliceError::Data).and_then(|traced| {
            let number = unit.slice_number().unwrap_or_default();
            let vector = suites::of_slice(name_like(&format!("{stream}-{number}")), &traced.slice, codec);
            let slice = Slice::new(&vector)?.with_elements(&elements);
            Ok(slice.titled(format!("{stream}, slice {number}")))
        }))
    }

    /// A slice of a trace. `trace` is the name of the trace.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn of_trace(slice: &TracedSlice, codec: Codec, trace: &str, number: usize) -> Result<Slice, TooLong> {
        let vector = suites::of_slice(name_like(&format!("{trace}-{number}")), slice, codec);
        Ok(Slice::new(&vector)?.titled(format!("{trace}, slice {number}")))
    }
}

/// Why a slice of a stream has no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SliceError {
    /// It cannot be read.
    #[error("{0}")]
    Data(DataError),
    /// It is too long.
    #[error("{0}")]
    TooLong(#[from] TooLong),
}
