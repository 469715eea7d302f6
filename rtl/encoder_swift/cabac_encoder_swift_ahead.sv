// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The first stage: a request waits here for its context variable, which comes from a memory that answers a clock later.
//
// Two writes can be newer than the answer: one in the clock of the read, which is kept here beside the request, and
// one in the clock in which the request goes on. Between these there is none: the fetch stage writes when its request
// leaves, and then the one here follows.
module cabac_encoder_swift_ahead (
    input  wire logic               clk,
    input  wire logic               rst,
    // Requests
    input  wire logic               req_valid,
    output logic                    req_ready,
    input  wire cabac_pkg::kind_t   req_kind,
    input  wire logic               req_bin,
    input  wire logic [9:0]         req_ctx_idx,
    input  wire logic [6:0]         req_model,
    input  wire logic [7:0]         req_data,
    // The request and the newest state of its context variable, taken in a clock with `ahead_ready`
    output logic                    ahead_valid,
    input  wire logic               ahead_ready,
    output cabac_pkg::request_t     ahead,
    output cabac_pkg::model_t       ahead_model,
    // The write to the context memory
    input  wire logic               write_valid,
    input  wire logic [9:0]         write_ctx_idx,
    input  wire cabac_pkg::model_t  write_model,
    // What `save_ctx_idx` asked for in the clock before
    input  wire logic [9:0]         save_ctx_idx,
    output cabac_pkg::model_t       save_model,
    // Registers: the answer, and what was written in the clock of the read
    output cabac_pkg::model_t       ahead_read,
    output logic                    ahead_kept_valid,
    output cabac_pkg::model_t       ahead_kept
);
  logic take;
  assign req_ready = !ahead_valid || ahead_ready;
  assign take = req_valid && req_ready;

  cabac_encoder_swift_memory memory (
      .clk, .rst, .write_valid, .write_addr(write_ctx_idx), .write_data(write_model),
      .read(take), .read_addr(req_ctx_idx), .read_data(ahead_read),
      .save_addr(save_ctx_idx), .save_data(save_model)
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      ahead_valid <= 1'b0;
      ahead <= '0;
      ahead_kept_valid <= 1'b0;
      ahead_kept <= '0;
    end else if (req_ready) begin
      ahead_valid <= req_valid;
      if (req_valid) begin
        ahead <= {req_kind, req_bin, req_ctx_idx, req_kind == cabac_pkg::LOAD ? {1'b0, req_model} : req_data};
        ahead_kept_valid <= write_valid && write_ctx_idx == req_ctx_idx;
        ahead_kept <= write_model;
      end
    end
  end

  assign ahead_model = write_valid && write_ctx_idx == ahead.ctx_idx ? write_model
                     : ahead_kept_valid ? ahead_kept : ahead_read;
endmodule
`default_nettype wire
