// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What a neighbour of the encoder sees: handshakes, requests that pass in their order, engine runs that end once,
// and how long a request waits.
module formal_encoder_ports (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      req_valid,
    input wire logic                      req_ready,
    input wire cabac_pkg::request_t       request,
    input wire logic                      out_valid,
    input wire logic                      out_ready,
    input wire logic [7:0]                out_data,
    input wire logic                      out_last,
    input wire logic                      fetch_done,
    input wire logic                      low_done,
    input wire logic                      pop,
    input wire cabac_pkg::encoder_debug_t debug
);
  // Requests taken, and those that have passed the low step; engine runs flushed, and those whose last byte has left.
  // Two bits, since three are never under way.
  logic [1:0] taken, passed, flushed, ended;

  always_ff @(posedge clk) begin
    if (rst) begin
      taken <= 2'd0;
      passed <= 2'd0;
      flushed <= 2'd0;
      ended <= 2'd0;
    end else begin
      if (req_valid && req_ready) taken <= taken + 2'd1;
      if (low_done) passed <= passed + 2'd1;
      if (low_done && debug.low.flush) flushed <= flushed + 2'd1;
      if (out_valid && out_ready && out_last) ended <= ended + 2'd1;
    end
  end

  // In how many clocks, `out_ready` given, a waiting request is taken: eight bits of a run leave in each, and
  // before that the packer makes room.
  logic [32:0] run;
  logic [29:0] pieces;
  logic [2:0] room;
  logic [30:0] rank;

  assign run = {1'b0, debug.emit.run} + {32'd0, debug.emit.head_valid};
  assign pieces = debug.emit_valid ? run[32:3] : 30'd0;
  assign room = debug.pack_last ? debug.pack_fill[5:3]
              : debug.pack_fill >= 6'd16 ? debug.pack_fill[5:3] - 3'd1 : 3'd0;
  assign rank = {1'b0, pieces} + {28'd0, room};

  always_ff @(posedge clk) begin
    if (was_reset) begin
      valid_needs_no_ready: assert (out_valid == pop);
      ready_needs_no_ready: assert (req_ready == (!debug.fetch_valid || fetch_done));
      requests_pass: assert (taken - passed == {1'b0, debug.fetch_valid} + {1'b0, debug.low_valid});
      lives_end_once: assert (
          flushed - ended == {1'b0, debug.emit_valid && debug.emit.last} + {1'b0, debug.pack_last});
      last_is_last: assert (!out_last || !out_valid || debug.pack_fill == 6'd8);
      response_is_bounded: assert (rank != 31'd0 || req_ready);
      room_is_bounded: assert (room <= 3'd4);

      if (!$past(rst)) begin
        request_is_kept: assert (
            $past(req_ready) ? debug.fetch_valid == $past(req_valid)
                              && (!$past(req_valid) || debug.fetch == $past(request))
            : debug.fetch_valid && debug.fetch == $past(debug.fetch));
        byte_is_stable: assert (
            !$past(out_valid && !out_ready)
            || (out_valid && out_data == $past(out_data) && out_last == $past(out_last)));
        response_comes_nearer: assert (
            $past(req_ready) || ($past(out_ready) ? rank < $past(rank) : rank <= $past(rank)));
      end
    end
  end
endmodule
`default_nettype wire
