// SPDX-License-Identifier: MIT OR Apache-2.0
// Compares a core with the golden coder, as `silicabac cosim` does: each request as it is taken, each byte or answer as it is shown.
//
// A scoreboard is told what happens at the ports and knows nothing of clocks. Its first mismatch stays in `failure` until `clear`, and
// until then it compares nothing more.

// What a core shows of its registers, on the signals of silicabac_socket_if.
typedef struct {
  int unsigned cod_i_range, cod_i_low, bits_outstanding, first_bit_flag, cod_i_offset;
  bit          known;
  bit          wrote;
  bit [9:0]    ctx_idx;
  bit [6:0]    model;
} silicabac_registers_s;

virtual class silicabac_scoreboard;
  silicabac_mismatch  failure;
  longint unsigned    bin_count, vectors, registers_compared;
  bit                 shows_error = 1, shows_bits = 1, shows_last = 1;  // 0 if the core has no such port

  protected silicabac_vector announced[$];
  protected silicabac_play   play;
  protected silicabac_due    due[$];
  protected int              shown;       // how many bytes or answers were offered in the clock before and not taken
  protected silicabac_registers_s history[$];  // after the last requests, the newest last

  localparam int DEPTH = 8;

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
    play = null;
    shown = 0;
  endfunction

  function bit idle();
    return due.size() == 0;
  endfunction

  // The vector of which the core owes something longest, or the present one.
  function silicabac_vector oldest();
    if (due.size() > 0) return due[0].play.vector;
    return play == null ? null : play.vector;
  endfunction

  // A request was taken. Of a decoder, its bin need not be known.
  function void take(silicabac_request_t request);
    if (failure != null) return;
    if (request.kind == SILICABAC_SLICE) begin
      silicabac_vector vector = null;
      if (announced.size() > 0) vector = announced.pop_front();
      play = new(vector, $sformatf("slice-%0d", vectors));
      vectors++;
      begin_slice(vector);
    end
    if (play == null) begin
      wrong(null, 0, "a request is taken before the first SLICE");
      return;
    end
    play.requests.push_back(request);
    if (silicabac_is_bin(request)) bin_count++;
    code(request);
  endfunction

  // Nothing has moved for so many clocks, although nothing makes the core wait. `offered` is the request that is not taken, if any.
  function void deadlock(int clocks, bit is_offered, silicabac_request_t offered);
    string what;
    if (failure != null) return;
    if (is_offered) begin
      what = {"a request is not taken: ", silicabac_request_text(offered)};
      if (offered.kind == SILICABAC_SLICE && announced.size() > 0) play = new(announced[0], "");
      wrong(play, play == null ? 0 : play.requests.size(), $sformatf("deadlock: for %0d clocks %s", clocks, what));
    end else if (due.size() > 0) begin
      wrong(due[0].play, due[0].request, $sformatf("deadlock: for %0d clocks %s", clocks, missing(due[0])));
    end
  endfunction

  // What the core shows of a register after all requests but the newest `lag`; see silicabac_socket_if.
  function void see_range(int lag, bit [8:0] value);
    silicabac_registers_s then;
    if (at(lag, then) && then.known) see(lag, "codIRange", then.cod_i_range, 32'(value));
  endfunction

  function void see_low(int lag, bit [9:0] low, bit [31:0] outstanding, bit first);
    silicabac_registers_s then;
    if (!at(lag, then) || !then.known) return;
    see(lag, "codILow", then.cod_i_low, 32'(low));
    see(lag, "bitsOutstanding", then.bits_outstanding, outstanding);
    see(lag, "firstBitFlag", then.first_bit_flag, 32'(first));
  endfunction

  function void see_offset(int lag, bit [8:0] value);
    silicabac_registers_s then;
    if (at(lag, then) && then.known) see(lag, "codIOffset", then.cod_i_offset, 32'(value));
  endfunction

  function void see_context(int lag, bit [9:0] ctx_idx, bit [6:0] model);
    silicabac_registers_s then;
    if (!at(lag, then) || !then.wrote) return;
    see(lag, "ctxIdx that is written", 32'(then.ctx_idx), 32'(ctx_idx));
    see(lag, $sformatf("context variable %0d", then.ctx_idx), 32'(then.model), 32'(model));
  endfunction

  pure virtual protected function void begin_slice(silicabac_vector vector);
  pure virtual protected function void code(silicabac_request_t request);
  pure virtual protected function string missing(silicabac_due owed);

  protected function void wrong(silicabac_play where, int request, string what);
    if (failure == null) failure = new(where, request, what);
  endfunction

  // Something that no request asked for: the newest request is named.
  protected function void unasked(string what);
    wrong(play, play == null ? 0 : play.requests.size() - 1, what);
  endfunction

  // What was offered and not taken has to stay.
  protected function void stays(string port, int count);
    if (count >= shown) return;
    if (count == 0) unasked($sformatf("%s_valid is withdrawn: it was 1, and nothing was taken", port));
    else unasked($sformatf("%s_count falls from %0d to %0d, and nothing was taken", port, shown, count));
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

  protected function void see(int lag, string name, int unsigned expected, int unsigned found);
    registers_compared++;
    if (expected != found) begin
      int request = play.requests.size() - 1 - lag;
      wrong(play, request < 0 ? 0 : request, $sformatf("%s: the oracle has %0d, the core %0d", name, expected, found));
    end
  endfunction
endclass
