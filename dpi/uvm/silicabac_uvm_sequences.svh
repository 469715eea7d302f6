// SPDX-License-Identifier: MIT OR Apache-2.0
// Sequences of slices: of a file, made up, or what the plusargs ask for.

virtual class silicabac_uvm_sequence extends uvm_sequence #(silicabac_uvm_item);
  bit is_encoder = 1;  // vectors that are for decoders alone are left out

  function new(string name = "silicabac_uvm_sequence");
    super.new(name);
  endfunction

  pure virtual function silicabac_source source();

  virtual task body();
    silicabac_source from = source();
    silicabac_vector vector;
    forever begin
      vector = from.next();
      if (vector == null) break;
      if (!(is_encoder && vector.decode_only)) begin
        silicabac_uvm_item item = silicabac_uvm_item::type_id::create("item");
        start_item(item);
        item.vector = vector;
        finish_item(item);
      end
    end
  endtask
endclass

// The vectors of a .hex file: those of golden/, or dreams that `silicabac vectors export --format hex --dream` has written.
class silicabac_uvm_file_sequence extends silicabac_uvm_sequence;
  `uvm_object_utils(silicabac_uvm_file_sequence)
  string path;

  function new(string name = "silicabac_uvm_file_sequence");
    super.new(name);
  endfunction

  virtual function silicabac_source source();
    silicabac_file file = new(path);
    return file;
  endfunction
endclass

class silicabac_uvm_random_sequence extends silicabac_uvm_sequence;
  `uvm_object_utils(silicabac_uvm_random_sequence)
  int unsigned vectors = 100;
  int unsigned seed = 1;

  function new(string name = "silicabac_uvm_random_sequence");
    super.new(name);
  endfunction

  virtual function silicabac_source source();
    silicabac_random made = new(vectors, seed);
    return made;
  endfunction
endclass

// What +vectors=FILE.hex or +random=NUMBER asks for.
class silicabac_uvm_asked_sequence extends silicabac_uvm_sequence;
  `uvm_object_utils(silicabac_uvm_asked_sequence)

  function new(string name = "silicabac_uvm_asked_sequence");
    super.new(name);
  endfunction

  virtual function silicabac_source source();
    return silicabac_options::source();
  endfunction
endclass
