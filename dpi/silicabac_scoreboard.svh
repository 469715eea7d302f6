// SPDX-License-Identifier: MIT OR Apache-2.0
// Compares a core with the golden coder, as `silicabac cosim` does: each request as it is taken, each byte or answer as it is shown.
//
// A scoreboard is told what happens at the ports, by a monitor or by a testbench of another make, and knows nothing of clocks. Its first
// mismatch stays in `failure` until `clear`, and until then it compares nothing more. X where a value has a meaning is a mismatch.

// The golden registers after a request.
typedef struct {
  int unsigned cod_i_range, cod_i_low, bits_outstanding, first_bit_flag, cod_i_offset;
  bit          known;
  bit          wrote;
  bit [9:0]    ctx_idx;
  bit [6:0]    model;
} silicabac_registers_s;

virtual class silicabac_scoreboard extends silicabac_observer;
  silicabac_mismatch  failure;
  longint unsigned    bin_count, slices, registers_compared;

  protected silicabac_core        core;
  protected silicabac_vector      announced[$];
  protected silicabac_slice       slice;
  protected silicabac_owed        due[$];
  protected int                   offered_before;  // how many bytes or answers were offered in the clock before and not taken
  protected silicabac_registers_s history[$];      // after the last requests, the newest last

  localparam int DEPTH = 8;

  function new(silicabac_core core);
    this.core = core;
  endfunction

  // Says which vector the next SLICE begins. A decoder's scoreboard needs the bytes before it; an encoder's needs only the name.
  function void announce(silicabac_vector vector);
    announced.push_back(vector);
  endfunction

  // Forgets all that is under way, after a reset of the core.
  virtual function void clear();
    failure = null;
    announced.delete();
    due.delete();
    history.delete();
    slice = null;
    offered_before = 0;
  endfunction

  // Whether the core owes nothing.
  function bit idle();
    return due.size() == 0;
  endfunction

  // The vector of which the core owes something longest, or the present one.
  function silicabac_vector oldest();
    if (due.size() > 0) return due[0].slice.vector;
    return slice == null ? null : slice.vector;
  endfunction

  // A request was taken. Of a decoder, its bin need not be known.
  virtual function void taken(silicabac_request_t request);
    if (failure != null) return;
    if (request.kind == SILICABAC_SLICE) begin
      silicabac_vector vector = null;
      if (announced.size() > 0) vector = announced.pop_front();
      slice = new(vector, $sformatf("slice-%0d", slices));
      slices++;
      begin_slice(vector);
    end
    if (slice == null) begin
      wrong(null, 0, "a request is taken before the first SLICE");
      return;
    end
    slice.requests.push_back(request);
    if (silicabac_is_bin(request)) bin_count++;
    code(request);
  endfunction

  virtual function void ready_is_unknown(string port);
    wrong(slice, slice == null ? 0 : slice.requests.size(), {port, " is X"});
  endfunction

  // Nothing has moved for this many clocks, although nothing makes the core wait, or its output waits for a ready that follows valid
  // (`looks_first`). `offered` are the requests that are not taken, if any, and `is_slice` says that SLICE is the first of them.
  function void deadlock(int clocks, bit looks_first, string offered, bit is_slice);
    string what, looks;
    if (looks_first && due.size() > 0 && offered_before == 0)
      looks = core.is_encoder ? "; out_ready is 0 until out_valid is 1, which must not wait for it" :
                                "; rsp_ready is 0 until rsp_valid is 1, which must not wait for it";
    what = $sformatf("deadlock: for %0d clocks ", clocks);
    if (offered != "") begin
      if (is_slice && announced.size() > 0) slice = new(announced[0], "");
      wrong(slice, slice == null ? 0 : slice.requests.size(), {what, "a request is not taken: ", offered, looks});
    end else if (due.size() > 0) begin
      wrong(due[0].slice, due[0].request, {what, missing(due[0]), looks});
    end
  endfunction

  pure virtual protected function void begin_slice(silicabac_vector vector);
  pure virtual protected function void code(silicabac_request_t request);
  pure virtual protected function string missing(silicabac_owed owed);

  protected function void wrong(silicabac_slice where, int request, string what);
    if (failure == null) failure = new(where, request, what);
  endfunction

  // Something that no request asked for: the newest request is named.
  protected function void unasked(string what);
    wrong(slice, slice == null ? 0 : slice.requests.size() - 1, what);
  endfunction

  // Checks what does not depend on the values at an output: X, how many are offered, and that what was offered and not taken stays. Returns
  // how many are offered.
  protected function int offered(string port, logic valid, logic [3:0] count);
    int now = 0;
    if (valid === 1'b1) now = int'(count);
    if ($isunknown(valid)) unasked({port, "_valid is X"});
    else if (valid && (now < 1 || now > core.most()))
      unasked($sformatf("%s_count of what is valid is %s, not %s", port, silicabac_decimal(32'(count)),
                        core.most() == 1 ? "1" : $sformatf("1 to %0d", core.most())));
    else if (now == 0 && offered_before > 0) unasked({port, "_valid is withdrawn: it was 1, and nothing was taken"});
    else if (now < offered_before) unasked($sformatf("%s_count falls from %0d to %0d, and nothing was taken", port, offered_before, now));
    return now;
  endfunction

  // A value of a byte or an answer, in the words of `silicabac cosim`.
  protected function void value(silicabac_owed owed, int lane, string name, string found, string expected);
    string of_lane;
    if (core.has_lanes()) of_lane = $sformatf(" (lane %0d)", lane);
    wrong(owed.slice, owed.request, {name, " is ", found, ", not ", expected, of_lane});
  endfunction

  // What a core shows of a register after all requests but the newest `lag`; see silicabac_socket_if.
  virtual function void registers(virtual silicabac_socket_if vif);
    if (vif.sees_range === 1'b1) see_range(int'(vif.range_lag), vif.cod_i_range);
    if (vif.sees_low === 1'b1) see_low(int'(vif.low_lag), vif.cod_i_low, vif.bits_outstanding, vif.first_bit_flag);
    if (vif.sees_offset === 1'b1) see_offset(int'(vif.offset_lag), vif.cod_i_offset);
    if (vif.sees_context === 1'b1) see_context(int'(vif.context_lag), vif.write_ctx_idx, vif.write_model);
  endfunction

  function void see_range(int lag, logic [8:0] found);
    silicabac_registers_s then;
    if (at(lag, then) && then.known) see(lag, "codIRange", then.cod_i_range, 32'(found));
  endfunction

  function void see_low(int lag, logic [9:0] low, logic [31:0] outstanding, logic first);
    silicabac_registers_s then;
    if (!at(lag, then) || !then.known) return;
    see(lag, "codILow", then.cod_i_low, 32'(low));
    see(lag, "bitsOutstanding", then.bits_outstanding, outstanding);
    see(lag, "firstBitFlag", then.first_bit_flag, 32'(first));
  endfunction

  function void see_offset(int lag, logic [8:0] found);
    silicabac_registers_s then;
    if (at(lag, then) && then.known) see(lag, "codIOffset", then.cod_i_offset, 32'(found));
  endfunction

  function void see_context(int lag, logic [9:0] ctx_idx, logic [6:0] model);
    silicabac_registers_s then;
    if (!at(lag, then) || !then.wrote) return;
    see(lag, "ctxIdx that is written", 32'(then.ctx_idx), 32'(ctx_idx));
    see(lag, $sformatf("context variable %0d", then.ctx_idx), 32'(then.model), 32'(model));
  endfunction

  protected function void remember(silicabac_registers_s now);
    history.push_back(now);
    if (history.size() > DEPTH) void'(history.pop_front());
  endfunction

  protected function bit at(int lag, output silicabac_registers_s then);
    if (failure != null || lag >= history.size()) return 0;
    then = history[history.size() - 1 - lag];
    return 1;
  endfunction

  protected function void see(int lag, string name, int unsigned expected, logic [31:0] found);
    registers_compared++;
    if (found !== expected) begin
      int request = slice.requests.size() - 1 - lag;
      wrong(slice, request < 0 ? 0 : request,
            $sformatf("%s: the oracle has %0d, the core %s", name, expected, silicabac_decimal(found)));
    end
  endfunction
endclass
