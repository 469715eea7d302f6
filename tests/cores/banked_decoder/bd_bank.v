// SPDX-License-Identifier: MIT OR Apache-2.0

// A quarter of the context variables, {valMPS, pStateIdx} each: those whose ctxIdx has the same two lowest bits.
//
// Back door: whoever sets up a slice writes `mem` from outside, in a clock in which the decoder is idle. In silicon it
// is the second port of the RAM.
module bd_bank (
    input  wire       clk,
    input  wire [7:0] addr,
    input  wire       we,
    input  wire [6:0] d,
    output reg  [6:0] q
);
  /* verilator lint_off MULTIDRIVEN */
  reg [6:0] mem [0:255];
  /* verilator lint_on MULTIDRIVEN */

  always @(posedge clk) begin
    q <= mem[addr];
    if (we) mem[addr] <= d;
  end
endmodule
