// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A checker of a handshake, to be bound to a core: what is offered stays, unchanged, until it is taken. The judge
// checks this at the outputs of any core; a checker finds it inside one too, in a simulation of yours and in a proof.
//
//     bind my_socket cabac_handshake #(.WIDTH(9)) output_stays (
//         .clk, .rst, .valid(out_valid), .ready(out_ready), .data({out_last, out_data})
//     );
//
// With CABAC_SVA the assertions are concurrent ones; without it immediate ones, which Yosys reads too
// (read_verilog -formal). No assertion about a few clocks can say that a valid does not wait for its ready. To test that,
// hold ready at 0 until valid is 1, and see that it comes.
module cabac_handshake #(
    parameter integer WIDTH = 8
) (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             valid,
    input wire logic             ready,
    input wire logic [WIDTH-1:0] data
);
`ifdef CABAC_SVA
  valid_is_withdrawn: assert property (@(posedge clk) disable iff (rst) valid && !ready |=> valid)
      else $error("valid is withdrawn before ready");
  data_changes: assert property (@(posedge clk) disable iff (rst) valid && !ready |=> !valid || $stable(data))
      else $error("what is offered changes before it is taken");
`else
  logic waits;
  logic [WIDTH-1:0] offered;

  always_ff @(posedge clk) begin
    waits <= !rst && valid && !ready;
    offered <= data;
  end

  // An uninitialised register promises nothing.
  logic begun = 1'b0;
  always_ff @(posedge clk) if (rst) begun <= 1'b1;

  always_ff @(posedge clk) begin
    if (begun && !rst && waits) begin
      valid_is_withdrawn: assert (valid);
      data_changes: assert (!valid || data == offered);
    end
  end
`endif
endmodule
`default_nettype wire
