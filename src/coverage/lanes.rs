//! In which lane cores that take several bins per clock meet which situations, for two to eight lanes.
//!
//! It is assumed that the core is never made to wait, so that a transaction has as many bins as there are lanes. A transaction ends early
//! with a terminate bin, and before a request that has a transaction of its own: a load, an alignment, raw bytes.

use super::decide;
use super::grids::End;
use super::item::{Axis, Item};
use crate::bin::{BinCoder, Encode, Event};
use crate::context::CONTEXTS;
use crate::spec;
use crate::vectors::Vector;

const FEWEST: usize = 2;
const MOST: usize = 8;
const WIDTHS: usize = MOST - FEWEST + 1;

/// At most this many requests of a slice are counted. Longer slices repeat the same situations.
const LOOKED_AT: usize = 20_000;

/// The items.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    bins: Item,
    pairs: Item,
    words: Item,
}

/// A kind of bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mps,
    Lps,
    Bypass,
    Terminate0,
    Terminate1,
}

const KINDS: [&str; 5] = ["MPS", "LPS", "bypass", "terminate 0", "terminate 1"];

/// What happens at a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// It puts the first bit of an engine run, which is not written.
    First,
    /// It leaves an outstanding bit, and either none was outstanding before or it has decided those that were.
    Begins,
    Carries,
    Decides,
    /// It is the last of its transaction.
    EndsTransaction,
    EndsSlice,
}

const DOES: [&str; 6] = [
    "puts the first bit of an engine run",
    "begins a run",
    "decides a run with a carry",
    "decides a run without a carry",
    "ends its transaction",
    "ends the slice",
];

/// A relation between two bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    Context,
    Carry,
    NoCarry,
}

const PAIRS: [&str; 3] =
    ["uses the context of", "carries over the run of", "decides without a carry the run of"];

/// The number of transactions between the bins of a pair. For pairs without a context, the last value also includes all larger ones.
const APART: usize = 3;

/// Widths of an output word, in bytes.
const WORDS: [usize; 4] = [1, 2, 4, 8];

/// The place of a bin for one number of lanes.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    transaction: usize,
    lane: usize,
}

type Places = [Place; WIDTHS];

/// The state of a slice.
struct Slice {
    encoder: spec::Encoder,
    next: Places,
    /// The place of the last bin of each context, and that of the bin with which the current run began.
    last_use: Vec<Option<Places>>,
    begin: Option<Places>,
    /// The number of bits written when the engine run began.
    run_start: usize,
}

/// What a bin does, whatever its lane.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    kind: Kind,
    is_first: bool,
    begins: bool,
    decided: Option<End>,
    /// The number of bytes of the engine run so far, if the bin completes the last of them.
    filled: Option<usize>,
}

fn lanes() -> Axis {
    Axis::new("lanes", FEWEST..=MOST)
}

fn lane(name: &'static str) -> Axis {
    Axis::new(name, 0..MOST)
}

/// Whether a core with the number of lanes at one index has the lane at the other index.
const fn has(lanes: usize, lane: usize) -> bool {
    lane < lanes + FEWEST
}

const NO_LANE: &str = "there are fewer lanes";

fn bins() -> Item {
    let what = "a bin of this kind in this lane does this";
    let axes = vec![lanes(), lane("lane"), Axis::new("bin", KINDS), Axis::new("does", DOES)];
    let is = |places: &[usize], kinds: &[Kind], does: &[Does]| {
        has(places[0], places[1])
            && kinds.iter().any(|&kind| kind as usize == places[2])
            && does.iter().any(|&what| what as usize == places[3])
    };
    Item::new("lanes", what, axes)
        .without(NO_LANE, |places| !has(places[0], places[1]))
        .without("in a run codILow is below 512, and these add nothing to it", move |places| {
            is(places, &[Kind::Mps, Kind::Terminate0], &[Does::Carries])
        })
        .without("a flush decides all outstanding bits", move |places| {
            is(places, &[Kind::Terminate1], &[Does::Begins])
        })
        .without("a slice ends with a terminate bin of 1", move |places| {
            is(places, &[Kind::Mps, Kind::Lps, Kind::Bypass, Kind::Terminate0], &[Does::EndsSlice])
        })
}

fn pairs() -> Item {
    let what = "a bin uses the context of an earlier bin, or decides its run, by both lanes; for runs the last distance is \"or more\"";
    let apart = Axis::new("transactions before", 0..APART);
    let axes = vec![lanes(), Axis::new("it", PAIRS), apart, lane("lane before"), lane("lane")];
    Item::new("lane-pairs", what, axes)
        .without(NO_LANE, |places| !has(places[0], places[3]) || !has(places[0], places[4]))
        .without("in a transaction the bin before has the lower lane", |places| {
            has(places[0], places[3]) && has(places[0], places[4]) && places[2] == 0 && places[3] >= places[4]
        })
}

