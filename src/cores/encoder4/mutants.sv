// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder of four slots and a mutant of it, side by side: where they agree in one clock they give the same and agree in
// the next.
//
// They agree if all registers that matter are the same. Those that `debug` shows are compared here, and all others by their names,
// which the spec of the core lists. Of the queue, only the words that wait matter.
module proof (
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
    input wire logic        out_ready,
    // Which mutant
    input wire logic [12:0] mutsel,
    // What both context memories answer: they hold the same as long as the same is written to them
    input wire logic [27:0] stored,
    // In this clock: they agree; what the contract and formal/ say is so; no run has 2^19 words
    output logic            agree,
    output logic            legal,
    output logic            short,
    // In the clock before they gave the same
    output logic            kept,
    // Which words of the queue matter
    output logic [15:0]     words
);
  logic req_ready, out_valid, out_last, mutant_req_ready, mutant_out_valid, mutant_out_last;
  logic [3:0] out_count, mutant_out_count;
  logic [31:0] out_data, mutant_out_data;
  cabac_encoder4_pkg::debug_t right, mutant;
  logic [39:0] read_addr, write_addr, mutant_read_addr, mutant_write_addr;
  logic [27:0] write_data, write_en, mutant_write_data, mutant_write_en;

  cabac_encoder4 right_core (
      .clk, .rst, .req_valid, .req_ready, .req_count, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_run, .req_data,
      .out_valid, .out_ready, .out_count, .out_data, .out_last, .mutsel(13'd0), .debug(right),
      .\read_0.ADDR (read_addr[9:0]), .\read_1.ADDR (read_addr[19:10]),
      .\read_2.ADDR (read_addr[29:20]), .\read_3.ADDR (read_addr[39:30]),
      .\read_0.DATA (stored[6:0]), .\read_1.DATA (stored[13:7]), .\read_2.DATA (stored[20:14]), .\read_3.DATA (stored[27:21]),
      .\write_0.ADDR (write_addr[9:0]), .\write_1.ADDR (write_addr[19:10]),
      .\write_2.ADDR (write_addr[29:20]), .\write_3.ADDR (write_addr[39:30]),
      .\write_0.DATA (write_data[6:0]), .\write_1.DATA (write_data[13:7]),
      .\write_2.DATA (write_data[20:14]), .\write_3.DATA (write_data[27:21]),
      .\write_0.EN (write_en[6:0]), .\write_1.EN (write_en[13:7]), .\write_2.EN (write_en[20:14]), .\write_3.EN (write_en[27:21])
  );

  cabac_encoder4 mutant_core (
      .clk, .rst, .req_valid, .req_ready(mutant_req_ready), .req_count, .req_kind, .req_bin, .req_ctx_idx, .req_model, .req_run,
      .req_data, .out_valid(mutant_out_valid), .out_ready, .out_count(mutant_out_count), .out_data(mutant_out_data),
      .out_last(mutant_out_last), .mutsel, .debug(mutant),
      .\read_0.ADDR (mutant_read_addr[9:0]), .\read_1.ADDR (mutant_read_addr[19:10]),
      .\read_2.ADDR (mutant_read_addr[29:20]), .\read_3.ADDR (mutant_read_addr[39:30]),
      .\read_0.DATA (stored[6:0]), .\read_1.DATA (stored[13:7]), .\read_2.DATA (stored[20:14]), .\read_3.DATA (stored[27:21]),
      .\write_0.ADDR (mutant_write_addr[9:0]), .\write_1.ADDR (mutant_write_addr[19:10]),
      .\write_2.ADDR (mutant_write_addr[29:20]), .\write_3.ADDR (mutant_write_addr[39:30]),
      .\write_0.DATA (mutant_write_data[6:0]), .\write_1.DATA (mutant_write_data[13:7]),
      .\write_2.DATA (mutant_write_data[20:14]), .\write_3.DATA (mutant_write_data[27:21]),
      .\write_0.EN (mutant_write_en[6:0]), .\write_1.EN (mutant_write_en[13:7]),
      .\write_2.EN (mutant_write_en[20:14]), .\write_3.EN (mutant_write_en[27:21])
  );

  always_comb begin
    for (int k = 0; k < 16; k++) words[k] = {1'b0, 4'(k) - right.queue_first} < right.queue_fill;
  end

  // The part of the memory's answer that is used, and whether the outputs and the writes are the same.
  logic gives_same, gave_same;
  assign agree = right.fetch_model == mutant.fetch_model;
  always_comb begin
    gives_same = (!req_valid || req_ready == mutant_req_ready) && out_valid == mutant_out_valid
        && (!out_valid || (out_count == mutant_out_count && out_last == mutant_out_last));
    for (int byte_k = 0; byte_k < 4; byte_k++) begin
      if (out_valid && 4'(byte_k) < out_count && out_data[8*byte_k +: 8] != mutant_out_data[8*byte_k +: 8]) gives_same = 1'b0;
    end
    if (write_en != mutant_write_en || read_addr != mutant_read_addr) gives_same = 1'b0;
    for (int port = 0; port < 4; port++) begin
      if (write_en[7*port] && (write_addr[10*port +: 10] != mutant_write_addr[10*port +: 10]
                               || write_data[7*port +: 7] != mutant_write_data[7*port +: 7])) gives_same = 1'b0;
    end
  end
  always_ff @(posedge clk) gave_same <= gives_same;
  assign kept = agree && gave_same;

  // The contract of docs/socket.md and docs/encoder4-core.md.
  logic contract;
  logic [2:0] kind;
  logic [5:0] run;
  logic [7:0] data;
  always_comb begin
    contract = req_count >= 4'd1 && req_count <= 4'd4;
    {kind, run, data} = '0;
    for (int k = 0; k < 4; k++) begin
      kind = req_kind[3*k +: 3];
      run = req_run[6*k +: 6];
      data = req_data[8*k +: 8];
      if (4'(k) < req_count) begin
        if (kind == cabac_pkg::START) contract = 1'b0;
        if (kind == cabac_pkg::LOAD && req_model[7*k +: 6] == 6'd63) contract = 1'b0;
        // state_is_below_63
        if (kind == cabac_pkg::CONTEXT && stored[7*k +: 6] == 6'd63) contract = 1'b0;
        if (kind == cabac_pkg::BYPASS && (run == 6'd0 || run > 6'd8)) contract = 1'b0;
        if ((kind == cabac_pkg::CONTEXT || kind == cabac_pkg::TERMINATE || kind == cabac_pkg::ALIGN) && run > 6'd2)
          contract = 1'b0;
        if (!kind[2] && run < 6'd8 && (data >> run) != 8'd0) contract = 1'b0;
        if (kind == cabac_pkg::TERMINATE && req_bin[k] && (run != 6'd0 || 4'(k + 1) != req_count)) contract = 1'b0;
      end
    end
    if (!req_valid) contract = 1'b1;
  end

  // nothing_enters_while_clearing, none_is_taken_while_clearing
  logic rests;
  assign rests = rst || right.clearing == 4'd0
      || (right.update_uses == 4'd0 && right.write_valid == 4'd0 && right.fetch.kind == {4{cabac_pkg::SLICE}} && !right.ready);

  // range_is_normal
  logic interval;
  assign interval = right.cod_i_range <= 8'd254 && (right.cod_i_range <= 8'd245 || !right.cod_i_range[0]);

  // queue_account, run_is_well_formed
  logic bytes;
  assign bytes = right.queue_fill <= 5'd16 && !(right.held_valid && right.running)
      && (!right.running || (right.run != 32'd0 && !right.held[34]));

  assign legal = contract && rests && interval && bytes;
  assign short = right.run < 32'd524_288;
endmodule
`default_nettype wire
