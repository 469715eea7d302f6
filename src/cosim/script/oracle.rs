//! The oracle with which a core is compared, and the expected registers after each request.

use crate::bin::{BinCoder, Decode, DecodeErrorKind, Encode, Event};
use crate::context::{ContextModel, CtxIdx};
use crate::cores::Direction;
use crate::cycle::{Quantity, Request, update};
use crate::spec;
use crate::vectors::Vector;

/// The coder with which a core is compared.
pub(super) enum Oracle<'a> {
    Encoder(Box<EncoderOracle>),
    Decoder(Box<DecoderOracle<'a>>),
}

#[derive(Default)]
pub(super) struct EncoderOracle {
    pub(super) coder: spec::Encoder,
    /// The number of its bytes that the script has taken over.
    pub(super) given: usize,
}

pub(super) struct DecoderOracle<'a> {
    pub(super) coder: spec::Decoder<'a>,
    /// Whether the engine of the slice has been started.
    started: bool,
}

impl DecoderOracle<'_> {
    /// The first error, if the engine has been started.
    pub(super) fn error(&self) -> Option<DecodeErrorKind> {
        self.coder.error().filter(|_| self.started).map(|error| error.kind)
    }

    /// Handles a request. Returns the bin or raw byte of its answer, if there is one.
    pub(super) fn ask(&mut self, request: Request) -> Option<u32> {
        match request {
            Request::Slice => None,
            // The decoder was started when it was made.
            Request::START if !std::mem::replace(&mut self.started, true) => None,
            Request::Event(event) => match self.coder.code(event) {
                Event::Context { bin, .. } | Event::Bypass { bin } | Event::Terminate { bin } => {
                    Some(bin.into())
                }
                Event::Raw(byte) => Some(byte.into()),
                Event::Align | Event::Start | Event::Load { .. } => None,
            },
        }
    }
}

impl<'a> Oracle<'a> {
    pub(super) fn new(direction: Direction, vector: &'a Vector) -> Oracle<'a> {
        match direction {
            Direction::Encoder => Oracle::Encoder(Box::default()),
            Direction::Decoder => Oracle::Decoder(Box::new(DecoderOracle {
                coder: spec::Decoder::new(&vector.bytes),
                started: false,
            })),
        }
    }

    /// Handles a LOAD that the core is not sent because the core initialises its contexts by itself.
    pub(super) fn initialise(&mut self, load: Request) {
        let Some(event) = load.event() else { return };
        match self {
            Oracle::Encoder(oracle) => oracle.coder.code(event),
            Oracle::Decoder(oracle) => oracle.coder.code(event),
        };
    }

    /// The state of the context variable that a request uses, or that it sets.
    pub(super) fn model(&self, request: Request) -> ContextModel {
        match request {
            Request::Event(Event::Context { ctx, .. }) => match self {
                Oracle::Encoder(oracle) => oracle.coder.save(ctx),
                Oracle::Decoder(oracle) => oracle.coder.save(ctx),
            },
            Request::Event(Event::Load { model, .. }) => model,
            _ => ContextModel::default(),
        }
    }

    /// The registers after a request that found its context variable in this state.
    pub(super) fn state(&self, request: Request, before: ContextModel) -> State {
        let (written, replaced) = match request {
            Request::Event(Event::Context { ctx, .. }) => (Some(ctx), before.bits().into()),
            Request::Event(Event::Load { ctx, .. }) => (Some(ctx), OPEN),
            _ => (None, OPEN),
        };
        let updated = |model: ContextModel, ctx: CtxIdx| update(ctx.get() as u32, model.bits().into());
        match self {
            Oracle::Encoder(oracle) => {
                let coder = &oracle.coder;
                State {
                    cod_i_range: coder.cod_i_range(),
                    cod_i_low: coder.cod_i_low_10(),
                    bits_outstanding: coder.bits_outstanding(),
                    first_bit_flag: coder.first_bit_flag().into(),
                    update: written.map_or(0, |ctx| updated(coder.save(ctx), ctx)),
                    replaced,
                    ..State::UNKNOWN
                }
            }
            Oracle::Decoder(oracle) => {
                let coder = &oracle.coder;
                let interval =
                    if oracle.started { (coder.cod_i_range(), coder.cod_i_offset()) } else { (OPEN, OPEN) };
                State {
                    cod_i_range: interval.0,
                    cod_i_offset: interval.1,
                    update: written.map_or(0, |ctx| updated(coder.save(ctx), ctx)),
                    replaced,
                    ..State::UNKNOWN
                }
            }
        }
    }
}

/// The expected registers of the standard after a request. A register that the standard leaves open there is [`OPEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cosim) struct State {
    /// codIRange.
    cod_i_range: u32,
    /// codILow, ten bits.
    cod_i_low: u32,
    /// bitsOutstanding.
    bits_outstanding: u32,
    /// firstBitFlag.
    first_bit_flag: u32,
    /// codIOffset.
    cod_i_offset: u32,
    /// The update of a context variable; 0 if there is none.
    update: u32,
    /// The state of the context variable of a bin before it.
    replaced: u32,
}

/// Larger than any register, except for a run of 2^32 - 1 outstanding bits, which no vector has.
const OPEN: u32 = u32::MAX;

impl State {
    /// No register is known.
    const UNKNOWN: State = State {
        cod_i_range: OPEN,
        cod_i_low: OPEN,
        bits_outstanding: OPEN,
        first_bit_flag: OPEN,
        cod_i_offset: OPEN,
        update: 0,
        replaced: OPEN,
    };

    #[inline]
    pub(in crate::cosim) fn get(&self, quantity: Quantity) -> Option<u32> {
        let value = match quantity {
            Quantity::CodIRange => self.cod_i_range,
            Quantity::CodILow => self.cod_i_low,
            Quantity::BitsOutstanding => self.bits_outstanding,
            Quantity::FirstBitFlag => self.first_bit_flag,
            Quantity::CodIOffset => self.cod_i_offset,
            Quantity::Update => self.update,
            Quantity::Replaced => self.replaced,
        };
        (value != OPEN).then_some(value)
    }
}
