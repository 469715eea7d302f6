// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench for a decoder in the socket of Silicabac; it needs nothing but a simulator.
//
//   $ iverilog -g2012 -s decoder_tb -o decoder_tb decoder_tb.sv MY_CORE.v && vvp decoder_tb
//   $ verilator --binary --timing -Wno-fatal --top-module decoder_tb decoder_tb.sv MY_CORE.v && obj_dir/Vdecoder_tb
//
// Macros: DUT is the module, LANES how many requests it takes at once; NO_RSP_ERROR and NO_RSP_BITS leave those
// ports alone. It plays all vectors back to back, first as fast as the core goes, then with random stalls on all
// sides; ports that mean nothing hold X. The first thing that is wrong ends it with $fatal; X under a valid is wrong.
`default_nettype none
`timescale 1ns / 1ps
`include "decoder_config.vh"
`ifndef DUT
`define DUT cabac_decoder_socket
`endif
`ifndef LANES
`define LANES 1
`endif
`ifndef PATIENCE
`define PATIENCE 20000
`endif

module decoder_tb;
  localparam LANES = `LANES;
  // Words of decoder_requests.hex: vector, slice header, kind, bin, ctx_idx, model, data.
  reg [63:0] requests[0:`REQUESTS-1];
  // Words of decoder_bytes.hex: vector, last of the slice, byte.
  reg [31:0] bytes[0:`TOTAL_BYTES-1];
  // Words of decoder_answers.hex: vector, bits read, error, raw byte, whether it is one, bin.
  reg [63:0] answers[0:`ANSWERS-1];

  reg clk = 1'b0;
  always #5 clk = !clk;

  reg rst, req_valid, in_valid, in_last, rsp_ready;
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

  `DUT dut (
      .clk(clk), .rst(rst),
      .req_valid(req_valid), .req_ready(req_ready), .req_count(req_count), .req_kind(req_kind),
      .req_ctx_idx(req_ctx_idx), .req_model(req_model),
      .slice_codec(slice_codec), .slice_type(slice_type), .slice_qp(slice_qp), .slice_index(slice_index),
      .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .in_last(in_last),
`ifndef NO_RSP_ERROR
      .rsp_error(rsp_error),
`endif
`ifndef NO_RSP_BITS
      .rsp_bits(rsp_bits),
