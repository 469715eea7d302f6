// SPDX-License-Identifier: MIT OR Apache-2.0

// Puts a box where a memory was, and registers at its answers: what a memory macro with a synchronous read is to timing. Yosys
// techmaps $mem_v2 with it; the box has no area, and a core with an asynchronous read is treated as if that took no time.
(* techmap_celltype = "$mem_v2" *)
module memory_box (RD_CLK, RD_EN, RD_ARST, RD_SRST, RD_ADDR, RD_DATA, WR_CLK, WR_EN, WR_ADDR, WR_DATA);
  parameter MEMID = "";
  parameter signed SIZE = 4;
  parameter signed OFFSET = 0;
  parameter signed ABITS = 2;
  parameter signed WIDTH = 8;
  parameter INIT = 1'bx;
  parameter signed RD_PORTS = 1;
  parameter RD_CLK_ENABLE = 1;
  parameter RD_CLK_POLARITY = 1;
  parameter RD_TRANSPARENCY_MASK = 0;
  parameter RD_COLLISION_X_MASK = 0;
  parameter RD_WIDE_CONTINUATION = 0;
  parameter RD_CE_OVER_SRST = 0;
  parameter RD_ARST_VALUE = 0;
  parameter RD_SRST_VALUE = 0;
  parameter RD_INIT_VALUE = 0;
  parameter signed WR_PORTS = 1;
  parameter WR_CLK_ENABLE = 1;
  parameter WR_CLK_POLARITY = 1;
  parameter WR_PRIORITY_MASK = 0;
  parameter WR_WIDE_CONTINUATION = 0;

  input [RD_PORTS-1:0] RD_CLK, RD_EN, RD_ARST, RD_SRST;
  input [RD_PORTS*ABITS-1:0] RD_ADDR;
  output [RD_PORTS*WIDTH-1:0] RD_DATA;
  input [WR_PORTS-1:0] WR_CLK;
  input [WR_PORTS*WIDTH-1:0] WR_EN;
  input [WR_PORTS*ABITS-1:0] WR_ADDR;
  input [WR_PORTS*WIDTH-1:0] WR_DATA;

  wire [RD_PORTS*WIDTH-1:0] answer;
  reg [RD_PORTS*WIDTH-1:0] \context_memory ;

  memory_array #(
      .ANSWER(RD_PORTS * WIDTH), .READ_ADDR(RD_PORTS * ABITS), .DATA(WR_PORTS * WIDTH), .WRITE_ADDR(WR_PORTS * ABITS)
  ) array (
      .read(RD_EN), .read_addr(RD_ADDR), .answer(answer), .write(WR_EN), .write_addr(WR_ADDR), .data(WR_DATA)
  );

  always @(posedge WR_CLK[0]) \context_memory <= answer;
  assign RD_DATA = \context_memory ;
endmodule
