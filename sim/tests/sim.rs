//! Designs that have nothing to do with CABAC: every port width, errors, and several builds at once.

use std::{fs, path::Path, thread};

use silicabac_sim::{Cache, Design, Direction, Library, SimError, Tools};

fn tools() -> (Cache, Tools) {
    let cache = Cache::from_env().unwrap_or_else(|error| panic!("{error}"));
    let tools =
        Tools::find(&cache, &mut |line| eprintln!("{line}")).unwrap_or_else(|error| panic!("{error}"));
    (cache, tools)
}

fn design(dir: &Path, text: &str) -> Design {
    let path = dir.join("top.sv");
    fs::write(&path, text).unwrap();
    let mut design = Design::new("top", "clk");
    design.sources.push(path);
    design
}

fn build(text: &str, cache: &Cache, tools: &Tools) -> Result<Library, SimError> {
    let dir = tempfile::tempdir().unwrap();
    design(dir.path(), text).build(cache, tools)
}

const WIDTHS: &str = "module top(input clk, input rst, input [7:0] a8, input [32:0] a33, input [99:0] a100,
    output reg [7:0] q8, output reg [32:0] q33, output reg [99:0] q100, output [31:0] sum);
  assign sum = a8 + 32'd1;
  always @(posedge clk) if (rst) begin q8 <= 0; q33 <= 0; q100 <= 0; end
    else begin q8 <= a8; q33 <= a33; q100 <= a100; end
endmodule";

#[test]
fn ports_of_every_width_pass_and_registers_show_before_the_edge() {
    let (cache, tools) = tools();
    let library = build(WIDTHS, &cache, &tools).unwrap();
    assert_eq!((library.input_words(), library.output_words()), (8, 8));
    let input = |name, width| library.word_of(name, Direction::Input, width).unwrap();
    let output = |name, width| library.word_of(name, Direction::Output, width).unwrap();
    let mut inputs = vec![u32::MAX; 8];
    let mut outputs = vec![0; 8];
    let mut top = library.instance(3);
    top.clock(&inputs, &mut outputs).unwrap();
    assert_eq!(outputs[output("sum", 32)], 256, "a8 is cut to its width, and logic sees this clock's inputs");
    inputs[input("rst", 1)] = 0;
    top.clock(&inputs, &mut outputs).unwrap();
    assert_eq!(outputs[output("q8", 8)], 0, "the reset of the clock before");
    inputs[input("a100", 100)..][..4].copy_from_slice(&[1, 2, 3, 4]);
    top.clock(&inputs, &mut outputs).unwrap();
    assert_eq!(outputs[output("q8", 8)], 255);
    assert_eq!(outputs[output("q33", 33)..][..2], [u32::MAX, 1]);
    assert_eq!(outputs[output("q100", 100)..][..4], [u32::MAX, u32::MAX, u32::MAX, 15]);
    top.clock(&inputs, &mut outputs).unwrap();
    assert_eq!(outputs[output("q100", 100)..][..4], [1, 2, 3, 4]);
}

#[test]
fn logic_without_a_clock_is_evaluated() {
    let (cache, tools) = tools();
    let text = "module top(input [7:0] a, input [39:0] b, output [40:0] sum); assign sum = a + b; endmodule";
    let dir = tempfile::tempdir().unwrap();
    let mut design = Design { clock: None, ..design(dir.path(), text) };
    let library = design.build(&cache, &tools).unwrap();
    let (mut top, mut sum) = (library.instance(1), [0; 2]);
    for a in [1, 0, 255] {
        top.eval(&[a, u32::MAX, 255], &mut sum).unwrap();
        assert_eq!(u64::from(sum[1]) << 32 | u64::from(sum[0]), u64::from(a) + (1 << 40) - 1);
    }
    design.clock = Some("clk".into());
    assert!(matches!(design.build(&cache, &tools).unwrap_err(), SimError::Port { .. }), "it has none");
}

#[test]
fn a_look_at_a_clocked_design_moves_no_register() {
    let (cache, tools) = tools();
    let library = build(WIDTHS, &cache, &tools).unwrap();
    let (mut inputs, mut outputs) = (vec![0; 8], vec![0; 8]);
    let (a8, q8) = (
        library.word_of("a8", Direction::Input, 8).unwrap(),
        library.word_of("q8", Direction::Output, 8).unwrap(),
    );
    let sum = library.word_of("sum", Direction::Output, 32).unwrap();
    let mut top = library.instance(1);
    inputs[a8] = 5;
    top.clock(&inputs, &mut outputs).unwrap();
    inputs[a8] = 6;
    for _ in 0..3 {
        top.eval(&inputs, &mut outputs).unwrap();
        assert_eq!((outputs[q8], outputs[sum]), (5, 7));
    }
    top.clock(&inputs, &mut outputs).unwrap();
    top.eval(&inputs, &mut outputs).unwrap();
    assert_eq!(outputs[q8], 6);
}

