// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What moves in this clock, computed anew from the registers alone and in numbers instead of bits; and what the
// requests that have passed the range step leave behind. Checkers rely on it: were it wrong, `requests_pass` and
// `bits_account` would fail.
module formal_encoder_flow #(
    parameter bit ALWAYS_WAITS = 0
) (
    input  wire logic                      clk,
    input  wire logic                      rst,
    input  wire cabac_pkg::encoder_debug_t debug,
    // What moves
    output logic                           fetch_done,   // the request passes the range step
    output logic                           put,          // an operation decides bits
    output logic                           low_done,     // an operation passes the low step
    output logic                           push,         // the packer takes a piece
    output logic [5:0]                     piece_len,    // its bits, filling zeros included
    output logic                           pop,          // a byte would leave, if `out_ready`
    // What is in the emit stage
    output logic [33:0]                    group_len,    // bits that are left of it, filling zeros included
    output logic [2:0]                     filling,      // how many of them are filling zeros
    // What the low step has not seen yet
    output logic [8:0]                     low_range,    // codIRange before the operation that waits for it
    output logic                           range_fresh,  // no bin of this engine run has passed the range step
    output logic                           low_fresh     // no bin of this engine run has passed the low step
);
  logic [11:0] sum, all_ones;
  logic long_run, emit_done;
  logic [34:0] fill_and_group;
  logic [8:0] range_before;
  logic fresh_before;

  // Nothing is decided if the bits that leave codILow are ones, since a carry can still turn them.
  assign sum = {1'b0, debug.cod_i_low, 1'b0} + {2'b0, debug.low.addend};
  assign all_ones = 12'd1024 - (12'd1024 >> debug.low.shift);
  assign put = debug.low.flush || debug.low.raw
            || (debug.low.shift != 3'd0 && !(sum >= all_ones && sum < 12'd1024));

  assign long_run = debug.emit.run >= 32'd8;
  assign push = debug.emit_valid && debug.pack_fill < 6'd16 && !debug.pack_last;
  assign emit_done = push && !long_run;
  assign low_done = debug.low_valid && ((!ALWAYS_WAITS && !put) || !debug.emit_valid || emit_done);
  assign fetch_done = debug.fetch_valid && (!debug.low_valid || low_done);
  assign pop = debug.pack_fill >= 6'd8;

  logic [33:0] coded;
  assign coded = {2'd0, debug.emit.run} + {33'd0, debug.emit.head_valid} + {30'd0, debug.emit.len};
  assign fill_and_group = {29'd0, debug.pack_fill} + {1'b0, coded};
  assign filling = debug.emit.last ? 3'd0 - fill_and_group[2:0] : 3'd0;
  assign group_len = coded + {31'd0, filling};
  assign piece_len = long_run ? 6'd8 : group_len[5:0];

  always_ff @(posedge clk) begin
    if (rst) begin
      range_fresh <= 1'b1;
    end else if (fetch_done) begin
      range_before <= debug.cod_i_range;
      fresh_before <= range_fresh;
      case (debug.fetch.kind)
        cabac_pkg::TERMINATE: range_fresh <= debug.fetch.bin;
        cabac_pkg::CONTEXT, cabac_pkg::BYPASS, cabac_pkg::ALIGN: range_fresh <= 1'b0;
        default: ;
      endcase
    end
  end

  assign low_range = debug.low_valid ? range_before : debug.cod_i_range;
  assign low_fresh = debug.low_valid ? fresh_before : range_fresh;
endmodule
`default_nettype wire
