// SPDX-License-Identifier: MIT OR Apache-2.0
// A stub, for elaboration only: the macros that dpi/uvm uses. The library of UVM takes its place (UVM_HOME).
`ifndef UVM_MACROS_SVH
`define UVM_MACROS_SVH
`define uvm_object_utils(T) \
  typedef uvm_object_registry #(T, `"T`") type_id;
`define uvm_component_utils(T) \
  typedef uvm_component_registry #(T, `"T`") type_id;
`define uvm_info(ID, TEXT, VERBOSITY) begin uvm_stub_report(ID, TEXT); end
`define uvm_error(ID, TEXT) begin uvm_stub_report(ID, TEXT); end
`define uvm_fatal(ID, TEXT) begin uvm_stub_report(ID, TEXT); end
`define uvm_analysis_imp_decl(SUFFIX) \
  class uvm_analysis_imp``SUFFIX #(type T = int, type IMP = int) extends uvm_port_base #(T); \
    IMP imp; \
    function new(string name, IMP imp); \
      super.new(name, imp); \
      this.imp = imp; \
    endfunction \
    virtual function void write(T t); \
      imp.write``SUFFIX(t); \
    endfunction \
  endclass
`endif
