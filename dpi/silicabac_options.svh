// SPDX-License-Identifier: MIT OR Apache-2.0
// What the plusargs of a simulation ask for.

class silicabac_options;
  // +vectors=FILE.hex, or +random=NUMBER vectors that are made up.
  static function silicabac_source source();
    string path;
    int number = 100;
    if ($value$plusargs("vectors=%s", path)) begin
      silicabac_file file = new(path);
      return file;
    end
    void'($value$plusargs("random=%d", number));
    begin
      silicabac_random made = new(number);
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

  // +failures=DIR, by default none.
  static function string failures();
    string dir = "";
    void'($value$plusargs("failures=%s", dir));
    return dir;
  endfunction
endclass
