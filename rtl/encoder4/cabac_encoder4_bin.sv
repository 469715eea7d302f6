// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// One request, codIRange being known: what is added to codILow, by how much both are shifted then, and codIRange.
//
// A flush shifts by eight; the bit that ends an engine run follows in cabac_encoder4_low.
module cabac_encoder4_bin (
    input  wire logic [2:0] kind,
    input  wire logic       lps,
    input  wire logic [5:0] p_state_idx,
    input  wire logic [7:0] cod_i_range,  // without its top bit
    output logic [8:0]      addend,
    output logic [3:0]      shift,
    output logic [7:0]      cod_i_range_next
);
  logic [7:0] range_lps;
  logic [2:0] shift_lps;
  logic [8:0] range_low;
  logic divides;

  cabac_range_table range_table (
      .p_state_idx, .q_cod_i_range_idx(cod_i_range[7:6]),
      .cod_i_range_lps(range_lps), .shift(shift_lps)
  );

  assign divides = kind == cabac_pkg::CONTEXT || kind == cabac_pkg::TERMINATE;
  assign range_low = {1'b1, cod_i_range} - (kind == cabac_pkg::CONTEXT ? {1'b0, range_lps} : 9'd2);
  assign addend = divides && lps ? range_low : 9'd0;

  always_comb begin
    shift = 4'd0;
    cod_i_range_next = cod_i_range;
    if (divides && !lps) begin
      shift = {3'd0, !range_low[8]};
      cod_i_range_next = range_low[8] ? range_low[7:0] : {range_low[6:0], 1'b0};
    end else begin
      case (kind)
        cabac_pkg::CONTEXT: {shift, cod_i_range_next} = {1'b0, shift_lps, range_lps << shift_lps};
        cabac_pkg::TERMINATE: {shift, cod_i_range_next} = {4'd8, 8'd254};
        cabac_pkg::ALIGN: cod_i_range_next = 8'd0;
        default: ;
      endcase
    end
  end
endmodule
`default_nettype wire
