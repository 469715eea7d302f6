// SPDX-License-Identifier: MIT OR Apache-2.0

// A multiplexer with a switch for each way: the first that is open, as in a case statement. Yosys leaves open what
// happens if a mutant opens more than one, or none where one always is: then it gives 0.
(* techmap_celltype = "$pmux" *)
module first_of_many (A, B, S, Y);
  parameter WIDTH = 1;
  parameter S_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTVAL_A_ = 0;
  input [WIDTH-1:0] A;
  input [WIDTH*S_WIDTH-1:0] B;
  input [S_WIDTH-1:0] S;
  output [WIDTH-1:0] Y;

  genvar i, j;
  generate
    for (i = S_WIDTH; i >= 0; i = i - 1) begin : from
      wire [WIDTH-1:0] way;
      if (i == S_WIDTH) begin : none
        for (j = 0; j < WIDTH; j = j + 1) begin : of
          if (_TECHMAP_CONSTMSK_A_[j] && _TECHMAP_CONSTVAL_A_[j] === 1'bx) assign way[j] = 1'b0;
          else assign way[j] = A[j];
        end
      end else assign way = S[i] ? B[WIDTH*i +: WIDTH] : from[i+1].way;
    end
  endgenerate
  assign Y = from[0].way;
endmodule
