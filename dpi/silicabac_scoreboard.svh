// SPDX-License-Identifier: MIT OR Apache-2.0
// Compares a core with the golden coder, as `silicabac cosim` does: each request as it is taken, each byte or answer as it is shown.
//
// A scoreboard is told what happens at the ports and knows nothing of clocks. Its first mismatch stays in `failure` until `clear`, and
// until then it compares nothing more.

// The requests of a slice that were taken so far.
class silicabac_play;
  string              id;
  silicabac_vector    vector;  // null if it was not announced
  silicabac_request_t requests[$];
  int                 bytes;   // that were given

  function new(silicabac_vector vector, string id);
    this.vector = vector;
    this.id = vector == null ? id : vector.id;
  endfunction

  // The number of the bin of a request, or of the next bin.
  function int bin(int request);
    int count = 0;
    for (int i = 0; i < request && i < requests.size(); i++) count += 32'(silicabac_is_bin(requests[i]));
    return count;
  endfunction
endclass

// A byte or an answer that the core owes, and the request that decides it.
class silicabac_due;
  silicabac_play   play;
  int              request;
  int              number;  // of a byte in its slice
  bit [7:0]        value;
  bit              last;
  bit              is_raw;
  bit [1:0]        error;
  bit [31:0]       bits;
endclass

class silicabac_mismatch;
  string id;    // of the vector
  string what;
  int    bin;   // the bin that decides what is wrong, or that waits
  string scene[$];  // up to nine requests, the last of which is that of the bin
  silicabac_play play;

  function new(silicabac_play play, int request, string what);
    int shown = 0;
    this.play = play;
    this.what = what;
    id = play == null ? "before the first slice" : play.id;
    bin = play == null ? 0 : play.bin(request);
    if (play == null) return;
    for (int i = request; i >= 0 && shown < 9; i--) begin
      if (i >= play.requests.size() || play.requests[i].kind == SILICABAC_LOAD) continue;
      scene.push_front($sformatf("%0d %s", play.bin(i), silicabac_request_text(play.requests[i])));
      shown++;
    end
  endfunction

  function void print();
    $display("FAIL  %s, at bin %0d: %s", id, bin, what);
    foreach (scene[i]) $display("      %s", scene[i]);
  endfunction

  // An object of JSON on one line, with the names of `silicabac cosim --format json`.
  function string json();
    string requests = "";
    foreach (scene[i]) requests = {requests, i == 0 ? "" : ", ", "\"", scene[i], "\""};
    return $sformatf("{\"vector\": \"%s\", \"bin\": %0d, \"what\": \"%s\", \"bins_before\": [%s]}", id, bin, what, requests);
  endfunction
endclass

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

class silicabac_encoder_scoreboard extends silicabac_scoreboard;
  protected silicabac_encoder golden;
  protected int               decided;  // bytes of the slice

  virtual function void clear();
    super.clear();
    if (golden != null) golden.close();
    golden = null;
  endfunction

  // What is on the output in a clock: `count` bytes, 0 if out_valid is 0, the first in the lowest bits; and whether they are taken.
  function void offer(int count, bit [63:0] data, bit last, bit is_taken);
    if (failure != null) return;
    stays("out", count);
    for (int lane = 0; lane < count; lane++) begin
      bit marked = last && lane + 1 == count;
      if (lane >= due.size()) begin
        unasked($sformatf("byte %0d of the output is given before any bin decides it",
                          due.size() > 0 ? due[due.size() - 1].number + 1 : play == null ? 0 : play.bytes + lane));
        return;
      end
      if (data[8*lane+:8] != due[lane].value)
        wrong(due[lane].play, due[lane].request, $sformatf("byte %0d of the output is 0x%02x, not 0x%02x",
                                                           due[lane].number, data[8*lane+:8], due[lane].value));
      else if (shows_last && marked != due[lane].last)
        wrong(due[lane].play, due[lane].request, $sformatf("out_last with byte %0d of the output is %0d, not %0d",
                                                           due[lane].number, marked, due[lane].last));
    end
    shown = is_taken ? 0 : count;
    if (!is_taken) return;
    repeat (count) begin
      silicabac_due given = due.pop_front();
      given.play.bytes = given.number + 1;
    end
  endfunction

  virtual protected function void begin_slice(silicabac_vector vector);
    if (golden != null) golden.close();
    golden = new();
    decided = 0;
  endfunction

  virtual protected function void code(silicabac_request_t request);
    byte unsigned data;
    silicabac_registers_s now;
    golden.code(request);
    while (golden.next(data)) begin
      silicabac_due owed = new();
      owed.play = play;
      owed.request = play.requests.size() - 1;
      owed.number = decided;
      owed.value = data;
      decided++;
      due.push_back(owed);
    end
    if (request.kind == SILICABAC_TERMINATE && request.bin) due[due.size() - 1].last = 1;
    now.known = golden.look();
    now.cod_i_range = golden.cod_i_range;
    now.cod_i_low = golden.cod_i_low;
    now.bits_outstanding = golden.bits_outstanding;
    now.first_bit_flag = golden.first_bit_flag;
    now.wrote = request.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD};
    now.ctx_idx = request.ctx_idx;
    if (now.wrote) now.model = 7'(golden.save(request.ctx_idx));
    remember(now);
  endfunction

  virtual protected function string missing(silicabac_due owed);
    return $sformatf("byte %0d of the output does not come", owed.number);
  endfunction
