// SPDX-License-Identifier: MIT OR Apache-2.0
// What the plusargs of a simulation ask for.

class silicabac_options;
  // +vectors=FILE.hex, or +random=NUMBER vectors that are made up from the seed.
  static function silicabac_source source();
    string path;
    int number = 100;
    if ($value$plusargs("vectors=%s", path)) begin
      silicabac_file file = new(path);
      return file;
    end
    void'($value$plusargs("random=%d", number));
    begin
      silicabac_random made = new(number, seed());
      return made;
    end
  endfunction

  // +stalls=NAME, by default flowing.
  static function silicabac_stalls stalls();
    string name = "flowing";
    silicabac_stalls found;
    void'($value$plusargs("stalls=%s", name));
    found = new(name);
    return found;
  endfunction

  // +seed=NUMBER, by default 1: of vectors that are made up, of waits, and of ports that mean nothing.
  static function int unsigned seed();
    int unsigned number = 1;
    void'($value$plusargs("seed=%d", number));
    return number;
  endfunction

  // +failures=DIR, by default none.
  static function string failures();
    string dir = "";
    void'($value$plusargs("failures=%s", dir));
    return dir;
  endfunction

  // +save=DIR, by default none.
  static function string saves();
    string dir = "";
    void'($value$plusargs("save=%s", dir));
    return dir;
  endfunction
endclass
