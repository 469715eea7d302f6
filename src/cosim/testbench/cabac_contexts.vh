  // The context variables, and the tables of the standard that belong to them.

  // pStateIdx | valMPS << 6
  reg [6:0] contexts[0:1023];
  // For each pStateIdx transIdxLPS, and below it rangeTabLPS, for the lowest qCodIRangeIdx in the lowest bits.
  reg [39:0] states[0:63];
  // For each ctxIdx m and n, in lines of 1,024: H.264 I, and cabac_init_idc 0, 1, 2; H.265 initType 0, 1, 2.
  reg [15:0] lines[0:7*1024-1];

  initial begin
    $readmemh("cabac_states.hex", states);
    if (LOADS == 0) $readmemh("cabac_initial.hex", lines);
  end

  function [8:0] range_lps(input [5:0] p_state_idx, input [1:0] q_cod_i_range_idx);
    reg [39:0] row;
    begin
      row = states[p_state_idx];
      range_lps = {1'b0, row[8*q_cod_i_range_idx+:8]};
    end
  endfunction

  function [6:0] next_model(input [6:0] model, input value);
    reg [39:0] row;
    begin
      row = states[model[5:0]];
      if (value == model[6]) next_model = model[5:0] < 6'd62 ? model + 7'd1 : model;
      else next_model = {model[6] ^ (model[5:0] == 6'd0), row[37:32]};
    end
  endfunction

  // Clause 9.3.1.1 (H.265 9.3.2.2), from a slice header: codec [12], slice_type [11:10], index [9:8], SliceQPY [7:0].
  task initialise_contexts(input [12:0] header);
    integer row, ctx, qp, pre;
    reg [15:0] line;
    begin
      if (header[12]) row = header[11:10] == 2'd2 ? 4 : header[10] == header[8] ? 5 : 6;
      else row = header[11:10] == 2'd2 ? 0 : 1 + header[9:8];
      qp = $signed(header[7:0]);
      if (qp < 0) qp = 0;
      if (qp > 51) qp = 51;
      for (ctx = 0; ctx < 1024; ctx = ctx + 1) begin
        line = lines[1024*row+ctx];
        pre = $signed(line[15:8]) * qp;
        pre = (pre >>> 4) + $signed(line[7:0]);
        if (pre < 1) pre = 1;
        if (pre > 126) pre = 126;
        pre = pre <= 63 ? 63 - pre : pre;
        contexts[ctx] = pre[6:0];
      end
    end
  endtask
