//! The features of a request: its kind, its place in the vector, and the state of the oracle there.
//!
//! A [`Sight`] has all features of one request as numbers. A feature that has no meaning for the request, such as the pStateIdx of a bypass
//! bin, is [`NONE`].

use super::runs::{Before, lps_range};
use crate::bin::Event;
use crate::context::{CONTEXTS, SliceInit};
use crate::cores::Direction;
use crate::cycle::{Request, kind};
use crate::vectors::{Step, Vector, trail};

/// The value of a feature that a request does not have.
pub(super) const NONE: i32 = i32::MIN;

/// How the values of a feature are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// The values are names or identifiers: a rule gives one or a few.
    Names(&'static [&'static str]),
    /// The values are numbers with neighbours: a rule gives one, a few, or a range.
    Numbers,
    /// The values are counts: a rule gives a lower or an upper bound.
    Counts,
}

const KINDS: &[&str] = &["context", "bypass", "terminate", "align", "raw", "load", "start", "slice"];
const SYMBOLS: &[&str] = &["mps", "lps"];
const BITS: &[&str] = &["0", "1"];
const NO_YES: &[&str] = &["no", "yes"];

/// Defines the features in one place: for each its name in rules, its scale and its phrase in sentences, with `{}` for the value; a feature
/// that is true or false has a phrase for both.
macro_rules! features {
    ($($name:ident $word:literal $scale:expr, $phrase:literal;)*) => {
        /// A feature of a request. Where several features explain the same failures, the one that is listed first is preferred.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) enum Feature { $($name,)* }

        impl Feature {
            pub(super) const ALL: &'static [Feature] = &[$(Feature::$name),*];

            /// Its name in rules.
            pub(super) const fn word(self) -> &'static str {
                match self { $(Feature::$name => $word),* }
            }

            pub(super) const fn scale(self) -> Scale {
                match self { $(Feature::$name => $scale),* }
            }

            /// Its phrase in a sentence.
            pub(super) const fn phrase(self) -> &'static str {
                match self { $(Feature::$name => $phrase),* }
            }
        }
    };
}

features! {
    Kind "kind" Scale::Names(KINDS), "is of kind {}";
    Flush "flush" Scale::Names(NO_YES), "is a terminate bin of 0|is a terminate bin of 1";
    EndedRun "ended-run" Scale::Counts, "decides a run of {} outstanding bits";
    Outstanding "outstanding" Scale::Counts, "leaves {} outstanding bits";
    Carry "carry" Scale::Names(NO_YES), "decides outstanding bits without a carry|decides outstanding bits by a carry";
    Lane "lane" Scale::Names(&["0", "1", "2", "3", "4", "5", "6", "7"]), "comes in lane {}";
    FirstBit "first-bit" Scale::Names(NO_YES), "moves out a bit that is not the first of its engine run|moves out the first bit of its engine run";
    RawBlock "raw-block" Scale::Counts, "is raw byte {} of its block";
    Distance "distance" Scale::Counts, "comes {} requests after the last bin of the same context";
    SamePair "same-pair" Scale::Counts, "is bin {} in a row of the same context";
    Phase "phase" Scale::Numbers, "comes at bit {} of a byte";
    Error "error" Scale::Names(&["none", "forbidden", "misaligned", "exhausted"]), "meets the error {}";
    AfterError "after-error" Scale::Counts, "comes {} requests after an error";
    Context "ctxIdx" Scale::Numbers, "has ctxIdx {}";
    FirstUse "first-use" Scale::Names(NO_YES), "is not the first bin of its context|is the first bin of its context";
    Codec "codec" Scale::Names(&["h264", "h265"]), "is in a slice of {}";
    SliceType "slice-type" Scale::Names(&["P", "B", "I"]), "is in a slice of type {}";
    InitIndex "init-index" Scale::Names(&["0", "1", "2"]), "is in a slice with cabac_init_idc or cabac_init_flag {}";
    Qp "qp" Scale::Numbers, "is in a slice with SliceQPY {}";
    State "pStateIdx" Scale::Numbers, "has pStateIdx {}";
    Mps "valMPS" Scale::Names(BITS), "has valMPS {}";
    Symbol "symbol" Scale::Names(SYMBOLS), "codes an {}";
    Bin "bin" Scale::Names(BITS), "has the value {}";
    Before "after" Scale::Names(KINDS), "comes after a request of kind {}";
    SymbolBefore "after-symbol" Scale::Names(SYMBOLS), "comes after an {}";
    Quarter "qCodIRangeIdx" Scale::Numbers, "meets qCodIRangeIdx {}";
    Range "codIRange" Scale::Numbers, "meets codIRange {}";
    LpsRange "codIRangeLPS" Scale::Numbers, "has codIRangeLPS {}";
    Low "codILow" Scale::Numbers, "leaves codILow {}";
    Shift "shift" Scale::Numbers, "renormalises by {} bits";
    BypassRun "bypass-run" Scale::Counts, "is bypass bin {} in a row";
    EngineRun "engine-run" Scale::Counts, "is in engine run {} of its slice";
    RunBin "run-bin" Scale::Counts, "is bin {} of its engine run";
    Byte "byte" Scale::Counts, "comes at byte {} of its slice";
    Request "request" Scale::Counts, "is request {} of its slice";
    Left "left" Scale::Counts, "leaves {} bytes of its slice unread at its end";
}

