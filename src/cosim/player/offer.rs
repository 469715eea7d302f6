//! What a core is offered: requests, the slice header and slice data. Ports that mean nothing carry noise.

use rand_chacha::rand_core::Rng;

use super::{Device, Form, Observer, Player};
use crate::bin::Event;
use crate::context::{Codec, SliceType};
use crate::cosim::{
    Port,
    script::{Room, Transaction},
};
use crate::cycle::Request;

impl<D: Device, O: Observer> Player<'_, D, O> {
    /// Puts random values on the ports of the requests.
    pub(super) fn make_noise(&mut self) {
        let lanes = self.form.lanes;
        for lane in 0..lanes {
            let noise = self.noise.next_u32();
            self.inputs.req_kind[lane] = noise & 7;
            self.inputs.req_bin[lane] = noise >> 3 & 1;
            // Half of the time the old value stays: a core that wrongly reads it then touches a context variable that is in use.
            if noise >> 15 & 1 == 0 {
                self.inputs.req_ctx_idx[lane] = noise >> 4 & 1023;
            }
            self.inputs.req_model[lane] = noise >> 14 & 127;
            (self.inputs.req_data[lane], self.inputs.req_count) = (noise >> 21 & 255, noise >> 28);
        }
        if self.form.run > 0 {
            for lane in 0..lanes {
                let noise = self.noise.next_u64();
                self.inputs.req_run[lane] = noise as u32 & 63;
                self.inputs.req_data[lane] = (noise >> 32) as u32 >> (32 - self.form.run);
            }
        }
    }

    /// Puts the next requests on the ports, unless they are there already. Unused lanes carry noise.
    #[inline]
    pub(super) fn offer_requests(&mut self) {
        if self.held.requests > 0 {
            return;
        }
        self.make_noise();
        let offered = self.script.has_next() && !self.waits.waits(Port::Requests);
        self.inputs.req_valid = offered.into();
        if !offered {
            return;
        }
        self.held = self.transaction();
        let held = self.held;
        self.inputs.req_count = held.lanes().len() as u32;
        let mut first = 0;
        for (lane, &size) in held.lanes().iter().enumerate() {
            if let Some(asked) = self.script.next(first) {
                self.inputs.put(lane, asked.request, asked.model);
                if self.form.run > 0
                    && (asked.request.is_bin() || asked.request == Request::Event(Event::Align))
                {
                    self.put_run(lane, first, size.into());
                }
            }
            first += usize::from(size);
        }
        self.offer_slice();
    }

    /// Puts the bypass bins of a lane on the ports.
    fn put_run(&mut self, lane: usize, first: usize, size: usize) {
        let (mut length, mut bins) = (0, 0);
        for number in first..first + size {
            if let Some(Request::Event(Event::Bypass { bin })) =
                self.script.next(number).map(|asked| asked.request)
            {
                (length, bins) = (length + 1, bins << 1 | u32::from(bin));
            }
        }
        (self.inputs.req_run[lane], self.inputs.req_data[lane]) = (length, bins);
    }

    /// As many of the next requests as fit, or some fewer if the plan splits transactions.
    fn transaction(&mut self) -> Transaction {
        let Form { lanes, run, can, .. } = self.form;
        let mut room = Room { lanes, alone: run.max(1), after: can.bypass_after.into(), groups: can.groups };
        if run > 0 && self.waits.splits() {
            room.alone = 1 + self.noise.next_u32() as usize % room.alone;
            room.after = self.noise.next_u32() as usize % (room.after + 1);
        }
        let all = self.script.transaction(room);
        match all.lanes().len() {
            several if several > 1 && self.waits.splits() => {
                all.cut(1 + self.noise.next_u32() as usize % several)
            }
            _ => all,
        }
    }

    /// Puts the slice header on the ports; zeros if no header initialises the contexts.
    fn offer_slice(&mut self) {
        let vector = self.script.vector();
        let Some(init) = self.script.init(vector) else {
            (self.inputs.slice_codec, self.inputs.slice_type) = (0, 0);
            (self.inputs.slice_qp, self.inputs.slice_index) = (0, 0);
            return;
        };
        self.inputs.slice_codec = codec_number(init.codec).into();
        self.inputs.slice_type = slice_type_number(init.slice_type).into();
        self.inputs.slice_qp = (init.slice_qp_y as u8).into();
        self.inputs.slice_index = init.index.into();
    }

    /// Puts the next byte of slice data on the ports of a decoder, unless it is there already.
    #[inline]
    pub(super) fn offer_byte(&mut self) {
        if self.feed.held {
            return;
        }
        let next = self.feed.next();
        match next.filter(|_| !self.waits.waits(Port::Bytes)) {
            Some((byte, last)) => {
                self.feed.held = true;
                (self.inputs.in_valid, self.inputs.in_data, self.inputs.in_last) =
                    (1, byte.into(), last.into());
            }
            None => {
                let noise = self.noise.next_u32();
                (self.inputs.in_valid, self.inputs.in_data, self.inputs.in_last) =
                    (0, noise & 255, noise >> 8 & 1);
            }
        }
    }
}

/// The value of port slice_codec.
pub(in crate::cosim) const fn codec_number(codec: Codec) -> u8 {
    match codec {
        Codec::Avc => 0,
        Codec::Hevc => 1,
    }
}

/// The value of port slice_type.
pub(in crate::cosim) const fn slice_type_number(slice_type: SliceType) -> u8 {
    match slice_type {
        SliceType::P => 0,
        SliceType::B => 1,
        SliceType::I => 2,
    }
}
