// SPDX-License-Identifier: MIT OR Apache-2.0

// The decoder with banks in the socket: LOAD goes through the back door of the banks, and the stream of bytes becomes
// the byte reader that the core has beside it in its system.
module banked_decoder_socket #(
    parameter FAULT = 0
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       req_valid,
    output wire       req_ready,
    input  wire [2:0] req_kind,
    input  wire [9:0] req_ctx_idx,
    input  wire [6:0] req_model,
    input  wire       in_valid,
    output wire       in_ready,
    input  wire [7:0] in_data,
    input  wire       in_last,
    output wire       rsp_valid,
    input  wire       rsp_ready,
    output wire       rsp_bin,
    output wire [7:0] rsp_data
);
  localparam RAW = 3'd4, LOAD = 3'd5, START = 3'd6, SLICE = 3'd7;

  wire op_ready, rd_en, rd_empty;

  // The core does nothing with op 7.
  reg [2:0] op;
  always @* begin
    case (req_kind)
      3'd0, 3'd1, 3'd2: op = req_kind;
      RAW:              op = 3'd3;
      START:            op = 3'd4;
      default:          op = 3'd7;
    endcase
  end

  // The reader. `more`: the slice has bytes that are not taken. `drop`: they belong to the slice before. Behind the last
  // byte it reads zeros.
  reg       more, drop;
  reg [7:0] rd_data;
  wire      taken = in_valid && in_ready;

  assign in_ready  = more && (drop || rd_en);
  assign rd_empty  = more && (drop || !in_valid);
  assign req_ready = op_ready && !drop;

  wire accepted = req_valid && req_ready;

  always @(posedge clk) begin
    if (rd_en) rd_data <= more ? in_data : 8'd0;
    if (taken && in_last) begin
      more <= drop;
      drop <= 1'b0;
    end
    if (accepted && req_kind == SLICE) begin
      more <= 1'b1;
      drop <= more;
    end
    if (rst) begin
      more <= 1'b0;
      drop <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (accepted && req_kind == LOAD)
      case (req_ctx_idx[1:0])
        2'd0: core.bank0.mem[req_ctx_idx[9:2]] <= req_model;
        2'd1: core.bank1.mem[req_ctx_idx[9:2]] <= req_model;
        2'd2: core.bank2.mem[req_ctx_idx[9:2]] <= req_model;
        2'd3: core.bank3.mem[req_ctx_idx[9:2]] <= req_model;
      endcase
  end

  banked_decoder #(.FAULT(FAULT)) core (
      .clk(clk), .rst(rst),
      .op_valid(req_valid && !drop), .op_ready(op_ready), .op(op), .op_ctx(req_ctx_idx),
      .rd_en(rd_en), .rd_empty(rd_empty), .rd_data(rd_data),
      .res_valid(rsp_valid), .res_ready(rsp_ready), .res_bin(rsp_bin), .res_pcm(rsp_data)
  );
endmodule
