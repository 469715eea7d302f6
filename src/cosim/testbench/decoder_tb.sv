// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench for a decoder in the socket of Silicabac; it needs nothing but a simulator, and the files beside it.
//
//   $ iverilog -g2012 -s decoder_tb -o decoder_tb decoder_tb.sv MY_CORE.v && vvp decoder_tb
//   $ verilator --binary --timing -Wno-fatal --x-initial unique --top-module decoder_tb decoder_tb.sv MY_CORE.v && obj_dir/Vdecoder_tb +verilator+rand+reset+2
//
// Macros: DUT is the module, PARAMETERS what stands after its name, such as #(.DEPTH(4)), and LANES how many requests it takes at
// once. Ports that it does not have are left alone by NO_REQ_COUNT, NO_REQ_CTX_IDX, NO_REQ_MODEL, NO_SLICE_CODEC, NO_SLICE_TYPE,
// NO_SLICE_QP, NO_SLICE_INDEX, NO_IN_LAST, NO_RSP_READY, NO_RSP_COUNT, NO_RSP_DATA, NO_RSP_ERROR and NO_RSP_BITS. PATIENCE is for
// how many clocks nothing may move.
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
`ifndef PARAMETERS
`define PARAMETERS
`endif
`define CABAC_LAST_PORT ANSWERS
`define CABAC_FIRST_WAY 0
`include "cabac_tape.sv"
`include "cabac_decoder_model.sv"

module decoder_tb;
  localparam LANES = `LANES;
  localparam RUN = 0;
  localparam AHEAD = LANES;
`include "cabac_requests.vh"
`include "cabac_ways.vh"

  reg clk, rst, req_valid, in_valid, in_last, rsp_ready;
  reg [3:0] req_count;
  reg [3*LANES-1:0] req_kind;
  reg [10*LANES-1:0] req_ctx_idx;
  reg [7*LANES-1:0] req_model;
  reg slice_codec;
  reg [1:0] slice_type, slice_index;
  reg [7:0] slice_qp, in_data;
  wire req_ready, in_ready, rsp_valid;
  wire [3:0] rsp_count;
  wire [LANES-1:0] rsp_bin;
  wire [7:0] rsp_data;
  wire [2*LANES-1:0] rsp_error;
  wire [31:0] rsp_bits;

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
`ifndef NO_IN_LAST
      .in_last(in_last),
`endif
`ifndef NO_RSP_READY
      .rsp_ready(rsp_ready),
`endif
`ifndef NO_RSP_COUNT
      .rsp_count(rsp_count),
`endif
`ifndef NO_RSP_DATA
      .rsp_data(rsp_data),
`endif
`ifndef NO_RSP_ERROR
      .rsp_error(rsp_error),
`endif
`ifndef NO_RSP_BITS
      .rsp_bits(rsp_bits),
`endif
      .clk(clk), .rst(rst), .req_valid(req_valid), .req_ready(req_ready), .req_kind(req_kind),
      .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .rsp_valid(rsp_valid), .rsp_bin(rsp_bin)
  );

  cabac_tape #(.FILE("cabac_requests.bin"), .WORDS(`CABAC_REQUEST_WORDS)) tape ();
  cabac_tape #(.FILE("cabac_bytes.bin"), .WORDS(`CABAC_BYTE_WORDS)) feed ();
  cabac_decoder_model #(.LOADS(`CABAC_LOADS), .BYTES_FILE("cabac_bytes.bin"), .WORDS(`CABAC_BYTE_WORDS)) model ();

