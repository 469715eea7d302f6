// SPDX-License-Identifier: MIT OR Apache-2.0

// The streaming encoder in the socket. There is no out_ready: the core cannot wait.
module streaming_encoder_socket #(
    parameter FAULT = 0
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       req_valid,
    output wire       req_ready,
    input  wire [2:0] req_kind,
    input  wire       req_bin,
    input  wire [9:0] req_ctx_idx,
    input  wire [6:0] req_model,
    input  wire [7:0] req_data,
    output wire       out_valid,
    output wire [7:0] out_data,
    output wire       out_last
);
  // Commands of the core that it has for the kinds of the socket; it does nothing with 6 and 7.
  reg [2:0] cmd;
  always @* begin
    case (req_kind)
      3'd0:    cmd = 3'd0;         // CONTEXT
      3'd1:    cmd = 3'd1;         // BYPASS
      3'd2:    cmd = 3'd2;         // TERMINATE
      3'd4:    cmd = 3'd3;         // RAW
      3'd5:    cmd = 3'd4;         // LOAD
      3'd7:    cmd = 3'd5;         // SLICE
      default: cmd = 3'd7;
    endcase
  end

  streaming_encoder #(.FAULT(FAULT)) core (
      .clk(clk), .rst(rst),
      .cmd_valid(req_valid), .cmd_ready(req_ready), .cmd(cmd), .cmd_ctx(req_ctx_idx[8:0]), .cmd_state(req_model),
      .cmd_bin(req_bin), .cmd_byte(req_data),
      .byte_strobe(out_valid), .byte_data(out_data), .byte_last(out_last)
  );
endmodule
