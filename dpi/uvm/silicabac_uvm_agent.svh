// SPDX-License-Identifier: MIT OR Apache-2.0
// The agent: a sequencer, a driver, and a monitor, which is all that a passive agent has.

typedef uvm_sequencer #(silicabac_uvm_item) silicabac_uvm_sequencer;

class silicabac_uvm_driver extends uvm_driver #(silicabac_uvm_item);
  `uvm_component_utils(silicabac_uvm_driver)
  uvm_analysis_port #(silicabac_uvm_item) begun;  // each slice, before its first request
  silicabac_uvm_config cfg;
  silicabac_driver     plain;  // of silicabac_dpi_pkg, which does the work

  function new(string name, uvm_component parent);
    super.new(name, parent);
    begun = new("begun", this);
  endfunction

  virtual function void connect_phase(uvm_phase phase);
    super.connect_phase(phase);
    plain = new(cfg.vif, cfg.core, cfg.stalls, cfg.seed);
  endfunction

  virtual task run_phase(uvm_phase phase);
    fork
      plain.take_outputs();
      plain.feed();
    join_none
    plain.reset(1030);
    forever begin
      seq_item_port.get_next_item(req);
      begun.write(req);
      plain.play(req.vector);
      seq_item_port.item_done();
    end
  endtask
endclass

// Publishes what the monitor of silicabac_dpi_pkg sees.
class silicabac_uvm_publisher extends silicabac_observer;
  uvm_analysis_port #(silicabac_uvm_seen) seen;
  protected bit was_valid;  // what was offered in the clock before, whose end has to be seen too

  function new(uvm_analysis_port #(silicabac_uvm_seen) seen);
    this.seen = seen;
  endfunction

  protected function silicabac_uvm_seen at(silicabac_uvm_seen::port_e port);
    silicabac_uvm_seen made = silicabac_uvm_seen::type_id::create("seen");
    made.port = port;
    return made;
  endfunction

  virtual function void taken(silicabac_request_t request);
    silicabac_uvm_seen made = at(silicabac_uvm_seen::REQ);
    made.request = request;
    seen.write(made);
  endfunction

  virtual function void byte_taken(bit last);
    silicabac_uvm_seen made = at(silicabac_uvm_seen::IN);
    made.last = last;
    seen.write(made);
  endfunction

  virtual function void bytes_offered(logic valid, logic [3:0] count, logic [63:0] data, logic last, bit is_taken);
    silicabac_uvm_seen made;
    if (valid === 1'b0 && !was_valid) return;
    made = at(silicabac_uvm_seen::OUT);
    made.valid = valid;
    made.count = count;
    made.data = data;
    made.last = last;
    made.is_taken = is_taken;
    was_valid = valid === 1'b1;
    seen.write(made);
  endfunction

  virtual function void answers_offered(logic valid, logic [3:0] count, logic [7:0] bin, logic [7:0] data, logic [15:0] error,
                                        logic [31:0] bits, bit is_taken);
    silicabac_uvm_seen made;
    if (valid === 1'b0 && !was_valid) return;
    made = at(silicabac_uvm_seen::RSP);
    made.valid = valid;
    made.count = count;
    made.bin = bin;
    made.data = 64'(data);
    made.error = error;
    made.bits = bits;
    made.is_taken = is_taken;
    was_valid = valid === 1'b1;
    seen.write(made);
  endfunction

  virtual function void ready_is_unknown(string port);
    silicabac_uvm_seen made = at(silicabac_uvm_seen::UNKNOWN);
    made.ready = port;
    seen.write(made);
  endfunction
endclass

class silicabac_uvm_monitor extends uvm_monitor;
  `uvm_component_utils(silicabac_uvm_monitor)
  uvm_analysis_port #(silicabac_uvm_seen) seen;
  silicabac_uvm_config cfg;
  silicabac_monitor    plain;  // of silicabac_dpi_pkg, which does the work

  function new(string name, uvm_component parent);
    super.new(name, parent);
    seen = new("seen", this);
  endfunction

  virtual function void connect_phase(uvm_phase phase);
    silicabac_uvm_publisher publisher = new(seen);
    super.connect_phase(phase);
    plain = new(cfg.vif, cfg.core, publisher);
  endfunction

  virtual task run_phase(uvm_phase phase);
    plain.run();
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
