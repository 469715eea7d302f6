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
    input  wire logic             in_valid,
    output logic                  in_ready,
    input  wire cabac_pkg::kind_t in_kind,
    input  wire logic             in_bin,
    input  wire logic [9:0]       in_ctx_idx,
    input  wire logic [7:0]       in_data,
    // Slice data; `out_last` marks the last byte of a life
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
  // Fetch.
  logic fetch_valid, fetch_done, write_valid;
  cabac_pkg::request_t fetch;
  cabac_pkg::model_t fetch_model, read_model, coded_model, write_new;

  assign in_ready = !fetch_valid || fetch_done;
  assign settled = !fetch_valid;

  always_ff @(posedge clk) begin
    if (rst) begin
      fetch_valid <= 1'b0;
      fetch <= '0;
      fetch_model <= '0;
    end else if (in_ready) begin
      fetch_valid <= in_valid;
      if (in_valid) begin
        fetch <= {in_kind, in_bin, in_ctx_idx, in_data};
        fetch_model <= read_model;
      end
    end
  end

  // Range.
  logic [8:0] cod_i_range, cod_i_range_next;
  cabac_pkg::low_op_t low, low_next;

  cabac_encoder_range range_step (
      .kind(fetch.kind), .bin(fetch.bin), .data(fetch.data), .model(fetch_model),
      .cod_i_range, .cod_i_range_next, .low(low_next)
  );

  cabac_transition transition (.model(fetch_model), .bin(fetch.bin), .model_next(coded_model));

  assign write_valid = fetch_done && (fetch.kind == cabac_pkg::CONTEXT || fetch.kind == cabac_pkg::LOAD);
  assign write_new = fetch.kind == cabac_pkg::LOAD ? fetch.data[6:0] : coded_model;

  cabac_context_memory context_memory (
      .clk, .write_valid, .write_addr(fetch.ctx_idx), .write_data(write_new),
      .read_addr(in_ctx_idx), .read_data(read_model),
      .save_addr(save_ctx_idx), .save_data(save_model)
  );

  // Low.
  logic low_valid, low_done, put, emit_ready;
  logic [9:0] cod_i_low, cod_i_low_next;
  logic [31:0] bits_outstanding, bits_outstanding_next;
  logic first_bit_flag, first_bit_flag_next;
  cabac_pkg::bits_t bits;

  assign low_done = low_valid && (!put || emit_ready);
  assign fetch_done = fetch_valid && (!low_valid || low_done);

  always_ff @(posedge clk) begin
    if (rst) begin
      cod_i_range <= 9'd510;
      low_valid <= 1'b0;
      low <= '0;
    end else begin
      if (fetch_done) begin
        cod_i_range <= cod_i_range_next;
        low <= low_next;
      end
      low_valid <= fetch_done || (low_valid && !low_done);
    end
  end

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
  logic emit_valid, piece_valid, piece_ready, piece_last, pack_last;
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
      .emit_valid, .emit
  );

  cabac_encoder_pack pack_stage (
      .clk, .rst,
      .in_valid(piece_valid), .in_ready(piece_ready),
      .in_bits(piece_bits), .in_len(piece_len), .in_last(piece_last),
      .out_valid, .out_ready, .out_data, .out_last,
      .pack_bits, .pack_fill, .pack_last
  );

  assign debug = {fetch_valid, fetch, fetch_model, cod_i_range, low_valid, low, cod_i_low, bits_outstanding,
                  first_bit_flag, emit_valid, emit, pack_bits, pack_fill, pack_last,
                  write_valid, fetch.ctx_idx, fetch_model, write_new};
endmodule
`default_nettype wire
