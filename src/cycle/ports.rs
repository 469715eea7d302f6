//! The ports of a core with a clock, the same for all cores: those of `docs/socket.md`, and for our own cores a port that shows their
//! context variables.
//!
//! One struct is for both directions and any number of lanes. A core has the ports of its direction, as many lanes as it takes requests at
//! once, and no ports that it has no use for.

use super::{Request, fields::fields};
use crate::bin::{DecodeErrorKind, Event};
use crate::context::ContextModel;

/// The most requests that a core takes at once, and the most bytes that it gives at once.
pub const LANES: usize = 8;

fields! {
    /// The inputs.
    Inputs {
        /// Synchronous reset, at any clock.
        rst: 1,
        /// Requests are offered, `req_count` of them.
        req_valid: 1,
        /// How many.
        req_count: 4,
        /// One of `cycle::kind`.
        req_kind: 3 x LANES,
        /// The bin, for encoders.
        req_bin: 1 x LANES,
        /// The context variable of CONTEXT and LOAD.
        req_ctx_idx: 10 x LANES,
        /// A state, as `ContextModel::bits` has it. CONTEXT: before the bin; LOAD: the new one.
        req_model: 7 x LANES,
        /// How many bypass bins a BYPASS request is, or follow the bin of another request, for encoders that take several in a lane.
        req_run: 6 x LANES,
        /// The byte of a RAW request to an encoder; or the bypass bins that `req_run` counts as a number, the first one highest.
        req_data: 32 x LANES,
        /// The standard of the slice: 0 H.264, 1 H.265.
        slice_codec: 1,
        /// Its type: 0 P, 1 B, 2 I.
        slice_type: 2,
        /// Its SliceQPY, signed.
        slice_qp: 8,
        /// Its cabac_init_idc or cabac_init_flag.
        slice_index: 2,
        /// The bytes of an encoder are taken in this clock.
        out_ready: 1,
        /// A byte of slice data is offered to a decoder.
        in_valid: 1,
        /// The byte.
        in_data: 8,
        /// It is the last of its slice.
        in_last: 1,
        /// The answers of a decoder are taken in this clock.
        rsp_ready: 1,
        /// Which context variable `save_model` shows.
        save_ctx_idx: 10,
    }
}

fields! {
    /// The outputs.
    Outputs {
        /// The requests are taken in this clock.
        req_ready: 1,
        /// Bytes of an encoder are offered, `out_count` of them.
        out_valid: 1,
        /// How many.
        out_count: 4,
        /// The bytes.
        out_data: 8 x LANES,
        /// The last of them is the last of an engine run.
        out_last: 1,
        /// A decoder takes the byte of slice data in this clock.
        in_ready: 1,
        /// Answers of a decoder are offered, `rsp_count` of them.
        rsp_valid: 1,
        /// How many.
        rsp_count: 4,
        /// The bins.
        rsp_bin: 1 x LANES,
        /// The byte that answers RAW.
        rsp_data: 8,
        /// The first error of the slice so far: `cabac_pkg::error_t`.
        rsp_error: 2 x LANES,
        /// How many bits of the slice have been read, the last of these answers included, modulo 2^32.
        rsp_bits: 32,
        /// No update of the context variables is under way.
        settled: 1,
        /// The state of the context variable that `save_ctx_idx` names.
        save_model: 7,
    }
}

impl Inputs {
    /// The ports with this request alone; everything else is zero.
    pub fn request(request: Request) -> Inputs {
        let mut inputs = Inputs { req_valid: 1, req_count: 1, ..Inputs::default() };
        let model = match request {
            Request::Event(Event::Load { model, .. }) => model,
            _ => ContextModel::default(),
        };
        inputs.put(0, request, model);
        inputs
    }

    /// Puts a request into a lane. Ports that it does not use keep their values. `model` is the state of its context variable: before a
    /// bin, or the new one.
    pub(crate) fn put(&mut self, lane: usize, request: Request, model: ContextModel) {
        let fields = request.fields();
        self.req_kind[lane] = fields.kind;
        match request {
            Request::Event(Event::Context { .. }) => {
                self.req_bin[lane] = fields.bin;
                self.req_ctx_idx[lane] = fields.ctx_idx;
                self.req_model[lane] = model.bits().into();
            }
            Request::Event(Event::Load { .. }) => {
                self.req_ctx_idx[lane] = fields.ctx_idx;
                self.req_model[lane] = model.bits().into();
            }
            Request::Event(Event::Raw(_)) => self.req_data[lane] = fields.data,
            _ => self.req_bin[lane] = fields.bin,
        }
    }
}

/// An error as `cabac_pkg::error_t` numbers it; 0 for none.
pub fn error_code(error: Option<DecodeErrorKind>) -> u32 {
    match error {
        None => 0,
        Some(DecodeErrorKind::Forbidden) => 1,
        Some(DecodeErrorKind::Misaligned) => 2,
        Some(DecodeErrorKind::Exhausted) => 3,
    }
}
