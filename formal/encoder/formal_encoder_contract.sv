// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What the user of an encoder promises (docs/encoder-core.md), and that each thing that can happen does happen
// under these promises.
module formal_encoder_contract (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      req_valid,
    input wire logic                      req_ready,
    input wire cabac_pkg::kind_t          req_kind,
    input wire logic                      req_bin,
    input wire logic                      out_ready,
    input wire logic                      out_last,
    input wire logic                      range_fresh,
    input wire cabac_pkg::encoder_debug_t debug
);
  // Whether no bin of the engine run is coded yet, once the request in the fetch stage has passed.
  logic fresh;
  always_comb begin
    fresh = range_fresh;
    if (debug.fetch_valid) begin
      case (debug.fetch.kind)
        cabac_pkg::TERMINATE: fresh = debug.fetch.bin;
        cabac_pkg::CONTEXT, cabac_pkg::BYPASS, cabac_pkg::ALIGN: fresh = 1'b0;
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk) begin
    // A core is reset before it is used.
    if (!was_reset) assume (rst);
    // RAW where no bin of an engine run has been coded: straight after a TERMINATE of 1, or another RAW.
    if (req_valid && req_kind == cabac_pkg::RAW) assume (fresh);
    // No more than 2^32 - 1 outstanding bits.
    assume (debug.bits_outstanding <= 32'hffff_ffff - {29'd0, debug.low.shift});
    // The contexts that are used were loaded; formal_encoder_contexts proves what this makes of their states.
    if (debug.fetch_valid && debug.fetch.kind == cabac_pkg::CONTEXT) assume (debug.fetch_model.p_state_idx <= 6'd62);
  end

  logic taken;
  assign taken = was_reset && !rst && req_valid && req_ready;

  always_ff @(posedge clk) begin
    context_is_taken: cover (taken && req_kind == cabac_pkg::CONTEXT && !range_fresh);
    bypass_is_taken: cover (taken && req_kind == cabac_pkg::BYPASS && !range_fresh);
    terminate_0_is_taken: cover (taken && req_kind == cabac_pkg::TERMINATE && !req_bin);
    terminate_1_is_taken: cover (taken && req_kind == cabac_pkg::TERMINATE && req_bin && !range_fresh);
    align_is_taken: cover (taken && req_kind == cabac_pkg::ALIGN && !range_fresh);
    raw_is_taken: cover (taken && req_kind == cabac_pkg::RAW);
    load_is_taken: cover (taken && req_kind == cabac_pkg::LOAD && !range_fresh);
    start_is_taken: cover (taken && req_kind == cabac_pkg::START && !range_fresh);
    slice_is_taken: cover (taken && req_kind == cabac_pkg::SLICE && !range_fresh);
    request_waits: cover (was_reset && !rst && req_valid && !req_ready);
    carry_is_decided: cover (was_reset && debug.emit_valid && debug.emit.head_valid && debug.emit.head);
    long_run_is_emitted: cover (was_reset && debug.emit_valid && debug.emit.run >= 32'd8);
    engine_run_ends: cover (was_reset && !rst && out_last && out_ready && debug.pack_fill >= 6'd8);
  end
endmodule
`default_nettype wire
