// SPDX-License-Identifier: MIT OR Apache-2.0
// The agent: a sequencer, a driver, and a monitor, which is all that a passive agent has.

typedef uvm_sequencer #(silicabac_uvm_item) silicabac_uvm_sequencer;

class silicabac_uvm_driver extends uvm_driver #(silicabac_uvm_item);
  `uvm_component_utils(silicabac_uvm_driver)
  uvm_analysis_port #(silicabac_uvm_item) begun;  // each slice, before its first request
  silicabac_uvm_config cfg;
  silicabac_driver     ports;

  function new(string name, uvm_component parent);
    super.new(name, parent);
    begun = new("begun", this);
  endfunction

  virtual function void connect_phase(uvm_phase phase);
    super.connect_phase(phase);
    ports = new(cfg.vif, cfg.is_encoder, cfg.lanes, cfg.stalls);
  endfunction

  virtual task run_phase(uvm_phase phase);
    fork
      ports.take();
      ports.feed();
    join_none
    ports.reset(1030);
    forever begin
      seq_item_port.get_next_item(req);
      begun.write(req);
      ports.play(req.vector);
      seq_item_port.item_done();
    end
  endtask
endclass

// Hands on what the monitor of silicabac_dpi_pkg sees.
class silicabac_uvm_publishes extends silicabac_observer;
  uvm_analysis_port #(silicabac_uvm_seen) seen;
  protected int shown;  // what was offered in the clock before, whose end has to be seen too

  function new(uvm_analysis_port #(silicabac_uvm_seen) seen);
    this.seen = seen;
  endfunction

  protected function silicabac_uvm_seen at(silicabac_uvm_seen::port_e port);
    silicabac_uvm_seen made = silicabac_uvm_seen::type_id::create("seen");
    made.port = port;
    return made;
  endfunction

  virtual function void taken(silicabac_request_t request);
    silicabac_uvm_seen made = at(silicabac_uvm_seen::REQUEST);
    made.request = request;
    seen.write(made);
  endfunction

  virtual function void bytes_offered(int count, bit [63:0] data, bit last, bit is_taken);
    silicabac_uvm_seen made;
    if (count == 0 && shown == 0) return;
    made = at(silicabac_uvm_seen::BYTES);
    made.count = count;
    made.data = data;
    made.last = last;
    made.is_taken = is_taken;
    shown = count;
    seen.write(made);
  endfunction

  virtual function void answers_offered(int count, bit [7:0] bin, bit [7:0] data, bit [15:0] error, bit [31:0] bits, bit is_taken);
    silicabac_uvm_seen made;
    if (count == 0 && shown == 0) return;
    made = at(silicabac_uvm_seen::ANSWERS);
    made.count = count;
    made.bin = bin;
    made.data = 64'(data);
    made.error = error;
    made.bits = bits;
    made.is_taken = is_taken;
    shown = count;
    seen.write(made);
  endfunction

  virtual function void byte_taken(bit last);
    silicabac_uvm_seen made = at(silicabac_uvm_seen::BYTE);
    made.last = last;
    seen.write(made);
  endfunction
endclass

class silicabac_uvm_monitor extends uvm_monitor;
  `uvm_component_utils(silicabac_uvm_monitor)
  uvm_analysis_port #(silicabac_uvm_seen) seen;
  silicabac_uvm_config cfg;
  silicabac_monitor    ports;

  function new(string name, uvm_component parent);
    super.new(name, parent);
    seen = new("seen", this);
  endfunction

  virtual function void connect_phase(uvm_phase phase);
    silicabac_uvm_publishes publishes = new(seen);
    super.connect_phase(phase);
    ports = new(cfg.vif, cfg.is_encoder, publishes);
  endfunction

  virtual task run_phase(uvm_phase phase);
    ports.run();
  endtask
endclass

class silicabac_uvm_agent extends uvm_agent;
  `uvm_component_utils(silicabac_uvm_agent)
  silicabac_uvm_config    cfg;
  silicabac_uvm_sequencer sequencer;
  silicabac_uvm_driver    driver;
  silicabac_uvm_monitor   monitor;

  function new(string name, uvm_component parent);
    super.new(name, parent);
  endfunction

  virtual function void build_phase(uvm_phase phase);
    super.build_phase(phase);
    if (!uvm_config_db#(silicabac_uvm_config)::get(this, "", "silicabac", cfg))
      `uvm_fatal("SILICABAC", "uvm_config_db has no silicabac_uvm_config for this agent: set it under \"silicabac\"")
    monitor = silicabac_uvm_monitor::type_id::create("monitor", this);
    monitor.cfg = cfg;
    if (get_is_active() == UVM_ACTIVE) begin
      sequencer = silicabac_uvm_sequencer::type_id::create("sequencer", this);
      driver = silicabac_uvm_driver::type_id::create("driver", this);
      driver.cfg = cfg;
    end
  endfunction

  virtual function void connect_phase(uvm_phase phase);
    super.connect_phase(phase);
    if (get_is_active() == UVM_ACTIVE) driver.seq_item_port.connect(sequencer.seq_item_export);
  endfunction
endclass
