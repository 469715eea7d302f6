// SPDX-License-Identifier: MIT OR Apache-2.0

// The ports of a context memory, where a proof cuts it out of a netlist.
(* blackbox *)
module cut_read (input [9:0] ADDR, output [6:0] DATA, input CLK, input EN);
endmodule
(* blackbox *)
module cut_write (input [9:0] ADDR, input [6:0] DATA, input [6:0] EN, input CLK);
endmodule
