//! Plays a script to a core in a socket, and compares what comes.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac_sim::Instance;

use super::{
    Place, Ports, Socket,
    script::{Script, codec_number, rsp_bits, slice_type_number},
};
use crate::bin::Event;
use crate::cores::Direction;
use crate::cosim::Stalls;
use crate::cycle::Request;

/// What is wrong with a core, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    /// In what way it is wrong.
    pub kind: FaultKind,
    /// What is wrong, in words.
    pub what: String,
    /// The id of the vector.
    pub vector: String,
    /// The bin of the vector, or the next one: the one that decides what is wrong, or that waits.
    pub bin: u64,
    /// The clock, from 0.
    pub clock: u64,
}

/// In what way a core is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It gives something that is wrong.
    Wrong,
    /// It gives something that nothing has been asked for, or before it can know it.
    Unasked,
    /// Nothing moves any more.
    Deadlock,
    /// It ends the simulation.
    Stopped,
}

/// Plays all of a script, and tells how many clocks that took. After `patience` clocks in which nothing moves, nothing
/// ever will.
///
/// # Errors
/// The first [`Fault`].
pub fn play(
    socket: &Socket,
    script: &Script<'_>,
    stalls: Stalls,
    seed: u64,
    patience: u32,
) -> Result<u64, Fault> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut player = Player {
        socket,
        script,
        ports: &socket.ports,
        instance: socket.library.instance(rng.next_u32()),
        inputs: vec![0; socket.library.input_words()],
        outputs: vec![0; socket.library.output_words()],
        stalls,
        rng,
        clock: 0,
        still: 0,
        patience,
        request: 0,
        held: 0,
        byte: 0,
        byte_held: false,
        begun: 0,
        answer: 0,
        asked: 0,
        given_up: 0,
    };
    player.run()?;
    Ok(player.clock)
}

struct Player<'a> {
    socket: &'a Socket,
    script: &'a Script<'a>,
    ports: &'a Ports,
    instance: Instance,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    stalls: Stalls,
    rng: ChaCha8Rng,
    clock: u64,
    /// Clocks since anything moved.
    still: u32,
    patience: u32,
    /// The next request that is to be taken, and how many from there on are on the ports and have to stay there.
    request: usize,
    held: usize,
    /// The next byte that an encoder has to give, or that is to be given to a decoder.
    byte: usize,
    byte_held: bool,
    /// How many slices have been begun.
    begun: usize,
    /// The next answer of a decoder, and how many it has been asked for.
    answer: usize,
    asked: usize,
    /// How often the vector has been given up.
    given_up: u32,
}

/// Clocks of the first reset, and of rest at the end.
const FEW: u32 = 8;

