// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// 1,024 context variables: one write port, two read ports that answer in the same clock. No reset: a slice
// loads what it uses.
//
// The port for coding is forwarded: while an address is being written, it reads what is written, so that a
// bin can use the same context as the bin before it.
module cabac_context_memory (
    input  wire logic              clk,
    // Write
    input  wire logic              write_valid,
    input  wire logic [9:0]        write_addr,
    input  wire cabac_pkg::model_t write_data,
    // Read for coding
    input  wire logic [9:0]        read_addr,
    output cabac_pkg::model_t      read_data,
    // Read for saving
    input  wire logic [9:0]        save_addr,
    output cabac_pkg::model_t      save_data
);
  logic [6:0] models[1024];

  always_ff @(posedge clk) if (write_valid) models[write_addr] <= write_data;

  assign read_data = write_valid && write_addr == read_addr ? write_data : models[read_addr];
  assign save_data = models[save_addr];
endmodule
`default_nettype wire
