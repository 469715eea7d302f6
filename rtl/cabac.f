// The sources of the cores, in the order in which tools want them: verilator -F rtl/cabac.f
cabac_pkg.sv
cabac_context_memory.sv
cabac_range_table.sv
cabac_transition.sv
cabac_encoder_range.sv
cabac_encoder_low.sv
cabac_encoder_emit.sv
cabac_encoder_pack.sv
cabac_encoder.sv
cabac_decoder_step.sv
cabac_decoder_bits.sv
cabac_decoder.sv
