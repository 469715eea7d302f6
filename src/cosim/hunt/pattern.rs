//! What a hunt tries: a few requests that repeat.
//!
//! A pattern says what a bin is to the coder, not its value: a less probable symbol, or a bypass bin that leaves its bits outstanding. So a
//! pattern means the same in every place, even if something before it is changed or removed.

use std::fmt;

use crate::bin::{BinCoder, Encode, Event};
use crate::context::{ContextModel, CtxIdx, SliceInit};
use crate::fit::{Can, Fitter, Loads};
use crate::spec;
use crate::vectors::Vector;

/// A pattern, and the initial states of its contexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The state in which all contexts begin, if the core takes LOADs; otherwise the number of a slice header.
    pub(super) begin: usize,
    /// The parts that repeat.
    pub(super) parts: Vec<Part>,
    /// The pattern ends after this many bins, alignments and raw bytes.
    pub(super) length: usize,
}

/// A request that is repeated in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) what: What,
    pub(super) times: usize,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Context {
        which: Which,
        is_lps: bool,
    },
    Bypass(Bypass),
    /// A terminate bin of 0.
    Terminate,
    /// A terminate bin of 1, and this many raw bytes.
    Restart {
        raw: usize,
    },
    Align,
    Load {
        which: Which,
        state: usize,
    },
}

/// A context variable, by its place among those that a hunt uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The one of the last bin or load.
    Same,
    /// The one after that.
    Next,
    Place(usize),
}

/// The value of a bypass bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bypass {
    Zero,
    One,
    /// The value that leaves one more outstanding bit, if either does.
    Holds,
}

/// The number of states of a context variable.
pub(super) const STATES: usize = 126;

fn model(state: usize) -> ContextModel {
    ContextModel::new((state / 2 % 63) as u8, state % 2 == 1).unwrap_or_default()
}

/// What a core can be asked for during a hunt.
#[derive(Clone, Debug)]
pub(super) struct Means {
    pub(super) can: Can,
    /// Some contexts that the core has.
    pub(super) contexts: Vec<CtxIdx>,
    /// The slice headers that initialise them, if the core takes no LOADs.
    pub(super) headers: Vec<SliceInit>,
}

impl Means {
    pub(super) fn new(fitter: &Fitter) -> Means {
        /// Contexts with neighbouring indices, whatever banks they are in, and the last ones.
        const FIRST: usize = 40;
        const LAST: usize = 8;
        let can = *fitter.can();
        let headers: Vec<SliceInit> = fitter.headers().collect();
        let has = |ctx: &CtxIdx| can.has(*ctx) && headers.iter().all(|header| header.model(*ctx).is_some());
        let all: Vec<CtxIdx> = (0..).map_while(CtxIdx::new).filter(has).collect();
        let last = all.len().saturating_sub(LAST).max(FIRST);
        let contexts = all.iter().take(FIRST).chain(all.iter().skip(last)).copied().collect();
        Means { can, contexts, headers }
    }

    /// The number of ways in which contexts can be initialised.
    pub(super) fn beginnings(&self) -> usize {
        if self.can.loads == Loads::None { self.headers.len() } else { STATES }
    }
}

impl Pattern {
    /// The pattern as a vector of this name.
    pub(super) fn vector(&self, id: &str, means: &Means) -> Vector {
        let init = means.headers.get(self.begin).copied();
        let first = |ctx: CtxIdx| init.and_then(|init| init.model(ctx)).unwrap_or(model(self.begin));
        let mut writer = Writer::new(means, &first);
        loop {
            let before = writer.coded;
            for part in &self.parts {
                for _ in 0..part.times {
                    if writer.coded < self.length && writer.events.len() < MOST * self.length {
                        writer.put(part.what);
                    }
                }
            }
            if writer.coded == before || writer.coded >= self.length {
                break;
            }
        }
        let loads = means.contexts.iter().zip(&writer.used).filter(|(_, used)| **used);
        let loads = loads.map(|(&ctx, _)| Event::Load { ctx, model: first(ctx) });
        let end = Event::Terminate { bin: true };
        let events = loads.chain(writer.events.iter().copied()).chain([end]).collect();
        let words: Vec<String> = self.parts.iter().map(|part| part.in_words(means)).collect();
        let comment = format!("again and again: {}", words.join("; "));
        Vector::encoded(id, comment, &[], events).initialised_by(init)
    }
}

