//! The encoder core for a faster clock, `rtl/encoder_swift/`. It does what `encoder` does, with two differences: its low step waits for
//! the emit stage even if it decides no bits, and in one more stage before the others a request waits for a context memory that answers
//! a clock later.

#[cfg(feature = "cosim")]
mod properties;
mod twin;

pub use twin::{EncoderSwift, Registers};

#[cfg(feature = "cosim")]
mod spec {
    use super::{EncoderSwift, properties};
    use crate::cores::{
        CoreSpec, Direction,
        common::{TABLES, formal, rtl},
        encoder,
    };
    use crate::cosim::Lockstep;
    use crate::fit::Can;
    use crate::mutation::{Explanation, Mutable};
    use crate::prove::Bench;

    const CORE: (&str, &str) = ("CORE", "cabac_encoder_swift");

    /// The core.
    pub static SPEC: CoreSpec = CoreSpec {
        name: "encoder_swift",
        direction: Direction::Encoder,
        lanes: 1,
        top: "cabac_encoder_swift",
        sources: rtl![
            "common/cabac_pkg.sv",
            "common/cabac_range_table.sv",
            "common/cabac_transition.sv",
            "common/cabac_encoder_range.sv",
            "common/cabac_encoder_low.sv",
            "common/cabac_encoder_front.sv",
            "common/cabac_encoder_pack.sv",
            "encoder_swift/cabac_encoder_swift_memory.sv",
            "encoder_swift/cabac_encoder_swift_ahead.sv",
            "encoder_swift/cabac_encoder_swift_emit.sv",
            "encoder_swift/cabac_encoder_swift.sv",
        ],
        can: Can::ALL,
        twin: Lockstep::of::<EncoderSwift>(),
        step: encoder::STEP,
        benches: &[
            Bench {
                top: "formal_encoder_swift_contexts",
                files: formal!["encoder_swift/formal_encoder_swift_contexts.sv"],
                defines: &[CORE],
                keeps_memory: true,
                clocks: 14,
                properties: &properties::CONTEXTS,
            },
            Bench {
                top: "formal_encoder_swift",
                files: formal![
                    "encoder/formal_encoder_flow.sv",
                    "encoder/formal_encoder_interval.sv",
                    "encoder/formal_encoder_bits.sv",
                    "encoder/formal_encoder_ports.sv",
                    "encoder_swift/formal_encoder_swift_ahead.sv",
                    "encoder_swift/formal_encoder_swift.sv",
                ],
                defines: &[CORE],
                keeps_memory: false,
                clocks: 14,
                properties: &properties::OTHERS,
            },
        ],
        mutants: Mutable {
            proof: encoder::PROOF,
            defines: &[CORE, ("ALWAYS_WAITS", "1"), ("AHEAD", "1")],
            registers: None,
            tables: TABLES,
            explained: EXPLAINED,
        },
    };

    const EXPLAINED: &[Explanation] = &[Explanation {
        mutant: "front.procmux#1.S[0] const0",
        reason: "a reset leaves the low stage with an operation, which it has set to adding nothing and shifting nothing: it passes in a clock \
                 in which nothing else would",
    }];
}
#[cfg(feature = "cosim")]
pub use spec::SPEC;
