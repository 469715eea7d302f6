// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The answer of a decoder, in the clock after the request: to bins and raw bytes only. The first error of a slice
// stays until the next SLICE, whichever request it belongs to, and is a part of all answers after it.
module cabac_decoder_answer (
    input  wire logic             clk,
    input  wire logic             rst,
    // The request that is done in this clock, and what comes of it
    input  wire logic             done,
    input  wire cabac_pkg::kind_t req_kind,
    input  wire logic             whole_bytes,
    input  wire logic             bin,
    input  wire logic [7:0]       data,
    input  wire logic             overrun,      // it needs a bit beyond the last byte
    input  wire logic             refused,      // it is an error of its own
    // The answer
    input  wire logic             rsp_ready,
    output logic                  response_valid,
    output cabac_pkg::response_t  response
);
  logic answers;

  always_comb begin
    case (req_kind)
      cabac_pkg::CONTEXT, cabac_pkg::BYPASS, cabac_pkg::TERMINATE, cabac_pkg::RAW: answers = 1'b1;
      default: answers = 1'b0;
    endcase
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      response_valid <= 1'b0;
      response <= '0;
    end else if (done) begin
      response_valid <= answers;
      response.bin <= bin;
      response.data <= req_kind == cabac_pkg::RAW ? data : 8'd0;
      if (req_kind == cabac_pkg::SLICE) response.error <= cabac_pkg::NONE;
      else if (response.error != cabac_pkg::NONE) response.error <= response.error;
      else if (overrun) response.error <= cabac_pkg::EXHAUSTED;
      else if (!refused) response.error <= cabac_pkg::NONE;
      else if (whole_bytes) response.error <= cabac_pkg::FORBIDDEN;
      else response.error <= cabac_pkg::MISALIGNED;
    end else if (rsp_ready) begin
      response_valid <= 1'b0;
    end
  end
endmodule
`default_nettype wire
