// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The first half of an encoding step: codIRange, and what the second half has to do to codILow.
//
//   CONTEXT, bin 1, state 0, valMPS 0, codIRange 510  ->  codIRange 480, addend 2 * 270, shift 1
//   BYPASS,  bin 1, codIRange 300                     ->  codIRange 300, addend 300,     shift 1
//
// The addend counts halves because a bypass bin doubles codILow before it adds and the others after.
module cabac_encoder_range (
    input  wire cabac_pkg::kind_t  kind,
    input  wire logic              bin,
    input  wire logic [7:0]        data,
    input  wire cabac_pkg::model_t model,
    input  wire logic [8:0]        cod_i_range,
    output logic [8:0]             cod_i_range_next,
    output cabac_pkg::low_op_t     low
);
  logic lps;
  logic [7:0] range_lps;
  logic [8:0] range_mps, range_low;
  logic [2:0] shift_lps;

  cabac_range_table range_table (
      .p_state_idx(model.p_state_idx),
      .q_cod_i_range_idx(cod_i_range[7:6]),
      .cod_i_range_lps(range_lps),
      .shift(shift_lps)
  );

  assign lps = bin != model.val_mps;

  // What is left below the upper part of the interval.
  assign range_low = cod_i_range - (kind == cabac_pkg::CONTEXT ? {1'b0, range_lps} : 9'd2);
  assign range_mps = range_low[8] ? range_low : {range_low[7:0], 1'b0};

  always_comb begin
    cod_i_range_next = cod_i_range;
    low.addend = 10'd0;
    low.shift = 3'd0;
    low.flush = 1'b0;
    low.raw = 1'b0;
    low.data = data;
    case (kind)
      cabac_pkg::CONTEXT: begin
        cod_i_range_next = lps ? {1'b0, range_lps} << shift_lps : range_mps;
        low.addend = lps ? {range_low, 1'b0} : 10'd0;
        low.shift = lps ? shift_lps : {2'd0, !range_low[8]};
      end
      cabac_pkg::BYPASS: begin
        low.addend = bin ? {1'b0, cod_i_range} : 10'd0;
        low.shift = 3'd1;
      end
      cabac_pkg::TERMINATE: begin
        cod_i_range_next = bin ? 9'd510 : range_mps;
        low.addend = bin ? {range_low, 1'b0} : 10'd0;
        low.shift = bin ? 3'd0 : {2'd0, !range_low[8]};
        low.flush = bin;
      end
      cabac_pkg::ALIGN: cod_i_range_next = 9'd256;
      cabac_pkg::RAW: low.raw = 1'b1;
      default: ;
    endcase
  end
endmodule
`default_nettype wire
