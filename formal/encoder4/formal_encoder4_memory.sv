// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The context memory of the encoder of four slots: one address, whichever, is read in every clock through each port and
// compared with a copy of what was last written there.
module formal_encoder4_memory (
    input wire logic        clk,
    input wire logic [3:0]  write_valid,
    input wire logic [39:0] write_addr,
    input wire logic [27:0] write_data
);
  (* anyconst *) logic [9:0] watched;
  logic was_reset, written;
  logic [3:0] right;
  logic [27:0] read_data;
  cabac_pkg::model_t newest;

  cabac_encoder4_contexts memory (
      .clk, .read_addr({4{watched}}), .read_data, .write_valid, .write_addr, .write_data
  );

  initial {was_reset, written} = 2'b00;
  always_ff @(posedge clk) begin
    was_reset <= 1'b1;
    for (int k = 0; k < 4; k++) begin
      if (write_valid[k] && write_addr[10*k +: 10] == watched) begin
        newest <= write_data[7*k +: 7];
        written <= 1'b1;
      end
    end
  end

  always_comb begin
    for (int k = 0; k < 4; k++) right[k] = read_data[7*k +: 7] == newest;
  end

  always_ff @(posedge clk) begin
    if (was_reset) begin
      memory_keeps: assert (!written || right[0]);
      memory_answers: assert (!written || right[3:1] == 3'b111);
    end
  end

  always_ff @(posedge clk) begin
    two_writes_meet: cover (was_reset && write_valid == 4'b1010 && write_addr[19:10] == watched && write_addr[39:30] == watched);
    write_is_read_later: cover (was_reset && written && newest != 7'd0 && $past(write_valid) == 4'd0);
  end
endmodule
`default_nettype wire
