// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

`ifndef CORE
`define CORE cabac_encoder_swift
`endif

// The context variables of an encoder whose memory is asked a clock ahead: one address, whichever, is watched with a copy
// of what was last written there. What the memory holds shows a clock later.
module formal_encoder_swift_contexts (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             req_valid,
    input wire cabac_pkg::kind_t req_kind,
    input wire logic             req_bin,
    input wire logic [9:0]       req_ctx_idx,
    input wire logic [6:0]       req_model,
    input wire logic [7:0]       req_data,
    input wire logic             out_ready
);
  (* anyconst *) logic [9:0] watched;
  logic was_reset, req_ready, out_valid, out_last, settled;
  logic [7:0] out_data;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_swift_debug_t all;
  cabac_pkg::encoder_debug_t debug;
  assign debug = all.pipeline;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  `CORE core (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_data,
      .out_valid, .out_ready, .out_data, .out_last, .settled, .save_ctx_idx(watched), .save_model, .debug(all)
  );

  // The request in the fetch stage writes when it leaves. The one ahead of it has what the memory had, or what was written
  // in the clock of the read.
  logic is_code, is_load, ahead_is_code, ahead_is_load, leaves, loaded;
  cabac_pkg::model_t newest, coded, ahead_model;

  assign is_code = debug.fetch_valid && debug.fetch.kind == cabac_pkg::CONTEXT && debug.fetch.ctx_idx == watched;
  assign is_load = debug.fetch_valid && debug.fetch.kind == cabac_pkg::LOAD && debug.fetch.ctx_idx == watched;
  assign ahead_is_code = all.ahead_valid && all.ahead.kind == cabac_pkg::CONTEXT && all.ahead.ctx_idx == watched;
  assign ahead_is_load = all.ahead_valid && all.ahead.kind == cabac_pkg::LOAD && all.ahead.ctx_idx == watched;
  assign ahead_model = all.ahead_kept_valid ? all.ahead_kept : all.ahead_read;
  assign leaves = was_reset && debug.fetch_valid
      && (!debug.low_valid || !debug.emit_valid
          || (debug.pack_fill < 6'd16 && !debug.pack_last && !debug.emit_long_run));

  cabac_transition transition (.model(newest), .bin(debug.fetch.bin), .model_next(coded));

  initial loaded = 1'b0;
  always_ff @(posedge clk) begin
    if (leaves && is_code) newest <= coded;
    if (leaves && is_load) begin
      newest <= debug.fetch.data[6:0];
      loaded <= 1'b1;
    end
  end

  // The contract: a context is loaded before it is used, and never with state 63.
  always_ff @(posedge clk) begin
    if (!was_reset) assume (rst);
    if (req_valid && req_kind == cabac_pkg::LOAD) assume (req_model[5:0] != 6'd63);
    if (req_valid && req_kind == cabac_pkg::CONTEXT && req_ctx_idx == watched)
      assume (loaded || is_load || ahead_is_load);
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      load_is_legal: assert ((!ahead_is_load || all.ahead.data[5:0] != 6'd63)
                             && (!is_load || debug.fetch.data[5:0] != 6'd63));
      context_is_loaded: assert ((!ahead_is_code || loaded || is_load) && (!is_code || loaded));
      context_is_read: assert (!ahead_is_code || !loaded || ahead_model == newest);
      context_is_newest: assert (!is_code || debug.fetch_model == newest);
      context_is_kept: assert (!$past(loaded) || save_model == $past(newest));
      state_is_below_63: assert (!loaded || newest.p_state_idx <= 6'd62);
      update_is_written: assert (
          debug.write_valid == (leaves && (debug.fetch.kind == cabac_pkg::CONTEXT || debug.fetch.kind == cabac_pkg::LOAD))
          && debug.write_ctx_idx == debug.fetch.ctx_idx
          && (!is_code || debug.write_new == coded) && (!is_load || debug.write_new == debug.fetch.data[6:0]));
      settled_is_settled: assert (settled == (!all.ahead_valid && !debug.fetch_valid));
    end
  end

  logic ran;
  assign ran = was_reset && !rst && leaves;

  always_ff @(posedge clk) begin
    context_is_forwarded: cover (ran && is_code && ahead_is_code);
    load_is_forwarded: cover (ran && is_load && ahead_is_code);
    write_is_kept: cover (ran && all.ahead_kept_valid && ahead_is_code && !is_code && !is_load);
    mps_is_swapped: cover (ran && is_code && debug.fetch_model.p_state_idx == 6'd0 && coded.val_mps != newest.val_mps);
    update_survives_a_reset: cover (was_reset && rst && leaves && is_code);
  end
endmodule
`default_nettype wire
