//! The judge of the suites: what sequences of bins make a coder do, and what no suite makes it do.
//!
//! The model sees bins alone, so it is the same for every coder: it is an [`Observer`] of a coder, or [`Coverage::play`] takes the bins of
//! a vector. Each [`Item`] is a grid of cells; cells that cannot be hit are excluded, each with its proof.

mod code;
mod fewest;
mod grids;
mod item;
mod lanes;
mod report;
mod sizes;
mod stream;
mod syntax;

use crate::bin::{BinCoder, DecodeErrorKind, Encode, Event};
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::cycle::Request;
use crate::observed::{Observed, Observer};
use crate::tables;
use crate::vectors::{Vector, trail};
use crate::{engine, spec};
pub use fewest::fewest;
use grids::{Before, End, Place, Shifted, Update};
pub use item::{Axis, Exclusion, Item};
use lanes::Lanes;
pub use report::Report;
use sizes::Sizes;
pub use stream::StreamCoverage;

/// The coverage of slices.
///
/// ```
/// use silicabac::{coverage::Coverage, stress};
/// let mut coverage = Coverage::new();
/// stress::directed().iter().for_each(|vector| coverage.play(vector));
/// assert_eq!(coverage.item("cross").unwrap().percent(), 100.0);
/// ```
#[derive(Clone, Debug)]
pub struct Coverage {
    slices: u64,
    bins: u64,
    cross: Item,
    shifts: Item,
    swaps: Item,
    outstanding: Item,
    beginnings: Item,
    flushes: Item,
    bypass_runs: Item,
    reuse: Item,
    terminate: Item,
    alignments: Item,
    errors: Item,
    lanes: Lanes,
    sizes: Sizes,
    slice: Slice,
}

/// The state of a slice.
#[derive(Clone, Debug)]
struct Slice {
    encoder: spec::Encoder,
    /// The index in its byte of the bit that a decoder reads next.
    phase: usize,
    /// The last request that was not a load.
    before: Before,
    /// The phase at which a run of bypass bins began, and its length so far.
    bypass_run: (usize, u32),
    /// The number of the next request.
    number: usize,
    /// For each context variable, the request that used it last, and the change that it made.
    last_use: Vec<Option<(usize, Update)>>,
}

impl Slice {
    fn new() -> Slice {
        Slice {
            encoder: spec::Encoder::new(),
            phase: START_PHASE,
            before: Before::Start(Place::Slice),
            bypass_run: (0, 0),
            number: 0,
            last_use: vec![None; CONTEXTS],
        }
    }
}

/// At its start the engine has read nine bits.
const START_PHASE: usize = 9 % 8;

impl Coverage {
    /// The coverage of nothing yet.
    pub fn new() -> Coverage {
        Coverage {
            slices: 0,
            bins: 0,
            cross: grids::cross(),
            shifts: grids::shifts(),
            swaps: grids::swaps(),
            outstanding: grids::outstanding(),
            beginnings: grids::beginnings(),
            flushes: grids::flushes(),
            bypass_runs: grids::bypass_runs(),
            reuse: grids::reuse(),
            terminate: grids::terminate(),
            alignments: grids::alignments(),
            errors: grids::errors(),
            lanes: Lanes::new(),
            sizes: Sizes::new(),
            slice: Slice::new(),
        }
    }

    /// The number of slices taken.
    pub fn slices(&self) -> u64 {
        self.slices
    }

    /// The number of bins taken.
    pub fn bins(&self) -> u64 {
        self.bins
    }

    /// All items.
    pub fn items(&self) -> Vec<&Item> {
        self.of_requests().into_iter().chain(self.lanes.items()).chain(self.sizes.items()).collect()
    }

    /// The items that depend on requests alone.
    fn of_requests(&self) -> [&Item; 11] {
        [
            &self.cross,
            &self.shifts,
            &self.swaps,
            &self.outstanding,
            &self.beginnings,
            &self.flushes,
            &self.bypass_runs,
            &self.reuse,
            &self.terminate,
            &self.alignments,
            &self.errors,
        ]
    }

    /// The items for which only slices without errors count.
    fn of_bins(&self) -> impl Iterator<Item = &Item> {
        self.of_requests().into_iter().filter(|item| item.name != self.errors.name)
    }

