//! Compares what a core gives with what is due: the bytes of an encoder, the answers of a decoder. Nothing may come before the request that
//! decides it has been taken, and nothing may come that is not due.

use super::{Blame, Device, Observer, Player, Wrong};
use crate::bin::Event;
use crate::cores::Direction;
use crate::cosim::{
    Difference, MismatchKind, Port,
    script::{Answer, Byte, Transaction},
};
use crate::cycle::Request;

impl<D: Device, O: Observer> Player<'_, D, O> {
    #[inline]
    pub(super) fn requests_are_taken(&mut self) -> bool {
        if self.held.requests == 0 || self.outputs.req_ready == 0 {
            self.stats.clocks += 1;
            return false;
        }
        let mut is_load = true;
        let passed = self.stats.clocks + self.stats.load_clocks;
        for _ in 0..self.held.requests {
            let Some(asked) = self.script.take() else { break };
            self.begin_vector(asked.vector);
            is_load &= matches!(asked.request, Request::Event(Event::Load { .. }));
            if self.form.direction == Direction::Encoder {
                self.stats.longest_run = self.stats.longest_run.max(Some(asked.mood.run));
            }
            if self.stats.beginning == 0 && !asked.request.is_beginning() {
                self.stats.beginning = passed;
            }
            self.stats.asked = passed;
            self.stats.bins += u64::from(asked.request.is_bin());
            if asked.request == Request::Slice {
                self.feed.begin_slice();
            }
            self.observer.take(&asked);
        }
        if is_load {
            self.stats.load_clocks += 1
        } else {
            self.stats.clocks += 1
        }
        self.waits.transferred(Port::Requests, self.held.requests);
        self.held = Transaction::default();
        true
    }

    /// Takes the bytes that an encoder gives, and checks them.
    #[inline]
    pub(super) fn take_bytes(&mut self) -> Result<bool, Wrong> {
        if self.outputs.out_valid == 0 {
            self.stays("out_valid", 0)?;
            return Ok(false);
        }
        let shown = self.form.shows_count.then_some(self.outputs.out_count);
        let count = self.count("out_count", shown, self.form.bytes)?;
        self.stays("out_count", count)?;
        for lane in 0..count {
            let byte = match self.script.bytes.get(lane) {
                Some(byte) if byte.request < self.script.taken() => *byte,
                _ => {
                    let what = format!(
                        "byte {} of the output is given before any bin decides it",
                        self.bytes_given + lane
                    );
                    return Err(self.unasked(what));
                }
            };
            self.check_byte(byte, lane, count)?;
        }
        let is_taken = self.inputs.out_ready == 1;
        self.offered = if is_taken { 0 } else { count };
        if is_taken {
            for byte in self.script.bytes.drain(..count) {
                self.bytes_given = byte.number + 1;
                self.observer.gives(byte.request);
            }
            self.waits.transferred(Port::Bytes, count);
        }
        Ok(is_taken)
    }

    #[inline]
    fn check_byte(&self, byte: Byte, lane: usize, count: usize) -> Result<(), Wrong> {
        let found = self.outputs.out_data[lane];
        if found != u32::from(byte.data) {
            let (right, found) = (format!("{:#04x}", byte.data), format!("{found:#04x}"));
            return Err(self.wrong(byte.request, name_byte(byte.number), right, found, lane));
        }
        let last = self.outputs.out_last == 1 && lane + 1 == count;
        if self.form.shows_last && last != byte.last {
            let field = format!("out_last with {}", name_byte(byte.number));
            return Err(self.wrong(byte.request, field, u8::from(byte.last), u8::from(last), lane));
        }
        Ok(())
    }

    /// Takes the answers that a decoder gives, and checks them.
    #[inline]
    pub(super) fn take_answers(&mut self) -> Result<bool, Wrong> {
        if self.outputs.rsp_valid == 0 {
            self.stays("rsp_valid", 0)?;
            return Ok(false);
        }
        let shown = self.form.shows_count.then_some(self.outputs.rsp_count);
        let count = self.count("rsp_count", shown, self.form.lanes)?;
        self.stays("rsp_count", count)?;
        for lane in 0..count {
            let answer = match self.script.answers.get(lane) {
                Some(answer) if answer.request < self.script.taken() => *answer,
                _ => return Err(self.unasked("an answer is given that nothing asked for".to_owned())),
            };
            self.check_answer(answer, lane, count)?;
        }
        let is_taken = self.inputs.rsp_ready == 1;
        self.offered = if is_taken { 0 } else { count };
        if is_taken {
            self.script.answers.drain(..count).for_each(|answer| self.observer.gives(answer.request));
            self.waits.transferred(Port::Answers, count);
        }
        Ok(is_taken)
    }

    #[inline]
    fn check_answer(&self, answer: Answer, lane: usize, count: usize) -> Result<(), Wrong> {
        if answer.is_undefined {
            return match self.outputs.rsp_error[lane] {
                0 => Err(self.wrong(answer.request, "the error", "one that is not 0", 0, lane)),
                _ => Ok(()),
            };
        }
        let (field, found) = match answer.is_raw {
            true => ("the raw byte", self.outputs.rsp_data),
            false => ("the bin", self.outputs.rsp_bin[lane]),
        };
        if found != answer.value {
            return Err(self.wrong(answer.request, field, answer.value, found, lane));
        }
        let error = self.outputs.rsp_error[lane];
        if error != answer.error && self.form.shows_error {
            return Err(self.wrong(answer.request, "the error", answer.error, error, lane));
        }
        let (right, bits) = (rsp_bits(answer.bits), self.outputs.rsp_bits);
        if bits != right && lane + 1 == count && self.form.shows_bits {
            return Err(self.wrong(answer.request, "the number of bits read", right, bits, lane));
        }
        Ok(())
    }

    /// How many bytes or answers the core offers: one, if it has no count port.
    #[inline]
    fn count(&self, port: &str, shown: Option<u32>, most: usize) -> Result<usize, Wrong> {
        let count = shown.map_or(1, |shown| shown as usize);
        if (1..=most).contains(&count) {
            return Ok(count);
        }
        let right = if most == 1 { "1".to_owned() } else { format!("1 to {most}") };
        let newest = self.script.taken().saturating_sub(1);
        let difference =
            Difference::value(MismatchKind::Wrong, format!("{port} of what is valid"), right, count);
        Err(Wrong { blame: Blame::Request(newest), difference })
    }

    /// Checks that what was offered stays until it is taken.
    #[inline]
    fn stays(&self, port: &str, count: usize) -> Result<(), Wrong> {
        if count >= self.offered {
            return Ok(());
        }
        let what = match count {
            0 => format!("{port} is withdrawn: it was 1, and nothing was taken"),
            _ => format!("{port} falls from {} to {count}, and nothing was taken", self.offered),
        };
        let newest = self.script.taken().saturating_sub(1);
        Err(Wrong {
            blame: Blame::Request(newest),
            difference: Difference::new(MismatchKind::Handshake, what),
        })
    }

    #[inline]
    pub(super) fn give_byte(&mut self) -> Result<bool, Wrong> {
        if !self.feed.held || self.outputs.in_ready == 0 {
            return Ok(false);
        }
        self.feed.take().map_err(|what| self.unasked(what))?;
        self.waits.transferred(Port::Bytes, 1);
        Ok(true)
    }

    fn wrong(
        &self,
        request: u64,
        field: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
        lane: usize,
    ) -> Wrong {
        let difference = Difference::value(MismatchKind::Wrong, field, expected, found);
        let lane = (self.form.lanes.max(self.form.bytes) > 1).then_some(lane);
        Wrong { blame: Blame::Request(request), difference: Difference { lane, ..difference } }
    }

    fn unasked(&self, what: String) -> Wrong {
        let newest = self.script.taken().saturating_sub(1);
        Wrong { blame: Blame::Request(newest), difference: Difference::new(MismatchKind::Unasked, what) }
    }

    pub(super) fn deadlock(&mut self) -> Wrong {
        let (blame, waits) = if self.script.has_next() {
            (Blame::Offered, format!("a request is not taken: {}", self.offered()))
        } else if let Some(byte) = self.script.bytes.front() {
            (Blame::Request(byte.request), format!("{} does not come", name_byte(byte.number)))
        } else {
            let answer = self.script.answers.front();
            let blame = answer.map_or(Blame::Offered, |answer| Blame::Request(answer.request));
            (blame, "an answer does not come".to_owned())
        };
        let (valid, ready) = match self.form.direction {
            Direction::Encoder => ("out_valid", "out_ready"),
            Direction::Decoder => ("rsp_valid", "rsp_ready"),
        };
        let taken = self.script.taken();
        let is_due = match self.form.direction {
            Direction::Encoder => self.script.bytes.front().is_some_and(|byte| byte.request < taken),
            Direction::Decoder => self.script.answers.front().is_some_and(|answer| answer.request < taken),
        };
        let looks = match is_due && self.form.can_be_blocked && self.waits.looks_first() && self.offered == 0
        {
            true => format!("; {ready} is 0 until {valid} is 1, which must not wait for it"),
            false => String::new(),
        };
        let what = format!("for {} clocks {waits}{looks}", self.patience);
        Wrong { blame, difference: Difference::new(MismatchKind::Deadlock, what) }
    }

    /// The requests on the ports, or else the next request.
    fn offered(&mut self) -> String {
        let lanes = self.held.lanes().to_vec();
        let mut names = Vec::new();
        for (lane, &size) in lanes.iter().enumerate() {
            for _ in 0..size {
                let Some(asked) = self.script.next(names.len()) else { break };
                let of_lane = if self.form.lanes > 1 { format!("lane {lane} ") } else { String::new() };
                names.push(format!("{of_lane}{}", asked.request));
            }
        }
        if names.is_empty() {
            names.extend(self.script.next(0).map(|asked| asked.request.to_string()));
        }
        names.join(", ")
    }
}

