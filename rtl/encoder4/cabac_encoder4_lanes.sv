// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Requests, up to eight at once, into slots: a bypass bin joins the slot of the bin before it while that has room.
//
//   CONTEXT, CONTEXT, BYPASS, BYPASS, BYPASS, BYPASS, CONTEXT  ->  CONTEXT | CONTEXT and two | two | CONTEXT
//
// They are put into slots as they are taken, and leave as one group, or as two if they are more than four slots.
module cabac_encoder4_lanes (
    input  wire logic                  clk,
    input  wire logic                  rst,
    // Requests
    input  wire logic                  req_valid,
    output logic                       req_ready,
    input  wire logic [3:0]            req_count,
    input  wire logic [23:0]           req_kind,
    input  wire logic [7:0]            req_bin,
    input  wire logic [79:0]           req_ctx_idx,
    input  wire logic [6:0]            req_model,
    input  wire logic [7:0]            req_data,
    // Groups
    output logic                       group_valid,
    input  wire logic                  group_ready,
    output cabac_encoder4_pkg::group_t group,
    // Registers
    output cabac_encoder4_pkg::lanes_t lanes
);
  cabac_encoder4_pkg::lanes_t next;
  logic [2:0] kind;
  logic [3:0] count;
  logic [7:0] data;
  logic room, bypass;

  always_comb begin
    next = '0;
    next.kind = {8{cabac_pkg::BYPASS}};
    {kind, count, data, room} = '0;
    for (int lane = 0; lane < 8; lane++) begin
      bypass = req_kind[3*lane +: 3] == cabac_pkg::BYPASS;
      if (4'(lane) < req_count) begin
        if (!(bypass && room)) begin
          next.used = next.used + 4'd1;
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
          default: room = kind == cabac_pkg::BYPASS;
        endcase
        for (int k = 0; k <= lane; k++) begin
          if (next.used == 4'(k + 1)) begin
            next.kind[3*k +: 3] = kind;
            next.count[4*k +: 4] = count;
            next.data[8*k +: 8] = data;
            if (!bypass) next.bin[k] = req_bin[lane];
            if (!bypass) next.ctx_idx[10*k +: 10] = req_ctx_idx[10*lane +: 10];
          end
        end
      end
    end
  end

  assign group_valid = lanes.used != 4'd0;
  assign req_ready = !group_valid || (group_ready && (lanes.second || lanes.used <= 4'd4));

  always_comb begin
    group = {lanes.kind[11:0], lanes.bin[3:0], lanes.ctx_idx[39:0], lanes.count[15:0], lanes.data[31:0]};
    if (lanes.second) begin
      group = {lanes.kind[23:12], lanes.bin[7:4], lanes.ctx_idx[79:40], lanes.count[31:16], lanes.data[63:32]};
    end
  end

  always_ff @(posedge clk) begin
    if (rst || (req_ready && !req_valid)) lanes <= '0;
    else if (req_ready) lanes <= next;
    else if (group_ready) lanes.second <= 1'b1;
  end
endmodule
`default_nettype wire
