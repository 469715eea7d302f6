//! What is true of every verb.

use clap::{Command, CommandFactory};

use super::Arguments;

/// A verb's help has a part `Examples:`, and in it at least two commands, each of which the command would accept.
fn examples(verb: &Command) -> Result<(), String> {
    let help = verb.clone().render_help().to_string();
    let (_, examples) = help.split_once("Examples:\n").ok_or("no Examples:")?;
    let commands: Vec<_> =
        examples.lines().map(str::trim).filter(|line| line.starts_with("silicabac ")).collect();
    if commands.len() < 2 {
        return Err(format!("{} examples", commands.len()));
    }
    commands.into_iter().try_for_each(|command| {
        let words = shlex::split(command).ok_or("its quotes are not closed")?;
        // What follows a pipe, < or > is for the shell, not for the command.
        let words = words.into_iter().take_while(|word| !["|", "<", ">"].contains(&word.as_str()));
        Arguments::command().try_get_matches_from(words).map(drop).map_err(|error| error.to_string())
    })
}

/// All verbs and the verbs below them, by their full names.
fn verbs(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|verb| verb.get_name() != "help");
    below.flat_map(|verb| [vec![verb], verbs(verb)].concat()).collect()
}

#[test]
fn every_verb_has_examples_that_parse() {
    let mut command = Arguments::command();
    command.build();
    let verbs = verbs(&command);
    assert!(verbs.len() > 20, "{}", verbs.len());
    for verb in verbs {
        examples(verb).unwrap_or_else(|what| panic!("{}: {what}", verb.get_bin_name().unwrap_or_default()));
    }
}

#[test]
fn examples_that_are_none_are_noticed() {
    let with = |help: &'static str| examples(&Command::new("verb").after_help(help));
    assert!(with("silicabac prove\nsilicabac prove").unwrap_err().contains("no Examples:"));
    assert!(with("Examples:\n  silicabac prove").unwrap_err().contains("1 examples"));
    assert!(with("Examples:\n  silicabac prove\n  silicabac prove --cores").unwrap_err().contains("--cores"));
    assert!(with("Examples:\n  silicabac prove\n  silicabac prove 'x").unwrap_err().contains("quotes"));
    assert_eq!(with("Examples:\n  silicabac prove\n  silicabac prove | head"), Ok(()));
}
