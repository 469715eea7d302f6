//! The runs of outstanding bits that a bin decides. This repeats the flowcharts of the encoder (H.264, 9.3.4.2 to 9.3.4.5) and keeps only
//! the runs, because the oracle shows only the state after a bin.

use crate::bin::Event;
use crate::context::ContextModel;
use crate::tables::RANGE_TAB_LPS;

/// The encoder's registers before a bin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) cod_i_low: u32,
    pub(super) cod_i_range: u32,
    pub(super) bits_outstanding: u32,
}

/// What a bin decides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decides {
    /// The longest run of outstanding bits that the bin decides, which can be 0, and the bit that decides it: 1 is a carry. `None` if it
    /// decides no bit.
    pub(super) longest: Option<(u32, bool)>,
    /// bitsOutstanding after the bin.
    pub(super) bits_outstanding: u32,
}

/// codIRangeLPS.
pub(super) fn lps_range(model: ContextModel, cod_i_range: u32) -> u32 {
    RANGE_TAB_LPS[usize::from(model.p_state_idx())][(cod_i_range >> 6 & 3) as usize].into()
}

impl Before {
    /// What a bin decides, with the state of its context variable.
    pub(super) fn decides(self, bin: Event, model: Option<ContextModel>) -> Decides {
        let Before { cod_i_low: mut low, cod_i_range: mut range, bits_outstanding } = self;
        let mut decides = Decides { longest: None, bits_outstanding };
        match (bin, model) {
            (Event::Bypass { bin }, _) => {
                low = 2 * low + if bin { range } else { 0 };
                decides.put(low, 512);
                return decides;
            }
            (Event::Context { bin, .. }, Some(model)) => {
                let lps = lps_range(model, range);
                range -= lps;
                if bin != model.val_mps() {
                    (low, range) = (low + range, lps);
                }
            }
            (Event::Terminate { bin }, _) => {
                range -= 2;
                if bin {
                    (low, range) = (low + range, 2);
                }
            }
            _ => return decides,
        }
        while range < 256 {
            low = 2 * decides.put(low, 256);
            range *= 2;
        }
        if bin.ends_engine_run() {
            decides.bit(low >= 512);
        }
        decides
    }
}

impl Decides {
    /// The comparisons of RenormE, or, with doubled values, those of EncodeBypass. Returns codILow after the comparisons.
    fn put(&mut self, low: u32, half: u32) -> u32 {
        match low {
            _ if low < half => self.bit(false),
            _ if low >= 2 * half => {
                self.bit(true);
                return low - 2 * half;
            }
            _ => {
                self.bits_outstanding += 1;
                return low - half;
            }
        }
        low
    }

    /// PutBit.
    fn bit(&mut self, bit: bool) {
        let run = std::mem::take(&mut self.bits_outstanding);
        if self.longest.is_none_or(|(longest, _)| longest <= run) {
            self.longest = Some((run, bit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress;
    use crate::vectors::trail;

    #[test]
    fn what_is_left_is_what_the_oracle_has() {
        let (mut bins, mut longest) = (0, 0);
        for vector in stress::smoke().iter().filter(|vector| !vector.decode_only) {
            let steps: Vec<_> = trail(vector).collect();
            for pair in steps.windows(2) {
                let [before, after] = pair else { continue };
                let Some(event) = after.request.event().filter(|event| event.is_bin()) else { continue };
                let registers = Before {
                    cod_i_low: before.cod_i_low.unwrap(),
                    cod_i_range: before.cod_i_range,
                    bits_outstanding: before.bits_outstanding.unwrap(),
                };
                let decides = registers.decides(event, after.model);
                assert_eq!(
                    decides.bits_outstanding,
                    after.bits_outstanding.unwrap(),
                    "{}: {event}",
                    vector.id
                );
                longest = longest.max(decides.longest.map_or(0, |(run, _)| run));
                bins += 1;
            }
        }
        assert!(bins > 10_000 && longest > 80, "{bins} {longest}");
    }
}
