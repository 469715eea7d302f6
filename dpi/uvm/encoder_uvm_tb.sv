// SPDX-License-Identifier: MIT OR Apache-2.0
// This project's encoder under the test in UVM: +UVM_TESTNAME=silicabac_uvm_test +vectors=FILE.hex.
module encoder_uvm_tb;
  import uvm_pkg::*;
  import silicabac_dpi_pkg::*;
  import silicabac_uvm_pkg::*;

  logic clk;
  initial begin
    clk = 0;
    forever #1 clk = !clk;
  end

  silicabac_socket_if bus (.clk);

  cabac_encoder_socket dut (
      .clk, .rst(bus.rst),
      .req_valid(bus.req_valid), .req_ready(bus.req_ready), .req_count(bus.req_count), .req_kind(bus.req_kind[2:0]),
      .req_bin(bus.req_bin[0:0]), .req_ctx_idx(bus.req_ctx_idx[9:0]), .req_model(bus.req_model[6:0]), .req_data(bus.req_data[7:0]),
      .slice_codec(1'b0), .slice_type(2'd0), .slice_qp(8'd0), .slice_index(2'd0),
      .out_valid(bus.out_valid), .out_ready(bus.out_ready), .out_count(bus.out_count), .out_data(bus.out_data[7:0]),
      .out_last(bus.out_last)
  );
  assign {bus.sees_range, bus.sees_low, bus.sees_offset, bus.sees_context} = 4'd0;

  initial begin
    static silicabac_uvm_config cfg = new("cfg");
    cfg.vif = bus;
    cfg.core = new();
    cfg.seed = silicabac_options::seed();
    cfg.stalls = silicabac_options::stalls();
    uvm_config_db#(silicabac_uvm_config)::set(null, "uvm_test_top.env.agent", "silicabac", cfg);
    run_test("silicabac_uvm_test");
  end
endmodule
