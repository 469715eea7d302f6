// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// How a context or terminate bin splits the interval if codIRange is in this quarter: one column of the table.
//
//   state 0, quarter 3, codIRange 510, room 209  ->  range_lps 240, shift_lps 1, range_mps 270, room_mps -31
module cabac_decoder_swift_split (
    input  wire logic       terminate,
    input  wire logic [5:0] p_state_idx,
    input  wire logic [1:0] quarter,
    input  wire logic [8:0] cod_i_range,
    input  wire logic [8:0] room,
    output logic [7:0]      range_lps,
    output logic [2:0]      shift_lps,
    output logic [8:0]      range_mps,
    output logic [9:0]      room_mps     // negative: the bin is the less probable symbol
);
  logic [7:0] listed;

  cabac_range_table range_table (
      .p_state_idx, .q_cod_i_range_idx(quarter), .cod_i_range_lps(listed), .shift(shift_lps)
  );

  assign range_lps = terminate ? 8'd2 : listed;
  assign range_mps = cod_i_range - {1'b0, range_lps};
  assign room_mps = {1'b0, room} - {2'd0, range_lps};
endmodule
`default_nettype wire
