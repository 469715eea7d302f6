//! Fits vectors to cores. A core is described by [`Can`]. If a vector asks for something else, it is changed as little as possible:
//! contexts are renamed to those that the core has; loads move to the start, or a slice header and some bins give the states that the loads
//! would give; what exceeds a limit is left out.
//!
//! A fitted vector keeps its id, its flags and what it tests; the oracle fills in its results. A vector that cannot be fitted is not
//! applicable, for the reason that a [`Misfit`] gives; this is no failure of the core.

mod can;
mod contexts;
mod file;
mod shape;
mod states;

use std::{borrow::Cow, collections::BTreeMap};

use crate::bin::{BinCoder, Decode, Event};
use crate::context::SliceInit;
use crate::cores::Direction;
use crate::spec;
use crate::vectors::Vector;
pub use can::{Can, Errors, Loads};
pub use file::{CoreFile, FileError};

/// Why a vector is not applicable to a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// It is for decoders.
    #[error("no encoder makes its bytes")]
    DecodeOnly,
    /// It needs ALIGN, which the core does not have.
    #[error("it is about ALIGN, which the core does not have")]
    Align,
    /// It needs RAW, which the core does not have.
    #[error("it has RAW bytes, which the core does not take")]
    Raw,
    /// It has more RAW bytes in a row than the core takes, and its bytes cannot be made anew.
    #[error("it has more RAW bytes in a row than the core takes")]
    RawBlock,
    /// It has an engine run without raw bytes before it.
    #[error("an engine run begins without raw bytes before it, as substreams of H.265 do")]
    Substream,
    /// It is too long, and its bytes cannot be made anew.
    #[error("it is longer than the core's slices")]
    Length,
    /// It uses more contexts than the core has.
    #[error("it uses more contexts than the core has")]
    Contexts,
    /// It has an error in the middle of the slice, which the core does not report and at which its slice cannot end.
    #[error("it has an error, which the core does not report, and a slice cannot end early")]
    Error,
    /// It needs states that neither a slice header nor bins after one can give.
    #[error("its contexts begin in states that no slice header gives them, and no bins can lead them there")]
    States,
}

/// Fits vectors to a core.
#[derive(Clone, Debug)]
pub struct Fitter {
    direction: Direction,
    can: Can,
    /// If the core takes no LOADs: the slice headers that it takes, with the states that they give to its contexts.
    headers: Vec<contexts::Header>,
}

impl Fitter {
    /// A fitter for cores of this direction that can be asked for this.
    pub fn new(direction: Direction, can: Can) -> Fitter {
        let headers = if can.loads == Loads::None { contexts::headers(&can) } else { Vec::new() };
        Fitter { direction, can, headers }
    }

    /// What the core can be asked for.
    pub fn can(&self) -> &Can {
        &self.can
    }

    /// The slice headers by which the core's contexts can be initialised, if it takes no LOADs.
    pub(crate) fn headers(&self) -> impl Iterator<Item = SliceInit> {
        self.headers.iter().map(contexts::Header::init)
    }

