// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench for an encoder in the socket of Silicabac; it needs nothing but a simulator, and the files beside it.
//
//   $ iverilog -g2012 -s encoder_tb -o encoder_tb encoder_tb.sv MY_CORE.v && vvp encoder_tb
//   $ verilator --binary --timing -Wno-fatal --x-initial unique --top-module encoder_tb encoder_tb.sv MY_CORE.v && obj_dir/Vencoder_tb +verilator+rand+reset+2
//
// Macros: DUT is the module, PARAMETERS what stands after its name, such as #(.DEPTH(4)), LANES how many requests it takes at once,
// and BYTES how many bytes it gives at once. RUN is how many bypass bins a lane can be, if it has req_run. Ports that it does not have are left alone by NO_REQ_COUNT, NO_REQ_CTX_IDX,
// NO_REQ_MODEL, NO_REQ_DATA, NO_SLICE_CODEC, NO_SLICE_TYPE, NO_SLICE_QP, NO_SLICE_INDEX, NO_OUT_READY, NO_OUT_COUNT and NO_OUT_LAST.
// PATIENCE is for how many clocks nothing may move.
//
// Each class of vectors is played in all the ways of cabac_play.vh, until one fails. What to play of it, the plusargs say:
// +class=NAME, +vector=ID, +plan=NAME, +play=NUMBER and +seed=NUMBER, as a failure prints them; +stop ends it with the first class
// that fails, and +dump=FILE makes a waveform.
`default_nettype none
`timescale 1ns / 1ps
`include "cabac_config.vh"
`ifndef LANES
`define LANES 1
`endif
`ifndef BYTES
`define BYTES 1
`endif
`ifndef PARAMETERS
`define PARAMETERS
`endif
`ifdef RUN
`define CABAC_RUNS
`else
`define RUN 0
`endif
`define CABAC_LAST_PORT BYTES
`define CABAC_FIRST_WAY 1
`include "cabac_tape.sv"
`include "cabac_encoder_model.sv"

module encoder_tb;
  localparam LANES = `LANES;
  localparam MOST = `BYTES;
  localparam RUN = `RUN;
  // How many bits req_data has for a lane, in how many lanes; and how many requests are looked at.
  localparam DATA = RUN > 8 ? RUN : 8;
  localparam DATA_LANES = RUN > 0 || `CABAC_GROUPS ? LANES : 1;
  localparam AHEAD = LANES * (RUN + 1);
`include "cabac_requests.vh"
`include "cabac_ways.vh"

  reg clk, rst, req_valid, out_ready;
  reg [3:0] req_count;
  reg [3*LANES-1:0] req_kind;
  reg [LANES-1:0] req_bin;
  reg [10*LANES-1:0] req_ctx_idx;
  reg [7*LANES-1:0] req_model;
  reg [6*LANES-1:0] req_run;
  reg [DATA*DATA_LANES-1:0] req_data;
  reg slice_codec;
  reg [1:0] slice_type, slice_index;
  reg [7:0] slice_qp;
  wire req_ready, out_valid, out_last;
  wire [3:0] out_count;
  wire [8*MOST-1:0] out_data;

  `DUT `PARAMETERS dut (
`ifndef NO_REQ_COUNT
      .req_count(req_count),
`endif
`ifndef NO_REQ_CTX_IDX
      .req_ctx_idx(req_ctx_idx),
`endif
`ifndef NO_REQ_MODEL
      .req_model(req_model),
`endif
`ifndef NO_REQ_DATA
      .req_data(req_data),
`endif
`ifdef CABAC_RUNS
      .req_run(req_run),
`endif
`ifndef NO_SLICE_CODEC
      .slice_codec(slice_codec),
`endif
`ifndef NO_SLICE_TYPE
      .slice_type(slice_type),
`endif
`ifndef NO_SLICE_QP
      .slice_qp(slice_qp),
`endif
`ifndef NO_SLICE_INDEX
      .slice_index(slice_index),
`endif
`ifndef NO_OUT_READY
      .out_ready(out_ready),
`endif
`ifndef NO_OUT_COUNT
      .out_count(out_count),
`endif
`ifndef NO_OUT_LAST
      .out_last(out_last),
`endif
      .clk(clk), .rst(rst), .req_valid(req_valid), .req_ready(req_ready), .req_kind(req_kind), .req_bin(req_bin),
      .out_valid(out_valid), .out_data(out_data)
  );

  cabac_tape #(.FILE("cabac_requests.bin"), .WORDS(`CABAC_REQUEST_WORDS)) tape ();
  cabac_encoder_model #(.LOADS(`CABAC_LOADS), .QUEUE_BITS(`CABAC_QUEUE_BITS)) model ();

