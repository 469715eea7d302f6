//! HTML pages: their data is the oracle's, no name breaks out of its place, and a browser shows them without an error.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::common::{command, expect, program, rtl_with, streams};
use serde_json::Value;
use silicabac::{
    bin::{BinCoder, Event},
    context::CtxIdx,
    report::{MOST_REQUESTS, Page, Slice, TooLong},
    stress,
    suites::Suite,
    vectors::{self, Vector, trail},
};
use tempfile::TempDir;

/// The JSON in a page.
fn data(html: &str) -> Value {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"data\">").expect("data");
    let (data, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(data).unwrap()
}

fn directed(id: &str) -> Vector {
    stress::directed().into_iter().find(|vector| vector.id == id).unwrap()
}

/// A directory with a file of vectors, `v.json`.
fn file_of(vectors: &[Vector]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut json = Vec::new();
    vectors::write_json("mine", vectors, &mut json).unwrap();
    fs::write(dir.path().join("v.json"), json).unwrap();
    dir
}

fn view(dir: &Path, words: &str) -> String {
    let output = command()
        .arg("view")
        .args(words.split(' '))
        .args(["-o", "page.html"])
        .current_dir(dir)
        .output()
        .unwrap();
    expect(&output, 0, &[]);
    fs::read_to_string(dir.join("page.html")).unwrap()
}

/// The difference between the page of a vector and the oracle's registers.
fn difference(data: &Value, vector: &Vector) -> Option<String> {
    let steps = &data["steps"];
    let kinds: Vec<char> = steps["kind"].as_str()?.chars().collect();
    let trail: Vec<_> = trail(vector).collect();
    if kinds.len() != trail.len() {
        return Some(format!("{} requests, not {}", kinds.len(), trail.len()));
    }
    let mut bins = 0;
    for (at, step) in trail.iter().enumerate() {
        let column = |name: &str| steps[name][at].as_i64();
        let encoder = |name: &str| steps["encoder"][name][at].as_u64();
        let event = step.request.event();
        let (kind, value) = match event? {
            Event::Context { bin, .. } => ('c', i64::from(bin)),
            Event::Bypass { bin } => ('b', bin.into()),
            Event::Terminate { bin } => ('t', bin.into()),
            Event::Align => ('a', -1),
            Event::Raw(byte) => ('r', byte.into()),
            Event::Start => ('s', -1),
            Event::Load { .. } => ('l', -1),
        };
        let right = kinds[at] == kind
            && column("value") == Some(value)
            && column("bin") == Some(bins)
            && column("range") == Some(step.cod_i_range.into())
            && column("offset") == Some(step.cod_i_offset.into())
            && column("position") == Some(step.position as i64)
            && encoder("low") == step.cod_i_low.map(u64::from)
            && encoder("outstanding") == step.bits_outstanding.map(u64::from);
        if !right {
            return Some(format!("request {at}, {:?}", step.request));
        }
        bins += i64::from(step.bin.is_some());
    }
    None
}

#[test]
fn a_page_of_a_vector_has_what_the_oracle_shows() {
    for id in ["outstanding-9-carry", "pcm-2-phase-3", "short-2"] {
        let vector = directed(id);
        let dir = file_of(std::slice::from_ref(&vector));
        let mut data = data(&view(dir.path(), "v.json"));
        assert_eq!(difference(&data, &vector), None, "{id}");
        // This check notices a wrong digit.
        let range = data["steps"]["range"][2].as_u64().unwrap();
        data["steps"]["range"][2] = (range + 1).into();
        assert!(difference(&data, &vector).unwrap().starts_with("request 2,"), "{id}");
    }
}