endclass

class silicabac_decoder_scoreboard extends silicabac_scoreboard;
  protected silicabac_decoder golden;
  protected int               open;  // slices that have begun, of which the last byte has not been taken

  virtual function void clear();
    super.clear();
    if (golden != null) golden.end_slice();
    golden = null;
    open = 0;
  endfunction

  // What is on the output in a clock: `count` answers, 0 if rsp_valid is 0, the first in the lowest bits; and whether they are taken.
  function void offer(int count, bit [7:0] bin, bit [7:0] data, bit [15:0] error, bit [31:0] bits, bit is_taken);
    if (failure != null) return;
    stays("rsp", count);
    for (int lane = 0; lane < count; lane++) begin
      silicabac_due owed;
      bit [7:0] found;
      if (lane >= due.size()) begin
        unasked("an answer is given that nothing asked for");
        return;
      end
      owed = due[lane];
      found = owed.is_raw ? data : 8'(bin[lane]);
      if (found != owed.value)
        wrong(owed.play, owed.request, $sformatf("%s is %0d, not %0d", owed.is_raw ? "the raw byte" : "the bin", found, owed.value));
      else if (shows_error && error[2*lane+:2] != owed.error)
        wrong(owed.play, owed.request, $sformatf("the error is %0d, not %0d", error[2*lane+:2], owed.error));
      else if (shows_bits && lane + 1 == count && bits != owed.bits)
        wrong(owed.play, owed.request, $sformatf("the number of bits read is %0d, not %0d", bits, owed.bits));
    end
    shown = is_taken ? 0 : count;
    if (is_taken) repeat (count) void'(due.pop_front());
  endfunction

  // A byte was taken. None may be before the SLICE of its slice.
  function void byte_taken(bit last);
    if (failure != null) return;
    if (open == 0) unasked("a byte is taken that is not of this slice");
    else if (last) open--;
  endfunction

  virtual protected function void begin_slice(silicabac_vector vector);
    if (vector == null) $fatal(1, "the vector of a slice has to be announced: a decoder's scoreboard needs its bytes");
    if (golden != null) golden.end_slice();
    golden = new(vector.bytes);
    if (vector.bytes.size() > 0) open++;
  endfunction

  virtual protected function void code(silicabac_request_t request);
    silicabac_registers_s now;
    golden.code(request);
    golden.look();
    // The bin that was decoded, for the report.
    play.requests[play.requests.size() - 1] = request;
    if (silicabac_is_bin(request) || request.kind == SILICABAC_RAW) begin
      silicabac_due owed = new();
      owed.play = play;
      owed.request = play.requests.size() - 1;
      owed.is_raw = request.kind == SILICABAC_RAW;
      owed.value = owed.is_raw ? request.data : 8'(request.bin);
      owed.error = golden.error;
      owed.bits = 32'(golden.position);
      due.push_back(owed);
    end
    now.known = request.kind != SILICABAC_SLICE && !(request.kind == SILICABAC_TERMINATE && request.bin) &&
        request.kind != SILICABAC_RAW && request.kind != SILICABAC_LOAD;
    now.cod_i_range = golden.cod_i_range;
    now.cod_i_offset = golden.cod_i_offset;
    now.wrote = request.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD};
    now.ctx_idx = request.ctx_idx;
    if (now.wrote) now.model = 7'(golden.save(request.ctx_idx));
    remember(now);
  endfunction

  virtual protected function string missing(silicabac_due owed);
    return "an answer does not come";
  endfunction
endclass
