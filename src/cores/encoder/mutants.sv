// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

`ifndef CORE
`define CORE cabac_encoder
`define ALWAYS_WAITS 0
`endif

// With AHEAD there is a stage more before the others, whose memory is asked a clock earlier.
`ifdef AHEAD
`define DEBUG_T cabac_pkg::encoder_swift_debug_t
`define PIPELINE(core) core.pipeline
`else
`define DEBUG_T cabac_pkg::encoder_debug_t
`define PIPELINE(core) core
`endif

// An encoder and a mutant of it, side by side: where they agree in one clock they give the same and agree in the next.
//
// They agree if all registers are the same that matter: not those of a stage that holds nothing, nor a field that its
// request has no use for; that a run is long is in a register only in the core that always waits. What the registers of the
// right one can hold is what formal/ proves; each line of `legal` has the names of its properties.
module proof (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             req_valid,
    input wire cabac_pkg::kind_t req_kind,
    input wire logic             req_bin,
    input wire logic [9:0]       req_ctx_idx,
    input wire logic [6:0]       req_model,
    input wire logic [7:0]       req_data,
    input wire logic             out_ready,
    // Which mutant
    input wire logic [12:0]      mutsel,
    // What the context memories answer; codIRange as it was when the operation in the low stage was made
    input wire logic [6:0]       stored,
    input wire logic [6:0]       mutant_stored,
    input wire logic [8:0]       low_range,
    // In this clock: they agree; what the contract and formal/ say is so; no run has 2^19 bits
    output logic                 agree,
    output logic                 legal,
    output logic                 short,
    // They agree, and in the clock before they gave the same
    output logic                 kept
);
  logic req_ready, out_valid, out_last, mutant_req_ready, mutant_out_valid, mutant_out_last;
  logic [7:0] out_data, mutant_out_data;
  `DEBUG_T right_debug, mutant_debug;
  cabac_pkg::encoder_debug_t right, mutant;
  assign right = `PIPELINE(right_debug);
  assign mutant = `PIPELINE(mutant_debug);
  logic [9:0] read_addr, write_addr, mutant_read_addr, mutant_write_addr;
  logic [6:0] write_data, write_en, mutant_write_data, mutant_write_en;

  `CORE right_core (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_data,
      .out_valid, .out_ready, .out_data, .out_last, .mutsel(13'd0), .debug(right_debug),
      .\read_0.ADDR (read_addr), .\read_0.DATA (stored),
      .\write_0.ADDR (write_addr), .\write_0.DATA (write_data), .\write_0.EN (write_en)
  );

  `CORE mutant_core (
      .clk, .rst, .req_valid, .req_ready(mutant_req_ready), .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_data,
      .out_valid(mutant_out_valid), .out_ready, .out_data(mutant_out_data),
      .out_last(mutant_out_last), .mutsel, .debug(mutant_debug),
      .\read_0.ADDR (mutant_read_addr), .\read_0.DATA (mutant_stored),
      .\write_0.ADDR (mutant_write_addr), .\write_0.DATA (mutant_write_data), .\write_0.EN (mutant_write_en)
  );

  // What matters in the fetch stage.
  logic has_context, has_load, has_bin, has_raw, has_slice;
  assign has_context = right.fetch_valid && right.fetch.kind == cabac_pkg::CONTEXT;
  assign has_load = right.fetch_valid && right.fetch.kind == cabac_pkg::LOAD;
  assign has_raw = right.fetch_valid && right.fetch.kind == cabac_pkg::RAW;
  assign has_slice = right.fetch_valid && right.fetch.kind == cabac_pkg::SLICE;
  assign has_bin = has_context || (right.fetch_valid && (right.fetch.kind == cabac_pkg::BYPASS
                                                         || right.fetch.kind == cabac_pkg::TERMINATE));

  // And in the stage before it, with what the context variable is if it is not being written.
  logic ahead_agrees, ahead_slice, ahead_is_legal;
