//! The grids: what is counted, along which axes, and which cells cannot be hit, with the proof.
//!
//! The tests of this file search for what the proofs claim of ranges; the tests of the module above check that no suite hits an excluded
//! cell.

use super::item::{Axis, Item};
use crate::tables;

/// Where an engine run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Slice,
    Raw,
    Substream,
}

const PLACES: [&str; 3] = ["start of slice", "raw bytes", "end of substream"];

/// What precedes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing in this engine run.
    Start(Place),
    Mps,
    Lps,
    Bypass0,
    Bypass1,
    Terminate0,
    Align,
}

/// What an engine run can begin with. All but the last can also come inside an engine run.
const FIRSTS: [&str; 7] = ["MPS", "LPS", "bypass 0", "bypass 1", "terminate 0", "align", "terminate 1"];

impl Before {
    /// Its index in [`FIRSTS`]. After a terminate bin of 1 comes the start of the next engine run.
    pub(super) fn place_at_start(self) -> usize {
        match self {
            Before::Mps => 0,
            Before::Lps => 1,
            Before::Bypass0 => 2,
            Before::Bypass1 => 3,
            Before::Terminate0 => 4,
            Before::Align => 5,
            Before::Start(_) => 6,
        }
    }

    /// Its index in [`PLACES`] followed by [`FIRSTS`].
    pub(super) fn place(self) -> usize {
        match self {
            Before::Start(place) => place as usize,
            other => PLACES.len() + other.place_at_start(),
        }
    }
}

/// The bin that renormalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shifted {
    Mps,
    Lps,
    Terminate0,
    Terminate1,
}

/// What decides a run of outstanding bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Carry,
    NoCarry,
    Terminate,
}

/// The change of a context variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    Mps,
    Lps,
    Swap,
    Load,
}

/// The lengths of runs of outstanding bits that have a cell: all short ones, and those around the sizes of buffers.
pub(super) const OUTSTANDING: [u32; 90] = {
    let mut lengths = [0; 90];
    let parts = [(0, 64), (80, 96), (127, 129), (255, 257), (1_000, 1_000), (100_000, 100_000)];
    let (mut part, mut place) = (0, 0);
    while part < parts.len() {
        let (mut length, last) = parts[part];
        while length <= last {
            lengths[place] = length;
            (length, place) = (length + 1, place + 1);
        }
        part += 1;
    }
    assert!(place == lengths.len());
    lengths
};

/// The longest run of bypass bins that has a cell of its own.
const BYPASSES: u32 = 32;
/// Longer runs share one cell: a counter of eight bits cannot hold them.
const MANY_BYPASSES: u32 = 254;

/// The index of a run of bypass bins along its axis, which is outside the axis for lengths without a cell.
pub(super) fn bypass_length(length: u32) -> usize {
    match length {
        1..=BYPASSES => length as usize - 1,
        length if length > MANY_BYPASSES => BYPASSES as usize,
        _ => usize::MAX,
    }
}

fn phase() -> Axis {
    Axis::new("bit of the byte", 0..8)
}

fn range() -> Axis {
    Axis::new("codIRange", tables::ranges())
}

pub(super) fn cross() -> Item {
    let what = "a context bin in this state, in this range";
    let axes = vec![Axis::bit("valMPS"), Axis::bit("bin"), Axis::new("pStateIdx", 0..63), range()];
    Item::new("cross", what, axes)
}

pub(super) fn shifts() -> Item {
    let what = "codIRange is renormalised by this number of bits, the first of which a decoder reads at this bit of a byte";
    let kinds = Axis::new("of", ["MPS", "LPS", "terminate 0", "terminate 1"]);
    let is = |places: &[usize], kind: Shifted| places[0] == kind as usize;
    Item::new("shifts", what, vec![kinds, Axis::new("shift", 0..8), phase()])
        .without("what an MPS leaves of a range is 128 or more: one doubling makes it 256", move |places| {
            is(places, Shifted::Mps) && places[1] > 1
        })
        .without("the range of an LPS is 6 to 240: one to six doublings make it 256", move |places| {
            is(places, Shifted::Lps) && !(1..=6).contains(&places[1])
        })
        .without("what a terminate bin of 0 leaves of a range is 254 or more", move |places| {
            is(places, Shifted::Terminate0) && places[1] > 1
        })
        .without("a terminate bin of 1 leaves a range of 2, and seven doublings make it 256", move |places| {
            is(places, Shifted::Terminate1) && places[1] != 7
        })
}

pub(super) fn swaps() -> Item {
    let what = "an LPS in state 0 makes this the more probable symbol, in this quarter of the ranges";
    Item::new("swaps", what, vec![Axis::bit("valMPS becomes"), Axis::new("qCodIRangeIdx", 0..4)])
}

