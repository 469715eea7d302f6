// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// What is on the ports in a clock as a group: an empty one if nothing is taken. A lane is a slot; what its request has no use
// for may hold anything, and so may the lanes after the last request.
module cabac_encoder4_group (
    input  wire logic        taken,
    input  wire logic [3:0]  req_count,
    input  wire logic [11:0] req_kind,
    input  wire logic [3:0]  req_bin,
    input  wire logic [39:0] req_ctx_idx,
    input  wire logic [27:0] req_model,
    input  wire logic [23:0] req_run,
    input  wire logic [31:0] req_data,
    output cabac_encoder4_pkg::group_t group
);
  logic [2:0] kind;
  logic is_coded;

  always_comb begin
    group.bin = req_bin;
    group.ctx_idx = req_ctx_idx;
    for (int k = 0; k < 4; k++) begin
      kind = taken && 4'(k) < req_count ? req_kind[3*k +: 3] : cabac_pkg::SLICE;
      is_coded = !kind[2];
      group.kind[3*k +: 3] = kind;
      group.count[4*k +: 4] = is_coded ? req_run[6*k +: 4] : 4'd0;
      group.data[8*k +: 8] = is_coded || kind == cabac_pkg::RAW ? req_data[8*k +: 8]
                           : kind == cabac_pkg::LOAD ? {1'b0, req_model[7*k +: 7]} : 8'd0;
    end
  end

  logic unused;
  assign unused = &{req_run[23:22], req_run[17:16], req_run[11:10], req_run[5:4], 1'b0};
endmodule
`default_nettype wire
