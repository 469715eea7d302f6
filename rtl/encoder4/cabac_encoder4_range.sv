// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// codIRange, four slots a clock.
//
//   state: slots with the states before them  -> the rows of their tables
//   rows:  rows                               -> constants for each pair of slots
//   pairs: constants, and codIRange           -> codIRange after the first pair, and after the second
//
// Only the last of these stages feeds back into itself.
module cabac_encoder4_range (
    input  wire logic                       clk,
    input  wire logic                       clear,
    input  wire cabac_encoder4_pkg::coded_t coded,
    // The slots a stage after codIRange has met them, and codIRange before each pair, without its top bit
    output cabac_encoder4_pkg::coded_t      met,
    output logic [15:0]                     ranges,
    // Register
    output logic [7:0]                      cod_i_range
);
  cabac_encoder4_pkg::coded_t rows, pairs;
  logic [127:0] upper;
  logic [111:0] after_lps;
  logic [23:0] chain;

  for (genvar k = 0; k < 4; k++) begin : slots
    cabac_encoder4_rows row (
        .kind(coded.kind[3*k +: 3]), .p_state_idx(coded.p_state_idx[6*k +: 6]),
        .upper(upper[32*k +: 32]), .after_lps(after_lps[28*k +: 28])
    );
  end

  assign chain[7:0] = cod_i_range;

  for (genvar p = 0; p < 2; p++) begin : steps
    logic [35:0] left, rows_left;
    logic [31:0] rows_upper;
    logic [27:0] rows_after_lps;
    logic [152:0] constants, pair;

    cabac_encoder4_left left_of_first (
        .lps(coded.lps[2*p]), .upper(upper[64*p +: 32]), .after_lps(after_lps[56*p +: 28]), .left
    );
    cabac_encoder4_constants constants_of_pair (
        .lps_first(rows.lps[2*p]), .left(rows_left),
        .lps_second(rows.lps[2*p + 1]), .upper(rows_upper), .after_second(rows_after_lps), .pair(constants)
    );
    cabac_encoder4_pair step (
        .pair, .cod_i_range(chain[8*p +: 8]), .cod_i_range_next(chain[8*p + 8 +: 8])
    );

    always_ff @(posedge clk) begin
      rows_left <= left;
      rows_upper <= upper[64*p + 32 +: 32];
      rows_after_lps <= after_lps[56*p + 28 +: 28];
      pair <= constants;
    end
  end

  always_ff @(posedge clk) begin
    rows <= coded;
    pairs <= rows;
    met <= pairs;
    ranges <= chain[15:0];
    cod_i_range <= clear ? 8'd254 : chain[23:16];
  end
endmodule
`default_nettype wire
