//! Context variables: used again before their last update is written, every entry of the tables, every address.

use super::builder::Builder;
use crate::bin::Event;
use crate::context::CONTEXTS;
use crate::vectors::{Flag, Vector};

/// All vectors of this file.
pub fn vectors() -> Vec<Vector> {
    let distances = (1..=4).flat_map(|distance| {
        UPDATES.iter().flat_map(move |&update| {
            ["contexts", "bypass"].map(move |between| again(distance, update, between))
        })
    });
    let bits = (0..CONTEXTS.ilog2()).map(address_bit);
    distances.chain((0..63).map(state)).chain(bits).chain([every_context(), every_context_again()]).collect()
}

/// What changes a context variable.
const UPDATES: [&str; 4] = ["mps", "lps", "swap", "load"];

/// A context that is used again `distance` requests after an update.
fn again(distance: u32, update: &str, between: &str) -> Vector {
    let mut builder = Builder::new(distance.into());
    (0..8).for_each(|ctx| builder.load(ctx, 12, ctx % 2 == 0));
    for round in 0..6 {
        let ctx = round % 2;
        match update {
            "mps" => builder.symbol(ctx, true),
            "lps" => builder.symbol(ctx, false),
            "swap" => {
                builder.load(ctx, 0, round % 4 < 2);
                builder.bypasses(6);
                builder.symbol(ctx, false);
            }
            _ => builder.load(ctx, 30 + round as u8, round % 4 < 2),
        }
        for other in 1..distance {
            if between == "bypass" {
                builder.bypass(other % 2 == 0)
            } else {
                builder.symbol(2 + other as u16, true)
            }
        }
        builder.symbol(ctx, round % 3 != 0);
        builder.bypasses(3);
    }
    let comment = format!("a context {distance} requests after its {update}, {between} between");
    let id = format!("again-{distance}-{update}-{between}");
    builder.into_vector(id, comment, &[Flag::Forwarding])
}

/// Every use of a row of the tables: four ranges, both values of valMPS and of the bin.
fn state(state: u8) -> Vector {
    let mut builder = Builder::new(state.into());
    for cell in 0..16 {
        builder.reach_range(|range| range >> 6 & 3 == cell >> 2);
        builder.load(0, state, cell & 2 != 0);
        builder.context(0, cell & 1 != 0);
        // The next bin of the context shows the update.
        builder.symbol(0, cell % 3 == 0);
    }
    let comment = format!("pStateIdx {state} in four ranges, with both values of valMPS and of the bin");
    builder.into_vector(format!("state-{state}"), comment, &[Flag::Transition])
}

/// Contexts whose addresses differ in one bit.
fn address_bit(bit: u32) -> Vector {
    let mut builder = Builder::new(bit.into());
    let pairs = [0u16, 0x155, 0x2aa].map(|address| [address, address ^ 1 << bit]);
    for (i, [a, b]) in (0u8..).zip(pairs) {
        builder.load(a, 5 + i, false);
        builder.load(b, 45 + i, true);
    }
    for [a, b] in pairs {
        for ctx in [a, b, b, a] {
            builder.symbol(ctx, true);
        }
    }
    let comment = format!("contexts whose numbers differ in bit {bit} alone");
    builder.into_vector(format!("address-bit-{bit}"), comment, &[Flag::ContextMemory])
}

/// All contexts, in different states as far as there are enough, loaded and used in different orders.
fn every_context() -> Vector {
    let mut builder = Builder::new(0);
    let all = 0..CONTEXTS as u16;
    for ctx in all.clone() {
        builder.load(ctx, (ctx % 63) as u8, ctx / 63 % 2 == 1);
    }
    for ctx in all.clone().rev().chain(all.map(|ctx| ctx.wrapping_mul(389) % CONTEXTS as u16)) {
        let random = builder.random();
        builder.symbol(ctx, !random.is_multiple_of(8));
    }
    builder.push(Event::Bypass { bin: true });
    let comment = "all 1,024 contexts: loaded upwards, used downwards and then all over the place";
    builder.into_vector("every-context", comment, &[Flag::ContextMemory])
}

/// Every context used in two requests in a row: a load and a bin, and two bins.
fn every_context_again() -> Vector {
    let mut builder = Builder::new(1);
    for ctx in 0..CONTEXTS as u16 {
        builder.load(ctx, 62 - (ctx % 63) as u8, ctx % 2 == 0);
        builder.symbol(ctx, ctx % 5 != 0);
        builder.symbol(ctx, ctx % 3 != 0);
    }
    let comment = "all 1,024 contexts, each twice straight after its load";
    builder.into_vector("every-context-again", comment, &[Flag::ContextMemory, Flag::Forwarding])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bin::{BinCoder, Encode};
    use crate::spec;

    #[test]
    fn states_use_every_cell_of_the_tables() {
        let mut cells = BTreeSet::new();
        for vector in (0..63).map(state) {
            let mut encoder = spec::Encoder::new();
            for event in vector.events {
                if let Event::Context { ctx, bin } = event
                    && ctx.get() == 0
                {
                    let model = encoder.save(ctx);
                    cells.insert((model.p_state_idx(), encoder.cod_i_range() >> 6 & 3, model.val_mps(), bin));
                }
                let _ = encoder.play(&[event]);
            }
        }
        assert_eq!(cells.len(), 1_008);
    }

    #[test]
    fn contexts_come_back_at_their_distance() {
        for (distance, update) in (1..=4).flat_map(|distance| UPDATES.map(|update| (distance, update))) {
            let events = again(distance, update, "contexts").events;
            let ctx_of = |event: &Event| match event {
                Event::Context { ctx, .. } | Event::Load { ctx, .. } => Some(ctx.get()),
                _ => None,
            };
            let comes_back = |i: usize| {
                let between = &events[i + 1..i + distance as usize];
                ctx_of(&events[i]).is_some_and(|ctx| {
                    ctx < 2
                        && ctx_of(&events[i + distance as usize]) == Some(ctx)
                        && between.iter().all(|event| ctx_of(event) != Some(ctx))
                })
            };
            let times = (0..events.len() - distance as usize).filter(|&i| comes_back(i)).count();
            assert!(times >= 6, "{distance} {update}: {times}");
        }
    }
}
