//! The encoder core, `rtl/encoder/`: a bin a clock.

#[cfg(feature = "cosim")]
pub(super) mod properties;
#[cfg(feature = "cosim")]
#[allow(unreachable_pub)] // `fields` makes public structs
mod sweep;
mod twin;

pub use twin::{Encoder, Passed, Pipeline, Registers};

#[cfg(feature = "cosim")]
mod spec {
    use super::{Encoder, properties, sweep};
    use crate::cores::{
        CoreSpec, Direction,
        common::{TABLES, formal, rtl},
    };
    use crate::cosim::{Lockstep, sweep::Step};
    use crate::fit::Can;
    use crate::mutation::Mutable;
    use crate::prove::Bench;

    /// Both halves of its step, one after the other.
    pub(in crate::cores) const STEP: Step = Step {
        top: "cabac_encoder_sweep",
        wrappers: &[("cabac_encoder_sweep.sv", include_str!("cabac_encoder_sweep.sv"))],
        registers: sweep::registers,
        bins: 2,
        sweep: sweep::sweep,
    };

    /// What tells a mutant from it.
    pub(in crate::cores) const PROOF: &str = include_str!("mutants.sv");

    /// The core.
    pub static SPEC: CoreSpec = CoreSpec {
        name: "encoder",
        direction: Direction::Encoder,
        lanes: 1,
        top: "cabac_encoder",
        sources: rtl![
            "common/cabac_pkg.sv",
            "common/cabac_context_memory.sv",
            "common/cabac_range_table.sv",
            "common/cabac_transition.sv",
            "common/cabac_encoder_range.sv",
            "common/cabac_encoder_low.sv",
            "common/cabac_encoder_front.sv",
            "common/cabac_encoder_pack.sv",
            "encoder/cabac_encoder_emit.sv",
            "encoder/cabac_encoder.sv",
        ],
        can: Can::ALL,
        twin: Lockstep::of::<Encoder>(),
        step: STEP,
        benches: &[
            Bench {
                top: "formal_encoder_contexts",
                files: formal!["encoder/formal_encoder_contexts.sv"],
                defines: &[],
                keeps_memory: true,
                clocks: 14,
                properties: &properties::CONTEXTS,
            },
            Bench {
                top: "formal_encoder",
                files: formal![
                    "encoder/formal_encoder_flow.sv",
                    "encoder/formal_encoder_contract.sv",
                    "encoder/formal_encoder_interval.sv",
                    "encoder/formal_encoder_bits.sv",
                    "encoder/formal_encoder_ports.sv",
                    "encoder/formal_encoder.sv",
                ],
                defines: &[],
                keeps_memory: false,
                clocks: 14,
                properties: &properties::OTHERS,
            },
        ],
        mutants: Mutable { proof: PROOF, defines: &[], registers: None, tables: TABLES, explained: &[] },
    };
}
#[cfg(feature = "cosim")]
pub use spec::SPEC;
#[cfg(feature = "cosim")]
pub(super) use spec::{PROOF, STEP};
