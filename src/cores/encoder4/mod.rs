//! The encoder core of four slots, `rtl/encoder4/`: four context bins a clock, and the bypass bins between them.

#[cfg(feature = "cosim")]
mod properties;
#[cfg(feature = "cosim")]
#[allow(unreachable_pub)] // `fields` makes public structs
mod sweep;
mod twin;

pub use twin::{Encoder4, Passed, Registers};

#[cfg(feature = "cosim")]
mod spec {
    use super::{Encoder4, properties, sweep};
    use crate::cores::{
        CoreSpec, Direction, Sources,
        common::{TABLES, formal, rtl},
    };
    use crate::cosim::{Lockstep, sweep::Step};
    use crate::fit::Can;
    use crate::mutation::{Explanation, Mutable, Registers, When};
    use crate::prove::{Bench, Property};

    /// A part of it with its checkers.
    const fn bench(
        top: &'static str,
        files: Sources,
        clocks: usize,
        properties: &'static [Property],
    ) -> Bench {
        Bench { top, files, defines: &[], keeps_memory: true, clocks, properties }
    }

    /// The core.
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
            "encoder4/cabac_encoder4_gate.sv",
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
        benches: &[
            bench(
                "formal_encoder4_memory",
                formal!["encoder4/formal_encoder4_memory.sv"],
                14,
                &properties::MEMORY,
            ),
            bench(
                "formal_encoder4_contexts",
                formal!["encoder4/formal_encoder4_contexts.sv"],
                14,
                &properties::CONTEXTS,
            ),
            bench(
                "formal_encoder4_range",
                formal!["encoder4/formal_encoder4_range.sv"],
                14,
                &properties::RANGE,
            ),
            bench("formal_encoder4_slot", formal!["encoder4/formal_encoder4_slot.sv"], 14, &properties::SLOT),
            bench(
                "formal_encoder4_low",
                formal!["encoder4/formal_encoder4_words.sv", "encoder4/formal_encoder4_low.sv"],
                14,
                &properties::LOW,
            ),
            bench(
                "formal_encoder4_queue",
                formal!["encoder4/formal_encoder4_queue.sv"],
                14,
                &properties::QUEUE,
            ),
            bench(
                "formal_encoder4_carry",
                formal!["encoder4/formal_encoder4_carry.sv"],
                14,
                &properties::CARRY,
            ),
            // Thirty clocks from a reset to the first word, and sixteen words.
            bench("formal_encoder4_gate", formal!["encoder4/formal_encoder4_gate.sv"], 60, &properties::GATE),
        ],
        mutants: Mutable {
            proof: include_str!("mutants.sv"),
            defines: &[],
            registers: Some(&REGISTERS),
            tables: TABLES,
            explained: EXPLAINED,
        },
    };

    const EXPLAINED: &[Explanation] = &[
        Explanation {
            mutant: "addends.pairs[0].bin_b.procmux_CMP0#4.B[2] inv",
            reason: "it changes codIRange after a flush in the second slot for the bypass bins of that slot, and there are none: a terminate bin of \
                     1 is the last of its transaction; the next slots get codIRange from another stage",
        },
        Explanation {
            mutant: "carries.logic_not#6.A[0] const0",
            reason: "it would add a carry of the next engine run to the last word of this one, and none comes: the property `low.full_has_no_carry`",
        },
        Explanation {
            mutant: "carries.procmux#3.Y[12] cnot1 by [18]",
            reason: "bit 18 of the count of words of ones that wait is 1 from a run of 2^23 outstanding bits on; the longest run of `limits` has \
                     600,000",
        },
        Explanation {
            mutant: "front.four.slots_13.procmux_CMP0#16.A[4] const0",
            reason: "pStateIdx 63 would be taken for 47; no context variable has it: the property `contexts.state_is_below_63`",
        },
        Explanation { mutant: "front.ternary#1.A[4] = save_ctx_idx[4] cnot0 by [6]", reason: READ_BACK },
        Explanation { mutant: "front.ternary#1.A[8] = save_ctx_idx[8] inv", reason: READ_BACK },
        Explanation {
            mutant: "gate.logic_not#1.A[0] const0",
            reason: "a transaction that is offered in the clock of a reset is taken; it runs out like those that were taken before the reset, while \
                     nothing else is taken, and can only write context variables, which every slice loads before it uses them",
        },
        Explanation {
            mutant: "low.logic_not#2.Y[0] const1",
            reason: "the second clock of a flush is noted even if a reset comes in it; no word is given while the reset clears the stages, and then \
                     the note is gone",
        },
        Explanation {
            mutant: "range.steps[0].constants_of_pair.logic_and#12.Y[0] = range.steps[0].constants_of_pair.pair[121] const0",
            reason: NEVER_DOUBLED,
        },
        Explanation { mutant: "range.steps[0].constants_of_pair.mul#21.A[31] const1", reason: POSITION },
        Explanation { mutant: "range.steps[0].step.and#48.B[2] const1", reason: NEVER_DOUBLED },
        Explanation {
            mutant: "range.steps[1].constants_of_pair.shiftx#12.B[29] cnot0 by [6]",
            reason: POSITION,
        },
        Explanation { mutant: "range.steps[1].constants_of_pair.shiftx#18.B[13] const1", reason: POSITION },
    ];

    const READ_BACK: &str = "the port that reads context variables back is not among those that vectors are played through; that it answers \
                             with the newest state of the context asked for is the property `contexts.save_is_newest`";

    const NEVER_DOUBLED: &str = "it is about codIRange doubled before the second slot where codIRange is in its last quarter and crosses two \
                                 multiples of 32; there the first slot leaves 272 or more, and nothing is doubled";

    const POSITION: &str = "the position of a part of 28 or 32 bits, which needs five bits, is calculated with 32: the others are always 0 and \
                            choose nothing, Verilator leaves them out, and a synthesised core does not have them; to the solver a position beyond \
                            the last bit has no value";

    /// The registers by their stages. After a reset, what was under way runs out while `gate.clearing` counts down, and what a stage
    /// holds matters once all of that has left the stage.
    const REGISTERS: Registers = Registers {
        countdown: ("gate.clearing", 4),
        matter: &[
            (When::UpTo(15), &["front.fetch"]),
            // `debug` shows the part of it that matters.
            (When::Never, &["context_memory.read_data"]),
            (When::UpTo(14), &["front.update"]),
            (When::UpTo(13), &["front.coded", "front.write"]),
            (When::UpTo(12), &["range.rows", "range.steps[0].rows", "range.steps[1].rows"]),
            (When::UpTo(11), &["range.pairs", "range.steps[0].pair", "range.steps[1].pair"]),
            (When::UpTo(10), &["range.met", "range.ranges"]),
            (When::UpTo(9), &["addends.first", "addends.pairs[0].first", "addends.pairs[1].first"]),
            (When::UpTo(8), &["addends.second", "addends.pairs[0].second", "addends.pairs[1].second"]),
            (When::UpTo(7), &["addends.single", "addends.pairs[0].single", "addends.pairs[1].single"]),
            (When::UpTo(6), &["addends.double"]),
            (When::UpTo(5), &["addends.addend", "addends.shift", "addends.flush"]),
            (When::UpTo(4), &["low.leaving"]),
            (When::UpTo(3), &["low.placed", "low.word_more", "low.word_last"]),
            (When::Bit("words"), &["queue.words"]),
            (
                When::Always,
                &["gate.", "req_ready", "front.update_uses", "front.write_valid", "range.cod_i_range"],
            ),
            (When::Always, &["low.cod_i_low", "low.flushed", "low.leaving_last", "low.word", "low.carry"]),
            (When::Always, &["queue.first", "queue.fill", "carries."]),
        ],
    };
}
#[cfg(feature = "cosim")]
pub use spec::SPEC;