/// A vector has at most this many events, loads included, for each bin, alignment and raw byte that its pattern is to have.
const MOST: usize = 4;

/// Turns parts into events.
struct Writer<'a> {
    means: &'a Means,
    encoder: spec::Encoder,
    events: Vec<Event>,
    /// The bins, alignments and raw bytes so far.
    coded: usize,
    place: usize,
    used: Vec<bool>,
}

impl<'a> Writer<'a> {
    fn new(means: &'a Means, first: &dyn Fn(CtxIdx) -> ContextModel) -> Writer<'a> {
        let mut encoder = spec::Encoder::new();
        for &ctx in &means.contexts {
            encoder.code(Event::Load { ctx, model: first(ctx) });
        }
        let used = vec![false; means.contexts.len()];
        Writer { means, encoder, events: Vec::new(), coded: 0, place: 0, used }
    }

    fn push(&mut self, event: Event) {
        self.encoder.code(event);
        self.events.push(event);
        self.coded += usize::from(!matches!(event, Event::Load { .. }));
    }

    fn context(&mut self, which: Which) -> Option<CtxIdx> {
        let count = self.means.contexts.len().max(1);
        self.place = match which {
            Which::Same => self.place,
            Which::Next => (self.place + 1) % count,
            Which::Place(place) => place % count,
        };
        let ctx = self.means.contexts.get(self.place).copied()?;
        self.used[self.place] = true;
        Some(ctx)
    }

    /// Adds the events of a part; requests that the core does not have are left out.
    fn put(&mut self, what: What) {
        let Means { can, .. } = self.means;
        match what {
            What::Context { which, is_lps } => {
                if let Some(ctx) = self.context(which) {
                    let bin = self.encoder.save(ctx).val_mps() != is_lps;
                    self.push(Event::Context { ctx, bin });
                }
            }
            What::Bypass(bypass) => {
                let bin = match bypass {
                    Bypass::Zero => false,
                    Bypass::One => true,
                    Bypass::Holds => self.upper_half_holds(),
                };
                self.push(Event::Bypass { bin });
            }
            What::Terminate => self.push(Event::Terminate { bin: false }),
            What::Restart { raw } => {
                let raw = raw.max(usize::from(!can.substreams)).min(can.raw as usize);
                if raw > 0 || can.substreams {
                    self.push(Event::Terminate { bin: true });
                    (0..raw).for_each(|number| self.push(Event::Raw(number as u8)));
                }
            }
            What::Align if can.align => self.push(Event::Align),
            What::Load { which, state } if can.loads == Loads::Any => {
                if let Some(ctx) = self.context(which) {
                    self.push(Event::Load { ctx, model: model(state) });
                }
            }
            What::Align | What::Load { .. } => {}
        }
    }

    /// Whether a bypass bin of 1 leaves its bit outstanding.
    fn upper_half_holds(&self) -> bool {
        let upper = 2 * self.encoder.cod_i_low_10() + self.encoder.cod_i_range();
        (512..1_024).contains(&upper)
    }
}

impl Part {
    /// For example "2 x context 5, an LPS".
    pub(super) fn in_words(&self, means: &Means) -> String {
        let context = |which: Which| match which {
            Which::Same => "the same context".to_owned(),
            Which::Next => "the next context".to_owned(),
            Which::Place(place) => {
                let ctx = means.contexts.get(place % means.contexts.len().max(1));
                format!("context {}", ctx.map_or(0, |ctx| ctx.get()))
            }
        };
        let what = match self.what {
            What::Context { which, is_lps: false } => format!("{}, an MPS", context(which)),
            What::Context { which, is_lps: true } => format!("{}, an LPS", context(which)),
            What::Bypass(bypass) => bypass.to_string(),
            What::Terminate => "terminate = 0".into(),
            What::Restart { raw: 0 } => "terminate = 1".into(),
            What::Restart { raw } => format!("terminate = 1 and {raw} raw bytes"),
            What::Align => "align".into(),
            What::Load { which, state } => {
                let model = model(state);
                let (state, mps) = (model.p_state_idx(), u8::from(model.val_mps()));
                format!("load {}: state {state}, MPS {mps}", context(which))
            }
        };
        if self.times == 1 { what } else { format!("{} x {what}", self.times) }
    }
}

impl fmt::Display for Bypass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bypass::Zero => "bypass = 0",
            Bypass::One => "bypass = 1",
            Bypass::Holds => "bypass that leaves its bit outstanding",
        })
    }
}
