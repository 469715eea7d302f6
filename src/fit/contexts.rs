//! Replaces contexts that a core does not have by contexts that it has, and loads by bins that lead contexts into the same states.

use std::borrow::Cow;

use super::{Can, Fitter, Loads, Misfit, encoded, ended, states};
use crate::bin::{BinCoder, Encode, Event};
use crate::context::{CONTEXTS, ContextModel, CtxIdx, SliceInit};
use crate::spec;
use crate::vectors::Vector;

/// A slice header, with the states that it gives to the contexts of a core.
#[derive(Clone, Debug)]
pub(super) struct Header {
    init: SliceInit,
    models: Vec<(CtxIdx, ContextModel)>,
    /// The number of contexts that begin in each state.
    counts: [u16; 128],
}

impl Header {
    pub(super) fn init(&self) -> SliceInit {
        self.init
    }
}

/// The headers that a core takes, with the states that they give to its contexts.
pub(super) fn headers(can: &Can) -> Vec<Header> {
    let header = |init: SliceInit| {
        let models = (0..).map_while(CtxIdx::new).filter(|&ctx| can.initialises(init, ctx));
        let models: Vec<_> = models.filter_map(|ctx| Some((ctx, init.model(ctx)?))).collect();
        let mut counts = [0; 128];
        models.iter().for_each(|(_, model)| counts[usize::from(model.bits())] += 1);
        Header { init, models, counts }
    };
    states::headers().filter(|&init| can.takes(init)).map(header).collect()
}

/// Fits a piece of a vector: it uses contexts that the core has, and loads them when the core takes loads.
pub(super) fn fit<'a>(vector: Cow<'a, Vector>, fitter: &Fitter) -> Result<Cow<'a, Vector>, Misfit> {
    let can = &fitter.can;
    let init = vector.init.filter(|&init| can.takes(init));
    match can.loads {
        Loads::None if init.is_some() => Ok(vector),
        Loads::None => from_a_header(&vector, fitter).map(Cow::Owned),
        Loads::Start if loads_late(&vector.events) => Ok(Cow::Owned(hoisted(&vector, can))),
        Loads::Any | Loads::Start => Ok(renamed(vector, init, can)),
    }
}

/// Whether a context is loaded after the first bin.
fn loads_late(events: &[Event]) -> bool {
    let is_load = |event: &Event| matches!(event, Event::Load { .. });
    events.iter().skip_while(|event| is_load(event)).any(is_load)
}

/// A context variable of a vector. If loads move, a context is another variable after each of its loads.
#[derive(Clone, Copy, Debug)]
struct Variable {
    ctx: CtxIdx,
    /// Its state before its first bin.
    model: ContextModel,
}

/// The context variables of some events in the order in which they are used. If loads move, a variable that is no longer used (`left`) is
/// used again where one is needed that begins in the state in which it was left.
struct Variables {
    /// Whether a variable that is loaded again becomes another one.
    by_load: bool,
    all: Vec<Variable>,
    current: [Option<usize>; CONTEXTS],
    /// The current state of each context.
    models: [ContextModel; CONTEXTS],
    /// The current state of each variable.
    states: Vec<ContextModel>,
    left: Vec<usize>,
}

impl Variables {
    /// No variables yet, with the contexts in these states.
    fn new(by_load: bool, models: [ContextModel; CONTEXTS]) -> Variables {
        let (all, states, left) = (Vec::new(), Vec::new(), Vec::new());
        Variables { by_load, all, current: [None; CONTEXTS], models, states, left }
    }

    /// The variable that an event uses.
    fn take(&mut self, event: Event) -> Option<usize> {
        match event {
            Event::Context { ctx, bin } => {
                let variable = *self.current[ctx.get()].get_or_insert_with(|| {
                    let model = self.models[ctx.get()];
                    match self.left.iter().position(|&variable| self.states[variable] == model) {
                        Some(found) => self.left.swap_remove(found),
                        None => {
                            self.all.push(Variable { ctx, model });
                            self.states.push(model);
                            self.all.len() - 1
                        }
                    }
                });
                self.states[variable] = self.states[variable].next(bin);
                self.models[ctx.get()] = self.states[variable];
                Some(variable)
            }
            Event::Load { ctx, model } => {
                self.models[ctx.get()] = model;
                if self.by_load {
                    self.left.extend(self.current[ctx.get()].take());
                }
                None
            }
            _ => None,
        }
    }
}

