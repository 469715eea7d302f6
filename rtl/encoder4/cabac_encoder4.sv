// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder of four slots behind the ports of docs/socket.md, with eight lanes. Whoever can make groups takes
// cabac_encoder4_coder.
module cabac_encoder4 (
    input  wire logic         clk,
    input  wire logic         rst,
    // Requests: `req_count` of them, the first in the lowest bits
    input  wire logic         req_valid,
    output logic              req_ready,
    input  wire logic [3:0]   req_count,
    input  wire logic [23:0]  req_kind,
    input  wire logic [7:0]   req_bin,
    input  wire logic [79:0]  req_ctx_idx,
    input  wire logic [55:0]  req_model,    // LOAD
    input  wire logic [7:0]   req_data,     // RAW
    // Slice data: `out_count` bytes, the first in the lowest bits; `out_last` marks the last byte of a life
    output logic              out_valid,
    input  wire logic         out_ready,
    output logic [3:0]        out_count,
    output logic [31:0]       out_data,
    output logic              out_last,
    // Context memory: `save_model` answers in the next clock, while `settled`
    output logic              settled,
    input  wire logic [9:0]   save_ctx_idx,
    output logic [6:0]        save_model,
    // For checkers only
    output cabac_encoder4_pkg::encoder4_debug_t debug
);
  logic group_valid, group_ready, coder_settled;
  cabac_encoder4_pkg::group_t group;
  cabac_encoder4_pkg::lanes_t lanes;
  cabac_encoder4_pkg::debug_t coder_debug;

  assign settled = coder_settled && !group_valid;

  // LOAD comes alone.
  logic unused;
  assign unused = &req_model[55:7];

  cabac_encoder4_lanes front (
      .clk, .rst, .req_valid, .req_ready, .req_count, .req_kind, .req_bin, .req_ctx_idx, .req_model(req_model[6:0]),
      .req_data, .group_valid, .group_ready, .group, .lanes
  );
  cabac_encoder4_coder coder (
      .clk, .rst, .group_valid, .group_ready, .group,
      .out_valid, .out_ready, .out_count, .out_data, .out_last,
      .settled(coder_settled), .save_ctx_idx, .save_model, .debug(coder_debug)
  );

  assign debug = {lanes, coder_debug};
endmodule
`default_nettype wire
