// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// codIRange of the encoder of four slots. Its slots come with what formal_encoder4_contexts proves of them: states below
// 63, and which of them are an LPS. `clear` lasts until these are those of groups, as formal_encoder4_gate proves.
module formal_encoder4_range (
    input wire logic                       clk,
    input wire logic                       clear,
    input wire cabac_encoder4_pkg::coded_t coded
);
  logic was_reset, cleared;
  logic [1:0] age;
  logic [7:0] range_before;
  cabac_encoder4_pkg::coded_t rows, pairs, slots, met;
  logic [15:0] ranges;
  logic [7:0] cod_i_range;

  initial age = 2'd0;
  assign was_reset = age == 2'd3;
  always_ff @(posedge clk) begin
    age <= age + {1'b0, !was_reset};
    range_before <= cod_i_range;
    cleared <= clear;
    rows <= coded;
    pairs <= rows;
    slots <= pairs;
  end

  cabac_encoder4_range range (.*);

  function automatic logic normal(input logic [7:0] range);
    normal = range != 8'd255 && (range <= 8'd245 || !range[0]);
  endfunction

  logic [3:0] divides, ends;
  always_comb begin
    for (int k = 0; k < 4; k++) begin
      divides[k] = met.kind[3*k +: 3] == cabac_pkg::CONTEXT || met.kind[3*k +: 3] == cabac_pkg::TERMINATE
          || met.kind[3*k +: 3] == cabac_pkg::ALIGN;
      ends[k] = met.kind[3*k +: 3] == cabac_pkg::TERMINATE && met.lps[k];
    end
  end

  always_ff @(posedge clk) begin
    if (!was_reset) assume (clear);
    for (int k = 0; k < 4; k++) begin
      if (coded.kind[3*k +: 3] == cabac_pkg::CONTEXT) assume (coded.p_state_idx[6*k +: 6] != 6'd63);
      else if (coded.kind[3*k +: 3] != cabac_pkg::TERMINATE)
        assume (coded.lps[k] == (coded.kind[3*k +: 3] == cabac_pkg::ALIGN));
      // The contract: a TERMINATE of 1 ends its group.
      for (int later = k + 1; later < 4; later++) begin
        if (coded.kind[3*k +: 3] == cabac_pkg::TERMINATE && coded.lps[k]) assume (coded.kind[3*later +: 3] == cabac_pkg::SLICE);
      end
    end
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      range_is_normal: assert (normal(cod_i_range));
      range_between_pairs_is_normal: assert (normal(ranges[7:0]) && normal(ranges[15:8]));
      range_starts_at_510: assert ((!cleared && ends == 4'd0) || cod_i_range == 8'd254);
      range_waits: assert (cleared || divides != 4'd0 || cod_i_range == ranges[7:0]);
      range_is_handed_on: assert (ranges[7:0] == range_before);
      slots_are_met: assert (met == slots);
    end
  end

  logic [1:0] ran;
  always_ff @(posedge clk) ran <= clear ? 2'd0 : ran + {1'b0, ran != 2'd3};
  always_ff @(posedge clk) begin
    four_bins: cover (ran == 2'd3 && met.kind == 12'd0 && met.lps == 4'b0101 && cod_i_range[0]);
    align: cover (ran == 2'd3 && divides != 4'd0 && cod_i_range == 8'd0 && met.lps[0] && met.kind[2:0] == cabac_pkg::ALIGN);
    engine_run_ends: cover (ran == 2'd3 && ends == 4'b0100 && ranges[15:8] != 8'd254);
    nothing: cover (ran == 2'd3 && divides == 4'd0 && cod_i_range != 8'd254);
  end
endmodule
`default_nettype wire
