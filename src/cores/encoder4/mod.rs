//! The encoder core of four slots, `rtl/encoder4/`: four context bins a clock, and the bypass bins between them.

#[cfg(feature = "cosim")]
#[allow(unreachable_pub)] // `fields` makes public structs
mod sweep;
mod twin;

pub use twin::{Encoder4, Passed, Registers};

#[cfg(feature = "cosim")]
mod spec {
    use super::{Encoder4, sweep};
    use crate::cores::{
        CoreSpec, Direction,
        common::{TABLES, rtl},
    };
    use crate::cosim::{Lockstep, sweep::Step};
    use crate::fit::Can;
    use crate::mutation::Mutable;

    /// The core. It is not in [`ALL`](crate::cores::ALL), since there are neither proofs nor mutants of it.
    pub static SPEC: CoreSpec = CoreSpec {
        name: "encoder4",
        direction: Direction::Encoder,
        lanes: 4,
        top: "cabac_encoder4",
        sources: rtl![
            "common/cabac_pkg.sv",
            "common/cabac_range_table.sv",
            "common/cabac_transition.sv",
            "encoder4/cabac_encoder4_pkg.sv",
            "encoder4/cabac_encoder4_group.sv",
            "encoder4/cabac_encoder4_contexts.sv",
            "encoder4/cabac_encoder4_twice.sv",
            "encoder4/cabac_encoder4_update.sv",
            "encoder4/cabac_encoder4_front.sv",
            "encoder4/cabac_encoder4_rows.sv",
            "encoder4/cabac_encoder4_left.sv",
            "encoder4/cabac_encoder4_constants.sv",
            "encoder4/cabac_encoder4_pair.sv",
            "encoder4/cabac_encoder4_range.sv",
            "encoder4/cabac_encoder4_bin.sv",
            "encoder4/cabac_encoder4_slot.sv",
            "encoder4/cabac_encoder4_addend.sv",
            "encoder4/cabac_encoder4_low.sv",
            "encoder4/cabac_encoder4_queue.sv",
            "encoder4/cabac_encoder4_carry.sv",
            "encoder4/cabac_encoder4.sv",
        ],
        can: Can { groups: true, bypass_after: 2, ..Can::ALL },
        twin: Lockstep::of::<Encoder4>(),
        step: Step {
            top: "cabac_encoder4_sweep",
            wrappers: &[("cabac_encoder4_sweep.sv", include_str!("cabac_encoder4_sweep.sv"))],
            registers: sweep::registers,
            bins: sweep::BINS,
            sweep: sweep::sweep,
        },
        benches: &[],
        mutants: Mutable { proof: "", defines: &[], tables: TABLES, explained: &[] },
    };
}
#[cfg(feature = "cosim")]
pub use spec::SPEC;
