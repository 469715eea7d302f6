// SPDX-License-Identifier: MIT OR Apache-2.0
// The scoreboard of a decoder: answers, each due from its request on, and the bytes that it may take.

class silicabac_decoder_scoreboard extends silicabac_scoreboard;
  protected silicabac_decoder golden;
  protected int               open;  // slices that have begun, of which the last byte has not been taken

  virtual function void clear();
    super.clear();
    if (golden != null) golden.close_slice();
    golden = null;
    open = 0;
  endfunction

  function new(silicabac_core core);
    super.new(core);
  endfunction

  // What is on the output in a clock, the first answer in the lowest bits; and whether it is taken.
  virtual function void answers_offered(logic valid, logic [3:0] count, logic [7:0] bin, logic [7:0] data, logic [15:0] error,
                                        logic [31:0] bits, bit is_taken);
    int now;
    if (failure != null) return;
    now = offered("rsp", valid, count);
    for (int lane = 0; lane < now && failure == null; lane++)
      answer_offered(lane, bin[lane], data, error[2*lane+:2], bits, lane + 1 == now);
    if (failure != null) return;
    offered_before = is_taken ? 0 : now;
    if (is_taken) repeat (now) void'(due.pop_front());
  endfunction

  protected function void answer_offered(int lane, logic bin, logic [7:0] data, logic [1:0] error, logic [31:0] bits, bit is_newest);
    silicabac_owed owed;
    logic [7:0] found;
    if (lane >= due.size()) begin
      unasked("an answer is given that nothing asked for");
      return;
    end
    owed = due[lane];
    found = owed.is_raw ? data : 8'(bin);
    if (found !== owed.value)
      value(owed, lane, owed.is_raw ? "the raw byte" : "the bin", silicabac_decimal(32'(found)), silicabac_decimal(32'(owed.value)));
    else if (core.shows_error && error !== owed.error)
      value(owed, lane, "the error", silicabac_decimal(32'(error)), silicabac_decimal(32'(owed.error)));
    else if (core.shows_bits && is_newest && bits !== owed.bits)
      value(owed, lane, "the number of bits read", silicabac_decimal(bits), silicabac_decimal(owed.bits));
  endfunction

  // A byte was taken. None may be before the SLICE of its slice.
  virtual function void byte_taken(bit last);
    if (failure != null) return;
    if (open == 0) unasked("a byte is taken that is not of this slice, but of the next one");
    else if (last) open--;
  endfunction

  virtual protected function void begin_slice(silicabac_vector vector);
    if (vector == null) $fatal(1, "the vector of a slice has to be announced: a decoder's scoreboard needs its bytes");
    if (golden != null) golden.close_slice();
    golden = new(vector.bytes);
    if (vector.bytes.size() > 0) open++;
  endfunction

  virtual protected function void code(silicabac_request_t request);
    silicabac_registers_s now;
    golden.code(request);
    golden.refresh();
    // The bin that was decoded, for the report.
    slice.requests[slice.requests.size() - 1] = request;
    if (silicabac_is_bin(request) || request.kind == SILICABAC_RAW) begin
      silicabac_owed owed = new();
      owed.slice = slice;
      owed.request = slice.requests.size() - 1;
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

  virtual protected function string missing(silicabac_owed owed);
    return "an answer does not come";
  endfunction
endclass
