// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Context variables: four ports to read, answered in the next clock, and four to write. No reset: a slice loads
// what it uses.
//
// What is written in a clock is what is read in it. Of two writes to one address, that of the higher port is kept.
module cabac_encoder4_contexts (
    input  wire logic        clk,
    input  wire logic [39:0] read_addr,
    output logic      [27:0] read_data,
    input  wire logic [3:0]  write_valid,
    input  wire logic [39:0] write_addr,
    input  wire logic [27:0] write_data
);
  logic [6:0] models[1024];

  always_ff @(posedge clk) begin
    if (write_valid[0]) models[write_addr[9:0]] <= write_data[6:0];
    if (write_valid[1]) models[write_addr[19:10]] <= write_data[13:7];
    if (write_valid[2]) models[write_addr[29:20]] <= write_data[20:14];
    if (write_valid[3]) models[write_addr[39:30]] <= write_data[27:21];
  end

  for (genvar port = 0; port < 4; port++) begin : ports
    logic [9:0] addr;
    logic [3:0] same;
    assign addr = read_addr[10*port +: 10];
    for (genvar k = 0; k < 4; k++) begin : writes
      assign same[k] = write_valid[k] && write_addr[10*k +: 10] == addr;
    end
    always_ff @(posedge clk) begin
      read_data[7*port +: 7] <= same[3] ? write_data[27:21] : same[2] ? write_data[20:14]
                              : same[1] ? write_data[13:7] : same[0] ? write_data[6:0] : models[addr];
    end
  end
endmodule
`default_nettype wire
