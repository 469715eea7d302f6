// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What a neighbour of the decoder sees: handshakes, one answer for each bin and raw byte and for nothing else, errors that
// stay, and how long a request waits.
module formal_decoder_ports (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      req_valid,
    input wire logic                      req_ready,
    input wire cabac_pkg::kind_t          req_kind,
    input wire logic                      in_valid,
    input wire logic                      in_ready,
    input wire logic                      rsp_valid,
    input wire logic                      rsp_ready,
    input wire logic                      rsp_bin,
    input wire logic [7:0]                rsp_data,
    input wire cabac_pkg::error_t         rsp_error,
    input wire logic [31:0]               rsp_bits,
    input wire logic                      taken,
    input wire logic                      overrun,
    input wire cabac_pkg::decoder_debug_t debug
);
  // Requests taken that are answered, and answers given. Two bits, since two are never under way.
  logic [1:0] asked, answered;
  cabac_pkg::kind_t kind;
  logic asks;

  assign asks = req_kind == cabac_pkg::CONTEXT || req_kind == cabac_pkg::BYPASS
             || req_kind == cabac_pkg::TERMINATE || req_kind == cabac_pkg::RAW;

  always_ff @(posedge clk) begin
    if (rst) begin
      asked <= 2'd0;
      answered <= 2'd0;
    end else begin
      if (taken && asks) asked <= asked + 2'd1;
      if (rsp_valid && rsp_ready) answered <= answered + 2'd1;
    end
    if (taken) kind <= req_kind;
  end

  // Bytes that must still come before a waiting request can be done.
  logic waits, fed;
  logic [5:0] wanted, missing;
  logic [2:0] missing_bytes;

  always_comb begin
    case (req_kind)
      cabac_pkg::CONTEXT: wanted = 6'd6;
      cabac_pkg::BYPASS, cabac_pkg::TERMINATE: wanted = 6'd1;
      cabac_pkg::RAW, cabac_pkg::START: wanted = 6'd16;
      default: wanted = 6'd0;
    endcase
  end
  assign missing = wanted > debug.ahead_len ? wanted - debug.ahead_len + 6'd7 : 6'd0;
  assign missing_bytes = missing[5:3];
  assign waits = req_valid && !req_ready && !rst;
  assign fed = in_valid && (!rsp_valid || rsp_ready);

  always_ff @(posedge clk) begin
    if (was_reset) begin
      valid_needs_no_ready: assert (rsp_valid == debug.response_valid);
      byte_needs_no_request: assert (in_ready == (!debug.ended && debug.ahead_len <= 6'd24));
      one_answer_each: assert (asked - answered == {1'b0, rsp_valid});
      data_is_of_raw: assert (!rsp_valid || kind == cabac_pkg::RAW || rsp_data == 8'd0);
      raw_has_no_bin: assert (!rsp_valid || kind != cabac_pkg::RAW || !rsp_bin);
      bits_are_the_position: assert (rsp_bits == debug.position);
      overrun_is_an_error: assert (!overrun || rsp_error != cabac_pkg::NONE);
      exhausted_is_an_overrun: assert (rsp_error != cabac_pkg::EXHAUSTED || overrun);
      response_is_bounded: assert (
          req_ready || (rsp_valid && !rsp_ready)
          || (!debug.ended && (req_kind == cabac_pkg::SLICE || (missing_bytes != 3'd0 && in_ready))));

      if (!$past(rst)) begin
        answer_follows: assert (!$past(taken) || rsp_valid == $past(asks));
        answer_is_stable: assert (
            !$past(rsp_valid && !rsp_ready)
            || (rsp_valid && {rsp_bin, rsp_data, rsp_error, rsp_bits}
                             == $past({rsp_bin, rsp_data, rsp_error, rsp_bits})));
        error_is_sticky: assert (
            $past(rsp_error) == cabac_pkg::NONE || rsp_error == $past(rsp_error)
            || ($past(taken && req_kind == cabac_pkg::SLICE) && rsp_error == cabac_pkg::NONE));
        response_comes_nearer: assert (
            !$past(waits && fed && in_ready && req_kind != cabac_pkg::SLICE)
            || debug.ended || missing_bytes < $past(missing_bytes) || missing_bytes == 3'd0);
        slice_drains: assert (!$past(waits && req_kind == cabac_pkg::SLICE) || debug.ended || in_ready);
      end
    end
  end
endmodule
`default_nettype wire
