// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The state of a context variable after a bin (H.264 clause 9.3.3.2.1.1, H.265 clause 9.3.4.3.2.2).
//
//   state 0, valMPS 0, bin 1  ->  state 0, valMPS 1
module cabac_transition (
    input  wire cabac_pkg::model_t model,
    input  wire logic              bin,
    output cabac_pkg::model_t      model_next
);
  logic mps;
  logic [5:0] trans_idx_lps;

  assign mps = bin == model.val_mps;

  always_comb begin
    model_next.val_mps = model.val_mps ^ (!mps && model.p_state_idx == 6'd0);
    if (!mps) model_next.p_state_idx = trans_idx_lps;
    else if (model.p_state_idx < 6'd62) model_next.p_state_idx = model.p_state_idx + 6'd1;
    else model_next.p_state_idx = model.p_state_idx;
  end

  always_comb begin
    case (model.p_state_idx)
      6'd0 : trans_idx_lps = 6'd0;
      6'd1 : trans_idx_lps = 6'd0;
      6'd2 : trans_idx_lps = 6'd1;
      6'd3 : trans_idx_lps = 6'd2;
      6'd4 : trans_idx_lps = 6'd2;
      6'd5 : trans_idx_lps = 6'd4;
      6'd6 : trans_idx_lps = 6'd4;
      6'd7 : trans_idx_lps = 6'd5;
      6'd8 : trans_idx_lps = 6'd6;
      6'd9 : trans_idx_lps = 6'd7;
      6'd10: trans_idx_lps = 6'd8;
      6'd11: trans_idx_lps = 6'd9;
      6'd12: trans_idx_lps = 6'd9;
      6'd13: trans_idx_lps = 6'd11;
      6'd14: trans_idx_lps = 6'd11;
      6'd15: trans_idx_lps = 6'd12;
      6'd16: trans_idx_lps = 6'd13;
      6'd17: trans_idx_lps = 6'd13;
      6'd18: trans_idx_lps = 6'd15;
      6'd19: trans_idx_lps = 6'd15;
      6'd20: trans_idx_lps = 6'd16;
      6'd21: trans_idx_lps = 6'd16;
      6'd22: trans_idx_lps = 6'd18;
      6'd23: trans_idx_lps = 6'd18;
      6'd24: trans_idx_lps = 6'd19;
      6'd25: trans_idx_lps = 6'd19;
      6'd26: trans_idx_lps = 6'd21;
      6'd27: trans_idx_lps = 6'd21;
      6'd28: trans_idx_lps = 6'd22;
      6'd29: trans_idx_lps = 6'd22;
      6'd30: trans_idx_lps = 6'd23;
      6'd31: trans_idx_lps = 6'd24;
      6'd32: trans_idx_lps = 6'd24;
      6'd33: trans_idx_lps = 6'd25;
      6'd34: trans_idx_lps = 6'd26;
      6'd35: trans_idx_lps = 6'd26;
      6'd36: trans_idx_lps = 6'd27;
      6'd37: trans_idx_lps = 6'd27;
      6'd38: trans_idx_lps = 6'd28;
      6'd39: trans_idx_lps = 6'd29;
      6'd40: trans_idx_lps = 6'd29;
      6'd41: trans_idx_lps = 6'd30;
      6'd42: trans_idx_lps = 6'd30;
      6'd43: trans_idx_lps = 6'd30;
      6'd44: trans_idx_lps = 6'd31;
      6'd45: trans_idx_lps = 6'd32;
      6'd46: trans_idx_lps = 6'd32;
      6'd47: trans_idx_lps = 6'd33;
      6'd48: trans_idx_lps = 6'd33;
      6'd49: trans_idx_lps = 6'd33;
      6'd50: trans_idx_lps = 6'd34;
      6'd51: trans_idx_lps = 6'd34;
      6'd52: trans_idx_lps = 6'd35;
      6'd53: trans_idx_lps = 6'd35;
      6'd54: trans_idx_lps = 6'd35;
      6'd55: trans_idx_lps = 6'd36;
      6'd56: trans_idx_lps = 6'd36;
      6'd57: trans_idx_lps = 6'd36;
      6'd58: trans_idx_lps = 6'd37;
      6'd59: trans_idx_lps = 6'd37;
      6'd60: trans_idx_lps = 6'd37;
      6'd61: trans_idx_lps = 6'd38;
      6'd62: trans_idx_lps = 6'd38;
      6'd63: trans_idx_lps = 6'd63;
    endcase
  end
endmodule
`default_nettype wire
