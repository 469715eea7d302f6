// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// codILow of the encoder of four slots and the words that leave it. What a group adds is any number that keeps the new
// interval inside the old one: that a slot does is proved by formal_encoder4_slot, that pairs and groups of slots do too by
// tests/encoder4/steps.rs. Raw bytes come first in a group, in a new engine run. A clock without a group follows a flush,
// and `clear` lasts until nothing is under way, as formal_encoder4_gate proves.
module formal_encoder4_low (
    input wire logic        clk,
    input wire logic        clear,
    input wire logic [5:0]  shift,
    input wire logic        flush,
    input wire logic [40:0] coded,       // what is added after the raw bytes
    input wire logic [8:0]  range_next,  // codIRange after the group
    input wire logic [2:0]  raw_count,
    input wire logic [31:0] raw_data,
    input wire logic        watch,
    input wire logic [4:0]  watch_after
);
  logic out_valid, carry;
  logic [35:0] out;
  logic [8:0] cod_i_low;
  logic [31:0] word;
  logic [4:0] word_len;
  logic [40:0] addend;
  logic [5:0] coded_shift;

  assign coded_shift = shift - {raw_count, 3'd0};
  assign addend = coded + ({9'd0, raw_data} << coded_shift << 9);

  cabac_encoder4_low low (.*);

  function automatic logic [32:0] ones(input logic [5:0] count);
    ones = ~(33'h1_ffff_ffff << count);
  endfunction

  // The interval. `full` says that a carry would have no place: since the engine run began, or since a carry left, all
  // bits are ones.
  logic was_reset, cleared, fresh, full, tail;
  logic [8:0] range;
  logic [1:0] quiet;
  logic [41:0] sum;
  logic leaves_carry, leaves_ones, left_without_place;

  assign sum = ({33'd0, cod_i_low} << shift) + {1'b0, addend};
  assign leaves_carry = sum[6'd9 + shift];
  assign leaves_ones = (sum[41:9] & ones(coded_shift)) == ones(coded_shift);

  initial was_reset = 1'b0;
  always_ff @(posedge clk) begin
    was_reset <= 1'b1;
    cleared <= clear;
    quiet <= !clear || shift != 6'd0 || addend != 41'd0 || flush ? 2'd0 : quiet + {1'b0, quiet != 2'd3};
    range <= clear ? 9'd510 : range_next;
    fresh <= clear || flush || (fresh && coded_shift == 6'd0 && coded == 41'd0 && range_next == range);
    full <= clear || flush || (leaves_ones && (full || leaves_carry || raw_count != 3'd0));
    tail <= flush && !clear;
    left_without_place <= !clear && full && leaves_carry;
  end

  // The bits that wait to be placed, and those that are, after `held` bits of the word.
  logic [32:0] leaving, placed;
  logic [5:0] leaving_len, placed_len, total;
  logic leaving_last, placed_last, leaving_full, full_before;
  logic [4:0] held;

  assign total = {1'b0, held} + placed_len;
  always_ff @(posedge clk) begin
    leaving <= tail ? 33'd1 : sum[41:9];
    leaving_len <= tail ? 6'd1 : shift;
    leaving_last <= tail;
    {placed, placed_len, placed_last} <= {leaving, leaving_len, leaving_last};
    {full_before, leaving_full} <= {leaving_full, full};
    held <= clear || placed_last ? 5'd0 : total[4:0];
  end

  always_ff @(posedge clk) begin
    if (!was_reset) assume (clear);
    if (!was_reset) assume (quiet == 2'd0);
    if (was_reset && cleared && !clear) assume (quiet == 2'd3);
    assume (shift <= 6'd32 && raw_count <= 3'd4 && {raw_count, 3'd0} <= shift);
    assume (raw_data >> {raw_count, 3'd0} == 32'd0);
    if (raw_count != 3'd0) assume (fresh);
    assume (range_next >= 9'd256 && range_next <= 9'd510 && (!flush || range_next == 9'd510));
    assume ({1'b0, coded} + {33'd0, range_next} <= {33'd0, range} << coded_shift);
    if (tail) assume (shift == 6'd0 && addend == 41'd0 && !flush);
  end

  logic placed_carry, word_ones, tight;
  assign placed_carry = placed[placed_len];

  formal_encoder4_words words (.*);

  always_ff @(posedge clk) begin
    if (was_reset && !clear) begin
      low_is_bounded: assert (range >= 9'd256 && range <= 9'd510 && (!full || {1'b0, cod_i_low} + {1'b0, range} <= 10'd512));
      low_starts_at_0: assert (!fresh || (cod_i_low == 9'd0 && range == 9'd510 && full));
      full_has_no_carry: assert (!left_without_place);
      full_word_has_no_carry: assert (!full_before || !placed_carry);
    end
  end

  always_ff @(posedge clk) begin
    carry_leaves: cover (was_reset && !clear && leaves_carry && shift == 6'd3);
    carry_leaves_without_a_bit: cover (was_reset && !clear && leaves_carry && shift == 6'd0);
    engine_run_ends: cover (was_reset && !clear && out_valid && placed_last && held != 5'd0);
    raw_passes: cover (was_reset && !clear && raw_count == 3'd2 && shift == 6'd19);
    word_is_full: cover (was_reset && !clear && total == 6'd40);
  end
endmodule
`default_nettype wire
