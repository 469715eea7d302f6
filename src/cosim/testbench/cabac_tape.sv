// SPDX-License-Identifier: MIT OR Apache-2.0
// A list of words of 15 bits, read from a file in which what repeats is written once.
//
// The file has words of 16 bits, each with its high byte first. One whose highest bit is 0 is the next word; any other copies
// some that came before: bits [10:0] say how far before, less 1, and [14:11] how many, less 2. If these are 15, there are as many
// more as the next word says in its bits [14:0], and if its highest bit is 1, the one after it in the bits above those. A copy may
// overlap what it makes, so that a pattern and a copy are as many patterns as one likes.
module cabac_tape #(
    parameter FILE  = "",
    parameter WORDS = 1
);
  reg [15:0] words[0:WORDS-1];
  // The last words that were read.
  reg [14:0] window[0:2047];
  integer at, count, copied, distance;
  reg [15:0] next;

  integer file;
  initial begin
    file = $fopen(FILE, "rb");
    if (file == 0) $display("%0s cannot be opened: the simulation has to run where the files of the testbench are", FILE);
    if (file == 0 || $fread(words, file) != 2 * WORDS) $fatal(1, "a file is missing or damaged");
    $fclose(file);
  end

  task fetch;
    begin
      next = words[at];
      at = at + 1;
    end
  endtask

  // Reading goes on at this word of the file, which copies nothing from before it.
  task seek(input integer start);
    begin
      at = start;
      {count, copied} = 0;
    end
  endtask

  task read(output [14:0] word);
    begin
      if (copied == 0) begin
        fetch;
        if (next[15]) begin
          distance = next[10:0] + 1;
          copied = next[14:11] + 2;
          if (next[14:11] == 4'd15) begin
            fetch;
            copied = copied + next[14:0];
            if (next[15]) begin
              fetch;
              copied = copied + (next << 15);
            end
          end
        end
      end
      if (copied > 0) begin
        word = window[(count-distance)&2047];
        copied = copied - 1;
      end else word = next[14:0];
      window[count&2047] = word;
      count = count + 1;
    end
  endtask
endmodule
