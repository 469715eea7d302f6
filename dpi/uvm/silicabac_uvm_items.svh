// SPDX-License-Identifier: MIT OR Apache-2.0
// What goes between the components: slices to be played, what was seen at the ports, and the configuration.

// A slice. Sequences make them, and the driver plays them.
class silicabac_uvm_item extends uvm_sequence_item;
  `uvm_object_utils(silicabac_uvm_item)
  silicabac_vector vector;

  function new(string name = "silicabac_uvm_item");
    super.new(name);
  endfunction

  virtual function string convert2string();
    return vector == null ? "no vector" : $sformatf("%s, %0d requests", vector.id, vector.requests.size());
  endfunction
endclass

// What the monitor has seen in a clock at one port.
class silicabac_uvm_seen extends uvm_sequence_item;
  `uvm_object_utils(silicabac_uvm_seen)
  typedef enum {REQ, IN, OUT, RSP, UNKNOWN} port_e;
  port_e              port;
  silicabac_request_t request;   // REQ: it was taken
  logic               valid;     // OUT, RSP: as on the ports, like the next seven
  logic [3:0]         count;
  logic [63:0]        data;
  logic [7:0]         bin;
  logic [15:0]        error;
  logic [31:0]        bits;
  logic               last;      // and in_last of IN, a byte that was taken
  bit                 is_taken;  // OUT, RSP
  string              ready;     // UNKNOWN: the port that is X

  function new(string name = "silicabac_uvm_seen");
    super.new(name);
  endfunction
endclass

// The core that an agent is for. The agent finds it in uvm_config_db under "silicabac".
class silicabac_uvm_config extends uvm_object;
  `uvm_object_utils(silicabac_uvm_config)
  virtual silicabac_socket_if vif;
  silicabac_core   core;
  silicabac_stalls stalls;
  int unsigned     seed = 1;
  int              patience = 20000;

  function new(string name = "silicabac_uvm_config");
    super.new(name);
  endfunction
endclass
