// SPDX-License-Identifier: MIT OR Apache-2.0
// Random numbers that are the same in every simulator: a seed gives the same vectors and the same waits in all of them.
//
// Everything that is random draws from a sequence of its own, so that when one asks does not change what another gets.

class silicabac_random_numbers;
  protected bit [63:0] state;

  // The sequence of a seed for one purpose, which has a number.
  function new(int unsigned seed, int unsigned purpose);
    state = {purpose, seed};
  endfunction

  // Each of the 2^32 numbers: a counter in steps of an odd constant, whose bits are mixed (SplitMix64).
  function int unsigned draw();
    bit [63:0] mixed;
    state += 64'h9e37_79b9_7f4a_7c15;
    mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 64'hbf58_476d_1ce4_e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 64'h94d0_49bb_1331_11eb;
    return mixed[63:32] ^ mixed[31:0];
  endfunction

  // 0 to `most`, where `most` is far below 2^32.
  function int unsigned up_to(int unsigned most);
    return draw() % (most + 1);
  endfunction

  // 1 in `odds` of 256 cases.
  function bit happens(int odds);
    return odds != 0 && int'(up_to(255)) < odds;
  endfunction
endclass
