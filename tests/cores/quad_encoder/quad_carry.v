// SPDX-License-Identifier: MIT OR Apache-2.0

// The end of the encoder: whole bytes come in, with a carry for what came before them, and go out once no carry can
// reach them any more. `hold` is the newest byte that is not 0xFF, `run` how many 0xFFs stand behind it.
module quad_carry (
    input  wire        clk,
    input  wire        rst,

    input  wire        in_valid,
    output wire        in_ready,
    input  wire [2:0]  in_bytes,       // 1 to 5
    input  wire [40:0] in_whole,       // the carry, then the bytes; the last one lowest
    input  wire        in_final,       // the engine ends with these
    input  wire        in_pcm,

    output wire        out_valid,
    input  wire        out_ready,
    output reg  [3:0]  out_count,
    output reg  [63:0] out_data,
    output wire        out_last
);
  reg        hold_valid;
  reg [7:0]  hold;
  reg [19:0] run;

  // What is on its way out: a byte, so many equal ones, and up to five others.
  reg        head_valid;
  reg [7:0]  head;
  reg [19:0] same;
  reg [7:0]  same_byte;
  reg [39:0] tail;                     // the first byte lowest
  reg [2:0]  tail_count;
  reg        tail_last;
  reg        busy;

  // The bytes in their order, and the last of them that stops a carry.
  reg  [7:0] b [0:4];
  reg        carry, found;
  reg  [2:0] stop;
  integer    k;
  always @* begin
    carry = in_whole[8*in_bytes] && !in_pcm;
    found = 1'b0;
    stop  = 3'd0;
    for (k = 0; k < 5; k = k + 1) begin
      b[k] = 8'd0;
      if (k < in_bytes) begin
        b[k] = in_whole[8*({29'd0, in_bytes} - 1 - k) +: 8];
        if (b[k] != 8'hff || (k == 0 && !hold_valid)) begin
          found = 1'b1;
          stop  = k[2:0];
        end
      end
    end
  end

  wire [7:0] hold_carried = hold + {7'd0, carry};
  wire       through      = in_final || in_pcm;
  wire       take         = in_valid && in_ready;

  // How much of it goes out now.
  wire [3:0]  room       = head_valid ? 4'd7 : 4'd8;
  wire [3:0]  same_now   = same > {16'd0, room} ? room : same[3:0];
  wire [19:0] same_after = same - {16'd0, same_now};
  wire        with_tail  = same == 20'd0;
  wire        emptied    = with_tail || (same_after == 20'd0 && tail_count == 3'd0);

  assign out_valid = busy;
  assign out_last  = tail_last && with_tail;
  assign in_ready  = !busy || (out_ready && emptied);

  reg [63:0] body;
  always @* begin
    body      = with_tail ? {24'd0, tail} : {8{same_byte}};
    out_data  = head_valid ? {body[55:0], head} : body;
    out_count = {3'd0, head_valid} + (with_tail ? {1'b0, tail_count} : same_now);
  end

  always @(posedge clk) begin
    if (busy && out_ready) begin
      head_valid <= 1'b0;
      same       <= same_after;
      busy       <= !emptied;
    end
    if (take) begin
      head       <= hold_carried;
      head_valid <= hold_valid;
      same       <= run;
      same_byte  <= carry ? 8'h00 : 8'hff;
      tail       <= {b[4], b[3], b[2], b[1], b[0]};
      tail_last  <= in_final;
      if (through) begin
        tail_count <= in_bytes;
        hold_valid <= 1'b0;
        run        <= 20'd0;
        busy       <= 1'b1;
      end else if (found) begin
        tail_count <= stop;
        hold       <= b[stop];
        hold_valid <= 1'b1;
        run        <= {17'd0, in_bytes - 3'd1 - stop};
        busy       <= hold_valid || stop != 3'd0;
      end else begin
        // Nothing but 0xFF came. A carry ends the run before it; its last byte is held in place of the first.
        tail_count <= 3'd0;
        busy       <= 1'b0;
        if (!carry) begin
          run <= run + {17'd0, in_bytes};
        end else begin
          run <= {17'd0, in_bytes};
          if (run == 20'd0) begin
            hold <= hold_carried;
          end else begin
            hold <= 8'h00;
            same <= run - 20'd1;
            busy <= 1'b1;
          end
        end
      end
    end
    if (rst) begin
      busy       <= 1'b0;
      hold_valid <= 1'b0;
      run        <= 20'd0;
      head_valid <= 1'b0;
      same       <= 20'd0;
    end
  end
endmodule
