// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The decoder core: slice data in as bytes, one request a clock in, its answer in the next clock.
//
// All of a request happens in one clock: its context variable is read, the bin decided, the interval
// renormalised. So the request behind it may depend on its bin. The context variable is written back a clock
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
    // Answers, one for each request
    output logic                  rsp_valid,
    input  wire logic             rsp_ready,
    output logic                  rsp_bin,
    output logic [7:0]            rsp_data,     // RAW: the byte
    output cabac_pkg::error_t     rsp_error,
    output logic [31:0]           rsp_bits,     // how many bits of the slice have been read
    output logic [28:0]           rsp_bytes,    // how many bytes those are a part of
    // Context memory, to be read while `settled`: no update is under way
    output logic                  settled,
    input  wire logic [9:0]       save_ctx_idx,
    output cabac_pkg::model_t     save_model,
    // For checkers only
    output cabac_pkg::decoder_debug_t debug
);
  // Whether the request can be done.
  logic [5:0] wanted;
  logic whole_bytes, slice, done;
  logic [31:0] ahead, position;
  logic [5:0] ahead_len;
  logic ended, response_valid;

  assign slice = req_kind == cabac_pkg::SLICE;
  assign whole_bytes = req_kind == cabac_pkg::RAW || req_kind == cabac_pkg::START;

  always_comb begin
    case (req_kind)
      cabac_pkg::CONTEXT: wanted = 6'd6;
      cabac_pkg::BYPASS, cabac_pkg::TERMINATE: wanted = 6'd1;
      cabac_pkg::RAW, cabac_pkg::START: wanted = 6'd16;
      default: wanted = 6'd0;
    endcase
  end

  assign req_ready = (!response_valid || rsp_ready) && (ended || (ahead_len >= wanted && !slice));
  assign done = req_valid && req_ready;

  // The step.
  logic bin, refused, overrun;
  logic [8:0] cod_i_range, cod_i_range_next, cod_i_offset, cod_i_offset_next, next_bits;
  logic [3:0] taken;
  cabac_pkg::model_t read_model, coded_model, write_model;
  cabac_pkg::response_t response;
  logic write_valid;
  logic [9:0] write_ctx_idx;

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

  cabac_transition transition (.model(read_model), .bin, .model_next(coded_model));

  cabac_context_memory context_memory (
      .clk, .write_valid, .write_addr(write_ctx_idx), .write_data(write_model),
      .read_addr(req_ctx_idx), .read_data(read_model),
      .save_addr(save_ctx_idx), .save_data(save_model)
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      cod_i_range <= 9'd510;
      cod_i_offset <= 9'd0;
      write_valid <= 1'b0;
      write_ctx_idx <= 10'd0;
      write_model <= '0;
    end else begin
      write_valid <= done && (req_kind == cabac_pkg::CONTEXT || req_kind == cabac_pkg::LOAD);
      if (done) begin
        cod_i_range <= cod_i_range_next;
        cod_i_offset <= cod_i_offset_next;
        write_ctx_idx <= req_ctx_idx;
        write_model <= req_kind == cabac_pkg::LOAD ? req_model : coded_model;
      end
    end
  end

  // The answer.
  always_ff @(posedge clk) begin
    if (rst) begin
      response_valid <= 1'b0;
      response <= '0;
    end else if (done) begin
      response_valid <= 1'b1;
      response.bin <= bin;
      response.data <= req_kind == cabac_pkg::RAW ? next_bits[8:1] : 8'd0;
      if (slice) response.error <= cabac_pkg::NONE;
      else if (response.error != cabac_pkg::NONE) response.error <= response.error;
      else if (overrun) response.error <= cabac_pkg::EXHAUSTED;
      else if (!refused) response.error <= cabac_pkg::NONE;
      else if (whole_bytes) response.error <= cabac_pkg::FORBIDDEN;
      else response.error <= cabac_pkg::MISALIGNED;
    end else if (rsp_ready) begin
      response_valid <= 1'b0;
    end
  end

  assign rsp_valid = response_valid;
  assign rsp_bin = response.bin;
  assign rsp_data = response.data;
  assign rsp_error = response.error;
  assign rsp_bits = position;
  assign rsp_bytes = position[31:3] + {28'd0, position[2:0] != 3'd0};
  assign settled = !write_valid;

  assign debug = {response_valid, response, cod_i_range, cod_i_offset, ahead, ahead_len, ended, position,
                  write_valid, write_ctx_idx, write_model, read_model};
endmodule
`default_nettype wire
