// SPDX-License-Identifier: MIT OR Apache-2.0

// From symbols to bytes, a bit a clock. Undecided bits are counted; the bit that decides them is written, and behind it
// so many of its opposite. The first bit of the engine is left out. Bytes go through a FIFO.
module hevc_bit_writer #(
    parameter FAULT = 0          // 1: the counter has six bits
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        sym_valid,
    output wire        sym_ready,
    input  wire [19:0] sym,
    input  wire [3:0]  sym_count,
    input  wire        sym_flush,      // the last symbol is the stop bit; zeros follow up to the next byte

    input  wire        pcm_valid,
    output wire        pcm_ready,
    input  wire [7:0]  pcm_byte,

    output wire        byte_valid,
    input  wire        byte_ready,
    output wire [7:0]  byte_data,
    output wire        byte_last
);
  localparam CNT_W = FAULT == 1 ? 6 : 20;

  reg [19:0]      queue;
  reg [3:0]       left;
  reg             flushing, padding;
  reg             first;
  reg [CNT_W-1:0] waiting;
  reg             unwinding, opposite;
  reg [6:0]       part;
  reg [2:0]       part_bits;

  // FIFO of eight bytes, with their mark
  reg [8:0]  fifo [0:7];
  reg [3:0]  wr_ptr, rd_ptr;
  wire       full  = wr_ptr == {!rd_ptr[3], rd_ptr[2:0]};
  wire       empty = wr_ptr == rd_ptr;
  assign byte_valid = !empty;
  assign {byte_last, byte_data} = fifo[rd_ptr[2:0]];

  wire       idle  = left == 4'd0 && !unwinding && !padding;
  assign sym_ready = idle;
  assign pcm_ready = idle && !sym_valid && !full;

  // What this clock writes: one bit at most.
  wire [1:0] head   = queue[19:18];
  wire       takes  = !full && !unwinding && left != 4'd0;
  wire       is_stop = takes && flushing && left == 4'd1;
  wire       writes = !full && (unwinding || (takes && !head[1] && !first) || (padding && !unwinding));
  wire       value  = unwinding ? opposite : (padding ? 1'b0 : head[0]);
  wire       completes = writes && part_bits == 3'd7;

  always @(posedge clk) begin
    if (sym_valid && sym_ready) begin
      queue    <= sym;
      left     <= sym_count;
      flushing <= sym_flush;
    end

    if (takes) begin
      queue <= {queue[17:0], 2'd0};
      left  <= left - 4'd1;
      if (head[1])
        waiting <= waiting + 1'b1;
      else begin
        first     <= 1'b0;
        opposite  <= !head[0];
        unwinding <= waiting != 0;
      end
      if (is_stop) begin
        padding <= !completes;
        first   <= 1'b1;
      end
    end
    if (unwinding && !full) begin
      waiting   <= waiting - 1'b1;
      unwinding <= waiting != 1;
    end

    if (writes) begin
      part      <= {part[5:0], value};
      part_bits <= part_bits + 3'd1;
      if (completes) begin
        fifo[wr_ptr[2:0]] <= {padding || is_stop, part, value};
        wr_ptr            <= wr_ptr + 4'd1;
        padding           <= 1'b0;
      end
    end else if (pcm_valid && pcm_ready) begin
      fifo[wr_ptr[2:0]] <= {1'b0, pcm_byte};
      wr_ptr            <= wr_ptr + 4'd1;
    end
    if (byte_valid && byte_ready)
      rd_ptr <= rd_ptr + 4'd1;

    if (rst) begin
      left      <= 4'd0;
      padding   <= 1'b0;
      unwinding <= 1'b0;
      waiting   <= {CNT_W{1'b0}};
      first     <= 1'b1;
      part_bits <= 3'd0;
      wr_ptr    <= 4'd0;
      rd_ptr    <= 4'd0;
    end
  end
endmodule