fn words() -> Item {
    let what = "a bin in this lane fills a word of this many bytes of its engine run to the last bit, and leaves no bit outstanding";
    Item::new("lane-words", what, vec![lanes(), lane("lane"), Axis::new("bytes", WORDS)])
        .without(NO_LANE, |places| !has(places[0], places[1]))
}

impl Lanes {
    pub(super) fn new() -> Lanes {
        Lanes { bins: bins(), pairs: pairs(), words: words() }
    }

    pub(super) fn items(&self) -> [&Item; 3] {
        [&self.bins, &self.pairs, &self.words]
    }

    /// Takes a vector that an encoder makes.
    pub(super) fn take(&mut self, vector: &Vector) {
        let mut slice = Slice::new();
        let all = vector.events.iter().take(LOOKED_AT);
        for (number, &event) in all.enumerate().filter(|_| !vector.decode_only) {
            let after = vector.events.get(number + 1);
            match event {
                Event::Start => slice.start(),
                _ if event.is_bin() => self.take_bin(&mut slice, event, after),
                _ => slice.take_alone(event),
            }
        }
    }

    fn take_bin(&mut self, slice: &mut Slice, event: Event, after: Option<&Event>) {
        let outcome = slice.code(event);
        let Outcome { kind, is_first, begins, decided, filled } = outcome;
        let closes = matches!(event, Event::Terminate { .. }) || after.is_none_or(|event| !event.is_bin());
        let last_use = match event {
            Event::Context { ctx, .. } => slice.last_use[ctx.get()],
            _ => None,
        };
        for width in 0..WIDTHS {
            let place = slice.next[width];
            let ends = closes || place.lane + 1 == width + FEWEST;
            let does = [
                (Does::First, is_first),
                (Does::Begins, begins),
                (Does::Carries, decided == Some(End::Carry)),
                (Does::Decides, decided == Some(End::NoCarry)),
                (Does::EndsTransaction, ends),
                (Does::EndsSlice, after.is_none() && event.ends_engine_run()),
            ];
            for (does, _) in does.into_iter().filter(|&(_, does)| does) {
                self.bins.hit(&[width, place.lane, kind as usize, does as usize]);
            }
            if let Some(last) = last_use {
                let apart = place.transaction - last[width].transaction;
                self.pair(width, Pair::Context, apart, last[width], place);
            }
            if let (Some(end), Some(begin)) = (decided, slice.begin) {
                let pair = if end == End::Carry { Pair::Carry } else { Pair::NoCarry };
                let apart = (place.transaction - begin[width].transaction).min(APART - 1);
                self.pair(width, pair, apart, begin[width], place);
            }
            let is_full = |word: usize| filled.is_some_and(|bytes| bytes.is_multiple_of(word));
            for at in (0..WORDS.len()).filter(|&at| is_full(WORDS[at])) {
                self.words.hit(&[width, place.lane, at]);
            }
        }
        slice.go_on(event, outcome, closes);
    }

    fn pair(&mut self, width: usize, pair: Pair, apart: usize, before: Place, after: Place) {
        self.pairs.hit(&[width, pair as usize, apart, before.lane, after.lane]);
    }
}

impl Slice {
    fn new() -> Slice {
        Slice {
            encoder: spec::Encoder::new(),
            next: Places::default(),
            last_use: vec![None; CONTEXTS],
            begin: None,
            run_start: 0,
        }
    }

    /// The engine starts; an encoder core gets no request for it.
    fn start(&mut self) {
        self.encoder.code(Event::Start);
        self.run_start = self.encoder.bits().1.next_multiple_of(8);
    }

    fn take_alone(&mut self, event: Event) {
        self.encoder.code(event);
        if let Event::Load { ctx, .. } = event {
            self.last_use[ctx.get()] = None;
        }
        self.next.iter_mut().for_each(|place| place.transaction += 1);
    }

    fn code(&mut self, event: Event) -> Outcome {
        let encoder = &self.encoder;
        let (low, range, outstanding) =
            (encoder.cod_i_low_10(), encoder.cod_i_range(), encoder.bits_outstanding());
        let (was_first, written) = (encoder.first_bit_flag(), encoder.bits().1);
        let (kind, part) = self.part(event, range);
        // `halves` is added to twice codILow, which is then doubled `shift` times. A bypass bin of 1 adds codIRange, and no bypass bin
        // changes codIRange.
        let (halves, shift) = match event {
            Event::Bypass { bin } => (u32::from(bin) * range, 1),
            _ if matches!(kind, Kind::Lps | Kind::Terminate1) => {
                (2 * (range - part), part.leading_zeros() - 23)
            }
            _ => (0, part.leading_zeros() - 23),
        };
        let mut decided = None;
        let first_of_a_run = |length: u32, end: End| {
            if length > 0 {
                decided.get_or_insert(end);
            }
        };
        let (low, left) = decide(low, outstanding, halves, shift, first_of_a_run);
        if kind == Kind::Terminate1 && outstanding > 0 {
            // The bits that are left decide a run that these seven did not decide.
            decided.get_or_insert(if low >= 512 { End::Carry } else { End::NoCarry });
        }
        // A run that began in this same bin is not counted.
        let decided = decided.filter(|_| outstanding > 0);
        self.encoder.code(event);
        let (left, bits) = (if event.ends_engine_run() { 0 } else { left }, self.encoder.bits().1);
        let bits = (bits > written && left == 0).then_some(bits - self.run_start);
        Outcome {
            kind,
            is_first: was_first && (event.ends_engine_run() || !self.encoder.first_bit_flag()),
            begins: left > 0 && (outstanding == 0 || decided.is_some()),
            decided,
            filled: bits.filter(|bits| bits.is_multiple_of(8)).map(|bits| bits / 8),
        }
    }

