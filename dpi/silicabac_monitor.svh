// SPDX-License-Identifier: MIT OR Apache-2.0
// Looks at the ports once in each clock and tells an observer what happened there. It drives nothing.

// Who is told. In a clock come first the registers, which are those before the requests of the clock, then requests, then what is given.
virtual class silicabac_observer;
  virtual function void registers(virtual silicabac_socket_if vif);
  endfunction
  pure virtual function void taken(silicabac_request_t request);
  virtual function void bytes_offered(int count, bit [63:0] data, bit last, bit is_taken);
  endfunction
  virtual function void answers_offered(int count, bit [7:0] bin, bit [7:0] data, bit [15:0] error, bit [31:0] bits, bit is_taken);
  endfunction
  virtual function void byte_taken(bit last);
  endfunction
endclass

class silicabac_monitor;
  virtual silicabac_socket_if vif;
  bit                is_encoder;
  silicabac_observer observer;
  longint unsigned   clocks;
  int                quiet;  // clocks in which nothing moved and nothing made the core wait

  function new(virtual silicabac_socket_if vif, bit is_encoder, silicabac_observer observer);
    this.vif = vif;
    this.is_encoder = is_encoder;
    this.observer = observer;
  endfunction

  task run();
    forever begin
      @(posedge vif.clk);
      clocks++;
      if (vif.rst === 1'b0) sample();
      else quiet = 0;
    end
  endtask

  protected function void sample();
    bit moved = vif.req_valid && vif.req_ready === 1'b1;
    observer.registers(vif);
    if (moved) for (int lane = 0; lane < 32'(vif.req_count); lane++) observer.taken(request(lane));
    if (is_encoder) begin
      bit given = vif.out_valid === 1'b1 && vif.out_ready;
      observer.bytes_offered(vif.out_valid === 1'b1 ? 32'(vif.out_count) : 0, vif.out_data, vif.out_last, given);
      moved |= given;
    end else begin
      bit given = vif.rsp_valid === 1'b1 && vif.rsp_ready;
      bit fed = vif.in_valid && vif.in_ready === 1'b1;
      if (fed) observer.byte_taken(vif.in_last);
      observer.answers_offered(vif.rsp_valid === 1'b1 ? 32'(vif.rsp_count) : 0, vif.rsp_bin, vif.rsp_data, vif.rsp_error, vif.rsp_bits,
                               given);
      moved |= given || fed;
    end
    if (moved) quiet = 0;
    else if (is_encoder ? vif.out_ready : vif.rsp_ready) quiet++;
  endfunction

  protected function silicabac_request_t request(int lane);
    silicabac_request_t taken;
    taken.kind = silicabac_kind_e'(vif.req_kind[3*lane+:3]);
    taken.bin = vif.req_bin[lane];
    taken.ctx_idx = vif.req_ctx_idx[10*lane+:10];
    taken.data = taken.kind == SILICABAC_LOAD ? {1'b0, vif.req_model[7*lane+:7]} : vif.req_data;
    return taken;
  endfunction
endclass

// The observer that tells a scoreboard.
class silicabac_compares extends silicabac_observer;
  silicabac_encoder_scoreboard encoder;  // one of the two
  silicabac_decoder_scoreboard decoder;
  silicabac_scoreboard         scoreboard;

  function new(silicabac_encoder_scoreboard encoder, silicabac_decoder_scoreboard decoder);
    this.encoder = encoder;
    this.decoder = decoder;
    if (encoder != null) scoreboard = encoder;
    else scoreboard = decoder;
  endfunction

  virtual function void registers(virtual silicabac_socket_if vif);
    if (vif.sees_range === 1'b1) scoreboard.see_range(32'(vif.range_lag), vif.cod_i_range);
    if (vif.sees_low === 1'b1) scoreboard.see_low(32'(vif.low_lag), vif.cod_i_low, vif.bits_outstanding, vif.first_bit_flag);
    if (vif.sees_offset === 1'b1) scoreboard.see_offset(32'(vif.offset_lag), vif.cod_i_offset);
    if (vif.sees_context === 1'b1) scoreboard.see_context(32'(vif.context_lag), vif.write_ctx_idx, vif.write_model);
  endfunction

  virtual function void taken(silicabac_request_t request);
    scoreboard.take(request);
  endfunction

  virtual function void bytes_offered(int count, bit [63:0] data, bit last, bit is_taken);
    encoder.offer(count, data, last, is_taken);
  endfunction

  virtual function void answers_offered(int count, bit [7:0] bin, bit [7:0] data, bit [15:0] error, bit [31:0] bits, bit is_taken);
    decoder.offer(count, bin, data, error, bits, is_taken);
  endfunction

  virtual function void byte_taken(bit last);
    decoder.byte_taken(last);
  endfunction
endclass
