// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A right encoder that gives no byte before the engine run is complete to which it belongs: what is coded is up to 2^ROOM bytes, and
// raw bytes wait with those that come after them.
module hoarding_encoder #(
    parameter ROOM = 20
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        req_valid,
    output wire        req_ready,
    input  wire [2:0]  req_kind,
    input  wire        req_bin,
    input  wire [6:0]  req_model,
    input  wire [7:0]  req_data,
    output wire        out_valid,
    input  wire        out_ready,
    output wire [7:0]  out_data,
    output wire        out_last
);
  wire valid, last;
  wire [7:0] data;
  wire take = valid && !full;
  textbook_encoder core (
      .clk(clk), .rst(rst), .req_valid(req_valid), .req_ready(req_ready), .req_count(4'd1), .req_kind(req_kind),
      .req_bin(req_bin), .req_ctx_idx(10'd0), .req_model(req_model), .req_data(req_data), .slice_codec(1'b0),
      .slice_type(2'd0), .slice_qp(8'd0), .slice_index(2'd0), .out_valid(valid), .out_ready(!full), .out_count(),
      .out_data(data), .out_last(last)
  );

  // Bytes from `rd` up to `complete` are given; those up to `wr` wait.
  reg [8:0] kept [0:(1<<ROOM)-1];
  reg [ROOM:0] rd, wr, complete;
  wire full = wr == {!rd[ROOM], rd[ROOM-1:0]};
  assign out_valid = rd != complete;
  assign {out_last, out_data} = kept[rd[ROOM-1:0]];

  always @(posedge clk) begin
    if (take) begin
      kept[wr[ROOM-1:0]] <= {last, data};
      wr <= wr + 1'b1;
      if (last) complete <= wr + 1'b1;
    end
    if (out_valid && out_ready) rd <= rd + 1'b1;
    if (rst) {rd, wr, complete} <= 0;
  end
endmodule
`default_nettype wire
