// SPDX-License-Identifier: MIT OR Apache-2.0

// A multiplexer with a switch for each way: the first that is open, as in a case statement. Yosys leaves open what
// happens if a mutant opens more than one.
(* techmap_celltype = "$pmux" *)
module first_of_many (A, B, S, Y);
  parameter WIDTH = 1;
  parameter S_WIDTH = 1;
  input [WIDTH-1:0] A;
  input [WIDTH*S_WIDTH-1:0] B;
  input [S_WIDTH-1:0] S;
  output [WIDTH-1:0] Y;

  genvar i;
  generate
    for (i = S_WIDTH; i >= 0; i = i - 1) begin : from
      wire [WIDTH-1:0] way;
      if (i == S_WIDTH) assign way = A;
      else assign way = S[i] ? B[WIDTH*i +: WIDTH] : from[i+1].way;
    end
  endgenerate
  assign Y = from[0].way;
endmodule
