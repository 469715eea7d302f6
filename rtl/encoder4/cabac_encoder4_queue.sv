// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Words that wait for the output: sixteen, which is enough for all groups that are under way when `few` is withdrawn.
// From the clock in which it is seen to that in which the last group that it lets in gives its word there are fifteen,
// each of a word at the most; one may be held before.
module cabac_encoder4_queue (
    input  wire logic        clk,
    input  wire logic        clear,
    input  wire logic        in_valid,
    input  wire logic [35:0] in,
    output logic             out_valid,
    input  wire logic        out_ready,
    output logic [35:0]      out,
    output logic             few,
    // Registers
    output logic [3:0]       first,
    output logic [4:0]       fill
);
  (* mem2reg *) logic [35:0] words[16];
  logic [3:0] next;

  assign next = first + fill[3:0];
  assign out_valid = fill != 5'd0;
  assign out = words[first];
  assign few = fill <= 5'd1;

  always_ff @(posedge clk) begin
    if (in_valid) words[next] <= in;
    if (clear) begin
      first <= 4'd0;
      fill <= 5'd0;
    end else begin
      first <= first + {3'd0, out_valid && out_ready};
      fill <= fill + {4'd0, in_valid} - {4'd0, out_valid && out_ready};
    end
  end
endmodule
`default_nettype wire
