// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The encoder core between AXI4-Streams: a request a clock in, a byte a clock out.
//
//   s_axis_tdata   [7:0]    RAW: the byte; LOAD: pStateIdx | valMPS << 6
//                  [17:8]   CONTEXT, LOAD: the context variable
//                  [18]     the bin
//                  [21:19]  the kind of the request (cabac_pkg::kind_t)
//                  [31:22]  not used
//   m_axis_tdata   [7:0]    a byte of slice data
//   m_axis_tlast            it is the last byte of an engine run, which a terminate bin of 1 has ended
//
// The low 24 bits of a request are those of a word of a file of vectors for $readmemh. The input needs no TLAST, since a
// terminate bin of 1 ends an engine run. Raw bytes come after the end of an engine run: they begin the next packet.
module cabac_axis_encoder (
    input  wire logic        aclk,
    input  wire logic        aresetn,
    // Requests
    input  wire logic        s_axis_tvalid,
    output logic             s_axis_tready,
    input  wire logic [31:0] s_axis_tdata,
    // Slice data
    output logic             m_axis_tvalid,
    input  wire logic        m_axis_tready,
    output logic [7:0]       m_axis_tdata,
    output logic             m_axis_tlast
);
  logic rst, out_valid, out_ready, out_last, settled, unused;
  logic [7:0] out_data;
  cabac_pkg::model_t save_model;
  cabac_pkg::encoder_debug_t debug;

  assign rst = !aresetn;

  cabac_encoder core (
      .clk(aclk), .rst,
      .req_valid(s_axis_tvalid), .req_ready(s_axis_tready), .req_kind(cabac_pkg::kind_t'(s_axis_tdata[21:19])),
      .req_bin(s_axis_tdata[18]), .req_ctx_idx(s_axis_tdata[17:8]), .req_model(s_axis_tdata[6:0]),
      .req_data(s_axis_tdata[7:0]), .out_valid, .out_ready, .out_data, .out_last,
      .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  cabac_axis_slice #(.WIDTH(9)) bytes (
      .clk(aclk), .rst, .in_valid(out_valid), .in_ready(out_ready), .in_data({out_last, out_data}),
      .out_valid(m_axis_tvalid), .out_ready(m_axis_tready), .out_data({m_axis_tlast, m_axis_tdata})
  );

  assign unused = &{s_axis_tdata[31:22], settled, save_model, debug, 1'b0};
endmodule
`default_nettype wire
