// SPDX-License-Identifier: MIT OR Apache-2.0
// A testbench for an encoder in the socket of Silicabac; it needs nothing but a simulator.
//
//   $ iverilog -g2012 -s encoder_tb -o encoder_tb encoder_tb.sv MY_CORE.v && vvp encoder_tb
//   $ verilator --binary --timing -Wno-fatal --top-module encoder_tb encoder_tb.sv MY_CORE.v && obj_dir/Vencoder_tb
//
// Macros: DUT is the module, LANES how many requests it takes at once, BYTES how many bytes it gives at once;
// NO_OUT_LAST leaves that port alone. It plays all vectors back to back, first as fast as the core goes, then with
// random stalls on both sides; ports that mean nothing hold X. The first thing that is wrong ends it with $fatal;
// X under a valid is wrong.
`default_nettype none
`timescale 1ns / 1ps
`include "encoder_config.vh"
`ifndef DUT
`define DUT cabac_encoder_socket
`endif
`ifndef LANES
`define LANES 1
`endif
`ifndef BYTES
`define BYTES 1
`endif
`ifndef PATIENCE
`define PATIENCE 20000
`endif

module encoder_tb;
  localparam LANES = `LANES;
  localparam BYTES = `BYTES;
  // Words of encoder_requests.hex: vector, slice header, kind, bin, ctx_idx, model, data.
  reg [63:0] requests[0:`REQUESTS-1];
  // Words of encoder_bytes.hex: vector, last of a life, byte.
  reg [31:0] bytes[0:`TOTAL_BYTES-1];

  reg clk = 1'b0;
  always #5 clk = !clk;

  reg rst, req_valid, out_ready;
  reg [3:0] req_count;
  reg [3*LANES-1:0] req_kind;
  reg [LANES-1:0] req_bin;
  reg [10*LANES-1:0] req_ctx_idx;
  reg [7*LANES-1:0] req_model;
  reg [7:0] req_data;
  reg slice_codec;
  reg [1:0] slice_type, slice_index;
  reg [7:0] slice_qp;
  wire req_ready, out_valid, out_last;
  wire [3:0] out_count;
  wire [8*BYTES-1:0] out_data;

  `DUT dut (
      .clk(clk), .rst(rst),
      .req_valid(req_valid), .req_ready(req_ready), .req_count(req_count), .req_kind(req_kind), .req_bin(req_bin),
      .req_ctx_idx(req_ctx_idx), .req_model(req_model), .req_data(req_data),
      .slice_codec(slice_codec), .slice_type(slice_type), .slice_qp(slice_qp), .slice_index(slice_index),
`ifndef NO_OUT_LAST
      .out_last(out_last),
`endif
      .out_valid(out_valid), .out_ready(out_ready), .out_count(out_count), .out_data(out_data)
  );

  integer next_request, held, next_byte, still, seed, pass, lane, rest;
  reg [63:0] word;
  reg [31:0] expected;
  reg more;

`include "encoder_names.vh"

  task fail(input integer vector, input [8*80:1] what);
    begin
      $display("FAIL in vector %0d, stalls %0d, byte %0d of encoder_bytes.hex: %0s", vector, pass, next_byte, what);
      show_name(vector);
      $fatal(1, "the encoder is wrong");
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
      {req_valid, req_count, req_kind, req_bin, req_ctx_idx, req_model, req_data} = 'bx;
      req_valid = next_request < `REQUESTS && !stalls(2);
      more = req_valid;
      while (more && held < LANES && next_request + held < `REQUESTS) begin
        word = requests[next_request+held];
        if (held > 0 && word[28:26] > 3'd2) more = 1'b0;
        else begin
          req_kind[3*held+:3] = word[28:26];
          req_bin[held] = word[25];
          req_ctx_idx[10*held+:10] = word[24:15];
          req_model[7*held+:7] = word[14:8];
          if (held == 0) req_data = word[7:0];
          if (held == 0) {slice_codec, slice_type, slice_index, slice_qp} = word[41:29];
          if (word[28:26] > 3'd1 || stalls(3)) more = 1'b0;
          held = held + 1;
        end
      end
      if (req_valid) req_count = held;
    end
  endtask

  task take;
    begin
      if (out_valid === 1'bx) fail(vector_of_request(next_request), "out_valid is X");
      if (out_valid) begin
        if (^out_count === 1'bx || out_count < 1 || out_count > BYTES)
          fail(vector_of_request(next_request), "out_count is X or out of range");
        for (lane = 0; lane < out_count; lane = lane + 1) begin
          if (next_byte + lane >= `TOTAL_BYTES) fail(vector_of_request(`REQUESTS), "a byte too many");
          expected = bytes[next_byte+lane];
          if (out_data[8*lane+:8] !== expected[7:0]) begin
            $display("byte %h, not %h", out_data[8*lane+:8], expected[7:0]);
            fail(expected[31:12], "a wrong byte");
          end
`ifndef NO_OUT_LAST
          if ((out_last && lane + 1 == out_count) !== expected[8]) fail(expected[31:12], "out_last is wrong");
`endif
        end
        if (out_ready) begin
          next_byte = next_byte + out_count;
          still = 0;
        end
      end
      if (req_valid) begin
        if (req_ready === 1'bx) fail(vector_of_request(next_request), "req_ready is X");
        if (req_ready) begin
          next_request = next_request + held;
          held = 0;
          still = 0;
        end
      end
    end
  endtask

  task play;
    begin
      {next_request, held, next_byte, still, rest} = 0;
      {req_valid, out_ready} = 2'b00;
      rst = 1'b1;
      repeat (8) @(posedge clk);
      @(negedge clk) rst = 1'b0;
      while (rest < 64) begin
        if (held == 0) offer;
        out_ready = !stalls(4);
        @(posedge clk);
        take;
        still = still + 1;
        if (next_request == `REQUESTS && next_byte == `TOTAL_BYTES) begin
          rest = rest + 1;
          still = 0;
        end
        if (still == `PATIENCE) fail(vector_of_request(next_request), "deadlock: nothing moves any more");
        @(negedge clk);
      end
    end
  endtask

  initial begin
    $readmemh("encoder_requests.hex", requests);
    $readmemh("encoder_bytes.hex", bytes);
    seed = 1;
    for (pass = 0; pass < 2; pass = pass + 1) play;
    $display("PASS: %0d requests, %0d bytes, twice", `REQUESTS, `TOTAL_BYTES);
    $finish;
  end
endmodule
`default_nettype wire
