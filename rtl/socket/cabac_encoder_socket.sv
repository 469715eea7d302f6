// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// An encoder in the socket of docs/socket.md, and the template for others: one request and one byte at a time.
module cabac_encoder_socket (
    input  wire logic       clk,
    input  wire logic       rst,
    // Requests: `req_count` of them, the first in the lowest bits
    input  wire logic       req_valid,
    output logic            req_ready,
    input  wire logic [3:0] req_count,
    input  wire logic [2:0] req_kind,
    input  wire logic [0:0] req_bin,
    input  wire logic [9:0] req_ctx_idx,
    input  wire logic [6:0] req_model,    // CONTEXT: the state before the bin; LOAD: the new one
    input  wire logic [7:0] req_data,     // RAW
    // The slice, for cores that initialise contexts by themselves
    input  wire logic       slice_codec,
    input  wire logic [1:0] slice_type,
    input  wire logic [7:0] slice_qp,
    input  wire logic [1:0] slice_index,
    // Slice data: `out_count` bytes, the first in the lowest bits
    output logic            out_valid,
    input  wire logic       out_ready,
    output logic [3:0]      out_count,
    output logic [7:0]      out_data,
    output logic            out_last
);
  // The core: another one takes its place here.
  assign out_count = 4'd1;

  // What the socket has no use for; `unused` is that and what the core has no use for.
  logic settled, unused;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_debug_t debug;

  cabac_encoder core (
      .clk, .rst,
      .req_valid, .req_ready, .req_kind(cabac_pkg::kind_t'(req_kind)), .req_bin, .req_ctx_idx, .req_model, .req_data,
      .out_valid, .out_ready, .out_data, .out_last,
      .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  assign unused = &{req_count, slice_codec, slice_type, slice_qp, slice_index, settled, save_model, debug, 1'b0};
endmodule
`default_nettype wire
