// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

`ifndef CORE
`define CORE cabac_encoder_swift
`endif

// An encoder with a stage ahead of a pipeline that has checkers already: to those the requests are the ones that leave this
// stage. Its context memory is cut away: a context variable that it reads may be any with a state below 63, which
// formal_encoder_swift_contexts proves that it is.
module formal_encoder_swift (
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
  logic was_reset, all_ready, out_valid, out_last, settled;
  logic [7:0] out_data;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_swift_debug_t all;
  cabac_pkg::encoder_debug_t debug;
  assign debug = all.pipeline;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  `CORE core (
      .clk, .rst, .req_valid, .req_ready(all_ready), .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_data,
      .out_valid, .out_ready, .out_data, .out_last, .settled, .save_ctx_idx(10'd0), .save_model, .debug(all)
  );

  cabac_pkg::request_t request;
  assign request = {req_kind, req_bin, req_ctx_idx, req_kind == cabac_pkg::LOAD ? {1'b0, req_model} : req_data};

  logic fetch_done, put, low_done, push, pop, range_fresh, low_fresh;
  logic [5:0] piece_len;
  logic [33:0] group_len;
  logic [2:0] filling;
  logic [8:0] low_range;

  formal_encoder_flow #(.ALWAYS_WAITS(1)) flow (.*);

  formal_encoder_swift_ahead ahead (.req_ready(all_ready), .*);

  formal_encoder_interval interval (.*);

  formal_encoder_bits bits (.*);

  // While a request waits, the core is ready if the pipeline is.
  formal_encoder_ports ports (
      .req_valid(all.ahead_valid), .request(all.ahead),
      .req_ready(all.ahead_valid ? all_ready : !debug.fetch_valid || fetch_done), .*
  );
endmodule
`default_nettype wire
