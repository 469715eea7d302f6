// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The second half of an encoding step: codILow, and the bits that it decides, all in one clock.
//
// The standard shifts one bit at a time and asks after each whether it is decided. Together: `sum` is codILow
// with the addend; its top bit is the carry, and the `shift` bits below leave codILow. A later carry can still
// turn the 1s after their last 0 into 0s and that 0 into a 1, but it gets no further. So what is decided is the
// carry, the outstanding bits (its complement), and the leaving bits before the last 0; that 0 waits in PutBit's
// place for its turn, and the 1s after it are outstanding from now on.
//
//   codILow 0 1011 ....., addend 0, shift 4, outstanding 7  ->  0, seven 1s, 1; outstanding 2
//           ^ where a carry arrives, then the bits that leave
module cabac_encoder_low (
    input  wire cabac_pkg::low_op_t low,
    input  wire logic [9:0]         cod_i_low,
    input  wire logic [31:0]        bits_outstanding,
    input  wire logic               first_bit_flag,
    output logic [9:0]              cod_i_low_next,
    output logic [31:0]             bits_outstanding_next,
    output logic                    first_bit_flag_next,
    output logic                    put,
    output cabac_pkg::bits_t        bits
);
  logic [10:0] sum;
  logic carry, ones;
  logic [5:0] leaving;
  logic [2:0] last_zero;
  logic [8:0] shifted;

  assign sum = {cod_i_low, 1'b0} + {1'b0, low.addend};
  assign carry = sum[10];
  assign leaving = sum[9:4] | (6'b111111 >> low.shift);
  assign ones = leaving == 6'b111111;
  assign shifted = 9'((sum[9:0] << low.shift) >> 1);

  // The place of the last 0 among the leaving bits; one more than there is room for if there is none.
  always_comb begin
    casez (leaving)
      6'b?????0: last_zero = 3'd5;
      6'b????01: last_zero = 3'd4;
      6'b???011: last_zero = 3'd3;
      6'b??0111: last_zero = 3'd2;
      6'b?01111: last_zero = 3'd1;
      6'b011111: last_zero = 3'd0;
      default:   last_zero = low.shift - 3'd1;
    endcase
  end

  always_comb begin
    put = low.flush || low.raw || (low.shift != 3'd0 && (carry || !ones));
    bits.head_valid = !first_bit_flag && !low.raw;
    bits.head = carry;
    bits.run = bits_outstanding;
    bits.last = low.flush;
    if (low.raw) begin
      bits.rest = {low.data, 1'b0};
      bits.len = 4'd8;
    end else if (low.flush) begin
      bits.rest = {sum[9:2], 1'b1};
      bits.len = 4'd9;
    end else begin
      bits.rest = {sum[9:5] & ~(5'b11111 >> last_zero), 4'd0};
      bits.len = {1'b0, last_zero};
    end
  end

  always_comb begin
    cod_i_low_next = {carry && ones, shifted};
    first_bit_flag_next = first_bit_flag && !put;
    if (put) bits_outstanding_next = {29'd0, low.shift - 3'd1 - last_zero};
    else bits_outstanding_next = bits_outstanding + {29'd0, low.shift};
    if (low.flush || low.raw) begin
      cod_i_low_next = 10'd0;
      bits_outstanding_next = 32'd0;
      first_bit_flag_next = 1'b1;
    end
  end
endmodule
`default_nettype wire
