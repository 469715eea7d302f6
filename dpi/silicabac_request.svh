// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests: what a core is asked for.

typedef enum bit [2:0] {
  SILICABAC_CONTEXT   = 3'd0,
  SILICABAC_BYPASS    = 3'd1,
  SILICABAC_TERMINATE = 3'd2,
  SILICABAC_ALIGN     = 3'd3,
  SILICABAC_RAW       = 3'd4,
  SILICABAC_LOAD      = 3'd5,
  SILICABAC_START     = 3'd6,
  SILICABAC_SLICE     = 3'd7
} silicabac_kind_e;

// With the bits of a word of a .hex file (docs/vectors.md).
typedef struct packed {
  silicabac_kind_e kind;
  bit              bin;
  bit [9:0]        ctx_idx;
  bit [7:0]        data;     // RAW: the byte; LOAD: pStateIdx | valMPS << 6
} silicabac_request_t;

function automatic bit silicabac_is_bin(silicabac_request_t request);
  return request.kind inside {SILICABAC_CONTEXT, SILICABAC_BYPASS, SILICABAC_TERMINATE};
endfunction

// In the words of `silicabac cosim`.
function automatic string silicabac_request_text(silicabac_request_t request);
  case (request.kind)
    SILICABAC_CONTEXT:   return $sformatf("context %0d = %0d", request.ctx_idx, request.bin);
    SILICABAC_BYPASS:    return $sformatf("bypass = %0d", request.bin);
    SILICABAC_TERMINATE: return $sformatf("terminate = %0d", request.bin);
    SILICABAC_ALIGN:     return "align";
    SILICABAC_RAW:       return $sformatf("raw 0x%02x", request.data);
    SILICABAC_LOAD:      return $sformatf("load %0d: state %0d, MPS %0d", request.ctx_idx, request.data[5:0], request.data[6]);
    SILICABAC_START:     return "start";
    default:             return "slice";
  endcase
endfunction

// In the notation of `silicabac vectors make`; empty for SLICE and START, which follow from the rest.
function automatic string silicabac_request_notation(silicabac_request_t request);
  case (request.kind)
    SILICABAC_CONTEXT:   return $sformatf("C%0d=%0d", request.ctx_idx, request.bin);
    SILICABAC_BYPASS:    return $sformatf("B=%0d", request.bin);
    SILICABAC_TERMINATE: return $sformatf("T=%0d", request.bin);
    SILICABAC_ALIGN:     return "A";
    SILICABAC_RAW:       return $sformatf("R=%02x", request.data);
    SILICABAC_LOAD:      return $sformatf("L%0d=%0d.%0d", request.ctx_idx, request.data[5:0], request.data[6]);
    default:             return "";
  endcase
endfunction

// A value in a report, as `silicabac cosim` writes it; X if a bit of it is unknown.
function automatic string silicabac_decimal(logic [31:0] value);
  return $isunknown(value) ? "X" : $sformatf("%0d", value);
endfunction

function automatic string silicabac_hexadecimal(logic [7:0] value);
  return $isunknown(value) ? "X" : $sformatf("0x%02x", value);
endfunction
