// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Slice data as bits: up to 32 of them ahead of the engine, and an exact account of what it has read.
//
// It takes no byte after the one that is the last of the slice, until the next slice begins. Bits beyond the
// last byte are zero; a request that needs one of them overruns. Since bits come in bytes, what is ahead of
// the next whole byte is what is left of the byte that `position` is in.
//
// A byte that comes is added after the bits that are ahead before any are taken away, whose number comes late. The
// upper bits of `position` are computed ahead, both as they are and one more.
module cabac_decoder_swift_bits (
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
  logic [31:0] joined;
  logic [5:0] left_len, position_low;
  logic [26:0] position_high, position_high_more;

  assign in_ready = ahead_len <= 6'd24 && !ended;
  assign push = in_valid && in_ready;

  assign skipped = align ? 3'd0 - position[2:0] : 3'd0;
  assign next_bits = 9'((ahead << skipped) >> 23);

  assign gone = take ? {2'd0, skipped} + {1'b0, taken} : 5'd0;
  assign overrun = {1'b0, gone} > ahead_len;
  assign joined = 32'((({ahead, 8'd0} | (push ? {in_data, 32'd0} >> ahead_len : 40'd0)) << gone) >> 8);
  assign left_len = drop || overrun ? 6'd0 : ahead_len - {1'b0, gone};

  assign position_low = {1'b0, position[4:0]} + {1'b0, gone};
  assign position_high = position[31:5];
  assign position_high_more = position_high + 27'd1;

  always_ff @(posedge clk) begin
    if (rst) begin
      ahead <= 32'd0;
      ahead_len <= 6'd0;
      ended <= 1'b1;
      position <= 32'd0;
    end else begin
      ahead <= drop ? 32'd0 : joined;
      ahead_len <= push && !drop ? left_len + 6'd8 : left_len;
      ended <= open ? 1'b0 : ended || (push && in_last);
      position <= open ? 32'd0 : {position_low[5] ? position_high_more : position_high, position_low[4:0]};
    end
  end
endmodule
`default_nettype wire
