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
