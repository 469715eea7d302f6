// SPDX-License-Identifier: MIT OR Apache-2.0
// The encoder that the standard draws (H.264 clause 9.3.4), and the bytes that a core owes by now.
module cabac_encoder_model #(
    parameter LOADS      = 1,
    // For how many bytes there is room, as a power of two.
    parameter QUEUE_BITS = 10
);
`include "cabac_requests.vh"
`include "cabac_contexts.vh"

  reg [9:0] cod_i_low;
  reg [8:0] cod_i_range;
  reg first_bit_flag;
  integer bits_outstanding;
  // The bits of a byte that is not full.
  reg [7:0] bits;
  integer bit_count;

  // Bytes that are due, from `head` up to `tail`: the data, whether it is the last of an engine run, the request that decides it,
  // its number in its vector, and the vector's place in the play.
  reg [7:0] due[0:(1<<QUEUE_BITS)-1];
  reg due_last[0:(1<<QUEUE_BITS)-1];
  integer due_request[0:(1<<QUEUE_BITS)-1];
  integer due_place[0:(1<<QUEUE_BITS)-1];
  integer due_index[0:(1<<QUEUE_BITS)-1];
  integer head, tail, request, index, place;
  // What the bytes of the vector come to.
  reg [31:0] digest;

  task put_byte(input [7:0] data);
    begin
      due[tail&((1<<QUEUE_BITS)-1)] = data;
      due_last[tail&((1<<QUEUE_BITS)-1)] = 1'b0;
      due_request[tail&((1<<QUEUE_BITS)-1)] = request;
      due_place[tail&((1<<QUEUE_BITS)-1)] = place;
      due_index[tail&((1<<QUEUE_BITS)-1)] = index;
      tail = tail + 1;
      digest = (digest ^ {24'd0, data}) * 32'd16777619;
    end
  endtask

  task put(input value);
    begin
      bits = {bits[6:0], value};
      bit_count = bit_count + 1;
      if (bit_count == 8) begin
        put_byte(bits);
        bit_count = 0;
      end
    end
  endtask

  task put_bit(input value);
    begin
      if (first_bit_flag) first_bit_flag = 1'b0;
      else put(value);
      while (bits_outstanding > 0) begin
        put(!value);
        bits_outstanding = bits_outstanding - 1;
      end
    end
  endtask

  task renorm;
    begin
      while (cod_i_range < 9'd256) begin
        if (cod_i_low < 10'd256) put_bit(1'b0);
        else if (cod_i_low >= 10'd512) begin
          cod_i_low = cod_i_low - 10'd512;
          put_bit(1'b1);
        end else begin
          cod_i_low = cod_i_low - 10'd256;
          bits_outstanding = bits_outstanding + 1;
        end
        cod_i_range = cod_i_range << 1;
        cod_i_low = cod_i_low << 1;
      end
    end
  endtask

  task initialise;
    begin
      cod_i_low = 0;
      cod_i_range = 9'd510;
      first_bit_flag = 1'b1;
      bits_outstanding = 0;
    end
  endtask

  task encode_decision(input [9:0] ctx_idx, input value);
    reg [8:0] cod_i_range_lps;
    begin
      cod_i_range_lps = range_lps(contexts[ctx_idx][5:0], cod_i_range[7:6]);
      cod_i_range = cod_i_range - cod_i_range_lps;
      if (value != contexts[ctx_idx][6]) begin
        cod_i_low = cod_i_low + {1'b0, cod_i_range};
        cod_i_range = cod_i_range_lps;
      end
      contexts[ctx_idx] = next_model(contexts[ctx_idx], value);
      renorm;
    end
  endtask

  task encode_bypass(input value);
    reg [10:0] low;
    begin
      low = {cod_i_low, 1'b0};
      if (value) low = low + {2'd0, cod_i_range};
      if (low >= 11'd1024) begin
        put_bit(1'b1);
        low = low - 11'd1024;
      end else if (low < 11'd512) put_bit(1'b0);
      else begin
        low = low - 11'd512;
        bits_outstanding = bits_outstanding + 1;
      end
      cod_i_low = low[9:0];
    end
  endtask

  task encode_terminate(input value);
    begin
      cod_i_range = cod_i_range - 9'd2;
      if (value) begin
        cod_i_low = cod_i_low + {1'b0, cod_i_range};
        cod_i_range = 9'd2;
        renorm;
        put_bit(cod_i_low[9]);
        put(cod_i_low[8]);
        put(1'b1);
        while (bit_count != 0) put(1'b0);
        due_last[(tail-1)&((1<<QUEUE_BITS)-1)] = 1'b1;
        initialise;
      end else renorm;
    end
  endtask

  // A request of this number, and of this one in its vector, is made; `value` is the header of a SLICE, the model of a LOAD.
  task code(input integer number, input integer index_, input [2:0] kind, input bin, input [9:0] ctx_idx, input [14:0] value);
    begin
      request = number;
      index = index_;
      case (kind)
        CONTEXT: encode_decision(ctx_idx, bin);
        BYPASS: encode_bypass(bin);
        TERMINATE: encode_terminate(bin);
        ALIGN: cod_i_range = 9'd256;
        RAW: put_byte(ctx_idx[7:0]);
        LOAD: contexts[ctx_idx] = value[6:0];
        SLICE: if (LOADS == 0) initialise_contexts(value[12:0]);
        default: ;
      endcase
    end
  endtask

  // A vector begins, at this place of the play.
  task begin_vector(input integer place_);
    begin
      place = place_;
      bit_count = 0;
      digest = 32'd2166136261;
      initialise;
    end
  endtask

  // Nothing is due any more.
  task forget;
    {head, tail} = 0;
  endtask
endmodule
