// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A right encoder that is slow in one of four ways: this project's core, kept from requests for some clocks. A test says by `trigger`
// which; with 0 it is as fast as the core.
module stalling_encoder (
    input  wire        clk,
    input  wire        rst,
    input  wire [2:0]  trigger,
    input  wire        req_valid,
    output wire        req_ready,
    input  wire [2:0]  req_kind,
    input  wire        req_bin,
    input  wire [9:0]  req_ctx_idx,
    input  wire [6:0]  req_model,
    input  wire [7:0]  req_data,
    output wire        out_valid,
    input  wire        out_ready,
    output wire [7:0]  out_data,
    output wire        out_last
);
  localparam CONTEXT = 3'd0, BYPASS = 3'd1, TERMINATE = 3'd2, LOAD = 3'd5;

  // What is taken, and what was before it.
  wire take = req_valid && req_ready;
  reg [2:0] kind;
  reg [9:0] ctx_idx;
  wire context_again = req_kind == CONTEXT && kind == CONTEXT && req_ctx_idx == ctx_idx;
  wire long_run = req_kind <= TERMINATE && core.bits_outstanding > 40;
  wire terminate_after_bypass = req_kind == TERMINATE && kind == BYPASS && !req_bin;
  wire use_after_load = req_kind == CONTEXT && kind == LOAD && req_ctx_idx == ctx_idx;

  reg [4:0] hold;
  wire core_ready;
  wire free = hold == 0;
  assign req_ready = free && core_ready;
  always @(posedge clk) begin
    if (take) {kind, ctx_idx} <= {req_kind, req_ctx_idx};
    if (!free) hold <= hold - 1'b1;
    else if (take) case (trigger)
      3'd1: if (context_again) hold <= 5;
      3'd2: if (long_run) hold <= 3;
      3'd3: if (terminate_after_bypass) hold <= 20;
      3'd4: if (use_after_load) hold <= 9;
      default: ;
    endcase
    if (rst) {hold, kind} <= {5'd0, BYPASS};
  end

  cabac_encoder core (
      .clk(clk), .rst(rst), .req_valid(req_valid && free), .req_ready(core_ready), .req_kind(req_kind), .req_bin(req_bin),
      .req_ctx_idx(req_ctx_idx), .req_model(req_model), .req_data(req_data), .out_valid(out_valid), .out_ready(out_ready),
      .out_data(out_data), .out_last(out_last), .settled(), .save_ctx_idx(10'd0), .save_model(), .debug()
  );
endmodule
`default_nettype wire
