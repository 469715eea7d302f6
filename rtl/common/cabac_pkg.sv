// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The types of what the modules of the cores give to each other.
package cabac_pkg;

  // A request. CONTEXT, BYPASS and TERMINATE code a bin. The encoder takes START and SLICE and does nothing,
  // so that one list of requests serves both cores.
  typedef enum logic [2:0] {
    CONTEXT   = 3'd0,
    BYPASS    = 3'd1,
    TERMINATE = 3'd2,  // the encoder, after a bin of 1: flushes, fills the byte with zeros, starts again
    ALIGN     = 3'd3,  // H.265 bypass alignment: codIRange := 256
    RAW       = 3'd4,  // the next whole byte, not coded; only after a TERMINATE of 1 or another RAW
    LOAD      = 3'd5,  // sets a context variable
    START     = 3'd6,  // the decoder starts its engine on the next whole byte
    SLICE     = 3'd7   // the decoder drops what is left of the slice and begins the next one
  } kind_t;

  // A context variable.
  typedef struct packed {
    logic       val_mps;
    logic [5:0] p_state_idx;  // 0..62
  } model_t;

  typedef struct packed {
    kind_t      kind;
    logic       bin;
    logic [9:0] ctx_idx;
    logic [7:0] data;     // RAW: the byte; LOAD: the context variable
  } request_t;

  // What a bin does to codILow: add `addend` halves, then shift left.
  typedef struct packed {
    logic [9:0] addend;
    logic [2:0] shift;   // 0..6
    logic       flush;
    logic       raw;
    logic [7:0] data;
  } low_op_t;

  // Bits that have been decided: head, then `run` times its complement, then the top `len` of `rest`.
  typedef struct packed {
    logic        head_valid;  // the first head of an engine run is not written
    logic        head;
    logic [31:0] run;
    logic [8:0]  rest;        // zero below its top `len` bits
    logic [3:0]  len;         // 0..9
    logic        last;        // fill the byte with zeros; it is the last one
  } bits_t;

  // The registers of the encoder, and the write to its context memory. `emit_long_run` need not be one of them.
  typedef struct packed {
    logic        fetch_valid;
    request_t    fetch;
    model_t      fetch_model;
    logic [8:0]  cod_i_range;
    logic        low_valid;
    low_op_t     low;
    logic [9:0]  cod_i_low;
    logic [31:0] bits_outstanding;
    logic        first_bit_flag;
    logic        emit_valid;
    bits_t       emit;
    logic        emit_long_run;
    logic [31:0] pack_bits;
    logic [5:0]  pack_fill;
    logic        pack_last;
    logic        write_valid;
    logic [9:0]  write_ctx_idx;
    model_t      write_old;
    model_t      write_new;
  } encoder_debug_t;

  // The registers of the swift encoder: a request whose context variable is being read, what the memory had for it, and
  // what was written there in the clock of the read; then those of the pipeline.
  typedef struct packed {
    logic           ahead_valid;
    request_t       ahead;
    model_t         ahead_read;
    logic           ahead_kept_valid;
    model_t         ahead_kept;
    encoder_debug_t pipeline;
  } encoder_swift_debug_t;

  // What is wrong with a slice; the first such thing stays until the next SLICE.
  typedef enum logic [1:0] {
    NONE       = 2'd0,
    FORBIDDEN  = 2'd1,  // an engine starts with 510 or 511
    MISALIGNED = 2'd2,  // codIOffset is 256 or more at an ALIGN
    EXHAUSTED  = 2'd3   // a request needs a bit beyond the last byte; such bits are zero
  } error_t;

  // The answer to a bin or a raw byte; `error` is that of all requests so far, answered or not.
  typedef struct packed {
    logic       bin;
    logic [7:0] data;   // RAW: the byte
    error_t     error;
  } response_t;

  // The registers of the decoder, and the context variable that it reads. An answer waits if `response_valid`.
  typedef struct packed {
    logic        response_valid;
    response_t   response;
    logic [8:0]  cod_i_range;
    logic [8:0]  cod_i_offset;
    logic [31:0] ahead;
    logic [5:0]  ahead_len;
    logic        ended;
    logic [31:0] position;
    logic        write_valid;
    logic [9:0]  write_ctx_idx;
    model_t      write_model;
    model_t      read_model;
  } decoder_debug_t;

endpackage
`default_nettype wire