#[test]
fn every_bin_of_a_stream_has_its_element() {
    let dir = tempfile::tempdir().unwrap();
    for (stream, table_of) in [(streams().remove(0), 2), (crate::common::hevc_streams().remove(0), 2)] {
        fs::copy(&stream, dir.path().join("stream")).unwrap();
        let data = data(&view(dir.path(), "stream --slice 0"));
        let output = command()
            .args(["stream", "trace", "--slice", "0", "stream"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let table = String::from_utf8(output.stdout).unwrap();
        let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
        let rows: Vec<Vec<&str>> = rows.map(|line| line.split('\t').collect()).collect();
        let (steps, elements) = (&data["steps"], &data["elements"]);
        let kinds =
            steps["kind"].as_str().unwrap().chars().enumerate().filter(|(_, kind)| "cbta".contains(*kind));
        let bins: Vec<usize> = kinds.map(|(at, _)| at).collect();
        assert_eq!(bins.len(), rows.len(), "{}", stream.display());
        let columns: Vec<&str> =
            table.lines().find(|line| line.starts_with("bin\t")).unwrap().split('\t').collect();
        let column = |name: &str| columns.iter().position(|column| *column == name).unwrap_or(table_of);
        for (&at, row) in bins.iter().zip(&rows) {
            let element = elements["element"][at].as_i64().unwrap();
            let name = usize::try_from(element).map_or("", |of| elements["names"][of].as_str().unwrap());
            assert_eq!(name, row[column("element")], "{row:?}");
            assert_eq!(elements["index"][at].to_string(), row[column("binIdx")], "{row:?}");
        }
    }
}

#[test]
fn no_name_ends_what_it_stands_in() {
    const HOSTILE: &str =
        "</script><script>alert(1)</script><!--<script>&amp;\u{2028}\"'\\ </title>{{data}}{{script}}";
    let end = vec![Event::Terminate { bin: true }];
    let vector = Vector { comment: HOSTILE.into(), ..Vector::encoded("end", "", &[], end) };
    let slice = Slice::new(&vector).unwrap().titled(HOSTILE.into());
    let html = Page::slice(slice).to_html();
    let clean = Page::slice(Slice::new(&Vector { comment: String::new(), ..vector }).unwrap()).to_html();
    for tag in ["<script", "</script", "<!--", "</title", "<style", "</style"] {
        assert_eq!(html.matches(tag).count(), clean.matches(tag).count(), "{tag}");
    }
    assert_eq!((&data(&html)["title"], &data(&html)["comment"]), (&HOSTILE.into(), &HOSTILE.into()));
    // This check notices JSON that is inserted without escaping.
    let data = data(&html).to_string();
    assert_ne!(
        clean.replacen("<script type", &format!("{data}<script type"), 1).matches("</script").count(),
        clean.matches("</script").count()
    );
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let html = Page::slice(Slice::new(&directed("short-2")).unwrap()).to_html();
    for word in ["http:", "https:", "src=", "@import", "url(", "{{", "fetch(", "eval(", "innerHTML"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn what_is_too_long_and_what_has_no_page_is_said() {
    let events = vec![Event::Bypass { bin: false }; MOST_REQUESTS + 1];
    let vector = Vector { events, ..directed("short-2") };
    assert_eq!(Slice::new(&vector).unwrap_err(), TooLong(MOST_REQUESTS + 1));

    let dir = file_of(&stress::directed()[..3]);
    fs::write(dir.path().join("text"), "hello").unwrap();
    fs::write(dir.path().join("json"), "{\"a\": 1}").unwrap();
    fs::write(dir.path().join("broken"), "{\"a\": ").unwrap();
    fs::write(
        dir.path().join("ended"),
        "{\"pass\": false, \"ended\": {\"kind\": \"crash\", \"what\": \"it crashed\"}}",
    )
    .unwrap();
    fs::copy(&streams()[0], dir.path().join("s.264")).unwrap();
    for (words, status, said) in [
        ("text", 4, "pages are made of vectors"),
        ("text --vector a", 4, "pages are made of vectors"),
        ("json", 4, "none of those that have a page"),
        ("broken", 4, "begins like JSON and is none"),
        ("ended", 4, "the simulation ended: it crashed"),
        ("v.json", 2, "has 3 vectors: say which, such as --vector"),
        ("v.json --vector none", 4, "there is no vector none"),
        ("v.json --slice 1", 4, "no stream and no bin trace, which --slice is for"),
        ("s.264 --vector a", 4, "no file of vectors, which --vector is for"),
        ("s.264 --slice 999", 4, "and no slice 999"),
        ("nothing", 4, "cannot read nothing"),
    ] {
        let output = command()
            .arg("view")
            .args(words.split(' '))
            .args(["-o", "-"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        expect(&output, status, &[said]);
        assert!(output.stdout.is_empty(), "{words}");
    }
}

/// A wrong digit in the range table, and how a browser shows the failure.
#[test]
fn the_request_that_is_wrong_is_marked() {
    let edit = ("cabac_range_table.sv", "8'd85, 8'd104, 8'd123, 8'd142", "8'd85, 8'd104, 8'd122, 8'd142");
    let rtl = rtl_with(Some(edit));
    let dir = tempfile::tempdir().unwrap();
    let run = |words: &str| command().args(words.split(' ')).current_dir(dir.path()).output().unwrap();
    let rtl = rtl.path().display();
    let output = run(&format!("cosim --rtl-dir {rtl} --core encoder --suite avc --seed 1 --failures f"));
    expect(&output, 1, &["MISMATCH"]);
    let lockstep = data(&view(dir.path(), "f/avc-cabac_encoder.json"));
    let failure = &lockstep["failure"];
    assert_eq!((&failure["cause"], &failure["field"]), (&"twin".into(), &"cod_i_range".into()));
    let step = failure["step"].as_u64().unwrap() as usize;
    assert_eq!(lockstep["steps"]["range"][step].to_string(), failure["expected"].as_str().unwrap());
    let clocks = lockstep["clocks"]["numbers"].as_array().unwrap();
    let clock = clocks.iter().position(|clock| *clock == failure["clock"]).unwrap();
    let signal = lockstep["clocks"]["signals"].as_array().unwrap().iter();
    let signal = signal.into_iter().find(|signal| signal["name"] == "cod_i_range").unwrap();
    assert_eq!((&signal["core"][clock], &signal["twin"][clock]), (&failure["found"], &failure["expected"]));
}

/// If the core in the socket is wrong, the page marks the request; and the JSON of the verdicts makes the same page.
#[test]
fn the_page_of_the_verdicts_marks_the_request_that_is_wrong() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let mut cosim = command();
    cosim.args([
        "cosim",
        "--socket",
        "encoder",
        "--top",
        "deadlocking_packer",
        "--suite",
        "smoke",
        "--seed",
        "1",
        "--rtl",
    ]);
    let sources = [
        "rtl/common/cabac_range_table.sv",
        "tests/cores/textbook_encoder.v",
        "tests/cores/deadlocking_packer.v",
    ];
    cosim.args(sources.map(|file| root.join(file))).args(["--html", "report.html", "--format", "json"]);
    let output = cosim.current_dir(dir.path()).output().unwrap();
    expect(&output, 1, &["deadlock"]);
    fs::write(dir.path().join("report.json"), &output.stdout).unwrap();
    let html = fs::read_to_string(dir.path().join("report.html")).unwrap();
    let page = data(&html);
    assert_eq!(data(&view(dir.path(), "report.json")), page);
    let (cause, failure) = (&page["report"]["causes"][0], &page["failures"][0]);
    assert!(cause["replay"].as_str().unwrap().starts_with("silicabac cosim --socket encoder --vectors "));
    let step = failure["failure"]["step"].as_u64().unwrap() as usize;
    assert_eq!(
        (&failure["steps"]["bin"][step], &failure["failure"]["cause"]),
        (&cause["bin"], &"deadlock".into())
    );
    let rows = "document.querySelector('details').open = true; \
        setTimeout(() => say([...document.querySelectorAll('tr.wrong')].map(row => row.innerText.replace(/\\s+/g, ' ')).join('|') \
        + document.querySelectorAll('.line.wrong').length), 100);";
    let Some(shown) = browse(&html, "", rows) else { return };
    assert!(shown.errors.is_empty(), "{}", shown.errors);
    let expected = format!("{} terminate = 1", cause["bin"]);
    assert!(shown.said().starts_with(&expected) && shown.said().ends_with("✗ deadlock1"), "{}", shown.said());
    let shown =
        browse(&html, "#cause=1&bin=7", "say(document.querySelector('.slice output').value)").unwrap();
    assert!(shown.said().starts_with("bin 7 of"), "{}", shown.said());
    assert_eq!(browse(&html, "#cause=1", OVERFLOW).unwrap().said(), "nothing");
}

/// A digit of the range table is wrong in a core of which only the bytes are seen: the page says which digit, and marks the requests that
/// use it.
#[test]
fn the_request_that_is_to_blame_is_marked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let table = fs::read_to_string(root.join("rtl/common/cabac_range_table.sv")).unwrap();
    let wrong = table.replace("8'd85, 8'd104, 8'd123, 8'd142", "8'd85, 8'd104, 8'd122, 8'd142");
    assert_ne!(table, wrong);
    fs::write(dir.path().join("table.sv"), wrong).unwrap();
    fs::copy(root.join("tests/cores/textbook_encoder.v"), dir.path().join("core.v")).unwrap();
    let words = "cosim --socket encoder --rtl table.sv core.v --top textbook_encoder --suite smoke --seed 1 --html report.html";
    let output = command().args(words.split(' ')).current_dir(dir.path()).output().unwrap();
    // It explains all failures, so that nothing else is said.
    expect(&output, 1, &["cause 1: it is as if rangeTabLPS[10][2] is 122, not 123", "vectors that fail"]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("cause 2"), "{output:?}");
    let html = fs::read_to_string(dir.path().join("report.html")).unwrap();
    let slip = &data(&html)["report"]["causes"][0]["slip"];
    assert_eq!((&slip["state"], &slip["quarter"], &slip["is"]), (&10.into(), &2.into(), &122.into()));
    let rows = "say([...document.querySelectorAll('tr.blamed')].map(row => row.cells[2].innerText + row.cells[3].innerText).join('|'))";
    let Some(shown) = browse(&html, "", rows) else { return };
    let blamed: Vec<&str> = shown.said().split('|').collect();
    let is_of_it = |row: &&str| row.starts_with("10 / ") && row.ends_with("123");
    assert!(shown.errors.is_empty() && blamed.iter().all(is_of_it), "{} {}", shown.errors, shown.said());
}

/// A page in a browser: its state after `script` has run in it, and the browser's errors.
struct Shown {
    dom: String,
    errors: String,
}

/// Opens a page in Chromium, of the size of a laptop's screen; the test is skipped without Chromium.
fn browse(html: &str, fragment: &str, script: &str) -> Option<Shown> {
    let chromium = program("chromium", "chromium")?;
    let dir = tempfile::tempdir().unwrap();
    let page: PathBuf = dir.path().join("page.html");
    let watch = "<script>addEventListener('error', event => document.documentElement.dataset.errors = \
                 (document.documentElement.dataset.errors || '') + event.message + '; ');</script>";
    let key = "const press = (key, node) => (node || document.body).dispatchEvent(new KeyboardEvent('keydown', \
               {key, bubbles: true, cancelable: true})); const say = text => document.documentElement.dataset.said = text;";
    let html = html.replacen("<title>", &format!("{watch}<title>"), 1);
    let html = html.replacen("</body>", &format!("<script>{key}{script}</script></body>"), 1);
    fs::write(&page, html).unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1366,768",
            "--virtual-time-budget=4000",
        ])
        .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
        .args(["--enable-logging=stderr", "--dump-dom"])
        .arg(format!("file://{}{fragment}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = said.lines().filter(|line| line.contains(":CONSOLE")).collect();
    let errors = dom.split_once("data-errors=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap());
    Some(Shown { errors: format!("{errors}{}", console.join("\n")), dom })
}

impl Shown {
    /// The output of the script.
    fn said(&self) -> &str {
        self.dom.split_once("data-said=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap())
    }
}

/// Elements that are wider than their place: the page as a whole, or anything outside of what can be scrolled.
const OVERFLOW: &str = "const wide = [...document.querySelectorAll('main *')].filter(node => !node.closest('.wide, .lines, .lines-head, svg, .hidden') \
     && node.getBoundingClientRect().right > innerWidth + 1); \
     say(document.documentElement.scrollWidth > innerWidth ? 'the page' : wide.length ? wide[0].outerHTML.slice(0, 80) : 'nothing');";

fn pages(dir: &Path) -> Vec<(&'static str, String)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    fs::copy(golden.join("mutation.json"), dir.join("mutation.json")).unwrap();
    fs::copy(&streams()[0], dir.join("s.264")).unwrap();
    let faults = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cores/faults.json");
    fs::copy(faults, dir.join("faults.json")).unwrap();
    let output = command()
        .args(["vectors", "coverage", "v.json", "--goal", "0", "--format", "json"])
        .current_dir(dir)
        .output()
        .unwrap();
    fs::write(dir.join("coverage.json"), output.stdout).unwrap();
    ["v.json", "mutation.json", "faults.json", "coverage.json", "s.264"]
        .map(|file| (file, view(dir, file)))
        .into()
}

#[test]
fn pages_open_without_an_error_and_fit_the_screen() {
    let dir = file_of(&[directed("outstanding-9-carry")]);
    for (file, html) in pages(dir.path()) {
        let Some(shown) = browse(&html, "", OVERFLOW) else { return };
        assert_eq!((&*shown.errors, shown.said()), ("", "nothing"), "{file}");
    }
    // Both checks notice errors.
    let html = Page::slice(Slice::new(&directed("short-2")).unwrap()).to_html();
    let broken = html.replacen("function start() {", "function start() { undefined.sight();", 1);
    assert!(browse(&broken, "", "").unwrap().errors.contains("undefined"));
    let wide = html.replacen("main { max-width: 1320px;", "main { width: 3000px;", 1);
    assert_ne!(browse(&wide, "", OVERFLOW).unwrap().said(), "nothing");
}

#[test]
fn keys_step_and_an_address_names_a_bin() {
    let vector = directed("outstanding-9-carry");
    let html = Page::slice(Slice::new(&vector).unwrap()).to_html();
    let steps: Vec<_> = trail(&vector).collect();
    let at = |bin: u64| steps.iter().position(|step| step.bin == Some(bin)).unwrap();
    let keys = "const seen = []; const see = () => seen.push(document.querySelector('.slice').dataset.at); see(); \
        for (const key of ['j', 'ArrowDown', 'k', 'End', 'ArrowRight', 'ArrowLeft', 'Home']) { press(key); see(); } \
        say(seen.join(' ') + ' ' + location.hash);";
    let Some(shown) = browse(&html, "#bin=12", keys) else { return };
    let (start, last) = (at(12), steps.len() - 1);
    let expected =
        [start, start + 1, start + 2, start + 1, last, last, last - 1, 0].map(|at| at.to_string()).join(" ");
    assert_eq!((&*shown.errors, shown.said()), ("", &*format!("{expected} #bin=0&amp;step=0")));
    // A search goes from one match to the next.
    let search = "const field = document.querySelector('input[type=search]'); field.value = 'ctx 0'; press('Enter', field); press('Enter', field); \
        say(document.querySelector('.slice').dataset.at + ' ' + document.querySelector('.bar').innerText.includes('of'));";
    let shown = browse(&html, "#bin=12", search).unwrap();
    assert_eq!(shown.said(), format!("{} true", start + 2));
    // This check notices a key without effect.
    let deaf = html.replacen("j: 1,", "", 1);
    assert!(!browse(&deaf, "#bin=12", keys).unwrap().said().starts_with(&expected));
}

/// RenormE, PutBit and EncodeFlush, which the page shows step by step, give the oracle's result.
#[test]
fn what_the_page_tells_of_an_encoder_is_what_the_oracle_does() {
    let compare = "const slice = new Slice(JSON.parse(document.getElementById('data').textContent)); let told = 'equal', from = 0; \
        for (let at = 0; at < slice.length; at++) { \
          if (!'cbt'.includes(slice.request(at).kind)) continue; \
          const { low, outstanding, written } = encoding(slice, at), after = slice.after(at); \
          const right = slice.bits(slice.before(at).written, after.written), padded = written.padEnd(right.length, '0'); \
          if (low !== after.low || outstanding !== after.outstanding || padded !== right) { told = 'request ' + at; break; } \
        } say(told);";
    let mut random = Vec::new();
    for id in ["outstanding-9-carry", "outstanding-9-no-carry", "outstanding-9-terminate", "pcm-2-phase-3"] {
        random.push(directed(id));
    }
    random.extend(
        Suite::built_in("random", 1)
            .unwrap()
            .vectors
            .into_iter()
            .filter(|vector| vector.events.len() < 4_000)
            .take(4),
    );
    for vector in random {
        let html = Page::slice(Slice::new(&vector).unwrap()).to_html();
        let Some(shown) = browse(&html, "", compare) else { return };
        assert_eq!((&*shown.errors, shown.said()), ("", "equal"), "{}", vector.id);
    }
    let html = Page::slice(Slice::new(&directed("outstanding-9-carry")).unwrap()).to_html();
    let wrong = html.replacen("String(1 - bit).repeat(outstanding)", "String(bit).repeat(outstanding)", 1);
    assert!(wrong != html && browse(&wrong, "", compare).unwrap().said().starts_with("request "));
}

/// Of a hundred thousand bins only the visible ones are drawn.
#[test]
fn of_a_long_slice_only_what_is_in_sight_is_drawn() {
    let mut events: Vec<Event> = Vec::new();
    let ctx = CtxIdx::new(0).unwrap();
    let mut coder = silicabac::spec::Encoder::new();
    coder.load(ctx, Default::default());
    events.push(Event::Load { ctx, model: coder.save(ctx) });
    events.extend(
        (0..100_000u32).map(|i| Event::Context { ctx, bin: i.wrapping_mul(2_654_435_761) >> 29 == 0 }),
    );
    events.push(Event::Terminate { bin: true });
    let html = Page::slice(Slice::new(&Vector::encoded("long", "", &[], events)).unwrap()).to_html();
    let steps = "for (let i = 0; i < 100; i++) press('j'); \
        say(`${document.querySelectorAll('.line').length} lines at ${document.querySelector('.slice').dataset.at}`);";
    let Some(shown) = browse(&html, "#bin=50000", steps) else { return };
    let (lines, at) = shown.said().split_once(" lines at ").unwrap();
    assert!(
        shown.errors.is_empty() && lines.parse::<usize>().unwrap() < 100,
        "{} {}",
        shown.errors,
        shown.said()
    );
    assert_eq!(at, "50102", "100 bins after the load, the start and bin 50,000");
}
