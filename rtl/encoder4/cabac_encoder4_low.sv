// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// codILow, and the words of four bytes that leave it.
//
//   low:   what a group does to codILow   -> the bits that leave, with a carry above them
//   place: those bits                     -> shifted to their place after the bits that are held
//   word:  the word that is being filled; a carry that goes beyond it belongs to what left before
//
// A flush also takes the clock after it, in which no group comes: the bit that ends an engine run follows, and the word
// is given as it is. So each clock gives one word at the most.
module cabac_encoder4_low (
    input  wire logic        clk,
    input  wire logic        clear,
    input  wire logic [40:0] addend,
    input  wire logic [5:0]  shift,
    input  wire logic        flush,
    output logic             out_valid,
    output logic [35:0]      out,
    // Registers
    output logic [8:0]       cod_i_low,
    output logic [31:0]      word,
    output logic [4:0]       word_len,   // with the bits that are on their way to it
    output logic             carry
);
  // Low.
  logic [41:0] sum;
  logic flushed;
  logic [32:0] leaving;
  logic [5:0] leaving_len;
  logic leaving_last;

  assign sum = ({33'd0, cod_i_low} << shift) + {1'b0, addend};

  always_ff @(posedge clk) begin
    cod_i_low <= clear || flush ? 9'd0 : sum[8:0];
    flushed <= flush && !clear;
    leaving <= sum[41:9] | {32'd0, flushed};
    leaving_len <= shift | {5'd0, flushed};
    leaving_last <= flushed && !clear;
  end

  // Place.
  logic [5:0] place_len;
  logic [64:0] placed;
  logic word_done, word_last;
  logic [1:0] word_more;

  assign place_len = {1'b0, word_len} + leaving_len;

  always_ff @(posedge clk) begin
    word_len <= clear || leaving_last ? 5'd0 : place_len[4:0];
    placed <= {32'd0, leaving} << (7'd64 - {1'b0, place_len});
    word_done <= (place_len[5] || leaving_last) && !clear;
    word_last <= leaving_last;
    word_more <= leaving_last ? 2'((place_len - 6'd1) >> 3) : 2'd3;
  end

  // Word.
  logic [32:0] filled;
  cabac_encoder4_pkg::word_t given;

  assign filled = {1'b0, word} + placed[64:32];
  assign given = {carry || filled[32], word_last, word_more, filled[31:0]};
  assign out_valid = word_done;
  assign out = given;

  always_ff @(posedge clk) begin
    word <= clear ? 32'd0 : word_done ? placed[31:0] : filled[31:0];
    carry <= !clear && !word_done && (carry || filled[32]);
  end
endmodule
`default_nettype wire
