// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The core, and whether its low step waits for the emit stage even if it decides no bits.
`ifndef CORE
`define CORE cabac_encoder
`define ALWAYS_WAITS 0
`endif

// An encoder core with its checkers. Its context memory is cut away: a context variable that it reads may be
// any with a state below 63, which formal_encoder_contexts proves that it is.
module formal_encoder (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             req_valid,
    input wire cabac_pkg::kind_t req_kind,
    input wire logic             req_bin,
    input wire logic [9:0]       req_ctx_idx,
    input wire logic [6:0]       req_model,
    input wire logic [7:0]       req_data,
    input wire logic             out_ready,
    input wire logic             watch
);
  logic was_reset, req_ready, out_valid, out_last, settled;
  logic [7:0] out_data;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_debug_t debug;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  `CORE core (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_data,
      .out_valid, .out_ready, .out_data, .out_last, .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  cabac_pkg::request_t request;
  assign request = {req_kind, req_bin, req_ctx_idx, req_kind == cabac_pkg::LOAD ? {1'b0, req_model} : req_data};

  logic fetch_done, put, low_done, push, pop, range_fresh, low_fresh;
  logic [5:0] piece_len;
  logic [33:0] group_len;
  logic [2:0] filling;
  logic [8:0] low_range;

  formal_encoder_flow #(.ALWAYS_WAITS(`ALWAYS_WAITS)) flow (.*);

  formal_encoder_contract contract (.*);

  formal_encoder_interval interval (.*);

  formal_encoder_bits bits (.*);

  formal_encoder_ports ports (.*);
endmodule
`default_nettype wire
