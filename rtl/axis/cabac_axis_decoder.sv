// SPDX-License-Identifier: MIT OR Apache-2.0
`default_nettype none

// The decoder core between AXI4-Streams: requests and slice data in, an answer a clock out.
//
//   s_axis_req_tdata   [7:0]    LOAD: pStateIdx | valMPS << 6
//                      [17:8]   CONTEXT, LOAD: the context variable
//                      [18]     not used: the bin of an encoder
//                      [21:19]  the kind of the request (cabac_pkg::kind_t)
//                      [31:22]  not used
//   s_axis_bits_tdata  [7:0]    a byte of slice data
//   s_axis_bits_tlast           it is the last byte of its slice
//   m_axis_tdata       [7:0]    the answer to CONTEXT, BYPASS and TERMINATE: the bin; to RAW: the byte
//   m_axis_tuser       [1:0]    the first error of the slice so far (cabac_pkg::error_t)
//                      [33:2]   how many bits of the slice have been read, with this answer
//   m_axis_tlast                it is a terminate bin of 1: an engine run ends
//
// Other requests have no answer. The request after an answer may depend on it; who waits for each answer gets a bin every
// three clocks, since the answer passes the core's register and one here.
module cabac_axis_decoder (
    input  wire logic        aclk,
    input  wire logic        aresetn,
    // Requests
    input  wire logic        s_axis_req_tvalid,
    output logic             s_axis_req_tready,
    input  wire logic [31:0] s_axis_req_tdata,
    // Slice data
    input  wire logic        s_axis_bits_tvalid,
    output logic             s_axis_bits_tready,
    input  wire logic [7:0]  s_axis_bits_tdata,
    input  wire logic        s_axis_bits_tlast,
    // Answers
    output logic             m_axis_tvalid,
    input  wire logic        m_axis_tready,
    output logic [7:0]       m_axis_tdata,
    output logic [33:0]      m_axis_tuser,
    output logic             m_axis_tlast
);
  logic rst, rsp_valid, rsp_ready, rsp_bin, ends, is_raw, is_terminate, settled, unused;
  logic [7:0] rsp_data;
  logic [31:0] rsp_bits;
  cabac_pkg::kind_t kind;
  cabac_pkg::error_t rsp_error;
  cabac_pkg::model_t save_model;
  cabac_pkg::decoder_debug_t debug;

  assign rst = !aresetn;
  assign kind = cabac_pkg::kind_t'(s_axis_req_tdata[21:19]);

  cabac_decoder core (
      .clk(aclk), .rst,
      .req_valid(s_axis_req_tvalid), .req_ready(s_axis_req_tready), .req_kind(kind),
      .req_ctx_idx(s_axis_req_tdata[17:8]), .req_model(s_axis_req_tdata[6:0]),
      .in_valid(s_axis_bits_tvalid), .in_ready(s_axis_bits_tready), .in_data(s_axis_bits_tdata),
      .in_last(s_axis_bits_tlast),
      .rsp_valid, .rsp_ready, .rsp_bin, .rsp_data, .rsp_error, .rsp_bits,
      .settled, .save_ctx_idx(10'd0), .save_model, .debug
  );

  // The core takes no request while an answer waits: the newest request is the one that is answered.
  always_ff @(posedge aclk) begin
    if (s_axis_req_tvalid && s_axis_req_tready) begin
      is_raw <= kind == cabac_pkg::RAW;
      is_terminate <= kind == cabac_pkg::TERMINATE;
    end
  end

  assign ends = is_terminate && rsp_bin;

  cabac_axis_slice #(.WIDTH(43)) answers (
      .clk(aclk), .rst, .in_valid(rsp_valid), .in_ready(rsp_ready),
      .in_data({ends, rsp_bits, rsp_error, is_raw ? rsp_data : {7'd0, rsp_bin}}),
      .out_valid(m_axis_tvalid), .out_ready(m_axis_tready), .out_data({m_axis_tlast, m_axis_tuser, m_axis_tdata})
  );

  assign unused = &{s_axis_req_tdata, settled, save_model, debug, 1'b0};
endmodule
`default_nettype wire
