//! Two slots at every codIRange, state and symbol, against the flowcharts; four context variables, some of which may be the same.

use silicabac::{
    context::ContextModel,
    cores::encoder4::SPEC,
    cosim::sweep::{Sweep, Swept},
};
use silicabac_sim::{Design, Direction};

use super::{Random, build, sources};

/// Sweeps every point of each kind, with an edit of the Verilog.
fn sweep(edit: Option<[&str; 3]>) -> Vec<Swept> {
    let (cache, tools) = crate::common::tools();
    let scratch = tempfile::tempdir().unwrap();
    sources(scratch.path(), edit);
    Sweep::build(&SPEC, Some(scratch.path()), &cache, &tools).unwrap().run(1, &mut |_| ()).unwrap()
}

#[test]
fn two_slots_are_one_after_the_other_at_every_point() {
    let swept = sweep(None);
    for swept in &swept {
        println!("{}: {} points in {:?}", swept.kind, swept.points, swept.time);
        assert!(swept.failure.is_none(), "{}: {}", swept.kind, swept.failure.as_ref().unwrap());
    }
    assert_eq!(swept[0].points, 132 * 132 * 251);
    assert_eq!(swept[1].points, 251 * (128 * 7 + 511 + 3));
}

#[test]
fn a_wrong_step_is_noticed() {
    for edit in [
        ["cabac_encoder4_constants.sv", "piece.odd = twice && rest[0]", "piece.odd = 1'b0"],
        ["cabac_encoder4_pair.sv", ">= 6'd32", "> 6'd32"],
        ["cabac_encoder4_rows.sv", "{8'd2, 7'd127}", "{8'd2, 7'd126}"],
        ["cabac_encoder4_slot.sv", "{9'd0, data}", "{9'd0, data & 8'h7f}"],
    ] {
        assert!(sweep(Some(edit)).iter().any(|swept| swept.failure.is_some()), "{edit:?}");
    }
}

/// For each slot the nearest slot before it with the same context variable, in the form that the front of the core gives it.
fn nearest(owner: [usize; 4]) -> [u32; 4] {
    [0, 1, 2, 3].map(|k| (0..k).rev().find(|&j| owner[j] == owner[k]).map_or(0, |j| 1 << j))
}

/// The first slot whose state is wrong, if there is one.
fn wrong_state(edit: Option<[&str; 3]>) -> Option<String> {
    let library = build(Design::combinational("cabac_encoder4_update"), edit);
    let input = |name, width| library.word_of(name, Direction::Input, width).unwrap();
    let [read, bins] = [input("read", 28), input("bin", 4)];
    let same = [input("same_1", 1), input("same_2", 2), input("same_3", 3)];
    let [before, after] =
        ["model_before", "model_after"].map(|name| library.word_of(name, Direction::Output, 28).unwrap());
    let (mut step, mut random) = (library.instance(1), Random(7));
    let (mut inputs, mut outputs) = (vec![0; library.input_words()], vec![0; library.output_words()]);
    let models: Vec<ContextModel> = (0..128).filter_map(ContextModel::from_bits).collect();
    // For each slot the first slot with its context variable, which may be the slot itself.
    let owners = (0..4usize.pow(4)).map(|code| [0, 1, 2, 3].map(|k| code >> (2 * k) & 3));
    let owners = owners.filter(|owner| (0..4).all(|k| owner[k] <= k && owner[owner[k]] == owner[k]));
    for owner in owners {
        for (turn, bin) in (0..4).flat_map(|turn| (0..16).map(move |bin| (turn, bin))) {
            // Each slot in turn has every state, while the others have random ones.
            for &model in &models {
                let mut states = [(); 4].map(|()| models[random.below(models.len() as u32) as usize]);
                states[turn] = model;
                inputs[read] = (0..4).fold(0, |word, k| word | u32::from(states[k].bits()) << (7 * k));
                inputs[bins] = bin;
                for (&at, value) in same.iter().zip(&nearest(owner)[1..]) {
                    inputs[at] = *value;
                }
                step.eval(&inputs, &mut outputs).unwrap();
                for k in 0..4 {
                    let state = &mut states[owner[k]];
                    let shown = [before, after].map(|at| outputs[at] >> (7 * k) & 127);
                    let was = u32::from(state.bits());
                    *state = state.next(bin >> k & 1 != 0);
                    let right = [was, state.bits().into()];
                    if shown != right {
                        let of = format!("slot {k} of {owner:?}, bins {bin:04b}");
                        return Some(format!("{of}: {shown:?}, and not {right:?}"));
                    }
                }
            }
        }
    }
    None
}