    /// The item of this name.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items().into_iter().find(|item| item.name == name)
    }

    /// Takes a vector as the engine decodes it. A vector that no encoder makes counts only for its error, its size and its flags: for the
    /// other items it would test only one of the two directions.
    pub fn play(&mut self, vector: &Vector) {
        self.lanes.take(vector);
        self.sizes.take(vector);
        if vector.decode_only {
            self.slices += 1;
            self.bins += vector.bins() as u64;
            let met = trail(vector).find_map(|step| Some((step.error?, step.request)));
            met.into_iter().for_each(|(kind, request)| self.meet(kind, request));
            return;
        }
        self.begin_slice();
        let coder = engine::Decoder::new(&vector.bytes);
        let mut decoder = Observed { coder, observer: std::mem::take(self) };
        let _ = decoder.answers(&vector.events);
        *self = decoder.observer;
    }

    /// A decoder meets its first error at this request.
    pub fn meet(&mut self, kind: DecodeErrorKind, request: Request) {
        let kind = match kind {
            DecodeErrorKind::Forbidden => 0,
            DecodeErrorKind::Misaligned => 1,
            DecodeErrorKind::Exhausted => 2,
        };
        self.errors.hit(&[kind, request.fields().kind as usize]);
    }

    /// Begins another slice.
    pub fn begin_slice(&mut self) {
        self.slices += 1;
        self.slice = Slice::new();
    }

    /// Takes an event that was coded.
    pub fn take(&mut self, event: Event) {
        self.bins += u64::from(event.is_bin());
        if !matches!(event, Event::Bypass { .. }) {
            self.end_bypass_run();
        }
        match event {
            Event::Context { ctx, bin } => self.take_context(ctx, bin),
            Event::Bypass { bin } => self.take_bypass(bin),
            Event::Terminate { bin } => self.take_terminate(bin),
            Event::Align => self.take_align(),
            Event::Raw(_) => self.slice.before = Before::Start(Place::Raw),
            // An encoder core gets no request for it, and the event before it has already set `before`.
            Event::Start => return,
            Event::Load { ctx, .. } => {
                self.slice.last_use[ctx.get()] = Some((self.slice.number, Update::Load))
            }
        }
        self.slice.number += 1;
        // An encoder returns the bin that it is given, so playing to it cannot fail.
        let _ = self.slice.encoder.play(&[event]);
    }

    fn take_context(&mut self, ctx: CtxIdx, bin: bool) {
        let (range, model) = (self.slice.encoder.cod_i_range(), self.slice.encoder.save(ctx));
        let (state, val_mps) = (usize::from(model.p_state_idx()), usize::from(model.val_mps()));
        self.cross.hit(&[val_mps, bin.into(), state, range_place(range)]);
        let lps = bin != model.val_mps();
        if lps && state == 0 {
            self.swaps.hit(&[bin.into(), (range >> 6 & 3) as usize]);
        }
        self.take_use(ctx, model, lps);
        self.begin_run(if lps { Before::Lps } else { Before::Mps });

        let part = model.part(range, bin);
        let shift = part.leading_zeros() - 23;
        self.shift(if lps { Shifted::Lps } else { Shifted::Mps }, shift);
        self.decide(if lps { 2 * (range - part) } else { 0 }, shift);
    }

    /// A context variable is used, perhaps soon after an earlier use.
    fn take_use(&mut self, ctx: CtxIdx, model: ContextModel, lps: bool) {
        let Slice { number, last_use, .. } = &mut self.slice;
        if let Some((last, update)) = last_use[ctx.get()] {
            self.reuse.hit(&[lps.into(), update as usize, *number - last - 1]);
        }
        let update = match (lps, model.p_state_idx()) {
            (false, _) => Update::Mps,
            (true, 0) => Update::Swap,
            (true, _) => Update::Lps,
        };
        last_use[ctx.get()] = Some((*number, update));
    }

    fn take_bypass(&mut self, bin: bool) {
        self.begin_run(if bin { Before::Bypass1 } else { Before::Bypass0 });
        let Slice { bypass_run, phase, .. } = &mut self.slice;
        *bypass_run = if bypass_run.1 == 0 { (*phase, 1) } else { (bypass_run.0, bypass_run.1 + 1) };
        *phase = (*phase + 1) % 8;
        self.decide(if bin { self.slice.encoder.cod_i_range() } else { 0 }, 1);
    }

    fn end_bypass_run(&mut self) {
        let (phase, length) = std::mem::take(&mut self.slice.bypass_run);
        self.bypass_runs.hit(&[phase, grids::bypass_length(length)]);
    }

    fn take_terminate(&mut self, bin: bool) {
        let range = self.slice.encoder.cod_i_range();
        self.terminate.hit(&[bin.into(), range_place(range)]);
        if !bin {
            self.begin_run(Before::Terminate0);
            let shift = (range - 2).leading_zeros() - 23;
            self.shift(Shifted::Terminate0, shift);
            return self.decide(0, shift);
        }
        self.flushes.hit(&[self.slice.before.place(), self.slice.phase]);
        self.begin_run(Before::Start(Place::Substream));
        self.shift(Shifted::Terminate1, 7);
        self.slice.phase = START_PHASE;
        self.end_outstanding(self.slice.encoder.bits_outstanding(), End::Terminate);
    }

    fn take_align(&mut self) {
        self.alignments.hit(&[range_place(self.slice.encoder.cod_i_range())]);
        self.begin_run(Before::Align);
    }

    /// Notes that an engine run begins with this request, if one begins. In any case this request precedes the next.
    fn begin_run(&mut self, request: Before) {
        if let Before::Start(place) = self.slice.before {
            self.beginnings.hit(&[place as usize, request.place_at_start()]);
        }
        self.slice.before = request;
    }

    fn shift(&mut self, shifted: Shifted, shift: u32) {
        let phase = self.slice.phase;
        self.shifts.hit(&[shifted as usize, shift as usize, phase]);
        self.slice.phase = (phase + shift as usize) % 8;
    }

    fn decide(&mut self, halves: u32, shift: u32) {
        let encoder = &self.slice.encoder;
        let (low, outstanding) = (encoder.cod_i_low_10(), encoder.bits_outstanding());
        decide(low, outstanding, halves, shift, |length, end| self.end_outstanding(length, end));
    }

    fn end_outstanding(&mut self, length: u32, end: End) {
        let place = grids::OUTSTANDING.iter().position(|&known| known == length);
        place.into_iter().for_each(|place| self.outstanding.hit(&[end as usize, place]));
    }
}

