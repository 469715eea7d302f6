// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The decoder core: slice data in as bytes, one request a clock in, the answer to a bin or a raw byte in the next clock.
//
// All of a request happens in one clock: its context variable is read, the bin decided, the interval
// renormalised. So the request after it may depend on its bin. The context variable is written back a clock
// later and forwarded meanwhile.
//
// A request waits until the bits that it can need at the most are there, or the last byte of the slice is.
// `rst` may come at any clock: it drops the slice and keeps the context memory.
module cabac_decoder (
    input  wire logic             clk,
    input  wire logic             rst,
    // Requests, in the order of the slice
    input  wire logic             req_valid,
    output logic                  req_ready,
    input  wire cabac_pkg::kind_t req_kind,
    input  wire logic [9:0]       req_ctx_idx,
    input  wire logic [6:0]       req_model,    // LOAD
    // Slice data; `in_last` marks the last byte of a slice
    input  wire logic             in_valid,
    output logic                  in_ready,
    input  wire logic [7:0]       in_data,
    input  wire logic             in_last,
    // Answers to CONTEXT, BYPASS, TERMINATE and RAW
    output logic                  rsp_valid,
    input  wire logic             rsp_ready,
    output logic                  rsp_bin,
    output logic [7:0]            rsp_data,     // RAW: the byte
    output cabac_pkg::error_t     rsp_error,
    output logic [31:0]           rsp_bits,     // how many bits of the slice have been read
    // Context memory, to be read while `settled`: no update is under way
    output logic                  settled,
    input  wire logic [9:0]       save_ctx_idx,
    output cabac_pkg::model_t     save_model,
    // For checkers only
    output cabac_pkg::decoder_debug_t debug
);
  logic done, slice, whole_bytes, response_valid, ended;
  logic [5:0] ahead_len;

  cabac_decoder_request request (
      .req_valid, .req_ready, .req_kind, .response_valid, .rsp_ready, .ahead_len, .ended,
      .done, .slice, .whole_bytes
  );

  // The step.
  logic bin, refused, overrun;
  logic [8:0] cod_i_range, cod_i_range_next, cod_i_offset, cod_i_offset_next, next_bits;
  logic [3:0] taken;
  logic [31:0] ahead, position;
  cabac_pkg::model_t read_model;

  cabac_decoder_step step (
      .kind(req_kind), .model(read_model), .cod_i_range, .cod_i_offset, .next_bits,
      .bin, .cod_i_range_next, .cod_i_offset_next, .taken, .refused
  );

  cabac_decoder_bits bits (
      .clk, .rst, .in_valid, .in_ready, .in_data, .in_last,
      .align(whole_bytes), .drop(req_valid && slice), .open(done && slice),
      .take(done), .taken(req_kind == cabac_pkg::RAW ? 4'd8 : taken), .next_bits, .overrun,
      .ahead, .ahead_len, .ended, .position
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      cod_i_range <= 9'd510;
      cod_i_offset <= 9'd0;
    end else if (done) begin
      cod_i_range <= cod_i_range_next;
      cod_i_offset <= cod_i_offset_next;
    end
  end

  // What a request leaves behind.
  cabac_pkg::response_t response;
  logic write_valid;
  logic [9:0] write_ctx_idx;
  cabac_pkg::model_t write_model;

  cabac_decoder_contexts contexts (
      .clk, .rst, .done, .req_kind, .req_ctx_idx, .req_model, .bin, .read_model,
      .settled, .save_ctx_idx, .save_model, .write_valid, .write_ctx_idx, .write_model
  );

  cabac_decoder_answer answer (
      .clk, .rst, .done, .req_kind, .whole_bytes, .bin, .data(next_bits[8:1]), .overrun, .refused,
      .rsp_ready, .response_valid, .response
  );

  assign rsp_valid = response_valid;
  assign rsp_bin = response.bin;
  assign rsp_data = response.data;
  assign rsp_error = response.error;
  assign rsp_bits = position;

  assign debug = {response_valid, response, cod_i_range, cod_i_offset, ahead, ahead_len, ended, position,
                  write_valid, write_ctx_idx, write_model, read_model};
endmodule
`default_nettype wire
