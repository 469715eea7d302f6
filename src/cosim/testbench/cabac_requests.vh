  // The kinds of requests, as the socket has them.
  localparam CONTEXT = 3'd0, BYPASS = 3'd1, TERMINATE = 3'd2, ALIGN = 3'd3, RAW = 3'd4, LOAD = 3'd5, START = 3'd6, SLICE = 3'd7;