    /// Fits these vectors to the core.
    pub fn fit_all<'a>(&self, vectors: impl IntoIterator<Item = &'a Vector>) -> Fitted<'a> {
        let mut fitted = Fitted::default();
        for vector in vectors {
            match self.fit(vector) {
                Ok(pieces) => {
                    let bins: usize = pieces.iter().map(|piece| piece.bins()).sum();
                    fitted.in_part += usize::from(bins < vector.bins());
                    fitted.fitted_count += 1;
                    fitted.vectors.extend(pieces);
                }
                Err(misfit) => *fitted.misfits.entry(misfit).or_default() += 1,
            }
        }
        fitted
    }

    /// The part of a vector that is judged. A vector with an error ends before the error, unless the core follows the convention for
    /// errors.
    pub fn judged<'a>(&self, vector: &'a Vector) -> Cow<'a, Vector> {
        if self.can.errors == Errors::Convention || vector.error.is_none() {
            return Cow::Borrowed(vector);
        }
        let mut decoder = spec::Decoder::new(&vector.bytes);
        let is_right = |event: &&Event| {
            decoder.code(**event);
            decoder.error().is_none()
        };
        let events: Vec<Event> = vector.events.iter().take_while(is_right).copied().collect();
        Cow::Owned(Vector { events, ..vector.clone() })
    }

    /// The vector as the core can play it: mostly unchanged; in pieces if it has more contexts than the core.
    ///
    /// ```
    /// use silicabac::{bin::Event, context::{ContextModel, CtxIdx}, cores::Direction};
    /// use silicabac::{fit::{Can, Fitter, Misfit}, vectors::Vector};
    /// let ctx = CtxIdx::new(1_023).unwrap();
    /// let events = vec![
    ///     Event::Load { ctx, model: ContextModel::new(9, true).unwrap() },
    ///     Event::Context { ctx, bin: false },
    ///     Event::Terminate { bin: true },
    /// ];
    /// let vector = Vector::encoded("one", "a less probable symbol", &[], events);
    ///
    /// // A context of H.265 that begins in this state takes its place.
    /// let fitter = Fitter::new(Direction::Encoder, Can::H265_MAIN);
    /// let fitted = fitter.fit(&vector).unwrap();
    /// assert!(fitted.len() == 1 && fitted[0].init.is_some() && fitted[0].bytes == vector.bytes);
    ///
    /// let few = Fitter::new(Direction::Encoder, Can { contexts: 0, ..Can::ALL });
    /// assert_eq!(few.fit(&vector).unwrap_err(), Misfit::Contexts);
    /// ```
    ///
    /// # Errors
    /// Why it is not applicable to the core.
    pub fn fit<'a>(&self, vector: &'a Vector) -> Result<Vec<Cow<'a, Vector>>, Misfit> {
        if self.direction == Direction::Encoder && vector.decode_only {
            return Err(Misfit::DecodeOnly);
        }
        let ends_early = vector.error.is_some() && self.can.errors != Errors::Convention;
        if ends_early && !self.can.early_slice {
            return Err(Misfit::Error);
        }
        if self.can == (Can { errors: self.can.errors, ..Can::ALL }) {
            return Ok(vec![Cow::Borrowed(vector)]);
        }
        let shaped = shape::fit(vector, &self.can)?;
        let pieces = contexts::pieces(shaped, self)?.into_iter().map(|piece| {
            let fitted = contexts::fit(piece, self)?;
            match shape::is_too_long(&fitted, &self.can) {
                true => Err(Misfit::Length),
                false => Ok(fitted),
            }
        });
        pieces.collect()
    }
}

/// Vectors as a core can play them.
#[derive(Clone, Debug, Default)]
pub struct Fitted<'a> {
    /// The vectors that are applicable to the core, some of them as pieces.
    pub vectors: Vec<Cow<'a, Vector>>,
    /// The number of vectors that are applicable to the core.
    pub fitted_count: usize,
    /// How many of these have lost some of their bins.
    pub in_part: usize,
    /// How many vectors are not applicable, by reason.
    pub misfits: BTreeMap<Misfit, usize>,
}

impl Fitted<'_> {
    /// The vectors, to be played.
    pub fn played(&self) -> Vec<&Vector> {
        self.vectors.iter().map(|vector| &**vector).collect()
    }

    /// The vectors, owned.
    pub fn into_vectors(self) -> Vec<Vector> {
        self.vectors.into_iter().map(Cow::into_owned).collect()
    }
}

/// The same vector with these events, and an end after them.
fn ended(vector: &Vector, mut events: Vec<Event>) -> Vector {
    if !events.last().is_some_and(|event| event.ends_engine_run()) {
        events.push(Event::Terminate { bin: true });
    }
    encoded(vector, events)
}

