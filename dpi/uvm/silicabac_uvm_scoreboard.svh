// SPDX-License-Identifier: MIT OR Apache-2.0
// The scoreboard of silicabac_dpi_pkg as a component. Its first mismatch is a UVM_ERROR, after which it compares nothing more until `clear`.

`uvm_analysis_imp_decl(_begun)
`uvm_analysis_imp_decl(_seen)

class silicabac_uvm_scoreboard extends uvm_scoreboard;
  `uvm_component_utils(silicabac_uvm_scoreboard)
  uvm_analysis_imp_begun #(silicabac_uvm_item, silicabac_uvm_scoreboard) begun;
  uvm_analysis_imp_seen #(silicabac_uvm_seen, silicabac_uvm_scoreboard)  seen;
  silicabac_uvm_config         cfg;
  silicabac_scoreboard         golden;  // of silicabac_dpi_pkg, which does the work
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
    else if (cfg.core.is_encoder) begin
      silicabac_encoder_scoreboard encoder = new(cfg.core);
      golden = encoder;
    end else begin
      silicabac_decoder_scoreboard decoder = new(cfg.core);
      golden = decoder;
    end
  endfunction

  virtual function void write_begun(silicabac_uvm_item item);
    golden.announce(item.vector);
  endfunction

  virtual function void write_seen(silicabac_uvm_seen item);
    case (item.port)
      silicabac_uvm_seen::REQ: golden.taken(item.request);
      silicabac_uvm_seen::IN:  golden.byte_taken(1'(item.last));
      silicabac_uvm_seen::OUT: golden.bytes_offered(item.valid, item.count, item.data, item.last, item.is_taken);
      silicabac_uvm_seen::RSP:
        golden.answers_offered(item.valid, item.count, item.bin, item.data[7:0], item.error, item.bits, item.is_taken);
      default: golden.ready_is_unknown(item.ready);
    endcase
    if (golden.failure != null) tell();
  endfunction

  // Nothing has moved for this many clocks.
  function void deadlock(int clocks, silicabac_driver driver);
    golden.deadlock(clocks, driver.stalls.looks_first, driver.offered, driver.offers_slice);
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
    `uvm_info("SILICABAC", $sformatf("%0d bins of %0d slices, seed %0d", golden.bin_count, golden.slices, cfg.seed), UVM_LOW)
  endfunction
endclass
