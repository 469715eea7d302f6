// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The queue of words of the encoder of four slots: one word, whichever, is watched from where it comes in to where it
// leaves. That no word comes without room for it is proved by formal_encoder4_gate.
module formal_encoder4_queue (
    input wire logic        clk,
    input wire logic        clear,
    input wire logic        in_valid,
    input wire logic [35:0] in,
    input wire logic        out_ready,
    input wire logic        watch       // begin to watch a word, in any clock
);
  logic was_reset, out_valid, few, pops, watched;
  logic [35:0] out, waits, value;
  logic [3:0] first;
  logic [4:0] fill, entered, left, ahead;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  cabac_encoder4_queue queue (
      .clk, .clear, .in_valid, .in, .out_valid, .out_ready, .out, .few, .ahead(ahead[3:0]), .waits, .first, .fill
  );

  assign pops = out_valid && out_ready;
  always_ff @(posedge clk) begin
    entered <= clear ? 5'd0 : entered + {4'd0, in_valid};
    left <= clear ? 5'd0 : left + {4'd0, pops};
    if (watched) begin
      ahead <= ahead - {4'd0, pops};
      watched <= !(pops && ahead == 5'd0);
    end else begin
      ahead <= fill - {4'd0, pops};
      value <= in;
      watched <= watch && in_valid;
    end
    if (clear) watched <= 1'b0;
  end

  always_ff @(posedge clk) begin
    if (!was_reset) assume (clear);
    if (in_valid) assume (fill <= 5'd15);
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      queue_account: assert (entered - left == fill && fill <= 5'd16);
      words_wait_in_place: assert (!watched || (ahead < fill && waits == value));
      words_leave_in_order: assert (!watched || ahead != 5'd0 || (out_valid && out == value));
      head_is_stable: assert ($past(!out_valid || out_ready || clear) || (out_valid && out == $past(out)));
      head_needs_no_ready: assert (out_valid == (fill != 5'd0));
      few_is_few: assert (few == (fill + {4'd0, in_valid} - {4'd0, pops} <= 5'd1));
    end
  end

  always_ff @(posedge clk) begin
    word_waits: cover (was_reset && watched && ahead == 5'd3 && $past(ahead, 3) == 5'd4);
    word_leaves: cover (was_reset && watched && pops && ahead == 5'd0 && fill == 5'd5);
  end
endmodule
`default_nettype wire
