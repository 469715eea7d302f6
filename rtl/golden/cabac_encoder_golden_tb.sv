// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Plays a file of vectors for $readmemh (docs/vectors.md) to the encoder, and compares every byte and its `out_last`. It is the
// simulation of the package for FuseSoC; `silicabac vectors export` writes a testbench that judges any core and looks at more.
//
// +vectors=FILE names the file; DUT is the module, with the ports of the encoder. What it prints ends with PASS, or it ends with $fatal.
`ifndef DUT
`define DUT cabac_encoder
`endif
module cabac_encoder_golden_tb;
  localparam integer WORDS = 1 << 20;
  // No word of a file: what is left of the memory.
  localparam logic [23:0] NOTHING = 24'h7fffff;
  localparam integer PATIENCE = 2000;

  logic [23:0] words[WORDS];
  string file;
  logic clk = 1'b0, rst;
  logic [3:0] begun = 4'd0;
  initial forever #1 clk = !clk;
  always_ff @(posedge clk) if (rst) begun <= begun + 4'd1;
  assign rst = begun != 4'd8;

  logic req_valid = 1'b0, req_ready, out_valid, out_last;
  logic [23:0] request;
  logic [7:0] out_data;
  integer asked, given, vectors = 0, still = 0;

  // The next word of a kind, from `at` on, in a vector that an encoder can be asked for; WORDS if there is none.
  function automatic integer next(input integer at, input logic [1:0] kind);
    integer found = at;
    logic skips = 1'b0;
    while (found < WORDS && words[found] != NOTHING) begin
      if (words[found][23:22] == 2'd2) skips = words[found][21];
      else if (!skips && words[found][23:22] == kind) return found;
      found++;
    end
    return WORDS;
  endfunction

  // The next byte that an encoder writes: after it, or at it, an engine run of its vector ends. Other bytes are the reader's.
  function automatic integer next_byte(input integer at);
    integer found = next(at, 2'd1), ahead = found;
    while (ahead < WORDS && !(words[ahead][23:22] == 2'd1 && words[ahead][9])) begin
      ahead++;
      if (words[ahead][23:22] != 2'd1 || words[ahead] == NOTHING) begin
        found = next(ahead, 2'd1);
        ahead = found;
      end
    end
    return found;
  endfunction

  initial begin
    for (int at = 0; at < WORDS; at++) words[at] = NOTHING;
    if (!$value$plusargs("vectors=%s", file)) $fatal(1, "+vectors=FILE has to name a file of vectors for $readmemh");
    $readmemh(file, words);
    for (int at = 0; at < WORDS; at++) if (words[at][23:21] == 3'b100) vectors++;
    if (vectors == 0) $fatal(1, "%s has no vector for an encoder", file);
    asked = next(0, 2'd0);
    given = next_byte(0);
  end

  assign request = asked < WORDS ? words[asked] : 24'd0;
  assign req_valid = !rst && asked < WORDS;

  logic settled, unused;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_debug_t debug;
  assign unused = &{settled, save_model, debug, request[23:22], 1'b0};

  `DUT core (
      .clk, .rst, .req_valid, .req_ready, .req_kind(cabac_pkg::kind_t'(request[21:19])), .req_bin(request[18]),
      .req_ctx_idx(request[17:8]), .req_model(request[6:0]), .req_data(request[7:0]),
      .out_valid, .out_ready(1'b1), .out_data, .out_last, .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  always @(posedge clk) begin
    if (!rst) begin
      if ((out_valid ^ req_ready) === 1'bx) $fatal(1, "out_valid or req_ready is X");
      still <= req_valid && req_ready || out_valid ? 0 : still + 1;
      if (req_valid && req_ready) asked <= next(asked + 1, 2'd0);
      if (out_valid) begin
        if (given == WORDS) $fatal(1, "a byte %02x comes after the last one", out_data);
        else if (out_data !== (words[given][7:0] & 8'hff << words[given][12:10]) || out_last !== words[given][9])
          $fatal(1, "byte %02x, out_last %b: word %0d of %s is %06x", out_data, out_last, given, file, words[given]);
        given <= next_byte(given + 1);
      end
      if (still == 64 && asked == WORDS && given == WORDS) begin
        $display("PASS: %0d vectors of %s", vectors, file);
        $finish;
      end
      if (still == PATIENCE) $fatal(1, "deadlock at word %0d of the requests and word %0d of the bytes", asked, given);
    end
  end
endmodule
`default_nettype wire
