// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What a slot makes of codIRange, for each quarter of it: what is taken from it, and what it is after an LPS, without
// its first bit, which is 1, and its last, which is 0.
//
//   CONTEXT, state 0, codIRange 448..510  ->  240 is taken; 240 doubled is 480, without its ends 112
//   TERMINATE                             ->  2 is taken; a flush leaves 510, without its ends 127
//   ALIGN, as an LPS                      ->  256 is left, without its ends 0
//   others                                ->  nothing is taken
module cabac_encoder4_rows (
    input  wire logic [2:0]  kind,
    input  wire logic [5:0]  p_state_idx,
    output logic      [31:0] upper,
    output logic      [27:0] after_lps
);
  for (genvar quarter = 0; quarter < 4; quarter++) begin : quarters
    logic [7:0] range_lps;
    logic [2:0] shift;

    cabac_range_table range_table (
        .p_state_idx, .q_cod_i_range_idx(2'(quarter)), .cod_i_range_lps(range_lps), .shift
    );

    always_comb begin
      case (kind)
        cabac_pkg::CONTEXT:
          {upper[8*quarter +: 8], after_lps[7*quarter +: 7]} = {range_lps, 7'((range_lps << shift) >> 1)};
        cabac_pkg::TERMINATE: {upper[8*quarter +: 8], after_lps[7*quarter +: 7]} = {8'd2, 7'd127};
        default: {upper[8*quarter +: 8], after_lps[7*quarter +: 7]} = 15'd0;
      endcase
    end
  end
endmodule
`default_nettype wire
