// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The first two stages of an encoder, up to the operation that waits for the low step.
//
//   fetch: the request with its context variable    -> range step; the context variable is written back
//   low:   what the range step says
module cabac_encoder_front (
    input  wire logic                  clk,
    input  wire logic                  rst,
    // Requests, and the context variable of each with the write of this clock
    input  wire logic                  req_valid,
    output logic                       req_ready,
    input  wire cabac_pkg::request_t   req,
    input  wire cabac_pkg::model_t     newest,
    // The operation, which the low step takes in a clock with `low_done`
    output logic                       low_valid,
    input  wire logic                  low_done,
    output cabac_pkg::low_op_t         low,
    // Registers, and the write to the context memory, at `fetch.ctx_idx`
    output logic                       fetch_valid,
    output cabac_pkg::request_t        fetch,
    output cabac_pkg::model_t          fetch_model,
    output logic [8:0]                 cod_i_range,
    output logic                       write_valid,
    output cabac_pkg::model_t          write_new
);
  // Fetch.
  logic fetch_done;
  cabac_pkg::model_t coded_model;

  assign fetch_done = fetch_valid && (!low_valid || low_done);
  assign req_ready = !fetch_valid || fetch_done;

  always_ff @(posedge clk) begin
    if (rst) begin
      fetch_valid <= 1'b0;
      fetch <= '0;
      fetch_model <= '0;
    end else if (req_ready) begin
      fetch_valid <= req_valid;
      if (req_valid) begin
        fetch <= req;
        fetch_model <= newest;
      end
    end
  end

  // Range.
  logic [8:0] cod_i_range_next;
  cabac_pkg::low_op_t low_next;

  cabac_encoder_range range_step (
      .kind(fetch.kind), .bin(fetch.bin), .data(fetch.data), .model(fetch_model),
      .cod_i_range, .cod_i_range_next, .low(low_next)
  );

  cabac_transition transition (.model(fetch_model), .bin(fetch.bin), .model_next(coded_model));

  assign write_valid = fetch_done && (fetch.kind == cabac_pkg::CONTEXT || fetch.kind == cabac_pkg::LOAD);
  assign write_new = fetch.kind == cabac_pkg::LOAD ? fetch.data[6:0] : coded_model;

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
endmodule
`default_nettype wire
