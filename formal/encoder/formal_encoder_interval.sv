// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The interval of the encoder: codIRange, codILow, and what passes between the two halves of a step.
module formal_encoder_interval (
    input wire logic                      clk,
    input wire logic                      was_reset,
    input wire logic [8:0]                low_range,
    input wire logic                      range_fresh,
    input wire logic                      low_fresh,
    input wire cabac_pkg::encoder_debug_t debug
);
  logic [10:0] low_end;
  assign low_end = {1'b0, debug.cod_i_low} + {2'd0, low_range};

  // What an operation does, before codILow is known: it stays inside the interval that it was given.
  logic [17:0] op_end, op_room;
  assign op_end = ({8'd0, debug.low.addend} << debug.low.shift) + {8'd0, debug.cod_i_range, 1'b0};
  assign op_room = {8'd0, low_range, 1'b0} << debug.low.shift;

  always_ff @(posedge clk) begin
    if (was_reset) begin
      range_is_normal: assert (debug.cod_i_range >= 9'd256 && debug.cod_i_range <= 9'd510
                               && (debug.cod_i_range <= 9'd501 || !debug.cod_i_range[0]));
      range_starts_at_510: assert (!range_fresh || debug.cod_i_range == 9'd510);

      op_is_well_formed: assert (debug.low.shift <= 3'd6
                                 && !(debug.low.flush && debug.low.raw)
                                 && (!debug.low.flush || debug.low.shift == 3'd0)
                                 && (!debug.low.raw || (debug.low.shift == 3'd0 && debug.low.addend == 10'd0))
                                 && (debug.low.addend == 10'd0 || debug.low.flush || debug.low.shift != 3'd0));
      op_stays_inside: assert (!debug.low_valid
                               || (debug.low.flush ? debug.low.addend + 10'd4 == {low_range, 1'b0}
                                   : debug.low.raw || op_end <= op_room));
      op_keeps_a_fresh_run: assert (!debug.low_valid || !range_fresh || debug.low.flush || debug.low.raw
                                     || (low_fresh && debug.low.addend == 10'd0 && debug.low.shift == 3'd0));
      raw_is_in_a_fresh_run: assert (
          (!debug.low_valid || !debug.low.raw || low_fresh)
          && (!debug.fetch_valid || debug.fetch.kind != cabac_pkg::RAW || range_fresh));

      low_is_bounded: assert (low_range >= 9'd256 && low_range <= 9'd510 && low_end <= 11'd1024);
      low_has_no_carry_at_first: assert (!debug.first_bit_flag || low_end <= 11'd510);
      low_has_no_carry_over_a_run: assert (!debug.cod_i_low[9] || debug.bits_outstanding == 32'd0);
      low_starts_at_0: assert (!low_fresh || (debug.cod_i_low == 10'd0 && debug.bits_outstanding == 32'd0
                                              && debug.first_bit_flag));
    end
  end
endmodule
`default_nettype wire
