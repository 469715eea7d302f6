// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench of a decoder in the socket: `DUT` is the module, by default this project's, whose registers are compared too. Its ports are
// connected by their names, so that it may leave out those of docs/socket.md that it does not use. docs/dpi.md has the macros and plusargs.
`ifndef DUT
`define DUT cabac_decoder_socket
`define REGISTERS
`endif
`ifndef LANES
`define LANES 1
`endif
// Ports of it that the socket does not have, such as `.debug(),`.
`ifndef OTHER_PORTS
`define OTHER_PORTS
`endif

module decoder_tb;
  import silicabac_dpi_pkg::*;

  logic clk;
  initial begin
    clk = 0;
    forever #1 clk = !clk;
  end

  silicabac_socket_if bus (.clk);

  // The ports of the socket.
  logic                 rst, req_valid, req_ready;
  logic [3:0]           req_count;
  logic [3*`LANES-1:0]  req_kind;
  logic [10*`LANES-1:0] req_ctx_idx;
  logic [7*`LANES-1:0]  req_model;
  logic                 slice_codec;
  logic [1:0]           slice_type, slice_index;
  logic [7:0]           slice_qp;
  logic [9:0]           save_ctx_idx;
  logic                 in_valid, in_ready, in_last;
  logic [7:0]           in_data;
  logic                 rsp_valid, rsp_ready;
  logic [3:0]           rsp_count;
  logic [`LANES-1:0]    rsp_bin;
  logic [7:0]           rsp_data;
  logic [2*`LANES-1:0]  rsp_error;
  logic [31:0]          rsp_bits;

  assign {rst, req_valid, req_count} = {bus.rst, bus.req_valid, bus.req_count};
  assign req_kind = bus.req_kind[3*`LANES-1:0];
  assign req_ctx_idx = bus.req_ctx_idx[10*`LANES-1:0];
  assign req_model = bus.req_model[7*`LANES-1:0];
  assign {slice_codec, slice_type, slice_index, slice_qp, save_ctx_idx} = '0;
  assign {in_valid, in_data, in_last, rsp_ready} = {bus.in_valid, bus.in_data, bus.in_last, bus.rsp_ready};
  assign bus.req_ready = req_ready;
  assign bus.in_ready = in_ready;
  assign bus.rsp_valid = rsp_valid;
`ifdef NO_RSP_COUNT
  assign bus.rsp_count = 4'd1;
`else
  assign bus.rsp_count = rsp_count;
`endif
  assign bus.rsp_bin = 8'(rsp_bin);
  assign bus.rsp_data = rsp_data;
  assign bus.rsp_error = 16'(rsp_error);
  assign bus.rsp_bits = rsp_bits;

`ifdef REGISTERS
  `DUT dut (.*);

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
  `DUT dut (`OTHER_PORTS .*);
  assign {bus.sees_range, bus.sees_low, bus.sees_offset, bus.sees_context} = 4'd0;
`endif

  initial begin
    static silicabac_core core = new();
    static silicabac_env env;
    core.is_encoder = 0;
    core.lanes = `LANES;
`ifdef NO_RSP_READY
    core.has_ready = 0;
`endif
`ifdef NO_RSP_ERROR
    core.shows_error = 0;
`endif
`ifdef NO_RSP_BITS
    core.shows_bits = 0;
`endif
    env = new(bus, core, silicabac_options::stalls(), silicabac_options::seed());
    env.failures = silicabac_options::failures();
    env.saves = silicabac_options::saves();
    env.run(silicabac_options::source());
    env.report();
    $finish;
  end
endmodule
