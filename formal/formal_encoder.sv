// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder core with its checkers. Its context memory is cut away: a context variable that it reads may be
// any with a state below 63, which formal_encoder_contexts proves that it is.
module formal_encoder (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             in_valid,
    input wire cabac_pkg::kind_t in_kind,
    input wire logic             in_bin,
    input wire logic [9:0]       in_ctx_idx,
    input wire logic [7:0]       in_data,
    input wire logic             out_ready,
    input wire logic             watch
);
  logic was_reset, in_ready, out_valid, out_last, settled;
  logic [7:0] out_data;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_debug_t debug;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  cabac_encoder core (
      .clk, .rst, .in_valid, .in_ready, .in_kind, .in_bin, .in_ctx_idx, .in_data,
      .out_valid, .out_ready, .out_data, .out_last, .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  logic fetch_done, put, low_done, push, pop, range_fresh, low_fresh;
  logic [5:0] piece_len;
  logic [33:0] group_len;
  logic [2:0] filling;
  logic [8:0] low_range;

  formal_encoder_flow flow (.*);

  formal_encoder_contract contract (.*);

  formal_encoder_interval interval (.*);

  formal_encoder_bits bits (.*);

  formal_encoder_ports ports (.in_request({in_kind, in_bin, in_ctx_idx, in_data}), .*);
endmodule
`default_nettype wire
