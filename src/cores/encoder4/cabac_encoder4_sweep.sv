// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Two slots as the loop of codIRange does them, without a register between its stages; and the first of them as it is
// done again, by itself, with its bypass bins.
module cabac_encoder4_sweep (
    input  wire logic [39:0] point,
    output logic [49:0]      answer
);
  logic [2:0] kind_first, kind_second;
  logic lps_first, lps_second;
  logic [5:0] state_first, state_second;
  logic [7:0] cod_i_range, data, after_pair, after_first;
  logic [3:0] count, shift, total;
  logic [8:0] addend;
  logic [16:0] sum;
  logic [31:0] upper_first, upper_second;
  logic [27:0] lps_leaves_first, lps_leaves_second;
  logic [35:0] left;
  logic [152:0] pair;

  assign {kind_first, lps_first, state_first, kind_second, lps_second, state_second, cod_i_range, count, data} = point;

  cabac_encoder4_rows rows_first (
      .kind(kind_first), .p_state_idx(state_first), .upper(upper_first), .after_lps(lps_leaves_first)
  );
  cabac_encoder4_rows rows_second (
      .kind(kind_second), .p_state_idx(state_second), .upper(upper_second), .after_lps(lps_leaves_second)
  );
  cabac_encoder4_left left_of_first (.lps(lps_first), .upper(upper_first), .after_lps(lps_leaves_first), .left);
  cabac_encoder4_constants constants (
      .lps_first, .left, .lps_second, .upper(upper_second), .after_second(lps_leaves_second), .pair
  );
  cabac_encoder4_pair step (.pair, .cod_i_range, .cod_i_range_next(after_pair));

  cabac_encoder4_bin bin (
      .kind(kind_first), .lps(lps_first), .p_state_idx(state_first), .cod_i_range,
      .addend, .shift, .cod_i_range_next(after_first)
  );
  cabac_encoder4_slot slot (
      .raw(kind_first == cabac_pkg::RAW), .addend, .shift, .count, .data, .cod_i_range(after_first), .sum, .total
  );

  assign answer = {after_pair, after_first, addend, shift, sum, total};
endmodule
`default_nettype wire
