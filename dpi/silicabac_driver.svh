// SPDX-License-Identifier: MIT OR Apache-2.0
// Drives the ports of a core: its requests, the bytes of a decoder, and the readiness to take what it gives.
//
// Everything is driven by nonblocking assignments at the rising edge and sampled at the next one. The ports wait at random, by odds of 256.

class silicabac_stalls;
  string name;
  int    requests, bytes, answers;  // in how many of 256 clocks a port waits

  // As those of `silicabac cosim`: flowing, uneven, starved, blocked.
  function new(string name);
    this.name = name;
    case (name)
      "flowing": {requests, bytes, answers} = {32'd0, 32'd0, 32'd0};
      "uneven":  {requests, bytes, answers} = {32'd64, 32'd64, 32'd64};
      "starved": {requests, bytes, answers} = {32'd230, 32'd0, 32'd0};
      "blocked": {requests, bytes, answers} = {32'd0, 32'd230, 32'd64};
      default:   $fatal(1, "no stalls are called %s: name flowing, uneven, starved or blocked by +stalls=NAME", name);
    endcase
  endfunction

  static function bit waits(int odds);
    return odds != 0 && int'($urandom_range(255)) < odds;
  endfunction
endclass

class silicabac_driver;
  virtual silicabac_socket_if vif;
  bit              is_encoder;
  int              lanes;
  silicabac_stalls stalls;
  bit              stops;  // set from outside: nothing more is offered

  // What is offered and not taken.
  bit                 is_offered;
  silicabac_request_t offered;

  // The bytes that a decoder is still to be given; the highest bit marks the last of a slice.
  protected bit [8:0] fed[$];

  function new(virtual silicabac_socket_if vif, bit is_encoder, int lanes, silicabac_stalls stalls);
    this.vif = vif;
    this.is_encoder = is_encoder;
    this.lanes = lanes;
    this.stalls = stalls;
  endfunction

  // Resets the core, and forgets all that was to come.
  task reset(int clocks);
    fed.delete();
    is_offered = 0;
    vif.rst <= 1;
    vif.req_valid <= 0;
    repeat (clocks) @(posedge vif.clk);
    vif.rst <= 0;
    stops = 0;
  endtask

  // Offers the requests of a vector, as many together as the core takes. Returns when all are taken, or when it is to stop.
  task play(silicabac_vector vector);
    silicabac_models models = new();
    silicabac_request_t all[$];
    int at = 0;
    foreach (vector.requests[i])
      if (!is_encoder || vector.requests[i].kind != SILICABAC_START) all.push_back(vector.requests[i]);
    if (!is_encoder)
      foreach (vector.bytes[i]) fed.push_back({i == vector.bytes.size() - 1, vector.bytes[i]});
    while (at < all.size() && !stops) begin
      int count = 1;
      while (silicabac_stalls::waits(stalls.requests) && !stops) idle();
      if (silicabac_is_bin(all[at]))
        while (count < lanes && at + count < all.size() && all[at+count-1].kind != SILICABAC_TERMINATE &&
               silicabac_is_bin(all[at+count]))
          count++;
      put(all, at, count, models);
      is_offered = 1;
      offered = all[at];
      do @(posedge vif.clk); while (vif.req_ready !== 1'b1 && !stops);
      is_offered = 0;
      at += count;
    end
    vif.req_valid <= 0;
    models.close();
  endtask

  // Gives a decoder its bytes, for ever.
  task feed();
    vif.in_valid <= 0;
    forever begin
      while (fed.size() == 0 || silicabac_stalls::waits(stalls.bytes)) begin
        vif.in_valid <= 0;
        @(posedge vif.clk);
      end
      vif.in_valid <= 1;
      {vif.in_last, vif.in_data} <= fed[0];
      do @(posedge vif.clk); while (vif.in_ready !== 1'b1 && fed.size() > 0);
      if (fed.size() > 0) void'(fed.pop_front());
    end
  endtask

  // Takes what the core gives, for ever.
  task take();
    forever begin
      vif.out_ready <= !silicabac_stalls::waits(stalls.bytes);
      vif.rsp_ready <= !silicabac_stalls::waits(stalls.answers);
      @(posedge vif.clk);
    end
  endtask

  protected task idle();
    vif.req_valid <= 0;
    @(posedge vif.clk);
  endtask

  // Puts requests on the ports. A port that means nothing has a random value.
  protected function void put(ref silicabac_request_t all[$], input int at, int count, silicabac_models models);
    bit [23:0] kinds = 24'($urandom);
    bit [79:0] contexts = {16'($urandom), $urandom, $urandom};
    bit [55:0] states = {24'($urandom), $urandom};
    bit [7:0] bits = 8'($urandom), data = 8'($urandom);
    for (int lane = 0; lane < count; lane++) begin
      silicabac_request_t request = all[at+lane];
      kinds[3*lane+:3] = request.kind;
      if (is_encoder && silicabac_is_bin(request)) bits[lane] = request.bin;
      if (request.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD}) contexts[10*lane+:10] = request.ctx_idx;
      if (request.kind == SILICABAC_CONTEXT) states[7*lane+:7] = 7'(models.save(request.ctx_idx));
      if (request.kind == SILICABAC_LOAD) states[7*lane+:7] = request.data[6:0];
      if (is_encoder && request.kind == SILICABAC_RAW) data = request.data;
      if (request.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD}) models.code(request);
    end
    vif.req_valid <= 1;
    vif.req_count <= 4'(count);
    vif.req_kind <= kinds;
    vif.req_bin <= bits;
    vif.req_ctx_idx <= contexts;
    vif.req_model <= states;
    vif.req_data <= data;
  endfunction
endclass
