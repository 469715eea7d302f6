// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A request and the bypass bins after it, together: shift codILow left by `total`, then add `sum`.
//
//   addend 270, shift 1; two bypass bins of 1 at codIRange 480  ->  total 3, sum 270 * 8 + 480 * 3
//
// Bypass bins add codIRange times their number. A raw byte passes codILow, which is 0 then, above its nine bits.
module cabac_encoder4_slot (
    input  wire logic        raw,
    input  wire logic [8:0]  addend,
    input  wire logic [3:0]  shift,
    input  wire logic [3:0]  count,
    input  wire logic [7:0]  data,
    input  wire logic [7:0]  cod_i_range,  // after the request, without its top bit
    output logic      [16:0] sum,
    output logic      [3:0]  total
);
  logic [16:0] bypass;

  assign total = raw ? 4'd8 : shift + count;
  assign bypass = {8'd0, 1'b1, cod_i_range} * {9'd0, data};
  assign sum = raw ? {data, 9'd0} : ({8'd0, addend} << total) + bypass;
endmodule
`default_nettype wire
