// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

`ifndef CORE
`define CORE cabac_decoder
`endif

// The context variables of a decoder core: one address, whichever, is watched with a copy of what was last
// written there.
module formal_decoder_contexts (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             req_valid,
    input wire cabac_pkg::kind_t req_kind,
    input wire logic [9:0]       req_ctx_idx,
    input wire logic [6:0]       req_model,
    input wire logic             in_valid,
    input wire logic [7:0]       in_data,
    input wire logic             in_last,
    input wire logic             rsp_ready
);
  (* anyconst *) logic [9:0] watched;
  logic was_reset, req_ready, in_ready, rsp_valid, rsp_bin, settled;
  logic [7:0] rsp_data;
  cabac_pkg::error_t rsp_error;
  logic [31:0] rsp_bits;
  cabac_pkg::model_t save_model;
  cabac_pkg::decoder_debug_t debug;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  `CORE core (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_ctx_idx, .req_model,
      .in_valid, .in_ready, .in_data, .in_last,
      .rsp_valid, .rsp_ready, .rsp_bin, .rsp_data, .rsp_error, .rsp_bits,
      .settled, .save_ctx_idx(watched), .save_model, .debug
  );

  logic taken, is_watched, codes, loads, was_coded, is_written, loaded;
  cabac_pkg::model_t previous, newest, coded;

  assign taken = was_reset && !rst && req_valid && req_ready;
  assign is_watched = req_ctx_idx == watched;
  assign codes = taken && is_watched && req_kind == cabac_pkg::CONTEXT;
  assign loads = taken && is_watched && req_kind == cabac_pkg::LOAD;

  // The bin of a request is known a clock later, with what it leaves behind.
  cabac_transition transition (.model(previous), .bin(debug.response.bin), .model_next(coded));
  assign newest = was_coded ? coded : previous;

  initial loaded = 1'b0;
  always_ff @(posedge clk) begin
    was_coded <= codes;
    is_written <= codes || loads;
    previous <= loads ? req_model : newest;
    if (loads) loaded <= 1'b1;
  end

  // The contract: a context is loaded before it is used, and never with state 63.
  always_ff @(posedge clk) begin
    if (!was_reset) assume (rst);
    if (req_valid && req_kind == cabac_pkg::LOAD) assume (req_model[5:0] != 6'd63);
    if (req_valid && req_kind == cabac_pkg::CONTEXT && is_watched) assume (loaded);
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      context_is_newest: assert (!loaded || !is_watched || debug.read_model == newest);
      context_is_kept: assert (!loaded || is_written || save_model == newest);
      state_is_below_63: assert (!loaded || (previous.p_state_idx <= 6'd62 && newest.p_state_idx <= 6'd62));
      update_is_written: assert (
          (debug.write_valid && debug.write_ctx_idx == watched) == is_written
          && (!is_written || debug.write_model == newest));
      settled_is_settled: assert (settled == !debug.write_valid);
    end
  end

  always_ff @(posedge clk) begin
    context_is_forwarded: cover (codes && was_coded);
    load_is_forwarded: cover (codes && is_written && !was_coded);
    mps_is_swapped: cover (was_reset && was_coded && previous.p_state_idx == 6'd0 && coded.val_mps != previous.val_mps);
    update_survives_a_reset: cover (was_reset && rst && debug.write_valid && is_written);
  end
endmodule
`default_nettype wire
