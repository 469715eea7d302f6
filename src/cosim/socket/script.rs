//! What is asked of a core in a socket, and what has to come of it: all of it known before the first clock.

use crate::bin::{BinCoder, Event};
use crate::context::{Codec, ContextModel, SliceInit, SliceType};
use crate::cores::{Direction, decoder::error_code};
use crate::cycle::{Request, RequestFields};
use crate::spec;
use crate::vectors::{Vector, trail};

/// Some vectors, played one after the other: what is asked, and what has to come.
#[derive(Debug, Default)]
pub struct Script<'a> {
    pub(super) vectors: Vec<&'a Vector>,
    /// Where each vector begins.
    pub(super) starts: Vec<Start>,
    pub(super) requests: Vec<Asked>,
    /// What an encoder gives, and a decoder is given.
    pub(super) bytes: Vec<Byte>,
    /// What a decoder answers.
    pub(super) answers: Vec<Answer>,
}

/// The first request, byte and answer of a vector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) request: usize,
    pub(super) byte: usize,
    pub(super) answer: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    /// The state of its context variable before it, or what a LOAD sets it to.
    pub(super) model: ContextModel,
    pub(super) vector: usize,
    /// The number of its bin, or of the next one.
    pub(super) bin: u64,
    pub(super) is_answered: bool,
}

impl Asked {
    /// Bins share a transaction; whether anything comes behind a terminate bin is for that bin to say.
    pub(super) fn shares(&self) -> bool {
        self.request.is_bin()
    }

    pub(super) fn ends_transaction(&self) -> bool {
        !self.shares() || matches!(self.request, Request::Event(Event::Terminate { .. }))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Byte {
    pub(super) data: u8,
    /// An encoder: the last of a life. A decoder: the last of the slice.
    pub(super) last: bool,
    pub(super) vector: usize,
    /// The request that decides it, which an encoder must have been given.
    pub(super) request: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) request: usize,
    pub(super) bin: bool,
    pub(super) data: u8,
    pub(super) error: u32,
    pub(super) bits: u64,
}

impl<'a> Script<'a> {
    /// Without LOADs if the core initialises contexts by itself.
    pub fn new(kind: Direction, vectors: &[&'a Vector], initialises: bool) -> Script<'a> {
        let mut script = Script::default();
        for (number, &vector) in vectors.iter().enumerate() {
            script.vectors.push(vector);
            script.starts.push(Start {
                request: script.requests.len(),
                byte: script.bytes.len(),
                answer: script.answers.len(),
            });
            match kind {
                Direction::Encoder => script.encode(number, vector),
                Direction::Decoder => script.decode(number, vector),
            }
        }
        if initialises {
            script.leave_loads_out();
        }
        script
    }

    /// What initialises the contexts of a vector, if a slice header says all of it.
    pub(super) fn init(&self, vector: usize) -> Option<SliceInit> {
        self.vectors.get(vector)?.init
    }

    fn encode(&mut self, number: usize, vector: &Vector) {
        let mut encoder = spec::Encoder::new();
        let mut bin = 0;
        let mut given = 0;
        self.ask(number, bin, Request::Slice, ContextModel::default(), false);
        for &event in &vector.events {
            self.ask(number, bin, Request::Event(event), model_of(event, &encoder), false);
            bin += u64::from(event.is_bin());
            // An encoder returns what it is given, so playing to it cannot fail.
            let _ = encoder.play(&[event]);
            let request = self.requests.len() - 1;
            let new = &encoder.bytes()[given..];
            self.bytes.extend(new.iter().map(|&data| Byte { data, last: false, vector: number, request }));
            given = encoder.bytes().len();
            if let Some(byte) = self.bytes.last_mut().filter(|_| event.ends_life()) {
                byte.last = true;
            }
        }
    }

    fn decode(&mut self, number: usize, vector: &Vector) {
        self.ask(number, 0, Request::Slice, ContextModel::default(), false);
        let mut bin = 0;
        for step in trail(vector) {
            let RequestFields { bin: coded, data, .. } = step.request.fields();
            let is_answered = step.request.is_raw() || step.request.is_bin();
            self.ask(number, bin, step.request, step.model.unwrap_or_default(), is_answered);
            bin += u64::from(step.request.is_bin());
            if is_answered {
                self.answers.push(Answer {
                    request: self.requests.len() - 1,
                    bin: coded == 1,
                    data: data as u8,
                    error: error_code(step.error),
                    bits: step.position,
                });
            }
        }
        let last = vector.bytes.len();
        let bytes = (1..).zip(&vector.bytes);
        self.bytes.extend(bytes.map(|(i, &data)| Byte { data, last: i == last, vector: number, request: 0 }));
    }

    fn ask(&mut self, vector: usize, bin: u64, request: Request, model: ContextModel, is_answered: bool) {
        self.requests.push(Asked { request, model, vector, bin, is_answered });
    }

    fn leave_loads_out(&mut self) {
        let is_load = |asked: &Asked| matches!(asked.request, Request::Event(Event::Load { .. }));
        let mut kept = 0;
        let moved: Vec<usize> = self
            .requests
            .iter()
            .map(|asked| {
                let at = kept;
                kept += usize::from(!is_load(asked));
                at
            })
            .collect();
        self.requests.retain(|asked| !is_load(asked));
        self.starts.iter_mut().for_each(|start| start.request = moved[start.request]);
        self.bytes.iter_mut().for_each(|byte| byte.request = moved[byte.request]);
        self.answers.iter_mut().for_each(|answer| answer.request = moved[answer.request]);
    }
}

/// What a core that keeps no contexts is told of the one that a request uses.
fn model_of(event: Event, coder: &impl BinCoder) -> ContextModel {
    match event {
        Event::Context { ctx, .. } => coder.save(ctx),
        Event::Load { model, .. } => model,
        _ => ContextModel::default(),
    }
}

/// Whether a core of this kind can be asked for the vector.
pub(super) fn plays(kind: Direction, vector: &Vector, initialises: bool) -> bool {
    (kind == Direction::Decoder || !vector.decode_only) && (!initialises || vector.init.is_some())
}

/// The port rsp_bits: a position modulo 2^32, as `docs/socket.md` has it.
pub(super) const fn rsp_bits(position: u64) -> u32 {
    (position & 0xffff_ffff) as u32
}

/// The port slice_codec.
pub(super) const fn codec_number(codec: Codec) -> u8 {
    match codec {
        Codec::Avc => 0,
        Codec::Hevc => 1,
    }
}

/// The port slice_type.
pub(super) const fn slice_type_number(slice_type: SliceType) -> u8 {
    match slice_type {
        SliceType::P => 0,
        SliceType::B => 1,
        SliceType::I => 2,
    }
}