/// ```
/// use silicabac::{bin::{BinCoder, Encode}, coverage::Coverage, engine, observed::Observed};
/// let mut encoder = Observed { coder: engine::Encoder::new(), observer: Coverage::new() };
/// encoder.bypass(true);
/// encoder.terminate(true);
/// assert_eq!(encoder.coder.finish(), [0xfe, 0xc0]);
/// assert_eq!(encoder.observer.item("flushes").unwrap().hit_cells(), 1);
/// ```
impl<C> Observer<C> for Coverage {
    fn after(&mut self, _: &C, coded: Event) {
        self.take(coded);
    }
}

impl Default for Coverage {
    fn default() -> Self {
        Self::new()
    }
}

/// Adds halves to codILow and shifts it, as RenormE and EncodeBypass do, and reports the runs of outstanding bits that are decided on the
/// way. Returns codILow and bitsOutstanding after that.
fn decide(
    low: u32,
    outstanding: u32,
    halves: u32,
    shift: u32,
    mut decided: impl FnMut(u32, End),
) -> (u32, u32) {
    let (mut doubled, mut outstanding) = (2 * low + halves, outstanding);
    for _ in 0..shift {
        let carry = doubled >= 1024;
        if carry || doubled < 512 {
            decided(std::mem::take(&mut outstanding), if carry { End::Carry } else { End::NoCarry });
            doubled -= if carry { 1024 } else { 0 };
        } else {
            outstanding += 1;
            doubled -= 512;
        }
        doubled *= 2;
    }
    (doubled / 2, outstanding)
}

