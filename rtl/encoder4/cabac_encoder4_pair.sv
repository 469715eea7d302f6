// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// codIRange after two slots. All places are tried at once; codIRange chooses.
module cabac_encoder4_pair (
    input  wire logic [152:0] pair,
    input  wire logic [7:0]   cod_i_range,       // without its top bit, which is 1
    output logic      [7:0]   cod_i_range_next
);
  logic fixed;
  logic [5:0] r;
  logic [3:0] quarter;
  logic [95:0] chosen;
  logic [47:0] form;

  assign fixed = pair[152];
  assign r = cod_i_range[5:0];

  for (genvar i = 0; i < 4; i++) begin : quarters
    logic crosses;
    logic [2:0] offset;

    assign quarter[i] = cod_i_range[7:6] == 2'(i);
    assign crosses = {1'b0, pair[132 + 5*i +: 5]} + {1'b0, r[4:0]} >= 6'd32;
    assign offset = {r[5] && crosses, r[5] != crosses, !r[5] && !crosses};

    for (genvar o = 0; o < 3; o++) begin : offsets
      cabac_encoder4_pkg::piece_t piece;
      logic [8:0] x;
      logic hit, reaches;

      assign piece = pair[11*(3*i + o) +: 11];
      assign x = piece.base + {3'd0, r};
      assign reaches = piece.twice ? x[7] : x[8];
      assign hit = quarter[i] && offset[o];
      // The base, x, x doubled once, x doubled twice.
      assign form[4*(3*i + o) +: 4] = {hit && !fixed && piece.twice && !reaches, hit && !fixed && piece.twice == reaches,
                                       hit && !fixed && !piece.twice && reaches, hit && fixed};
      assign chosen[8*(3*i + o) +: 8] = ({8{form[4*(3*i + o)]}} & piece.base[7:0])
                                      | ({8{form[4*(3*i + o) + 1]}} & x[7:0])
                                      | ({8{form[4*(3*i + o) + 2]}} & {x[6:0], piece.odd})
                                      | ({8{form[4*(3*i + o) + 3]}} & {x[5:0], piece.odd, 1'b0});
    end
  end

  always_comb begin
    cod_i_range_next = 8'd0;
    for (int k = 0; k < 12; k++) cod_i_range_next |= chosen[8*k +: 8];
  end
endmodule
`default_nettype wire
