// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder core: one request a clock in, slice data out as bytes.
//
//   fetch: the request with its context variable    -> range step; the context variable is written back
//   low:   what the range step says                 -> low step
//   emit:  decided bits, a run of any length        -> pieces
//   pack:  pieces                                   -> bytes
//
// A request waits only while a run of more than seven outstanding bits, a flush or the output holds up the
// bits before it. `rst` may come at any clock: it drops whatever is under way and keeps the context memory,
// so it is also how a slice is given up.
module cabac_encoder (
    input  wire logic             clk,
    input  wire logic             rst,
    // Requests, in the order of the slice
    input  wire logic             req_valid,
    output logic                  req_ready,
    input  wire cabac_pkg::kind_t req_kind,
    input  wire logic             req_bin,
    input  wire logic [9:0]       req_ctx_idx,
    input  wire logic [6:0]       req_model,    // LOAD
    input  wire logic [7:0]       req_data,     // RAW
    // Slice data; `out_last` marks the last byte of an engine run
    output logic                  out_valid,
    input  wire logic             out_ready,
    output logic [7:0]            out_data,
    output logic                  out_last,
    // Context memory, to be read while `settled`: no update is under way
    output logic                  settled,
    input  wire logic [9:0]       save_ctx_idx,
    output cabac_pkg::model_t     save_model,
    // For checkers only
    output cabac_pkg::encoder_debug_t debug
);
  // Fetch and range.
  logic fetch_valid, write_valid, low_valid, low_done;
  cabac_pkg::request_t req, fetch;
  cabac_pkg::model_t newest, fetch_model, write_new;
  cabac_pkg::low_op_t low;
  logic [8:0] cod_i_range;

  assign req = {req_kind, req_bin, req_ctx_idx, req_kind == cabac_pkg::LOAD ? {1'b0, req_model} : req_data};

  cabac_encoder_front front (
      .clk, .rst, .req_valid, .req_ready, .req, .newest, .low_valid, .low_done, .low,
      .fetch_valid, .fetch, .fetch_model, .cod_i_range, .write_valid, .write_new
  );

  cabac_context_memory context_memory (
      .clk, .write_valid, .write_addr(fetch.ctx_idx), .write_data(write_new),
      .read_addr(req_ctx_idx), .read_data(newest),
      .save_addr(save_ctx_idx), .save_data(save_model)
  );

  assign settled = !fetch_valid;

  // Low.
  logic put, emit_ready;
  logic [9:0] cod_i_low, cod_i_low_next;
  logic [31:0] bits_outstanding, bits_outstanding_next;
  logic first_bit_flag, first_bit_flag_next;
  cabac_pkg::bits_t bits;

  assign low_done = low_valid && (!put || emit_ready);

  cabac_encoder_low low_step (
      .low, .cod_i_low, .bits_outstanding, .first_bit_flag,
      .cod_i_low_next, .bits_outstanding_next, .first_bit_flag_next, .put, .bits
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      cod_i_low <= 10'd0;
      bits_outstanding <= 32'd0;
      first_bit_flag <= 1'b1;
    end else if (low_done) begin
      cod_i_low <= cod_i_low_next;
      bits_outstanding <= bits_outstanding_next;
      first_bit_flag <= first_bit_flag_next;
    end
  end

  // Emit and pack.
  logic emit_valid, emit_long_run, piece_valid, piece_ready, piece_last, pack_last;
  cabac_pkg::bits_t emit;
  logic [16:0] piece_bits;
  logic [4:0] piece_len;
  logic [31:0] pack_bits;
  logic [5:0] pack_fill;

  cabac_encoder_emit emit_stage (
      .clk, .rst,
      .in_valid(low_valid && put), .in_ready(emit_ready), .in(bits),
      .out_valid(piece_valid), .out_ready(piece_ready),
      .out_bits(piece_bits), .out_len(piece_len), .out_last(piece_last),
      .emit_valid, .emit, .long_run(emit_long_run)
  );

  cabac_encoder_pack pack_stage (
      .clk, .rst,
      .in_valid(piece_valid), .in_ready(piece_ready),
      .in_bits(piece_bits), .in_len(piece_len), .in_last(piece_last),
      .out_valid, .out_ready, .out_data, .out_last,
      .pack_bits, .pack_fill, .pack_last
  );

  assign debug = {fetch_valid, fetch, fetch_model, cod_i_range, low_valid, low, cod_i_low, bits_outstanding,
                  first_bit_flag, emit_valid, emit, emit_long_run, pack_bits, pack_fill, pack_last,
                  write_valid, fetch.ctx_idx, fetch_model, write_new};
endmodule
`default_nettype wire
