// SPDX-License-Identifier: MIT OR Apache-2.0

// Range of the less probable symbol. The four candidates of a state come out together, so that the state can be looked
// up before the range of the lane is known.
module quad_lps (
    input  wire [5:0]  state,
    output reg  [31:0] row      // [7:0] for ranges of 256..319, and so on up
);
  always @* begin
    case (state)
      6'd0: row = 32'hf0_d0_b0_80;
      6'd1: row = 32'he3_c5_a7_80;
      6'd2: row = 32'hd8_bb_9e_80;
      6'd3: row = 32'hcd_b2_96_7b;
      6'd4: row = 32'hc3_a9_8e_74;
      6'd5: row = 32'hb9_a0_87_6f;
      6'd6: row = 32'haf_98_80_69;
      6'd7: row = 32'ha6_90_7a_64;
      6'd8: row = 32'h9e_89_74_5f;
      6'd9: row = 32'h96_82_6e_5a;
      6'd10: row = 32'h8e_7b_68_55;
      6'd11: row = 32'h87_75_63_51;
      6'd12: row = 32'h80_6f_5e_4d;
      6'd13: row = 32'h7a_69_59_49;
      6'd14: row = 32'h74_64_55_45;
      6'd15: row = 32'h6e_5f_50_42;
      6'd16: row = 32'h68_5a_4c_3e;
      6'd17: row = 32'h63_56_48_3b;
      6'd18: row = 32'h5e_51_45_38;
      6'd19: row = 32'h59_4d_41_35;
      6'd20: row = 32'h55_49_3e_33;
      6'd21: row = 32'h50_45_3b_30;
      6'd22: row = 32'h4c_42_38_2e;
      6'd23: row = 32'h48_3f_35_2b;
      6'd24: row = 32'h45_3b_32_29;
      6'd25: row = 32'h41_38_30_27;
      6'd26: row = 32'h3e_36_2d_25;
      6'd27: row = 32'h3b_33_2b_23;
      6'd28: row = 32'h38_30_29_21;
      6'd29: row = 32'h35_2e_27_20;
      6'd30: row = 32'h32_2b_25_1e;
      6'd31: row = 32'h30_29_23_1d;
      6'd32: row = 32'h2d_27_21_1b;
      6'd33: row = 32'h2b_25_1f_1a;
      6'd34: row = 32'h29_23_1e_18;
      6'd35: row = 32'h27_21_1c_17;
      6'd36: row = 32'h25_20_1b_16;
      6'd37: row = 32'h23_1e_1a_15;
      6'd38: row = 32'h21_1d_18_14;
      6'd39: row = 32'h1f_1b_17_13;
      6'd40: row = 32'h1e_1a_16_12;
      6'd41: row = 32'h1c_19_15_11;
      6'd42: row = 32'h1b_17_14_10;
      6'd43: row = 32'h19_16_13_0f;
      6'd44: row = 32'h18_15_12_0e;
      6'd45: row = 32'h17_14_11_0e;
      6'd46: row = 32'h16_13_10_0d;
      6'd47: row = 32'h15_12_0f_0c;
      6'd48: row = 32'h14_11_0e_0c;
      6'd49: row = 32'h13_10_0e_0b;
      6'd50: row = 32'h12_0f_0d_0b;
      6'd51: row = 32'h11_0f_0c_0a;
      6'd52: row = 32'h10_0e_0c_0a;
      6'd53: row = 32'h0f_0d_0b_09;
      6'd54: row = 32'h0e_0c_0b_09;
      6'd55: row = 32'h0e_0c_0a_08;
      6'd56: row = 32'h0d_0b_09_08;
      6'd57: row = 32'h0c_0b_09_07;
      6'd58: row = 32'h0c_0a_09_07;
      6'd59: row = 32'h0b_0a_08_07;
      6'd60: row = 32'h0b_09_08_06;
      6'd61: row = 32'h0a_09_07_06;
      6'd62: row = 32'h09_08_07_06;
      default: row = 32'h02_02_02_02;
    endcase
  end
endmodule
