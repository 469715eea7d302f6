// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Slice data as bits: up to 32 of them ahead of the engine, and an exact account of what it has read.
//
// It takes no byte after the one that is the last of the slice, until the next slice begins. Bits beyond the
// last byte are zero; a request that needs one of them overruns. Since bits come in bytes, what is ahead of
// the next whole byte is what is left of the byte that `position` is in.
module cabac_decoder_bits (
    input  wire logic        clk,
    input  wire logic        rst,
    // Slice data
    input  wire logic        in_valid,
    output logic             in_ready,
    input  wire logic [7:0]  in_data,
    input  wire logic        in_last,
    // What the engine reads: from the next whole byte on if `align`. `drop` empties the slice, `open` begins
    // the next one, `take` reads `taken` bits
    input  wire logic        align,
    input  wire logic        drop,
    input  wire logic        open,
    input  wire logic        take,
    input  wire logic [3:0]  taken,
    output logic [8:0]       next_bits,
    output logic             overrun,
    // Registers
    output logic [31:0]      ahead,      // left-aligned, zeros after the bits that are there
    output logic [5:0]       ahead_len,
    output logic             ended,      // the last byte has been taken
    output logic [31:0]      position
);
  logic push;
  logic [2:0] skipped;
  logic [4:0] gone;
  logic [31:0] left;
  logic [5:0] left_len;

  assign in_ready = ahead_len <= 6'd24 && !ended;
  assign push = in_valid && in_ready;

  assign skipped = align ? 3'd0 - position[2:0] : 3'd0;
  assign next_bits = 9'((ahead << skipped) >> 23);

  assign gone = take ? {2'd0, skipped} + {1'b0, taken} : 5'd0;
  assign overrun = {1'b0, gone} > ahead_len;
  assign left = drop ? 32'd0 : ahead << gone;
  assign left_len = drop || overrun ? 6'd0 : ahead_len - {1'b0, gone};

  always_ff @(posedge clk) begin
    if (rst) begin
      ahead <= 32'd0;
      ahead_len <= 6'd0;
      ended <= 1'b1;
      position <= 32'd0;
    end else begin
      ahead <= push && !drop ? left | ({in_data, 24'd0} >> left_len) : left;
      ahead_len <= push && !drop ? left_len + 6'd8 : left_len;
      ended <= open ? 1'b0 : ended || (push && in_last);
      position <= open ? 32'd0 : position + {27'd0, gone};
    end
  end
endmodule
`default_nettype wire
