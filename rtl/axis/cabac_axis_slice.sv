// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A register between two AXI4-Streams, one transfer a clock: what it offers stays as it is until it is taken, whatever
// comes in meanwhile, and no output depends on an input in the same clock but `in_ready` on `out_ready`.
module cabac_axis_slice #(
    parameter integer WIDTH = 8
) (
    input  wire logic             clk,
    input  wire logic             rst,
    input  wire logic             in_valid,
    output logic                  in_ready,
    input  wire logic [WIDTH-1:0] in_data,
    output logic                  out_valid,
    input  wire logic             out_ready,
    output logic [WIDTH-1:0]      out_data
);
  assign in_ready = !out_valid || out_ready;

  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (in_ready) out_valid <= in_valid;
    if (in_ready) out_data <= in_data;
  end
endmodule
`default_nettype wire
