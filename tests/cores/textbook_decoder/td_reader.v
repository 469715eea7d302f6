// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The bytes of a slice, up to four of them ahead of the machine, and out of them a bit whenever one is wanted. A byte
// is broken up only when its first bit is wanted, so that `to_byte` has nothing to put back. Behind the last byte all
// bits are zero, and `beyond`.
module td_reader (
    input  wire        clk,
    input  wire        rst,

    input  wire        in_valid,
    output wire        in_ready,
    input  wire [7:0]  in_data,
    input  wire        in_last,

    input  wire        begin_slice,   // what is left of the slice before is dropped
    output wire        dropping,
    input  wire        to_byte,       // the next bit is the first of a byte
    input  wire        want,
    output wire        got,
    output wire        value,
    output wire        beyond,
    output reg  [31:0] position       // bits read
);
  reg [7:0] fifo [0:3];
  reg [2:0] wr, rd;
  wire      empty = wr == rd;
  wire      full  = wr == {!rd[2], rd[1:0]};

  // `open`: the slice has bytes that are not taken. `drop`: they are those of the slice before.
  reg       open, drop;
  wire      taken = in_valid && in_ready;
  assign    in_ready = drop || (open && !full);
  assign    dropping = drop;

  reg [7:0] part;
  reg [3:0] left;                     // bits of `part`
  wire      have = left != 4'd0;
  assign    beyond = want && !have && empty && !open;
  assign    got    = want && (have || beyond);
  assign    value  = have && part[7];

  always @(posedge clk) begin
    if (taken && !drop) begin
      fifo[wr[1:0]] <= in_data;
      wr <= wr + 3'd1;
    end
    if (taken && in_last) {open, drop} <= {drop, 1'b0};

    if (want && have) begin
      part <= {part[6:0], 1'b0};
      left <= left - 4'd1;
    end else if (want && !empty) begin
      part <= fifo[rd[1:0]];
      left <= 4'd8;
      rd <= rd + 3'd1;
    end
    if (got) position <= position + 32'd1;

    if (to_byte) begin
      left <= 4'd0;
      position <= {position[31:3] + {28'd0, position[2:0] != 3'd0}, 3'd0};
    end

    if (begin_slice) begin
      {wr, rd, left, position} <= 0;
      {open, drop} <= {1'b1, open && !(taken && in_last)};
    end
    if (rst) {wr, rd, left, position, open, drop} <= 0;
  end
endmodule
`default_nettype wire
