// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Lets groups in: none after a reset until all that was under way has run out, none while the queue may have no room, and
// none in the clock after a TERMINATE of 1, since a flush takes two.
module cabac_encoder4_gate (
    input  wire logic clk,
    input  wire logic rst,
    input  wire logic few,        // the queue has room for all that is under way and another group
    input  wire logic req_valid,
    output logic      req_ready,  // a register
    output logic      taken,
    // What is taken
    input  wire logic [11:0] kind,
    input  wire logic [3:0]  bin,
    // After a reset, until what was under way has run out
    output logic       clear,
    // Register
    output logic [3:0] clearing
);
  logic [3:0] ends;

  assign clear = rst || clearing != 4'd0;
  assign taken = req_valid && req_ready && !rst;

  always_comb begin
    for (int k = 0; k < 4; k++) ends[k] = kind[3*k +: 3] == cabac_pkg::TERMINATE && bin[k];
  end

  always_ff @(posedge clk) begin
    clearing <= rst ? 4'd15 : clearing - {3'd0, clearing != 4'd0};
    req_ready <= !clear && few && ends == 4'd0;
  end
endmodule
`default_nettype wire
