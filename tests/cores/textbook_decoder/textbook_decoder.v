// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// A decoder as textbooks have it, in the socket of docs/socket.md: the flowcharts of the standard as a machine of
// seven states, one request at a time and one bit a clock. It keeps the 1,024 context variables that LOAD sets, and
// tells errors as docs/architecture.md says, where the standard is silent.
module textbook_decoder (
    input  wire        clk,
    input  wire        rst,
    input  wire        req_valid,
    output wire        req_ready,
    input  wire [3:0]  req_count,
    input  wire [2:0]  req_kind,
    input  wire [9:0]  req_ctx_idx,
    input  wire [6:0]  req_model,
    input  wire        slice_codec,
    input  wire [1:0]  slice_type,
    input  wire [7:0]  slice_qp,
    input  wire [1:0]  slice_index,
    input  wire        in_valid,
    output wire        in_ready,
    input  wire [7:0]  in_data,
    input  wire        in_last,
    output wire        rsp_valid,
    input  wire        rsp_ready,
    output wire [3:0]  rsp_count,
    output wire        rsp_bin,
    output wire [7:0]  rsp_data,
    output wire [1:0]  rsp_error,
    output wire [31:0] rsp_bits
);
  localparam IDLE = 3'd0, INIT = 3'd1, DECIDE = 3'd2, RENORM = 3'd3, DOUBLE = 3'd4, BYTE = 3'd5, ANSWER = 3'd6;
  localparam CONTEXT = 3'd0, BYPASS = 3'd1, TERMINATE = 3'd2, ALIGN = 3'd3, RAW = 3'd4, LOAD = 3'd5, START = 3'd6,
             SLICE = 3'd7;
  localparam NONE = 2'd0, FORBIDDEN = 2'd1, MISALIGNED = 2'd2, EXHAUSTED = 2'd3;

  reg [2:0] state;
  reg [2:0] kind;
  reg [9:0] ctx_idx;
  reg [6:0] model;                // of the request, {valMPS, pStateIdx}
  reg [8:0] range, offset;
  reg [3:0] todo;                 // bits that INIT or BYTE still reads
  reg       bin;
  reg [7:0] data;
  reg [1:0] error;

  reg [6:0] memory [0:1023];

  wire dropping;
  assign req_ready = state == IDLE && !dropping;
  wire accept = req_valid && req_ready;

  // Bits of the slice
  wire want = ((state == INIT || state == BYTE) && todo != 4'd0) || (state == RENORM && !range[8]) || state == DOUBLE;
  wire got, value, beyond;
  td_reader reader (
      .clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .in_last(in_last),
      .begin_slice(accept && req_kind == SLICE), .dropping(dropping),
      .to_byte(accept && (req_kind == RAW || req_kind == START)),
      .want(want), .got(got), .value(value), .beyond(beyond), .position(rsp_bits)
  );

  // The interval
  wire [7:0] range_lps;
  wire [5:0] next_lps, next_mps;
  td_tables tables (.p_state_idx(model[5:0]), .q_cod_i_range_idx(range[7:6]), .range_lps(range_lps),
                    .trans_idx_lps(next_lps), .trans_idx_mps(next_mps));

  wire [8:0] range_mps = range - (kind == CONTEXT ? {1'b0, range_lps} : 9'd2);
  wire       upper     = offset >= range_mps;
  wire [9:0] doubled   = {offset, value};
  wire [9:0] reduced   = doubled - {1'b0, range};

  assign rsp_valid = state == ANSWER;
  assign rsp_count = 4'd1;
  assign rsp_bin   = bin;
  assign rsp_data  = data;
  assign rsp_error = error;

  // The first error of a slice stays.
  task raise(input [1:0] what);
    if (error == NONE) error <= what;
  endtask

  always @(posedge clk) begin
    if (rst) begin
      {state, error, range, offset} <= {IDLE, NONE, 9'd510, 9'd0};
    end else begin
      case (state)
        IDLE: if (accept) begin
          {kind, ctx_idx} <= {req_kind, req_ctx_idx};
          model <= memory[req_ctx_idx];
          case (req_kind)
            CONTEXT, TERMINATE: state <= DECIDE;
            BYPASS: state <= DOUBLE;
            ALIGN: begin
              range <= 9'd256;
              if (offset[8]) begin
                offset <= 9'd0;
                raise(MISALIGNED);
              end
            end
            RAW: {state, todo} <= {BYTE, 4'd8};
            LOAD: memory[req_ctx_idx] <= req_model;
            START: {state, todo, range} <= {INIT, 4'd9, 9'd510};
            SLICE: error <= NONE;
          endcase
        end
        INIT: if (todo == 4'd0) begin
          state <= IDLE;
          if (offset >= 9'd510) begin
            offset <= 9'd0;
            raise(FORBIDDEN);
          end
        end else if (got) begin
          {offset, todo} <= {offset[7:0], value, todo - 4'd1};
        end
        DECIDE: begin
          state <= RENORM;
          range <= range_mps;
          if (kind == TERMINATE) begin
            bin <= upper;
            if (upper) {state, range, offset} <= {ANSWER, 9'd256, 9'd0};
          end else if (upper) begin
            bin <= !model[6];
            {range, offset} <= {1'b0, range_lps, offset - range_mps};
            memory[ctx_idx] <= {model[6] ^ (model[5:0] == 6'd0), next_lps};
          end else begin
            bin <= model[6];
            memory[ctx_idx] <= {model[6], next_mps};
          end
        end
        RENORM: if (range[8]) state <= ANSWER;
        else if (got) {range, offset} <= {range[7:0], 1'b0, offset[7:0], value};
        DOUBLE: if (got) begin
          bin <= !reduced[9];
          offset <= reduced[9] ? doubled[8:0] : reduced[8:0];
          state <= ANSWER;
        end
        BYTE: if (todo == 4'd0) state <= ANSWER;
        else if (got) {data, todo} <= {data[6:0], value, todo - 4'd1};
        ANSWER: if (rsp_ready) state <= IDLE;
        default: state <= IDLE;
      endcase
      if (beyond) raise(EXHAUSTED);
    end
  end

  wire unused = &{req_count, slice_codec, slice_type, slice_qp, slice_index, 1'b0};
endmodule
`default_nettype wire
