// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The context variables of the encoder of four slots: one address, whichever, is watched with a copy that takes slot after
// slot. The memory is not here: what it answers may be anything, but for the watched address what was last written, as
// formal_encoder4_memory proves. That no group enters in a clock of `clear`, which begins with a reset, is proved by
// formal_encoder4_gate.
module formal_encoder4_contexts (
    input wire logic                       clk,
    input wire logic                       rst,
    input wire logic                       clear,
    input wire cabac_encoder4_pkg::group_t group,
    input wire logic [27:0]                fetch_model,
    input wire logic [9:0]                 save_ctx_idx
);
  (* anyconst *) logic [9:0] watched;
  logic was_reset, settled;
  logic [6:0] save_model;
  logic [3:0] update_uses, write_valid;
  logic [39:0] read_addr, write_ctx_idx;
  logic [27:0] write_model;
  cabac_encoder4_pkg::coded_t coded;
  cabac_encoder4_pkg::group_t fetch;

  cabac_encoder4_front front (.*);

  function automatic logic uses(input logic [2:0] kind);
    uses = kind == cabac_pkg::CONTEXT || kind == cabac_pkg::LOAD;
  endfunction

  // The groups after the fetch stage; a reset drops what two of them would write.
  cabac_encoder4_pkg::group_t update, passed;
  logic update_counts, passed_counts, written;
  logic [4:0] loaded;

  initial {was_reset, update_counts, passed_counts, written, loaded[0]} = 5'd0;
  always_ff @(posedge clk) begin
    was_reset <= 1'b1;
    update <= fetch;
    passed <= update;
    update_counts <= !rst;
    passed_counts <= update_counts && !rst;
  end

  // The watched context variable before and after each slot of the group in the update stage, if it was loaded.
  logic [34:0] newest;
  logic [3:0] hits, checked;
  logic [27:0] before, after;
  for (genvar k = 0; k < 4; k++) begin : slots
    logic [2:0] kind;
    logic [6:0] model_next;
    assign kind = update.kind[3*k +: 3];
    assign hits[k] = uses(kind) && update.ctx_idx[10*k +: 10] == watched;
    assign loaded[k + 1] = loaded[k] || (hits[k] && kind == cabac_pkg::LOAD);
    assign newest[7*k + 7 +: 7] = !hits[k] ? newest[7*k +: 7]
                                : kind == cabac_pkg::LOAD ? update.data[8*k +: 7] : model_next;
    cabac_transition transition (.model(newest[7*k +: 7]), .bin(update.bin[k]), .model_next);
  end

  always_ff @(posedge clk) begin
    if (update_counts && !rst) {newest[6:0], loaded[0]} <= {newest[34:28], loaded[4]};
    checked <= update_counts ? hits & loaded[4:1] : 4'd0;
    before <= newest[27:0];
    after <= newest[34:7];
  end

  // What the memory has at the watched address, with what is written in this clock.
  logic written_next;
  logic [6:0] held, held_next;
  logic [3:0] asked;

  always_comb begin
    {written_next, held_next} = {written, held};
    for (int k = 0; k < 4; k++) begin
      if (write_valid[k] && write_ctx_idx[10*k +: 10] == watched) {written_next, held_next} = {1'b1, write_model[7*k +: 7]};
    end
  end
  always_ff @(posedge clk) begin
    {written, held} <= {written_next, held_next};
    for (int k = 0; k < 4; k++) asked[k] <= read_addr[10*k +: 10] == watched;
  end

  always_ff @(posedge clk) begin
    if (!was_reset) assume (rst);
    if (rst) assume (clear);
    if (clear) assume (group.kind == {4{cabac_pkg::SLICE}} && (rst || $past(clear)));
    for (int k = 0; k < 4; k++) begin
      if (asked[k] && written) assume (fetch_model[7*k +: 7] == held);
      // The contract: no context variable is loaded with state 63.
      if (group.kind[3*k +: 3] == cabac_pkg::LOAD) assume (group.data[8*k +: 6] != 6'd63);
    end
  end

  logic [3:0] coded_right, written_right, passed_right;
  logic [11:0] under_way;
  always_comb begin
    for (int k = 0; k < 4; k++) begin
      coded_right[k] = passed.kind[3*k +: 3] != cabac_pkg::CONTEXT || !checked[k]
          || {coded.p_state_idx[6*k +: 6], coded.lps[k]}
              == {before[7*k +: 6], passed.bin[k] != before[7*k + 6]};
      written_right[k] = !write_valid[k]
          || (write_ctx_idx[10*k +: 10] == passed.ctx_idx[10*k +: 10]
              && (!checked[k] || write_model[7*k +: 7] == after[7*k +: 7]));
      passed_right[k] = coded.kind[3*k +: 3] == passed.kind[3*k +: 3] && coded.count[4*k +: 4] == passed.count[4*k +: 4]
          && coded.data[8*k +: 8] == (passed.kind[3*k +: 3] == cabac_pkg::LOAD ? 8'd0 : passed.data[8*k +: 8]);
      if (passed.kind[3*k +: 3] == cabac_pkg::TERMINATE) passed_right[k] &= coded.lps[k] == passed.bin[k];
      else if (passed.kind[3*k +: 3] != cabac_pkg::CONTEXT)
        passed_right[k] &= coded.lps[k] == (passed.kind[3*k +: 3] == cabac_pkg::ALIGN);
      under_way[k] = uses(fetch.kind[3*k +: 3]);
      under_way[4 + k] = update_counts && uses(update.kind[3*k +: 3]);
      under_way[8 + k] = passed_counts && uses(passed.kind[3*k +: 3]);
    end
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      first_is_newest: assert (coded_right[0]);
      second_is_newest: assert (coded_right[1]);
      third_is_newest: assert (coded_right[2]);
      fourth_is_newest: assert (coded_right[3]);
      nothing_enters_while_clearing: assert (
          !clear || rst || (fetch.kind == {4{cabac_pkg::SLICE}} && {update_uses, write_valid} == 8'd0));
      slots_pass: assert (!passed_counts || passed_right == 4'b1111);
      state_is_below_63: assert (!loaded[0] || newest[5:0] <= 6'd62);
      update_is_written: assert (write_valid == under_way[11:8] && written_right == 4'b1111);
      context_is_kept: assert (!loaded[0] || (written_next && held_next == newest[6:0]));
      settled_is_settled: assert (settled == (under_way == 12'd0));
      save_is_newest: assert (
          !($past(was_reset && settled && loaded[0] && group.kind[2:0] != cabac_pkg::CONTEXT) && asked[0])
          || save_model == $past(newest[6:0]));
    end
  end

  logic coding;
  assign coding = was_reset && update_counts && !rst;
  always_ff @(posedge clk) begin
    four_bins_of_one_context: cover (coding && loaded[0] && hits == 4'b1111 && update.kind == 12'd0);
    load_is_coded_with: cover (coding && hits == 4'b0011 && update.kind[2:0] == cabac_pkg::LOAD
                               && update.kind[5:3] == cabac_pkg::CONTEXT);
    context_is_forwarded: cover (coding && hits[0] && checked[3] && update.kind[2:0] == cabac_pkg::CONTEXT);
    context_is_read: cover (coding && hits[2] && loaded[0] && checked == 4'd0 && $past(checked) == 4'd0
                            && $past(checked, 2) == 4'd0);
    mps_is_swapped: cover (coding && loaded[0] && hits[0] && newest[13] != newest[6] && update.kind[2:0] == cabac_pkg::CONTEXT);
    update_survives_a_reset: cover (was_reset && rst && passed_counts && checked != 4'd0);
    update_is_dropped: cover (was_reset && rst && update_counts && loaded[0] && hits != 4'd0);
    save_is_answered: cover (was_reset && $past(settled && loaded[0] && !rst) && asked[0]);
  end
endmodule
`default_nettype wire
