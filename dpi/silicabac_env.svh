// SPDX-License-Identifier: MIT OR Apache-2.0
// A driver, a monitor and a scoreboard around one core, which judge it by the vectors of a source.

class silicabac_env;
  silicabac_driver     driver;
  silicabac_monitor    monitor;
  silicabac_scoreboard scoreboard;
  int                  patience = 20000;  // clocks in which nothing moves, after which it is a deadlock
  int unsigned         failed, left_out;  // vectors
  string               failures;          // a directory for what fails, if it is not empty

  protected virtual silicabac_socket_if vif;
  protected bit is_encoder;
  protected int log;
  protected silicabac_vector open_vectors[$];  // that were begun, and may not have ended
  protected silicabac_vector again[$];         // that come before those of the source

  function new(virtual silicabac_socket_if vif, bit is_encoder, int lanes, silicabac_stalls stalls);
    silicabac_compares compares;
    if (is_encoder) begin
      silicabac_encoder_scoreboard encoder = new();
      compares = new(encoder, null);
    end else begin
      silicabac_decoder_scoreboard decoder = new();
      compares = new(null, decoder);
    end
    this.vif = vif;
    this.is_encoder = is_encoder;
    scoreboard = compares.scoreboard;
    driver = new(vif, is_encoder, lanes, stalls);
    monitor = new(vif, is_encoder, compares);
  endfunction

  // Plays all vectors, each after the one before without a pause. A vector that fails is reported; then come a reset and those after it.
  task run(silicabac_source source);
    silicabac_vector vector;
    if (failures != "") log = open({failures, "/failures.json"});
    fork
      monitor.run();
      driver.take();
      driver.feed();
      watch();
    join_none
    driver.reset(1030);  // as long as a core may take to clear 1024 context variables
    forever begin
      vector = again.size() > 0 ? again.pop_front() : source.next();
      if (vector == null) settle();
      else if (is_encoder && vector.decode_only) left_out++;
      else play(vector);
      if (scoreboard.failure != null) recover();
      else if (vector == null) break;
    end
    if (log != 0) $fclose(log);
  endtask

  // Says how it went; ends the simulation with an error if a vector failed.
  function void report();
    $display("%s: %0d bins of %0d vectors in %0d clocks; %0d registers compared; %0d vectors are not for it",
             is_encoder ? "encoder" : "decoder", scoreboard.bin_count, scoreboard.vectors, monitor.clocks,
             scoreboard.registers_compared, left_out);
    if (scoreboard.bin_count == 0) $fatal(1, "FAIL: no bin was coded");
    if (failed > 0) $fatal(1, "FAIL: %0d of %0d vectors", failed, scoreboard.vectors);
    $display("PASS, Silicabac %s", silicabac_version_text());
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
    silicabac_vector wrong = scoreboard.failure.play == null ? null : scoreboard.failure.play.vector;
    silicabac_vector begun;
    tell();
    driver.reset(4);
    scoreboard.clear();
    do begun = open_vectors.pop_front(); while (open_vectors.size() > 0 && begun != wrong);
    again = {open_vectors, again};
    open_vectors.delete();
  endtask

  // Ends what the driver does when something fails, or nothing moves.
  protected task watch();
    forever begin
      @(posedge vif.clk);
      if (monitor.quiet > patience && (driver.is_offered || !scoreboard.idle()))
        scoreboard.deadlock(patience, driver.is_offered, driver.offered);
      if (scoreboard.failure != null) driver.stops = 1;
    end
  endtask

  protected function void tell();
    silicabac_mismatch failure = scoreboard.failure;
    failed++;
    failure.print();
    if (failures == "") return;
    $fdisplay(log, "%s", failure.json());
    if (failure.play != null) write(failure.play, {failures, "/", failure.id, ".requests"});
  endfunction

  // The requests of a slice, as `silicabac vectors make` reads them.
  protected function void write(silicabac_play play, string path);
    int file = open(path);
    foreach (play.requests[i]) begin
      string notation = silicabac_request_notation(play.requests[i]);
      if (notation != "") $fdisplay(file, "%s", notation);
    end
    $fclose(file);
  endfunction

  protected function int open(string path);
    int file = $fopen(path, "w");
    if (file == 0) $fatal(1, "%s cannot be written: name a directory that exists by +failures=DIR", path);
    return file;
  endfunction
endclass
