// SPDX-License-Identifier: MIT OR Apache-2.0
// One agent, one scoreboard; and the test that plays what the plusargs ask for.

class silicabac_uvm_env extends uvm_env;
  `uvm_component_utils(silicabac_uvm_env)
  silicabac_uvm_agent      agent;
  silicabac_uvm_scoreboard scoreboard;

  function new(string name, uvm_component parent);
    super.new(name, parent);
  endfunction

  virtual function void build_phase(uvm_phase phase);
    super.build_phase(phase);
    agent = silicabac_uvm_agent::type_id::create("agent", this);
    scoreboard = silicabac_uvm_scoreboard::type_id::create("scoreboard", this);
  endfunction

  virtual function void connect_phase(uvm_phase phase);
    super.connect_phase(phase);
    scoreboard.cfg = agent.cfg;
    agent.monitor.seen.connect(scoreboard.seen);
    if (agent.get_is_active() == UVM_ACTIVE) agent.driver.begun.connect(scoreboard.begun);
  endfunction

  // Waits until the core owes nothing, or has failed, or nothing moves any more.
  virtual task settle();
    virtual silicabac_socket_if vif = agent.cfg.vif;
    do @(posedge vif.clk); while (!scoreboard.golden.idle() && scoreboard.golden.failure == null);
  endtask

  // A mismatch ends what is offered; a core in which nothing moves is a mismatch.
  virtual task run_phase(uvm_phase phase);
    virtual silicabac_socket_if vif = agent.cfg.vif;
    silicabac_watch watch = new();
    if (agent.get_is_active() != UVM_ACTIVE) return;
    watch.patience = agent.cfg.patience;
    forever begin
      @(posedge vif.clk);
      if (watch.is_deadlock(agent.driver.plain, agent.monitor.plain, scoreboard.golden))
        scoreboard.deadlock(watch.patience, agent.driver.plain);
      if (scoreboard.golden.failure != null) agent.driver.plain.stops = 1;
    end
  endtask
endclass

class silicabac_uvm_test extends uvm_test;
  `uvm_component_utils(silicabac_uvm_test)
  silicabac_uvm_env env;

  function new(string name, uvm_component parent);
    super.new(name, parent);
  endfunction

  virtual function void build_phase(uvm_phase phase);
    super.build_phase(phase);
    env = silicabac_uvm_env::type_id::create("env", this);
  endfunction

  virtual task run_phase(uvm_phase phase);
    silicabac_uvm_asked_sequence asked = silicabac_uvm_asked_sequence::type_id::create("asked");
    phase.raise_objection(this);
    asked.is_encoder = env.agent.cfg.core.is_encoder;
    asked.start(env.agent.sequencer);
    env.settle();
    phase.drop_objection(this);
  endtask
endclass
