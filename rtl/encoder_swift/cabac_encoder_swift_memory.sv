// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// 1,024 context variables that are read a clock ahead: one write port and two read ports, each with a register at its
// answer, so that an FPGA makes block RAM of it. Nothing is forwarded: what is read while its address is written is
// what was there before. No reset of the variables: a slice loads what it uses.
module cabac_encoder_swift_memory (
    input  wire logic              clk,
    input  wire logic              rst,
    // Write
    input  wire logic              write_valid,
    input  wire logic [9:0]        write_addr,
    input  wire cabac_pkg::model_t write_data,
    // Read for coding
    input  wire logic              read,
    input  wire logic [9:0]        read_addr,
    output cabac_pkg::model_t      read_data,
    // Read for saving
    input  wire logic [9:0]        save_addr,
    output cabac_pkg::model_t      save_data
);
  logic [6:0] models[1024];

  always_ff @(posedge clk) if (write_valid) models[write_addr] <= write_data;

  always_ff @(posedge clk) begin
    if (rst) read_data <= '0;
    else if (read) read_data <= models[read_addr];
  end

  always_ff @(posedge clk) save_data <= models[save_addr];
endmodule
`default_nettype wire
