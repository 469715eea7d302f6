// SPDX-License-Identifier: MIT OR Apache-2.0

// CABAC encoder for H.264 and H.265, four bins a clock. The states of contexts come with the bins.
//
//   stage 1   range of all four lanes, in a chain
//   stage 2   low of all four lanes; whole bytes leave it
//   carry     the last byte and the 0xFFs behind it wait here for a carry
//   output    up to eight bytes a clock
//
// low is a number of ten bits with `held` bits above them that are not a whole byte yet, and a carry above those. The
// first bit that moves out of the ten is always 0 and belongs to no byte: it is not counted.
module quad_encoder #(
    parameter FAULT = 0          // 1: the third lane counts the first bit
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        in_valid,
    output wire        in_ready,
    input  wire [3:0]  in_enable,      // lanes with a bin, from lane 0 up
    input  wire [3:0]  in_bypass,
    input  wire [3:0]  in_term,
    input  wire [3:0]  in_bin,
    input  wire [27:0] in_model,       // {valMPS, pStateIdx} a lane
    input  wire        in_align,       // no bins: range := 256
    input  wire        in_pcm,         // no bins: the byte goes out as it is
    input  wire [7:0]  in_pcm_data,

    output wire        out_valid,
    input  wire        out_ready,
    output wire [3:0]  out_count,
    output wire [63:0] out_data,
    output wire        out_last
);
  // ---------------------------------------------------------------------------------------------- stage 1: range
  reg  [8:0]  range;
  wire [8:0]  chain [0:4];
  wire [8:0]  add   [0:3];
  wire [2:0]  move  [0:3];
  wire [3:0]  late;
  assign chain[0] = range;

  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : lane
      wire [31:0] row;
      quad_lps table_i (.state(in_model[7*g +: 6]), .row(row));
      quad_lane lane_i (
          .enable(in_enable[g]), .is_bypass(in_bypass[g]), .is_term(in_term[g]), .bin(in_bin[g]),
          .mps(in_model[7*g + 6]), .row(row), .range_in(chain[g]), .range_out(chain[g + 1]),
          .add(add[g]), .move(move[g]), .late(late[g])
      );
    end
  endgenerate

  wire        finish_in = |(in_enable & in_term & in_bin);
  wire        stage2_ready;
  reg         s2_valid, s2_finish, s2_pcm;
  reg  [35:0] s2_add;
  reg  [11:0] s2_move;
  reg  [3:0]  s2_late;
  reg  [7:0]  s2_data;

  assign in_ready = !s2_valid || stage2_ready;

  always @(posedge clk) begin
    if (in_ready) begin
      s2_valid  <= in_valid;
      s2_finish <= finish_in && !in_pcm;
      s2_pcm    <= in_pcm;
      s2_data   <= in_pcm_data;
      s2_add    <= {add[3], add[2], add[1], add[0]};
      s2_move   <= {move[3], move[2], move[1], move[0]};
      s2_late   <= late;
      if (in_valid) begin
        if (finish_in)
          range <= 9'd510;
        else if (in_align)
          range <= 9'd256;
        else
          range <= chain[4];
      end
    end
    if (rst) begin
      s2_valid <= 1'b0;
      range    <= 9'd510;
    end
  end

  // ------------------------------------------------------------------------------------------------ stage 2: low
  reg  [17:0] low;             // ten bits, the held ones, and the carry above the highest of those
  reg  [2:0]  held;
  reg         fresh;           // nothing has moved yet

  // Behind four lanes there are at most 7 + 3 * 6 + 7 bits above the ten, and the carry.
  reg  [45:0] acc;
  reg  [5:0]  bits;
  reg         first;
  integer     i;
  always @* begin
    acc   = {28'd0, low};
    bits  = {3'd0, held};
    first = fresh;
    for (i = 0; i < 4; i = i + 1) begin
      if (s2_late[i])
        acc = (acc << 1) + {37'd0, s2_add[9*i +: 9]};
      else
        acc = (acc + {37'd0, s2_add[9*i +: 9]}) << s2_move[3*i +: 3];
      bits = bits + {3'd0, s2_move[3*i +: 3]};
      if (first && s2_move[3*i +: 3] != 3'd0) begin
        first = 1'b0;
        if (FAULT != 1 || i != 2)
          bits = bits - 6'd1;
      end
    end
  end

  // A flush writes bits 9 and 8 of low, then the stop bit, then zeros up to a byte.
  wire [5:0]  bits_out = s2_finish ? bits + 6'd3 : bits;
  wire [48:0] above    = s2_finish ? {10'd0, acc[45:8], 1'b1} : {13'd0, acc[45:10]};
  wire [5:0]  bytes_up = bits_out + 6'd7;
  wire [2:0]  bytes    = s2_finish ? bytes_up[5:3] : bits_out[5:3];
  wire [2:0]  rest     = bits_out[2:0];
  wire [2:0]  pad      = 3'd0 - rest;
  // {carry, bytes}, the last byte lowest.
  wire [48:0] whole    = s2_finish ? above << pad : above >> rest;

  wire [2:0]  carry_bytes = s2_pcm ? 3'd1 : bytes;
  wire [48:0] carry_whole = s2_pcm ? {41'd0, s2_data} : whole;
  wire        carry_ready;
  wire        carry_valid = s2_valid && (carry_bytes != 3'd0);
  assign stage2_ready = carry_ready || carry_bytes == 3'd0;

  always @(posedge clk) begin
    if (s2_valid && stage2_ready && !s2_pcm) begin
      if (s2_finish) begin
        low   <= 18'd0;
        held  <= 3'd0;
        fresh <= 1'b1;
      end else begin
        low   <= {1'b0, acc[16:0] & ~(17'h1fc00 << rest)};
        held  <= rest;
        fresh <= first;
        if (carry_bytes == 3'd0)
          low <= acc[17:0];
      end
    end
    if (rst) begin
      low   <= 18'd0;
      held  <= 3'd0;
      fresh <= 1'b1;
    end
  end

  // ------------------------------------------------------------------------------- carry and output
  quad_carry carry (
      .clk(clk), .rst(rst),
      .in_valid(carry_valid), .in_ready(carry_ready), .in_bytes(carry_bytes), .in_whole(carry_whole[40:0]),
      .in_final(s2_finish), .in_pcm(s2_pcm),
      .out_valid(out_valid), .out_ready(out_ready), .out_count(out_count), .out_data(out_data), .out_last(out_last)
  );
endmodule
