// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// An encoder as textbooks have it, in the socket of docs/socket.md: the flowcharts of the standard as a machine of
// nine states, one bit a clock. It keeps no contexts. Three parameters make it wrong in ways in which real cores
// have been.
module textbook_encoder #(
    parameter LANES = 1,              // requests at once
    parameter COUNTER = 32,           // bits of bitsOutstanding, which stays at its highest value
    parameter ROOM = 0,               // takes no bin while so many bits are outstanding; 0: always takes one
    parameter FIRST_LANES = LANES     // lanes in which the first bit of a life is not written
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  req_valid,
    output wire                  req_ready,
    input  wire [3:0]            req_count,
    input  wire [3*LANES-1:0]    req_kind,
    input  wire [LANES-1:0]      req_bin,
    input  wire [10*LANES-1:0]   req_ctx_idx,
    input  wire [7*LANES-1:0]    req_model,
    input  wire [7:0]            req_data,
    input  wire                  slice_codec,
    input  wire [1:0]            slice_type,
    input  wire [7:0]            slice_qp,
    input  wire [1:0]            slice_index,
    output wire                  out_valid,
    input  wire                  out_ready,
    output wire [3:0]            out_count,
    output wire [7:0]            out_data,
    output wire                  out_last
);
  localparam IDLE = 0, LANE = 1, RENORM = 2, PUT = 3, BIT = 4, STOP = 5, PAD = 6;
  localparam CONTEXT = 3'd0, BYPASS = 3'd1, TERMINATE = 3'd2, ALIGN = 3'd3, RAW = 3'd4;

  reg [2:0] state;
  reg [3:0] count, lane;
  reg [3*LANES-1:0] kinds;
  reg [LANES-1:0] values;
  reg [7*LANES-1:0] models;
  reg [9:0] low;
  reg [8:0] range;
  reg first, flush, head, head_written;
  reg [COUNTER-1:0] outstanding;
  reg [7:0] bits;
  reg [3:0] fill;
  reg last;

  wire [2:0] kind = kinds[2:0];
  wire [7:0] range_lps;
  wire [2:0] shift;
  cabac_range_table range_table (.p_state_idx(models[5:0]), .q_cod_i_range_idx(range[7:6]),
                                 .cod_i_range_lps(range_lps), .shift(shift));

  wire lps = values[0] != models[6];
  wire [8:0] range_low = range - (kind == CONTEXT ? {1'b0, range_lps} : 9'd2);
  wire [10:0] doubled = {low, 1'b0} + (values[0] ? {2'd0, range} : 11'd0);

  wire full = fill == 4'd8;
  assign req_ready = state == IDLE && !full && (ROOM == 0 || outstanding < ROOM);
  assign out_count = 4'd1;
  assign out_valid = full;
  assign out_data = bits;
  assign out_last = last;

  // PutBit is entered with the bit in `value`.
  task put(input value);
    begin
      head <= value;
      head_written <= first && lane < FIRST_LANES;
      first <= 1'b0;
      state <= PUT;
    end
  endtask

  task outstand;
    outstanding <= outstanding == {COUNTER{1'b1}} ? outstanding : outstanding + 1'b1;
  endtask

  task write(input value);
    begin
      bits <= {bits[6:0], value};
      fill <= fill + 4'd1;
    end
  endtask

  task next_lane;
    begin
      kinds <= kinds >> 3;
      values <= values >> 1;
      models <= models >> 7;
      lane <= lane + 4'd1;
      state <= lane + 4'd1 == count ? IDLE : LANE;
    end
  endtask

  always @(posedge clk) begin
    if (rst) begin
      state <= IDLE;
      {low, range, first, flush, outstanding, fill, last} <= {10'd0, 9'd510, 2'b10, {COUNTER{1'b0}}, 4'd0, 1'b0};
    end else if (full) begin
      if (out_ready) {fill, last} <= 0;
    end else case (state)
      IDLE: if (req_valid && req_ready) begin
        {kinds, values, models, count, lane} <= {req_kind, req_bin, req_model, req_count, 4'd0};
        state <= LANE;
        if (req_kind[2:0] == RAW) begin
          {bits, fill} <= {req_data, 4'd8};
          state <= IDLE;
        end
      end
      LANE: begin
        state <= RENORM;
        case (kind)
          CONTEXT: begin
            range <= lps ? {1'b0, range_lps} : range_low;
            low <= lps ? low + range_low : low;
          end
          TERMINATE: begin
            range <= values[0] ? 9'd2 : range_low;
            low <= values[0] ? low + range_low : low;
            flush <= values[0];
          end
          BYPASS: begin
            low <= doubled[9:0] - (doubled[10] || doubled < 11'd512 ? 10'd0 : 10'd512);
            if (doubled[10] || doubled < 11'd512) put(doubled[10]);
            else outstand;
          end
          ALIGN: range <= 9'd256;
          default: ;
        endcase
      end
      RENORM: if (range < 9'd256) begin
        range <= range << 1;
        low <= {low[8:0], 1'b0} - (low[9] == low[8] || low[9] ? 10'd0 : 10'd512);
        if (low[9] || !low[8]) put(low[9]);
        else outstand;
      end else if (flush) begin
        put(low[9]);
        {flush, range} <= {1'b0, 9'd0};
      end else next_lane;
      PUT: if (!head_written) begin
        write(head);
        head_written <= 1'b1;
      end else if (outstanding != 0) begin
        write(!head);
        outstanding <= outstanding - 1'b1;
      end else state <= range == 9'd0 ? BIT : RENORM;
      BIT: begin
        write(low[8]);
        state <= STOP;
      end
      STOP: begin
        write(1'b1);
        last <= 1'b1;
        state <= PAD;
      end
      PAD: if (last) write(1'b0);
      else begin
        {low, range, first} <= {10'd0, 9'd510, 1'b1};
        next_lane;
      end
      default: state <= IDLE;
    endcase
  end

  wire unused = &{req_ctx_idx, slice_codec, slice_type, slice_qp, slice_index, shift, 1'b0};
endmodule
`default_nettype wire
