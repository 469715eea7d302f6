// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench of an encoder in the socket: `DUT` is the module, by default this project's, whose registers are compared too. Its ports are
// connected by their names, so that it may leave out those of docs/socket.md that it does not use. docs/dpi.md has the macros and plusargs.
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
`ifdef RUN
`define DATA_BITS (`RUN * `LANES)
`else
`define RUN 0
`ifdef GROUPS
`define DATA_BITS (8 * `LANES)
`else
`define DATA_BITS 8
`endif
`endif
`ifndef AFTER
`define AFTER 0
`endif

// Ports of it that the socket does not have, such as `.debug(),`.
`ifndef OTHER_PORTS
`define OTHER_PORTS
`endif

module encoder_tb;
  import silicabac_dpi_pkg::*;

  logic clk;
  initial begin
    clk = 0;
    forever #1 clk = !clk;
  end

  silicabac_socket_if bus (.clk);

  // The ports of the socket.
  logic                   rst, req_valid, req_ready;
  logic [3:0]             req_count;
  logic [3*`LANES-1:0]    req_kind;
  logic [`LANES-1:0]      req_bin;
  logic [10*`LANES-1:0]   req_ctx_idx;
  logic [7*`LANES-1:0]    req_model;
  logic [6*`LANES-1:0]    req_run;
  logic [`DATA_BITS-1:0]  req_data;
  logic                   slice_codec;
  logic [1:0]             slice_type, slice_index;
  logic [7:0]             slice_qp;
  logic [9:0]             save_ctx_idx;
  logic                   out_valid, out_ready;
  logic [3:0]             out_count;
  logic [8*`BYTES-1:0]    out_data;
  logic                   out_last;

  assign {rst, req_valid, req_count} = {bus.rst, bus.req_valid, bus.req_count};
  assign req_kind = bus.req_kind[3*`LANES-1:0];
  assign req_bin = bus.req_bin[`LANES-1:0];
  assign req_ctx_idx = bus.req_ctx_idx[10*`LANES-1:0];
  assign req_model = bus.req_model[7*`LANES-1:0];
  assign req_run = bus.req_run[6*`LANES-1:0];
  assign req_data = bus.req_data[`DATA_BITS-1:0];
  assign {slice_codec, slice_type, slice_index, slice_qp, save_ctx_idx} = '0;
  assign out_ready = bus.out_ready;
  assign bus.req_ready = req_ready;
  assign bus.out_valid = out_valid;
  assign bus.out_data = 64'(out_data);
`ifdef NO_OUT_COUNT
  assign bus.out_count = 4'd1;
`else
  assign bus.out_count = out_count;
`endif
  assign bus.out_last = out_last;

`ifdef REGISTERS
  `DUT dut (.*);

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
  `DUT dut (`OTHER_PORTS .*);
  assign {bus.sees_range, bus.sees_low, bus.sees_offset, bus.sees_context} = 4'd0;
`endif

  initial begin
    static silicabac_core core = new();
    static silicabac_env env;
    core.lanes = `LANES;
    core.bytes = `BYTES;
    core.run = `RUN;
    core.after = `AFTER;
`ifdef GROUPS
    core.groups = 1;
`endif
`ifdef NO_OUT_READY
    core.has_ready = 0;
`endif
`ifdef NO_OUT_LAST
    core.shows_last = 0;
`endif
    env = new(bus, core, silicabac_options::stalls(), silicabac_options::seed());
    env.failures = silicabac_options::failures();
    env.saves = silicabac_options::saves();
    env.run(silicabac_options::source());
    env.report();
    $finish;
  end
endmodule
