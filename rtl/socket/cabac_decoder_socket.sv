// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A decoder in the socket of docs/socket.md, and the template for others: one request at a time.
module cabac_decoder_socket (
    input  wire logic       clk,
    input  wire logic       rst,
    // Requests: `req_count` of them, the first in the lowest bits
    input  wire logic       req_valid,
    output logic            req_ready,
    input  wire logic [3:0] req_count,
    input  wire logic [2:0] req_kind,
    input  wire logic [9:0] req_ctx_idx,
    input  wire logic [6:0] req_model,    // CONTEXT: the state before the bin; LOAD: the new one
    // The slice, for cores that initialise contexts by themselves
    input  wire logic       slice_codec,
    input  wire logic [1:0] slice_type,
    input  wire logic [7:0] slice_qp,
    input  wire logic [1:0] slice_index,
    // Slice data
    input  wire logic       in_valid,
    output logic            in_ready,
    input  wire logic [7:0] in_data,
    input  wire logic       in_last,
    // Answers to CONTEXT, BYPASS, TERMINATE and RAW: `rsp_count` of them, the first in the lowest bits
    output logic            rsp_valid,
    input  wire logic       rsp_ready,
    output logic [3:0]      rsp_count,
    output logic [0:0]      rsp_bin,
    output logic [7:0]      rsp_data,     // RAW
    output logic [1:0]      rsp_error,
    output logic [31:0]     rsp_bits      // how many bits of the slice have been read, with the last of these answers
);
  // The core: another one takes its place here.
  cabac_pkg::error_t error;
  assign rsp_count = 4'd1;
  assign rsp_error = error;

  // What the socket has no use for; `unused` is that and what the core has no use for.
  logic settled, unused;
  cabac_pkg::model_t save_model;
  cabac_pkg::decoder_debug_t debug;

  cabac_decoder core (
      .clk, .rst,
      .req_valid, .req_ready, .req_kind(cabac_pkg::kind_t'(req_kind)), .req_ctx_idx, .req_model,
      .in_valid, .in_ready, .in_data, .in_last,
      .rsp_valid, .rsp_ready, .rsp_bin(rsp_bin[0]), .rsp_data, .rsp_error(error), .rsp_bits,
      .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  assign unused = &{req_count, slice_codec, slice_type, slice_qp, slice_index, settled, save_model, debug, 1'b0};
endmodule
`default_nettype wire
