// SPDX-License-Identifier: MIT OR Apache-2.0

// The context variables of a slice. `start` fills all of them from the slice header, two clocks each; after that a
// context is read in the clock in which it is asked for, and written behind it.
module hevc_ctx_ram #(
    parameter FAULT = 0          // 2: cabac_init_flag means nothing to B slices
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              start,
    input  wire [1:0]        slice_type,       // as in the slice header: 0 B, 1 P, 2 I
    input  wire signed [7:0] slice_qp,
    input  wire              cabac_init_flag,
    output wire              busy,

    input  wire [7:0]        rd_ctx,
    output wire [6:0]        rd_model,         // {pStateIdx, valMps}
    input  wire              wr_en,
    input  wire [6:0]        wr_model
);
  localparam NUM_CTX = 154;

  reg [6:0] mem [0:NUM_CTX-1];
  assign rd_model = mem[rd_ctx];

  reg        filling, phase;
  reg [7:0]  ctx;
  reg [1:0]  init_type;
  reg [5:0]  qp;
  wire [7:0] init_value;
  assign busy = filling;

  hevc_ctx_rom rom (.clk(clk), .ctx(ctx), .init_type(init_type), .init_value(init_value));

  // 9.3.2.2
  wire signed [7:0]  slope  = $signed({4'd0, init_value[7:4]}) * 8'sd5 - 8'sd45;
  wire signed [14:0] offset = $signed({8'd0, init_value[3:0], 3'd0}) - 15'sd16;
  wire signed [14:0] scaled = slope * $signed({1'b0, qp});
  wire signed [14:0] sum    = (scaled >>> 4) + offset;
  wire [6:0]         pre    = sum < 1 ? 7'd1 : sum > 126 ? 7'd126 : sum[6:0];
  wire [6:0]         fresh  = pre[6] ? {pre[5:0], 1'b1} : {6'd63 - pre[5:0], 1'b0};

  always @(posedge clk) begin
    if (rst) begin
      filling <= 1'b0;
    end else if (start) begin
      filling <= 1'b1;
      phase   <= 1'b0;
      ctx     <= 8'd0;
      qp      <= slice_qp < 0 ? 6'd0 : slice_qp > 51 ? 6'd51 : slice_qp[5:0];
      case (slice_type)
        2'd0:    init_type <= (cabac_init_flag && FAULT != 2) ? 2'd1 : 2'd2;
        2'd1:    init_type <= cabac_init_flag ? 2'd2 : 2'd1;
        default: init_type <= 2'd0;
      endcase
    end else if (filling) begin
      phase <= !phase;
      if (phase) begin
        mem[ctx] <= fresh;
        ctx      <= ctx + 8'd1;
        if (ctx == NUM_CTX - 1)
          filling <= 1'b0;
      end
    end else if (wr_en) begin
      mem[rd_ctx] <= wr_model;
    end
  end
endmodule
