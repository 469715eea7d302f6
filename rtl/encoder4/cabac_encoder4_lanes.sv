// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Requests, up to eight at once, into groups: a bypass bin joins the slot of the bin before it while that has room.
//
//   CONTEXT, CONTEXT, BYPASS, BYPASS, BYPASS, BYPASS, CONTEXT  ->  CONTEXT | CONTEXT and two | two | CONTEXT
//
// Requests of which there are more than one group holds are taken when the last of their groups is.
module cabac_encoder4_lanes (
    input  wire logic         clk,
    input  wire logic         rst,
    input  wire logic         req_valid,
    output logic              req_ready,
    input  wire logic [3:0]   req_count,
    input  wire logic [23:0]  req_kind,
    input  wire logic [7:0]   req_bin,
    input  wire logic [79:0]  req_ctx_idx,
    input  wire logic [6:0]   req_model,
    input  wire logic [7:0]   req_data,
    output logic              group_valid,
    input  wire logic         group_ready,
    output cabac_encoder4_pkg::group_t group,
    // Register: how many of the requests are in earlier groups
    output logic [3:0]        grouped
);
  logic [2:0] used;
  logic [3:0] upto, count;
  logic [2:0] kind;
  logic [7:0] data;
  logic room, bypass, joins;

  always_comb begin
    group = '0;
    group.kind = {4{cabac_pkg::BYPASS}};
    used = 3'd0;
    upto = grouped;
    {kind, count, data, room} = '0;
    for (int lane = 0; lane < 8; lane++) begin
      bypass = req_kind[3*lane +: 3] == cabac_pkg::BYPASS;
      joins = bypass && room;
      if (4'(lane) == upto && upto < req_count && (joins || used != 3'd4)) begin
        if (!joins) begin
          used = used + 3'd1;
          kind = req_kind[3*lane +: 3];
          count = 4'd0;
          data = kind == cabac_pkg::RAW ? req_data : kind == cabac_pkg::LOAD ? {1'b0, req_model} : 8'd0;
        end
        if (bypass) begin
          count = count + 4'd1;
          data = {data[6:0], req_bin[lane]};
        end
        case (kind)
          cabac_pkg::CONTEXT, cabac_pkg::TERMINATE: room = count < 4'd2;
          cabac_pkg::BYPASS: room = count < 4'd8;
          default: room = 1'b0;
        endcase
        for (int k = 0; k < 4; k++) begin
          if (used == 3'(k + 1)) begin
            group.kind[3*k +: 3] = kind;
            group.count[4*k +: 4] = count;
            group.data[8*k +: 8] = data;
            if (!joins) group.bin[k] = req_bin[lane];
            if (!joins) group.ctx_idx[10*k +: 10] = req_ctx_idx[10*lane +: 10];
          end
        end
        upto = upto + 4'd1;
      end
    end
  end

  assign group_valid = req_valid;
  assign req_ready = group_ready && upto == req_count;

  always_ff @(posedge clk) begin
    if (rst) grouped <= 4'd0;
    else if (group_valid && group_ready) grouped <= upto == req_count ? 4'd0 : upto;
  end
endmodule
`default_nettype wire
