// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The context variables of a decoder: read in the clock of the request, written a clock later and forwarded meanwhile,
// so that the table of transitions is not in the way of the next bin.
module cabac_decoder_contexts (
    input  wire logic              clk,
    input  wire logic              rst,
    // The request, and its bin
    input  wire logic              done,
    input  wire cabac_pkg::kind_t  req_kind,
    input  wire logic [9:0]        req_ctx_idx,
    input  wire logic [6:0]        req_model,
    input  wire logic              bin,
    output cabac_pkg::model_t      read_model,
    // To be read while `settled`: no update is under way
    output logic                   settled,
    input  wire logic [9:0]        save_ctx_idx,
    output cabac_pkg::model_t      save_model,
    // Registers
    output logic                   write_valid,
    output logic [9:0]             write_ctx_idx,
    output cabac_pkg::model_t      write_model
);
  cabac_pkg::model_t coded_model;

  cabac_transition transition (.model(read_model), .bin, .model_next(coded_model));

  cabac_context_memory context_memory (
      .clk, .write_valid, .write_addr(write_ctx_idx), .write_data(write_model),
      .read_addr(req_ctx_idx), .read_data(read_model),
      .save_addr(save_ctx_idx), .save_data(save_model)
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      write_valid <= 1'b0;
      write_ctx_idx <= 10'd0;
      write_model <= '0;
    end else begin
      write_valid <= done && (req_kind == cabac_pkg::CONTEXT || req_kind == cabac_pkg::LOAD);
      if (done) begin
        write_ctx_idx <= req_ctx_idx;
        write_model <= req_kind == cabac_pkg::LOAD ? req_model : coded_model;
      end
    end
  end

  assign settled = !write_valid;
endmodule
`default_nettype wire
