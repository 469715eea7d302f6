// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Cuts decided bits into pieces of 17 at most, left-aligned. A run of any length leaves at eight bits a clock. What
// `cabac_encoder_emit` does, but that a register says whether more than seven bits of the run are left.
//
//   head 0, run 19, rest 10 (len 2)  ->  01111111 | 11111111 | 111110
module cabac_encoder_swift_emit (
    input  wire logic             clk,
    input  wire logic             rst,
    // Decided bits
    input  wire logic             in_valid,
    output logic                  in_ready,
    input  wire cabac_pkg::bits_t in,
    // Pieces
    output logic                  out_valid,
    input  wire logic             out_ready,
    output logic [16:0]           out_bits,
    output logic [4:0]            out_len,
    output logic                  out_last,
    // Registers
    output logic                  emit_valid,
    output cabac_pkg::bits_t      emit,
    output logic                  long_run      // more than seven bits of the run are left
);
  logic [31:0] run_left;
  logic [3:0] lead_len;
  logic [7:0] lead;

  assign lead = {emit.head_valid ? emit.head : !emit.head, {7{!emit.head}}};
  assign lead_len = long_run ? 4'd8 : {1'b0, emit.run[2:0]} + {3'd0, emit.head_valid};

  assign run_left = emit.run - (emit.head_valid ? 32'd7 : 32'd8);

  assign out_valid = emit_valid;
  assign out_last = emit.last && !long_run;
  assign out_len = {1'b0, lead_len} + (long_run ? 5'd0 : {1'b0, emit.len});
  assign out_bits = ({lead, 9'd0} & ~(17'h1ffff >> lead_len))
                  | (long_run ? 17'd0 : {emit.rest, 8'd0} >> lead_len);

  assign in_ready = !emit_valid || (out_ready && !long_run);

  always_ff @(posedge clk) begin
    if (rst) begin
      emit_valid <= 1'b0;
      emit <= '0;
      long_run <= 1'b0;
    end else if (in_ready) begin
      emit_valid <= in_valid;
      if (in_valid) begin
        emit <= in;
        long_run <= in.run[31:3] != 29'd0;
      end
    end else if (out_ready) begin
      emit.head_valid <= 1'b0;
      emit.run <= run_left;
      long_run <= run_left[31:3] != 29'd0;
    end
  end
endmodule
`default_nettype wire
