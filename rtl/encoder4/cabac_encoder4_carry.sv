// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// Resolves carries. A word is held until the next one says whether a carry arrives. A word of all ones would pass the
// carry on, so it is only counted: `run` of them wait with the word before them.
//
//   held 12345678, run 2, then a word with a carry     ->  12345679, 00000000, 00000000; that word is held
//   held 12345678, run 2, then a word without a carry  ->  12345678, ffffffff, ffffffff; that word is held
//
// The last word of an engine run waits for nothing, since no carry comes from the next engine run.
module cabac_encoder4_carry (
    input  wire logic        clk,
    input  wire logic        clear,
    input  wire logic        in_valid,
    output logic             in_ready,
    input  wire logic [35:0] in,
    output logic             out_valid,
    input  wire logic        out_ready,
    output logic [3:0]       out_count,
    output logic [31:0]      out_data,   // the first byte in the lowest bits
    output logic             out_last,
    // Registers
    output logic             held_valid,
    output logic [34:0]      held,
    output logic [31:0]      run,
    output logic             running
);
  cabac_encoder4_pkg::word_t next;
  logic kept_last;
  logic [1:0] kept_more;
  logic [31:0] kept_word;
  logic arrives, passes_on, decided, moves, ends_run;
  logic [31:0] shown;

  assign next = in;
  assign {kept_last, kept_more, kept_word} = held;

  assign arrives = in_valid && next.carry;
  assign passes_on = next.word == 32'hffffffff && !next.last && !next.carry;
  assign decided = held_valid && (kept_last || (in_valid && !passes_on));

  // `running`: the held word has gone, and the run follows.
  assign out_valid = running || decided;
  assign out_count = running ? 4'd4 : {2'd0, kept_more} + 4'd1;
  assign out_last = !running && kept_last;
  assign shown = running ? {32{!arrives}} : kept_word + {31'd0, !kept_last && arrives};
  assign out_data = {shown[7:0], shown[15:8], shown[23:16], shown[31:24]};

  assign moves = out_valid && out_ready;
  assign ends_run = running ? run == 32'd1 : run == 32'd0;
  assign in_ready = in_valid && (held_valid && !decided || !held_valid && !running || moves && ends_run);

  always_ff @(posedge clk) begin
    if (clear) begin
      held_valid <= 1'b0;
      held <= 35'd0;
      run <= 32'd0;
      running <= 1'b0;
    end else begin
      if (moves) begin
        held_valid <= 1'b0;
        running <= !ends_run;
        run <= running ? run - 32'd1 : run;
      end
      if (in_ready) begin
        if (held_valid && !decided) run <= run + 32'd1;
        else begin
          held_valid <= 1'b1;
          held <= {next.last, next.more, next.word};
        end
      end
    end
  end
endmodule
`default_nettype wire
