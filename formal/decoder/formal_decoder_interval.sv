// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The interval of the decoder: codIRange and codIOffset.
module formal_decoder_interval (
    input wire logic                      clk,
    input wire logic                      rst,
    input wire logic                      was_reset,
    input wire logic                      taken,
    input wire cabac_pkg::kind_t          req_kind,
    input wire cabac_pkg::decoder_debug_t debug
);
  always_ff @(posedge clk) begin
    if (was_reset) begin
      range_is_normal: assert (debug.cod_i_range >= 9'd256 && debug.cod_i_range <= 9'd510
                               && (debug.cod_i_range <= 9'd501 || !debug.cod_i_range[0]));
      offset_is_below_range: assert (debug.cod_i_offset < debug.cod_i_range);

      if ($past(taken)) begin
        terminate_ends_an_engine: assert (
            !($past(req_kind) == cabac_pkg::TERMINATE && debug.response.bin)
            || (debug.cod_i_range == 9'd256 && debug.cod_i_offset == 9'd0));
        start_begins_an_engine: assert ($past(req_kind) != cabac_pkg::START || debug.cod_i_range == 9'd510);
        align_sets_range: assert ($past(req_kind) != cabac_pkg::ALIGN || debug.cod_i_range == 9'd256);
        only_bins_move_the_interval: assert (
            !($past(req_kind) == cabac_pkg::RAW || $past(req_kind) == cabac_pkg::LOAD
              || $past(req_kind) == cabac_pkg::SLICE)
            || (debug.cod_i_range == $past(debug.cod_i_range) && debug.cod_i_offset == $past(debug.cod_i_offset)));
      end else if (!$past(rst)) begin
        interval_waits: assert (
            debug.cod_i_range == $past(debug.cod_i_range) && debug.cod_i_offset == $past(debug.cod_i_offset));
      end
    end
  end
endmodule
`default_nettype wire
