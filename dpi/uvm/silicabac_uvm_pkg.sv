// SPDX-License-Identifier: MIT OR Apache-2.0
// The testbench of silicabac_dpi_pkg in UVM: an agent for cores in the socket, a scoreboard, sequences, an environment and a test.
//
// The classes here connect; what is driven, looked at and compared is in silicabac_dpi_pkg. Only what IEEE 1800.2 has is used.
package silicabac_uvm_pkg;
  import uvm_pkg::*;
  import silicabac_dpi_pkg::*;
`include "uvm_macros.svh"
`include "silicabac_uvm_items.svh"
`include "silicabac_uvm_sequences.svh"
`include "silicabac_uvm_agent.svh"
`include "silicabac_uvm_scoreboard.svh"
`include "silicabac_uvm_env.svh"
endpackage
