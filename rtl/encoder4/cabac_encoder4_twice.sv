// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The state of a context variable after two bins: cabac_transition twice, but in the time of one.
//
// All four states that two bins can lead to are looked up side by side; the bins choose late.
module cabac_encoder4_twice (
    input  wire cabac_pkg::model_t model,
    input  wire logic              first,
    input  wire logic              second,
    output cabac_pkg::model_t      model_next
);
  logic lps, flips, mps_second;
  logic [5:0] after_mps_mps, after_mps_lps, after_lps_lps;
  cabac_pkg::model_t after_lps;

  cabac_transition transition (.model, .bin(!model.val_mps), .model_next(after_lps));

  assign lps = first != model.val_mps;
  assign after_mps_mps = model.p_state_idx >= 6'd60 ? 6'd62 : model.p_state_idx + 6'd2;

  always_comb begin
    if (lps) begin
      mps_second = second == after_lps.val_mps;
      flips = after_lps.p_state_idx == 6'd0;
      model_next.p_state_idx = mps_second ? after_lps.p_state_idx + 6'd1 : after_lps_lps;
      model_next.val_mps = after_lps.val_mps ^ (!mps_second && flips);
    end else begin
      mps_second = second == model.val_mps;
      flips = 1'b0;
      model_next.p_state_idx = mps_second ? after_mps_mps : after_mps_lps;
      model_next.val_mps = model.val_mps;
    end
  end

  always_comb begin
    case (model.p_state_idx)
      6'd0 : {after_mps_lps, after_lps_lps} = {6'd0, 6'd0};
      6'd1 : {after_mps_lps, after_lps_lps} = {6'd1, 6'd0};
      6'd2 : {after_mps_lps, after_lps_lps} = {6'd2, 6'd0};
      6'd3 : {after_mps_lps, after_lps_lps} = {6'd2, 6'd1};
      6'd4 : {after_mps_lps, after_lps_lps} = {6'd4, 6'd1};
      6'd5 : {after_mps_lps, after_lps_lps} = {6'd4, 6'd2};
      6'd6 : {after_mps_lps, after_lps_lps} = {6'd5, 6'd2};
      6'd7 : {after_mps_lps, after_lps_lps} = {6'd6, 6'd4};
      6'd8 : {after_mps_lps, after_lps_lps} = {6'd7, 6'd4};
      6'd9 : {after_mps_lps, after_lps_lps} = {6'd8, 6'd5};
      6'd10: {after_mps_lps, after_lps_lps} = {6'd9, 6'd6};
      6'd11: {after_mps_lps, after_lps_lps} = {6'd9, 6'd7};
      6'd12: {after_mps_lps, after_lps_lps} = {6'd11, 6'd7};
      6'd13: {after_mps_lps, after_lps_lps} = {6'd11, 6'd9};
      6'd14: {after_mps_lps, after_lps_lps} = {6'd12, 6'd9};
      6'd15: {after_mps_lps, after_lps_lps} = {6'd13, 6'd9};
      6'd16: {after_mps_lps, after_lps_lps} = {6'd13, 6'd11};
      6'd17: {after_mps_lps, after_lps_lps} = {6'd15, 6'd11};
      6'd18: {after_mps_lps, after_lps_lps} = {6'd15, 6'd12};
      6'd19: {after_mps_lps, after_lps_lps} = {6'd16, 6'd12};
      6'd20: {after_mps_lps, after_lps_lps} = {6'd16, 6'd13};
      6'd21: {after_mps_lps, after_lps_lps} = {6'd18, 6'd13};
      6'd22: {after_mps_lps, after_lps_lps} = {6'd18, 6'd15};
      6'd23: {after_mps_lps, after_lps_lps} = {6'd19, 6'd15};
      6'd24: {after_mps_lps, after_lps_lps} = {6'd19, 6'd15};
      6'd25: {after_mps_lps, after_lps_lps} = {6'd21, 6'd15};
      6'd26: {after_mps_lps, after_lps_lps} = {6'd21, 6'd16};
      6'd27: {after_mps_lps, after_lps_lps} = {6'd22, 6'd16};
      6'd28: {after_mps_lps, after_lps_lps} = {6'd22, 6'd18};
      6'd29: {after_mps_lps, after_lps_lps} = {6'd23, 6'd18};
      6'd30: {after_mps_lps, after_lps_lps} = {6'd24, 6'd18};
      6'd31: {after_mps_lps, after_lps_lps} = {6'd24, 6'd19};
      6'd32: {after_mps_lps, after_lps_lps} = {6'd25, 6'd19};
      6'd33: {after_mps_lps, after_lps_lps} = {6'd26, 6'd19};
      6'd34: {after_mps_lps, after_lps_lps} = {6'd26, 6'd21};
      6'd35: {after_mps_lps, after_lps_lps} = {6'd27, 6'd21};
      6'd36: {after_mps_lps, after_lps_lps} = {6'd27, 6'd21};
      6'd37: {after_mps_lps, after_lps_lps} = {6'd28, 6'd21};
      6'd38: {after_mps_lps, after_lps_lps} = {6'd29, 6'd22};
      6'd39: {after_mps_lps, after_lps_lps} = {6'd29, 6'd22};
      6'd40: {after_mps_lps, after_lps_lps} = {6'd30, 6'd22};
      6'd41: {after_mps_lps, after_lps_lps} = {6'd30, 6'd23};
      6'd42: {after_mps_lps, after_lps_lps} = {6'd30, 6'd23};
      6'd43: {after_mps_lps, after_lps_lps} = {6'd31, 6'd23};
      6'd44: {after_mps_lps, after_lps_lps} = {6'd32, 6'd24};
      6'd45: {after_mps_lps, after_lps_lps} = {6'd32, 6'd24};
      6'd46: {after_mps_lps, after_lps_lps} = {6'd33, 6'd24};
      6'd47: {after_mps_lps, after_lps_lps} = {6'd33, 6'd25};
      6'd48: {after_mps_lps, after_lps_lps} = {6'd33, 6'd25};
      6'd49: {after_mps_lps, after_lps_lps} = {6'd34, 6'd25};
      6'd50: {after_mps_lps, after_lps_lps} = {6'd34, 6'd26};
      6'd51: {after_mps_lps, after_lps_lps} = {6'd35, 6'd26};
      6'd52: {after_mps_lps, after_lps_lps} = {6'd35, 6'd26};
      6'd53: {after_mps_lps, after_lps_lps} = {6'd35, 6'd26};
      6'd54: {after_mps_lps, after_lps_lps} = {6'd36, 6'd26};
      6'd55: {after_mps_lps, after_lps_lps} = {6'd36, 6'd27};
      6'd56: {after_mps_lps, after_lps_lps} = {6'd36, 6'd27};
      6'd57: {after_mps_lps, after_lps_lps} = {6'd37, 6'd27};
      6'd58: {after_mps_lps, after_lps_lps} = {6'd37, 6'd27};
      6'd59: {after_mps_lps, after_lps_lps} = {6'd37, 6'd27};
      6'd60: {after_mps_lps, after_lps_lps} = {6'd38, 6'd27};
      6'd61: {after_mps_lps, after_lps_lps} = {6'd38, 6'd28};
      6'd62: {after_mps_lps, after_lps_lps} = {6'd38, 6'd28};
      default: {after_mps_lps, after_lps_lps} = {6'd63, 6'd63};
    endcase
  end
endmodule
`default_nettype wire
