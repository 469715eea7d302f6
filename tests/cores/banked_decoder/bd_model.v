// SPDX-License-Identifier: MIT OR Apache-2.0

// What a context variable says of its next bin, and what it becomes behind it.
module bd_model (
    input  wire [6:0] model,
    input  wire [1:0] quarter,      // of the range
    input  wire       is_lps,
    output reg  [7:0] lps_width,
    output wire       symbol,
    output wire [6:0] updated
);
  wire [5:0] index = model[5:0];
  wire       mps   = model[6];

  reg [7:0] c0, c1, c2, c3;
  always @* begin
    case (index)
      6'd0 : {c0, c1, c2, c3} = 32'h80b0d0f0;
      6'd1 : {c0, c1, c2, c3} = 32'h80a7c5e3;
      6'd2 : {c0, c1, c2, c3} = 32'h809ebbd8;
      6'd3 : {c0, c1, c2, c3} = 32'h7b96b2cd;
      6'd4 : {c0, c1, c2, c3} = 32'h748ea9c3;
      6'd5 : {c0, c1, c2, c3} = 32'h6f87a0b9;
      6'd6 : {c0, c1, c2, c3} = 32'h698098af;
      6'd7 : {c0, c1, c2, c3} = 32'h647a90a6;
      6'd8 : {c0, c1, c2, c3} = 32'h5f74899e;
      6'd9 : {c0, c1, c2, c3} = 32'h5a6e8296;
      6'd10: {c0, c1, c2, c3} = 32'h55687b8e;
      6'd11: {c0, c1, c2, c3} = 32'h51637587;
      6'd12: {c0, c1, c2, c3} = 32'h4d5e6f80;
      6'd13: {c0, c1, c2, c3} = 32'h4959697a;
      6'd14: {c0, c1, c2, c3} = 32'h45556474;
      6'd15: {c0, c1, c2, c3} = 32'h42505f6e;
      6'd16: {c0, c1, c2, c3} = 32'h3e4c5a68;
      6'd17: {c0, c1, c2, c3} = 32'h3b485663;
      6'd18: {c0, c1, c2, c3} = 32'h3845515e;
      6'd19: {c0, c1, c2, c3} = 32'h35414d59;
      6'd20: {c0, c1, c2, c3} = 32'h333e4955;
      6'd21: {c0, c1, c2, c3} = 32'h303b4550;
      6'd22: {c0, c1, c2, c3} = 32'h2e38424c;
      6'd23: {c0, c1, c2, c3} = 32'h2b353f48;
      6'd24: {c0, c1, c2, c3} = 32'h29323b45;
      6'd25: {c0, c1, c2, c3} = 32'h27303841;
      6'd26: {c0, c1, c2, c3} = 32'h252d363e;
      6'd27: {c0, c1, c2, c3} = 32'h232b333b;
      6'd28: {c0, c1, c2, c3} = 32'h21293038;
      6'd29: {c0, c1, c2, c3} = 32'h20272e35;
      6'd30: {c0, c1, c2, c3} = 32'h1e252b32;
      6'd31: {c0, c1, c2, c3} = 32'h1d232930;
      6'd32: {c0, c1, c2, c3} = 32'h1b21272d;
      6'd33: {c0, c1, c2, c3} = 32'h1a1f252b;
      6'd34: {c0, c1, c2, c3} = 32'h181e2329;
      6'd35: {c0, c1, c2, c3} = 32'h171c2127;
      6'd36: {c0, c1, c2, c3} = 32'h161b2025;
      6'd37: {c0, c1, c2, c3} = 32'h151a1e23;
      6'd38: {c0, c1, c2, c3} = 32'h14181d21;
      6'd39: {c0, c1, c2, c3} = 32'h13171b1f;
      6'd40: {c0, c1, c2, c3} = 32'h12161a1e;
      6'd41: {c0, c1, c2, c3} = 32'h1115191c;
      6'd42: {c0, c1, c2, c3} = 32'h1014171b;
      6'd43: {c0, c1, c2, c3} = 32'h0f131619;
      6'd44: {c0, c1, c2, c3} = 32'h0e121518;
      6'd45: {c0, c1, c2, c3} = 32'h0e111417;
      6'd46: {c0, c1, c2, c3} = 32'h0d101316;
      6'd47: {c0, c1, c2, c3} = 32'h0c0f1215;
      6'd48: {c0, c1, c2, c3} = 32'h0c0e1114;
      6'd49: {c0, c1, c2, c3} = 32'h0b0e1013;
      6'd50: {c0, c1, c2, c3} = 32'h0b0d0f12;
      6'd51: {c0, c1, c2, c3} = 32'h0a0c0f11;
      6'd52: {c0, c1, c2, c3} = 32'h0a0c0e10;
      6'd53: {c0, c1, c2, c3} = 32'h090b0d0f;
      6'd54: {c0, c1, c2, c3} = 32'h090b0c0e;
      6'd55: {c0, c1, c2, c3} = 32'h080a0c0e;
      6'd56: {c0, c1, c2, c3} = 32'h08090b0d;
      6'd57: {c0, c1, c2, c3} = 32'h07090b0c;
      6'd58: {c0, c1, c2, c3} = 32'h07090a0c;
      6'd59: {c0, c1, c2, c3} = 32'h07080a0b;
      6'd60: {c0, c1, c2, c3} = 32'h0608090b;
      6'd61: {c0, c1, c2, c3} = 32'h0607090a;
      6'd62: {c0, c1, c2, c3} = 32'h06070809;
      default: {c0, c1, c2, c3} = 32'h02020202;
    endcase
    case (quarter)
      2'd0: lps_width = c0;
      2'd1: lps_width = c1;
      2'd2: lps_width = c2;
      2'd3: lps_width = c3;
    endcase
  end

  reg [5:0] after_lps;
  always @* begin
    case (index)
      6'd0 : after_lps = 6'd0 ; 6'd1 : after_lps = 6'd0 ; 6'd2 : after_lps = 6'd1 ;
      6'd3 : after_lps = 6'd2 ; 6'd4 : after_lps = 6'd2 ; 6'd5 : after_lps = 6'd4 ;
      6'd6 : after_lps = 6'd4 ; 6'd7 : after_lps = 6'd5 ; 6'd8 : after_lps = 6'd6 ;
      6'd9 : after_lps = 6'd7 ; 6'd10: after_lps = 6'd8 ; 6'd11: after_lps = 6'd9 ;
      6'd12: after_lps = 6'd9 ; 6'd13: after_lps = 6'd11; 6'd14: after_lps = 6'd11;
      6'd15: after_lps = 6'd12; 6'd16: after_lps = 6'd13; 6'd17: after_lps = 6'd13;
      6'd18: after_lps = 6'd15; 6'd19: after_lps = 6'd15; 6'd20: after_lps = 6'd16;
      6'd21: after_lps = 6'd16; 6'd22: after_lps = 6'd18; 6'd23: after_lps = 6'd18;
      6'd24: after_lps = 6'd19; 6'd25: after_lps = 6'd19; 6'd26: after_lps = 6'd21;
      6'd27: after_lps = 6'd21; 6'd28: after_lps = 6'd22; 6'd29: after_lps = 6'd22;
      6'd30: after_lps = 6'd23; 6'd31: after_lps = 6'd24; 6'd32: after_lps = 6'd24;
      6'd33: after_lps = 6'd25; 6'd34: after_lps = 6'd26; 6'd35: after_lps = 6'd26;
      6'd36: after_lps = 6'd27; 6'd37: after_lps = 6'd27; 6'd38: after_lps = 6'd28;
      6'd39: after_lps = 6'd29; 6'd40: after_lps = 6'd29; 6'd41: after_lps = 6'd30;
      6'd42: after_lps = 6'd30; 6'd43: after_lps = 6'd30; 6'd44: after_lps = 6'd31;
      6'd45: after_lps = 6'd32; 6'd46: after_lps = 6'd32; 6'd47: after_lps = 6'd33;
      6'd48: after_lps = 6'd33; 6'd49: after_lps = 6'd33; 6'd50: after_lps = 6'd34;
      6'd51: after_lps = 6'd34; 6'd52: after_lps = 6'd35; 6'd53: after_lps = 6'd35;
      6'd54: after_lps = 6'd35; 6'd55: after_lps = 6'd36; 6'd56: after_lps = 6'd36;
      6'd57: after_lps = 6'd36; 6'd58: after_lps = 6'd37; 6'd59: after_lps = 6'd37;
      6'd60: after_lps = 6'd37; 6'd61: after_lps = 6'd38; 6'd62: after_lps = 6'd38;
      default: after_lps = 6'd63;
    endcase
  end

  assign symbol  = mps ^ is_lps;
  assign updated = is_lps         ? {mps ^ (index == 6'd0), after_lps}
                 : index == 6'd62 ? model
                                  : {mps, index + 6'd1};
endmodule