#[test]
fn what_is_not_initialised_is_random_and_repeatable() {
    let (cache, tools) = tools();
    let library = build(
        "module top(input clk, output reg [31:0] q); always @(posedge clk) q <= q; endmodule",
        &cache,
        &tools,
    )
    .unwrap();
    let first = |seed| {
        let mut outputs = [0];
        library.instance(seed).clock(&[], &mut outputs).unwrap();
        outputs[0]
    };
    assert_eq!(first(5), first(5));
    assert_ne!(first(5), first(7));
}

#[test]
fn a_port_of_another_width_is_named() {
    let (cache, tools) = tools();
    let library = build(WIDTHS, &cache, &tools).unwrap();
    let wrong = library.word_of("q33", Direction::Output, 32).unwrap_err().to_string();
    assert!(wrong.contains("q33") && wrong.contains("33 bits"), "{wrong}");
    assert!(library.word_of("q34", Direction::Output, 34).unwrap_err().to_string().contains("no port q34"));
}

#[test]
fn a_design_that_stops_says_where() {
    let (cache, tools) = tools();
    let text = "module top(input clk, input go); always @(posedge clk) if (go) $finish; endmodule";
    let library = build(text, &cache, &tools).unwrap();
    let mut top = library.instance(1);
    top.clock(&[0], &mut []).unwrap();
    let stopped = top.clock(&[1], &mut []).unwrap_err().to_string();
    assert!(stopped.contains("$finish") && stopped.contains("top.sv:1"), "{stopped}");
}

#[test]
fn a_change_in_any_included_file_is_noticed() {
    let (cache, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("deep")).unwrap();
    let mut design = design(
        dir.path(),
        "module top(input clk, output [7:0] q);\n`include \"deep/value.inc\"\nassign q = VALUE; endmodule",
    );
    design.include_dirs.push(dir.path().to_owned());
    for value in [1, 2, 1] {
        let text = format!("localparam VALUE = {value};\n");
        fs::write(dir.path().join("deep/value.inc"), text).unwrap();
        let mut outputs = [0];
        design.build(&cache, &tools).unwrap().instance(1).clock(&[], &mut outputs).unwrap();
        assert_eq!(outputs, [value]);
    }
}

#[test]
fn a_function_that_is_nowhere_is_found_when_building() {
    let (cache, tools) = tools();
    let text = "module top(input clk, output reg [31:0] q);
        import \"DPI-C\" function int nowhere(); always @(posedge clk) q <= nowhere(); endmodule";
    let error = build(text, &cache, &tools).unwrap_err();
    assert!(matches!(&error, SimError::Compile { message, .. } if message.contains("nowhere")), "{error}");
}

#[test]
fn more_of_the_runtime_is_linked_where_it_is_needed() {
    let (cache, tools) = tools();
    let text = "module top(input clk, output reg [31:0] q);
        integer seed = 1; always @(posedge clk) q <= $dist_uniform(seed, 1, 6); endmodule";
    let library = build(text, &cache, &tools).unwrap();
    let mut top = library.instance(1);
    let mut outputs = [0];
    (0..2).for_each(|_| top.clock(&[], &mut outputs).unwrap());
    assert!((1..=6).contains(&outputs[0]), "{outputs:?}");
}

#[test]
fn failures_are_told_apart() {
    let (cache, tools) = tools();
    let fails = |text| build(text, &cache, &tools).unwrap_err();
    let syntax = fails("module top(input clk); assign = 1; endmodule");
    assert!(matches!(&syntax, SimError::Verilog(message) if message.contains("top.sv:1")), "{syntax}");
    let clock = fails("module top(input clock); endmodule");
    assert!(matches!(&clock, SimError::Port { what, .. } if what.contains("no input clk")), "{clock}");
    let pad = fails("module top(input clk, inout pad); endmodule");
    assert!(matches!(&pad, SimError::Port { what, .. } if what.contains("pad")), "{pad}");
    let missing = Design { sources: vec!["/no/such.sv".into()], ..Design::new("top", "clk") };
    assert!(matches!(missing.build(&cache, &tools).unwrap_err(), SimError::Read { .. }));
}

