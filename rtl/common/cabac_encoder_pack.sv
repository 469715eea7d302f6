// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Packs pieces of bits into bytes: up to 17 bits in and one byte out a clock.
//
// Its 32 bits let pieces in while fewer than 16 are held, so that a short burst does not stop the coder. After
// the last piece of an engine run it fills the byte with zeros and takes nothing until all is out.
module cabac_encoder_pack (
    input  wire logic        clk,
    input  wire logic        rst,
    // Pieces, left-aligned
    input  wire logic        in_valid,
    output logic             in_ready,
    input  wire logic [16:0] in_bits,
    input  wire logic [4:0]  in_len,
    input  wire logic        in_last,
    // Bytes
    output logic             out_valid,
    input  wire logic        out_ready,
    output logic [7:0]       out_data,
    output logic             out_last,
    // Registers
    output logic [31:0]      pack_bits,
    output logic [5:0]       pack_fill,
    output logic             pack_last
);
  logic pop, push;
  logic [31:0] bits;
  logic [5:0] fill, sum;

  assign in_ready = pack_fill < 6'd16 && !pack_last;
  assign push = in_valid && in_ready;

  assign out_valid = pack_fill >= 6'd8;
  assign out_data = pack_bits[31:24];
  assign out_last = pack_last && pack_fill == 6'd8;
  assign pop = out_valid && out_ready;

  assign bits = pop ? pack_bits << 8 : pack_bits;
  assign fill = pop ? pack_fill - 6'd8 : pack_fill;
  assign sum = fill + {1'b0, in_len};

  always_ff @(posedge clk) begin
    if (rst) begin
      pack_bits <= 32'd0;
      pack_fill <= 6'd0;
      pack_last <= 1'b0;
    end else begin
      pack_bits <= push ? bits | ({in_bits, 15'd0} >> fill) : bits;
      if (!push) pack_fill <= fill;
      else if (!in_last) pack_fill <= sum;
      else pack_fill <= (sum + 6'd7) & 6'b111000;
      if (push) pack_last <= in_last;
      else if (pop && out_last) pack_last <= 1'b0;
    end
  end
endmodule
`default_nettype wire