/// The context variables of some events, and the variable that each event uses.
fn variables(events: &[Event], by_load: bool) -> (Vec<Variable>, Vec<Option<usize>>) {
    let mut variables = Variables::new(by_load, [ContextModel::default(); CONTEXTS]);
    let used = events.iter().map(|&event| variables.take(event)).collect();
    (variables.all, used)
}

/// The contexts that a core has.
fn contexts(can: &Can) -> Vec<CtxIdx> {
    (0..).map_while(CtxIdx::new).filter(|&ctx| can.has(ctx)).collect()
}

/// A context for each variable: its own if the core has it, else the highest that is free.
fn places(variables: &[Variable], contexts: &[CtxIdx]) -> Vec<CtxIdx> {
    let mut free = [false; CONTEXTS];
    contexts.iter().for_each(|ctx| free[ctx.get()] = true);
    let mut take = |ctx: CtxIdx| std::mem::take(&mut free[ctx.get()]).then_some(ctx);
    let own: Vec<_> = variables.iter().map(|variable| take(variable.ctx)).collect();
    let mut others = contexts.iter().rev().filter_map(|&ctx| take(ctx));
    own.into_iter().map(|own| own.or_else(|| others.next()).unwrap_or_default()).collect()
}

/// The vector in pieces, each with at most as many context variables as the core has at once; mostly one piece. A piece ends where the next
/// variable would be one too many, and the next piece begins with the contexts in the states that they have by then.
///
/// # Errors
/// If it needs several pieces and its bytes cannot be made anew.
pub(super) fn pieces<'a>(vector: Cow<'a, Vector>, fitter: &Fitter) -> Result<Vec<Cow<'a, Vector>>, Misfit> {
    let Some((most, by_load)) = limit(&vector, fitter)? else { return Ok(vec![vector]) };
    let mut pieces: Vec<Vector> = Vec::new();
    let mut models = [ContextModel::default(); CONTEXTS];
    let mut begin = 0;
    loop {
        let mut variables = Variables::new(by_load, models);
        let one_too_many = (begin..vector.events.len()).find(|&at| {
            variables.take(vector.events[at]);
            variables.all.len() > most
        });
        if one_too_many.is_none() && begin == 0 {
            return Ok(vec![vector]);
        }
        if vector.decode_only || most == 0 {
            return Err(Misfit::Contexts);
        }
        let end = one_too_many.unwrap_or(vector.events.len());
        pieces.push(piece(&vector, begin, end, &models, pieces.len() + 1));
        if one_too_many.is_none() {
            return Ok(pieces.into_iter().map(Cow::Owned).collect());
        }
        (begin, models) = (end, variables.models);
        // The variable that was one too many has already had its first bin.
        variables.all.last().inspect(|one| models[one.ctx.get()] = one.model);
    }
}

/// Some events of a vector as a slice, with the contexts that it uses in the states that they have by then.
fn piece(
    vector: &Vector,
    begin: usize,
    end: usize,
    models: &[ContextModel; CONTEXTS],
    number: usize,
) -> Vector {
    let events = &vector.events[begin..end];
    let mut known = [begin == 0; CONTEXTS];
    let mut loads = Vec::new();
    for &event in events {
        if let Event::Context { ctx, .. } | Event::Load { ctx, .. } = event {
            let is_known = std::mem::replace(&mut known[ctx.get()], true);
            if !is_known && matches!(event, Event::Context { .. }) {
                loads.push(Event::Load { ctx, model: models[ctx.get()] });
            }
        }
    }
    let id = if number == 1 { vector.id.clone() } else { format!("{}{PIECE}{number}", vector.id) };
    let events = [&loads[..], events].concat();
    let is_last = end == vector.events.len();
    Vector { id, ..if is_last { encoded(vector, events) } else { ended(vector, events) } }
}

