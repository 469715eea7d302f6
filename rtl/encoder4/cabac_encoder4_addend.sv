// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What a group does to codILow: shift it left by `shift`, then add `addend`. No stage waits for another group.
//
//   met:    slots, codIRange before each pair  -> first slots of the pairs: addend, shift, codIRange
//   first:  the same of the second slots; bypass bins of the first ones
//   second: bypass bins of the second slots
//   single: slots                              -> pairs
//   double: pairs                              -> the group
module cabac_encoder4_addend (
    input  wire logic                       clk,
    input  wire cabac_encoder4_pkg::coded_t met,
    input  wire logic [15:0]                ranges,
    output logic [40:0]                     addend,
    output logic [5:0]                      shift,
    output logic                            flush
);
  logic [3:0] raw, flushes;
  logic first_flush, second_flush, single_flush, double_flush;
  logic [49:0] double_sum;
  logic [9:0] double_total;

  always_comb begin
    for (int k = 0; k < 4; k++) begin
      raw[k] = met.kind[3*k +: 3] == cabac_pkg::RAW;
      flushes[k] = met.kind[3*k +: 3] == cabac_pkg::TERMINATE && met.lps[k];
    end
  end

  for (genvar p = 0; p < 2; p++) begin : pairs
    // What is added, by how much is shifted, and codIRange after the bin
    logic [8:0] addend_a, addend_b, first_addend, second_addend;
    logic [3:0] shift_a, shift_b, first_shift, second_shift;
    logic [7:0] range_a, range_b, first_range, second_range;
    // The second slot, and the bypass bins of both
    logic [9:0] first_bin;
    logic [12:0] first_bypass_a, first_bypass_b, second_bypass;
    // With bypass bins
    logic [16:0] sum_a, sum_b, second_sum, single_sum_a, single_sum_b;
    logic [3:0] total_a, total_b, second_total, single_total_a, single_total_b;

    cabac_encoder4_bin bin_a (
        .kind(met.kind[6*p +: 3]), .lps(met.lps[2*p]), .p_state_idx(met.p_state_idx[12*p +: 6]),
        .cod_i_range(ranges[8*p +: 8]), .addend(addend_a), .shift(shift_a), .cod_i_range_next(range_a)
    );
    cabac_encoder4_bin bin_b (
        .kind(first_bin[9:7]), .lps(first_bin[6]), .p_state_idx(first_bin[5:0]),
        .cod_i_range(first_range), .addend(addend_b), .shift(shift_b), .cod_i_range_next(range_b)
    );
    cabac_encoder4_slot slot_a (
        .raw(first_bypass_a[12]), .count(first_bypass_a[11:8]), .data(first_bypass_a[7:0]),
        .addend(first_addend), .shift(first_shift), .cod_i_range(first_range), .sum(sum_a), .total(total_a)
    );
    cabac_encoder4_slot slot_b (
        .raw(second_bypass[12]), .count(second_bypass[11:8]), .data(second_bypass[7:0]),
        .addend(second_addend), .shift(second_shift), .cod_i_range(second_range), .sum(sum_b), .total(total_b)
    );

    always_ff @(posedge clk) begin
      {first_addend, first_shift, first_range} <= {addend_a, shift_a, range_a};
      first_bin <= {met.kind[6*p + 3 +: 3], met.lps[2*p + 1], met.p_state_idx[12*p + 6 +: 6]};
      first_bypass_a <= {raw[2*p], met.count[8*p +: 4], met.data[16*p +: 8]};
      first_bypass_b <= {raw[2*p + 1], met.count[8*p + 4 +: 4], met.data[16*p + 8 +: 8]};
      {second_addend, second_shift, second_range} <= {addend_b, shift_b, range_b};
      second_bypass <= first_bypass_b;
      {second_sum, second_total} <= {sum_a, total_a};
      {single_sum_a, single_total_a} <= {second_sum, second_total};
      {single_sum_b, single_total_b} <= {sum_b, total_b};
      double_sum[25*p +: 25] <= ({8'd0, single_sum_a} << single_total_b) + {8'd0, single_sum_b};
      double_total[5*p +: 5] <= {1'b0, single_total_a} + {1'b0, single_total_b};
    end
  end

  always_ff @(posedge clk) begin
    addend <= ({16'd0, double_sum[24:0]} << double_total[9:5]) + {16'd0, double_sum[49:25]};
    shift <= {1'b0, double_total[4:0]} + {1'b0, double_total[9:5]};
    {flush, double_flush, single_flush, second_flush, first_flush}
        <= {double_flush, single_flush, second_flush, first_flush, flushes != 4'd0};
  end
endmodule
`default_nettype wire
