// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Four context variables with a bin each, of which any may be the same one: the states before the bins and after.
//
// `same[k]` is the nearest slot before k with its context variable; all 0 if there is none, and then `read` has its
// state. No state passes more than two tables: two bins at once are one (cabac_encoder4_twice). The states arrive late,
// so each is chosen or not by itself, by `when`.
module cabac_encoder4_update (
    input  wire logic [27:0] read,
    input  wire logic [3:0]  bin,
    input  wire logic        same_1,
    input  wire logic [1:0]  same_2,
    input  wire logic [2:0]  same_3,
    output logic      [27:0] model_before,
    output logic      [27:0] model_after
);
  logic [6:0] read_0, read_1, read_2, read_3;
  logic [6:0] start_2, after_0, after_1, after_01, alone_1, after_2, after_3;
  logic [6:0] alone_3, after_03, after_13, after_013, after_23;

  function automatic logic [6:0] when(input logic chosen, input logic [6:0] model);
    when = model & {7{chosen}};
  endfunction

  assign {read_3, read_2, read_1, read_0} = read;

  cabac_transition only_0 (.model(read_0), .bin(bin[0]), .model_next(after_0));
  cabac_transition only_1 (.model(read_1), .bin(bin[1]), .model_next(alone_1));
  cabac_encoder4_twice slots_01 (.model(read_0), .first(bin[0]), .second(bin[1]), .model_next(after_01));
  assign after_1 = same_1 ? after_01 : alone_1;

  assign start_2 = when(same_2[0], after_0) | when(same_2[1] && same_1, after_01)
                 | when(same_2[1] && !same_1, alone_1) | when(same_2 == 2'd0, read_2);
  cabac_transition slot_2 (.model(start_2), .bin(bin[2]), .model_next(after_2));

  cabac_transition only_3 (.model(read_3), .bin(bin[3]), .model_next(alone_3));
  cabac_encoder4_twice slots_03 (.model(read_0), .first(bin[0]), .second(bin[3]), .model_next(after_03));
  cabac_encoder4_twice slots_13 (.model(read_1), .first(bin[1]), .second(bin[3]), .model_next(after_13));
  cabac_transition slots_013 (.model(after_01), .bin(bin[3]), .model_next(after_013));
  cabac_encoder4_twice slots_23 (.model(start_2), .first(bin[2]), .second(bin[3]), .model_next(after_23));
  assign after_3 = when(same_3[0], after_03) | when(same_3[1] && same_1, after_013)
                 | when(same_3[1] && !same_1, after_13) | when(same_3[2], after_23) | when(same_3 == 3'd0, alone_3);

  assign model_before[6:0] = read_0;
  assign model_before[13:7] = same_1 ? after_0 : read_1;
  assign model_before[20:14] = start_2;
  assign model_before[27:21] = when(same_3[0], after_0) | when(same_3[1], after_1)
                             | when(same_3[2], after_2) | when(same_3 == 3'd0, read_3);
  assign model_after = {after_3, after_2, after_1, after_0};
endmodule
`default_nettype wire
