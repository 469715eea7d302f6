  // The requests of a play: a few ahead of the core, which the model has coded. Slices follow each other without a pause.

  // The vector whose requests come next, by its place in the play, and how many of them are left.
  integer place, requests_left, next_index;
  // Requests that are known but not taken, how many of them are on the ports, and what belongs to them.
  integer ahead, held;
  reg [14:0] ahead_word[0:AHEAD];
  reg [6:0] ahead_model[0:AHEAD];
  integer ahead_place[0:AHEAD];
  // The number in its vector.
  integer ahead_index[0:AHEAD];
  // A core may have much to clear when it is given up after it.
  reg ahead_delicate[0:AHEAD];
  // In how many lanes those on the ports are, and which is the first of each; of the lane after the last, too.
  integer held_lanes;
  integer lane_first[0:8];
  // How many requests were taken in all; and the vector of the last one.
  integer taken, taken_place;
  reg is_delicate, next_is_delicate, has_next, moved, is_done;
  // The slice header that it stands under.
  reg [12:0] ahead_header[0:AHEAD];
  reg [12:0] header;
  reg [14:0] word, operand;

  // The next request to be taken, if there is one: its vector, and its number in it.
  function integer next_place(input unused);
    next_place = ahead > 0 ? ahead_place[0] : requests_left > 0 ? place : place + 1;
  endfunction
  function integer next_number(input unused);
    next_number = ahead > 0 ? ahead_index[0] : requests_left > 0 ? next_index : 0;
  endfunction

  task fail_here(input [8*80-1:0] what);
    fail(next_place(1'b0), next_number(1'b0), what);
  endtask

  task begin_vector(input integer at);
    begin
      place = at;
      {requests_left, next_index} = 0;
      next_is_delicate = 1'b0;
      if (at < times) begin
        requests_left = requests_of(vector_at(at));
        tape.seek(first_request(vector_at(at)));
      end
    end
  endtask

  // The next request; it is on the ports before it is taken, and lane after lane needs the state that the last one left.
  task pull;
    begin
      if (requests_left == 0) begin_vector(place + 1);
      if (next_index == 0) begin_model(vector_at(place));
      tape.read(word);
      operand = 15'd0;
      if (word[13:11] == LOAD || word[13:11] == SLICE) tape.read(operand);
      requests_left = requests_left - 1;
      ahead_word[ahead] = word;
      ahead_model[ahead] = word[13:11] == CONTEXT ? model.contexts[word[9:0]] : operand[6:0];
      ahead_place[ahead] = place;
      ahead_index[ahead] = next_index;
      if (word[13:11] == SLICE) header = operand[12:0];
      ahead_header[ahead] = header;
      code_request(taken + ahead);
      if (model.tail - model.head > (1 << model.QUEUE_BITS)) fail_here("the core owes more than this testbench has room for");
      if (requests_left == 0) check_digest(vector_at(place), model.digest);
      next_index = next_index + 1;
      ahead_delicate[ahead] = next_is_delicate;
      ahead = ahead + 1;
    end
  endtask

  // Whether a request can come after others in its transaction: bins, up to a terminate bin; or with groups all but a SLICE, up to
  // a terminate bin of 1.
  function joins(input [14:0] asked);
    joins = asked[13:11] <= TERMINATE || (`CABAC_GROUPS && asked[13:11] != SLICE);
  endfunction
  function ends(input [14:0] asked);
    ends = asked[13:11] == TERMINATE ? asked[10] || !`CABAC_GROUPS : !joins(asked);
  endfunction

  task count_transaction;
    integer alone, after, most;
    reg more;
    begin
      alone = RUN > 0 ? RUN : 1;
      after = `CABAC_BYPASS_AFTER;
      if (RUN > 0 && splits) begin
        alone = 1 + random(alone);
        after = random(after + 1);
      end
      {held, held_lanes} = 0;
      more = 1'b1;
      while (more && held_lanes < LANES) begin
        if (held == ahead || (held > 0 && !joins(ahead_word[held]))) more = 1'b0;
        else begin
          more = !ends(ahead_word[held]);
          most = ahead_word[held][13:11] == BYPASS ? alone - 1 : more && ahead_word[held][13:11] <= ALIGN ? after : 0;
          lane_first[held_lanes] = held;
          held_lanes = held_lanes + 1;
          held = held + 1;
          while (most > 0) begin
            most = most - 1;
            if (held == ahead || ahead_word[held][13:11] != BYPASS) most = 0;
            else held = held + 1;
          end
        end
      end
      lane_first[held_lanes] = held;
      if (held_lanes > 1 && splits) held_lanes = 1 + random(held_lanes);
      held = lane_first[held_lanes];
    end
  endtask

  // What both directions have; `make_noise` has filled the rest.
  task put_common(input integer lane, input integer number);
    reg [2:0] kind;
    begin
      kind = ahead_word[number][13:11];
      req_kind[3*lane+:3] = kind;
      if (kind == CONTEXT || kind == LOAD) begin
        req_ctx_idx[10*lane+:10] = ahead_word[number][9:0];
        req_model[7*lane+:7] = ahead_model[number];
      end
    end
  endtask

  task make_common_noise(input x);
    integer lane;
    begin
      req_count = x ? 4'bx : random(16);
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        req_kind[3*lane+:3] = x ? 3'bx : random(8);
        // Half of the time what was there stays: a core that looks at it touches a context variable that is in use.
        if (x || random(2) == 0) req_ctx_idx[10*lane+:10] = x ? 10'bx : random(1024);
        req_model[7*lane+:7] = x ? 7'bx : random(128);
      end
    end
  endtask

  task offer_requests;
    integer lane;
    begin
      if (held == 0) begin
        make_noise(has_x);
        req_valid = has_next;
        if (has_next) if (waits(REQUESTS)) req_valid = 1'b0;
        if (req_valid) begin
          count_transaction;
          req_count = held_lanes;
          for (lane = 0; lane < held_lanes; lane = lane + 1) put_request(lane, lane_first[lane]);
          {slice_codec, slice_type, slice_index, slice_qp} = ahead_header[0];
        end
      end
    end
  endtask

  task take_requests;
    integer number;
    begin
      if (held > 0 && req_ready === 1'bx) fail_here("req_ready is X");
      else if (held > 0 && req_ready) begin
        if (ahead_place[held-1] != taken_place) given_up = 0;
        taken_place = ahead_place[held-1];
        is_delicate = ahead_delicate[held-1];
        for (number = 0; number < held; number = number + 1) begin
          is_taken(ahead_word[number][13:11]);
          if (begun_clock < 0 && ahead_word[number][13:11] < LOAD) begun_clock = clocks;
        end
        for (number = held; number < ahead; number = number + 1) begin
          ahead_word[number-held] = ahead_word[number];
          ahead_model[number-held] = ahead_model[number];
          ahead_place[number-held] = ahead_place[number];
          ahead_index[number-held] = ahead_index[number];
          ahead_delicate[number-held] = ahead_delicate[number];
          ahead_header[number-held] = ahead_header[number];
        end
        taken = taken + held;
        asked_clock = clocks;
        ahead = ahead - held;
        transferred(REQUESTS, held);
        held = 0;
        moved = 1'b1;
      end
    end
  endtask

  // The vector of the next request begins again, or the one after it.
  task begin_again;
    integer at;
    begin
      at = next_place(1'b0);
      ahead = 0;
      is_delicate = 1'b0;
      begin_vector(at + moves_on);
      if (at != taken_place) given_up = 0;
      taken_place = at;
      given_up = given_up + 1;
    end
  endtask

  task begin_clock;
    begin
      {waited, moved} = 0;
      way = STAYS;
      if (has_next && (give_up_clock >= 0 || given_up < most_given_up)) pick_way(can_cut(1'b0), is_delicate);
    end
  endtask

  // A reset in the middle of whatever the core does.
  task reset_core;
    begin
      repeat (give_up_reset) begin
        // What waits on the ports may stay there.
        if (random(2) == 0) begin
          make_noise(1'b0);
          req_valid = random(2);
        end
        rst = 1'b1;
        #5 clk = 1'b1;
        #5 clk = 1'b0;
        clocks = clocks + 1;
      end
      model.forget;
      held = 0;
      begin_again;
      moved = 1'b1;
    end
  endtask

  task begin_script;
    begin
      {clk, req_valid, is_delicate} = 0;
      {ahead, held, taken, header} = 0;
      taken_place = -1;
      model.forget;
      rst = 1'b1;
      make_noise(1'b0);
      repeat (8) begin
        #5 clk = 1'b1;
        #5 clk = 1'b0;
      end
      rst = 1'b0;
      is_done = 1'b0;
      begin_vector(0);
      has_next = 1'b1;
    end
  endtask

  // Looks ahead; called once in a clock.
  task look_ahead;
    while (ahead < AHEAD && (requests_left > 0 || place + 1 < times)) pull;
  endtask

  // After a clock: whether all is done, if nothing is due, and for how long nothing moves, unless something makes the core wait.
  task end_clock(input is_due);
    begin
      has_next = ahead > 0 || requests_left > 0 || place + 1 < times;
      is_done = !has_next && !is_due;
      if (moved || is_done) still = 0;
      else if (!waited) still = still + 1;
      if (still == `PATIENCE) fail_here(has_next ? "deadlock: a request is not taken" : "deadlock: what is due does not come");
    end
  endtask
