// SPDX-License-Identifier: MIT OR Apache-2.0
// A stub, for elaboration only: the classes of IEEE 1800.2 that dpi/uvm uses, with their names and arguments and without what they do.
// It shows that dpi/uvm is legal SystemVerilog where there is no library. It cannot run a test: `run_test` ends the simulation.
package uvm_pkg;
  typedef enum {UVM_NONE = 0, UVM_LOW = 100, UVM_MEDIUM = 200, UVM_HIGH = 300} uvm_verbosity;
  typedef enum bit {UVM_PASSIVE = 0, UVM_ACTIVE = 1} uvm_active_passive_enum;

  function automatic void uvm_stub_report(string id, string text);
    $display("%s: %s", id, text);
  endfunction

  typedef class uvm_component;

  virtual class uvm_object;
    protected string object_name;
    function new(string name = "");
      object_name = name;
    endfunction
    virtual function string convert2string();
      return object_name;
    endfunction
  endclass

  class uvm_object_registry #(type T = uvm_object, string NAME = "");
    static function T create(string name = "", uvm_component parent = null, string contxt = "");
      T made = new(name);
      return made;
    endfunction
  endclass

  class uvm_component_registry #(type T = uvm_object, string NAME = "");
    static function T create(string name, uvm_component parent, string contxt = "");
      T made = new(name, parent);
      return made;
    endfunction
  endclass

  class uvm_phase extends uvm_object;
    function new(string name = "");
      super.new(name);
    endfunction
    virtual function void raise_objection(uvm_object obj, string description = "", int count = 1);
    endfunction
    virtual function void drop_objection(uvm_object obj, string description = "", int count = 1);
    endfunction
  endclass

  virtual class uvm_component extends uvm_object;
    uvm_component parent;
    function new(string name, uvm_component parent);
      super.new(name);
      this.parent = parent;
    endfunction
    virtual function void build_phase(uvm_phase phase);
    endfunction
        virtual function void connect_phase(uvm_phase phase);
    endfunction
    virtual function void end_of_elaboration_phase(uvm_phase phase);
    endfunction
    virtual task run_phase(uvm_phase phase);
    endtask
    virtual function void check_phase(uvm_phase phase);
    endfunction
    virtual function void report_phase(uvm_phase phase);
    endfunction
  endclass

  virtual class uvm_port_base #(type T = int) extends uvm_object;
    function new(string name, uvm_object parent);
      super.new(name);
    endfunction
    pure virtual function void write(T t);
  endclass

  class uvm_analysis_port #(type T = int) extends uvm_port_base #(T);
    protected uvm_port_base #(T) to[$];
    function new(string name, uvm_component parent);
      super.new(name, parent);
    endfunction
    virtual function void connect(uvm_port_base #(T) provider);
      to.push_back(provider);
    endfunction
    virtual function void write(T t);
      foreach (to[i]) to[i].write(t);
    endfunction
  endclass

  class uvm_sequence_item extends uvm_object;
    function new(string name = "uvm_sequence_item");
      super.new(name);
    endfunction
  endclass

  class uvm_seq_item_port #(type REQ = uvm_sequence_item);
    virtual task get_next_item(output REQ item);
      item = null;
    endtask
    virtual function void item_done();
    endfunction
    virtual function void connect(uvm_seq_item_port #(REQ) provider);
    endfunction
  endclass

  class uvm_sequencer #(type REQ = uvm_sequence_item) extends uvm_component;
    typedef uvm_component_registry #(uvm_sequencer #(REQ), "uvm_sequencer") type_id;
    uvm_seq_item_port #(REQ) seq_item_export;
    function new(string name, uvm_component parent);
      super.new(name, parent);
      seq_item_export = new();
    endfunction
  endclass

  virtual class uvm_sequence #(type REQ = uvm_sequence_item) extends uvm_sequence_item;
    REQ req;
    function new(string name = "uvm_sequence");
      super.new(name);
    endfunction
    virtual task start(uvm_component sequencer, uvm_sequence_item parent_sequence = null, int this_priority = -1, bit call_pre_post = 1);
    endtask
    virtual task body();
    endtask
    virtual task start_item(uvm_sequence_item item, int set_priority = -1, uvm_component sequencer = null);
    endtask
    virtual task finish_item(uvm_sequence_item item, int set_priority = -1);
    endtask
  endclass

  class uvm_driver #(type REQ = uvm_sequence_item) extends uvm_component;
    REQ req;
    uvm_seq_item_port #(REQ) seq_item_port;
    function new(string name, uvm_component parent);
      super.new(name, parent);
      seq_item_port = new();
    endfunction
  endclass

  virtual class uvm_monitor extends uvm_component;
    function new(string name, uvm_component parent);
      super.new(name, parent);
    endfunction
  endclass

  virtual class uvm_scoreboard extends uvm_component;
    function new(string name, uvm_component parent);
      super.new(name, parent);
    endfunction
  endclass

  virtual class uvm_agent extends uvm_component;
    function new(string name, uvm_component parent);
      super.new(name, parent);
    endfunction
    virtual function uvm_active_passive_enum get_is_active();
      return UVM_ACTIVE;
    endfunction
  endclass

  virtual class uvm_env extends uvm_component;
    function new(string name, uvm_component parent);
      super.new(name, parent);
    endfunction
  endclass

  virtual class uvm_test extends uvm_component;
    function new(string name, uvm_component parent);
      super.new(name, parent);
    endfunction
  endclass

  class uvm_config_db #(type T = int);
    static function bit get(uvm_component cntxt, string inst_name, string field_name, inout T value);
      return 0;
    endfunction
    static function void set(uvm_component cntxt, string inst_name, string field_name, T value);
    endfunction
  endclass

  task run_test(string test_name = "");
    $fatal(1, "this is a stub of UVM, for elaboration only: name a library by UVM_HOME");
  endtask
endpackage
