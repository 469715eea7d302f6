//! The encoder core under test: its ports, and what the oracle expects of it.

mod oracle;

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use self::oracle::{Oracle, Step, Wrong};
use super::{
    GiveUp, Judged, Mismatch, Stalls, Stats,
    lockstep::Lockstep,
    player::{self, Clock, Fault, Guilty, LikeTwin},
};
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::cores::encoder::{Inputs, Passed, Pipeline, Registers};
use crate::cycle::{Request, RowOf, Stopped};
use crate::vectors::Vector;

impl<const ALWAYS_WAITS: bool> Judged for Pipeline<ALWAYS_WAITS> {
    fn registers(&self) -> &Registers {
        self.registers()
    }

    fn give_ups(clock: u64) -> Vec<GiveUp> {
        vec![GiveUp::Reset(clock)]
    }

    fn switch_on<R: LikeTwin<Self>>(lockstep: &mut Lockstep<Self, R>) -> Result<(), Stopped> {
        let reset = Inputs { rst: 1, ..Inputs::default() };
        let loads =
            (0..).map_while(CtxIdx::new).map(|ctx| Event::Load { ctx, model: ContextModel::default() });
        let end = [Inputs::default(), reset];
        [reset]
            .into_iter()
            .chain(loads.map(|load| Inputs::request(Request::Event(load))))
            .chain(end)
            .try_for_each(|inputs| lockstep.clock_unseen(&inputs))
    }

    fn play<R: LikeTwin<Self>>(
        rtl: R,
        vectors: &[&Vector],
        stalls: Stalls,
        seed: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Box<Mismatch>> {
        player::play::<Bench<ALWAYS_WAITS>, R>(rtl, vectors, stalls, seed, progress)
    }
}

/// The oracle is asked for every byte; for codIRange, codILow, bitsOutstanding and firstBitFlag after a request; and
/// for every update of a context variable.
#[derive(Default)]
struct Bench<const ALWAYS_WAITS: bool> {
    oracle: Oracle,
    longest_run: u32,
    /// The requests that had passed each step before this clock.
    passed: Passed,
}

impl<const ALWAYS_WAITS: bool> Bench<ALWAYS_WAITS> {
    /// The newest request that has passed a step.
    fn passed(&self, step: Step) -> Guilty {
        let passed = match step {
            Step::Fetch => self.passed.fetch,
            Step::Range => self.passed.range,
            Step::Low => self.passed.low,
            Step::Pack => self.passed.pack,
        };
        Guilty::Taken((self.passed.fetch - passed) as usize)
    }

    fn fault(&self, wrong: Wrong) -> Fault {
        Fault { guilty: self.passed(wrong.step), what: wrong.what }
    }
}

impl<'a, const ALWAYS_WAITS: bool> player::Bench<'a> for Bench<ALWAYS_WAITS> {
    type Twin = Pipeline<ALWAYS_WAITS>;

    fn new(_: &'a [&'a Vector]) -> Self {
        Bench::default()
    }

    fn requests(vector: &Vector) -> Vec<Request> {
        vector.events.iter().copied().map(Request::Event).collect()
    }

    fn offer(request: Request, noise: u32) -> Inputs {
        let (req_bin, req_ctx_idx) = (noise & 1, noise >> 1 & 1023);
        let (req_model, req_data) = (noise >> 11 & 127, noise >> 18 & 255);
        let used = Inputs::request(request);
        match request {
            Request::Event(Event::Context { .. }) => Inputs { req_model, req_data, ..used },
            Request::Event(Event::Bypass { .. } | Event::Terminate { .. }) => {
                Inputs { req_ctx_idx, req_model, req_data, ..used }
            }
            Request::Event(Event::Raw(_)) => Inputs { req_bin, req_ctx_idx, req_model, ..used },
            Request::Event(Event::Load { .. }) => Inputs { req_bin, req_data, ..used },
            _ => Inputs { req_bin, req_ctx_idx, req_model, req_data, ..used },
        }
    }

    fn idle(inputs: Inputs) -> Inputs {
        Inputs { rst: 0, req_valid: 0, ..inputs }
    }

    fn reset(inputs: Inputs) -> Inputs {
        Inputs { rst: 1, ..inputs }
    }

    fn other_ports(&mut self, inputs: &mut Inputs, stalls: &Stalls, rng: &mut ChaCha8Rng) {
        inputs.out_ready = u32::from(!stalls.stalls_bytes(rng));
        inputs.save_ctx_idx = rng.next_u32() % CONTEXTS as u32;
    }

    fn takes(row: &RowOf<Self::Twin>) -> bool {
        row.outputs.req_ready == 1
    }

    fn check(
        &mut self,
        clock: Clock<'_, Self::Twin>,
        taken: Option<(Request, &Vector)>,
    ) -> Result<bool, Fault> {
        let Clock { inputs, row, twin } = clock;
        let before = self.passed;
        self.passed = twin.passed();
        if let Some(event) = taken.and_then(|(request, _)| request.event()) {
            self.longest_run = self.longest_run.max(self.oracle.take(event));
        }
        self.oracle
            .check_steps(before, self.passed, &row.registers, twin.registers())
            .map_err(|wrong| self.fault(wrong))?;
        let given = row.outputs.out_valid == 1 && inputs.out_ready == 1;
        if given {
            let (byte, last) = (row.outputs.out_data as u8, row.outputs.out_last == 1);
            self.oracle.check_byte(byte, last).map_err(|wrong| self.fault(wrong))?;
        }
        Ok(given || self.passed != before)
    }

    fn pass(&mut self, twin: &Self::Twin) {
        self.passed = twin.passed();
    }

    fn forget(&mut self, _: usize) {
        self.oracle.forget_life();
    }

    fn can_cut_short(&self, _: usize) -> bool {
        false
    }

    fn cut_short(&mut self, _: usize) {}

    /// A long run, a flush, raw bytes, a full packer.
    fn is_delicate(r: &Registers) -> bool {
        r.emit_run > 7
            || r.emit_last == 1 && r.emit_valid == 1
            || r.low_flush == 1 && r.low_valid == 1
            || r.low_raw == 1
            || r.pack_last == 1
            || r.pack_fill >= 16
            || r.cod_i_low >= 512
    }

    fn is_done(&self) -> bool {
        self.oracle.is_done()
    }

    fn guilty_of(&self, name: &str) -> Guilty {
        self.passed(Step::of(name))
    }

    fn stuck(&self) -> Guilty {
        self.passed(Step::Low)
    }

    fn longest_run(&self) -> Option<u32> {
        Some(self.longest_run)
    }
}
