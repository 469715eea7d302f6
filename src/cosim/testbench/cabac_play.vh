  // What the testbenches of both directions do: the ways in which vectors are played, when the core is made to wait, and what is
  // said of it. The module around this has the tasks `begin_play` and `step`, which is a clock, and the reg `is_done`.

  // For each vector: its class, what it is flagged for, where its requests and bytes begin in their files and how many there are, and
  // what all that a core gives for it comes to.
  reg [191:0] vectors[0:`CABAC_VECTORS-1];
  initial $readmemh("cabac_vectors.hex", vectors);

  // What vectors and classes are called, and the number of the first vector of each class.
  reg [8*`CABAC_NAME-1:0] vector_names[0:`CABAC_VECTORS-1];
  reg [8*`CABAC_NAME-1:0] class_names[0:`CABAC_CLASSES-1];
  integer first_of_class[0:`CABAC_CLASSES];

  task read_names;
    integer file, number, first;
    reg [8*`CABAC_NAME-1:0] name;
    begin
      file = $fopen("cabac_vectors.txt", "r");
      for (number = 0; number < `CABAC_VECTORS; number = number + 1) begin
        if ($fscanf(file, "%s", name) != 1) $fatal(1, "cabac_vectors.txt ends early");
        vector_names[number] = name;
      end
      $fclose(file);
      file = $fopen("cabac_classes.txt", "r");
      for (number = 0; number < `CABAC_CLASSES; number = number + 1) begin
        if ($fscanf(file, "%d %s", first, name) != 2) $fatal(1, "cabac_classes.txt ends early");
        class_names[number] = name;
        first_of_class[number] = first;
      end
      first_of_class[`CABAC_CLASSES] = `CABAC_VECTORS;
      $fclose(file);
    end
  endtask

  // Why a vector exists: a line of a file.
  task show_comment(input integer vector);
    integer file, number, length;
    reg [8*`CABAC_COMMENT-1:0] line;
    begin
      file = $fopen("cabac_comments.txt", "r");
      for (number = 0; number <= vector; number = number + 1) length = $fgets(line, file);
      if (length > 0) $write("    %0s", line);
      $fclose(file);
    end
  endtask

  // The bits of a vector that say what it is flagged for.
  localparam GIVE_UP = 0, WAIT = 1, FULL_PACKER = 2, MANY = 3, VERY_MANY = 4, LARGE = 5, EACH_WAIT = 6, BROKEN_OFF = 7, MANY_GIVE_UPS = 8,
      ENDS_WITH_ERROR = 9;

  function is_flagged(input integer vector, input integer flag);
    is_flagged = vectors[vector][160+flag];
  endfunction
  function integer class_of(input integer vector);
    class_of = vectors[vector][191:176];
  endfunction
  function integer first_request(input integer vector);
    first_request = vectors[vector][159:128];
  endfunction
  function integer requests_of(input integer vector);
    requests_of = vectors[vector][127:96];
  endfunction
  function integer first_byte(input integer vector);
    first_byte = vectors[vector][95:64];
  endfunction
  function integer bytes_of(input integer vector);
    bytes_of = vectors[vector][63:32];
  endfunction
  function [31:0] digest_of(input integer vector);
    digest_of = vectors[vector][31:0];
  endfunction

  // A play: some vectors, back to back and in turn, until this number of them has been played.
  integer listed[0:`CABAC_VECTORS];
  integer listed_count, times;

  function integer vector_at(input integer place);
    vector_at = listed[place%listed_count];
  endfunction

  // ---- What is random

  reg [31:0] random_state;
  // Whether ports that mean nothing hold X.
  reg has_x;

  function integer random(input integer below);
    begin
      random_state = random_state ^ (random_state << 13);
      random_state = random_state ^ (random_state >> 17);
      random_state = random_state ^ (random_state << 5);
      random = random_state[30:8] % below;
    end
  endfunction

  // ---- When the core is made to wait

  localparam REQUESTS = 0, BYTES = 1, ANSWERS = 2;

  // The kind of stalls, and what they are like.
  integer stalls, most_given_up;
  integer port_odds[0:2];
  reg splits, looks;
  // The one planned wait of a play, and the next planned give-up; none if they are negative. With a negative transfer the port waits
  // before each, and if there is no number of clocks, each time for another.
  integer wait_port, wait_transfer, wait_clocks;
  integer give_up_clock, give_up_reset;
  // How many times more the vector is to be given up, after each number of clocks below this.
  integer more_give_ups, most_clocks;
  // A vector that is given up is not played again: the next one is.
  reg moves_on;
  // The clock in which the first request was taken that is more than the beginning of a slice, none if it is negative; and the last.
  integer begun_clock, asked_clock;
  // What has passed over each port, and before the last time, and the clock after that.
  integer transfers[0:2];
  integer transfers_before[0:2];
  integer since[0:2];
  integer clocks, still, given_up;
  reg waited;

  task transferred(input integer port, input integer count);
    begin
      transfers_before[port] = transfers[port];
      transfers[port] = transfers[port] + count;
      since[port] = clocks + 1;
    end
  endtask

  // For how many clocks a port waits before a transfer where each is to wait for another number.
  function integer clocks_of_each(input integer transfer);
    integer turn;
    begin
      turn = transfer / `CABAC_EVERY;
      clocks_of_each = 1 + transfer * `CABAC_LONGER % `CABAC_LONGEST;
      if (transfer % `CABAC_EVERY == 0)
        clocks_of_each = sleep_of(turn / `CABAC_ABOUT % 2) - `CABAC_LESS + turn % `CABAC_ABOUT;
    end
  endfunction

  // Whether a port, on which something could pass, has to wait in this clock.
  function waits(input integer port);
    begin
      waits = 1'b0;
      if (port_odds[port] > 0) waits = random(256) < port_odds[port];
      if (port == wait_port && transfers[port] >= wait_transfer
          && !(transfers[port] > wait_transfer && transfers_before[port] >= wait_transfer)
          && clocks - since[port] < wait_clocks) waits = 1'b1;
      if ((port == wait_port || wait_port > `CABAC_LAST_PORT) && wait_transfer < 0
          && clocks - since[port] < (wait_clocks > 0 ? wait_clocks : clocks_of_each(transfers[port]))) waits = 1'b1;
      if (waits) waited = 1'b1;
    end
  endfunction

  localparam STAYS = 0, CUTS = 1, RESETS = 2;

  // How the vector is to be given up in this clock, if it is; `can_cut` if its slice can end early now.
  integer way;
  task pick_way(input can_cut, input is_delicate);
    begin
      way = STAYS;
      if (give_up_clock >= 0 && clocks >= give_up_clock) begin
        if (give_up_reset > 0 && `CABAC_CAN_RESET) way = RESETS;
        if (give_up_reset == 0 && can_cut) way = CUTS;
        if (way != STAYS) begin
          give_up_clock = -1;
          if (more_give_ups > 0) begin
            give_up_clock = clocks + 1 + more_give_ups % most_clocks;
            more_give_ups = more_give_ups - 1;
          end
        end
      end
      if (way == STAYS && given_up < most_given_up) begin
        if (random(is_delicate ? 32 : 8192) == 0) begin
          if (can_cut && random(2) == 0) way = CUTS;
          else if (`CABAC_CAN_RESET) begin
            way = RESETS;
            give_up_reset = 1 + random(3);
          end
        end
      end
    end
  endtask

  // ---- What is said

  reg failed;
  integer plan, play_number;
  integer only_class, only_vector, only_plan, only_play;
  integer seed, plays;
  reg [63:0] all_clocks;
  // The vector that is played alone in plays of this plan; none if it is negative.
  integer alone;

  // The first thing that is wrong in a play: what, and which request of which vector shows it; and of a value what it should be.
  reg [8*80-1:0] wrong_what;
  reg has_values;
  reg [31:0] right_value, found_value;
  integer wrong_place, wrong_request, wrong_plan, wrong_play;

  task fail(input integer at, input integer request, input [8*80-1:0] what);
    if (!failed) begin
      failed = 1'b1;
      has_values = 1'b0;
      wrong_what = what;
      wrong_plan = plan;
      wrong_play = play_number;
      wrong_place = at;
      wrong_request = request;
    end
  endtask

  task fail_value(input integer at, input integer request, input [8*80-1:0] what, input [31:0] right, input [31:0] found);
    if (!failed) begin
      fail(at, request, what);
      has_values = 1'b1;
      right_value = right;
      found_value = found;
    end
  endtask

  task report;
    integer vector;
    begin
      vector = vector_at(wrong_place < times ? wrong_place : times - 1);
      if (has_values) $display("  %0s is %h, not %h", wrong_what, found_value, right_value);
      else $display("  %0s", wrong_what);
      $display("    in clock %0d of play %0d of %0s, at request %0d of %0s", clocks, wrong_play, plan_name(wrong_plan), wrong_request, vector_names[vector]);
      show_comment(vector);
      if (alone < 0) $display("    again: +class=%0s +plan=%0s +play=%0d +seed=%0d", class_names[class_of(vector)], plan_name(wrong_plan), wrong_play, seed);
      else $display("    again: +vector=%0s +plan=%0s +play=%0d +seed=%0d", vector_names[alone], plan_name(wrong_plan), wrong_play, seed);
    end
  endtask

  // What comes of the vectors is known beforehand, too: what was computed here has to be that.
  task check_digest(input integer vector, input [31:0] digest);
    if (digest != digest_of(vector)) begin
      $display("the files of this testbench are damaged: %0s comes to %h, not %h", vector_names[vector], digest, digest_of(vector));
      $fatal(1, "damaged files");
    end
  endtask

  // ---- The ways

  // A play with as many vectors as listed, or more. The seed, the vectors and the plan decide what is random. The clocks run in a
  // process of their own, so that a simulator that writes a task out wherever it is called writes them out once.
  event play_begins, play_ends;

  task play(input integer count);
    begin
      if (!failed && (only_play < 0 || only_play == play_number || (alone >= 0 && play_number == 0))) begin
        times = count;
        ->play_begins;
        @(play_ends);
        plays = plays + 1;
      end
      play_number = play_number + 1;
      {wait_port, give_up_clock} = {-32'sd1, -32'sd1};
      {more_give_ups, moves_on} = 0;
    end
  endtask

  integer rest, measured;
  always @(play_begins) begin
    random_state = 32'd2463534242 ^ (seed * 32'd2654435761) ^ (plan << 27) ^ (play_number * 32'd40503) ^ (listed[0] << 12);
    if (random_state == 0) random_state = 32'd1;
    has_x = !play_number[0];
    {transfers[0], transfers[1], transfers[2], since[0], since[1], since[2]} = 0;
    {transfers_before[0], transfers_before[1], transfers_before[2]} = 0;
    {port_odds[0], port_odds[1], port_odds[2]} = {odds(stalls, 0), odds(stalls, 1), odds(stalls, 2)};
    most_given_up = most_give_ups(stalls);
    splits = stalls > 0;
    looks = looks_first(stalls) > 0;
    {clocks, still, given_up} = 0;
    begun_clock = -1;
    begin_play;
    rest = 0;
    measured = -1;
    while (!failed && rest < 32) begin
      step;
      if (is_done) begin
        if (rest == 0) measured = clocks;
        rest = rest + 1;
      end
    end
    all_clocks = all_clocks + clocks;
    if (!failed) clocks = measured;
    ->play_ends;
  end

  function is_planned(input integer wanted);
    is_planned = !failed && (only_plan < 0 || only_plan == wanted);
  endfunction

  function is_chosen(input integer vector);
    is_chosen = only_vector < 0 || only_vector == vector;
  endfunction

  // Lists the vectors of a class that have a flag, or all but those that have it.
  task list(input integer from, input integer to, input integer flag, input wanted);
    integer vector;
    begin
      listed_count = 0;
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && (flag < 0 || is_flagged(vector, flag) == wanted)) begin
          listed[listed_count] = vector;
          listed_count = listed_count + 1;
        end
    end
  endtask

  // What shows how a vector has left a core: the same again, or where that is large, the first of its class.
  task list_with_next(input integer vector);
    begin
      listed[0] = vector;
      listed[1] = is_flagged(vector, LARGE) ? first_of_class[class_of(vector)] : vector;
      listed_count = 2;
    end
  endtask

  // Whether a vector is given up in this of its clocks: a long one in some, a large one in few.
  function is_given_up(input integer vector, input integer clock, input integer end_clock);
    integer left;
    begin
      left = end_clock - clock;
      is_given_up = end_clock <= `CABAC_SHORT
          || ((clock & (clock - 1)) == 0 && (8 * clock > end_clock || !is_flagged(vector, LARGE)))
          || (left % 7 == 0 && left <= (is_flagged(vector, LARGE) ? `CABAC_LAST : `CABAC_NEAR))
          || (left <= `CABAC_LAST && !is_flagged(vector, LARGE));
    end
  endfunction

  // Whether a port waits before this transfer: if there are many transfers, before some of them.
  function is_waited_for(input integer vector, input integer transfer, input integer end_transfer);
    reg is_power;
    begin
      is_power = transfer != 0 && (transfer & (transfer - 1)) == 0;
      if (is_flagged(vector, LARGE)) is_waited_for = end_transfer - transfer < 2 || (is_power && 8 * transfer > end_transfer);
      else is_waited_for = end_transfer <= `CABAC_EACH || end_transfer - transfer <= `CABAC_LAST_TRANSFERS || is_power;
    end
  endfunction

  // Whether it waits for this number of clocks.
  function is_wait_wanted(input integer vector, input integer wanted, input integer transfer, input integer end_transfer);
    if (is_flagged(vector, LARGE)) is_wait_wanted = wanted == `CABAC_LARGE_WAIT;
    else
      is_wait_wanted = wanted < `CABAC_LONG_WAIT
          || (end_transfer <= `CABAC_FEW && (transfer == end_transfer || (transfer != 0 && (transfer & (transfer - 1)) == 0)));
  endfunction

  // In each of its clocks; of a long vector in some.
  task give_up_everywhere(input integer vector);
    integer clock, end_clock, kind, resets;
    begin
      {play_number, listed[0], alone, listed_count} = {32'd0, vector, vector, 32'd1};
      play(1);
      end_clock = clocks;
      list_with_next(vector);
      for (clock = 0; clock < end_clock && !failed; clock = clock + 1) begin
        if (is_given_up(vector, clock, end_clock))
          for (resets = 1; resets >= `CABAC_FIRST_WAY; resets = resets - 1)
            for (kind = 0; kind < (end_clock <= `CABAC_SHORT ? 2 : 1); kind = kind + 1) begin
              stalls = kind == 0 ? 0 : `CABAC_UNEVEN_WITHOUT_GIVE_UPS;
              give_up_clock = clock;
              give_up_reset = resets == 0 ? 0 : 1 + clock % 3;
              play(2);
            end
      end
      stalls = 0;
      if (!failed) alone = -1;
    end
  endtask

  // The next vector of the class that is broken off, the first after the last.
  function integer next_broken_off(input integer vector);
    reg is_found;
    begin
      next_broken_off = vector;
      is_found = 1'b0;
      while (!is_found) begin
        next_broken_off = next_broken_off + 1;
        if (next_broken_off == first_of_class[class_of(vector)+1]) next_broken_off = first_of_class[class_of(vector)];
        is_found = next_broken_off == vector || is_flagged(next_broken_off, BROKEN_OFF);
      end
    end
  endfunction

  // In each clock in which its contexts are initialised, before another. A core takes the next slice in such a clock only if no request
  // waits: so it comes once as soon as it can, and once after a wait from the start on.
  task break_off(input integer vector);
    integer clock, end_clock, resets, holds;
    begin
      {play_number, listed[0], alone, listed_count} = {32'd0, vector, vector, 32'd1};
      play(1);
      end_clock = begun_clock;
      {listed[1], listed_count} = {next_broken_off(vector), 32'd2};
      for (clock = 0; clock <= end_clock && !failed; clock = clock + 1)
        for (resets = 1; resets >= `CABAC_FIRST_WAY; resets = resets - 1)
          for (holds = 0; holds <= 1 - resets; holds = holds + 1) begin
            if (holds != 0) wait_port = REQUESTS;
            wait_transfer = `CABAC_BEGUN;
            wait_clocks = clock;
            give_up_clock = clock;
            give_up_reset = resets;
            moves_on = 1'b1;
            play(2);
          end
      if (!failed) alone = -1;
    end
  endtask

  // Thousands of times in a row, after each number of clocks before its last request.
  task give_up_often(input integer vector);
    integer end_clock, resets;
    begin
      {play_number, listed[0], alone, listed_count} = {32'd0, vector, vector, 32'd1};
      play(1);
      end_clock = asked_clock;
      list_with_next(vector);
      for (resets = 1; resets >= `CABAC_FIRST_WAY; resets = resets - 1) begin
        most_clocks = resets == 0 ? end_clock * 3 / 4 : end_clock;
        if (most_clocks < 1) most_clocks = 1;
        more_give_ups = `CABAC_MANY_TIMES - 1;
        give_up_clock = 1;
        give_up_reset = resets;
        // The next slice comes only while no request waits; so not in the last clocks, since it may have to wait.
        stalls = resets == 0 ? `CABAC_UNEVEN_WITHOUT_GIVE_UPS : 0;
        play(2);
      end
      stalls = 0;
      if (!failed) alone = -1;
    end
  endtask

  // At each transfer of some ports.
  task wait_everywhere(input integer vector, input integer fills);
    integer port, number, transfer;
    integer ends[0:2];
    begin
      {play_number, listed[0], alone, listed_count} = {32'd0, vector, vector, 32'd1};
      play(1);
      {ends[0], ends[1], ends[2]} = {transfers[0], transfers[1], transfers[2]};
      list_with_next(vector);
      for (port = fills != 0 ? BYTES : REQUESTS; port <= (fills != 0 ? BYTES : `CABAC_LAST_PORT); port = port + 1)
        for (transfer = 0; transfer <= ends[port] && !failed; transfer = transfer + 1)
          for (number = 0; wait_of(fills, number) > 0; number = number + 1)
            if (is_waited_for(vector, transfer, ends[port]) && is_wait_wanted(vector, wait_of(fills, number), transfer, ends[port])) begin
              wait_port = port;
              wait_transfer = transfer;
              wait_clocks = wait_of(fills, number);
              play(2);
            end
      if (fills != 0) begin
        {listed[0], listed_count, wait_transfer} = {vector, 32'd1, -32'sd1};
        wait_port = BYTES;
        wait_clocks = `CABAC_FILLED;
        play(1);
      end
      if (!failed) alone = -1;
    end
  endtask

  // At each transfer of each port, and then of all, for another number of clocks.
  task wait_each(input integer vector);
    integer port;
    begin
      {play_number, listed[0], alone, listed_count} = {32'd0, vector, vector, 32'd1};
      play(1);
      for (port = REQUESTS; port <= `CABAC_LAST_PORT + 1; port = port + 1) begin
        {wait_port, wait_transfer, wait_clocks} = {port, -32'sd1, 32'd0};
        play(1);
      end
      if (!failed) alone = -1;
    end
  endtask

  task repeat_often(input integer count);
    begin
      play_number = 0;
      if (listed_count > 0) play(count);
    end
  endtask

  // Plays a class in all ways, until something is wrong.
  task judge(input integer which);
    integer from, to, vector, kind;
    begin
      from = first_of_class[which];
      to = first_of_class[which+1];
      failed = 1'b0;
      alone = -1;
      for (kind = 0; kind < `CABAC_STALLS; kind = kind + 1)
        if (is_planned(kind)) begin
          {plan, stalls, play_number} = {kind, kind, kind};
          if (kind == 0) list(from, to, -1, 1'b1);
          else list(from, to, LARGE, 1'b0);
          if (listed_count > 0) play(listed_count);
        end
      plan = `CABAC_STALLS;
      stalls = 0;
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && is_flagged(vector, GIVE_UP) && is_planned(plan)) give_up_everywhere(vector);
      plan = `CABAC_STALLS + 1;
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && is_flagged(vector, WAIT) && is_planned(plan)) wait_everywhere(vector, 0);
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && is_flagged(vector, EACH_WAIT) && is_planned(plan)) wait_each(vector);
      plan = `CABAC_STALLS + 2;
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && is_flagged(vector, FULL_PACKER) && is_planned(plan)) wait_everywhere(vector, 1);
      plan = `CABAC_STALLS + 3;
      if (is_planned(plan)) begin
        // What the last vector leaves wrong in the core shows in the first.
        list(from, to, -1, 1'b1);
        play_number = 0;
        if (listed_count > 1) begin
          {listed[0], listed[1]} = {listed[listed_count-1], listed[0]};
          listed_count = 2;
          play(2);
        end
        list(from, to, MANY, 1'b1);
        repeat_often(`CABAC_MANY_TIMES);
        list(from, to, VERY_MANY, 1'b1);
        repeat_often(`CABAC_VERY_MANY_TIMES);
      end
      plan = `CABAC_STALLS + 4;
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && is_flagged(vector, BROKEN_OFF) && is_planned(plan)) break_off(vector);
      plan = `CABAC_STALLS + 5;
      for (vector = from; vector < to; vector = vector + 1)
        if (is_chosen(vector) && is_flagged(vector, MANY_GIVE_UPS) && is_planned(plan)) give_up_often(vector);
    end
  endtask

  function integer plan_of(input [8*`CABAC_NAME-1:0] name);
    integer number;
    begin
      plan_of = -1;
      for (number = 0; number < `CABAC_STALLS + 6; number = number + 1)
        if (plan_name(number) == name) plan_of = number;
    end
  endfunction

  // What the command line chooses.
  task read_arguments;
    reg [8*`CABAC_NAME-1:0] name;
    integer number;
    begin
      {only_class, only_vector, only_plan} = {-32'sd1, -32'sd1, -32'sd1};
      if (!$value$plusargs("seed=%d", seed)) seed = 1;
      if (!$value$plusargs("play=%d", only_play)) only_play = -1;
      if ($value$plusargs("class=%s", name)) begin
        for (number = 0; number < `CABAC_CLASSES; number = number + 1) if (class_names[number] == name) only_class = number;
        if (only_class < 0) $fatal(1, "there is no class %0s", name);
      end
      if ($value$plusargs("vector=%s", name)) begin
        for (number = 0; number < `CABAC_VECTORS; number = number + 1) if (vector_names[number] == name) only_vector = number;
        if (only_vector < 0) $fatal(1, "there is no vector %0s", name);
        only_class = class_of(only_vector);
      end
      if ($value$plusargs("plan=%s", name)) begin
        only_plan = plan_of(name);
        if (only_plan < 0) $fatal(1, "there is no plan %0s", name);
      end
      if ($value$plusargs("dump=%s", name)) begin
        $dumpfile(name);
        $dumpvars;
      end
    end
  endtask

  integer class_number, judged, convicted;
  initial begin
    // All files are read first.
    #1 read_names;
    read_arguments;
    {plays, judged, convicted} = 0;
    all_clocks = 64'd0;
    {wait_port, give_up_clock} = {-32'sd1, -32'sd1};
    {more_give_ups, moves_on} = 0;
    for (class_number = 0; class_number < `CABAC_CLASSES; class_number = class_number + 1)
      if ((only_class < 0 || only_class == class_number) && !(convicted > 0 && $test$plusargs("stop"))) begin
        judge(class_number);
        judged = judged + 1;
        if (failed) convicted = convicted + 1;
        if (failed) report;
        $display("%0s %0s", failed ? "FAIL" : "pass", class_names[class_number]);
      end
    if (plays == 0) $fatal(1, "nothing was played: no vector of the class is for this plan");
    if (convicted > 0) begin
      $display("FAIL: %0d of %0d classes; seed %0d", convicted, judged, seed);
      $fatal(1, "the core is wrong");
    end
    $display("PASS: %0d classes, %0d plays, %0d clocks; seed %0d", judged, plays, all_clocks, seed);
    $finish;
  end
