// SPDX-License-Identifier: MIT OR Apache-2.0

// initValue of the contexts of HEVC Main, version 1: 154 of them, by syntax element.
// Contexts that an I slice does not have are given 154 there.
module hevc_ctx_rom (
    input  wire       clk,
    input  wire [7:0] ctx,
    input  wire [1:0] init_type,
    output reg  [7:0] init_value
);
  reg [23:0] values;          // {initType 2, initType 1, initType 0}

  always @* begin
    case (ctx)
      // split_cu_flag
      8'd0  : values = {8'd107, 8'd107, 8'd139};
      8'd1  : values = {8'd139, 8'd139, 8'd141};
      8'd2  : values = {8'd126, 8'd126, 8'd157};
      // cu_skip_flag
      8'd3  : values = {8'd197, 8'd197, 8'd154};
      8'd4  : values = {8'd185, 8'd185, 8'd154};
      8'd5  : values = {8'd201, 8'd201, 8'd154};
      // merge_flag
      8'd6  : values = {8'd154, 8'd110, 8'd154};
      // merge_idx
      8'd7  : values = {8'd137, 8'd122, 8'd154};
      // part_mode
      8'd8  : values = {8'd154, 8'd154, 8'd184};
      8'd9  : values = {8'd139, 8'd139, 8'd154};
      8'd10 : values = {8'd154, 8'd154, 8'd154};
      8'd11 : values = {8'd154, 8'd154, 8'd154};
      // pred_mode_flag
      8'd12 : values = {8'd134, 8'd149, 8'd154};
      // prev_intra_luma_pred_flag
      8'd13 : values = {8'd183, 8'd154, 8'd184};
      // intra_chroma_pred_mode
      8'd14 : values = {8'd152, 8'd152, 8'd63};
      // cu_qp_delta_abs
      8'd15 : values = {8'd154, 8'd154, 8'd154};
      8'd16 : values = {8'd154, 8'd154, 8'd154};
      // inter_pred_idc
      8'd17 : values = {8'd95, 8'd95, 8'd154};
      8'd18 : values = {8'd79, 8'd79, 8'd154};
      8'd19 : values = {8'd63, 8'd63, 8'd154};
      8'd20 : values = {8'd31, 8'd31, 8'd154};
      8'd21 : values = {8'd31, 8'd31, 8'd154};
      // ref_idx
      8'd22 : values = {8'd153, 8'd153, 8'd154};
      8'd23 : values = {8'd153, 8'd153, 8'd154};
      // abs_mvd_greater0_flag, abs_mvd_greater1_flag
      8'd24 : values = {8'd169, 8'd140, 8'd154};
      8'd25 : values = {8'd198, 8'd198, 8'd154};
      // cbf_luma
      8'd26 : values = {8'd153, 8'd153, 8'd111};
      8'd27 : values = {8'd111, 8'd111, 8'd141};
      // cbf_cb, cbf_cr
      8'd28 : values = {8'd149, 8'd149, 8'd94};
      8'd29 : values = {8'd92, 8'd107, 8'd138};
      8'd30 : values = {8'd167, 8'd167, 8'd182};
      8'd31 : values = {8'd154, 8'd154, 8'd154};
      // split_transform_flag
      8'd32 : values = {8'd224, 8'd124, 8'd153};
      8'd33 : values = {8'd167, 8'd138, 8'd138};
      8'd34 : values = {8'd122, 8'd94, 8'd138};
      // rqt_root_cbf
      8'd35 : values = {8'd79, 8'd79, 8'd154};
      // coded_sub_block_flag
      8'd36 : values = {8'd121, 8'd121, 8'd91};
      8'd37 : values = {8'd140, 8'd140, 8'd171};
      8'd38 : values = {8'd61, 8'd61, 8'd134};
      8'd39 : values = {8'd154, 8'd154, 8'd141};
      // sig_coeff_flag
      8'd40 : values = {8'd170, 8'd155, 8'd111};
      8'd41 : values = {8'd154, 8'd154, 8'd111};
      8'd42 : values = {8'd139, 8'd139, 8'd125};
      8'd43 : values = {8'd153, 8'd153, 8'd110};
      8'd44 : values = {8'd139, 8'd139, 8'd110};
      8'd45 : values = {8'd123, 8'd123, 8'd94};
      8'd46 : values = {8'd123, 8'd123, 8'd124};
      8'd47 : values = {8'd63, 8'd63, 8'd108};
      8'd48 : values = {8'd124, 8'd153, 8'd124};
      8'd49 : values = {8'd166, 8'd166, 8'd107};
      8'd50 : values = {8'd183, 8'd183, 8'd125};
      8'd51 : values = {8'd140, 8'd140, 8'd141};
      8'd52 : values = {8'd136, 8'd136, 8'd179};
      8'd53 : values = {8'd153, 8'd153, 8'd153};
      8'd54 : values = {8'd154, 8'd154, 8'd125};
      8'd55 : values = {8'd166, 8'd166, 8'd107};
      8'd56 : values = {8'd183, 8'd183, 8'd125};
      8'd57 : values = {8'd140, 8'd140, 8'd141};
      8'd58 : values = {8'd136, 8'd136, 8'd179};
      8'd59 : values = {8'd153, 8'd153, 8'd153};
      8'd60 : values = {8'd154, 8'd154, 8'd125};
      8'd61 : values = {8'd166, 8'd166, 8'd107};
      8'd62 : values = {8'd183, 8'd183, 8'd125};
      8'd63 : values = {8'd140, 8'd140, 8'd141};
      8'd64 : values = {8'd136, 8'd136, 8'd179};
      8'd65 : values = {8'd153, 8'd153, 8'd153};
      8'd66 : values = {8'd154, 8'd154, 8'd125};
      8'd67 : values = {8'd170, 8'd170, 8'd140};
      8'd68 : values = {8'd153, 8'd153, 8'd139};
      8'd69 : values = {8'd138, 8'd123, 8'd182};
      8'd70 : values = {8'd138, 8'd123, 8'd182};
      8'd71 : values = {8'd122, 8'd107, 8'd152};
      8'd72 : values = {8'd121, 8'd121, 8'd136};
      8'd73 : values = {8'd122, 8'd107, 8'd152};
      8'd74 : values = {8'd121, 8'd121, 8'd136};
      8'd75 : values = {8'd167, 8'd167, 8'd153};
      8'd76 : values = {8'd151, 8'd151, 8'd136};
      8'd77 : values = {8'd183, 8'd183, 8'd139};
      8'd78 : values = {8'd140, 8'd140, 8'd111};
      8'd79 : values = {8'd151, 8'd151, 8'd136};
      8'd80 : values = {8'd183, 8'd183, 8'd139};
      8'd81 : values = {8'd140, 8'd140, 8'd111};
      // last_sig_coeff_x_prefix
      8'd82 : values = {8'd125, 8'd125, 8'd110};
      8'd83 : values = {8'd110, 8'd110, 8'd110};
      8'd84 : values = {8'd124, 8'd94, 8'd124};
      8'd85 : values = {8'd110, 8'd110, 8'd125};
      8'd86 : values = {8'd95, 8'd95, 8'd140};
      8'd87 : values = {8'd94, 8'd79, 8'd153};
      8'd88 : values = {8'd125, 8'd125, 8'd125};
      8'd89 : values = {8'd111, 8'd111, 8'd127};
      8'd90 : values = {8'd111, 8'd110, 8'd140};
      8'd91 : values = {8'd79, 8'd78, 8'd109};
      8'd92 : values = {8'd125, 8'd110, 8'd111};
      8'd93 : values = {8'd126, 8'd111, 8'd143};
      8'd94 : values = {8'd111, 8'd111, 8'd127};
      8'd95 : values = {8'd111, 8'd95, 8'd111};
      8'd96 : values = {8'd79, 8'd94, 8'd79};
      8'd97 : values = {8'd108, 8'd108, 8'd108};
      8'd98 : values = {8'd123, 8'd123, 8'd123};
      8'd99 : values = {8'd93, 8'd108, 8'd63};
      // last_sig_coeff_y_prefix
      8'd100: values = {8'd125, 8'd125, 8'd110};
      8'd101: values = {8'd110, 8'd110, 8'd110};
      8'd102: values = {8'd124, 8'd94, 8'd124};
      8'd103: values = {8'd110, 8'd110, 8'd125};
      8'd104: values = {8'd95, 8'd95, 8'd140};
      8'd105: values = {8'd94, 8'd79, 8'd153};
      8'd106: values = {8'd125, 8'd125, 8'd125};
      8'd107: values = {8'd111, 8'd111, 8'd127};
      8'd108: values = {8'd111, 8'd110, 8'd140};
      8'd109: values = {8'd79, 8'd78, 8'd109};
      8'd110: values = {8'd125, 8'd110, 8'd111};
      8'd111: values = {8'd126, 8'd111, 8'd143};
      8'd112: values = {8'd111, 8'd111, 8'd127};
      8'd113: values = {8'd111, 8'd95, 8'd111};
      8'd114: values = {8'd79, 8'd94, 8'd79};
      8'd115: values = {8'd108, 8'd108, 8'd108};
      8'd116: values = {8'd123, 8'd123, 8'd123};
      8'd117: values = {8'd93, 8'd108, 8'd63};
      // coeff_abs_level_greater1_flag
      8'd118: values = {8'd154, 8'd154, 8'd140};
      8'd119: values = {8'd196, 8'd196, 8'd92};
      8'd120: values = {8'd167, 8'd196, 8'd137};
      8'd121: values = {8'd167, 8'd167, 8'd138};
      8'd122: values = {8'd154, 8'd154, 8'd140};
      8'd123: values = {8'd152, 8'd152, 8'd152};
      8'd124: values = {8'd167, 8'd167, 8'd138};
      8'd125: values = {8'd182, 8'd182, 8'd139};
      8'd126: values = {8'd182, 8'd182, 8'd153};
      8'd127: values = {8'd134, 8'd134, 8'd74};
      8'd128: values = {8'd149, 8'd149, 8'd149};
      8'd129: values = {8'd136, 8'd136, 8'd92};
      8'd130: values = {8'd153, 8'd153, 8'd139};
      8'd131: values = {8'd121, 8'd121, 8'd107};
      8'd132: values = {8'd136, 8'd136, 8'd122};
      8'd133: values = {8'd122, 8'd137, 8'd152};
      8'd134: values = {8'd169, 8'd169, 8'd140};
      8'd135: values = {8'd208, 8'd194, 8'd179};
      8'd136: values = {8'd166, 8'd166, 8'd166};
      8'd137: values = {8'd167, 8'd167, 8'd182};
      8'd138: values = {8'd154, 8'd154, 8'd140};
      8'd139: values = {8'd152, 8'd167, 8'd227};
      8'd140: values = {8'd167, 8'd137, 8'd122};
      8'd141: values = {8'd182, 8'd182, 8'd197};
      // coeff_abs_level_greater2_flag
      8'd142: values = {8'd107, 8'd107, 8'd138};
      8'd143: values = {8'd167, 8'd167, 8'd153};
      8'd144: values = {8'd91, 8'd91, 8'd136};
      8'd145: values = {8'd107, 8'd122, 8'd167};
      8'd146: values = {8'd107, 8'd107, 8'd152};
      8'd147: values = {8'd167, 8'd167, 8'd152};
      // mvp_l0_flag, mvp_l1_flag
      8'd148: values = {8'd168, 8'd168, 8'd154};
      // sao_merge_left_flag, sao_merge_up_flag
      8'd149: values = {8'd153, 8'd153, 8'd153};
      // sao_type_idx_luma, sao_type_idx_chroma
      8'd150: values = {8'd160, 8'd185, 8'd200};
      // transform_skip_flag
      8'd151: values = {8'd139, 8'd139, 8'd139};
      8'd152: values = {8'd139, 8'd139, 8'd139};
      // cu_transquant_bypass_flag
      8'd153: values = {8'd154, 8'd154, 8'd154};
      default: values = {3{8'd154}};
    endcase
  end

  always @(posedge clk)
    case (init_type)
      2'd0:    init_value <= values[7:0];
      2'd1:    init_value <= values[15:8];
      default: init_value <= values[23:16];
    endcase
endmodule
