// SPDX-License-Identifier: MIT OR Apache-2.0
// Drives the ports of a core: its requests, the bytes of a decoder, and the readiness to take what it gives.
//
// Everything is driven by nonblocking assignments at the rising edge and sampled at the next one.

class silicabac_stalls;
  string name;
  int    requests;     // in how many of 256 clocks no request is offered
  int    bytes;        // ... no byte is given to a decoder, or none of an encoder is taken
  int    answers;      // ... no answer of a decoder is taken
  bit    looks_first;  // what the core gives is taken only once it is there: ready follows valid

  // The odds of `silicabac cosim` (src/cosim/stalls.rs), which also gives slices up at random. Nothing here does that.
  function new(string name);
    this.name = name;
    case (name)
      "flowing": ;
      "uneven":  {requests, bytes, answers} = {32'd64, 32'd64, 32'd64};
      "starved": requests = 160;
      "blocked": {bytes, looks_first} = {32'd235, 1'b1};
      default:   $fatal(1, "no stalls are called %s: name flowing, uneven, starved or blocked by +stalls=NAME", name);
    endcase
  endfunction
endclass

class silicabac_driver;
  virtual silicabac_socket_if vif;
  silicabac_core   core;
  silicabac_stalls stalls;
  bit              stops;  // set from outside: nothing more is offered

  // The requests that are offered and not taken, in the words of `silicabac cosim`; and whether SLICE is the first of them.
  string offered;
  bit    offers_slice;

  protected bit [8:0] slice_data[$];  // that a decoder is still to be given; the highest bit marks the last byte of a slice
  protected bit       is_asking;      // requests are to come
  protected silicabac_random_numbers of_requests, of_values, of_bytes, of_ready;

  function new(virtual silicabac_socket_if vif, silicabac_core core, silicabac_stalls stalls, int unsigned seed);
    this.vif = vif;
    this.core = core;
    this.stalls = stalls;
    of_requests = new(seed, 1);
    of_values = new(seed, 2);
    of_bytes = new(seed, 3);
    of_ready = new(seed, 4);
  endfunction

  // Whether the core has to wait in this clock: for a request, for a byte, or until what it gives is taken.
  function bit makes_wait();
    if (is_asking && !vif.req_valid) return 1;
    if (slice_data.size() > 0 && !vif.in_valid) return 1;
    return core.is_encoder ? vif.out_valid === 1'b1 && !vif.out_ready : vif.rsp_valid === 1'b1 && !vif.rsp_ready;
  endfunction

  // Resets the core, and forgets all that was to come.
  task reset(int clocks);
    slice_data.delete();
    offered = "";
    vif.rst <= 1;
    vif.req_valid <= 0;
    repeat (clocks) @(posedge vif.clk);
    vif.rst <= 0;
    stops = 0;
  endtask

  // Offers the requests of a vector, as many together as the core takes. Returns when all are taken, or when it is to stop.
  task play(silicabac_vector vector);
    silicabac_context_models models = new();
    silicabac_request_t all[$];
    int at = 0;
    foreach (vector.requests[i])
      if (!core.is_encoder || vector.requests[i].kind != SILICABAC_START) all.push_back(vector.requests[i]);
    if (!core.is_encoder)
      foreach (vector.bytes[i]) slice_data.push_back({i == vector.bytes.size() - 1, vector.bytes[i]});
    is_asking = 1;
    while (at < all.size() && !stops) begin
      int sizes[$];
      while (of_requests.happens(stalls.requests) && !stops) pause();
      core.transaction(all, at, sizes);
      put(all, at, sizes, models);
      do @(posedge vif.clk); while (vif.req_ready !== 1'b1 && !stops);
      offered = "";
      foreach (sizes[lane]) at += sizes[lane];
    end
    is_asking = 0;
    vif.req_valid <= 0;
    models.close();
  endtask

  // Gives a decoder its bytes, for ever.
  task feed();
    vif.in_valid <= 0;
    forever begin
      while (slice_data.size() == 0 || of_bytes.happens(stalls.bytes)) begin
        vif.in_valid <= 0;
        @(posedge vif.clk);
      end
      vif.in_valid <= 1;
      {vif.in_last, vif.in_data} <= slice_data[0];
      do @(posedge vif.clk); while (vif.in_ready !== 1'b1 && slice_data.size() > 0);
      if (slice_data.size() > 0) void'(slice_data.pop_front());
    end
  endtask

  // Takes what the core gives, for ever.
  task take_outputs();
    bit is_shown = 0;
    forever begin
      bit looks = is_shown || !stalls.looks_first;
      vif.out_ready <= !core.has_ready || looks && !of_ready.happens(stalls.bytes);
      vif.rsp_ready <= !core.has_ready || looks && !of_ready.happens(stalls.answers);
      @(posedge vif.clk);
      is_shown = core.is_encoder ? vif.out_valid === 1'b1 && !vif.out_ready : vif.rsp_valid === 1'b1 && !vif.rsp_ready;
    end
  endtask

  protected task pause();
    vif.req_valid <= 0;
    @(posedge vif.clk);
  endtask

  // Puts a transaction on the ports. A port that means nothing has a random value.
  protected function void put(ref silicabac_request_t all[$], input int at, ref int sizes[$], input silicabac_context_models models);
    bit [23:0] kinds = 24'(of_values.draw());
    bit [79:0] contexts = {16'(of_values.draw()), of_values.draw(), of_values.draw()};
    bit [55:0] states = {24'(of_values.draw()), of_values.draw()};
    bit [47:0] runs = {16'(of_values.draw()), of_values.draw()};
    bit [7:0] values = 8'(of_values.draw());
    bit [255:0] data;
    for (int word = 0; word < 8; word++) data[32*word+:32] = of_values.draw();
    offered = "";
    offers_slice = all[at].kind == SILICABAC_SLICE;
    foreach (sizes[lane]) begin
      silicabac_request_t first = all[at];
      bit has_contexts = first.kind inside {SILICABAC_CONTEXT, SILICABAC_LOAD};
      kinds[3*lane+:3] = first.kind;
      if (core.is_encoder && silicabac_is_bin(first)) values[lane] = first.bin;
      if (has_contexts) contexts[10*lane+:10] = first.ctx_idx;
      if (first.kind == SILICABAC_CONTEXT) states[7*lane+:7] = 7'(models.save(first.ctx_idx));
      if (first.kind == SILICABAC_LOAD) states[7*lane+:7] = first.data[6:0];
      if (has_contexts) models.code(first);
      if (core.is_encoder && first.kind == SILICABAC_RAW) data[core.data_bits()*lane+:8] = first.data;
      if (core.run > 0 && first.kind != SILICABAC_RAW) begin
        bit [31:0] bypasses = 0;
        int alone = first.kind == SILICABAC_BYPASS ? 0 : 1;
        for (int i = alone; i < sizes[lane]; i++) bypasses = {bypasses[30:0], all[at+i].bin};
        runs[6*lane+:6] = 6'(sizes[lane] - alone);
        for (int i = 0; i < core.run; i++) data[core.run*lane+i] = bypasses[i];
      end
      for (int i = 0; i < sizes[lane]; i++)
        offered = {offered, offered == "" ? "" : ", ", core.lanes > 1 ? $sformatf("lane %0d ", lane) : "", silicabac_request_text(all[at+i])};
      at += sizes[lane];
    end
    vif.req_valid <= 1;
    vif.req_count <= 4'(sizes.size());
    vif.req_kind <= kinds;
    vif.req_bin <= values;
    vif.req_ctx_idx <= contexts;
    vif.req_model <= states;
    vif.req_run <= runs;
    vif.req_data <= data;
  endfunction
endclass
