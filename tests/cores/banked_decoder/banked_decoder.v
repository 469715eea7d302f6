// SPDX-License-Identifier: MIT OR Apache-2.0

// H.264 CABAC decoder. Three to five clocks a bin, and three more where a byte has to be fetched.
//
// Contexts are in four banks, ctxIdx modulo 4, and are set up through a back door (bd_bank.v). Slice data comes from a
// byte reader: with `rd_en` up and `rd_empty` down a byte is taken, and is on `rd_data` in the next clock. No byte is
// read before a bit of it is needed, so that the reader stands where PCM samples begin.
module banked_decoder #(
    parameter FAULT = 0          // 1: a terminate bin of 0 renormalises range 254 but not 255
) (
    input  wire       clk,
    input  wire       rst,

    input  wire       op_valid,
    output wire       op_ready,
    input  wire [2:0] op,
    input  wire [9:0] op_ctx,

    output wire       rd_en,
    input  wire       rd_empty,
    input  wire [7:0] rd_data,

    output wire       res_valid,
    input  wire       res_ready,
    output wire       res_bin,
    output wire [7:0] res_pcm
);
  localparam OP_DECISION = 3'd0, OP_BYPASS = 3'd1, OP_TERMINATE = 3'd2, OP_PCM = 3'd3, OP_INIT = 3'd4;

  localparam S_IDLE = 4'd0, S_BANK = 4'd1, S_SPLIT = 4'd2, S_BITS = 4'd3, S_FETCH = 4'd4, S_BYTE = 4'd5,
             S_BYPASS = 4'd6, S_RESULT = 4'd7;

  reg [3:0] s;
  reg [2:0] what;
  reg [9:0] ctx;

  reg [8:0] range, offset;
  reg [7:0] window;               // bits that are read but not used, from the highest down
  reg [3:0] in_window;
  reg [3:0] wanted;               // bits that still have to move into offset
  reg       bin;
  reg [7:0] pcm;

  // ------------------------------------------------------------------------------------------------ contexts
  wire [6:0] q0, q1, q2, q3;
  wire       update;
  wire [6:0] updated;
  wire [7:0] row = s == S_IDLE ? op_ctx[9:2] : ctx[9:2];

  bd_bank bank0 (.clk(clk), .addr(row), .we(update && ctx[1:0] == 2'd0), .d(updated), .q(q0));
  bd_bank bank1 (.clk(clk), .addr(row), .we(update && ctx[1:0] == 2'd1), .d(updated), .q(q1));
  bd_bank bank2 (.clk(clk), .addr(row), .we(update && ctx[1:0] == 2'd2), .d(updated), .q(q2));
  bd_bank bank3 (.clk(clk), .addr(row), .we(update && ctx[1:0] == 2'd3), .d(updated), .q(q3));

  reg  [6:0] model;
  wire [7:0] lps_width;
  wire       symbol, below;

  bd_model model_i (
      .model(model), .quarter(range[7:6]), .is_lps(!below),
      .lps_width(lps_width), .symbol(symbol), .updated(updated)
  );

  // ------------------------------------------------------------------------------------------------ interval
  wire       decision = what == OP_DECISION;
  wire [8:0] upper    = range - (decision ? {1'b0, lps_width} : 9'd2);
  assign     below    = offset < upper;
  assign     update   = s == S_SPLIT && decision;

  reg [3:0] zeros;                // of a range that is an LPS's
  always @* begin
    casez (lps_width)
      8'b1???????: zeros = 4'd1;
      8'b01??????: zeros = 4'd2;
      8'b001?????: zeros = 4'd3;
      8'b0001????: zeros = 4'd4;
      8'b00001???: zeros = 4'd5;
      8'b000001??: zeros = 4'd6;
      default:     zeros = 4'd7;
    endcase
  end

  // Behind a terminate bin only ranges 256 and 257 have become too small.
  wire short_terminate = FAULT == 1 ? range == 9'd256 : !upper[8];
  wire short_mps       = decision ? !upper[8] : short_terminate;

  // ------------------------------------------------------------------------------------------- bits and bytes
  wire [3:0]  chunk = wanted < in_window ? wanted : in_window;
  wire [16:0] moved = {offset, window} << chunk;

  assign rd_en     = s == S_FETCH;
  assign op_ready  = s == S_IDLE;
  assign res_valid = s == S_RESULT;
  assign res_bin   = bin;
  assign res_pcm   = pcm;

  always @(posedge clk) begin
    case (s)
      S_IDLE: if (op_valid) begin
        what   <= op;
        ctx    <= op_ctx;
        wanted <= 4'd0;
        case (op)
          OP_DECISION:  s <= S_BANK;
          OP_TERMINATE: s <= S_SPLIT;
          OP_BYPASS: begin
            wanted <= 4'd1;
            s      <= S_BITS;
          end
          OP_PCM: begin
            in_window <= 4'd0;
            s         <= S_FETCH;
          end
          OP_INIT: begin
            in_window <= 4'd0;
            offset    <= 9'd0;
            range     <= 9'd510;
            wanted    <= 4'd9;
            s         <= S_FETCH;
          end
          default: ;
        endcase
      end

      S_BANK: begin
        case (ctx[1:0])
          2'd0: model <= q0;
          2'd1: model <= q1;
          2'd2: model <= q2;
          2'd3: model <= q3;
        endcase
        s <= S_SPLIT;
      end

      S_SPLIT: begin
        bin <= decision ? symbol : !below;
        s   <= S_RESULT;
        if (below) begin
          range <= upper;
          if (short_mps) begin
            range  <= {upper[7:0], 1'b0};
            wanted <= 4'd1;
            s      <= S_BITS;
          end
        end else if (decision) begin
          range  <= {1'b0, lps_width} << zeros;
          offset <= offset - upper;
          wanted <= zeros;
          s      <= S_BITS;
        end
      end

      // As many bits as are there and wanted, at once
      S_BITS: begin
        if (what == OP_BYPASS && in_window != 4'd0) begin
          s         <= S_RESULT;
          window    <= {window[6:0], 1'b0};
          in_window <= in_window - 4'd1;
          if ({offset, window[7]} >= {1'b0, range}) begin
            bin    <= 1'b1;
            offset <= {offset[7:0], window[7]} - range;
          end else begin
            bin    <= 1'b0;
            offset <= {offset[7:0], window[7]};
          end
        end else begin
          offset    <= moved[16:8];
          window    <= window << chunk;
          in_window <= in_window - chunk;
          wanted    <= wanted - chunk;
          if (chunk != wanted)
            s <= S_FETCH;
          else
            s <= what == OP_INIT ? S_IDLE : S_RESULT;
        end
      end

      S_FETCH: if (!rd_empty) s <= S_BYTE;

      S_BYTE: begin
        window    <= rd_data;
        pcm       <= rd_data;
        in_window <= what == OP_PCM ? 4'd0 : 4'd8;
        s         <= what == OP_PCM ? S_RESULT : S_BITS;
      end

      S_RESULT: if (res_ready) s <= S_IDLE;

      default: s <= S_IDLE;
    endcase

    if (rst) begin
      s         <= S_IDLE;
      in_window <= 4'd0;
    end
  end
endmodule
