//! What the standard expects of the decoder core: after each request, and of each answer.

use crate::bin::{BinCoder, Decode, Event};
use crate::context::CtxIdx;
use crate::cores::decoder::{Outputs, Registers, error_code};
use crate::cycle::Request;
use crate::spec;

/// The oracle does a request when the core takes it.
pub(super) struct Oracle<'a> {
    decoder: spec::Decoder<'a>,
    /// The next slice has begun, but not its engine.
    begun: Option<&'a [u8]>,
    /// What the last request that was taken leaves behind.
    expected: Expected,
    /// Its answer has not been given.
    waits: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Expected {
    bin: u32,
    data: u32,
    error: u32,
    bits: u32,
    /// codIRange and codIOffset; before the engine starts they mean nothing.
    interval: Option<(u32, u32)>,
    /// The update of a context variable: which, and to what.
    write: Option<(u32, u32)>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new() -> Oracle<'a> {
        Oracle { decoder: spec::Decoder::new(&[]), begun: None, expected: Expected::default(), waits: false }
    }

    /// The core takes a request of the slice with these bytes.
    pub(super) fn take(&mut self, request: Request, bytes: &'a [u8]) {
        let (mut bin, mut data, mut write) = (false, 0, None);
        match request {
            Request::Slice => self.begun = Some(bytes),
            Request::Start => match self.begun.take() {
                Some(bytes) => self.decoder = start_slice(bytes, &self.decoder),
                None => self.decoder.start(),
            },
            Request::Event(event) => match event {
                Event::Context { ctx, .. } => {
                    bin = self.decoder.context(ctx, false);
                    write = Some(ctx);
                }
                Event::Bypass { .. } => bin = self.decoder.bypass(false),
                Event::Terminate { .. } => bin = self.decoder.terminate(false),
                Event::Align => self.decoder.align(),
                Event::Raw(_) => data = self.decoder.raw_byte().into(),
                Event::Load { ctx, model } => {
                    self.decoder.load(ctx, model);
                    write = Some(ctx);
                }
            },
        }
        let (error, bits) = match self.begun {
            Some(_) => (0, 0),
            None => {
                (error_code(self.decoder.error().map(|error| error.kind)), self.decoder.position() as u32)
            }
        };
        self.expected = Expected {
            bin: bin.into(),
            data,
            error,
            bits,
            interval: self
                .begun
                .is_none()
                .then_some((self.decoder.cod_i_range(), self.decoder.cod_i_offset())),
            write: write.map(|ctx| (ctx.get() as u32, self.decoder.save(ctx).bits().into())),
        };
        self.waits = request.is_bin() || request.is_raw();
    }

    /// Checks what the core shows of the last request that it took, once it is done.
    pub(super) fn check_registers(&self, r: &Registers) -> Result<(), String> {
        let expected = &self.expected;
        if let Some((cod_i_range, cod_i_offset)) = expected.interval {
            equal("codIRange", cod_i_range, r.cod_i_range)?;
            equal("codIOffset", cod_i_offset, r.cod_i_offset)?;
        }
        let write = (r.write_valid == 1).then_some((r.write_ctx_idx, r.write_model));
        equal("the update (ctxIdx, model) of a context variable", expected.write, write)
    }

    /// Checks the answer that the core shows.
    pub(super) fn check_answer(&self, shown: &Outputs) -> Result<(), String> {
        if !self.waits {
            return Err("an answer without a request".into());
        }
        let expected = &self.expected;
        equal("the bin", expected.bin, shown.rsp_bin)?;
        equal("the raw byte", expected.data, shown.rsp_data)?;
        equal("the error", expected.error, shown.rsp_error)?;
        equal("the bits read", expected.bits, shown.rsp_bits)
    }

    /// The answer is taken.
    pub(super) fn answered(&mut self) {
        self.waits = false;
    }

    /// Whether an answer is still to come.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }
}

/// A decoder of the next slice: all is new but the context variables.
fn start_slice<'a>(bytes: &'a [u8], last: &spec::Decoder<'_>) -> spec::Decoder<'a> {
    let mut decoder = spec::Decoder::new(bytes);
    (0..).map_while(CtxIdx::new).for_each(|ctx| decoder.load(ctx, last.save(ctx)));
    decoder
}

fn equal<T: PartialEq + core::fmt::Debug>(what: &str, oracle: T, core: T) -> Result<(), String> {
    match oracle == core {
        true => Ok(()),
        false => Err(format!("{what}: the oracle has {oracle:?}, the core {core:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An oracle that was asked for one context bin of a slice, and what a right core shows then.
    fn one_bin() -> (Oracle<'static>, Registers, Outputs) {
        let mut oracle = Oracle::new();
        let context = Event::Context { ctx: CtxIdx::default(), bin: false };
        for request in [Request::Slice, Request::Start, Request::Event(context)] {
            oracle.take(request, &[0xc2, 0xe0]);
        }
        let registers = Registers {
            cod_i_range: 480,
            cod_i_offset: 239,
            write_valid: 1,
            write_model: 64,
            ..Registers::default()
        };
        let outputs = Outputs { rsp_valid: 1, rsp_bin: 1, rsp_bits: 10, ..Outputs::default() };
        (oracle, registers, outputs)
    }

    #[test]
    fn a_right_core_passes() {
        let (oracle, registers, outputs) = one_bin();
        assert_eq!(oracle.check_registers(&registers), Ok(()));
        assert_eq!(oracle.check_answer(&outputs), Ok(()));
    }

    #[test]
    fn everything_wrong_is_named() {
        let register = |name: &str, change: fn(&mut Registers)| {
            let (oracle, mut registers, _) = one_bin();
            change(&mut registers);
            let what = oracle.check_registers(&registers).unwrap_err();
            assert!(what.contains(name), "{name}: {what}");
        };
        register("codIRange", |r| r.cod_i_range += 1);
        register("codIOffset", |r| r.cod_i_offset ^= 256);
        register("context variable", |r| r.write_valid = 0);
        register("context variable", |r| r.write_ctx_idx = 1);
        register("context variable", |r| r.write_model ^= 64);
        let output = |name: &str, change: fn(&mut Outputs)| {
            let (oracle, _, mut outputs) = one_bin();
            change(&mut outputs);
            let what = oracle.check_answer(&outputs).unwrap_err();
            assert!(what.contains(name), "{name}: {what}");
        };
        output("the bin", |o| o.rsp_bin = 0);
        output("the raw byte", |o| o.rsp_data = 1);
        output("the error", |o| o.rsp_error = 3);
        output("the bits", |o| o.rsp_bits = 9);
    }

    #[test]
    fn an_answer_to_nothing_is_noticed() {
        let (mut oracle, _, outputs) = one_bin();
        oracle.answered();
        assert!(oracle.check_answer(&outputs).is_err_and(|what| what.contains("without a request")));
    }
}
