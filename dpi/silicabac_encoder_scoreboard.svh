// SPDX-License-Identifier: MIT OR Apache-2.0
// The scoreboard of an encoder: bytes, each due from the request on that decides it.

class silicabac_encoder_scoreboard extends silicabac_scoreboard;
  protected silicabac_encoder golden;
  protected int               decided;  // bytes of the slice

  virtual function void clear();
    super.clear();
    if (golden != null) golden.close();
    golden = null;
  endfunction

  function new(silicabac_core core);
    super.new(core);
  endfunction

  // What is on the output in a clock, the first byte in the lowest bits; and whether it is taken.
  virtual function void bytes_offered(logic valid, logic [3:0] count, logic [63:0] data, logic last, bit is_taken);
    int now;
    if (failure != null) return;
    now = offered("out", valid, count);
    for (int lane = 0; lane < now && failure == null; lane++) byte_offered(lane, data[8*lane+:8], lane + 1 == now ? last : 1'b0);
    if (failure != null) return;
    offered_before = is_taken ? 0 : now;
    if (!is_taken) return;
    repeat (now) begin
      silicabac_owed given = due.pop_front();
      given.slice.bytes = given.number + 1;
    end
  endfunction

  protected function void byte_offered(int lane, logic [7:0] data, logic last);
    string name;
    if (lane >= due.size()) begin
      unasked($sformatf("byte %0d of the output is given before any bin decides it",
                        due.size() > 0 ? due[due.size() - 1].number + 1 : slice == null ? 0 : slice.bytes + lane));
      return;
    end
    name = $sformatf("byte %0d of the output", due[lane].number);
    if (data !== due[lane].value)
      value(due[lane], lane, name, silicabac_hexadecimal(data), silicabac_hexadecimal(due[lane].value));
    else if (core.shows_last && last !== due[lane].last)
      value(due[lane], lane, {"out_last with ", name}, silicabac_decimal(32'(last)), silicabac_decimal(32'(due[lane].last)));
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
      silicabac_owed owed = new();
      owed.slice = slice;
      owed.request = slice.requests.size() - 1;
      owed.number = decided;
      owed.value = data;
      decided++;
      due.push_back(owed);
    end
    if (request.kind == SILICABAC_TERMINATE && request.bin) due[due.size() - 1].last = 1;
    now.known = golden.refresh();
    now.cod_i_range = golden.cod_i_range;
    now.cod_i_low = golden.cod_i_low;
    now.bits_outstanding = golden.bits_outstanding;
    now.first_bit_flag = golden.first_bit_flag;
    now.wrote = request.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD};
    now.ctx_idx = request.ctx_idx;
    if (now.wrote) now.model = 7'(golden.save(request.ctx_idx));
    remember(now);
  endfunction

  virtual protected function string missing(silicabac_owed owed);
    return $sformatf("byte %0d of the output does not come", owed.number);
  endfunction
endclass
