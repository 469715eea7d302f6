// SPDX-License-Identifier: MIT OR Apache-2.0
// The scoreboard of silicabac_dpi_pkg as a component. Its first mismatch is a UVM_ERROR, after which it compares nothing more until `clear`.

`uvm_analysis_imp_decl(_begun)
`uvm_analysis_imp_decl(_seen)

class silicabac_uvm_scoreboard extends uvm_scoreboard;
  `uvm_component_utils(silicabac_uvm_scoreboard)
  uvm_analysis_imp_begun #(silicabac_uvm_item, silicabac_uvm_scoreboard) begun;
  uvm_analysis_imp_seen #(silicabac_uvm_seen, silicabac_uvm_scoreboard)  seen;
  silicabac_uvm_config         cfg;
  silicabac_scoreboard         golden;  // one of the next two
  silicabac_encoder_scoreboard encoder;
  silicabac_decoder_scoreboard decoder;
  protected bit told;

  function new(string name, uvm_component parent);
    super.new(name, parent);
    begun = new("begun", this);
    seen = new("seen", this);
  endfunction

    // After all connect phases, in one of which the environment sets `cfg`.
  virtual function void end_of_elaboration_phase(uvm_phase phase);
    super.end_of_elaboration_phase(phase);
    if (cfg == null) `uvm_fatal("SILICABAC", "the scoreboard has no cfg: set it to that of its agent in connect_phase")
    else if (cfg.is_encoder) begin
      encoder = new();
      golden = encoder;
    end else begin
      decoder = new();
      golden = decoder;
    end
  endfunction

  virtual function void write_begun(silicabac_uvm_item item);
    golden.announce(item.vector);
  endfunction

  virtual function void write_seen(silicabac_uvm_seen port);
    case (port.port)
      silicabac_uvm_seen::REQUEST: golden.take(port.request);
      silicabac_uvm_seen::BYTES:   encoder.offer(port.count, port.data, port.last, port.is_taken);
      silicabac_uvm_seen::ANSWERS: decoder.offer(port.count, port.bin, port.data[7:0], port.error, port.bits, port.is_taken);
      default:                     decoder.byte_taken(port.last);
    endcase
    if (golden.failure != null) tell();
  endfunction

  // Nothing has moved for this many clocks.
  function void deadlock(int clocks, bit is_offered, silicabac_request_t offered);
    golden.deadlock(clocks, is_offered, offered);
    if (golden.failure != null) tell();
  endfunction

  function void clear();
    golden.clear();
    told = 0;
  endfunction

  protected function void tell();
    string text;
    if (told) return;
    told = 1;
    text = $sformatf("%s, at bin %0d: %s", golden.failure.id, golden.failure.bin, golden.failure.what);
    foreach (golden.failure.scene[i]) text = {text, "\n      ", golden.failure.scene[i]};
    `uvm_error("SILICABAC", text)
  endfunction

  virtual function void check_phase(uvm_phase phase);
    super.check_phase(phase);
    if (golden.bin_count == 0) `uvm_error("SILICABAC", "no bin was coded")
    if (golden.failure == null && !golden.idle()) `uvm_error("SILICABAC", "the simulation ended while the core owed bytes or answers")
  endfunction

  virtual function void report_phase(uvm_phase phase);
    super.report_phase(phase);
    `uvm_info("SILICABAC", $sformatf("%0d bins of %0d slices", golden.bin_count, golden.vectors), UVM_LOW)
  endfunction
endclass
