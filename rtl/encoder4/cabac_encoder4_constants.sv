// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// All that two slots can make of codIRange, before codIRange is known.
//
// codIRange is 256 + 64 i + r. The first slot leaves left[i] + r, or left[i] if it is an LPS. The multiple of 32 below
// that says whether it is doubled and with which column of its row the second slot goes on; there are three for an i,
// since r is less than 64. So for each i and each of the three the second slot leaves a constant plus r, or twice that
// plus `odd`; an LPS in either slot leaves a constant. cabac_encoder4_pair adds r.
module cabac_encoder4_constants (
    // First slot
    input  wire logic         lps_first,
    input  wire logic [35:0]  left,          // after an LPS: what is left, once and for all
    // Second slot
    input  wire logic         lps_second,
    input  wire logic [31:0]  upper,
    input  wire logic [27:0]  after_second,
    // Whether an LPS is in the pair; for each i five bits of left[i], which with r say where the second slot goes on;
    // twelve pieces, three for each i
    output logic      [152:0] pair
);
  assign pair[152] = lps_first || lps_second;

  for (genvar i = 0; i < 4; i++) begin : quarters
    logic [8:0] value;
    assign value = left[9*i +: 9];
    assign pair[132 + 5*i +: 5] = value[4:0];

    for (genvar o = 0; o < 3; o++) begin : offsets
      logic [3:0] block;
      logic twice;
      logic [1:0] column;
      logic [8:0] rest;
      cabac_encoder4_pkg::piece_t piece;

      assign block = value[8:5] + (lps_first ? 4'd0 : 4'(o));
      assign twice = !block[3];
      assign column = twice ? block[1:0] : block[2:1];
      assign rest = (twice ? {value[7:0], 1'b0} : value) - {1'b0, upper[8*column +: 8]};

      always_comb begin
        piece.twice = twice;
        piece.odd = twice && rest[0];
        if (lps_second) piece.base = {1'b1, after_second[7*column +: 7], 1'b0};
        else if (lps_first) piece.base = rest[8] ? rest : {rest[7:0], 1'b0};
        else piece.base = twice ? {1'b0, rest[8:1]} : rest;
      end
      assign pair[11*(3*i + o) +: 11] = piece;
    end
  end
endmodule
`default_nettype wire
