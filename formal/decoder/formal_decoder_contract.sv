// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What the user of a decoder promises (docs/decoder-core.md), and that each thing that can happen does happen under
// these promises.
module formal_decoder_contract (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      req_valid,
    input wire logic                      req_ready,
    input wire cabac_pkg::kind_t          req_kind,
    input wire logic                      in_last,
    input wire logic                      byte_taken,
    input wire logic                      taken,
    input wire cabac_pkg::decoder_debug_t debug
);
  always_ff @(posedge clk) begin
    // A core is reset before it is used.
    if (!was_reset) assume (rst);
    // A request that waits does not change.
    if (was_reset && !$past(rst) && $past(req_valid && !req_ready)) begin
      assume (req_valid && req_kind == $past(req_kind));
    end
    // No more than 2^32 - 1 bits of a slice are read, and a request can read 16.
    assume (debug.position <= 32'hffff_ffff - 32'd16);
    // The contexts that are used were loaded; formal_decoder_contexts proves what this makes of their states.
    if (req_valid && req_kind == cabac_pkg::CONTEXT) assume (debug.read_model.p_state_idx <= 6'd62);
  end

  // Each kind can be taken in the middle of a slice, not only after a reset.
  logic running, answered;
  assign running = taken && debug.position >= 32'd9 && debug.response.error == cabac_pkg::NONE;
  assign answered = was_reset && debug.response_valid;

  always_ff @(posedge clk) begin
    context_is_taken: cover (running && req_kind == cabac_pkg::CONTEXT);
    bypass_is_taken: cover (running && req_kind == cabac_pkg::BYPASS);
    terminate_is_taken: cover (running && req_kind == cabac_pkg::TERMINATE);
    align_is_taken: cover (running && req_kind == cabac_pkg::ALIGN);
    raw_is_taken: cover (running && req_kind == cabac_pkg::RAW && debug.position[2:0] != 3'd0);
    load_is_taken: cover (running && req_kind == cabac_pkg::LOAD);
    start_is_taken: cover (running && req_kind == cabac_pkg::START);
    slice_is_taken: cover (running && req_kind == cabac_pkg::SLICE);
    request_waits: cover (was_reset && !rst && req_valid && !req_ready);
    slice_is_dropped: cover (was_reset && !rst && req_valid && req_kind == cabac_pkg::SLICE && debug.ahead_len >= 6'd16);
    last_byte_is_taken: cover (byte_taken && in_last && debug.ahead_len != 6'd0);
    error_is_forbidden: cover (answered && debug.response.error == cabac_pkg::FORBIDDEN);
    error_is_misaligned: cover (answered && debug.response.error == cabac_pkg::MISALIGNED);
    error_is_exhausted: cover (answered && debug.response.error == cabac_pkg::EXHAUSTED);
  end
endmodule
`default_nettype wire
