// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// No bit of a slice is lost, doubled or moved: bytes taken, position and what is ahead agree, and one bit of the
// slice, whichever, is at its place until it is read, and then in the answer or in codIOffset.
module formal_decoder_bits (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      req_valid,
    input wire cabac_pkg::kind_t          req_kind,
    input wire logic [7:0]                in_data,
    input wire logic                      in_last,
    input wire logic                      in_ready,
    input wire logic                      byte_taken,
    input wire logic                      taken,
    input wire cabac_pkg::decoder_debug_t debug,
    output logic                          overrun      // more bits were read than there are
);
  // Bytes of the slice that were taken, whether its last byte was, and whether a SLICE is dropping what is left.
  logic [30:0] received_bytes;
  logic [33:0] received, position, reached;
  logic last_received, dropping;
  logic slice_waits;

  // One bit of the slice, and what it was when it came.
  (* anyconst *) logic [33:0] watched;
  logic seen, value;
  logic [33:0] distance;

  assign slice_waits = req_valid && req_kind == cabac_pkg::SLICE;

  always_ff @(posedge clk) begin
    dropping <= !rst && slice_waits && !taken;
    if (rst || (taken && slice_waits)) begin
      received_bytes <= 31'd0;
      last_received <= rst;
    end else if (byte_taken) begin
      last_received <= in_last;
      if (!slice_waits) begin
        received_bytes <= received_bytes + 31'd1;
        if (received_bytes == watched[33:3]) value <= in_data[3'd7 - watched[2:0]];
      end
    end
  end

  assign received = {received_bytes, 3'd0};
  assign seen = watched < received;
  assign position = {2'd0, debug.position};
  assign reached = position + {28'd0, debug.ahead_len};
  assign overrun = position > received;
  assign distance = watched - position;

  // What the last request was, if one was done in the clock before.
  logic was_raw, was_start;
  always_ff @(posedge clk) begin
    was_raw <= taken && req_kind == cabac_pkg::RAW;
    was_start <= taken && req_kind == cabac_pkg::START;
  end

  logic [33:0] back;
  assign back = position - 34'd1 - watched;

  always_ff @(posedge clk) begin
    if (was_reset) begin
      ahead_is_bounded: assert (debug.ahead_len <= 6'd32);
      ahead_is_clean: assert ((debug.ahead & (32'hffff_ffff >> debug.ahead_len)) == 32'd0);
      bits_account: assert (
          dropping ? debug.ahead_len == 6'd0
          : overrun ? debug.ended && debug.ahead_len == 6'd0 : reached == received);
      slice_is_closed: assert (debug.ended == last_received);
      nothing_after_the_last: assert (!debug.ended || !in_ready);

      bits_wait_in_place: assert (!seen || dropping || watched < position
                                  || (distance < {28'd0, debug.ahead_len}
                                      && debug.ahead[5'd31 - distance[4:0]] == value));
      raw_is_its_byte: assert (!was_raw || (debug.position[2:0] == 3'd0
                                            && (!seen || watched >= position || back >= 34'd8
                                                || debug.response.data[back[2:0]] == value)));
      start_is_its_bits: assert (!was_start || (debug.position[2:0] == 3'd1
                                                && (!seen || watched >= position || back >= 34'd9
                                                    || debug.cod_i_offset == 9'd0
                                                    || debug.cod_i_offset[back[3:0]] == value)));
    end
  end
endmodule
`default_nettype wire