/// The features of one request, indexed by [`Feature`].
pub(super) type Sight = [i32; Feature::ALL.len()];

/// All requests that the vector sends to a core, in order, each with the number of its bin or of the next bin.
pub(super) fn sights(
    vector: &Vector,
    direction: Direction,
    lanes: usize,
) -> impl Iterator<Item = (u64, Sight)> {
    let mut steps = trail(vector).peekable();
    let mut seen = Seen::new(vector, lanes);
    std::iter::from_fn(move || {
        loop {
            let step = steps.next()?;
            let bin = seen.bins;
            let mut sight = seen.next(&step);
            if direction == Direction::Encoder && step.request == Request::START {
                continue;
            }
            if direction == Direction::Decoder && steps.peek().is_none() {
                let read = step.position.div_ceil(8);
                sight[Feature::Left as usize] = number((vector.bytes.len() as u64).saturating_sub(read));
            }
            return Some((bin, sight));
        }
    })
}

fn number(value: impl TryInto<i32>) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

/// The state between two requests of a vector.
struct Seen<'a> {
    vector: &'a Vector,
    lanes: usize,
    lane: usize,
    bins: u64,
    requests: u64,
    kind: i32,
    symbol: i32,
    /// Before the current request: the encoder's registers, and the number of bits that a decoder has read.
    before: Before,
    position: u64,
    /// The current engine run: its number, the number of its bins so far, and the position of its first bit.
    engine_run: u32,
    run_bins: u32,
    begin: u64,
    raw_block: u32,
    bypass_run: u32,
    /// For each context variable, the last request that used it.
    used: Vec<Option<u64>>,
    last_context: Option<usize>,
    same: u32,
    after_error: Option<u32>,
}

