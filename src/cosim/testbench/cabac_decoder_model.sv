// SPDX-License-Identifier: MIT OR Apache-2.0
// The decoder that the standard draws (H.264 clauses 9.3.1.2 and 9.3.3.2), and the answers that a core owes by now.
module cabac_decoder_model #(
    parameter LOADS      = 1,
    parameter BYTES_FILE = "",
    parameter WORDS      = 1,
    // For how many answers there is room, as a power of two.
    parameter QUEUE_BITS = 16
);
`include "cabac_requests.vh"
`include "cabac_contexts.vh"

  localparam FORBIDDEN = 2'd1, MISALIGNED = 2'd2, EXHAUSTED = 2'd3;

  cabac_tape #(.FILE(BYTES_FILE), .WORDS(WORDS)) tape ();

  reg [8:0] cod_i_range;
  reg [9:0] cod_i_offset;
  // The first error of the slice; it is shown from the first START on.
  reg [1:0] first_error;
  reg started;
  reg [7:0] bits;
  integer bytes_left;
  reg [31:0] position;

  // Answers that are due, from `head` up to `tail`: the bin or the raw byte, whether it is one, the error, the bits that have been
  // read, the request, its number in its vector, and the vector's place in the play.
  reg [7:0] due[0:(1<<QUEUE_BITS)-1];
  reg due_raw[0:(1<<QUEUE_BITS)-1];
  // All that it has to say is that there is an error.
  reg due_is_undefined[0:(1<<QUEUE_BITS)-1];
  reg [1:0] due_error[0:(1<<QUEUE_BITS)-1];
  reg [31:0] due_bits[0:(1<<QUEUE_BITS)-1];
  integer due_request[0:(1<<QUEUE_BITS)-1];
  integer due_index[0:(1<<QUEUE_BITS)-1];
  integer due_place[0:(1<<QUEUE_BITS)-1];
  integer head, tail, request, index, place;
  // What the answers of the vector come to.
  reg [31:0] digest;

  // What a core shows of errors.
  function [1:0] shown_error(input unused);
    shown_error = started ? first_error : 2'd0;
  endfunction

  task answer(input [7:0] value, input is_raw);
    begin
      due[tail&((1<<QUEUE_BITS)-1)] = value;
      due_raw[tail&((1<<QUEUE_BITS)-1)] = is_raw;
      due_error[tail&((1<<QUEUE_BITS)-1)] = shown_error(1'b0);
      due_is_undefined[tail&((1<<QUEUE_BITS)-1)] = 1'b0;
      due_bits[tail&((1<<QUEUE_BITS)-1)] = position;
      due_request[tail&((1<<QUEUE_BITS)-1)] = request;
      due_index[tail&((1<<QUEUE_BITS)-1)] = index;
      due_place[tail&((1<<QUEUE_BITS)-1)] = place;
      tail = tail + 1;
      digest = (digest ^ {24'd0, value}) * 32'd16777619;
      digest = (digest ^ position ^ {shown_error(1'b0), 30'd0}) * 32'd16777619;
    end
  endtask

  task meet(input [1:0] error);
    if (first_error == 2'd0) first_error = error;
  endtask

  reg [14:0] word;
  reg read;

  // read_bits(1); zero after the last byte.
  task read_bit;
    begin
      if (position[2:0] == 3'd0) begin
        bits = 8'd0;
        if (bytes_left > 0) begin
          tape.read(word);
          bits = word[7:0];
        end
        bytes_left = bytes_left - 1;
      end
      if (bytes_left < 0) meet(EXHAUSTED);
      read = bits[7];
      bits = bits << 1;
      position = position + 32'd1;
    end
  endtask

  task align_position;
    position = (position + 32'd7) & ~32'd7;
  endtask

  task renorm;
    begin
      while (cod_i_range < 9'd256) begin
        read_bit;
        cod_i_range = cod_i_range << 1;
        cod_i_offset = {cod_i_offset[8:0], read};
      end
    end
  endtask

  task initialise;
    begin
      align_position;
      cod_i_range = 9'd510;
      cod_i_offset = 0;
      repeat (9) begin
        read_bit;
        cod_i_offset = {cod_i_offset[8:0], read};
      end
      if (cod_i_offset >= 10'd510) begin
        meet(FORBIDDEN);
        cod_i_offset = 0;
      end
    end
  endtask

  task decode_decision(input [9:0] ctx_idx);
    reg [8:0] cod_i_range_lps;
    reg value;
    begin
      cod_i_range_lps = range_lps(contexts[ctx_idx][5:0], cod_i_range[7:6]);
      cod_i_range = cod_i_range - cod_i_range_lps;
      value = contexts[ctx_idx][6];
      if (cod_i_offset >= {1'b0, cod_i_range}) begin
        cod_i_offset = cod_i_offset - {1'b0, cod_i_range};
        cod_i_range = cod_i_range_lps;
        value = !value;
      end
      contexts[ctx_idx] = next_model(contexts[ctx_idx], value);
      renorm;
      answer({7'd0, value}, 1'b0);
    end
  endtask

  task decode_bypass;
    reg value;
    begin
      read_bit;
      cod_i_offset = {cod_i_offset[8:0], read};
      value = cod_i_offset >= {1'b0, cod_i_range};
      if (value) cod_i_offset = cod_i_offset - {1'b0, cod_i_range};
      answer({7'd0, value}, 1'b0);
    end
  endtask

  // After a bin of 1 the standard has no state; Silicabac has this.
  task decode_terminate;
    reg value;
    begin
      cod_i_range = cod_i_range - 9'd2;
      value = cod_i_offset >= {1'b0, cod_i_range};
      if (value) begin
        cod_i_range = 9'd256;
        cod_i_offset = 0;
      end else renorm;
      answer({7'd0, value}, 1'b0);
    end
  endtask

  task read_raw;
    reg [7:0] value;
    begin
      align_position;
      repeat (8) begin
        read_bit;
        value = {value[6:0], read};
      end
      answer(value, 1'b1);
    end
  endtask

  task align;
    begin
      cod_i_range = 9'd256;
      if (cod_i_offset >= 10'd256) begin
        meet(MISALIGNED);
        cod_i_offset = 0;
      end
    end
  endtask

  // A request of this number, and of this one in its vector, is made; `value` is the header of a SLICE, the model of a LOAD.
  task code(input integer number, input integer index_, input [2:0] kind, input [9:0] ctx_idx, input [14:0] value);
    begin
      request = number;
      index = index_;
      case (kind)
        CONTEXT: decode_decision(ctx_idx);
        BYPASS: decode_bypass;
        TERMINATE: decode_terminate;
        ALIGN: align;
        RAW: read_raw;
        LOAD: contexts[ctx_idx] = value[6:0];
        // The first engine has been started with the vector.
        START: begin
          if (started) initialise;
          started = 1'b1;
        end
        SLICE: if (LOADS == 0) initialise_contexts(value[12:0]);
        default: ;
      endcase
    end
  endtask

  // A vector begins at this place of the play. It has this number of bytes, from this word of the file on.
  task begin_vector(input integer place_, input integer start, input integer bytes);
    begin
      place = place_;
      bytes_left = bytes;
      tape.seek(start);
      digest = 32'd2166136261;
      {position, first_error, started} = 0;
      initialise;
    end
  endtask

  // The last answer is spoiled by an error of which the core says no more than that it is one.
  task spoil;
    due_is_undefined[(tail-1)&((1<<QUEUE_BITS)-1)] = 1'b1;
  endtask

  // Nothing is due any more.
  task forget;
    {head, tail} = 0;
  endtask
endmodule
