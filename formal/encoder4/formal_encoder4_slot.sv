// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What a slot of the encoder of four slots does to codILow, before codILow is known: with the codIRange that it leaves, it
// stays inside the interval that it was given. It has no registers, so the proof is of one clock.
module formal_encoder4_slot (
    input wire logic       clk,
    input wire logic [2:0] kind,
    input wire logic       lps,
    input wire logic [5:0] p_state_idx,
    input wire logic [7:0] cod_i_range,
    input wire logic [3:0] count,
    input wire logic [7:0] data
);
  logic was_reset, raw;
  logic [8:0] addend;
  logic [3:0] shift, total;
  logic [7:0] cod_i_range_next;
  logic [16:0] sum, most;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  assign raw = kind == cabac_pkg::RAW;

  cabac_encoder4_bin bin (.kind, .lps, .p_state_idx, .cod_i_range, .addend, .shift, .cod_i_range_next);
  cabac_encoder4_slot slot (
      .raw, .addend, .shift, .count, .data, .cod_i_range(cod_i_range_next), .sum, .total
  );

  assign most = {8'd0, 1'b1, cod_i_range} << total;

  always_ff @(posedge clk) begin
    // As formal_encoder4_range and formal_encoder4_contexts prove.
    assume (cod_i_range != 8'd255);
    if (kind == cabac_pkg::CONTEXT) assume (p_state_idx != 6'd63);
    // The contract.
    if (kind == cabac_pkg::BYPASS) assume (count <= 4'd8);
    else if (kind == cabac_pkg::CONTEXT || kind == cabac_pkg::ALIGN || (kind == cabac_pkg::TERMINATE && !lps))
      assume (count <= 4'd2);
    else assume (count == 4'd0);
    if (!raw) assume (data >> count == 8'd0);
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      slot_stays_inside: assert (raw || {1'b0, sum} + {9'd0, 1'b1, cod_i_range_next} <= {1'b0, most});
      slot_shifts_by_eight: assert (total <= 4'd8 && (!raw || (total == 4'd8 && sum == {data, 9'd0})));
    end
  end

  always_ff @(posedge clk) begin
    most_of_a_slot: cover (was_reset && kind == cabac_pkg::BYPASS && sum + 17'd256 == most);
    lps_and_bypass: cover (was_reset && kind == cabac_pkg::CONTEXT && lps && total == 4'd8);
  end
endmodule
`default_nettype wire
