//! The program that the documentation begins with is what it says it is.

mod common;

#[test]
fn the_first_program_of_the_documentation_runs() {
    let document = std::fs::read_to_string(common::root().join("../docs/c.md")).unwrap();
    let (_, after) = document.split_once("```c\n").unwrap();
    let (source, after) = after.split_once("```\n").unwrap();
    assert!(source.lines().count() <= 30, "{}", source.lines().count());
    let (_, expected) = after.split_once("It prints `").unwrap();
    let (expected, _) = expected.split_once('`').unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("program.c");
    std::fs::write(&file, source).unwrap();
    let Some(program) = common::Program::compile(&file) else { return };
    assert_eq!(program.prints(&[]), format!("{expected}\n"));
}
