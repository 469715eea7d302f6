//! `silicabac man`

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{Failure, Verdict, unless_closed, write_file};

/// Write the manual: a page in roff for the command and for each verb
#[derive(clap::Args)]
#[command(after_help = "Examples:
  silicabac man | man -l -
  silicabac man ~/.local/share/man/man1")]
pub(super) struct Arguments {
    /// Where to write all pages, as silicabac.1, silicabac-cosim.1, ... [default: the first alone, to standard output]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let pages = pages().map_err(Failure::Print)?;
    match &arguments.dir {
        None => {
            let first = pages.first().map(|(_, page)| page.as_slice()).unwrap_or_default();
            unless_closed(io::stdout().write_all(first))?;
        }
        Some(dir) => {
            fs::create_dir_all(dir).map_err(|source| Failure::Write { path: dir.clone(), source })?;
            for (name, page) in &pages {
                write_file(&dir.join(name), |sink| sink.write_all(page))?;
            }
        }
    }
    Ok(Verdict::Equal)
}

/// The pages and their file names, that of the command first.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = super::Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &mut pages)?;
    Ok(pages)
}

fn add_pages(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    pages.push((man.get_filename(), page));
    command.get_subcommands().try_for_each(|verb| add_pages(verb, pages))
}
