// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

`ifndef CORE
`define CORE cabac_decoder
`endif

// A decoder and a mutant of it, side by side: where they agree in one clock they give the same and agree in the next.
//
// They agree if all registers are the same that matter: not the update of a context that is not under way, nor an
// answer that nobody waits for, nor the interval where no engine runs, nor the bits ahead of a slice that is dropped or
// was exhausted. What the registers of the right one can hold is what formal/ proves; each line of `legal` has the names
// of its properties.
module proof (
    input wire logic             clk,
    input wire logic             rst,
    input wire logic             req_valid,
    input wire cabac_pkg::kind_t req_kind,
    input wire logic [9:0]       req_ctx_idx,
    input wire logic [6:0]       req_model,
    input wire logic             in_valid,
    input wire logic [7:0]       in_data,
    input wire logic             in_last,
    input wire logic             rsp_ready,
    // Which mutant
    input wire logic [12:0]      mutsel,
    // What the context memories answer
    input wire logic [6:0]       stored,
    input wire logic [6:0]       mutant_stored,
    // In this clock: they agree; what the contract and formal/ say is so; no slice has 2^21 bits
    output logic                 agree,
    output logic                 legal,
    output logic                 short,
    // They agree, and in the clock before they gave the same
    output logic                 kept
);
  logic req_ready, in_ready, rsp_valid;
  logic mutant_req_ready, mutant_in_ready, mutant_rsp_valid;
  logic rsp_bin, mutant_rsp_bin;
  logic [7:0] rsp_data, mutant_rsp_data;
  logic [1:0] rsp_error, mutant_rsp_error;
  logic [31:0] rsp_bits, mutant_rsp_bits;
  cabac_pkg::decoder_debug_t right, mutant;
  logic [9:0] read_addr, write_addr, mutant_read_addr, mutant_write_addr;
  logic [6:0] write_data, write_en, mutant_write_data, mutant_write_en;

  `CORE right_core (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_ctx_idx, .req_model,
      .in_valid, .in_ready, .in_data, .in_last,
      .rsp_valid, .rsp_ready, .rsp_bin, .rsp_data, .rsp_error, .rsp_bits,
      .mutsel(13'd0), .debug(right),
      .\read_0.ADDR (read_addr), .\read_0.DATA (stored),
      .\write_0.ADDR (write_addr), .\write_0.DATA (write_data), .\write_0.EN (write_en)
  );

  `CORE mutant_core (
      .clk, .rst, .req_valid, .req_ready(mutant_req_ready), .req_kind, .req_ctx_idx, .req_model,
      .in_valid, .in_ready(mutant_in_ready), .in_data, .in_last,
      .rsp_valid(mutant_rsp_valid), .rsp_ready, .rsp_bin(mutant_rsp_bin), .rsp_data(mutant_rsp_data),
      .rsp_error(mutant_rsp_error), .rsp_bits(mutant_rsp_bits),
      .mutsel, .debug(mutant),
      .\read_0.ADDR (mutant_read_addr), .\read_0.DATA (mutant_stored),
      .\write_0.ADDR (mutant_write_addr), .\write_0.DATA (mutant_write_data), .\write_0.EN (mutant_write_en)
  );

  // The answer that waits is a bin's, or a raw byte's.
  logic is_raw, waits;
  always_ff @(posedge clk) if (req_valid && req_ready) is_raw <= req_kind == cabac_pkg::RAW;
  assign waits = right.response_valid;

  // No engine runs from a SLICE, or from a terminate bin of 1, to the START after it. A SLICE that waits drops bytes.
  logic started, runs, was_slice, was_terminate, is_dropping;
  assign runs = started && !(was_terminate && right.response.bin);
  always_ff @(posedge clk) begin
    was_slice <= !rst && req_valid && req_ready && req_kind == cabac_pkg::SLICE;
    was_terminate <= !rst && req_valid && req_ready && req_kind == cabac_pkg::TERMINATE;
    is_dropping <= !rst && req_valid && !req_ready && req_kind == cabac_pkg::SLICE;
    if (rst) started <= 1'b0;
    else if (req_valid && req_ready && req_kind == cabac_pkg::SLICE) started <= 1'b0;
    else if (req_valid && req_ready && req_kind == cabac_pkg::START) started <= 1'b1;
    else started <= runs;
  end

  // No bit of this slice is left, and an error that stays says so.
  logic exhausted;
  assign exhausted = right.ended && right.ahead_len == 6'd0 && right.response.error != cabac_pkg::NONE;

  assign agree = right.response_valid == mutant.response_valid
      && (!waits || is_raw || right.response.bin == mutant.response.bin)
      && (!waits || !is_raw || right.response.data == mutant.response.data)
      && right.response.error == mutant.response.error
      && (!runs || (right.cod_i_range == mutant.cod_i_range && right.cod_i_offset == mutant.cod_i_offset))
      && (is_dropping || right.ahead == mutant.ahead) && (exhausted || right.ahead_len == mutant.ahead_len)
      && right.ended == mutant.ended
      && right.position == mutant.position && (was_slice || right.write_valid == mutant.write_valid)
      && (!right.write_valid || (right.write_ctx_idx == mutant.write_ctx_idx
                                 && right.write_model == mutant.write_model));

  // What they give at their outputs and to the context memory. After a SLICE nothing in it matters until it is loaded.
  logic writes_same, gives_same, gave_same;
  assign writes_same = write_en == mutant_write_en
      && (write_en == 7'd0 || (write_addr == mutant_write_addr
                               && ((write_data ^ mutant_write_data) & write_en) == 7'd0));
  assign gives_same = (!req_valid || req_ready == mutant_req_ready) && (!in_valid || in_ready == mutant_in_ready)
      && rsp_valid == mutant_rsp_valid
      && (!rsp_valid || (rsp_error == mutant_rsp_error && rsp_bits == mutant_rsp_bits
                         && (is_raw ? rsp_data == mutant_rsp_data : rsp_bin == mutant_rsp_bin)))
      && read_addr == mutant_read_addr && (was_slice || writes_same);
  always_ff @(posedge clk) gave_same <= gives_same;
  assign kept = agree && gave_same;

  logic contract, contexts, interval, bits;

  // The contract of docs/decoder-core.md; a context that is used was loaded in its slice, so the memories
  // have the same.
  assign contract = (!req_valid || req_kind != cabac_pkg::LOAD || req_model[5:0] != 6'd63)
      && (!req_valid || req_kind != cabac_pkg::CONTEXT || stored == mutant_stored)
      && (!req_valid || runs || req_kind == cabac_pkg::LOAD || req_kind == cabac_pkg::START
          || req_kind == cabac_pkg::SLICE || req_kind == cabac_pkg::RAW)
      && (!req_valid || req_kind != cabac_pkg::RAW || !runs)
      && !(was_slice && started) && (!is_dropping || (req_valid && req_kind == cabac_pkg::SLICE))
      && right.position <= 32'hffff_ffff - 32'd16;

  // state_is_below_63, context_is_newest, context_is_kept
  assign contexts = (!req_valid || req_kind != cabac_pkg::CONTEXT || stored[5:0] != 6'd63)
      && (!right.write_valid || right.write_model.p_state_idx != 6'd63);

  // range_is_normal, offset_is_below_range
  assign interval = right.cod_i_range >= 9'd256 && right.cod_i_range <= 9'd510
      && (right.cod_i_range <= 9'd501 || !right.cod_i_range[0]) && right.cod_i_offset < right.cod_i_range;

  // ahead_is_bounded, ahead_is_clean, bits_account
  logic [2:0] end_of_ahead;
  assign end_of_ahead = right.position[2:0] + right.ahead_len[2:0];
  assign bits = right.ahead_len <= 6'd32 && (right.ahead & (33'h0_ffff_ffff >> right.ahead_len)) == 32'd0
      && (right.ahead_len == 6'd0 || end_of_ahead == 3'd0);

  assign legal = contract && contexts && interval && bits;
  assign short = right.position < 32'd2_097_152;
endmodule
`default_nettype wire