/// Precedes the number of a piece in its id. The first piece has none.
const PIECE: &str = "-piece-";

/// The most context variables that a piece can have, and whether a variable that is loaded again becomes another one. `None` if there is no
/// such limit.
fn limit(vector: &Vector, fitter: &Fitter) -> Result<Option<(usize, bool)>, Misfit> {
    let can = &fitter.can;
    let many = || contexts(can).len();
    Ok(match can.loads {
        Loads::None if vector.init.is_some_and(|init| can.takes(init)) => None,
        Loads::None => {
            let most = fitter.headers.iter().map(|header| header.models.len()).max();
            Some((most.ok_or(Misfit::States)?, true))
        }
        Loads::Start if loads_late(&vector.events) => Some((many(), true)),
        Loads::Any | Loads::Start => (!is_at_home(vector, can)).then(|| (many(), false)),
    })
}

/// Whether the core has all contexts of the vector.
fn is_at_home(vector: &Vector, can: &Can) -> bool {
    vector.events.iter().all(|event| match *event {
        Event::Context { ctx, .. } | Event::Load { ctx, .. } => can.has(ctx),
        _ => true,
    })
}

/// Replaces contexts that the core does not have; bins and loads stay where they are.
fn renamed<'a>(vector: Cow<'a, Vector>, init: Option<SliceInit>, can: &Can) -> Cow<'a, Vector> {
    if is_at_home(&vector, can) {
        return match vector.init == init {
            true => vector,
            false => Cow::Owned(Vector { init, ..vector.into_owned() }),
        };
    }
    let contexts = contexts(can);
    let (variables, _) = variables(&vector.events, false);
    let mut names = [None; CONTEXTS];
    let places = places(&variables, &contexts);
    variables.iter().zip(places).for_each(|(variable, place)| names[variable.ctx.get()] = Some(place));
    let rename = |&event: &Event| match event {
        Event::Context { ctx, bin } => names[ctx.get()].map(|ctx| Event::Context { ctx, bin }),
        Event::Load { ctx, model } => names[ctx.get()].map(|ctx| Event::Load { ctx, model }),
        _ => Some(event),
    };
    let events = vector.events.iter().filter_map(rename).collect();
    Cow::Owned(Vector { events, init: None, ..vector.into_owned() }.initialised_by(init))
}

/// Moves the loads to the start; a context that was loaded again becomes another one.
fn hoisted(vector: &Vector, can: &Can) -> Vector {
    let contexts = contexts(can);
    let (variables, used) = variables(&vector.events, true);
    let places = places(&variables, &contexts);
    let loads = variables.iter().zip(&places);
    let loads = loads.map(|(variable, &ctx)| Event::Load { ctx, model: variable.model });
    let events = loads.chain(without_loads(&vector.events, &used, &places)).collect();
    Vector { events, init: None, ..vector.clone() }
}

/// The events without loads, with the contexts in `places`.
fn without_loads<'a>(
    events: &'a [Event],
    used: &'a [Option<usize>],
    places: &'a [CtxIdx],
) -> impl Iterator<Item = Event> + 'a {
    events.iter().zip(used).filter_map(|(&event, &variable)| match (event, variable) {
        (Event::Context { bin, .. }, Some(variable)) => Some(Event::Context { ctx: places[variable], bin }),
        (Event::Load { .. }, _) => None,
        _ => Some(event),
    })
}

