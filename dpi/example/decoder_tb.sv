// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench of a decoder in the socket: `DUT` is the module, by default this project's, whose registers are compared too. The plusargs are
// those of encoder_tb.sv.
`ifndef DUT
`define DUT cabac_decoder_socket
`define REGISTERS
`endif
`ifndef LANES
`define LANES 1
`endif

module decoder_tb;
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
      .req_ctx_idx(bus.req_ctx_idx[10*`LANES-1:0]), .req_model(bus.req_model[7*`LANES-1:0]),
      .slice_codec(1'b0), .slice_type(2'd0), .slice_qp(8'd0), .slice_index(2'd0),
      .in_valid(bus.in_valid), .in_ready(bus.in_ready), .in_data(bus.in_data), .in_last(bus.in_last),
      .rsp_valid(bus.rsp_valid), .rsp_ready(bus.rsp_ready), .rsp_count(bus.rsp_count), .rsp_bin(bus.rsp_bin[`LANES-1:0]),
      .rsp_data(bus.rsp_data), .rsp_error(bus.rsp_error[2*`LANES-1:0]), .rsp_bits(bus.rsp_bits)
  );

`ifdef REGISTERS
  // All of a request happens in the clock in which it is taken.
  always_comb begin
    bus.sees_low = 0;
    bus.sees_range = 1;
    bus.range_lag = 0;
    bus.cod_i_range = dut.debug.cod_i_range;
    bus.sees_offset = 1;
    bus.offset_lag = 0;
    bus.cod_i_offset = dut.debug.cod_i_offset;
    bus.sees_context = dut.debug.write_valid;
    bus.context_lag = 0;
    bus.write_ctx_idx = dut.debug.write_ctx_idx;
    bus.write_model = dut.debug.write_model;
  end
`else
  assign {bus.sees_range, bus.sees_low, bus.sees_offset, bus.sees_context} = 4'd0;
`endif

  initial begin
    static silicabac_env env = new(bus, 0, `LANES, silicabac_options::stalls());
    env.failures = silicabac_options::failures();
    env.run(silicabac_options::source());
    env.report();
    $finish;
  end
endmodule
