//! The decoder core, `rtl/decoder/`: a bin a clock, which the next request may depend on.

#[cfg(feature = "cosim")]
pub(super) mod properties;
#[cfg(feature = "cosim")]
#[allow(unreachable_pub)] // `fields` makes public structs
mod sweep;
mod twin;

pub use twin::{Decoder, Registers};

#[cfg(feature = "cosim")]
mod spec {
    use super::{Decoder, properties, sweep};
    use crate::cores::{
        CoreSpec, Direction, Sources,
        common::{TABLES, formal, rtl},
    };
    use crate::cosim::{Lockstep, sweep::Step};
    use crate::fit::Can;
    use crate::mutation::{Explanation, Mutable};
    use crate::prove::Bench;

    /// The checkers of its contexts, and all others.
    pub(in crate::cores) const CONTEXT_CHECKERS: Sources = formal!["decoder/formal_decoder_contexts.sv"];
    pub(in crate::cores) const CHECKERS: Sources = formal![
        "decoder/formal_decoder_contract.sv",
        "decoder/formal_decoder_interval.sv",
        "decoder/formal_decoder_bits.sv",
        "decoder/formal_decoder_ports.sv",
        "decoder/formal_decoder.sv",
    ];

    /// Its step.
    pub(in crate::cores) const STEP: Step = Step {
        top: "cabac_decoder_sweep",
        wrappers: &[("cabac_decoder_sweep.sv", include_str!("cabac_decoder_sweep.sv"))],
        registers: sweep::registers,
        bins: 1,
        sweep: sweep::sweep,
    };

    /// What tells a mutant from it.
    pub(in crate::cores) const PROOF: &str = include_str!("mutants.sv");

    /// The core.
    pub static SPEC: CoreSpec = CoreSpec {
        name: "decoder",
        direction: Direction::Decoder,
        lanes: 1,
        top: "cabac_decoder",
        sources: rtl![
            "common/cabac_pkg.sv",
            "common/cabac_context_memory.sv",
            "common/cabac_range_table.sv",
            "common/cabac_transition.sv",
            "common/cabac_decoder_request.sv",
            "common/cabac_decoder_contexts.sv",
            "common/cabac_decoder_answer.sv",
            "decoder/cabac_decoder_step.sv",
            "decoder/cabac_decoder_bits.sv",
            "decoder/cabac_decoder.sv",
        ],
        can: Can::ALL,
        twin: Lockstep::of::<Decoder>(),
        step: STEP,
        benches: &[
            Bench {
                top: "formal_decoder_contexts",
                files: CONTEXT_CHECKERS,
                defines: &[],
                keeps_memory: true,
                clocks: 14,
                properties: &properties::CONTEXTS,
            },
            Bench {
                top: "formal_decoder",
                files: CHECKERS,
                defines: &[],
                keeps_memory: false,
                clocks: 14,
                properties: &properties::OTHERS,
            },
        ],
        mutants: Mutable {
            proof: PROOF,
            defines: &[],
            registers: None,
            tables: TABLES,
            explained: EXPLAINED,
        },
    };

    const EXPLAINED: &[Explanation] = &[
        Explanation {
            mutant: "answer.procmux#9.B[0] const1",
            reason: "a reset leaves an error, which the SLICE that has to follow takes away before there is an answer",
        },
        Explanation {
            mutant: "contexts.procmux#1.B[0] inv",
            reason: "in reset context variable 0 is written, which no slice uses before its LOAD",
        },
    ];
}
#[cfg(feature = "cosim")]
pub use spec::SPEC;
#[cfg(feature = "cosim")]
pub(super) use spec::{CHECKERS, CONTEXT_CHECKERS, PROOF, STEP};
