// The cores between AXI4-Streams, in the order in which tools want them: verilator -F rtl/cabac.f -F rtl/axis/axis.f
cabac_axis_slice.sv
cabac_axis_encoder.sv
cabac_axis_encoder4.sv
cabac_axis_decoder.sv
