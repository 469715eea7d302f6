//! The encoder core for a faster clock, `rtl/encoder_swift/`: what the other does, but that its low step waits for the
//! emit stage even if it decides no bits.

use super::encoder::Pipeline;

/// Its twin.
pub type EncoderSwift = Pipeline<true>;

#[cfg(feature = "cosim")]
mod spec {
    use super::EncoderSwift;
    use crate::cores::{
        CoreSpec, Direction,
        common::{TABLES, rtl},
        encoder::{self, properties},
    };
    use crate::cosim::Lockstep;
    use crate::fit::Can;
    use crate::mutation::{Explanation, Mutable};
    use crate::prove::{Bench, Edit, Property, with_controls};

    const SWIFT: &[(&str, &str)] = &[("CORE", "cabac_encoder_swift"), ("ALWAYS_WAITS", "1")];

    /// The core.
    pub static SPEC: CoreSpec = CoreSpec {
        name: "encoder_swift",
        direction: Direction::Encoder,
        lanes: 1,
        top: "cabac_encoder_swift",
        sources: rtl![
            "common/cabac_pkg.sv",
            "common/cabac_context_memory.sv",
            "common/cabac_range_table.sv",
            "common/cabac_transition.sv",
            "common/cabac_encoder_range.sv",
            "common/cabac_encoder_low.sv",
            "common/cabac_encoder_front.sv",
            "common/cabac_encoder_pack.sv",
            "encoder_swift/cabac_encoder_swift_emit.sv",
            "encoder_swift/cabac_encoder_swift.sv",
        ],
        can: Can::ALL,
        twin: Lockstep::of::<EncoderSwift>(),
        step: encoder::STEP,
        benches: &[
            Bench {
                top: "formal_encoder_contexts",
                files: encoder::CONTEXT_CHECKERS,
                defines: SWIFT,
                keeps_memory: true,
                properties: &properties::CONTEXTS,
            },
            Bench {
                top: "formal_encoder",
                files: encoder::CHECKERS,
                defines: SWIFT,
                keeps_memory: false,
                properties: &OTHERS,
            },
        ],
        mutants: Mutable { proof: encoder::PROOF, defines: SWIFT, tables: TABLES, explained: EXPLAINED },
    };

    const EXPLAINED: &[Explanation] = &[Explanation {
        mutant: "front.procmux#3.A[7] cnot1 by [12]",
        reason: "a bit of the byte that RAW writes is inverted where codILow shifts by four bits or more; but RAW shifts none",
    }];

    const EMIT: &str = "cabac_encoder_swift_emit.sv";

    const OTHERS: [Property; properties::OTHERS.len()] = with_controls(properties::OTHERS, CONTROLS);

    const CONTROLS: &[(&str, Edit)] = &[
        ("bits.run_leaves_whole", [EMIT, "emit.run - (emit.head_valid ? 32'd7 : 32'd8)", "emit.run - 32'd8"]),
        ("bits.long_run_is_known", [EMIT, "run_left[31:3] != 29'd0", "run_left[31:4] != 28'd0"]),
        ("bits.bits_wait_in_emit", [EMIT, "emit.head_valid <= 1'b0;", "emit.head <= !emit.head;"]),
        (
            "ports.response_is_bounded",
            [
                EMIT,
                "assign in_ready = !emit_valid || (out_ready && !long_run);",
                "assign in_ready = !emit_valid;",
            ],
        ),
        ("ports.response_comes_nearer", [EMIT, "emit.run - (emit.head_valid ? 32'd7 : 32'd8)", "emit.run"]),
    ];
}
#[cfg(feature = "cosim")]
pub use spec::SPEC;
