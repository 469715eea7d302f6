// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A decoding step, all in one clock: the bin, codIRange, codIOffset, and how many bits that takes.
//
//   CONTEXT, state 0, valMPS 0, codIRange 510, codIOffset 300, next bits 1..  ->  bin 1, 480, 61, takes 1
//   BYPASS, codIRange 300, codIOffset 200, next bits 0..                      ->  bin 1, 300, 100, takes 1
//
// One subtraction decides a bin of each kind: codIOffset, doubled with the next bit for a bypass bin, against
// what is left below the upper part of the interval.
module cabac_decoder_step (
    input  wire cabac_pkg::kind_t  kind,
    input  wire cabac_pkg::model_t model,
    input  wire logic [8:0]        cod_i_range,
    input  wire logic [8:0]        cod_i_offset,
    input  wire logic [8:0]        next_bits,     // of the slice; START: from the next whole byte on
    output logic                   bin,
    output logic [8:0]             cod_i_range_next,
    output logic [8:0]             cod_i_offset_next,
    output logic [3:0]             taken,
    output logic                   refused        // START: FORBIDDEN; ALIGN: MISALIGNED
);
  logic [7:0] range_lps;
  logic [8:0] range_low, range_part, offset_part;
  logic [9:0] offset, above;
  logic upper;
  logic [2:0] shift_lps, shift;

  cabac_range_table range_table (
      .p_state_idx(model.p_state_idx),
      .q_cod_i_range_idx(cod_i_range[7:6]),
      .cod_i_range_lps(range_lps),
      .shift(shift_lps)
  );

  always_comb begin
    case (kind)
      cabac_pkg::CONTEXT: range_low = cod_i_range - {1'b0, range_lps};
      cabac_pkg::BYPASS:  range_low = cod_i_range;
      default:            range_low = cod_i_range - 9'd2;
    endcase
  end

  assign offset = kind == cabac_pkg::BYPASS ? {cod_i_offset, next_bits[8]} : {1'b0, cod_i_offset};
  assign above = offset - {1'b0, range_low};
  assign upper = !above[9];

  // The part of the interval that holds codIOffset, renormalised.
  always_comb begin
    range_part = range_low;
    offset_part = cod_i_offset;
    shift = {2'd0, !range_low[8]};
    if (kind == cabac_pkg::CONTEXT && upper) begin
      range_part = {1'b0, range_lps};
      offset_part = above[8:0];
      shift = shift_lps;
    end
  end

  always_comb begin
    bin = 1'b0;
    cod_i_range_next = cod_i_range;
    cod_i_offset_next = cod_i_offset;
    taken = 4'd0;
    refused = 1'b0;
    case (kind)
      cabac_pkg::CONTEXT: begin
        bin = model.val_mps ^ upper;
        cod_i_range_next = range_part << shift;
        cod_i_offset_next = 9'(({offset_part, next_bits[8:3]} << shift) >> 6);
        taken = {1'b0, shift};
      end
      cabac_pkg::BYPASS: begin
        bin = upper;
        cod_i_offset_next = upper ? above[8:0] : offset[8:0];
        taken = 4'd1;
      end
      cabac_pkg::TERMINATE: begin
        bin = upper;
        cod_i_range_next = upper ? 9'd256 : range_part << shift;
        cod_i_offset_next = upper ? 9'd0 : 9'(({offset_part, next_bits[8:3]} << shift) >> 6);
        taken = upper ? 4'd0 : {1'b0, shift};
      end
      cabac_pkg::ALIGN: begin
        refused = cod_i_offset[8];
        cod_i_range_next = 9'd256;
        cod_i_offset_next = refused ? 9'd0 : cod_i_offset;
      end
      cabac_pkg::START: begin
        refused = next_bits[8:1] == 8'hff;
        cod_i_range_next = 9'd510;
        cod_i_offset_next = refused ? 9'd0 : next_bits;
        taken = 4'd9;
      end
      default: ;
    endcase
  end
endmodule
`default_nettype wire
