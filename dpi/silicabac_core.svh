// SPDX-License-Identifier: MIT OR Apache-2.0
// What a testbench has to know of a core in the socket, and which requests it can be offered together (docs/socket.md).

class silicabac_core;
  bit is_encoder = 1;
  int lanes = 1;   // how many requests it takes at once
  int bytes = 1;   // how many bytes an encoder gives at once
  int run = 0;     // how many bypass bins a lane takes: the bits of req_data in a lane; 0 if the core has no req_run
  int after = 0;   // how many of them can follow another bin in its lane: `bypass-after` (docs/fitting.md)
  bit groups = 0;  // requests of all kinds share a transaction: `groups`
  // 0 if the core has no such port.
  bit has_ready = 1;  // out_ready or rsp_ready
  bit shows_last = 1, shows_error = 1, shows_bits = 1;

  // How many bytes or answers it can give at once.
  function int most();
    return is_encoder ? bytes : lanes;
  endfunction

  // How many bits of req_data a lane has.
  function int data_bits();
    return run == 0 ? 8 : run;
  endfunction

  // Whether reports say which lane.
  function bit has_lanes();
    return lanes > 1 || bytes > 1;
  endfunction

  // The next transaction of a list of requests, of which `at` are done: how many of them each lane has.
  function void transaction(ref silicabac_request_t requests[$], input int at, ref int sizes[$]);
    bit ends = 0;
    sizes.delete();
    while (!ends && sizes.size() < lanes && at < requests.size()) begin
      silicabac_request_t first = requests[at];
      bit joins = first.kind != SILICABAC_SLICE && (groups || silicabac_is_bin(first));
      int most_bypasses = 0, size = 1;
      if (sizes.size() > 0 && !joins) break;
      ends = first.kind == SILICABAC_TERMINATE ? first.bin || !groups : !joins;
      if (first.kind == SILICABAC_BYPASS) most_bypasses = run > 1 ? run - 1 : 0;
      else if (!ends && first.kind inside {SILICABAC_CONTEXT, SILICABAC_TERMINATE, SILICABAC_ALIGN}) most_bypasses = after;
      while (size <= most_bypasses && at + size < requests.size() && requests[at+size].kind == SILICABAC_BYPASS) size++;
      sizes.push_back(size);
      at += size;
    end
  endfunction
endclass