`include "cabac_play.vh"
`include "cabac_script.vh"

  // Bytes that the core showed in the last clock and that were not taken.
  integer shown;

  task code_request(input integer number);
    begin
      model.code(number, next_index, word[13:11], word[10], word[9:0], operand);
      next_is_delicate = model.bits_outstanding > 7 || word[13:11] == RAW || (word[13:11] == TERMINATE && word[10])
          || (word[13:11] == LOAD && next_is_delicate);
    end
  endtask

  task begin_model(input integer vector);
    model.begin_vector(place);
  endtask

  task put_request(input integer lane, input integer number);
    integer bypass;
    begin
      put_common(lane, number);
      if (ahead_word[number][13:11] <= TERMINATE) req_bin[lane] = ahead_word[number][10];
      if (ahead_word[number][13:11] == RAW) req_data[DATA*lane+:8] = ahead_word[number][7:0];
      if (RUN > 0 && ahead_word[number][13:11] <= ALIGN) begin
        req_run[6*lane+:6] = 6'd0;
        req_data[DATA*lane+:DATA] = 0;
        for (bypass = number; bypass < lane_first[lane+1]; bypass = bypass + 1) begin
          if (ahead_word[bypass][13:11] == BYPASS) begin
            req_run[6*lane+:6] = req_run[6*lane+:6] + 6'd1;
            req_data[DATA*lane+:DATA] = {req_data[DATA*lane+:DATA], ahead_word[bypass][10]};
          end
        end
      end
    end
  endtask

  task make_noise(input x);
    integer lane;
    begin
      make_common_noise(x);
      req_bin = x ? {LANES{1'bx}} : random(1 << LANES);
      for (lane = 0; lane < DATA_LANES; lane = lane + 1) req_data[DATA*lane+:DATA] = x ? {DATA{1'bx}} : random(1 << 30);
      for (lane = 0; lane < LANES; lane = lane + 1) req_run[6*lane+:6] = x ? 6'bx : random(64);
    end
  endtask

  function can_cut(input unused);
    can_cut = 1'b0;
  endfunction

  task is_taken(input [2:0] kind);
    ;
  endtask

  task take_bytes;
    integer count, lane, slot;
    begin
      count = 0;
      if (out_valid === 1'bx) fail_here("out_valid is X");
      else if (out_valid) begin
`ifdef NO_OUT_COUNT
        count = 1;
`else
        count = out_count;
        if (^out_count === 1'bx || out_count < 1 || out_count > MOST) fail_here("out_count is X or out of range");
`endif
      end
      if (count < shown) fail_here("what is offered is withdrawn, out_valid or a part of out_count");
      for (lane = 0; lane < count && !failed; lane = lane + 1) begin
        slot = (model.head + lane) & ((1 << `CABAC_QUEUE_BITS) - 1);
        if (model.head + lane >= model.tail || model.due_request[slot] >= taken) fail_here("a byte is given before any bin decides it");
        else begin
          if (out_data[8*lane+:8] !== model.due[slot])
            fail_value(model.due_place[slot], model.due_index[slot], "a byte of the output", {24'd0, model.due[slot]}, {24'd0, out_data[8*lane+:8]});
`ifndef NO_OUT_LAST
          if ((out_last && lane + 1 == count) !== model.due_last[slot])
            fail_value(model.due_place[slot], model.due_index[slot], "out_last", {31'd0, model.due_last[slot]}, {31'd0, out_last});
`endif
        end
      end
      shown = count;
      if (out_ready && count > 0) begin
        shown = 0;
        model.head = model.head + count;
        transferred(BYTES, count);
        moved = 1'b1;
      end
    end
  endtask

  task begin_play;
    begin
      shown = 0;
      begin_script;
    end
  endtask

  // A clock; inputs change after its falling edge, and outputs are read before its rising edge.
  task step;
    begin
      begin_clock;
      if (way == RESETS) begin
        reset_core;
        shown = 0;
      end else begin
        rst = 1'b0;
        look_ahead;
        offer_requests;
`ifdef NO_OUT_READY
        out_ready = 1'b1;
`else
        out_ready = (shown > 0 || !looks) && !waits(BYTES);
`endif
        #4;
        take_requests;
        take_bytes;
        #1 clk = 1'b1;
        #5 clk = 1'b0;
        clocks = clocks + 1;
      end
      end_clock(model.head < model.tail);
    end
  endtask
endmodule
`default_nettype wire
