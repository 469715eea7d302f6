// The package in UVM, after the library and silicabac.f: -F dpi/uvm/silicabac_uvm.f
+incdir+.
silicabac_uvm_pkg.sv
