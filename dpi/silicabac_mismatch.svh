// SPDX-License-Identifier: MIT OR Apache-2.0
// What a core has been asked for, what it owes for that, and the first thing that is wrong.

// The requests of a slice that were taken so far.
class silicabac_slice;
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
class silicabac_owed;
  silicabac_slice  slice;
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
  silicabac_slice slice;

  function new(silicabac_slice slice, int request, string what);
    int shown = 0;
    this.slice = slice;
    this.what = what;
    id = slice == null ? "before the first slice" : slice.id;
    bin = slice == null ? 0 : slice.bin(request);
    if (slice == null) return;
    for (int i = request; i >= 0 && shown < 9; i--) begin
      if (i >= slice.requests.size() || slice.requests[i].kind == SILICABAC_LOAD) continue;
      scene.push_front($sformatf("%0d %s", slice.bin(i), silicabac_request_text(slice.requests[i])));
      shown++;
    end
  endfunction

  function void print();
    $display("FAIL  %s, at bin %0d: %s", id, bin, what);
    foreach (scene[i]) $display("      %s", scene[i]);
  endfunction

  // An object of JSON on one line, with the names of `silicabac cosim --format json`; `played` are more of its members, which say how the
  // vector was played.
  function string json(string played);
    string requests = "";
    foreach (scene[i]) begin
      if (i > 0) requests = {requests, ", "};
      requests = {requests, "\"", scene[i], "\""};
    end
    return $sformatf("{\"vector\": \"%s\", %s, \"bin\": %0d, \"what\": \"%s\", \"bins_before\": [%s]}", id, played, bin, what, requests);
  endfunction
endclass
