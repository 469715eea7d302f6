// SPDX-License-Identifier: MIT OR Apache-2.0

// The four-lane encoder in the socket. It keeps no contexts and needs no header, so LOAD, START and SLICE do nothing.
module quad_encoder_socket #(
    parameter FAULT = 0
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        req_valid,
    output wire        req_ready,
    input  wire [3:0]  req_count,
    input  wire [11:0] req_kind,
    input  wire [3:0]  req_bin,
    input  wire [27:0] req_model,
    input  wire [7:0]  req_data,
    output wire        out_valid,
    input  wire        out_ready,
    output wire [3:0]  out_count,
    output wire [63:0] out_data,
    output wire        out_last
);
  localparam CONTEXT = 3'd0, BYPASS = 3'd1, TERMINATE = 3'd2, ALIGN = 3'd3, RAW = 3'd4;

  reg [3:0] enable, bypass, term;
  integer   i;
  always @* begin
    for (i = 0; i < 4; i = i + 1) begin
      bypass[i] = req_kind[3*i +: 3] == BYPASS;
      term[i]   = req_kind[3*i +: 3] == TERMINATE;
      enable[i] = i < req_count && (bypass[i] || term[i] || req_kind[3*i +: 3] == CONTEXT);
    end
  end

  quad_encoder #(.FAULT(FAULT)) core (
      .clk(clk), .rst(rst),
      .in_valid(req_valid), .in_ready(req_ready),
      .in_enable(enable), .in_bypass(bypass), .in_term(term), .in_bin(req_bin), .in_model(req_model),
      .in_align(req_kind[2:0] == ALIGN), .in_pcm(req_kind[2:0] == RAW), .in_pcm_data(req_data),
      .out_valid(out_valid), .out_ready(out_ready), .out_count(out_count), .out_data(out_data), .out_last(out_last)
  );
endmodule