`ifdef AHEAD
  logic ahead_context, ahead_load, ahead_raw;
  cabac_pkg::model_t ahead_model, mutant_ahead_model;
  assign ahead_context = right_debug.ahead_valid && right_debug.ahead.kind == cabac_pkg::CONTEXT;
  assign ahead_load = right_debug.ahead_valid && right_debug.ahead.kind == cabac_pkg::LOAD;
  assign ahead_raw = right_debug.ahead_valid && right_debug.ahead.kind == cabac_pkg::RAW;
  assign ahead_slice = right_debug.ahead_valid && right_debug.ahead.kind == cabac_pkg::SLICE;
  assign ahead_model = right_debug.ahead_kept_valid ? right_debug.ahead_kept : right_debug.ahead_read;
  assign mutant_ahead_model = mutant_debug.ahead_kept_valid ? mutant_debug.ahead_kept : mutant_debug.ahead_read;
  assign ahead_agrees = right_debug.ahead_valid == mutant_debug.ahead_valid
      && (!right_debug.ahead_valid || right_debug.ahead.kind == mutant_debug.ahead.kind)
      && (!(ahead_context || (right_debug.ahead_valid && (right_debug.ahead.kind == cabac_pkg::BYPASS
                                                          || right_debug.ahead.kind == cabac_pkg::TERMINATE)))
          || right_debug.ahead.bin == mutant_debug.ahead.bin)
      && (!(ahead_context || ahead_load) || right_debug.ahead.ctx_idx == mutant_debug.ahead.ctx_idx)
      && (!ahead_context || ahead_model == mutant_ahead_model)
      && (!ahead_load || right_debug.ahead.data[6:0] == mutant_debug.ahead.data[6:0])
      && (!ahead_raw || right_debug.ahead.data == mutant_debug.ahead.data);
  // The contract, and load_is_legal
  assign ahead_is_legal = (!right_debug.ahead_valid || right_debug.ahead.kind != cabac_pkg::START)
      && !(ahead_context && has_slice) && (!ahead_load || right_debug.ahead.data[5:0] != 6'd63);
`else
  assign ahead_slice = 1'b0;
  assign ahead_agrees = 1'b1;
  assign ahead_is_legal = 1'b1;
