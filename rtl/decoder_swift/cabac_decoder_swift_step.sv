// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A decoding step, all in one clock: the bin, codIRange, `room`, and how many bits that takes.
//
//   CONTEXT, state 0, valMPS 0, codIRange 510, room 209, next bits 1..  ->  bin 1, 480, 418, takes 1
//   BYPASS, codIRange 300, room 99, next bits 0..                       ->  bin 1, 300, 199, takes 1
//
// `room` is codIRange - 1 - codIOffset, so it is shifted with the complement of the next bits. The interval is split for
// all four quarters that codIRange can be in at once, and codIRange picks one of them last.
module cabac_decoder_swift_step (
    input  wire cabac_pkg::kind_t  kind,
    input  wire cabac_pkg::model_t model,
    input  wire logic [8:0]        cod_i_range,
    input  wire logic [8:0]        room,
    input  wire logic [8:0]        next_bits,     // of the slice; START: from the next whole byte on
    output logic                   bin,
    output logic [8:0]             cod_i_range_next,
    output logic [8:0]             room_next,
    output logic [3:0]             taken,
    output logic                   refused        // START: FORBIDDEN; ALIGN: MISALIGNED
);
  logic [31:0] ranges_lps;
  logic [11:0] shifts_lps;
  logic [35:0] ranges_mps;
  logic [39:0] rooms_mps;

  for (genvar i = 0; i < 4; i++) begin : g_quarter
    cabac_decoder_swift_split split (
        .terminate(kind == cabac_pkg::TERMINATE), .p_state_idx(model.p_state_idx), .quarter(2'(i)),
        .cod_i_range, .room,
        .range_lps(ranges_lps[8*i +: 8]), .shift_lps(shifts_lps[3*i +: 3]),
        .range_mps(ranges_mps[9*i +: 9]), .room_mps(rooms_mps[10*i +: 10])
    );
  end

  logic [7:0] range_lps;
  logic [2:0] shift_lps;
  logic [8:0] range_mps;
  logic [9:0] room_mps;

  always_comb begin
    case (cod_i_range[7:6])
      2'd0: {range_lps, shift_lps, range_mps, room_mps}
          = {ranges_lps[7:0], shifts_lps[2:0], ranges_mps[8:0], rooms_mps[9:0]};
      2'd1: {range_lps, shift_lps, range_mps, room_mps}
          = {ranges_lps[15:8], shifts_lps[5:3], ranges_mps[17:9], rooms_mps[19:10]};
      2'd2: {range_lps, shift_lps, range_mps, room_mps}
          = {ranges_lps[23:16], shifts_lps[8:6], ranges_mps[26:18], rooms_mps[29:20]};
      2'd3: {range_lps, shift_lps, range_mps, room_mps}
          = {ranges_lps[31:24], shifts_lps[11:9], ranges_mps[35:27], rooms_mps[39:30]};
    endcase
  end

  // The more probable symbol, renormalised; a bypass bin of 1, and of 0; ALIGN.
  logic lps, doubled;
  logic [8:0] range_kept, room_kept;
  logic [9:0] room_one, room_zero, room_align;

  assign lps = room_mps[9];
  assign doubled = !range_mps[8];
  assign range_kept = doubled ? {range_mps[7:0], 1'b0} : range_mps;
  assign room_kept = doubled ? {room_mps[7:0], !next_bits[8]} : room_mps[8:0];
  assign room_one = {room, !next_bits[8]};
  assign room_zero = room_one - {1'b0, cod_i_range};
  assign room_align = {1'b0, room} + 10'd256 - {1'b0, cod_i_range};

  always_comb begin
    bin = 1'b0;
    cod_i_range_next = cod_i_range;
    room_next = room;
    taken = 4'd0;
    refused = 1'b0;
    case (kind)
      cabac_pkg::CONTEXT: begin
        bin = model.val_mps ^ lps;
        cod_i_range_next = lps ? {1'b0, range_lps} << shift_lps : range_kept;
        room_next = lps ? 9'(({room, ~next_bits[8:3]} << shift_lps) >> 6) : room_kept;
        taken = {1'b0, lps ? shift_lps : {2'd0, doubled}};
      end
      cabac_pkg::BYPASS: begin
        bin = room_zero[9];
        room_next = bin ? room_one[8:0] : room_zero[8:0];
        taken = 4'd1;
      end
      cabac_pkg::TERMINATE: begin
        bin = lps;
        cod_i_range_next = lps ? 9'd256 : range_kept;
        room_next = lps ? 9'd255 : room_kept;
        taken = {3'd0, !lps && doubled};
      end
      cabac_pkg::ALIGN: begin
        refused = room_align[9];
        cod_i_range_next = 9'd256;
        room_next = refused ? 9'd255 : room_align[8:0];
      end
      cabac_pkg::START: begin
        refused = next_bits[8:1] == 8'hff;
        cod_i_range_next = 9'd510;
        room_next = refused ? 9'd509 : 9'd509 - next_bits;
        taken = 4'd9;
      end
      default: ;
    endcase
  end
endmodule
`default_nettype wire