    /// The kind of a bin, and the part of the range that it takes.
    fn part(&self, event: Event, range: u32) -> (Kind, u32) {
        match event {
            Event::Context { ctx, bin } => {
                let model = self.encoder.save(ctx);
                let kind = if bin == model.val_mps() { Kind::Mps } else { Kind::Lps };
                (kind, model.part(range, bin))
            }
            Event::Terminate { bin: true } => (Kind::Terminate1, 2),
            Event::Terminate { bin: false } => (Kind::Terminate0, range - 2),
            _ => (Kind::Bypass, range),
        }
    }

    /// Advances to the place of the next bin.
    fn go_on(&mut self, event: Event, outcome: Outcome, closes: bool) {
        if let Event::Context { ctx, .. } = event {
            self.last_use[ctx.get()] = Some(self.next);
        }
        if outcome.begins {
            self.begin = Some(self.next);
        } else if outcome.decided.is_some() {
            self.begin = None;
        }
        for (width, place) in self.next.iter_mut().enumerate() {
            let ends = closes || place.lane + 1 == width + FEWEST;
            *place = if ends {
                Place { transaction: place.transaction + 1, lane: 0 }
            } else {
                Place { lane: place.lane + 1, ..*place }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Lanes {
        let vector = crate::vectors::make("made", "", &[], text).unwrap();
        let mut lanes = Lanes::new();
        lanes.take(&vector);
        lanes
    }

    /// The cells that are hit, for three lanes.
    fn hit(item: &Item) -> Vec<String> {
        let cells = (0..item.cells()).filter(|&cell| item.hits[cell] > 0).map(|cell| item.label(cell));
        cells.filter_map(|label| Some(label.strip_prefix("lanes 3, ")?.to_owned())).collect()
    }

    #[test]
    fn grids_have_the_cells_that_they_should() {
        // For seven numbers of lanes, 35 of 56 lanes exist, and 203 of 448 pairs of lanes.
        let counts = |item: Item| (item.cells(), item.excluded_cells());
        assert_eq!(counts(bins()), (56 * 30, 21 * 30 + 35 * (2 + 1 + 4)));
        assert_eq!(counts(pairs()), (448 * 9, 9 * 245 + 3 * (203 - 84)));
        assert_eq!(counts(words()), (56 * 4, 21 * 4));
    }

    #[test]
    fn a_lane_is_the_place_in_a_transaction() {
        // Four bypass bins are a transaction of three and one of a single bin, which a load cuts off.
        let lanes = of("L5=12.0 B=0000 L6=3.1 C5=0 T=0 C5=0 T=1");
        let bins = hit(&lanes.bins);
        for wanted in [
            "lane 0, bin bypass, does puts the first bit of an engine run",
            "lane 2, bin bypass, does ends its transaction",
            "lane 0, bin bypass, does ends its transaction",
            "lane 1, bin terminate 0, does ends its transaction",
            "lane 1, bin terminate 1, does ends the slice",
        ] {
            assert!(bins.iter().any(|label| label == wanted), "{wanted}: {bins:?}");
        }
        assert!(
            !bins.iter().any(|label| label == "lane 1, bin bypass, does ends its transaction"),
            "{bins:?}"
        );
        assert_eq!(
            hit(&lanes.pairs),
            ["it uses the context of, transactions before 1, lane before 0, lane 0"]
        );
    }

    #[test]
    fn runs_and_words_are_the_encoder_s() {
        let bins = "101101010";
        let all = of(&format!("B={bins} T=1"));
        let encoder = &mut spec::Encoder::new();
        let mut wanted = Vec::new();
        for (number, bin) in bins.chars().enumerate() {
            let before = encoder.bits_outstanding();
            encoder.bypass(bin == '1');
            if before == 0 && encoder.bits_outstanding() > 0 {
                wanted.push(format!("lane {}, bin bypass, does begins a run", number % 3));
            }
        }
        let mut found: Vec<String> =
            hit(&all.bins).into_iter().filter(|label| label.contains("begins a run")).collect();
        found.sort();
        wanted.sort();
        wanted.dedup();
        assert!(wanted.len() > 1, "{wanted:?}");
        assert_eq!(found, wanted);
        assert!(!hit(&all.words).is_empty());
    }
}