`endif

  logic fetch_agrees, low_agrees, emit_agrees, rest_agrees;
  assign fetch_agrees = right.fetch_valid == mutant.fetch_valid
      && (!right.fetch_valid || right.fetch.kind == mutant.fetch.kind)
      && (!has_bin || right.fetch.bin == mutant.fetch.bin)
      && (!(has_context || has_load) || right.fetch.ctx_idx == mutant.fetch.ctx_idx)
      && (!has_context || right.fetch_model == mutant.fetch_model)
      && (!has_load || right.fetch.data[6:0] == mutant.fetch.data[6:0])
      && (!has_raw || right.fetch.data == mutant.fetch.data);
  assign low_agrees = right.low_valid == mutant.low_valid
      && (!right.low_valid || (right.low.flush == mutant.low.flush && right.low.raw == mutant.low.raw))
      && (!right.low_valid || right.low.raw || right.low.addend == mutant.low.addend)
      && (!right.low_valid || right.low.raw || right.low.flush || right.low.shift == mutant.low.shift)
      && (!right.low_valid || !right.low.raw || right.low.data == mutant.low.data);
  assign emit_agrees = right.emit_valid == mutant.emit_valid
      && (!right.emit_valid
          || (right.emit.head_valid == mutant.emit.head_valid && right.emit.run == mutant.emit.run
              && right.emit.rest == mutant.emit.rest && right.emit.len == mutant.emit.len
              && right.emit.last == mutant.emit.last
              && (!`ALWAYS_WAITS || right.emit_long_run == mutant.emit_long_run)
              && ((!right.emit.head_valid && right.emit.run == 32'd0) || right.emit.head == mutant.emit.head)));
  assign rest_agrees = right.cod_i_range == mutant.cod_i_range && right.cod_i_low == mutant.cod_i_low
      && right.bits_outstanding == mutant.bits_outstanding && right.first_bit_flag == mutant.first_bit_flag
      && right.pack_bits == mutant.pack_bits && right.pack_fill == mutant.pack_fill
      && right.pack_last == mutant.pack_last;
  assign agree = ahead_agrees && fetch_agrees && low_agrees && emit_agrees && rest_agrees;

  // What they give at their outputs and to the context memory. After a SLICE nothing in it matters until it is loaded.
  logic writes_same, gives_same, gave_same;
  assign writes_same = write_en == mutant_write_en
      && (write_en == 7'd0 || (write_addr == mutant_write_addr
                               && ((write_data ^ mutant_write_data) & write_en) == 7'd0));
  assign gives_same = (!req_valid || req_ready == mutant_req_ready) && out_valid == mutant_out_valid
      && (!out_valid || (out_data == mutant_out_data && out_last == mutant_out_last))
      && read_addr == mutant_read_addr && (has_slice || writes_same);
  always_ff @(posedge clk) gave_same <= gives_same;
  assign kept = agree && gave_same;

  logic contract, contexts, interval, operation, low_bounds, bits;

  // The contract of docs/encoder-core.md and docs/socket.md, which has no START for encoders; a context that is used was
  // loaded in its slice, so the memories have the same.
  assign contract = (!req_valid || req_kind != cabac_pkg::START)
      && (!right.fetch_valid || right.fetch.kind != cabac_pkg::START)
      && (!req_valid || req_kind != cabac_pkg::LOAD || req_model[5:0] != 6'd63)
      && (!req_valid || req_kind != cabac_pkg::CONTEXT || (!has_slice && !ahead_slice && stored == mutant_stored))
      && ahead_is_legal
      && right.bits_outstanding <= 32'hffff_ffff - {29'd0, right.low.shift};

  // state_is_below_63, context_is_newest, context_is_kept, load_is_legal
  assign contexts = (!req_valid || req_kind != cabac_pkg::CONTEXT || stored[5:0] != 6'd63)
      && (!has_context || right.fetch_model.p_state_idx != 6'd63)
      && (!has_load || right.fetch.data[5:0] != 6'd63);

  // range_is_normal, raw_is_in_a_fresh_run with range_starts_at_510
  assign interval = right.cod_i_range >= 9'd256 && right.cod_i_range <= 9'd510
      && (right.cod_i_range <= 9'd501 || !right.cod_i_range[0])
      && (!has_raw || right.cod_i_range == 9'd510);

  // op_is_well_formed, op_stays_inside
  logic [17:0] op_end, op_room;
  assign op_end = ({8'd0, right.low.addend} << right.low.shift) + {8'd0, right.cod_i_range, 1'b0};
  assign op_room = {8'd0, low_range, 1'b0} << right.low.shift;
  assign operation = right.low.shift <= 3'd6 && !(right.low.flush && right.low.raw)
      && (!right.low.flush || right.low.shift == 3'd0)
      && (!right.low.raw || (right.low.shift == 3'd0 && right.low.addend == 10'd0))
      && (right.low.addend == 10'd0 || right.low.flush || right.low.shift != 3'd0)
      && (!right.low_valid || (right.low.flush ? right.low.addend + 10'd4 == {low_range, 1'b0}
                               : right.low.raw || op_end <= op_room));

  // low_is_bounded, low_has_no_carry_at_first, low_has_no_carry_over_a_run, raw_is_in_a_fresh_run with low_starts_at_0
  logic [10:0] low_end;
  assign low_end = {1'b0, right.cod_i_low} + {2'd0, low_range};
  assign low_bounds = low_range >= 9'd256 && low_range <= 9'd510 && low_end <= 11'd1024
      && (!right.first_bit_flag || low_end <= 11'd510)
      && (!right.cod_i_low[9] || right.bits_outstanding == 32'd0)
      && (!right.low_valid || !right.low.raw || (right.cod_i_low == 10'd0 && right.bits_outstanding == 32'd0
                                                 && right.first_bit_flag));

  // group_is_well_formed, pack_is_well_formed, long_run_is_known
  assign bits = (right.emit.len <= 4'd5 || right.emit.len == 4'd8 || right.emit.len == 4'd9)
      && right.emit.last == (right.emit.len == 4'd9)
      && right.emit_long_run == (right.emit.run >= 32'd8)
      && (right.emit.rest & (9'h1ff >> right.emit.len)) == 9'd0
      && right.pack_fill <= 6'd32
      && (right.pack_bits & (32'hffff_ffff >> right.pack_fill)) == 32'd0
      && (!right.pack_last || (right.pack_fill[2:0] == 3'd0 && right.pack_fill != 6'd0));

  assign legal = contract && contexts && interval && operation && low_bounds && bits;
  assign short = right.bits_outstanding < 32'd524_288 && right.emit.run < 32'd524_288;
endmodule
`default_nettype wire
