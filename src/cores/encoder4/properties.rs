//! What is proved of the encoder core of four slots, part by part, and for each property an edit of its Verilog with which it
//! fails.

use crate::cores::common::STATE_63;
use crate::prove::{Property, property};

const MEMORY_FILE: &str = "cabac_encoder4_contexts.sv";
const FRONT: &str = "cabac_encoder4_front.sv";
const UPDATE: &str = "cabac_encoder4_update.sv";
const RANGE_FILE: &str = "cabac_encoder4_range.sv";
const ROWS: &str = "cabac_encoder4_rows.sv";
const PAIR: &str = "cabac_encoder4_pair.sv";
const BIN: &str = "cabac_encoder4_bin.sv";
const SLOT_FILE: &str = "cabac_encoder4_slot.sv";
const LOW_FILE: &str = "cabac_encoder4_low.sv";
const QUEUE_FILE: &str = "cabac_encoder4_queue.sv";
const CARRY_FILE: &str = "cabac_encoder4_carry.sv";
const GROUP_FILE: &str = "cabac_encoder4_group.sv";
const GATE_FILE: &str = "cabac_encoder4_gate.sv";

/// The properties of the memory of context variables.
pub(super) const MEMORY: [Property; 2] = [
    property(
        "memory_keeps",
        "the memory holds what was last written, of writes in one clock that of the last port",
        [MEMORY_FILE, "if (write_valid[2]) models", "if (write_valid[2] && !write_valid[3]) models"],
    ),
    property(
        "memory_answers",
        "each port reads what was last written, also in the same clock",
        [MEMORY_FILE, "same[3] ? write_data[27:21] : same[2]", "same[2]"],
    ),
];

/// The properties of the context variables.
pub(super) const CONTEXTS: [Property; 11] = [
    property(
        "first_is_newest",
        "the context variable that the first bin of a group is coded with is what was last written to its address",
        [FRONT, "updating[3:2] == 2'b01", "updating[3:2] != 2'b00"],
    ),
    property(
        "second_is_newest",
        "the context variable of the second slot is what was last written to its address, by the first slot too",
        [UPDATE, "same_1 ? after_0 : read_1", "read_1"],
    ),
    property(
        "third_is_newest",
        "the context variable of the third slot is what was last written, by the slots before it too",
        [UPDATE, "when(same_2[0], after_0)", "when(same_2[0], read_0)"],
    ),
    property(
        "fourth_is_newest",
        "the context variable of the fourth slot is what was last written, by the slots before it too",
        [FRONT, "same_3[1] &= !same_3[2];", ""],
    ),
    property(
        "nothing_enters_while_clearing",
        "after a reset no slot is in the first stages, and nothing is written, until all is clear",
        [FRONT, "update_uses <= rst ? 4'd0 : uses;", "update_uses <= uses;"],
    ),
    property(
        "slots_pass",
        "the slots of a group come to the range stage as they were taken",
        [FRONT, "load[k] ? 8'd0 : fetch.data[8*k +: 8]", "fetch.data[8*k +: 8]"],
    ),
    property("state_is_below_63", "no context variable that was loaded has state 63", STATE_63),
    property(
        "update_is_written",
        "CONTEXT and LOAD write, and nothing else does: the state after the slot; a reset drops what is not written yet",
        [FRONT, "write_valid <= rst ? 4'd0 : update_uses;", "write_valid <= update_uses;"],
    ),
    property(
        "context_is_kept",
        "the memory holds what the last slot wrote, and resets keep it",
        [UPDATE, "same_1 ? after_01 : alone_1", "alone_1"],
    ),
    property(
        "settled_is_settled",
        "`settled` says that no update is under way",
        [FRONT, "{uses, update_uses, write_valid} == 12'd0", "{uses, update_uses} == 8'd0"],
    ),
    property(
        "save_is_newest",
        "`save_model` is what was last written to the address that was asked for while `settled`",
        [FRONT, "assign save_model = fetch_model[6:0]", "assign save_model = fetch_model[13:7]"],
    ),
];

/// The properties of codIRange.
pub(super) const RANGE: [Property; 6] = [
    property(
        "range_is_normal",
        "codIRange is 256..510 and none of 503, 505, 507, 509",
        [ROWS, "{8'd2, 7'd127}", "{8'd1, 7'd127}"],
    ),
    property(
        "range_between_pairs_is_normal",
        "codIRange before each pair of slots is 256..510 too, and none of 503, 505, 507, 509",
        [PAIR, "& {x[6:0], piece.odd}", "& {x[6:0], 1'b1}"],
    ),
    property(
        "range_starts_at_510",
        "codIRange is 510 after a TERMINATE of 1 in any slot, and after a reset",
        [RANGE_FILE, "clear ? 8'd254", "clear ? 8'd252"],
    ),
    property(
        "range_waits",
        "only CONTEXT, TERMINATE and ALIGN change codIRange",
        [
            ROWS,
            "default: {upper[8*quarter +: 8], after_lps[7*quarter +: 7]} = 15'd0",
            "default: {upper[8*quarter +: 8], after_lps[7*quarter +: 7]} = 15'h0100",
        ],
    ),
    property(
        "range_is_handed_on",
        "the first pair of a group has the codIRange that the group before it left",
        [RANGE_FILE, "ranges <= chain[15:0]", "ranges <= chain[23:8]"],
    ),
    property(
        "slots_are_met",
        "slots leave with the codIRange that they met",
        [RANGE_FILE, "met <= pairs", "met <= rows"],
    ),
];

