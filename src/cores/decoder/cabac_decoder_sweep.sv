// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The decoder's step and the update of the context variable, which only a context bin writes: once with these bits
// of the slice, and once with their complement.
module cabac_decoder_sweep (
    input  wire logic [36:0] point,
    output logic [30:0]      after_0,
    output logic [30:0]      after_1
);
  cabac_pkg::kind_t kind;
  cabac_pkg::model_t model;
  logic [8:0] cod_i_range, cod_i_offset, next_bits;
  logic [30:0] after[2];

  assign kind = cabac_pkg::kind_t'(point[36:34]);
  assign {model, cod_i_range, cod_i_offset, next_bits} = point[33:0];
  assign after_0 = after[0];
  assign after_1 = after[1];

  for (genvar i = 0; i < 2; i++) begin : g_lane
    cabac_pkg::model_t model_next;
    logic [8:0] cod_i_range_next, cod_i_offset_next;
    logic bin, refused;
    logic [3:0] taken;

    cabac_decoder_step step (
        .kind, .model, .cod_i_range, .cod_i_offset, .next_bits(i == 0 ? next_bits : ~next_bits),
        .bin, .cod_i_range_next, .cod_i_offset_next, .taken, .refused
    );

    cabac_transition transition (.model, .bin, .model_next);

    assign after[i] = {bin, cod_i_range_next, cod_i_offset_next, taken, refused,
                       kind == cabac_pkg::CONTEXT ? model_next : model};
  end
endmodule
`default_nettype wire
