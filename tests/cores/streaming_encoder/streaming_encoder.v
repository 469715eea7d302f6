// SPDX-License-Identifier: MIT OR Apache-2.0

// H.264 CABAC encoder for a stream that cannot be stopped: `byte_strobe` is up for one clock with each byte, and
// whoever is behind it has to take it. Some clocks a bin.
//
// The 460 contexts that there are without 4:4:4 coding are in a memory, which is filled through `cmd` at the start of a
// slice, and only there. low has ten bits; what moves out above them is cut into bytes. A byte is kept back, with the 0xFFs
// behind it, until the next one shows whether there is a carry.
module streaming_encoder #(
    parameter FAULT = 0          // 1: a flush that ends with a whole byte is padded with another
) (
    input  wire       clk,
    input  wire       rst,

    input  wire       cmd_valid,
    output wire       cmd_ready,
    input  wire [2:0] cmd,
    input  wire [8:0] cmd_ctx,
    input  wire [6:0] cmd_state,         // CMD_SET: {valMPS, pStateIdx}
    input  wire       cmd_bin,
    input  wire [7:0] cmd_byte,          // CMD_PCM

    output reg        byte_strobe,
    output reg  [7:0] byte_data,
    output reg        byte_last          // of this run of the arithmetic coder
);
  localparam CMD_DECISION = 3'd0, CMD_BYPASS = 3'd1, CMD_FINAL = 3'd2, CMD_PCM = 3'd3, CMD_SET = 3'd4, CMD_SLICE = 3'd5;
  localparam NUM_CTX = 460;

  localparam ST_IDLE = 4'd0, ST_LOOKUP = 4'd1, ST_CODE = 4'd2, ST_SHIFT = 4'd3, ST_CUT = 4'd4, ST_KEPT = 4'd5,
             ST_FFS = 4'd6, ST_STOP = 4'd7, ST_PAD = 4'd8, ST_END = 4'd9;

  reg [3:0] st;
  assign cmd_ready = st == ST_IDLE;

  // Contexts: written at the start of a slice, or behind a decision
  reg  [6:0] ctx_mem [0:NUM_CTX-1];
  reg  [6:0] ctx;
  reg  [8:0] ctx_addr;
  reg        setup;                     // no bin of the slice has come yet

  // The command at work
  reg        is_decision, is_final, bin;

  // Interval
  reg  [8:0]  range;
  reg  [24:0] low;
  reg  signed [4:0] queue;              // bits above the ten, less eight; a byte is there from 0 on
  reg  [2:0]  shift;
  reg  [1:0]  closing;                  // how far a flush has come

  // Bytes that a carry may still reach
  reg         kept_valid;
  reg  [7:0]  kept;
  reg  [17:0] ffs;
  reg         carry;
  reg  [7:0]  next_kept;

  wire [7:0] lps_range;
  wire [5:0] lps_state;
  se_prob_rom prob (.clk(clk), .state(ctx[5:0]), .range_q(range[7:6]), .lps_range(lps_range), .lps_state(lps_state));

  wire [8:0] sub      = is_decision ? {1'b0, lps_range} : 9'd2;
  wire [8:0] mps_part = range - sub;
  wire       lps      = is_decision ? bin != ctx[6] : bin;
  wire [8:0] part     = lps ? sub : mps_part;

  function [2:0] norm;
    input [8:0] r;
    integer b;
    begin
      norm = 3'd7;
      for (b = 2; b < 9; b = b + 1)
        if (r[b]) norm = 3'd0 - b[2:0];
    end
  endfunction

  // Behind the stop bit: how far it is to the next whole byte
  wire [4:0] pad_bits = FAULT == 1 && queue == -5'sd8 ? 5'd8 : 5'd0 - queue[4:0];
  wire       pads     = queue != -5'sd8 || FAULT == 1;

  wire [24:0] above = low >> (5'd10 + queue[4:0]);

  always @(posedge clk) begin
    byte_strobe <= 1'b0;
    byte_last   <= 1'b0;

    case (st)
      ST_IDLE: if (cmd_valid) begin
        bin         <= cmd_bin;
        is_decision <= cmd == CMD_DECISION;
        is_final    <= cmd == CMD_FINAL;
        ctx_addr    <= cmd_ctx;
        ctx         <= ctx_mem[cmd_ctx];
        case (cmd)
          CMD_DECISION: begin
            setup <= 1'b0;
            st    <= ST_LOOKUP;
          end
          CMD_BYPASS: begin
            setup <= 1'b0;
            low   <= (low << 1) + (cmd_bin ? {16'd0, range} : 25'd0);
            queue <= queue + 5'sd1;
            st    <= ST_CUT;
          end
          CMD_FINAL: begin
            setup <= 1'b0;
            st    <= ST_CODE;
          end
          CMD_PCM: begin
            byte_strobe <= 1'b1;
            byte_data   <= cmd_byte;
          end
          CMD_SET: if (setup) ctx_mem[cmd_ctx] <= cmd_state;
          CMD_SLICE: setup <= 1'b1;
          default: ;
        endcase
      end

      ST_LOOKUP: st <= ST_CODE;

      ST_CODE: begin
        range <= part << norm(part);
        shift <= norm(part);
        if (lps) low <= low + {16'd0, mps_part};
        if (is_decision) begin
          if (lps)
            ctx_mem[ctx_addr] <= {ctx[6] ^ (ctx[5:0] == 6'd0), lps_state};
          else if (ctx[5:0] != 6'd62)
            ctx_mem[ctx_addr] <= ctx + 7'd1;
        end
        st <= norm(part) == 3'd0 ? ST_IDLE : ST_SHIFT;
      end

      ST_SHIFT: begin
        low   <= low << shift;
        queue <= queue + $signed({2'b00, shift});
        if (is_final && bin) closing <= 2'd1;
        st    <= ST_CUT;
      end

      // A byte, and a carry above it
      ST_CUT: begin
        if (queue < 0) begin
          st <= closing == 2'd1 ? ST_STOP : closing == 2'd2 ? ST_PAD : closing == 2'd3 ? ST_END : ST_IDLE;
        end else begin
          low   <= low & ~(25'h1ffffff << (5'd10 + queue[4:0]));
          queue <= queue - 5'sd8;
          carry <= above[8];
          next_kept <= above[7:0];
          if (above[7:0] == 8'hff && kept_valid)
            ffs <= ffs + 18'd1;
          else
            st <= ST_KEPT;
        end
      end

      ST_KEPT: begin
        byte_strobe <= kept_valid;
        byte_data   <= kept + {7'd0, carry};
        kept        <= next_kept;
        kept_valid  <= 1'b1;
        st          <= ffs == 18'd0 ? ST_CUT : ST_FFS;
      end

      ST_FFS: begin
        byte_strobe <= 1'b1;
        byte_data   <= carry ? 8'h00 : 8'hff;
        ffs         <= ffs - 18'd1;
        if (ffs == 18'd1) st <= ST_CUT;
      end

      // Two more bits of low, then the stop bit
      ST_STOP: begin
        low     <= {low[21:8], 1'b1, 10'd0};
        queue   <= queue + 5'sd3;
        closing <= 2'd2;
        st      <= ST_CUT;
      end

      ST_PAD: begin
        if (pads) begin
          low   <= low << pad_bits;
          queue <= queue + $signed(pad_bits);
        end
        closing <= 2'd3;
        st      <= ST_CUT;
      end

      ST_END: begin
        byte_strobe <= 1'b1;
        if (kept_valid) begin
          byte_data  <= kept;
          byte_last  <= ffs == 18'd0;
          kept_valid <= 1'b0;
        end else begin
          byte_data <= 8'hff;
          byte_last <= ffs == 18'd1;
          ffs       <= ffs - 18'd1;
        end
        if (ffs == 18'd0 || (!kept_valid && ffs == 18'd1)) begin
          st      <= ST_IDLE;
          range   <= 9'd510;
          low     <= 25'd0;
          queue   <= -5'sd9;
          closing <= 2'd0;
        end
      end

      default: st <= ST_IDLE;
    endcase

    if (rst) begin
      st          <= ST_IDLE;
      range       <= 9'd510;
      low         <= 25'd0;
      queue       <= -5'sd9;              // the first bit to leave is no bit of the slice
      closing     <= 2'd0;
      kept_valid  <= 1'b0;
      ffs         <= 18'd0;
      setup       <= 1'b1;
      byte_strobe <= 1'b0;
    end
  end
endmodule
