// SPDX-License-Identifier: MIT OR Apache-2.0
// The scoreboard of a decoder: answers, each due from its request on, and the bytes that it may take.

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
      string field = "the bin";
      if (lane >= due.size()) begin
        unasked("an answer is given that nothing asked for");
        return;
      end
      owed = due[lane];
      if (owed.is_raw) field = "the raw byte";
      found = owed.is_raw ? data : 8'(bin[lane]);
      if (found != owed.value)
        wrong(owed.play, owed.request, $sformatf("%s is %0d, not %0d", field, found, owed.value));
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
