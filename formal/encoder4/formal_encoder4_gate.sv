// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What lets groups into the encoder of four slots: the queue of words never runs over, and nothing of before a reset is seen
// after it. The stages between the gate and the queue are not here: a word may come thirteen clocks after a group was
// taken, and one more a clock later if it ended an engine run. That is the pipeline's length, which lockstep compares.
module formal_encoder4_gate (
    input wire logic        clk,
    input wire logic        rst,
    input wire logic        req_valid,
    input wire logic [3:0]  req_count,
    input wire logic [11:0] req_kind,
    input wire logic [3:0]  req_bin,
    input wire logic [39:0] req_ctx_idx,
    input wire logic [27:0] req_model,
    input wire logic [23:0] req_run,
    input wire logic [31:0] req_data,
    input wire logic        word_valid,
    input wire logic        head_ready
);
  logic was_reset, req_ready, taken, clear, few, head_valid;
  logic [3:0] clearing, first;
  logic [4:0] fill;
  logic [35:0] head, waits;
  cabac_encoder4_pkg::group_t entering;

  initial was_reset = 1'b0;
  always_ff @(posedge clk) was_reset <= 1'b1;

  cabac_encoder4_gate gate (.kind(entering.kind), .bin(entering.bin), .*);
  cabac_encoder4_group requests (.taken, .req_count, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_run, .req_data,
                                 .group(entering));
  cabac_encoder4_queue queue (
      .clk, .clear, .in_valid(word_valid), .in(36'd0), .out_valid(head_valid), .out_ready(head_ready), .out(head),
      .few, .ahead(4'd0), .waits, .first, .fill
  );

  // Groups that were taken 1..14 clocks ago, and those of them that ended an engine run; a reset clears both.
  logic takes, ends;
  logic [3:0] enters;
  logic [13:0] under_way, ended;

  always_comb begin
    takes = req_valid && req_ready && !rst;
    ends = 1'b0;
    for (int k = 0; k < 4; k++) begin
      ends |= 4'(k) < req_count && req_kind[3*k +: 3] == cabac_pkg::TERMINATE && req_bin[k];
      enters[k] = takes && 4'(k) < req_count
          ? entering.kind[3*k +: 3] == req_kind[3*k +: 3] && entering.bin[k] == req_bin[k]
              && entering.ctx_idx[10*k +: 10] == req_ctx_idx[10*k +: 10]
              && entering.count[4*k +: 4] == (req_kind[3*k + 2] ? 4'd0 : req_run[6*k +: 4])
              && (req_kind[3*k +: 3] == cabac_pkg::LOAD ? entering.data[8*k +: 8] == {1'b0, req_model[7*k +: 7]}
                  : req_kind[3*k +: 3] == cabac_pkg::SLICE || req_kind[3*k +: 3] == cabac_pkg::START
                    || entering.data[8*k +: 8] == req_data[8*k +: 8])
          : entering.kind[3*k +: 3] == cabac_pkg::SLICE && entering.count[4*k +: 4] == 4'd0;
    end
  end

  // In which of the next clocks a word may come: the first in the lowest bit.
  logic [13:0] words;
  logic [4:0] to_come;
  always_comb begin
    to_come = 5'd0;
    for (int k = 0; k < 14; k++) begin
      words[k] = ended[13 - k] || (k < 13 && under_way[12 - k]);
      to_come += {4'd0, words[k]};
    end
  end

  // For how many clocks what was taken before a reset may still be there: a word, or the one after it.
  logic [3:0] stale;
  initial {under_way, ended} = 28'd0;
  always_ff @(posedge clk) begin
    under_way <= {under_way[12:0], takes};
    ended <= {ended[12:0], takes && ends};
    if (rst) {under_way, ended} <= 28'd0;
    stale <= rst ? 4'd15 : stale - {3'd0, stale != 4'd0};
  end

  always_ff @(posedge clk) begin
    if (!was_reset) assume (rst);
    if (word_valid) assume (words[0]);
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      queue_has_room: assert (fill <= 5'd16 && (!word_valid || fill <= 5'd15));
      words_fit: assert ({1'b0, fill} + {1'b0, to_come} <= 6'd16
                         && (!req_ready || {1'b0, fill} + {1'b0, to_come} <= 6'd15));
      ready_is_few: assert (!req_ready || ended[0] == 1'b0);
      clear_lasts: assert (clear == (rst || stale != 4'd0) && clearing == stale);
      none_is_taken_while_clearing: assert (clearing == 4'd0 || !req_ready);
      only_requests_enter: assert (taken == takes && enters == 4'b1111);
      one_empty_clock_after_a_flush: assert (!ended[0] || !takes);
    end
  end

  always_ff @(posedge clk) begin
    queue_is_full: cover (was_reset && fill == 5'd16);
    engine_run_ends: cover (was_reset && takes && ends && fill == 5'd1);
    group_waits: cover (was_reset && !clear && req_valid && !req_ready && fill == 5'd2);
  end
endmodule
`default_nettype wire