impl Seen<'_> {
    fn new(vector: &Vector, lanes: usize) -> Seen<'_> {
        Seen {
            vector,
            lanes,
            lane: 0,
            bins: 0,
            requests: 0,
            kind: NONE,
            symbol: NONE,
            before: Before { cod_i_low: 0, cod_i_range: 510, bits_outstanding: 0 },
            position: 0,
            engine_run: 0,
            run_bins: 0,
            begin: 0,
            raw_block: 0,
            bypass_run: 0,
            used: vec![None; CONTEXTS],
            last_context: None,
            same: 0,
            after_error: None,
        }
    }

    fn next(&mut self, step: &Step) -> Sight {
        let mut sight = [NONE; Feature::ALL.len()];
        let mut set = |feature: Feature, value: i32| sight[feature as usize] = value;
        let event = step.request.event();
        let ends = matches!(event, Some(Event::Terminate { bin: true }));
        let kind = step.request.fields().kind as i32;
        let begins = step.request == Request::START;
        if begins {
            (self.engine_run, self.run_bins, self.begin) = (self.engine_run + 1, 0, step.position);
        }
        set(Feature::Kind, kind);
        set(Feature::Before, self.kind);
        set(Feature::SymbolBefore, self.symbol);
        if matches!(event, Some(Event::Terminate { .. })) {
            set(Feature::Flush, ends.into());
        }
        self.lane = if step.request.is_bin() { self.lane } else { 0 };
        set(Feature::Lane, self.lane as i32);
        set(Feature::Request, number(self.requests));
        set(Feature::EngineRun, number(self.engine_run));
        set(Feature::Byte, number(self.position / 8));
        set(Feature::Phase, (self.position % 8) as i32);
        if let Some(SliceInit { codec, slice_type, slice_qp_y, index }) = self.vector.init {
            set(Feature::Codec, codec as i32);
            set(Feature::SliceType, slice_type as i32);
            set(Feature::Qp, slice_qp_y.into());
            set(Feature::InitIndex, index.into());
        }
        if step.request.is_bin() {
            self.run_bins += 1;
            set(Feature::RunBin, number(self.run_bins));
            set(Feature::Bin, step.request.fields().bin as i32);
            set(Feature::Range, self.before.cod_i_range as i32);
            if let Some(low) = step.cod_i_low {
                set(Feature::Low, low as i32);
            }
        }
        let shift = number(step.position.saturating_sub(self.position));
        if step.request.is_bin() {
            set(Feature::Shift, shift);
        }
        if let (Some(outstanding), Some(event), true) = (step.bits_outstanding, event, step.request.is_bin())
        {
            set(Feature::Outstanding, number(outstanding));
            let is_first = self.position == self.begin;
            if shift > 0 {
                set(Feature::FirstBit, is_first.into());
            }
            if let Some((run, bit)) = self.before.decides(event, step.model).longest {
                set(Feature::EndedRun, number(run));
                if run > 0 {
                    set(Feature::Carry, bit.into());
                }
            }
        }
        let mut symbol = NONE;
        if let (Some(Event::Context { ctx, bin }), Some(model)) = (event, step.model) {
            let place = ctx.get();
            set(Feature::Context, place as i32);
            set(Feature::State, model.p_state_idx().into());
            set(Feature::Mps, model.val_mps().into());
            symbol = (bin != model.val_mps()).into();
            set(Feature::Symbol, symbol);
            set(Feature::Quarter, (self.before.cod_i_range >> 6 & 3) as i32);
            set(Feature::LpsRange, lps_range(model, self.before.cod_i_range) as i32);
            set(Feature::FirstUse, self.used[place].is_none().into());
            if let Some(last) = self.used[place].replace(self.requests) {
                set(Feature::Distance, number(self.requests - last));
            }
            self.same = if self.last_context == Some(place) { self.same + 1 } else { 1 };
            set(Feature::SamePair, number(self.same));
            self.last_context = Some(place);
        } else {
            self.last_context = None;
        }
        let counted = |count: u32, is_so: bool| if is_so { count + 1 } else { 0 };
        self.raw_block = counted(self.raw_block, step.request.is_raw());
        self.bypass_run = counted(self.bypass_run, kind == kind::BYPASS as i32);
        for (feature, count) in [(Feature::RawBlock, self.raw_block), (Feature::BypassRun, self.bypass_run)] {
            if count > 0 {
                set(feature, number(count));
            }
        }
        set(Feature::Error, step.error.map_or(0, |error| 1 + error as i32));
        if step.error.is_some() {
            let after = self.after_error.map_or(0, |after| after + 1);
            self.after_error = Some(after);
            set(Feature::AfterError, number(after));
        }
        let shares = step.request.is_bin() && !matches!(event, Some(Event::Terminate { .. }));
        self.lane = match shares {
            true => (self.lane + 1) % self.lanes,
            false => 0,
        };
        self.bins += u64::from(step.request.is_bin());
        self.requests += 1;
        (self.kind, self.symbol) = (kind, symbol);
        self.position = step.position;
        self.before = Before {
            cod_i_low: step.cod_i_low.unwrap_or(0),
            cod_i_range: step.cod_i_range,
            bits_outstanding: step.bits_outstanding.unwrap_or(0),
        };
        sight
    }
}
