// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder core for a faster clock: what `cabac_encoder` does, stage by stage, but for when a request waits, and with one
// stage more before the others.
//
// In that stage a request waits for its context variable, so that the context memory can be one that answers a clock later:
// a macro in a chip, block RAM in an FPGA. Nothing is lost by that, since an encoder knows its contexts before it codes.
//
// In the other core the longest path is not arithmetic: whether the low step decides bits, which takes all of codILow, says
// whether the requests after it wait. Here an operation waits whenever the emit stage is not free, whether it has
// bits for it or not, and the emit stage knows from a register whether its run is long. So readiness is a function
// of few registers; the price is about one clock in a hundred.
module cabac_encoder_swift (
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
    // Context memory, to be asked while `settled`: no update is under way. It answers a clock later
    output logic                  settled,
    input  wire logic [9:0]       save_ctx_idx,
    output cabac_pkg::model_t     save_model,
    // For checkers only
    output cabac_pkg::encoder_swift_debug_t debug
);
  // Ahead, fetch and range.
  logic ahead_valid, ahead_ready, ahead_kept_valid;
  cabac_pkg::request_t ahead;
  cabac_pkg::model_t ahead_model, ahead_read, ahead_kept;
  logic fetch_valid, write_valid, low_valid, low_done;
  cabac_pkg::request_t fetch;
  cabac_pkg::model_t fetch_model, write_new;
  cabac_pkg::low_op_t low;
  logic [8:0] cod_i_range;

  cabac_encoder_swift_ahead ahead_stage (
      .clk, .rst, .req_valid, .req_ready, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_data,
      .ahead_valid, .ahead_ready, .ahead, .ahead_model,
      .write_valid, .write_ctx_idx(fetch.ctx_idx), .write_model(write_new),
      .save_ctx_idx, .save_model, .ahead_read, .ahead_kept_valid, .ahead_kept
  );

  cabac_encoder_front front (
      .clk, .rst, .req_valid(ahead_valid), .req_ready(ahead_ready), .req(ahead), .newest(ahead_model),
      .low_valid, .low_done, .low,
      .fetch_valid, .fetch, .fetch_model, .cod_i_range, .write_valid, .write_new
  );

  assign settled = !ahead_valid && !fetch_valid;

  // Low.
  logic put, emit_ready;
  logic [9:0] cod_i_low, cod_i_low_next;
  logic [31:0] bits_outstanding, bits_outstanding_next;
  logic first_bit_flag, first_bit_flag_next;
  cabac_pkg::bits_t bits;

  // This does not depend on `put`, which comes late.
  assign low_done = low_valid && emit_ready;

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

  cabac_encoder_swift_emit emit_stage (
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

  assign debug = {ahead_valid, ahead, ahead_read, ahead_kept_valid, ahead_kept,
                  fetch_valid, fetch, fetch_model, cod_i_range, low_valid, low, cod_i_low, bits_outstanding,
                  first_bit_flag, emit_valid, emit, emit_long_run, pack_bits, pack_fill, pack_last,
                  write_valid, fetch.ctx_idx, fetch_model, write_new};
endmodule
`default_nettype wire