pub(super) fn outstanding() -> Item {
    let what = "a run of exactly this number of outstanding bits is decided in this way; for a terminate bin of 1, the number is the one before that bin";
    let ends = Axis::new("end", ["carry", "no carry", "terminate"]);
    Item::new("outstanding", what, vec![ends, Axis::new("length", OUTSTANDING)])
}

pub(super) fn beginnings() -> Item {
    let what = "an engine run with this first request, after this";
    Item::new("beginnings", what, vec![Axis::new("after", PLACES), Axis::new("first", FIRSTS)])
}

pub(super) fn flushes() -> Item {
    let what = "a terminate bin of 1 after this, when a decoder reads this bit of a byte next";
    let kinds = PLACES.iter().chain(&FIRSTS[..6]);
    Item::new("flushes", what, vec![Axis::new("after", kinds), phase()]).without(
        "an engine run begins on a whole byte, and a decoder has read nine bits of it before the first request",
        |places| places[0] < PLACES.len() && places[1] != super::START_PHASE,
    )
}

pub(super) fn bypass_runs() -> Item {
    let what =
        "this number of bypass bins in a row, the first of which a decoder reads at this bit of a byte";
    let many = format!("over {MANY_BYPASSES}");
    let lengths = (1..=BYPASSES).map(|length| length.to_string()).chain([many]);
    Item::new("bypass-runs", what, vec![phase(), Axis::new("length", lengths)])
}

pub(super) fn reuse() -> Item {
    let what = "a context variable is used this number of requests after its last update, which was this";
    let symbols = Axis::new("symbol", ["MPS", "LPS"]);
    let updates = Axis::new("update", ["MPS", "LPS", "swap", "load"]);
    Item::new("reuse", what, vec![symbols, updates, Axis::new("distance", 1..=4)])
}

pub(super) fn terminate() -> Item {
    let what = "a terminate bin in this range";
    Item::new("terminate", what, vec![Axis::bit("bin"), range()])
}

pub(super) fn alignments() -> Item {
    Item::new("alignments", "a bypass alignment in this range", vec![range()])
}

pub(super) fn errors() -> Item {
    let what = "a decoder meets this error first, at this request";
    let errors = Axis::new("error", ["forbidden", "misaligned", "exhausted"]);
    // In the order of `cycle::kind`.
    let requests = ["context", "bypass", "terminate", "align", "raw", "load", "start", "slice"];
    let at = |places: &[usize], request: &str| requests[places[1]] == request;
    Item::new("errors", what, vec![errors, Axis::new("request", requests)])
        .without("only where an engine starts are nine bits read at once", move |places| {
            places[0] == 0 && !at(places, "start")
        })
        .without("only an alignment is refused for codIOffset", move |places| {
            places[0] == 1 && !at(places, "align")
        })
        .without("an alignment, a load and the beginning of a slice read no bit", move |places| {
            places[0] == 2 && ["align", "load", "slice"].iter().any(|request| at(places, request))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextModel;
    use crate::cycle::kind;

    #[test]
    fn grids_have_the_cells_that_they_should() {
        let counts = |item: Item| (item.cells(), item.excluded_cells());
        assert_eq!(counts(cross()), (63_252, 0));
        assert_eq!(counts(shifts()), (256, 8 * (6 + 2 + 6 + 7)));
        assert_eq!(counts(swaps()), (8, 0));
        assert_eq!(counts(outstanding()), (270, 0));
        assert_eq!(counts(beginnings()), (21, 0));
        assert_eq!(counts(flushes()), (72, 21));
        assert_eq!(counts(bypass_runs()), (264, 0));
        assert_eq!(counts(reuse()), (32, 0));
        assert_eq!(counts(terminate()), (502, 0));
        assert_eq!(counts(alignments()), (251, 0));
        assert_eq!(counts(errors()), (24, 17));
    }

    #[test]
    fn what_the_proofs_claim_of_ranges_is_so() {
        let shift = |part: u32| part.leading_zeros() - 23;
        for range in tables::ranges() {
            for model in (0..63).flat_map(|state| ContextModel::new(state, false)) {
                assert!(shift(model.part(range, false)) <= 1);
                assert!((1..=6).contains(&shift(model.part(range, true))));
            }
            assert!(shift(range - 2) <= 1);
        }
        assert_eq!(shift(2), 7);
    }

    #[test]
    fn the_axis_of_requests_is_numbered_as_the_ports_are() {
        let labels = &errors().axes[1].labels;
        let at = |number: u32| labels[number as usize].as_str();
        let known = [kind::CONTEXT, kind::BYPASS, kind::TERMINATE, kind::ALIGN];
        assert_eq!(known.map(at), ["context", "bypass", "terminate", "align"]);
        let known = [kind::RAW, kind::LOAD, kind::START, kind::SLICE];
        assert_eq!(known.map(at), ["raw", "load", "start", "slice"]);
    }
}
