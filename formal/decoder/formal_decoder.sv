// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

`ifndef CORE
`define CORE cabac_decoder
`endif

// A decoder core with its checkers. Its context memory is cut away: a context variable that it reads may be any
// with a state below 63, which formal_decoder_contexts proves that it is.
module formal_decoder (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             req_valid,
    input wire cabac_pkg::kind_t req_kind,
    input wire logic [9:0]       req_ctx_idx,
    input wire logic [6:0]       req_model,
    input wire logic             in_valid,
    input wire logic [7:0]       in_data,
    input wire logic             in_last,
    input wire logic             rsp_ready
);
  logic was_reset, req_ready, in_ready, rsp_valid, rsp_bin, settled;
  logic [7:0] rsp_data;
  cabac_pkg::error_t rsp_error;
  logic [31:0] rsp_bits;
  cabac_pkg::model_t save_model;
  cabac_pkg::decoder_debug_t debug;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  `CORE core (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_ctx_idx, .req_model,
      .in_valid, .in_ready, .in_data, .in_last,
      .rsp_valid, .rsp_ready, .rsp_bin, .rsp_data, .rsp_error, .rsp_bits,
      .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  logic taken, byte_taken, overrun;
  assign taken = was_reset && !rst && req_valid && req_ready;
  assign byte_taken = was_reset && !rst && in_valid && in_ready;

  formal_decoder_contract contract (.*);

  formal_decoder_interval interval (.*);

  formal_decoder_bits bits (.*);

  formal_decoder_ports ports (.*);
endmodule
`default_nettype wire
