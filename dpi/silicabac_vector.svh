// SPDX-License-Identifier: MIT OR Apache-2.0
// Vectors, and where they come from: files, or made up.

// A slice as a test: what a core is asked for, from SLICE on, and the bytes of it.
class silicabac_vector;
  string              id;
  bit                 decode_only;  // no encoder makes these bytes
  silicabac_request_t requests[$];
  byte unsigned       bytes[$];

  function new(string id);
    this.id = id;
  endfunction

  function void add(silicabac_kind_e kind, bit bin = 0, bit [9:0] ctx_idx = 0, bit [7:0] data = 0);
    silicabac_request_t request;
    request.kind = kind;
    request.bin = bin;
    request.ctx_idx = ctx_idx;
    request.data = data;
    requests.push_back(request);
  endfunction
endclass

// Where vectors come from.
virtual class silicabac_source;
  // The next vector, or null after the last.
  pure virtual function silicabac_vector next();
endclass

// The vectors of a .hex file: those of golden/, or what `silicabac vectors export --format hex` has written, such as dreams.
class silicabac_file extends silicabac_source;
  protected string path;
  protected int    file;
  protected int    line;
  protected string id;     // of the vector that comes next
  protected bit    begun;

  function new(string path);
    this.path = path;
    file = $fopen(path, "r");
    if (file == 0) $fatal(1, "%s cannot be opened: name a .hex file of golden/ by +vectors=FILE", path);
  endfunction

  virtual function silicabac_vector next();
    silicabac_vector vector = null;
    string text;
    bit [23:0] word;
    while ($fgets(text, file) != 0) begin
      line++;
      if (text.substr(0, 2) == "// ") begin
        id = text.substr(3, text.len() - 2);
        if (vector != null) return vector;
        continue;
      end
      if (text.len() < 7 || $sscanf(text, "%h", word) != 1) damaged("is no word of 24 bits");
      if (word[23:22] == 2) begin
        if (vector != null) damaged("begins a vector without a comment that names it");
        vector = new(id);
        vector.decode_only = word[21];
        begun = 1;
        continue;
      end
      if (!begun) damaged("comes before the first vector");
      if (vector == null) damaged("belongs to no vector: its first word is missing");
      if (word[23:22] == 0) vector.requests.push_back(silicabac_request_t'(word[21:0]));
      if (word[23:22] == 1) vector.bytes.push_back(word[7:0]);
    end
    if (vector == null) $fclose(file);
    return vector;
  endfunction

  protected function void damaged(string what);
    $fatal(1, "%s:%0d: the line %s; docs/vectors.md has the format, and `silicabac vectors export --format hex` writes it", path, line, what);
  endfunction
endclass

// Vectors that are made up: loads, then bins of all kinds, some runs of outstanding bits, raw bytes and further engine runs.
class silicabac_random extends silicabac_source;
  int unsigned vectors;  // how many
  int unsigned most;     // the most bins of an engine run
  protected int unsigned made;
  protected silicabac_random_numbers numbers;

  function new(int unsigned vectors, int unsigned seed, int unsigned most = 400);
    this.vectors = vectors;
    this.most = most;
    numbers = new(seed, 0);
  endfunction

  virtual function silicabac_vector next();
    silicabac_vector vector;
    silicabac_encoder oracle;
    byte unsigned data;
    if (made == vectors) return null;
    vector = new($sformatf("random-%0d", made));
    made++;
    vector.add(SILICABAC_SLICE);
    vector.add(SILICABAC_START);
    for (int ctx = 0; ctx < 8; ctx++)
      vector.add(SILICABAC_LOAD, .ctx_idx(10'(ctx)), .data({1'b0, 1'(numbers.up_to(1)), 6'(numbers.up_to(62))}));
    for (int runs = int'(numbers.up_to(3)); runs >= 0; runs--) begin
      repeat (numbers.up_to(most)) bin(vector);
      vector.add(SILICABAC_TERMINATE, .bin(1));
      if (runs > 0) begin
        repeat (numbers.up_to(5)) vector.add(SILICABAC_RAW, .data(8'(numbers.draw())));
        vector.add(SILICABAC_START);
      end
    end
    oracle = new();
    foreach (vector.requests[i]) begin
      oracle.code(vector.requests[i]);
      while (oracle.next(data)) vector.bytes.push_back(data);
    end
    oracle.close();
    return vector;
  endfunction

  protected function void bin(silicabac_vector vector);
    case (numbers.up_to(15))
      0, 1, 2:  vector.add(SILICABAC_BYPASS, .bin(1'(numbers.up_to(1))));
      3:        vector.add(SILICABAC_TERMINATE, .bin(0));
      4: begin
        vector.add(SILICABAC_ALIGN);
        repeat (numbers.up_to(90)) vector.add(SILICABAC_BYPASS, .bin(1));
      end
      default: vector.add(SILICABAC_CONTEXT, .bin(numbers.up_to(7) == 0), .ctx_idx(10'(numbers.up_to(7))));
    endcase
  endfunction
endclass