impl Player<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        (0..FEW).try_for_each(|_| self.reset())?;
        while !self.is_done() {
            if self.gives_up() {
                self.give_up()?;
            } else {
                self.clock()?;
            }
        }
        (0..4 * FEW).try_for_each(|_| self.clock())
    }

    fn is_done(&self) -> bool {
        let all_asked = self.request == self.script.requests.len();
        all_asked
            && match self.socket.kind {
                Direction::Encoder => self.byte == self.script.bytes.len(),
                Direction::Decoder => self.answer == self.script.answers.len(),
            }
    }

    /// The vector of the next request.
    fn vector(&self) -> Option<usize> {
        self.script.requests.get(self.request).map(|asked| asked.vector)
    }

    fn gives_up(&mut self) -> bool {
        self.vector().is_some() && self.stalls.gives_up(&mut self.rng, self.clock, self.given_up, true)
    }

    /// Resets the core in the middle of whatever it does, and plays the vector again.
    fn give_up(&mut self) -> Result<(), Fault> {
        let Some(vector) = self.vector() else { return Ok(()) };
        for _ in 0..=self.rng.next_u32() % 3 {
            self.reset()?;
        }
        let start = self.script.starts[vector];
        (self.request, self.byte, self.answer, self.asked) =
            (start.request, start.byte, start.answer, start.answer);
        (self.begun, self.held, self.byte_held) = (vector, 0, false);
        self.given_up += 1;
        Ok(())
    }

    fn reset(&mut self) -> Result<(), Fault> {
        let all = 0..self.inputs.len();
        all.for_each(|word| self.inputs[word] = self.rng.next_u32());
        self.set(self.ports.rst, 1);
        self.advance()
    }

    /// One clock: what is offered, what comes, and whether anything moves.
    fn clock(&mut self) -> Result<(), Fault> {
        self.set(self.ports.rst, 0);
        self.offer_requests();
        match self.socket.kind {
            Direction::Encoder => {
                let ready = u32::from(!self.stalls.stalls_bytes(&mut self.rng));
                self.set(self.ports.out_ready, ready);
            }
            Direction::Decoder => {
                self.offer_byte();
                let ready = u32::from(!self.stalls.stalls_answers(&mut self.rng));
                self.set(self.ports.rsp_ready, ready);
            }
        }
        self.advance()?;
        let taken = self.requests_are_taken();
        let came = match self.socket.kind {
            Direction::Encoder => self.take_bytes()?,
            Direction::Decoder => self.give_byte()? | self.take_answers()?,
        };
        let moved = taken || came;
        self.still = if moved || self.is_done() { 0 } else { self.still + 1 };
        if self.still >= self.patience {
            return Err(self.deadlock());
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), Fault> {
        self.clock += 1;
        let socket = self.socket;
        socket.constants.iter().for_each(|&(place, value)| self.set(place, value));
        self.instance.clock(&self.inputs, &mut self.outputs).map_err(|stopped| {
            let newest = self.request.saturating_sub(1);
            self.fault(FaultKind::Stopped, newest, stopped.to_string())
        })
    }

    /// Puts the next requests on the ports, unless they are there; what is not used holds noise.
    fn offer_requests(&mut self) {
        if self.held > 0 {
            return;
        }
        let Ports { req_count, req_kind, req_bin, req_ctx_idx, req_model, req_data, .. } = *self.ports;
        for port in [req_count, req_kind, req_bin, req_ctx_idx, req_model, req_data] {
            for word in port.word..port.word + port.width.div_ceil(32) {
                self.inputs[word] = self.rng.next_u32();
            }
        }
        let offered = self.request < self.script.requests.len() && !self.stalls.stalls_input(&mut self.rng);
        self.set(self.ports.req_valid, offered.into());
        if !offered {
            return;
        }
        self.held = self.transaction();
        self.set(req_count, self.held as u32);
        for lane in 0..self.held {
            let asked = self.script.requests[self.request + lane];
            let fields = asked.request.fields();
            self.set_lane(req_kind, 3, lane, fields.kind);
            match asked.request {
                Request::Event(Event::Context { .. } | Event::Load { .. }) => {
                    self.set_lane(req_bin, 1, lane, fields.bin);
                    self.set_lane(req_ctx_idx, 10, lane, fields.ctx_idx);
                    self.set_lane(req_model, 7, lane, asked.model.bits().into());
                }
                Request::Event(Event::Raw(_)) => self.set(req_data, fields.data),
                _ => self.set_lane(req_bin, 1, lane, fields.bin),
            }
        }
        self.offer_slice();
    }

    /// How many requests go together: as many as there are lanes, or some fewer where the world is uneven.
    fn transaction(&mut self) -> usize {
        let ahead = self.script.requests[self.request..].iter().take(self.socket.lanes);
        let sharing = ahead.clone().take_while(|asked| asked.shares());
        let all =
            sharing.clone().position(|asked| asked.ends_transaction()).map_or(sharing.count(), |at| at + 1);
        match self.stalls == Stalls::NONE || all < 2 {
            true => all.max(1),
            false => 1 + self.rng.next_u32() as usize % all,
        }
    }

    /// What the slice header says; zeros where no header explains the contexts.
    fn offer_slice(&mut self) {
        let init = self.vector().and_then(|vector| self.script.init(vector));
        self.set(self.ports.slice_codec, init.map_or(0, |init| codec_number(init.codec)).into());
        self.set(self.ports.slice_type, init.map_or(0, |init| slice_type_number(init.slice_type)).into());
        self.set(self.ports.slice_qp, init.map_or(0, |init| init.slice_qp_y as u8).into());
        self.set(self.ports.slice_index, init.map_or(0, |init| init.index).into());
    }

    fn requests_are_taken(&mut self) -> bool {
        if self.held == 0 || self.get(self.ports.req_ready) == 0 {
            return false;
        }
        let taken = &self.script.requests[self.request..self.request + self.held];
        self.asked += taken.iter().filter(|asked| asked.is_answered).count();
        self.begun += taken.iter().filter(|asked| asked.request == Request::Slice).count();
        let before = self.vector();
        self.request += self.held;
        self.held = 0;
        if self.vector() != before {
            self.given_up = 0;
        }
        true
    }

    /// The bytes that an encoder gives.
    fn take_bytes(&mut self) -> Result<bool, Fault> {
        if self.get(self.ports.out_valid) == 0 {
            return Ok(false);
        }
        let count = self.ports.out_count.map_or(1, |port| self.get(port)) as usize;
        self.check_count("out_count", count, self.socket.bytes)?;
        for lane in 0..count {
            let found = self.get_lane(self.ports.out_data, 8, lane) as u8;
            let number = self.byte + lane;
            let byte = match self.script.bytes.get(number) {
                Some(byte) if byte.request < self.request => *byte,
                _ => {
                    let what = format!("{} is given before any bin decides it", self.name_byte(number));
                    return Err(self.fault(FaultKind::Unasked, self.request.saturating_sub(1), what));
                }
            };
            if found != byte.data {
                let what = format!("{} is {found:#04x}, not {:#04x}", self.name_byte(number), byte.data);
                return Err(self.fault(FaultKind::Wrong, byte.request, what));
            }
            let last = self.ports.out_last.map(|port| self.get(port) == 1 && lane + 1 == count);
            if last.is_some_and(|last| last != byte.last) {
                let (is, should) = if byte.last {
                    ("has no", "is the last of its life")
                } else {
                    ("has an", "is not the last")
                };
                let what = format!("{} {is} out_last, but {should}", self.name_byte(number));
                return Err(self.fault(FaultKind::Wrong, byte.request, what));
            }
        }
        let given = self.get_input(self.ports.out_ready) == 1;
        if given {
            self.byte += count;
        }
        Ok(given)
    }

    /// The answers that a decoder gives.
    fn take_answers(&mut self) -> Result<bool, Fault> {
        if self.get(self.ports.rsp_valid) == 0 {
            return Ok(false);
        }
        let count = self.ports.rsp_count.map_or(1, |port| self.get(port)) as usize;
        self.check_count("rsp_count", count, self.socket.lanes)?;
        if self.answer + count > self.asked {
            let what = "an answer is given that nothing asked for".to_owned();
            return Err(self.fault(FaultKind::Unasked, self.request.saturating_sub(1), what));
        }
        for lane in 0..count {
            let expected = self.script.answers[self.answer + lane];
            let is_bin = self.script.requests[expected.request].request.is_bin();
            let (name, right, found) = match is_bin {
                true => ("the bin", u32::from(expected.bin), self.get_lane(self.ports.rsp_bin, 1, lane)),
                false => ("the raw byte", expected.data.into(), self.get(self.ports.rsp_data)),
            };
            let error = self.ports.rsp_error.map(|port| self.get_lane(port, 2, lane));
            let bits = self.ports.rsp_bits.filter(|_| lane + 1 == count).map(|port| self.get(port));
            let right_bits = rsp_bits(expected.bits);
            let wrong = if found != right {
                format!("{name} is {found}, not {right}")
            } else if let Some(error) = error.filter(|error| *error != expected.error) {
                format!("the error is {error}, not {}", expected.error)
            } else if let Some(bits) = bits.filter(|bits| *bits != right_bits) {
                format!("{bits} bits have been read, not {right_bits}")
            } else {
                continue;
            };
            return Err(self.fault(FaultKind::Wrong, expected.request, wrong));
        }
        let given = self.get_input(self.ports.rsp_ready) == 1;
        if given {
            self.answer += count;
        }
        Ok(given)
    }

    fn check_count(&self, port: &str, count: usize, most: usize) -> Result<(), Fault> {
        if (1..=most).contains(&count) {
            return Ok(());
        }
        let what = format!("{port} is {count} where something is valid; it goes from 1 to {most}");
        Err(self.fault(FaultKind::Wrong, self.request.saturating_sub(1), what))
    }

    /// Puts the next byte of slice data on the ports of a decoder, unless it is there.
    fn offer_byte(&mut self) {
        let next = self.script.bytes.get(self.byte);
        let Some(byte) = next.filter(|_| self.byte_held || !self.stalls.stalls_bytes(&mut self.rng)) else {
            let noise = self.rng.next_u32();
            self.set(self.ports.in_valid, 0);
            self.set(self.ports.in_data, noise & 255);
            return self.set(self.ports.in_last, noise >> 8 & 1);
        };
        self.byte_held = true;
        self.set(self.ports.in_valid, 1);
        self.set(self.ports.in_data, byte.data.into());
        self.set(self.ports.in_last, byte.last.into());
    }

    fn give_byte(&mut self) -> Result<bool, Fault> {
        if !self.byte_held || self.get(self.ports.in_ready) == 0 {
            return Ok(false);
        }
        if self.script.bytes[self.byte].vector >= self.begun {
            let what = "a byte is taken that is not of this slice, but of the next one".to_owned();
            return Err(self.fault(FaultKind::Unasked, self.request.saturating_sub(1), what));
        }
        self.byte += 1;
        self.byte_held = false;
        Ok(true)
    }

    fn deadlock(&self) -> Fault {
        let clocks = self.patience;
        let all_asked = self.request == self.script.requests.len();
        let (request, waits) = match (self.socket.kind, all_asked) {
            (_, false) => (self.request, "a request is not taken".to_owned()),
            (Direction::Encoder, _) => {
                (self.script.bytes[self.byte].request, format!("{} does not come", self.name_byte(self.byte)))
            }
            (Direction::Decoder, _) => {
                (self.script.answers[self.answer].request, "an answer does not come".to_owned())
            }
        };
        self.fault(FaultKind::Deadlock, request, format!("deadlock: for {clocks} clocks {waits}"))
    }

    /// A byte of the output, by its number in its vector.
    fn name_byte(&self, number: usize) -> String {
        let byte = self.script.bytes.get(number);
        let vector = byte.map_or(self.script.starts.len() - 1, |byte| byte.vector);
        format!("byte {} of the output", number - self.script.starts[vector].byte)
    }

    fn fault(&self, kind: FaultKind, request: usize, what: String) -> Fault {
        let asked = self.script.requests.get(request);
        let vector = asked.map_or(0, |asked| asked.vector);
        let what = match self.given_up {
            0 => what,
            1 => format!("{what} (the vector had been given up once)"),
            times => format!("{what} (the vector had been given up {times} times)"),
        };
        Fault {
            kind,
            what,
            vector: self.script.vectors.get(vector).map(|vector| vector.id.clone()).unwrap_or_default(),
            bin: asked.map_or(0, |asked| asked.bin),
            clock: self.clock.saturating_sub(1),
        }
    }

    /// The whole of a port of up to 32 bits.
    fn get(&self, port: Place) -> u32 {
        self.outputs[port.word]
    }

    fn get_input(&self, port: Place) -> u32 {
        self.inputs[port.word]
    }

    fn get_lane(&self, port: Place, width: usize, lane: usize) -> u32 {
        let (word, shift) = (port.word + lane * width / 32, lane * width % 32);
        let high = if shift + width > 32 { self.outputs[word + 1] } else { 0 };
        let both = u64::from(high) << 32 | u64::from(self.outputs[word]);
        (both >> shift) as u32 & ((1 << width) - 1)
    }

    /// Sets the whole of a port of up to 32 bits.
    fn set(&mut self, port: Place, value: u32) {
        if port.width > 0 {
            self.inputs[port.word] = value;
        }
    }

    /// Sets some bits of a port; nothing where the direction has no such port.
    fn set_lane(&mut self, port: Place, width: usize, lane: usize, value: u32) {
        if port.width == 0 {
            return;
        }
        let mask = (1u64 << width) - 1;
        let (word, shift) = (port.word + lane * width / 32, lane * width % 32);
        let high = self.inputs.get(word + 1).copied().unwrap_or(0);
        let both = u64::from(high) << 32 | u64::from(self.inputs[word]);
        let both = both & !(mask << shift) | (u64::from(value) & mask) << shift;
        self.inputs[word] = both as u32;
        if shift + width > 32 {
            self.inputs[word + 1] = (both >> 32) as u32;
        }
    }
}
