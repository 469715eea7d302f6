// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Both halves of the encoder's step, one feeding the other without a register between them, and the update of the
// context variable, which only a context bin writes. The second half is there twice: without firstBitFlag, and with.
module cabac_encoder_sweep (
    input  wire logic [29:0] point,
    input  wire logic [31:0] bits_outstanding_0,
    input  wire logic [31:0] bits_outstanding_1,
    output logic [58:0]      registers_0,
    output logic [58:0]      registers_1,
    output logic [48:0]      decided_0,
    output logic [48:0]      decided_1
);
  cabac_pkg::kind_t kind;
  cabac_pkg::model_t model, model_next, model_after;
  cabac_pkg::low_op_t low;
  logic bin;
  logic [8:0] cod_i_range, cod_i_range_next;
  logic [9:0] cod_i_low;
  logic [31:0] bits_outstanding[2];
  logic [58:0] registers[2];
  logic [48:0] decided[2];

  assign kind = cabac_pkg::kind_t'(point[29:27]);
  assign {bin, model, cod_i_range, cod_i_low} = point[26:0];
  assign bits_outstanding[0] = bits_outstanding_0;
  assign bits_outstanding[1] = bits_outstanding_1;
  assign registers_0 = registers[0];
  assign registers_1 = registers[1];
  assign decided_0 = decided[0];
  assign decided_1 = decided[1];

  cabac_encoder_range range_step (
      .kind, .bin, .data(8'd0), .model, .cod_i_range,
      .cod_i_range_next, .low
  );

  cabac_transition transition (.model, .bin, .model_next);

  assign model_after = kind == cabac_pkg::CONTEXT ? model_next : model;

  for (genvar i = 0; i < 2; i++) begin : g_lane
    cabac_pkg::bits_t bits;
    logic first_bit_flag_next, put;
    logic [9:0] cod_i_low_next;
    logic [31:0] bits_outstanding_next;

    cabac_encoder_low low_step (
        .low, .cod_i_low, .bits_outstanding(bits_outstanding[i]), .first_bit_flag(i == 1),
        .cod_i_low_next, .bits_outstanding_next, .first_bit_flag_next, .put, .bits
    );

    assign registers[i] = {cod_i_range_next, cod_i_low_next, bits_outstanding_next, first_bit_flag_next,
                           model_after};
    assign decided[i] = {put, bits};
  end
endmodule
`default_nettype wire
