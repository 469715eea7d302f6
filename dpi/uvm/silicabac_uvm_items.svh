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
  typedef enum {REQUEST, BYTES, ANSWERS, BYTE} port_e;
  port_e              port;
  silicabac_request_t request;   // REQUEST: it was taken
  int                 count;     // BYTES, ANSWERS: how many are offered
  bit [63:0]          data;
  bit [7:0]           bin;
  bit [15:0]          error;
  bit [31:0]          bits;
  bit                 last;      // BYTES: out_last; BYTE: in_last of a byte that was taken
  bit                 is_taken;  // BYTES, ANSWERS

  function new(string name = "silicabac_uvm_seen");
    super.new(name);
  endfunction
endclass

// The core that an agent is for. The agent finds it in uvm_config_db under "silicabac".
class silicabac_uvm_config extends uvm_object;
  `uvm_object_utils(silicabac_uvm_config)
  virtual silicabac_socket_if vif;
  bit              is_encoder = 1;
  int              lanes = 1;
  int              patience = 20000;
  silicabac_stalls stalls;

  function new(string name = "silicabac_uvm_config");
    super.new(name);
  endfunction
endclass
