// SPDX-License-Identifier: MIT OR Apache-2.0

// The interval of the arithmetic encoder, a bin a clock. What a bin makes of low comes out as a list of symbols: a 0, a
// 1, or a bit that is not decided yet.
module hevc_bin_coder (
    input  wire        clk,
    input  wire        rst,
    input  wire        en,
    input  wire [1:0]  bin_type,      // 0 context coded, 1 bypass, 2 terminate
    input  wire        bin,
    input  wire [6:0]  model,         // {pStateIdx, valMps}
    output reg  [6:0]  model_next,
    output reg  [19:0] sym,           // two bits a symbol: 0, 1, or 2 for an undecided bit; the first one highest
    output reg  [3:0]  sym_count,
    output wire        flush
);
  localparam SYM_0 = 2'd0, SYM_1 = 2'd1, SYM_WAIT = 2'd2;

  reg [8:0]  range;
  reg [9:0]  low;

  wire [5:0] state = model[6:1];
  wire       mps   = model[0];

  reg [7:0] r3, r2, r1, r0;
  always @* begin
    case (state)
      6'd0 : {r3, r2, r1, r0} = {8'd240, 8'd208, 8'd176, 8'd128};
      6'd1 : {r3, r2, r1, r0} = {8'd227, 8'd197, 8'd167, 8'd128};
      6'd2 : {r3, r2, r1, r0} = {8'd216, 8'd187, 8'd158, 8'd128};
      6'd3 : {r3, r2, r1, r0} = {8'd205, 8'd178, 8'd150, 8'd123};
      6'd4 : {r3, r2, r1, r0} = {8'd195, 8'd169, 8'd142, 8'd116};
      6'd5 : {r3, r2, r1, r0} = {8'd185, 8'd160, 8'd135, 8'd111};
      6'd6 : {r3, r2, r1, r0} = {8'd175, 8'd152, 8'd128, 8'd105};
      6'd7 : {r3, r2, r1, r0} = {8'd166, 8'd144, 8'd122, 8'd100};
      6'd8 : {r3, r2, r1, r0} = {8'd158, 8'd137, 8'd116, 8'd95};
      6'd9 : {r3, r2, r1, r0} = {8'd150, 8'd130, 8'd110, 8'd90};
      6'd10: {r3, r2, r1, r0} = {8'd142, 8'd123, 8'd104, 8'd85};
      6'd11: {r3, r2, r1, r0} = {8'd135, 8'd117, 8'd99, 8'd81};
      6'd12: {r3, r2, r1, r0} = {8'd128, 8'd111, 8'd94, 8'd77};
      6'd13: {r3, r2, r1, r0} = {8'd122, 8'd105, 8'd89, 8'd73};
      6'd14: {r3, r2, r1, r0} = {8'd116, 8'd100, 8'd85, 8'd69};
      6'd15: {r3, r2, r1, r0} = {8'd110, 8'd95, 8'd80, 8'd66};
      6'd16: {r3, r2, r1, r0} = {8'd104, 8'd90, 8'd76, 8'd62};
      6'd17: {r3, r2, r1, r0} = {8'd99, 8'd86, 8'd72, 8'd59};
      6'd18: {r3, r2, r1, r0} = {8'd94, 8'd81, 8'd69, 8'd56};
      6'd19: {r3, r2, r1, r0} = {8'd89, 8'd77, 8'd65, 8'd53};
      6'd20: {r3, r2, r1, r0} = {8'd85, 8'd73, 8'd62, 8'd51};
      6'd21: {r3, r2, r1, r0} = {8'd80, 8'd69, 8'd59, 8'd48};
      6'd22: {r3, r2, r1, r0} = {8'd76, 8'd66, 8'd56, 8'd46};
      6'd23: {r3, r2, r1, r0} = {8'd72, 8'd63, 8'd53, 8'd43};
      6'd24: {r3, r2, r1, r0} = {8'd69, 8'd59, 8'd50, 8'd41};
      6'd25: {r3, r2, r1, r0} = {8'd65, 8'd56, 8'd48, 8'd39};
      6'd26: {r3, r2, r1, r0} = {8'd62, 8'd54, 8'd45, 8'd37};
      6'd27: {r3, r2, r1, r0} = {8'd59, 8'd51, 8'd43, 8'd35};
      6'd28: {r3, r2, r1, r0} = {8'd56, 8'd48, 8'd41, 8'd33};
      6'd29: {r3, r2, r1, r0} = {8'd53, 8'd46, 8'd39, 8'd32};
      6'd30: {r3, r2, r1, r0} = {8'd50, 8'd43, 8'd37, 8'd30};
      6'd31: {r3, r2, r1, r0} = {8'd48, 8'd41, 8'd35, 8'd29};
      6'd32: {r3, r2, r1, r0} = {8'd45, 8'd39, 8'd33, 8'd27};
      6'd33: {r3, r2, r1, r0} = {8'd43, 8'd37, 8'd31, 8'd26};
      6'd34: {r3, r2, r1, r0} = {8'd41, 8'd35, 8'd30, 8'd24};
      6'd35: {r3, r2, r1, r0} = {8'd39, 8'd33, 8'd28, 8'd23};
      6'd36: {r3, r2, r1, r0} = {8'd37, 8'd32, 8'd27, 8'd22};
      6'd37: {r3, r2, r1, r0} = {8'd35, 8'd30, 8'd26, 8'd21};
      6'd38: {r3, r2, r1, r0} = {8'd33, 8'd29, 8'd24, 8'd20};
      6'd39: {r3, r2, r1, r0} = {8'd31, 8'd27, 8'd23, 8'd19};
      6'd40: {r3, r2, r1, r0} = {8'd30, 8'd26, 8'd22, 8'd18};
      6'd41: {r3, r2, r1, r0} = {8'd28, 8'd25, 8'd21, 8'd17};
      6'd42: {r3, r2, r1, r0} = {8'd27, 8'd23, 8'd20, 8'd16};
      6'd43: {r3, r2, r1, r0} = {8'd25, 8'd22, 8'd19, 8'd15};
      6'd44: {r3, r2, r1, r0} = {8'd24, 8'd21, 8'd18, 8'd14};
      6'd45: {r3, r2, r1, r0} = {8'd23, 8'd20, 8'd17, 8'd14};
      6'd46: {r3, r2, r1, r0} = {8'd22, 8'd19, 8'd16, 8'd13};
      6'd47: {r3, r2, r1, r0} = {8'd21, 8'd18, 8'd15, 8'd12};
      6'd48: {r3, r2, r1, r0} = {8'd20, 8'd17, 8'd14, 8'd12};
      6'd49: {r3, r2, r1, r0} = {8'd19, 8'd16, 8'd14, 8'd11};
      6'd50: {r3, r2, r1, r0} = {8'd18, 8'd15, 8'd13, 8'd11};
      6'd51: {r3, r2, r1, r0} = {8'd17, 8'd15, 8'd12, 8'd10};
      6'd52: {r3, r2, r1, r0} = {8'd16, 8'd14, 8'd12, 8'd10};
      6'd53: {r3, r2, r1, r0} = {8'd15, 8'd13, 8'd11, 8'd9};
      6'd54: {r3, r2, r1, r0} = {8'd14, 8'd12, 8'd11, 8'd9};
      6'd55: {r3, r2, r1, r0} = {8'd14, 8'd12, 8'd10, 8'd8};
      6'd56: {r3, r2, r1, r0} = {8'd13, 8'd11, 8'd9, 8'd8};
      6'd57: {r3, r2, r1, r0} = {8'd12, 8'd11, 8'd9, 8'd7};
      6'd58: {r3, r2, r1, r0} = {8'd12, 8'd10, 8'd9, 8'd7};
      6'd59: {r3, r2, r1, r0} = {8'd11, 8'd10, 8'd8, 8'd7};
      6'd60: {r3, r2, r1, r0} = {8'd11, 8'd9, 8'd8, 8'd6};
      6'd61: {r3, r2, r1, r0} = {8'd10, 8'd9, 8'd7, 8'd6};
      6'd62: {r3, r2, r1, r0} = {8'd9, 8'd8, 8'd7, 8'd6};
      default: {r3, r2, r1, r0} = {8'd2, 8'd2, 8'd2, 8'd2};
    endcase
  end

  reg [5:0] next_lps;
  always @* begin
    case (state)
      6'd0: next_lps = 6'd0; 6'd1: next_lps = 6'd0; 6'd2: next_lps = 6'd1; 6'd3: next_lps = 6'd2;
      6'd4: next_lps = 6'd2; 6'd5: next_lps = 6'd4; 6'd6: next_lps = 6'd4; 6'd7: next_lps = 6'd5;
      6'd8: next_lps = 6'd6; 6'd9: next_lps = 6'd7; 6'd10: next_lps = 6'd8; 6'd11: next_lps = 6'd9;
      6'd12: next_lps = 6'd9; 6'd13: next_lps = 6'd11; 6'd14: next_lps = 6'd11; 6'd15: next_lps = 6'd12;
      6'd16: next_lps = 6'd13; 6'd17: next_lps = 6'd13; 6'd18: next_lps = 6'd15; 6'd19: next_lps = 6'd15;
      6'd20: next_lps = 6'd16; 6'd21: next_lps = 6'd16; 6'd22: next_lps = 6'd18; 6'd23: next_lps = 6'd18;
      6'd24: next_lps = 6'd19; 6'd25: next_lps = 6'd19; 6'd26: next_lps = 6'd21; 6'd27: next_lps = 6'd21;
      6'd28: next_lps = 6'd22; 6'd29: next_lps = 6'd22; 6'd30: next_lps = 6'd23; 6'd31: next_lps = 6'd24;
      6'd32: next_lps = 6'd24; 6'd33: next_lps = 6'd25; 6'd34: next_lps = 6'd26; 6'd35: next_lps = 6'd26;
      6'd36: next_lps = 6'd27; 6'd37: next_lps = 6'd27; 6'd38: next_lps = 6'd28; 6'd39: next_lps = 6'd29;
      6'd40: next_lps = 6'd29; 6'd41: next_lps = 6'd30; 6'd42: next_lps = 6'd30; 6'd43: next_lps = 6'd30;
      6'd44: next_lps = 6'd31; 6'd45: next_lps = 6'd32; 6'd46: next_lps = 6'd32; 6'd47: next_lps = 6'd33;
      6'd48: next_lps = 6'd33; 6'd49: next_lps = 6'd33; 6'd50: next_lps = 6'd34; 6'd51: next_lps = 6'd34;
      6'd52: next_lps = 6'd35; 6'd53: next_lps = 6'd35; 6'd54: next_lps = 6'd35; 6'd55: next_lps = 6'd36;
      6'd56: next_lps = 6'd36; 6'd57: next_lps = 6'd36; 6'd58: next_lps = 6'd37; 6'd59: next_lps = 6'd37;
      6'd60: next_lps = 6'd37; 6'd61: next_lps = 6'd38; 6'd62: next_lps = 6'd38;
      default: next_lps = 6'd63;
    endcase
  end

  reg [7:0] r_lps;
  always @* begin
    case (range[7:6])
      2'd0: r_lps = r0;
      2'd1: r_lps = r1;
      2'd2: r_lps = r2;
      2'd3: r_lps = r3;
    endcase
  end

  assign flush = bin_type == 2'd2 && bin;

  reg [8:0]  rng;
  reg [10:0] lo;
  integer    n;
  always @* begin
    model_next = model;
    sym        = 20'd0;
    sym_count  = 4'd0;
    rng        = range;
    lo         = {1'b0, low};

    if (bin_type == 2'd1) begin
      lo = {low, 1'b0} + (bin ? {2'b0, range} : 11'd0);
      sym_count = 4'd1;
      if (lo[10])
        sym[19:18] = SYM_1;
      else if (!lo[9])
        sym[19:18] = SYM_0;
      else begin
        sym[19:18] = SYM_WAIT;
        lo[9]      = 1'b0;
      end
      lo[10] = 1'b0;
    end else begin
      if (bin_type == 2'd2) begin
        rng = range - 9'd2;
        if (bin) begin
          lo  = lo + {2'b0, rng};
          rng = 9'd2;
        end
      end else begin
        rng = range - {1'b0, r_lps};
        if (bin != mps) begin
          lo         = lo + {2'b0, rng};
          rng        = {1'b0, r_lps};
          model_next = {next_lps, state == 6'd0 ? !mps : mps};
        end else if (state != 6'd62)
          model_next = {state + 6'd1, mps};
      end
      for (n = 0; n < 7; n = n + 1) begin
        if (!rng[8]) begin
          rng       = {rng[7:0], 1'b0};
          sym_count = sym_count + 4'd1;
          if (lo[9])
            sym[19 - 2*n -: 2] = SYM_1;
          else if (!lo[8])
            sym[19 - 2*n -: 2] = SYM_0;
          else
            sym[19 - 2*n -: 2] = SYM_WAIT;
          if (sym[19 - 2*n -: 2] == SYM_WAIT)
            lo[8] = 1'b0;
          lo = {1'b0, lo[8:0], 1'b0};
        end
      end
      if (flush) begin
        sym[5:0]  = {1'b0, lo[9], 1'b0, lo[8], SYM_1};
        sym_count = 4'd10;
      end
    end
  end

  always @(posedge clk) begin
    if (rst || (en && flush)) begin
      range <= 9'd510;
      low   <= 10'd0;
    end else if (en) begin
      range <= rng;
      low   <= lo[9:0];
    end
  end
endmodule
