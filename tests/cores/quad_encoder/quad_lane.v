// SPDX-License-Identifier: MIT OR Apache-2.0

// One bin, in its place in the chain of four: the range behind it, what it adds to low, and by how much both move up.
// A bypass bin moves low before it adds to it; `late` says so.
module quad_lane (
    input  wire        enable,
    input  wire        is_bypass,
    input  wire        is_term,
    input  wire        bin,
    input  wire        mps,
    input  wire [31:0] row,
    input  wire [8:0]  range_in,
    output reg  [8:0]  range_out,
    output reg  [8:0]  add,
    output reg  [2:0]  move,
    output wire        late
);
  function [2:0] lead;
    input [8:0] value;
    begin
      casez (value)
        9'b1????????: lead = 3'd0;
        9'b01???????: lead = 3'd1;
        9'b001??????: lead = 3'd2;
        9'b0001?????: lead = 3'd3;
        9'b00001????: lead = 3'd4;
        9'b000001???: lead = 3'd5;
        9'b0000001??: lead = 3'd6;
        default:      lead = 3'd7;
      endcase
    end
  endfunction

  wire [8:0] lps_table = {1'b0, range_in[7] ? (range_in[6] ? row[31:24] : row[23:16])
                                            : (range_in[6] ? row[15:8]  : row[7:0])};
  wire [8:0] lps_range = is_term ? 9'd2 : lps_table;
  wire [8:0] mps_range = range_in - lps_range;
  wire       is_lps    = is_term ? bin : bin != mps;
  wire [8:0] narrowed  = is_lps ? lps_range : mps_range;

  assign late = enable && is_bypass;

  always @* begin
    range_out = range_in;
    add       = 9'd0;
    move      = 3'd0;
    if (enable && is_bypass) begin
      add  = bin ? range_in : 9'd0;
      move = 3'd1;
    end else if (enable) begin
      add       = is_lps ? mps_range : 9'd0;
      move      = lead(narrowed);
      range_out = narrowed << move;
    end
  end
endmodule
