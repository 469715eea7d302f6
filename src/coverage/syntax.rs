//! What the syntax of a standard excludes in every stream: cells of the grids of bins that no slice data can hit.

use super::grids::{Before, Place};
use super::item::Item;
use super::{Coverage, START_PHASE};
use crate::context::Codec;

/// The number of kinds of places at which an engine starts.
const PLACES: usize = 3;

impl Coverage {
    /// The same coverage, with those cells excluded that no slice data of this standard can hit.
    pub(super) fn of_syntax(mut self, codec: Codec) -> Coverage {
        let is_avc = codec == Codec::Avc;
        self.beginnings = beginnings(self.beginnings, is_avc);
        self.flushes = flushes(self.flushes, is_avc);
        self.reuse = self.reuse.without(
            "contexts are loaded before the first bin, and the contexts loaded last are of elements with which no slice begins",
            |places| places[1] == 3,
        );
        if is_avc {
            self.bypass_runs = bypass_runs(self.bypass_runs);
        }
        self
    }
}

fn beginnings(item: Item, is_avc: bool) -> Item {
    let has_context = |first: usize| first <= Before::Lps.place_at_start();
    let item = item
        .without("the first bin of slice data, and of each substream, has a context", move |places| {
            places[0] != Place::Raw as usize && !has_context(places[1])
        })
        .without("after PCM samples there is another block, or the end of the slice", |places| {
            let first = [Before::Bypass0, Before::Bypass1, Before::Align].map(Before::place_at_start);
            places[0] == Place::Raw as usize && first.contains(&places[1])
        });
    match is_avc {
        true => item.without("H.264 has no substreams", move |places| {
            places[0] == Place::Substream as usize && has_context(places[1])
        }),
        false => item,
    }
}

fn flushes(item: Item, is_avc: bool) -> Item {
    let item = item
        .without("the first bin of slice data, and of each substream, has a context", |places| {
            places[0] < PLACES && places[0] != Place::Raw as usize && places[1] == START_PHASE
        })
        .without("an alignment comes before bypass bins", |places| places[0] == Before::Align.place());
    match is_avc {
        true => item.without("the bin after end_of_slice_flag has a context", |places| {
            places[0] == Before::Terminate0.place()
        }),
        false => item,
    }
}

/// The bypass bins of a level are a sign alone, or 2 + 2k bins; those of a motion vector difference are a sign alone, or 5 + 2k.
fn bypass_runs(item: Item) -> Item {
    item.without("no element has three bypass bins in a row, and other bins come between elements", |places| {
        places[1] + 1 == 3
    })
    .without(
        "a vector is in -2048 to 2047.75, so that no difference of two has more than 25 bins; the bins of a level are even in number",
        |places| (27..=31).contains(&(places[1] + 1)) && places[1] % 2 == 0,
    )
    .without("no element has that many", |places| places[1] >= 32)
}
