// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder of four slots, in the socket of docs/socket.md: a lane is a slot. Up to four requests a clock in, each with the
// bypass bins after it; up to four bytes a clock out.
//
// Nothing before the queue of words waits. A group is taken only while that has room for all that can be under way, and
// passes thirteen stages then, whatever the output does. So after a reset `clear` holds what feeds back until all that
// was under way has run out.
module cabac_encoder4 (
    input  wire logic         clk,
    input  wire logic         rst,
    // Requests: `req_count` of them, the first in the lowest bits
    input  wire logic         req_valid,
    output logic              req_ready,
    input  wire logic [3:0]   req_count,
    input  wire logic [11:0]  req_kind,
    input  wire logic [3:0]   req_bin,
    input  wire logic [39:0]  req_ctx_idx,
    input  wire logic [27:0]  req_model,    // LOAD
    input  wire logic [23:0]  req_run,      // how many bypass bins: 1..8 with BYPASS, 0..2 after another bin or ALIGN
    input  wire logic [31:0]  req_data,     // these, as a number; RAW: the byte
    // Slice data: `out_count` bytes, the first in the lowest bits; `out_last` marks the last byte of an engine run
    output logic              out_valid,
    input  wire logic         out_ready,
    output logic [3:0]        out_count,
    output logic [31:0]       out_data,
    output logic              out_last,
    // Context memory: `save_model` answers in the next clock, while `settled`
    output logic              settled,
    input  wire logic [9:0]   save_ctx_idx,
    output logic [6:0]        save_model,
    // For checkers only
    output cabac_encoder4_pkg::debug_t debug
);
  logic clear, taken, few;
  logic [3:0] clearing;
  cabac_encoder4_pkg::group_t entering, fetch;

  cabac_encoder4_gate gate (
      .clk, .rst, .few, .req_valid, .req_ready, .taken, .kind(entering.kind), .bin(entering.bin), .clear, .clearing
  );
  cabac_encoder4_group requests (.taken, .req_count, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_run, .req_data,
                                 .group(entering));

  // Contexts, codIRange, codILow.
  cabac_encoder4_pkg::coded_t coded, met;
  logic [15:0] ranges;
  logic [40:0] addend;
  logic [5:0] shift;
  logic flush, word_valid;
  logic [35:0] word_out;
  logic [27:0] fetch_model;
  logic [3:0] update_uses, write_valid;
  logic [39:0] read_addr, write_ctx_idx;
  logic [27:0] write_model;
  logic [7:0] cod_i_range;
  logic [8:0] cod_i_low;
  logic [31:0] word;
  logic [4:0] word_len;
  logic carry;

  cabac_encoder4_front front (
      .clk, .rst, .group(entering), .coded, .save_ctx_idx, .save_model, .settled,
      .read_addr, .fetch_model, .write_valid, .write_ctx_idx, .write_model, .fetch, .update_uses
  );
  cabac_encoder4_contexts context_memory (
      .clk, .read_addr, .read_data(fetch_model),
      .write_valid, .write_addr(write_ctx_idx), .write_data(write_model)
  );
  cabac_encoder4_range range (.clk, .clear, .coded, .met, .ranges, .cod_i_range);
  cabac_encoder4_addend addends (.clk, .met, .ranges, .addend, .shift, .flush);
  cabac_encoder4_low low (
      .clk, .clear, .addend, .shift, .flush, .out_valid(word_valid), .out(word_out),
      .cod_i_low, .word, .word_len, .carry
  );

  // Bytes.
  logic head_valid, head_ready, held_valid, running;
  logic [35:0] head;
  logic [34:0] held;
  logic [3:0] first;
  logic [4:0] fill;
  logic [31:0] run;

  cabac_encoder4_queue queue (
      .clk, .clear, .in_valid(word_valid), .in(word_out), .out_valid(head_valid), .out_ready(head_ready), .out(head),
      .few, .first, .fill
  );
  cabac_encoder4_carry carries (
      .clk, .clear, .in_valid(head_valid), .in_ready(head_ready), .in(head),
      .out_valid, .out_ready, .out_count, .out_data, .out_last, .held_valid, .held, .run, .running
  );

  // Where nothing is read or written, `debug` has zeros.
  logic [39:0] shown_ctx_idx;
  logic [27:0] shown_read, shown_model;
  always_comb begin
    for (int k = 0; k < 4; k++) begin
      shown_read[7*k +: 7] = fetch.kind[3*k +: 3] == cabac_pkg::CONTEXT ? fetch_model[7*k +: 7] : 7'd0;
      shown_ctx_idx[10*k +: 10] = write_valid[k] ? write_ctx_idx[10*k +: 10] : 10'd0;
      shown_model[7*k +: 7] = write_valid[k] ? write_model[7*k +: 7] : 7'd0;
    end
  end

  assign debug = {clearing, req_ready, fetch, shown_read, update_uses, write_valid, shown_ctx_idx, shown_model,
                  cod_i_range, cod_i_low, word, word_len, carry, first, fill, held_valid, held, run, running};
endmodule
`default_nettype wire