/// The index of a range among all ranges.
fn range_place(range: u32) -> usize {
    tables::ranges().position(|known| known == range).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress;
    use crate::suites::Suite;
    use crate::vectors::Flag;

    fn of(vectors: &[Vector]) -> Coverage {
        let mut coverage = Coverage::new();
        vectors.iter().for_each(|vector| coverage.play(vector));
        coverage
    }

    #[test]
    fn what_is_made_for_a_reason_hits_everything_but_what_is_excluded() {
        let coverage =
            of(&[stress::directed(), stress::damage::vectors(), stress::limits::vectors()].concat());
        for item in coverage.items() {
            let missed: Vec<String> = item.missed().into_iter().map(|cell| item.label(cell)).collect();
            assert!(missed.is_empty() && item.percent() == 100.0, "{}: {missed:?}", item.name);
            let mut excluded: Vec<usize> =
                item.exclusions.iter().flat_map(|exclusion| exclusion.cells.clone()).collect();
            assert!(excluded.iter().all(|&cell| item.hits[cell] == 0), "{}", item.name);
            let count = excluded.len();
            excluded.sort_unstable();
            excluded.dedup();
            assert_eq!(excluded.len(), count, "{}: a cell is excluded twice", item.name);
        }
        assert!(coverage.report().below(100.0).is_empty());
    }

    #[test]
    fn without_its_vectors_an_item_is_below_and_says_what_is_missing() {
        let (directed, limits) = (stress::directed(), stress::limits::vectors());
        let of_requests = [
            (Flag::Cross, "cross", "codIRange 501"),
            (Flag::OutstandingRun, "outstanding", "end carry, length 100000"),
            (Flag::BypassRun, "bypass-runs", "bit of the byte 0, length over 254"),
            (Flag::Terminate, "terminate", "bin 0, codIRange 501"),
            (Flag::Alignment, "alignments", "codIRange 501"),
            (Flag::FlushPhase, "flushes", "after align"),
            (Flag::FirstBin, "beginnings", "after raw bytes, first align"),
        ];
        let of_sizes = [
            (Flag::LongSlice, "lengths", "bytes 262144"),
            (Flag::ManyStarts, "engine-runs", "runs 5000, after each raw bytes"),
            (Flag::Truncated, "late-errors", "error exhausted, bit 17000, more 5000"),
            (Flag::Tail, "leftovers", "bytes 70000, they are zero"),
            (Flag::Wait, "waits", "in a forbidden start"),
            (Flag::GiveUp, "give-ups", "in 500 outstanding bits or more"),
            (Flag::FullPacker, "full-packers", "bits 40"),
            (Flag::FullPacker, "full-flushes", "after raw bytes, bit of the byte 0"),
            (Flag::BrokenOff, "broken-off", "header H.265 I"),
            (Flag::ManyGiveUps, "many-give-ups", "in a forbidden start"),
            (Flag::Initialisation, "last-first", "header H.264 I"),
            (Flag::Initialisation, "same-headers", "standard H.265, context bins 65536"),
            (Flag::Pcm, "raw-blocks", "bytes 6144"),
            (Flag::Lanes, "lanes", "lane 1, bin terminate 0, does puts the first bit of an engine run"),
        ];
        let of_requests = of_requests.iter().map(|of| (&directed, of));
        for (all, &(flag, item, missing)) in of_requests.chain(of_sizes.iter().map(|of| (&limits, of))) {
            let mut rest = all.clone();
            rest.retain(|vector| !vector.flags.contains(&flag));
            let coverage = of(&rest);
            let item = coverage.item(item).unwrap();
            assert!(item.percent() < 100.0, "{}", item.name);
            let missed: Vec<String> = item.missed().into_iter().map(|cell| item.label(cell)).collect();
            assert!(missed.iter().any(|label| label.contains(missing)), "{missed:?}");
        }
    }

    #[test]
    fn good_slices_meet_no_error() {
        let coverage =
            of(&stress::smoke().into_iter().filter(|vector| !vector.decode_only).collect::<Vec<_>>());
        let errors = coverage.item("errors").unwrap();
        assert_eq!((errors.percent(), errors.missed().len()), (0.0, 7));
    }

    #[test]
    fn encoders_and_decoders_cover_the_same() {
        let vectors = Suite::built_in("random", 7).unwrap().vectors;
        let (mut written, mut read) = (Coverage::new(), Coverage::new());
        for vector in &vectors {
            written.begin_slice();
            let mut encoder = Observed { coder: spec::Encoder::new(), observer: written };
            encoder.play(&vector.events).unwrap();
            written = encoder.observer;
            read.begin_slice();
            let mut decoder = Observed { coder: spec::Decoder::new(&vector.bytes), observer: read };
            decoder.play(&vector.events).unwrap();
            read = decoder.observer;
        }
        assert_eq!(written.of_requests(), read.of_requests());
        assert_eq!(written.of_requests(), of(&vectors).of_requests());
        assert_eq!(written.bins(), vectors.iter().map(|vector| vector.bins() as u64).sum::<u64>());
    }

    #[test]
    fn runs_of_outstanding_bits_are_the_encoder_s() {
        for vector in Suite::built_in("random", 3).unwrap().vectors {
            let mut encoder = spec::Encoder::new();
            for event in vector.events {
                let (low, outstanding) = (encoder.cod_i_low_10(), encoder.bits_outstanding());
                let range = encoder.cod_i_range();
                let (halves, part) = match event {
                    Event::Context { ctx, bin } => {
                        let (model, part) = (encoder.save(ctx), encoder.save(ctx).part(range, bin));
                        (if bin == model.val_mps() { 0 } else { 2 * (range - part) }, part)
                    }
                    Event::Bypass { bin } => (u32::from(bin) * range, 255),
                    Event::Terminate { bin: false } => (0, range - 2),
                    _ => (0, 256),
                };
                let _ = encoder.play(&[event]);
                if !event.ends_engine_run() {
                    let shift = part.leading_zeros() - 23;
                    let after = decide(low, outstanding, halves, shift, |_, _| ());
                    assert_eq!(after, (encoder.cod_i_low_10(), encoder.bits_outstanding()), "{event}");
                }
            }
        }
    }
}
