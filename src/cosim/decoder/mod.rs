//! The decoder core under test: its ports, the slice data that it is fed, and what the oracle expects of it.

mod feed;
mod oracle;

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use self::{feed::Feed, oracle::Oracle};
use super::{
    GiveUp, Judged, Mismatch, Stalls, Stats,
    lockstep::Lockstep,
    player::{self, Clock, Fault, Guilty, LikeTwin},
};
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::cores::decoder::{Decoder, Inputs, Registers};
use crate::cycle::{Request, RowOf, Stopped};
use crate::vectors::Vector;

impl Judged for Decoder {
    fn registers(&self) -> &Registers {
        self.registers()
    }

    fn give_ups(clock: u64) -> Vec<GiveUp> {
        vec![GiveUp::Reset(clock), GiveUp::Cut(clock)]
    }

    fn switch_on<R: LikeTwin<Self>>(lockstep: &mut Lockstep<Self, R>) -> Result<(), Stopped> {
        let reset = Inputs { rst: 1, ..Inputs::default() };
        let load = |ctx| Request::Event(Event::Load { ctx, model: ContextModel::default() });
        let loads =
            (0..).map_while(CtxIdx::new).map(|ctx| Inputs { rsp_ready: 1, ..Inputs::request(load(ctx)) });
        let end = [Inputs::default(), reset];
        [reset].into_iter().chain(loads).chain(end).try_for_each(|inputs| lockstep.clock_unseen(&inputs))
    }

    fn play<R: LikeTwin<Self>>(
        rtl: R,
        vectors: &[&Vector],
        stalls: Stalls,
        seed: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stats, Box<Mismatch>> {
        player::play::<Bench<'_>, R>(rtl, vectors, stalls, seed, progress)
    }
}

/// The oracle is asked for every answer: the bin or byte, the error, how much has been read; for codIRange and
/// codIOffset after every request; and for every update of a context variable.
struct Bench<'a> {
    feed: Feed<'a>,
    oracle: Oracle<'a>,
}

impl<'a> player::Bench<'a> for Bench<'a> {
    type Twin = Decoder;

    fn new(vectors: &'a [&'a Vector]) -> Bench<'a> {
        Bench { feed: Feed::new(vectors), oracle: Oracle::new() }
    }

    /// A START may come before, between or behind the LOADs that follow it; where, the length of the slice says.
    fn requests(vector: &Vector) -> Vec<Request> {
        let mut requests: Vec<Request> = Request::of_slice(&vector.events).collect();
        for at in (0..requests.len()).rev().filter(|&at| requests[at] == Request::Start).collect::<Vec<_>>() {
            let is_load = |request: &&Request| matches!(request, Request::Event(Event::Load { .. }));
            let loads = requests[at + 1..].iter().take_while(is_load).count();
            requests[at..=at + vector.bytes.len() % (loads + 1)].rotate_left(1);
        }
        requests
    }

    fn offer(request: Request, noise: u32) -> Inputs {
        let (req_ctx_idx, req_model) = (noise & 1023, noise >> 10 & 127);
        let used = Inputs::request(request);
        match request {
            Request::Event(Event::Load { .. }) => used,
            Request::Event(Event::Context { .. }) => Inputs { req_model, ..used },
            _ => Inputs { req_ctx_idx, req_model, ..used },
        }
    }

    fn idle(inputs: Inputs) -> Inputs {
        Inputs { rst: 0, req_valid: 0, ..inputs }
    }

    fn reset(inputs: Inputs) -> Inputs {
        Inputs { rst: 1, ..inputs }
    }

    /// The next byte, or none: then what is on its ports means nothing.
    fn other_ports(&mut self, inputs: &mut Inputs, stalls: &Stalls, rng: &mut ChaCha8Rng) {
        inputs.rsp_ready = u32::from(!stalls.stalls_answers(rng));
        inputs.save_ctx_idx = rng.next_u32() % CONTEXTS as u32;
        let noise = rng.next_u32();
        (inputs.in_valid, inputs.in_data, inputs.in_last) = (0, noise & 255, noise >> 8 & 1);
        let Some((byte, last)) = self.feed.next() else { return };
        self.feed.held = self.feed.held || !stalls.stalls_bytes(rng);
        if self.feed.held {
            (inputs.in_valid, inputs.in_data, inputs.in_last) = (1, byte.into(), last.into());
        }
    }

    fn takes(row: &RowOf<Decoder>) -> bool {
        row.outputs.req_ready == 1
    }

    fn check(
        &mut self,
        clock: Clock<'_, Decoder>,
        taken: Option<(Request, &'a Vector)>,
    ) -> Result<bool, Fault> {
        let Clock { inputs, row, twin } = clock;
        let of_newest = |what| Fault { guilty: Guilty::Taken(0), what };
        let of_last = |what| Fault { guilty: Guilty::Taken(usize::from(taken.is_some())), what };
        if row.outputs.rsp_valid == 1 {
            self.oracle.check_answer(&row.outputs).map_err(of_last)?;
        }
        let answered = row.outputs.rsp_valid == 1 && inputs.rsp_ready == 1;
        if answered {
            self.oracle.answered();
        }
        let fed = inputs.in_valid == 1 && row.outputs.in_ready == 1;
        if fed {
            self.feed.take().map_err(of_last)?;
        }
        if let Some((request, vector)) = taken {
            if self.oracle.waits() {
                return Err(of_last("its answer is lost: the next request is taken before it is".into()));
            }
            if request == Request::Slice {
                self.feed.begin_slice();
            }
            self.oracle.take(request, &vector.bytes);
            self.oracle.check_registers(twin.registers()).map_err(of_newest)?;
        }
        Ok(taken.is_some() || answered || fed)
    }

    fn pass(&mut self, _: &Decoder) {}

    fn forget(&mut self, vector: usize) {
        self.feed.restart(vector);
        self.oracle.answered();
    }

    fn can_cut_short(&self, vector: usize) -> bool {
        self.feed.can_cut_short(vector)
    }

    fn cut_short(&mut self, vector: usize) {
        self.feed.cut_short(vector);
    }

    /// An error, a full buffer, the end.
    fn is_delicate(r: &Registers) -> bool {
        r.response_error != 0 || r.ahead_len > 24 || r.ended == 1 || r.cod_i_offset >= 256
    }

    fn is_done(&self) -> bool {
        !self.oracle.waits()
    }

    fn guilty_of(&self, name: &str) -> Guilty {
        if ["read_model", "req_ready"].contains(&name) { Guilty::Offered } else { Guilty::Taken(0) }
    }

    fn stuck(&self) -> Guilty {
        Guilty::Offered
    }

    fn longest_run(&self) -> Option<u32> {
        None
    }
}
