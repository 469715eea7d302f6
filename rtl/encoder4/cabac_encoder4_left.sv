// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What the first slot of a pair leaves of codIRange, for each quarter i of it: left[i] + r of 256 + 64 i + r, and after
// an LPS left[i].
module cabac_encoder4_left (
    input  wire logic        lps,
    input  wire logic [31:0] upper,
    input  wire logic [27:0] after_lps,
    output logic [35:0]      left
);
  for (genvar i = 0; i < 4; i++) begin : quarters
    assign left[9*i +: 9] = lps ? {1'b1, after_lps[7*i +: 7], 1'b0} : {1'b1, 2'(i), 6'd0} - {1'b0, upper[8*i +: 8]};
  end
endmodule
`default_nettype wire
