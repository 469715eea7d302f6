// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A wrong encoder: its count of outstanding bits has six bits and stays at 63, so that bits are lost from 64 on.
module saturating_counter #(
    parameter LANES = 1
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 req_valid,
    output wire                 req_ready,
    input  wire [3:0]           req_count,
    input  wire [3*LANES-1:0]   req_kind,
    input  wire [LANES-1:0]     req_bin,
    input  wire [10*LANES-1:0]  req_ctx_idx,
    input  wire [7*LANES-1:0]   req_model,
    input  wire [7:0]           req_data,
    input  wire                 slice_codec,
    input  wire [1:0]           slice_type,
    input  wire [7:0]           slice_qp,
    input  wire [1:0]           slice_index,
    output wire                 out_valid,
    input  wire                 out_ready,
    output wire [3:0]           out_count,
    output wire [7:0]           out_data,
    output wire                 out_last
);
  textbook_encoder #(.LANES(LANES), .COUNTER(6)) core (
      .clk(clk), .rst(rst), .req_valid(req_valid), .req_ready(req_ready), .req_count(req_count),
      .req_kind(req_kind), .req_bin(req_bin), .req_ctx_idx(req_ctx_idx), .req_model(req_model),
      .req_data(req_data), .slice_codec(slice_codec), .slice_type(slice_type), .slice_qp(slice_qp),
      .slice_index(slice_index), .out_valid(out_valid), .out_ready(out_ready), .out_count(out_count),
      .out_data(out_data), .out_last(out_last)
  );
endmodule
`default_nettype wire