`include "cabac_play.vh"
`include "cabac_script.vh"

  // Answers that the core showed in the last clock and that were not taken.
  integer shown;

  // ---- The bytes: slice after slice

  // The vector whose bytes come next, by its place in the play, how many of them have been taken, how many there will be, and the
  // vector after it.
  integer feed_place, feed_taken, feed_end, feed_then;
  // A byte is on the ports and has to stay there; what comes is the rest of a slice that has been cut short.
  reg feed_held, feed_is_rest;
  // How many slices the core has begun that no byte has been taken of.
  integer begun;
  reg [14:0] feed_word;

  task open_feed(input integer at);
    begin
      feed_place = at;
      feed_then = at + 1;
      feed_is_rest = 1'b0;
      {feed_taken, feed_end} = 0;
      if (at < times) begin
        feed_end = bytes_of(vector_at(at));
        feed.seek(first_byte(vector_at(at)));
      end
    end
  endtask

  task offer_byte;
    begin
      if (!feed_held) begin
        in_valid = feed_taken < feed_end;
        if (in_valid) if (waits(BYTES)) in_valid = 1'b0;
        feed_held = in_valid;
        if (in_valid) begin
          feed.read(feed_word);
          in_data = feed_word[7:0];
          in_last = feed_taken + 1 == feed_end;
        end else {in_last, in_data} = has_x ? 9'bx : random(512);
      end
    end
  endtask

  task give_byte;
    begin
      if (feed_held && in_ready === 1'bx) fail_here("in_ready is X");
      else if (feed_held && in_ready) begin
        if (feed_taken == 0) begun = begun - 1;
        if (begun < 0) fail_here("a byte is taken that is not of this slice, but of the next one");
        feed_held = 1'b0;
        feed_taken = feed_taken + 1;
        if (feed_taken == feed_end) open_feed(feed_then);
        transferred(BYTES, 1);
        moved = 1'b1;
      end
    end
  endtask

  // Whether the slice can end early: what waits on the ports cannot be taken back, and a core that has been asked for more than
  // it has answered would be asked for bins that are gone. The rest of a slice before it has to be gone.
  function can_cut(input unused);
    can_cut = `CABAC_CAN_CUT && held == 0 && next_number(1'b0) > 0 && (model.head == model.tail || model.due_request[model.head&65535] >= taken)
        && !feed_is_rest && (feed_place == next_place(1'b0) || !feed_held);
  endfunction

  // Ends the slice as early as it can be, to play its vector again, or the next one.
  task cut;
    integer at;
    begin
      at = next_place(1'b0);
      if (feed_place != at) open_feed(at + moves_on);
      else begin
        if (feed_end > feed_taken + 1 + feed_held) feed_end = feed_taken + 1 + feed_held;
        feed_then = at + moves_on;
        feed_is_rest = 1'b1;
      end
      model.forget;
      begin_again;
    end
  endtask

  // ---- What this direction does of the script

  task code_request(input integer number);
    begin
      model.code(number, next_index, word[13:11], word[9:0], operand);
      if (requests_left == 0 && is_flagged(vector_at(place), ENDS_WITH_ERROR)) model.spoil;
      next_is_delicate = model.shown_error(1'b0) != 2'd0 || word[13:11] == RAW || word[13:11] == START
          || (word[13:11] == TERMINATE && word[10]) || (word[13:11] == LOAD && next_is_delicate);
    end
  endtask

  task begin_model(input integer vector);
    model.begin_vector(place, first_byte(vector), bytes_of(vector));
  endtask

  task put_request(input integer lane, input integer number);
    put_common(lane, number);
  endtask

  task make_noise(input x);
    make_common_noise(x);
  endtask

  task is_taken(input [2:0] kind);
    if (kind == SLICE) begun = begun + 1;
  endtask

  task take_answers;
    integer count, lane, slot;
    begin
      count = 0;
      if (rsp_valid === 1'bx) fail_here("rsp_valid is X");
      else if (rsp_valid) begin
`ifdef NO_RSP_COUNT
        count = 1;
`else
        count = rsp_count;
        if (^rsp_count === 1'bx || rsp_count < 1 || rsp_count > LANES) fail_here("rsp_count is X or out of range");
`endif
      end
      if (count < shown) fail_here("what is offered is withdrawn, rsp_valid or a part of rsp_count");
      for (lane = 0; lane < count && !failed; lane = lane + 1) begin
        slot = (model.head + lane) & 65535;
        if (model.head + lane >= model.tail || model.due_request[slot] >= taken) fail_here("an answer is given that nothing asked for");
        else check_answer(slot, lane, lane + 1 == count);
      end
      shown = count;
      if (rsp_ready && count > 0) begin
        shown = 0;
        model.head = model.head + count;
        transferred(ANSWERS, count);
        moved = 1'b1;
      end
    end
  endtask

  task check_answer(input integer slot, input integer lane, input is_newest);
    begin
      if (model.due_is_undefined[slot]) begin
`ifndef NO_RSP_ERROR
        if (!(rsp_error[2*lane+:2] > 2'd0)) fail(model.due_place[slot], model.due_index[slot], "rsp_error is 0 with an answer that an error has spoiled");
`endif
      end else begin
        if (model.due_raw[slot]) begin
`ifndef NO_RSP_DATA
          if (rsp_data !== model.due[slot])
            fail_value(model.due_place[slot], model.due_index[slot], "the raw byte", {24'd0, model.due[slot]}, {24'd0, rsp_data});
`endif
        end else if (rsp_bin[lane] !== model.due[slot][0])
          fail_value(model.due_place[slot], model.due_index[slot], "the bin", {24'd0, model.due[slot]}, {31'd0, rsp_bin[lane]});
`ifndef NO_RSP_ERROR
        if (rsp_error[2*lane+:2] !== model.due_error[slot])
          fail_value(model.due_place[slot], model.due_index[slot], "the error", {30'd0, model.due_error[slot]}, {30'd0, rsp_error[2*lane+:2]});
`endif
`ifndef NO_RSP_BITS
        if (is_newest && rsp_bits !== model.due_bits[slot])
          fail_value(model.due_place[slot], model.due_index[slot], "the number of bits read", model.due_bits[slot], rsp_bits);
`endif
      end
    end
  endtask

  task begin_play;
    begin
      {shown, begun} = 0;
      {in_valid, feed_held, rsp_ready} = 3'b000;
      begin_script;
      open_feed(0);
    end
  endtask

  // A clock; inputs change after its falling edge, and outputs are read before its rising edge.
  task step;
    integer at;
    begin
      begin_clock;
      if (way == RESETS) begin
        at = next_place(1'b0);
        reset_core;
        {shown, begun} = 0;
        feed_held = 1'b0;
        open_feed(at + moves_on);
      end else begin
        if (way == CUTS) cut;
        look_ahead;
        rst = 1'b0;
        offer_requests;
        offer_byte;
`ifdef NO_RSP_READY
        rsp_ready = 1'b1;
`else
        rsp_ready = (shown > 0 || !looks) && !waits(ANSWERS);
`endif
        #4;
        take_requests;
        give_byte;
        take_answers;
        #1 clk = 1'b1;
        #5 clk = 1'b0;
        clocks = clocks + 1;
      end
      end_clock(model.head < model.tail);
    end
  endtask
endmodule
`default_nettype wire