#[test]
fn many_can_build_the_same_at_once() {
    let (_, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    let design = design(dir.path(), WIDTHS);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| design.build(&cache, &tools).unwrap());
        }
    });
    let names = fs::read_dir(dir.path().join("cache")).unwrap().map(|entry| entry.unwrap().file_name());
    let (locks, built): (Vec<_>, Vec<_>) = names.partition(|name| name.to_string_lossy().ends_with(".lock"));
    assert_eq!(
        (locks.len(), built.len()),
        (3, 3),
        "two files of the runtime and the design, once: {built:?}"
    );
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_damaged_entry_of_the_cache_is_built_again() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    let built = std::cell::Cell::new(0);
    let entry = || {
        let build = |dir: &Path| {
            built.set(built.get() + 1);
            fs::create_dir(dir.join("deep")).unwrap();
            fs::write(dir.join("deep/file"), "contents").unwrap();
            // Of a directory as large as this one only lengths are compared.
            if built.get() > 100 {
                fs::File::create(dir.join("large")).unwrap().set_len(17 << 20).unwrap();
            }
            Ok(())
        };
        cache.entry("name", build).unwrap()
    };
    let path = entry();
    let file = path.join("deep/file");
    let damages: [(&str, &dyn Fn()); 6] = [
        ("shorter", &|| fs::write(&file, "content").unwrap()),
        ("of zeros", &|| fs::write(&file, [0; 8]).unwrap()),
        ("gone", &|| fs::remove_file(&file).unwrap()),
        ("a directory", &|| fs::remove_file(&file).and_then(|()| fs::create_dir(&file)).unwrap()),
        ("without a list", &|| fs::remove_file(path.join(".contents")).unwrap()),
        ("with half a list", &|| {
            let list = fs::read(path.join(".contents")).unwrap();
            fs::write(path.join(".contents"), &list[..list.len() / 2]).unwrap();
        }),
    ];
    for (number, (what, damage)) in (1..).zip(damages) {
        assert_eq!((entry(), built.get()), (path.clone(), number), "what is whole is not built again");
        // Whoever uses the old one keeps it.
        let old = fs::File::open(&path).unwrap();
        damage();
        assert_eq!((entry(), built.get()), (path.clone(), number + 1), "{what}");
        assert_eq!(fs::read(&file).unwrap(), b"contents", "{what}");
        drop(old);
    }
    built.set(100);
    fs::remove_file(&file).unwrap();
    entry();
    let large = path.join("large");
    fs::OpenOptions::new().write(true).open(&large).unwrap().set_len(16 << 20).unwrap();
    entry();
    assert_eq!(built.get(), 102);

    // What a program adds is its own, and nothing is written where all is there.
    fs::write(path.join("added"), "").unwrap();
    fs::remove_file(dir.path().join("cache/name.lock")).unwrap();
    entry();
    assert_eq!(built.get(), 102);
    let left = files(dir.path());
    assert!(left.iter().all(|file| file.starts_with(&path)), "{left:?}");
}

#[test]
fn a_truncated_library_is_noticed_before_it_is_loaded() {
    let (cache, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    // A name of its own, so that no other test uses what is damaged here.
    let design = Design {
        top: "truncated".into(),
        ..design(dir.path(), &WIDTHS.replace("module top", "module truncated"))
    };
    let first = design.build(&cache, &tools).unwrap();
    let is_ours = |file: &&std::path::PathBuf| {
        file.ends_with("sim.so")
            && file.parent().is_some_and(|dir| dir.to_string_lossy().contains("/truncated-"))
    };
    let files = files(cache.dir());
    assert!(files.iter().any(|file| is_ours(&file)));
    for library in files.iter().filter(is_ours) {
        // A copy, as after a crash of the machine; the first library goes on with its own file.
        let bytes = fs::read(library).unwrap();
        fs::remove_file(library).unwrap();
        fs::write(library, &bytes[..bytes.len() / 2]).unwrap();
    }
    let second = design.build(&cache, &tools).unwrap();
    for library in [first, second] {
        let mut outputs = vec![0; library.output_words()];
        library.instance(1).clock(&vec![0; library.input_words()], &mut outputs).unwrap();
    }
}

#[test]
fn verilog_is_read_from_files() {
    let (cache, tools) = tools();
    let dir = tempfile::tempdir().unwrap();
    let design = Design { sources: vec![dir.path().to_owned()], ..Design::new("top", "clk") };
    let refused = design.build(&cache, &tools).unwrap_err().to_string();
    assert!(refused.contains("it is no regular file"), "{refused}");
}
