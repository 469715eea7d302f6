// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The types of what the modules of the encoder of four slots give to each other.
package cabac_encoder4_pkg;

  // A group: four slots, each a request and the bypass bins after it. `count` is 0..2, and 1..8 if the kind is BYPASS;
  // an empty slot is a SLICE, which does nothing. After a TERMINATE of 1 the rest of a group is empty.
  typedef struct packed {
    logic [11:0] kind;     // three bits a slot, cabac_pkg::kind_t; the first slot has the lowest bits, here and below
    logic [3:0]  bin;      // CONTEXT, TERMINATE
    logic [39:0] ctx_idx;  // CONTEXT, LOAD
    logic [15:0] count;    // how many bypass bins; 0 for RAW and LOAD
    logic [31:0] data;     // the bypass bins as a number, the first the highest; RAW: the byte; LOAD: the state
  } group_t;

  // A group whose states are known.
  typedef struct packed {
    logic [11:0] kind;
    logic [3:0]  lps;          // CONTEXT: whether the bin is the LPS; TERMINATE: the bin; ALIGN: 1
    logic [23:0] p_state_idx;
    logic [15:0] count;
    logic [31:0] data;
  } coded_t;

  // What two bins make of codIRange, for one place of codIRange: see cabac_encoder4_constants.
  typedef struct packed {
    logic [8:0] base;
    logic       twice;
    logic       odd;
  } piece_t;

  // Up to four bytes that leave together, and whether a carry arrives at what left before.
  typedef struct packed {
    logic        carry;
    logic        last;   // of an engine run
    logic [1:0]  more;   // how many bytes besides the first
    logic [31:0] word;   // the first byte at the top
  } word_t;

  // The registers that feed back, those of the first stage, and the writes to the context memory.
  typedef struct packed {
    logic [3:0]   clearing;
    logic         ready;
    group_t       fetch;
    logic [27:0]  fetch_model;
    logic [3:0]   update_uses;
    logic [3:0]   write_valid;
    logic [39:0]  write_ctx_idx;
    logic [27:0]  write_model;
    logic [7:0]   cod_i_range;
    logic [8:0]   cod_i_low;
    logic [31:0]  word;
    logic [4:0]   word_len;
    logic         carry;
    logic [3:0]   queue_first;
    logic [4:0]   queue_fill;
    logic         held_valid;
    logic [34:0]  held;
    logic [31:0]  run;
    logic         running;
  } debug_t;

endpackage
`default_nettype wire