/// The name of a byte of the output, with its number in its vector.
fn name_byte(number: usize) -> String {
    format!("byte {number} of the output")
}

/// The value of port rsp_bits: a position modulo 2^32, as in `docs/socket.md`.
pub(in crate::cosim) const fn rsp_bits(position: u64) -> u32 {
    (position & 0xffff_ffff) as u32
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use silicabac_sim::Stopped;

    use super::super::{Form, Play, play};
    use super::*;
    use crate::cores::{decoder::Decoder, encoder::Encoder};
    use crate::cosim::{Waves, lockstep::TwinAsDevice};
    use crate::cycle::{Inputs, Outputs, Twin};
    use crate::stress;
    use crate::vectors::Vector;

    /// A core whose outputs are falsified from some clock on.
    struct Bent<T: Twin, F> {
        core: TwinAsDevice<T>,
        bend: F,
    }

    impl<T: Twin, F: Fn(&mut Outputs)> Device for Bent<T, F> {
        fn form(&self) -> Form {
            self.core.form()
        }

        fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped> {
            self.core.clock(inputs)
        }

        fn outputs(&self, outputs: &mut Outputs) {
            self.core.outputs(outputs);
            if self.core.clocks() > 150 {
                (self.bend)(outputs);
            }
        }

        fn debug(&self) -> &[u32] {
            self.core.debug()
        }

        fn clocks(&self) -> u64 {
            self.core.clocks()
        }

        fn waves<O: Observer>(&mut self, _: &mut O, _: &Inputs, _: bool) -> Waves {
            Waves::default()
        }
    }

    #[track_caller]
    fn found<T: Twin>(direction: Direction, bend: impl Fn(&mut Outputs), cause: MismatchKind, field: &str) {
        static SMOKE: LazyLock<Vec<Vector>> = LazyLock::new(stress::smoke);
        let vectors: Vec<&Vector> = SMOKE.iter().filter(|vector| !vector.decode_only).collect();
        let core = Bent { core: TwinAsDevice::<T>::new(direction), bend };
        let played = play(core, (), &Play { patience: 500, ..Play::flowing(&vectors) }, &mut |_| ());
        let difference = played.map(|(stats, _)| stats).expect_err(field).difference;
        assert!(difference.cause == cause && difference.field.contains(field), "{difference:?}");
    }

    #[test]
    fn all_that_an_encoder_gives_is_compared() {
        let found =
            |bend: fn(&mut Outputs), cause, field| found::<Encoder>(Direction::Encoder, bend, cause, field);
        found(|o| o.out_data[0] ^= 1, MismatchKind::Wrong, "byte ");
        found(|o| o.out_last ^= 1, MismatchKind::Wrong, "out_last with byte ");
        found(|o| o.out_valid = 1, MismatchKind::Unasked, "is given before any bin decides it");
        found(|o| o.out_valid = 0, MismatchKind::Deadlock, "of the output does not come");
    }

    #[test]
    fn all_that_a_decoder_gives_is_compared() {
        let found =
            |bend: fn(&mut Outputs), cause, field| found::<Decoder>(Direction::Decoder, bend, cause, field);
        found(|o| o.rsp_bin[0] ^= 1, MismatchKind::Wrong, "the bin");
        found(|o| o.rsp_data ^= 1, MismatchKind::Wrong, "the raw byte");
        found(|o| o.rsp_error[0] ^= 2, MismatchKind::Wrong, "the error");
        found(|o| o.rsp_bits += 1, MismatchKind::Wrong, "the number of bits read");
        found(|o| o.rsp_valid = 1, MismatchKind::Unasked, "an answer is given that nothing asked for");
        found(|o| o.rsp_valid = 0, MismatchKind::Deadlock, "an answer does not come");
        found(|o| o.in_ready = 1, MismatchKind::Unasked, "a byte is taken that is not of this slice");
    }
}
