// SPDX-License-Identifier: MIT OR Apache-2.0
// A driver, a monitor and a scoreboard around one core, which judge it by the vectors of a source.

// Tells a deadlock. It is asked once in each clock.
class silicabac_watch;
  int patience = 20000;  // clocks in which nothing moves although nothing makes the core wait
  protected int still;

  // Whether it has been as long as that.
  function bit is_deadlock(silicabac_driver driver, silicabac_monitor monitor, silicabac_scoreboard scoreboard);
    if (monitor.moved || scoreboard.failure != null) still = 0;
    else if (!driver.makes_wait()) still++;
    return still > patience && (driver.offered != "" || !scoreboard.idle());
  endfunction
endclass

class silicabac_env;
  silicabac_driver     driver;
  silicabac_monitor    monitor;
  silicabac_scoreboard scoreboard;
  silicabac_watch      watch;
  int unsigned         played, failed, left_out;  // vectors
  string               failures;                  // a directory for what fails, if it is not empty
  string               saves;                     // a directory for the requests of each vector, if it is not empty

  protected virtual silicabac_socket_if vif;
  protected silicabac_core core;
  protected int unsigned   seed;
  protected int            log;
  protected silicabac_vector open_vectors[$];  // that were begun, and may not have ended
  protected silicabac_vector again[$];         // that come before those of the source

  function new(virtual silicabac_socket_if vif, silicabac_core core, silicabac_stalls stalls, int unsigned seed);
    this.vif = vif;
    this.core = core;
    this.seed = seed;
    if (core.is_encoder) begin
      silicabac_encoder_scoreboard encoder = new(core);
      scoreboard = encoder;
    end else begin
      silicabac_decoder_scoreboard decoder = new(core);
      scoreboard = decoder;
    end
    driver = new(vif, core, stalls, seed);
    monitor = new(vif, core, scoreboard);
    watch = new();
  endfunction

  // Plays all vectors, each after the one before without a pause. A vector that fails is reported; then come a reset and those after it.
  task run(silicabac_source source);
    silicabac_vector vector;
    if (failures != "") log = open({failures, "/failures.json"});
    fork
      monitor.run();
      driver.take_outputs();
      driver.feed();
      stop_at_failures();
    join_none
    driver.reset(1030);  // as long as a core may take to clear 1024 context variables
    forever begin
      bit is_new = again.size() == 0;
      vector = is_new ? source.next() : again.pop_front();
      if (vector == null) settle();
      else if (core.is_encoder && vector.decode_only) left_out++;
      else begin
        if (is_new) begins(vector);
        play(vector);
      end
      if (scoreboard.failure != null) recover();
      else if (vector == null) break;
    end
    if (log != 0) $fclose(log);
  endtask

  // Says how it went; ends the simulation with an error if a vector failed.
  function void report();
    $display("%s: %0d bins of %0d vectors in %0d clocks; %0d registers compared; %0d vectors are not for it; stalls %s, seed %0d",
             core.is_encoder ? "encoder" : "decoder", scoreboard.bin_count, played, monitor.clocks, scoreboard.registers_compared,
             left_out, driver.stalls.name, seed);
    if (scoreboard.bin_count == 0) $fatal(1, "FAIL: no bin was coded");
    if (failed > 0) $fatal(1, "FAIL: %0d of %0d vectors", failed, played);
    $display("PASS, Silicabac %s", silicabac_version_text());
  endfunction

  protected function void begins(silicabac_vector vector);
    played++;
    if (saves != "") write(vector.requests, {saves, "/", vector.id, ".requests"});
  endfunction

  protected task play(silicabac_vector vector);
    scoreboard.announce(vector);
    open_vectors.push_back(vector);
    driver.play(vector);
    while (open_vectors.size() > 1 && open_vectors[0] != scoreboard.oldest()) void'(open_vectors.pop_front());
  endtask

  // Waits until the core owes nothing. The monitor may see the last request only after the driver: hence at least a clock.
  protected task settle();
    do @(posedge vif.clk); while (!scoreboard.idle() && scoreboard.failure == null);
  endtask

  // Reports what failed. The vectors after it, which the reset takes from the core, are played again.
  protected task recover();
    silicabac_vector wrong = scoreboard.failure.slice == null ? null : scoreboard.failure.slice.vector;
    silicabac_vector begun;
    tell();
    driver.reset(4);
    scoreboard.clear();
    do begun = open_vectors.pop_front(); while (open_vectors.size() > 0 && begun != wrong);
    again = {open_vectors, again};
    open_vectors.delete();
  endtask

  // Ends what the driver does when something fails, or nothing moves.
  protected task stop_at_failures();
    forever begin
      @(posedge vif.clk);
      if (watch.is_deadlock(driver, monitor, scoreboard))
        scoreboard.deadlock(watch.patience, driver.stalls.looks_first, driver.offered, driver.offers_slice);
      if (scoreboard.failure != null) driver.stops = 1;
    end
  endtask

  protected function void tell();
    silicabac_mismatch failure = scoreboard.failure;
    failed++;
    failure.print();
    if (failures == "") return;
    $fdisplay(log, "%s", failure.json($sformatf("\"stalls\": \"%s\", \"seed\": %0d", driver.stalls.name, seed)));
    if (failure.slice != null) write(failure.slice.requests, {failures, "/", failure.id, ".requests"});
  endfunction

  // Requests, as `silicabac vectors make` reads them.
  protected function void write(ref silicabac_request_t requests[$], input string path);
    int file = open(path);
    foreach (requests[i]) begin
      string notation = silicabac_request_notation(requests[i]);
      if (notation != "") $fdisplay(file, "%s", notation);
    end
    $fclose(file);
  endfunction

  protected function int open(string path);
    int file = $fopen(path, "w");
    if (file == 0) $fatal(1, "%s cannot be written: name a directory that exists by +failures=DIR or +save=DIR", path);
    return file;
  endfunction
endclass
