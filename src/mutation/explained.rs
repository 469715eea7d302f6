//! Mutants that no vector can kill and that Yosys cannot prove equal, each with the reason why it is.

/// Why a mutant that survives is no gap in the vectors.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// The mutant, as it is displayed.
    pub mutant: &'static str,
    /// Why no vector can notice it.
    pub reason: &'static str,
}

/// All that were looked at by hand.
pub const EXPLAINED: &[Explanation] = &[
    Explanation {
        mutant: "core.emit_stage.procmux#16.B[0] const1; cabac_encoder_emit.sv:41.9-41.12, cabac_encoder_emit.sv:41.5-50.8",
        reason: "behind a reset the emit stage holds a piece of no bits, which the empty packer takes in the next clock",
    },
    Explanation {
        mutant: "core.procdff#2.Q[5] = rsp_data[3] cnot1 by [10]; cabac_decoder_socket.sv:30.29-30.37, cabac_decoder.sv:111.3-128.6",
        reason: "a bit of the byte that RAW reads is inverted where the bin beside it is 1; but the bin of an answer to RAW \
                 is 0",
    },
];

pub(super) fn reason(mutant: &str) -> Option<&'static str> {
    EXPLAINED.iter().find(|explained| explained.mutant == mutant).map(|explained| explained.reason)
}