/// The same vector with other events.
fn encoded(vector: &Vector, events: Vec<Event>) -> Vector {
    let fitted = Vector::encoded(&*vector.id, &*vector.comment, &vector.flags, events);
    fitted.initialised_by(vector.init)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::CONTEXTS;
    use crate::suites::Suite;
    use crate::tables::hevc_contexts::HevcProfile;
    use crate::vectors;

    /// What a vector asks for although the core cannot be asked for it.
    fn asks_too_much(vector: &Vector, can: &Can) -> Option<&'static str> {
        let (mut known, mut block, mut has_begun) = ([false; CONTEXTS], 0, false);
        for (i, event) in vector.events.iter().enumerate() {
            has_begun |= !matches!(event, Event::Load { .. });
            block = if matches!(event, Event::Raw(_)) { block + 1 } else { 0 };
            match *event {
                Event::Align if !can.align => return Some("align"),
                Event::Raw(_) if block > can.raw => return Some("raw"),
                Event::Start if i > 0 && !can.substreams && vector.events[i - 1].ends_engine_run() => {
                    return Some("substream");
                }
                Event::Load { .. } if has_begun && can.loads != Loads::Any => return Some("load"),
                Event::Load { ctx, model } if can.loads == Loads::None => {
                    if vector.init.and_then(|init| init.model(ctx)) != Some(model) {
                        return Some("a load that is no initialisation");
                    }
                    known[ctx.get()] = true;
                }
                Event::Load { ctx, .. } if !can.has(ctx) => return Some("load"),
                Event::Context { ctx, .. } if !can.has(ctx) => return Some("context"),
                Event::Context { ctx, .. } if can.loads == Loads::None && !known[ctx.get()] => {
                    return Some("a context that is not initialised");
                }
                _ => {}
            }
        }
        let no_header = can.loads == Loads::None && vector.init.is_none();
        let other_header = vector.init.is_some_and(|init| !can.takes(init));
        let is_long = vector.bins() as u64 > can.slice_bins || vector.bytes.len() as u64 > can.slice_bytes;
        [(no_header, "no header"), (other_header, "header"), (is_long, "long")]
            .into_iter()
            .find_map(|(is_so, what)| is_so.then_some(what))
    }

    fn cores() -> Vec<Can> {
        let mut cores = Can::TEMPLATES.map(|(_, can)| can).to_vec();
        for loads in [Loads::Any, Loads::Start] {
            cores.extend([Can { loads, ..Can::H264 }, Can { loads, ..Can::H265_MAIN }]);
        }
        cores.extend([
            Can { contexts: 460, raw: 0, ..Can::H264 },
            Can { contexts: 8, loads: Loads::Start, ..Can::ENGINE },
            Can { slice_bins: 200, slice_bytes: 40, qp: [20, 30], ..Can::H264 },
            Can { slice_types: [false, false, true], hevc: Some(HevcProfile::Main), ..Can::ENGINE },
        ]);
        cores
    }

    /// The vectors of some suites that fit a core, and why others do not.
    fn fitted(
        suites: &[&str],
        direction: Direction,
        can: Can,
    ) -> (Vec<Vector>, usize, BTreeMap<Misfit, usize>) {
        let fitter = Fitter::new(direction, can);
        let suites: Vec<Suite> = suites.iter().map(|suite| Suite::built_in(suite, 1).unwrap()).collect();
        let Fitted { vectors, misfits, fitted_count, .. } =
            fitter.fit_all(suites.iter().flat_map(|suite| &suite.vectors));
        (vectors.into_iter().map(Cow::into_owned).collect(), fitted_count, misfits)
    }

    #[test]
    fn a_fitted_vector_asks_for_nothing_that_the_core_cannot_and_is_a_vector() {
        for can in cores() {
            for direction in Direction::ALL {
                let (fitted, ..) = fitted(&["smoke"], direction, can);
                assert!(!fitted.is_empty());
                for vector in &fitted {
                    assert_eq!(asks_too_much(vector, &can), None, "{} for {can:?}", vector.id);
                    vectors::check(vector).unwrap_or_else(|what| panic!("{}: {what}", vector.id));
                }
            }
        }
    }

    #[test]
    fn what_suits_a_core_stays_as_it_is() {
        for vector in &Suite::built_in("smoke", 1).unwrap().vectors {
            let fitter = Fitter::new(Direction::Decoder, Can { contexts: 1_023, ..Can::ALL });
            let uses_the_last = vector.events.iter().any(|event| match event {
                Event::Context { ctx, .. } | Event::Load { ctx, .. } => ctx.get() == 1_023,
                _ => false,
            });
            let fitted = fitter.fit(vector).unwrap().remove(0);
            assert_eq!(*fitted == *vector, !uses_the_last, "{}", vector.id);
            // Renaming contexts changes no bits.
            assert_eq!(fitted.bytes, vector.bytes);
        }
    }

    /// The table of how many vectors of the published suites are played for each template, and how many are not.
    fn document() -> String {
        let published = ["directed", "invalid", "random", "real"];
        let mut rows = String::from(
            "| template | direction | played | not applicable, and why |\n| --- | --- | ---: | --- |\n",
        );
        for (name, can) in Can::TEMPLATES {
            for direction in Direction::ALL {
                let (_, fitting, misfits) = fitted(&published, direction, can);
                let why = misfits.iter().map(|(why, vectors)| format!("{vectors}: {why}"));
                let why = why.collect::<Vec<_>>().join("; ");
                rows += &format!("| `{name}` | {} | {} | {why} |\n", direction.name(), fitting);
            }
        }
        rows
    }

    #[test]
    #[ignore = "long"]
    fn the_document_says_what_is_played_for_each_template() {
        let rows = document();
        assert!(
            include_str!("../../docs/fitting.md").contains(&rows),
            "docs/fitting.md has to have:\n{rows}"
        );
    }

    #[test]
    #[ignore = "long"]
    fn most_vectors_fit_most_cores() {
        for can in cores() {
            for direction in Direction::ALL {
                let (fitted, fitting, misfits) = fitted(&["directed", "random"], direction, can);
                assert!(fitting > 1_000, "{direction:?}: {misfits:?} {can:?}");
                for vector in &fitted {
                    assert_eq!(asks_too_much(vector, &can), None, "{} for {can:?}", vector.id);
                    vectors::check(vector).unwrap_or_else(|what| panic!("{}: {what}", vector.id));
                }
            }
        }
    }
}