`endif
      .rsp_valid(rsp_valid), .rsp_ready(rsp_ready), .rsp_count(rsp_count), .rsp_bin(rsp_bin), .rsp_data(rsp_data)
  );

  integer next_request, held, next_byte, next_answer, asked, begun, still, seed, pass, lane, rest;
  reg [63:0] word, expected;
  reg more, byte_held;

`include "decoder_names.vh"

  task fail(input integer vector, input [8*80:1] what);
    begin
      $display("FAIL in vector %0d, stalls %0d, answer %0d of decoder_answers.hex: %0s", vector, pass, next_answer, what);
      show_name(vector);
      $fatal(1, "the decoder is wrong");
    end
  endtask

  function integer vector_of_request(input integer number);
    vector_of_request = number < `REQUESTS ? requests[number][63:44] : requests[`REQUESTS-1][63:44];
  endfunction

  function stalls(input integer of_8);
    stalls = pass == 1 && $unsigned($random(seed)) % 8 < of_8;
  endfunction

  // The next requests: bins go together, up to a terminate bin; all others go alone.
  task offer;
    begin
      {req_valid, req_count, req_kind, req_ctx_idx, req_model} = 'bx;
      req_valid = next_request < `REQUESTS && !stalls(2);
      more = req_valid;
      while (more && held < LANES && next_request + held < `REQUESTS) begin
        word = requests[next_request+held];
        if (held > 0 && word[28:26] > 3'd2) more = 1'b0;
        else begin
          req_kind[3*held+:3] = word[28:26];
          req_ctx_idx[10*held+:10] = word[24:15];
          req_model[7*held+:7] = word[14:8];
          if (held == 0) {slice_codec, slice_type, slice_index, slice_qp} = word[41:29];
          if (word[28:26] > 3'd1 || stalls(3)) more = 1'b0;
          held = held + 1;
        end
      end
      if (req_valid) req_count = held;
    end
  endtask

  task offer_byte;
    begin
      byte_held = next_byte < `TOTAL_BYTES && !stalls(3);
      {in_valid, in_last, in_data} = byte_held ? {1'b1, bytes[next_byte][8:0]} : {1'b0, 9'bx};
    end
  endtask

  task take_answers;
    begin
      if (rsp_valid === 1'bx) fail(vector_of_request(next_request), "rsp_valid is X");
      if (rsp_valid) begin
        if (^rsp_count === 1'bx || rsp_count < 1 || rsp_count > LANES)
          fail(vector_of_request(next_request), "rsp_count is X or out of range");
        if (next_answer + rsp_count > asked)
          fail(vector_of_request(next_request), "an answer that nothing asked for");
        for (lane = 0; lane < rsp_count; lane = lane + 1) begin
          expected = answers[next_answer+lane];
          if (expected[1] ? rsp_data !== expected[9:2] : rsp_bin[lane] !== expected[0])
            fail(expected[63:44], expected[1] ? "a wrong raw byte" : "a wrong bin");
`ifndef NO_RSP_ERROR
          if (rsp_error[2*lane+:2] !== expected[11:10]) begin
            $display("error %0d, not %0d", rsp_error[2*lane+:2], expected[11:10]);
            fail(expected[63:44], "a wrong error");
          end
`endif
`ifndef NO_RSP_BITS
          if (lane + 1 == rsp_count && rsp_bits !== expected[43:12]) begin
            $display("%0d bits, not %0d", rsp_bits, expected[43:12]);
            fail(expected[63:44], "a wrong position");
          end
`endif
        end
        if (rsp_ready) begin
          next_answer = next_answer + rsp_count;
          still = 0;
        end
      end
    end
  endtask

  task take;
    begin
      if (req_valid) begin
        if (req_ready === 1'bx) fail(vector_of_request(next_request), "req_ready is X");
        if (req_ready) begin
          for (lane = 0; lane < held; lane = lane + 1) begin
            word = requests[next_request+lane];
            if (word[28:26] == 3'd7) begun = begun + 1;
            if (word[28:26] <= 3'd2 || word[28:26] == 3'd4) asked = asked + 1;
          end
          next_request = next_request + held;
          held = 0;
          still = 0;
        end
      end
      if (in_valid) begin
        if (in_ready === 1'bx) fail(vector_of_request(next_request), "in_ready is X");
        if (in_ready) begin
          if (bytes[next_byte][31:12] >= begun) fail(vector_of_request(next_request), "a byte of the next slice is taken");
          next_byte = next_byte + 1;
          byte_held = 1'b0;
          still = 0;
        end
      end
      take_answers;
    end
  endtask

  task play;
    begin
      {next_request, held, next_byte, next_answer, asked, begun, still, rest} = 0;
      {req_valid, in_valid, rsp_ready, byte_held} = 4'b0000;
      rst = 1'b1;
      repeat (8) @(posedge clk);
      @(negedge clk) rst = 1'b0;
      while (rest < 64) begin
        if (held == 0) offer;
        if (!byte_held) offer_byte;
        rsp_ready = !stalls(3);
        @(posedge clk);
        take;
        still = still + 1;
        if (next_request == `REQUESTS && next_answer == `ANSWERS) begin
          rest = rest + 1;
          still = 0;
        end
        if (still == `PATIENCE) fail(vector_of_request(next_request), "deadlock: nothing moves any more");
        @(negedge clk);
      end
    end
  endtask

  initial begin
    $readmemh("decoder_requests.hex", requests);
    $readmemh("decoder_bytes.hex", bytes);
    $readmemh("decoder_answers.hex", answers);
    seed = 1;
    for (pass = 0; pass < 2; pass = pass + 1) play;
    $display("PASS: %0d requests, %0d answers, twice", `REQUESTS, `ANSWERS);
    $finish;
  end
endmodule
`default_nettype wire