/// The properties of a slot.
pub(super) const SLOT: [Property; 2] = [
    property(
        "slot_stays_inside",
        "what a slot adds to codILow keeps the new interval inside the old one",
        [BIN, "divides && lps ? range_low : 9'd0", "divides && lps ? {1'b1, cod_i_range} : 9'd0"],
    ),
    property(
        "slot_shifts_by_eight",
        "a slot decides eight bits at the most, and RAW its byte",
        [SLOT_FILE, "raw ? 4'd8", "raw ? 4'd9"],
    ),
];

/// An edit: codILow is not 0 after an engine run.
const LOW_AFTER_A_RUN: [&str; 3] =
    [LOW_FILE, "clear || flush ? 9'd0 : sum[8:0]", "clear ? 9'd0 : sum[8:0] | {9{flush}}"];
/// An edit: a carry that was given stays, and is given again.
const CARRY_STAYS: [&str; 3] = [LOW_FILE, "!word_done && (carry || filled[32])", "(carry || filled[32])"];

/// The properties of codILow and of the words that leave it.
pub(super) const LOW: [Property; 14] = [
    property(
        "low_is_bounded",
        "codILow + codIRange is 512 at the most where a carry would have no place: after only ones since an engine run began or a carry left",
        LOW_AFTER_A_RUN,
    ),
    property(
        "low_starts_at_0",
        "codILow and codIRange are 0 and 510 after a flush, RAW or reset",
        [LOW_FILE, "clear || flush ? 9'd0", "clear ? 9'd0"],
    ),
    property("full_has_no_carry", "no carry leaves codILow where it would have no place", LOW_AFTER_A_RUN),
    property(
        "full_word_has_no_carry",
        "no carry that left codILow comes to the word where it would have no place",
        LOW_AFTER_A_RUN,
    ),
    property(
        "words.bits_account",
        "bits that left codILow == 32 for each word given + bits held; an engine run ends with the bits that it has",
        [LOW_FILE, "clear || leaving_last ? 5'd0 : place_len[4:0]", "clear ? 5'd0 : place_len[4:0]"],
    ),
    property(
        "words.word_is_clean",
        "the word is zero after the bits that it holds",
        [LOW_FILE, "word_done ? placed[31:0] : filled[31:0]", "filled[31:0]"],
    ),
    property(
        "words.bits_wait_in_place",
        "a bit that left codILow, whichever, keeps its place in the word, and its value but for a carry",
        [LOW_FILE, "{32'd0, leaving} << (7'd64", "{32'd0, leaving} << (7'd63"],
    ),
    property(
        "words.bits_leave_in_place",
        "a bit that left codILow, whichever, leaves in its place of its word, once",
        [LOW_FILE, "word_last, word_more, filled[31:0]", "word_last, word_more, 1'b0, filled[30:0]"],
    ),
    property(
        "words.bits_leave_at_once",
        "a bit that comes with the last bits of its word leaves in its place, too",
        [LOW_FILE, "word_last, word_more, filled[31:0]", "word_last, word_more, filled[31:1], 1'b0"],
    ),
    property(
        "words.word_has_one_carry",
        "no second carry goes beyond a word that one has gone beyond",
        CARRY_STAYS,
    ),
    property(
        "words.carry_is_full",
        "where a word would pass on a second carry, or one to a place that has none, `full_before` says that none comes",
        CARRY_STAYS,
    ),
    property(
        "words.carry_is_handed_on",
        "a carry that goes beyond a word is given beside it, once",
        [LOW_FILE, "given = {carry || filled[32]", "given = {filled[32]"],
    ),
    property(
        "words.carry_has_a_place",
        "no word comes with a carry after words of all ones alone since an engine run began or a carry came",
        [LOW_FILE, "given = {carry || filled[32]", "given = {carry || filled[32] || word_last"],
    ),
    property(
        "words.engine_run_ends_with_whole_bytes",
        "the last word of an engine run has as many bytes as its bits need, and zeros after them",
        [LOW_FILE, "(place_len - 6'd1) >> 3", "place_len >> 3"],
    ),
];

