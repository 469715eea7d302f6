// SPDX-License-Identifier: MIT OR Apache-2.0
// Looks at the ports once in each clock and tells an observer what happened there. It drives nothing.

// Who is told. In a clock come first the registers, which are those before the requests of the clock, then requests, then slice data that a
// decoder takes, then what is given. Values of outputs are as they are on the ports: X is for the observer to judge.
virtual class silicabac_observer;
  virtual function void registers(virtual silicabac_socket_if vif);
  endfunction
  pure virtual function void taken(silicabac_request_t request);
  virtual function void byte_taken(bit last);
  endfunction
  virtual function void bytes_offered(logic valid, logic [3:0] count, logic [63:0] data, logic last, bit is_taken);
  endfunction
  virtual function void answers_offered(logic valid, logic [3:0] count, logic [7:0] bin, logic [7:0] data, logic [15:0] error,
                                        logic [31:0] bits, bit is_taken);
  endfunction
  // An output that says whether something is taken is X.
  virtual function void ready_is_unknown(string port);
  endfunction
endclass

class silicabac_monitor;
  virtual silicabac_socket_if vif;
  silicabac_core     core;
  silicabac_observer observer;
  longint unsigned   clocks;
  bit                moved;  // in the last clock: a request, a byte or an answer

  function new(virtual silicabac_socket_if vif, silicabac_core core, silicabac_observer observer);
    this.vif = vif;
    this.core = core;
    this.observer = observer;
  endfunction

  task run();
    forever begin
      @(posedge vif.clk);
      clocks++;
      moved = 0;
      if (vif.rst === 1'b0) sample();
    end
  endtask

  protected function void sample();
    observer.registers(vif);
    if ($isunknown(vif.req_ready)) observer.ready_is_unknown("req_ready");
    if (vif.req_valid === 1'b1 && vif.req_ready === 1'b1) requests();
    if (core.is_encoder) begin
      bit is_taken = vif.out_valid === 1'b1 && (vif.out_ready === 1'b1 || !core.has_ready);
      observer.bytes_offered(vif.out_valid, vif.out_count, vif.out_data, vif.out_last, is_taken);
      moved |= is_taken;
    end else begin
      bit is_taken = vif.rsp_valid === 1'b1 && (vif.rsp_ready === 1'b1 || !core.has_ready);
      bit is_fed = vif.in_valid === 1'b1 && vif.in_ready === 1'b1;
      if ($isunknown(vif.in_ready)) observer.ready_is_unknown("in_ready");
      if (is_fed) observer.byte_taken(1'(known("in_last", 32'(vif.in_last))));
      observer.answers_offered(vif.rsp_valid, vif.rsp_count, vif.rsp_bin, vif.rsp_data, vif.rsp_error, vif.rsp_bits, is_taken);
      moved |= is_taken || is_fed;
    end
  endfunction

  // The requests that are taken, in their order.
  protected function void requests();
    int lanes = known("req_count", 32'(vif.req_count));
    moved = 1;
    for (int lane = 0; lane < lanes; lane++) begin
      silicabac_request_t first = request(lane);
      bit has_run = core.run > 0 && !(first.kind inside {SILICABAC_RAW, SILICABAC_LOAD, SILICABAC_START, SILICABAC_SLICE});
      int run = has_run ? known("req_run", 32'(vif.req_run[6*lane+:6])) : 0;
      if (core.run == 0 || first.kind != SILICABAC_BYPASS) observer.taken(first);
      for (int at = run - 1; at >= 0; at--) begin
        silicabac_request_t bypass = '{kind: SILICABAC_BYPASS, bin: 0, ctx_idx: 0, data: 0};
        bypass.bin = 1'(known("req_data", 32'(vif.req_data[core.data_bits()*lane+at])));
        observer.taken(bypass);
      end
    end
  endfunction

  protected function silicabac_request_t request(int lane);
    silicabac_request_t taken = '{kind: SILICABAC_CONTEXT, bin: 0, ctx_idx: 0, data: 0};
    taken.kind = silicabac_kind_e'(3'(known("req_kind", 32'(vif.req_kind[3*lane+:3]))));
    if (core.is_encoder && silicabac_is_bin(taken) && (core.run == 0 || taken.kind != SILICABAC_BYPASS))
      taken.bin = 1'(known("req_bin", 32'(vif.req_bin[lane])));
    if (taken.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD}) taken.ctx_idx = 10'(known("req_ctx_idx", 32'(vif.req_ctx_idx[10*lane+:10])));
    if (taken.kind == SILICABAC_LOAD) taken.data = 8'(known("req_model", 32'(vif.req_model[7*lane+:7])));
    if (core.is_encoder && taken.kind == SILICABAC_RAW)
      taken.data = 8'(known("req_data", 32'(vif.req_data[core.data_bits()*lane+:8])));
    return taken;
  endfunction

  // The value of an input of the core. If it is X where it has a meaning, whatever drives the core is wrong.
  protected function int known(string port, logic [31:0] value);
    if ($isunknown(value)) $fatal(1, "%s is X where the core takes it: whatever drives the core has to give it a value", port);
    return int'(value);
  endfunction
endclass
