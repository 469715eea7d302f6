// SPDX-License-Identifier: MIT OR Apache-2.0

// The HEVC encoder in the socket. It knows neither LOAD nor ALIGN, and takes neither.
module hevc_encoder_socket #(
    parameter FAULT = 0
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        req_valid,
    output reg         req_ready,
    input  wire [2:0]  req_kind,
    input  wire        req_bin,
    input  wire [9:0]  req_ctx_idx,
    input  wire [7:0]  req_data,
    input  wire [1:0]  slice_type,
    input  wire [7:0]  slice_qp,
    input  wire [1:0]  slice_index,
    output wire        out_valid,
    input  wire        out_ready,
    output wire [7:0]  out_data,
    output wire        out_last
);
  localparam RAW = 3'd4, SLICE = 3'd7;

  wire start_ready, bin_ready, pcm_ready;
  wire is_bin = req_kind < 3'd3;
  always @* begin
    case (req_kind)
      3'd0, 3'd1, 3'd2: req_ready = bin_ready;
      RAW:              req_ready = pcm_ready;
      SLICE:            req_ready = start_ready;
      default:          req_ready = 1'b0;
    endcase
  end

  // The contexts of Main have numbers without gaps in the core. The socket's list has gaps where contexts are not in
  // use, or belong to later versions of the standard.
  reg [7:0] ctx;
  always @* begin
    if      (req_ctx_idx < 10'd15)  ctx = req_ctx_idx[7:0];
    else if (req_ctx_idx < 10'd18)  ctx = req_ctx_idx[7:0] - 8'd1;
    else if (req_ctx_idx < 10'd30)  ctx = req_ctx_idx[7:0] - 8'd2;
    else if (req_ctx_idx < 10'd37)  ctx = req_ctx_idx[7:0] - 8'd5;
    else if (req_ctx_idx < 10'd73)  ctx = req_ctx_idx[7:0] - 8'd6;
    else if (req_ctx_idx < 10'd89)  ctx = req_ctx_idx[7:0] - 8'd7;
    else if (req_ctx_idx < 10'd108) ctx = req_ctx_idx[7:0] - 8'd8;
    else if (req_ctx_idx < 10'd138) ctx = req_ctx_idx[7:0] - 8'd20;
    else                            ctx = req_ctx_idx[7:0] - 8'd32;
  end

  // The slice header of HEVC has 0 for B and 1 for P.
  wire [1:0] hevc_type = slice_type[1] ? 2'd2 : {1'b0, !slice_type[0]};

  hevc_encoder #(.FAULT(FAULT)) core (
      .clk(clk), .rst(rst),
      .start(req_valid && req_kind == SLICE), .start_ready(start_ready), .slice_type(hevc_type),
      .slice_qp(slice_qp), .cabac_init_flag(slice_index[0]),
      .bin_valid(req_valid && is_bin), .bin_ready(bin_ready), .bin_type(req_kind[1:0]), .bin_ctx(ctx),
      .bin_value(req_bin),
      .pcm_valid(req_valid && req_kind == RAW), .pcm_ready(pcm_ready), .pcm_byte(req_data),
      .byte_valid(out_valid), .byte_ready(out_ready), .byte_data(out_data), .byte_last(out_last)
  );
endmodule
