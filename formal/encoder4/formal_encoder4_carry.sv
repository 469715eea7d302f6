// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The last stage of the encoder of four slots: one word, whichever, is watched until it has left and the carry is known that
// it left with. Words come as formal_encoder4_queue proves; that no carry comes where it has no place by formal_encoder4_low.
module formal_encoder4_carry (
    input wire logic        clk,
    input wire logic        clear,
    input wire logic        in_valid,
    input wire logic [35:0] in,
    input wire logic        out_ready,
    input wire logic        watch       // begin to watch a word, in any clock
);
  logic was_reset, in_ready, out_valid, out_last, held_valid, running;
  logic [3:0] out_count;
  logic [31:0] out_data, run;
  logic [34:0] held;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  cabac_encoder4_carry carry (.*);

  // A word of all ones passes a carry on; the first other one, or a carry, decides what waits before it.
  cabac_encoder4_pkg::word_t next;
  logic next_ones, decides, moves, held_last, held_ones;
  logic [31:0] shown;

  assign next = in;
  assign next_ones = next.word == 32'hffff_ffff;
  assign decides = !next_ones || next.last || next.carry;
  assign moves = out_valid && out_ready;
  assign {held_last, held_ones} = {held[34], held[31:0] == 32'hffff_ffff};
  assign shown = {out_data[7:0], out_data[15:8], out_data[23:16], out_data[31:24]};

  // A carry has no place after words of all ones since the engine run began, or since a carry.
  logic tight;
  logic [33:0] entered, left;
  always_ff @(posedge clk) begin
    if (clear) tight <= 1'b1;
    else if (in_ready) tight <= next.last || (next_ones && (next.carry || tight));
    entered <= clear ? 34'd0 : entered + {33'd0, in_ready};
    left <= clear ? 34'd0 : left + {33'd0, moves};
  end

  // The watched word: after `ahead` others, and then gone, with a carry added or not, which the next words will tell.
  typedef enum logic [1:0] { NOWHERE, INSIDE, GONE } place_t;
  place_t place, place_now;
  logic [33:0] ahead;
  logic [34:0] value;
  logic leaves, added, added_now;

  assign leaves = place == INSIDE && moves && ahead == 34'd0;
  assign place_now = leaves ? GONE : place;
  assign added_now = leaves ? shown != value[31:0] : added;

  always_ff @(posedge clk) begin
    place <= place_now;
    added <= added_now;
    ahead <= ahead - {33'd0, moves};
    if (place_now == GONE && (value[34] || (in_ready && decides))) place <= NOWHERE;
    if (place == NOWHERE && watch && in_ready) begin
      place <= INSIDE;
      value <= {next.last, next.more, next.word};
      ahead <= {33'd0, held_valid} + {2'd0, run} - {33'd0, moves};
    end
    if (clear) place <= NOWHERE;
  end

  always_ff @(posedge clk) begin
    if (!was_reset) assume (clear);
    if (was_reset && $past(in_valid && !in_ready && !clear)) assume (in_valid && in == $past(in));
    if (in_valid && next.carry) assume (!tight);
    if (in_valid && !next.last) assume (next.more == 2'd3);
    // The contract: no longer run.
    assume (run != 32'hffff_ffff);
  end

  // In how many clocks with `out_ready` the word that waits is taken.
  logic [31:0] rank;
  assign rank = running ? run - 32'd1 : held_valid && (held_last || decides) ? run : 32'd0;

  always_ff @(posedge clk) begin
    if (was_reset && !clear) begin
      words_account: assert (entered - left == {33'd0, held_valid} + {2'd0, run});
      words_wait_in_order: assert (place != INSIDE || (ahead < {33'd0, held_valid} + {2'd0, run}
          && (held_valid && ahead == 34'd0 ? held == value : value == {3'b011, 32'hffff_ffff})));
      word_leaves_whole: assert (!leaves || ({out_last, out_count} == {value[34], {2'd0, value[33:32]} + 4'd1}
                                             && shown - value[31:0] <= {31'd0, !value[34]}));
      word_gets_its_carry: assert (!((place == INSIDE || place == GONE) && in_ready && decides && !value[34])
                                   || (place_now == GONE && added_now == next.carry));
      carry_is_known: assert (place != GONE || (!value[34] && running && in_valid && decides && added == next.carry));
      carry_meets_no_full_word: assert ((held_valid && !held_last && !held_ones) || running || tight);
      run_is_well_formed: assert (!(held_valid && running) && (running ? run != 32'd0 : run == 32'd0 || (held_valid && !held_last))
                                  && (!running || (in_valid && decides && !held_last)));
      valid_needs_no_ready: assert (out_valid == (running || (held_valid && (held_last || (in_valid && decides)))));
      out_is_stable: assert ($past(!out_valid || out_ready || clear)
                             || (out_valid && {out_last, out_count, out_data} == $past({out_last, out_count, out_data})));
      response_is_bounded: assert (!(in_valid && rank == 32'd0 && out_ready) || in_ready);
      response_comes_nearer: assert ($past(!in_valid || in_ready || clear)
                                     || ($past(out_ready) ? rank < $past(rank) : rank == $past(rank)));
    end
  end

  always_ff @(posedge clk) begin
    run_is_turned: cover (was_reset && !clear && moves && running && run == 32'd2 && shown == 32'd0);
    run_stays: cover (was_reset && !clear && moves && running && run == 32'd2 && shown == 32'hffff_ffff);
    carry_is_added: cover (was_reset && !clear && leaves && added_now && !running);
    engine_run_ends: cover (was_reset && !clear && moves && out_last && out_count == 4'd2);
    full_word_begins_a_life: cover (was_reset && !clear && held_valid && held_ones && !held_last);
  end
endmodule
`default_nettype wire