/// A slice whose header gives the states that the loads would give: contexts that begin in these states replace the vector's. If there are
/// too few in some state, an engine run comes first whose bins lead other contexts there.
fn from_a_header(vector: &Vector, fitter: &Fitter) -> Result<Vector, Misfit> {
    let (variables, used) = variables(&vector.events, true);
    let header = best_header(&variables, &fitter.headers).ok_or(Misfit::States)?;
    let (places, leads) = header.places(&variables);
    let run = leading_run(&leads, &fitter.can)?;
    let model = |ctx: CtxIdx| header.init.model(ctx).unwrap_or_default();
    let loads: Vec<Event> = places.iter().map(|&ctx| Event::Load { ctx, model: model(ctx) }).collect();
    let mut bytes = match run.is_empty() {
        true => Vec::new(),
        false => encode(&[&loads[..], &run[..]].concat()),
    };
    bytes.extend(&vector.bytes);
    let rest = without_loads(&vector.events, &used, &places);
    let events = loads.into_iter().chain(run).chain(rest).collect();
    let fitted = Vector::decoded(&*vector.id, &*vector.comment, &vector.flags, bytes, events);
    Ok(Vector { decode_only: vector.decode_only, ..fitted }.initialised_by(Some(header.init)))
}

fn encode(events: &[Event]) -> Vec<u8> {
    let mut encoder = spec::Encoder::new();
    let _ = encoder.play(events);
    encoder.finish()
}

/// Of the headers with enough contexts, the one with which the most variables begin in the states that they need.
fn best_header<'a>(variables: &[Variable], headers: &'a [Header]) -> Option<&'a Header> {
    let mut needs = [0u16; 128];
    variables.iter().for_each(|variable| needs[usize::from(variable.model.bits())] += 1);
    let needed: Vec<(usize, u16)> =
        needs.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
    let begun = |header: &&Header| -> u32 {
        needed.iter().map(|&(state, count)| u32::from(count.min(header.counts[state]))).sum()
    };
    // Of equal ones, the first.
    headers.iter().filter(|header| header.models.len() >= variables.len()).rev().max_by_key(begun)
}

/// A context that begins in one state and has to be led to another.
type Lead = (CtxIdx, ContextModel, ContextModel);

impl Header {
    /// A context for each variable, and the contexts that do not begin in the variable's state.
    fn places(&self, variables: &[Variable]) -> (Vec<CtxIdx>, Vec<Lead>) {
        let mut free: Vec<Option<(CtxIdx, ContextModel)>> = self.models.iter().copied().map(Some).collect();
        let mut take = |is_it: &dyn Fn(CtxIdx, ContextModel) -> bool| {
            let found = free.iter().position(|free| free.is_some_and(|(ctx, model)| is_it(ctx, model)))?;
            free[found].take()
        };
        let own: Vec<_> = variables
            .iter()
            .map(|wanted| take(&|ctx, model| ctx == wanted.ctx && model == wanted.model))
            .collect();
        let begun: Vec<_> = variables
            .iter()
            .zip(own)
            .map(|(wanted, own)| own.or_else(|| take(&|_, model| model == wanted.model)))
            .collect();
        let mut leads = Vec::new();
        let places = variables.iter().zip(begun).map(|(wanted, begun)| {
            begun.map_or_else(
                || {
                    let far = |model| states::distance(model, wanted.model);
                    let left = free.iter_mut().filter(|free| free.is_some());
                    let nearest = left.min_by_key(|free| free.map(|(_, model)| far(model)));
                    let (ctx, model) = nearest.and_then(Option::take).unwrap_or_default();
                    leads.push((ctx, model, wanted.model));
                    ctx
                },
                |(ctx, _)| ctx,
            )
        });
        let places = places.collect();
        (places, leads)
    }
}

/// An engine run whose bins lead contexts into their states.
fn leading_run(leads: &[Lead], can: &Can) -> Result<Vec<Event>, Misfit> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let bins = leads
        .iter()
        .flat_map(|&(ctx, from, to)| states::bins(from, to).map(move |bin| Event::Context { ctx, bin }));
    let end = match (can.substreams, can.raw) {
        (true, _) => vec![Event::Terminate { bin: true }],
        (false, 0) => return Err(Misfit::States),
        // The value of the byte does not matter.
        (false, _) => vec![Event::Terminate { bin: true }, Event::Raw(0x5a)],
    };
    Ok(bins.chain(end).collect())
}
