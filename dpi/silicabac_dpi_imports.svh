// SPDX-License-Identifier: MIT OR Apache-2.0
// The functions of silicabac.h, which documents them, and of silicabac_dpi.c. Every `int` that they return is a silicabac_status.
// Users call the classes; these are for whoever writes another class.

import "DPI-C" function string silicabac_status_text(input int status);
import "DPI-C" function string silicabac_version_text();

import "DPI-C" function int silicabac_oracle_create(output chandle coder);
import "DPI-C" function int silicabac_meter_create(output chandle coder);
import "DPI-C" function int silicabac_dpi_decoder_create(input chandle slice, output chandle coder);
import "DPI-C" function int silicabac_coder_destroy(input chandle coder);

import "DPI-C" function int silicabac_coder_context(input chandle coder, input int unsigned ctx_idx, inout byte unsigned bin);
import "DPI-C" function int silicabac_coder_bypass(input chandle coder, inout byte unsigned bin);
import "DPI-C" function int silicabac_coder_terminate(input chandle coder, inout byte unsigned bin);
import "DPI-C" function int silicabac_coder_align(input chandle coder);
import "DPI-C" function int silicabac_coder_start(input chandle coder);
import "DPI-C" function int silicabac_dpi_raw(input chandle coder, inout byte unsigned data);
import "DPI-C" function int silicabac_dpi_load(input chandle coder, input int unsigned ctx_idx, input byte unsigned model);
import "DPI-C" function int silicabac_dpi_save(input chandle coder, input int unsigned ctx_idx, output byte unsigned model);

import "DPI-C" function int silicabac_dpi_oracle_byte(
    input chandle oracle, input longint unsigned number, inout byte unsigned data, output int decided);
import "DPI-C" function int silicabac_dpi_oracle_state(
    input chandle oracle, inout int unsigned cod_i_range, inout int unsigned cod_i_low, inout int unsigned bits_outstanding,
    inout int unsigned first_bit_flag);
import "DPI-C" function int silicabac_dpi_decoder_state(
    input chandle decoder, inout int unsigned cod_i_range, inout int unsigned cod_i_offset, inout longint unsigned position,
    inout int error);

import "DPI-C" function int silicabac_dpi_slice_append(inout chandle slice, input byte unsigned data);
import "DPI-C" function int silicabac_dpi_slice_destroy(input chandle slice);
