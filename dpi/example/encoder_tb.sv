// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench of an encoder in the socket: `DUT` is the module, by default this project's, whose registers are compared too.
//
//   +vectors=FILE.hex  what is played; without it, +random=NUMBER vectors are made up; the seed of all that is random is the simulator's
//   +stalls=NAME       flowing, uneven, starved or blocked
//   +failures=DIR      a directory for what fails
`ifndef DUT
`define DUT cabac_encoder_socket
`define REGISTERS
`endif
`ifndef LANES
`define LANES 1
`endif
`ifndef BYTES
`define BYTES 1
`endif

module encoder_tb;
  import silicabac_dpi_pkg::*;

  logic clk;
  initial begin
    clk = 0;
    forever #1 clk = !clk;
  end

  silicabac_socket_if bus (.clk);

  `DUT dut (
      .clk, .rst(bus.rst),
      .req_valid(bus.req_valid), .req_ready(bus.req_ready), .req_count(bus.req_count), .req_kind(bus.req_kind[3*`LANES-1:0]),
      .req_bin(bus.req_bin[`LANES-1:0]), .req_ctx_idx(bus.req_ctx_idx[10*`LANES-1:0]), .req_model(bus.req_model[7*`LANES-1:0]),
      .req_data(bus.req_data), .slice_codec(1'b0), .slice_type(2'd0), .slice_qp(8'd0), .slice_index(2'd0),
      .out_valid(bus.out_valid), .out_ready(bus.out_ready), .out_count(bus.out_count), .out_data(bus.out_data[8*`BYTES-1:0]),
      .out_last(bus.out_last)
  );

`ifdef REGISTERS
  // A request in `fetch` has not passed the range step, and one in `low` not the low step.
  always_comb begin
    bus.sees_range = 1;
    bus.range_lag = 3'(dut.debug.fetch_valid);
    bus.cod_i_range = dut.debug.cod_i_range;
    bus.sees_low = !dut.debug.low_valid;
    bus.low_lag = 3'(dut.debug.fetch_valid);
    bus.cod_i_low = dut.debug.cod_i_low;
    bus.bits_outstanding = dut.debug.bits_outstanding;
    bus.first_bit_flag = dut.debug.first_bit_flag;
    bus.sees_offset = 0;
    bus.sees_context = dut.debug.write_valid;
    bus.context_lag = 0;
    bus.write_ctx_idx = dut.debug.write_ctx_idx;
    bus.write_model = dut.debug.write_new;
  end
`else
  assign {bus.sees_range, bus.sees_low, bus.sees_offset, bus.sees_context} = 4'd0;
`endif

  initial begin
    static silicabac_env env = new(bus, 1, `LANES, silicabac_options::stalls());
    env.failures = silicabac_options::failures();
    env.run(silicabac_options::source());
    env.report();
    $finish;
  end
endmodule
