// SPDX-License-Identifier: MIT OR Apache-2.0
// The ports of docs/socket.md, of both directions and up to eight lanes, and what a core shows of its registers.
//
// A core with fewer lanes is connected to the low bits. Outputs that a core does not have are tied: `out_count` and `rsp_count` to 1.
interface silicabac_socket_if (
    input logic clk
);
  logic        rst;
  // Requests
  logic        req_valid, req_ready;
  logic [3:0]  req_count;
  logic [23:0] req_kind;
  logic [7:0]  req_bin;
  logic [79:0] req_ctx_idx;
  logic [55:0] req_model;
  logic [47:0] req_run;
  logic [255:0] req_data;  // a lane has silicabac_core::data_bits() of them
  // Encoder: bytes
  logic        out_valid, out_ready;
  logic [3:0]  out_count;
  logic [63:0] out_data;
  logic        out_last;
  // Decoder: bytes and answers
  logic        in_valid, in_ready, in_last;
  logic [7:0]  in_data;
  logic        rsp_valid, rsp_ready;
  logic [3:0]  rsp_count;
  logic [7:0]  rsp_bin, rsp_data;
  logic [15:0] rsp_error;
  logic [31:0] rsp_bits;

  // Registers, if a core shows them. Each `sees` is 1 where the registers beside it are as they have to be after all requests that
  // were taken before this clock, but for the newest `lag`. Of a core that shows none they are tied to 0, and nothing is compared.
  logic        sees_range, sees_low, sees_offset, sees_context;
  logic [2:0]  range_lag, low_lag, offset_lag, context_lag;
  logic [8:0]  cod_i_range, cod_i_offset;
  logic [9:0]  cod_i_low, write_ctx_idx;
  logic [31:0] bits_outstanding;
  logic        first_bit_flag;
  logic [6:0]  write_model;
endinterface
