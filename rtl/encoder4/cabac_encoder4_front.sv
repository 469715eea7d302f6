// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The first two stages: a group gets the states of its context variables. A group enters in every clock; where no
// request is taken, it is an empty one.
//
//   fetch:  the slots, and what the context memory said         -> the newest states, from whichever group has them
//   update: the slots with the states before the first bins     -> the states before all bins, and after
//
// A state is written back a clock after the update, and three groups may be between a read and the write that it should
// have seen: the group in the update stage and the one being written are compared here, the one before in the memory.
//
// LOAD updates a state, too: one that precedes the loaded one, by the bin that leads from it to that one.
module cabac_encoder4_front (
    input  wire logic                       clk,
    input  wire logic                       rst,
    input  wire cabac_encoder4_pkg::group_t group,
    output cabac_encoder4_pkg::coded_t      coded,
    // Context memory
    input  wire logic [9:0]                 save_ctx_idx,
    output logic [6:0]                      save_model,
    output logic                            settled,
    output logic [39:0]                     read_addr,
    input  wire logic [27:0]                fetch_model,   // answers a clock later
    output logic [3:0]                      write_valid,
    output logic [39:0]                     write_ctx_idx,
    output logic [27:0]                     write_model,
    // Registers
    output cabac_encoder4_pkg::group_t      fetch,
    output logic [3:0]                      update_uses
);
  // Fetch.
  logic [27:0] newest;
  logic [3:0] load, uses;
  logic same_1;
  logic [1:0] same_2;
  logic [2:0] same_3;

  // Update.
  cabac_encoder4_pkg::coded_t update, update_next, coded_next;
  logic [3:0] update_bin;
  logic [39:0] update_ctx_idx;
  logic [27:0] update_model, model_before, model_after;
  logic update_same_1;
  logic [1:0] update_same_2;
  logic [2:0] update_same_3;

  assign read_addr = {group.ctx_idx[39:10],
                      group.kind[2:0] == cabac_pkg::CONTEXT ? group.ctx_idx[9:0] : save_ctx_idx};
  assign save_model = fetch_model[6:0];
  assign settled = {uses, update_uses, write_valid} == 12'd0;

  for (genvar k = 0; k < 4; k++) begin : slots
    logic [2:0] kind;
    logic is_context;
    logic [9:0] ctx_idx;
    logic [6:0] model, loaded, written;
    logic [3:0] updating, writing, last;

    assign kind = fetch.kind[3*k +: 3];
    assign ctx_idx = fetch.ctx_idx[10*k +: 10];
    assign model = fetch.data[8*k +: 7];
    assign load[k] = kind == cabac_pkg::LOAD;
    assign is_context = kind == cabac_pkg::CONTEXT;
    assign uses[k] = load[k] || is_context;

    for (genvar other = 0; other < 4; other++) begin : others
      assign updating[other] = update_uses[other] && update_ctx_idx[10*other +: 10] == ctx_idx;
      assign writing[other] = write_valid[other] && write_ctx_idx[10*other +: 10] == ctx_idx;
    end

    // The last slot of a group is the newest.
    assign written = writing[3] ? write_model[27:21] : writing[2] ? write_model[20:14]
                   : writing[1] ? write_model[13:7] : writing[0] ? write_model[6:0] : fetch_model[7*k +: 7];
    assign loaded = {model[6] ^ (model[5:0] == 6'd0), model[5:0] - {5'd0, model[5:0] != 6'd0}};
    assign last = {updating[3], updating[3:2] == 2'b01, updating[3:1] == 3'b001, updating == 4'b0001} & {4{is_context}};
    assign newest[7*k +: 7] = (model_after[27:21] & {7{last[3]}}) | (model_after[20:14] & {7{last[2]}})
                            | (model_after[13:7] & {7{last[1]}}) | (model_after[6:0] & {7{last[0]}})
                            | (written & {7{is_context && updating == 4'd0}}) | (loaded & {7{load[k]}});

    always_comb begin
      update_next.kind[3*k +: 3] = kind;
      update_next.lps[k] = fetch.bin[k];
      update_next.p_state_idx[6*k +: 6] = 6'd0;
      update_next.count[4*k +: 4] = fetch.count[4*k +: 4];
      update_next.data[8*k +: 8] = load[k] ? 8'd0 : fetch.data[8*k +: 8];
    end
    always_ff @(posedge clk) update_bin[k] <= load[k] ? model[6] : fetch.bin[k];
  end

  // The nearest slot before, unless the context variable is loaded.
  always_comb begin
    same_1 = uses[0] && !load[1] && fetch.ctx_idx[9:0] == fetch.ctx_idx[19:10];
    for (int k = 0; k < 2; k++) same_2[k] = uses[k] && !load[2] && fetch.ctx_idx[10*k +: 10] == fetch.ctx_idx[29:20];
    for (int k = 0; k < 3; k++) same_3[k] = uses[k] && !load[3] && fetch.ctx_idx[10*k +: 10] == fetch.ctx_idx[39:30];
    same_2[0] &= !same_2[1];
    same_3[0] &= same_3[2:1] == 2'd0;
    same_3[1] &= !same_3[2];
  end

  cabac_encoder4_update four (
      .read(update_model), .bin(update_bin), .same_1(update_same_1), .same_2(update_same_2), .same_3(update_same_3),
      .model_before, .model_after
  );

  always_comb begin
    coded_next = update;
    for (int k = 0; k < 4; k++) begin
      coded_next.p_state_idx[6*k +: 6] = model_before[7*k +: 6];
      case (update.kind[3*k +: 3])
        cabac_pkg::CONTEXT: coded_next.lps[k] = update.lps[k] != model_before[7*k + 6];
        cabac_pkg::TERMINATE: coded_next.lps[k] = update.lps[k];
        default: coded_next.lps[k] = update.kind[3*k +: 3] == cabac_pkg::ALIGN;
      endcase
    end
  end

  always_ff @(posedge clk) begin
    fetch <= group;
    update <= update_next;
    update_uses <= rst ? 4'd0 : uses;
    update_ctx_idx <= fetch.ctx_idx;
    update_model <= newest;
    {update_same_1, update_same_2, update_same_3} <= {same_1, same_2, same_3};
    coded <= coded_next;
    write_valid <= rst ? 4'd0 : update_uses;
    write_ctx_idx <= update_ctx_idx;
    write_model <= model_after;
  end
endmodule
`default_nettype wire