#[test]
fn four_states_of_any_repeats_are_those_of_one_bin_after_another() {
    assert_eq!(wrong_state(None), None);
    for edit in [
        [
            "cabac_encoder4_update.sv",
            "when(same_3[1] && same_1, after_013)",
            "when(same_3[1] && same_1, after_13)",
        ],
        ["cabac_encoder4_twice.sv", ">= 6'd60 ? 6'd62", ">= 6'd60 ? 6'd61"],
    ] {
        assert!(wrong_state(Some(edit)).is_some(), "{edit:?}");
    }
}

/// Whether two slots, or two pairs, do to codILow at once what they do one after the other, where sums have `bits` bits and shifts are
/// `most` at the most.
///
/// `y` is codILow shifted for the first; `room` is the limit for what it adds: together with codIRange after it, `b1` or `b2`, no sum
/// exceeds codIRange before it, shifted. That is so for each slot, and here it is shown for both together, so that no bit is lost in
/// either.
fn are_composed(bits: u32, most: u32) -> bool {
    let tools = crate::common::proof_tools();
    let scratch = tempfile::tempdir().unwrap();
    (0..=most).all(|shift| {
        let (pad, joint) = (42 - bits, bits + most);
        let formula = format!(
            "(set-logic QF_BV)
             (declare-fun y () (_ BitVec 42))
             (declare-fun s0 () (_ BitVec {bits}))
             (declare-fun s1 () (_ BitVec {bits}))
             (declare-fun room () (_ BitVec 42))
             (declare-fun b1 () (_ BitVec 42))
             (declare-fun b2 () (_ BitVec 42))
             (define-fun wide0 () (_ BitVec 42) ((_ zero_extend {pad}) s0))
             (define-fun wide1 () (_ BitVec 42) ((_ zero_extend {pad}) s1))
             (define-fun joint () (_ BitVec {joint})
               (bvadd (bvshl ((_ zero_extend {most}) s0) (_ bv{shift} {joint})) ((_ zero_extend {most}) s1)))
             (define-fun both () (_ BitVec 42) ((_ zero_extend {rest}) joint))
             (assert (bvule room (_ bv{room} 42)))
             (assert (and (bvuge b1 (_ bv256 42)) (bvule b1 (_ bv512 42))))
             (assert (and (bvuge b2 (_ bv256 42)) (bvule b2 (_ bv512 42))))
             (assert (bvule (bvadd wide0 b1) room))
             (assert (bvule (bvadd wide1 b2) (bvshl b1 (_ bv{shift} 42))))
             (assert (not (and
               (= (bvadd (bvshl (bvadd y wide0) (_ bv{shift} 42)) wide1) (bvadd (bvshl y (_ bv{shift} 42)) both))
               (bvule (bvadd both b2) (bvshl room (_ bv{shift} 42))))))
             (check-sat)\n",
            rest = 42 - joint,
            room = 512u64 << most,
        );
        tools.solver().is_unsatisfiable(scratch.path(), &formula, 60).unwrap()
    })
}

#[test]
fn slots_and_pairs_do_to_cod_i_low_at_once_what_they_do_one_by_one() {
    assert!(are_composed(17, 8), "slots");
    assert!(are_composed(25, 16), "pairs");
    assert!(!are_composed(16, 8), "slots of sixteen bits");
}
