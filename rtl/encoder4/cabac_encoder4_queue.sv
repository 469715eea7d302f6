// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Words that wait for the output: sixteen, which is enough for all groups that are under way when `few` becomes 0. One word
// may be there then, and one more may come in that clock and in each of the fourteen after it: the last group is taken in
// that clock, gives a word thirteen clocks later, and another a clock after that if it ends an engine run.
module cabac_encoder4_queue (
    input  wire logic        clk,
    input  wire logic        clear,
    input  wire logic        in_valid,
    input  wire logic [35:0] in,
    output logic             out_valid,
    input  wire logic        out_ready,
    output logic [35:0]      out,
    output logic             few,
`ifdef FORMAL
    // The word that leaves after `ahead` others: a proof knows of a memory only what is read of it.
    input  wire logic [3:0]  ahead,
    output logic [35:0]      waits,
`endif
    // Registers
    output logic [3:0]       first,
    output logic [4:0]       fill
);
  (* mem2reg *) logic [35:0] words[16];
  logic [3:0] next;
  logic [4:0] fill_next;

  assign next = first + fill[3:0];
  assign out_valid = fill != 5'd0;
  assign out = words[first];
  assign fill_next = fill + {4'd0, in_valid} - {4'd0, out_valid && out_ready};
  assign few = fill_next <= 5'd1;

`ifdef FORMAL
  logic [3:0] place;
  assign place = first + ahead;
  assign waits = words[place];
`endif

  always_ff @(posedge clk) begin
    if (in_valid) words[next] <= in;
    if (clear) begin
      first <= 4'd0;
      fill <= 5'd0;
    end else begin
      first <= first + {3'd0, out_valid && out_ready};
      fill <= fill_next;
    end
  end
endmodule
`default_nettype wire
