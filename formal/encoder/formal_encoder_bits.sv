// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// No bit of the encoder is lost, doubled or moved: an account of how many there are, and one bit, whichever, that
// is watched from the emit stage to the byte that it leaves in.
module formal_encoder_bits (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      watch,       // begin to watch a bit, in any clock
    input wire logic                      out_ready,
    input wire logic [7:0]                out_data,
    input wire logic                      put,
    input wire logic                      low_done,
    input wire logic                      push,
    input wire logic [5:0]                piece_len,
    input wire logic                      pop,
    input wire logic [33:0]               group_len,
    input wire logic [2:0]                filling,
    input wire cabac_pkg::encoder_debug_t debug
);
  // The account, stage by stage, modulo 2^34, which is more than can be under way. It is the standard's: a
  // renormalisation shift brings a bit, a flush nine more, RAW eight; the bit that waits in PutBit's place is there
  // once there was a first one.
  logic [33:0] entered, decided, decided_now, pushed, left;
  logic arrived;

  assign decided_now = arrived ? decided + group_len - {31'd0, filling} : decided;

  always_ff @(posedge clk) begin
    arrived <= !rst && low_done && put;
    decided <= decided_now;
    if (low_done && debug.low.flush) entered <= entered + 34'd9;
    else if (low_done && debug.low.raw) entered <= entered + 34'd8;
    else if (low_done) entered <= entered + {31'd0, debug.low.shift};
    if (push) pushed <= pushed + {28'd0, piece_len};
    if (pop && out_ready) left <= left + 34'd8;
    if (rst) begin
      entered <= 34'd0;
      decided <= 34'd0;
      pushed <= 34'd0;
      left <= 34'd0;
    end
  end

  // The run that the group in the emit stage came with, and how many bits of the group have left that stage.
  logic [31:0] run;
  logic [33:0] total, sent, total_now, sent_now;

  assign total_now = arrived ? group_len : total;
  assign sent_now = arrived ? 34'd0 : sent;

  always_ff @(posedge clk) begin
    run <= debug.bits_outstanding;
    total <= total_now;
    sent <= sent_now + (push ? {28'd0, piece_len} : 34'd0);
  end

  // Where the watched bit is: in the emit stage with `bits_after` bits of its group after it, which no piece changes;
  // in the packer with `bits_before` bits before it.
  typedef enum logic [1:0] { NOWHERE, EMIT, PACK } place_t;
  (* anyconst *) logic [33:0] first_after;
  place_t place, place_now;
  logic [33:0] bits_after, bits_after_now, pushed_after;
  logic [4:0] bits_before;
  logic value, value_now;
  logic [5:0] fill_after, bits_before_next;

  // The bit of the group in the emit stage with `i` bits after it: filling zeros, the rest, the run, its head.
  function automatic logic group_bit(input cabac_pkg::bits_t group, input logic [2:0] zeros, input logic [33:0] i);
    logic [4:0] rest_end;
    logic [8:0] from_i;
    rest_end = {2'd0, zeros} + {1'b0, group.len};
    from_i = group.rest << (rest_end - 5'd1 - i[4:0]);
    if (i < {31'd0, zeros}) group_bit = 1'b0;
    else if (i < {29'd0, rest_end}) group_bit = from_i[8];
    else group_bit = group.head ^ !(group.head_valid && i == group_len - 34'd1);
  endfunction

  always_comb begin
    place_now = place;
    bits_after_now = bits_after;
    value_now = value;
    if (place == NOWHERE && watch && debug.emit_valid && first_after < group_len) begin
      place_now = EMIT;
      bits_after_now = first_after;
      value_now = group_bit(debug.emit, filling, first_after);
    end
  end

  assign fill_after = debug.pack_fill - (pop && out_ready ? 6'd8 : 6'd0);
  assign pushed_after = group_len - {28'd0, piece_len};
  assign bits_before_next = fill_after + (group_len[5:0] - 6'd1 - bits_after_now[5:0]);

  always_ff @(posedge clk) begin
    place <= place_now;
    bits_after <= bits_after_now;
    value <= value_now;
    if (place_now == EMIT && push && bits_after_now >= pushed_after) begin
      place <= PACK;
      bits_before <= bits_before_next[4:0];
    end
    if (place_now == PACK && pop && out_ready) begin
      bits_before <= bits_before - 5'd8;
      if (bits_before < 5'd8) place <= NOWHERE;
    end
    if (rst) place <= NOWHERE;
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      low_account: assert (
          entered - decided_now == {2'd0, debug.bits_outstanding} + {33'd0, !debug.first_bit_flag});
      pack_account: assert (pushed - left == {28'd0, debug.pack_fill});
      bits_wait_in_emit: assert (place_now != EMIT
                                 || (debug.emit_valid && bits_after_now < group_len
                                     && group_bit(debug.emit, filling, bits_after_now) == value_now));
      bits_wait_in_pack: assert (place_now != PACK || ({1'b0, bits_before} < debug.pack_fill
                                                       && debug.pack_bits[5'd31 - bits_before] == value_now));
      bits_leave_in_place: assert (!(place_now == PACK && pop && bits_before < 5'd8)
                                   || out_data[3'd7 - bits_before[2:0]] == value_now);

      group_is_well_formed: assert (
          (debug.emit.len <= 4'd5 || debug.emit.len == 4'd8 || debug.emit.len == 4'd9)
          && debug.emit.last == (debug.emit.len == 4'd9)
          && (debug.emit.rest & (9'h1ff >> debug.emit.len)) == 9'd0);
      pack_is_well_formed: assert (
          debug.pack_fill <= 6'd32
          && (debug.pack_bits & (32'hffff_ffff >> debug.pack_fill)) == 32'd0
          && (!debug.pack_last || (debug.pack_fill[2:0] == 3'd0 && debug.pack_fill != 6'd0)));
      long_run_is_known: assert (debug.emit_long_run == (debug.emit.run >= 32'd8));
      run_is_handed_on: assert (!arrived || (debug.emit_valid && debug.emit.run == run));
      run_leaves_whole: assert (!debug.emit_valid || sent_now + group_len == total_now);
    end
  end
endmodule
`default_nettype wire
