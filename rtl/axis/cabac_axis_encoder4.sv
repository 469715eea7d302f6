// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder of four slots between AXI4-Streams: up to four requests a clock in, each with the bypass bins after it, and up to
// four bytes a clock out.
//
//   s_axis_tdata   [32*k +: 32] is the request in slot k, the first in slot 0:
//                  [7:0]    RAW: the byte; LOAD: pStateIdx | valMPS << 6; else the bypass bins as a number, the first one highest
//                  [17:8]   CONTEXT, LOAD: the context variable
//                  [18]     the bin
//                  [21:19]  the kind of the request (cabac_pkg::kind_t)
//                  [25:22]  how many bypass bins: 1 to 8 with BYPASS, 0 to 2 after another bin or ALIGN
//                  [31:26]  not used
//   s_axis_tkeep   four bits a slot, all 1 or all 0: slots 0 to n-1 have requests, n is 1 to 4
//   m_axis_tdata   [8*k +: 8] is byte k of slice data, the first in byte 0
//   m_axis_tkeep   a bit a byte: bytes 0 to n-1 are there. A transfer of fewer than four can come within a packet, too
//   m_axis_tlast   the last of these bytes is the last of an engine run, which a terminate bin of 1 has ended
//
// A SLICE is the first of its transfer, and a terminate bin of 1 the last. The input needs no TLAST. Raw bytes come after the
// end of an engine run: they begin the next packet.
module cabac_axis_encoder4 (
    input  wire logic         aclk,
    input  wire logic         aresetn,
    // Requests
    input  wire logic         s_axis_tvalid,
    output logic              s_axis_tready,
    input  wire logic [127:0] s_axis_tdata,
    input  wire logic [15:0]  s_axis_tkeep,
    // Slice data
    output logic              m_axis_tvalid,
    input  wire logic         m_axis_tready,
    output logic [31:0]       m_axis_tdata,
    output logic [3:0]        m_axis_tkeep,
    output logic              m_axis_tlast
);
  logic rst, out_valid, out_ready, out_last, settled, unused;
  logic [3:0] req_count, out_count, out_keep, req_bin;
  logic [6:0] save_model;
  logic [11:0] req_kind;
  logic [39:0] req_ctx_idx;
  logic [27:0] req_model;
  logic [23:0] req_run;
  logic [31:0] req_data, out_data;
  cabac_encoder4_pkg::debug_t debug;

  assign rst = !aresetn;

  always_comb begin
    req_count = 4'd0;
    for (int k = 0; k < 4; k++) begin
      req_count = req_count + {3'd0, s_axis_tkeep[4*k]};
      req_data[8*k +: 8] = s_axis_tdata[32*k +: 8];
      req_model[7*k +: 7] = s_axis_tdata[32*k +: 7];
      req_ctx_idx[10*k +: 10] = s_axis_tdata[32*k+8 +: 10];
      req_bin[k] = s_axis_tdata[32*k+18];
      req_kind[3*k +: 3] = s_axis_tdata[32*k+19 +: 3];
      req_run[6*k +: 6] = {2'd0, s_axis_tdata[32*k+22 +: 4]};
      out_keep[k] = 4'(k) < out_count;
    end
  end

  cabac_encoder4 core (
      .clk(aclk), .rst,
      .req_valid(s_axis_tvalid), .req_ready(s_axis_tready), .req_count, .req_kind, .req_bin, .req_ctx_idx, .req_model,
      .req_run, .req_data, .out_valid, .out_ready, .out_count, .out_data, .out_last,
      .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  cabac_axis_slice #(.WIDTH(37)) bytes (
      .clk(aclk), .rst, .in_valid(out_valid), .in_ready(out_ready), .in_data({out_last, out_keep, out_data}),
      .out_valid(m_axis_tvalid), .out_ready(m_axis_tready), .out_data({m_axis_tlast, m_axis_tkeep, m_axis_tdata})
  );

  assign unused = &{s_axis_tdata, s_axis_tkeep, settled, save_model, debug, 1'b0};
endmodule
`default_nettype wire
