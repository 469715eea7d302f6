// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The textbook encoder with lanes that have bypass bins after their requests: what is taken together is kept, and goes to it one
// after the other.
module grouping_encoder #(
    parameter LANES = 4,
    parameter RUN = 8,       // bypass bins in a lane, and bits of its data
    parameter FAULT = 0      // 1: the last bypass bin after a bin in the last lane is lost; 2: the first of two RAW of a group is
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    req_valid,
    output wire                    req_ready,
    input  wire [3:0]              req_count,
    input  wire [3*LANES-1:0]      req_kind,
    input  wire [LANES-1:0]        req_bin,
    input  wire [7*LANES-1:0]      req_model,
    input  wire [6*LANES-1:0]      req_run,
    input  wire [RUN*LANES-1:0]    req_data,
    output wire                    out_valid,
    input  wire                    out_ready,
    output wire [7:0]              out_data,
    output wire                    out_last
);
  localparam BYPASS = 3'd1, RAW = 3'd4;

  // The first lane that is left is in the lowest bits.
  reg [3:0] left;
  reg [3*LANES-1:0] kinds;
  reg [LANES-1:0] values;
  reg [7*LANES-1:0] models;
  reg [6*LANES-1:0] runs;
  reg [RUN*LANES-1:0] data;
  // Of that lane the request itself has gone.
  reg begun;

  wire [2:0] kind = kinds[2:0];
  wire bypass = kind == BYPASS || begun;
  wire [5:0] more = kind[2] ? 6'd0 : runs[5:0] - {5'd0, bypass};
  wire lost = FAULT == 1 && begun && kind != BYPASS && left == 4'd1 && more == 6'd0 && LANES > 1
      || FAULT == 2 && kind == RAW && LANES > 1 && kinds[5:3] == RAW && left > 4'd1;

  wire ready;
  wire [RUN-1:0] shifted = data[RUN-1:0] >> more;
  textbook_encoder core (
      .clk(clk), .rst(rst), .req_valid(left != 4'd0 && !lost), .req_ready(ready), .req_count(4'd1),
      .req_kind(bypass ? BYPASS : kind), .req_bin(bypass ? shifted[0] : values[0]), .req_model(models[6:0]),
      .req_data(data[7:0]), .req_ctx_idx(10'd0), .slice_codec(1'b0), .slice_type(2'd0), .slice_qp(8'd0), .slice_index(2'd0),
      .out_valid(out_valid), .out_ready(out_ready), .out_count(), .out_data(out_data), .out_last(out_last)
  );

  assign req_ready = left == 4'd0;

  always @(posedge clk) begin
    if (rst) begin
      left <= 4'd0;
      begun <= 1'b0;
    end else if (req_ready) begin
      {kinds, values, models, runs, data} <= {req_kind, req_bin, req_model, req_run, req_data};
      if (req_valid) left <= req_count;
    end else if (ready || lost) begin
      begun <= more != 6'd0;
      if (bypass) runs[5:0] <= more;
      if (more == 6'd0) begin
        left <= left - 4'd1;
        kinds <= kinds >> 3;
        values <= values >> 1;
        models <= models >> 7;
        runs <= runs >> 6;
        data <= data >> RUN;
      end
    end
  end

  wire unused = &{shifted, 1'b0};
endmodule
`default_nettype wire
