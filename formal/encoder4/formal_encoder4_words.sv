// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The word that is being filled: how many bits it has, one of them, whichever, and the carries that go beyond it.
module formal_encoder4_words (
    input  wire logic        clk,
    input  wire logic        clear,
    input  wire logic        was_reset,
    input  wire logic        watch,         // begin to watch a bit, in any clock
    input  wire logic [4:0]  watch_after,  // how many bits of its group are after it
    // The bits that have been placed, with the carry above them
    input  wire logic [32:0] placed,
    input  wire logic [5:0]  placed_len,
    input  wire logic        placed_last,
    input  wire logic        placed_carry,
    input  wire logic [4:0]  held,
    input  wire logic [5:0]  total,
    input  wire logic        full_before,   // a carry that comes with them would have no place
    input  wire logic        out_valid,
    input  wire logic [35:0] out,
    input  wire logic [31:0] word,
    input  wire logic [4:0]  word_len,
    input  wire logic        carry,
    output logic             word_ones,
    output logic             tight          // as formal_encoder4_carry has it
);
  cabac_encoder4_pkg::word_t given;
  logic [31:0] below_held;
  logic owed;

  assign given = out;
  assign below_held = 32'hffff_ffff >> held;
  assign word_ones = (word | below_held) == 32'hffff_ffff;

  always_ff @(posedge clk) begin
    owed <= !clear && !out_valid && (owed || (placed_carry && word_ones));
    if (clear) tight <= 1'b1;
    else if (out_valid) tight <= given.last || (given.word == 32'hffff_ffff && (given.carry || tight));
  end

  // The watched bit: a carry turns it if all bits of the word after it are ones.
  logic watched, watched_now, value, value_now, bits_after;
  logic [5:0] at, at_now;

  assign bits_after = (word | below_held | ~(32'h7fff_ffff >> at)) == 32'hffff_ffff;

  always_comb begin
    watched_now = watched;
    at_now = at;
    value_now = value ^ (placed_carry && bits_after);
    if (!watched && watch && {1'b0, watch_after} < placed_len) begin
      watched_now = 1'b1;
      at_now = total - 6'd1 - {1'b0, watch_after};
      value_now = placed[watch_after];
    end
  end

  always_ff @(posedge clk) begin
    watched <= !clear && watched_now && !(out_valid && at_now < 6'd32);
    at <= out_valid ? at_now - 6'd32 : at_now;
    value <= value_now;
  end

  always_ff @(posedge clk) begin
    if (was_reset && !clear) begin
      bits_account: assert (word_len == (placed_last ? 5'd0 : total[4:0]) && out_valid == (placed_last || total >= 6'd32));
      word_is_clean: assert ((word & below_held) == 32'd0);
      bits_wait_in_place: assert (!watched || (at < {1'b0, held} && word[5'd31 - at[4:0]] == value));
      bits_leave_in_place: assert (
          !(watched && out_valid && at < 6'd32) || given.word[5'd31 - at[4:0]] == value_now);
      bits_leave_at_once: assert (
          watched || !(watched_now && out_valid && at_now < 6'd32) || given.word[5'd31 - at_now[4:0]] == value_now);
      word_has_one_carry: assert (!(carry && placed_carry && word_ones));
      carry_is_full: assert (!((carry || tight) && word_ones) || full_before);
      carry_is_handed_on: assert (carry == owed
                                  && (!out_valid || given.carry == (owed || (placed_carry && word_ones))));
      carry_has_a_place: assert (!tight || (!carry && !(out_valid && given.carry)));
      engine_run_ends_with_whole_bytes: assert (
          !out_valid || (given.last == placed_last
                         && given.more == (placed_last ? 2'((total - 6'd1) >> 3) : 2'd3)
                         && (!placed_last || (given.word << total) == 32'd0)));
    end
  end

  always_ff @(posedge clk) begin
    carry_turns_a_bit: cover (was_reset && !clear && watched && placed_carry && bits_after && at + 6'd2 < {1'b0, held});
    carry_leaves_a_word: cover (was_reset && !clear && placed_carry && word_ones && held == 5'd3);
    word_is_tight: cover (was_reset && !clear && tight && given.word == 32'hffff_ffff && out_valid);
  end
endmodule
`default_nettype wire
