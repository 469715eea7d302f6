// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// rangeTabLPS and transIdxLPS, a state a line, and what follows an MPS.
module td_tables (
    input  wire [5:0] p_state_idx,
    input  wire [1:0] q_cod_i_range_idx,
    output reg  [7:0] range_lps,
    output reg  [5:0] trans_idx_lps,
    output wire [5:0] trans_idx_mps
);
  reg [7:0] q0, q1, q2, q3;
  always @* begin
    case (p_state_idx)
      6'd0 : {q0, q1, q2, q3, trans_idx_lps} = {8'd128, 8'd176, 8'd208, 8'd240, 6'd0};
      6'd1 : {q0, q1, q2, q3, trans_idx_lps} = {8'd128, 8'd167, 8'd197, 8'd227, 6'd0};
      6'd2 : {q0, q1, q2, q3, trans_idx_lps} = {8'd128, 8'd158, 8'd187, 8'd216, 6'd1};
      6'd3 : {q0, q1, q2, q3, trans_idx_lps} = {8'd123, 8'd150, 8'd178, 8'd205, 6'd2};
      6'd4 : {q0, q1, q2, q3, trans_idx_lps} = {8'd116, 8'd142, 8'd169, 8'd195, 6'd2};
      6'd5 : {q0, q1, q2, q3, trans_idx_lps} = {8'd111, 8'd135, 8'd160, 8'd185, 6'd4};
      6'd6 : {q0, q1, q2, q3, trans_idx_lps} = {8'd105, 8'd128, 8'd152, 8'd175, 6'd4};
      6'd7 : {q0, q1, q2, q3, trans_idx_lps} = {8'd100, 8'd122, 8'd144, 8'd166, 6'd5};
      6'd8 : {q0, q1, q2, q3, trans_idx_lps} = {8'd95, 8'd116, 8'd137, 8'd158, 6'd6};
      6'd9 : {q0, q1, q2, q3, trans_idx_lps} = {8'd90, 8'd110, 8'd130, 8'd150, 6'd7};
      6'd10: {q0, q1, q2, q3, trans_idx_lps} = {8'd85, 8'd104, 8'd123, 8'd142, 6'd8};
      6'd11: {q0, q1, q2, q3, trans_idx_lps} = {8'd81, 8'd99, 8'd117, 8'd135, 6'd9};
      6'd12: {q0, q1, q2, q3, trans_idx_lps} = {8'd77, 8'd94, 8'd111, 8'd128, 6'd9};
      6'd13: {q0, q1, q2, q3, trans_idx_lps} = {8'd73, 8'd89, 8'd105, 8'd122, 6'd11};
      6'd14: {q0, q1, q2, q3, trans_idx_lps} = {8'd69, 8'd85, 8'd100, 8'd116, 6'd11};
      6'd15: {q0, q1, q2, q3, trans_idx_lps} = {8'd66, 8'd80, 8'd95, 8'd110, 6'd12};
      6'd16: {q0, q1, q2, q3, trans_idx_lps} = {8'd62, 8'd76, 8'd90, 8'd104, 6'd13};
      6'd17: {q0, q1, q2, q3, trans_idx_lps} = {8'd59, 8'd72, 8'd86, 8'd99, 6'd13};
      6'd18: {q0, q1, q2, q3, trans_idx_lps} = {8'd56, 8'd69, 8'd81, 8'd94, 6'd15};
      6'd19: {q0, q1, q2, q3, trans_idx_lps} = {8'd53, 8'd65, 8'd77, 8'd89, 6'd15};
      6'd20: {q0, q1, q2, q3, trans_idx_lps} = {8'd51, 8'd62, 8'd73, 8'd85, 6'd16};
      6'd21: {q0, q1, q2, q3, trans_idx_lps} = {8'd48, 8'd59, 8'd69, 8'd80, 6'd16};
      6'd22: {q0, q1, q2, q3, trans_idx_lps} = {8'd46, 8'd56, 8'd66, 8'd76, 6'd18};
      6'd23: {q0, q1, q2, q3, trans_idx_lps} = {8'd43, 8'd53, 8'd63, 8'd72, 6'd18};
      6'd24: {q0, q1, q2, q3, trans_idx_lps} = {8'd41, 8'd50, 8'd59, 8'd69, 6'd19};
      6'd25: {q0, q1, q2, q3, trans_idx_lps} = {8'd39, 8'd48, 8'd56, 8'd65, 6'd19};
      6'd26: {q0, q1, q2, q3, trans_idx_lps} = {8'd37, 8'd45, 8'd54, 8'd62, 6'd21};
      6'd27: {q0, q1, q2, q3, trans_idx_lps} = {8'd35, 8'd43, 8'd51, 8'd59, 6'd21};
      6'd28: {q0, q1, q2, q3, trans_idx_lps} = {8'd33, 8'd41, 8'd48, 8'd56, 6'd22};
      6'd29: {q0, q1, q2, q3, trans_idx_lps} = {8'd32, 8'd39, 8'd46, 8'd53, 6'd22};
      6'd30: {q0, q1, q2, q3, trans_idx_lps} = {8'd30, 8'd37, 8'd43, 8'd50, 6'd23};
      6'd31: {q0, q1, q2, q3, trans_idx_lps} = {8'd29, 8'd35, 8'd41, 8'd48, 6'd24};
      6'd32: {q0, q1, q2, q3, trans_idx_lps} = {8'd27, 8'd33, 8'd39, 8'd45, 6'd24};
      6'd33: {q0, q1, q2, q3, trans_idx_lps} = {8'd26, 8'd31, 8'd37, 8'd43, 6'd25};
      6'd34: {q0, q1, q2, q3, trans_idx_lps} = {8'd24, 8'd30, 8'd35, 8'd41, 6'd26};
      6'd35: {q0, q1, q2, q3, trans_idx_lps} = {8'd23, 8'd28, 8'd33, 8'd39, 6'd26};
      6'd36: {q0, q1, q2, q3, trans_idx_lps} = {8'd22, 8'd27, 8'd32, 8'd37, 6'd27};
      6'd37: {q0, q1, q2, q3, trans_idx_lps} = {8'd21, 8'd26, 8'd30, 8'd35, 6'd27};
      6'd38: {q0, q1, q2, q3, trans_idx_lps} = {8'd20, 8'd24, 8'd29, 8'd33, 6'd28};
      6'd39: {q0, q1, q2, q3, trans_idx_lps} = {8'd19, 8'd23, 8'd27, 8'd31, 6'd29};
      6'd40: {q0, q1, q2, q3, trans_idx_lps} = {8'd18, 8'd22, 8'd26, 8'd30, 6'd29};
      6'd41: {q0, q1, q2, q3, trans_idx_lps} = {8'd17, 8'd21, 8'd25, 8'd28, 6'd30};
      6'd42: {q0, q1, q2, q3, trans_idx_lps} = {8'd16, 8'd20, 8'd23, 8'd27, 6'd30};
      6'd43: {q0, q1, q2, q3, trans_idx_lps} = {8'd15, 8'd19, 8'd22, 8'd25, 6'd30};
      6'd44: {q0, q1, q2, q3, trans_idx_lps} = {8'd14, 8'd18, 8'd21, 8'd24, 6'd31};
      6'd45: {q0, q1, q2, q3, trans_idx_lps} = {8'd14, 8'd17, 8'd20, 8'd23, 6'd32};
      6'd46: {q0, q1, q2, q3, trans_idx_lps} = {8'd13, 8'd16, 8'd19, 8'd22, 6'd32};
      6'd47: {q0, q1, q2, q3, trans_idx_lps} = {8'd12, 8'd15, 8'd18, 8'd21, 6'd33};
      6'd48: {q0, q1, q2, q3, trans_idx_lps} = {8'd12, 8'd14, 8'd17, 8'd20, 6'd33};
      6'd49: {q0, q1, q2, q3, trans_idx_lps} = {8'd11, 8'd14, 8'd16, 8'd19, 6'd33};
      6'd50: {q0, q1, q2, q3, trans_idx_lps} = {8'd11, 8'd13, 8'd15, 8'd18, 6'd34};
      6'd51: {q0, q1, q2, q3, trans_idx_lps} = {8'd10, 8'd12, 8'd15, 8'd17, 6'd34};
      6'd52: {q0, q1, q2, q3, trans_idx_lps} = {8'd10, 8'd12, 8'd14, 8'd16, 6'd35};
      6'd53: {q0, q1, q2, q3, trans_idx_lps} = {8'd9, 8'd11, 8'd13, 8'd15, 6'd35};
      6'd54: {q0, q1, q2, q3, trans_idx_lps} = {8'd9, 8'd11, 8'd12, 8'd14, 6'd35};
      6'd55: {q0, q1, q2, q3, trans_idx_lps} = {8'd8, 8'd10, 8'd12, 8'd14, 6'd36};
      6'd56: {q0, q1, q2, q3, trans_idx_lps} = {8'd8, 8'd9, 8'd11, 8'd13, 6'd36};
      6'd57: {q0, q1, q2, q3, trans_idx_lps} = {8'd7, 8'd9, 8'd11, 8'd12, 6'd36};
      6'd58: {q0, q1, q2, q3, trans_idx_lps} = {8'd7, 8'd9, 8'd10, 8'd12, 6'd37};
      6'd59: {q0, q1, q2, q3, trans_idx_lps} = {8'd7, 8'd8, 8'd10, 8'd11, 6'd37};
      6'd60: {q0, q1, q2, q3, trans_idx_lps} = {8'd6, 8'd8, 8'd9, 8'd11, 6'd37};
      6'd61: {q0, q1, q2, q3, trans_idx_lps} = {8'd6, 8'd7, 8'd9, 8'd10, 6'd38};
      6'd62: {q0, q1, q2, q3, trans_idx_lps} = {8'd6, 8'd7, 8'd8, 8'd9, 6'd38};
      6'd63: {q0, q1, q2, q3, trans_idx_lps} = {8'd2, 8'd2, 8'd2, 8'd2, 6'd63};
    endcase
    case (q_cod_i_range_idx)
      2'd0: range_lps = q0;
      2'd1: range_lps = q1;
      2'd2: range_lps = q2;
      2'd3: range_lps = q3;
    endcase
  end

  assign trans_idx_mps = p_state_idx < 6'd62 ? p_state_idx + 6'd1 : p_state_idx;
endmodule
`default_nettype wire
