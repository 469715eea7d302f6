// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// When a decoder does a request: once the answer before it is gone, or goes in this clock, and once the bits that it
// can need at the most are there, or the last byte of the slice is. A SLICE waits for the end of the slice before it.
module cabac_decoder_request (
    input  wire logic             req_valid,
    output logic                  req_ready,
    input  wire cabac_pkg::kind_t req_kind,
    input  wire logic             response_valid,
    input  wire logic             rsp_ready,
    input  wire logic [5:0]       ahead_len,
    input  wire logic             ended,
    // It is done in this clock; it is a SLICE; it reads from the next whole byte on
    output logic                  done,
    output logic                  slice,
    output logic                  whole_bytes
);
  logic [5:0] wanted;

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
endmodule
`default_nettype wire
