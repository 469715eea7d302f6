// SPDX-License-Identifier: MIT OR Apache-2.0

// CABAC encoder for HEVC Main. `start` begins a slice: the contexts are initialised, which takes 308 clocks. Then
// bins are taken, one a clock as long as they write few bits, and PCM bytes behind a terminate bin of 1.
module hevc_encoder #(
    parameter FAULT = 0
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        start,
    output wire        start_ready,
    input  wire [1:0]  slice_type,        // 0 B, 1 P, 2 I
    input  wire [7:0]  slice_qp,          // SliceQpY
    input  wire        cabac_init_flag,

    input  wire        bin_valid,
    output wire        bin_ready,
    input  wire [1:0]  bin_type,          // 0 context coded, 1 bypass, 2 terminate
    input  wire [7:0]  bin_ctx,           // 0 to 153
    input  wire        bin_value,

    input  wire        pcm_valid,
    output wire        pcm_ready,
    input  wire [7:0]  pcm_byte,

    output wire        byte_valid,
    input  wire        byte_ready,
    output wire [7:0]  byte_data,
    output wire        byte_last
);
  wire        filling;
  wire [6:0]  model, model_next;
  wire [19:0] sym;
  wire [3:0]  sym_count;
  wire        flush;

  // Symbols that wait for the writer
  reg         slot_valid, slot_flush;
  reg [19:0]  slot_sym;
  reg [3:0]   slot_count;
  wire        slot_taken;

  wire take      = bin_valid && bin_ready;
  wire writer_pcm_ready;
  assign bin_ready   = !filling && (!slot_valid || slot_taken);
  assign start_ready = !filling;
  assign pcm_ready   = writer_pcm_ready && !filling;

  hevc_ctx_ram #(.FAULT(FAULT)) contexts (
      .clk(clk), .rst(rst), .start(start && start_ready), .slice_type(slice_type), .slice_qp(slice_qp),
      .cabac_init_flag(cabac_init_flag), .busy(filling),
      .rd_ctx(bin_ctx), .rd_model(model), .wr_en(take && bin_type == 2'd0), .wr_model(model_next)
  );

  hevc_bin_coder coder (
      .clk(clk), .rst(rst), .en(take), .bin_type(bin_type), .bin(bin_value), .model(model), .model_next(model_next),
      .sym(sym), .sym_count(sym_count), .flush(flush)
  );

  always @(posedge clk) begin
    if (slot_taken)
      slot_valid <= 1'b0;
    if (take && sym_count != 4'd0) begin
      slot_valid <= 1'b1;
      slot_sym   <= sym;
      slot_count <= sym_count;
      slot_flush <= flush;
    end
    if (rst)
      slot_valid <= 1'b0;
  end

  wire writer_ready;
  assign slot_taken = slot_valid && writer_ready;

  hevc_bit_writer #(.FAULT(FAULT)) writer (
      .clk(clk), .rst(rst),
      .sym_valid(slot_valid), .sym_ready(writer_ready), .sym(slot_sym), .sym_count(slot_count),
      .sym_flush(slot_flush),
      .pcm_valid(pcm_valid && !filling), .pcm_ready(writer_pcm_ready), .pcm_byte(pcm_byte),
      .byte_valid(byte_valid), .byte_ready(byte_ready), .byte_data(byte_data), .byte_last(byte_last)
  );
endmodule