/// The properties of the queue of words.
pub(super) const QUEUE: [Property; 6] = [
    property(
        "queue_account",
        "words that came == words that left + words held",
        [QUEUE_FILE, "fill + {4'd0, in_valid} -", "fill + {4'd0, in_valid && fill != 5'd6} -"],
    ),
    property(
        "words_wait_in_place",
        "a word, whichever, keeps its value and its place",
        [QUEUE_FILE, "next = first + fill[3:0]", "next = first + {1'b0, fill[2:0]}"],
    ),
    property(
        "words_leave_in_order",
        "a word, whichever, leaves after those that came before it",
        [QUEUE_FILE, "out = words[first]", "out = words[next - 4'd1]"],
    ),
    property(
        "head_is_stable",
        "the first word stays until it is taken",
        [QUEUE_FILE, "first <= first + {3'd0, out_valid && out_ready}", "first <= first + {3'd0, out_valid}"],
    ),
    property(
        "head_needs_no_ready",
        "that there is a word depends on registers alone",
        [QUEUE_FILE, "out_valid = fill != 5'd0", "out_valid = fill != 5'd0 && out_ready"],
    ),
    property(
        "few_is_few",
        "`few` says that one word at the most will be there in the next clock",
        [QUEUE_FILE, "few = fill_next <= 5'd1", "few = fill <= 5'd1"],
    ),
];

/// The properties of the stage that resolves carries.
pub(super) const CARRY: [Property; 11] = [
    property(
        "words_account",
        "words that came == words that left + the one held + those of the run",
        [CARRY_FILE, "running ? run - 32'd1 : run;", "running ? run - 32'd2 : run;"],
    ),
    property(
        "words_wait_in_order",
        "a word, whichever, keeps its value and its place, held or as one of all ones in the run",
        [
            CARRY_FILE,
            "{next.last, next.more, next.word};",
            "{next.last, next.more, next.word & 32'h7fffffff};",
        ],
    ),
    property(
        "word_leaves_whole",
        "a word leaves as it came or one higher, with all its bytes, and the last of an engine run as it came and as the last",
        [CARRY_FILE, "running ? 4'd4", "running ? {2'd0, kept_more}"],
    ),
    property(
        "word_gets_its_carry",
        "a word leaves one higher if the first word after it that passes no carry on comes with one, and only then",
        [CARRY_FILE, "{31'd0, !kept_last && arrives}", "{31'd0, !kept_last && arrives && run == 32'd0}"],
    ),
    property(
        "carry_is_known",
        "while words of a run leave, the word that decides them waits",
        [CARRY_FILE, "running ? {32{!arrives}}", "running ? 32'hffffffff"],
    ),
    property(
        "carry_meets_no_full_word",
        "no carry is added to a held word of all ones, or where none is held",
        [CARRY_FILE, "next.word == 32'hffffffff && !next.last && !next.carry", "1'b0"],
    ),
    property(
        "run_is_well_formed",
        "a run has words, and a held word before it or a word that decides it after it; no last word has a run after it",
        [CARRY_FILE, "running <= !ends_run", "running <= 1'b1"],
    ),
    property(
        "valid_needs_no_ready",
        "`out_valid` waits for no `out_ready`",
        [
            CARRY_FILE,
            "assign out_valid = running || decided",
            "assign out_valid = running || decided && out_ready",
        ],
    ),
    property(
        "out_is_stable",
        "bytes that wait do not change, nor do their number and `out_last`",
        [CARRY_FILE, "assign moves = out_valid && out_ready", "assign moves = out_valid"],
    ),
    property(
        "response_is_bounded",
        "a word is taken with `out_ready` where its rank is 0: as many as words of the run have to leave before",
        [CARRY_FILE, "moves && ends_run);", "moves && ends_run && !running);"],
    ),
    property(
        "response_comes_nearer",
        "while a word waits, each clock with `out_ready` lowers the rank, and none raises it",
        [CARRY_FILE, "running ? run - 32'd1 : run;", "run;"],
    ),
];

/// The properties of what lets groups in.
pub(super) const GATE: [Property; 7] = [
    property(
        "queue_has_room",
        "no word comes to a queue that is full",
        [QUEUE_FILE, "few = fill_next <= 5'd1", "few = fill <= 5'd1"],
    ),
    property(
        "words_fit",
        "words that wait + those that may come from groups under way are sixteen at the most",
        [QUEUE_FILE, "few = fill_next <= 5'd1", "few = fill_next <= 5'd2"],
    ),
    property(
        "ready_is_few",
        "`req_ready` is 0 after a TERMINATE of 1 was taken",
        [GATE_FILE, "few && ends == 4'd0", "few"],
    ),
    property(
        "clear_lasts",
        "what feeds back is held after a reset until nothing of before it is under way",
        [GATE_FILE, "rst ? 4'd15", "rst ? 4'd9"],
    ),
    property(
        "none_is_taken_while_clearing",
        "no group is taken after a reset until nothing of before it is under way",
        [GATE_FILE, "req_ready <= !clear && few", "req_ready <= !rst && few"],
    ),
    property(
        "only_requests_enter",
        "what enters are the requests that are taken, each in its slot, and nothing in the others",
        [GROUP_FILE, "taken && 4'(k) < req_count", "4'(k) < req_count"],
    ),
    property(
        "one_empty_clock_after_a_flush",
        "a group that ends an engine run is followed by a clock without one",
        [GATE_FILE, "few && ends == 4'd0", "few && ends[2:0] == 3'd0"],
    ),
];
