// SPDX-License-Identifier: MIT OR Apache-2.0
// The golden CABAC as classes: coders, scoreboards, sources of vectors, and a testbench of a core in the socket. docs/dpi.md.
package silicabac_dpi_pkg;
`include "silicabac_dpi_imports.svh"
`include "silicabac_request.svh"
`include "silicabac_random_numbers.svh"
`include "silicabac_core.svh"
`include "silicabac_coders.svh"
`include "silicabac_vector.svh"
`include "silicabac_mismatch.svh"
`include "silicabac_monitor.svh"
`include "silicabac_scoreboard.svh"
`include "silicabac_encoder_scoreboard.svh"
`include "silicabac_decoder_scoreboard.svh"
`include "silicabac_driver.svh"
`include "silicabac_env.svh"
`include "silicabac_options.svh"
endpackage
