// SPDX-License-Identifier: MIT OR Apache-2.0
// The golden coders as objects. All take requests by `code`; `close` ends one, since a chandle has no destructor.

// What all coders have in common.
virtual class silicabac_coder;
  protected chandle handle;

  // A call that the library refuses is a mistake of the testbench.
  protected function void done(int status, string what);
    if (status != 0) $fatal(1, "%s: %s", what, silicabac_status_text(status));
  endfunction

  // The context variable, as pStateIdx | valMPS << 6.
  function byte unsigned save(bit [9:0] ctx_idx);
    byte unsigned model;
    done(silicabac_dpi_save(handle, 32'(ctx_idx), model), "a context variable is saved");
    return model;
  endfunction

  // Codes a request that is a bin, an alignment, a raw byte or a load, and puts into it what was coded. Returns the status.
  protected function int work(ref silicabac_request_t request);
    byte unsigned value = request.kind == SILICABAC_RAW ? request.data : 8'(request.bin);
    int status;
    case (request.kind)
      SILICABAC_CONTEXT:   status = silicabac_coder_context(handle, 32'(request.ctx_idx), value);
      SILICABAC_BYPASS:    status = silicabac_coder_bypass(handle, value);
      SILICABAC_TERMINATE: status = silicabac_coder_terminate(handle, value);
      SILICABAC_ALIGN:     return silicabac_coder_align(handle);
      SILICABAC_RAW:       status = silicabac_dpi_raw(handle, value);
      SILICABAC_LOAD:      return silicabac_dpi_load(handle, 32'(request.ctx_idx), request.data);
      default:             return 0;
    endcase
    if (request.kind == SILICABAC_RAW) request.data = value;
    else request.bin = value[0];
    return status;
  endfunction

  function void close();
    done(silicabac_coder_destroy(handle), "a coder is closed");
    handle = null;
  endfunction
endclass

// A coder that is given bins. A new engine run starts by itself, as an encoder core starts it.
virtual class silicabac_writer extends silicabac_coder;
  protected bit ended;  // a terminate bin of 1 has ended the engine run

  virtual function void code(silicabac_request_t request);
    bit starts = ended && (silicabac_is_bin(request) || request.kind == SILICABAC_ALIGN);
    if (starts) done(silicabac_coder_start(handle), "an engine run starts");
    if (starts) ended = 0;
    done(work(request), silicabac_request_text(request));
    if (request.kind == SILICABAC_TERMINATE && request.bin) ended = 1;
  endfunction
endclass

// Follows the context variables, for drivers of cores that are given the state with each bin.
class silicabac_context_models extends silicabac_writer;
  function new();
    done(silicabac_meter_create(handle), "a meter is created");
  endfunction
endclass

// The golden encoder: the standard's flowcharts.
class silicabac_encoder extends silicabac_writer;
  protected longint unsigned given;

  int unsigned cod_i_range, cod_i_low, bits_outstanding, first_bit_flag;

  function new();
    done(silicabac_oracle_create(handle), "an encoder is created");
  endfunction

  // The next byte that the requests so far decide, if there is one.
  function bit next(inout byte unsigned data);
    int decided;
    done(silicabac_dpi_oracle_byte(handle, given, data, decided), "a byte is asked for");
    if (decided == 0) return 0;
    given++;
    return 1;
  endfunction

  // Brings the registers up to date. Between engine runs they mean nothing, and 0 is returned.
  function bit refresh();
    done(silicabac_dpi_oracle_state(handle, cod_i_range, cod_i_low, bits_outstanding, first_bit_flag), "registers are asked for");
    return !ended;
  endfunction
endclass

// The golden decoder of the bytes of a slice: the standard's flowcharts, with an answer to whatever a core is asked for.
class silicabac_decoder extends silicabac_coder;
  protected chandle slice;
  protected bit     started;

  int unsigned     cod_i_range, cod_i_offset;
  longint unsigned position;  // how many bits have been read
  bit [1:0]        error;     // as rsp_error

  function new(ref byte unsigned bytes[$]);
    foreach (bytes[i]) done(silicabac_dpi_slice_append(slice, bytes[i]), "the bytes of a slice are kept");
    done(silicabac_dpi_decoder_create(slice, handle), "a decoder is created");
  endfunction

  // Puts into the request what was decoded.
  function void code(ref silicabac_request_t request);
    // The decoder was started when it was created.
    if (request.kind == SILICABAC_START && started) done(silicabac_coder_start(handle), "an engine run starts");
    else done(work(request), silicabac_request_text(request));
    if (request.kind == SILICABAC_START) started = 1;
  endfunction

  function void refresh();
    int found;
    done(silicabac_dpi_decoder_state(handle, cod_i_range, cod_i_offset, position, found), "registers are asked for");
    error = started ? 2'(found) : 2'd0;
  endfunction

  function void close_slice();
    close();
    done(silicabac_dpi_slice_destroy(slice), "the bytes of a slice are dropped");
    slice = null;
  endfunction
endclass
